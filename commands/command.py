"""A request is data with one decision: from what it reads to the facts it makes, or to a refusal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from functools import cache
from typing import Any, ClassVar, NamedTuple, Protocol, TypeVar

from pydantic import BaseModel, ConfigDict

from commands.lookup import Lookup
from domain.decider import Decider
from domain.fact import Event
from domain.values import SubjectId, WorkerId

F = TypeVar("F")
S = TypeVar("S")
E = TypeVar("E", bound=Event)


class Change(NamedTuple):
    """A fact for a stream other than the request's own."""

    decider: Decider[Any, Any]
    id: str
    event: Event


class Reading(Protocol):
    """A worker, an instant and a way to read states, which is all that rights take. What is read becomes a guard."""

    actor: WorkerId
    now: datetime
    """The receipt: rights are judged by it, whatever instant the request speaks of."""

    def read(self, decider: Decider[S, E], id: str) -> S:
        """The state of that stream, with all facts decided before this request."""
        ...

    def bring(self, decider: Decider[Any, Any], ids: Iterable[str]) -> None:
        """Have many of one kind at hand at once, before they are read one after the other."""
        ...


class Asked(Reading, Protocol):
    """One request as its decision sees it: the actor is who asks."""

    def find(self, lookup: Lookup[F], key: str) -> tuple[F, ...]:
        """What the read models have under the key; no guard stands for it."""
        ...

    at: datetime
    """When it happened, by the request; the service's receipt where the request does not say."""
    new_id: str
    """The id of the thing this request makes, if it makes one: the same at every repetition."""
    new_subject: SubjectId
    """A random subject, for whomever this request makes known."""


def on(decider: Decider[S, E], id: str, events: Iterable[E]) -> Iterator[Change]:
    """The events as changes of another stream."""
    return (Change(decider, id, event) for event in events)


Decision = Iterable[Event | Change]


class Command(BaseModel):
    """A request. Its wire name and its shape are published; its fields are its JSON schema.

    `of` names the noun it is about. The field of that name (or of the names given by `by`) holds the id, one of several
    parts with points between them; `only` is the id where there is just one such thing; a request without either makes
    a new thing.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    topic: ClassVar[str]
    of: ClassVar[Decider[Any, Any]]
    by: ClassVar[tuple[str, ...]]
    only: ClassVar[str | None]
    by_topic: ClassVar[dict[str, type[Command]]] = {}

    def __init_subclass__(
        cls, *, topic: str, of: Decider[Any, Any], by: Sequence[str] = (), only: str | None = None, **config: Any
    ) -> None:
        super().__init_subclass__(**config)
        if cls.by_topic.setdefault(topic, cls) is not cls:
            raise TypeError(f"two requests are called {topic}")
        cls.topic, cls.of, cls.only = topic, of, only
        cls.by = tuple(by) or (of.kind.replace("-", "_"),)

    @classmethod
    @cache
    def makes(cls) -> bool:
        """Whether the request makes a new thing."""
        return cls.only is None and not cls.model_fields.keys() >= {*cls.by}

    def own_id(self, new_id: str) -> str:
        """The id of the thing the request is about."""
        if self.only is not None:
            return self.only
        return new_id if self.makes() else ".".join(getattr(self, name) for name in self.by)

    def decide(self, own: Any, asked: Asked) -> Decision:
        """The facts, in order: events of the own stream, changes of others. Refuses by raising."""
        raise NotImplementedError
