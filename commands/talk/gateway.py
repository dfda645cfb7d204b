"""What may be asked about gateways: by the CRM administrator."""

from __future__ import annotations

from commands.command import Asked, Command, Decision
from commands.existence import needs_holder, needs_process_area
from commands.permission import needs
from domain.company.process_area import PROCESS_AREA, needs_offered
from domain.staff.worker import Right
from domain.talk import gateway as rule
from domain.talk.gateway import GATEWAY, Gateway, GatewayKind
from domain.values import GatewayId, Holder, Label, ProcessAreaId


class OpenGateway(Command, topic="gateway.open", of=GATEWAY):
    """Let messages come and go through a gateway, a form unless it is said to be another kind (R-TCK-3)."""

    name: Label
    kind: GatewayKind = GatewayKind.FORM
    process_area: ProcessAreaId

    def decide(self, own: Gateway, asked: Asked) -> Decision:
        needs(asked, Right.CRM_ADMINISTRATOR)
        needs_offered(asked.read(PROCESS_AREA, self.process_area))
        return rule.open(own, self.name, self.kind, self.process_area)


class RenameGateway(Command, topic="gateway.rename", of=GATEWAY):
    """Call a gateway by another name."""

    gateway: GatewayId
    name: Label

    def decide(self, own: Gateway, asked: Asked) -> Decision:
        needs(asked, Right.CRM_ADMINISTRATOR)
        return rule.rename(own, self.name)


class SetGatewayProcessArea(Command, topic="gateway.set-process-area", of=GATEWAY):
    """Say of which kind of care it is what comes through a gateway, from the instant this happened on."""

    gateway: GatewayId
    process_area: ProcessAreaId

    def decide(self, own: Gateway, asked: Asked) -> Decision:
        needs(asked, Right.CRM_ADMINISTRATOR)
        needs_process_area(asked, self.process_area)
        if self.process_area != own.process_area.at(asked.at):
            needs_offered(asked.read(PROCESS_AREA, self.process_area))
        return rule.set_process_area(own, self.process_area, asked.at)


class SetGatewayResponsible(Command, topic="gateway.set-responsible", of=GATEWAY):
    """Name the worker or team that answers for what comes through a gateway, or nobody (D11 step 3)."""

    gateway: GatewayId
    responsible: Holder | None

    def decide(self, own: Gateway, asked: Asked) -> Decision:
        needs(asked, Right.CRM_ADMINISTRATOR)
        needs_holder(asked, self.responsible)
        return rule.set_responsible(own, self.responsible, asked.at)


class CloseGateway(Command, topic="gateway.close", of=GATEWAY):
    """Let nothing new come through a gateway, from the instant this happened on; what came stays."""

    gateway: GatewayId

    def decide(self, own: Gateway, asked: Asked) -> Decision:
        needs(asked, Right.CRM_ADMINISTRATOR)
        return rule.close(own, asked.at)


class ReopenGateway(Command, topic="gateway.reopen", of=GATEWAY):
    """Let messages come through a closed gateway again, from the instant this happened on."""

    gateway: GatewayId

    def decide(self, own: Gateway, asked: Asked) -> Decision:
        needs(asked, Right.CRM_ADMINISTRATOR)
        return rule.reopen(own, asked.at)
