"""Somebody who imports a help desk's log through commands, and then supposes things of all its tickets."""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass
from datetime import datetime, timezone
from multiprocessing.connection import Connection
from pathlib import Path

from adapters.bench.loop import READY, run, told
from adapters.bench.side import CALLER, place, prefix
from adapters.helpdesk.importer import Importer
from adapters.helpdesk.log import read_log
from adapters.helpdesk.plan import plan
from adapters.helpdesk.setup import read_setup
from adapters.helpdesk.step import Names
from adapters.nats import client
from adapters.nats.client import Client
from commands.reckonings.what_if import SupposedContract, SupposedHours, WhatIf
from domain.service.calendar import OpeningHours
from domain.service.contract import Targets, Terms
from domain.staff.worker import SYSTEM
from domain.values import CalendarId

IN_FLIGHT = 256
SINCE, UNTIL = (datetime(year, 1, 1, tzinfo=timezone.utc) for year in (1990, 2100))
LONGER_DAY = ((8 * 60, 12 * 60), (13 * 60, 19 * 60))
HOURS = OpeningHours(zone="Europe/Kyiv", week=(*[LONGER_DAY] * 5, (), ()))
TARGETS = Targets(first_response_seconds=2 * 3600, resolution_seconds=30 * 3600)


class NotAll(Exception):
    """Something of the log was refused, or is not there to be replayed."""


@dataclass(slots=True)
class Replayer:
    """A log, and a client of the service that it is brought to."""

    client: Client
    log: Path

    async def imported(self) -> float:
        """Seconds for all of it, through commands."""
        phases = plan(read_log(self.log), read_setup(), CALLER)
        began = time.perf_counter()
        tally = await Importer(self.client, IN_FLIGHT).run(phases)
        took = time.perf_counter() - began
        if tally.refused:
            raise NotAll(tally.refused[0].code)
        return took

    async def supposed(self, cases: int, times: int) -> float:
        """Seconds until it is told what flips under another contract and other hours for all of them; the median."""
        calendar = CalendarId(Names(CALLER).thing("calendar"))
        terms = Terms(calendar=calendar, general=TARGETS)
        question = WhatIf(
            since=SINCE,
            until=UNTIL,
            contracts=(SupposedContract(terms=terms),),
            calendars=(SupposedHours(calendar=calendar, hours=HOURS),),
        )
        took = []
        for _ in range(times):
            began = time.perf_counter()
            answer = await self.client.query(question, actor=SYSTEM)
            took.append(time.perf_counter() - began)
            if answer["row"]["tickets"] != cases:
                raise NotAll(f"{answer['row']['tickets']} tickets of {cases}")
        return statistics.median(took)


async def work(pipe: Connection, state: Path, name: str, log: Path) -> None:
    """Do jobs until the one who started us goes away."""
    there = place(state, name)
    client.COMMANDS = prefix(name)  # type: ignore[attr-defined]  # there is no such switch in the product
    async with Client(there.nats_url, CALLER, str(there.seed(CALLER, None))) as asker:
        replayer = Replayer(asker, log)
        pipe.send(READY)
        while job := await told(pipe):
            pipe.send(await (replayer.supposed(**job) if job != "import" else replayer.imported()))


def main(pipe: Connection, state: Path, name: str, log: Path) -> None:
    """A process that imports, and supposes."""
    run(work(pipe, state, name, log))
