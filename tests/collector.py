"""A collector of traces on a port: it takes OTLP over HTTP as a real one does, and shows what came."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


class Came(NamedTuple):
    """A span as it came."""

    name: str
    trace: str
    id: str
    parent: str
    told: dict[str, str | int]
    links: list[str]
    broken: bool
    began_ns: int
    ended_ns: int


@dataclass
class Collector:
    """`status` is what it answers; `raw` all bytes that came."""

    status: int = 200
    url: str = ""
    raw: list[bytes] = field(default_factory=list)
    asked: Counter[int] = field(default_factory=Counter)

    def came(self) -> list[Came]:
        """Every span of every request that was taken."""
        return [
            _came(span)
            for body in self.raw
            for resource in ExportTraceServiceRequest.FromString(body).resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]

    def take(self, body: bytes) -> None:
        self.asked[self.status] += 1
        if self.status == 200:
            self.raw.append(body)


def _came(span: Any) -> Came:
    told = {each.key: getattr(each.value, each.value.WhichOneof("value")) for each in span.attributes}
    return Came(
        span.name,
        span.trace_id.hex(),
        span.span_id.hex(),
        span.parent_span_id.hex(),
        told,
        [link.span_id.hex() for link in span.links],
        span.status.code == 2,
        span.start_time_unix_nano,
        span.end_time_unix_nano,
    )


@contextmanager
def collecting() -> Iterator[Collector]:
    """At a port of its own."""
    collector = Collector()

    class Taking(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            collector.take(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(collector.status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Taking) as server:
        serving = threading.Thread(target=server.serve_forever, args=(0.01,))
        serving.start()
        collector.url = f"http://127.0.0.1:{server.server_port}/v1/traces"
        try:
            yield collector
        finally:
            server.shutdown()
            serving.join()
