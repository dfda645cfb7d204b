"""A gateway is opened once, closed and reopened; its process area and who answers hold from their instants on."""

import pytest
from specification import LONG_AGO, folded, having, on_monday

from domain.talk.gateway import (
    GATEWAY,
    Gateway,
    GatewayAlreadyOpened,
    GatewayClosed,
    GatewayKind,
    GatewayNotOpen,
    GatewayOpened,
    GatewayProcessAreaSet,
    GatewayRenamed,
    GatewayReopened,
    GatewayResponsibleSet,
    GatewayUnknown,
    close,
    needs_open,
    open,
    rename,
    reopen,
    set_process_area,
    set_responsible,
)
from domain.values import team_holder, worker_holder
from examples import ANNA, HOTLINE, INVOICING, REPAIRS

NINE, TEN, NOON, LATER = on_monday(9), on_monday(10), on_monday(12), on_monday(15)
OPENED = GatewayOpened(name="Support", kind=GatewayKind.LINE, process_area=INVOICING)
CLOSED, REOPENED = GatewayClosed(), GatewayReopened()
HER, THEM = worker_holder(ANNA), team_holder(HOTLINE)
HERS, THEIRS = GatewayResponsibleSet(responsible=HER), GatewayResponsibleSet(responsible=THEM)
TO_REPAIRS, TO_INVOICING = (GatewayProcessAreaSet(process_area=each) for each in (REPAIRS, INVOICING))


def test_a_gateway_is_opened_once() -> None:
    having(GATEWAY).deciding(open, "Support", GatewayKind.LINE, INVOICING).then(OPENED)
    having(GATEWAY, OPENED).deciding(open, "Support", GatewayKind.LINE, INVOICING).refused(GatewayAlreadyOpened)


def test_an_opened_gateway_is_of_its_kind_and_its_process_area_and_nobody_answers() -> None:
    found = folded(GATEWAY, (OPENED, NINE))
    assert (found.opened, found.name, found.kind) == (True, "Support", GatewayKind.LINE)
    assert (found.process_area.at(NINE), found.responsible.at(NINE)) == (INVOICING, None)
    assert found.process_area.at(LONG_AGO) is None
    assert not Gateway().opened


def test_it_is_renamed_where_that_changes_something() -> None:
    other = GatewayRenamed(name="Other")
    having(GATEWAY, OPENED).deciding(rename, "Support").then()
    having(GATEWAY, OPENED).deciding(rename, "Other").then(other)
    having(GATEWAY, OPENED, other).deciding(rename, "Other").then()
    assert folded(GATEWAY, OPENED, other).kind is GatewayKind.LINE


@pytest.mark.parametrize(
    ("rule", "arguments"),
    [
        (rename, ("x",)),
        (set_process_area, (REPAIRS, NINE)),
        (set_responsible, (HER, NINE)),
        (close, (NINE,)),
        (reopen, (NINE,)),
    ],
)
def test_what_was_never_opened_is_unknown(rule: object, arguments: tuple[object, ...]) -> None:
    assert callable(rule)
    having(GATEWAY).deciding(rule, *arguments).refused(GatewayUnknown)


def test_who_answers_is_set_where_it_differs_at_that_instant() -> None:
    having(GATEWAY, OPENED).deciding(set_responsible, HER, NINE).then(HERS)
    having(GATEWAY, OPENED).deciding(set_responsible, None, NINE).then()
    known = having(GATEWAY, OPENED, (HERS, NINE), (THEIRS, LATER))
    known.deciding(set_responsible, HER, NOON).then()
    known.deciding(set_responsible, THEM, NOON).then(THEIRS)
    known.deciding(set_responsible, None, LATER).then(GatewayResponsibleSet(responsible=None))


def test_who_answered_at_an_instant_is_not_changed_by_what_was_said_of_a_later_one() -> None:
    found = folded(GATEWAY, OPENED, (THEIRS, LATER), (HERS, NINE))
    assert [found.responsible.at(at) for at in (LONG_AGO, NINE, NOON, LATER)] == [None, HER, HER, THEM]


def test_the_process_area_is_set_where_it_differs_at_that_instant() -> None:
    having(GATEWAY, OPENED).deciding(set_process_area, INVOICING, NINE).then()
    having(GATEWAY, OPENED).deciding(set_process_area, REPAIRS, NINE).then(TO_REPAIRS)
    known = having(GATEWAY, OPENED, (TO_REPAIRS, NOON))
    known.deciding(set_process_area, INVOICING, NINE).then()
    known.deciding(set_process_area, INVOICING, NOON).then(TO_INVOICING)
    assert [known.state.process_area.at(at) for at in (NINE, NOON)] == [INVOICING, REPAIRS]


def test_it_is_closed_and_reopened_by_when_that_happened() -> None:
    having(GATEWAY, OPENED).deciding(close, TEN).then(CLOSED)
    having(GATEWAY, OPENED).deciding(reopen, TEN).then()
    shut = having(GATEWAY, OPENED, (CLOSED, TEN))
    shut.deciding(close, NOON).then()
    shut.deciding(close, NINE).then(CLOSED)
    shut.deciding(reopen, NOON).then(REOPENED)
    shut.deciding(reopen, NINE).then()
    again = folded(GATEWAY, OPENED, (CLOSED, TEN), (REOPENED, NOON))
    assert [bool(again.closed.at(at)) for at in (NINE, TEN, NOON)] == [False, True, False]


def test_nothing_comes_through_a_gateway_while_it_is_closed_nor_through_none() -> None:
    shut = folded(GATEWAY, OPENED, (CLOSED, TEN), (REOPENED, NOON))
    needs_open(shut, NINE)
    needs_open(shut, NOON)
    with pytest.raises(GatewayNotOpen):
        needs_open(shut, TEN)
    with pytest.raises(GatewayUnknown):
        needs_open(Gateway(), TEN)
