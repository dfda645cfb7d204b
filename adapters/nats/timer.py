"""What has come by itself is asked for when its instant has come, by whatever process, until the service agrees (D8).

Nothing has to be remembered for that: what is to come is in a read model, and what was asked for in the command log.
So a process that ends over it costs nothing, and two at once do it once.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

import nats.errors
import orjson
import structlog

from adapters.clock import Clock, elapsed
from adapters.nats.client import Client, Declined, NoAnswer
from adapters.postgres.reading import Unreachable
from adapters.postgres.timers import PAGE
from adapters.telemetry import tracing
from commands.reactions.reaction import Call
from commands.reactions.timing import Coming, asked
from commands.service.escalation import NotYetDue
from domain.staff.worker import TIMER

EVERY_SECONDS = 1.0
IN_FLIGHT = 64
PAUSE_SECONDS = (1.0, 60.0)
"""Before the same is asked for again, while its row stands; each pause is twice the one before."""

REMEMBERED = 10_000
AWAY = 503

logger = structlog.get_logger()


class Tried(NamedTuple):
    """How often something was asked for, and from which instant of the loop's clock on it may be again."""

    times: int
    again_at: float


@dataclass(slots=True)
class Timer:
    """`due` gives a page of what is due by an instant, behind the last one of the page before."""

    client: Client
    due: Callable[[datetime, Coming | None], Awaitable[Sequence[Coming]]]
    clock: Clock
    every_seconds: float = EVERY_SECONDS
    leaving: asyncio.Event = field(default_factory=asyncio.Event)
    tried: OrderedDict[str, Tried] = field(default_factory=OrderedDict)
    """What was asked for lately: its row may be there a while longer. Nothing rests on it."""

    async def run(self) -> None:
        """Look every now and then until told to leave."""
        while not self.leaving.is_set():
            await self._look()
            await elapsed(self.clock, self.every_seconds, self.leaving)

    async def _look(self) -> None:
        """All that is due, page by page; what cannot be asked now is asked at the next look, under the same id."""
        last: Coming | None = None
        try:
            while not self.leaving.is_set():
                page = await self.due(self.clock(), last)
                await self._ask_all([call for call in map(asked, page) if self._may_be(call)])
                if len(page) < PAGE:
                    return
                last = page[-1]
        except (Unreachable, NoAnswer, nats.errors.Error):
            return

    async def _ask_all(self, calls: Sequence[Call]) -> None:
        for start in range(0, len(calls), IN_FLIGHT):
            answers = await asyncio.gather(
                *(self._ask(call) for call in calls[start : start + IN_FLIGHT]), return_exceptions=True
            )
            for answer in answers:
                if answer is not None:
                    raise answer

    async def _ask(self, call: Call) -> None:
        """Raises NoAnswer while nobody can tell."""
        data = call.command.model_dump(mode="json")
        try:
            with tracing.span(f"timer {call.command.topic}"):
                await self.client.ask(call.command.topic, orjson.dumps({"id": call.id, "actor": TIMER, "data": data}))
        except Declined as no:
            if no.code != NotYetDue.__name__:
                if no.status == AWAY:
                    raise NoAnswer(no.code) from no
                logger.warning("not done though due", topic=call.command.topic, id=call.id, code=no.code)
        self._remember(call)

    def _may_be(self, call: Call) -> bool:
        found = self.tried.get(call.id)
        return found is None or found.again_at <= asyncio.get_running_loop().time()

    def _remember(self, call: Call) -> None:
        times = self.tried.pop(call.id, Tried(0, 0.0)).times
        first, longest = PAUSE_SECONDS
        pause = min(first * 2 ** min(times, 10), longest)
        self.tried[call.id] = Tried(times + 1, asyncio.get_running_loop().time() + pause)
        if len(self.tried) > REMEMBERED:
            self.tried.popitem(last=False)


@asynccontextmanager
async def timing(timer: Timer) -> AsyncIterator[None]:
    """The timer at work until the block ends; what it has asked for by then gets its answer. Raises Unreachable."""
    async with timer.client, asyncio.TaskGroup() as tasks:
        tasks.create_task(timer.run())
        try:
            yield
        finally:
            timer.leaving.set()
