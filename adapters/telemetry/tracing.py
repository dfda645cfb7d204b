"""One trace from whoever asks to everything that follows; off, and next to free, until a process begins to send it.

A process has one sender, as it has one log of its own. Spans have no personal data: their names are topics, and what
they tell is codes, counts and the caller.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Protocol

from adapters.traceparent import UNSAMPLED, sampled, trace_id

if TYPE_CHECKING:
    from adapters.answering.reception import Reply, Visitor
    from adapters.problem import Problem

OTHER = "unknown"
"""What callers say that is none of ours is in no name of a span."""

BROKEN_FROM = 500
"""The lowest status that tells of a fault of ours."""


class TracesUnavailable(Exception):
    """Traces were asked for, and what sends them is not installed."""


class Kind(StrEnum):
    """Which side of what is asked a span tells of."""

    SERVER = "server"
    CLIENT = "client"
    PRODUCER = "producer"
    CONSUMER = "consumer"
    INTERNAL = "internal"


Told = Mapping[str, str | int]
"""What a span tells beside its name: codes, counts and names of our own."""

NO_MORE: Told = MappingProxyType({})


class Span(Protocol):
    """Something that takes its time."""

    @property
    def traceparent(self) -> str: ...

    def link(self, traceparent: str) -> None:
        """It has to do with another span as well."""

    def end(self, told: Told, *, broken: bool = False) -> None:
        """It is over, with what is to be told of it; `broken` where it came to no good end through a fault of ours."""


class Sender(Protocol):
    """Where spans go. Without a parent a trace begins, if it is one of the share that is kept."""

    def begin(self, name: str, kind: Kind, parent: str, told: Told, began_ns: int | None = None) -> Span: ...

    def flush(self) -> None:
        """Send what waits."""

    def close(self) -> None:
        """The same, as far as that takes no long time, and then nothing more."""


_sender: Sender | None = None
_current: ContextVar[str] = ContextVar("traceparent", default="")
_since_ns: ContextVar[int] = ContextVar("since_ns", default=0)
"""When the decisions of the batch that is under way here began."""


def on() -> bool:
    """Whether this process sends traces."""
    return _sender is not None


@contextmanager
def sending(url: str | None, share: float, process: str) -> Iterator[None]:
    """Send traces until the block ends, where it is said to whom. Raises TracesUnavailable."""
    global _sender
    if url is None or _sender is not None:
        yield
        return
    try:
        from adapters.telemetry.otlp import Otlp
    except ImportError as error:
        raise TracesUnavailable("KARTOTEKA_TRACES_URL needs the extra `traces` of kartoteka") from error
    _sender = sender = Otlp(url, share, process)
    try:
        yield
    finally:
        _sender = None
        sender.close()


def flush() -> None:
    """Send what waits."""
    if _sender is not None:
        _sender.flush()


def carried() -> str:
    """The trace to tell whoever is asked from here: ours, or that of the application that we are part of."""
    found = _current.get()
    if found or "opentelemetry.trace" not in sys.modules:
        return found
    from adapters.telemetry.application import traceparent

    return traceparent()


def headers() -> dict[str, str] | None:
    """The same as headers of a message."""
    found = carried()
    return {"traceparent": found} if found else None


def enter(traceparent: str) -> None:
    """This task is at work for that trace: its log lines tell so. Of a task of its own alone."""
    if traceparent:
        _current.set(traceparent)


@contextmanager
def _during(span: Span) -> Iterator[Span]:
    token = _current.set(span.traceparent)
    try:
        yield span
    except BaseException as error:
        # A refusal says its code; of anything else only the kind, for its words may quote somebody's data.
        status, code = getattr(error, "status", BROKEN_FROM), getattr(error, "code", "")
        told = {"kartoteka.code": str(code)} if code else {"error.type": type(error).__name__}
        span.end(told, broken=status >= BROKEN_FROM)
        raise
    else:
        span.end({})
    finally:
        _current.reset(token)


NOTHING: AbstractContextManager[None] = nullcontext()


def span(
    name: str, told: Told = NO_MORE, kind: Kind = Kind.INTERNAL, parent: str | None = None
) -> AbstractContextManager[Any]:
    """A span for as long as the block runs, and what is asked in it carries it on; under what is under way here."""
    if _sender is None:
        return NOTHING
    return _during(_sender.begin(name, kind, carried() if parent is None else parent, told))


def following(name: str, traceparent: str) -> AbstractContextManager[Any]:
    """The work on a fact that has come from elsewhere: a fact without a trace begins none."""
    return span(name, NO_MORE, Kind.CONSUMER, traceparent or UNSAMPLED)


def done(name: str, kind: Kind, parent: str, began_ns: int, told: Told = NO_MORE) -> None:
    """A span that is over by now."""
    if _sender is not None:
        _sender.begin(name, kind, parent, told, began_ns).end(NO_MORE)


class Answering:
    """A reply that ends the span of what it answers."""

    __slots__ = ("_reply", "span")

    def __init__(self, reply: Reply, span: Span) -> None:
        self._reply, self.span = reply, span

    async def answer(self, body: bytes) -> None:
        try:
            await self._reply.answer(body)
        finally:
            self.span.end({})

    async def refuse(self, found: Problem) -> None:
        try:
            await self._reply.refuse(found)
        finally:
            self.span.end({"kartoteka.code": found.code}, broken=found.status >= BROKEN_FROM)


def received(what: str, visitor: Visitor) -> Visitor:
    """The visitor as a span sees them: from here until they have their answer."""
    if _sender is None:
        return visitor
    from adapters.discovery import TOPICS

    topic = visitor.topic if visitor.topic in TOPICS else OTHER
    told = {"kartoteka.caller": visitor.caller} if visitor.who is not None else {}
    begun = _sender.begin(f"{what} {topic}", Kind.SERVER, visitor.traceparent, told)
    return visitor._replace(reply=Answering(visitor.reply, begun), traceparent=begun.traceparent)


def batch(visitors: Sequence[Visitor]) -> AbstractContextManager[Any]:
    """Requests that are decided and stored together: a span under the first that is traced; the others link to it."""
    return NOTHING if _sender is None else _batch(_sender, visitors)


@contextmanager
def _batch(sender: Sender, visitors: Sequence[Visitor]) -> Iterator[None]:
    traced = [each.reply.span for each in visitors if isinstance(each.reply, Answering)]
    kept = [each for each in traced if each.traceparent.endswith("1")]
    parent = kept[0].traceparent if kept else UNSAMPLED
    found = sender.begin("batch", Kind.INTERNAL, parent, {"kartoteka.requests": len(visitors)})
    for each in kept[1:]:
        found.link(each.traceparent)
        each.link(found.traceparent)
    with _during(found):
        since()
        yield


def since() -> None:
    """Decisions begin here."""
    _since_ns.set(time.time_ns())


def decided() -> None:
    """They are made: a span of what has passed since they began."""
    if (began_ns := _since_ns.get()) and _current.get():
        done("decide", Kind.INTERNAL, _current.get(), began_ns)


def named(_logger: Any, _method: str, line: Any) -> Any:
    """A log line with the trace that is under way (a processor of structlog)."""
    if sampled(found := _current.get()):
        line["trace"] = trace_id(found)
    return line
