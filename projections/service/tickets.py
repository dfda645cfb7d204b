"""The desk: what was reported, and how each ticket stands (R-TCK-5, R-TCK-17)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timezone
from typing import Any

from domain.fact import Event, Fact
from domain.service.escalation import TicketEscalated, TicketEscalationSkipped
from domain.service.exchange import TicketCallLogged
from domain.service.holding import TicketHandedOver, TicketRouted
from domain.service.joining import TicketDivided
from domain.service.link import TicketLinked, TicketUnlinked
from domain.service.promise import Kind as Moment
from domain.service.statement import OutcomeCorrected, OutcomeStated
from domain.service.status import Status
from domain.service.ticket import TICKET, Ticket, TicketNoted, TicketOpened
from projections.model import Change, Column, Kind, Known, Put, ReadModel, Table, Touch, words

EVER = datetime.max.replace(tzinfo=timezone.utc)
"""After everything that is recorded: what happens within the next minute counts as having happened."""

OVER = (Status.RESOLVED, Status.CLOSED, Status.MERGED)
"""Nobody need do anything."""

TICKETS = Table(
    "tickets",
    ("ticket",),
    (
        Column("opened_at", Kind.INSTANT),
        *words("area", "reference", "product", "subject"),
        Column("title", Kind.SEALED, whose="subject"),
        Column("description", Kind.SEALED, whose="subject"),
    ),
    indexes=(("area", "opened_at"), ("subject",)),
    once=True,
)
"""What never changes."""

TICKET_STANDINGS = Table(
    "ticket_standings",
    ("ticket",),
    (
        *words("status", "severity", "assignee", "team", "contract"),
        *words("reporter", "customer", "incident_type", "process_area", "gateway", "survivor", "origin"),
        Column("over", Kind.FLAG),
        Column("changed_at", Kind.INSTANT),
    ),
    indexes=(("assignee",), ("over", "assignee"), ("team",)),
)
"""Another ticket stands for one that has a `survivor`; one with an `origin` was a part of that."""

BESIDE_THE_POINT: frozenset[type[Event]] = frozenset(
    {
        *(OutcomeStated, OutcomeCorrected, TicketEscalated, TicketEscalationSkipped),
        *(TicketRouted, TicketHandedOver, TicketNoted, TicketCallLogged, TicketLinked, TicketUnlinked, TicketDivided),
    }
)
"""What changes nothing of how a ticket stands."""


def changed_at(ticket: Ticket) -> datetime:
    """When its status, severity or contract last changed, or who has it; that we answered changes nothing of it."""
    changes = [entry.since for entry in ticket.moments if entry.value.kind is not Moment.ANSWERED]
    return max(changes + [entry.since for entry in ticket.holdings])


def standing(id: str, known: Known) -> Iterable[Change]:
    ticket: Ticket = known.state(TICKET, id)
    status = ticket.shown_status(EVER)
    row = {
        "status": status,
        "severity": ticket.severity(EVER),
        "assignee": ticket.holding.assignee,
        "team": ticket.holding.team,
        "contract": ticket.contract(EVER),
        "reporter": ticket.reporter,
        "customer": ticket.customer,
        "incident_type": ticket.incident_type,
        "process_area": ticket.process_area,
        "gateway": ticket.gateway,
        "survivor": ticket.survivor,
        "origin": ticket.origin,
        "over": status in OVER,
        "changed_at": changed_at(ticket),
    }
    yield Put(TICKET_STANDINGS, (id,), row)


def remake(stream: str) -> Iterator[Touch]:
    kind, _, id = stream.partition("-")
    if kind == TICKET.kind:
        yield Touch(TICKET, id, standing)


def project(fact: Fact[Any], _: Known) -> Iterator[Change | Touch]:
    event = fact.event
    if isinstance(event, TicketOpened):
        row = {
            "opened_at": event.received_at or fact.happened_at,
            "area": event.area,
            "reference": event.reference,
            "product": event.product,
            "subject": event.subject,
            "title": event.title,
            "description": event.description,
        }
        yield Put(TICKETS, (fact.stream.removeprefix("ticket-"),), row)
    yield from remake(fact.stream)


DESK = ReadModel(
    name="tickets",
    about="Every ticket as it was reported, and how it stands: status, severity, contract, whose it is, who has it.",
    tables=(TICKETS, TICKET_STANDINGS),
    facts=frozenset(TICKET.facts) - BESIDE_THE_POINT,
    project=project,
    reads=(TICKET,),
    remake=remake,
)
