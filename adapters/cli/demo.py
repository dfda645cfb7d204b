"""`kartoteka demo`: a help desk's log goes through the whole house, on servers that are gone afterwards."""

from __future__ import annotations

import asyncio
import multiprocessing
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

from adapters import embedded
from adapters.cli.beside import views
from adapters.cli.console import DATA_WRONG, fail
from adapters.cli.imports import How, send
from adapters.cli.priced_order import LineTold, PricedOrder
from adapters.cli.report import folded, show_summary
from adapters.cli.two_workers import ADA, BO, Line, TwoWorkers
from adapters.companion import Companion
from adapters.composition import Place, client, found, founded, now, serving
from adapters.helpdesk.log import Unreadable, read_log
from adapters.helpdesk.plan import plan
from adapters.helpdesk.sample import write_sample
from adapters.helpdesk.setup import OFFICE, read_setup
from adapters.pace import spare_the_collector
from adapters.postgres.contents import contents
from adapters.settings import Settings
from domain.service.deadline import Deadline, Share, explain
from domain.service.ticket import Ticket
from projections.service.sla_report import SlaReport

SEED = 1
PARTS_SHOWN = range(3, 13)
LEAVING_SECONDS = 15.0

out = Console(highlight=False, soft_wrap=True)


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command()(demo)


def demo(
    log: Annotated[Path | None, typer.Argument(help="A help-desk log as CSV; without one, a made-up one.")] = None,
    setup: Annotated[Path, typer.Option(help="Zone, week, holidays and targets.", show_default="an office")] = OFFICE,
) -> None:
    """Import a log into fresh servers, report on it, explain one deadline, and ask what two workers may know."""
    with _folder() as folder:
        if log is None:
            log = folder / "sample.csv"
            write_sample(log, seed=SEED)
            out.print(f"No log given: one was made up from the seed {SEED}.")
        try:
            read = read_log(log)
            phases = plan(read, promises := read_setup(setup), Settings().caller)
        except Unreadable as error:
            fail(str(error), DATA_WRONG)
        out.print(f"{sum(map(len, read.cases.values()))} rows of {len(read.cases)} cases, setup {promises.name}")
        settings = Settings(state=folder / "state", log_level="warning")
        with founded(settings) as place, _service(settings), Companion("views", views, settings):
            began = time.monotonic()
            tally = asyncio.run(send(place, phases, How()))
            _told(f"{tally.done} commands done, {len(tally.refused)} refused", began)
            _report(place)
            _show_sight(asyncio.run(_asked(place)))
            _show_order(*asyncio.run(_priced(place)))
    if tally.refused:
        raise typer.Exit(1)


@contextmanager
def _folder() -> Iterator[Path]:
    """A folder within reach of the servers' account, gone afterwards with everything in it."""
    folder = Path(tempfile.mkdtemp(prefix="kartoteka-demo-"))
    folder.chmod(0o711)
    try:
        yield folder
    finally:
        embedded.erase(folder / "state")
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _service(settings: Settings) -> Iterator[None]:
    """A service in a process of its own, as in life; it leaves when the pipe is closed."""
    context = multiprocessing.get_context("spawn")
    theirs, ours = context.Pipe(duplex=False)
    process = context.Process(target=_serve, args=(settings, theirs), daemon=True)
    process.start()
    theirs.close()
    try:
        yield
    finally:
        ours.close()
        process.join(LEAVING_SECONDS)
        process.kill()


def _serve(settings: Settings, end: Connection) -> None:
    asyncio.run(_served(settings, end))


async def _served(settings: Settings, end: Connection) -> None:
    async with serving(found(settings)):
        spare_the_collector()
        await asyncio.to_thread(end.poll, None)


def _report(place: Place) -> None:
    began = time.monotonic()
    report = asyncio.run(folded(place))
    tickets = list(report.rows(now()))
    _told(f"{len(tickets)} tickets reported on", began)
    out.print("\n[bold]Service levels, in business time[/bold]")
    show_summary(tickets)
    _show_store(place)
    _show_deadline(report, ZoneInfo(_zone(report)))


def _told(what: str, began: float) -> None:
    out.print(f"{what} in {time.monotonic() - began:.1f} s")


