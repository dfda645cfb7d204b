"""What is said of a ticket counts where it must, and what comes from outside is not lost (D9, R-TCK-13, R-TCK-16)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from company import COMPANY_SO_FAR, OVEN, contact, ticket
from life import opened
from specification import Asked, Given, Happened, given, of, on_monday

from commands.permission import RoleMissing
from commands.service.exchange import UNTITLED, LogCall, LogMessage
from domain.company.settings import COMPANY, SETTINGS, AfterClosing, DefaultContractSet, FormRuleSet
from domain.fact import Fact
from domain.service.exchange import Direction, TicketCallLogged, TicketMessageLogged, Way
from domain.service.holding import TicketAssigned
from domain.service.joining import TicketAbsorbed, TicketMerged
from domain.service.link import MOST_LINKS, LinkKind, TicketLinked
from domain.service.selection import Scope
from domain.service.statement import OutcomeCorrected, OutcomeStated
from domain.service.status import Status
from domain.service.ticket import (
    TICKET,
    TicketClosed,
    TicketContractSelected,
    TicketCustomerSet,
    TicketHeld,
    TicketNotYetOpened,
    TicketOpened,
    TicketReopened,
    TicketResolved,
    TicketUnknown,
)
from domain.values import SubjectId, TicketId
from examples import (
    ANNA,
    BELT,
    BORIS,
    CUSTOMERS,
    DEFECT,
    HOSE,
    HOTLINE,
    INVOICING,
    MILL,
    MILL_SUBJECT,
    MILLER,
    OFFICE_FLOOR,
    PUMP,
    SILVER,
    SUPPLIERS,
    SUPPORT,
)

NINE, TEN, ELEVEN, NOON = on_monday(9), on_monday(10), on_monday(11), on_monday(12)
HALF_PAST_NINE = on_monday(9, 30)
MILLERS = SubjectId("mi11e4")


def written(ticket: TicketId = PUMP, text: str | None = "It hums", **more: Any) -> LogMessage:
    return LogMessage(ticket=ticket, direction=Direction.INCOMING, way=Way.EMAIL, text=text, **more)


def letter(text: str | None = "It hums", **more: Any) -> TicketMessageLogged:
    about = {"subject": MILL_SUBJECT, "direction": Direction.INCOMING, "way": Way.EMAIL}
    return TicketMessageLogged(**{**about, "text": text, **more})


def after_closing(rule: AfterClosing) -> list[Happened]:
    return of(SETTINGS, COMPANY, FormRuleSet(reopens=rule))


def merged(one: TicketId, survivor: TicketId) -> list[Happened]:
    """At half past nine."""
    return [
        *of(TICKET, one, TicketMerged(survivor=survivor), at=HALF_PAST_NINE),
        *of(TICKET, survivor, TicketAbsorbed(ticket=one), at=HALF_PAST_NINE),
    ]


CLOSED = of(TICKET, PUMP, TicketResolved(), TicketClosed(), at=HALF_PAST_NINE)
ANOTHER = ticket(BELT, MILL, MILL_SUBJECT)


def status(world: Given, ticket: TicketId = PUMP) -> Status:
    return world.state(TICKET, ticket).status(NOON)


def told(asked: Asked) -> list[Fact[Any]]:
    """What became of it, apart from what was then stated of outcomes."""
    assert asked.answer.code == "", asked.answer
    return [fact for fact in asked.facts if not isinstance(fact.event, OutcomeStated | OutcomeCorrected)]


# Messages and calls


def test_a_message_is_recorded_with_how_it_came_and_what_it_says() -> None:
    given(COMPANY_SO_FAR).when(written(), actor=ANNA, at=TEN).then(letter())
    sent = LogMessage(ticket=PUMP, direction=Direction.OUTGOING, way=Way.SMS, automatic=True)
    told = letter(None, direction=Direction.OUTGOING, way=Way.SMS, automatic=True)
    given(COMPANY_SO_FAR).when(sent, actor=ANNA, at=TEN).then(told)


def test_a_message_to_the_customer_is_the_first_response() -> None:
    world = given(COMPANY_SO_FAR)
    asked = world.when(LogMessage(ticket=PUMP, direction=Direction.OUTGOING, way=Way.EMAIL), actor=ANNA, at=TEN)
    assert [type(fact.event) for fact in asked.facts] == [TicketMessageLogged, OutcomeStated]


def test_a_message_recorded_late_ends_the_waiting_at_its_receipt() -> None:
    world = given(COMPANY_SO_FAR, of(TICKET, PUMP, TicketHeld(), at=HALF_PAST_NINE))
    world.when(written(), happened=TEN, at=NOON).then(letter())
    ticket = world.state(TICKET, PUMP)
    assert [ticket.status(at) for at in (HALF_PAST_NINE, TEN)] == [Status.WAITING, Status.IN_WORK]


def test_a_call_recorded_on_monday_for_friday_turns_the_outcome_and_says_which_statement_it_replaces() -> None:
    world = given(COMPANY_SO_FAR)
    first = world.when(LogCall(ticket=PUMP, answered=True), at=on_monday(12), actor=ANNA)
    stated = first.facts[-1]
    assert isinstance(stated.event, OutcomeStated)
    late = world.when(LogCall(ticket=PUMP, answered=True, note="Rang back"), at=on_monday(9, days=3), happened=TEN)
    call, corrected = (fact.event for fact in late.facts)
    assert call == TicketCallLogged(subject=MILL_SUBJECT, answered=True, note="Rang back")
    assert isinstance(corrected, OutcomeCorrected)
    assert corrected.replaces == stated.version
    believed = TICKET.fold(
        [fact for fact in world.log.streams["ticket-pump"] if fact.recorded_at < on_monday(9, days=2)]
    )
    assert {each.judgement.outcome for each in believed.stated.values()} == {stated.event.outcome}


def test_a_message_is_recorded_by_who_works_on_the_ticket_and_not_before_it_was_there() -> None:
    given(COMPANY_SO_FAR).when(written(), actor=BORIS, at=TEN).refused(RoleMissing)
    given(COMPANY_SO_FAR).when(written(OVEN), actor=ANNA, at=TEN).refused(TicketUnknown)
    given(COMPANY_SO_FAR).when(written(HOSE), actor=ANNA, at=TEN).refused(TicketUnknown)
    given(COMPANY_SO_FAR).when(written(), happened=on_monday(8), at=TEN).refused(TicketNotYetOpened)


# After closing


def test_without_a_rule_an_answer_to_a_closed_ticket_is_recorded_and_nothing_else() -> None:
    world = given(COMPANY_SO_FAR, CLOSED)
    (said,) = told(world.when(written(), actor=ANNA, at=TEN))
    assert said.event == letter()
    assert status(world) is Status.CLOSED


def test_by_the_one_rule_an_answer_opens_the_closed_ticket_again() -> None:
    world = given(COMPANY_SO_FAR, CLOSED, after_closing(AfterClosing.REOPEN))
    asked = world.when(written(), actor=ANNA, at=TEN)
    assert [fact.event for fact in told(asked)] == [TicketReopened(), letter()]
    assert status(world) is Status.IN_WORK


def test_by_the_other_rule_another_ticket_is_opened_and_both_know_of_each_other() -> None:
    about = opened(incident_type=DEFECT, process_area=INVOICING, gateway=SUPPORT)
    promised = of(SETTINGS, COMPANY, DefaultContractSet(contract=SILVER))
    closed = of(TICKET, HOSE, about, TicketResolved(), TicketClosed(), at=NINE)
    world = given(COMPANY_SO_FAR, promised, closed, after_closing(AfterClosing.NEW_TICKET))
    asked = world.when(written(HOSE, "\n It hums again \nand smells"), actor=ANNA, at=TEN, id="again")
    said, new, selected, linked, tied = told(asked)
    assert (said.stream, said.event) == ("ticket-hose", letter("\n It hums again \nand smells"))
    assert new.event == about.model_copy(
        update={"title": "It hums again", "description": "\n It hums again \nand smells"}
    )
    assert selected.event == TicketContractSelected(contract=SILVER, version=1, scope=Scope.MODULE)
    assert (linked.stream, linked.event) == (new.stream, TicketLinked(kind=LinkKind.TICKET, thing=HOSE))
    made = TicketId(new.stream.removeprefix("ticket-"))
    assert (tied.stream, tied.event) == ("ticket-hose", TicketLinked(kind=LinkKind.TICKET, thing=made))
    assert (asked.answer.thing, status(world, HOSE)) == (HOSE, Status.CLOSED)
    assert status(world, made) is Status.RECEIVED
    assert world.state(TICKET, made).opened_at == TEN


@pytest.mark.parametrize("text", [None, "\n\t\n", "\u200d"])
def test_where_nothing_is_said_in_words_the_other_ticket_is_an_answer_to_a_closed_one(text: str | None) -> None:
    world = given(COMPANY_SO_FAR, CLOSED, after_closing(AfterClosing.NEW_TICKET))
    asked = world.when(written(text=text), actor=ANNA, at=TEN)
    assert [fact.event.title for fact in asked.facts if isinstance(fact.event, TicketOpened)] == [UNTITLED]


def test_a_long_first_line_makes_a_title_as_long_as_titles_are() -> None:
    world = given(COMPANY_SO_FAR, CLOSED, after_closing(AfterClosing.NEW_TICKET))
    asked = world.when(written(text="h" * 300), actor=ANNA, at=TEN)
    assert [fact.event.title for fact in asked.facts if isinstance(fact.event, TicketOpened)] == ["h" * 200]


@pytest.mark.parametrize("rule", AfterClosing)
def test_only_what_the_customer_writes_opens_anything(rule: AfterClosing) -> None:
    for command in (
        written(automatic=True),
        LogMessage(ticket=PUMP, direction=Direction.OUTGOING, way=Way.EMAIL),
        LogCall(ticket=PUMP, answered=True),
    ):
        asked = given(COMPANY_SO_FAR, CLOSED, after_closing(rule)).when(command, actor=ANNA, at=TEN)
        assert [type(fact.event) for fact in told(asked)] in ([TicketMessageLogged], [TicketCallLogged])


def test_a_closed_ticket_that_is_linked_to_all_it_can_be_still_hears_of_the_answer() -> None:
    links = (TicketLinked(kind=LinkKind.PRODUCT, thing=f"p-{n}") for n in range(MOST_LINKS))
    world = given(COMPANY_SO_FAR, CLOSED, of(TICKET, PUMP, *links), after_closing(AfterClosing.NEW_TICKET))
    asked = world.when(written(), actor=ANNA, at=TEN)
    assert asked.answer.code == ""
    assert len([fact for fact in asked.facts if isinstance(fact.event, TicketLinked)]) == 1


def test_asking_twice_opens_one_ticket() -> None:
    world = given(COMPANY_SO_FAR, CLOSED, after_closing(AfterClosing.NEW_TICKET))
    world.when(written(), at=TEN, id="again")
    assert world.when(written(), at=TEN + timedelta(seconds=1), id="again").then() is world


# To a merged ticket


def test_what_is_said_to_a_merged_ticket_goes_to_whoever_stands_for_it() -> None:
    world = given(COMPANY_SO_FAR, ANOTHER, ticket(HOSE, MILL, MILL_SUBJECT), merged(PUMP, BELT), merged(BELT, HOSE))
    asked = world.when(written(), actor=ANNA, at=TEN)
    assert [(fact.stream, fact.event) for fact in told(asked)] == [
        ("ticket-pump", letter()),
        ("ticket-belt", letter(through=(PUMP,))),
        ("ticket-hose", letter(through=(PUMP, BELT))),
    ]
    call = world.when(LogCall(ticket=BELT, answered=False, note="Engaged"), actor=ANNA, at=ELEVEN)
    assert [(fact.stream, fact.event.through) for fact in told(call)] == [
        ("ticket-belt", None),
        ("ticket-hose", (BELT,)),
    ]


def test_what_was_said_before_the_merging_is_told_on_the_ticket_alone() -> None:
    world = given(COMPANY_SO_FAR, ANOTHER, merged(PUMP, BELT))
    (said,) = told(world.when(written(), happened=on_monday(9, 20), at=TEN))
    assert (said.stream, said.event) == ("ticket-pump", letter())


def test_who_may_not_know_of_the_survivor_writes_to_it_all_the_same_and_hears_nothing_of_it() -> None:
    elsewhere = of(TICKET, BELT, opened(area=OFFICE_FLOOR), at=NINE)
    world = given(COMPANY_SO_FAR, elsewhere, merged(PUMP, BELT))
    asked = world.when(written(), actor=ANNA, at=TEN)
    assert (asked.answer.code, asked.answer.thing) == ("", PUMP)
    assert [fact.stream for fact in told(asked)] == ["ticket-pump", "ticket-belt"]


@pytest.mark.parametrize(
    "narrower",
    [
        of(TICKET, PUMP, opened(area=OFFICE_FLOOR, subject=MILL_SUBJECT), at=NINE),
        of(TICKET, PUMP, TicketCustomerSet(subject=MILL_SUBJECT, reporter=MILLER, customer=MILL), at=NINE),
        of(TICKET, PUMP, TicketAssigned(assignee=ANNA, team=HOTLINE), at=NINE),
    ],
    ids=["in another area", "of one in another directory", "of a team alone"],
)
def test_what_was_said_is_not_told_where_others_could_read_it(narrower: list[Happened]) -> None:
    miller = contact(MILLER, MILLERS, SUPPLIERS)
    world = given(COMPANY_SO_FAR, miller, ANOTHER, narrower, merged(PUMP, BELT))
    for command in (written(), LogCall(ticket=PUMP, answered=False, note="Engaged")):
        own, copy = told(world.when(command, at=TEN))
        heard = {**dict(own.event), "through": (PUMP,)}
        assert dict(copy.event) == heard | {name: None for name in ("text", "note") if name in heard}


def test_what_was_said_is_told_where_nobody_else_reads_it() -> None:
    miller = contact(MILLER, MILLERS, CUSTOMERS)
    whose = of(TICKET, PUMP, TicketCustomerSet(subject=MILLERS, reporter=MILLER, customer=MILL), at=NINE)
    world = given(COMPANY_SO_FAR, miller, ANOTHER, whose, merged(PUMP, BELT))
    own, copy = told(world.when(written(), at=TEN))
    assert copy.event == own.event.model_copy(update={"through": (PUMP,)})
    assert copy.event.subject == MILLERS


def test_the_survivor_that_is_closed_is_opened_again_and_knows_by_what() -> None:
    closed = of(TICKET, BELT, TicketResolved(), TicketClosed(), at=on_monday(9, 40))
    world = given(COMPANY_SO_FAR, ANOTHER, merged(PUMP, BELT), closed, after_closing(AfterClosing.REOPEN))
    asked = world.when(written(), actor=ANNA, at=TEN)
    assert [fact.event for fact in told(asked)] == [
        letter(),
        TicketReopened(through=(PUMP,)),
        letter(through=(PUMP,)),
    ]


def test_by_the_other_rule_it_is_linked_with_another_ticket_of_whoever_wrote() -> None:
    closed = of(TICKET, BELT, TicketResolved(), TicketClosed(), at=on_monday(9, 40))
    whose = of(TICKET, PUMP, TicketCustomerSet(subject=MILLERS, reporter=MILLER, customer=MILL), at=NINE)
    world = given(
        *(COMPANY_SO_FAR, contact(MILLER, MILLERS, CUSTOMERS), ANOTHER, whose),
        *(merged(PUMP, BELT), closed, after_closing(AfterClosing.NEW_TICKET)),
    )
    asked = world.when(written(), actor=ANNA, at=TEN)
    new = next(fact for fact in asked.facts if isinstance(fact.event, TicketOpened))
    assert (new.event.subject, new.event.reporter, new.event.customer) == (MILLERS, MILLER, MILL)
    assert [(fact.stream, fact.event.thing) for fact in asked.facts if isinstance(fact.event, TicketLinked)] == [
        (new.stream, BELT),
        ("ticket-belt", new.stream.removeprefix("ticket-")),
    ]
