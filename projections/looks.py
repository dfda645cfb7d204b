"""Who looked at whom, told to auditors alone; to ask for it is an exception too, and kept like any other (R-AUD-1)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar

from domain.staff.worker import Right
from domain.values import ContactId, Instant, WorkerId
from projections.access import ACCESS
from projections.looking import Aim, How, Look
from projections.names import CALLED
from projections.question import Answer, Leg, Listing


class LookRow(Answer):
    """What one answer showed: ids alone, so that it can be kept when the contact is forgotten.

    `about` is the stream that was asked about, where it is no contact's; `exception` the right without which the
    worker would not have been told; `purpose` for what it was taken out.
    """

    at: datetime
    worker: str
    worker_name: str | None
    caller: str
    question: str
    how: How
    contacts: tuple[str, ...]
    about: str | None
    exception: Right | None
    purpose: Aim | None


class Looks(Listing[LookRow], name="looks", rests_on=(ACCESS, CALLED), rights=[Right.AUDITOR]):
    """Who was shown a contact, or what a worker was shown, the newest first; [since, until)."""

    contact: ContactId | None = None
    worker: WorkerId | None = None
    since: Instant | None = None
    until: Instant | None = None

    narrowing: ClassVar = {
        "contact": "l.contact = %(contact)s",
        "worker": "l.worker = %(worker)s",
        "since": "l.at >= %(since)s",
        "until": "l.at < %(until)s",
    }
    looks = How.OPENED
    of = ("at", "look")
    shows = """
        l.at, l.worker, w.name AS sealed_worker_name, l.caller, l.question, l.how, l.contacts, l.about,
        l.exception AS by_exception, l.purpose"""
    joins = """
        JOIN looks l ON l.at = page.at AND l.look = page.look
        LEFT JOIN worker_names w ON w.worker = l.worker"""

    def legs(self) -> Sequence[Leg]:
        held = "looks" if self.contact is None else "look_contacts"
        rows = f"FROM {held} l WHERE true{self.given()}"
        return [Leg(rows, {"l.at": "timestamptz", "l.look": "uuid"}, descending=True)]

    @classmethod
    def shown(cls, row: dict[str, Any]) -> dict[str, Any]:
        """The exception that is told of is not the one by which it is told."""
        return row | {"exception": row.pop("by_exception")}

    def looked(self, _: Iterable[Mapping[str, Any]], __: Iterable[Right | None]) -> Iterator[Look]:
        """By what was asked for, also where nothing was found; what was told would make records grow by records."""
        contacts = () if self.contact is None else (self.contact,)
        about = None if self.worker is None else f"worker-{self.worker}"
        yield Look(How.OPENED, contacts, about, Right.AUDITOR)
