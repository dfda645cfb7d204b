"""The baseline: the same five decisions as `eventsourcing` aggregates, loaded and saved one command at a time."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event

CHANGES = (("assess", "high"), ("assign", "worker-1"), ("log_call", "Spoke with them"), ("resolve",))


class Ticket(Aggregate):
    @event("Opened")
    def __init__(self, customer: str, title: str, description: str) -> None:
        self.customer, self.title, self.description = customer, title, description
        self.status, self.severity, self.assignee, self.responded = "received", "", "", False

    @event("Assessed")
    def assess(self, severity: str) -> None:
        self.severity = severity

    @event("Assigned")
    def assign(self, assignee: str) -> None:
        self.assignee = assignee

    @event("CallLogged")
    def log_call(self, note: str) -> None:
        self.responded = True

    @event("Resolved")
    def resolve(self) -> None:
        self.status = "resolved"


class Desk(Application[UUID]):
    def change(self, id: UUID, verb: str, *arguments: str) -> None:
        ticket: Ticket = self.repository.get(id)
        getattr(ticket, verb)(*arguments)
        self.save(ticket)

    def rate(self, seconds: float, threads: int) -> float:
        started = time.perf_counter()
        with ThreadPoolExecutor(threads) as pool:
            done = sum(pool.map(self._lives, [started + seconds] * threads))
        return done / (time.perf_counter() - started)

    def _lives(self, until: float) -> int:
        done = 0
        while time.perf_counter() < until:
            opened = Ticket("customer-1", "Something is broken", "It does not work any more")
            self.save(opened)
            for verb, *arguments in CHANGES:
                self.change(opened.id, verb, *arguments)
            done += 5
        return done
