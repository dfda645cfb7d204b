"""Whoever leaves hands over what they answer for: each thing by its own rule, and all of it at once (R-STF-2)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from commands.command import Asked, Change, on
from commands.lookup import CHARGES, Charge
from commands.sight import sees
from domain.clients import contact, group
from domain.clients.contact import CONTACT
from domain.clients.group import GROUP
from domain.company import process_area, settings
from domain.company.process_area import PROCESS_AREA
from domain.company.settings import COMPANY, SETTINGS
from domain.decider import Decider
from domain.refusal import Refused, require
from domain.service import contract as contract_text
from domain.service import ticket
from domain.service.contract import CONTRACT
from domain.service.status import OPEN
from domain.service.ticket import TICKET
from domain.talk import gateway
from domain.talk.gateway import GATEWAY
from domain.values import ContactId, ProcessAreaId, WorkerId, worker_holder

MOST_HANDED_OVER = 1_000
"""By one request."""


class WorkerStillAnswers(Refused):
    """The worker answers for something: name who takes it over, or force it."""


class TooMuchToHandOver(Refused):
    """The worker answers for more than a thousand things: hand some of them over before."""


class OwnSuccessor(Refused):
    """Nobody takes over from themselves."""


class Handover(NamedTuple):
    """Who leaves, and who takes over."""

    leaver: WorkerId
    successor: WorkerId


def answers(asked: Asked, worker: WorkerId) -> bool:
    """Whether the worker answers for anything that the one who asks may hear of: a hidden contact is none (D16)."""
    return any(each.kind != "contact" or sees(asked, ContactId(each.thing)) for each in asked.find(CHARGES, worker))


def handed_over(asked: Asked, over: Handover) -> Iterator[Change]:
    """Everything the leaver answers for, given to the successor; what went to somebody else meanwhile stays there."""
    charges = asked.find(CHARGES, over.leaver)
    require(len(charges) <= MOST_HANDED_OVER, otherwise=TooMuchToHandOver)
    for kind, decider in BROUGHT.items():
        asked.bring(decider, [each.thing for each in charges if each.kind == kind])
    for charge in charges:
        yield from HANDED[charge.kind](asked, charge, over)


def _ticket(asked: Asked, charge: Charge, over: Handover) -> Iterator[Change]:
    found = asked.read(TICKET, charge.thing)
    if found.assignee(asked.at) == over.leaver and found.status(asked.at) in OPEN:
        yield from on(TICKET, charge.thing, ticket.take(found, over.successor, asked.at))


def _row(asked: Asked, charge: Charge, over: Handover) -> Iterator[Change]:
    found, of = asked.read(GROUP, charge.thing), ProcessAreaId(charge.process_area or "")
    row = found.responsible(of, asked.at)
    if row.person == over.leaver:
        row = row._replace(person=over.successor)
        yield from on(GROUP, charge.thing, group.set_responsible(found, of, row, asked.at))


def _contact(asked: Asked, charge: Charge, over: Handover) -> Iterator[Change]:
    found = asked.read(CONTACT, charge.thing)
    if found.responsible.at(asked.at) == worker_holder(over.leaver):
        told = contact.set_responsible(found, worker_holder(over.successor), asked.at)
        yield from on(CONTACT, charge.thing, told)


def _process_area(asked: Asked, charge: Charge, over: Handover) -> Iterator[Change]:
    found = asked.read(PROCESS_AREA, charge.thing)
    if found.responsible.at(asked.at) == worker_holder(over.leaver):
        told = process_area.set_responsible(found, worker_holder(over.successor), asked.at)
        yield from on(PROCESS_AREA, charge.thing, told)


def _gateway(asked: Asked, charge: Charge, over: Handover) -> Iterator[Change]:
    found = asked.read(GATEWAY, charge.thing)
    if found.responsible.at(asked.at) == worker_holder(over.leaver):
        told = gateway.set_responsible(found, worker_holder(over.successor), asked.at)
        yield from on(GATEWAY, charge.thing, told)


def _contract(asked: Asked, charge: Charge, over: Handover) -> Iterator[Change]:
    """A version that differs in nothing else: no deadline moves (D7)."""
    found = asked.read(CONTRACT, charge.thing)
    terms = found.versions[-1].terms if found.versions else None
    if terms is not None and terms.responsible == worker_holder(over.leaver):
        terms = terms.model_copy(update={"responsible": worker_holder(over.successor)})
        yield from on(CONTRACT, charge.thing, contract_text.revise(found, terms))


def _helpdesk(asked: Asked, _: Charge, over: Handover) -> Iterator[Change]:
    found = asked.read(SETTINGS, COMPANY)
    if found.helpdesk_responsible.at(asked.at) == over.leaver:
        told = settings.set_helpdesk_responsible(found, over.successor, asked.at)
        yield from on(SETTINGS, COMPANY, told)


BROUGHT: Mapping[str, Decider[Any, Any]] = {"ticket": TICKET, "group": GROUP, "contact": CONTACT}
"""Of what there may be many."""

HANDED: Mapping[str, Callable[[Asked, Charge, Handover], Iterator[Change]]] = {
    "ticket": _ticket,
    "group": _row,
    "contact": _contact,
    "process-area": _process_area,
    "gateway": _gateway,
    "contract": _contract,
    "helpdesk": _helpdesk,
}
"""How each kind of charge changes hands."""
