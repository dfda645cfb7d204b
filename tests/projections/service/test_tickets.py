"""The desk shows each ticket as it was reported, and how it stands by when things happened."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from company import BAKERY_SUBJECT, COMPANY_SO_FAR, OVEN
from rows import shown
from specification import of, on_monday, request

from commands.command import Command
from commands.service.exchange import LogCall, LogMessage
from commands.service.holding import AssignTicket
from commands.service.opening import OpenTicket
from commands.service.ticket import (
    AssessTicket,
    ChangeTicketContract,
    CloseTicket,
    HoldTicket,
    NoteOnTicket,
    ReopenTicket,
    ResolveTicket,
)
from domain.service.exchange import Direction, Way
from domain.service.holding import TicketAssigned, TicketGivenBack
from domain.service.joining import TicketMerged, TicketSeparated, TicketSplitOff
from domain.service.ticket import TICKET, TicketCustomerSet, TicketRetyped
from examples import ANNA, BAKERY, BORIS, DEFECT, EVENT, GRAVE, HOTLINE, MILL, PUMP, SILVER, SLIGHT, WORKSHOP

TEN = on_monday(10)


def standing(*asked: tuple[Command, datetime]) -> dict[str, Any]:
    """Of the pump, received at nine, when these were asked for at five, in this order, as having happened before."""
    commands = [request(command, at=on_monday(17), happened=at) for command, at in asked]
    return shown(COMPANY_SO_FAR, commands=commands)["ticket_standings"][PUMP,]


def test_a_ticket_is_shown_as_it_was_reported() -> None:
    rows = shown(of(TICKET, "new", EVENT["ticket.opened"], at=TEN))
    row = dict(rows["tickets"]["new",])
    title, description = row.pop("title"), row.pop("description")
    assert row == {
        "opened_at": TEN,
        "area": WORKSHOP,
        "reference": "4711",
        "product": "P-3 / 200",
        "subject": "5b1f0c",
    }
    assert title[:4] == ["ticket.opened", "ticket-new", 1, "title"]
    assert description[3:][0] == "description"


def test_a_new_ticket_is_received_unassessed_nobodys_and_under_its_contract() -> None:
    assert standing() == {
        "status": "received",
        "severity": None,
        "assignee": None,
        "team": None,
        "contract": "gold",
        "reporter": MILL,
        "customer": MILL,
        "incident_type": None,
        "process_area": None,
        "gateway": None,
        "survivor": None,
        "origin": None,
        "over": False,
        "changed_at": on_monday(9),
    }


@pytest.mark.parametrize(
    ("command", "column", "value"),
    [
        (AssignTicket(ticket=PUMP, assignee=ANNA), "status", "assigned"),
        (AssignTicket(ticket=PUMP, assignee=ANNA), "assignee", ANNA),
        (AssignTicket(ticket=PUMP, team=HOTLINE), "status", "assigned"),
        (AssignTicket(ticket=PUMP, team=HOTLINE), "team", HOTLINE),
        (AssignTicket(ticket=PUMP, team=HOTLINE), "assignee", None),
        (HoldTicket(ticket=PUMP), "status", "waiting-for-customer"),
        (AssessTicket(ticket=PUMP, severity=GRAVE), "severity", GRAVE),
        (ChangeTicketContract(ticket=PUMP, contract=SILVER, reason="Agreed"), "contract", SILVER),
        (ChangeTicketContract(ticket=PUMP, contract=None, reason="Agreed"), "contract", None),
        (ResolveTicket(ticket=PUMP), "over", True),
        (CloseTicket(ticket=PUMP, reason="duplicate"), "status", "closed"),
    ],
    ids=lambda each: getattr(each, "topic", each),
)
def test_what_changed_is_shown_with_when_it_happened(command: Command, column: str, value: Any) -> None:
    row = standing((command, TEN))
    assert row[column] == value
    assert row["changed_at"] == TEN


def test_calls_and_notes_change_nothing_of_how_it_stands() -> None:
    calls = [LogCall(ticket=PUMP, answered=True), LogCall(ticket=PUMP, answered=False)]
    assert standing(*((each, TEN) for each in [*calls, NoteOnTicket(ticket=PUMP, text="Hm")])) == standing()


def test_what_becomes_known_late_stands_where_it_happened() -> None:
    graver, slighter = AssessTicket(ticket=PUMP, severity=GRAVE), AssessTicket(ticket=PUMP, severity=SLIGHT)
    given, late = AssignTicket(ticket=PUMP, assignee=ANNA), AssignTicket(ticket=PUMP, assignee=BORIS)
    row = standing((graver, on_monday(12)), (given, on_monday(12)), (slighter, TEN), (late, TEN))
    assert (row["severity"], row["assignee"], row["changed_at"]) == (GRAVE, ANNA, on_monday(12))


def test_what_is_given_back_stays_with_the_team() -> None:
    given = AssignTicket(ticket=PUMP, assignee=ANNA, team=HOTLINE)
    assert _holding(standing((given, TEN))) == (ANNA, HOTLINE)
    back = of(TICKET, PUMP, TicketAssigned(assignee=ANNA, team=HOTLINE), TicketGivenBack(), at=TEN)
    assert _holding(after(back)) == (None, HOTLINE)
    whole = of(TICKET, PUMP, TicketAssigned(assignee=ANNA, team=HOTLINE), TicketGivenBack(team_too=True), at=TEN)
    assert _holding(after(whole)) == (None, None)


def _holding(row: dict[str, Any]) -> tuple[str | None, str | None]:
    return row["assignee"], row["team"]


def after(*more: Any) -> dict[str, Any]:
    """Of the pump, when this has happened."""
    return shown(COMPANY_SO_FAR, *more)["ticket_standings"][PUMP,]


def test_a_ticket_that_another_stands_for_is_over_until_it_is_separated() -> None:
    merged = of(TICKET, PUMP, TicketMerged(survivor=OVEN), at=TEN)
    row = after(merged)
    assert (row["status"], row["over"], row["survivor"]) == ("merged", True, OVEN)
    assert after(merged, of(TICKET, PUMP, TicketSeparated(survivor=OVEN), at=on_monday(11))) == standing()


def test_a_message_of_the_customer_ends_the_waiting_and_one_to_the_customer_does_not() -> None:
    hold, ours, theirs = (
        HoldTicket(ticket=PUMP),
        LogMessage(ticket=PUMP, direction=Direction.OUTGOING, way=Way.EMAIL),
        LogMessage(ticket=PUMP, direction=Direction.INCOMING, way=Way.EMAIL),
    )
    assert standing((hold, TEN), (ours, on_monday(11)))["status"] == "waiting-for-customer"
    row = standing((hold, TEN), (theirs, on_monday(11)))
    assert (row["status"], row["changed_at"]) == ("in-work", on_monday(11))


def test_whose_it_is_and_what_it_is_about_follow_what_became_known() -> None:
    found = TicketCustomerSet(subject=BAKERY_SUBJECT, reporter=None, customer=BAKERY)
    row = after(of(TICKET, PUMP, found, TicketRetyped(incident_type=DEFECT), at=TEN))
    assert (row["reporter"], row["customer"], row["incident_type"]) == (None, BAKERY, DEFECT)


def test_a_part_is_as_old_as_the_whole_and_says_what_it_was_a_part_of() -> None:
    part = EVENT["ticket.opened"].model_copy(update={"received_at": on_monday(9)})
    rows = shown(of(TICKET, "new", part, TicketSplitOff(origin=PUMP), at=TEN))
    assert rows["tickets"]["new",]["opened_at"] == on_monday(9)
    assert rows["ticket_standings"]["new",]["origin"] == PUMP


def test_a_ticket_opened_again_is_in_work_and_not_over() -> None:
    resolved, again = (ResolveTicket(ticket=PUMP), TEN), (ReopenTicket(ticket=PUMP), on_monday(11))
    row = standing(resolved, again)
    assert (row["status"], row["over"], row["changed_at"]) == ("in-work", False, on_monday(11))


def test_a_ticket_of_nobody_we_know_has_no_customer() -> None:
    anonymous = request(OpenTicket(title="It is broken"), at=TEN, id="x")
    rows = shown(COMPANY_SO_FAR, commands=[anonymous])
    assert rows["ticket_standings"][anonymous.new_id,]["customer"] is None
    assert [key for key in rows["contact_tickets"] if key[1] == anonymous.new_id] == []
