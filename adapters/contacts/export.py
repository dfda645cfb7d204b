"""Contacts as far as a worker sees them, page by page, each page recorded as exported before it is here (R-AUD-1)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from adapters.contacts.company import Desk, Row
from domain.clients.contact import ContactKind
from domain.values import DirectoryId
from projections.clients.card import ContactCards

PURPOSE = "export"


async def exported(desk: Desk, directory: DirectoryId | None) -> AsyncIterator[Row]:
    """The rows of "contact-cards", each with all its notes, the first first. Raises Declined, NoAnswer."""
    async for row in desk.cards(ContactCards(directory=directory), purpose=PURPOSE):
        yield {**row, **_others(row), "notes": row["notes"][::-1]}


def _others(row: Row) -> dict[str, Any]:
    """Only a person has an employer and only a part a whole, whatever was merged into it."""
    person, part = (row["kind"] == kind for kind in (ContactKind.PERSON, ContactKind.PART))
    return {"employer": row["employer"] if person else None, "whole": row["whole"] if part else None}
