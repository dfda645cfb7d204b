"""What is reported of many tickets is the sum of what is known of each, by whatever it is counted, for whoever asks."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import combinations
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import pytest
from company import COMPANY_SO_FAR, OVEN, worker
from history import histories
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from life import opened
from logbook import LOCK, SECRETS, entered, lying, store
from naive.views import views
from shelf import Shelf
from specification import Given, of, on_monday
from specification import given as happened

from adapters.composition import Place
from adapters.inquiry import Inquiry
from adapters.postgres.answers import Answers
from adapters.postgres.keys import Keyring
from adapters.postgres.views import access
from commands.permission import RightMissing
from commands.service.exchange import LogCall
from commands.service.ticket import ResolveTicket
from domain.clients.directory import DIRECTORY, DirectoryRightSet, Level
from domain.clients.group import GROUP, GroupContractSet
from domain.clients.membership import MEMBERSHIP, MemberJoined
from domain.fact import Fact
from domain.service.contract import CONTRACT, ContractRevised, Targets, Terms
from domain.service.exchange import Direction, TicketMessageLogged, Way
from domain.service.selection import Scope
from domain.service.target import Target
from domain.service.ticket import TICKET, TicketContractSelected, TicketHeld
from domain.staff.area import AREA, AreaRoleGiven, Role
from domain.staff.worker import SYSTEM, Right
from domain.values import TicketId, WorkerId, worker_holder
from examples import ANNA, BORIS, CUSTOMERS, GOLD, MILL, MILL_SUBJECT, OFFICE, PUMP, REGULARS, WORKSHOP
from projections.question import Listing
from projections.service.outcome import SlaOutcomes
from projections.service.sla_overview import SHARES, Dimension, SlaOverview

OUTCOMES = ("met", "missed", "open", "none", "cancelled", "merged")
LATER = on_monday(0, days=400)
FIELDS = {dimension: dimension.replace("-", "_") for dimension in Dimension}
RITA, OTTO = WorkerId("rita"), WorkerId("otto")
FAN, EVE = TicketId("fan"), TicketId("eve")


class Promise(NamedTuple):
    """One of a ticket, as anybody would write it down."""

    under: dict[str, str | None]
    target: str
    outcome: str
    consumed: int | None
    length: int | None
    corrected: bool


class Desk:
    """Questions asked of a shelf."""

    def __init__(self, shelf: Shelf, runner: asyncio.Runner) -> None:
        self.shelf, self._runner = shelf, runner

    def hold(self, facts: Sequence[Fact[Any]]) -> None:
        self.shelf.empty()
        store(self.shelf.line, entered(facts))
        self.shelf.follow(2_000)
        access.rebuild(self.shelf.url, self.shelf.schema)

    def rows(self, question: Listing, actor: str = SYSTEM, *, now: datetime = LATER, limit: int = 50) -> list[Any]:
        """All pages; none for those who may not ask any more."""

        async def ask() -> list[Any]:
            answers = Answers(self.shelf.url, self.shelf.schema, Keyring(LOCK), connections=1)
            asked, found = Inquiry(question, actor, now, limit=limit), list[Any]()
            try:
                while True:
                    page = await answers.answer(asked, asyncio.get_running_loop().time() + 5)
                    found += page.rows[:limit]
                    if len(page.rows) <= limit:
                        return found
                    asked = asked._replace(place=page.places[limit - 1])
            except RightMissing:
                return []
            finally:
                await answers.close()

        return self._runner.run(ask())

    def promises(self, actor: str = SYSTEM, now: datetime = LATER) -> list[Promise]:
        """Of each ticket that the other question shows the asker, what anybody would write down of it."""
        shown = {row["ticket"]: row for row in self.rows(SlaOutcomes(), actor, now=now, limit=1000)}
        rows = views(lying(self.shelf.line), SECRETS)
        zone = rows["company_settings"].get(("zone",), {"value": "UTC"})["value"]
        groups = {row["name"]: id for (id,), row in rows["groups"].items()}
        every = [(ticket, target, row) for (ticket, target), row in rows["deadlines"].items()]
        every += [(ticket, "next-response", row) for (ticket, _), row in rows["earlier_responses"].items()]
        found = []
        for ticket, target, row in every:
            if ticket not in shown:
                continue
            stands = rows["ticket_standings"][ticket,]
            under = {
                "group": groups.get(shown[ticket]["group"]),
                "contract": row["contract"],
                "incident_type": stands["incident_type"],
                "worker": stands["assignee"],
                "month": f"{shown[ticket]['received_at'].astimezone(ZoneInfo(zone)):%Y-%m}",
                "severity": stands["severity"] or "not-assessed",
                "area": rows["tickets"][ticket,]["area"],
            }
            late = row["outcome"] == "open" and row["due"] is not None and row["due"] < now
            outcome = "missed" if late else row["outcome"]
            found.append(
                Promise(under, target, outcome, row["consumed_seconds"], row["target_seconds"], row["corrected"])
            )
        return found


def summed(promises: Sequence[Promise], by: Sequence[Dimension]) -> dict[tuple[str | None, ...], dict[str, Any]]:
    """Counted one by one."""
    parts: dict[tuple[str | None, ...], list[Promise]] = defaultdict(list)
    for each in promises:
        parts[*(each.under[FIELDS[dimension]] for dimension in by), each.target].append(each)
    return {key: _sum(part) for key, part in parts.items()}


def _sum(part: Sequence[Promise]) -> dict[str, Any]:
    outcomes = Counter(each.outcome for each in part)
    stopped = [each for each in part if each.consumed is not None and each.outcome != "open"]
    taken = sorted(each.consumed for each in stopped if each.consumed is not None)
    shares = [0] * (len(SHARES) + 1)
    for each in stopped:
        if each.length is not None and each.consumed is not None:
            shares[sum(each.consumed > each.length * share / 100 for share in SHARES)] += 1
    return {
        "promises": len(part),
        **{outcome: outcomes[outcome] for outcome in OUTCOMES},
        "corrected": sum(each.corrected for each in part),
        "median_seconds": _rank(taken, 50),
        "ninetieth_percentile_seconds": _rank(taken, 90),
        "ninety_fifth_percentile_seconds": _rank(taken, 95),
        "longest_seconds": taken[-1] if taken else None,
        "shares": shares,
    }


def _rank(values: Sequence[int], percent: int) -> int | None:
    """The smallest value that at least so many in a hundred are not above."""
    return next((each for n, each in enumerate(values, 1) if 100 * n >= percent * len(values)), None)


def told(rows: Sequence[Mapping[str, Any]], by: Sequence[Dimension]) -> dict[tuple[str | None, ...], dict[str, Any]]:
    figures = _sum([])
    found = {
        (*(row[FIELDS[dimension]] for dimension in by), row["target"]): {name: row[name] for name in figures}
        for row in rows
    }
    assert len(found) == len(rows)
    return found


@pytest.fixture
def desk(place: Place) -> Iterator[Desk]:
    shelf = Shelf(place.postgres_url, place.settings.schema_name)
    with asyncio.Runner() as runner:
        yield Desk(shelf, runner)
    shelf.line.close()


COMBINATIONS = [by for n in range(4) for by in combinations(Dimension, n)]


def test_whatever_happened_the_overview_is_the_sum_of_single_tickets(desk: Desk, soak: int) -> None:
    @settings(max_examples=6 * soak, deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.generate])
    @given(histories(), st.lists(st.sampled_from(COMBINATIONS), min_size=3, max_size=3), st.integers(-2, 9))
    def is_the_sum(facts: list[Fact[Any]], asked: list[tuple[Dimension, ...]], days: int) -> None:
        desk.hold(facts)
        now = LATER if days < 0 else on_monday(12, days=days)
        for actor in (SYSTEM, ANNA, BORIS):
            promises = desk.promises(actor, now)
            for by in asked:
                assert told(desk.rows(SlaOverview(by=by), actor, now=now), by) == summed(promises, by)

    is_the_sum()


def company() -> Given:
    """Rounds of next responses; an outcome that a late call turned; a ticket received in another month of the zone."""
    promise = Targets(first_response_seconds=3_600, next_response_seconds=3_600, resolution_seconds=36_000)
    revised = ContractRevised(terms=Terms(calendar=OFFICE, general=promise))
    selected, brought = (
        TicketContractSelected(contract=GOLD, version=2, scope=scope) for scope in (Scope.MODULE, Scope.GROUP)
    )
    incoming, outgoing = (
        TicketMessageLogged(subject=MILL_SUBJECT, direction=each, way=Way.EMAIL)
        for each in (Direction.INCOMING, Direction.OUTGOING)
    )
    found = happened(
        COMPANY_SO_FAR,
        *(worker(each, Right.ANALYST) for each in (RITA, OTTO)),
        of(AREA, WORKSHOP, AreaRoleGiven(holder=worker_holder(RITA), role=Role.READER)),
        of(DIRECTORY, CUSTOMERS, DirectoryRightSet(holder=worker_holder(RITA), level=Level.USE)),
        of(CONTRACT, GOLD, revised, at=on_monday(9, 10)),
        *(
            of(TICKET, PUMP, said, at=on_monday(*at))
            for at, said in (
                ((10,), outgoing),
                *(((11,), incoming), ((13,), outgoing)),
                *(((14,), incoming), ((14, 30), outgoing)),
            )
        ),
        of(TICKET, OVEN, TicketHeld(), at=on_monday(10)),
        of(MEMBERSHIP, MILL, MemberJoined(group=REGULARS)),
        of(GROUP, REGULARS, GroupContractSet(incident_type=None, contract=GOLD)),
        of(TICKET, FAN, opened(), brought, at=on_monday(9, days=1)),
        of(TICKET, EVE, opened(), selected, at=datetime.fromisoformat("2024-06-30T22:30Z")),
    )
    resolved = found.when(ResolveTicket(ticket=FAN), at=on_monday(12, days=1), happened=on_monday(12, days=1))
    assert not resolved.answer.code
    late = found.when(LogCall(ticket=FAN, answered=True), at=on_monday(9, days=30), happened=on_monday(9, 30, days=1))
    assert not late.answer.code
    return found


def counted(rows: Sequence[Mapping[str, Any]], *names: str) -> set[tuple[Any, ...]]:
    return {tuple(row[name] for name in names) for row in rows}


def test_rounds_corrected_outcomes_and_the_months_of_the_company_s_zone_are_counted(desk: Desk) -> None:
    """The oven is the bakery's; the late call turned a response that was missed when the ticket was resolved."""
    desk.hold(company().log.facts)
    month = SlaOverview(by=(Dimension.MONTH,))
    rows = desk.rows(month)
    rounds = {"target": Target.NEXT_RESPONSE}
    assert counted(rows, "month", "target", "promises", "met", "missed", "open", "corrected") == {
        ("2024-06", "first-response", 3, 2, 1, 0, 1),
        ("2024-06", "next-response", 2, 1, 1, 0, 0),
        ("2024-06", "resolution", 3, 1, 1, 1, 0),
        ("2024-07", "first-response", 1, 0, 1, 0, 0),
        ("2024-07", "resolution", 1, 0, 1, 0, 0),
    }
    (row,) = desk.rows(SlaOverview(by=(), **rounds))
    assert (row["median_seconds"], row["longest_seconds"]) == (1_800, 7_200)
    assert row["shares"] == [0, 1, 0, 0, 0, 0, 1, 0]
    assert (row["group"], row["month"], row["worker_name"]) == (None, None, None)
    (row,) = desk.rows(SlaOverview(by=(), target=Target.RESOLUTION))
    assert (sum(row["shares"]), row["longest_seconds"]) == (1, 3 * 3_600)
    assert counted(desk.rows(month, now=on_monday(9, 1, days=1)), "month", "target", "open") >= {
        ("2024-06", "resolution", 2)
    }


