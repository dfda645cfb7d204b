"""Every listener has a consumer, which we make: who could make one could have its messages delivered anywhere."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Mapping, Set
from contextlib import asynccontextmanager, suppress

import nats.errors
import structlog
from nats.js import JetStreamContext
from nats.js.api import ConsumerInfo, DeliverPolicy
from nats.js.errors import APIError, NotFoundError

from adapters.credentials.caller import NAME, Caller
from adapters.credentials.permission import ROOT, durable, heard
from adapters.credentials.role import LISTENING
from adapters.nats.channel import Channel
from adapters.nats.connection import connect
from adapters.nats.durable import Source, configured
from adapters.nats.patience import Patience
from adapters.pace import ended

LOOK_SECONDS = 0.5
"""How often it is looked whether somebody is new, may hear of something else, or has lost the consumer."""

PAGE = 256
"""How many consumers NATS lists at a time."""

OF_CALLERS = re.compile(durable(NAME.pattern))

logger = structlog.get_logger()


@asynccontextmanager
async def listened(
    url: str, seed_file: str, callers: Mapping[str, Caller], channel: Channel, patience: Patience
) -> AsyncIterator[None]:
    """Until the block ends whoever listens has a consumer, and nobody else; of several processes each sees to it."""
    connection = await connect(url, seed_file, name="kartoteka-listeners", inbox="_INBOX.streams")
    keeping = asyncio.create_task(_keep(connection.jetstream(), callers, channel, patience))
    try:
        yield
    finally:
        await ended(keeping)
        await connection.close()


async def _keep(streams: JetStreamContext, callers: Mapping[str, Caller], channel: Channel, patience: Patience) -> None:
    while True:
        try:
            there = await _there(streams, channel.stream)
            # Only then who may hear: by now we know of everybody for whom another process has made one of those.
            wanted = _wanted(callers, channel)
            await _put_right(streams, there, wanted, patience, of_ours={*map(channel.durable, channel.handlers)})
        except NotFoundError:
            pass  # whoever publishes makes the stream
        except (APIError, nats.errors.Error) as error:
            logger.warning("listeners", error=str(error))
        await asyncio.sleep(LOOK_SECONDS)


async def _there(streams: JetStreamContext, stream: str) -> dict[str, ConsumerInfo]:
    """Every consumer that the stream has. Raises NotFoundError where there is no stream."""
    found: dict[str, ConsumerInfo] = {}
    while True:
        page = await streams.consumers_info(stream, len(found))
        found |= {info.name: info for info in page}
        if len(page) < PAGE:
            return found


def _wanted(callers: Mapping[str, Caller], channel: Channel) -> dict[str, Source]:
    listening = (one for one in list(callers.values()) if one.role in LISTENING and one.name not in channel.handlers)
    return {source.consumer: source for source in (_source(caller, channel) for caller in listening)}


async def _put_right(
    streams: JetStreamContext,
    there: Mapping[str, ConsumerInfo],
    wanted: Mapping[str, Source],
    patience: Patience,
    *,
    of_ours: Set[str],
) -> None:
    """Nobody is left what was kept for who had the name before, or for themselves when they might hear of more."""
    for name, info in there.items():
        if name not in wanted and name not in of_ours and OF_CALLERS.fullmatch(name):
            await _done(name, _gone(streams, info))
    for name, source in wanted.items():
        found = there.get(name)
        if found is None:
            await _done(name, streams.add_consumer(source.stream, configured(source, patience)))
        elif _subjects(found) != set(source.subjects):
            await _done(name, _made_anew(streams, source, found, patience))


async def _done(consumer: str, doing: Awaitable[object]) -> None:
    """What cannot be done now for one, others do not wait for."""
    try:
        await doing
    except (APIError, nats.errors.Error) as error:
        logger.warning("listener", consumer=consumer, error=str(error))


async def _made_anew(streams: JetStreamContext, source: Source, found: ConsumerInfo, patience: Patience) -> None:
    """From where it stood on: one that is changed would still give what it has given and was not acknowledged."""
    dealt_with = found.ack_floor.stream_seq if found.ack_floor else 0
    await _gone(streams, found)
    onward = DeliverPolicy.BY_START_SEQUENCE
    config = configured(source, patience).evolve(deliver_policy=onward, opt_start_seq=dealt_with + 1)
    await streams.add_consumer(source.stream, config)


async def _gone(streams: JetStreamContext, found: ConsumerInfo) -> None:
    with suppress(NotFoundError):  # another process was first
        await streams.delete_consumer(found.stream_name, found.name)


def _subjects(found: ConsumerInfo) -> set[str]:
    """What it hears of."""
    return {*(found.config.filter_subjects or ()), *filter(None, [found.config.filter_subject])}


def _source(caller: Caller, channel: Channel) -> Source:
    subjects = (subject.replace(f"{ROOT}.evt", channel.root, 1) for subject in heard(caller))
    return Source(channel.stream, channel.durable(caller.name), tuple(subjects))
