"""Whether the log is what was appended: every link computed again, and the first fact that does not fit."""

from __future__ import annotations

import asyncio
import re
import time
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from adapters.cli import console
from adapters.composition import Place, found
from adapters.postgres import chain
from adapters.postgres.chain import Verdict
from adapters.postgres.reading import snapshot
from adapters.settings import read_settings

KNOWN = re.compile(r"([1-9][0-9]{0,17}):([0-9a-f]{64})")


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    audit = typer.Typer(help="What an auditor asks of the log.", no_args_is_help=True)
    audit.command()(verify)
    app.add_typer(audit, name="audit")


def verify(
    known: Annotated[
        str | None,
        typer.Option(metavar="POSITION:LINK", help="What an earlier run printed: shows a log that was made anew."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The verdict as JSON.")] = False,
) -> None:
    """Walk the whole chain; the code is 1 where anything was changed, taken out, moved or cut off."""
    anchor = _anchor(known)
    began = time.monotonic()
    verdict = asyncio.run(_verify(found(read_settings()), anchor))
    _tell(verdict, time.monotonic() - began, as_json=as_json)
    if verdict.finding is not None:
        raise typer.Exit(1)


def _anchor(known: str | None) -> tuple[int, bytes] | None:
    if known is None:
        return None
    match = KNOWN.fullmatch(known)
    if match is None:
        console.fail("--known takes POSITION:LINK, as an earlier run printed them", console.WRONG_USE)
    return int(match[1]), bytes.fromhex(match[2])


async def _verify(place: Place, known: tuple[int, bytes] | None) -> Verdict:
    columns = (TextColumn("verifying"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    async with snapshot(place.postgres_url, place.settings.schema_name) as log:
        head = await log.head()
        with Progress(*columns, console=console.stderr, transient=True, disable=not console.stderr.is_terminal) as bar:
            task = bar.add_task("", total=head.position if head else None)
            return await chain.verify(log, lambda position: bar.update(task, completed=position), known)


def _tell(verdict: Verdict, seconds: float, *, as_json: bool) -> None:
    finding = verdict.finding
    if as_json:
        proven = {"facts": verdict.facts, "link": verdict.link.hex(), "seconds": round(seconds, 3)}
        console.give({"whole": finding is None, **proven, "finding": finding and finding._asdict()})
    elif finding is None:
        print(f"whole: {verdict.facts} facts, the last link is {verdict.facts}:{verdict.link.hex()}", flush=True)
    else:
        print(f"broken at position {finding.position} ({finding.fault}): {finding.sentence}", flush=True)
        print(f"proven before it: {verdict.facts} facts, up to {verdict.facts}:{verdict.link.hex()}", flush=True)
