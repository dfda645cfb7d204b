"""What a listener hears: one message after the other from the consumer that the service keeps for it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import suppress

import nats.errors
import orjson
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription

from adapters.credentials.permission import NEXT
from adapters.declined import not_given
from adapters.nats.channel import Channel
from adapters.nats.connection import Denied, Lasting
from adapters.nats.durable import EXPIRED, LONGEST_SECONDS

HOLD_SECONDS = 10.0
"""How often NATS is told that a message is being worked on: less than after what it gives it to another."""

PAUSE_SECONDS = 0.25
"""Before it is asked again for messages where there is no consumer yet, or the server is away."""

GRACE_SECONDS = 1.0


async def bodies(connection: Lasting, listener: str, channel: Channel) -> AsyncGenerator[bytes]:
    """Each message's bytes, for ever; acknowledged as soon as the next is asked for.

    What is under way when the caller's block breaks is not acknowledged, and heard again. Of several processes each
    hears a part. Raises Declined where the caller is no listener.
    """
    subscription = await connection.subscribe(connection.new_inbox())
    try:
        while True:
            message = await _next(connection, subscription, f"{NEXT}.{channel.stream}.{channel.durable(listener)}")
            if message is None:
                await asyncio.sleep(PAUSE_SECONDS)
            elif message.data:
                holding = asyncio.create_task(_hold(message))
                try:
                    yield message.data
                finally:
                    holding.cancel()
                await _acknowledged(message)
    finally:
        if not connection.is_closed:
            await subscription.unsubscribe()


async def _next(connection: Lasting, subscription: Subscription, subject: str) -> Msg | None:
    """The next message, one without data where none came in time; None where there is nobody to ask."""
    wanted = orjson.dumps({"batch": 1, "expires": int(LONGEST_SECONDS * 1e9)})

    async def asked() -> Msg:
        await connection.publish(subject, wanted, reply=subscription.subject)
        return await subscription.next_msg(timeout=LONGEST_SECONDS + GRACE_SECONDS)

    try:
        message = await connection.unless_denied(subject, asked())
    except Denied:
        raise not_given() from None
    except (nats.errors.TimeoutError, nats.errors.OutboundBufferLimitError):
        return None
    status = (message.headers or {}).get("Status")
    return message if status in (None, EXPIRED) else None


async def _hold(message: Msg) -> None:
    while True:
        await asyncio.sleep(HOLD_SECONDS)
        with suppress(nats.errors.Error):  # a server that is away will ask again itself
            await message.in_progress()


async def _acknowledged(message: Msg) -> None:
    """What is not, for the server is away, is heard again."""
    with suppress(nats.errors.Error):
        await message.ack()
