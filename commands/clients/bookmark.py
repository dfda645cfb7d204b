"""What may be asked about marks: each worker sets their own, at contacts they see."""

from __future__ import annotations

from commands.command import Asked, Command, Decision
from commands.permission import needs
from commands.same import same
from commands.sight import needs_sight, sees
from domain.clients import bookmark as rule
from domain.clients.bookmark import BOOKMARK, Bookmarks
from domain.refusal import NotAllowed, require
from domain.staff.worker import SYSTEM, Right
from domain.values import ContactId, WorkerId


class BookmarkNotYours(NotAllowed):
    """Marks are set and cleared by the worker whose they are."""


def _own(asked: Asked, worker: WorkerId) -> None:
    needs(asked, Right.BASIC)
    require(asked.actor in (worker, SYSTEM), otherwise=BookmarkNotYours)


class PutBookmark(Command, topic="bookmark.put", of=BOOKMARK, by=["worker"]):
    """Have a contact at hand."""

    worker: WorkerId
    contact: ContactId

    def decide(self, own: Bookmarks, asked: Asked) -> Decision:
        _own(asked, self.worker)
        needs_sight(asked, self.contact)
        return rule.set(own, self.contact)


class ClearBookmark(Command, topic="bookmark.clear", of=BOOKMARK, by=["worker"]):
    """Have a contact at hand no longer, nor what counts as one with it."""

    worker: WorkerId
    contact: ContactId

    def decide(self, own: Bookmarks, asked: Asked) -> Decision:
        _own(asked, self.worker)
        return rule.clear(own, same(asked, self.contact) if sees(asked, self.contact) else (self.contact,))