def test_each_sees_the_sum_of_what_lies_open_to_them(desk: Desk) -> None:
    desk.hold(company().log.facts)
    everything = SlaOverview(by=(), target=Target.RESOLUTION)
    assert [row["promises"] for row in desk.rows(everything)] == [4]
    assert [row["promises"] for row in desk.rows(everything, RITA)] == [3]
    assert desk.rows(everything, OTTO) == []


def test_a_group_of_a_hidden_directory_is_no_group_to_who_may_not_know_of_it(desk: Desk) -> None:
    desk.hold(company().log.facts)
    by_group = SlaOverview(by=(Dimension.GROUP,), target=Target.RESOLUTION)
    counts = {row["group"]: row["promises"] for row in desk.rows(by_group)}
    assert counts == {None: 3, REGULARS: 1}
    assert [(row["group"], row["group_name"], row["promises"]) for row in desk.rows(by_group, RITA)] == [
        (None, None, 3)
    ]
    assert desk.rows(SlaOverview(by=(), group=REGULARS), RITA) == []
    assert len(desk.rows(SlaOverview(by=(), group=REGULARS))) == 2


FILTERS: list[tuple[dict[str, Any], int]] = [
    ({"area": WORKSHOP}, 4),
    ({"area": "none"}, 0),
    ({"contract": GOLD}, 4),
    ({"contract": "none"}, 0),
    ({"since": on_monday(9, days=1)}, 2),
    ({"until": on_monday(9, days=1)}, 2),
    ({"since": on_monday(9, days=1), "until": on_monday(9, days=2)}, 1),
    ({"worker": "none"}, 0),
    ({"group": "none"}, 0),
    ({"incident_type": "none"}, 0),
]


def test_filters_narrow(desk: Desk) -> None:
    desk.hold(company().log.facts)
    for narrowing, promises in FILTERS:
        rows = desk.rows(SlaOverview(by=(), target=Target.RESOLUTION, **narrowing))
        assert sum(row["promises"] for row in rows) == promises, narrowing


def test_pages_follow_each_other_and_together_are_the_whole(desk: Desk) -> None:
    desk.hold(company().log.facts)
    question = SlaOverview(by=(Dimension.MONTH, Dimension.GROUP))
    assert desk.rows(question, limit=1) == desk.rows(question) != []


def test_a_dimension_is_named_once() -> None:
    with pytest.raises(ValueError, match="named once"):
        SlaOverview(by=(Dimension.MONTH, Dimension.MONTH))
