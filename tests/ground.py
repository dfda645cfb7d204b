"""A log of teams with small read models over it: what engines do to them, and what is wrong with that."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from uuid import uuid4

import psycopg
from logbook import store
from moody import MOOD, SMALL, Life, edited, expected
from psycopg import IsolationLevel
from rows import Rows, differences, stored

from adapters.postgres.schema import connect, migrate
from adapters.postgres.views import registry
from adapters.postgres.views.engine import Engine
from adapters.postgres.views.registry import SERVED, NoSuchVersion, State, Version
from domain.fact import Event
from domain.staff.team import TeamLeaderNamed
from projections.model import ReadModel

TWICE = """
CREATE TABLE twice (version text, stream text, fact text);
CREATE FUNCTION taken_twice() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO twice VALUES (TG_TABLE_NAME, OLD.stream, OLD.version); RETURN NULL;
END $$
"""
WATCH = "CREATE TRIGGER taken_twice AFTER UPDATE ON {} FOR EACH ROW EXECUTE FUNCTION taken_twice()"
UNWATCHED = """
SELECT c.relname FROM pg_class c WHERE c.relnamespace = current_schema()::regnamespace
AND c.relname ~ '^(moody_)?seen_v[0-9]+$' AND NOT EXISTS (SELECT FROM pg_trigger t WHERE t.tgrelid = c.oid)
"""


@dataclass
class Ground:
    """`editions` are those that engines start with from now on."""

    url: str
    schema: str = field(default_factory=lambda: f"test_{uuid4().hex[:12]}")
    life: Life = field(default_factory=Life)
    editions: dict[str, int] = field(default_factory=lambda: {model.name: 1 for model in SMALL})
    engines: list[Engine] = field(default_factory=list)
    reached: dict[tuple[str, int], int] = field(default_factory=dict)
    served: dict[str, int] = field(default_factory=dict)
    found: list[str] = field(default_factory=list)
    """Every complaint so far."""

    def __post_init__(self) -> None:
        self.mend()
        migrate(self.url, self.schema)
        self.line = connect(self.url, self.schema)
        self.line.execute(TWICE.encode())

    def leave(self) -> None:
        self.mend()
        for engine in self.engines:
            engine.close()
        self.line.execute(f"DROP SCHEMA {self.schema} CASCADE".encode())
        self.line.close()

    # What happens

    @property
    def models(self) -> list[ReadModel]:
        return edited(self.editions)

    def happen(self, teams: Iterable[str]) -> None:
        store(self.line, self.life.happen(*teams))

    def start(self, page: int = 3) -> Engine:
        self.engines.append(Engine(self.url, self.schema, self.models, page=page))
        return self.engines[-1]

    def tick(self, engine: Engine, times: int = 1, *, looks: bool = True) -> None:
        for _ in range(times):
            if looks:
                engine._surveyed_until = 0.0
            engine.tick()

    def crash(self, engine: Engine) -> None:
        """Its connections end in the middle of whatever they do."""
        self.engines.remove(engine)
        lines = engine._lines
        for line in (lines.reading, lines.writing) if lines else ():
            with suppress(psycopg.Error):
                self.line.execute("SELECT pg_terminate_backend(%s)", (line.info.backend_pid,))
        with suppress(psycopg.Error):
            engine.close()

    def change(self, name: str, state: State) -> None:
        with suppress(NoSuchVersion):
            again, of = state is State.ACTIVE, SERVED if state is State.ACTIVE else frozenset({State.ACTIVE})
            registry.change(self.url, self.schema, name, state, of=of, again=again)

    def mend(self) -> None:
        """Nothing is poison any more."""
        MOOD.facts, MOOD.rows = set(), set()
        Event.by_topic[TeamLeaderNamed.topic] = TeamLeaderNamed

    @property
    def poisoned(self) -> bool:
        return bool(MOOD.facts or MOOD.rows) or TeamLeaderNamed.topic not in Event.by_topic

    def settle(self) -> None:
        """Everything mended, one engine of today's editions, and enough time."""
        self.mend()
        while self.engines:
            self.engines.pop().close()
        self.line.execute("UPDATE read_models SET held = false")
        for model in SMALL:
            self.change(model.name, State.ACTIVE)
        engine = self.start(page=50)
        for _ in range(40):
            self.tick(engine)
            if not self.unfinished():
                break

    # What is wrong

    def versions(self) -> list[Version]:
        return registry.versions(self.line)

    def caught_up(self, engine: Engine) -> None:
        """Until there is nothing left to do."""
        for _ in range(60):
            self.tick(engine)
            states = {version.state for version in self.versions()}
            if State.BOOTING not in states and {v.position for v in self.versions()} == {len(self.life.facts)}:
                return
        raise AssertionError(f"not caught up: {self.versions()}")

    def unfinished(self) -> list[str]:
        """What engines still have to do, when everything is mended and today's editions are to be served."""
        meant = {model.name: model.fingerprint for model in self.models}
        served = {version.name: version for version in self.versions() if version.state is State.ACTIVE}
        found = [f"{name} is not served as it is meant" for name in meant if _print(served.get(name)) != meant[name]]
        found += [f"{v.name} is at {v.position}" for v in served.values() if v.position != len(self.life.facts)]
        return found + [f"{each} waits" for each in self.parked()]

    def parked(self) -> dict[tuple[str, int], dict[str, int]]:
        rows = self.line.execute("SELECT name, version, stream, position FROM parked_streams").fetchall()
        found: dict[tuple[str, int], dict[str, int]] = {}
        for name, number, stream, position in rows:
            found.setdefault((name, number), {})[stream] = position
        return found

    def complaints(self) -> list[str]:
        """Everything that is not as the laws say, at one moment."""
        self._watch()
        self.line.isolation_level = IsolationLevel.REPEATABLE_READ
        with self.line.transaction():
            found = [*self._rows_wrong(), *self._moves_wrong(), *self._runners_wrong()]
            found += [f"taken twice: {row}" for row in self.line.execute("SELECT * FROM twice").fetchall()]
        self.line.isolation_level = None
        self.found += found
        return found

    def _watch(self) -> None:
        for (name,) in self.line.execute(UNWATCHED).fetchall():
            self.line.execute(WATCH.format(name).encode())

    def _rows_wrong(self) -> list[str]:
        found, parked = [], self.parked()
        for version in self.versions():
            (model,) = (model for model in SMALL if model.name == version.name)
            key = version.name, version.number
            wanted: Rows = expected(model, self.life.facts[: version.position], parked.get(key, {}))
            rows = stored(self.line, [model], version.number)
            found += [f"{version.name} {version.number}, {each}" for each in differences(rows, wanted)]
            if version.state in SERVED:
                found += [f"as served: {each}" for each in differences(stored(self.line, [model]), wanted)]
        return found

    def _moves_wrong(self) -> list[str]:
        found = []
        for version in self.versions():
            name, number, state, position = version.name, version.number, version.state, version.position
            before = self.reached.get((name, number), 0)
            if not before <= position <= len(self.life.facts):
                found.append(f"{name} {number} moved from {before} to {position} of {len(self.life.facts)}")
            self.reached[name, number] = position
            if state is State.FAILED:
                found.append(f"{name} {number} failed")
        served = {version.name: version.position for version in self.versions() if version.state in SERVED}
        found += [f"{name} is served no longer" for name in self.served.keys() - served.keys()]
        found += [
            f"{name} was served at {self.served[name]} and is at {position}"
            for name, position in served.items()
            if position < self.served.get(name, 0)
        ]
        self.served = served
        return found

    def _runners_wrong(self) -> list[str]:
        held = [key for engine in self.engines for key in engine._held]
        return [f"{key} has several runners" for key in set(held) if held.count(key) > 1]


def _print(version: Version | None) -> str:
    return version.fingerprint if version else ""
