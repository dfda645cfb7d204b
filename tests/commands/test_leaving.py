"""Whoever leaves hands over what they answer for, all of it in one request; or it is forced, or refused (R-STF-2)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pytest
from company import COMPANY_SO_FAR, OLENA, OVEN, VERA, YURIY, ZOE, ticket
from specification import Given, Happened, given, of, on_monday

from commands.lookup import CHARGES, Charge
from commands.staff.handover import (
    HANDED,
    MOST_HANDED_OVER,
    OwnSuccessor,
    TooMuchToHandOver,
    WorkerStillAnswers,
)
from commands.staff.worker import DeactivateWorker
from domain.clients.contact import CONTACT, ContactResponsibleSet
from domain.clients.directory import DIRECTORY, DirectoryRightSet, Level
from domain.clients.group import GROUP, GroupResponsibleSet
from domain.company.process_area import PROCESS_AREA, ProcessAreaResponsibleSet
from domain.company.settings import COMPANY, SETTINGS, HelpdeskResponsibleSet
from domain.fact import Event
from domain.service.contract import CONTRACT, ContractRevised
from domain.service.holding import TicketAssigned
from domain.service.ticket import TICKET, TicketResolved
from domain.staff.worker import WORKER, WorkerDeactivated, WorkerNotActive, WorkerUnknown
from domain.talk.gateway import GATEWAY, GatewayResponsibleSet
from domain.values import TicketId, worker_holder
from examples import (
    ANNA,
    BAKERY,
    BORIS,
    GOLD,
    GOLD_TERMS,
    HOTLINE,
    INVOICING,
    MILL,
    MILL_SUBJECT,
    PUMP,
    SUPPLIERS,
    SUPPORT,
    VIP,
    WORKSHOP,
)
from projections.staff.charge import MOST_LOOKED_UP, ChargeKind

TEN = on_monday(10)
HERS, HIS = worker_holder(ANNA), worker_holder(BORIS)

CHARGED: dict[str, tuple[Charge, list[Happened], Event]] = {
    "ticket": (
        Charge("ticket", PUMP, None),
        of(TICKET, PUMP, TicketAssigned(assignee=ANNA), at=on_monday(9, 10)),
        TicketAssigned(assignee=BORIS),
    ),
    "group": (
        Charge("group", VIP, INVOICING),
        of(GROUP, VIP, GroupResponsibleSet(process_area=INVOICING, person=ANNA, team=HOTLINE, area=WORKSHOP)),
        GroupResponsibleSet(process_area=INVOICING, person=BORIS, team=HOTLINE, area=WORKSHOP),
    ),
    "contact": (
        Charge("contact", MILL, None),
        of(CONTACT, MILL, ContactResponsibleSet(responsible=HERS)),
        ContactResponsibleSet(responsible=HIS),
    ),
    "process-area": (
        Charge("process-area", INVOICING, None),
        of(PROCESS_AREA, INVOICING, ProcessAreaResponsibleSet(responsible=HERS)),
        ProcessAreaResponsibleSet(responsible=HIS),
    ),
    "gateway": (
        Charge("gateway", SUPPORT, None),
        of(GATEWAY, SUPPORT, GatewayResponsibleSet(responsible=HERS)),
        GatewayResponsibleSet(responsible=HIS),
    ),
    "contract": (
        Charge("contract", GOLD, None),
        of(CONTRACT, GOLD, ContractRevised(terms=GOLD_TERMS.model_copy(update={"responsible": HERS}))),
        ContractRevised(terms=GOLD_TERMS.model_copy(update={"responsible": HIS})),
    ),
    "helpdesk": (
        Charge("helpdesk", COMPANY, None),
        of(SETTINGS, COMPANY, HelpdeskResponsibleSet(responsible=ANNA)),
        HelpdeskResponsibleSet(responsible=BORIS),
    ),
}
"""What Anna may answer for: how it is looked up, how it came to be, and what becomes of it when Boris takes over."""

LEFT, FORCED = WorkerDeactivated(), WorkerDeactivated(forced=True)
TAKEN_OVER = WorkerDeactivated(successor=BORIS)
LEAVE, LEAVE_TO_HIM = DeactivateWorker(worker=ANNA), DeactivateWorker(worker=ANNA, successor=BORIS)


def anna(charges: Iterable[Charge] = (), *happenings: Iterable[Happened]) -> Given:
    """The company in which Anna is found to answer for these things."""
    world = given(COMPANY_SO_FAR, *happenings)
    world.log.found[CHARGES, ANNA] = tuple(charges)
    return world


def seen_by_olena(level: Level = Level.USE) -> list[Happened]:
    return of(DIRECTORY, "customers", DirectoryRightSet(holder=worker_holder(OLENA), level=level))


def test_who_answers_for_nothing_just_leaves() -> None:
    anna().when(LEAVE, actor=OLENA, at=TEN).then(LEFT)
    anna().when(LEAVE_TO_HIM, actor=OLENA, at=TEN).then(TAKEN_OVER)


@pytest.mark.parametrize("kind", CHARGED)
def test_whatever_somebody_answers_for_is_handed_over_forced_or_keeps_them(kind: str) -> None:
    charge, happened, taken = CHARGED[kind]
    world = anna([charge], happened, seen_by_olena())
    world.when(LEAVE, actor=OLENA, at=TEN).refused(WorkerStillAnswers)
    world.when(LEAVE_TO_HIM, actor=OLENA, at=TEN).then(TAKEN_OVER, taken)
    anna([charge], happened).when(DeactivateWorker(worker=ANNA, forced=True), actor=OLENA, at=TEN).then(FORCED)


def test_all_of_it_goes_in_one_request() -> None:
    every = [charge for charge, _, _ in CHARGED.values()]
    asked = anna(every, *(happened for _, happened, _ in CHARGED.values())).when(LEAVE_TO_HIM, actor=OLENA, at=TEN)
    asked.then(TAKEN_OVER, *(taken for _, _, taken in CHARGED.values()))
    assert [fact.stream for fact in asked.facts] == [
        "worker-anna",
        "ticket-pump",
        "group-vip",
        "contact-mill",
        "process-area-invoicing",
        "gateway-support",
        "contract-gold",
        f"settings-{COMPANY}",
    ]
    assert {fact.command_id for fact in asked.facts} == {asked.facts[0].command_id}


def test_as_many_as_may_be_handed_over_are_read_together(monkeypatch: pytest.MonkeyPatch) -> None:
    many = [f"pump-{n}" for n in range(200)]
    happened = [each for id in many for each in (*opened_by_mill(id), *assigned_to_anna(id))]
    world, loads = anna([Charge("ticket", id, None) for id in many], happened), list[int]()
    load = world.log.load

    async def counted(after: Mapping[str, int]) -> Any:
        loads.append(len(after))
        return await load(after)

    monkeypatch.setattr(world.log, "load", counted)
    asked = world.when(LEAVE_TO_HIM, actor=OLENA, at=TEN)
    assert len(asked.facts) == 1 + len(many)
    assert len(loads) < 10


def opened_by_mill(id: str) -> list[Happened]:
    return ticket(TicketId(id), MILL, MILL_SUBJECT)


def assigned_to_anna(id: str) -> list[Happened]:
    return of(TICKET, id, TicketAssigned(assignee=ANNA), at=on_monday(9, 10))


@pytest.mark.parametrize("kind", CHARGED)
def test_what_went_to_somebody_else_meanwhile_stays_there(kind: str) -> None:
    charge, happened, _ = CHARGED[kind]
    elsewhere = {"assignee": VERA, "person": VERA}
    holder = {"responsible": VERA if kind == "helpdesk" else worker_holder(VERA)}
    terms = {"terms": GOLD_TERMS.model_copy(update=holder)}
    moved = [
        each._replace(event=type(each.event).model_validate(each.event.model_dump() | elsewhere | holder | terms))
        for each in happened
    ]
    anna([charge], happened, moved).when(LEAVE_TO_HIM, actor=OLENA, at=TEN).then(TAKEN_OVER)


def test_a_ticket_that_was_done_meanwhile_stays_as_it_was() -> None:
    charge, happened, _ = CHARGED["ticket"]
    done = of(TICKET, PUMP, TicketResolved(), at=on_monday(9, 20))
    anna([charge], happened, done).when(LEAVE_TO_HIM, actor=OLENA, at=TEN).then(TAKEN_OVER)


def test_a_successor_takes_over_what_is_left_of_who_left_before() -> None:
    charge, happened, taken = CHARGED["helpdesk"]
    world = anna([charge], happened, of(WORKER, ANNA, FORCED))
    world.when(LEAVE, actor=OLENA, at=TEN).then()
    world.when(LEAVE_TO_HIM, actor=OLENA, at=TEN).then(taken)
    world.when(LEAVE_TO_HIM, actor=OLENA, at=TEN).then()


def test_a_successor_works_here_and_is_somebody_else() -> None:
    for successor, refusal in ((ANNA, OwnSuccessor), (YURIY, WorkerNotActive), ("nobody", WorkerUnknown)):
        anna().when(DeactivateWorker(worker=ANNA, successor=successor), actor=OLENA, at=TEN).refused(refusal)
    anna().when(DeactivateWorker(worker=ANNA, successor=ZOE), actor=OLENA, at=TEN).then(
        WorkerDeactivated(successor=ZOE)
    )


def test_who_was_never_hired_is_unknown_before_anything_is_looked_up() -> None:
    anna().when(DeactivateWorker(worker="nobody"), actor=OLENA, at=TEN).refused(WorkerUnknown)
    anna().when(DeactivateWorker(worker="nobody", successor=BORIS), actor=OLENA, at=TEN).refused(WorkerUnknown)


def test_a_hidden_contact_is_handed_over_and_keeps_nobody() -> None:
    charge = Charge("contact", BAKERY, None)
    happened = of(CONTACT, BAKERY, ContactResponsibleSet(responsible=HERS))
    anna([charge], happened).when(LEAVE, actor=OLENA, at=TEN).then(LEFT)
    anna([charge], happened).when(LEAVE_TO_HIM, actor=OLENA, at=TEN).then(
        TAKEN_OVER, ContactResponsibleSet(responsible=HIS)
    )
    sees = of(DIRECTORY, SUPPLIERS, DirectoryRightSet(holder=worker_holder(OLENA), level=Level.USE))
    anna([charge], happened, sees).when(LEAVE, actor=OLENA, at=TEN).refused(WorkerStillAnswers)


def test_too_much_is_handed_over_in_parts() -> None:
    many = [Charge("ticket", f"t{n}", None) for n in range(MOST_HANDED_OVER + 1)]
    anna(many).when(LEAVE_TO_HIM, actor=OLENA, at=TEN).refused(TooMuchToHandOver)
    assert MOST_LOOKED_UP == MOST_HANDED_OVER + 1


def test_every_kind_of_charge_that_is_looked_up_can_be_handed_over() -> None:
    assert set(ChargeKind) == HANDED.keys() == CHARGED.keys()


def test_a_ticket_of_somebody_else_is_nobodys_business() -> None:
    other = of(TICKET, OVEN, TicketAssigned(assignee=VERA), at=on_monday(9, 10))
    anna([Charge("ticket", OVEN, None)], other).when(LEAVE_TO_HIM, actor=OLENA, at=TEN).then(TAKEN_OVER)
