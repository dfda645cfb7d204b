"""What one model cannot take makes one stream wait in it, in order; everything and everybody else goes on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import psycopg
import pytest
from ground import Ground
from moody import DIARY, MOOD, MOODY, ROLL, ROSTERS, SEEN, SWIFT, TAKEN, Disliked, expected, listed, note
from rows import differences, stored

from adapters.postgres.views import registry
from adapters.postgres.views.engine import Engine
from adapters.postgres.views.registry import State
from domain.fact import Event, Fact
from domain.staff.team import TEAM, TeamFormed, TeamLeaderNamed, TeamMemberAdded
from projections.model import Change, Known, Put, ReadModel, Touch

STREAMS = 10_000


@pytest.fixture
def ground(postgres_url: str) -> Iterator[Ground]:
    found = Ground(postgres_url)
    yield found
    found.leave()


def engine(ground: Ground, *models: ReadModel, page: int = 3) -> Engine:
    found = Engine(ground.url, ground.schema, models, page=page)
    ground.engines.append(found)
    return found


def wrong(ground: Ground, model: ReadModel, parked: dict[str, int]) -> list[str]:
    return differences(stored(ground.line, [model]), expected(model, ground.life.facts, parked))


def test_a_poison_fact_parks_one_stream_of_ten_thousand(ground: Ground) -> None:
    ill, teams = "team-4711", [str(n) for n in range(STREAMS)]
    ground.happen(teams)
    running = engine(ground, SWIFT, ROLL, page=2000)
    ground.caught_up(running)
    MOOD.facts.add(ill)
    poison = len(ground.life.facts) + 4712
    ground.happen([*teams, *["4711", "17"] * 1500])  # so that many a page has more of it
    ground.caught_up(running)
    assert ground.parked() == {("moody", 1): {ill: poison}}
    assert wrong(ground, SWIFT, {ill: poison}) == []
    assert wrong(ground, ROLL, {}) == []
    (waiting,) = registry.parked(ground.url, ground.schema)
    assert (waiting.facts, waiting.topic, waiting.error) == (1501, "team.member-added", "Disliked")

    MOOD.facts.clear()
    TAKEN.clear()
    ground.happen(["4711", "17"])
    ground.change("moody", State.ACTIVE)
    ground.caught_up(running)
    assert ground.parked() == {}
    assert [version for stream, version in TAKEN if stream == ill] == list(range(2, 1504))
    assert wrong(ground, SWIFT, {}) == []


def test_what_waits_from_a_page_on_is_known_before_the_next_one_is_made(ground: Ground) -> None:
    ground.happen("a")
    running = engine(ground, MOODY)
    ground.caught_up(running)
    MOOD.facts.add("team-a")
    ground.happen("aab" * 20)
    ground.tick(running, looks=False)
    MOOD.facts.clear()
    ground.tick(running, 20, looks=False)
    assert ground.parked() == {("moody", 1): {"team-a": 2}}
    assert ground.complaints() == []


@pytest.mark.parametrize("ill", [MOOD.facts, MOOD.rows], ids=["the fact itself", "what rests on it"])
def test_nothing_of_what_could_not_be_taken_is_left(ground: Ground, ill: set[str]) -> None:
    ground.happen("aab")
    running = engine(ground, MOODY)
    ground.caught_up(running)
    (MOOD.facts if ill is MOOD.facts else MOOD.rows).add("team-a")
    ground.happen("baba")
    ground.caught_up(running)
    assert ground.parked() == {("moody", 1): {"team-a": 5}}
    assert ground.complaints() == []


def test_what_is_met_again_behind_a_mended_fact_waits_from_there_on(ground: Ground) -> None:
    def picky(fact: Fact[Any], known: Known) -> Iterator[Change]:
        if (fact.stream, fact.version) in disliked:
            raise Disliked
        yield from note(fact, known, *DIARY.tables)

    disliked = {("team-a", 2), ("team-a", 4)}
    ground.happen("aaaaab")
    running = engine(ground, replace(DIARY, project=picky))
    ground.caught_up(running)
    assert ground.parked() == {("diary", 1): {"team-a": 2}}
    disliked.remove(("team-a", 2))
    ground.change("diary", State.ACTIVE)
    ground.caught_up(running)
    assert ground.parked() == {("diary", 1): {"team-a": 4}}
    assert ground.complaints() == []
    ground.happen("ab")
    ground.tick(running, looks=False)
    assert ground.parked() == {("diary", 1): {"team-a": 4}}
    assert ground.complaints() == []


def test_a_new_process_tries_everything_again(ground: Ground) -> None:
    MOOD.facts.add("team-a")
    ground.happen("aabb")
    running = engine(ground, MOODY)
    ground.caught_up(running)
    assert ground.parked() == {("moody", 1): {"team-a": 1}}
    MOOD.facts.clear()
    running.close()
    ground.caught_up(running)
    assert ground.parked() == {}
    assert ground.complaints() == []


def test_a_fact_that_this_service_does_not_know_waits_in_every_model_for_one_that_does(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    ground.happen("aaaabb")
    with monkeypatch.context() as older:
        older.delitem(Event.by_topic, TeamLeaderNamed.topic)
        running = ground.start()
        ground.caught_up(running)
        assert ground.parked() == {(model.name, 1): {"team-a": 4} for model in ground.models}
        ground.happen("aab")
        ground.caught_up(running)
        assert ground.complaints() == []
        running.close()
    ground.caught_up(running)
    assert ground.parked() == {}
    assert ground.complaints() == []


def test_rows_that_postgres_refuses_stop_their_model_and_no_other(ground: Ground) -> None:
    def wordy(fact: Fact[Any], known: Known) -> Iterator[Change]:
        yield Put(SEEN, (fact.stream, str(fact.version)), {"position": written[0]})

    written: list[Any] = ["no number"]
    ground.happen("abcabc")
    running = engine(ground, replace(DIARY, tables=(SEEN,), project=wordy), ROLL)
    for _ in range(12):
        ground.tick(running)
    diary, roll = ground.versions()
    assert (diary.state, diary.position, diary.error) == (State.BOOTING, 0, "InvalidTextRepresentation")
    assert (roll.state, roll.position) == (State.ACTIVE, 6)
    written[0] = 1
    running.close()
    ground.caught_up(running)
    written[0] = "no number again"
    ground.happen("ab")
    for _ in range(6):
        ground.tick(running)
    diary, roll = ground.versions()
    assert (diary.state, diary.position) == (State.FAILED, 6)
    assert (roll.state, roll.position) == (State.ACTIVE, 8)
    written[0] = 1
    ground.change("diary", State.ACTIVE)
    ground.caught_up(running)


def test_what_is_said_to_be_put_once_and_is_not_is_never_served_and_stops_no_other(ground: Ground) -> None:
    def again(fact: Fact[Any], known: Known) -> Iterator[Change]:
        yield Put(SEEN, (fact.stream, "1"), {"position": fact.position})

    ground.happen("ab" * 6)
    running = engine(ground, replace(DIARY, tables=(SEEN,), project=again), ROLL)
    for _ in range(10):
        ground.tick(running)
    diary, roll = ground.versions()
    assert (diary.state, diary.error) == (State.BOOTING, "UniqueViolation")
    assert (roll.state, roll.position) == (State.ACTIVE, 12)


def test_waiting_facts_whose_rows_postgres_refuses_stop_their_model_and_not_the_process(ground: Ground) -> None:
    def wordy(fact: Fact[Any], known: Known) -> Iterator[Change]:
        if fact.stream in MOOD.facts:
            raise Disliked
        position = "no number" if fact.version == 2 else fact.position
        yield Put(SEEN, (fact.stream, str(fact.version)), {"position": position})

    MOOD.facts.add("team-a")
    ground.happen("aab")
    running = engine(ground, replace(DIARY, tables=(SEEN,), project=wordy), ROLL)
    ground.caught_up(running)
    MOOD.facts.clear()
    ground.change("diary", State.ACTIVE)
    ground.happen("b")
    for _ in range(6):
        ground.tick(running)
    diary, roll = ground.versions()
    assert (diary.state, diary.error) == (State.FAILED, "InvalidTextRepresentation")
    assert (roll.state, roll.position) == (State.ACTIVE, 4)
    assert ground.parked() == {("diary", 1): {"team-a": 1}}


def test_a_stream_that_cannot_be_folded_stops_nobody_who_starts_behind_it(ground: Ground) -> None:
    def touchy(team: Any, fact: Fact[Any]) -> Any:
        if fact.stream in MOOD.facts and isinstance(fact.event, TeamMemberAdded):
            raise Disliked
        return evolve(team, fact)

    evolve = TEAM.evolve
    decider = replace(TEAM, evolve=touchy)

    def rows(id: str, known: Known) -> Iterator[Change]:
        yield Put(ROSTERS, (id,), listed(known.state(decider, id)))

    def touched(stream: str) -> Iterator[Touch]:
        yield Touch(decider, stream.removeprefix("team-"), rows)

    model = replace(ROLL, reads=(decider,), project=lambda fact, known: touched(fact.stream), remake=touched)
    ground.happen("ababcc")
    running = engine(ground, DIARY, model, page=2)
    ground.caught_up(running)
    MOOD.facts.add("team-a")
    running.close()
    ground.happen("abc")
    ground.caught_up(running)
    ground.happen("abc")
    ground.caught_up(running)
    assert ground.parked() == {("roll", 1): {"team-a": 7}}
    assert ground.complaints() == []
    MOOD.facts.clear()
    ground.change("roll", State.ACTIVE)
    ground.caught_up(running)
    assert ground.complaints() == []


def test_a_connection_that_is_lost_while_facts_are_taken_is_no_poison(ground: Ground) -> None:
    def fatal(fact: Fact[Any], known: Known) -> Iterator[Change]:
        if fact.stream in MOOD.facts:
            MOOD.facts.clear()
            assert running._lines
            ground.line.execute("SELECT pg_terminate_backend(%s)", (running._lines.reading.info.backend_pid,))
        yield from note(fact, known, *DIARY.tables)

    ground.happen("ab")
    running = engine(ground, replace(DIARY, project=fatal))
    ground.caught_up(running)
    MOOD.facts.add("team-a")
    ground.happen("abab")
    with pytest.raises(psycopg.OperationalError):
        ground.tick(running)
    assert ground.parked() == {}
    running.close()
    ground.caught_up(running)
    assert ground.complaints() == []


def test_what_first_comes_to_be_served_may_have_something_waiting(ground: Ground) -> None:
    MOOD.facts.add("team-a")
    ground.happen("aabb")
    ground.caught_up(engine(ground, MOODY, ROLL))
    assert {(v.name, v.state) for v in ground.versions()} == {("moody", State.ACTIVE), ("roll", State.ACTIVE)}
    assert ground.parked() == {("moody", 1): {"team-a": 1}}
    assert ground.complaints() == []


def test_an_absent_state_is_never_shown(ground: Ground) -> None:
    ground.happen("a")
    assert isinstance(ground.life.facts[0].event, TeamFormed)
    ground.caught_up(engine(ground, ROLL))
    assert stored(ground.line, [ROLL])["rosters"] == {("a",): {"members": "", "leader": None}}
