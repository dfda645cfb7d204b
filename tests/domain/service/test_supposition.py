"""What would be is judged by the judge of what is: supposing what is so changes nothing, and no promise kept is lost
by promising less.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from life import Life as Told
from life import book
from lives import Asked, lives, took
from specification import LONG_AGO, on_monday

from domain.service import life
from domain.service.calendar import OpeningHours
from domain.service.clock import Outcome
from domain.service.contract import Contract, Targets, Terms, Version
from domain.service.life import Life, Verdict
from domain.service.promise import Book, Kind, Mark, Moment, judgements
from domain.service.supposition import Supposition, always, flipped, open_always, replayed
from domain.service.target import Target
from domain.service.ticket import TICKET, TicketContractChanged, TicketContractSelected
from domain.values import CalendarId, ContractId
from examples import GOLD, OFFICE, OFFICE_HOURS, SILVER

laws = settings(max_examples=60, deadline=None)
COPIES = {GOLD: ContractId("gold-copy"), SILVER: ContractId("silver-copy")}
LONGER = {GOLD: ContractId("longer"), SILVER: ContractId("longer-silver")}
NEVER = OpeningHours(zone="UTC", week=((),) * 7)


@st.composite
def ended(draw: st.DrawFn) -> Asked:
    """A life that ends by being resolved, or has ended otherwise."""
    asked: Asked = draw(lives())
    last = asked.life.ticket.moments.entries[-1].since
    took(asked.life, "resolve", last + draw(st.sampled_from([timedelta(), timedelta(hours=3), timedelta(days=9)])))
    return asked


def verdicts(told: Told) -> dict[Mark, Verdict]:
    found = judgements(told.ticket.moments, told.book, told.ticket.moments.entries[-1].since)
    return {mark: Verdict(each.outcome, each.due) for mark, each in found.items()}


def of(told: Told) -> Life:
    return Life(told.ticket.moments, verdicts(told))


def copied(told: Told) -> Book:
    """With every contract twice."""
    texts = told.book.contracts
    return Book({**texts, **{COPIES[id]: text for id, text in texts.items()}}, told.book.calendars)


@laws
@given(lives())
def test_a_life_is_read_as_it_was_written(asked: Asked) -> None:
    lived = of(asked.life)
    assert life.read(life.written(lived.moments, lived.verdicts)) == lived


@laws
@given(lives())
def test_the_contracts_of_a_life_are_found_without_reading_it(asked: Asked) -> None:
    line = life.written(asked.life.ticket.moments, {})
    assert life.promised([line]) == asked.life.ticket.contracts()


def test_a_severity_that_is_called_like_a_contract_promises_nothing() -> None:
    name = '","promised","bronze","'
    line = life.written(begun().ticket.moments.put(on_monday(11), Moment(Kind.ASSESSED, name)), {})
    assert life.read(line).moments.last == Moment(Kind.ASSESSED, name)
    assert life.promised([line]) == {GOLD}


@laws
@given(ended())
def test_supposing_what_is_so_flips_nothing(asked: Asked) -> None:
    lived = of(asked.life)
    for instead in ({}, {GOLD: GOLD}, COPIES):
        found = replayed(lived, Supposition(copied(asked.life), instead))
        assert found == lived.verdicts
        assert list(flipped(lived.verdicts, found)) == []


@laws
@given(ended())
def test_what_is_supposed_is_what_the_facts_would_have_come_to(asked: Asked) -> None:
    """The facts told anew, each contract in them another one."""
    instead = {GOLD: SILVER, None: GOLD}
    told = Told(asked.life.book)
    for fact in asked.life.facts:
        event = fact.event
        if isinstance(event, TicketContractSelected | TicketContractChanged):
            event = event.model_copy(update={"contract": SILVER if event.contract == GOLD else GOLD})
        told.ticket = TICKET.evolve(told.ticket, fact._replace(event=event))
    assert replayed(of(asked.life), Supposition(asked.life.book, instead)) == verdicts(told)


def longer(text: Contract, extra: int) -> Contract:
    def more(targets: Targets | None) -> Any:
        given_ = {} if targets is None else targets.model_dump(exclude_none=True)
        return targets and Targets(**{name: min(315_360_000, each + extra) for name, each in given_.items()})

    def rewritten(terms: Terms) -> Terms:
        by_severity = {name: more(each) for name, each in terms.by_severity.items()}
        return terms.model_copy(update={"general": more(terms.general), "by_severity": by_severity})

    return Contract("", tuple(replace(version, terms=rewritten(version.terms)) for version in text.versions))


@laws
@given(ended(), st.integers(1, 500_000))
def test_a_longer_target_never_turns_what_was_met_into_missed(asked: Asked, extra: int) -> None:
    texts = asked.life.book.contracts
    supposed = {LONGER[id]: longer(text, extra) for id, text in texts.items()}
    found = replayed(of(asked.life), Supposition(Book({**texts, **supposed}, asked.life.book.calendars), LONGER))
    for _, before, after in flipped(verdicts(asked.life), found):
        assert (before.outcome, after.outcome) != (Outcome.MET, Outcome.MISSED)
        assert before.outcome is Outcome.MISSED


@laws
@given(ended())
def test_where_it_is_never_open_nothing_is_missed(asked: Asked) -> None:
    told = asked.life
    calendars = {**told.book.calendars, OFFICE: open_always(NEVER)}
    supposed = Supposition(Book(told.book.contracts, calendars), {}, frozenset({OFFICE}))
    assert Outcome.MISSED not in {each.outcome for each in replayed(of(told), supposed).values()}


# Examples


def begun(seconds: int = 8 * 3_600, **more: Any) -> Told:
    terms = Terms(calendar=OFFICE, general=Targets(resolution_seconds=seconds))
    silver = Terms(calendar=CalendarId("night"), general=Targets(resolution_seconds=3_600))
    texts = book({GOLD: terms, SILVER: silver}, {OFFICE: OFFICE_HOURS, CalendarId("night"): OFFICE_HOURS})
    return Told.begun(on_monday(10), texts, **more)


def supposing(told: Told, *supposed: Any, contracts: Mapping[Any, Any] | None = None) -> Supposition:
    return Supposition(replace(told.book, contracts={**told.book.contracts, **(contracts or {})}), *supposed)


def outcome(told: Told, supposed: Supposition) -> Outcome:
    return replayed(of(told), supposed)[Target.RESOLUTION, None].outcome


def test_a_contract_takes_the_place_of_the_one_it_is_named_for_and_else_of_all() -> None:
    met, none = begun(), begun(contract=None)
    met.resolve(on_monday(12))
    none.resolve(on_monday(12))
    for instead, found in (
        ({GOLD: SILVER}, (Outcome.MISSED, Outcome.NONE)),
        ({None: SILVER}, (Outcome.MISSED, Outcome.MISSED)),
        ({SILVER: GOLD}, (Outcome.MET, Outcome.NONE)),
        ({GOLD: GOLD, None: SILVER}, (Outcome.MET, Outcome.MISSED)),
    ):
        assert (outcome(met, supposing(met, instead)), outcome(none, supposing(none, instead))) == found


def test_hours_that_are_supposed_count_for_all_contracts_that_count_by_that_calendar() -> None:
    told = begun()
    told.resolve(on_monday(12, days=1))
    assert outcome(told, supposing(told)) is Outcome.MISSED
    calendars = {**told.book.calendars, OFFICE: open_always(NEVER)}
    for hours in (frozenset({OFFICE}), frozenset({CalendarId("night")})):
        supposed = Supposition(Book(told.book.contracts, calendars), {}, hours)
        assert outcome(told, supposed) is (Outcome.MET if OFFICE in hours else Outcome.MISSED)


def test_terms_that_are_supposed_have_been_there_all_the_time() -> None:
    told = begun()
    told.resolve(on_monday(12))
    terms = Terms(calendar=OFFICE, general=Targets(resolution_seconds=60))
    assert outcome(told, supposing(told, {GOLD: "new"}, contracts={"new": always(terms)})) is Outcome.MISSED


def test_the_versions_of_a_contract_that_takes_another_s_place_count_each_in_its_time() -> None:
    told = begun()
    told.resolve(on_monday(12))
    for first, outcome_ in ((5_400, Outcome.MET), (1_800, Outcome.MISSED)):
        texts = (Version(1, LONG_AGO, terms_of(first)), Version(2, on_monday(11), terms_of(7_200)))
        supposed = supposing(told, {GOLD: SILVER}, contracts={SILVER: Contract("", texts)})
        assert outcome(told, supposed) is outcome_


def terms_of(seconds: int) -> Terms:
    return Terms(calendar=OFFICE, general=Targets(resolution_seconds=seconds))


def test_what_flips_is_told_with_what_it_was_and_would_be() -> None:
    told = begun()
    told.resolve(on_monday(12))
    lived = of(told)
    ((mark, was, would),) = flipped(lived.verdicts, replayed(lived, supposing(told, {GOLD: SILVER})))
    assert mark == (Target.RESOLUTION, None)
    assert was == Verdict(Outcome.MET, on_monday(10, days=1))
    assert would == Verdict(Outcome.MISSED, on_monday(11))


def test_a_promise_that_there_was_not_flips_from_none() -> None:
    first = (Target.NEXT_RESPONSE, datetime.fromisoformat("2024-06-03T12:00:00Z"))
    would = Verdict(Outcome.MET, on_monday(13))
    assert list(flipped({}, {first: would})) == [(first, Verdict(Outcome.NONE, None), would)]


def test_a_promise_that_there_would_not_be_flips_to_none() -> None:
    mark, was = (Target.RESOLUTION, None), Verdict(Outcome.MET, on_monday(13))
    assert list(flipped({mark: was}, {})) == [(mark, was, Verdict(Outcome.NONE, None))]


def test_a_calendar_that_is_supposed_is_written_down_as_it_was_given() -> None:
    (version,) = open_always(NEVER).versions
    assert version.written == NEVER
