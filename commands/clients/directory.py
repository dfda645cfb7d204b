"""What may be asked about directories: the area administrator sets rights without seeing what is inside (R-DIR-5)."""

from __future__ import annotations

from commands.command import Asked, Command, Decision
from commands.permission import needs, needs_level
from domain.clients import directory as rule
from domain.clients.directory import DIRECTORY, Directory, Level
from domain.staff.worker import SYSTEM, WORKER, Right
from domain.values import DirectoryId, Holder, Label, worker_holder


class OpenDirectory(Command, topic="directory.open", of=DIRECTORY):
    """Open a directory; whoever opens it administers it."""

    name: Label

    def decide(self, own: Directory, asked: Asked) -> Decision:
        needs(asked, Right.CRM_ADMINISTRATOR)
        yield from rule.open(own, self.name)
        if asked.actor != SYSTEM:
            yield rule.DirectoryRightSet(holder=worker_holder(asked.actor), level=Level.ADMINISTER)


class SetDirectoryRight(Command, topic="directory.set-right", of=DIRECTORY):
    """Set the right of a worker or a team to a directory."""

    directory: DirectoryId
    holder: Holder
    level: Level

    def decide(self, own: Directory, asked: Asked) -> Decision:
        if asked.actor == SYSTEM or not asked.read(WORKER, asked.actor).holds(Right.AREA_ADMINISTRATOR):
            needs(asked, Right.BASIC)
            needs_level(asked, self.directory, Level.ADMINISTER)
        return rule.set_right(own, self.holder, self.level)
