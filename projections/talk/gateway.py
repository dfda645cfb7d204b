"""Gateways: through which messages come and go, open ones and closed ones, for everybody who works with what comes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from domain.staff.worker import Right
from domain.talk.gateway import GatewayKind
from domain.values import Holder, ProcessAreaId
from projections.company.responsible import RESPONSIBLE
from projections.names import ANSWERING, ANSWERING_NAMED, CALLED
from projections.question import Answer, Leg, Listing
from projections.talk.gateways import ENTRANCES


class GatewayRow(Answer):
    """A gateway, the kind of care it is for, and who answers for what comes through it: a worker or a team."""

    gateway: str
    name: str
    kind: GatewayKind
    process_area: str
    process_area_name: str | None
    responsible: str | None
    worker_name: str | None
    team_name: str | None
    closed: bool


class Gateways(
    Listing[GatewayRow],
    name="gateways",
    rests_on=(ENTRANCES, RESPONSIBLE, CALLED),
    rights=[Right.BASIC, Right.HELPDESK, Right.CRM_ADMINISTRATOR],
):
    """The mailboxes, forms and lines through which messages come and go."""

    kind: GatewayKind | None = None
    process_area: ProcessAreaId | None = None
    responsible: Holder | None = None
    closed: bool | None = None

    narrowing: ClassVar = {
        "kind": "r.kind = %(kind)s",
        "process_area": "r.process_area = %(process_area)s",
        "responsible": "r.responsible = %(responsible)s",
        "closed": "r.closed",
    }
    of = ("gateway",)
    shows = f"r.gateway, r.name, r.kind, r.process_area, pa.name AS process_area_name, {ANSWERING}, r.closed"
    joins = f"""
        JOIN gateways r ON r.gateway = page.gateway
        LEFT JOIN process_areas pa ON pa.process_area = r.process_area {ANSWERING_NAMED}"""

    def legs(self) -> Sequence[Leg]:
        return [Leg(f"FROM gateways r WHERE true{self.given()}", {"r.gateway": "text"})]
