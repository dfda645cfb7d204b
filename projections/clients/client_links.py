"""What contacts are to us and to each other: each fact stands with the contact of whose stream it is (R-CON-1)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from domain.clients.contact import CONTACT, Contact, ContactClassified, ContactResponsibleSet
from domain.clients.relation import ContactEmployed, ContactPartSet, ContactRelated, ContactUnrelated
from domain.fact import Fact
from projections.model import Change, Drop, Known, Put, ReadModel, Table, Touch, words

CONTACT_STANDINGS = Table(
    "contact_standings",
    ("contact",),
    words("employer", "whole", "life_cycle", "salutation"),
    indexes=(("employer", "contact"), ("whole", "contact")),
)
"""A row only for those of whom one of these is said."""

CONTACT_RESPONSIBLES = Table("contact_responsibles", ("contact",), words("holder"), indexes=(("holder",),))
CONTACT_RELATIONS = Table("contact_relations", ("contact", "other", "relation"), (), indexes=(("other", "contact"),))


def standing(id: str, known: Known) -> Iterable[Change]:
    contact: Contact = known.state(CONTACT, id)
    row = {
        "employer": contact.employers.last,
        "whole": contact.whole,
        "life_cycle": contact.life_cycle,
        "salutation": contact.salutation,
    }
    yield Put(CONTACT_STANDINGS, (id,), row) if any(row.values()) else Drop(CONTACT_STANDINGS, (id,))
    holder = contact.responsible.last
    yield Drop(CONTACT_RESPONSIBLES, (id,)) if holder is None else Put(CONTACT_RESPONSIBLES, (id,), {"holder": holder})


def remake(stream: str) -> Iterator[Touch]:
    kind, _, id = stream.partition("-")
    if kind == CONTACT.kind:
        yield Touch(CONTACT, id, standing)


def project(fact: Fact[Any], _: Known) -> Iterator[Change | Touch]:
    id = fact.stream.partition("-")[2]
    match fact.event:
        case ContactRelated(relation=relation, other=other):
            yield Put(CONTACT_RELATIONS, (id, other, relation), {})
        case ContactUnrelated(relation=relation, other=other):
            yield Drop(CONTACT_RELATIONS, (id, other, relation))
        case _:
            yield from remake(fact.stream)


CLIENT_LINKS = ReadModel(
    name="client_links",
    about="For whom contacts work, whose parts they are, what they are to us and to each other, who answers for them.",
    tables=(CONTACT_STANDINGS, CONTACT_RESPONSIBLES, CONTACT_RELATIONS),
    facts=frozenset(
        {
            *(ContactEmployed, ContactPartSet, ContactClassified, ContactResponsibleSet),
            *(ContactRelated, ContactUnrelated),
        }
    ),
    project=project,
    reads=(CONTACT,),
    remake=remake,
)
