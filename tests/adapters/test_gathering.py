"""Commands that come by and by go together where there are a few at a time; who asks alone waits for nobody."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import orjson
import pytest
from door import new_place

from adapters.answering import commands
from adapters.answering.reception import Visitor
from adapters.composition import Place, Service, serving
from adapters.embedded import Running
from adapters.nats.client import new_command_id
from adapters.problem import Problem
from domain.staff.worker import SYSTEM

LONG_SECONDS, SHORT_SECONDS, PATIENCE_SECONDS = 600.0, 0.05, 15.0


@pytest.fixture
def place(servers: Running, state: Path) -> Place:
    return new_place(servers, state)


class Asking:
    """Somebody who asks without a broker between, and counts the answers."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self.answers = 0

    async def ask(self, many: int) -> None:
        """All before the service does anything about the first."""
        caller = self._service.callers.get("desk")
        for _ in range(many):
            request = {"id": new_command_id(), "actor": SYSTEM, "data": {"name": "An area"}}
            await self._service.commands.take(Visitor("desk", "area.open", caller, self), orjson.dumps(request))

    async def answered(self, many: int) -> None:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while self.answers < many:
                await asyncio.sleep(0.002)

    async def answer(self, body: bytes) -> None:
        assert not orjson.loads(body)["repeated"]
        self.answers += 1

    async def refuse(self, found: Problem) -> None:
        raise AssertionError(found.code)


@pytest.fixture
def gathering(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    return lambda seconds: monkeypatch.setattr(commands, "GATHERING_SECONDS", seconds)


def test_after_a_few_the_next_wait_until_they_are_enough(place: Place, gathering: Callable[[float], None]) -> None:
    gathering(LONG_SECONDS)

    async def run() -> None:
        async with serving(place) as service:
            desk = Asking(service)
            await desk.ask(commands.FEW)
            await desk.answered(commands.FEW)
            for _ in range(commands.ENOUGH - 1):
                await desk.ask(1)
                await asyncio.sleep(0.01)
            assert (service.commands.waiting, service.commands.batches) == (commands.ENOUGH - 1, 1)
            await desk.ask(1)
            await desk.answered(commands.FEW + commands.ENOUGH)
            assert (service.commands.batches, service.commands.batched) == (2, commands.FEW + commands.ENOUGH)

    asyncio.run(run())


def test_who_asks_alone_or_with_one_or_two_others_waits_for_nobody(
    place: Place, gathering: Callable[[float], None]
) -> None:
    gathering(LONG_SECONDS)

    async def run() -> None:
        async with serving(place) as service:
            desk = Asking(service)
            for many in (1, 1, 1, commands.FEW - 1, 1):
                before = desk.answers
                await desk.ask(many)
                await desk.answered(before + many)
            assert service.commands.batches == 5

    asyncio.run(run())


def test_nobody_waits_longer_than_a_little_while(place: Place, gathering: Callable[[float], None]) -> None:
    gathering(SHORT_SECONDS)

    async def run() -> None:
        async with serving(place) as service:
            desk = Asking(service)
            await desk.ask(commands.FEW)
            await desk.answered(commands.FEW)
            await desk.ask(1)
            await desk.answered(commands.FEW + 1)
            assert service.commands.batches == 2

    asyncio.run(run())


def test_who_leaves_answers_those_who_wait_for_others(place: Place, gathering: Callable[[float], None]) -> None:
    gathering(1.0)

    async def run() -> int:
        async with serving(place) as service:
            desk = Asking(service)
            await desk.ask(commands.FEW)
            await desk.answered(commands.FEW)
            await desk.ask(1)
            assert service.commands.waiting == 1
        return desk.answers

    assert asyncio.run(run()) == commands.FEW + 1
