"""A contact may work for another, be a part of another, and stand to others as the company's code list has it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from domain.fact import Event
from domain.refusal import Refused, require
from domain.timeline import Timeline
from domain.values import ContactId, Label

MOST_RELATIONS = 200
"""Told of one contact."""


class ContactEmployed(Event, topic="contact.employed"):
    """The contact works for this organisation from here on, or for none."""

    employer: ContactId | None


class ContactPartSet(Event, topic="contact.part-set"):
    """The contact is a part of this one, or of none."""

    whole: ContactId | None


class ContactRelated(Event, topic="contact.related"):
    """The contact is this to another one."""

    relation: Label
    other: ContactId


class ContactUnrelated(Event, topic="contact.unrelated"):
    """The contact is this to the other one no longer."""

    relation: Label
    other: ContactId


RelationEvent = ContactEmployed | ContactPartSet | ContactRelated | ContactUnrelated


class LinkedWithItself(Refused):
    """A contact is nothing to itself."""


class OnlyPersonsAreEmployed(Refused):
    """A company, or a part of one, works for nobody."""


class OnlyPartsHaveAWhole(Refused):
    """The contact is no part of a company."""


class NotAnOrganisation(Refused):
    """A person employs nobody here and has no parts."""


class RelationNotListed(Refused):
    """The company has no such relation in its list."""


class TooManyRelations(Refused):
    """A contact has two hundred relations at most."""


class Relation(NamedTuple):
    other: ContactId
    relation: str


Relations = frozenset[Relation]


def employ(
    employers: Timeline[ContactId | None], employer: ContactId | None, at: datetime
) -> Iterator[ContactEmployed]:
    if employer != employers.at(at):
        yield ContactEmployed(employer=employer)


def put_into(part_of: ContactId | None, whole: ContactId | None) -> Iterator[ContactPartSet]:
    if whole != part_of:
        yield ContactPartSet(whole=whole)


def relate(relations: Relations, other: ContactId, relation: str, listed: tuple[str, ...]) -> Iterator[ContactRelated]:
    if Relation(other, relation) in relations:
        return
    require(relation in listed, otherwise=RelationNotListed)
    require(len(relations) < MOST_RELATIONS, otherwise=TooManyRelations)
    yield ContactRelated(other=other, relation=relation)


def unrelate(relations: Relations, other: ContactId, relation: str) -> Iterator[ContactUnrelated]:
    if Relation(other, relation) in relations:
        yield ContactUnrelated(other=other, relation=relation)


def evolve(relations: Relations, event: ContactRelated | ContactUnrelated) -> Relations:
    match event:
        case ContactRelated(other=other, relation=relation):
            return relations | {Relation(other, relation)}
        case ContactUnrelated(other=other, relation=relation):
            return relations - {Relation(other, relation)}
