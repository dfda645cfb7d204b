"""One client under one cover, and with it all that was merged into it: the file of either is the file of both (N-7)."""

from __future__ import annotations

from typing import Any

from domain.clients.contact import ContactUnknown
from domain.refusal import Unknown
from domain.values import ContactId
from projections.access import ACCESS
from projections.clients import linked
from projections.clients.bookmarks import AT_HAND
from projections.clients.client_file import CLIENT_FILE
from projections.clients.client_links import CLIENT_LINKS
from projections.clients.client_papers import CLIENT_PAPERS
from projections.clients.client_row import ClientFileRow
from projections.clients.contact import CALLED_WHAT, SHOWN
from projections.clients.directory import in_words
from projections.clients.group_members import MEMBERSHIPS
from projections.clients.linked import FIRST, OURS, called
from projections.clients.paper import FILE, FILE_AUTHOR, FILES, NOTE, NOTE_AUTHOR, NOTES
from projections.looking import How
from projections.names import CALLED
from projections.question import Leg, Single
from projections.service.desk import ONCE
from projections.service.promised import ALL, PROMISES
from projections.service.service_levels import SERVICE_LEVELS
from projections.service.tickets import DESK
from projections.sight import (
    LOOKED_UP_BY,
    STANDING,
    furthest_first,
    lasts,
    officers_exception,
    open_contact,
    open_directory,
    open_ticket,
    open_to_officer,
)

TICKETS_SHOWN, NOTES_SHOWN, FILES_SHOWN = 50, 20, 50
"""The questions "desk", "contact-notes" and "contact-files" have them all, page by page."""

LINKED_SHOWN = 50
"""Employees, parts, and relations; "contacts" has all employees and all parts."""


def named(kind: str, holder: str) -> str:
    """The id of a holder, if it is of this kind."""
    return f"CASE split_part({holder}, ':', 1) WHEN '{kind}' THEN split_part({holder}, ':', 2) END"


DECIDED_BY = f"""
    SELECT json_build_object('directory', a.directory, 'holder', a.holder, 'team_name', tn.name,
                             'level', {in_words("a.level")}, 'until', a.until)
    FROM access_directories a JOIN my_holders h ON h.holder = a.holder
    LEFT JOIN names tn ON tn.kind = 'team' AND tn.id = {named("team", "a.holder")}
    WHERE a.directory = ac.directory AND a.level >= 1 AND {lasts("a")}
    ORDER BY {furthest_first("a", "'worker:' || %(actor)s::text")} LIMIT 1"""
ABSORBED = (
    f"SELECT {linked.CALLED}, oc.reference FROM same_contact s {called('s.contact')} WHERE s.contact <> s.survivor"
)
ADDRESSES = f"""
    SELECT own.address, own.contact, own.kind, own.used_for AS use,
           own.typed AS sealed_typed, own.normal AS sealed_normal
    FROM contact_addresses own WHERE own.contact {OURS}
    ORDER BY own.contact = c.contact DESC, own.contact, own.address"""
GROUPS = f"""
    SELECT g.group_id AS group, g.name, lower(m.spell) AS joined_at, upper(m.spell) AS left_at FROM (
        SELECT group_id, unnest(range_agg(tstzrange(joined_at, left_at))) AS spell
        FROM group_members WHERE contact {OURS} GROUP BY group_id
    ) m JOIN groups g ON g.group_id = m.group_id
    WHERE {open_directory("g.directory")} ORDER BY joined_at, g.group_id"""
TERMS = f"""
    SELECT DISTINCT nullif(ct.incident_type, '') AS incident_type, tn.name AS incident_type_name,
           ct.contract, kn.name AS contract_name
    FROM contact_terms ct
    LEFT JOIN names tn ON tn.kind = 'incident-type' AND tn.id = ct.incident_type
    LEFT JOIN names kn ON kn.kind = 'contract' AND kn.id = ct.contract
    WHERE ct.contact {OURS} AND ct.contract IS NOT NULL ORDER BY incident_type NULLS FIRST, contract"""
NEWEST = Leg(
    f"""
    FROM contact_tickets ct JOIN tickets t ON t.ticket = ct.ticket {STANDING}
    WHERE ct.contact = sc.contact AND {open_ticket()} AND {ONCE}""",
    {"ct.opened_at": "timestamptz", "ct.ticket": "text"},
    descending=True,
    each="same_contact sc",
)
TICKETS = f"""
    SELECT t.ticket, t.reference, t.title AS sealed_title, t.opened_at, s.status, s.severity,
           s.assignee, wn.name AS sealed_assignee_name, s.over, {PROMISES}
    FROM tickets_found k JOIN tickets t ON t.ticket = k.ticket {STANDING}
    LEFT JOIN worker_names wn ON wn.worker = s.assignee {ALL}
    WHERE k.place <= {TICKETS_SHOWN} ORDER BY k.place"""
NOTE_AND_AUTHOR = f"""
    SELECT {NOTE} FROM notes_found k JOIN contact_notes n ON n.contact = k.contact AND n.note = k.note {NOTE_AUTHOR}
    WHERE k.place <= {NOTES_SHOWN} ORDER BY k.place"""
