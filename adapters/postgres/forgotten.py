"""What the database has of the forgotten: their receipts in the log, and whether anything else of them is there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from adapters.postgres.key_holders import Line
from adapters.postgres.purge import left
from adapters.postgres.rounds import DESTROYED, STREAM, Linked, Round, linked
from adapters.postgres.rounds import rounds as rounds_of
from adapters.sealing import KeyName
from domain.clients.contact import CONTACT
from domain.clients.paper import ContactFileAttached
from domain.personal import Purpose
from domain.privacy.erasure import ERASURE
from domain.privacy.receipt import BOOK, RECEIPT, Receipt, ReceiptIssued
from domain.staff.worker import WORKER

UNFENCED = """
SELECT count(*) FROM unnest(%s::text[]) AS wanted(subject) LEFT JOIN subject_fences f USING (subject)
WHERE f.subject IS NULL OR NOT %s::text[] <@ f.purposes
"""
KEYS = "SELECT count(*) FROM subject_keys WHERE subject = ANY (%s::text[]) AND purpose = ANY (%s::text[])"
FILES = "SELECT count(*) FROM stored_files WHERE subject = ANY (%s::text[])"
SIGN_INS = """
SELECT (SELECT count(*) FROM sign_ins WHERE worker = %(worker)s)
    + (SELECT count(*) FROM oidc_subjects WHERE worker = %(worker)s)
    + (SELECT count(*) FROM sessions WHERE worker = %(worker)s)
    + (SELECT count(*) FROM analysts WHERE worker = %(worker)s)
"""
ATTACHED = """
SELECT DISTINCT convert_from(state, 'UTF8')::json ->> 'file' FROM facts
WHERE originator_id = ANY (%s::text[]) AND topic = %s ORDER BY 1
"""


def book(line: Line) -> list[ReceiptIssued]:
    """All receipts of the log, in their order."""
    events = [fact.event for fact, _ in _stream(line, RECEIPT.stream(BOOK))]
    return [event for event in events if isinstance(event, ReceiptIssued)]


def rounds(line: Line, person: str) -> list[Round]:
    """The rounds of a person's erasure, in their order."""
    return rounds_of(_stream(line, ERASURE.stream(person)))


def remains(line: Line, receipt: Receipt) -> Iterator[tuple[str, str]]:
    """What is there of the person that should not be, or is not there that should: its kind, and a sentence."""
    subjects, purposes = list(receipt.subjects), list(map(str, receipt.purposes))
    if missing := _count(line, UNFENCED, subjects, purposes):
        yield "fence", f"{missing} of {len(subjects)} subjects have no fence for what was destroyed"
    if there := _count(line, KEYS, subjects, purposes):
        yield "key", f"{there} keys are there that the receipt says are destroyed, or that nobody may make"
    destroyed = {tuple(row) for row in line.execute(DESTROYED, (subjects, purposes)).fetchall()}
    if destroyed != {(k.subject, str(k.purpose), k.epoch, k.kek_epoch, k.fingerprint) for k in receipt.keys}:
        yield "key", "the keys that were destroyed are not those of the receipt"
    names = [KeyName(subject, purpose) for subject in subjects for purpose in purposes]
    for table in left(line, names):
        yield "read-model", f"{table} holds something sealed of them"
    if Purpose.CONTENT in receipt.purposes and (files := _count(line, FILES, subjects)):
        yield "file", f"{files} files are noted as stored for them"
    kind, _, id = receipt.person.partition(":")
    if kind == WORKER.kind and (signs_in := line.execute(SIGN_INS, {"worker": id}).fetchone()) != (0,):
        yield "sign-in", f"{signs_in[0] if signs_in else 0} rows let them sign in"


def files(line: Line, receipt: Receipt) -> Sequence[str]:
    """Every file that ever lay with one of the contacts."""
    streams = [CONTACT.stream(each) for each in receipt.contacts]
    return [file for (file,) in line.execute(ATTACHED, (streams, ContactFileAttached.topic)).fetchall()]


def _stream(line: Line, stream: str) -> list[Linked]:
    return linked(line.execute(STREAM, (stream,)).fetchall())


def _count(line: Line, statement: str, *given: Any) -> int:
    row = line.execute(statement.encode(), given).fetchone()
    return int(row[0]) if row else 0
