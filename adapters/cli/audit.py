"""Whether the log is what was appended, every link computed again; and what it tells when it is told from nothing."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from adapters.anchor import Anchor, Anchored, Spoiled
from adapters.cli import console
from adapters.composition import Place, found, keys_of, outside
from adapters.erasure_journal import Told
from adapters.postgres import chain
from adapters.postgres.chain import Verdict
from adapters.postgres.reading import snapshot
from adapters.postgres.views import replay as replaying
from adapters.postgres.views.replay import BeyondEnd, ModelTold, NotTold, Replay
from adapters.settings import read_settings
from projections.catalogue import READ_MODELS
from projections.model import ReadModel

MOST_SPOILED = 10
KNOWN = re.compile(r"([1-9][0-9]{0,17}):([0-9a-f]{64})")


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    audit = typer.Typer(help="What an auditor asks of the log.", no_args_is_help=True)
    audit.command()(verify)
    audit.command()(replay)
    app.add_typer(audit, name="audit")


def verify(
    known: Annotated[
        str | None,
        typer.Option(metavar="POSITION:LINK", help="What an earlier run printed: shows a log that was made anew."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The verdict as JSON.")] = False,
) -> None:
    """Walk the chain, all anchors and the journal of erasures; the code is 1 where anything was changed or is gone."""
    kept, place = _kept(known), found(read_settings())
    began = time.monotonic()
    # Before the log is looked at: what is anchored meanwhile may lie beyond the view of it.
    anchors, journal = outside(place)
    anchored, told = anchors.read(), journal.read()
    verdict = asyncio.run(_verify(place, kept, anchored))
    if not _tell(verdict, anchored, told, time.monotonic() - began, as_json=as_json):
        raise typer.Exit(1)


def _kept(known: str | None) -> tuple[int, bytes] | None:
    if known is None:
        return None
    match = KNOWN.fullmatch(known)
    if match is None:
        console.fail("--known takes POSITION:LINK, as an earlier run printed them", console.WRONG_USE)
    return int(match[1]), bytes.fromhex(match[2])


async def _verify(place: Place, known: tuple[int, bytes] | None, anchored: Anchored) -> Verdict:
    columns = (TextColumn("verifying"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    async with snapshot(place.postgres_url, place.settings.schema_name) as log:
        head = await log.head()
        with Progress(*columns, console=console.stderr, transient=True, disable=not console.stderr.is_terminal) as bar:
            task = bar.add_task("", total=head.position if head else None)
            return await chain.verify(log, lambda position: bar.update(task, completed=position), known, anchored.known)


def _tell(verdict: Verdict, anchored: Anchored, told: Told, seconds: float, *, as_json: bool) -> bool:
    """Says whether all of it is whole."""
    finding, lacks = verdict.finding, told.lacks(anchored.last and anchored.last.erasures)
    whole = finding is None and not anchored.spoiled and not told.spoiled and lacks is None
    if as_json:
        proven = {"facts": verdict.facts, "link": verdict.link.hex(), "seconds": round(seconds, 3)}
        outside = {"anchors": _anchors(anchored), "erasures": _erasures(told, lacks)}
        console.give({"whole": whole, **proven, "finding": finding and finding._asdict(), **outside})
        return whole
    if finding is None:
        print(f"whole: {verdict.facts} facts, the last link is {verdict.facts}:{verdict.link.hex()}", flush=True)
    else:
        print(f"broken at position {finding.position} ({finding.fault}): {finding.sentence}", flush=True)
        print(f"proven before it: {verdict.facts} facts, up to {verdict.facts}:{verdict.link.hex()}", flush=True)
    print(*_said(anchored), *_of_erasures(told, lacks), sep="\n", flush=True)
    return whole


def _anchors(anchored: Anchored) -> dict[str, Any]:
    """What is anchored, for programs."""
    last = anchored.last
    return {
        "count": len(anchored.known),
        "position": last and last.position,
        "at": last and last.at.isoformat(),
        "restored": [
            {
                "position": each.position,
                "lost": each.lost,
                "lost_erasures": each.lost_erasures,
                "at": each.at,
                "accepted": each.accepted,
            }
            for each in anchored.restored
        ],
        "spoiled": [each._asdict() for each in anchored.spoiled],
    }


def _said(anchored: Anchored) -> Iterator[str]:
    """What is anchored, for people."""
    if anchored.last is None:
        yield "not anchored: nothing outside the database tells how far the log reached"
    else:
        yield f"anchored up to {anchored.last.position} at {anchored.last.at.isoformat()}"
    for each in anchored.restored:
        yield f"restored at {each.at.isoformat()}: {' and '.join(_lost(each))} were lost, as {each.accepted} accepted"
    yield from _spoiled("anchors", anchored.spoiled)


def _lost(anchor: Anchor) -> Iterator[str]:
    if anchor.lost is not None:
        yield f"positions {anchor.position + 1} to {anchor.lost} of then"
    if anchor.lost_erasures is not None:
        yield f"the journal of erasures, of {anchor.lost_erasures} lines then,"


def _erasures(told: Told, lacks: str | None) -> dict[str, Any]:
    """What the journal of erasures is, for programs."""
    return {"lines": told.end.lines, "lost": lacks, "spoiled": [each._asdict() for each in told.spoiled]}


def _of_erasures(told: Told, lacks: str | None) -> Iterator[str]:
    """What is wrong with it, for people."""
    if lacks is not None:
        yield f"erasures lost: {lacks}"
    yield from _spoiled("erasures", told.spoiled)


def _spoiled(of_what: str, lines: Sequence[Spoiled]) -> Iterator[str]:
    for each in lines[:MOST_SPOILED]:
        yield f"{of_what} changed at {each.file}, line {each.line}: {each.sentence}"
    if (more := len(lines) - MOST_SPOILED) > 0:
        yield f"and {more} lines more"


def replay(
    until: Annotated[
        int | None, typer.Option(min=0, metavar="POSITION", help="Up to there; without it to the end, and as served.")
    ] = None,
    names: Annotated[list[str] | None, typer.Option("--model", metavar="NAME", help="Which; all without.")] = None,
    compare: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="What --json gave of the same position."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Everything that is told, as JSON.")] = False,
) -> None:
    """Tell the log from nothing into tables of its own; the code is 1 where anything differs, or opens wrongly."""
    before = None if compare is None else _earlier(compare)
    models = [_model(name) for name in names or ([each.name for each in before.models] if before else READ_MODELS)]
    if before is not None and until not in (None, before.until):
        console.fail(f"{compare} tells the log up to {before.until}", console.WRONG_USE)
    place, began = found(read_settings()), time.monotonic()
    told = _replay(place, models, until if before is None else before.until)
    if before is not None:
        told.findings.extend(told.held_against(before))
    if as_json:
        console.give({**replaying.as_objects(told), "seconds": round(time.monotonic() - began, 3)})
    else:
        console.show([_row(each) for each in told.models], as_json=False, title="Told anew")
        console.note(f"told up to {told.until}:{told.link}")
        for each in told.findings:
            console.note(f"{each.fault} in {each.model}: {each.sentence}")
    if told.findings:
        raise typer.Exit(1)


def _model(name: str) -> ReadModel:
    model = READ_MODELS.get(name)
    if model is None:
        console.fail(f"no read model is called {name}; there are {', '.join(READ_MODELS)}", console.WRONG_USE)
    return model


def _earlier(path: Path) -> Replay:
    try:
        return replaying.read(path.read_bytes())
    except NotTold as error:
        console.fail(f"{path} is not what `audit replay --json` gave: {error}", console.DATA_WRONG)


def _replay(place: Place, models: Sequence[ReadModel], until: int | None) -> Replay:
    columns = (TextColumn("replaying"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    url, schema = place.postgres_url, place.settings.schema_name
    with Progress(*columns, console=console.stderr, transient=True, disable=not console.stderr.is_terminal) as bar:
        task = bar.add_task("", total=None)
        try:
            return replaying.replay(
                url,
                schema,
                models,
                keys_of(place),
                until,
                lambda position, end: bar.update(task, completed=position, total=end),
            )
        except BeyondEnd as error:
            console.fail(str(error), console.WRONG_USE)


def _row(model: ModelTold) -> dict[str, Any]:
    return {
        "model": model.name,
        "rows": model.rows,
        "digest": model.digest or "personal",
        "personal": model.personal and model.personal.values,
        "open": model.personal and model.personal.open,
        "forgotten": model.personal and model.personal.forgotten,
        "served": model.served or "",
    }
