"""The question face: who looked is kept before an answer leaves; overload and departure are said aloud."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

import orjson
from nats.aio.subscription import Subscription

from adapters.cursor import Cursors
from adapters.inquiry import Inquiry, Place, cursor, read
from adapters.nats.prefix import QUESTIONS
from adapters.nats.reception import Reception, Visitor
from adapters.nats.service import RETRY_AFTER_MS, WAITING, report
from adapters.position import PositionTokens
from adapters.postgres import hindsight
from adapters.postgres.answers import Answers, Found, Unready
from adapters.postgres.hindsight import Hindsight
from adapters.postgres.looks import Looker, Looks, LookUnkept
from adapters.problem import Problem, problem, refusal
from commands.reckoning import Reckoning
from domain.refusal import Refused
from projections.looking import How, Look
from projections.question import Listing, Question

PREFIX = QUESTIONS
PATIENCE_MS = 3000
"""How long an answer is worked on where the asker does not say."""

MAX_ANSWER_BYTES = 1024 * 1024
"""A page ends where it would be larger, whatever its limit; there is always one row."""


class QueryService:
    """One process's question face. Create, `start`, and `drain` when it is time to go."""

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
        self._reception, self._tokens, self._cursors = reception, tokens, cursors
        self._capacity, self._now = capacity, now
        self._under_way: set[asyncio.Task[None]] = set()
        self._subscription: Subscription | None = None
        self.statistics = reception.statistics

    async def start(self) -> None:
        """Take questions."""
        self._subscription = await self._reception.listen(PREFIX, self._received)

    async def drain(self) -> None:
        """Take nothing new, and answer what waits."""
        await self._reception.end(self._subscription, self._under_way)
        await self.answers.close()
        await self.hindsight.close()

    async def _received(self, visitor: Visitor, payload: bytes) -> None:
        arrived = asyncio.get_running_loop().time()
        found = self._read(visitor, payload)
        if isinstance(found, Problem):
            await self._reception.refuse(visitor, found)
            return
        task = asyncio.create_task(self._answer(visitor, found, arrived))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    def _read(self, visitor: Visitor, payload: bytes) -> Inquiry[Any] | Problem:
        if (stranger := self._reception.known(visitor)) is not None:
            return stranger
        if len(self._under_way) >= self._capacity:
            return problem(503, "Overloaded", retry_after_ms=RETRY_AFTER_MS)
        found = read(visitor.topic, payload, self._now(), self._tokens, self._cursors)
        if isinstance(found, Problem):
            return found
        return self._reception.acting(visitor, found.actor) or found

    async def _answer(self, visitor: Visitor, inquiry: Inquiry[Any], arrived: float) -> None:
        found = await self._found(visitor.caller, inquiry, arrived)
        took = asyncio.get_running_loop().time() - arrived
        self.statistics.count(visitor.topic, took, found.code if isinstance(found, Problem) else "")
        if isinstance(found, Problem):
            await self._reception.say_no(visitor.reply, found)
        else:
            await self._reception.answer(visitor.reply, found)

    async def _found(self, caller: str, inquiry: Inquiry[Any], arrived: float) -> bytes | Problem:
        until = arrived + (inquiry.deadline_ms or PATIENCE_MS) / 1000
        try:
            found = await self._answers_to(inquiry.question).answer(inquiry, until)
            body, shown = self._body(inquiry, found)
            looker = Looker(inquiry.actor, caller, type(inquiry.question).name, self._now())
            await self.looks.keep(_looks(inquiry, found, shown), looker, until)
            return body
        except Refused as error:
            return refusal(error.code)
        except (*Unready, LookUnkept) as error:
            return problem(503, type(error).__name__, retry_after_ms=RETRY_AFTER_MS)
        except Exception as error:
            report("broken", error, question=type(inquiry.question).name)
            return refusal("Broken")

    def _answers_to(self, question: Question | Reckoning) -> Answers | Hindsight:
        return self.hindsight if isinstance(question, Reckoning) else self.answers

    def _body(self, inquiry: Inquiry[Any], found: Found) -> tuple[bytes, int]:
        """The answer, and how many of the rows it shows."""
        told: dict[str, Any] = {"position": self._tokens.token(found.position), "as_of": inquiry.as_of}
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
    return looks if inquiry.purpose is None else (look._replace(how=How.EXPORTED) for look in looks)


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
