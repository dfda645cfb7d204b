"""The question face: every message is answered by itself; overload and departure said aloud."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Any

import orjson
from nats.aio.subscription import Subscription

from adapters.cursor import Cursors
from adapters.inquiry import Inquiry, Place, cursor, read
from adapters.nats.reception import Reception, Visitor
from adapters.nats.service import RETRY_AFTER_MS, WAITING, report
from adapters.position import PositionTokens
from adapters.postgres.answers import Answers, Found, Unready
from adapters.problem import Problem, problem, refusal
from domain.refusal import Refused
from projections.question import Listing

PREFIX = "kartoteka.v1.qry."
PATIENCE_MS = 3000
"""How long an answer is worked on where the asker does not say."""

MAX_ANSWER_BYTES = 1024 * 1024
"""A page ends where it would be larger, whatever its limit; there is always one row."""


class QueryService:
    """One process's question face. Create, `start`, and `drain` when it is time to go."""

    def __init__(
        self,
        answers: Answers,
        reception: Reception,
        tokens: PositionTokens,
        cursors: Cursors,
        *,
        now: Callable[[], datetime],
        capacity: int = WAITING,
    ) -> None:
        self.answers, self._reception, self._tokens, self._cursors = answers, reception, tokens, cursors
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

    async def _received(self, visitor: Visitor, payload: bytes) -> None:
        arrived = asyncio.get_running_loop().time()
        found = self._read(visitor, payload)
        if isinstance(found, Problem):
            await self._reception.refuse(visitor, found)
            return
        task = asyncio.create_task(self._answer(visitor, found, arrived))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    def _read(self, visitor: Visitor, payload: bytes) -> Inquiry | Problem:
        if (stranger := self._reception.known(visitor)) is not None:
            return stranger
        if len(self._under_way) >= self._capacity:
            return problem(503, "Overloaded", retry_after_ms=RETRY_AFTER_MS)
        found = read(visitor.topic, payload, self._now(), self._tokens, self._cursors)
        if isinstance(found, Problem):
            return found
        return self._reception.acting(visitor, found.actor) or found

    async def _answer(self, visitor: Visitor, inquiry: Inquiry, arrived: float) -> None:
        found = await self._found(inquiry, arrived)
        took = asyncio.get_running_loop().time() - arrived
        self.statistics.count(visitor.topic, took, found.code if isinstance(found, Problem) else "")
        if isinstance(found, Problem):
            await self._reception.say_no(visitor.reply, found)
        else:
            await self._reception.answer(visitor.reply, found)

    async def _found(self, inquiry: Inquiry, arrived: float) -> bytes | Problem:
        try:
            found = await self.answers.answer(inquiry, arrived + (inquiry.deadline_ms or PATIENCE_MS) / 1000)
            return self._body(inquiry, found)
        except Refused as error:
            return refusal(error.code)
        except Unready as error:
            return problem(503, type(error).__name__, retry_after_ms=RETRY_AFTER_MS)
        except Exception as error:
            report("broken", error, question=type(inquiry.question).name)
            return refusal("Broken")

    def _body(self, inquiry: Inquiry, found: Found) -> bytes:
        told: dict[str, Any] = {"position": self._tokens.token(found.position), "as_of": inquiry.as_of}
        if not isinstance(inquiry.question, Listing):
            return _json({"row": found.rows[0], **told})
        rows, next_place = _page(inquiry, found)
        told["next"] = None if next_place is None else cursor(inquiry, next_place, self._cursors)
        if found.counted is not None:
            told["count"] = found.counted
        return b'{"rows":[' + b",".join(rows) + b"]," + _json(told)[1:]


def _page(inquiry: Inquiry, found: Found) -> tuple[list[bytes], Place | None]:
    """The rows that go out, and behind which of them the next page begins, if there is one."""
    rows: list[bytes] = []
    size = 0
    for row in found.rows[: inquiry.limit]:
        text = _json(row)
        size += len(text)
        if rows and size > MAX_ANSWER_BYTES:
            break
        rows.append(text)
    return rows, found.places[len(rows) - 1] if len(rows) < len(found.rows) else None


def _json(value: Any) -> bytes:
    """A masked field is a dataclass, and what it shows is its text."""
    return orjson.dumps(value, default=str, option=orjson.OPT_PASSTHROUGH_DATACLASS)
