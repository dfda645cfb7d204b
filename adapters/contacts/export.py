"""Contacts as far as a worker sees them, page by page, each page recorded as exported before it is here (R-AUD-1)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any

from adapters.contacts.company import Desk
from domain.values import ContactId, DirectoryId
from projections.clients.card import ContactCards
from projections.clients.paper import ContactNotes

PURPOSE = "export"


async def exported(desk: Desk, directory: DirectoryId | None) -> AsyncIterator[Mapping[str, Any]]:
    """The rows of "contact-cards", each with all its notes, the first first. Raises Declined, NoAnswer."""
    async for row in desk.rows(ContactCards(directory=directory), purpose=PURPOSE):
        notes = row["notes"]
        if row["more_notes"]:
            question = ContactNotes(contact=ContactId(row["contact"]))
            notes = [note["text"] async for note in desk.rows(question, purpose=PURPOSE)]
        yield {**row, "notes": notes[::-1]}
