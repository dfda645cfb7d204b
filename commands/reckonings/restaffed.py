"""The staff as it might have been: who was away or there, a member of an area, or the one who answered (N-5)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, Field

from commands.existence import needs_contract, needs_gateway, needs_worker
from commands.permission import has_role
from commands.reckonings.received import NothingSupposed
from commands.retrospect import Present
from domain.company.settings import COMPANY, SETTINGS, Settings
from domain.refusal import Refused, require
from domain.service.contract import CONTRACT, Contract
from domain.service.supposition import ALWAYS
from domain.staff.absence import Absence
from domain.staff.area import AREA, Area, AreaUnknown, Role
from domain.staff.worker import WORKER, Worker
from domain.talk.gateway import GATEWAY, Gateway
from domain.timeline import Entry, Timeline
from domain.values import AbsenceId, AreaId, ContractId, GatewayId, Holder, WorkerId, worker_holder, worker_of

S = TypeVar("S")

MOST_SUPPOSED = 200
Many = Field(max_length=MOST_SUPPOSED)


class OneThingSupposed(Refused):
    """Of each worker, contract and gateway one thing is supposed."""


class SupposedAbsence(BaseModel, frozen=True, extra="forbid"):
    """A worker who was away all the time, with whoever stood in for them."""

    worker: WorkerId
    substitute: WorkerId | None = None


class SupposedMember(BaseModel, frozen=True, extra="forbid"):
    """A worker who was a member of the area."""

    worker: WorkerId
    area: AreaId


class SupposedHelpdesk(BaseModel, frozen=True, extra="forbid"):
    """Who answered for the helpdesk; or nobody."""

    responsible: WorkerId | None


class SupposedByContract(BaseModel, frozen=True, extra="forbid"):
    """Who answered for the tickets of a contract; or nobody."""

    contract: ContractId
    responsible: Holder | None


class SupposedByGateway(BaseModel, frozen=True, extra="forbid"):
    """Who answered for what came through a gateway; or nobody."""

    gateway: GatewayId
    responsible: Holder | None


class SupposedStaff(BaseModel, frozen=True, extra="forbid"):
    """What is supposed of people, all the time; who is `present` was never away."""

    absent: Annotated[tuple[SupposedAbsence, ...], Many] = ()
    present: Annotated[tuple[WorkerId, ...], Many] = ()
    members: Annotated[tuple[SupposedMember, ...], Many] = ()
    helpdesk: SupposedHelpdesk | None = None
    contracts: Annotated[tuple[SupposedByContract, ...], Many] = ()
    gateways: Annotated[tuple[SupposedByGateway, ...], Many] = ()

    def changes(self, asked: Present) -> Staff:
        """Everything that is supposed, of things that there are and that the asker may know of."""
        found = [*self._supposed(asked)]
        require(bool(found), otherwise=NothingSupposed)
        staff = dict[tuple[str, str], Callable[[Any], Any]]()
        for key, change in found:
            require(key not in staff or key[0] == AREA.kind, otherwise=OneThingSupposed)
            staff[key] = _both(staff[key], change) if key in staff else change
        return staff

    def _supposed(self, asked: Present) -> Iterator[tuple[tuple[str, str], Callable[[Any], Any]]]:
        for away in self.absent:
            needs_worker(asked, away.worker)
            needs_worker(asked, away.substitute)
            yield (WORKER.kind, away.worker), _away(Absence(ALWAYS, None, away.substitute))
        for worker in self.present:
            needs_worker(asked, worker)
            yield (WORKER.kind, worker), lambda state: replace(state, absences={})
        for member in self.members:
            needs_worker(asked, member.worker)
            area = asked.read(AREA, member.area)
            require(area.opened and has_role(asked, area, *Role), otherwise=AreaUnknown)
            yield (AREA.kind, member.area), _joined(worker_holder(member.worker))
        if self.helpdesk is not None:
            needs_worker(asked, self.helpdesk.responsible)
            yield (SETTINGS.kind, COMPANY), _answering(self.helpdesk.responsible)
        for each in self.contracts:
            _needs_holder(asked, each.responsible)
            needs_contract(asked, each.contract)
            yield (CONTRACT.kind, each.contract), _named(each.responsible)
        for through in self.gateways:
            _needs_holder(asked, through.responsible)
            needs_gateway(asked, through.gateway)
            yield (GATEWAY.kind, through.gateway), _through(through.responsible)


Staff = Mapping[tuple[str, str], Callable[[Any], Any]]
"""By the kind and the id of a thing: its state as it is supposed, from what it was."""


def _needs_holder(asked: Present, holder: Holder | None) -> None:
    """A team that is none takes nothing."""
    needs_worker(asked, None if holder is None else worker_of(holder))


def _both(first: Callable[[Any], Any], then: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda state: then(first(state))


def _away(absence: Absence) -> Callable[[Worker], Worker]:
    """Planned last, it goes before all that were planned."""
    return lambda state: replace(state, absences={**state.absences, AbsenceId("supposed"): absence})


def _joined(holder: Holder) -> Callable[[Area], Area]:
    return lambda state: replace(state, roles={**state.roles, (holder, Role.MEMBER): None})


def _answering(responsible: WorkerId | None) -> Callable[[Settings], Settings]:
    return lambda state: replace(state, helpdesk_responsible=_ever(responsible))


def _through(responsible: Holder | None) -> Callable[[Gateway], Gateway]:
    return lambda state: replace(state, responsible=_ever(responsible))


def _named(responsible: Holder | None) -> Callable[[Contract], Contract]:
    def changed(state: Contract) -> Contract:
        texts = ((each, each.terms.model_copy(update={"responsible": responsible})) for each in state.versions)
        return replace(state, versions=tuple(replace(each, terms=terms) for each, terms in texts))

    return changed


def _ever(value: S) -> Timeline[S]:
    return Timeline((Entry(ALWAYS, value),))
