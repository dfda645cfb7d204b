"""A worker keeps marks at contacts, to have them at hand; they are that worker's own affair."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from domain.decider import Decider
from domain.fact import Event, Fact
from domain.refusal import Refused, require
from domain.values import ContactId

MOST_BOOKMARKS = 500
"""Of one worker."""


class BookmarkSet(Event, topic="bookmark.set"):
    """The worker wants this contact at hand."""

    contact: ContactId


class BookmarkCleared(Event, topic="bookmark.cleared"):
    """The worker needs this contact at hand no longer."""

    contact: ContactId


BookmarkEvent = BookmarkSet | BookmarkCleared


class TooManyBookmarks(Refused):
    """A worker has five hundred marks at most."""


@dataclass(frozen=True, slots=True)
class Bookmarks:
    """All marks of one worker; the stream is named after the worker."""

    contacts: frozenset[ContactId] = frozenset()


def set(bookmarks: Bookmarks, contact: ContactId) -> Iterator[BookmarkEvent]:
    if contact not in bookmarks.contacts:
        require(len(bookmarks.contacts) < MOST_BOOKMARKS, otherwise=TooManyBookmarks)
        yield BookmarkSet(contact=contact)


def clear(bookmarks: Bookmarks, contacts: tuple[ContactId, ...]) -> Iterator[BookmarkEvent]:
    """The marks at any of what counts as one contact."""
    for contact in contacts:
        if contact in bookmarks.contacts:
            yield BookmarkCleared(contact=contact)


def evolve(bookmarks: Bookmarks, fact: Fact[BookmarkEvent]) -> Bookmarks:
    match fact.event:
        case BookmarkSet(contact=contact):
            return Bookmarks(bookmarks.contacts | {contact})
        case BookmarkCleared(contact=contact):
            return Bookmarks(bookmarks.contacts - {contact})


BOOKMARK = Decider("bookmark", Bookmarks(), evolve, (BookmarkSet, BookmarkCleared))
