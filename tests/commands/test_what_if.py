"""What would have become of promises is told of the tickets that the asker may know of, and nothing is written."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from company import BAKERY_SUBJECT, COMPANY_SO_FAR, VERA, ZOE, worker
from helpdesk import CALLER, SETUPS, decided, rows
from life import opened
from retrospection import reckoned, refusal
from specification import Given, Happened, given, of, on_monday

from adapters.helpdesk.log import read_log
from adapters.helpdesk.plan import plan
from adapters.helpdesk.sample import write_sample
from adapters.helpdesk.setup import Setup, read_setup
from commands.permission import RightMissing
from commands.reckonings import what_if
from commands.reckonings.what_if import (
    Compared,
    NothingSupposed,
    OneContractSupposed,
    SupposedContract,
    SupposedHours,
    WhatIf,
    WhatIfTold,
)
from domain.service.calendar import CalendarUnknown, OpeningHours
from domain.service.clock import Outcome
from domain.service.contract import CONTRACT, ContractRevised, ContractUnknown, Targets, Terms
from domain.service.holding import TicketTeamAssigned
from domain.service.selection import Scope
from domain.service.target import Target
from domain.service.ticket import TICKET, TicketContractSelected, TicketHeld, TicketResolved
from domain.staff.area import AREA, AreaRoleGiven, Role
from domain.staff.worker import SYSTEM, Right
from domain.values import CalendarId, ContractId, TeamId, WorkerId, worker_holder
from examples import (
    ANNA,
    BAKERY,
    BORIS,
    GOLD,
    GOLD_TERMS,
    OFFICE,
    OFFICE_FLOOR,
    OFFICE_HOURS,
    PUMP,
    SILVER,
    WORKSHOP,
)
from projections.service.sla_report import SlaReport

LONG_BEFORE, LONG_AFTER = datetime.fromisoformat("2000-01-01T00:00Z"), datetime.fromisoformat("2100-01-01T00:00Z")
EVENING = on_monday(20)
HARD = Terms(calendar=OFFICE, general=Targets(first_response_seconds=600, resolution_seconds=600))
EASY = Terms(calendar=OFFICE, general=Targets(first_response_seconds=10**6, resolution_seconds=10**6))
RITA, OMAR = WorkerId("rita"), WorkerId("omar")


def ended(id: str, at: datetime, contract: ContractId | None = GOLD, **about: Any) -> list[Happened]:
    """A ticket of the mill that was received then and resolved an hour later."""
    selected = TicketContractSelected(contract=contract, version=1, scope=Scope.MODULE)
    return [
        *of(TICKET, id, opened(**about), selected, at=at),
        *of(TICKET, id, TicketResolved(), at=at + timedelta(hours=1)),
    ]


def world(*more: Any) -> Given:
    """Rita, an analyst, reads what lies in the workshop; Omar, who may be of the helpdesk, nothing."""
    reads = of(AREA, WORKSHOP, AreaRoleGiven(holder=worker_holder(RITA), role=Role.READER))
    return given(COMPANY_SO_FAR, worker(RITA, Right.ANALYST), worker(OMAR, Right.HELPDESK), reads, *more)


def asked(*contracts: dict[str, Any], hours: OpeningHours | None = None, **more: Any) -> WhatIf:
    supposed = tuple(SupposedContract(**each) for each in contracts)
    calendars = () if hours is None else (SupposedHours(calendar=OFFICE, hours=hours),)
    return WhatIf(**{"since": LONG_BEFORE, "until": LONG_AFTER, "contracts": supposed, "calendars": calendars, **more})


def told(found: Given, question: WhatIf, actor: str = SYSTEM) -> WhatIfTold:
    row = reckoned(found, question, actor=actor, at=EVENING).row
    assert isinstance(row, WhatIfTold)
    return row


def flipped(row: WhatIfTold) -> list[tuple[str, str, str, str]]:
    return [(flip.ticket, flip.target, flip.before, flip.after) for flip in row.flips]


def test_the_outcomes_that_flip_are_told_ticket_by_ticket_with_their_dues() -> None:
    row = told(world(ended("fan", on_monday(10))), asked({"terms": HARD}))
    assert (row.tickets, row.flipped, row.read_until) == (1, 2, None)
    assert flipped(row) == [
        ("fan", "first-response", "met", "missed"),
        ("fan", "resolution", "met", "missed"),
    ]
    (_, flip) = row.flips
    assert (flip.due_before, flip.due_after, flip.since) == (on_monday(10, days=2), on_monday(10, 10), None)
    assert row.outcomes == (
        Compared(target=Target.FIRST_RESPONSE, outcome=Outcome.MET, before=1, after=0),
        Compared(target=Target.FIRST_RESPONSE, outcome=Outcome.MISSED, before=0, after=1),
        Compared(target=Target.RESOLUTION, outcome=Outcome.MET, before=1, after=0),
        Compared(target=Target.RESOLUTION, outcome=Outcome.MISSED, before=0, after=1),
    )


def test_only_tickets_that_are_over_are_replayed() -> None:
    assert told(world(), asked({"terms": HARD})).tickets == 0
    assert told(world(of(TICKET, PUMP, TicketHeld(), at=on_monday(10))), asked({"terms": HARD})).tickets == 0


def test_a_contract_there_is_takes_the_place_of_one_or_of_all() -> None:
    found = world(ended("fan", on_monday(10)), ended("mixer", on_monday(10), None))
    assert told(found, asked({"instead_of": GOLD, "contract": SILVER})).tickets == 2
    one = told(found, asked({"instead_of": GOLD, "contract": SILVER}))
    assert flipped(one) == [("fan", "first-response", "met", "none")]
    every = told(found, asked({"contract": SILVER}))
    assert ("mixer", "resolution", "none", "met") in flipped(every)


def test_hours_take_the_place_of_a_calendar_s() -> None:
    never = OFFICE_HOURS.model_copy(update={"week": ((),) * 7})
    slow = [*of(CONTRACT, GOLD, ContractRevised(terms=HARD), at=on_monday(9, 50)), *ended("fan", on_monday(10))]
    row = told(world(slow), asked(hours=never))
    assert {each.after for each in row.flips} == {Outcome.MET}
    assert row.flipped == 2


def test_tickets_are_those_received_from_the_one_instant_up_to_the_other_and_of_the_area() -> None:
    there = {"area": OFFICE_FLOOR}
    found = world(*(ended(name, on_monday(hour)) for name, hour in (("fan", 10), ("mixer", 11), ("saw", 12))))
    found.happen(ended("lift", on_monday(13), **there))
    row = told(found, asked({"terms": HARD}, since=on_monday(10), until=on_monday(12)))
    assert {flip.ticket for flip in row.flips} == {"fan", "mixer"}
    row = told(found, asked({"terms": HARD}, **there))
    assert ({flip.ticket for flip in row.flips}, row.tickets) == ({"lift"}, 1)


def test_the_rest_is_asked_for_from_where_the_answer_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(what_if, "MOST_TICKETS", 2)
    at = [on_monday(10), on_monday(10, 10), on_monday(10, 10), on_monday(10, 10), on_monday(10, 20)]
    found = world(*(ended(f"t{n}", each) for n, each in enumerate(at)))
    pages = [told(found, asked({"terms": HARD}))]
    while (behind := pages[-1].read_until) is not None:
        pages.append(told(found, asked({"terms": HARD}, since=behind)))
    assert [page.tickets for page in pages] == [4, 1]
    assert pages[0].read_until == on_monday(10, 10) + timedelta(microseconds=1)


def test_of_many_flips_the_first_are_told_and_all_are_counted() -> None:
    found = world(*(ended(f"t{n}", on_monday(10, n)) for n in range(5)))
    row = told(found, asked({"terms": HARD}, most_flips=3))
    assert (row.flipped, [flip.ticket for flip in row.flips]) == (10, ["t0", "t0", "t1"])
    assert told(found, asked({"terms": HARD}, most_flips=0)).flips == ()


def test_each_tells_of_what_they_may_know_of_and_of_the_rest_there_is_no_trace() -> None:
    """An analyst without any area sees nothing; the area without the directory is not enough."""
    seen = ended("fan", on_monday(10))
    hidden = [
        ended("lift", on_monday(10), area=OFFICE_FLOOR),
        ended("mixer", on_monday(11), reporter=BAKERY, customer=BAKERY, subject=BAKERY_SUBJECT),
        ended("saw", on_monday(11), customer=BAKERY, subject=BAKERY_SUBJECT),
    ]
    team = of(TICKET, "pot", TicketTeamAssigned(team=TeamId("others")), at=on_monday(10))
    question = asked({"terms": HARD})
    for actor in (ANNA, BORIS, OMAR, RITA):
        few, all_ = world(seen), world(seen, *hidden, ended("pot", on_monday(10)), team)
        assert told(all_, question, actor) == told(few, question, actor)
        assert told(all_, question, actor).tickets == (actor in (ANNA, BORIS))
    assert told(world(seen, *hidden), question).tickets == 4


def test_who_holds_neither_the_analyst_s_nor_the_helpdesk_s_right_may_not_ask() -> None:
    for actor in (ZOE, "nobody"):
        assert refusal(world(), asked({"terms": HARD}), actor=actor) is RightMissing
    assert refusal(world(), asked({"terms": HARD}), actor=VERA) is None


def test_something_has_to_be_supposed_and_one_contract_in_the_place_of_each() -> None:
    found = world(ended("fan", on_monday(10)))
    wrong = {
        NothingSupposed: [asked()],
        OneContractSupposed: [
            asked({"instead_of": GOLD}),
            asked({"contract": GOLD, "terms": HARD}),
            asked({"contract": GOLD}, {"terms": HARD}),
        ],
        ContractUnknown: [asked({"contract": "none"}), asked({"instead_of": "none", "contract": GOLD})],
        CalendarUnknown: [
            asked({"terms": HARD.model_copy(update={"calendar": "none"})}),
            asked(calendars=(SupposedHours(calendar=CalendarId("none"), hours=OFFICE_HOURS),)),
        ],
    }
    for code, questions in wrong.items():
        assert [refusal(found, question) for question in questions] == [code] * len(questions)


def test_supposing_the_contract_or_the_hours_that_there_are_flips_nothing() -> None:
    found = world(ended("fan", on_monday(10)), ended("mixer", on_monday(11), SILVER))
    for question in (
        asked({"instead_of": GOLD, "contract": GOLD}),
        asked({"instead_of": GOLD, "terms": GOLD_TERMS}),
        asked(hours=OFFICE_HOURS),
    ):
        row = told(found, question)
        assert (row.tickets, row.flipped) == (2, 0)
        assert all(each.before == each.after for each in row.outcomes)


def test_no_fact_is_written() -> None:
    found = world(ended("fan", on_monday(10)))
    before = list(found.log.facts)
    told(found, asked({"terms": EASY}))
    assert found.log.facts == before


def test_what_would_be_under_another_setup_is_what_becomes_of_the_log_under_that_setup(tmp_path: Path) -> None:
    """A sample of a help desk is imported under two setups: each is asked about the other, and told the other."""
    path = tmp_path / "log.csv"
    write_sample(path, seed=7, cases=60)
    log = read_log(path)
    setups = [read_setup(each) for each in SETUPS[:2]]
    worlds = [Given(asyncio.run(decided(plan(log, setup, CALLER)))) for setup in setups]
    for (mine, _), (other, setup) in pairwise([*zip(worlds, setups, strict=True), (worlds[0], setups[0])]):
        row = told(mine, instead(mine, setup))
        assert row.flipped > 0
        for supposed, found in ((False, mine), (True, other)):
            counts = {(each.target, each.outcome): each.after if supposed else each.before for each in row.outcomes}
            assert {key: count for key, count in counts.items() if count} == outcomes(found), supposed


def instead(found: Given, setup: Setup) -> WhatIf:
    """What another setup says, in the place of all contracts and of the calendar that there are."""
    names = {
        stream.removeprefix("contract-"): found.state(CONTRACT, stream.removeprefix("contract-")).name
        for stream in found.log.streams
        if stream.startswith("contract-")
    }
    (calendar,) = {stream.removeprefix("calendar-") for stream in found.log.streams if stream.startswith("calendar-")}
    contracts = [
        SupposedContract(instead_of=ContractId(id), terms=setup.terms(name, CalendarId(calendar)))
        for id, name in names.items()
    ]
    hours = SupposedHours(calendar=CalendarId(calendar), hours=setup.hours())
    return WhatIf(since=LONG_BEFORE, until=LONG_AFTER, contracts=tuple(contracts), calendars=(hours,))


def outcomes(found: Given) -> Counter[tuple[str, str]]:
    report = SlaReport()
    for fact in found.log.facts:
        report.take(fact)
    targets = {"first-response": "first_response_outcome", "resolution": "resolution_outcome"}
    return Counter((target, row[name]) for row in rows(report).values() for target, name in targets.items())
