"""What may be asked about what contacts are to each other: of contacts that the asker sees, as if there were no others.

The other one need not be editable; nothing is written down there.
"""

from __future__ import annotations

from commands.clients.contact import edits
from commands.command import Asked, Command, Decision
from commands.same import same
from commands.sight import needs_sight
from domain.clients import relation as rule
from domain.clients.contact import CONTACT, Contact, ContactKind, needs_used
from domain.clients.relation import (
    LinkedWithItself,
    NotAnOrganisation,
    OnlyPartsHaveAWhole,
    OnlyPersonsAreEmployed,
)
from domain.company.settings import COMPANY, SETTINGS
from domain.refusal import require
from domain.values import ContactId, Label


def _needs_another(asked: Asked, contact: ContactId, other: ContactId) -> None:
    needs_sight(asked, other)
    require(other not in same(asked, contact), otherwise=LinkedWithItself)
    needs_used(asked.read(CONTACT, other))


def _needs_organisation(asked: Asked, contact: ContactId, other: ContactId | None) -> None:
    """None at all is all right."""
    if other is not None:
        _needs_another(asked, contact, other)
        require(asked.read(CONTACT, other).kind is not ContactKind.PERSON, otherwise=NotAnOrganisation)


class EmployContact(Command, topic="contact.employ", of=CONTACT):
    """Say for which organisation a person works since this happened, or for none."""

    contact: ContactId
    employer: ContactId | None

    def decide(self, own: Contact, asked: Asked) -> Decision:
        edits(asked, self.contact, own)
        _needs_organisation(asked, self.contact, self.employer)
        require(own.kind is ContactKind.PERSON, otherwise=OnlyPersonsAreEmployed)
        return rule.employ(own.employers, self.employer, asked.at)


class SetContactPart(Command, topic="contact.set-part", of=CONTACT):
    """Say of which company a contact is a part, or of none."""

    contact: ContactId
    whole: ContactId | None

    def decide(self, own: Contact, asked: Asked) -> Decision:
        edits(asked, self.contact, own)
        _needs_organisation(asked, self.contact, self.whole)
        require(own.kind is ContactKind.PART, otherwise=OnlyPartsHaveAWhole)
        return rule.put_into(own.whole, self.whole)


class RelateContact(Command, topic="contact.relate", of=CONTACT):
    """Say what a contact is to another one, in the words of the company's code list."""

    contact: ContactId
    relation: Label
    other: ContactId

    def decide(self, own: Contact, asked: Asked) -> Decision:
        edits(asked, self.contact, own)
        _needs_another(asked, self.contact, self.other)
        return rule.relate(own.relations, self.other, self.relation, asked.read(SETTINGS, COMPANY).relations)


class UnrelateContact(Command, topic="contact.unrelate", of=CONTACT):
    """Say that a contact is this to another one no longer."""

    contact: ContactId
    relation: Label
    other: ContactId

    def decide(self, own: Contact, asked: Asked) -> Decision:
        edits(asked, self.contact, own)
        needs_sight(asked, self.other)
        return rule.unrelate(own.relations, self.other, self.relation)
