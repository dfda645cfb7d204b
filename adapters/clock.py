"""What time it is: for nearly everybody real time, and for a log with a test clock real time moved forward."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta, timezone

Clock = Callable[[], datetime]

GLANCE_SECONDS = 0.5
"""How long whoever waits may not notice that the clock was moved."""


def now() -> datetime:
    """Real time; the only place that reads it for decisions."""
    return datetime.now(timezone.utc)


class MovedClock:
    """Real time, moved forward; it never goes back."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        return now() + self.ahead


def ahead_of(clock: Clock) -> timedelta:
    """By how much it is ahead of the clocks of everybody else."""
    return clock.ahead if isinstance(clock, MovedClock) else timedelta()


def real_time(clock: Clock) -> datetime:
    """What time it is for everybody else."""
    return now() if isinstance(clock, MovedClock) else clock()


async def elapsed(clock: Clock, seconds: float, leaving: asyncio.Event | None = None) -> None:
    """Come back when so much time has passed by the clock, whoever moves it meanwhile; or when it is time to leave."""
    loop, leaving = asyncio.get_running_loop(), leaving or asyncio.Event()
    until, at = loop.time() + seconds, clock() + timedelta(seconds=seconds)
    while not leaving.is_set() and (left := min(until - loop.time(), (at - clock()).total_seconds())) > 0:
        with suppress(TimeoutError):
            async with asyncio.timeout(min(left, GLANCE_SECONDS)):
                await leaving.wait()
