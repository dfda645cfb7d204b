"""A restored log comes out of quarantine when what it lacks of the erasures is done again, and its loss is accepted."""

from __future__ import annotations

import asyncio
import os
import pwd
from collections.abc import Iterator
from typing import Annotated, Any

import typer

from adapters.anchor import Anchor
from adapters.cli import console
from adapters.clock import Clock
from adapters.composition import Place, clock_of, examine, found, keys_of, outside, reapplying
from adapters.erasing.reapply import StandsStill
from adapters.key_encryption import Epoch
from adapters.nats.client import Declined
from adapters.postgres import quarantine
from adapters.postgres.quarantine import Known, Line
from adapters.postgres.schema import connect, migrate
from adapters.quarantine import SENTENCES, Loss, Why
from adapters.settings import read_settings
from adapters.signature import Signer

MOST_SPOILED = 10


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    restore = typer.Typer(help="A log that was restored from a backup.", no_args_is_help=True)
    restore.command()(status)
    restore.command()(reapply)
    app.add_typer(restore, name="restore")


def status(as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False) -> None:
    """Hold the log against what is known of it outside the database; the code is 1 where it is in quarantine."""
    place = found(read_settings())
    examined(place)
    with connect(place.postgres_url, place.settings.schema_name) as line:
        known = quarantine.known(line, *outside(place))
    if as_json:
        console.give(_told(known, place))
    else:
        print(*_said(known, place), sep="\n", flush=True)
    if known.quarantine is not None:
        raise typer.Exit(1)


def reapply(
    accept_loss: Annotated[
        bool, typer.Option("--accept-loss", help="That facts are lost which `restore status` names.")
    ] = False,
    accept_lost_journal: Annotated[
        bool,
        typer.Option("--accept-lost-journal", help="That nobody knows any more who is to be forgotten again."),
    ] = False,
) -> None:
    """Do again every erasure that the restored log lacks, then lift its quarantine; run again after a crash."""
    place = found(read_settings())
    examined(place)
    with quarantine.reapplying(place.postgres_url, place.settings.schema_name) as line, clock_of(place) as clock:
        known = quarantine.known(line, *outside(place))
        if known.quarantine is None:
            console.note("kartoteka: the log is in no quarantine")
            return
        if known.told.spoiled:
            print(*_spoiled(known), sep="\n", flush=True)
            console.fail("the journal of erasures was changed: put a true copy of it in its place", console.DATA_WRONG)
        if known.unknown is not None and not accept_lost_journal:
            print(known.unknown, flush=True)
            console.fail(f"put a true copy of {place.erasures} in its place, or go without: --accept-lost-journal")
        loss = None if known.quarantine.accepted else known.loss
        if loss is not None:
            print(_lost(loss), *_inert(known, place), sep="\n", flush=True)
            if not accept_loss:
                console.fail("restore a later backup, or have this one with --accept-loss")
        if loss is not None or known.unknown is not None:
            accepted(place, line, known, loss, clock)
        try:
            done = asyncio.run(_again(place, known, clock))
        except (StandsStill, Declined) as why:
            console.fail(f"not everything could be done again, and the log stays in quarantine: {why}")
        if left := quarantine.bare(line, quarantine.forgotten(known.told)):
            console.fail(f"keys of {left} subjects are still there, and the log stays in quarantine")
        quarantine.lift(line)
    print(f"{done} erasures done again; the quarantine is lifted", flush=True)


def examined(place: Place) -> None:
    """A backup may be older than this version of the service."""
    migrate(place.postgres_url, place.settings.schema_name)
    examine(place)


def accepted(place: Place, line: Line, known: Known, loss: Loss | None, clock: Clock) -> None:
    """From here on these are the log and its journal: who said so, and what is lost, stays among the anchors for good.

    Without a loss the log has what was anchored last, and the journal alone is lost.
    """
    (anchors, _), by, last = outside(place), _account(), known.anchored.last
    common = loss or last
    assert common is not None
    anchor = Anchor(
        epoch=known.head.epoch,
        position=common.position,
        link=common.link,
        at=clock(),
        lost=loss and loss.to,
        accepted=by,
        erasures=known.told.end,
        lost_erasures=last.erasures.lines if known.unknown and last and last.erasures else None,
    )
    anchors.append(anchor, Signer.opened(place.keys))
    if loss is not None:
        quarantine.accept(line, by)


