"""The text by which a trace is carried on (W3C Trace Context), by requests, and by facts to what follows from them."""

from __future__ import annotations

import re

TRACEPARENT = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")
LENGTH = 55
UNSAMPLED = f"00-{'f' * 32}-{'f' * 16}-00"
"""What is asked because of something that nobody traces begins no trace of its own."""


def sampled(text: str) -> bool:
    """Whether this is a trace that somebody keeps."""
    return len(text) == LENGTH and TRACEPARENT.fullmatch(text) is not None and int(text[-2:], 16) & 1 == 1


def trace_id(text: str) -> str:
    """The trace's id; "" where this is none."""
    return text[3:35] if len(text) == LENGTH and TRACEPARENT.fullmatch(text) else ""


def of_fact(correlation: str, causation: str) -> str:
    """The trace that a fact belongs to, which it has in one of the two; "" where it has none."""
    if sampled(correlation):
        return correlation
    return causation if sampled(causation) else ""


def kept(traceparent: str, correlation: str | None, causation: str | None) -> tuple[str | None, str | None]:
    """Correlation and causation of a request that came with this: what it left open tells of the trace."""
    if not traceparent or not sampled(traceparent):
        return correlation, causation
    if not correlation:
        return traceparent, causation
    return correlation, causation or traceparent
