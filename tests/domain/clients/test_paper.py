"""Notes and files lie with a contact until they are taken away, a bounded number of each."""

from specification import Having, folded

from domain.clients.contact import CONTACT, ContactKind, ContactOpened
from domain.clients.paper import (
    MOST_PAPERS,
    ContactFileAttached,
    ContactFileRemoved,
    ContactNoted,
    ContactNoteRemoved,
    Papers,
    TooManyPapers,
    attach,
    detach,
    tear,
    write,
)
from examples import CUSTOMERS, MEMO, MILL_SUBJECT, PLAN

OPENED = ContactOpened(directory=CUSTOMERS, subject=MILL_SUBJECT, kind=ContactKind.COMPANY, name="Mill")
NOTED = ContactNoted(note=MEMO, subject=MILL_SUBJECT, text="Ring twice")
ATTACHED = ContactFileAttached(
    file=PLAN, subject=MILL_SUBJECT, name="Yard", media_type="image/png", size_bytes=1, digest="0" * 64
)
NONE: Papers = frozenset()


def many(number: int) -> Having[Papers]:
    return Having(frozenset(f"p{n}" for n in range(number)))


def test_a_note_is_written_and_taken_away_once() -> None:
    Having(NONE).deciding(write, MEMO, "Ring twice", MILL_SUBJECT).then(NOTED)
    Having(frozenset({MEMO})).deciding(tear, MEMO).then(ContactNoteRemoved(note=MEMO))
    Having(NONE).deciding(tear, MEMO).then()


def test_a_file_is_attached_and_taken_away_once() -> None:
    Having(NONE).deciding(attach, ATTACHED).then(ATTACHED)
    Having(frozenset({PLAN})).deciding(attach, ATTACHED).then()
    Having(frozenset({PLAN})).deciding(detach, PLAN).then(ContactFileRemoved(file=PLAN))
    Having(NONE).deciding(detach, PLAN).then()


def test_there_are_a_thousand_of_each_at_most() -> None:
    many(MOST_PAPERS - 1).deciding(write, MEMO, "Ring twice", MILL_SUBJECT).then(NOTED)
    many(MOST_PAPERS).deciding(write, MEMO, "Ring twice", MILL_SUBJECT).refused(TooManyPapers)
    many(MOST_PAPERS - 1).deciding(attach, ATTACHED).then(ATTACHED)
    many(MOST_PAPERS).deciding(attach, ATTACHED).refused(TooManyPapers)


def test_notes_and_files_are_counted_apart() -> None:
    both = folded(CONTACT, OPENED, NOTED, ATTACHED)
    assert ([*both.notes], [*both.files]) == ([MEMO], [PLAN])
    left = folded(CONTACT, OPENED, NOTED, ATTACHED, ContactNoteRemoved(note=MEMO))
    assert ([*left.notes], [*left.files]) == ([], [PLAN])
    left = folded(CONTACT, OPENED, NOTED, ATTACHED, ContactFileRemoved(file=PLAN))
    assert ([*left.notes], [*left.files]) == ([MEMO], [])
