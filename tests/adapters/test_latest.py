"""One request does for all facts before it, and no fact is done with that no request came after."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import datetime, timezone

import pytest

from adapters.nats import latest, patience
from adapters.nats.latest import Latest
from adapters.nats.patience import Leaving
from adapters.postgres.dead_letters import Cause
from adapters.postgres.reading import Unreachable
from commands.reactions.reaction import Heard

NOW = datetime(2024, 6, 3, tzinfo=timezone.utc)
NO = Cause("Broken", "It broke.")


def fact(position: int) -> Heard:
    return Heard(str(position), "area.role-taken", "area-north", 1, position, NOW, NOW, "anna", {})


@dataclass
class Asking:
    """Facts are stored at positions; each request sees all that was stored before it, and takes its time."""

    stored: int = 0
    shown: int = 2**62
    answers: list[Cause | None] = field(default_factory=list)
    asked: list[tuple[int, int]] = field(default_factory=list)
    """Of each request: in the name of which fact, and the position up to which it saw."""
    leaving: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.latest = Latest(self.come, self.ask, self.leaving)

    async def come(self) -> int:
        return min(self.shown, self.stored)

    async def ask(self, heard: Heard) -> Cause | None:
        saw = min(self.shown, self.stored)
        await asyncio.sleep(0.005)
        self.asked.append((heard.position, saw))
        return self.answers.pop(0) if self.answers else None

    async def follow(self, position: int) -> Cause | None:
        """Hear of it; when it is done with, a request has seen it."""
        self.stored = max(self.stored, position)
        cause = await self.latest.follow(fact(position))
        assert cause or any(saw >= position for _, saw in self.asked)
        return cause


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(latest, "BREATHER_SECONDS", 0.02)
    monkeypatch.setattr(patience, "PAUSE_SECONDS", (0.001, 0.01))


def test_many_at_once_are_done_with_by_two_requests() -> None:
    async def run() -> Asking:
        asking = Asking()
        await asyncio.gather(*(asking.follow(position) for position in range(1, 101)))
        return asking

    asking = asyncio.run(run())
    assert [position for position, _ in asking.asked][-1] == 100
    assert len(asking.asked) <= 2


def test_what_comes_while_a_request_is_under_way_has_one_of_its_own() -> None:
    async def run() -> Asking:
        asking = Asking()
        first = asyncio.create_task(asking.follow(1))
        await asyncio.sleep(0.002)
        await asyncio.gather(first, asking.follow(2), asking.follow(3))
        return asking

    assert asyncio.run(run()).asked == [(1, 1), (3, 3)]


def test_a_fact_heard_again_is_done_with_at_once() -> None:
    async def run() -> Asking:
        asking = Asking()
        for position in (5, 3, 5):
            await asking.follow(position)
        return asking

    assert asyncio.run(run()).asked == [(5, 5)]


def test_nothing_is_asked_before_the_fact_can_be_seen() -> None:
    async def run() -> Asking:
        asking = Asking(shown=0)
        following = asyncio.create_task(asking.follow(1))
        await asyncio.sleep(0.05)
        assert asking.asked == []
        asking.shown = 2**62
        await following
        return asking

    assert asyncio.run(run()).asked == [(1, 1)]


def test_a_request_that_failed_does_for_nobody() -> None:
    async def run() -> tuple[list[Cause | None], Asking]:
        asking = Asking(answers=[NO, None])
        causes = await asyncio.gather(*(asking.follow(position) for position in (1, 2, 3)))
        return causes, asking

    causes, asking = asyncio.run(run())
    assert causes == [NO, None, None]
    assert len(asking.asked) == 2


def test_requests_are_a_breather_apart() -> None:
    async def run() -> float:
        asking, loop = Asking(), asyncio.get_running_loop()
        await asking.follow(1)
        began = loop.time()
        await asking.follow(2)
        return loop.time() - began

    assert asyncio.run(run()) >= 0.02


def test_whoever_leaves_gives_back_what_waits() -> None:
    async def run() -> Asking:
        asking = Asking(shown=0)
        following = [asyncio.create_task(asking.follow(position)) for position in (1, 2)]
        await asyncio.sleep(0.01)
        asking.leaving.set()
        for each in following:
            with pytest.raises(Leaving):
                await each
        return asking

    assert asyncio.run(run()).asked == []


def test_while_the_store_is_away_it_is_looked_again() -> None:
    async def run() -> Asking:
        asking, tries = Asking(), [Unreachable(), Unreachable()]

        async def come() -> int:
            if tries:
                raise tries.pop()
            return 2**62

        asking.latest.come = come
        await asking.follow(1)
        return asking

    assert asyncio.run(run()).asked == [(1, 1)]
