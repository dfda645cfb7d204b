"""What is valid on some days is valid on the first and on the last of them, by the company's own calendar (D20)."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from pydantic import BaseModel, model_validator


class Days(BaseModel, frozen=True, extra="forbid"):
    """From a day to a day, both included; an end that is not given is open."""

    first: date | None = None
    last: date | None = None

    @model_validator(mode="after")
    def _forward(self) -> Days:
        if self.first and self.last and self.last < self.first:
            raise ValueError("the last day comes before the first")
        return self

    def __str__(self) -> str:
        if self == ALWAYS:
            return "always"
        return " ".join(
            [*(["from", str(self.first)] if self.first else []), *(["to", str(self.last)] if self.last else [])]
        )

    def has(self, day: date) -> bool:
        return (self.first is None or self.first <= day) and (self.last is None or day <= self.last)

    def meets(self, other: Days) -> bool:
        """Whether there is a day in both."""
        begins = self.first is None or other.last is None or self.first <= other.last
        ends = self.last is None or other.first is None or other.first <= self.last
        return begins and ends


ALWAYS = Days()


def local_day(at: datetime, zone: str) -> date:
    """Which day it is at the instant where the clocks go by that zone."""
    try:
        return at.astimezone(ZoneInfo(zone)).date()
    except OverflowError:  # at either end of time no clock goes any further
        return at.date()
