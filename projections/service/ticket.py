"""One ticket with its promises, to whoever may know of it (D34)."""

from __future__ import annotations

from datetime import datetime

from domain.refusal import Unknown
from domain.service.ticket import TicketUnknown
from domain.staff.area import Role
from domain.staff.worker import Right
from domain.values import TicketId
from projections.clients.client_file import CLIENT_FILE
from projections.clients.group_members import MEMBERSHIPS
from projections.names import CALLED
from projections.question import Answer, Single
from projections.service.desk import CALLED_WHAT, SHOWN, TicketShown
from projections.service.promised import AT_RISK, OUTCOME
from projections.service.service_levels import SERVICE_LEVELS
from projections.service.tickets import DESK
from projections.sight import STANDING, lasts, open_directory, open_ticket


class Promise(Answer):
    """One target, as it stands at the instant of the answer; `consumed_seconds` is empty while the clock runs."""

    target: str
    outcome: str
    contract: str | None
    contract_version: int
    due: datetime | None
    at_risk: bool
    paused: bool
    consumed_seconds: int | None
    target_seconds: int | None
    judged_at: datetime | None


class SeenAs(Answer):
    """The role in the ticket's area through which it is open: whose it is, what it is, and until when."""

    holder: str
    role: Role
    until: datetime | None


class TicketRow(TicketShown):
    """A ticket with everything that was said when it was reported, what it was promised, and why the asker sees it.

    The rights to the directories of its contacts are told by their files.
    """

    product: str | None
    gateway: str | None
    gateway_name: str | None
    description: str | None
    group: str | None
    group_name: str | None
    deadlines: tuple[Promise, ...]
    decided_by: SeenAs | None


DECIDED_BY = f"""
    SELECT json_build_object('holder', r.holder, 'role', r.role, 'until', r.until)
    FROM access_roles r JOIN my_holders h ON h.holder = r.holder
    WHERE r.area = t.area AND r.role IN ('{Role.MEMBER}', '{Role.READER}') AND {lasts("r")}
    ORDER BY r.role = '{Role.MEMBER}' DESC, r.holder = 'worker:' || %(actor)s::text DESC, r.holder LIMIT 1"""
DEADLINES = f"""
    SELECT json_agg(json_build_object(
        'target', d.target, 'outcome', {OUTCOME}, 'contract', d.contract, 'contract_version', d.contract_version,
        'due', d.due, 'at_risk', coalesce({AT_RISK}, false), 'paused', d.paused,
        'consumed_seconds', d.consumed_seconds, 'target_seconds', d.target_seconds, 'judged_at', d.judged_at
    ) ORDER BY d.target)
    FROM deadlines d WHERE d.ticket = t.ticket"""


class OneTicket(
    Single[TicketRow],
    name="ticket",
    rests_on=(DESK, SERVICE_LEVELS, CLIENT_FILE, MEMBERSHIPS, CALLED),
    rights=[Right.BASIC, Right.HELPDESK],
):
    """One ticket, with its deadlines and the group that brought it its contract."""

    ticket: TicketId

    sql = f"""
    answer AS (
        SELECT {SHOWN}, t.product, s.gateway, gn.name AS gateway_name, t.description AS sealed_description,
               g.group_id AS group, g.name AS group_name,
               coalesce(({DEADLINES}), '[]') AS deadlines, ({DECIDED_BY}) AS decided_by
        FROM tickets t {STANDING} {CALLED_WHAT}
        LEFT JOIN names gn ON gn.kind = 'gateway' AND gn.id = s.gateway
        LEFT JOIN sla_groups sg ON sg.ticket = t.ticket
        LEFT JOIN groups g ON g.group_id = sg.group_id AND {open_directory("g.directory")}
        WHERE t.ticket = %(ticket)s AND {open_ticket()}
    )
    SELECT * FROM answer"""

    def unknown(self) -> type[Unknown]:
        return TicketUnknown
