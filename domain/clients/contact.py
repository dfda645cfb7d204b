"""A contact lies in exactly one directory and stands for one subject, whose data its words are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Annotated

from domain.clients import address, paper, relation
from domain.clients.address import AddressAdded, AddressChanged, Addresses, AddressEvent, AddressRemoved
from domain.clients.paper import (
    ContactFileAttached,
    ContactFileRemoved,
    ContactNoted,
    ContactNoteRemoved,
    PaperEvent,
    Papers,
)
from domain.clients.relation import (
    ContactEmployed,
    ContactPartSet,
    ContactRelated,
    ContactUnrelated,
    RelationEvent,
    Relations,
)
from domain.decider import Decider
from domain.fact import Event, Fact
from domain.personal import Masked, Personal, Purpose
from domain.refusal import Refused, Unknown, require
from domain.spell import Spells, inside, turned
from domain.timeline import Timeline
from domain.values import (
    ContactId,
    ContractId,
    DirectoryId,
    Holder,
    IncidentTypeId,
    Label,
    Line,
    PriceListId,
    Reference,
    SubjectId,
)


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


class ContactNumbersSet(Event, topic="contact.numbers-set"):
    """Under these numbers the contact is known to the authorities, or under none."""

    subject: SubjectId
    company_number: Annotated[Line | Masked | None, Personal("subject", Purpose.PROFILE)] = None
    vat_number: Annotated[Line | Masked | None, Personal("subject", Purpose.PROFILE)] = None


class ContactClassified(Event, topic="contact.classified"):
    """What the contact is to us and how it is addressed, as the company's code lists have it."""

    life_cycle: Label | None
    salutation: Label | None


class ContactResponsibleSet(Event, topic="contact.responsible-set"):
    """This worker or team, or nobody, answers for the contact (D11 step 2a)."""

    responsible: Holder | None


class ContactPriceListAttached(Event, topic="contact.price-list-attached"):
    """From here on the customer has a price list for itself (R-PRC-1)."""

    price_list: PriceListId


class ContactPriceListDetached(Event, topic="contact.price-list-detached"):
    """From here on the customer has the price list for itself no longer."""

    price_list: PriceListId


class ContactMerged(Event, topic="contact.merged"):
    """The contact goes under the survivor's name, until they are separated (N-7)."""

    survivor: ContactId


class ContactSeparated(Event, topic="contact.separated"):
    """The contact goes under its own name again."""

    survivor: ContactId


class ContactAbsorbed(Event, topic="contact.absorbed"):
    """Another contact goes under this one's name."""

    contact: ContactId


class ContactReleased(Event, topic="contact.released"):
    """Another contact goes under this one's name no longer."""

    contact: ContactId


class ContactRestricted(Event, topic="contact.restricted"):
    """The data of these subjects is kept and no longer used, on this ground (R-GDP-1)."""

    subjects: tuple[SubjectId, ...]
    ground: Label


class ContactRestrictionLifted(Event, topic="contact.restriction-lifted"):
    """The data of these subjects is used again."""

    subjects: tuple[SubjectId, ...]


class ContactEndingBegun(Event, topic="contact.ending-begun"):
    """The contact is about to be forgotten: nothing new is begun with them."""


class ContactKept(Event, topic="contact.kept"):
    """Something came in between: the contact is not forgotten."""


class ContactForgotten(Event, topic="contact.forgotten"):
    """Nothing personal is known of the contact any more, nor ever will be (D23)."""


ContactEvent = (
    ContactOpened
    | ContactRenamed
    | ContactMoved
    | ContactContractSet
    | ContactNumbersSet
    | ContactClassified
    | ContactResponsibleSet
    | ContactPriceListAttached
    | ContactPriceListDetached
    | ContactMerged
    | ContactSeparated
    | ContactAbsorbed
    | ContactReleased
    | ContactRestricted
    | ContactRestrictionLifted
    | ContactEndingBegun
    | ContactKept
    | ContactForgotten
    | AddressEvent
    | PaperEvent
    | RelationEvent
)


class ContactUnknown(Unknown):
    """There is no such contact."""


class ContactAlreadyOpened(Refused):
    """This contact was opened before."""


class ContactGoesUnderAnother(Refused):
    """The contact was merged into another one; separate them first."""


class LifeCycleNotListed(Refused):
    """The company has no such stage of life in its list."""


class SalutationNotListed(Refused):
    """The company has no such salutation in its list."""


class ContactIsRestricted(Refused):
    """The contact's data is restricted: it is kept, and not used."""


class ContactIsEnding(Refused):
    """The contact is about to be forgotten."""


