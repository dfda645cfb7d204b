"""A right may have an end: it holds until that instant, and at the instant no longer (D21)."""

from __future__ import annotations

from datetime import datetime

from domain.refusal import Refused, require


class EndPassed(Refused):
    """An end cannot lie in the past: what ends then would never have been."""


def lasts(until: datetime | None, now: datetime) -> bool:
    """Whether what ends then, or never, still holds."""
    return until is None or now < until


def needs_end_ahead(until: datetime | None, now: datetime) -> None:
    """Refuse an end that is not ahead."""
    require(lasts(until, now), otherwise=EndPassed)
