"""Notes and files lie with a contact until somebody takes them away; what they say is the content of its subject."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from pydantic import Field, StringConstraints

from domain.fact import Event
from domain.personal import Masked, Personal, Purpose
from domain.refusal import Refused, Unknown, require
from domain.values import FileId, Line, NoteId, SubjectId, Text

MOST_PAPERS = 1_000
"""Notes of one contact, and as many files."""

MediaType = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9.+-]{0,62}/[a-z0-9][a-z0-9.+-]{0,62}$")]
"""What kind of file it is, by RFC 6838."""

Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
"""SHA-256 over those of the stored parts in order; the parts are sealed, so it tells nothing of the content."""


class ContactNoted(Event, topic="contact.noted"):
    """Somebody wrote this down about the contact."""

    note: NoteId
    subject: SubjectId
    text: Annotated[Text | Masked, Personal("subject", Purpose.CONTENT)]


class ContactNoteRemoved(Event, topic="contact.note-removed"):
    """The note no longer lies with the contact."""

    note: NoteId


class ContactFileAttached(Event, topic="contact.file-attached"):
    """A file lies with the contact; `size_bytes` is that of its content."""

    file: FileId
    subject: SubjectId
    name: Annotated[Line | Masked, Personal("subject", Purpose.CONTENT)]
    media_type: MediaType
    size_bytes: Annotated[int, Field(ge=0)]
    digest: Digest


class ContactFileRemoved(Event, topic="contact.file-removed"):
    """The file no longer lies with the contact."""

    file: FileId


PaperEvent = ContactNoted | ContactNoteRemoved | ContactFileAttached | ContactFileRemoved


class TooManyPapers(Refused):
    """A contact has a thousand notes and a thousand files at most."""


class FileUnknown(Unknown):
    """No such file lies with the contact."""


Papers = frozenset[str]
"""Which notes, or which files, lie there."""


def write(notes: Papers, id: NoteId, text: str, of: SubjectId) -> Iterator[PaperEvent]:
    require(len(notes) < MOST_PAPERS, otherwise=TooManyPapers)
    yield ContactNoted(note=id, subject=of, text=text)


def tear(notes: Papers, id: NoteId) -> Iterator[PaperEvent]:
    """A note that is not there is none to take away."""
    if id in notes:
        yield ContactNoteRemoved(note=id)


def attach(files: Papers, attached: ContactFileAttached) -> Iterator[PaperEvent]:
    """A file that lies there lies there already."""
    if attached.file not in files:
        require(len(files) < MOST_PAPERS, otherwise=TooManyPapers)
        yield attached


def detach(files: Papers, id: FileId) -> Iterator[PaperEvent]:
    """A file that is not there is none to take away."""
    if id in files:
        yield ContactFileRemoved(file=id)


def evolve(papers: Papers, event: PaperEvent) -> Papers:
    """Notes and files have ids of their own, so that both are told by one function."""
    match event:
        case ContactNoted(note=id):
            return papers | {id}
        case ContactFileAttached(file=id):
            return papers | {id}
        case ContactNoteRemoved(note=id):
            return papers - {id}
        case ContactFileRemoved(file=id):
            return papers - {id}
