"""How long something is tried again: without end, but for what processes end over, which is done so often."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass

IN_FLIGHT = 128
PAUSE_SECONDS = (0.1, 5.0)
"""The first pause before something is tried again, and the longest: each is twice the one before."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How often, and after how long, a message is dealt with by somebody else when a process ends over it."""

    backoff_seconds: tuple[float, ...] = (30.0, 60.0, 120.0, 300.0)
    deliveries: int = 8
    in_flight: int = IN_FLIGHT

    @property
    def hold_seconds(self) -> float:
        """How often to say that a message is being worked on."""
        return self.backoff_seconds[0] / 3


ENDURING = Patience()
"""For half an hour of processes that end over the same message."""

ENDLESS = Patience(deliveries=-1)
"""Where nobody but whoever hears it can say that it is not worth another try."""


class Leaving(Exception):
    """This process goes away before the message is dealt with."""


async def pause(tries: int, leaving: asyncio.Event) -> None:
    """Before something is tried again that was tried so often. Raises Leaving."""
    first, longest = PAUSE_SECONDS
    with suppress(TimeoutError):
        async with asyncio.timeout(min(first * 2 ** min(tries, 10), longest)):
            await leaving.wait()
    if leaving.is_set():
        raise Leaving