FILE_AND_AUTHOR = f"""
    SELECT {FILE} FROM files_found k JOIN contact_files f ON f.contact = k.contact AND f.file = k.file {FILE_AUTHOR}
    WHERE k.place <= {FILES_SHOWN} ORDER BY k.place"""


def first(table: str, column: str, name: str) -> str:
    """What the first row says that says anything, told by this name."""
    said = f"own.contact {OURS} AND own.{column} IS NOT NULL"
    return f"(SELECT own.{column} FROM {table} own WHERE {said} {FIRST}) AS {name}"


def rows(name: str, of: str) -> str:
    """A list, told by this name."""
    return f"coalesce((SELECT json_agg(listed) FROM ({of}) listed), '[]') AS {name}"


def more(name: str, most: int) -> str:
    """Whether more was found than is shown."""
    return f"(SELECT count(*) > {most} FROM {name}_found) AS more_{name}"


def others(name: str, and_more: str = "") -> str:
    """Other contacts that were found."""
    told = f"SELECT {linked.CALLED}{and_more} FROM {name}_found k {called('k.contact')}"
    listed = rows(name, f"{told} WHERE k.place <= {LINKED_SHOWN} ORDER BY k.place")
    return f"{listed}, {more(name, LINKED_SHOWN)}"


class ClientFile(
    Single[ClientFileRow],
    name="client-file",
    rests_on=(ACCESS, CLIENT_FILE, CLIENT_LINKS, CLIENT_PAPERS, AT_HAND, MEMBERSHIPS, DESK, SERVICE_LEVELS, CALLED),
    rights=LOOKED_UP_BY,
):
    """Everything about one client, as far as it is open to me, and by which right of mine it is.

    A privacy officer may look up any; where no right of theirs to its directory opens it, there is none to name.
    """

    contact: ContactId

    looks = How.OPENED
    sql = f"""
    tickets_found AS MATERIALIZED ({NEWEST.text(str(TICKETS_SHOWN + 1), behind=False)}),
    notes_found AS MATERIALIZED ({NOTES.text(str(NOTES_SHOWN + 1), behind=False)}),
    files_found AS MATERIALIZED ({FILES.text(str(FILES_SHOWN + 1), behind=False)}),
    employees_found AS MATERIALIZED ({linked.below("employer", LINKED_SHOWN + 1)}),
    parts_found AS MATERIALIZED ({linked.below("whole", LINKED_SHOWN + 1)}),
    relations_found AS MATERIALIZED ({linked.around(LINKED_SHOWN + 1)}),
    answer AS (
        SELECT {SHOWN}, {officers_exception(open_contact("c.contact"))}, ({DECIDED_BY}) AS decided_by,
               EXISTS (SELECT FROM bookmarks b WHERE b.worker = %(actor)s AND b.contact {OURS}) AS bookmarked,
               {first("contact_standings", "life_cycle", "life_cycle")},
               {first("contact_standings", "salutation", "salutation")},
               {first("contact_numbers", "company_number", "sealed_company_number")},
               {first("contact_numbers", "vat_number", "sealed_vat_number")},
               r.holder AS responsible, rw.name AS sealed_responsible_name, rt.name AS responsible_team,
               ({linked.above("employer")}) AS employer, ({linked.above("whole")}) AS whole,
               {rows("absorbed", ABSORBED)}, {rows("addresses", ADDRESSES)},
               {others("employees")}, {others("parts")}, {others("relations", ", k.relation, k.inward")},
               {rows("notes", NOTE_AND_AUTHOR)}, {more("notes", NOTES_SHOWN)},
               {rows("files", FILE_AND_AUTHOR)}, {more("files", FILES_SHOWN)},
               {rows("groups", GROUPS)}, {rows("terms", TERMS)},
               {rows("tickets", TICKETS)}, {more("tickets", TICKETS_SHOWN)}
        FROM contacts c JOIN access_contacts ac ON ac.contact = c.contact {CALLED_WHAT}
        LEFT JOIN LATERAL (SELECT {first("contact_responsibles", "holder", "holder")}) r ON true
        LEFT JOIN worker_names rw ON rw.worker = {named("worker", "r.holder")}
        LEFT JOIN names rt ON rt.kind = 'team' AND rt.id = {named("team", "r.holder")}
        WHERE c.contact = (SELECT survivor FROM same_contact LIMIT 1) AND {open_to_officer(open_contact("c.contact"))}
    )
    SELECT * FROM answer"""

    def unknown(self) -> type[Unknown]:
        return ContactUnknown

    @classmethod
    def shown(cls, row: dict[str, Any]) -> dict[str, Any]:
        """The same address of two that were merged is one address."""
        team = row.pop("responsible_team")
        addresses: dict[Any, Any] = {}
        for each in row["addresses"]:
            addresses.setdefault((each["kind"], each["use"], each["normal"] or each["address"]), each)
        return row | {"addresses": [*addresses.values()], "responsible_name": row["responsible_name"] or team}
