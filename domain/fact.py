"""How a fact is named and carried: a wire name for ever, two instants, and who did it."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cache
from typing import Annotated, Any, ClassVar, Generic, NamedTuple, TypeVar, get_args, get_origin, get_type_hints

from pydantic import BaseModel, ConfigDict

from domain.personal import Personal

LATE = timedelta(minutes=5)
"""What is recorded longer than this after it happened takes a right of its own, and auditors see it listed (D32)."""


class Event(BaseModel):
    """Something that happened. Its wire name and its shape never change once published."""

    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)

    topic: ClassVar[str]
    by_topic: ClassVar[dict[str, type[Event]]] = {}

    def __init_subclass__(cls, *, topic: str, **config: Any) -> None:
        super().__init_subclass__(**config)
        if cls.by_topic.setdefault(topic, cls) is not cls:
            raise TypeError(f"two facts are called {topic}")
        cls.topic = topic


E = TypeVar("E", bound=Event, covariant=True)


class Fact(NamedTuple, Generic[E]):
    """One event in its stream. Until it is stored its position is 0 and `recorded_at` is when it was decided."""

    stream: str
    version: int
    event: E
    happened_at: datetime
    recorded_at: datetime
    actor: str
    position: int = 0
    event_id: str = ""
    caller: str = ""
    command_id: str = ""
    correlation: str = ""
    causation: str = ""


@cache
def personal_fields(event: type[Event]) -> dict[str, Personal]:
    """The fields of a fact that hold somebody's data, by name."""
    hints = get_type_hints(event, include_extras=True)
    marks = {name: _mark(hint) for name, hint in hints.items() if name in event.model_fields}
    return {name: mark for name, mark in marks.items() if mark is not None}


def _mark(hint: Any) -> Personal | None:
    if get_origin(hint) is Annotated:
        for mark in get_args(hint)[1:]:
            if isinstance(mark, Personal):
                return mark
    for part in get_args(hint):
        if (found := _mark(part)) is not None:
            return found
    return None
