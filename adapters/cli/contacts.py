"""`kartoteka contacts`: a file of contacts in, as commands, and out again; what is refused is told row by row."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, NamedTuple, TextIO

import typer
from rich.progress import Progress, TextColumn

from adapters.cli import asking, console, files, imports
from adapters.composition import found
from adapters.contacts.card import Deck, Fault
from adapters.contacts.company import Desk, Unplaced
from adapters.contacts.export import exported
from adapters.contacts.plan import Plan, planned
from adapters.contacts.table import read_table, write_table
from adapters.contacts.vcard import read_cards
from adapters.contacts.vcard_writer import write_cards
from adapters.helpdesk.importer import Tally
from adapters.helpdesk.log import Unreadable
from adapters.settings import read_settings
from domain.clients.directory import Level
from domain.staff.worker import SYSTEM
from domain.values import DirectoryId

app = typer.Typer(no_args_is_help=True, help="Contacts out of a file, and into one.")


class Format(StrEnum):
    """How contacts are written down."""

    CSV = "csv"
    VCARD = "vcard"


READ: Mapping[Format, Callable[[Path], Deck]] = {Format.CSV: read_table, Format.VCARD: read_cards}
WRITE: Mapping[Format, Callable[[TextIO, Iterable[Mapping[str, Any]]], None]] = {
    Format.CSV: write_table,
    Format.VCARD: write_cards,
}
VCARD_ENDINGS = {".vcf", ".vcard"}

Named = Annotated[str, typer.Option("--directory", metavar="ID|NAME", help="The directory they are put into.")]
Actor = Annotated[str, typer.Option(metavar="WORKER", help="The worker for whom it is asked; their rights decide.")]
As = Annotated[Format | None, typer.Option("--format", help="Default: by the file's ending.")]
Patience = Annotated[float, typer.Option(min=0, help="How long to ask again without an answer.")]
AsJson = Annotated[bool, typer.Option("--json", help="As JSON.")]


class How(NamedTuple):
    """How an import is told and sent."""

    dry_run: bool
    yes: bool
    as_json: bool
    sent: imports.How


def register(parent: typer.Typer) -> None:
    """Add the commands of this file."""
    parent.add_typer(app, name="contacts")


@app.command("import")
def bring_in(
    file: Annotated[Path, typer.Argument(dir_okay=False, help="CSV, or vCards; in UTF-8.")],
    directory: Named,
    format: As = None,
    group: Annotated[
        list[str] | None, typer.Option(metavar="ID|NAME", help="A group that each of them joins; may be repeated.")
    ] = None,
    actor: Actor = SYSTEM,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Send nothing; list every row that is refused.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask whether it is meant.")] = False,
    journal: Annotated[Path | None, typer.Option(help="Append every acknowledged command id to this file.")] = None,
    in_flight: Annotated[int, typer.Option(min=1, max=4096, help="How many commands to have under way.")] = 64,
    patience_seconds: Patience = 15.0,
    as_json: AsJson = False,
) -> None:
    """Send a file's contacts as commands; what was sent before is not done twice, and refused rows hold up no other."""
    deck = _read(file, format)
    plan = asking.answered(
        lambda operator: _planned(Desk(operator, actor), deck, directory, group or []),
        unanswered="; nothing was sent",
        patience_seconds=patience_seconds,
        as_json=as_json,
    )
    for name in deck.left_out:
        console.note(f"{file.name}: {name} is not taken over")
    _carry_out(plan, How(dry_run, yes, as_json, imports.How(in_flight, journal)))


def _read(file: Path, format: Format | None) -> Deck:
    try:
        return READ[format or _usual(file)](file)
    except Unreadable as error:
        console.fail(str(error), console.DATA_WRONG)


def _usual(file: Path) -> Format:
    return Format.VCARD if file.suffix.lower() in VCARD_ENDINGS else Format.CSV


async def _planned(desk: Desk, deck: Deck, directory: str, groups: list[str]) -> Plan:
    try:
        room = await desk.room(directory)
        joined = [await desk.group(each) for each in groups]
    except Unplaced as error:
        console.fail(str(error))
    return await planned(desk, read_settings().caller, deck, room, joined)


def _carry_out(plan: Plan, how: How) -> None:
    if not how.dry_run and plan.commands and not how.yes:
        contacts = len(plan.entries)
        console.note(f"{plan.commands} commands about {contacts} contacts will be sent; type {contacts} to go on")
        if sys.stdin.readline().strip() != str(contacts):
            console.fail("nothing was sent")
    tally = Tally()
    if not how.dry_run:
        tally = asyncio.run(imports.send(found(read_settings()), plan.phases, how.sent))
    _tell(plan, tally, how)
    if plan.faults:
        raise typer.Exit(console.DATA_WRONG)
    if tally.refused:
        raise typer.Exit(1)


def _tell(plan: Plan, tally: Tally, how: How) -> None:
    refused = [*plan.faults, *_refusals(plan, tally)]
    rows = len({fault.row for fault in refused})
    counts = {"contacts": len(plan.entries), "new": plan.new, "commands": plan.commands, "refused_rows": rows}
    if not how.dry_run:
        counts |= {"done": tally.done, "already_done": tally.repeated, "not_sent": tally.left}
    told = [fault.told() for fault in refused]
    if how.as_json:
        console.give(counts | {"refused": told})
        return
    console.show(told, as_json=False)
    console.note(", ".join(f"{name.replace('_', ' ')}: {count}" for name, count in counts.items()))


def _refusals(plan: Plan, tally: Tally) -> list[Fault]:
    """What the service refused, at the words that asked for it."""
    return [
        plan.places[refusal.about]._replace(code=refusal.code, why=f"{refusal.topic}: {refusal.title}")
        for refusal in tally.refused
    ]


@app.command("export")
def take_out(
    directory: Annotated[
        str | None, typer.Option(metavar="ID|NAME", help="Only the contacts of this directory.", show_default="all")
    ] = None,
    format: As = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Where to; default: standard output.")] = None,
    actor: Actor = SYSTEM,
    patience_seconds: Patience = 15.0,
    as_json: AsJson = False,
) -> None:
    """Write the contacts that the worker may know of into a file; that each was exported is recorded."""
    rows = asking.answered(
        lambda operator: _rows(Desk(operator, actor), directory),
        unanswered="; nothing was written",
        patience_seconds=patience_seconds,
        as_json=as_json,
    )
    with files.text_target(output) as text:
        WRITE[format or _usual(output or Path())](text, rows)
    if as_json and output is not None:
        console.give({"contacts": len(rows)})
    else:
        console.note(f"contacts: {len(rows)}")


async def _rows(desk: Desk, directory: str | None) -> list[Mapping[str, Any]]:
    rows = list[Mapping[str, Any]]()
    columns = (TextColumn("contacts"), TextColumn("{task.completed}"))
    try:
        of = None if directory is None else DirectoryId((await desk.directory(directory, Level.USE))["directory"])
    except Unplaced as error:
        console.fail(str(error))
    with Progress(*columns, console=console.stderr, disable=not console.stderr.is_terminal, transient=True) as bar:
        task = bar.add_task("contacts", total=None)
        async for row in exported(desk, of):
            rows.append(row)
            bar.update(task, completed=len(rows))
    return rows
