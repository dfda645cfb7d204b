"""What may be asked about contacts: with the right to edit their directory."""

from __future__ import annotations

from commands.command import Asked, Command, Decision
from commands.existence import needs_contract, needs_incident_type
from commands.permission import needs, needs_level, needs_sight
from domain.clients import contact as rule
from domain.clients.contact import CONTACT, Contact, ContactKind
from domain.clients.directory import Level
from domain.staff.worker import Right
from domain.values import ContactId, ContractId, DirectoryId, IncidentTypeId, Line, Reference


def _edits(asked: Asked, contact: ContactId, own: Contact) -> None:
    needs(asked, Right.BASIC)
    needs_sight(asked, contact)
    assert own.directory is not None
    needs_level(asked, own.directory, Level.EDIT)


class OpenContact(Command, topic="contact.open", of=CONTACT):
    """Make a person, a company or a part of one known, in one directory (R-DIR-1)."""

    directory: DirectoryId
    kind: ContactKind = ContactKind.PERSON
    name: Line
    reference: Reference | None = None

    def decide(self, own: Contact, asked: Asked) -> Decision:
        needs(asked, Right.BASIC)
        needs_level(asked, self.directory, Level.EDIT)
        return rule.open(own, self.directory, asked.new_subject, self.kind, self.name, self.reference)


class RenameContact(Command, topic="contact.rename", of=CONTACT):
    """Correct the name of a contact."""

    contact: ContactId
    name: Line

    def decide(self, own: Contact, asked: Asked) -> Decision:
        _edits(asked, self.contact, own)
        return rule.rename(own, self.name)


class MoveContact(Command, topic="contact.move", of=CONTACT):
    """Move a contact to another directory, with the right to edit both (R-DIR-1)."""

    contact: ContactId
    directory: DirectoryId

    def decide(self, own: Contact, asked: Asked) -> Decision:
        _edits(asked, self.contact, own)
        needs_level(asked, self.directory, Level.EDIT)
        return rule.move(own, self.directory)


class SetContactContract(Command, topic="contact.set-contract", of=CONTACT):
    """Give a customer terms of its own, for one incident type or for all (R-SLA-6)."""

    contact: ContactId
    incident_type: IncidentTypeId | None = None
    contract: ContractId | None

    def decide(self, own: Contact, asked: Asked) -> Decision:
        _edits(asked, self.contact, own)
        needs_contract(asked, self.contract)
        needs_incident_type(asked, self.incident_type)
        return rule.set_contract(own, self.incident_type, self.contract, asked.at)
