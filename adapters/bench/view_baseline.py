"""The baseline of read models: one desk, kept by the library's `ProjectionRunner` as its documentation shows it."""

from __future__ import annotations

import time
from typing import Any
from uuid import UUID

from eventsourcing.dispatch import singledispatchmethod
from eventsourcing.persistence import Tracking
from eventsourcing.postgres import PostgresTrackingRecorder
from eventsourcing.projection import Projection, ProjectionRunner

from adapters.bench.baseline import Desk

COLUMNS = {"Opened": ("customer", "title"), "Assessed": ("severity",), "Assigned": ("assignee",)}
STATUS = {"Opened": "received", "Resolved": "resolved"}


class DeskView(PostgresTrackingRecorder):
    def _create_table(self, curs: Any) -> None:
        super()._create_table(curs)
        columns = "ticket uuid PRIMARY KEY, customer text, title text, status text, severity text, assignee text"
        curs.execute(f"CREATE TABLE IF NOT EXISTS {self.datastore.schema}.desk ({columns})".encode())

    def store(self, ticket: UUID, row: dict[str, str], tracking: Tracking) -> None:
        sets = ", ".join(f"{name} = excluded.{name}" for name in row)
        into = f"INSERT INTO {self.datastore.schema}.desk (ticket, {', '.join(row)}) VALUES (%s{', %s' * len(row)})"
        with self.datastore.transaction(commit=True) as cursor:
            self._insert_tracking(cursor, tracking)
            query = f"{into} ON CONFLICT (ticket) DO UPDATE SET {sets}"
            cursor.execute(query.encode(), [ticket, *row.values()], prepare=True)


class DeskProjection(Projection[DeskView]):
    name = "shown"

    @singledispatchmethod
    def process_event(self, domain_event: Any, tracking: Tracking) -> None:
        verb = type(domain_event).__name__
        row = {name: getattr(domain_event, name) for name in COLUMNS.get(verb, ())}
        row["status"] = STATUS.get(verb, "in work")
        self.view.store(domain_event.originator_id, row, tracking)


def rate(env: dict[str, str], last: int, seconds: float) -> float:
    """Events per second, counted from when the first are done: how long the library takes to start is not measured."""
    with ProjectionRunner(application_class=Desk, projection_class=DeskProjection, view_class=DeskView, env=env) as run:
        while not (first := run.view.max_tracking_id("Desk") or 0):
            time.sleep(0.001)
        began = time.perf_counter()
        done = first
        while done < last and (done == first or time.perf_counter() - began < seconds):
            time.sleep(0.01)
            done = run.view.max_tracking_id("Desk") or 0
        return (done - first) / (time.perf_counter() - began)
