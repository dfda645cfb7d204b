"""The language of the tests: given what happened, when this is asked, then these facts follow, or this refusal."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Coroutine, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any, Generic, NamedTuple, TypeVar

from memory import MemoryLog

from commands.command import Command
from commands.handler import Handler
from commands.request import Answer, Request
from domain.decider import Decider
from domain.fact import Event, Fact
from domain.refusal import Refused
from domain.staff.worker import SYSTEM
from domain.values import SubjectId, WorkerId

T = TypeVar("T")
S = TypeVar("S")

MONDAY = datetime(2024, 6, 3, tzinfo=UTC)
"""A Monday; nothing of the clock of the machine is in any sentence."""

LONG_AGO = datetime(2020, 1, 6, tzinfo=UTC)


def on_monday(hour: int, minute: int = 0, *, days: int = 0) -> datetime:
    """A time of that Monday, or of a day that many days later, in UTC."""
    return MONDAY + timedelta(days=days, hours=hour, minutes=minute)


class Happened(NamedTuple):
    """One event of a stream at an instant; recorded then, too, unless said otherwise."""

    stream: str
    event: Event
    at: datetime
    recorded_at: datetime


def of(
    decider: Decider[Any, Any], id: str, *events: Event, at: datetime = LONG_AGO, recorded: datetime | None = None
) -> list[Happened]:
    """The events, in order, as what happened to one thing."""
    return [Happened(decider.stream(id), event, at, recorded or at) for event in events]


def finished(coroutine: Coroutine[Any, Any, T]) -> T:
    """The result of a coroutine that never has to wait, as those of the log in memory."""
    try:
        coroutine.send(None)
    except StopIteration as end:
        result: T = end.value
        return result
    coroutine.close()
    raise AssertionError("something waited")


def request(
    command: Command,
    *,
    actor: str = SYSTEM,
    at: datetime = MONDAY,
    happened: datetime | None = None,
    id: str | None = None,
    expected: int | None = None,
) -> Request:
    """The command as the border hands it over: received at `at`; happened then, unless said otherwise."""
    id = id or str(uuid.uuid4())
    return Request(
        caller="desk",
        id=id,
        fingerprint=sha256(
            f"{actor} {command.topic} {command.model_dump_json()} {happened} {expected}".encode()
        ).digest(),
        actor=WorkerId(actor),
        command=command,
        received_at=at,
        new_id=str(uuid.uuid5(uuid.NAMESPACE_OID, f"desk/{id}")),
        new_subject=SubjectId(uuid.uuid5(uuid.NAMESPACE_DNS, id).hex),
        happened_at=happened,
        expected_version=expected,
    )


@dataclass
class Given:
    """A log in memory behind the real handler."""

    log: MemoryLog = field(default_factory=MemoryLog)

    def __post_init__(self) -> None:
        self.handler = Handler(self.log, failed=_raise)

    def happen(self, happenings: Iterable[Happened]) -> None:
        for stream, event, at, recorded_at in happenings:
            version = len(self.log.streams.get(stream, ())) + 1
            self.log._store(Fact(stream, version, event, at, recorded_at, SYSTEM))

    def ask(self, *requests: Request) -> list[Answer]:
        """The answers to requests that are decided together."""
        return finished(self.handler.handle(requests))

    def when(self, command: Command, *, actor: str = SYSTEM, at: datetime = MONDAY, **envelope: Any) -> Asked:
        before = len(self.log.facts)
        (answer,) = self.ask(request(command, actor=actor, at=at, **envelope))
        return Asked(self, answer, self.log.facts[before:])

    def state(self, decider: Decider[S, Any], id: str) -> S:
        return decider.fold(self.log.streams.get(decider.stream(id), ()))


def _raise(request: Request, error: Exception) -> None:
    raise AssertionError(f"{request.command!r} broke the decision") from error


@dataclass
class Asked:
    """What became of one request."""

    given: Given
    answer: Answer
    facts: Sequence[Fact[Any]]

    def then(self, *events: Event) -> Given:
        """Consent, and exactly these facts in this order."""
        assert self.answer.code == "", self.answer.code
        assert [fact.event for fact in self.facts] == list(events)
        return self.given

    def refused(self, refusal: type[Refused]) -> Given:
        """This refusal, and no fact."""
        assert self.answer.code == refusal.__name__, self.answer
        assert not self.facts
        return self.given


def given(*happenings: Iterable[Happened]) -> Given:
    """A world in which these things have happened, in this order."""
    found = Given()
    for each in happenings:
        found.happen(each)
    return found


@dataclass(frozen=True)
class Having(Generic[S]):
    """One state, for the decisions that need no world."""

    state: S

    def deciding(self, rule: Callable[..., Iterable[Event]], *arguments: Any) -> Decided:
        try:
            return Decided(list(rule(self.state, *arguments)), None)
        except Refused as refusal:
            return Decided([], refusal)


@dataclass(frozen=True)
class Decided:
    """What a pure decision came to."""

    events: list[Event]
    refusal: Refused | None

    def then(self, *events: Event) -> None:
        assert self.refusal is None, self.refusal
        assert self.events == list(events)

    def refused(self, refusal: type[Refused]) -> None:
        assert type(self.refusal) is refusal, self.events


def folded(decider: Decider[S, Any], *events: Event | tuple[Event, datetime]) -> S:
    """The state that the events leave; each happened, and was recorded, long ago or at the instant it comes with."""
    return decider.fold(facts(decider, *events))


def facts(decider: Decider[Any, Any], *events: Event | tuple[Event, datetime]) -> list[Fact[Any]]:
    """The events as facts of one stream."""
    timed = [each if isinstance(each, tuple) else (each, LONG_AGO) for each in events]
    return [Fact(decider.stream("x"), n, event, at, at, SYSTEM) for n, (event, at) in enumerate(timed, 1)]


def having(decider: Decider[S, Any], *events: Event | tuple[Event, datetime]) -> Having[S]:
    """The state that the events leave, to be decided upon."""
    return Having(folded(decider, *events))
