"""`kartoteka report`: what was promised and what became of it: now from the read model, of the past from the facts."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any

import orjson
import typer

from adapters.cli import asking
from adapters.cli.console import DATA_WRONG, UNAVAILABLE, fail, give, instant, show
from adapters.cli.query import pages
from adapters.composition import Place, found
from adapters.inquiry import HIGHEST_LIMIT, Inquiry, envelope_of
from adapters.postgres.answers import Answers, Unready
from adapters.postgres.clock import log_time
from adapters.postgres.facts import facts
from adapters.postgres.keys import Keyring, opened_keys
from adapters.postgres.reading import snapshot
from adapters.settings import read_settings
from domain.service.target import Target
from domain.staff.worker import SYSTEM
from projections.service.outcome import SlaOutcomes
from projections.service.sla_overview import Dimension, SlaOverview
from projections.service.sla_report import TOPICS, SlaReport, TicketRow
from projections.service.sla_summary import Kept, SummaryRow, summary, total

PATIENCE_SECONDS = 60.0
"""How long to wait for the read model to come as far as the log."""

app = typer.Typer(no_args_is_help=True, help="What was promised, and what became of it.")


class Per(StrEnum):
    """Whose rows to print."""

    GROUP = "group"
    TICKET = "ticket"


def register(parent: typer.Typer) -> None:
    """Add the commands of this file."""
    parent.add_typer(app, name="report")


@app.command()
def sla(
    per: Annotated[Per, typer.Option(help="A row for each group and severity, or for each ticket.")] = Per.GROUP,
    as_of: Annotated[str, typer.Option(metavar="ISO", help="How things stood at an instant; default: now.")] = "",
    from_facts: Annotated[bool, typer.Option("--folded", help="Fold the facts, as for the past.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="The rows as JSON, seconds as numbers.")] = False,
) -> None:
    """Whether first responses and resolutions were in time, in business time."""
    try:
        given = instant(as_of) if as_of else None
    except ValueError as error:
        fail(str(error), DATA_WRONG)
    place = found(read_settings())
    at = given or log_time(place.postgres_url, place.settings.schema_name)
    tickets = list(asyncio.run(folded(place)).rows(at)) if as_of or from_facts else _shown(place, at)
    if per is Per.TICKET:
        show([row._asdict() for row in tickets], as_json=as_json, title="Service levels per ticket")
    elif as_json:
        give([_plain(row) for row in summary(tickets)])
    else:
        show_summary(tickets)


@app.command()
def overview(
    by: Annotated[
        str, typer.Option(metavar="A,B", help=f"Any of {', '.join(Dimension)}; empty: all together.")
    ] = "group",
    target: Annotated[Target | None, typer.Option(help="One of the promises; default: each by itself.")] = None,
    area: Annotated[str | None, typer.Option(help="Of one area.")] = None,
    group: Annotated[str | None, typer.Option(help="Of one group of customers.")] = None,
    contract: Annotated[str | None, typer.Option(help="Of one contract.")] = None,
    since: Annotated[str | None, typer.Option(metavar="ISO", help="Received from this instant on.")] = None,
    until: Annotated[str | None, typer.Option(metavar="ISO", help="Received before this instant.")] = None,
    actor: Annotated[str, typer.Option(metavar="WORKER", help="The worker for whom it is asked.")] = SYSTEM,
    patience_seconds: Annotated[float, typer.Option(min=0, help="How long to ask again without an answer.")] = 15.0,
    as_json: Annotated[bool, typer.Option("--json", help="The rows as JSON, with distributions.")] = False,
) -> None:
    """Met, missed, corrected and open of all tickets that the worker may see, per group, contract, month and so on."""
    named = [each for each in by.split(",") if each]
    given = {"target": target, "area": area, "group": group, "contract": contract, "since": since, "until": until}
    data = {"by": named, **{name: value for name, value in given.items() if value is not None}}
    envelope = {"actor": actor, "data": data, "limit": HIGHEST_LIMIT}
    asking.check(envelope_of(SlaOverview), SlaOverview.name, orjson.dumps(envelope), as_json=as_json)
    answer = asking.answered(
        lambda operator: pages(operator, SlaOverview.name, envelope, every_page=True),
        unanswered="",
        patience_seconds=patience_seconds,
        as_json=as_json,
    )
    if as_json:
        give(answer["rows"])
    else:
        show([_counted(row, named) for row in answer["rows"]], as_json=False, title="How promises were kept")


def _counted(row: Mapping[str, Any], by: Sequence[str]) -> Mapping[str, Any]:
    """A row for people: what it is counted by, by name, and the figures without the distribution."""
    names = [each.replace("-", "_") for each in by]
    return {
        **{name: row.get(f"{name}_name") or row[name] or "" for name in names},
        "target": row["target"],
        **{name: row[name] for name in ("promises", "met", "missed", "corrected", "open")},
        "other": row["none"] + row["cancelled"] + row["merged"],
        "median": _clock(row["median_seconds"]),
        "90_%": _clock(row["ninetieth_percentile_seconds"]),
    }


def _shown(place: Place, at: datetime) -> list[TicketRow]:
    try:
        return asyncio.run(shown(place, at))
    except Unready as error:
        why = (type(error).__doc__ or "").partition("\n")[0]
        fail(f"{why} Is `kartoteka serve` running? --folded needs no read model.", UNAVAILABLE)


async def shown(place: Place, at: datetime) -> list[TicketRow]:
    """All that the read model shows, as far as the log goes now. Raises what is in `Unready`."""
    url, schema = place.postgres_url, place.settings.schema_name
    async with snapshot(url, schema) as log:
        head = await log.head()
    answers = Answers(url, schema, Keyring(opened_keys(url, schema, place.keys)), connections=1)
    asked = Inquiry(SlaOutcomes(), SYSTEM, at, head.position if head else 0, HIGHEST_LIMIT)
    try:
        rows: list[TicketRow] = []
        while True:
            page = await answers.answer(asked, time.monotonic() + PATIENCE_SECONDS)
            rows += [_row(row) for row in page.rows[: asked.limit]]
            if len(page.rows) <= asked.limit:
                return rows
            asked = asked._replace(place=page.places[asked.limit - 1])
    finally:
        await answers.close()


def _row(row: Mapping[str, Any]) -> TicketRow:
    due = {name: row[name] and row[name].isoformat() for name in ("first_response_due", "resolution_due")}
    return TicketRow(**{name: due.get(name, row[name]) for name in TicketRow._fields})


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
        f"{name}_other": kept.open + kept.none + kept.cancelled + kept.merged,
        f"{name}_median": _clock(kept.median_seconds),
        f"{name}_90_%": _clock(kept.ninetieth_percentile_seconds),
    }


def _clock(seconds: int | None) -> str:
    """Business hours, minutes, seconds."""
    return "" if seconds is None else str(seconds // 3600) + str(timedelta(seconds=seconds % 3600))[1:]
