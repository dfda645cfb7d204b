"""What could not be dealt with is kept in the store first, however long that takes; only then NATS may forget it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from itertools import count

import nats.errors
import orjson
import structlog
from nats.js import JetStreamContext
from nats.js.api import RawStreamMsg
from nats.js.errors import NotFoundError

from adapters.nats.channel import EVENTS, Channel
from adapters.nats.patience import pause
from adapters.postgres.dead_letters import Cause, DeadLetters, Failed
from adapters.postgres.reading import Unreachable

EXHAUSTED = Cause("DeliveriesExhausted", "Time and again a process ended over it, or lost NATS, before it was done.")
ADVISORIES, UNDELIVERED = "KARTOTEKA_ADVISORIES", "kartoteka-undelivered-v1"
"""A stream of earlier versions and its consumer: there NATS told of messages that it had delivered often enough."""

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


async def last_words(streams: JetStreamContext, channel: Channel, letters: DeadLetters, leaving: asyncio.Event) -> None:
    """Keep what an earlier version had yet to read of the stream of such tellings, and take it away: it takes anything.

    Raises Leaving.
    """
    stream = channel.stream.replace(EVENTS, ADVISORIES, 1)
    handlers = {channel.durable(handler): handler for handler in channel.handlers}
    try:
        last = (await streams.stream_info(stream)).state.last_seq
        for sequence in range(await _read(streams, stream) + 1, last + 1):
            with suppress(NotFoundError):
                if failed := _told(await streams.get_msg(stream, sequence), handlers):
                    await keep(letters, failed, leaving)
        await streams.delete_stream(stream)
    except NotFoundError:
        return
    except nats.errors.Error as error:
        logger.warning("advisories", stream=stream, error=str(error))  # at the next start


async def _read(streams: JetStreamContext, stream: str) -> int:
    try:
        floor = (await streams.consumer_info(stream, UNDELIVERED)).ack_floor
    except NotFoundError:
        return 0
    return floor.stream_seq if floor else 0


def _told(message: RawStreamMsg, handlers: Mapping[str, str]) -> Failed | None:
    """What was one of our handlers'; None for what is not, and for what anybody else has put there."""
    try:
        told = orjson.loads(message.data or b"")
        return Failed(handlers[told["consumer"]], int(told["stream_seq"]), EXHAUSTED, int(told["deliveries"]))
    except (KeyError, TypeError, ValueError):
        return None
