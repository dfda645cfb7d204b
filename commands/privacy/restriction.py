"""What may be asked instead of forgetting: that data is kept and not used, by a privacy officer (R-GDP-1)."""

from __future__ import annotations

from commands.command import Asked, Command, Decision, on
from commands.permission import needs
from commands.privacy.person import party
from domain.clients import contact as rule
from domain.clients.contact import CONTACT, Contact
from domain.company.settings import COMPANY, SETTINGS
from domain.privacy.hold import HoldGroundNotListed
from domain.refusal import require
from domain.staff.worker import Right
from domain.values import ContactId, Label, person


class RestrictContact(Command, topic="contact.restrict", of=CONTACT):
    """Keep a contact's data and let nobody but privacy officers see it, nor anything new be begun with them."""

    contact: ContactId
    ground: Label

    def decide(self, _: Contact, asked: Asked) -> Decision:
        needs(asked, Right.PRIVACY_OFFICER)
        them = party(asked, person(CONTACT.kind, self.contact))
        require(self.ground in asked.read(SETTINGS, COMPANY).hold_grounds, otherwise=HoldGroundNotListed)
        for each in them.contacts:
            yield from on(CONTACT, each, rule.restrict(asked.read(CONTACT, each), self.ground, them.subjects))


class LiftRestriction(Command, topic="contact.lift-restriction", of=CONTACT):
    """Have a contact's data be used again."""

    contact: ContactId

    def decide(self, _: Contact, asked: Asked) -> Decision:
        needs(asked, Right.PRIVACY_OFFICER)
        them = party(asked, person(CONTACT.kind, self.contact))
        for each in them.contacts:
            yield from on(CONTACT, each, rule.lift_restriction(asked.read(CONTACT, each), them.subjects))
