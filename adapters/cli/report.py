"""`kartoteka report`: what was promised and what became of it, folded from the facts whenever it is asked."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Any

import typer

from adapters.cli.console import DATA_WRONG, fail, give, instant, show
from adapters.composition import Place, found, now
from adapters.postgres.facts import facts
from adapters.postgres.reading import snapshot
from adapters.settings import read_settings
from projections.service.sla_report import TOPICS, SlaReport, TicketRow
from projections.service.sla_summary import Kept, SummaryRow, summary, total

app = typer.Typer(no_args_is_help=True, help="Reports folded from the facts.")


class Per(StrEnum):
    """Whose rows to print."""

    GROUP = "group"
    TICKET = "ticket"


def register(parent: typer.Typer) -> None:
    """Add the commands of this file."""
    parent.add_typer(app, name="report")


@app.callback()
def _group() -> None:
    """A group of one command yet: without this, typer would drop its name."""


@app.command()
def sla(
    per: Annotated[Per, typer.Option(help="A row for each group and severity, or for each ticket.")] = Per.GROUP,
    as_of: Annotated[str, typer.Option(metavar="ISO", help="How things stood at an instant; default: now.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="The rows as JSON, seconds as numbers.")] = False,
) -> None:
    """Whether first responses and resolutions were in time, in business time."""
    try:
        at = instant(as_of) if as_of else now()
    except ValueError as error:
        fail(str(error), DATA_WRONG)
    report = asyncio.run(folded(found(read_settings())))
    tickets = list(report.rows(at))
    if per is Per.TICKET:
        show([row._asdict() for row in tickets], as_json=as_json, title="Service levels per ticket")
    elif as_json:
        give([_plain(row) for row in summary(tickets)])
    else:
        show_summary(tickets)


async def folded(place: Place) -> SlaReport:
    """All that the log holds for the report."""
    report = SlaReport()
    async with snapshot(place.postgres_url, place.settings.schema_name) as log:
        async for fact in facts(log, TOPICS):
            report.take(fact)
    return report


def show_summary(tickets: Sequence[TicketRow]) -> None:
    """The summary for people, its sum at the end."""
    rows = [_readable(row) for row in summary(tickets)]
    last = {**_readable(total(tickets)), "group": "all"}
    show([*rows, last] if tickets else [], as_json=False, title="Service levels per group and severity")


def _plain(row: SummaryRow) -> dict[str, Any]:
    return {
        **row._asdict(),
        "first_response": row.first_response._asdict(),
        "resolution": row.resolution._asdict(),
    }


def _readable(row: SummaryRow) -> Mapping[str, Any]:
    return {
        "group": row.group,
        "severity": row.severity,
        "tickets": row.tickets,
        **_target("response", row.first_response),
        **_target("resolution", row.resolution),
    }


def _target(name: str, kept: Kept) -> dict[str, Any]:
    return {
        f"{name}_met": kept.met,
        f"{name}_missed": kept.missed,
        f"{name}_other": kept.open + kept.none + kept.cancelled,
        f"{name}_median": _clock(kept.median_seconds),
        f"{name}_90_%": _clock(kept.ninetieth_percentile_seconds),
    }


def _clock(seconds: int | None) -> str:
    """Business hours, minutes, seconds."""
    return "" if seconds is None else str(seconds // 3600) + str(timedelta(seconds=seconds % 3600))[1:]
