"""Whom the asker may know: the contacts of open directories; those merged into another go under its name (R-DIR-3)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar

from domain.clients.contact import ContactKind
from domain.staff.worker import Right
from domain.values import ContactId, DirectoryId, Reference
from projections.access import ACCESS
from projections.clients.client_file import CLIENT_FILE
from projections.clients.client_links import CLIENT_LINKS
from projections.clients.linked import survivor
from projections.looking import How
from projections.names import CALLED
from projections.question import Answer, Leg, Listing
from projections.sight import (
    LOOKED_UP_BY,
    holds,
    left_out,
    officers_exception,
    open_contact,
    open_directory,
    open_to_officer,
)


class ContactRow(Answer):
    """A contact, and where it lies."""

    contact: str
    kind: str
    name: str
    reference: str | None
    directory: str
    directory_name: str | None
    opened_at: datetime


SHOWN = """
    c.contact, c.kind, cn.name AS sealed_name, c.reference, ac.directory, dn.name AS directory_name, c.opened_at"""
CALLED_WHAT = """
    LEFT JOIN contact_names cn ON cn.contact = c.contact
    LEFT JOIN names dn ON dn.kind = 'directory' AND dn.id = ac.directory"""


NAMED = "SELECT directory FROM my_directories WHERE directory = %(directory)s"
TAKEN_OUT = f"NOT {left_out('ac.contact')}"
TOLD = f"""
    (SELECT true FROM contacts c WHERE c.contact = t.contact{{kind}} LIMIT 1) IS NOT NULL
    AND (SELECT true FROM access_merged am WHERE am.contact = t.contact LIMIT 1) IS NULL
    AND NOT {left_out("t.contact")}"""
"""Those that were merged go under the name of another; one that was opened this very moment has no name yet."""

REFERRED_TO = f"SELECT {survivor('r.contact')} FROM contacts r WHERE r.reference = %(reference)s"


def below(column: str) -> str:
    """Those that say this of any of what counts as one with the contact; and of those that were merged the survivor."""
    named = f"SELECT o.contact FROM access_merged o WHERE o.survivor = {survivor(f'%({column})s::text')}"
    ours = f"(st.{column} = {survivor(f'%({column})s::text')} OR st.{column} IN ({named}))"
    seen = open_contact(f"%({column})s::text")
    return f"c.contact IN (SELECT {survivor('st.contact')} FROM contact_standings st WHERE {ours} AND {seen})"


class Contacts(
    Listing[ContactRow],
    name="contacts",
    rests_on=(ACCESS, CLIENT_FILE, CLIENT_LINKS, CALLED),
    rights=LOOKED_UP_BY,
):
    """The contacts of every directory that I may use; those that work for one, or are its parts, if I may know it.

    By its reference a privacy officer finds any contact.
    """

    directory: DirectoryId | None = None
    kind: ContactKind | None = None
    reference: Reference | None = None
    employer: ContactId | None = None
    whole: ContactId | None = None

    narrowing: ClassVar = {
        "directory": "ac.directory = %(directory)s",
        "kind": "c.kind = %(kind)s",
        "reference": f"c.contact IN ({REFERRED_TO})",
        "employer": below("employer"),
        "whole": below("whole"),
    }
    looks = How.FOUND
    of = ("contact",)
    shows = f"{SHOWN}, {officers_exception(open_directory('ac.directory'))}"
    joins = f"""
        LEFT JOIN contacts c ON c.contact = page.contact
        LEFT JOIN access_contacts ac ON ac.contact = c.contact {CALLED_WHAT}"""

    def legs(self) -> Sequence[Leg]:
        both = "FROM access_contacts ac JOIN contacts c ON c.contact = ac.contact"
        if self.reference is not None:
            shown = open_to_officer(open_directory("ac.directory"))
            return [Leg(f"{both} WHERE {TAKEN_OUT} AND {shown}{self.given()}", {"c.contact": "text"})]
        if (self.employer, self.whole) != (None, None):
            shown = f"{holds(Right.BASIC)} AND {open_directory('ac.directory')}"
            return [Leg(f"{both} WHERE {TAKEN_OUT} AND {shown}{self.given()}", {"c.contact": "text"})]
        rows = f"FROM access_contacts ac WHERE ac.directory = m.directory AND {holds(Right.BASIC)}"
        key = {"m.directory": "text", "ac.contact": "text"}
        each = "my_directories m" if self.directory is None else f"({NAMED}) m"
        kind = "" if self.kind is None else f" AND {self.narrowing['kind']}"
        return [Leg(rows, key, each=each, by_member=True, test=TOLD.format(kind=kind))]
