"""A promise is judged by walking a ticket's moments in the order they happened (D3-D7, D9, D10, D32, D36)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cached_property
from heapq import merge
from typing import NamedTuple

from domain.service.calendar import Calendar
from domain.service.clock import Clock, Judgement, Offer, Outcome
from domain.service.contract import Contract, Targets
from domain.service.target import Target
from domain.timeline import Entry, Timeline
from domain.values import CalendarId, ContractId


class Kind(StrEnum):
    """What of a ticket's life a clock can notice."""

    OPENED = "opened"
    PROMISED = "promised"
    ASSESSED = "assessed"
    STARTED = "started"
    HELD = "held"
    RESUMED = "resumed"
    WROTE = "wrote"
    """The customer: that ends the waiting, and opens again what was resolved (R-TCK-13)."""
    ANSWERED = "answered"
    RESOLVED = "resolved"
    REOPENED = "reopened"
    CLOSED = "closed"
    DROPPED = "dropped"
    MERGED = "merged"
    REVISED = "revised"


class Moment(NamedTuple):
    """`value` is the severity of an assessment, the contract of a promise, the tickets by which something came here."""

    kind: Kind
    value: str | None = None


Offers = Mapping[Target, Offer]
"""What counts for each target; nothing where there is no contract."""

NOTHING: Offers = {}

Mark = tuple[Target, datetime | None]
"""A promise by its target; of the next response, which is promised anew each time, also when its round began."""


def _each(targets: Targets) -> tuple[tuple[Target, int | None], ...]:
    return (
        (Target.FIRST_RESPONSE, targets.first_response_seconds),
        (Target.NEXT_RESPONSE, targets.next_response_seconds),
        (Target.RESOLUTION, targets.resolution_seconds),
    )


def _duration(seconds: int | None) -> timedelta | None:
    return None if seconds is None else timedelta(seconds=seconds)


@dataclass(frozen=True)
class Book:
    """The contracts and calendars a ticket's promises may rest on."""

    contracts: Mapping[ContractId, Contract]
    calendars: Mapping[CalendarId, Calendar]

    def offers(self, contract: ContractId | None, severity: str | None, at: datetime) -> Offers:
        """What the contract's text, as recorded up to the instant, promises for the severity."""
        if contract is None:
            return NOTHING
        version = self.contracts[contract].as_of(at)
        time = self.calendars[version.terms.calendar].as_of(at)
        key = contract, severity, version.number, len(time.versions)
        if (found := self._made.get(key)) is None:
            each = _each(version.terms.targets(severity))
            found = {target: Offer(_duration(seconds), time, contract, version.number) for target, seconds in each}
            self._made[key] = found
        return found

    def revisions(self, after: datetime) -> list[Entry[Moment]]:
        """The instants after the given one at which a text or a calendar changed."""
        return [Entry(instant, Moment(Kind.REVISED)) for instant in self._revised if instant > after]

    @cached_property
    def _made(self) -> dict[tuple[ContractId, str | None, int, int], Offers]:
        """What was offered: where many tickets are judged by one book, the same again and again."""
        return {}

    @cached_property
    def _revised(self) -> list[datetime]:
        contracts = {version.recorded_at for text in self.contracts.values() for version in text.versions[1:]}
        calendars = {version.recorded_at for each in self.calendars.values() for version in each.versions[1:]}
        return sorted(contracts | calendars)


def judge(moments: Timeline[Moment], book: Book, until: datetime) -> dict[Target, Judgement]:
    """How each target of the ticket stands at an instant, by all that is known to have happened up to it."""
    return {target: clock.result(until) for target, clock in walk(moments, book, until).items()}


def judgements(moments: Timeline[Moment], book: Book, until: datetime) -> dict[Mark, Judgement]:
    """The same of every promise: of the next response, one for each round (D36)."""
    return {mark: clock.result(until) for mark, clock in account(moments, book, until).promises()}


def forecast(moments: Timeline[Moment], book: Book, until: datetime) -> dict[Target, Judgement]:
    """The same, open targets with the instant at which they will be due."""
    return {target: standing(clock, until) for target, clock in walk(moments, book, until).items()}


def standing(clock: Clock, until: datetime) -> Judgement:
    """How the promise stands; an open one with the instant at which it will be due."""
    found = clock.result(until)
    return found._replace(due=clock.due()) if found.outcome is Outcome.OPEN else found


def walk(moments: Timeline[Moment], book: Book, until: datetime) -> dict[Target, Clock]:
    """The clocks after every moment up to the instant; of the next response the last round, if there was one."""
    found = account(moments, book, until)
    last = {Target.NEXT_RESPONSE: found.rounds[-1]} if found.rounds else {}
    return {Target.FIRST_RESPONSE: found.response, **last, Target.RESOLUTION: found.resolution}


def rounds(moments: Timeline[Moment], book: Book, until: datetime) -> Sequence[Clock]:
    """The clock of every next response that was owed (D36)."""
    return account(moments, book, until).rounds


