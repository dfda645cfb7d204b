"""The chain of assignment run again where it was run first, on what stood in the log just before (D11, N-5)."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from operator import attrgetter
from typing import Any, TypeVar

from commands.command import Reading
from commands.reckonings.restaffed import Staff
from commands.retrospect import Present
from commands.service.routing import chosen
from domain.clients.contact import CONTACT
from domain.clients.membership import MEMBERSHIP
from domain.decider import Decider
from domain.fact import Event, Fact
from domain.service.assignment import Assignment
from domain.service.contract import CONTRACT
from domain.service.holding import TicketRouted
from domain.service.ticket import TICKET, Ticket
from domain.staff.area import AREA
from domain.values import TicketId, WorkerId

S = TypeVar("S")
E = TypeVar("E", bound=Event)


def bring(asked: Present, tickets: Iterable[TicketId]) -> None:
    """Have at hand at once what each of them would be asked for one after the other."""
    ids = [*tickets]
    asked.bring(TICKET, ids)
    states = [asked.read(TICKET, id) for id in ids]
    contacts = {each for ticket in states for each in (ticket.reporter, ticket.customer) if each is not None}
    asked.bring(CONTACT, contacts)
    asked.bring(MEMBERSHIP, contacts)
    asked.bring(CONTRACT, {contract for ticket in states for contract in ticket.contracts()})
    asked.bring(AREA, {ticket.area for ticket in states if ticket.area is not None})


def first_routed(asked: Present, ticket: TicketId) -> Iterator[tuple[Fact[Any], TicketRouted]]:
    """The first time, if it was: later the chain runs by command alone (D11)."""
    for fact in asked.facts(TICKET, ticket):
        if isinstance(fact.event, TicketRouted):
            yield fact, fact.event
            return


@dataclass(slots=True)
class Past:
    """What stood before each of many facts; a state that was the same before several is folded once."""

    asked: Present
    staff: Staff
    states: dict[tuple[str, int], Any] = field(default_factory=dict)

    def chosen(self, ticket: TicketId, fact: Fact[Any]) -> Assignment:
        """Whom the chain would have chosen in the place of the fact."""
        view = Before(self, WorkerId(fact.actor), fact.recorded_at, fact.position)
        state: Ticket = view.read(TICKET, ticket)
        return chosen(view, state, fact.happened_at)

    def state(self, decider: Decider[S, E], id: str, position: int) -> S:
        facts = self.asked.facts(decider, id)
        before = bisect_left(facts, position, key=attrgetter("position"))
        key = decider.stream(id), before
        if key not in self.states:
            change = self.staff.get((decider.kind, id))
            folded = decider.fold(facts[:before])
            self.states[key] = folded if change is None else change(folded)
        found: S = self.states[key]
        return found


@dataclass(slots=True)
class Before(Reading):
    """One position, as a decision reads it."""

    past: Past
    actor: WorkerId
    now: datetime
    position: int

    def read(self, decider: Decider[S, E], id: str) -> S:
        return self.past.state(decider, id, self.position)

    def bring(self, decider: Decider[Any, Any], ids: Iterable[str]) -> None:
        self.past.asked.bring(decider, ids)
