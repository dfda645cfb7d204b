"""Spans on their way to a collector, by OTLP over HTTP: many at once, a bounded number waiting, trouble told once."""

from __future__ import annotations

import random
import threading
import uuid
from collections.abc import Mapping

from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ALWAYS_ON
from opentelemetry.trace import (
    NonRecordingSpan,
    SpanContext,
    SpanKind,
    Status,
    StatusCode,
    TraceFlags,
    Tracer,
    set_span_in_context,
)
from opentelemetry.trace import Span as Native

from adapters.discovery import release
from adapters.telemetry.tracing import Kind, Span, Told
from adapters.traceparent import UNSAMPLED, sampled, trace_id

WAITING = 8192
"""Spans beyond these are dropped."""

AT_ONCE = 512
EVERY_MS = 1000
PATIENCE_SECONDS = 5
FAREWELL_SECONDS = 3.0

KINDS: Mapping[Kind, SpanKind] = {
    Kind.SERVER: SpanKind.SERVER,
    Kind.CLIENT: SpanKind.CLIENT,
    Kind.PRODUCER: SpanKind.PRODUCER,
    Kind.CONSUMER: SpanKind.CONSUMER,
    Kind.INTERNAL: SpanKind.INTERNAL,
}
BROKEN = Status(StatusCode.ERROR)


class Dropped:
    """A span of a trace that nobody keeps."""

    __slots__ = ("traceparent",)

    def __init__(self, traceparent: str) -> None:
        self.traceparent = traceparent

    def link(self, traceparent: str) -> None: ...

    def end(self, told: Told, *, broken: bool = False) -> None: ...


DROPPED = Dropped(UNSAMPLED)


class OtlpSpan:
    """One span; what it is told behind its end is lost."""

    __slots__ = ("_span", "traceparent")

    def __init__(self, span: Native) -> None:
        context = span.get_span_context()
        self._span = span
        self.traceparent = f"00-{context.trace_id:032x}-{context.span_id:016x}-{int(context.trace_flags) & 1:02x}"

    def link(self, traceparent: str) -> None:
        self._span.add_link(_remote(traceparent))

    def end(self, told: Told, *, broken: bool = False) -> None:
        for name, value in told.items():
            self._span.set_attribute(name, value)
        if broken:
            self._span.set_status(BROKEN)
        self._span.end()


class Otlp:
    """The sender of a process. `share` of the traces that begin here are kept; of others those that are kept there."""

    def __init__(self, url: str, share: float, process: str) -> None:
        # Nothing is asked of the machine: its name and its user are nobody's business.
        about = {
            "service.name": "kartoteka",
            "service.version": release(),
            "service.instance.id": uuid.uuid4().hex,
            "kartoteka.process": process,
        }
        self._share = share
        self._provider = TracerProvider(sampler=ALWAYS_ON, resource=Resource(about), shutdown_on_exit=False)
        self._processor = BatchSpanProcessor(
            OTLPSpanExporter(endpoint=url, timeout=PATIENCE_SECONDS),
            max_queue_size=WAITING,
            schedule_delay_millis=EVERY_MS,
            max_export_batch_size=AT_ONCE,
            export_timeout_millis=PATIENCE_SECONDS * 1000,
        )
        self._provider.add_span_processor(self._processor)
        self._tracer: Tracer = self._provider.get_tracer("kartoteka")

    def begin(self, name: str, kind: Kind, parent: str, told: Told, began_ns: int | None = None) -> Span:
        """The ambient context of the library is not looked at: what is under way here, we know ourselves.

        What is dropped never comes to the library, whose own sampling costs a fifth of a span.
        """
        context = Context()
        if sampled(parent):
            context = set_span_in_context(NonRecordingSpan(_remote(parent)), context)
        elif trace_id(parent):
            return Dropped(parent)
        elif random.random() >= self._share:  # noqa: S311 - nobody gains by guessing what is traced
            return DROPPED
        span = self._tracer.start_span(name, context, KINDS[kind], told, start_time=began_ns)
        return OtlpSpan(span)

    def flush(self) -> None:
        """Send what waits."""
        self._provider.force_flush(int(FAREWELL_SECONDS * 1000))

    def close(self) -> None:
        """A collector that does not answer keeps nobody from leaving."""
        leaving = threading.Thread(target=self._provider.shutdown, daemon=True)
        leaving.start()
        leaving.join(FAREWELL_SECONDS)


def _remote(traceparent: str) -> SpanContext:
    flags = TraceFlags(int(traceparent[-2:], 16))
    return SpanContext(int(traceparent[3:35], 16), int(traceparent[36:52], 16), True, flags)
