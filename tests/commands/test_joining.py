"""Whatever was said while two tickets were one, its undo leaves each as if it had never been so (R-TCK-16, N-7)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any

from company import COMPANY_SO_FAR, OVEN, ticket
from hypothesis import given as each
from hypothesis import settings
from hypothesis import strategies as st
from life import opened
from specification import Given, Happened, given, of, on_monday

from commands.command import Command
from commands.permission import RoleMissing
from commands.service.exchange import LogCall, LogMessage
from commands.service.holding import TakeTicket
from commands.service.joining import MergeTicket, RejoinTicket, SeparateTicket, SplitTicket
from commands.service.ticket import (
    AssessTicket,
    ChangeTicketContract,
    CloseTicket,
    HoldTicket,
    ReopenTicket,
    ResolveTicket,
    ResumeTicket,
)
from domain.clients.contact import CONTACT, ContactAbsorbed, ContactMerged
from domain.clients.group import GROUP, GroupContractSet
from domain.clients.membership import MEMBERSHIP, MemberJoined, MemberLeft
from domain.company.settings import COMPANY, SETTINGS, AfterClosing, FormRuleSet
from domain.service.calendar import CALENDAR
from domain.service.clock import Outcome
from domain.service.contract import CONTRACT, ContractRevised, Targets, Terms
from domain.service.exchange import Direction, Way
from domain.service.incident_type import INCIDENT_TYPE, IncidentTypeNotOffered, IncidentTypeRetired, IncidentTypeUnknown
from domain.service.joining import (
    Exchanged,
    Said,
    TicketAbsorbed,
    TicketDivided,
    TicketIsMerged,
    TicketMerged,
    TicketMergedIntoItself,
    TicketNotMerged,
    TicketNotSplitOff,
    TicketReleased,
    TicketSeparated,
    TicketsOfOthers,
    TicketSplitOff,
)
from domain.service.promise import Book, Kind, judgements
from domain.service.selection import Scope
from domain.service.statement import OutcomeCorrected, OutcomeStated
from domain.service.ticket import (
    TICKET,
    Ticket,
    TicketAssessed,
    TicketContractSelected,
    TicketCustomerSet,
    TicketNotOpen,
    TicketResolved,
    TicketUnknown,
)
from domain.values import IncidentTypeId, TicketId
from examples import (
    ANNA,
    BAKERY,
    BELT,
    BORIS,
    DEFECT,
    GOLD,
    GRAVE,
    HOSE,
    INVOICING,
    MILL,
    MILL_SUBJECT,
    OFFICE,
    OFFICE_FLOOR,
    PUMP,
    SILVER,
    SLIGHT,
    SUPPORT,
    VIP,
)

NINE, TEN, ELEVEN, NOON = on_monday(9), on_monday(10), on_monday(11), on_monday(12)
LATER = on_monday(9, days=4)
THREE = (PUMP, BELT, HOSE)
ALL_OF_THE_MILL = [*ticket(BELT, MILL, MILL_SUBJECT), *ticket(HOSE, MILL, MILL_SUBJECT)]
EVERY_HOUR = Terms(
    calendar=OFFICE,
    general=Targets(first_response_seconds=3_600, next_response_seconds=3_600, resolution_seconds=5 * 3_600),
)


def shop(*more: Iterable[Happened]) -> Given:
    """The company with three tickets of the mill."""
    return given(COMPANY_SO_FAR, ALL_OF_THE_MILL, *more)


def written(ticket: TicketId, direction: Direction = Direction.INCOMING, *, automatic: bool = False) -> LogMessage:
    return LogMessage(ticket=ticket, direction=direction, way=Way.EMAIL, automatic=automatic)


def told(world: Given, command: Command, at: datetime, **more: Any) -> list[tuple[str, Any]]:
    """What became of it, apart from what was then stated of outcomes."""
    asked = world.when(command, at=at, **more)
    assert asked.answer.code == "", asked.answer
    return [
        (fact.stream.removeprefix("ticket-"), fact.event)
        for fact in asked.facts
        if not isinstance(fact.event, OutcomeStated | OutcomeCorrected)
    ]


# Merging


def test_a_merging_is_told_on_both_tickets() -> None:
    found = told(shop(), MergeTicket(ticket=PUMP, survivor=BELT), TEN, actor=ANNA)
    assert found == [(PUMP, TicketMerged(survivor=BELT)), (BELT, TicketAbsorbed(ticket=PUMP))]


def test_asking_twice_for_a_merging_changes_nothing() -> None:
    world = shop()
    told(world, MergeTicket(ticket=PUMP, survivor=BELT), TEN)
    world.when(MergeTicket(ticket=PUMP, survivor=BELT), at=ELEVEN).then()


def test_tickets_are_merged_by_who_works_on_both() -> None:
    merge = MergeTicket(ticket=PUMP, survivor=BELT)
    shop().when(merge, actor=BORIS, at=TEN).refused(RoleMissing)
    shop().when(MergeTicket(ticket=PUMP, survivor=OVEN), actor=ANNA, at=TEN).refused(TicketUnknown)
    shop().when(MergeTicket(ticket=OVEN, survivor=PUMP), actor=ANNA, at=TEN).refused(TicketUnknown)
    shop().when(MergeTicket(ticket=PUMP, survivor=TicketId("none")), actor=ANNA, at=TEN).refused(TicketUnknown)
    elsewhere = of(TICKET, BELT, opened(area=OFFICE_FLOOR), at=NINE)
    shop(elsewhere).when(merge, actor=ANNA, at=TEN).refused(TicketUnknown)


def test_tickets_of_two_customers_are_not_one_unless_these_are_one() -> None:
    merge = MergeTicket(ticket=PUMP, survivor=OVEN)
    shop().when(merge, at=TEN).refused(TicketsOfOthers)
    one = [
        *of(CONTACT, MILL, ContactMerged(survivor=BAKERY)),
        *of(CONTACT, BAKERY, ContactAbsorbed(contact=MILL)),
    ]
    assert told(shop(one), merge, TEN)[0] == (PUMP, TicketMerged(survivor=OVEN))
    assert told(shop(one), MergeTicket(ticket=OVEN, survivor=PUMP), TEN)[0] == (OVEN, TicketMerged(survivor=PUMP))


def test_a_ticket_of_nobody_is_merged_into_one_of_somebody_and_not_the_other_way() -> None:
    nobody = of(TICKET, PUMP, TicketCustomerSet(subject=MILL_SUBJECT, reporter=None, customer=None), at=NINE)
    assert told(shop(nobody), MergeTicket(ticket=PUMP, survivor=BELT), TEN)
    shop(nobody).when(MergeTicket(ticket=BELT, survivor=PUMP), at=TEN).refused(TicketsOfOthers)


def test_merged_tickets_make_chains_and_never_rings() -> None:
    world = shop()
    told(world, MergeTicket(ticket=PUMP, survivor=BELT), TEN)
    told(world, MergeTicket(ticket=BELT, survivor=HOSE), ELEVEN)
    for one, other in ((HOSE, PUMP), (HOSE, BELT), (PUMP, HOSE)):
        world.when(MergeTicket(ticket=one, survivor=other), at=NOON).refused(TicketIsMerged)
    world.when(MergeTicket(ticket=HOSE, survivor=HOSE), at=NOON).refused(TicketMergedIntoItself)


def test_a_merging_known_late_tells_the_survivor_what_was_said_since() -> None:
    world = shop()
    told(world, written(PUMP), on_monday(9, 30))
    told(world, written(PUMP), ELEVEN)
    told(world, LogCall(ticket=PUMP, answered=True), on_monday(11, 30))
    _, (_, absorbed) = told(world, MergeTicket(ticket=PUMP, survivor=BELT), NOON, happened=TEN)
    heard = (Exchanged(said=Said.WROTE, at=ELEVEN), Exchanged(said=Said.ANSWERED, at=on_monday(11, 30)))
    assert absorbed == TicketAbsorbed(ticket=PUMP, exchanged=heard)


# Separating


def test_a_separation_is_told_on_every_ticket_above() -> None:
    world = shop()
    told(world, MergeTicket(ticket=PUMP, survivor=BELT), TEN)
    told(world, MergeTicket(ticket=BELT, survivor=HOSE), TEN)
    told(world, written(PUMP), ELEVEN)
    told(world, written(BELT), ELEVEN)
    assert told(world, SeparateTicket(ticket=PUMP), NOON, actor=ANNA) == [
        (PUMP, TicketSeparated(survivor=BELT)),
        (BELT, TicketReleased(ticket=PUMP)),
        (HOSE, TicketReleased(ticket=PUMP)),
    ]
    through = [moment.value for _, moment in world.state(TICKET, HOSE).moments if moment.kind is Kind.WROTE]
    assert through == ["belt"]
    world.when(SeparateTicket(ticket=PUMP), at=NOON).refused(TicketNotMerged)


def test_a_separation_is_not_told_where_nothing_came_through() -> None:
    world = shop()
    told(world, MergeTicket(ticket=PUMP, survivor=BELT), TEN)
    told(world, MergeTicket(ticket=BELT, survivor=HOSE), TEN)
    assert [stream for stream, _ in told(world, SeparateTicket(ticket=PUMP), NOON)] == [PUMP, BELT]


def test_tickets_are_separated_by_who_works_on_both() -> None:
    world = shop(
        of(TICKET, PUMP, TicketMerged(survivor=OVEN), at=TEN), of(TICKET, OVEN, TicketAbsorbed(ticket=PUMP), at=TEN)
    )
    world.when(SeparateTicket(ticket=PUMP), actor=ANNA, at=NOON).refused(TicketUnknown)
    world.when(SeparateTicket(ticket=PUMP), actor=BORIS, at=NOON).refused(RoleMissing)


# Splitting


def test_a_part_is_of_the_same_customer_and_received_when_the_whole_was() -> None:
    about = opened(incident_type=DEFECT, process_area=INVOICING, gateway=SUPPORT)
    world = given(COMPANY_SO_FAR, of(TICKET, HOSE, about, at=NINE))
    asked = world.when(SplitTicket(origin=HOSE, title="The joint", description="It leaks"), actor=ANNA, at=TEN)
    part = TicketId(asked.answer.thing)
    assert asked.answer.version == 3
    assert [(fact.stream, fact.event) for fact in asked.facts] == [
        ("ticket-hose", TicketDivided(part=part)),
        (
            f"ticket-{part}",
            about.model_copy(update={"title": "The joint", "description": "It leaks", "received_at": NINE}),
        ),
        (f"ticket-{part}", TicketContractSelected(contract=None, version=0, scope=None)),
        (f"ticket-{part}", TicketSplitOff(origin=HOSE, answered_at=None)),
    ]


def test_a_part_may_be_of_another_type_that_is_offered() -> None:
    leak = IncidentTypeId("leak")
    world = shop(of(INCIDENT_TYPE, DEFECT, IncidentTypeRetired()))
    world.when(SplitTicket(origin=PUMP, title="x", incident_type=DEFECT), at=TEN).refused(IncidentTypeNotOffered)
    world.when(SplitTicket(origin=PUMP, title="x", incident_type=leak), at=TEN).refused(IncidentTypeUnknown)
    _, (_, part), *_ = told(shop(), SplitTicket(origin=PUMP, title="x", incident_type=DEFECT), TEN)
    assert part.incident_type == DEFECT


def test_a_part_has_the_contract_of_the_receipt_and_its_severity_is_open() -> None:
    gone = [
        *of(GROUP, VIP, GroupContractSet(incident_type=None, contract=SILVER)),
        *of(MEMBERSHIP, MILL, MemberJoined(group=VIP)),
        *of(MEMBERSHIP, MILL, MemberLeft(group=VIP), at=on_monday(9, 30)),
    ]
    world = shop(gone, of(TICKET, PUMP, TicketAssessed(severity=GRAVE), at=on_monday(9, 15)))
    found = told(world, SplitTicket(origin=PUMP, title="The joint"), TEN)
    assert found[2][1] == TicketContractSelected(contract=SILVER, version=1, scope=Scope.GROUP)
    part = world.state(TICKET, found[1][0])
    assert (part.severity(NOON), part.opened_at, part.contract(NINE)) == (None, NINE, SILVER)


def test_only_who_works_on_an_open_ticket_splits_it() -> None:
    split = SplitTicket(origin=PUMP, title="The joint")
    shop().when(split, actor=BORIS, at=TEN).refused(RoleMissing)
    shop().when(SplitTicket(origin=OVEN, title="The door"), actor=ANNA, at=TEN).refused(TicketUnknown)
    shop(of(TICKET, PUMP, TicketResolved(), at=NINE)).when(split, at=TEN).refused(TicketNotOpen)
    shop(of(TICKET, PUMP, TicketMerged(survivor=BELT), at=NINE)).when(split, at=TEN).refused(TicketIsMerged)


def test_a_part_that_comes_back_brings_what_was_said_on_it() -> None:
    world = shop()
    told(world, LogCall(ticket=PUMP, answered=True), on_monday(9, 30))
    part = TicketId(told(world, SplitTicket(origin=PUMP, title="The joint"), TEN)[1][0])
    told(world, written(part), ELEVEN)
    told(world, LogCall(ticket=part, answered=False), ELEVEN)
    assert told(world, RejoinTicket(ticket=part), NOON, actor=ANNA) == [
        (part, TicketMerged(survivor=PUMP)),
        (PUMP, TicketAbsorbed(ticket=part, exchanged=(Exchanged(said=Said.WROTE, at=ELEVEN),))),
    ]
    world.when(RejoinTicket(ticket=part), at=NOON).then()
    told(world, written(part), on_monday(13))
    heard = [since for since, moment in world.state(TICKET, PUMP).moments if moment.kind is Kind.WROTE]
    assert heard == [ELEVEN, on_monday(13)]
    told(world, SeparateTicket(ticket=part), on_monday(14))
    assert not [moment for _, moment in world.state(TICKET, PUMP).moments if moment.kind is Kind.WROTE]


def test_only_a_part_comes_back_and_only_to_a_whole_one_works_on() -> None:
    shop().when(RejoinTicket(ticket=PUMP), at=NOON).refused(TicketNotSplitOff)
    shop().when(RejoinTicket(ticket=PUMP), actor=BORIS, at=NOON).refused(RoleMissing)
    of_oven = of(TICKET, PUMP, TicketSplitOff(origin=OVEN), at=TEN)
    shop(of_oven).when(RejoinTicket(ticket=PUMP), actor=ANNA, at=NOON).refused(TicketUnknown)


# Whatever happens meanwhile

OFFERED = of(CONTRACT, GOLD, ContractRevised(terms=EVERY_HOUR))
RULES = st.sampled_from([None, AfterClosing.REOPEN])
SAYING: st.SearchStrategy[Callable[[TicketId], Command]] = st.sampled_from(
    [
        written,
        written,
        lambda ticket: written(ticket, Direction.OUTGOING),
        lambda ticket: written(ticket, automatic=True),
        lambda ticket: LogCall(ticket=ticket, answered=True),
        lambda ticket: LogCall(ticket=ticket, answered=False),
    ]
)
WORKING: st.SearchStrategy[Callable[[TicketId], Command]] = st.sampled_from(
    [
        *(
            lambda ticket, kind=kind: kind(ticket=ticket)
            for kind in (HoldTicket, ResumeTicket, ResolveTicket, ResolveTicket, ReopenTicket, TakeTicket)
        ),
        lambda ticket: CloseTicket(ticket=ticket),
        lambda ticket: CloseTicket(ticket=ticket, reason="duplicate"),
        lambda ticket: AssessTicket(ticket=ticket, severity=SLIGHT),
        lambda ticket: ChangeTicketContract(ticket=ticket, contract=SILVER, reason="Agreed"),
    ]
)
STEPS = st.lists(
    st.tuples(
        st.sampled_from([timedelta(minutes=10), timedelta(hours=1), timedelta(hours=5)]),
        st.sampled_from([timedelta()] * 3 + [timedelta(minutes=30), timedelta(hours=3)]),
        st.sampled_from(THREE),
        SAYING | WORKING,
    ),
    max_size=8,
)
"""After how long, how long before that it happened, to which ticket, and what."""


def does(world: Given, at: datetime, steps: Any) -> datetime:
    """Whatever of it may be done is done."""
    for after, late, id, step in steps:
        at += after
        world.when(step(id), at=at, happened=max(at - late, NINE))
    return at


def plain(world: Given, id: TicketId) -> Ticket:
    """The ticket as if it had only ever been itself: nothing of joining, and nothing that came through another one."""
    joining = (TicketMerged, TicketSeparated, TicketAbsorbed, TicketReleased)
    return TICKET.fold(
        [
            fact
            for fact in world.log.streams[f"ticket-{id}"]
            if not isinstance(fact.event, joining) and not getattr(fact.event, "through", None)
        ]
    )


def book(world: Given) -> Book:
    contracts = {id: world.state(CONTRACT, id) for id in (GOLD, SILVER)}
    return Book(contracts, {OFFICE: world.state(CALENDAR, OFFICE)})


def outcomes(world: Given, ticket: Ticket) -> Any:
    return judgements(ticket.moments, book(world), LATER), ticket.status(LATER)


@settings(max_examples=60, deadline=None)
@each(RULES, STEPS, STEPS, STEPS, st.booleans())
def test_a_merging_undone_leaves_both_as_if_it_had_never_been(
    rule: AfterClosing | None, before: Any, between: Any, after: Any, chained: bool
) -> None:
    world = shop(OFFERED, of(SETTINGS, COMPANY, FormRuleSet(reopens=rule)) if rule else ())
    at = does(world, NINE, before)
    world.when(MergeTicket(ticket=PUMP, survivor=BELT), at=at)
    if chained:
        world.when(MergeTicket(ticket=BELT, survivor=HOSE), at=at)
    at = does(world, at, between)
    world.when(SeparateTicket(ticket=PUMP), at=at)
    world.when(SeparateTicket(ticket=BELT), at=at)
    for id in THREE:
        ticket = world.state(TICKET, id)
        assert ticket.moments == plain(world, id).moments
        assert outcomes(world, ticket) == outcomes(world, plain(world, id))
        assert (ticket.survivor, ticket.absorbed) == (None, ())
        assert Outcome.MERGED not in {said.judgement.outcome for said in ticket.stated.values()}
    does(world, at, after)
    assert all(world.state(TICKET, id).moments == plain(world, id).moments for id in THREE)


@settings(max_examples=60, deadline=None)
@each(STEPS, STEPS)
def test_what_was_only_talked_about_is_as_it_would_be_without_the_merging(before: Any, between: Any) -> None:
    talk = [(after, late, ticket, step) for after, late, ticket, step in between if _says(step)]
    worlds = shop(OFFERED), shop(OFFERED)
    for world, merges in zip(worlds, (True, False), strict=True):
        at = does(world, NINE, before)
        merged = merges and world.when(MergeTicket(ticket=PUMP, survivor=BELT), at=at).answer.code == ""
        at = does(world, at, talk)
        if merged:
            world.when(SeparateTicket(ticket=PUMP), at=at)
    one, other = worlds
    for id in THREE:
        assert one.state(TICKET, id).moments == other.state(TICKET, id).moments
        assert outcomes(one, one.state(TICKET, id)) == outcomes(other, other.state(TICKET, id))


def _says(step: Callable[[TicketId], Command]) -> bool:
    return isinstance(step(PUMP), LogMessage | LogCall)


@settings(max_examples=60, deadline=None)
@each(STEPS, STEPS, STEPS)
def test_a_whole_has_everything_that_was_said_on_a_part_that_came_back(before: Any, between: Any, after: Any) -> None:
    world = shop(OFFERED)
    at = does(world, NINE, before)
    split = world.when(SplitTicket(origin=PUMP, title="The other half"), at=at)
    if split.answer.code:
        return
    part = TicketId(split.answer.thing)
    swapped = [(wait, late, part if ticket == BELT else ticket, step) for wait, late, ticket, step in between]
    at = does(world, at, swapped)
    rejoined = world.when(RejoinTicket(ticket=part), at=at)
    if rejoined.answer.code:
        return
    at = does(world, at, [(wait, late, part, step) for wait, late, _, step in after])
    whole, half = world.state(TICKET, PUMP), world.state(TICKET, part)
    assert said(half) <= said(whole)
    world.when(SeparateTicket(ticket=part), at=at)
    assert world.state(TICKET, PUMP).moments == plain(world, PUMP).moments
    assert world.state(TICKET, part).moments == plain(world, part).moments


def said(ticket: Ticket) -> set[tuple[datetime, Kind]]:
    return {(since, moment.kind) for since, moment in ticket.moments if moment.kind in (Kind.WROTE, Kind.ANSWERED)}
