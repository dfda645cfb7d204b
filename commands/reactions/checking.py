"""What changes who may what, or who answers for what, calls for a look at whether those who answer can (R-DIR-4)."""

from __future__ import annotations

from collections.abc import Iterator

from commands.company.responsibility import CheckResponsibilities
from commands.lookup import LACKING
from commands.reactions.reaction import Heard, Reaction, Wanted
from domain.clients.contact import ContactMerged, ContactMoved, ContactResponsibleSet, ContactSeparated
from domain.clients.directory import DirectoryRightSet
from domain.clients.group import GroupMoved, GroupResponsibleSet
from domain.company.process_area import ProcessAreaResponsibleSet
from domain.company.responsibility import LackFound, LackSettled
from domain.company.settings import DefaultAreaSet, HelpdeskResponsibleSet
from domain.fact import Event
from domain.service.contract import ContractConcluded, ContractRevised
from domain.staff import worker
from domain.staff.absence import WorkerAbsenceEnded, WorkerAbsencePlanned
from domain.staff.area import AreaRoleGiven, AreaRoleTaken
from domain.staff.team import TeamMemberAdded, TeamMemberRemoved
from domain.staff.worker import WorkerDeactivated, WorkerReactivated
from domain.talk.gateway import GatewayResponsibleSet

CHANGES: tuple[type[Event], ...] = (
    *(WorkerDeactivated, WorkerReactivated, TeamMemberAdded, TeamMemberRemoved),
    *(DirectoryRightSet, AreaRoleGiven, AreaRoleTaken),
    *(GroupResponsibleSet, GroupMoved, ProcessAreaResponsibleSet, HelpdeskResponsibleSet, DefaultAreaSet),
    *(ContactResponsibleSet, ContactMoved, ContactMerged, ContactSeparated),
    *(GatewayResponsibleSet, ContractConcluded, ContractRevised),
    *(WorkerAbsencePlanned, WorkerAbsenceEnded),
    *(LackFound, LackSettled),
)
"""What was told is looked at again: of two checks at once, the one that looked first may have told last.

What happens to a ticket itself calls for no look: whom it is given to is for the giver to know, and the next look, as
the question at any time, finds it where it is then.
"""


def react(_: Heard) -> Iterator[Wanted]:
    yield Wanted(CheckResponsibilities())


CHECKING = Reaction(
    worker.CHECKING,
    tuple(fact.topic for fact in CHANGES),
    react,
    looks_up=(LACKING,),
    sums=True,
    lapse=CheckResponsibilities(),
)
