"""A life is what the clocks noticed of a ticket and how its promises were judged, quickly read again (N-5)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

from domain.service.clock import Outcome
from domain.service.hours import EPOCH, MICROSECOND
from domain.service.promise import Kind, Mark, Moment
from domain.service.target import Target
from domain.timeline import Entry, Timeline
from domain.values import ContractId


class Verdict(NamedTuple):
    """How a promise was judged, and the due instant it was judged by."""

    outcome: Outcome
    due: datetime | None


class Life(NamedTuple):
    """Everything that what-if needs of a ticket that is over."""

    moments: Timeline[Moment]
    verdicts: Mapping[Mark, Verdict]


def written(moments: Iterable[Entry[Moment]], verdicts: Mapping[Mark, Verdict]) -> str:
    """The life as a line; `read` gives it back."""
    said = [[_number(at), moment.kind, moment.value] for at, moment in moments]
    judged = [[target, _number(since), outcome, _number(due)] for (target, since), (outcome, due) in verdicts.items()]
    return json.dumps([said, judged], separators=(",", ":"))


def read(line: str) -> Life:
    """A life as it was written."""
    said, judged = json.loads(line)
    entries = [Entry(EPOCH + timedelta(0, 0, at), _moment(kind, value)) for at, kind, value in said]
    verdicts = {
        (TARGETS[target], _instant(since)): Verdict(OUTCOMES[outcome], _instant(due))
        for target, since, outcome, due in judged
    }
    return Life(Timeline(tuple(entries)), verdicts)


PROMISED = re.compile(rf'"{Kind.PROMISED}","([^"\\]+)"')
"""A quotation mark within a word is written with a stroke before it: nobody's words look like this."""


def promised(lines: Iterable[str]) -> set[ContractId]:
    """The contracts in lives that are not read yet."""
    return {ContractId(found) for line in lines for found in PROMISED.findall(line)}


KINDS, TARGETS, OUTCOMES = (
    {each.value: each for each in Kind},
    {each.value: each for each in Target},
    {each.value: each for each in Outcome},
)
"""By their words: an enumeration looks them up more slowly."""


@lru_cache(maxsize=10_000)
def _moment(kind: str, value: str | None) -> Moment:
    """One for all tickets: there are few."""
    return Moment(KINDS[kind], value)


def _number(at: datetime | None) -> int | None:
    """Microseconds since 1970."""
    return None if at is None else (at - EPOCH) // MICROSECOND


def _instant(number: int | None) -> datetime | None:
    return None if number is None else EPOCH + timedelta(0, 0, number)
