"""What a worker answers for, to be handed over when they leave: for decisions, and for those concerned (R-STF-2)."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import ClassVar

from domain.company.settings import COMPANY
from domain.refusal import Unknown
from domain.staff.worker import Right, WorkerUnknown
from domain.values import WorkerId
from projections.access import ACCESS
from projections.clients.client_file import CLIENT_FILE
from projections.clients.client_links import CLIENT_LINKS
from projections.clients.group_members import MEMBERSHIPS
from projections.company.responsible import RESPONSIBLE
from projections.names import CALLED
from projections.question import Answer, Leg, Listing
from projections.service.terms import TERMS
from projections.service.tickets import DESK
from projections.sight import STANDING, holds, open_contact, open_directory, open_ticket
from projections.talk.gateways import ENTRANCES

MOST_LOOKED_UP = 1_001
"""One more than may be handed over at once."""


class ChargeKind(StrEnum):
    """What somebody may answer for."""

    TICKET = "ticket"
    GROUP = "group"
    CONTACT = "contact"
    PROCESS_AREA = "process-area"
    GATEWAY = "gateway"
    CONTRACT = "contract"
    HELPDESK = "helpdesk"


def charges(worker: str) -> str:
    """Everything that the worker answers for in person: kind, thing, and process area or the empty word."""
    return f"""
        SELECT '{ChargeKind.TICKET}' AS kind, s.ticket AS thing, '' AS process_area
        FROM ticket_standings s WHERE s.assignee = {worker} AND NOT s.over
        UNION ALL SELECT '{ChargeKind.GROUP}', g.group_id, g.process_area
        FROM group_responsibles g WHERE g.person = {worker}
        UNION ALL SELECT '{ChargeKind.CONTACT}', c.contact, ''
        FROM contact_responsibles c WHERE c.holder = 'worker:' || {worker}
        UNION ALL SELECT '{ChargeKind.PROCESS_AREA}', p.process_area, ''
        FROM process_areas p WHERE p.responsible = 'worker:' || {worker}
        UNION ALL SELECT '{ChargeKind.GATEWAY}', w.gateway, ''
        FROM gateways w WHERE w.responsible = 'worker:' || {worker}
        UNION ALL SELECT '{ChargeKind.CONTRACT}', k.contract, ''
        FROM contracts k WHERE k.responsible = 'worker:' || {worker}
        UNION ALL SELECT '{ChargeKind.HELPDESK}', '{COMPANY}', ''
        FROM company_settings s WHERE s.setting = 'helpdesk-responsible' AND s.value = {worker}"""


LOOKED_UP = f"""
    SELECT kind, thing, nullif(process_area, '') FROM ({charges("%(key)s::text")}) c
    ORDER BY kind, thing, process_area LIMIT {MOST_LOOKED_UP}"""
"""As a decision looks it up."""


class ChargeRow(Answer):
    """Something the worker answers for; its name only where the asker may know it, a hidden contact not at all."""

    kind: ChargeKind
    thing: str
    ticket_title: str | None
    contact_name: str | None
    group_name: str | None
    gateway_name: str | None
    contract_name: str | None
    process_area: str | None
    process_area_name: str | None


ADMINISTRATOR = holds(Right.CRM_ADMINISTRATOR)
SEEN_TICKET = f"(SELECT t.title FROM tickets t {STANDING} WHERE t.ticket = c.thing AND {open_ticket()})"
SEEN_GROUP = f"(SELECT g.name FROM groups g WHERE g.group_id = c.thing AND {open_directory('g.directory')})"
TOLD = f"""CASE c.kind
    WHEN '{ChargeKind.CONTACT}' THEN {open_contact("c.thing")}
    WHEN '{ChargeKind.TICKET}' THEN {ADMINISTRATOR} OR EXISTS {SEEN_TICKET}
    WHEN '{ChargeKind.GROUP}' THEN {ADMINISTRATOR} OR EXISTS {SEEN_GROUP}
    ELSE true END"""


class WorkerCharges(
    Listing[ChargeRow],
    name="worker-charges",
    rests_on=(ACCESS, DESK, RESPONSIBLE, CLIENT_LINKS, MEMBERSHIPS, CLIENT_FILE, ENTRANCES, TERMS, CALLED),
    rights=[Right.BASIC, Right.CRM_ADMINISTRATOR],
):
    """What I answer for; what anybody does, to the CRM administrator, before they leave."""

    worker: WorkerId
    kind: ChargeKind | None = None

    narrowing: ClassVar = {"kind": "c.kind = %(kind)s"}
    of = ("kind", "thing", "process_area")
    shows = f"""
        c.kind, c.thing, CASE c.kind WHEN '{ChargeKind.TICKET}' THEN {SEEN_TICKET} END AS sealed_ticket_title,
        cn.name AS sealed_contact_name, CASE c.kind WHEN '{ChargeKind.GROUP}' THEN {SEEN_GROUP} END AS group_name,
        gw.name AS gateway_name, ct.name AS contract_name, pa.process_area, pa.name AS process_area_name"""
    joins = f"""
        CROSS JOIN LATERAL (SELECT page.kind, page.thing, page.process_area) c
        LEFT JOIN contact_names cn ON cn.contact = c.thing AND c.kind = '{ChargeKind.CONTACT}'
        LEFT JOIN gateways gw ON gw.gateway = c.thing AND c.kind = '{ChargeKind.GATEWAY}'
        LEFT JOIN contracts ct ON ct.contract = c.thing AND c.kind = '{ChargeKind.CONTRACT}'
        LEFT JOIN process_areas pa ON pa.process_area =
            CASE c.kind WHEN '{ChargeKind.PROCESS_AREA}' THEN c.thing ELSE c.process_area END"""

    def legs(self) -> Sequence[Leg]:
        rows = f"FROM ({charges('%(worker)s::text')}) c WHERE {TOLD}{self.given()}"
        return [Leg(rows, {"c.kind": "text", "c.thing": "text", "c.process_area": "text"})]

    def known(self) -> str:
        asked = f"(n.worker = %(actor)s OR {ADMINISTRATOR})"
        return f"EXISTS (SELECT FROM worker_names n WHERE n.worker = %(worker)s AND {asked})"

    def unknown(self) -> type[Unknown]:
        return WorkerUnknown
