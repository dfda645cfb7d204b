"""What would have become of promises under another contract or another calendar; no fact is touched (N-5)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone

from domain.service.calendar import BusinessTime, Calendar, OpeningHours
from domain.service.calendar import Version as Hours
from domain.service.clock import Outcome
from domain.service.contract import Contract, Terms
from domain.service.contract import Version as Text
from domain.service.hours import Hours as Opening
from domain.service.life import Life, Verdict
from domain.service.promise import Book, Kind, Mark, Moment, account, standing
from domain.timeline import Entry, Timeline
from domain.values import CalendarId, ContractId

ALWAYS = datetime.min.replace(tzinfo=timezone.utc)

Instead = Mapping[ContractId | None, ContractId]
"""Which contract takes the place of which; under none: of every one that is not named, and of none at all."""


@dataclass(frozen=True, slots=True)
class Supposition:
    """Contracts in the place of others, and hours in the place of calendars'."""

    book: Book
    """Every text that may count, the supposed ones among them."""
    instead: Instead = field(default_factory=dict)
    hours: frozenset[CalendarId] = frozenset()
    """The calendars whose hours are supposed."""
    books: dict[frozenset[str | None], Book] = field(default_factory=dict)
    """Of the contracts of one ticket each, as they were needed: another's new text is nothing to it."""

    def contract(self, promised: str | None) -> str | None:
        """What the ticket would have been promised."""
        named = None if promised is None else ContractId(promised)
        return self.instead.get(named, self.instead.get(None, named))

    def counts_otherwise(self, contract: str | None) -> bool:
        """Whether it counts by hours that are supposed."""
        text = self.book.contracts.get(ContractId(contract)) if contract else None
        return text is not None and any(version.terms.calendar in self.hours for version in text.versions)

    def of(self, contracts: frozenset[str | None]) -> Book:
        """The book of these contracts."""
        if (found := self.books.get(contracts)) is None:
            texts = {id: text for id, text in self.book.contracts.items() if id in contracts}
            found = self.books[contracts] = Book(texts, self.book.calendars)
        return found


def always(terms: Terms) -> Contract:
    """A contract that has ever had this text."""
    return Contract("", (Text(1, ALWAYS, terms),))


def open_always(hours: OpeningHours) -> Calendar:
    """A calendar that has ever had these hours."""
    version = Hours(ALWAYS, hours, Opening(hours.zone, hours.week, hours.holidays))
    return Calendar((version,), (BusinessTime((version,)),))


def replayed(life: Life, supposed: Supposition) -> Mapping[Mark, Verdict]:
    """How each promise of a ticket that is over would be judged; as it was, where nothing of it would be otherwise."""
    entries, promised, otherwise = list(life.moments.entries), set[str | None](), False
    for n, (since, moment) in enumerate(entries):
        if moment.kind is Kind.PROMISED:
            contract = supposed.contract(moment.value)
            promised.add(contract)
            if contract != moment.value:
                entries[n], otherwise = Entry(since, Moment(Kind.PROMISED, contract)), True
    if not otherwise and not any(map(supposed.counts_otherwise, promised)):
        return life.verdicts
    until = entries[-1].since
    found = account(Timeline(tuple(entries)), supposed.of(frozenset(promised)), until).promises()
    return {mark: Verdict(stands.outcome, stands.due) for mark, clock in found if (stands := standing(clock, until))}


def flipped(before: Mapping[Mark, Verdict], after: Mapping[Mark, Verdict]) -> Iterator[tuple[Mark, Verdict, Verdict]]:
    """The promises whose outcome would be another."""
    for mark in {**before, **after}:
        was, would = before.get(mark, NOTHING), after.get(mark, NOTHING)
        if was.outcome is not would.outcome:
            yield mark, was, would


NOTHING = Verdict(Outcome.NONE, None)
