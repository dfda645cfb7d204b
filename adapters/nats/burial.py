"""What could not be dealt with is kept in the store first, however long that takes; only then NATS may forget it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from itertools import count

import orjson
import structlog
from nats.aio.msg import Msg

from adapters.nats.channel import Channel
from adapters.nats.patience import pause
from adapters.postgres.dead_letters import Cause, DeadLetters, Failed
from adapters.postgres.reading import Unreachable

EXHAUSTED = Cause("DeliveriesExhausted", "Time and again a process ended over it, or lost NATS, before it was done.")

logger = structlog.get_logger()


async def keep(letters: DeadLetters, failed: Failed, leaving: asyncio.Event) -> None:
    """Until the store has it. Raises Leaving."""
    for tries in count():
        try:
            await letters.keep(failed)
        except Unreachable:
            await pause(tries, leaving)
        else:
            logger.error("dead letter", handler=failed.handler, position=failed.position, code=failed.cause.code)
            return


@dataclass(frozen=True, slots=True)
class Undelivered:
    """What NATS tells of messages that it delivered as often as it may."""

    channel: Channel
    letters: DeadLetters
    leaving: asyncio.Event

    async def deal(self, message: Msg) -> None:
        """Keep what was one of our handlers'; others' consumers are their own affair. Raises Leaving."""
        told = orjson.loads(message.data)
        handlers = {self.channel.durable(handler): handler for handler in self.channel.handlers}
        handler = handlers.get(told["consumer"])
        if handler is not None:
            failed = Failed(handler, told["stream_seq"], EXHAUSTED, told["deliveries"])
            await keep(self.letters, failed, self.leaving)
        await message.ack()
