"""What was recorded late, for auditors: it takes a right of its own, and may turn an outcome already stated (D32)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar

from domain.staff.worker import Right
from domain.values import Instant, WorkerId
from projections.names import CALLED
from projections.question import Answer, Leg, Listing
from projections.timeline import TRAIL


class LateFactRow(Answer):
    """A fact that a worker recorded more than five minutes after it happened, by where it stands."""

    stream: str
    version: int
    topic: str
    happened_at: datetime
    recorded_at: datetime
    late_seconds: int
    actor: str
    actor_name: str | None


class LateFacts(Listing[LateFactRow], name="late-facts", rests_on=(TRAIL, CALLED), rights=[Right.AUDITOR]):
    """Everything that workers recorded more than five minutes after it happened, the last recorded first."""

    worker: WorkerId | None = None
    since: Instant | None = None
    until: Instant | None = None

    narrowing: ClassVar = {
        "worker": "f.actor = %(worker)s",
        "since": "f.recorded_at >= %(since)s",
        "until": "f.recorded_at < %(until)s",
    }
    of = ("position",)
    shows = """
        f.stream, f.version::int AS version, f.topic, f.happened_at, f.recorded_at,
        extract(epoch FROM f.recorded_at - f.happened_at)::int AS late_seconds,
        f.actor, wn.name AS sealed_actor_name"""
    joins = "JOIN late_facts f ON f.position = page.position LEFT JOIN worker_names wn ON wn.worker = f.actor"

    def legs(self) -> Sequence[Leg]:
        return [Leg(f"FROM late_facts f WHERE true{self.given()}", {"f.position": "bigint"}, descending=True)]
