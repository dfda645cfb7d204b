"""The envelope of a question: who asks, from which position on, and for how much of the answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from typing import Annotated, Any, Generic, NamedTuple, TypeVar

import orjson
from pydantic import BaseModel, ConfigDict, Field, create_model

from adapters.cursor import Cursors, NotACursor
from adapters.position import NotAToken, PositionTokens
from adapters.problem import Problem, problem
from adapters.shape import malformed, read_as
from commands.catalogue import COMMANDS
from commands.reckoning import Reckoning
from commands.reckonings.catalogue import RECKONINGS
from commands.reckonings.effect import Effect
from domain.values import WorkerId
from projections.catalogue import QUESTIONS
from projections.looking import Aim
from projections.question import Listing, Question

Q = TypeVar("Q", bound=Question | Reckoning[Any], covariant=True)
Asked = type[Question] | type[Reckoning[Any]]

ASKED: Mapping[str, Asked] = {**QUESTIONS, **RECKONINGS}
"""Everything that can be asked, by its name: of what is written down to be read, or to be reckoned."""

USUAL_LIMIT, HIGHEST_LIMIT = 50, 1000

Token = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{22}$")]
CursorText = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,2000}$")]


class Asking(BaseModel):
    """What every question carries beside its filters."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    actor: Annotated[WorkerId, Field(description="The worker for whom the caller asks; their rights decide.")]
    min_position: Annotated[
        Token | None, Field(description="Answer only with what is known at this position of an earlier answer.")
    ] = None
    deadline_ms: Annotated[
        int | None, Field(ge=1, le=60_000, description="Answer within this time after receipt, or say why not.")
    ] = None
    purpose: Annotated[
        Aim | None, Field(description="For what the answer is taken out; what it shows is recorded as exported.")
    ] = None


class Paging(Asking):
    """And what a question with many rows carries."""

    limit: Annotated[int, Field(ge=1, le=HIGHEST_LIMIT, description="At most so many rows.")] = USUAL_LIMIT
    cursor: Annotated[CursorText | None, Field(description="Go on behind the page that gave this as `next`.")] = None


class Told(BaseModel):
    """What every answer carries beside its rows."""

    position: str = Field(description="A token of the position the answer shows at least; a query can wait for it.")
    as_of: datetime = Field(description="The instant at which deadlines were looked at.")


class Place(NamedTuple):
    """Behind which row an answer goes on: its leg, and its key there as JSON."""

    leg: int
    key: str


class Inquiry(NamedTuple, Generic[Q]):
    """A question as it came in; `as_of` is that of its first page, and rights are judged by the receipt of each."""

    question: Q
    actor: str
    as_of: datetime
    min_position: int = 0
    limit: int = 1
    place: Place | None = None
    deadline_ms: int | None = None
    purpose: Aim | None = None
    received_at: datetime | None = None

    @property
    def receipt(self) -> datetime:
        """When this page was asked for."""
        return self.received_at or self.as_of


@lru_cache(maxsize=None)
def envelope_of(question: Asked) -> type[Asking]:
    """The envelope's model for one question; what narrows nothing may be left out."""
    wanted = any(field.is_required() for field in question.model_fields.values())
    data: Any = (question, ... if wanted else Field(default_factory=question))
    base = Paging if issubclass(question, Listing) else Asking
    return create_model(f"{question.__name__}Inquiry", __base__=base, data=data)


@lru_cache(maxsize=None)
def reply_of(question: Asked) -> type[Told]:
    """The answer's model for one question."""
    found: dict[str, Any] = {"row": (question.row, ...)}
    if issubclass(question, Listing):
        found = {"rows": (tuple[question.row, ...], ...), "next": (str | None, ...)}  # type: ignore[name-defined]
        if question.counted:
            found["count"] = (int, Field(description="How many rows there are on all pages together."))
    return create_model(f"{question.__name__}Reply", __base__=Told, **found)


def read(name: str, payload: bytes, now: datetime, tokens: PositionTokens, cursors: Cursors) -> Inquiry[Any] | Problem:
    """The question in a message, or the problem with it."""
    kind = ASKED.get(name)
    if kind is None:
        return problem("QuestionUnknown")
    asking = read_as(envelope_of(kind), payload)
    if isinstance(asking, Problem):
        return asking
    if isinstance(asking.data, Effect) and (wrong := _wrong(asking.data)) is not None:
        return wrong
    try:
        position = tokens.position(asking.min_position) if asking.min_position else 0
    except NotAToken:
        return malformed("min_position", "it is no position of this service")
    found: Inquiry[Any] = Inquiry(
        *(asking.data, asking.actor, now, position),
        deadline_ms=asking.deadline_ms,
        purpose=asking.purpose,
        received_at=now,
    )
    return _paged(found, asking, cursors) if isinstance(asking, Paging) else found


def _wrong(effect: Effect) -> Problem | None:
    """What is wrong with the request whose effect is asked for."""
    command = COMMANDS.get(effect.command)
    if command is None:
        return problem("CommandUnknown")
    found = read_as(command, orjson.dumps(effect.data))
    if not isinstance(found, Problem):
        return None
    return replace(found, errors=tuple({**each, "field": f"data.data.{each['field']}"} for each in found.errors))


def _paged(found: Inquiry[Any], asking: Paging, cursors: Cursors) -> Inquiry[Any] | Problem:
    found = found._replace(limit=asking.limit)
    if asking.cursor is None:
        return found
    try:
        as_of, leg, key = cursors.open(asking.cursor, *_bound(found))
    except NotACursor:
        return malformed("cursor", "it is no cursor of this question with these filters for this actor")
    return found._replace(as_of=datetime.fromisoformat(as_of), place=Place(leg, key))


def cursor(inquiry: Inquiry[Any], place: Place, cursors: Cursors) -> str:
    """Where the answer goes on; deadlines are looked at as of its first page all the way."""
    return cursors.seal([inquiry.as_of.isoformat(), *place], *_bound(inquiry))


def _bound(inquiry: Inquiry[Any]) -> tuple[str, ...]:
    return type(inquiry.question).name, inquiry.actor, inquiry.question.model_dump_json()
