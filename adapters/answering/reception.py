"""Who asks, for whom, and where the answer goes: what all faces have in common."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Coroutine, Sequence
from typing import Any, NamedTuple, Protocol

from adapters import discovery
from adapters.credentials.caller import ANYONE, Caller
from adapters.problem import Problem, problem
from adapters.quarantine import CODE as IN_QUARANTINE
from adapters.quarantine import Gate, Open
from adapters.scope import Face
from domain.staff.worker import Right


class Reply(Protocol):
    """Where the answer to one request goes: once, and either way."""

    async def answer(self, body: bytes) -> None:
        """What was asked for, as JSON; of a file a line of it, and bytes behind."""

    async def refuse(self, found: Problem) -> None: ...


class Shown(Protocol):
    """What somebody has before their eyes who is answered again and again."""

    def is_this(self, answer: bytes, exceptions: Sequence[Right | None]) -> bool:
        """Whether they see nothing new in it, nor by another right, and it is not sent: that is no look."""


class Visitor(NamedTuple):
    """Who sent a request, what it is called, and where the answer goes. Without `who` nobody knows the caller."""

    caller: str
    topic: str
    who: Caller | None
    reply: Reply
    traceparent: str = ""
    shown: Shown | None = None


class UnderWay:
    """What is being answered, each beside the others."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    def __len__(self) -> int:
        return len(self._tasks)

    def begin(self, answering: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(answering)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def ended(self) -> None:
        """Return when nothing is under way any more."""
        while self._tasks:
            await asyncio.wait(self._tasks)


class Reception:
    """One for all that a process answers: while the gate is closed everybody is told so, and no more."""

    def __init__(self, gate: Gate | None = None) -> None:
        self._gate = gate or Open()
        self.statistics = discovery.Statistics(instance=uuid.uuid4().hex)

    @property
    def closed(self) -> bool:
        return self._gate.closed

    def known(self, visitor: Visitor, face: Face) -> Problem | None:
        """What is wrong with who asks for this, or that nobody is answered now."""
        if self._gate.closed:
            return problem(IN_QUARANTINE)
        if visitor.who is None:
            return problem("CallerUnknown")
        return None if visitor.who.may(face, visitor.topic) else problem("ScopeMissing")

    def acting(self, visitor: Visitor, actor: str) -> Problem | None:
        """What is wrong with for whom they ask."""
        assert visitor.who is not None
        actors = visitor.who.actors
        return None if ANYONE in actors or actor in actors else problem("ActorNotAllowed")

    async def refuse(self, visitor: Visitor, found: Problem) -> None:
        """Say no, and count it."""
        self.statistics.count(visitor.topic, 0.0, found.code)
        await visitor.reply.refuse(found)
