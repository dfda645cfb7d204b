"""What may be asked about contacts: with the right to edit the directory they lie in, or their survivor's."""

from __future__ import annotations

from commands.command import Asked, Command, Decision
from commands.existence import needs_contract, needs_holder, needs_incident_type, needs_price_list, needs_room
from commands.permission import holds, needs, needs_level
from commands.sight import home, needs_sight
from domain.clients import contact as rule
from domain.clients.contact import CONTACT, Contact, ContactKind, ContactUnknown, needs_kept, needs_used
from domain.clients.directory import Level
from domain.company.settings import COMPANY, SETTINGS
from domain.refusal import require
from domain.staff.worker import Right
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


def edits(asked: Asked, contact: ContactId, own: Contact) -> SubjectId:
    """Refuse unless the worker may change the contact; say whose data it is."""
    needs(asked, Right.BASIC)
    needs_sight(asked, contact)
    directory = home(asked, contact)
    assert directory is not None and own.subject is not None
    needs_level(asked, directory, Level.EDIT)
    needs_used(own)
    return own.subject


def corrects(asked: Asked, contact: ContactId, own: Contact) -> SubjectId:
    """Refuse unless the worker may set right what is said of the contact, as a privacy officer may of any (R-GDP-5)."""
    if not holds(asked, Right.PRIVACY_OFFICER):
        return edits(asked, contact, own)
    require(own.subject is not None, otherwise=ContactUnknown)
    needs_kept(own)
    assert own.subject is not None
    return own.subject


class OpenContact(Command, topic="contact.open", of=CONTACT):
    """Make a person, a company or a part of one known, in one directory (R-DIR-1)."""

    directory: DirectoryId
    kind: ContactKind = ContactKind.PERSON
    name: Line
    reference: Reference | None = None

    def decide(self, own: Contact, asked: Asked) -> Decision:
        needs(asked, Right.BASIC)
        needs_level(asked, self.directory, Level.EDIT)
        needs_room(asked, self.directory)
        return rule.open(own, self.directory, asked.new_subject, self.kind, self.name, self.reference)


class RenameContact(Command, topic="contact.rename", of=CONTACT):
    """Correct the name of a contact."""

    contact: ContactId
    name: Line

    def decide(self, own: Contact, asked: Asked) -> Decision:
        corrects(asked, self.contact, own)
        return rule.rename(own, self.name)


class MoveContact(Command, topic="contact.move", of=CONTACT):
    """Move a contact to another directory, with the right to edit both (R-DIR-1)."""

    contact: ContactId
    directory: DirectoryId

    def decide(self, own: Contact, asked: Asked) -> Decision:
        edits(asked, self.contact, own)
        needs_level(asked, self.directory, Level.EDIT)
        if self.directory != own.directory:
            needs_room(asked, self.directory)
        return rule.move(own, self.directory)


class SetContactContract(Command, topic="contact.set-contract", of=CONTACT):
    """Give a customer terms of its own, for one incident type or for all (R-SLA-6)."""

    contact: ContactId
    incident_type: IncidentTypeId | None = None
    contract: ContractId | None

    def decide(self, own: Contact, asked: Asked) -> Decision:
        edits(asked, self.contact, own)
        needs_contract(asked, self.contract)
        needs_incident_type(asked, self.incident_type)
        return rule.set_contract(own, self.incident_type, self.contract, asked.at)


class SetContactNumbers(Command, topic="contact.set-numbers", of=CONTACT):
    """Write down under which company and VAT number a contact is known, in place of those before."""

    contact: ContactId
    company_number: Line | None = None
    vat_number: Line | None = None

    def decide(self, own: Contact, asked: Asked) -> Decision:
        corrects(asked, self.contact, own)
        return rule.number(own, self.company_number, self.vat_number)


class ClassifyContact(Command, topic="contact.classify", of=CONTACT):
    """Say what a contact is to us and how it is addressed, in the words of the company's code lists."""

    contact: ContactId
    life_cycle: Label | None = None
    salutation: Label | None = None

    def decide(self, own: Contact, asked: Asked) -> Decision:
        edits(asked, self.contact, own)
        listed = asked.read(SETTINGS, COMPANY)
        return rule.classify(own, self.life_cycle, self.salutation, listed.life_cycles, listed.salutations)


class SetContactResponsible(Command, topic="contact.set-responsible", of=CONTACT):
    """Name the worker or the team that answers for a contact, or nobody (D11 step 2a)."""

    contact: ContactId
    responsible: Holder | None

    def decide(self, own: Contact, asked: Asked) -> Decision:
        edits(asked, self.contact, own)
        needs_holder(asked, self.responsible)
        return rule.set_responsible(own, self.responsible, asked.at)


class AttachPriceListToContact(Command, topic="contact.attach-price-list", of=CONTACT):
    """Give a customer a price list for itself, from the instant this happened on (R-PRC-1)."""

    contact: ContactId
    price_list: PriceListId

    def decide(self, own: Contact, asked: Asked) -> Decision:
        needs(asked, Right.SALES)
        edits(asked, self.contact, own)
        needs_price_list(asked, self.price_list)
        return rule.attach_price_list(own, self.price_list, asked.at)


class DetachPriceListFromContact(Command, topic="contact.detach-price-list", of=CONTACT):
    """Take a price list of its own from a customer, from the instant this happened on (R-PRC-1)."""

    contact: ContactId
    price_list: PriceListId

    def decide(self, own: Contact, asked: Asked) -> Decision:
        needs(asked, Right.SALES)
        edits(asked, self.contact, own)
        needs_price_list(asked, self.price_list)
        return rule.detach_price_list(own, self.price_list, asked.at)
