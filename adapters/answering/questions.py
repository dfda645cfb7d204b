"""Questions answered: who looked is kept before an answer leaves; overload and departure are said aloud."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

import orjson

from adapters.answering.commands import RETRY_AFTER_MS, WAITING, report
from adapters.answering.reception import Reception, UnderWay, Visitor
from adapters.cursor import Cursors
from adapters.inquiry import Inquiry, Place, cursor, read
from adapters.key_encryption import KeyUnavailable
from adapters.position import PositionTokens
from adapters.postgres import hindsight
from adapters.postgres.answers import Answers, Found, Unready
from adapters.postgres.hindsight import Hindsight
from adapters.postgres.looks import Looker, Looks, LookUnkept
from adapters.problem import Problem, problem, refusal
from adapters.scope import Face
from adapters.telemetry import tracing
from commands.reckoning import Reckoning
from domain.refusal import Refused
from projections.looking import Look
from projections.question import Listing, Question

PATIENCE_MS = 3000
"""How long an answer is worked on where the asker does not say."""

MAX_ANSWER_BYTES = 1024 * 1024
"""A page ends where it would be larger, whatever its limit; there is always one row."""


class QueryService:
    """What answers the questions of one process. Create, `take` each, and `drain` when nothing new comes."""

    def __init__(
        self,
        answers: Answers,
        hindsight: Hindsight,
        looks: Looks,
        reception: Reception,
        tokens: PositionTokens,
        cursors: Cursors,
        *,
        now: Callable[[], datetime],
        capacity: int = WAITING,
    ) -> None:
        self.answers, self.hindsight, self.looks = answers, hindsight, looks
        self._reception, self.tokens, self._cursors = reception, tokens, cursors
        self._capacity, self._now = capacity, now
        self._under_way = UnderWay()
        self.statistics = reception.statistics

    @property
    def under_way(self) -> int:
        """How many are being answered."""
        return len(self._under_way)

    async def drain(self) -> None:
        """Answer what waits, and let go of what was read with."""
        await self._under_way.ended()
        await self.answers.close()
        await self.hindsight.close()

    async def take(self, visitor: Visitor, payload: bytes) -> None:
        """A question as it came; it is answered beside others."""
        arrived = asyncio.get_running_loop().time()
        visitor = tracing.received("question", visitor)
        found = self._read(visitor, payload)
        if isinstance(found, Problem):
            await self._reception.refuse(visitor, found)
            return
        self._under_way.begin(self._answer(visitor, found, arrived))

    def _read(self, visitor: Visitor, payload: bytes) -> Inquiry[Any] | Problem:
        if (stranger := self._reception.known(visitor, Face.QUESTIONS)) is not None:
            return stranger
        if len(self._under_way) >= self._capacity:
            return problem("Overloaded", retry_after_ms=RETRY_AFTER_MS)
        found = read(visitor.topic, payload, self._now(), self.tokens, self._cursors)
        if isinstance(found, Problem):
            return found
        return self._reception.acting(visitor, found.actor) or found

    async def _answer(self, visitor: Visitor, inquiry: Inquiry[Any], arrived: float) -> None:
        tracing.enter(visitor.traceparent)
        found = await self._found(visitor, inquiry, arrived)
        took = asyncio.get_running_loop().time() - arrived
        self.statistics.count(visitor.topic, took, found.code if isinstance(found, Problem) else "")
        if isinstance(found, Problem):
            await visitor.reply.refuse(found)
        else:
            await visitor.reply.answer(found)

    async def _found(self, visitor: Visitor, inquiry: Inquiry[Any], arrived: float) -> bytes | Problem:
        until = arrived + (inquiry.deadline_ms or PATIENCE_MS) / 1000
        try:
            found = await self._answers_to(inquiry.question).answer(inquiry, until)
            body, shown = self._body(inquiry, found)
            if visitor.shown is None or not visitor.shown.is_this(body, found.exceptions[:shown]):
                looker = Looker(inquiry.actor, visitor.caller, type(inquiry.question).name, self._now())
                await self.looks.keep(_looks(inquiry, found, shown), looker, until)
            return body
        except Refused as error:
            return refusal(error.code)
        except (*Unready, LookUnkept, KeyUnavailable) as error:
            return problem(type(error).__name__, retry_after_ms=RETRY_AFTER_MS)
        except Exception as error:
            report("broken", error, question=type(inquiry.question).name)
            return refusal("Broken")

    def _answers_to(self, question: Question | Reckoning[Any]) -> Answers | Hindsight:
        return self.hindsight if isinstance(question, Reckoning) else self.answers

    def _body(self, inquiry: Inquiry[Any], found: Found) -> tuple[bytes, int]:
        """The answer, and how many of the rows it shows."""
        told: dict[str, Any] = {"position": self.tokens.token(found.position), "as_of": inquiry.as_of}
        if not isinstance(inquiry.question, Listing):
            return _json({"row": found.rows[0], **told}), 1
        rows, next_place = _page(inquiry, found)
        told["next"] = None if next_place is None else cursor(inquiry, next_place, self._cursors)
        if found.counted is not None:
            told["count"] = found.counted
        return b'{"rows":[' + b",".join(rows) + b"]," + _json(told)[1:], len(rows)


def _looks(inquiry: Inquiry[Any], found: Found, shown: int) -> Iterable[Look]:
    """What is kept of the rows that go out."""
    if isinstance(inquiry.question, Reckoning):
        return hindsight.looked(inquiry.question, found.exceptions[0])
    looks = inquiry.question.looked(found.rows[:shown], found.exceptions[:shown])
    return (look.taken_out(inquiry.purpose) for look in looks)


def _page(inquiry: Inquiry[Any], found: Found) -> tuple[list[bytes], Place | None]:
    """The rows that go out, and behind which of them the next page begins, if there is one."""
    rows: list[bytes] = []
    size = 0
    for row in found.rows[: inquiry.limit]:
        text = _json(row)
        size += len(text)
        if rows and size > MAX_ANSWER_BYTES:
            break
        rows.append(text)
    return rows, found.places[len(rows) - 1] if len(rows) < len(found.rows) else found.left_off


def _json(value: Any) -> bytes:
    """A masked field is a dataclass, and what it shows is its text."""
    return orjson.dumps(value, default=str, option=orjson.OPT_PASSTHROUGH_DATACLASS)
