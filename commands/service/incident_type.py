"""What may be asked about incident types: by the CRM administrator."""

from __future__ import annotations

from commands.command import Asked, Command, Decision
from commands.existence import needs_contract
from commands.permission import needs
from domain.service import incident_type as rule
from domain.service.incident_type import INCIDENT_TYPE, IncidentType
from domain.staff.worker import Right
from domain.values import ContractId, IncidentTypeId, Label


class ListIncidentType(Command, topic="incident-type.list", of=INCIDENT_TYPE):
    """Enter an incident type in the code list (R-SLA-5)."""

    name: Label

    def decide(self, own: IncidentType, asked: Asked) -> Decision:
        needs(asked, Right.CRM_ADMINISTRATOR)
        return rule.enter(own, self.name)


class RetireIncidentType(Command, topic="incident-type.retire", of=INCIDENT_TYPE):
    """Offer an incident type no longer; tickets that have it keep it."""

    incident_type: IncidentTypeId

    def decide(self, own: IncidentType, asked: Asked) -> Decision:
        needs(asked, Right.CRM_ADMINISTRATOR)
        return rule.retire(own)


class SetIncidentTypeContract(Command, topic="incident-type.set-contract", of=INCIDENT_TYPE):
    """Promise a contract for every ticket of the type (D1 scope 5)."""

    incident_type: IncidentTypeId
    contract: ContractId | None

    def decide(self, own: IncidentType, asked: Asked) -> Decision:
        needs(asked, Right.CRM_ADMINISTRATOR)
        needs_contract(asked, self.contract)
        return rule.set_contract(own, self.contract, asked.at)
