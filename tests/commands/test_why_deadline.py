"""Why a promise is due is told to whoever may know of the ticket: as it stands, and as it was known at any instant."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from company import COMPANY_SO_FAR, OLENA, OVEN, ZOE, worker
from hypothesis import HealthCheck, settings
from hypothesis import given as generated
from hypothesis import strategies as st
from life import opened
from retrospection import reckoned, refusal
from specification import Given, Happened, given, of, on_monday

from commands.command import Command
from commands.reckoning import Reckoned
from commands.reckonings.deadline import MOST_PARTS, DeadlineTold, NotOwed, WhyThisDeadline
from commands.retrospect import InstantAhead
from commands.service.exchange import LogCall
from commands.service.joining import MergeTicket, SeparateTicket
from commands.service.ticket import (
    ChangeTicketContract,
    HoldTicket,
    ReopenTicket,
    ResolveTicket,
    ResumeTicket,
    SetTicketCustomer,
)
from domain.service.calendar import CALENDAR, CalendarDefined, CalendarRevised, OpeningHours
from domain.service.clock import Outcome
from domain.service.contract import CONTRACT, ContractConcluded, ContractRevised, Targets, Terms
from domain.service.deadline import NoDue, Share
from domain.service.exchange import Direction, TicketCallLogged, TicketMessageLogged, Way
from domain.service.selection import Scope
from domain.service.target import Target
from domain.service.ticket import TICKET, TicketContractSelected, TicketUnknown
from domain.staff.worker import SYSTEM, WORKER, Right, WorkerRightGranted
from domain.values import CalendarId, ContractId, TicketId, WorkerId
from examples import ANNA, BORIS, GOLD, GOLD_TERMS, MILL_SUBJECT, OFFICE, OFFICE_HOURS, PUMP, SILVER

EVENING = on_monday(20)
HOUR = 3_600.0
H = timedelta(hours=1)
FAN = TicketId("fan")
BOTH = (Target.FIRST_RESPONSE, Target.RESOLUTION)
OUTSIDER = WorkerId("omar")
AUDITS = of(WORKER, OLENA, WorkerRightGranted(right=Right.AUDITOR))


def world(*more: Any) -> Given:
    return given(COMPANY_SO_FAR, AUDITS, worker(OUTSIDER, Right.BASIC, Right.HELPDESK), *more)


def fan(at: datetime, contract: ContractId = GOLD) -> list[list[Happened]]:
    """Another ticket of the mill, received then."""
    selected = TicketContractSelected(contract=contract, version=1, scope=Scope.MODULE)
    return [of(TICKET, FAN, opened(), selected, at=at)]


def answer(found: Given, actor: str = SYSTEM, at: datetime = EVENING, **asked: Any) -> Reckoned:
    return reckoned(found, WhyThisDeadline(**{"ticket": PUMP, **asked}), actor=actor, at=at)


def why(found: Given, actor: str = SYSTEM, at: datetime = EVENING, **asked: Any) -> DeadlineTold:
    row = answer(found, actor, at, **asked).row
    assert isinstance(row, DeadlineTold)
    return row


def refused(found: Given, actor: str = SYSTEM, **asked: Any) -> Any:
    return refusal(found, WhyThisDeadline(**{"ticket": PUMP, **asked}), actor=actor, at=EVENING)


def did(found: Given, command: Command, at: datetime, known: datetime | None = None) -> Given:
    """What happened then became known then, or later."""
    return found.when(command, at=known or at, happened=at).given


def message(direction: Direction, at: datetime) -> list[Any]:
    said = TicketMessageLogged(subject=MILL_SUBJECT, direction=direction, way=Way.EMAIL, automatic=False)
    return of(TICKET, PUMP, said, at=at)


def test_a_deadline_is_told_with_its_parts_its_calendar_and_its_contract() -> None:
    row = why(world(), at=on_monday(11))
    assert (row.due, row.no_due, row.outcome) == (on_monday(17, days=1), None, Outcome.OPEN)
    assert (row.contract, row.contract_version, row.calendar) == (GOLD, 1, OFFICE)
    assert (row.target_seconds, row.used_seconds, row.left_seconds) == (16 * HOUR, 2 * HOUR, 14 * HOUR)
    assert [(part.day, part.seconds, part.share, part.intervals) for part in row.parts] == [
        (date(2024, 6, 3), 2 * HOUR, Share.USED, 1),
        (date(2024, 6, 3), 6 * HOUR, Share.LEFT, 1),
        (date(2024, 6, 4), 8 * HOUR, Share.LEFT, 1),
    ]
    assert [(each.version, each.zone) for each in row.calendar_versions] == [(1, "UTC")]
    assert [(text.contract, text.severity, text.target_seconds) for text in row.texts] == [(GOLD, None, 16 * 3_600)]


def test_contract_and_calendar_are_told_with_their_names() -> None:
    assert answer(world()).mentioned == {(CONTRACT.kind, GOLD), (CALENDAR.kind, OFFICE)}


def test_a_call_recorded_on_monday_for_friday_turns_the_outcome_and_what_was_believed_on_saturday_stays() -> None:
    friday, saturday, monday = on_monday(9, days=4), on_monday(12, days=5), on_monday(9, days=7)
    found = world(*fan(friday))
    response = {"ticket": FAN, "target": Target.FIRST_RESPONSE}
    before = why(found, at=saturday, **response)
    assert (before.outcome, before.due, before.judged_at) == (Outcome.MISSED, friday + 2 * H, friday + 2 * H)
    did(found, LogCall(ticket=FAN, answered=True), friday + H, known=monday)
    after = why(found, at=monday + H, **response)
    assert (after.outcome, after.used_seconds, after.left_seconds) == (Outcome.MET, HOUR, HOUR)
    assert why(found, at=monday + H, known_at=saturday, **response) == before
    assert why(found, at=monday + H, known_at=monday + H, **response) == after


def test_an_open_deadline_as_it_was_known_has_used_up_what_it_had_then() -> None:
    row = why(world(), known_at=on_monday(12))
    assert (row.known_at, row.used_seconds, row.left_seconds) == (on_monday(12), 3 * HOUR, 13 * HOUR)


def test_a_calendar_a_contract_and_a_change_count_only_from_when_they_are_known() -> None:
    shorter = OFFICE_HOURS.model_copy(update={"week": (((540, 780),),) * 5 + ((), ())})
    revised = of(CALENDAR, OFFICE, CalendarRevised(hours=shorter), at=on_monday(11))
    harder = GOLD_TERMS.model_copy(update={"not_assessed": Targets(resolution_seconds=4 * 3_600)})
    rewritten = of(CONTRACT, GOLD, ContractRevised(terms=harder), at=on_monday(12))
    found = world(revised, rewritten)
    changed = ChangeTicketContract(ticket=PUMP, contract=SILVER, reason="agreed")
    did(found, changed, on_monday(12, 30))
    dues = {
        on_monday(10): (on_monday(17, days=1), GOLD, 1),
        on_monday(11, 30): (on_monday(13, days=3), GOLD, 1),
        on_monday(12, 10): (on_monday(13), GOLD, 2),
        on_monday(12, 40): (on_monday(13, days=7), SILVER, 1),
    }
    for known, (due, contract, version) in dues.items():
        row = why(found, known_at=known)
        assert (row.due, row.contract, row.contract_version) == (due, contract, version), known
    row = why(found)
    assert [(each.since, each.contract, each.contract_version) for each in row.texts] == [
        (on_monday(9), GOLD, 1),
        (on_monday(12), GOLD, 2),
        (on_monday(12, 30), SILVER, 1),
    ]
    assert [(each.version, each.since) for each in row.calendar_versions][1:] == [(2, on_monday(11))]


def test_what_was_known_before_another_customer_was_set_and_before_a_merging_stays_answerable() -> None:
    found = world(*fan(on_monday(9)))
    before = why(found, at=on_monday(10))
    did(found, SetTicketCustomer(ticket=PUMP), on_monday(11))
    between = why(found, at=on_monday(11, 30))
    did(found, MergeTicket(ticket=PUMP, survivor=FAN), on_monday(10, 30), known=on_monday(12))
    after = why(found)
    assert [(each.contract, each.outcome) for each in (before, between, after)] == [
        (GOLD, Outcome.OPEN),
        (None, Outcome.NONE),
        (GOLD, Outcome.MERGED),
    ]
    assert why(found, known_at=on_monday(10)) == before
    assert why(found, known_at=on_monday(11, 30)) == between
    did(found, SeparateTicket(ticket=PUMP), on_monday(13))
    assert why(found, known_at=on_monday(12, 30)).outcome is Outcome.MERGED
    assert (why(found).contract, why(found).outcome) == (None, Outcome.NONE)


def test_pauses_are_told_with_what_they_cut_out_and_a_paused_promise_with_what_is_left() -> None:
    found = did(world(), HoldTicket(ticket=PUMP), on_monday(10))
    paused = why(found, at=on_monday(12))
    assert (paused.due, paused.no_due, paused.remaining_seconds) == (None, NoDue.PAUSED, 15 * HOUR)
    did(did(found, ResumeTicket(ticket=PUMP), on_monday(13)), ResolveTicket(ticket=PUMP), on_monday(14))
    row = why(did(found, ReopenTicket(ticket=PUMP), on_monday(16)), at=on_monday(16, 30))
    assert [(each.status, each.business_seconds) for each in row.pauses] == [
        ("waiting-for-customer", 3 * HOUR),
        ("resolved", 2 * HOUR),
    ]
    assert row.used_seconds + row.left_seconds == row.target_seconds == 16 * HOUR


def test_every_round_of_the_next_response_is_told_by_the_instant_it_began() -> None:
    promise = Terms(calendar=OFFICE, general=Targets(next_response_seconds=3_600))
    said = [TicketCallLogged(subject=MILL_SUBJECT, answered=True)]
    found = world(
        of(CONTRACT, GOLD, ContractRevised(terms=promise), at=on_monday(9, 5)),
        of(TICKET, PUMP, *said, at=on_monday(9, 10)),
        message(Direction.INCOMING, on_monday(10)),
        message(Direction.OUTGOING, on_monday(10, 30)),
        message(Direction.INCOMING, on_monday(13)),
    )
    asked = {"target": Target.NEXT_RESPONSE}
    assert (why(found, **asked).counted_from, why(found, **asked).outcome) == (on_monday(13), Outcome.MISSED)
    first = why(found, since=on_monday(10), **asked)
    assert (first.due, first.used_seconds, first.outcome) == (on_monday(11), HOUR / 2, Outcome.MET)
    assert refused(found, since=on_monday(11), **asked) is NotOwed
    assert refused(world(), **asked) is NotOwed
    assert refusal(found, WhyThisDeadline(ticket=PUMP, known_at=on_monday(9, 30), **asked), at=EVENING) is NotOwed


def test_what_was_not_known_then_was_unknown_and_what_is_to_come_nobody_knows() -> None:
    found = world(*fan(on_monday(9, days=4)))
    assert refused(found, ticket=FAN, known_at=on_monday(12)) is TicketUnknown
    assert refused(found, known_at=EVENING + timedelta(seconds=1)) is InstantAhead


def test_of_a_promise_of_years_the_hours_of_a_month_are_told_together() -> None:
    always = OpeningHours(zone="Europe/Kyiv", week=(((0, 720), (780, 1440)),) * 7)
    terms = Terms(calendar=CalendarId("long"), general=Targets(resolution_seconds=100_000_000))
    found = world(
        of(CALENDAR, "long", CalendarDefined(name="Long", hours=always)),
        of(CONTRACT, "long", ContractConcluded(name="Long", terms=terms)),
        *fan(on_monday(9), ContractId("long")),
    )
    row = why(found, ticket=FAN)
    assert sum(part.seconds for part in row.parts) == row.target_seconds == 100_000_000
    assert sum(part.intervals for part in row.parts) > MOST_PARTS > 10 * len(row.parts)
    months = [(part.day.year, part.day.month, part.share) for part in row.parts]
    assert len(months) == len({*months})


known = st.lists(
    st.tuples(st.sampled_from(["call", "hold", "resume", "resolve", "reopen", "silver", "gold"]), st.integers(0, 60)),
    max_size=8,
)


def command(name: str) -> Command:
    match name:
        case "call":
            return LogCall(ticket=PUMP, answered=True)
        case "hold":
            return HoldTicket(ticket=PUMP)
        case "resume":
            return ResumeTicket(ticket=PUMP)
        case "resolve":
            return ResolveTicket(ticket=PUMP)
        case "reopen":
            return ReopenTicket(ticket=PUMP)
        case _:
            return ChangeTicketContract(ticket=PUMP, contract=SILVER if name == "silver" else GOLD, reason="agreed")


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@generated(known)
def test_what_is_known_at_an_instant_is_what_the_facts_recorded_up_to_it_say(steps: list[tuple[str, int]]) -> None:
    """Told while only those facts were there, and asked for later: whatever they are late by, it is one answer."""
    found, told = world(), dict[datetime, list[DeadlineTold]]()
    for hour, (name, late) in enumerate(steps, 10):
        at = on_monday(hour)
        did(found, command(name), at - timedelta(minutes=late), known=at)
        told[at + H / 2] = [why(found, at=at + H / 2, target=target) for target in BOTH]
    for at, rows in told.items():
        assert [why(found, at=EVENING, known_at=at, target=row.target) for row in rows] == rows


def test_who_may_not_know_of_the_ticket_is_answered_as_if_there_were_none() -> None:
    found = world()
    for actor in (ANNA, BORIS):
        assert why(found, actor).ticket == PUMP
        assert refused(found, actor, ticket=OVEN) is TicketUnknown
    for actor in (OUTSIDER, ZOE, "nobody"):
        assert refused(found, actor) is TicketUnknown
    assert refused(found, ANNA, ticket="none") is TicketUnknown


def test_an_auditor_asks_as_an_exception() -> None:
    assert answer(world(), OLENA).exception is Right.AUDITOR
    assert answer(world(), ANNA).exception is None
