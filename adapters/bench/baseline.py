"""The baseline: the same five decisions as `eventsourcing` aggregates, loaded and saved one command at a time."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event


class Ticket(Aggregate):
    @event("Opened")
    def __init__(self, customer: str, title: str, description: str) -> None:
        self.customer, self.title, self.description = customer, title, description
        self.status, self.severity, self.assignee = "received", "", ""

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
    def open(self, customer: str, title: str, description: str) -> UUID:
        ticket = Ticket(customer, title, description)
        self.save(ticket)
        return ticket.id

    def change(self, id: UUID, verb: str, *arguments: str) -> None:
        ticket: Ticket = self.repository.get(id)
        getattr(ticket, verb)(*arguments)
        self.save(ticket)


def run(environment: dict[str, str], seconds: float, threads: int = 16) -> float:
    """Commands per second."""
    with Desk(env={"PERSISTENCE_MODULE": "eventsourcing.postgres", **environment}) as desk:

        def lives(until: float) -> int:
            done = 0
            while time.perf_counter() < until:
                id = desk.open("customer-1", "Something is broken", "It does not work any more")
                for verb, *arguments in (("assess", "high"), ("assign", "w"), ("log_call", "spoke"), ("resolve",)):
                    desk.change(id, verb, *arguments)
                done += 5
            return done

        started = time.perf_counter()
        with ThreadPoolExecutor(threads) as pool:
            return sum(pool.map(lives, [started + seconds] * threads)) / (time.perf_counter() - started)
