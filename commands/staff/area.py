"""What may be asked about areas: by the area administrator, and about what goes on inside by their managers."""

from __future__ import annotations

from commands.command import Asked, Command, Decision
from commands.existence import needs_worker
from commands.permission import manages, needs
from domain.company.settings import COMPANY, SETTINGS
from domain.refusal import Refused, require
from domain.staff import area as rule
from domain.staff.area import AREA, Area, AreaUnknown, Role
from domain.staff.worker import Right
from domain.values import AreaId, Holder, Instant, Label, WorkerId

DEEPEST = 50
"""So many areas may lie one in another."""


class AreaTooDeep(Refused):
    """Fifty areas at most lie one in another."""


class AreaIsDefault(Refused):
    """Tickets come to this area when nothing else says where: name another one for that before."""


def _above(asked: Asked, parent: AreaId | None) -> tuple[AreaId, ...]:
    """The parent, and all that it lies in."""
    found: list[AreaId] = []
    while parent is not None:
        require(len(found) < DEEPEST, otherwise=AreaTooDeep)
        area = asked.read(AREA, parent)
        require(area.opened, otherwise=AreaUnknown)
        found.append(parent)
        parent = area.parent
    return tuple(found)


class OpenArea(Command, topic="area.open", of=AREA):
    """Open an area, inside another one or at the top."""

    name: Label
    parent: AreaId | None = None

    def decide(self, own: Area, asked: Asked) -> Decision:
        needs(asked, Right.AREA_ADMINISTRATOR)
        _above(asked, self.parent)
        return rule.open(own, self.name, self.parent)


class GiveAreaRole(Command, topic="area.give-role", of=AREA):
    """Make a worker or a team member, reader or manager of an area, for good or until an instant."""

    area: AreaId
    holder: Holder
    role: Role
    until: Instant | None = None

    def decide(self, own: Area, asked: Asked) -> Decision:
        manages(asked, own)
        return rule.give(own, self.holder, self.role, self.until, asked.now)


class TakeAreaRole(Command, topic="area.take-role", of=AREA):
    """Take a role in an area from a worker or a team."""

    area: AreaId
    holder: Holder
    role: Role

    def decide(self, own: Area, asked: Asked) -> Decision:
        manages(asked, own)
        return rule.take(own, self.holder, self.role)


class RenameArea(Command, topic="area.rename", of=AREA):
    """Call an area by another name."""

    area: AreaId
    name: Label

    def decide(self, own: Area, asked: Asked) -> Decision:
        manages(asked, own)
        return rule.rename(own, self.name)


class NameAreaHead(Command, topic="area.name-head", of=AREA):
    """Name the head of an area, or nobody; a head has no role in it for that."""

    area: AreaId
    worker: WorkerId | None

    def decide(self, own: Area, asked: Asked) -> Decision:
        manages(asked, own)
        needs_worker(asked, self.worker)
        return rule.name_head(own, self.worker)


class MoveArea(Command, topic="area.move", of=AREA):
    """Put an area inside another one, or at the top; who may what in it stays as it is."""

    area: AreaId
    parent: AreaId | None

    def decide(self, own: Area, asked: Asked) -> Decision:
        needs(asked, Right.AREA_ADMINISTRATOR)
        return rule.move(own, self.area, self.parent, _above(asked, self.parent))


class CloseArea(Command, topic="area.close", of=AREA):
    """Let no new ticket come to an area."""

    area: AreaId

    def decide(self, own: Area, asked: Asked) -> Decision:
        needs(asked, Right.AREA_ADMINISTRATOR)
        require(asked.read(SETTINGS, COMPANY).default_area != self.area, otherwise=AreaIsDefault)
        return rule.close(own, asked.at)


class ReopenArea(Command, topic="area.reopen", of=AREA):
    """Let new tickets come to an area again."""

    area: AreaId

    def decide(self, own: Area, asked: Asked) -> Decision:
        needs(asked, Right.AREA_ADMINISTRATOR)
        return rule.reopen(own, asked.at)
