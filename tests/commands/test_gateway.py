"""Gateways are the administrator's: each names a process area that is offered, and somebody who is there."""

import pytest
from company import COMPANY_SO_FAR, OLENA
from specification import given, of, on_monday

from commands.command import Command
from commands.existence import needs_gateway
from commands.permission import RightMissing
from commands.retrospect import Loaded, Present, Unread
from commands.talk.gateway import (
    CloseGateway,
    OpenGateway,
    RenameGateway,
    ReopenGateway,
    SetGatewayProcessArea,
    SetGatewayResponsible,
)
from domain.company.process_area import PROCESS_AREA, ProcessAreaNotOffered, ProcessAreaRetired, ProcessAreaUnknown
from domain.refusal import Refused
from domain.staff.team import TeamUnknown
from domain.staff.worker import SYSTEM, WorkerUnknown
from domain.talk.gateway import (
    GATEWAY,
    GatewayClosed,
    GatewayKind,
    GatewayOpened,
    GatewayProcessAreaSet,
    GatewayResponsibleSet,
    GatewayUnknown,
)
from domain.values import GatewayId, team_holder, worker_holder
from examples import ANNA, HOTLINE, INVOICING, REPAIRS, REQUESTS, SUPPORT

NINE, TEN, NOON = on_monday(9), on_monday(10), on_monday(12)
ABOUT_GATEWAYS = [command for command in REQUESTS if command.of is GATEWAY]


@pytest.mark.parametrize("command", ABOUT_GATEWAYS, ids=lambda command: command.topic)
def test_gateways_are_for_the_crm_administrator(command: Command) -> None:
    assert len(ABOUT_GATEWAYS) == 6
    given(COMPANY_SO_FAR).when(command, actor=ANNA, at=TEN).refused(RightMissing)
    assert given(COMPANY_SO_FAR).when(command, actor=OLENA, at=TEN).answer.code == ""


@pytest.mark.parametrize(
    "command",
    [
        RenameGateway(gateway="nowhere", name="x"),
        SetGatewayProcessArea(gateway="nowhere", process_area=REPAIRS),
        SetGatewayResponsible(gateway="nowhere", responsible=worker_holder(ANNA)),
        CloseGateway(gateway="nowhere"),
        ReopenGateway(gateway="nowhere"),
    ],
    ids=lambda command: command.topic,
)
def test_what_was_never_opened_is_unknown(command: Command) -> None:
    given(COMPANY_SO_FAR).when(command, actor=OLENA, at=TEN).refused(GatewayUnknown)


def test_a_new_gateway_is_a_form_unless_it_is_said_to_be_another_kind() -> None:
    for more, kind in (({}, GatewayKind.FORM), ({"kind": "mailbox"}, GatewayKind.MAILBOX)):
        command = OpenGateway.model_validate({"name": "New", "process_area": INVOICING} | more)
        opened = GatewayOpened(name="New", kind=kind, process_area=INVOICING)
        given(COMPANY_SO_FAR).when(command, actor=OLENA, at=TEN).then(opened)


def test_a_gateway_names_a_process_area_that_is_there_and_offered() -> None:
    retired = of(PROCESS_AREA, REPAIRS, ProcessAreaRetired())
    for command in (
        OpenGateway(name="New", process_area="nowhere"),
        SetGatewayProcessArea(gateway=SUPPORT, process_area="nowhere"),
    ):
        given(COMPANY_SO_FAR).when(command, actor=OLENA, at=TEN).refused(ProcessAreaUnknown)
        other = command.model_copy(update={"process_area": REPAIRS})
        given(COMPANY_SO_FAR, retired).when(other, actor=OLENA, at=TEN).refused(ProcessAreaNotOffered)
        assert given(COMPANY_SO_FAR).when(other, actor=OLENA, at=TEN).answer.code == ""


def test_a_gateway_keeps_the_process_area_that_was_retired() -> None:
    retired = of(PROCESS_AREA, INVOICING, ProcessAreaRetired())
    kept = SetGatewayProcessArea(gateway=SUPPORT, process_area=INVOICING)
    world = given(COMPANY_SO_FAR, retired)
    world.when(kept, actor=OLENA, at=TEN).then()
    away = SetGatewayProcessArea(gateway=SUPPORT, process_area=REPAIRS)
    world.when(away, actor=OLENA, at=TEN).then(GatewayProcessAreaSet(process_area=REPAIRS))
    world.when(kept, actor=OLENA, at=NOON).refused(ProcessAreaNotOffered)


@pytest.mark.parametrize(
    ("holder", "refusal"), [(worker_holder("nobody"), WorkerUnknown), (team_holder("nobody"), TeamUnknown)]
)
def test_somebody_answers_who_is_there(holder: str, refusal: type[Refused]) -> None:
    asked = SetGatewayResponsible(gateway=SUPPORT, responsible=holder)
    given(COMPANY_SO_FAR).when(asked, actor=OLENA, at=TEN).refused(refusal)


def test_who_answers_may_be_told_late_and_taken_back() -> None:
    hers = SetGatewayResponsible(gateway=SUPPORT, responsible=worker_holder(ANNA))
    told = GatewayResponsibleSet(responsible=worker_holder(ANNA))
    world = given(
        COMPANY_SO_FAR, of(GATEWAY, SUPPORT, GatewayResponsibleSet(responsible=team_holder(HOTLINE)), at=NINE)
    )
    world.when(hers, at=NOON, happened=TEN).then(told)
    found = world.state(GATEWAY, SUPPORT).responsible
    assert [found.at(at) for at in (NINE, TEN)] == [team_holder(HOTLINE), worker_holder(ANNA)]
    nobody = SetGatewayResponsible(gateway=SUPPORT, responsible=None)
    world.when(nobody, actor=OLENA, at=NOON).then(GatewayResponsibleSet(responsible=None))


def test_a_closed_gateway_is_still_set_up() -> None:
    shut = of(GATEWAY, SUPPORT, GatewayClosed())
    renamed = given(COMPANY_SO_FAR, shut).when(RenameGateway(gateway=SUPPORT, name="Old"), actor=OLENA, at=TEN)
    assert renamed.answer.code == ""


def test_a_gateway_that_is_named_must_have_been_opened_and_none_need_be_named() -> None:
    world = given(COMPANY_SO_FAR)
    streams = {stream: tuple(facts) for stream, facts in world.log.streams.items()}
    asked = Present(Loaded(str, streams={**streams, "gateway-nowhere": ()}), SYSTEM, TEN)
    needs_gateway(asked, None)
    needs_gateway(asked, SUPPORT)
    with pytest.raises(GatewayUnknown):
        needs_gateway(asked, GatewayId("nowhere"))
    with pytest.raises(Unread):
        needs_gateway(asked, GatewayId("elsewhere"))
