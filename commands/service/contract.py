"""What may be asked about SLA contracts: by the CRM administrator."""

from __future__ import annotations

from commands.command import Asked, Command, Decision
from commands.existence import needs_calendar, needs_holder
from commands.permission import needs
from domain.service import contract as rule
from domain.service.contract import CONTRACT, Contract, Terms
from domain.staff.worker import Right
from domain.values import ContractId, Label


def _needs_what_is_named(asked: Asked, terms: Terms) -> None:
    """Refuse a calendar, and workers and teams that answer or are told, that there never were."""
    needs_calendar(asked, terms.calendar)
    needs_holder(asked, terms.responsible)
    for recipient in dict.fromkeys(recipient for level in terms.levels for recipient in level.recipients):
        needs_holder(asked, recipient)


class ConcludeContract(Command, topic="contract.conclude", of=CONTRACT):
    """Write down what is promised, in which business time (R-SLA-7)."""

    name: Label
    terms: Terms

    def decide(self, own: Contract, asked: Asked) -> Decision:
        needs(asked, Right.CRM_ADMINISTRATOR)
        _needs_what_is_named(asked, self.terms)
        return rule.conclude(own, self.name, self.terms)


class ReviseContract(Command, topic="contract.revise", of=CONTRACT):
    """Write down a new version; open targets alone follow it (D7)."""

    contract: ContractId
    terms: Terms

    def decide(self, own: Contract, asked: Asked) -> Decision:
        needs(asked, Right.CRM_ADMINISTRATOR)
        _needs_what_is_named(asked, self.terms)
        return rule.revise(own, self.terms)
