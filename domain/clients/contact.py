"""A contact lies in exactly one directory and stands for one subject, whose data its words are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Annotated

from domain.decider import Decider
from domain.fact import Event, Fact
from domain.personal import Masked, Personal, Purpose
from domain.refusal import Refused, Unknown, require
from domain.timeline import Timeline
from domain.values import ContractId, DirectoryId, IncidentTypeId, Line, Reference, SubjectId


class ContactKind(StrEnum):
    """What a contact is: a person, a company, or a part of one."""

    PERSON = "person"
    COMPANY = "company"
    PART = "part"


class ContactOpened(Event, topic="contact.opened"):
    """We know this contact, in this directory, under this subject's name."""

    directory: DirectoryId
    subject: SubjectId
    kind: ContactKind
    name: Annotated[Line | Masked, Personal("subject", Purpose.PROFILE)]
    reference: Reference | None = None


class ContactRenamed(Event, topic="contact.renamed"):
    """The contact has another name."""

    subject: SubjectId
    name: Annotated[Line | Masked, Personal("subject", Purpose.PROFILE)]


class ContactMoved(Event, topic="contact.moved"):
    """The contact lies in another directory, and those who may know it changed with that."""

    origin: DirectoryId
    directory: DirectoryId


class ContactContractSet(Event, topic="contact.contract-set"):
    """The customer's own terms, for one incident type or for all (D1, scopes 1 and 2)."""

    incident_type: IncidentTypeId | None = None
    contract: ContractId | None


ContactEvent = ContactOpened | ContactRenamed | ContactMoved | ContactContractSet


class ContactUnknown(Unknown):
    """There is no such contact."""


class ContactAlreadyOpened(Refused):
    """This contact was opened before."""


@dataclass(frozen=True, slots=True)
class Contact:
    directory: DirectoryId | None = None
    subject: SubjectId | None = None
    contracts: Mapping[IncidentTypeId | None, Timeline[ContractId | None]] = field(default_factory=dict)

    def contract(self, incident_type: IncidentTypeId | None, at: datetime) -> ContractId | None:
        return self.contracts.get(incident_type, Timeline()).at(at)


def open(
    contact: Contact, directory: DirectoryId, subject: SubjectId, kind: ContactKind, name: str, reference: str | None
) -> Iterator[ContactEvent]:
    require(contact.directory is None, otherwise=ContactAlreadyOpened)
    yield ContactOpened(directory=directory, subject=subject, kind=kind, name=name, reference=reference)


def rename(contact: Contact, name: str) -> Iterator[ContactEvent]:
    """Always a fact: the former name is sealed, so that nobody can tell here whether it was the same."""
    require(contact.subject is not None, otherwise=ContactUnknown)
    assert contact.subject is not None
    yield ContactRenamed(subject=contact.subject, name=name)


def move(contact: Contact, directory: DirectoryId) -> Iterator[ContactEvent]:
    require(contact.directory is not None, otherwise=ContactUnknown)
    assert contact.directory is not None
    if directory != contact.directory:
        yield ContactMoved(origin=contact.directory, directory=directory)


def set_contract(
    contact: Contact, incident_type: IncidentTypeId | None, contract: ContractId | None, at: datetime
) -> Iterator[ContactEvent]:
    require(contact.directory is not None, otherwise=ContactUnknown)
    if contract != contact.contract(incident_type, at):
        yield ContactContractSet(incident_type=incident_type, contract=contract)


def evolve(contact: Contact, fact: Fact[ContactEvent]) -> Contact:
    match fact.event:
        case ContactOpened(directory=directory, subject=subject):
            return Contact(directory=directory, subject=subject)
        case ContactRenamed():
            return contact
        case ContactMoved(directory=directory):
            return replace(contact, directory=directory)
        case ContactContractSet(incident_type=incident_type, contract=contract):
            line = contact.contracts.get(incident_type, Timeline()).put(fact.happened_at, contract)
            return replace(contact, contracts={**contact.contracts, incident_type: line})


CONTACT = Decider("contact", Contact(), evolve, (ContactOpened, ContactRenamed, ContactMoved, ContactContractSet))
