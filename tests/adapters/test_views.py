"""Whatever happens to engines, no fact is skipped, none has two effects, and what waits follows in its order."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import hypothesis
import pytest
from ground import Ground
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from moody import MOOD, SMALL

from adapters.postgres.schema import connect
from adapters.postgres.views import engine as engine_module
from adapters.postgres.views import rebuild, registry
from adapters.postgres.views.convoy import Convoy, Poisoned, stored_keys
from adapters.postgres.views.proof import Unproven
from adapters.postgres.views.registry import NoSuchVersion, State
from domain.fact import Event
from domain.staff.team import TeamLeaderNamed
from projections.model import ReadModel
from projections.page import States, Taker

TEAMS = st.lists(st.sampled_from("abcd"), min_size=1, max_size=7)
MODELS = st.sampled_from([model.name for model in SMALL])
ENGINES = 3


class Engines(RuleBasedStateMachine):
    """Engines come, crash and go, of several editions at once, while facts are appended and operators interfere."""

    url: str

    def __init__(self) -> None:
        super().__init__()
        self.ground = Ground(self.url)

    def teardown(self) -> None:
        try:
            self.ground.settle()
            assert self.ground.unfinished() == []
            assert self.ground.complaints() == []
        finally:
            self.ground.leave()

    @rule(teams=TEAMS)
    def append(self, teams: list[str]) -> None:
        self.ground.happen(teams)

    @precondition(lambda self: len(self.ground.engines) < ENGINES)
    @rule(page=st.sampled_from([1, 2, 3, 5, 100]))
    def start(self, page: int) -> None:
        self.ground.start(page)

    @precondition(lambda self: self.ground.engines)
    @rule(data=st.data(), times=st.integers(1, 4), looks=st.booleans())
    def tick(self, data: st.DataObject, times: int, looks: bool) -> None:
        self.ground.tick(data.draw(st.sampled_from(self.ground.engines)), times, looks=looks)

    @precondition(lambda self: self.ground.engines)
    @rule(data=st.data())
    def crash(self, data: st.DataObject) -> None:
        self.ground.crash(data.draw(st.sampled_from(self.ground.engines)))

    @precondition(lambda self: self.ground.engines)
    @rule(data=st.data())
    def restart(self, data: st.DataObject) -> None:
        data.draw(st.sampled_from(self.ground.engines)).close()

    @rule(team=st.sampled_from("abcd"), what=st.sampled_from(["facts", "rows", "topic"]))
    def poison(self, team: str, what: str) -> None:
        if what == "topic":
            Event.by_topic.pop(TeamLeaderNamed.topic, None)
        else:
            getattr(MOOD, what).add(f"team-{team}")

    @rule()
    def fix(self) -> None:
        self.ground.mend()

    @rule(name=MODELS)
    def pause(self, name: str) -> None:
        self.ground.change(name, State.PAUSED)

    @rule(name=MODELS)
    def resume(self, name: str) -> None:
        self.ground.change(name, State.ACTIVE)

    @rule(name=MODELS)
    def release(self, name: str) -> None:
        """From now on engines mean something else by a model; those that run do not know."""
        self.ground.editions[name] += 1

    @rule(name=MODELS, held=st.booleans())
    def rebuild(self, name: str, held: bool) -> None:
        model = next(model for model in self.ground.models if model.name == name)
        try:
            rebuild.rebuild(self.ground.url, self.ground.schema, [model], held=held)
        except (Poisoned, Unproven):
            assert self.ground.poisoned

    @rule(name=MODELS)
    def abandon_a_rebuild(self, name: str) -> None:
        model = next(model for model in self.ground.models if model.name == name)
        with connect(self.ground.url, self.ground.schema) as connection:
            registry.made(connection, model, held=True)

    @rule(name=MODELS)
    def switch(self, name: str) -> None:
        """Where an engine has it, that engine serves it, sooner or later."""
        model = next(model for model in self.ground.models if model.name == name)
        if any(held == name for engine in self.ground.engines for held, _ in engine._held):
            self.ground.line.execute("UPDATE read_models SET held = false WHERE name = %s", (name,))
            return
        with suppress(NoSuchVersion, Poisoned, Unproven):
            rebuild.switch(self.ground.url, self.ground.schema, model)

    @invariant()
    def nothing_is_wrong(self) -> None:
        assert self.ground.complaints() == []


def test_whatever_happens_to_engines_the_rows_are_right(postgres_url: str, soak: int) -> None:
    Engines.url = postgres_url
    often = hypothesis.settings(
        max_examples=5 * soak,
        stateful_step_count=25,
        deadline=None,
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    run_state_machine_as_test(Engines, settings=often)


# Every law has a bug that breaks it.


def nothing_happens(ground: Ground) -> Iterator[None]:
    """Two engines side by side."""
    ground.happen("abcabc")
    engines = [ground.start(page=2) for _ in range(2)]
    for _ in range(8):
        for engine in engines:
            ground.tick(engine)
            yield
    ground.happen("abcabc")
    for _ in range(4):
        for engine in engines:
            ground.tick(engine, looks=False)
            yield


def something_waits(ground: Ground) -> Iterator[None]:
    engine = ground.start(page=2)
    ground.happen("ab")
    ground.caught_up(engine)
    MOOD.facts.add("team-a")
    ground.happen("ab")
    ground.tick(engine, 2)
    yield
    ground.mend()
    ground.happen("abab")
    ground.tick(engine, 3)
    yield


def pages_overlap(ground: Ground) -> Iterator[None]:
    """The next page is made long before the last one is stored."""
    store = Convoy._store

    def slowly(self: Convoy, *page: Any) -> None:
        time.sleep(0.01)
        store(self, *page)

    engine = ground.start(page=2)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Convoy, "_store", slowly)
        for _ in range(2):
            ground.happen("aab" * 8)
            ground.tick(engine, 13, looks=False)
            yield


def the_old_one_runs_ahead(ground: Ground) -> Iterator[None]:
    old = ground.start()
    ground.happen("abc")
    ground.caught_up(old)
    yield
    ground.editions = dict.fromkeys(ground.editions, 2)
    new = ground.start(page=100)
    ground.tick(new)

    def meanwhile(*_: Any) -> int:
        ground.happen("a")
        ground.tick(old, 2)
        ground.complaints()
        return 0

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engine_module, "prove", meanwhile)
        for _ in range(4):
            ground.tick(new)
            yield


def a_zombie_stores_its_page(ground: Ground) -> Iterator[None]:
    """Its lock went with one connection, and another engine has taken over, while it still stores on the other."""
    alive, store = threading.Event(), Convoy._store
    held = threading.Lock()

    def slowly(self: Convoy, *page: Any) -> None:
        if held.acquire(blocking=False):
            alive.wait(5)
        store(self, *page)

    zombie, heir = ground.start(page=2), ground.start(page=2)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Convoy, "_store", slowly)
        ground.happen("abcabc")
        ground.tick(zombie)
        ground.engines.remove(zombie)
        assert zombie._lines
        ground.line.execute("SELECT pg_terminate_backend(%s)", (zombie._lines.reading.info.backend_pid,))
        ground.tick(heir, 8)
        yield
        alive.set()
        zombie.close()
        yield


UNGUARDED = """
CREATE OR REPLACE FUNCTION move_read_models(names text[], versions integer[], before bigint, after bigint)
RETURNS void LANGUAGE sql AS $$
    UPDATE read_models m SET position = after FROM unnest(names, versions) AS w(name, version)
    WHERE m.name = w.name AND m.version = w.version
