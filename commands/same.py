"""Contacts that were merged count as one, whichever of them a request names (N-7)."""

from __future__ import annotations

from commands.command import Reading
from domain.clients.contact import CONTACT
from domain.values import ContactId


def same(asked: Reading, contact: ContactId) -> tuple[ContactId, ...]:
    """All that count as one with the contact: the one under whose name they go first."""
    survivor = asked.read(CONTACT, contact).survivor or contact
    return (survivor, *asked.read(CONTACT, survivor).absorbed)
