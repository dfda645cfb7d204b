"""Whether this process lives, and whether it can answer: for whoever routes requests to it; nothing else is told."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from adapters.http.accept import JSON
from adapters.postgres.answers import Unready

PATIENCE_SECONDS = 1.0
KEPT_SECONDS = 0.5
"""Anybody may ask, so an answer serves all who do within this time."""


class Health:
    """What is looked at: how far the read models have come, whether the log may be shown, whether NATS is there."""

    def __init__(
        self,
        positions: Callable[[], Awaitable[Mapping[str, int]]],
        models: Collection[str],
        closed: Callable[[], bool],
        connected: Callable[[], bool],
    ) -> None:
        self._positions, self._models, self._closed, self._connected = positions, models, closed, connected
        self._checked: asyncio.Task[dict[str, bool]] | None = None
        self._until = 0.0

    @property
    def routes(self) -> list[Route]:
        return [Route("/livez", self.live), Route("/readyz", self.ready)]

    async def live(self, _: Request) -> Response:
        """Whoever answers this lives."""
        return _told({"alive": True}, 200)

    async def ready(self, _: Request) -> Response:
        """Everything that questions, commands and files take is there."""
        now = asyncio.get_running_loop().time()
        if self._checked is None or (self._checked.done() and now >= self._until):
            self._until = now + KEPT_SECONDS
            self._checked = asyncio.create_task(self._check())
        checks = await asyncio.shield(self._checked)
        ready = all(checks.values())
        return _told({"ready": ready, "checks": checks}, 200 if ready else 503)

    async def _check(self) -> dict[str, bool]:
        positions: Mapping[str, int] | None = None
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                positions = await self._positions()
        except (*Unready, TimeoutError):
            pass
        return {
            "store": positions is not None,
            "log": not self._closed(),
            "read_models": positions is not None and set(self._models) <= positions.keys(),
            "broker": self._connected(),
        }


def _told(body: dict[str, Any], status: int) -> Response:
    return Response(orjson.dumps(body), status, media_type=JSON)
