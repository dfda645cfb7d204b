"""The desk: what was reported, and how each ticket stands (R-TCK-5, R-TCK-17)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timezone
from typing import Any

from domain.fact import Fact
from domain.service.promise import Kind as Moment
from domain.service.ticket import (
    TICKET,
    OutcomeCorrected,
    OutcomeStated,
    Ticket,
    TicketCallLogged,
    TicketNoted,
    TicketOpened,
    TicketRouted,
)
from projections.model import Change, Column, Kind, Known, Put, ReadModel, Table, Touch, words

EVER = datetime.max.replace(tzinfo=timezone.utc)
"""After everything that is recorded: what happens within the next minute counts as having happened."""

TICKETS = Table(
    "tickets",
    ("ticket",),
    (
        Column("opened_at", Kind.INSTANT),
        *words("area", "reporter", "customer", "incident_type", "reference", "product", "subject"),
        Column("title", Kind.SEALED, whose="subject"),
        Column("description", Kind.SEALED, whose="subject"),
    ),
    indexes=(("area", "opened_at"), ("subject",)),
    once=True,
)
TICKET_STANDINGS = Table(
    "ticket_standings",
    ("ticket",),
    (
        *words("status", "severity", "assignee", "contract"),
        Column("over", Kind.FLAG),
        Column("changed_at", Kind.INSTANT),
    ),
    indexes=(("assignee",), ("over", "assignee")),
)


def changed_at(ticket: Ticket) -> datetime:
    """When anything of the standing last changed; a call changes nothing of it."""
    changes = [entry.since for entry in ticket.moments if entry.value.kind is not Moment.ANSWERED]
    return max(changes + [entry.since for entry in ticket.assignments])


def standing(id: str, known: Known) -> Iterable[Change]:
    ticket: Ticket = known.state(TICKET, id)
    status = ticket.shown_status(EVER)
    row = {
        "status": status,
        "severity": ticket.severity(EVER),
        "assignee": ticket.assignments.last,
        "contract": ticket.contract(EVER),
        "over": status in ("resolved", "closed"),
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
            "opened_at": fact.happened_at,
            "area": event.area,
            "reporter": event.reporter,
            "customer": event.customer,
            "incident_type": event.incident_type,
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
    about="Every ticket as it was reported, and how it stands: status, severity, assignee, contract.",
    tables=(TICKETS, TICKET_STANDINGS),
    facts=frozenset(TICKET.facts) - {OutcomeStated, OutcomeCorrected, TicketNoted, TicketCallLogged, TicketRouted},
    project=project,
    reads=(TICKET,),
    remake=remake,
)
