"""Gateways as they are now: by what was said of the latest instant, and by the name that was given last."""

from __future__ import annotations

from typing import Any

from rows import shown
from specification import Happened, of, on_monday

from domain.fact import Event
from domain.talk.gateway import (
    GATEWAY,
    GatewayClosed,
    GatewayKind,
    GatewayOpened,
    GatewayProcessAreaSet,
    GatewayRenamed,
    GatewayReopened,
    GatewayResponsibleSet,
)
from domain.values import team_holder, worker_holder
from examples import ANNA, HOTLINE, INVOICING, REPAIRS, SUPPORT

NINE, TEN, NOON = on_monday(9), on_monday(10), on_monday(12)
HER, THEM = worker_holder(ANNA), team_holder(HOTLINE)
OPENED = of(GATEWAY, SUPPORT, GatewayOpened(name="Support", kind=GatewayKind.LINE, process_area=INVOICING), at=NINE)


def said(event: Event, *, at: Any = TEN) -> list[Happened]:
    return of(GATEWAY, SUPPORT, event, at=at, recorded=NOON)


def row(*happened: list[Happened]) -> dict[str, Any]:
    return shown(OPENED, *happened, page=1)["gateways"][SUPPORT,]


def test_a_gateway_is_shown_as_it_was_opened() -> None:
    assert row() == {
        "name": "Support",
        "kind": "line",
        "process_area": INVOICING,
        "responsible": None,
        "closed": False,
    }


def test_it_is_shown_as_it_is_called_and_of_the_kind_of_care_that_it_is_for() -> None:
    found = row(said(GatewayRenamed(name="Hotline")), said(GatewayProcessAreaSet(process_area=REPAIRS)))
    assert (found["name"], found["process_area"]) == ("Hotline", REPAIRS)


def test_who_answers_is_who_does_so_last_whenever_that_was_told() -> None:
    hers, theirs = GatewayResponsibleSet(responsible=HER), GatewayResponsibleSet(responsible=THEM)
    assert row(said(hers))["responsible"] == HER
    assert row(said(theirs, at=NOON), said(hers))["responsible"] == THEM
    assert row(said(hers), said(GatewayResponsibleSet(responsible=None), at=NOON))["responsible"] is None


def test_it_is_closed_while_it_was_closed_last() -> None:
    shut, open_again = said(GatewayClosed()), said(GatewayReopened(), at=NOON)
    assert row(shut)["closed"] is True
    assert row(shut, open_again)["closed"] is False
    assert row(open_again, shut)["closed"] is False
