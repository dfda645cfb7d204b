"""Contacts with all that a file of contacts may carry of them, page by page: what is taken out, and put in again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar

from pydantic import Field

from domain.clients.address import AddressKind, AddressUse
from domain.clients.contact import ContactKind
from domain.staff.worker import Right
from domain.values import ContactId, DirectoryId, Reference
from projections.access import ACCESS
from projections.clients.client_file import CLIENT_FILE
from projections.clients.client_links import CLIENT_LINKS
from projections.clients.client_papers import CLIENT_PAPERS
from projections.clients.client_row import Absorbed
from projections.clients.contact import CALLED_WHAT, NAMED, SHOWN, TAKEN_OUT, TOLD, ContactRow
from projections.clients.linked import CALLED as LINKED
from projections.clients.linked import called, survivor
from projections.looking import How
from projections.names import CALLED
from projections.question import Answer, Keyed, Leg, Listing
from projections.sight import holds, left_out, open_contact, open_directory

MOST_NAMED = 1000
"""How many contacts one question may name."""

NOTES_CARRIED = 10
"""Those written last; the question "contact-notes" has them all."""


class Way(Answer):
    """Where the contact can be reached."""

    kind: AddressKind
    use: AddressUse
    typed: str
    normal: str | None


class ContactCardRow(ContactRow):
    """A contact with its addresses and numbers, for whom it works, whose part it is, and its notes, the last first."""

    life_cycle: str | None
    salutation: str | None
    company_number: str | None
    vat_number: str | None
    employer: Absorbed | None
    whole: Absorbed | None
    absorbed: tuple[str, ...]
    addresses: tuple[Way, ...]
    notes: tuple[str, ...]
    more_notes: bool


SAME = "(SELECT c.contact UNION ALL SELECT gone.contact FROM access_merged gone WHERE gone.survivor = c.contact)"
"""All that count as one with the contact of the row."""

FIRST = "own.contact = c.contact DESC, own.contact"
"""What is told of the contact itself goes before what is told of those that it absorbed."""


def _own(table: str, order: str = "", most: int = 0) -> str:
    """The rows of a table that are about any of them, looked up one by one."""
    sorted_ = f" ORDER BY {order} LIMIT {most}" if most else " OFFSET 0"
    found = f"SELECT * FROM {table} o WHERE o.contact = same.contact{sorted_}"
    return f"FROM {SAME} same(contact) CROSS JOIN LATERAL ({found}) own"


def _first(table: str, column: str, name: str) -> str:
    """What the first row says that says anything."""
    told = f"SELECT own.{column} {_own(table)} WHERE own.{column} IS NOT NULL ORDER BY {FIRST} LIMIT 1"
    return f"({told}) AS {name}"


def _above(column: str) -> str:
    """The contact that this one works for, or is a part of; to who may not know of it there is none (D16)."""
    other = f"own.{column}"
    others = f"{other} IS NOT NULL AND NOT {other} IN {SAME} AND {open_contact(other)}"
    others += f" AND NOT {left_out(survivor(other))}"
    linked = f"SELECT {LINKED}, oc.reference {_own('contact_standings')} {called(survivor(other))}"
    return f"(SELECT to_json(linked) FROM ({linked} WHERE {others} ORDER BY {FIRST} LIMIT 1) linked) AS {column}"


ABSORBED = """
    (SELECT coalesce(json_agg(oc.reference ORDER BY oc.reference), '[]') FROM access_merged gone
     JOIN contacts oc ON oc.contact = gone.contact
     WHERE gone.survivor = c.contact AND oc.reference IS NOT NULL) AS absorbed"""
WAYS = f"""
    (SELECT coalesce(json_agg(way), '[]') FROM (
        SELECT own.kind, own.used_for AS use, own.typed AS sealed_typed, own.normal AS sealed_normal
        {_own("contact_addresses")} ORDER BY {FIRST}, own.address) way) AS addresses"""
NOTES = f"""
    (SELECT coalesce(json_agg(written ORDER BY at DESC, note DESC), '[]') FROM (
        SELECT own.text AS sealed_text, own.written_at AS at, own.note
        {_own("contact_notes", "o.written_at DESC, o.note DESC", NOTES_CARRIED + 1)}
        ORDER BY at DESC, own.note DESC LIMIT {NOTES_CARRIED + 1}) written) AS notes"""


class ContactCards(
    Listing[ContactCardRow],
    name="contact-cards",
    rests_on=(ACCESS, CLIENT_FILE, CLIENT_LINKS, CLIENT_PAPERS, CALLED),
    rights=[Right.BASIC],
):
    """The contacts of every directory that I may use, each with what a file of contacts carries of it.

    By their references or ids at most a thousand are found; one that was merged is found as its survivor.
    """

    directory: DirectoryId | None = None
    kind: ContactKind | None = None
    references: Annotated[tuple[Reference, ...] | None, Field(max_length=MOST_NAMED)] = None
    contacts: Annotated[tuple[ContactId, ...] | None, Field(max_length=MOST_NAMED)] = None

    narrowing: ClassVar = {
        "directory": "ac.directory = %(directory)s",
        "kind": "c.kind = %(kind)s",
        "references": f"c.contact IN (SELECT {survivor('r.contact')} FROM contacts r"
        " WHERE r.reference = ANY (%(references)s))",
        "contacts": f"c.contact IN (SELECT {survivor('r.contact')} FROM contacts r"
        " WHERE r.contact = ANY (%(contacts)s))",
    }
    looks = How.OPENED
    of = ("contact",)
    shows = f"""
        {SHOWN}, {_first("contact_standings", "life_cycle", "life_cycle")},
        {_first("contact_standings", "salutation", "salutation")},
        {_first("contact_numbers", "company_number", "sealed_company_number")},
        {_first("contact_numbers", "vat_number", "sealed_vat_number")},
        {_above("employer")}, {_above("whole")}, {ABSORBED}, {WAYS}, {NOTES}"""
    joins = f"""
        LEFT JOIN contacts c ON c.contact = page.contact
        LEFT JOIN access_contacts ac ON ac.contact = c.contact {CALLED_WHAT}"""

    def parameters(self, _: Keyed) -> Mapping[str, Any]:
        """To Postgres many words are an array."""
        named = {"references": self.references, "contacts": self.contacts}
        return {name: list(words) for name, words in named.items() if words is not None}

    def legs(self) -> Sequence[Leg]:
        if (self.references, self.contacts) != (None, None):
            both = "FROM access_contacts ac JOIN contacts c ON c.contact = ac.contact"
            shown = f"{holds(Right.BASIC)} AND {open_directory('ac.directory')}"
            return [Leg(f"{both} WHERE {TAKEN_OUT} AND {shown}{self.given()}", {"c.contact": "text"})]
        rows = f"FROM access_contacts ac WHERE ac.directory = m.directory AND {holds(Right.BASIC)}"
        key = {"m.directory": "text", "ac.contact": "text"}
        each = "my_directories m" if self.directory is None else f"({NAMED}) m"
        kind = "" if self.kind is None else f" AND {self.narrowing['kind']}"
        return [Leg(rows, key, each=each, by_member=True, test=TOLD.format(kind=kind))]

    @classmethod
    def shown(cls, row: dict[str, Any]) -> dict[str, Any]:
        """The same address of two that were merged is one address."""
        ways = {(each["kind"], each["use"], each["normal"] or each["typed"]): each for each in row["addresses"][::-1]}
        notes = [each["text"] for each in row["notes"]]
        more = {"notes": notes[:NOTES_CARRIED], "more_notes": len(notes) > NOTES_CARRIED}
        return row | {"addresses": [*ways.values()][::-1], **more}
