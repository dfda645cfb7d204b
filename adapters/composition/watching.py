"""What operators watch of one service process, and through the database of all others."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from adapters.composition.known import outside
from adapters.composition.place import Place, keys_of
from adapters.composition.service import Service

if TYPE_CHECKING:
    from adapters.telemetry.metrics import Metrics
    from adapters.telemetry.requests import HttpRequests


@asynccontextmanager
async def watching(place: Place, service: Service, http: HttpRequests) -> AsyncIterator[Metrics]:
    """Its metrics; nothing is looked at until somebody asks."""
    from adapters.key_encryption import KeyUnavailable
    from adapters.postgres.gauges import Gauging
    from adapters.telemetry.metrics import Metrics, Outside, Process

    anchors, _ = outside(place)
    keys = keys_of(place)

    def anchored() -> int:
        last = anchors.last()
        return 0 if last is None else last.position

    def beside() -> Outside:
        try:
            alive = [each for each in keys.epochs.values() if each.destroyed_at is None]
        except KeyUnavailable:
            alive = []
        return Outside(anchored(), max(alive, default=None))

    gauging = Gauging(place.postgres_url, place.settings.schema_name, anchored)
    own = service.reception.statistics
    process = Process(own, service.commands, service.queries, service.files, http, service.elsewhere)
    try:
        yield Metrics(process, gauging.look, beside)
    finally:
        await gauging.close()
