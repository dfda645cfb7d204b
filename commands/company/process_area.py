"""What may be asked about process areas: by the CRM administrator."""

from __future__ import annotations

from commands.command import Asked, Command, Decision
from commands.existence import needs_holder
from commands.permission import needs
from domain.company import process_area as rule
from domain.company.process_area import PROCESS_AREA, ProcessArea
from domain.staff.worker import Right
from domain.values import Holder, Label, ProcessAreaId


class ListProcessArea(Command, topic="process-area.list", of=PROCESS_AREA):
    """Add a kind of care to the code list: the helpdesk, invoicing (R-RESP-4)."""

    name: Label

    def decide(self, own: ProcessArea, asked: Asked) -> Decision:
        needs(asked, Right.CRM_ADMINISTRATOR)
        return rule.enter(own, self.name)


class RenameProcessArea(Command, topic="process-area.rename", of=PROCESS_AREA):
    """Call a process area by another name."""

    process_area: ProcessAreaId
    name: Label

    def decide(self, own: ProcessArea, asked: Asked) -> Decision:
        needs(asked, Right.CRM_ADMINISTRATOR)
        return rule.rename(own, self.name)


class RetireProcessArea(Command, topic="process-area.retire", of=PROCESS_AREA):
    """No longer offer a process area; what has it keeps it."""

    process_area: ProcessAreaId

    def decide(self, own: ProcessArea, asked: Asked) -> Decision:
        needs(asked, Right.CRM_ADMINISTRATOR)
        return rule.retire(own)


class SetProcessAreaResponsible(Command, topic="process-area.set-responsible", of=PROCESS_AREA):
    """Name the worker or team that answers in a process area for what nobody else answers for, or nobody (R-RESP-2)."""

    process_area: ProcessAreaId
    responsible: Holder | None

    def decide(self, own: ProcessArea, asked: Asked) -> Decision:
        needs(asked, Right.CRM_ADMINISTRATOR)
        needs_holder(asked, self.responsible)
        return rule.set_responsible(own, self.responsible, asked.at)
