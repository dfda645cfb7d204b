"""The life of one ticket, decided step by step, in whatever order its steps become known."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from specification import LONG_AGO, facts

from domain.decider import Decider
from domain.fact import Event, Fact
from domain.service import ticket as rule
from domain.service.calendar import CALENDAR, CalendarDefined, CalendarRevised, OpeningHours
from domain.service.clock import Judgement
from domain.service.contract import CONTRACT, ContractConcluded, ContractRevised, Terms
from domain.service.exchange import Direction, ExchangeEvent, TicketCallLogged, TicketMessageLogged, Way
from domain.service.promise import Book, forecast, judge
from domain.service.selection import Selection
from domain.service.statement import OutcomeCorrected, OutcomeStated
from domain.service.target import Target
from domain.service.ticket import TICKET, Ticket, TicketOpened
from domain.values import CalendarId, ContractId, SubjectId
from examples import GOLD, GRAVE, MILL, MILL_SUBJECT, SLIGHT, WORKSHOP

Versions = Sequence[tuple[datetime, Any]]
"""What was written down, and the instant each version was recorded; the first one counts for all time before."""


def _fold(
    decider: Decider[Any, Any], first: Callable[[Any], Event], later: Callable[[Any], Event], versions: Versions
) -> Any:
    (at, written), *rest = versions
    return decider.fold(facts(decider, (first(written), at), *((later(each), at) for at, each in rest)))


def book(
    contracts: Mapping[ContractId, Terms | Versions], calendars: Mapping[CalendarId, OpeningHours | Versions]
) -> Book:
    """A book of contracts and calendars with one version each, or with several."""
    return Book(
        {
            id: _fold(
                CONTRACT,
                lambda terms: ContractConcluded(name="Contract", terms=terms),
                lambda terms: ContractRevised(terms=terms),
                [(LONG_AGO, each)] if isinstance(each, Terms) else each,
            )
            for id, each in contracts.items()
        },
        {
            id: _fold(
                CALENDAR,
                lambda hours: CalendarDefined(name="Calendar", hours=hours),
                lambda hours: CalendarRevised(hours=hours),
                [(LONG_AGO, each)] if isinstance(each, OpeningHours) else each,
            )
            for id, each in calendars.items()
        },
    )


def opened(**changes: Any) -> TicketOpened:
    """A report of the mill."""
    about = {"subject": SubjectId(MILL_SUBJECT), "reporter": MILL, "customer": MILL, "area": WORKSHOP}
    return TicketOpened(**{**about, "incident_type": None, "title": "Pump", **changes})


@dataclass
class Life:
    """`happens` records whatever a decision yields, at the instant it happened."""

    book: Book
    facts: list[Fact[Any]] = field(default_factory=list)
    ticket: Ticket = field(default_factory=Ticket)

    @classmethod
    def begun(cls, at: datetime, book: Book, contract: ContractId | None = GOLD) -> Life:
        life = cls(book)
        life.record(list(rule.open(life.ticket, opened(), Selection(contract=contract, version=1))), at)
        return life

    def record(self, events: Sequence[Event], at: datetime) -> list[Event]:
        for event in events:
            fact: Fact[Any] = Fact("ticket-x", len(self.facts) + 1, event, at, at, "system")
            self.facts.append(fact)
            self.ticket = TICKET.evolve(self.ticket, fact)
        return list(events)

    def _does(self, decision: Callable[..., Any], at: datetime, *arguments: Any) -> list[Event]:
        return self.record(list(decision(self.ticket, *arguments, at, self.book)), at)

    def assess(self, severity: str, at: datetime) -> list[Event]:
        return self._does(rule.assess, at, severity, (GRAVE, SLIGHT))

    def change(self, contract: ContractId | None, at: datetime) -> list[Event]:
        return self._does(rule.change_contract, at, contract, "agreed")

    def start(self, at: datetime) -> list[Event]:
        return self._does(rule.start, at)

    def hold(self, at: datetime) -> list[Event]:
        return self._does(rule.hold, at)

    def resume(self, at: datetime) -> list[Event]:
        return self._does(rule.resume, at)

    def call(self, at: datetime, *, answered: bool = True) -> list[Event]:
        return self.said(TicketCallLogged(subject=SubjectId(MILL_SUBJECT), answered=answered), at)

    def write(self, at: datetime, direction: Direction = Direction.INCOMING, *, automatic: bool = False) -> list[Event]:
        """A message of the customer's, or to the customer."""
        message = TicketMessageLogged(
            subject=SubjectId(MILL_SUBJECT), direction=direction, way=Way.EMAIL, automatic=automatic
        )
        return self.said(message, at)

    def said(self, said: ExchangeEvent, at: datetime) -> list[Event]:
        """By a company that opens again what is closed."""
        return self._does(rule.heed, at, said)

    def resolve(self, at: datetime) -> list[Event]:
        return self._does(rule.resolve, at)

    def close(self, at: datetime, reason: str | None = None) -> list[Event]:
        return self._does(rule.close, at, reason)

    def reopen(self, at: datetime) -> list[Event]:
        return self._does(rule.reopen, at)

    def judged(self, at: datetime) -> tuple[Judgement, Judgement]:
        """First response and resolution, as they stand at the instant."""
        found = judge(self.ticket.moments, self.book, at)
        return found[Target.FIRST_RESPONSE], found[Target.RESOLUTION]

    def due(self, at: datetime) -> tuple[datetime | None, datetime | None]:
        """The dues of first response and resolution, as they are shown at the instant."""
        found = forecast(self.ticket.moments, self.book, at)
        return found[Target.FIRST_RESPONSE].due, found[Target.RESOLUTION].due

    def statements(self, target: Target) -> list[OutcomeStated | OutcomeCorrected]:
        """Everything ever stated about the target, in the order it was recorded."""
        said = [fact.event for fact in self.facts if isinstance(fact.event, OutcomeStated | OutcomeCorrected)]
        return [event for event in said if event.target is target]
