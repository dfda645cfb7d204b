"""The trace of the application that our client is part of, where that one has any."""

from __future__ import annotations

from opentelemetry import trace


def traceparent() -> str:
    """Of its current span, if that is one."""
    found = trace.get_current_span().get_span_context()
    if not found.is_valid:
        return ""
    return f"00-{found.trace_id:032x}-{found.span_id:016x}-{int(found.trace_flags) & 0xFF:02x}"
