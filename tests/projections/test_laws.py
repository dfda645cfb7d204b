"""What holds of every read model, whatever has happened and however it was read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from company import COMPANY_SO_FAR
from history import SHORT, TEN, histories, story
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from logbook import SECRETS, Entry, entered
from naive.views import views
from rows import MODELS, MemoryViews, Rows, differences
from specification import given as having
from specification import request

from commands.service.contract import ReviseContract
from commands.service.ticket import ResolveTicket
from domain.decider import Decider
from domain.fact import Fact
from examples import GOLD, PUMP
from projections.model import Change, Key, Known, ReadModel, Table, Touch
from projections.page import Heard, Taker, Unreadable
from projections.service import service_levels

PAGES = st.sampled_from([1, 2, 7])
FEW = settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))


class Poison(Exception):
    """For these laws alone."""


def facts_of(entries: Sequence[Entry]) -> list[Heard]:
    return [entry.fact for entry in entries]


def at_once(entries: Sequence[Entry]) -> Rows:
    return MemoryViews().take(facts_of(entries)).rows


def page_size_does_not_matter(entries: Sequence[Entry], size: int) -> bool:
    return differences(at_once(entries), MemoryViews().take(facts_of(entries), size).rows) == []


def rows_are_what_anybody_would_write_down(entries: Sequence[Entry], size: int) -> bool:
    found = MemoryViews().take(facts_of(entries), size).rows
    return differences(found, views([entry.plain for entry in entries], SECRETS)) == []


def twice_is_once(entries: Sequence[Entry], size: int) -> bool:
    return differences(at_once(entries), MemoryViews().take_twice(facts_of(entries), size).rows) == []


@FEW
@given(histories(), PAGES)
def test_page_size_does_not_matter(facts: list[Fact[Any]], size: int) -> None:
    assert page_size_does_not_matter(entered(facts), size)


@FEW
@given(histories(), PAGES)
def test_rows_are_what_anybody_would_write_down(facts: list[Fact[Any]], size: int) -> None:
    assert rows_are_what_anybody_would_write_down(entered(facts), size)


@FEW
@given(histories(), PAGES)
def test_projecting_twice_is_projecting_once(facts: list[Fact[Any]], size: int) -> None:
    assert twice_is_once(entered(facts), size)


@FEW
@given(histories(), PAGES, st.data())
def test_a_process_that_begins_anywhere_goes_on_as_before(
    facts: list[Fact[Any]], size: int, data: st.DataObject
) -> None:
    entries = entered(facts)
    found, heard, cut = MemoryViews(), facts_of(entries), data.draw(st.integers(0, len(facts)))
    found.take(heard[:cut], size)
    found.forget_states(found.states.position)
    assert differences(at_once(entries), found.take(heard[cut:], size).rows) == []


def changed_again(found: MemoryViews) -> set[str]:
    """The tables that are said to change each row once, and do not."""
    return {table.name for (table, _), times in found.changed.items() if table.once and times > 1}


@FEW
@given(histories(), PAGES)
def test_a_row_that_is_said_to_be_put_once_is(facts: list[Fact[Any]], size: int) -> None:
    assert changed_again(MemoryViews().take(facts_of(entered(facts)), size)) == set()


# Poison


@st.composite
def poisons(draw: Any, facts: Sequence[Fact[Any]]) -> set[int]:
    """Some positions, those of the texts that others rest on more often."""
    texts = [fact.position for fact in facts if fact.stream.startswith(("contract-", "calendar-"))]
    return set(draw(st.lists(st.sampled_from(texts) | st.integers(1, len(facts)), min_size=1, max_size=4)))


def disliking(model: ReadModel, poison: set[int]) -> ReadModel:
    """The model, but it cannot take the facts at some positions, nor make anything of what they touched."""

    def project(fact: Fact[Any], known: Known) -> Iterator[Change | Touch]:
        yield from model.project(fact, known)
        if fact.position in poison:
            raise Poison

    return replace(model, project=project)


@FEW
@given(histories(), PAGES, st.data())
def test_what_waited_and_followed_was_as_if_it_had_never_waited(
    facts: list[Fact[Any]], size: int, data: st.DataObject
) -> None:
    entries = entered(facts)
    heard, poison, cut = facts_of(entries), data.draw(poisons(facts)), len(facts) - data.draw(st.integers(0, 15))
    found = MemoryViews([disliking(model, poison) for model in MODELS]).take(heard[:cut], size)
    poison.clear()
    found.try_all_again()
    assert not any(found.parked.values())
    assert differences(at_once(entries), found.take(heard[cut:], size).rows) == []
    assert changed_again(found) == set()


@FEW
@given(histories(), PAGES, PAGES, st.data())
def test_what_an_older_service_could_not_read_a_newer_one_takes_up(
    facts: list[Fact[Any]], size: int, other: int, data: st.DataObject
) -> None:
    entries = entered(facts)
    heard, poison = facts_of(entries), data.draw(poisons(facts))
    cut = len(facts) - data.draw(st.integers(0, 15))
    restart = data.draw(st.integers(0, cut))
    unread = [
        Unreadable(fact.stream, fact.position, "new.said", Poison()) if fact.position in poison else fact
        for fact in facts_of(entries)
    ]
    found = MemoryViews().take(unread[:restart], size)
    found.forget_states(restart)
    found.take(unread[restart:cut], other)
    found.log = heard[:cut]
    found.forget_states(cut)
    found.try_all_again()
    assert not any(found.parked.values())
    assert differences(at_once(entries), found.take(heard[cut:], size).rows) == []


# What a model says of itself


class Strict:
    """Lets a projection look at nothing that its model does not say it looks at."""

    def __init__(self, known: Taker) -> None:
        self.known, self.model = known, known.model

    def state(self, decider: Decider[Any, Any], id: str) -> Any:
        assert decider in self.model.reads, f"{self.model.name} reads {decider.kind}"
        return self.known.state(decider, id)

    def keys(self, table: Table, column: str, value: str) -> list[Key]:
        assert table in self.model.tables
        assert (column,) in [*(index[:1] for index in table.indexes), table.key[:1]], f"{table.name} by {column}"
        return self.known.keys(table, column, value)

    def keyed(self, word: str) -> str:
        assert self.model.opens, f"{self.model.name} opens"
        return self.known.keyed(word)


@FEW
@given(histories())
def test_a_model_looks_at_what_it_says_and_hears_what_it_says(facts: list[Fact[Any]]) -> None:
    def strictly(model: ReadModel) -> ReadModel:
        def project(fact: Fact[Any], known: Any) -> Iterator[Change | Touch]:
            for change in model.project(fact, Strict(known)):
                yield change._replace(rows=partial(make, change.rows)) if isinstance(change, Touch) else change

        return replace(model, project=project)

    def make(rows: Any, id: str, known: Any) -> Any:
        return rows(id, Strict(known))

    entries = entered(facts)
    found = MemoryViews([strictly(model) for model in MODELS]).take(facts_of(entries), 7)
    assert not any(found.parked.values())
    assert differences(found.rows, at_once(entries)) == []
    for model in MODELS:
        rows = MemoryViews([model]).take(facts_of(entries)).rows
        heard = [fact for fact in facts_of(entries) if fact.event.topic in model.topics]
        if not model.reads:
            assert rows == MemoryViews([model]).take(heard).rows


# Every law has a bug that breaks it.


def company() -> list[Entry]:
    """A ticket that was held and answered late, under a contract and a calendar that were revised meanwhile."""
    return entered(story())


def lazy(id: str, known: Known) -> Iterator[Change]:
    """Forgets what open tickets rest on."""
    return (change for change in LEVELS(id, known) if change.table is not service_levels.PROMISES)


LEVELS = service_levels.levels


@pytest.mark.parametrize("law", [page_size_does_not_matter, rows_are_what_anybody_would_write_down])
def test_a_revision_that_touches_nobody_is_found(law: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    entries = company()
    assert law(entries, 1)
    monkeypatch.setattr(service_levels, "levels", lazy)
    assert not law(entries, 1)


def test_a_row_that_is_said_to_be_put_once_and_is_not_is_found() -> None:
    assert changed_again(MemoryViews().take(facts_of(company()), 1)) == set()
    for table in (table for model in MODELS for table in model.tables if table.name == "deadlines"):
        object.__setattr__(table, "once", True)
        try:
            assert changed_again(MemoryViews().take(facts_of(company()), 1)) == {"deadlines"}
        finally:
            object.__setattr__(table, "once", False)


def test_a_projection_that_counts_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    entries = company()
    assert twice_is_once(entries, 7)
    counted: list[int] = []

    def counting(self: Taker, fact: Fact[Any]) -> None:
        counted.append(fact.position)
        for change in self.model.project(fact, self):
            if isinstance(change, Touch):
                self.touched[change] = None
            else:
                row = getattr(change, "row", None)
                if row and "position" in row:
                    row = {**row, "position": len(counted)}
                self.work.changes[change.table, change.key] = row

    monkeypatch.setattr(Taker, "take", counting)
    assert not twice_is_once(entries, 7)


@pytest.mark.xfail(strict=True, reason="a clock that runs ahead, and a new text within that minute")
def test_page_size_does_not_matter_where_a_fact_happened_ahead_of_its_recording() -> None:
    """Resolved half a minute ahead of its recording, and a new text recorded in between: the row ought to be one."""
    world = having(COMPANY_SO_FAR)
    ahead = TEN + timedelta(seconds=30)
    world.ask(request(ResolveTicket(ticket=PUMP), at=TEN, happened=ahead))
    world.ask(request(ReviseContract(contract=GOLD, terms=SHORT), at=TEN + timedelta(seconds=10)))
    assert page_size_does_not_matter(entered(world.log.facts), 1)