def _account() -> str:
    """Whose account this runs under, by the system and not by what the environment says."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())


async def _again(place: Place, known: Known, clock: Clock) -> int:
    async with reapplying(place, console.note, clock=clock) as work:
        return await work.again(known.lacking, known.told)


def _said(known: Known, place: Place) -> Iterator[str]:
    """What is known, for people."""
    if known.quarantine is None:
        yield "not in quarantine: this is the log that was last known"
    else:
        yield f"IN QUARANTINE since {known.quarantine.since.isoformat()}: {SENTENCES[known.quarantine.why]}"
    yield f"the log ends at {known.head.position}"
    if (last := known.anchored.last) is None:
        yield "not anchored: nothing outside the database tells how far the log reached"
    else:
        yield f"anchored up to {last.position} at {last.at.isoformat()}"
    if known.loss is not None:
        by = known.quarantine.accepted if known.quarantine else None
        yield _lost(known.loss) + (f" (accepted by {by})" if by else "")
    for each in known.lacking:
        what = "what was kept as proof" if each.of_proof else "forgotten"
        yield f"to be done again: {each.fenced.person}, {what} at {each.fenced.at.isoformat()}"
    if known.unknown is not None:
        yield f"erasures lost: {known.unknown}"
    if again := sum(each.forgotten for each in known.keys):
        yield f"keys of people who were forgotten are there: {again}"
    yield from _inert(known, place)
    yield from _spoiled(known)
    if known.quarantine is not None:
        accept = " --accept-loss" if known.loss is not None and known.quarantine.accepted is None else ""
        other = known.quarantine.why is Why.OTHER_LOG
        first = "give this state folder its own database; where that is gone, " if other else ""
        if known.unknown is not None:
            first += f"put a true copy of {place.erasures} in its place; where there is none, "
            accept += " --accept-lost-journal"
        yield f"what to do: {first}kartoteka restore reapply{accept}"


def _told(known: Known, place: Place) -> dict[str, Any]:
    """The same for programs."""
    last, loss, found = known.anchored.last, known.loss, known.quarantine
    return {
        "quarantine": found and found._asdict(),
        "head": {"position": known.head.position, "epoch": known.head.epoch},
        "anchored": last and {"position": last.position, "at": last.at},
        "lost": loss and {"from": loss.position + 1, "to": loss.to},
        "lacking": [
            {"person": each.fenced.person, "purposes": each.fenced.purposes, "at": each.fenced.at}
            for each in known.lacking
        ],
        "keys_of_forgotten": sum(each.forgotten for each in known.keys),
        "inert_keys": [
            {"kek_epoch": epoch.number, "keys": keys, "destroyed_at": epoch.destroyed_at}
            for epoch, keys in _without_key(known, place)
        ],
        "erasures_lost": known.unknown,
        "spoiled": [each._asdict() for each in known.told.spoiled],
    }


def _lost(loss: Loss) -> str:
    return f"lost: positions {loss.position + 1} to {loss.to} that were known outside, and whatever came after them"


def _inert(known: Known, place: Place) -> Iterator[str]:
    """What nobody can read, for the key that it rests on ended since the backup was made."""
    for epoch, keys in _without_key(known, place):
        yield (
            f"inert: kek-{epoch.number} was destroyed on {epoch.destroyed_at:%Y-%m-%d}, and {keys} data keys with it; "
            "what they sealed can be read by nobody"
        )


def _without_key(known: Known, place: Place) -> Iterator[tuple[Epoch, int]]:
    epochs = keys_of(place).epochs
    for each in known.keys:
        epoch = epochs.get(each.kek_epoch)
        if epoch is not None and epoch.destroyed_at is not None:
            yield epoch, each.keys


def _spoiled(known: Known) -> Iterator[str]:
    for each in known.told.spoiled[:MOST_SPOILED]:
        yield f"erasures changed at {each.file}, line {each.line}: {each.sentence}"
    if (more := len(known.told.spoiled) - MOST_SPOILED) > 0:
        yield f"and {more} lines more"
