"""The stream of a channel: in it, the sequence of a message is the position of its fact."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import orjson
import structlog
from nats.js import JetStreamContext
from nats.js.api import RetentionPolicy, StorageType, StreamConfig
from nats.js.errors import APIError, NotFoundError

from adapters.nats.channel import Channel
from adapters.nats.inward import changed, closed

EPOCH, SOURCE = "epoch", "source"

logger = structlog.get_logger()


class Standing(NamedTuple):
    """How the stream stands: which log it tells of, of whose deployment, and from where to where.

    `first` is the position of the oldest message that is kept, or of the next to come where there is none.
    """

    epoch: str
    first: int
    last: int
    messages: int
    bytes: int
    source: str = ""


class Consumption(NamedTuple):
    """Up to where a handler has acknowledged everything it is sent, and how much it has yet to be sent or to answer."""

    acknowledged: int
    waiting: int
    unacknowledged: int
    redelivered: int

    def floor(self, published: int) -> int:
        """Up to where nothing is left to do; `published` is how far the stream was known to go before this was asked.

        A handler is sent only what concerns it, so what it has acknowledged may lie far behind.
        """
        if self.waiting or self.unacknowledged:
            return min(self.acknowledged, published)
        return published


async def standing(streams: JetStreamContext, channel: Channel) -> Standing | None:
    """The stream as it is now; None where there is none."""
    try:
        found = await streams.stream_info(channel.stream)
    except NotFoundError:
        return None
    state = found.state
    about = found.config.metadata or {}
    told = about.get(EPOCH, ""), state.first_seq, state.last_seq, state.messages, state.bytes
    return Standing(*told, about.get(SOURCE, ""))


async def last_told(streams: JetStreamContext, channel: Channel) -> tuple[int, str]:
    """Position and id of the fact in the last message; (0, "") where it is none of ours or not in its place."""
    found = await streams.get_last_msg(channel.stream, channel.subjects)
    try:
        event = orjson.loads(found.data or b"")
        position, id = int(event["sequence"]), str(event["id"])
    except (orjson.JSONDecodeError, TypeError, KeyError, ValueError):
        return 0, ""
    return (position, id) if position == found.seq else (0, "")


async def is_closed(streams: JetStreamContext, channel: Channel, secret: str) -> bool:
    """Have the stream take what its relay sends and nothing else; False where NATS does not let us change it."""
    try:
        found = (await streams.stream_info(channel.stream)).config
        await changed(streams, found, _closed(found, channel, secret))
    except NotFoundError:
        return False
    except APIError as error:
        logger.warning("stream cannot be closed", stream=channel.stream, error=str(error))
        return False
    return True


async def make_anew(
    streams: JetStreamContext, channel: Channel, secret: str, epoch: str, source: str, after: int
) -> None:
    """An empty stream for what comes after a position.

    To purge the old one would not do: it would go on counting, and NATS would still hold what is published again for
    a repetition. What an operator has changed of its settings is kept; its consumers are gone.
    """
    config = _events(channel)
    try:
        config = (await streams.stream_info(channel.stream)).config
        await streams.delete_stream(channel.stream)
        logger.warning("stream is made anew", stream=channel.stream, epoch=epoch, after=after)
    except NotFoundError:
        pass
    config = replace(config, first_seq=after + 1, metadata={EPOCH: epoch, SOURCE: source})
    await streams.add_stream(_closed(config, channel, secret))


async def consumption(streams: JetStreamContext, channel: Channel, handler: str) -> Consumption | None:
    """How far the handler's consumer is; None before there is one."""
    try:
        found = await streams.consumer_info(channel.stream, channel.durable(handler))
    except NotFoundError:
        return None
    acknowledged = found.ack_floor.stream_seq if found.ack_floor else 0
    return Consumption(acknowledged, found.num_pending or 0, found.num_ack_pending or 0, found.num_redelivered or 0)


def _events(channel: Channel) -> StreamConfig:
    return StreamConfig(
        name=channel.stream,
        description="Facts, in the order of the log; the sequence of a message is the position of its fact.",
        retention=RetentionPolicy.LIMITS,
        storage=StorageType.FILE,
        max_age=channel.kept_seconds,
        duplicate_window=channel.duplicates_seconds,
        num_replicas=1,
    )


def _closed(config: StreamConfig, channel: Channel, secret: str) -> StreamConfig:
    return closed(config, channel.inner(secret).root, channel.root)
