"""What may be asked about directories: the area administrator sets rights without seeing what is inside (R-DIR-5)."""

from __future__ import annotations

from commands.command import Asked, Command, Decision
from commands.permission import holds, needs, needs_level
from domain.clients import directory as rule
from domain.clients.directory import DIRECTORY, Directory, Level
from domain.staff.worker import SYSTEM, Right
from domain.values import DirectoryId, Holder, Instant, Label, worker_holder


class OpenDirectory(Command, topic="directory.open", of=DIRECTORY):
    """Open a directory; whoever opens it administers it."""

    name: Label

    def decide(self, own: Directory, asked: Asked) -> Decision:
        needs(asked, Right.CRM_ADMINISTRATOR)
        yield from rule.open(own, self.name)
        if asked.actor != SYSTEM:
            yield rule.DirectoryRightSet(holder=worker_holder(asked.actor), level=Level.ADMINISTER)


class RenameDirectory(Command, topic="directory.rename", of=DIRECTORY):
    """Call a directory by another name."""

    directory: DirectoryId
    name: Label

    def decide(self, own: Directory, asked: Asked) -> Decision:
        _administers(asked, self.directory)
        return rule.rename(own, self.name)


class CloseDirectory(Command, topic="directory.close", of=DIRECTORY):
    """Have nothing new put into a directory; what is in it stays as it is."""

    directory: DirectoryId

    def decide(self, own: Directory, asked: Asked) -> Decision:
        _administers(asked, self.directory)
        return rule.close(own)


class ReopenDirectory(Command, topic="directory.reopen", of=DIRECTORY):
    """Let a directory take new things again."""

    directory: DirectoryId

    def decide(self, own: Directory, asked: Asked) -> Decision:
        _administers(asked, self.directory)
        return rule.reopen(own)


class SetDirectoryRight(Command, topic="directory.set-right", of=DIRECTORY):
    """Set the right of a worker or a team to a directory; one with an end lies on top of one without."""

    directory: DirectoryId
    holder: Holder
    level: Level
    until: Instant | None = None

    def decide(self, own: Directory, asked: Asked) -> Decision:
        if not holds(asked, Right.AREA_ADMINISTRATOR):
            needs(asked, Right.BASIC)
            needs_level(asked, self.directory, Level.ADMINISTER)
        return rule.set_right(own, self.holder, self.level, self.until, asked.now)


def _administers(asked: Asked, directory: DirectoryId) -> None:
    needs(asked, Right.CRM_ADMINISTRATOR)
    needs_level(asked, directory, Level.ADMINISTER)