class ContactIsForgotten(Refused):
    """The contact has been forgotten."""


@dataclass(frozen=True, slots=True)
class Contact:
    directory: DirectoryId | None = None
    subject: SubjectId | None = None
    kind: ContactKind = ContactKind.PERSON
    contracts: Mapping[IncidentTypeId | None, Timeline[ContractId | None]] = field(default_factory=dict)
    addresses: Addresses = field(default_factory=dict)
    notes: Papers = frozenset()
    files: Papers = frozenset()
    employers: Timeline[ContactId | None] = field(default_factory=Timeline)
    whole: ContactId | None = None
    relations: Relations = frozenset()
    life_cycle: str | None = None
    salutation: str | None = None
    responsible: Timeline[Holder | None] = field(default_factory=Timeline)
    price_lists: Spells[PriceListId] = field(default_factory=dict)
    survivor: ContactId | None = None
    """The contact under whose name this one goes."""
    through: tuple[ContactId, ...] = ()
    """Whom it was merged into before those went under the survivor themselves, the first first."""
    absorbed: tuple[ContactId, ...] = ()
    """Those that go under this one's name, or went when it was merged itself and do so again when it is separated."""
    restricted: str | None = None
    """On what ground its data is not used."""
    ending: bool = False
    forgotten: bool = False

    @property
    def kept(self) -> bool:
        """Whether the contact was not forgotten, and is not about to be."""
        return not (self.ending or self.forgotten)

    @property
    def used(self) -> bool:
        """Whether something new may be begun with the contact."""
        return self.kept and self.restricted is None

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
    """While a contact goes under another one its own directory counts for nothing, and is left as it is."""
    require(contact.directory is not None, otherwise=ContactUnknown)
    require(contact.survivor is None, otherwise=ContactGoesUnderAnother)
    assert contact.directory is not None
    if directory != contact.directory:
        yield ContactMoved(origin=contact.directory, directory=directory)


Listed = tuple[str, ...]
"""A code list of the company."""


def set_contract(
    contact: Contact, incident_type: IncidentTypeId | None, contract: ContractId | None, at: datetime
) -> Iterator[ContactEvent]:
    require(contact.directory is not None, otherwise=ContactUnknown)
    if contract != contact.contract(incident_type, at):
        yield ContactContractSet(incident_type=incident_type, contract=contract)


def number(contact: Contact, company_number: str | None, vat_number: str | None) -> Iterator[ContactEvent]:
    """Always a fact, as a new name is."""
    require(contact.subject is not None, otherwise=ContactUnknown)
    assert contact.subject is not None
    yield ContactNumbersSet(subject=contact.subject, company_number=company_number, vat_number=vat_number)


def classify(
    contact: Contact, life_cycle: str | None, salutation: str | None, life_cycles: Listed, salutations: Listed
) -> Iterator[ContactEvent]:
    """What the contact has already it may keep, though the list has it no longer."""
    require(contact.directory is not None, otherwise=ContactUnknown)
    require(life_cycle in (None, contact.life_cycle, *life_cycles), otherwise=LifeCycleNotListed)
    require(salutation in (None, contact.salutation, *salutations), otherwise=SalutationNotListed)
    if (life_cycle, salutation) != (contact.life_cycle, contact.salutation):
        yield ContactClassified(life_cycle=life_cycle, salutation=salutation)


def set_responsible(contact: Contact, responsible: Holder | None, at: datetime) -> Iterator[ContactEvent]:
    require(contact.directory is not None, otherwise=ContactUnknown)
    if responsible != contact.responsible.at(at):
        yield ContactResponsibleSet(responsible=responsible)


def attach_price_list(contact: Contact, price_list: PriceListId, at: datetime) -> Iterator[ContactEvent]:
    require(contact.directory is not None, otherwise=ContactUnknown)
    if not inside(contact.price_lists, price_list, at):
        yield ContactPriceListAttached(price_list=price_list)


def detach_price_list(contact: Contact, price_list: PriceListId, at: datetime) -> Iterator[ContactEvent]:
    require(contact.directory is not None, otherwise=ContactUnknown)
    if inside(contact.price_lists, price_list, at):
        yield ContactPriceListDetached(price_list=price_list)


def needs_used(contact: Contact) -> None:
    """Refuse of whom nothing may be begun with: forgotten, about to be, or restricted."""
    needs_kept(contact)
    require(contact.restricted is None, otherwise=ContactIsRestricted)


def needs_kept(contact: Contact) -> None:
    """Refuse of whom was forgotten, or is about to be."""
    require(not contact.forgotten, otherwise=ContactIsForgotten)
    require(not contact.ending, otherwise=ContactIsEnding)


