"""What may be asked about contacts found to be the same: with the right to edit the directories of both (R-CON-1)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from commands.clients.contact import edits
from commands.command import Asked, Change, Command, Decision
from commands.permission import LevelMissing, level
from domain.clients import merge as rule
from domain.clients.contact import CONTACT, Contact
from domain.clients.directory import DIRECTORY, Level
from domain.clients.merge import Told
from domain.refusal import require
from domain.values import ContactId


def _changes(told: Iterable[Told]) -> Iterator[Change]:
    return (Change(CONTACT, id, event) for id, event in told)


class MergeContact(Command, topic="contact.merge", of=CONTACT):
    """Have a contact go under another one's name, with all it has; whatever names either goes on to name it (N-7)."""

    contact: ContactId
    survivor: ContactId

    def decide(self, own: Contact, asked: Asked) -> Decision:
        edits(asked, self.contact, own)
        survivor = asked.read(CONTACT, self.survivor)
        edits(asked, self.survivor, survivor)
        return _changes(rule.merge(self.contact, own, self.survivor, survivor))


class SeparateContact(Command, topic="contact.separate", of=CONTACT):
    """Undo a merge: the contact is by itself again, with all that was ever recorded of it and nothing else (N-7)."""

    contact: ContactId

    def decide(self, own: Contact, asked: Asked) -> Decision:
        edits(asked, self.contact, own)
        assert own.directory is not None
        # Where it will lie may be hidden from one who sees it now: no other word for that than for too low a right.
        lies = asked.read(DIRECTORY, own.directory)
        require(level(asked, lies).reaches(Level.EDIT), otherwise=LevelMissing)
        return _changes(rule.separate(self.contact, own))
