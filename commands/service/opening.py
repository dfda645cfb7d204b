"""How a problem is reported: on whose terms, for which care, into which area, with what promise (D1, D13, D33)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from commands.command import Asked, Command, Decision, Reading
from commands.permission import has_role, needs
from commands.same import same
from commands.service.book import read_book
from commands.sight import needs_sight, sees
from domain.clients.contact import CONTACT, needs_used
from domain.clients.group import GROUP, Group
from domain.clients.membership import MEMBERSHIP
from domain.company.process_area import PROCESS_AREA, needs_offered
from domain.company.settings import COMPANY, SETTINGS
from domain.refusal import require
from domain.service import place
from domain.service import ticket as rule
from domain.service.incident_type import INCIDENT_TYPE, IncidentType, IncidentTypeNotOffered, IncidentTypeUnknown
from domain.service.place import Place
from domain.service.promise import Book
from domain.service.selection import Selection, Situation, candidates, select
from domain.service.ticket import TICKET, Ticket, TicketOpened
from domain.staff.area import AREA, AreaUnknown, Role, needs_open
from domain.staff.worker import Right
from domain.talk import gateway
from domain.talk.gateway import GATEWAY
from domain.values import (
    AreaId,
    ContactId,
    ContractId,
    GatewayId,
    GroupId,
    IncidentTypeId,
    Line,
    ProcessAreaId,
    Reference,
    Text,
)


class Parties(NamedTuple):
    """Who reported a problem, and on whose terms it is (D33)."""

    reporter: ContactId | None
    customer: ContactId | None


def parties(asked: Reading, reporter: ContactId | None, customer: ContactId | None, at: datetime) -> Parties:
    """Both where both are given; refused as unknown where the one who asks may not know of one of them (D16)."""
    for contact in (reporter, customer):
        if contact is not None:
            needs_sight(asked, contact)
            needs_used(asked.read(CONTACT, contact))
    if reporter is None:
        return Parties(customer, customer)
    return Parties(reporter, customer or employer(asked, reporter, at) or reporter)


def employer(asked: Reading, reporter: ContactId, at: datetime) -> ContactId | None:
    """The organisation that the reporter works for at the instant; of those nobody may know of there is none (D16).

    Nor of those with whom nothing is begun. Of several, as those have who were merged into one, the smallest id.
    """
    found = {asked.read(CONTACT, each).employers.at(at) for each in same(asked, reporter)}
    offered = (each for each in found if each is not None and sees(asked, each))
    return min((each for each in offered if asked.read(CONTACT, each).used), default=None)


def selection(
    asked: Reading,
    customer: ContactId | None,
    incident_type: IncidentTypeId | None,
    at: datetime,
    besides: Iterable[ContractId] = (),
) -> tuple[Selection, Book]:
    """What is promised by what was in force at the receipt, and the texts of all that was offered (D1, D2).

    `besides` are contracts whose texts are wanted as well, as those that a ticket had before.
    """
    now = situation(asked, customer, incident_type, at)
    offered = candidates(now)
    book = read_book(asked, sorted({*besides, *(contract for found in offered.values() for contract in found)}))
    return select(offered, book, at), book


def situation(
    asked: Reading, customer: ContactId | None, incident_type: IncidentTypeId | None, at: datetime
) -> Situation:
    """Those merged into one count together: the terms and the groups of each are the customer's (R-CON-1)."""
    return Situation(
        at=at,
        customers=tuple(asked.read(CONTACT, each) for each in counted(asked, customer)),
        groups=groups_of(asked, customer, at),
        type_id=incident_type,
        type=IncidentType() if incident_type is None else asked.read(INCIDENT_TYPE, incident_type),
        settings=asked.read(SETTINGS, COMPANY),
    )


def counted(asked: Reading, customer: ContactId | None) -> tuple[ContactId, ...]:
    """All that count as the customer; of nobody, none."""
    return () if customer is None else same(asked, customer)


def groups_of(asked: Reading, customer: ContactId | None, at: datetime) -> dict[GroupId, Group]:
    """The groups that the customer is in at the instant, smallest id first."""
    customers = counted(asked, customer)
    groups = sorted({group for each in customers for group in asked.read(MEMBERSHIP, each).groups(at)})
    asked.bring(GROUP, groups)
    return {group: asked.read(GROUP, group) for group in groups}


def needs_offered_type(asked: Reading, id: IncidentTypeId | None) -> None:
    """Refuse a type that was never listed, or is retired; none at all is all right (R-TCK-1)."""
    if id is not None:
        found = asked.read(INCIDENT_TYPE, id)
        require(found.listed, otherwise=IncidentTypeUnknown)
        require(not found.retired, otherwise=IncidentTypeNotOffered)


class OpenTicket(Command, topic="ticket.open", of=TICKET):
    """Report a problem. It was received when this happened, and gets its contract by itself (D1, D3, R-TCK-4).

    Of a reporter alone the customer is whom they work for, else they themselves (D33). The process area is the
    gateway's where none is stated, else that of the helpdesk; the area follows from it (D13).
    """

    customer: ContactId | None = None
    reporter: ContactId | None = None
    incident_type: IncidentTypeId | None = None
    gateway: GatewayId | None = None
    process_area: ProcessAreaId | None = None
    area: AreaId | None = None
    title: Line
    description: Text | None = None
    product: Reference | None = None
    reference: Reference | None = None

    def decide(self, own: Ticket, asked: Asked) -> Decision:
        needs(asked, Right.HELPDESK)
        of = parties(asked, self.reporter, self.customer, asked.at)
        needs_offered_type(asked, self.incident_type)
        process_area = self._process_area(asked)
        lies = self._place(asked, of.customer, process_area)
        subject = asked.read(CONTACT, of.reporter).subject if of.reporter else None
        opened = TicketOpened(
            subject=subject or asked.new_subject,
            reporter=of.reporter,
            customer=of.customer,
            area=lies.area,
            incident_type=self.incident_type,
            title=self.title,
            description=self.description,
            product=self.product,
            reference=self.reference,
            process_area=process_area,
            gateway=self.gateway,
            area_group=lies.group,
        )
        chosen, _ = selection(asked, of.customer, self.incident_type, asked.at)
        return rule.open(own, opened, chosen)

    def _process_area(self, asked: Asked) -> ProcessAreaId | None:
        through = None if self.gateway is None else asked.read(GATEWAY, self.gateway)
        if through is not None:
            gateway.needs_open(through, asked.at)
        if self.process_area is not None:
            needs_offered(asked.read(PROCESS_AREA, self.process_area))
            return self.process_area
        if through is not None:
            return through.process_area.at(asked.at)
        return asked.read(SETTINGS, COMPANY).helpdesk_process_area.at(asked.at)

    def _place(self, asked: Asked, customer: ContactId | None, process_area: ProcessAreaId | None) -> Place:
        if self.area is not None:
            return self._stated(asked, self.area)
        found = place.rows(groups_of(asked, customer, asked.at), process_area, asked.at)
        return place.place(found, lambda area: _takes(asked, area), asked.read(SETTINGS, COMPANY).default_area)

    def _stated(self, asked: Asked, area: AreaId) -> Place:
        stated = asked.read(AREA, area)
        require(stated.opened and has_role(asked, stated, Role.MEMBER, Role.READER), otherwise=AreaUnknown)
        needs_open(stated, asked.at)
        return Place(area)


def _takes(asked: Asked, area: AreaId) -> bool:
    """Whether new tickets may come to the area when this happens."""
    found = asked.read(AREA, area)
    return found.opened and not found.closed.at(asked.at)
