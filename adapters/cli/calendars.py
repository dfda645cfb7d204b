"""`kartoteka holidays`: the public holidays of a country, to look at, and to put into a calendar by one command."""

from __future__ import annotations

import csv
import re
import sys
from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any, NamedTuple

import typer

from adapters.cli import asking, console
from adapters.contacts.company import Desk, Unplaced
from adapters.public_holidays import NotListed, PublicHoliday, public_holidays
from commands.reckonings.terms import CalendarAsked
from commands.service.calendar import AddHolidays
from domain.service.calendar import CalendarUnknown
from domain.staff.worker import SYSTEM
from domain.values import CalendarId
from projections.service.contract import Calendars

MOST_YEARS = 100

app = typer.Typer(no_args_is_help=True, help="Public holidays, and how they come into a calendar.")

Country = Annotated[str, typer.Argument(help="By its ISO 3166-1 code of two letters.")]
Subdivision = Annotated[str | None, typer.Option(help="A part of the country, by its code there, such as BY of DE.")]
Years = Annotated[str, typer.Option(metavar="FIRST-LAST", help="Or a single year.")]
AsJson = Annotated[bool, typer.Option("--json", help="As JSON.")]


class Added(NamedTuple):
    """What became of the days: those that the calendar had not, and how many it had."""

    calendar: CalendarId
    new: list[date]
    there: int


def register(parent: typer.Typer) -> None:
    """Add the commands of this file."""
    parent.add_typer(app, name="holidays")


@app.command("list")
def show(
    country: Country,
    years: Years,
    subdivision: Subdivision = None,
    as_json: AsJson = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="As CSV.")] = False,
) -> None:
    """Print the public holidays of some years; nothing is asked of a service."""
    found = _listed(country, subdivision, years)
    if as_csv:
        csv.writer(sys.stdout, lineterminator="\n").writerows([PublicHoliday._fields, *found])
    else:
        console.show(_told(found), as_json=as_json)


@app.command()
def add(
    calendar: Annotated[str, typer.Argument(metavar="ID|NAME", help="The calendar.")],
    country: Country,
    years: Years,
    subdivision: Subdivision = None,
    actor: Annotated[str, typer.Option(metavar="WORKER", help="The worker for whom it is asked.")] = SYSTEM,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Send nothing; print the days that are new.")] = False,
    patience_seconds: Annotated[float, typer.Option(min=0, help="How long to ask again without an answer.")] = 15.0,
    as_json: AsJson = False,
) -> None:
    """Be closed on the public holidays of some years, too; those that the calendar has already stay as they are."""
    found = _listed(country, subdivision, years)

    async def put(desk: Desk) -> Added:
        try:
            id = await _calendar(desk, calendar)
        except Unplaced as error:
            console.fail(str(error))
        answer = await desk.client.query(CalendarAsked(calendar=id), actor=actor)
        there = {date.fromisoformat(day) for day in answer["row"]["versions"][-1]["hours"]["holidays"]}
        new = [each.day for each in found if each.day not in there]
        if new and not dry_run:
            await desk.client.send(AddHolidays(calendar=id, holidays=tuple(new)), actor=actor)
        return Added(id, new, len(found) - len(new))

    added = asking.answered(
        lambda operator: put(Desk(operator, actor)),
        unanswered="; ask again, what was added is not added twice",
        patience_seconds=patience_seconds,
        as_json=as_json,
    )
    rows = _told([each for each in found if each.day in added.new])
    if as_json:
        console.give({"calendar": added.calendar, "added": [] if dry_run else rows, "new": rows, "there": added.there})
    else:
        console.show(rows, as_json=False)
        console.note(f"{'new' if dry_run else 'added'}: {len(rows)}, there already: {added.there}")


def _listed(country: str, subdivision: str | None, years: str) -> list[PublicHoliday]:
    """The days; a year without any is told of, since a list may end before it."""
    wanted = _years(years)
    try:
        found = public_holidays(country, subdivision, wanted)
    except NotListed as error:
        console.fail(str(error), console.DATA_WRONG)
    without = [str(year) for year in wanted if year not in {each.day.year for each in found}]
    if without:
        console.note(f"no public holiday of {country.upper()} is known in {', '.join(without)}")
    return found


def _years(text: str) -> range:
    matched = re.fullmatch(r"(\d{4})(?:-(\d{4}))?", text)
    first, last = map(int, (matched[1], matched[2] or matched[1])) if matched else (0, 0)
    if not 0 < first <= last < first + MOST_YEARS:
        raise typer.BadParameter(f"{text}: write 2026 or 2026-2030, {MOST_YEARS} years at most", param_hint="--years")
    return range(first, last + 1)


def _told(found: Sequence[PublicHoliday]) -> list[dict[str, Any]]:
    return [{"day": each.day.isoformat(), "name": each.name} for each in found]


async def _calendar(desk: Desk, named: str) -> CalendarId:
    """The calendar of this id or name. Raises Unplaced where it is none, or more than one."""
    rows = [row async for row in desk.rows(Calendars()) if named in (row["calendar"], row["name"])]
    exact = [row for row in rows if row["calendar"] == named] or rows
    if len(exact) > 1:
        raise Unplaced(f"{named}: {len(exact)} calendars have this name; give the id")
    if not exact:
        raise Unplaced(f"{named}: {CalendarUnknown().sentence}")
    return CalendarId(exact[0]["calendar"])
