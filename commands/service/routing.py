"""Whom the chain chooses for a ticket: what was in force at the instant is gathered, and the rule does the rest (D11).

What is asked about a state of the past gets the same answer as then: nothing here but what is read, and the instant.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from commands.command import Asked, Command, Decision, Reading
from commands.service.book import read_book
from commands.service.opening import counted, groups_of, situation
from commands.sight import standing, works_for, works_on
from domain.clients.contact import CONTACT
from domain.company.settings import COMPANY, SETTINGS
from domain.service import ticket as rule
from domain.service.assignment import TIED, Assignment, Situation, Staff, candidates, choose
from domain.service.contract import CONTRACT
from domain.service.selection import candidates as offers
from domain.service.selection import select
from domain.service.ticket import TICKET, Ticket
from domain.staff.team import TEAM
from domain.staff.worker import ROUTING, WORKER
from domain.talk.gateway import GATEWAY
from domain.values import ContractId, TeamId, TicketId, WorkerId


def chosen(asked: Reading, ticket: Ticket, at: datetime) -> Assignment:
    """Whom the chain would choose for the ticket at the instant, and what each of its steps comes to (D11, N-1)."""
    return choose(candidates(circumstances(asked, ticket, at)), staff(asked, ticket, at))


def circumstances(asked: Reading, ticket: Ticket, at: datetime) -> Situation:
    """What was in force for the ticket at the instant."""
    return Situation(
        at=at,
        settings=asked.read(SETTINGS, COMPANY),
        contracts={contract: asked.read(CONTRACT, contract) for contract in _contracts(asked, ticket, at)},
        customers={contact: asked.read(CONTACT, contact) for contact in counted(asked, ticket.customer)},
        groups=groups_of(asked, ticket.customer, at),
        process_area=ticket.process_area,
        gateways={} if ticket.gateway is None else {ticket.gateway: asked.read(GATEWAY, ticket.gateway)},
    )


def staff(asked: Reading, ticket: Ticket, at: datetime) -> Staff:
    """Whoever may have the ticket, by their rights now and their absence at the instant (D12)."""

    def members(team: TeamId) -> Iterator[WorkerId]:
        found = sorted(asked.read(TEAM, team).members)
        asked.bring(WORKER, found)
        yield from found

    return Staff(lambda worker: standing(asked, ticket, worker, at), members)


def _contracts(asked: Reading, ticket: Ticket, at: datetime) -> Iterator[ContractId]:
    """The ticket's; where that names nobody the best hit among those that are tied to its incident type."""
    own = ticket.contract(at)
    if own is not None:
        yield own
        if asked.read(CONTRACT, own).as_of(at).terms.responsible is not None:
            return
    if ticket.incident_type is not None:
        found = offers(situation(asked, ticket.customer, ticket.incident_type, at))
        tied = {scope: contracts for scope, contracts in found.items() if scope in TIED}
        book = read_book(asked, sorted({contract for contracts in tied.values() for contract in contracts}))
        if (best := select(tied, book, at).contract) is not None:
            yield best


class RouteTicket(Command, topic="ticket.route", of=TICKET):
    """Give the ticket to the first eligible candidate of the chain, if nobody had it when this happened (D11)."""

    ticket: TicketId

    def decide(self, own: Ticket, asked: Asked) -> Decision:
        works_for(asked, own, ROUTING)
        return rule.route(own, chosen(asked, own, asked.at), asked.at)


class RouteTicketAgain(Command, topic="ticket.route-again", of=TICKET):
    """Give the ticket back to the chain, whoever has it: it goes to whom the chain chooses now, or to nobody (D11)."""

    ticket: TicketId

    def decide(self, own: Ticket, asked: Asked) -> Decision:
        works_on(asked, own)
        return rule.route_again(own, chosen(asked, own, asked.at), asked.at)
