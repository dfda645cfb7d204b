"""The log of a handler whose every call is a span, and so is what was decided before it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from adapters.telemetry import tracing
from commands.lookup import Wanted
from commands.request import Attempt, Log, News, Settled
from domain.fact import Fact


class TracedLog:
    """Does what the log does."""

    def __init__(self, log: Log) -> None:
        self._log = log

    async def load(self, after: Mapping[str, int]) -> Mapping[str, Sequence[Fact[Any]]]:
        with tracing.span("load", {"kartoteka.streams": len(after)}):
            return await self._log.load(after)

    async def append(self, attempts: Sequence[Attempt]) -> Sequence[Settled]:
        tracing.decided()
        facts = sum(len(each.facts) for each in attempts)
        try:
            with tracing.span("store", {"kartoteka.requests": len(attempts), "kartoteka.facts": facts}):
                return await self._log.append(attempts)
        finally:
            tracing.since()

    async def news(self) -> Sequence[News]:
        return await self._log.news()

    async def find(self, wanted: Iterable[Wanted]) -> Mapping[Wanted, tuple[Any, ...]]:
        with tracing.span("look up"):
            return await self._log.find(wanted)
