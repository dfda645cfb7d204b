"""What came over HTTP, counted and logged: by method, route and status, and never by path, worker or address."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Callable
from typing import Protocol

import structlog

from adapters.discovery import BOUNDS
from adapters.traceparent import trace_id

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
OTHER = "other"

logger = structlog.get_logger()


class Exchange(Protocol):
    """One request with its answer. `route` is a template of ours; `caller` "" where nobody is known."""

    @property
    def method(self) -> str: ...
    @property
    def route(self) -> str: ...
    @property
    def status(self) -> int: ...
    @property
    def seconds(self) -> float: ...
    @property
    def caller(self) -> str: ...
    @property
    def traceparent(self) -> str: ...


class HttpRequests:
    """Call it once for each request, behind its last byte. `streams` tells how many live lists are open."""

    def __init__(self) -> None:
        self.counts: Counter[tuple[str, str, str]] = Counter()
        self.seconds: defaultdict[str, float] = defaultdict(float)
        self.spread: defaultdict[str, list[int]] = defaultdict(lambda: [0] * (len(BOUNDS) + 1))
        self.streams: Callable[[], int] = lambda: 0

    def __call__(self, exchange: Exchange) -> None:
        method = exchange.method if exchange.method in METHODS else OTHER
        self.counts[method, exchange.route, str(exchange.status)] += 1
        self.seconds[exchange.route] += exchange.seconds
        self.spread[exchange.route][bisect_left(BOUNDS, exchange.seconds)] += 1
        about = {"caller": exchange.caller} if exchange.caller else {}
        if found := trace_id(exchange.traceparent):
            about["trace"] = found
        milliseconds = round(exchange.seconds * 1000, 1)
        logger.info(
            "http", method=method, route=exchange.route, status=exchange.status, milliseconds=milliseconds, **about
        )
