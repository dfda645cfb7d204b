"""The service level report: facts in, one row per ticket out, judged by the rules that judge the tickets themselves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from domain.clients.contact import CONTACT, ContactAbsorbed, ContactMerged, ContactReleased, ContactSeparated
from domain.clients.group import GROUP, Group
from domain.clients.membership import MEMBERSHIP
from domain.decider import Decider
from domain.fact import Event, Fact
from domain.service.calendar import CALENDAR
from domain.service.clock import Judgement
from domain.service.contract import CONTRACT
from domain.service.promise import Book, forecast
from domain.service.statement import OutcomeCorrected, OutcomeStated
from domain.service.target import Target
from domain.service.ticket import TICKET, Ticket, TicketContractSelected, TicketNoted, TicketOpened
from domain.values import ContractId, GroupId
from projections.service.book import book
from projections.service.service_levels import bringer, consumed_seconds

NOT_ASSESSED = "not-assessed"
BESIDE_THE_POINT = (OutcomeStated, OutcomeCorrected, TicketNoted)

JOINING: tuple[type[Event], ...] = (ContactMerged, ContactSeparated, ContactAbsorbed, ContactReleased)
"""All there is to know of contacts: which of them are one."""

FOLDED: dict[type[Event], Decider[Any, Any]] = dict.fromkeys(JOINING, CONTACT) | {
    event: decider
    for decider in (CALENDAR, CONTRACT, GROUP, MEMBERSHIP, TICKET)
    for event in decider.facts
    if event not in BESIDE_THE_POINT
}
TOPICS = frozenset(event.topic for event in FOLDED)
"""The facts the report needs; it may be spared all others."""


class TicketRow(NamedTuple):
    """One ticket; seconds are business seconds, whole ones; instants are ISO 8601 in UTC."""

    case: str
    group: str
    severity: str
    first_response_seconds: int | None
    resolution_seconds: int | None
    first_response_due: str | None
    resolution_due: str | None
    first_response_outcome: str
    resolution_outcome: str


@dataclass(slots=True)
class Told:
    """What a ticket's state does not keep: its number elsewhere, and the group that brought its contract."""

    reference: str | None
    group: GroupId | None = None


@dataclass(slots=True)
class SlaReport:
    """Give it the facts by position, as many as there are; ask for rows at any time."""

    states: dict[str, Any] = field(default_factory=dict)
    told: dict[str, Told] = field(default_factory=dict)
    books: dict[frozenset[ContractId], Book] = field(default_factory=dict)

    def take(self, fact: Fact[Any]) -> None:
        """Fold one fact."""
        decider = FOLDED.get(type(fact.event))
        if decider is None:
            return
        state = self.states[fact.stream] = decider.evolve(self.states.get(fact.stream, decider.absent), fact)
        if decider is not TICKET:
            self.books.clear()
        elif isinstance(fact.event, TicketOpened):
            self.told[fact.stream] = Told(fact.event.reference)
        elif isinstance(fact.event, TicketContractSelected):
            self.told[fact.stream].group = bringer(state, fact.event, self._state)

    def rows(self, as_of: datetime) -> Iterator[TicketRow]:
        """Every ticket received up to the instant, by what is known to have happened up to it."""
        for stream, told in self.told.items():
            ticket: Ticket = self.states[stream]
            if ticket.opened_at is not None and ticket.opened_at <= as_of:
                yield self._row(stream, ticket, told, as_of)

    def book(self, ticket: Ticket) -> Book:
        """The contracts that ever counted for the ticket, with the calendars they count by."""
        wanted = ticket.contracts()
        if wanted not in self.books:
            self.books[wanted] = book(ticket, self._state)
        return self.books[wanted]

    def _row(self, stream: str, ticket: Ticket, told: Told, as_of: datetime) -> TicketRow:
        found = forecast(ticket.moments, self.book(ticket), as_of)
        response, resolution = found[Target.FIRST_RESPONSE], found[Target.RESOLUTION]
        group: Group = self.states[GROUP.stream(told.group)] if told.group else Group()
        return TicketRow(
            case=told.reference or stream.removeprefix(TICKET.stream("")),
            group=group.name,
            severity=ticket.severity(as_of) or NOT_ASSESSED,
            first_response_seconds=consumed_seconds(response),
            resolution_seconds=consumed_seconds(resolution),
            first_response_due=_due(response),
            resolution_due=_due(resolution),
            first_response_outcome=response.outcome,
            resolution_outcome=resolution.outcome,
        )

    def _state(self, decider: Decider[Any, Any], id: str) -> Any:
        """By position: as it stood for the decision."""
        return self.states.get(decider.stream(id), decider.absent)


def _due(found: Judgement) -> str | None:
    return None if found.due is None else found.due.isoformat()
