"""Counts for operators, for whoever was given the scope `metrics`; also in quarantine, and while the store is away."""

from __future__ import annotations

from typing import Protocol

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from adapters.http.gatehouse import guest
from adapters.http.reply import refused
from adapters.problem import Problem, problem
from adapters.scope import Face


class Metrics(Protocol):
    """What knows the counts."""

    CONTENT_TYPE: str

    async def text(self) -> bytes: ...


class MetricsText:
    """The counts as Prometheus reads them."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics

    @property
    def routes(self) -> list[Route]:
        return [Route("/metrics", self.text)]

    async def text(self, request: Request) -> Response:
        """All of them, as they are now."""
        who = await guest(request)
        if isinstance(who, Problem):
            return refused(who)
        if who is None:
            return refused(problem("CallerUnknown"))
        if not who.may(Face.METRICS, ""):
            return refused(problem("ScopeMissing"))
        return Response(await self._metrics.text(), 200, {"Content-Type": self._metrics.CONTENT_TYPE})
