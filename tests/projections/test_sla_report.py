"""The report says of every ticket what the rules say, as of any instant, and its deadlines add up."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from specification import Happened, of, on_monday

from domain.clients.contact import CONTACT, ContactAbsorbed, ContactMerged
from domain.clients.group import GROUP, GroupContractSet, GroupFormed, GroupKind, GroupRenamed
from domain.clients.membership import MEMBERSHIP, MemberJoined, MemberLeft
from domain.fact import Event, Fact
from domain.personal import Sealed
from domain.service.calendar import CALENDAR, CalendarDefined, OpeningHours
from domain.service.contract import CONTRACT, ContractConcluded, ContractRevised, Targets, Terms
from domain.service.deadline import Deadline, NoDue, Share, explain
from domain.service.exchange import TicketCallLogged
from domain.service.selection import Scope
from domain.service.statement import OutcomeStated
from domain.service.ticket import (
    TICKET,
    TicketAssessed,
    TicketClosed,
    TicketContractSelected,
    TicketHeld,
    TicketNoted,
    TicketOpened,
    TicketReopened,
    TicketResolved,
    TicketResumed,
)
from domain.values import AreaId, CalendarId, ContactId, ContractId, DirectoryId, GroupId, SubjectId
from projections.service.sla_report import TOPICS, SlaReport, TicketRow
from projections.service.sla_summary import percentile, summary, total

CUSTOMER, SUBJECT = ContactId("c"), SubjectId("s")
MUCH_LATER = on_monday(0, days=30)
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
OFFICE = OpeningHours(zone="UTC", week=(((540, 780), (840, 1080)),) * 5 + ((), ()))
TERMS = Terms(
    calendar=CalendarId("office"),
    not_assessed=Targets(first_response_seconds=3600, resolution_seconds=4 * 3600),
    by_severity={"low": Targets(resolution_seconds=8 * 3600)},
)
OPENED = TicketOpened(
    subject=SUBJECT,
    reporter=CUSTOMER,
    customer=CUSTOMER,
    area=AreaId("a"),
    incident_type=None,
    title=Sealed(SUBJECT, "content"),
    reference="Case 1",
)
SELECTED = TicketContractSelected(contract=ContractId("gold"), version=1, scope=Scope.GROUP)
ANSWERED = TicketCallLogged(subject=SUBJECT, answered=True)


def group(name: str, contract: str) -> list[Happened]:
    formed = GroupFormed(directory=DirectoryId("d"), kind=GroupKind.CUSTOMERS, name=name, rank=0)
    return of(GROUP, name, formed, GroupContractSet(contract=ContractId(contract)))


COMPANY = [
    *of(CALENDAR, "office", CalendarDefined(name="Office", hours=OFFICE)),
    *of(CONTRACT, "gold", ContractConcluded(name="Gold", terms=TERMS)),
    *of(CONTRACT, "tin", ContractConcluded(name="Tin", terms=Terms(calendar=CalendarId("office")))),
    *group("vip", "gold"),
    *group("others", "tin"),
    *of(MEMBERSHIP, CUSTOMER, MemberJoined(group=GroupId("vip"))),
]


def ticket(*events: tuple[datetime, Event], id: str = "t") -> list[Happened]:
    return [happened for at, event in events for happened in of(TICKET, id, event, at=at)]


OPEN = ticket((on_monday(9), OPENED), (on_monday(9), SELECTED))


def folded(*stories: Iterable[Happened]) -> SlaReport:
    report, versions = SlaReport(), dict[str, int]()
    for story in (COMPANY, *stories):
        for stream, event, at, recorded_at in story:
            versions[stream] = versions.get(stream, 0) + 1
            report.take(Fact(stream, versions[stream], event, at, recorded_at, "system"))
    return report


def row(report: SlaReport, as_of: datetime = MUCH_LATER) -> TicketRow:
    (only,) = report.rows(as_of)
    return only


def test_a_ticket_in_time_has_its_seconds_its_dues_and_its_outcomes() -> None:
    ended = ticket((on_monday(9, 30), ANSWERED), (on_monday(12), TicketResolved()))
    assert row(folded(OPEN, ended)) == TicketRow(
        case="Case 1",
        group="vip",
        severity="not-assessed",
        first_response_seconds=1800,
        resolution_seconds=3 * 3600,
        first_response_due="2024-06-03T10:00:00+00:00",
        resolution_due="2024-06-03T13:00:00+00:00",
        first_response_outcome="met",
        resolution_outcome="met",
    )


def test_a_ticket_without_a_reference_goes_by_its_id() -> None:
    opened = OPENED.model_copy(update={"reference": None})
    assert row(folded(ticket((on_monday(9), opened), (on_monday(9), SELECTED)))).case == "t"


def test_an_open_target_has_the_due_it_will_be_judged_by() -> None:
    at_ten = row(folded(OPEN), as_of=on_monday(10))
    assert (at_ten.first_response_outcome, at_ten.first_response_due) == ("open", "2024-06-03T10:00:00+00:00")
    assert (at_ten.resolution_outcome, at_ten.resolution_due) == ("open", "2024-06-03T13:00:00+00:00")
    assert at_ten.resolution_seconds is None


def test_an_open_target_is_missed_once_its_due_has_passed() -> None:
    assert row(folded(OPEN), as_of=on_monday(10, 1)).first_response_outcome == "missed"


def test_what_happened_after_the_instant_is_not_known_at_it() -> None:
    ended = ticket((on_monday(10, 30), TicketAssessed(severity="low")), (on_monday(12), TicketResolved()))
    before, after = row(folded(OPEN, ended), on_monday(9, 59)), row(folded(OPEN, ended), on_monday(12))
    assert (before.severity, before.resolution_outcome) == ("not-assessed", "open")
    assert (after.severity, after.resolution_outcome) == ("low", "met")
    assert after.first_response_outcome == "missed"


def test_a_ticket_not_yet_received_has_no_row() -> None:
    assert list(folded(OPEN).rows(on_monday(8, 59))) == []


def test_a_waiting_ticket_is_due_at_no_instant() -> None:
    waiting = row(folded(OPEN, ticket((on_monday(10), TicketHeld()))), as_of=on_monday(11))
    assert (waiting.resolution_outcome, waiting.resolution_due) == ("open", None)


def test_a_severity_without_a_target_is_no_promise() -> None:
    assessed = ticket((on_monday(9), TicketAssessed(severity="low")), (on_monday(9, 5), ANSWERED))
    found = row(folded(OPEN, assessed), as_of=on_monday(10))
    assert (found.first_response_outcome, found.first_response_due, found.first_response_seconds) == ("none", None, 300)


def test_a_closing_without_resolution_cancels_what_was_not_missed() -> None:
    found = row(folded(OPEN, ticket((on_monday(9, 30), TicketClosed(reason="invalid")))))
    assert (found.first_response_outcome, found.resolution_outcome) == ("cancelled", "cancelled")
    assert (found.resolution_seconds, found.resolution_due) == (None, None)


def test_the_group_is_the_one_whose_contract_was_selected() -> None:
    both = of(MEMBERSHIP, CUSTOMER, MemberJoined(group=GroupId("others")))
    assert row(folded(both, OPEN)).group == "vip"


def test_of_those_merged_into_one_the_group_of_either_brings_it() -> None:
    other = ContactId("other")
    merged = [
        *of(CONTACT, other, ContactMerged(survivor=CUSTOMER)),
        *of(CONTACT, CUSTOMER, ContactAbsorbed(contact=other)),
    ]
    theirs = OPENED.model_copy(update={"customer": other})
    assert row(folded(merged, ticket((on_monday(9), theirs), (on_monday(9), SELECTED)))).group == "vip"


def test_a_contract_selected_anew_is_brought_by_a_group_of_the_receipt_or_by_none() -> None:
    left = of(MEMBERSHIP, CUSTOMER, MemberLeft(group=GroupId("vip")), at=on_monday(9, 30))
    assert row(folded(OPEN, left, ticket((on_monday(10), SELECTED)))).group == "vip"
    by_type = SELECTED.model_copy(update={"scope": Scope.TYPE})
    assert row(folded(OPEN, ticket((on_monday(10), by_type)))).group == ""


def test_a_later_change_of_groups_does_not_move_the_ticket() -> None:
    later = of(MEMBERSHIP, CUSTOMER, MemberLeft(group=GroupId("vip")), at=on_monday(8))
    assert row(folded(OPEN, later)).group == "vip"


def test_a_group_goes_by_its_name_of_today() -> None:
    assert row(folded(OPEN, of(GROUP, "vip", GroupRenamed(name="Partners"), at=on_monday(11)))).group == "Partners"


def test_a_ticket_without_any_promise_has_no_group_and_no_outcomes() -> None:
    none = TicketContractSelected(contract=None, version=0, scope=None)
    found = row(folded(ticket((on_monday(9), OPENED), (on_monday(9), none), (on_monday(10), TicketResolved()))))
    assert (found.group, found.first_response_outcome, found.resolution_outcome) == ("", "none", "none")


def test_a_revised_contract_counts_for_what_is_still_open() -> None:
    longer = TERMS.model_copy(update={"not_assessed": Targets(resolution_seconds=8 * 3600)})
    revised = of(CONTRACT, "gold", ContractRevised(terms=longer), at=on_monday(10))
    report = folded(OPEN)
    assert row(report, on_monday(11)).resolution_due == "2024-06-03T13:00:00+00:00"
    for stream, event, at, recorded_at in revised:
        report.take(Fact(stream, 2, event, at, recorded_at, "system"))
    assert row(report, on_monday(11)).resolution_due == "2024-06-03T18:00:00+00:00"


def test_notes_and_statements_are_beside_the_point() -> None:
    assert OutcomeStated.topic not in TOPICS
    note = TicketNoted(subject=SUBJECT, text=Sealed(SUBJECT, "content"))
    assert TicketNoted.topic not in TOPICS
    assert row(folded(OPEN, ticket((on_monday(9), note)))) == row(folded(OPEN))


def told(stories: list[list[Happened]]) -> Deadline:
    report = folded(*stories)
    state = report.states["ticket-t"]
    found = explain(state, report.book(state), MUCH_LATER)
    assert found is not None
    return found


def test_a_deadline_names_what_was_used_and_what_was_left() -> None:
    found = told([OPEN, ticket((on_monday(10), TicketResolved()))])
    assert [(part.length, part.share) for part in found.parts] == [(HOUR, Share.USED), (3 * HOUR, Share.LEFT)]
    assert (found.length, found.due) == (4 * HOUR, on_monday(13))


def test_a_deadline_names_what_came_over_it() -> None:
    found = told([OPEN, ticket((on_monday(15), TicketResolved()))])
    assert [(part.length, part.share) for part in found.parts] == [(4 * HOUR, Share.USED), (HOUR, Share.OVER)]


def test_a_pause_is_named_with_the_business_time_it_cut_out() -> None:
    waited = ticket((on_monday(12), TicketHeld()), (on_monday(15), TicketResumed()), (on_monday(16), TicketResolved()))
    found = told([OPEN, waited])
    (pause,) = found.pauses
    assert (pause.since, pause.until, pause.business) == (on_monday(12), on_monday(15), 2 * HOUR)
    assert found.due == on_monday(16)


def test_there_is_no_deadline_to_explain_where_nothing_was_promised() -> None:
    none = TicketContractSelected(contract=None, version=0, scope=None)
    report = folded(ticket((on_monday(9), OPENED), (on_monday(9), none)))
    state = report.states["ticket-t"]
    found = explain(state, report.book(state), on_monday(12))
    assert found is not None
    assert (found.no_due, found.due, found.parts) == (NoDue.NOTHING_PROMISED, None, ())


STEPS = st.lists(
    st.tuples(st.integers(1, 900), st.sampled_from(["held", "resumed", "resolved", "reopened"])), max_size=8
)


@given(STEPS)
def test_the_parts_of_a_deadline_add_up(steps: list[tuple[int, str]]) -> None:
    events = {
        "held": TicketHeld(),
        "resumed": TicketResumed(),
        "resolved": TicketResolved(),
        "reopened": TicketReopened(),
    }
    at, story, over, waiting = on_monday(9), list[tuple[datetime, Event]](), False, False
    for minutes, name in steps:
        possible = {"held": not over and not waiting, "resumed": waiting, "resolved": not over, "reopened": over}
        if possible[name]:
            at += minutes * MINUTE
            story.append((at, events[name]))
            over, waiting = name == "resolved", name == "held"
    if not over:
        story.append((at + MINUTE, TicketResolved()))
    found, shown = told([OPEN, ticket(*story)]), row(folded(OPEN, ticket(*story)))
    assert found.total(Share.USED, Share.LEFT) == found.length
    assert found.total(Share.USED, Share.OVER) == timedelta(seconds=shown.resolution_seconds or 0)
    assert found.due.isoformat() == shown.resolution_due


def test_a_summary_counts_outcomes_per_group_and_severity() -> None:
    ended = ticket((on_monday(9, 30), ANSWERED), (on_monday(12), TicketResolved()))
    late = ticket((on_monday(9), OPENED), (on_monday(9), SELECTED), (on_monday(15), TicketResolved()), id="late")
    (only,) = summary(folded(OPEN, ended, late).rows(on_monday(0, days=1)))
    assert (only.group, only.severity, only.tickets) == ("vip", "not-assessed", 2)
    assert (only.resolution.met, only.resolution.missed, only.first_response.missed) == (1, 1, 1)
    assert (only.resolution.median_seconds, only.resolution.ninetieth_percentile_seconds) == (3 * 3600, 5 * 3600)


def test_the_total_is_of_all_rows() -> None:
    tickets = list(folded(OPEN).rows(on_monday(9)))
    assert total(tickets * 3).tickets == 3
    assert total(tickets * 3).resolution.open == 3
    assert total(tickets).resolution.median_seconds is None


@pytest.mark.parametrize(("percent", "value"), [(50, 5), (90, 9), (91, 10), (100, 10), (1, 1)])
def test_a_percentile_is_the_smallest_value_that_so_many_do_not_exceed(percent: int, value: int) -> None:
    assert percentile(range(1, 11), percent) == value


def test_a_percentile_of_nothing_is_none() -> None:
    assert percentile([], 50) is None
