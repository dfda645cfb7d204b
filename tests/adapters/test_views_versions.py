"""A new version is made beside the old one, proven, and served at one stroke; until then the old one is."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from ground import Ground
from moody import DIARY, MOOD, MOODY, ROLL, SMALL, expected
from psycopg.errors import LockNotAvailable
from rows import differences, stored

from adapters.postgres.schema import connect
from adapters.postgres.views import rebuild, registry
from adapters.postgres.views.convoy import Convoy, Poisoned
from adapters.postgres.views.proof import Unproven
from adapters.postgres.views.registry import State, Version


@pytest.fixture
def ground(postgres_url: str) -> Iterator[Ground]:
    found = Ground(postgres_url)
    yield found
    found.leave()


def standing(ground: Ground, name: str) -> list[tuple[int, State]]:
    return [(version.number, version.state) for version in ground.versions() if version.name == name]


def lock_is_free(ground: Ground, name: str, number: int) -> bool:
    with connect(ground.url, ground.schema) as connection:
        return registry.locked(connection, name, number)


def test_engines_that_begin_at_once_begin_one_version(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = ground.start(), ground.start()
    found = registry.versions

    def at_once(connection: Any) -> list[Version]:
        """The second one looks before the first has made anything, and goes on after it."""
        seen = found(connection)
        monkeypatch.setattr(registry, "versions", found)
        first.tick()
        return seen

    monkeypatch.setattr(registry, "versions", at_once)
    second.tick()
    ground.happen("abc")
    ground.caught_up(first)
    assert [version.number for version in ground.versions()] == [1, 1, 1]


def test_a_paused_model_stands_is_served_and_may_be_run_by_another(ground: Ground) -> None:
    first = ground.start()
    ground.happen("abc")
    ground.caught_up(first)
    ground.change("diary", State.PAUSED)
    ground.happen("abc")
    ground.tick(first, 3)
    assert {version.name: version.position for version in ground.versions()} == {"diary": 3, "moody": 6, "roll": 6}
    assert lock_is_free(ground, "diary", 1)
    assert not lock_is_free(ground, "roll", 1)
    assert ground.complaints() == []
    ground.change("diary", State.ACTIVE)
    second = ground.start()
    ground.tick(second, 3)
    assert ("diary", 1) in second._held
    ground.caught_up(second)
    assert ground.complaints() == []


def test_an_older_service_does_not_take_back_what_a_newer_one_took_over(ground: Ground) -> None:
    older = ground.start()
    ground.happen("abc")
    ground.caught_up(older)
    ground.editions["roll"] = 2
    newer = ground.start()
    for _ in range(4):
        ground.tick(newer)
        ground.tick(older)
    assert standing(ground, "roll") == [(2, State.ACTIVE)]
    older.close()
    ground.engines.remove(older)
    ground.editions["roll"] = 1
    ground.caught_up(ground.start())
    for _ in range(3):
        ground.tick(newer)
    assert standing(ground, "roll") == [(3, State.ACTIVE)]


def test_a_held_version_is_made_and_followed_and_served_when_asked(ground: Ground) -> None:
    engine = ground.start()
    ground.happen("abc")
    ground.caught_up(engine)
    (made,) = rebuild.rebuild(ground.url, ground.schema, [ROLL], held=True)
    assert (made.version, made.state, made.position) == (2, "booting", 3)
    ground.happen("abc")
    ground.tick(engine, 5)
    assert standing(ground, "roll") == [(1, State.ACTIVE), (2, State.BOOTING)]
    assert {version.position for version in ground.versions()} == {6}
    assert ground.complaints() == []
    engine.close()
    switched = rebuild.switch(ground.url, ground.schema, ROLL)
    assert (switched.version, switched.state) == (2, "active")
    assert standing(ground, "roll") == [(2, State.ACTIVE)]
    assert ground.complaints() == []


def test_a_held_version_that_an_engine_runs_is_served_by_that_engine(ground: Ground) -> None:
    engine = ground.start()
    ground.happen("abc")
    ground.caught_up(engine)
    rebuild.rebuild(ground.url, ground.schema, [ROLL], held=True)
    ground.tick(engine, 3)
    told: list[rebuild.Made] = []
    asking = threading.Thread(target=lambda: told.append(rebuild.switch(ground.url, ground.schema, ROLL)))
    asking.start()
    while asking.is_alive():
        ground.tick(engine)
    assert [(made.version, made.state) for made in told] == [(2, "active")]
    assert standing(ground, "roll") == [(2, State.ACTIVE)]


def test_a_rebuild_stops_at_poison_and_says_where(ground: Ground) -> None:
    engine = ground.start()
    ground.happen("abca")
    ground.caught_up(engine)
    MOOD.facts.add("team-a")
    with pytest.raises(Poisoned, match=r"Disliked at position 1, team\.formed of team-a, in moody"):
        rebuild.rebuild(ground.url, ground.schema, list(SMALL))
    assert [state for model in SMALL for _, state in standing(ground, model.name)].count(State.ACTIVE) == 3
    ground.mend()
    rebuild.rebuild(ground.url, ground.schema, list(SMALL))
    assert {standing(ground, model.name)[-1][1] for model in SMALL} == {State.ACTIVE}
    ground.caught_up(engine)
    assert ground.complaints() == []


def test_what_an_engine_makes_anew_stops_at_poison_while_the_old_one_serves(ground: Ground) -> None:
    ground.happen("abca")
    ground.caught_up(ground.start())
    ground.editions["moody"] = 2
    MOOD.facts.add("team-a")
    newer = ground.start()
    ground.tick(newer, 6)
    assert standing(ground, "moody") == [(1, State.ACTIVE), (2, State.BOOTING)]
    (new,) = [version for version in ground.versions() if version.number == 2]
    assert new.error == "Disliked at position 1, team.formed of team-a, in moody"
    assert ground.complaints() == []
    ground.mend()
    newer.close()
    ground.tick(newer, 6)
    assert standing(ground, "moody") == [(2, State.ACTIVE)]
    assert ground.complaints() == []


def test_states_that_went_on_without_a_model_are_right_when_it_is_back(ground: Ground) -> None:
    """What a convoy inherits it must itself have folded."""
    engine = ground.start(page=2)
    ground.happen("abab")
    ground.caught_up(engine)
    for name in ("roll", "moody"):
        ground.change(name, State.PAUSED)
    ground.happen("abab")
    ground.tick(engine, 4)
    for name in ("roll", "moody"):
        ground.change(name, State.ACTIVE)
    ground.tick(engine, 4)
    ground.happen("ab")
    ground.caught_up(engine)
    assert ground.complaints() == []


def test_nothing_waits_any_more_in_a_version_that_is_served_no_longer(ground: Ground) -> None:
    MOOD.facts.add("team-a")
    ground.happen("abc")
    engine = ground.start()
    ground.caught_up(engine)
    assert ground.parked() == {("moody", 1): {"team-a": 1}}
    ground.mend()
    rebuild.rebuild(ground.url, ground.schema, [MOODY])
    assert standing(ground, "moody") == [(2, State.ACTIVE)]
    assert registry.parked(ground.url, ground.schema) == []


def test_what_was_begun_for_an_older_edition_goes_when_a_newer_one_is_served(ground: Ground) -> None:
    MOOD.facts.add("team-a")
    ground.happen("ab")
    ground.tick(ground.start(page=1))
    assert standing(ground, "moody") == [(1, State.BOOTING)]
    ground.engines.pop().close()
    ground.mend()
    ground.editions["moody"] = 2
    ground.caught_up(ground.start())
    assert standing(ground, "moody") == [(2, State.ACTIVE)]
    assert registry.parked(ground.url, ground.schema) == []
    assert ground.line.execute("SELECT to_regclass('moody_seen_v1')").fetchone() == (None,)


def test_what_a_dead_rebuild_has_begun_an_engine_completes(ground: Ground) -> None:
    engine = ground.start()
    ground.happen("abc")
    ground.caught_up(engine)
    with connect(ground.url, ground.schema) as connection:
        registry.made(connection, ROLL)
    ground.caught_up(engine)
    assert standing(ground, "roll") == [(2, State.ACTIVE)]


def test_what_a_dead_rebuild_has_begun_the_next_one_removes(ground: Ground) -> None:
    ground.happen("abc")
    with connect(ground.url, ground.schema) as connection:
        registry.made(connection, ROLL, held=True)
    rebuild.rebuild(ground.url, ground.schema, [ROLL])
    assert standing(ground, "roll") == [(2, State.ACTIVE)]
    assert ground.line.execute("SELECT to_regclass('rosters_v1')").fetchone() == (None,)


def test_rows_that_are_not_what_the_facts_say_are_never_served(ground: Ground) -> None:
    engine = ground.start()
    ground.happen("abc")
    ground.caught_up(engine)
    engine.close()
    rebuild.rebuild(ground.url, ground.schema, [ROLL], held=True)
    ground.line.execute("UPDATE rosters_v2 SET leader = 'nobody' WHERE team = 'b'")
    with pytest.raises(Unproven, match="roll: rosters b, made of team-b"):
        rebuild.switch(ground.url, ground.schema, ROLL)
    assert standing(ground, "roll")[0] == (1, State.ACTIVE)
    assert differences(stored(ground.line, [ROLL]), expected(ROLL, ground.life.facts, {})) == []


def test_a_question_that_takes_long_delays_the_switch_and_nobody_else(ground: Ground) -> None:
    engine = ground.start()
    ground.happen("abc")
    ground.caught_up(engine)
    ground.editions["roll"] = 2
    newer = ground.start()
    with connect(ground.url, ground.schema) as asking, asking.transaction():
        asking.execute("SELECT * FROM rosters")
        ground.tick(newer, 3)
        assert standing(ground, "roll") == [(1, State.ACTIVE), (2, State.BOOTING)]
        ground.line.execute("SELECT * FROM rosters")
        ground.happen("abc")
        ground.tick(engine, 2)
        assert {version.position for version in ground.versions() if version.state is State.ACTIVE} == {6}
    ground.caught_up(newer)
    assert standing(ground, "roll") == [(2, State.ACTIVE)]
    assert ground.complaints() == []


def test_a_rebuild_waits_for_a_question_that_takes_long(ground: Ground) -> None:
    ground.happen("abc")
    ground.caught_up(ground.start())
    ground.engines.pop().close()
    asking = connect(ground.url, ground.schema)
    asking.autocommit = False
    asking.execute("SELECT * FROM rosters")
    found = registry.switch

    def once(*which: Any) -> bool:
        try:
            return found(*which)
        except LockNotAvailable:
            asking.commit()
            raise

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(registry, "switch", once)
        (made,) = rebuild.rebuild(ground.url, ground.schema, [ROLL])
    asking.close()
    assert made.state == "active"
    assert standing(ground, "roll") == [(2, State.ACTIVE)]


def test_what_is_paused_while_convoys_meet_ends_nothing_but_its_page(ground: Ground) -> None:
    engine = ground.start(page=2)
    ground.happen("ab")
    ground.caught_up(engine)
    assert engine._lines
    engine._convoys = [Convoy(engine._lines, [member]) for member in engine._held.values()]
    store = Convoy._store

    def interrupted(self: Convoy, *page: Any) -> None:
        if self.members[0].model.name == MOODY.name:
            ground.change("moody", State.PAUSED)
        store(self, *page)

    ground.happen("ab")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Convoy, "_store", interrupted)
        ground.tick(engine, looks=False)
    ground.tick(engine)
    assert {v.name: (v.state, v.position) for v in ground.versions()} == {
        "diary": (State.ACTIVE, 4),
        "roll": (State.ACTIVE, 4),
        "moody": (State.PAUSED, 2),
    }
    ground.change("moody", State.ACTIVE)
    ground.caught_up(engine)
    assert ground.complaints() == []


def test_health_is_how_far_behind_and_whether_it_moves(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "STUCK_SECONDS", 0.0)
    engine = ground.start()
    ground.happen("abc")
    ground.caught_up(engine)

    def health() -> list[tuple[Any, ...]]:
        found = registry.conditions(ground.url, ground.schema)
        return [(one.position, one.lag_facts, one.runner, one.stuck, one.parked) for one in found]

    assert health() == [(3, 0, True, False, 0)] * 3
    engine.close()
    ground.happen("ab")
    assert health() == [(3, 2, False, True, 0)] * 3
    (first, *_) = registry.conditions(ground.url, ground.schema)
    assert first.name == DIARY.name
    assert first.lag_seconds > 0