def _show_store(place: Place) -> None:
    store = contents(place.postgres_url, place.settings.schema_name)
    out.print("\n[bold]What is in the store[/bold]")
    size = f"{store.size_bytes / 2**20:.1f} MB"
    out.print(f"{store.facts} facts in {store.streams} streams, from {store.commands} commands; {size}")
    out.print(f"{store.sealed_fields} personal fields sealed, under the keys of {store.subjects} subjects")
    table = _table("topic", "facts", "bytes each")
    for topic, facts, body_bytes in store.topics:
        table.add_row(topic, str(facts), f"{body_bytes / facts:.0f}")
    out.print(table)


def _zone(report: SlaReport) -> str:
    """Of the first calendar: an import defines one."""
    zones = (state.versions[-1].hours.zone for stream, state in report.states.items() if stream.startswith("calendar-"))
    return next(zones, "UTC")


def _show_deadline(report: SlaReport, zone: ZoneInfo) -> None:
    stream, deadline = _telling(report)
    if deadline is None:
        return
    target, consumed = deadline.total(Share.USED, Share.LEFT), deadline.total(Share.USED, Share.OVER)
    out.print(f"\n[bold]Why the resolution of {report.told[stream].reference or stream} was due when it was[/bold]")
    out.print(
        f"received {_local(deadline.received, zone)}; {deadline.length} of business time promised; times in {zone.key}"
    )
    table = _table("from", "to", "seconds", "sum", "")
    for line in _lines(deadline, zone):
        table.add_row(*line)
    out.print(table)
    out.print(
        f"used + left = {_seconds(target)} s, the target; used + over = {_seconds(consumed)} s, what was consumed"
    )
    out.print(f"due {_local(deadline.due or deadline.received, zone)}: {deadline.judged.outcome}")


async def _asked(place: Place) -> list[Line]:
    async with client(place) as desk:
        return await TwoWorkers(desk).lines()


def _show_sight(lines: list[Line]) -> None:
    out.print("\n[bold]The same questions, asked for two workers[/bold]")
    table = _table("question", ADA, BO)
    for line in lines:
        table.add_row(*line)
    out.print(table)


async def _priced(place: Place) -> tuple[str, list[LineTold]]:
    async with client(place) as desk:
        return await PricedOrder(desk).lines()


def _show_order(total: str, lines: list[LineTold]) -> None:
    out.print(f"\n[bold]Why an order of a customer in two groups comes to {total}[/bold]")
    table = _table("product", "quantity", "list", "brought by", "band", "price", "net")
    for line in lines:
        table.add_row(*line[:-1])
    out.print(table)
    for line in lines:
        out.print(f"{line.product}, {line.quantity}: not {line.rejected}")


def _table(*names: str) -> Table:
    """As narrow as a terminal of 80 columns needs it."""
    table = Table(box=SIMPLE, pad_edge=False)
    for name in names:
        table.add_column(name, no_wrap=True)
    return table


def _telling(report: SlaReport) -> tuple[str, Deadline | None]:
    """A ticket whose deadline was moved by a pause, and not too long a story."""
    found: tuple[str, Deadline | None] = "", None
    for stream in report.told:
        ticket: Ticket = report.states[stream]
        deadline = explain(ticket, report.book(ticket), now())
        if deadline is None or deadline.due is None or deadline.total(Share.USED, Share.LEFT) != deadline.length:
            continue
        found = stream, deadline
        due = deadline.due
        moved = any(pause.business and pause.since < due for pause in deadline.pauses)
        if moved and len(deadline.parts) in PARTS_SHOWN:
            return found
    return found


def _lines(deadline: Deadline, zone: ZoneInfo) -> Iterator[tuple[str, str, str, str, str]]:
    """Parts and pauses in the order of time, with a running sum of what counts."""
    counted = timedelta()
    events: list[tuple[datetime, datetime, timedelta, str]] = [
        *((part.opens, part.closes, part.length, part.share.value) for part in deadline.parts),
        *((pause.since, pause.until, pause.business, "cut out") for pause in deadline.pauses),
    ]
    for since, until, length, what in sorted(events):
        counted += timedelta() if what == "cut out" else length
        total = "" if what == "cut out" else _seconds(counted)
        yield _local(since, zone), _local(until, zone), _seconds(length), total, what


def _local(instant: datetime, zone: ZoneInfo) -> str:
    return f"{instant.astimezone(zone):%a %Y-%m-%d %H:%M:%S}"


def _seconds(length: timedelta) -> str:
    return f"{length.total_seconds():.0f}"
