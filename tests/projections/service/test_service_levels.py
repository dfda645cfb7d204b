"""A deadline holds until something more happens to its ticket, or to a text that an open one rests on."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from company import COMPANY_SO_FAR, OVEN
from rows import Rows, shown
from specification import Happened, of, on_monday, request

from commands.command import Command
from commands.service.calendar import ReviseCalendar
from commands.service.contract import ReviseContract
from commands.service.exchange import LogCall, LogMessage
from commands.service.opening import OpenTicket
from commands.service.ticket import (
    AssessTicket,
    CloseTicket,
    HoldTicket,
    ReopenTicket,
    ResolveTicket,
    ResumeTicket,
    SetTicketCustomer,
)
from domain.clients.group import GROUP, GroupContractSet, GroupFormed, GroupKind, GroupRanked
from domain.clients.membership import MEMBERSHIP, MemberJoined, MemberLeft
from domain.service import life
from domain.service.calendar import OpeningHours
from domain.service.clock import Outcome
from domain.service.contract import Targets, Terms
from domain.service.exchange import Direction, Way
from domain.service.life import Verdict
from domain.service.target import Target
from examples import CUSTOMERS, DEFECT, GOLD, GRAVE, MILL, OFFICE, PUMP, REGULARS, SILVER, VIP

EIGHT, LATER = on_monday(8), on_monday(12)
HOUR = 3600
IN, OUT = Direction.INCOMING, Direction.OUTGOING
HALF = Terms(calendar=OFFICE, general=Targets(first_response_seconds=HOUR, resolution_seconds=8 * HOUR))
MORNINGS = OpeningHours(zone="UTC", week=(((540, 780),),) * 5 + ((), ()))


def rows(*asked: tuple[Command, datetime], before: list[Happened] | None = None) -> Rows:
    """Each asked for as it happens."""
    commands = [request(command, at=at) for command, at in asked]
    return shown(COMPANY_SO_FAR, before or [], commands=commands)


def deadline(found: Rows, target: str = "resolution", ticket: str = PUMP) -> dict[str, Any]:
    return found["deadlines"][ticket, target]


def test_an_open_promise_is_due_and_at_risk_after_three_quarters_of_its_time() -> None:
    assert deadline(rows(), "first-response") == {
        "outcome": "open",
        "contract": GOLD,
        "contract_version": 1,
        "due": on_monday(11),
        "at_risk_from": on_monday(10, 30),
        "paused": False,
        "consumed_seconds": None,
        "target_seconds": 2 * HOUR,
        "judged_at": None,
        "corrected": False,
    }
    assert deadline(rows())["due"] == on_monday(17, days=1)
    assert deadline(rows())["at_risk_from"] == on_monday(13, days=1)


def test_a_paused_promise_has_no_due_and_tells_what_was_used() -> None:
    paused = deadline(rows((HoldTicket(ticket=PUMP), on_monday(10))))
    assert paused["paused"]
    assert (paused["due"], paused["at_risk_from"], paused["consumed_seconds"]) == (None, None, HOUR)
    resumed = rows((HoldTicket(ticket=PUMP), on_monday(10)), (ResumeTicket(ticket=PUMP), on_monday(12)))
    assert deadline(resumed)["due"] == on_monday(11, days=2)
    assert not deadline(resumed)["paused"]


def test_a_kept_promise_tells_when_and_what_it_took() -> None:
    found = rows((LogCall(ticket=PUMP, answered=True), on_monday(10)), (ResolveTicket(ticket=PUMP), on_monday(12)))
    response, resolution = deadline(found, "first-response"), deadline(found)
    assert (response["outcome"], response["consumed_seconds"], response["judged_at"]) == ("met", HOUR, on_monday(10))
    assert (resolution["outcome"], resolution["consumed_seconds"]) == ("met", 3 * HOUR)
    assert resolution["judged_at"] == on_monday(12)
    assert found["sla_outcomes"][PUMP,] == {
        "received_at": on_monday(9),
        "severity": None,
        "first_response_seconds": HOUR,
        "resolution_seconds": 3 * HOUR,
        "first_response_due": on_monday(11),
        "resolution_due": on_monday(17, days=1),
        "first_response_outcome": "met",
        "resolution_outcome": "met",
    }


def test_a_due_that_passes_says_nothing_until_something_happens() -> None:
    """Whoever reads it later reads it as missed."""
    untouched = rows((HoldTicket(ticket=OVEN), on_monday(15)))
    assert (deadline(untouched, "first-response")["outcome"], deadline(untouched, "first-response")["due"]) == (
        "open",
        on_monday(11),
    )
    touched = rows((HoldTicket(ticket=PUMP), on_monday(15)))
    missed = deadline(touched, "first-response")
    assert (missed["outcome"], missed["due"], missed["judged_at"]) == ("missed", on_monday(11), on_monday(11))


def test_an_answer_that_becomes_known_late_keeps_a_promise_that_looked_missed() -> None:
    late = request(LogCall(ticket=PUMP, answered=True), at=on_monday(16), happened=on_monday(10))
    held = request(HoldTicket(ticket=PUMP), at=on_monday(15))
    found = shown(COMPANY_SO_FAR, commands=[held, late])
    assert deadline(found, "first-response")["outcome"] == "met"
    assert found["sla_outcomes"][PUMP,]["first_response_outcome"] == "met"
    assert (deadline(found, "first-response")["corrected"], deadline(found)["corrected"]) == (True, False)


ROUNDS = Terms(calendar=OFFICE, general=Targets(next_response_seconds=HOUR))


def said(direction: Direction, hour: int) -> tuple[Command, datetime]:
    return LogMessage(ticket=PUMP, direction=direction, way=Way.EMAIL), on_monday(hour)


def test_of_the_next_responses_the_last_is_a_deadline_and_the_others_are_kept_beside_it() -> None:
    """A round that nothing was promised for has no row."""
    talk = [(IN, 10), (OUT, 11), (IN, 12), (OUT, 14), (IN, 15)]
    found = rows(
        (LogCall(ticket=PUMP, answered=True), on_monday(9, 10)),
        (ReviseContract(contract=GOLD, terms=ROUNDS), on_monday(9, 20)),
        *(said(*each) for each in talk),
    )
    assert {since: row["outcome"] for (_, since), row in found["earlier_responses"].items()} == {
        on_monday(10).isoformat(): "met",
        on_monday(12).isoformat(): "missed",
    }
    last = deadline(found, "next-response")
    assert (last["outcome"], last["due"]) == ("open", on_monday(16))
    nothing = rows((LogCall(ticket=PUMP, answered=True), on_monday(9, 10)), *(said(*each) for each in talk))
    assert nothing["earlier_responses"] == {}
    assert (PUMP, "next-response") not in nothing["deadlines"]


def test_a_ticket_that_is_over_leaves_its_life_to_be_replayed_and_one_that_goes_on_does_not() -> None:
    over = [(ResolveTicket(ticket=PUMP), on_monday(12))]
    (key, row), *_ = rows(*over)["lives"].items()
    assert (key, row["received_at"]) == ((PUMP,), on_monday(9))
    lived = life.read(row["life"])
    assert [moment.kind for _, moment in lived.moments] == ["opened", "promised", "resolved"]
    assert lived.verdicts[Target.RESOLUTION, None] == Verdict(Outcome.MET, on_monday(17, days=1))
    assert rows()["lives"] == {}
    assert rows(*over, (ReopenTicket(ticket=PUMP), on_monday(13)))["lives"] == {}
    again = rows(*over, (ReopenTicket(ticket=PUMP), on_monday(13)), (ResolveTicket(ticket=PUMP), on_monday(14)))
    assert len(life.read(again["lives"][PUMP,]["life"]).moments.entries) == 5


def test_a_ticket_opened_again_is_owed_again_without_the_time_between() -> None:
    resolved, again = (ResolveTicket(ticket=PUMP), on_monday(12)), (ReopenTicket(ticket=PUMP), on_monday(16))
    found = deadline(rows(resolved, again))
    assert (found["outcome"], found["due"]) == ("open", on_monday(13, days=2))


def test_what_is_given_up_is_cancelled() -> None:
    found = rows((CloseTicket(ticket=PUMP, reason="duplicate"), on_monday(10)))
    assert {deadline(found, target)["outcome"] for target in ("first-response", "resolution")} == {"cancelled"}


def test_a_new_text_touches_open_promises_and_no_other() -> None:
    revised = ReviseContract(contract=GOLD, terms=HALF), LATER
    found = rows((ResolveTicket(ticket=OVEN), on_monday(11)), revised)
    assert (deadline(found)["contract_version"], deadline(found)["due"]) == (2, on_monday(17))
    untouched = deadline(found, ticket=OVEN)
    assert (untouched["contract_version"], untouched["target_seconds"]) == (1, 16 * HOUR)
    assert {key for key in found["promises"] if key[0] == OVEN} == set()
    assert {key for key in found["promises"] if key[0] == PUMP} == {(PUMP, GOLD)}


def test_a_text_that_promises_for_the_first_time_touches_those_that_were_promised_nothing() -> None:
    nothing = ReviseContract(contract=GOLD, terms=Terms(calendar=OFFICE)), on_monday(9, 30)
    assert deadline(rows(nothing))["outcome"] == "none"
    found = deadline(rows(nothing, (ReviseContract(contract=GOLD, terms=HALF), LATER)))
    assert (found["outcome"], found["contract_version"], found["due"]) == ("open", 3, on_monday(17))


def test_new_opening_hours_count_from_where_they_were_recorded_on() -> None:
    found = rows((ReviseCalendar(calendar=OFFICE, hours=MORNINGS), on_monday(11)))
    assert deadline(found)["due"] == on_monday(13, days=3)  # 2 h + 2 h, then 4 h a day
    assert deadline(found, ticket=OVEN)["due"] == on_monday(13, days=3)


def test_new_opening_hours_touch_no_promise_that_was_kept() -> None:
    kept = (ResolveTicket(ticket=PUMP), on_monday(10))
    assert deadline(rows(kept, (ReviseCalendar(calendar=OFFICE, hours=MORNINGS), LATER))) == deadline(rows(kept))


def test_a_severity_counts_from_the_receipt_on() -> None:
    found = deadline(rows((AssessTicket(ticket=PUMP, severity=GRAVE), on_monday(10))))
    assert (found["target_seconds"], found["due"]) == (4 * HOUR, on_monday(13))
    assert rows((AssessTicket(ticket=PUMP, severity=GRAVE), on_monday(10)))["sla_outcomes"][PUMP,]["severity"] == GRAVE


def test_the_contracts_calendars_are_known_for_all_their_versions() -> None:
    assert set(rows()["contract_calendars"]) == {(GOLD, OFFICE), (SILVER, OFFICE)}


# The group that brought the contract


def group(id: str, rank: int, contract: str = GOLD, incident_type: Any = None) -> list[Happened]:
    formed = GroupFormed(directory=CUSTOMERS, kind=GroupKind.CUSTOMERS, name=id, rank=rank)
    return of(GROUP, id, formed, GroupContractSet(incident_type=incident_type, contract=contract))


def brought(*before: list[Happened], incident_type: Any = None, **after: Any) -> str | None:
    """The group of a ticket that the mill reports at noon."""
    asked = request(OpenTicket(customer=MILL, incident_type=incident_type, title="It is broken"), at=LATER, id="x")
    found = shown(COMPANY_SO_FAR, [each for some in before for each in some], commands=[asked])
    row = found["sla_groups"].get((asked.new_id,))
    return row["group_id"] if row else None


def joined(*groups: str, at: datetime = EIGHT) -> list[Happened]:
    return of(MEMBERSHIP, MILL, *(MemberJoined(group=each) for each in groups), at=at)


def test_the_group_that_brought_the_contract_is_told() -> None:
    assert brought(group("a", 1), joined("a")) == "a"
    assert brought() is None


def test_of_several_it_is_the_first_by_rank_and_then_by_id() -> None:
    assert brought(group("a", 2), group("b", 1), joined("a", "b")) == "b"
    assert brought(group("a", 1), group("b", 1), joined("b", "a")) == "a"
    ranked = of(GROUP, "a", GroupRanked(rank=0))
    assert brought(group("a", 2), group("b", 1), ranked, joined("a", "b")) == "a"


def test_a_group_that_offers_another_contract_brought_nothing() -> None:
    assert brought(group("a", 1, SILVER), group("b", 2, GOLD), joined("a", "b")) == "b"


def test_whoever_left_before_brings_nothing_and_whoever_joins_later_changes_nothing() -> None:
    left = of(MEMBERSHIP, MILL, MemberLeft(group="a"), at=LATER)
    assert brought(group("a", 1), joined("a"), left) is None
    assert brought(group("a", 1), joined("a", at=LATER + timedelta(seconds=1))) is None


def test_what_is_for_one_incident_type_is_brought_to_that_alone() -> None:
    special = group("a", 1, GOLD, DEFECT)
    assert brought(special, joined("a"), incident_type=DEFECT) == "a"
    assert brought(special, joined("a")) is None


def test_a_contract_selected_anew_is_brought_by_a_group_of_the_receipt_or_by_none() -> None:
    left = of(MEMBERSHIP, MILL, MemberLeft(group="a"), at=on_monday(9, 30))
    before = [each for some in (group("a", 1), joined("a"), left) for each in some]
    nobody, mills = SetTicketCustomer(ticket=PUMP), SetTicketCustomer(ticket=PUMP, customer=MILL)
    steps = [(nobody, on_monday(10)), (mills, on_monday(11)), (nobody, LATER)]
    assert rows(*steps[:2], before=before)["sla_groups"] == {(PUMP,): {"group_id": "a"}}
    assert rows(*steps, before=before)["sla_groups"] == {}


def test_groups_without_a_contract_are_beside_the_point() -> None:
    assert brought(joined(VIP, REGULARS)) is None
