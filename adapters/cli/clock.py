"""`kartoteka clock`: what time it is for a log with a test clock, and moving it forward."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import datetime, timedelta
from typing import Annotated

import typer

from adapters.cli import console
from adapters.composition import Place, found
from adapters.postgres import clock
from adapters.settings import read_settings

PATIENCE_SECONDS = 20.0
"""How long to wait until every process at work has followed."""

SHORT = re.compile(
    r"(?:(?P<weeks>\d+)w)?(?:(?P<days>\d+)d)?(?:(?P<hours>\d+)h)?(?:(?P<minutes>\d+)m)?(?:(?P<seconds>\d+)s)?"
)
ISO = re.compile(
    r"P(?:(?P<years>\d+)Y)?(?:(?P<months>\d+)M)?(?:(?P<weeks>\d+)W)?(?:(?P<days>\d+)D)?"
    r"(?:T(?=\d)(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>\d+)S)?)?"
)

AsJson = Annotated[bool, typer.Option("--json", help="As JSON.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    group = typer.Typer(help="The time of a log that was begun with `serve --test-clock`.", no_args_is_help=True)
    group.command()(show)
    group.command("set")(set_to)
    group.command()(advance)
    app.add_typer(group, name="clock")


def show(as_json: AsJson = False) -> None:
    """Print what time it is for the log, by how much that is ahead, and how many processes go by it."""
    _tell(found(read_settings()), as_json=as_json)


def set_to(
    instant: Annotated[str, typer.Argument(metavar="INSTANT", help="ISO 8601 with offset; never earlier than it is.")],
    as_json: AsJson = False,
) -> None:
    """Move time forward to an instant; returns when every process has followed."""
    try:
        to = console.instant(instant)
    except ValueError as error:
        console.fail(str(error), console.DATA_WRONG)
    place = found(read_settings())
    clock.advance_to(place.postgres_url, place.settings.schema_name, to)
    _follow(place, as_json=as_json)


def advance(
    duration: Annotated[str, typer.Argument(metavar="DURATION", help="`1h30m`, `2d`, or ISO 8601: `P1Y`, `PT90S`.")],
    as_json: AsJson = False,
) -> None:
    """Move time forward by a duration; returns when every process has followed."""
    place = found(read_settings())
    url, schema = place.postgres_url, place.settings.schema_name
    at = clock.standing(url, schema).now
    try:
        by = later(at, duration) - at
    except ValueError as error:
        console.fail(str(error), console.DATA_WRONG)
    clock.advance(url, schema, by)
    _follow(place, as_json=as_json)


def later(at: datetime, duration: str) -> datetime:
    """The instant after it; of a month that is too short, the last day. Raises ValueError."""
    found = SHORT.fullmatch(duration) or ISO.fullmatch(duration)
    given = {name: int(count) for name, count in found.groupdict().items() if count} if found else {}
    if not given:
        raise ValueError(f"{duration} is no duration that time could go forward by; write 1h30m, 2d, P1M or PT90S")
    months = 12 * given.pop("years", 0) + given.pop("months", 0)
    try:
        years, month = divmod(at.month - 1 + months, 12)
        year, month = at.year + years, month + 1
        return at.replace(year=year, month=month, day=min(at.day, monthrange(year, month)[1])) + timedelta(**given)
    except (OverflowError, ValueError):
        raise ValueError(f"{duration} is too long") from None


def _follow(place: Place, *, as_json: bool) -> None:
    clock.until_followed(place.postgres_url, place.settings.schema_name, PATIENCE_SECONDS)
    _tell(place, as_json=as_json)


def _tell(place: Place, *, as_json: bool) -> None:
    found = clock.standing(place.postgres_url, place.settings.schema_name)
    row = {
        "now": found.now.isoformat(),
        "ahead_seconds": found.ahead.total_seconds(),
        "followers": found.followers,
    }
    if as_json:
        console.give(row)
    else:
        console.show([row], as_json=False)
