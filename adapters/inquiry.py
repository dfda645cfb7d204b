"""The envelope of a question: who asks, from which position on, and for how much of the answer."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from typing import Annotated, Any, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, create_model

from adapters.cursor import Cursors, NotACursor
from adapters.position import NotAToken, PositionTokens
from adapters.problem import Problem, problem
from adapters.shape import malformed, read_as
from domain.values import WorkerId
from projections.catalogue import QUESTIONS
from projections.question import Listing, Question

USUAL_LIMIT, HIGHEST_LIMIT = 50, 1000

Token = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{22}$")]
CursorText = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,2000}$")]


class Asking(BaseModel):
    """What every question carries beside its filters."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    actor: Annotated[WorkerId, Field(description="The worker for whom the caller asks; their rights decide.")]
    min_position: Annotated[
        Token | None, Field(description="Answer only with what is known at this position of an earlier answer.")
    ] = None
    deadline_ms: Annotated[
        int | None, Field(ge=1, le=60_000, description="Answer within this time after receipt, or say why not.")
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


class Inquiry(NamedTuple):
    """A question as it came in."""

    question: Question
    actor: str
    as_of: datetime
    min_position: int = 0
    limit: int = 1
    place: Place | None = None
    deadline_ms: int | None = None


@lru_cache(maxsize=None)
def envelope_of(question: type[Question]) -> type[Asking]:
    """The envelope's model for one question; what narrows nothing may be left out."""
    wanted = any(field.is_required() for field in question.model_fields.values())
    data: Any = (question, ... if wanted else Field(default_factory=question))
    base = Paging if issubclass(question, Listing) else Asking
    return create_model(f"{question.__name__}Inquiry", __base__=base, data=data)


@lru_cache(maxsize=None)
def reply_of(question: type[Question]) -> type[Told]:
    """The answer's model for one question."""
    found: dict[str, Any] = {"row": (question.row, ...)}
    if issubclass(question, Listing):
        found = {"rows": (tuple[question.row, ...], ...), "next": (str | None, ...)}  # type: ignore[name-defined]
        if question.counted:
            found["count"] = (int, Field(description="How many rows there are on all pages together."))
    return create_model(f"{question.__name__}Reply", __base__=Told, **found)


def read(name: str, payload: bytes, now: datetime, tokens: PositionTokens, cursors: Cursors) -> Inquiry | Problem:
    """The question in a message, or the problem with it."""
    kind = QUESTIONS.get(name)
    if kind is None:
        return problem(404, "QuestionUnknown")
    asking = read_as(envelope_of(kind), payload)
    if isinstance(asking, Problem):
        return asking
    try:
        position = tokens.position(asking.min_position) if asking.min_position else 0
    except NotAToken:
        return malformed("min_position", "it is no position of this service")
    found = Inquiry(asking.data, asking.actor, now, position, deadline_ms=asking.deadline_ms)
    return _paged(found, asking, cursors) if isinstance(asking, Paging) else found


def _paged(found: Inquiry, asking: Paging, cursors: Cursors) -> Inquiry | Problem:
    found = found._replace(limit=asking.limit)
    if asking.cursor is None:
        return found
    try:
        as_of, leg, key = cursors.open(asking.cursor, *_bound(found))
    except NotACursor:
        return malformed("cursor", "it is no cursor of this question with these filters for this actor")
    return found._replace(as_of=datetime.fromisoformat(as_of), place=Place(leg, key))


def cursor(inquiry: Inquiry, place: Place, cursors: Cursors) -> str:
    """Where the answer goes on; deadlines are looked at as of its first page all the way."""
    return cursors.seal([inquiry.as_of.isoformat(), *place], *_bound(inquiry))


def _bound(inquiry: Inquiry) -> tuple[str, ...]:
    return type(inquiry.question).name, inquiry.actor, inquiry.question.model_dump_json()
