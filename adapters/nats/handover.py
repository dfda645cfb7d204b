"""Questions over NATS are left to a process that does nothing else while there is one, and else answered here."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

import nats.errors

from adapters.answering.elsewhere import Counted, Elsewhere
from adapters.nats.face import NatsFace
from adapters.pace import ended
from adapters.scope import Face

RETRY_SECONDS = 0.5

Hear = Callable[[Counted | None], None]


@asynccontextmanager
async def handing_over(face: NatsFace, elsewhere: Elsewhere) -> AsyncIterator[Hear]:
    """Until the block ends. What it gives is told from any thread what the other process says, and None at its end.

    It says nothing before it listens, so that there is always somebody who does; where it is gone without a word, those
    who ask are told that nobody is there until that is noticed here.
    """
    loop, changed = asyncio.get_running_loop(), asyncio.Event()
    there = False

    def heard(said: Counted | None) -> None:
        nonlocal there
        elsewhere.told(said)
        there = said is not None
        changed.set()

    async def follow() -> None:
        while True:
            await changed.wait()
            changed.clear()
            try:
                await (face.leave(Face.QUESTIONS) if there else face.hear(Face.QUESTIONS))
            except (nats.errors.Error, TimeoutError):
                changed.set()
                await asyncio.sleep(RETRY_SECONDS)

    follower = asyncio.create_task(follow())
    try:
        yield lambda said: _tell(loop, heard, said)
    finally:
        await ended(follower)


def _tell(loop: asyncio.AbstractEventLoop, heard: Hear, said: Counted | None) -> None:
    """To a loop that has ended nobody has to say anything."""
    with suppress(RuntimeError):
        loop.call_soon_threadsafe(heard, said)
