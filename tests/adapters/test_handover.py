"""Questions are answered in a process of their own; when it is killed they are answered all the same."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from uuid import uuid4

import pytest
from door import Door, Reply, new_place
from fork import FORKS

from adapters import companion
from adapters.cli.beside import questions
from adapters.companion import Companion
from adapters.composition import Place, Service, serving
from adapters.discovery import Statistics
from adapters.embedded import Running
from adapters.scope import Face
from adapters.settings import Settings
from domain.staff.worker import SYSTEM

QUESTION = "my-sight"
QUIET_SECONDS, LONG_SECONDS = 3.0, 60.0


def answering(told: Path, settings: Settings, end: Connection) -> None:
    """What answers questions, and says first which process it is."""
    told.write_text(str(os.getpid()))
    questions(settings, end)


def test_questions_are_answered_by_another_process_and_here_while_there_is_none(
    servers: Running, state: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(companion, "PROCESSES", FORKS)
    asyncio.run(killed(new_place(servers, state), tmp_path / "pid"))


async def killed(place: Place, pid: Path) -> None:
    async with serving(place) as service, service.left_to_another() as hear:
        desk = await Door.opened(place, "desk")
        with Companion("questions", partial(answering, pid), place.settings, hear):
            await until(lambda: Face.QUESTIONS not in service.face.hears)
            await answered(desk)
            assert service.reception.statistics.requests[QUESTION] == 0
            await until(lambda: total(service).requests[QUESTION] == 1)
            os.kill(int(pid.read_text()), signal.SIGKILL)
            await until(lambda: Face.QUESTIONS in service.face.hears)
            await answered_at_last(desk)
            await until(lambda: Face.QUESTIONS not in service.face.hears)
            here = service.reception.statistics.requests[QUESTION]
            assert here
            await answered(desk)
            assert service.reception.statistics.requests[QUESTION] == here
            await until(lambda: total(service).requests[QUESTION] == here + 2)
        await until(lambda: Face.QUESTIONS in service.face.hears)
        await answered(desk)
        assert total(service).requests[QUESTION] == here + 3
        await desk.connection.close()


def total(service: Service) -> Statistics:
    return service.elsewhere.with_those(service.reception.statistics)


async def answered(desk: Door) -> None:
    """By somebody: what they say is another matter, while there are no read models."""
    reply = await asked(desk)
    assert reply.body, reply


async def asked(desk: Door) -> Reply:
    inbox = f"_INBOX.desk.{uuid4().hex}"
    await desk.connection.publish(f"kartoteka.v1.qry.desk.{QUESTION}", b'{"actor":"%b"}' % SYSTEM.encode(), reply=inbox)
    return await desk.reply(inbox)


async def answered_at_last(desk: Door) -> None:
    """After a process was killed: the broker may still give it a question, or know of nobody else yet."""
    async with asyncio.timeout(LONG_SECONDS):
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(QUIET_SECONDS):
                    if (await asked(desk)).body:
                        return
            await asyncio.sleep(0.05)


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(LONG_SECONDS):
        while not true():
            await asyncio.sleep(0.005)
