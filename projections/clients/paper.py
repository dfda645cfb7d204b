"""All notes and all files that lie with a client, page by page, the newest first."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from domain.clients.contact import ContactUnknown
from domain.refusal import Unknown
from domain.staff.worker import Right
from domain.values import ContactId
from projections.access import ACCESS
from projections.clients.client_file import CLIENT_FILE
from projections.clients.client_papers import CLIENT_PAPERS
from projections.looking import How
from projections.names import CALLED
from projections.question import Answer, Leg, Listing
from projections.sight import open_contact

KNOWN = f"EXISTS (SELECT FROM contacts c WHERE c.contact = %(contact)s AND {open_contact('c.contact')})"
NOTE = "n.note, n.contact, n.written_at, n.author, nw.name AS sealed_author_name, n.text AS sealed_text"
NOTE_AUTHOR = "LEFT JOIN worker_names nw ON nw.worker = n.author"
FILE = """
    f.file, f.contact, f.attached_at, f.author, fw.name AS sealed_author_name, f.name AS sealed_name,
    f.media_type, f.size_bytes, f.digest"""
FILE_AUTHOR = "LEFT JOIN worker_names fw ON fw.worker = f.author"


class NoteRow(Answer):
    """What somebody wrote down about the client, and of which contact it was told."""

    note: str
    contact: str
    written_at: datetime
    author: str
    author_name: str | None
    text: str


class FileRow(Answer):
    """A file that lies with the client, and with which contact it was laid; `size_bytes` is that of its content."""

    file: str
    contact: str
    attached_at: datetime
    author: str
    author_name: str | None
    name: str
    media_type: str
    size_bytes: int
    digest: str


NOTES = Leg(
    "FROM contact_notes n WHERE n.contact = sc.contact",
    {"n.written_at": "timestamptz", "n.contact": "text", "n.note": "text"},
    descending=True,
    each="same_contact sc",
)
FILES = Leg(
    "FROM contact_files f WHERE f.contact = sc.contact",
    {"f.attached_at": "timestamptz", "f.contact": "text", "f.file": "text"},
    descending=True,
    each="same_contact sc",
)


class ContactNotes(
    Listing[NoteRow],
    name="contact-notes",
    rests_on=(ACCESS, CLIENT_FILE, CLIENT_PAPERS, CALLED),
    rights=[Right.BASIC],
):
    """What was written down about a contact, and about those that count as one with it."""

    contact: ContactId

    looks = How.OPENED
    of = ("contact", "note")
    shows = NOTE
    joins = f"JOIN contact_notes n ON n.contact = page.contact AND n.note = page.note {NOTE_AUTHOR}"

    def legs(self) -> Sequence[Leg]:
        return [NOTES]

    def known(self) -> str:
        return KNOWN

    def unknown(self) -> type[Unknown]:
        return ContactUnknown


class ContactFiles(
    Listing[FileRow],
    name="contact-files",
    rests_on=(ACCESS, CLIENT_FILE, CLIENT_PAPERS, CALLED),
    rights=[Right.BASIC],
):
    """The files that lie with a contact, and with those that count as one with it."""

    contact: ContactId

    looks = How.OPENED
    of = ("contact", "file")
    shows = FILE
    joins = f"JOIN contact_files f ON f.contact = page.contact AND f.file = page.file {FILE_AUTHOR}"

    def legs(self) -> Sequence[Leg]:
        return [FILES]

    def known(self) -> str:
        return KNOWN

    def unknown(self) -> type[Unknown]:
        return ContactUnknown