$$
"""


def unguarded(patch: pytest.MonkeyPatch, ground: Ground) -> None:
    ground.line.execute(UNGUARDED)


def unlocked(patch: pytest.MonkeyPatch, ground: Ground) -> None:
    patch.setattr(registry, "locked", lambda *_: True)


def impatient(patch: pytest.MonkeyPatch, ground: Ground) -> None:
    patch.setattr(Taker, "waits", lambda self, stream: False)
    patch.setattr(registry, "waiting", lambda *_: {})


def unsettled(patch: pytest.MonkeyPatch, ground: Ground) -> None:
    patch.setattr(Convoy, "_stored_keys", lambda self, member: stored_keys(self._lines.reading, member))


def forgetful(patch: pytest.MonkeyPatch, ground: Ground) -> None:
    patch.setattr(States, "finish", lambda self: self.begin(self.position))
    patch.setattr(States, "absent", lambda self, page: {})
    patch.setattr(States, "folded", lambda self, decider, *_: decider.absent)


def hasty(patch: pytest.MonkeyPatch, ground: Ground) -> None:
    def switch(connection: Any, model: ReadModel, number: int) -> bool:
        connection.execute("UPDATE read_models SET position = 0 WHERE name = %s AND version < %s", (model.name, number))
        return found(connection, model, number)

    found = registry.switch
    patch.setattr(registry, "switch", switch)


Story = Callable[[Ground], Iterator[None]]
Bug = Callable[[pytest.MonkeyPatch, Ground], None]
PLANTED: list[tuple[Story, Bug, str]] = [
    (nothing_happens, unlocked, "has several runners"),
    (a_zombie_stores_its_page, unguarded, "taken twice"),
    (something_waits, impatient, "moody 1, moody_latest team-a"),
    (pages_overlap, unsettled, "'taken'"),
    (pages_overlap, forgetful, "roll 1, rosters"),
    (the_old_one_runs_ahead, hasty, "was served at"),
]


def told(ground: Ground, story: Story) -> list[str]:
    for _ in story(ground):
        ground.complaints()
    return ground.found


@pytest.mark.parametrize(("story", "bug", "complaint"), PLANTED, ids=lambda each: getattr(each, "__name__", None))
def test_a_planted_bug_is_found(
    postgres_url: str, story: Story, bug: Bug, complaint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    sound = Ground(postgres_url)
    try:
        assert told(sound, story) == []
    finally:
        sound.leave()
    ill = Ground(postgres_url)
    try:
        bug(monkeypatch, ill)
        assert any(complaint in each for each in told(ill, story))
    finally:
        monkeypatch.undo()
        ill.leave()


def test_where_the_lock_fails_the_guard_still_holds(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    ground = Ground(postgres_url)
    unlocked(monkeypatch, ground)
    try:
        assert {each for each in told(ground, nothing_happens) if "several runners" not in each} == set()
    finally:
        ground.leave()
