"""What happened to one thing, told to whoever may know of it; an auditor may read of any (requirements, section 1).

A thing's line names other things. What the asker may not know of is not shown by name; a membership in a group of a
hidden directory, what a contact is or was to a hidden one, and a ticket to a hidden thing, not at all (D16).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

from domain.clients.contact import ContactUnknown
from domain.clients.directory import DirectoryUnknown
from domain.clients.group import GroupUnknown
from domain.company.process_area import ProcessAreaUnknown
from domain.fact import Event, personal_fields
from domain.refusal import Unknown
from domain.service.calendar import CalendarUnknown
from domain.service.contract import ContractUnknown
from domain.service.incident_type import IncidentTypeUnknown
from domain.service.ticket import TicketUnknown
from domain.staff.area import AreaUnknown
from domain.staff.team import TeamUnknown
from domain.staff.worker import Right, WorkerUnknown
from domain.talk.gateway import GatewayUnknown
from domain.values import Id
from domain.work.notice import NoticeUnknown
from projections.access import ACCESS
from projections.clients.client_file import CLIENT_FILE
from projections.clients.client_papers import CLIENT_PAPERS
from projections.clients.group_members import MEMBERSHIPS
from projections.looking import EXCEPTION, How, Look
from projections.names import CALLED
from projections.pricing.order import OPEN as ORDER_OPEN
from projections.pricing.orders import ORDERED
from projections.question import Answer, Leg, Listing
from projections.service.tickets import DESK
from projections.sight import STANDING, holds, lasts, open_contact, open_contacts, open_directory, open_ticket
from projections.timeline import TRAIL
from projections.work.notices import TOLD

NOT_SHOWN = "(not shown)"
SEALED = "(sealed)"
UUID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
MENTIONED = re.compile(rf"(?:(?:worker|(team)):)?({UUID})|\{{\w+\}}")
"""A thing by its id, or a personal field by its name in braces."""


class Thing(StrEnum):
    """What has a life of its own."""

    TICKET = "ticket"
    CONTACT = "contact"
    MEMBERSHIP = "membership"
    GROUP = "group"
    DIRECTORY = "directory"
    AREA = "area"
    TEAM = "team"
    WORKER = "worker"
    NOTICE = "notice"
    CALENDAR = "calendar"
    CONTRACT = "contract"
    INCIDENT_TYPE = "incident-type"
    SETTINGS = "settings"
    PROCESS_AREA = "process-area"
    GATEWAY = "gateway"
    RESPONSIBILITY = "responsibility"


class Seen(NamedTuple):
    """Who may read of it, who of them may read its personal fields, and what all others are told."""

    who: str
    unknown: type[Unknown]
    personal: str = "true"


BASIC, AUDITOR = holds(Right.BASIC), holds(Right.AUDITOR)
AREAS, WORKERS = holds(Right.AREA_ADMINISTRATOR), holds(Right.CRM_ADMINISTRATOR)
MINE = "IN (SELECT holder FROM my_holders)"
HAPPENED = "EXISTS (SELECT FROM timeline l WHERE l.stream = %(thing)s::text || '-' || %(id)s::text)"
TICKET = f"EXISTS (SELECT FROM tickets t {STANDING} WHERE t.ticket = %(id)s AND {{sight}})"
CONTACT = f"EXISTS (SELECT FROM access_contacts c WHERE c.contact = %(id)s AND {open_contact('c.contact')})"
GROUP = f"EXISTS (SELECT FROM groups g WHERE g.group_id = {{id}} AND {open_directory('g.directory')})"
JOINED = GROUP.format(id=r"substring(l.words FROM '\S+$')")
"""Whether the group that a line of memberships tells of may be known."""

LINKING = ("employed", "part-set", "related", "unrelated", "merged", "separated", "absorbed", "released")
OTHER = r"""coalesce(nullif(substring(l.words FROM '\S+$'), 'none'), (
    SELECT substring(b.words FROM '\S+$') FROM timeline b
    WHERE b.stream = l.stream AND b.topic = l.topic AND b.position < l.position AND b.words !~ ' none$'
    ORDER BY b.position DESC LIMIT 1))"""
"""The contact that a line of another one names at its end; where it names none any more, the one named before."""

LINKED = f"""(l.topic NOT IN ({", ".join(f"'contact.{each}'" for each in LINKING)})
    OR {open_contact(OTHER)})"""
"""Whether the other contact that a line of one tells of may be known."""

HIDDEN_CONTACT = f"""
    EXISTS (SELECT FROM access_contacts c WHERE c.contact = found[1] AND ({open_contact("c.contact")}) IS NOT TRUE)"""
HIDDEN = f"""{HIDDEN_CONTACT}
    OR EXISTS (SELECT FROM tickets t {STANDING} WHERE t.ticket = found[1] AND ({open_ticket()}) IS NOT TRUE)
    OR EXISTS (SELECT FROM orders o WHERE o.order_id = found[1] AND ({ORDER_OPEN}) IS NOT TRUE)
    OR EXISTS (SELECT FROM contact_files f WHERE f.file = found[1] AND ({open_contact("f.contact")}) IS NOT TRUE)"""


def names_none(hidden: str) -> str:
    """Whether a line names nothing of which this holds."""
    return f"NOT EXISTS (SELECT FROM regexp_matches(l.words, '({UUID})', 'g') found WHERE {hidden})"


OF_A_LINE: Mapping[Thing, str] = {
    Thing.MEMBERSHIP: JOINED,
    Thing.CONTACT: LINKED,
    Thing.TICKET: names_none(HIDDEN),
    Thing.RESPONSIBILITY: names_none(HIDDEN_CONTACT),
}
"""What must hold of a line for it to be shown, beside what holds of them all.

