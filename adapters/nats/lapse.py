"""When a right has ended it is asked what follows: once for each end, whoever looks and however often."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

import nats.errors
import orjson
import structlog

from adapters.clock import Clock, elapsed
from adapters.nats.client import Client, Declined, NoAnswer
from adapters.postgres.reading import Unreachable
from commands.reactions.reaction import Reaction

LOOK_SECONDS = 15.0

logger = structlog.get_logger()


@dataclass(slots=True)
class Lapses:
    """`ended` tells when the right ended that did so last before an instant."""

    reaction: Reaction
    client: Client
    ended: Callable[[datetime], Awaitable[datetime | None]]
    leaving: asyncio.Event
    clock: Clock
    asked: datetime | None = None

    async def run(self) -> None:
        """Look every now and then until told to leave."""
        while not self.leaving.is_set():
            await self._look()
            await elapsed(self.clock, LOOK_SECONDS, self.leaving)

    async def _look(self) -> None:
        """What cannot be asked now is asked at the next look, under the same id."""
        try:
            ended = await self.ended(self.clock())
            if ended is not None and ended != self.asked:
                await self._ask(ended)
                self.asked = ended
        except Declined as no:
            logger.warning("not asked after a right ended", handler=self.reaction.name, code=no.code)
        except (Unreachable, NoAnswer, nats.errors.Error):
            return

    async def _ask(self, ended: datetime) -> None:
        call = self.reaction.lapsed(ended)
        data = call.command.model_dump(mode="json")
        await self.client.ask(
            call.command.topic, orjson.dumps({"id": call.id, "actor": self.reaction.name, "data": data})
        )
