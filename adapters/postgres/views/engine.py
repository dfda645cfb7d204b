"""Keeps read models up to date: one runner for each, old versions served until new ones are made, poison parked."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress

import psycopg
import structlog
from psycopg.errors import LockNotAvailable

from adapters.key_encryption import KeyEncryption
from adapters.postgres.quarantine import rests
from adapters.postgres.views import registry
from adapters.postgres.views.convoy import Convoy, Lines, Member, Outrun, try_again
from adapters.postgres.views.proof import prove
from adapters.postgres.views.registry import Line, State, Version
from adapters.telemetry import tracing
from adapters.traceparent import of_fact
from projections.model import ReadModel

PAGE = 2000
SURVEY_SECONDS = 0.5
BRISK_SECONDS = 1.0
SHORTEST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS, RETRY_SECONDS = 0.004, 0.025, 0.5
FEW, ENOUGH, ROUND_SECONDS = 4, 64, 0.006
"""A page costs as much as some facts do: after one of a few facts, the next begins so long after it began."""

TRACED = """
SELECT topic, correlation, causation FROM facts
WHERE notification_id > %s AND notification_id <= %s AND (correlation LIKE '00-%%' OR causation LIKE '00-%%') LIMIT 100
"""

logger = structlog.get_logger()


class Engine:
    """Call `tick` again and again, or `run` it until told to stop; `close` gives up what it holds.

    `keys` are for models that open personal fields. While the log is in quarantine it stands still, unless it is the
    one that goes on `in_quarantine`.
    """

    def __init__(
        self,
        url: str,
        schema: str,
        models: Iterable[ReadModel],
        keys: KeyEncryption | None = None,
        *,
        page: int = PAGE,
        in_quarantine: bool = False,
    ) -> None:
        self._in_quarantine = in_quarantine
        self._url, self._schema, self._keys, self._page = url, schema, keys, page
        self._models: Mapping[str, ReadModel] = {model.name: model for model in models if not model.within_append}
        self._lines: Lines | None = None
        self._held: dict[tuple[str, int], Member] = {}
        self._indexed: set[tuple[str, int]] = set()
        self._followed: set[str] = set()
        self._convoys: list[Convoy] = []
        self._surveyed_until = 0.0
        self._fresh = True

    def run(self, stop: threading.Event) -> None:
        """Until told to stop: at once while many facts come or hardly any, else in rounds; ever more seldom without."""
        pause, busy_until = SHORTEST_PAUSE_SECONDS, 0.0
        while not stop.is_set():
            began = time.monotonic()
            try:
                moved = self.tick()
            except (psycopg.OperationalError, psycopg.InterfaceError) as error:
                logger.warning("views wait for postgres", error=type(error).__name__)
                self.close()
                stop.wait(RETRY_SECONDS)
                continue
            now = time.monotonic()
            if moved:
                pause, busy_until = SHORTEST_PAUSE_SECONDS, now + BRISK_SECONDS
            elif now > busy_until:
                pause = min(2 * pause, LONGEST_PAUSE_SECONDS)
            if not moved:
                stop.wait(pause)
            elif FEW <= moved < ENOUGH:
                stop.wait(max(0.0, began + ROUND_SECONDS - now))

    def tick(self) -> int:
        """One page for each convoy; how many facts were taken. Raises what Postgres says."""
        lines = self._connected()
        if time.monotonic() > self._surveyed_until:
            self._survey(lines)
        taken = 0
        for convoy in list(self._convoys):
            try:
                taken += self._step(lines, convoy)
            except Outrun:
                self._survey(lines)
                return taken + 1
            except (psycopg.OperationalError, psycopg.InterfaceError):
                raise
            except Exception as error:  # noqa: BLE001 - one convoy's trouble is not the others'; it is told and seen
                self._stop(lines, convoy, error)
        try:
            self._merge(lines)
        except Outrun:
            self._surveyed_until = 0.0
        return taken

    def close(self) -> None:
        """Let others run what was run here."""
        lines, self._lines = self._lines, None
        self._held, self._convoys, self._surveyed_until, self._fresh = {}, [], 0.0, True
        if lines is not None:
            lines.close()

    def _connected(self) -> Lines:
        if self._lines is None:
            self._lines = Lines.opened(self._url, self._schema, self._keys)
        return self._lines

    def _step(self, lines: Lines, convoy: Convoy) -> int:
        before, began_ns = convoy.position, time.time_ns()
        taken = convoy.step(self._page)
        if 0 < taken < self._page and tracing.on():
            traced(lines.reading, before, convoy, began_ns)
        making = [each for each in convoy.members if each.version.state is State.BOOTING]
        if making and taken < self._page:
            convoy.settle()
            for member in making:
                self._finish(lines, member)
        return taken

    def _finish(self, lines: Lines, member: Member) -> None:
        """What is being made has caught up; what then stands in its way is its own trouble, and no neighbour's."""
        name = member.version.name
        try:
            self._serve(lines, member)
        except LockNotAvailable:
            logger.info("view waits for a question", model=name)
        except (psycopg.OperationalError, psycopg.InterfaceError):
            raise
        except Exception as error:  # noqa: BLE001 - told in the register, whatever it is
            logger.error("view not served", model=name, error=registry.said(error))
            registry.fail(lines.reading, member.version, error)

    def _serve(self, lines: Lines, member: Member) -> None:
        """Index it, then prove it, then serve it. Raises Unproven, LockNotAvailable."""
        version = member.version
        if (version.name, version.number) not in self._indexed:
            registry.index(lines.reading, member.model, version.number)
            self._indexed.add((version.name, version.number))
        elif not version.held:
            prove(lines.reading, member, lines.opening)
            if registry.switch(lines.reading, member.model, version.number):
                member.version, member.strict = version._replace(state=State.ACTIVE), False
                registry.sweep(lines.reading, member.model)

    def _survey(self, lines: Lines) -> None:
        """See what there is, make what is missing, and follow all that nobody else follows."""
        self._surveyed_until = time.monotonic() + SURVEY_SECONDS
        for convoy in self._convoys:
            with suppress(Outrun):
                convoy.settle()
        lines.acknowledge()
        if not self._in_quarantine and rests(lines.reading):
            self._rest(lines)
            return
        there = registry.versions(lines.reading)
        wanted = {(v.name, v.number): v for v in self._prepared(lines, there) if self._goes_on(v)}
        serving = {version.name for version in there if version.state in registry.SERVED}
        for key in [key for key in self._held if key not in wanted]:
            registry.unlock(lines.reading, *key)
            del self._held[key]
        for key, version in wanted.items():
            member = self._held.get(key)
            if member is None and registry.locked(lines.reading, *key):
                # Its row once more: whoever ran it before may have moved it after we looked.
                version = next((v for v in registry.versions(lines.reading) if (v.name, v.number) == key), version)
                strict = version.state is State.BOOTING and version.name in serving
                member = self._held[key] = Member(self._models[version.name], version, strict)
            if member is not None:
                self._catch_up(lines, member, version)
        self._fresh = False
        self._regroup(lines)

    def _rest(self, lines: Lines) -> None:
        """Hold nothing, and read nothing."""
        for key in self._held:
            registry.unlock(lines.reading, *key)
        self._held, self._convoys = {}, []

    def _goes_on(self, version: Version) -> bool:
        """What failed while it was being made is tried once by every new process, and else by hand."""
        return version.state is State.ACTIVE or (version.state is State.BOOTING and (self._fresh or not version.error))

    def _prepared(self, lines: Lines, found: list[Version]) -> list[Version]:
        """Those that this process can follow; where none is one, a new version is begun, once.

        Where it was retired since, another version of the service has taken over, and does not want it back. Where a
        new key-encryption key came into use, one that outlives the old key is begun beside what is followed on.
        """
        ours = []
        for model in self._models.values():
            own = [version for version in found if version.name == model.name]
            alike = [version for version in own if version.fingerprint == model.fingerprint]
            kek_epoch = lines.kek_epoch(model)
            outlived = not any(registry.lasts(version, kek_epoch) for version in alike)
            if outlived and (alike or model.name not in self._followed):
                alike.append(registry.begun(lines.reading, model, kek_epoch))
            self._followed.add(model.name)
            ours += alike
        return ours

    def _catch_up(self, lines: Lines, member: Member, version: Version) -> None:
        """Take over what the register says, and try again what it says to try again."""
        member.version = member.version._replace(state=version.state, held=version.held)
        waiting = registry.waiting(lines.writing, member.version)
        member.waiting = frozenset(waiting)
        try:
            for stream, again in waiting.items():
                if again or self._fresh:
                    try_again(lines, member, stream)
        except Outrun:
            self._surveyed_until = 0.0
        except (psycopg.OperationalError, psycopg.InterfaceError):
            raise
        except Exception as error:  # noqa: BLE001 - what waited in one model is not the others' trouble
            registry.fail(lines.writing, member.version, error)

    def _regroup(self, lines: Lines) -> None:
        """Who stands together goes together; convoys that are still what they were keep what they know."""
        before, self._convoys = self._convoys, []
        places: dict[int, list[Member]] = {}
        for member in self._held.values():
            places.setdefault(member.version.position, []).append(member)
        for position, members in places.items():
            same = next((c for c in before if c.position == position and c.members == members), None)
            convoy = same or Convoy(lines, members)
            for other in before:
                if convoy is not same and other.position == position:
                    convoy.inherit(other)
            self._convoys.append(convoy)

    def _merge(self, lines: Lines) -> None:
        """Convoys that have come to the same place are one from here on."""
        places = [convoy.position for convoy in self._convoys]
        if len(set(places)) < len(places):
            for convoy in self._convoys:
                convoy.settle()
            self._regroup(lines)

    def _stop(self, lines: Lines, convoy: Convoy, error: Exception) -> None:
        """A convoy that cannot go on for a reason of its own: its models fail, and are served as they stand."""
        logger.error("views failed", models=[each.model.name for each in convoy.members], error=type(error).__name__)
        for member in convoy.members:
            registry.fail(lines.writing, member.version, error)
        self._surveyed_until = 0.0


def traced(line: Line, before: int, convoy: Convoy, began_ns: int) -> None:
    """Tell of a page that was stored, in the trace of each of its facts that has one."""
    for topic, correlation, causation in line.execute(TRACED, (before, convoy.position)).fetchall():
        if traceparent := of_fact(correlation, causation):
            about = {"kartoteka.read_models": len(convoy.members)}
            tracing.done(f"project {topic}", tracing.Kind.CONSUMER, traceparent, began_ns, about)
