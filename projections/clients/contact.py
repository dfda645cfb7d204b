"""Whom the asker may know: the contacts of open directories, and the file of one of them (R-DIR-3, R-TCK-10)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar

from domain.clients.contact import ContactKind, ContactUnknown
from domain.refusal import Unknown
from domain.staff.worker import Right
from domain.values import ContactId, DirectoryId, Reference
from projections.access import ACCESS
from projections.clients.client_file import CLIENT_FILE
from projections.clients.group_members import MEMBERSHIPS
from projections.names import CALLED
from projections.question import Answer, Leg, Listing, Single
from projections.service.promised import BOTH, PROMISES
from projections.service.service_levels import SERVICE_LEVELS
from projections.service.tickets import DESK
from projections.sight import open_contact, open_directory, open_ticket

TICKETS_SHOWN = 50
"""In a client's file; the question "desk" has them all, page by page."""


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


class Contacts(Listing, name="contacts", row=ContactRow, rests_on=(ACCESS, CLIENT_FILE, CALLED), rights=[Right.BASIC]):
    """The contacts of every directory that I may use."""

    directory: DirectoryId | None = None
    kind: ContactKind | None = None
    reference: Reference | None = None

    narrowing: ClassVar = {
        "directory": "ac.directory = %(directory)s",
        "kind": "c.kind = %(kind)s",
        "reference": "c.reference = %(reference)s",
    }
    of = ("contact",)
    shows = SHOWN
    joins = f"""
        JOIN contacts c ON c.contact = page.contact
        JOIN access_contacts ac ON ac.contact = c.contact {CALLED_WHAT}"""

    def legs(self) -> Sequence[Leg]:
        both = "FROM access_contacts ac JOIN contacts c ON c.contact = ac.contact"
        if self.reference is not None:
            return [Leg(f"{both} WHERE {open_directory('ac.directory')}{self.given()}", {"c.contact": "text"})]
        rows = f"{both} WHERE ac.directory = m.directory{self.given()}"
        return [Leg(rows, {"ac.contact": "text"}, each="my_directories m")]


class Belonging(Answer):
    """A time that the contact is or was in a group: [joined, left)."""

    group: str
    name: str
    joined_at: datetime
    left_at: datetime | None


class OwnTerms(Answer):
    """A contract of the contact's own; without an incident type it holds for all."""

    incident_type: str | None
    incident_type_name: str | None
    contract: str | None
    contract_name: str | None


class FiledTicket(Answer):
    """A ticket that the contact reported or is the customer of."""

    ticket: str
    reference: str | None
    title: str
    opened_at: datetime
    status: str
    severity: str | None
    assignee: str | None
    assignee_name: str | None
    over: bool
    due: datetime | None
    missed: bool
    at_risk: bool
    paused: bool


class ClientFileRow(ContactRow):
    """Everything about one client that the asker may know; of its tickets the newest."""

    groups: tuple[Belonging, ...]
    terms: tuple[OwnTerms, ...]
    tickets: tuple[FiledTicket, ...]
    more_tickets: bool


GROUPS = f"""
    SELECT json_agg(json_build_object(
        'group', g.group_id, 'name', g.name, 'joined_at', m.joined_at, 'left_at', m.left_at
    ) ORDER BY m.joined_at, g.group_id)
    FROM group_members m JOIN groups g ON g.group_id = m.group_id
    WHERE m.contact = %(contact)s AND {open_directory("g.directory")}"""
TERMS = """
    SELECT json_agg(json_build_object(
        'incident_type', nullif(ct.incident_type, ''), 'incident_type_name', tn.name,
        'contract', ct.contract, 'contract_name', kn.name
    ) ORDER BY ct.incident_type)
    FROM contact_terms ct
    LEFT JOIN names tn ON tn.kind = 'incident-type' AND tn.id = ct.incident_type
    LEFT JOIN names kn ON kn.kind = 'contract' AND kn.id = ct.contract
    WHERE ct.contact = %(contact)s AND ct.contract IS NOT NULL"""
NEWEST = Leg(
    f"""
    FROM contact_tickets ct JOIN tickets t ON t.ticket = ct.ticket
    WHERE ct.contact = %(contact)s AND {open_ticket("t")}""",
    {"ct.opened_at": "timestamptz", "ct.ticket": "text"},
    descending=True,
)
TICKETS = f"""
    SELECT t.ticket, t.reference, t.title AS sealed_title, t.opened_at, s.status, s.severity,
           s.assignee, wn.name AS sealed_assignee_name, s.over, {PROMISES}
    FROM newest JOIN tickets t ON t.ticket = newest.ticket JOIN ticket_standings s ON s.ticket = t.ticket
    LEFT JOIN worker_names wn ON wn.worker = s.assignee {BOTH}
    WHERE newest.place <= {TICKETS_SHOWN} ORDER BY newest.place"""


class ClientFile(
    Single,
    name="client-file",
    row=ClientFileRow,
    rests_on=(ACCESS, CLIENT_FILE, MEMBERSHIPS, DESK, SERVICE_LEVELS, CALLED),
    rights=[Right.BASIC],
):
    """One client under one cover: groups, own terms, and tickets, as far as each of them is open to me."""

    contact: ContactId

    sql = f"""
    newest AS MATERIALIZED ({NEWEST.text(str(TICKETS_SHOWN + 1), behind=False)}),
    answer AS (
        SELECT {SHOWN}, coalesce(({GROUPS}), '[]') AS groups, coalesce(({TERMS}), '[]') AS terms,
               coalesce((SELECT json_agg(filed) FROM ({TICKETS}) filed), '[]') AS tickets,
               (SELECT count(*) > {TICKETS_SHOWN} FROM newest) AS more_tickets
        FROM contacts c JOIN access_contacts ac ON ac.contact = c.contact {CALLED_WHAT}
        WHERE c.contact = %(contact)s AND {open_contact("c.contact")}
    )
    SELECT * FROM answer"""

    def unknown(self) -> type[Unknown]:
        return ContactUnknown
