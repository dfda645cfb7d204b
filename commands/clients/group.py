"""What may be asked about groups: with the right to edit the directory that owns them (R-GRP-3)."""

from __future__ import annotations

from commands.command import Asked, Command, Decision
from commands.existence import needs_contract, needs_incident_type
from commands.permission import needs, needs_group, needs_level
from domain.clients import group as rule
from domain.clients.directory import Level
from domain.clients.group import GROUP, Group, GroupKind
from domain.staff.worker import Right
from domain.values import ContractId, DirectoryId, GroupId, IncidentTypeId, Label


class FormGroup(Command, topic="group.form", of=GROUP):
    """Form a group of customers, colleagues or suppliers (R-GRP-1)."""

    directory: DirectoryId
    kind: GroupKind = GroupKind.CUSTOMERS
    name: Label
    rank: int = 0

    def decide(self, own: Group, asked: Asked) -> Decision:
        needs(asked, Right.BASIC)
        needs_level(asked, self.directory, Level.EDIT)
        return rule.form(own, self.directory, self.kind, self.name, self.rank)


class RenameGroup(Command, topic="group.rename", of=GROUP):
    """Call a group by another name."""

    group: GroupId
    name: Label

    def decide(self, own: Group, asked: Asked) -> Decision:
        needs(asked, Right.BASIC)
        needs_group(asked, self.group)
        return rule.rename(own, self.name)


class RankGroup(Command, topic="group.rank", of=GROUP):
    """Change which of a customer's groups comes first; smaller first."""

    group: GroupId
    rank: int

    def decide(self, own: Group, asked: Asked) -> Decision:
        needs(asked, Right.BASIC)
        needs_group(asked, self.group)
        return rule.put_rank(own, self.rank)


class SetGroupContract(Command, topic="group.set-contract", of=GROUP):
    """Promise a group's members a contract, for one incident type or by default (R-SLA-1)."""

    group: GroupId
    incident_type: IncidentTypeId | None = None
    contract: ContractId | None

    def decide(self, own: Group, asked: Asked) -> Decision:
        needs(asked, Right.BASIC)
        needs_group(asked, self.group)
        needs_contract(asked, self.contract)
        needs_incident_type(asked, self.incident_type)
        return rule.set_contract(own, self.incident_type, self.contract, asked.at)
