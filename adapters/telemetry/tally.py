"""Counts of a process that have no other place: of things that happen seldom, under words of our own alone."""

from __future__ import annotations

from collections import Counter

SIGN_INS: Counter[tuple[str, str]] = Counter()
"""How workers signed in, by method and outcome."""

DENIED: Counter[str] = Counter()
"""What NATS did not permit us, by "publish" or "subscribe"."""

VIOLATION = "permissions violation"


def denied(error: Exception) -> None:
    """Count it, where that is what the server complains of."""
    text = str(error).lower()
    if VIOLATION in text:
        DENIED["subscribe" if "subscription" in text else "publish"] += 1
