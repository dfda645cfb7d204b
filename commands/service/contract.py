"""What may be asked about SLA contracts: by the CRM administrator."""

from __future__ import annotations

from commands.command import Asked, Command, Decision
from commands.permission import needs
from domain.refusal import require
from domain.service import contract as rule
from domain.service.calendar import CALENDAR, CalendarUnknown
from domain.service.contract import CONTRACT, Contract, Terms
from domain.staff.worker import Right
from domain.values import ContractId, Label


def _needs_calendar(asked: Asked, terms: Terms) -> None:
    require(bool(asked.read(CALENDAR, terms.calendar).versions), otherwise=CalendarUnknown)


class ConcludeContract(Command, topic="contract.conclude", of=CONTRACT):
    """Write down what is promised, in which business time (R-SLA-7)."""

    name: Label
    terms: Terms

    def decide(self, own: Contract, asked: Asked) -> Decision:
        needs(asked, Right.CRM_ADMINISTRATOR)
        _needs_calendar(asked, self.terms)
        return rule.conclude(own, self.name, self.terms)


class ReviseContract(Command, topic="contract.revise", of=CONTRACT):
    """Write down a new version; open targets alone follow it (D7)."""

    contract: ContractId
    terms: Terms

    def decide(self, own: Contract, asked: Asked) -> Decision:
        needs(asked, Right.CRM_ADMINISTRATOR)
        _needs_calendar(asked, self.terms)
        return rule.revise(own, self.terms)
