"""Where one request does for all facts before it, it is asked for the last that was heard, and seldom."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from itertools import count

from adapters.nats.patience import Leaving, pause
from adapters.postgres.dead_letters import Cause
from adapters.postgres.reading import Unreachable
from commands.reactions.reaction import Heard

BREATHER_SECONDS = 0.5
"""Between two requests: however many facts come meanwhile, one request does for them."""


@dataclass(slots=True)
class Latest:
    """A fact is done with when a request was answered that was made after read models had come as far as the fact.

    `come` tells how far they have; `ask` asks for what follows from a fact. Nothing is lost with the process: whatever
    it had heard and not acknowledged is heard again by another.
    """

    come: Callable[[], Awaitable[int]]
    ask: Callable[[Heard], Awaitable[Cause | None]]
    leaving: asyncio.Event
    last: Heard | None = None
    covered: int = 0
    rested: float = 0.0
    """The instant of the loop's clock from which on the next request may be made."""
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def follow(self, fact: Heard) -> Cause | None:
        """None when the fact is done with, else why it is not. Raises Leaving."""
        if self.last is None or self.last.position < fact.position:
            self.last = fact
        async with self.turn:
            if fact.position <= self.covered:
                return None
            await self._rest()
            latest = self.last  # of those that came while we waited, the last
            await self._seen(latest.position)
            cause = await self.ask(latest)
            self.rested = asyncio.get_running_loop().time() + BREATHER_SECONDS
            if cause is None:
                self.covered = latest.position
            return cause

    async def _rest(self) -> None:
        left = self.rested - asyncio.get_running_loop().time()
        if left <= 0:
            return
        try:
            async with asyncio.timeout(left):
                await self.leaving.wait()
        except TimeoutError:
            return
        raise Leaving

    async def _seen(self, position: int) -> None:
        """Wait until what will be looked up shows the fact."""
        for tries in count():
            try:
                if await self.come() >= position:
                    return
            except Unreachable:
                pass
            await pause(tries, self.leaving)
