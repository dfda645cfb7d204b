"""People and companies that nobody knows: each by its number, in five languages, the same every time."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from domain.clients.contact import ContactKind


class Tongue(NamedTuple):
    """What names are made of: those given are common, a family's is a stem with an end, a company has a trade."""

    given: list[str]
    stems: list[str]
    ends: list[str]
    trades: list[str]
    form: str
    dials: str
    host: str


def _tongue(text: str) -> Tongue:
    given, stems, ends, trades, (form, dials, host) = (line.split() for line in text.splitlines())
    return Tongue(given, stems, ends, trades, form, dials, host)


TONGUES = [_tongue(text) for text in Path(__file__).with_suffix(".txt").read_text("utf-8").strip().split("\n\n")]
COMPANY_EVERY, REACHED_EVERY = 7, 10
"""One of so many is a company; we know the e-mail address of one of so many, and of one the telephone number."""


class Somebody(NamedTuple):
    """What we know of them; of the words the second is the rarest."""

    kind: ContactKind
    words: tuple[str, ...]
    email: str | None
    phone: str | None

    @property
    def name(self) -> str:
        return " ".join(self.words)


def somebody(number: int, spoken: int) -> Somebody:
    """The one of this number, where that tongue is spoken; one of five has come from elsewhere."""
    mixed = number * 2654435761 % 2**32
    mixed, stranger = divmod(mixed, len(TONGUES))
    mixed, foreign = divmod(mixed, len(TONGUES))
    tongue = TONGUES[foreign if stranger == 0 else spoken % len(TONGUES)]
    mixed, stem = divmod(mixed, len(tongue.stems))
    mixed, end = divmod(mixed, len(tongue.ends))
    family = tongue.stems[stem] + tongue.ends[end]
    mixed, company = divmod(mixed, COMPANY_EVERY)
    mixed, reached = divmod(mixed, REACHED_EVERY)
    email = f"post.{number}@{tongue.host}" if reached == 0 else None
    phone = f"{tongue.dials}{number:07}" if reached == 1 else None
    if company == 0:
        words = tongue.trades[mixed % len(tongue.trades)], family, tongue.form
        return Somebody(ContactKind.COMPANY, words, email, phone)
    given = tongue.given[min(_drawn(mixed, len(tongue.given), times=3))]
    return Somebody(ContactKind.PERSON, (given, family), email, phone)


def _drawn(mixed: int, most: int, *, times: int) -> Iterator[int]:
    """The smallest of several draws is small: the names that come first are those that many have."""
    for _ in range(times):
        mixed, drawn = divmod(mixed, most)
        yield drawn
