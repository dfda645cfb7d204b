"""What tickets have to do with: each link stands with the ticket of whose stream it is (R-TCK-7)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from domain.fact import Fact
from domain.service.link import TicketLinked, TicketUnlinked
from projections.model import Change, Column, Drop, Kind, Known, Put, ReadModel, Table

TICKET_LINKS = Table(
    "ticket_links",
    ("ticket", "kind", "thing"),
    (Column("linked_at", Kind.INSTANT),),
    indexes=(("kind", "thing", "linked_at", "ticket"),),
)


def project(fact: Fact[Any], _: Known) -> Iterator[Change]:
    id = fact.stream.partition("-")[2]
    match fact.event:
        case TicketLinked(kind=kind, thing=thing):
            yield Put(TICKET_LINKS, (id, kind, thing), {"linked_at": fact.happened_at})
        case TicketUnlinked(kind=kind, thing=thing):
            yield Drop(TICKET_LINKS, (id, kind, thing))


LINKED = ReadModel(
    name="ticket_links",
    about="Which orders, contacts, products, files and other tickets each ticket has to do with.",
    tables=(TICKET_LINKS,),
    facts=frozenset({TicketLinked, TicketUnlinked}),
    project=project,
)