def restrict(contact: Contact, ground: str, subjects: tuple[SubjectId, ...]) -> Iterator[ContactEvent]:
    """On another ground it is restricted again."""
    needs_kept(contact)
    if contact.restricted != ground:
        yield ContactRestricted(subjects=subjects, ground=ground)


def lift_restriction(contact: Contact, subjects: tuple[SubjectId, ...]) -> Iterator[ContactEvent]:
    needs_kept(contact)
    if contact.restricted is not None:
        yield ContactRestrictionLifted(subjects=subjects)


def evolve(contact: Contact, fact: Fact[ContactEvent]) -> Contact:
    match fact.event:
        case ContactOpened(directory=directory, subject=subject, kind=kind):
            return Contact(directory=directory, subject=subject, kind=kind)
        case ContactRenamed():
            return contact
        case ContactMoved(directory=directory):
            return replace(contact, directory=directory)
        case ContactContractSet(incident_type=incident_type, contract=contract):
            line = contact.contracts.get(incident_type, Timeline()).put(fact.happened_at, contract)
            return replace(contact, contracts={**contact.contracts, incident_type: line})
        case ContactEmployed(employer=employer):
            return replace(contact, employers=contact.employers.put(fact.happened_at, employer))
        case ContactPartSet(whole=whole):
            return replace(contact, whole=whole)
        case ContactRelated() | ContactUnrelated() as told:
            return replace(contact, relations=relation.evolve(contact.relations, told))
        case ContactNumbersSet():
            return contact
        case ContactClassified(life_cycle=life_cycle, salutation=salutation):
            return replace(contact, life_cycle=life_cycle, salutation=salutation)
        case ContactResponsibleSet(responsible=responsible):
            return replace(contact, responsible=contact.responsible.put(fact.happened_at, responsible))
        case ContactPriceListAttached(price_list=price_list):
            lists = turned(contact.price_lists, price_list, fact.happened_at, inside=True)
            return replace(contact, price_lists=lists)
        case ContactPriceListDetached(price_list=price_list):
            lists = turned(contact.price_lists, price_list, fact.happened_at, inside=False)
            return replace(contact, price_lists=lists)
        case AddressAdded() | AddressChanged() | AddressRemoved() as told:
            return replace(contact, addresses=address.evolve(contact.addresses, told))
        case ContactNoted() | ContactNoteRemoved() as told:
            return replace(contact, notes=paper.evolve(contact.notes, told))
        case ContactFileAttached() | ContactFileRemoved() as told:
            return replace(contact, files=paper.evolve(contact.files, told))
        case ContactMerged(survivor=survivor):
            return replace(contact, survivor=survivor, through=_way(contact, survivor))
        case ContactSeparated():
            return replace(contact, survivor=None, through=())
        case ContactAbsorbed(contact=other):
            return replace(contact, absorbed=(*contact.absorbed, other))
        case ContactReleased(contact=other):
            return replace(contact, absorbed=tuple(each for each in contact.absorbed if each != other))
        case ContactRestricted(ground=ground):
            return replace(contact, restricted=ground)
        case ContactRestrictionLifted():
            return replace(contact, restricted=None)
        case ContactEndingBegun() | ContactKept():
            return replace(contact, ending=isinstance(fact.event, ContactEndingBegun))
        case ContactForgotten():
            return replace(contact, ending=False, forgotten=True)


def _way(contact: Contact, survivor: ContactId) -> tuple[ContactId, ...]:
    """One more step up, or back to a former survivor that goes its own way again."""
    if survivor in contact.through:
        return contact.through[: contact.through.index(survivor)]
    return contact.through if contact.survivor is None else (*contact.through, contact.survivor)


CONTACT = Decider(
    "contact",
    Contact(),
    evolve,
    (
        *(ContactOpened, ContactRenamed, ContactMoved, ContactContractSet),
        *(ContactNumbersSet, ContactClassified, ContactResponsibleSet),
        *(ContactPriceListAttached, ContactPriceListDetached),
        *(AddressAdded, AddressChanged, AddressRemoved),
        *(ContactNoted, ContactNoteRemoved, ContactFileAttached, ContactFileRemoved),
        *(ContactEmployed, ContactPartSet, ContactRelated, ContactUnrelated),
        *(ContactMerged, ContactSeparated, ContactAbsorbed, ContactReleased),
        *(ContactRestricted, ContactRestrictionLifted, ContactEndingBegun, ContactKept, ContactForgotten),
    ),
)
