"""What may be asked about legal holds: by a privacy officer, of anybody (D23)."""

from __future__ import annotations

from commands.command import Asked, Command, Decision
from commands.permission import needs
from commands.privacy.person import party
from domain.company.settings import COMPANY, SETTINGS
from domain.privacy import hold as rule
from domain.privacy.hold import HOLD, Hold
from domain.staff.worker import Right
from domain.values import Instant, Label, Person


class PlaceHold(Command, topic="hold.place", of=HOLD, by=["person"]):
    """Keep a person from being forgotten, on a ground from the list; until an instant, or until it is lifted."""

    person: Person
    ground: Label
    until: Instant | None = None

    def decide(self, own: Hold, asked: Asked) -> Decision:
        needs(asked, Right.PRIVACY_OFFICER)
        party(asked, self.person)
        return rule.place(own, self.ground, self.until, asked.read(SETTINGS, COMPANY).hold_grounds, asked.now)


class LiftHold(Command, topic="hold.lift", of=HOLD, by=["person"]):
    """Say that this ground keeps the person from being forgotten no longer."""

    person: Person
    ground: Label

    def decide(self, own: Hold, asked: Asked) -> Decision:
        needs(asked, Right.PRIVACY_OFFICER)
        return rule.lift(own, self.ground)
