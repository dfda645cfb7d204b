"""`kartoteka import`: what happened elsewhere, sent as commands; doing it again changes nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from adapters.cli.console import DATA_WRONG, fail, give, note, stderr
from adapters.composition import Place, client, found
from adapters.helpdesk.importer import AnotherImport, Importer, Stopped, Tally
from adapters.helpdesk.journal import Journal
from adapters.helpdesk.log import Unreadable, read_log
from adapters.helpdesk.plan import plan
from adapters.helpdesk.setup import OFFICE, read_setup
from adapters.helpdesk.step import Phase
from adapters.settings import read_settings

PATIENCE_SECONDS = 300.0
"""Long enough for a service, or a server, to be killed and to come back."""

FIRST_PATIENCE_SECONDS = 15.0
REFUSALS_SHOWN = 50

app = typer.Typer(no_args_is_help=True, help="Import what happened elsewhere.")


def register(parent: typer.Typer) -> None:
    """Add the commands of this file."""
    parent.add_typer(app, name="import")


@dataclass(frozen=True, slots=True)
class How:
    """How to send: how many at once, and where to note what was acknowledged."""

    in_flight: int = 256
    journal: Path | None = None


@app.callback()
def _group() -> None:
    """A group of one command yet: without this, typer would drop its name."""


@app.command("helpdesk-log")
def helpdesk_log(
    file: Annotated[Path, typer.Argument(help="The log: CSV in UTF-8, one row for each step of a case.")],
    setup: Annotated[
        Path, typer.Option(help="Zone, week, holidays and targets, in TOML.", show_default="an office")
    ] = OFFICE,
    journal: Annotated[Path | None, typer.Option(help="Append every acknowledged command id to this file.")] = None,
    in_flight: Annotated[int, typer.Option(min=1, max=4096, help="How many commands to have under way.")] = 256,
    limit: Annotated[int | None, typer.Option(min=1, metavar="CASES", help="Import only the first cases.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The counts as JSON.")] = False,
) -> None:
    """Send a help desk's log as commands; those already done are answered as before and change nothing."""
    settings = read_settings()
    phases = _read(file, setup, settings.caller, limit)
    try:
        tally = asyncio.run(send(found(settings), phases, How(in_flight, journal)))
    except AnotherImport:
        fail(f"{AnotherImport.__doc__} KARTOTEKA_SCHEMA names one.", DATA_WRONG)
    _tell(tally, as_json=as_json)


def _read(file: Path, setup: Path, caller: str, limit: int | None) -> list[Phase]:
    try:
        log, promises = read_log(file), read_setup(setup)
        phases = plan(log, promises, caller, limit=limit)
    except Unreadable as error:
        fail(str(error), DATA_WRONG)
    firsts, rows = {row.service_level for row in log.firsts()}, {row.seriousness for row in log.rows()}
    for name in promises.unused(firsts, rows):
        note(f"{setup.name}: {name} does not occur in the log")
    return phases


async def send(place: Place, phases: Sequence[Phase], how: How) -> Tally:
    """Everything, in order. Raises AnotherImport, NoAnswer, Unreachable."""
    with Journal(how.journal) if how.journal else nullcontext() as journal, _progress() as progress:
        bar = progress.add_task("commands", total=sum(len(chain) for phase in phases for chain in phase.chains))
        impatient = client(place, patience_seconds=FIRST_PATIENCE_SECONDS)
        importer = Importer(impatient, how.in_flight, journal, lambda now: progress.update(bar, completed=now.answered))
        async with importer.client:
            with suppress(Stopped):
                await importer.run(phases[:1])
                importer.client.patience_seconds = PATIENCE_SECONDS
                await importer.run(phases[1:])
        return importer.tally


def _progress() -> Progress:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TaskProgressColumn(),
        TimeRemainingColumn(),
    )
    return Progress(*columns, console=stderr, disable=not stderr.is_terminal, transient=True)


def _tell(tally: Tally, *, as_json: bool) -> None:
    counts = {"done": tally.done, "already_done": tally.repeated, "refused": len(tally.refused)}
    if as_json:
        give(counts | {"refusals": [refusal._asdict() for refusal in tally.refused]})
    else:
        print(f"{tally.done} done, {tally.repeated} already done, {len(tally.refused)} refused")
        for refusal in tally.refused[:REFUSALS_SHOWN]:
            note(f"{refusal.about}: {refusal.topic}: {refusal.status} {refusal.code}: {refusal.title}")
        if len(tally.refused) > REFUSALS_SHOWN:
            note(f"and {len(tally.refused) - REFUSALS_SHOWN} more; --json lists them all")
    if tally.refused:
        raise typer.Exit(1)
