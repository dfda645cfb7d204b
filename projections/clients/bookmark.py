"""The contacts that I want at hand, as far as I may know of them still."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from domain.staff.worker import Right
from projections.access import ACCESS
from projections.clients.bookmarks import AT_HAND
from projections.clients.client_file import CLIENT_FILE
from projections.clients.contact import CALLED_WHAT, SHOWN, ContactRow
from projections.clients.linked import survivor
from projections.looking import How
from projections.names import CALLED
from projections.question import Leg, Listing
from projections.sight import left_out, open_contact


class BookmarkRow(ContactRow):
    """A contact, and since when the asker wants it at hand."""

    set_at: datetime


class Bookmarks(
    Listing[BookmarkRow], name="bookmarks", rests_on=(ACCESS, AT_HAND, CLIENT_FILE, CALLED), rights=[Right.BASIC]
):
    """My own marks, the newest first; of contacts that were merged the survivor, once."""

    looks = How.FOUND
    of = ("contact", "set_at")
    shows = f"{SHOWN}, page.set_at"
    joins = f"""
        JOIN contacts c ON c.contact = page.contact
        JOIN access_contacts ac ON ac.contact = c.contact {CALLED_WHAT}"""

    def legs(self) -> Sequence[Leg]:
        marked = f"""
            SELECT {survivor("m.contact")} AS contact, max(m.set_at) AS set_at
            FROM bookmarks m WHERE m.worker = %(actor)s GROUP BY 1"""
        rows = f"FROM ({marked}) b WHERE {open_contact('b.contact')} AND NOT {left_out('b.contact')}"
        return [Leg(rows, {"b.set_at": "timestamptz", "b.contact": "text"}, descending=True)]
