"""What may be asked about groups: with the right to edit the directory that owns them (R-GRP-3)."""

from __future__ import annotations

from commands.command import Asked, Command, Decision
from commands.existence import (
    needs_area,
    needs_contract,
    needs_incident_type,
    needs_price_list,
    needs_process_area,
    needs_room,
    needs_team,
    needs_worker,
)
from commands.permission import needs, needs_group, needs_level
from domain.clients import group as rule
from domain.clients.directory import Level
from domain.clients.group import GROUP, NOBODY, Group, GroupKind, Responsible
from domain.company.process_area import PROCESS_AREA, needs_offered
from domain.staff.worker import Right
from domain.values import (
    AreaId,
    ContractId,
    DirectoryId,
    GroupId,
    IncidentTypeId,
    Label,
    PriceListId,
    ProcessAreaId,
    TeamId,
    WorkerId,
)


class FormGroup(Command, topic="group.form", of=GROUP):
    """Form a group of customers, colleagues or suppliers (R-GRP-1)."""

    directory: DirectoryId
    kind: GroupKind = GroupKind.CUSTOMERS
    name: Label
    rank: int = 0

    def decide(self, own: Group, asked: Asked) -> Decision:
        needs(asked, Right.BASIC)
        needs_level(asked, self.directory, Level.EDIT)
        needs_room(asked, self.directory)
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


class MoveGroup(Command, topic="group.move", of=GROUP):
    """Keep a group in another directory, with the right to edit both (R-GRP-3)."""

    group: GroupId
    directory: DirectoryId

    def decide(self, own: Group, asked: Asked) -> Decision:
        needs(asked, Right.BASIC)
        needs_group(asked, self.group)
        needs_level(asked, self.directory, Level.EDIT)
        if self.directory != own.directory:
            needs_room(asked, self.directory)
        return rule.move(own, self.directory)


class CloseGroup(Command, topic="group.close", of=GROUP):
    """Let nobody join a group from the instant this happened; its members stay."""

    group: GroupId

    def decide(self, own: Group, asked: Asked) -> Decision:
        needs(asked, Right.BASIC)
        needs_group(asked, self.group)
        return rule.close(own, asked.at)


class ReopenGroup(Command, topic="group.reopen", of=GROUP):
    """Let a group take members again from the instant this happened."""

    group: GroupId

    def decide(self, own: Group, asked: Asked) -> Decision:
        needs(asked, Right.BASIC)
        needs_group(asked, self.group)
        return rule.reopen(own, asked.at)


class SetGroupResponsible(Command, topic="group.set-responsible", of=GROUP):
    """Say who answers for a group's matters in a process area, and which area these go to (R-RESP-1)."""

    group: GroupId
    process_area: ProcessAreaId
    person: WorkerId | None = None
    team: TeamId | None = None
    area: AreaId | None = None

    def decide(self, own: Group, asked: Asked) -> Decision:
        needs(asked, Right.BASIC)
        needs_group(asked, self.group)
        needs_process_area(asked, self.process_area)
        needs_worker(asked, self.person)
        needs_team(asked, self.team)
        needs_area(asked, self.area)
        row = Responsible(self.person, self.team, self.area)
        if own.responsible(self.process_area, asked.at) == NOBODY != row:
            needs_offered(asked.read(PROCESS_AREA, self.process_area))
        return rule.set_responsible(own, self.process_area, row, asked.at)


class AttachPriceListToGroup(Command, topic="group.attach-price-list", of=GROUP):
    """Apply a price list to the orders of all members, from the instant this happened on (R-PRC-2)."""

    group: GroupId
    price_list: PriceListId

    def decide(self, own: Group, asked: Asked) -> Decision:
        needs(asked, Right.BASIC)
        needs(asked, Right.SALES)
        needs_group(asked, self.group)
        needs_price_list(asked, self.price_list)
        return rule.attach_price_list(own, self.price_list, asked.at)


class DetachPriceListFromGroup(Command, topic="group.detach-price-list", of=GROUP):
    """No longer apply a price list to the orders of the members, from the instant this happened on (R-PRC-2)."""

    group: GroupId
    price_list: PriceListId

    def decide(self, own: Group, asked: Asked) -> Decision:
        needs(asked, Right.BASIC)
        needs(asked, Right.SALES)
        needs_group(asked, self.group)
        needs_price_list(asked, self.price_list)
        return rule.detach_price_list(own, self.price_list, asked.at)
