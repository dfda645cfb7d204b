"""What may be asked about areas: by the area administrator."""

from __future__ import annotations

from commands.command import Asked, Command, Decision
from commands.permission import needs
from domain.refusal import require
from domain.staff import area as rule
from domain.staff.area import AREA, Area, AreaUnknown, Role
from domain.staff.worker import Right
from domain.values import AreaId, Holder, Label


class OpenArea(Command, topic="area.open", of=AREA):
    """Open an area, inside another one or at the top."""

    name: Label
    parent: AreaId | None = None

    def decide(self, own: Area, asked: Asked) -> Decision:
        needs(asked, Right.AREA_ADMINISTRATOR)
        require(self.parent is None or asked.read(AREA, self.parent).opened, otherwise=AreaUnknown)
        return rule.open(own, self.name, self.parent)


class GiveAreaRole(Command, topic="area.give-role", of=AREA):
    """Make a worker or a team member, reader or manager of an area."""

    area: AreaId
    holder: Holder
    role: Role

    def decide(self, own: Area, asked: Asked) -> Decision:
        needs(asked, Right.AREA_ADMINISTRATOR)
        return rule.give(own, self.holder, self.role)


class TakeAreaRole(Command, topic="area.take-role", of=AREA):
    """Take a role in an area from a worker or a team."""

    area: AreaId
    holder: Holder
    role: Role

    def decide(self, own: Area, asked: Asked) -> Decision:
        needs(asked, Right.AREA_ADMINISTRATOR)
        return rule.take(own, self.holder, self.role)
