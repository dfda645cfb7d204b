"""What if another contract or another calendar had been in force: which outcomes flip, and no fact is touched (N-5)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, Field

from commands.existence import needs_calendar, needs_contract
from commands.lookup import ENDED
from commands.reckoning import Reckoned, Reckoning, Row, Told
from commands.reckonings.received import ASKED_BY, NothingSupposed, meant, needs_analyst, read_until
from commands.retrospect import Present
from domain.refusal import Refused, require
from domain.service import life
from domain.service.calendar import CALENDAR, Calendar, OpeningHours
from domain.service.clock import Outcome
from domain.service.contract import CONTRACT, Contract, Terms
from domain.service.life import Verdict
from domain.service.promise import Book, Mark
from domain.service.supposition import Supposition, always, flipped, open_always, replayed
from domain.service.target import Target
from domain.values import AreaId, CalendarId, ContractId, Instant, TicketId

MOST_TICKETS, MOST_FLIPS = 10_000, 1_000
"""Replayed for one answer, and told of one by one."""


class OneContractSupposed(Refused):
    """A contract is supposed by its id or by its terms, and in the place of each there is one."""


class SupposedContract(BaseModel, frozen=True, extra="forbid"):
    """A contract there is, or terms there might be, `instead_of` a contract; or of every one, and of none at all."""

    instead_of: ContractId | None = None
    contract: ContractId | None = None
    terms: Terms | None = None


class SupposedHours(BaseModel, frozen=True, extra="forbid"):
    """Hours that the calendar might have had all the time."""

    calendar: CalendarId
    hours: OpeningHours


class Compared(Row):
    """Of how many promises this was the outcome, and of how many it would be."""

    target: Target
    outcome: Outcome
    before: int
    after: int


class Flip(Row):
    """A promise that would have had another outcome; `since` is when the round of a next response began."""

    ticket: TicketId
    target: Target
    since: datetime | None
    before: Outcome
    due_before: datetime | None
    after: Outcome
    due_after: datetime | None


class WhatIfTold(Told):
    """`tickets` were replayed, and `flipped` of their promises would have had another outcome; the first are told.

    `read_until` is where to go on, as `since`, where there were more tickets than one answer replays.
    """

    tickets: int
    flipped: int
    outcomes: tuple[Compared, ...]
    flips: tuple[Flip, ...]
    read_until: datetime | None


class WhatIf(Reckoning[WhatIfTold], name="what-if", asked_by=ASKED_BY):
    """The tickets received in a time that are over, as they would have been judged; nothing is written (N-5).

    What is supposed is taken to have been so all the time; from `since` on, up to but not at `until`.
    """

    since: Instant
    until: Instant
    area: AreaId | None = None
    contracts: Annotated[tuple[SupposedContract, ...], Field(max_length=50)] = ()
    calendars: Annotated[tuple[SupposedHours, ...], Field(max_length=50)] = ()
    most_flips: Annotated[int, Field(ge=0, le=MOST_FLIPS)] = 100

    def reckon(self, asked: Present) -> Reckoned:
        needs_analyst(asked)
        require(bool(self.contracts or self.calendars), otherwise=NothingSupposed)
        ended = asked.find(ENDED, meant(asked, self.since, self.until, self.area, MOST_TICKETS))
        supposed = self._supposed(asked, life.promised(each.life for each in ended))
        found = Found(self.most_flips)
        for each in ended:
            lived = life.read(each.life)
            found.take(each.ticket, lived.verdicts, replayed(lived, supposed))
        row = WhatIfTold(
            tickets=len(ended),
            flipped=found.flipped,
            outcomes=tuple(found.compared()),
            flips=tuple(found.flips),
            read_until=read_until(ended, MOST_TICKETS),
        )
        return Reckoned(row)

    def _supposed(self, asked: Present, promised: set[ContractId]) -> Supposition:
        """Every text that anything may be judged by: those that there are, and those that are supposed."""
        texts, instead = dict(self._terms()), dict(self._instead())
        named = (promised | {*instead.values()} | {each for each in instead if each is not None}) - texts.keys()
        asked.bring(CONTRACT, named)
        texts |= {each: _contract(asked, each) for each in sorted(named)}
        hours = {each.calendar: open_always(each.hours) for each in self.calendars}
        counted = {version.terms.calendar for text in texts.values() for version in text.versions} | hours.keys()
        asked.bring(CALENDAR, counted)
        calendars = {each: _calendar(asked, each) for each in sorted(counted)}
        return Supposition(Book(texts, {**calendars, **hours}), instead, frozenset(hours))

    def _terms(self) -> Iterator[tuple[ContractId, Contract]]:
        for number, each in enumerate(self.contracts):
            if each.terms is not None:
                yield _unnamed(number), always(each.terms)

    def _instead(self) -> Iterator[tuple[ContractId | None, ContractId]]:
        places = [each.instead_of for each in self.contracts]
        require(len({*places}) == len(places), otherwise=OneContractSupposed)
        for number, each in enumerate(self.contracts):
            require((each.contract is None) is not (each.terms is None), otherwise=OneContractSupposed)
            yield each.instead_of, each.contract or _unnamed(number)


def _unnamed(number: int) -> ContractId:
    """What terms that are no contract's are called meanwhile."""
    return ContractId(f"supposed-{number}")


def _contract(asked: Present, id: ContractId) -> Contract:
    needs_contract(asked, id)
    return asked.read(CONTRACT, id)


def _calendar(asked: Present, id: CalendarId) -> Calendar:
    needs_calendar(asked, id)
    return asked.read(CALENDAR, id)


@dataclass(slots=True)
class Found:
    """What became of the tickets so far; of what flipped only the first are kept."""

    most: int
    flipped: int = 0
    flips: list[Flip] = field(default_factory=list)
    counted: Counter[tuple[Target, Outcome, bool]] = field(default_factory=Counter)

    def take(self, ticket: TicketId, before: Mapping[Mark, Verdict], after: Mapping[Mark, Verdict]) -> None:
        for verdicts, supposed in ((before, False), (after, True)):
            for (target, _), verdict in verdicts.items():
                self.counted[target, verdict.outcome, supposed] += 1
        if after is before:
            return
        for mark, was, would in flipped(before, after):
            self.flipped += 1
            if len(self.flips) < self.most:
                self.flips.append(_flip(ticket, mark, was, would))

    def compared(self) -> Iterator[Compared]:
        for target in Target:
            for outcome in Outcome:
                before, after = (self.counted[target, outcome, supposed] for supposed in (False, True))
                if before or after:
                    yield Compared(target=target, outcome=outcome, before=before, after=after)


def _flip(ticket: TicketId, mark: Mark, before: Verdict, after: Verdict) -> Flip:
    return Flip(
        ticket=ticket,
        target=mark[0],
        since=mark[1],
        before=before.outcome,
        due_before=before.due,
        after=after.outcome,
        due_after=after.due,
    )
