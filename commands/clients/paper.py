"""What may be asked about the notes and files that lie with a contact, by whoever may edit it."""

from __future__ import annotations

from commands.clients.contact import corrects, edits
from commands.command import Asked, Command, Decision
from commands.lookup import STORED, Stored
from domain.clients import paper as rule
from domain.clients.contact import CONTACT, Contact
from domain.clients.paper import ContactFileAttached, MediaType
from domain.refusal import Refused
from domain.values import ContactId, FileId, Line, NoteId, SubjectId, Text


class FileNotStored(Refused):
    """No contents were put for this contact under this id, or not all of them, or they were left for a day."""


class NoteOnContact(Command, topic="contact.note", of=CONTACT):
    """Write something down about a contact; the note gets the id that follows from caller and command id."""

    contact: ContactId
    text: Text

    def decide(self, own: Contact, asked: Asked) -> Decision:
        subject = edits(asked, self.contact, own)
        return rule.write(own.notes, NoteId(asked.new_id), self.text, subject)


class RemoveContactNote(Command, topic="contact.remove-note", of=CONTACT):
    """Take a note away from a contact."""

    contact: ContactId
    note: NoteId

    def decide(self, own: Contact, asked: Asked) -> Decision:
        corrects(asked, self.contact, own)
        return rule.tear(own.notes, self.note)


class AttachFile(Command, topic="contact.attach-file", of=CONTACT):
    """Lay a file with a contact, whose contents were put for it within the last day; its id was given then."""

    contact: ContactId
    file: FileId
    name: Line
    media_type: MediaType

    def decide(self, own: Contact, asked: Asked) -> Decision:
        subject = edits(asked, self.contact, own)
        contents = stored(asked, self.file, self.contact, subject)
        attached = ContactFileAttached(
            file=self.file,
            subject=subject,
            name=self.name,
            media_type=self.media_type,
            size_bytes=contents.size_bytes,
            digest=contents.digest,
        )
        return rule.attach(own.files, attached)


def stored(asked: Asked, file: FileId, contact: ContactId, subject: SubjectId) -> Stored:
    """What was put for this contact and this subject. Refuses what was put for others as it does what never was."""
    for found in asked.find(STORED, file):
        if (found.contact, found.subject) == (contact, subject) and asked.now < found.until:
            return found
    raise FileNotStored


class RemoveFile(Command, topic="contact.remove-file", of=CONTACT):
    """Take a file away from a contact."""

    contact: ContactId
    file: FileId

    def decide(self, own: Contact, asked: Asked) -> Decision:
        corrects(asked, self.contact, own)
        return rule.detach(own.files, self.file)