def account(moments: Timeline[Moment], book: Book, until: datetime) -> Account:
    """Everything promised for the ticket, after every moment up to the instant."""
    found, terms = Account(), NO_TERMS
    for at, moment in _steps(moments, book, until):
        if moment.kind in OFFERING:
            terms = _renewed(terms, moment, book, at)
            found.change(terms.offers, at)
        else:
            found.tell(moment.kind, at)
    return found


class Terms(NamedTuple):
    """What counts from an instant on: by which contract, for which severity, and how much."""

    contract: ContractId | None
    severity: str | None
    offers: Offers


NO_TERMS = Terms(None, None, NOTHING)
OFFERING = frozenset({Kind.PROMISED, Kind.ASSESSED, Kind.REVISED})
"""What may change how much time there is."""


def offered(moments: Timeline[Moment], book: Book, until: datetime) -> Iterator[Entry[Terms]]:
    """Everything that counted up to the instant, from when on."""
    terms = NO_TERMS
    for at, moment in _steps(moments, book, until):
        if moment.kind in OFFERING:
            terms = _renewed(terms, moment, book, at)
            yield Entry(at, terms)


def _renewed(terms: Terms, moment: Moment, book: Book, at: datetime) -> Terms:
    """What counts from the moment on."""
    contract, severity, _ = terms
    if moment.kind is Kind.PROMISED:
        contract = None if moment.value is None else ContractId(moment.value)
    elif moment.kind is Kind.ASSESSED:
        severity = moment.value
    return Terms(contract, severity, book.offers(contract, severity, at))


@dataclass(slots=True)
class Account:
    """All the clocks of a ticket."""

    response: Clock = field(default_factory=Clock)
    resolution: Clock = field(default_factory=Clock)
    rounds: list[Clock] = field(default_factory=list)
    offers: Offers = field(default_factory=dict)
    held: bool = False
    """Waiting for the customer."""
    closed: bool = False
    """For good, unless it is opened again: a message alone does not."""
    merged: bool = False
    """Whatever else happens counts once it is separated."""

    def promises(self) -> Iterator[tuple[Mark, Clock]]:
        yield (Target.FIRST_RESPONSE, None), self.response
        for clock in self.rounds:
            yield (Target.NEXT_RESPONSE, clock.since), clock
        yield (Target.RESOLUTION, None), self.resolution

    def change(self, offers: Offers, at: datetime) -> None:
        self.offers = offers
        for (target, _), clock in self.promises():
            clock.change(offers.get(target), at)

    def tell(self, kind: Kind, at: datetime) -> None:
        if self.merged:
            return
        match kind:
            case Kind.OPENED:
                self.response.run(at)
                self.resolution.run(at)
            case Kind.HELD:
                self._hold(at)
            case Kind.STARTED | Kind.RESUMED:
                self._resume(at)
            case Kind.WROTE:
                self._hear(at)
            case Kind.ANSWERED:
                self._stop(at, self.response, *self.rounds[-1:])
            case Kind.RESOLVED:
                self._stop(at, self.response, *self.rounds[-1:], self.resolution)
            case Kind.REOPENED:
                self._reopen(at)
            case Kind.CLOSED:
                self.closed = self.resolution.stopped
            case Kind.DROPPED:
                self.closed = True
                self._cancel(at, Outcome.CANCELLED)
            case Kind.MERGED:
                self.merged = True
                self._cancel(at, Outcome.MERGED)

    def _hold(self, at: datetime) -> None:
        """The first response is owed all the same (D5)."""
        self.held = True
        for clock in (*self.rounds[-1:], self.resolution):
            clock.pause(at)

    def _resume(self, at: datetime) -> None:
        self.held = False
        for clock in (*self.rounds[-1:], self.resolution):
            clock.run(at)

    def _hear(self, at: datetime) -> None:
        """The customer wrote: that is owed an answer, unless one is owed already, or the ticket is over."""
        if self.closed:
            return
        if self.resolution.stopped:
            self._reopen(at)
        elif self.held:
            self._resume(at)
        if self.response.stopped and all(clock.stopped for clock in self.rounds[-1:]):
            self.rounds.append(Clock(self.offers.get(Target.NEXT_RESPONSE), since=at, running_since=at))

    def _reopen(self, at: datetime) -> None:
        self.held = self.closed = False
        self.resolution.reopen(at)
        self.response.revive()
        for clock in self.rounds[-1:]:
            if clock.cancelled:
                clock.reopen(at)

    def _stop(self, at: datetime, *clocks: Clock) -> None:
        for clock in clocks:
            clock.stop(at)

    def _cancel(self, at: datetime, outcome: Outcome) -> None:
        for clock in (self.resolution, self.response, *self.rounds[-1:]):
            clock.cancel(at, outcome)


def _steps(moments: Timeline[Moment], book: Book, until: datetime) -> Iterable[Entry[Moment]]:
    known = moments.entries
    if known and known[-1].since > until:
        known = tuple([entry for entry in known if entry.since <= until])
    revisions = [entry for entry in book.revisions(known[0].since) if entry.since <= until] if known else []
    if not revisions:
        return known
    return merge(revisions, known, key=lambda entry: entry.since)
