"""Questions answered again and again over one connection (server-sent events), whenever the answer may have changed.

Each answer is one of an ordinary question, with rights judged and looks kept as always. One look at how far the read
models have come serves all streams.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from typing import NamedTuple

from adapters.credentials.caller import WEB, Caller
from adapters.http.reply import Shown
from adapters.http.shares import Shares, asker
from adapters.pace import ended
from adapters.postgres.answers import Unready
from adapters.postgres.positions import reached
from adapters.problem import Problem
from domain.staff.worker import Right

Ask = Callable[[], Awaitable[bytes | Problem]]
Standing = tuple[bool, int]

STREAMS, OF_A_CALLER, OF_A_WORKER = 256, 128, 16
"""How many streams there are, and how many of them one caller may have, or a worker with a browser."""

LOOK_SECONDS = 0.25
LEAST_SECONDS = 1.0
"""Between two answers of one stream."""

LONGEST_SECONDS = 60.0
"""After which an answer is asked for though nothing moved: what is late now was not before."""

HEARTBEAT_SECONDS = 10.0
BEGINNING, HEARTBEAT = b"retry: 1000\n\n", b":\n\n"


class Pace(NamedTuple):
    """How often what is done."""

    look: float = LOOK_SECONDS
    least: float = LEAST_SECONDS
    longest: float = LONGEST_SECONDS
    heartbeat: float = HEARTBEAT_SECONDS


class Watched:
    """What one stream showed last, and by which rights beyond those to what it is about."""

    def __init__(self, key: bytes) -> None:
        self._key, self._tag = key, ""
        self._by: Sequence[Right | None] = ()
        self._asked_by: Sequence[Right | None] = ()

    def is_this(self, answer: bytes, exceptions: Sequence[Right | None]) -> bool:
        self._asked_by = exceptions
        return exceptions == self._by and Shown.of(answer, self._key).tag == self._tag

    def news(self, answer: bytes) -> Shown | None:
        """What it tells beside its rows where it is to be shown, as it is from now on."""
        about, self._by = Shown.of(answer, self._key), self._asked_by
        if about.tag == self._tag:
            return None
        self._tag = about.tag
        return about


class Live:
    """All streams of a process; `end` them when it goes."""

    def __init__(
        self,
        positions: Callable[[], Awaitable[Mapping[str, int]]],
        closed: Callable[[], bool],
        key: bytes,
        *,
        most: int = STREAMS,
        pace: Pace = Pace(),  # noqa: B008 - a value
    ) -> None:
        self._positions, self._closed, self._key, self._pace = positions, closed, key, pace
        self._shares = Shares(most)
        self._found: Mapping[str, int] = {}
        self._moved, self._ending = asyncio.Event(), asyncio.Event()
        self._looking: asyncio.Task[None] | None = None

    @property
    def open(self) -> int:
        """How many streams there are."""
        return self._shares.held

    def begin(self, who: Caller) -> bool:
        """Whether one more may be open for them; it is, until it has `ended`."""
        begun = self._shares.taken(asker(who), OF_A_WORKER if who.name == WEB else OF_A_CALLER)
        if begun and (self._looking is None or self._looking.done()):
            self._looking = asyncio.create_task(self._look())
        return begun

    def ended(self, who: Caller) -> None:
        self._shares.given_back(asker(who))

    def watched(self) -> Watched:
        """What a stream that begins has shown: nothing."""
        return Watched(self._key)

    async def end(self) -> None:
        """Let all streams end where they are; their clients come back to another process."""
        self._ending.set()
        self._wake()
        if self._looking is not None:
            await ended(self._looking)

    def standing(self, models: Collection[str]) -> Standing:
        """What is other whenever something moved that an answer may rest on."""
        return self._closed(), reached(self._found, models)

    async def events(
        self,
        ask: Ask,
        still: Callable[[], Awaitable[Problem | None]],
        models: Collection[str],
        seen: Standing,
        first: bytes,
        watched: Watched,
    ) -> AsyncIterator[bytes]:
        """The first answer, and each that differs from the one before; `still` says whether the asker may be here.

        `seen` is how things stood before the first was asked for: what moved meanwhile is looked at again.
        """
        yield BEGINNING
        answer = first
        while True:
            if (about := watched.news(answer)) is not None:
                yield b"event: answer\nid: %s\ndata: %s\n\n" % (about.position.encode(), answer)
            while True:
                async for beat in self._until_moved(models, seen):
                    yield beat
                    if (wrong := await still()) is not None:
                        yield _problem(wrong)
                        return
                if self._ending.is_set():
                    return
                seen = self.standing(models)
                found = await ask()
                if not isinstance(found, Problem):
                    answer = found
                    break
                if found.retry_after_ms is None:
                    yield _problem(found)
                    return
                yield HEARTBEAT
                seen = (not self._closed(), -1)

    async def _until_moved(self, models: Collection[str], seen: Standing) -> AsyncIterator[bytes]:
        """Heartbeats, until there may be something new."""
        loop = asyncio.get_running_loop()
        until, beat = loop.time() + self._pace.longest, loop.time() + self._pace.heartbeat
        await _set(self._ending, self._pace.least)
        while self.standing(models) == seen and not self._ending.is_set() and loop.time() < until:
            moved = self._moved
            if not await _set(moved, min(beat, until) - loop.time()) and loop.time() >= beat:
                beat = loop.time() + self._pace.heartbeat
                yield HEARTBEAT

    async def _look(self) -> None:
        while self.open:
            closed = self._closed()
            try:
                found = await self._positions()
            except Unready:
                found = self._found  # those who ask are told so
            if found != self._found or closed != self._closed():
                self._found = found
                self._wake()
            await asyncio.sleep(self._pace.look)

    def _wake(self) -> None:
        moved, self._moved = self._moved, asyncio.Event()
        moved.set()


async def _set(event: asyncio.Event, seconds: float) -> bool:
    try:
        async with asyncio.timeout(max(seconds, 0)):
            await event.wait()
    except TimeoutError:
        return False
    return True


def _problem(found: Problem) -> bytes:
    return b"event: problem\ndata: %s\n\n" % found.body()
