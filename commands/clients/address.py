"""What may be asked about the addresses of a contact, by whoever may edit it."""

from __future__ import annotations

from commands.clients.contact import corrects, edits
from commands.command import Asked, Command, Decision
from commands.normal import normal
from domain.clients import address as rule
from domain.clients.address import AddressKind, AddressUnknown, AddressUse
from domain.clients.contact import CONTACT, Contact
from domain.company.settings import COMPANY, SETTINGS
from domain.refusal import require
from domain.values import AddressId, ContactId, Text


def _normal(asked: Asked, kind: AddressKind, typed: str) -> str | None:
    return normal(kind, typed, asked.read(SETTINGS, COMPANY).country)


class AddAddress(Command, topic="contact.add-address", of=CONTACT):
    """Write down where a contact can be reached; the address gets the id that follows from caller and command id."""

    contact: ContactId
    kind: AddressKind
    use: AddressUse = AddressUse.WORK
    typed: Text

    def decide(self, own: Contact, asked: Asked) -> Decision:
        subject = edits(asked, self.contact, own)
        compared = _normal(asked, self.kind, self.typed)
        return rule.add(own.addresses, AddressId(asked.new_id), self.kind, self.use, self.typed, compared, subject)


class ChangeAddress(Command, topic="contact.change-address", of=CONTACT):
    """Correct an address of a contact."""

    contact: ContactId
    address: AddressId
    typed: Text

    def decide(self, own: Contact, asked: Asked) -> Decision:
        subject = corrects(asked, self.contact, own)
        require(self.address in own.addresses, otherwise=AddressUnknown)
        compared = _normal(asked, own.addresses[self.address].kind, self.typed)
        return rule.change(own.addresses, self.address, self.typed, compared, subject)


class RemoveAddress(Command, topic="contact.remove-address", of=CONTACT):
    """Take away an address where a contact can be reached no longer."""

    contact: ContactId
    address: AddressId

    def decide(self, own: Contact, asked: Asked) -> Decision:
        corrects(asked, self.contact, own)
        return rule.remove(own.addresses, self.address)
