"""Contacts found to be the same go under one name, and come apart again exactly: no fact ever moves (R-CON-1, N-7)."""

from __future__ import annotations

from collections.abc import Iterator

from domain.clients.contact import (
    Contact,
    ContactAbsorbed,
    ContactEvent,
    ContactGoesUnderAnother,
    ContactMerged,
    ContactReleased,
    ContactSeparated,
    ContactUnknown,
)
from domain.refusal import Refused, require
from domain.values import ContactId

MOST_ABSORBED = 50
"""By one contact."""


class MergedWithItself(Refused):
    """A contact cannot be merged into itself."""


class TooManyMerged(Refused):
    """Fifty contacts at most go under another one's name."""


Told = tuple[ContactId, ContactEvent]
"""An event, and of which contact it is."""


def merge(id: ContactId, contact: Contact, into: ContactId, survivor: Contact) -> Iterator[Told]:
    """The contact goes under the survivor's name, and with it all that went under its own."""
    require(contact.directory is not None and survivor.directory is not None, otherwise=ContactUnknown)
    require(id != into, otherwise=MergedWithItself)
    if contact.survivor == into:
        return
    require(contact.survivor is None and survivor.survivor is None, otherwise=ContactGoesUnderAnother)
    coming = (id, *contact.absorbed)
    require(len(survivor.absorbed) + len(coming) <= MOST_ABSORBED, otherwise=TooManyMerged)
    for each in coming:
        yield each, ContactMerged(survivor=into)
        yield into, ContactAbsorbed(contact=each)


def separate(id: ContactId, contact: Contact) -> Iterator[Told]:
    """The contact goes under its own name, and under it again all that had come along with it."""
    require(contact.directory is not None, otherwise=ContactUnknown)
    if contact.survivor is None:
        return
    going = (id, *contact.absorbed)
    for former in (*contact.through, contact.survivor):
        for each in going:
            yield former, ContactReleased(contact=each)
    yield id, ContactSeparated(survivor=contact.survivor)
    for each in contact.absorbed:
        yield each, ContactMerged(survivor=id)