A line of a ticket names what it was linked to then, a line of the standing check for which contact somebody answers.
"""

ROLE = f"EXISTS (SELECT FROM access_roles r WHERE r.area = {{id}} AND r.holder {MINE} AND {lasts('r')})"
NOTICE = f"""EXISTS (
    SELECT FROM notices n JOIN tickets t ON t.ticket = n.ticket {STANDING}
    WHERE n.notice = %(id)s AND (%(everything)s OR n.recipient = %(actor)s) AND {open_ticket()})"""

IN_PERSON = Seen(f"{BASIC} AND {CONTACT}", ContactUnknown, personal=CONTACT)
SEEN: Mapping[Thing, Seen] = {
    Thing.TICKET: Seen(
        f"{holds(Right.BASIC, Right.HELPDESK)} AND {TICKET.format(sight=open_ticket())}",
        TicketUnknown,
        personal=TICKET.format(sight=open_contacts("s")),
    ),
    Thing.CONTACT: IN_PERSON,
    Thing.MEMBERSHIP: IN_PERSON,
    Thing.GROUP: Seen(f"{BASIC} AND {GROUP.format(id='%(id)s')}", GroupUnknown),
    Thing.DIRECTORY: Seen(f"({AREAS} OR {BASIC} AND {open_directory('%(id)s')}) AND {HAPPENED}", DirectoryUnknown),
    Thing.AREA: Seen(f"({AREAS} OR {ROLE.format(id='%(id)s')}) AND {HAPPENED}", AreaUnknown),
    Thing.TEAM: Seen(f"({AREAS} OR 'team:' || %(id)s::text {MINE}) AND {HAPPENED}", TeamUnknown),
    Thing.WORKER: Seen(f"({WORKERS} OR %(id)s::text = %(actor)s) AND {HAPPENED}", WorkerUnknown),
    Thing.NOTICE: Seen(NOTICE, NoticeUnknown),
    Thing.CALENDAR: Seen(f"{BASIC} AND {HAPPENED}", CalendarUnknown),
    Thing.CONTRACT: Seen(f"{BASIC} AND {HAPPENED}", ContractUnknown),
    Thing.INCIDENT_TYPE: Seen(f"{BASIC} AND {HAPPENED}", IncidentTypeUnknown),
    Thing.SETTINGS: Seen(f"{BASIC} AND {HAPPENED}", Unknown),
    Thing.PROCESS_AREA: Seen(f"{BASIC} AND {HAPPENED}", ProcessAreaUnknown),
    Thing.GATEWAY: Seen(f"{BASIC} AND {HAPPENED}", GatewayUnknown),
    Thing.RESPONSIBILITY: Seen(f"({WORKERS} OR {AREAS}) AND {HAPPENED}", Unknown),
}

NAMED = f"""
    SELECT json_agg(json_build_object('id', i.id, 'sealed_worker', w.name, 'sealed_contact', c.name, 'name', CASE
        WHEN k.known OR {AUDITOR} THEN n.name END)) AS told, bool_or(NOT k.known) AS hidden
    FROM (SELECT DISTINCT found[1] AS id FROM regexp_matches(l.words, '({UUID})', 'g') found) i
    LEFT JOIN names n ON n.kind IN ('area', 'calendar', 'contract', 'directory', 'gateway', 'group', 'incident-type',
            'process-area', 'team')
        AND n.id = i.id
    LEFT JOIN worker_names w ON w.worker = i.id
    LEFT JOIN contact_names c ON c.contact = i.id AND {open_contact("c.contact")}
    CROSS JOIN LATERAL (SELECT CASE n.kind
        WHEN 'directory' THEN {AREAS} OR {open_directory("n.id")}
        WHEN 'group' THEN {GROUP.format(id="n.id")}
        WHEN 'area' THEN {AREAS} OR {ROLE.format(id="n.id")}
        ELSE true END) k(known)
    WHERE n.id IS NOT NULL OR w.worker IS NOT NULL OR c.contact IS NOT NULL"""
"""What a line mentions by its id, each with the name by which the asker may know it; and whether one is hidden."""


class TrailRow(Answer):
    """One fact in words, with when it happened, when it was recorded, and who did it.

    Where lines may be left out, versions are told to auditors alone: a gap would tell that something is hidden (D16).
    """

    version: int | None
    happened_at: datetime
    recorded_at: datetime
    actor: str
    actor_name: str | None
    topic: str
    words: str


class Trail(
    Listing[TrailRow],
    name="timeline",
    rests_on=(TRAIL, ACCESS, CLIENT_FILE, CLIENT_PAPERS, DESK, MEMBERSHIPS, ORDERED, TOLD, CALLED),
):
    """Everything that happened to one thing, in the order in which it did."""

    thing: Thing
    id: Id

    looks = How.OPENED
    of = ("position",)
    joins = f"""
        JOIN timeline l ON l.position = page.position
        LEFT JOIN worker_names w ON w.worker = l.actor
        CROSS JOIN LATERAL ({NAMED}) mentioned"""

    def legs(self) -> Sequence[Leg]:
        shown = f" AND ({OF_A_LINE[self.thing]} OR {AUDITOR})" if self.thing in OF_A_LINE else ""
        rows = f"FROM timeline l WHERE l.stream = %(thing)s::text || '-' || %(id)s::text{shown}"
        return [Leg(rows, {"l.happened_at": "timestamptz", "l.position": "bigint"})]

    def columns(self) -> str:
        version = f"CASE WHEN {AUDITOR} THEN l.version::bigint END" if self.thing in OF_A_LINE else "l.version::bigint"
        return f"""
            {version} AS version, l.happened_at, l.recorded_at, l.actor, w.name AS sealed_actor_name, l.topic,
            l.words, CASE WHEN {SEEN[self.thing].personal} THEN l.details END AS sealed_details,
            coalesce(mentioned.told, '[]') AS mentioned,
            CASE WHEN {AUDITOR} AND NOT ({self._open_to_all()}) THEN '{Right.AUDITOR}' END AS {EXCEPTION}"""

    def _open_to_all(self) -> str:
        """Whether the line would be shown, and told like this, to somebody who may see as much and is no auditor."""
        line = OF_A_LINE.get(self.thing, "true")
        return f"{SEEN[self.thing].who} AND NOT coalesce(mentioned.hidden, false) AND {line}"

    def known(self) -> str:
        return f"{SEEN[self.thing].who} OR {AUDITOR} AND {HAPPENED}"

    def unknown(self) -> type[Unknown]:
        return SEEN[self.thing].unknown

    def looked(self, _: Iterable[Mapping[str, Any]], exceptions: Iterable[Right | None]) -> Iterator[Look]:
        """A contact's own life is the contact's, and so are its memberships; of all else only what is an exception."""
        contact = self.thing in (Thing.CONTACT, Thing.MEMBERSHIP)
        for exception in dict.fromkeys(exceptions) or (None,):
            if contact:
                yield Look(How.OPENED, (self.id,), exception=exception)
            elif exception is not None:
                yield Look(How.OPENED, about=f"{self.thing}-{self.id}", exception=exception)

    @classmethod
    def shown(cls, row: dict[str, Any]) -> dict[str, Any]:
        details, mentioned = row.pop("details") or {}, row.pop("mentioned")
        told = {f"{{{name}}}": details.get(name, SEALED) for name in personal_fields(Event.by_topic[row["topic"]])}
        told |= {each["id"]: each["worker"] or each["contact"] or each["name"] or NOT_SHOWN for each in mentioned}
        return row | {"words": MENTIONED.sub(lambda found: in_words(found, told), row["words"])}


def in_words(found: re.Match[str], told: Mapping[str, Any]) -> str:
    """A thing by its name, a personal field by what it holds; what has neither here stays as it is."""
    words = told.get(found[2] or found[0])
    return found[0] if words is None else " ".join(filter(None, (found[1], str(words))))
