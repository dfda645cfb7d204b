"""The handlers of a channel: each takes the facts it listens to under its own credentials, and asks under them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial

from adapters.clock import Clock
from adapters.credentials.caller import STREAMS
from adapters.nats.burial import last_words
from adapters.nats.channel import Channel
from adapters.nats.client import Client
from adapters.nats.connection import connect
from adapters.nats.durable import Durable, Source
from adapters.nats.lapse import Lapses
from adapters.nats.patience import Patience
from adapters.nats.reaction import Hearing
from adapters.postgres.dead_letters import DeadLetters
from adapters.postgres.ends import last_end
from commands.reactions.catalogue import REACTIONS
from commands.reactions.reaction import Reaction


@asynccontextmanager
async def handlers(
    url: str, seed: Callable[[str], str], letters: DeadLetters, channel: Channel, patience: Patience, clock: Clock
) -> AsyncIterator[None]:
    """All of them at work until the block ends; what they hold then is dealt with or given back. Raises Unreachable."""
    leaving = asyncio.Event()
    async with AsyncExitStack() as stack:
        ours = await connect(url, seed(STREAMS), name="kartoteka-handlers", inbox=f"_INBOX.{STREAMS}")
        stack.push_async_callback(ours.close)
        streams = ours.jetstream()
        durables: list[Durable] = []
        lapses: list[Lapses] = []
        for reaction in (REACTIONS[name] for name in channel.handlers if name in REACTIONS):
            client = Client(url, reaction.name, seed(reaction.name), patience_seconds=0.0)
            await stack.enter_async_context(client)
            hearing = Hearing(reaction, client, letters, leaving, patience.deliveries)
            if reaction.lapse is not None:
                ended = partial(last_end, letters.url, letters.schema)
                lapses.append(Lapses(reaction, client, ended, leaving, clock))
            durables.append(
                Durable(client.connection, streams, _source(channel, reaction), patience, hearing.deal, leaving)
            )
        if all([await each.make() for each in durables]):
            await last_words(streams, channel, letters, leaving)
        async with asyncio.TaskGroup() as tasks:
            for each in durables:
                tasks.create_task(each.run())
            for lapse in lapses:
                tasks.create_task(lapse.run())
            try:
                yield
            finally:
                for each in durables:
                    each.leave()


def _source(channel: Channel, reaction: Reaction) -> Source:
    topics = (topic.partition(".") for topic in reaction.topics)
    subjects = tuple(f"{channel.root}.{noun}.*.{verb}" for noun, _, verb in topics)
    return Source(channel.stream, channel.durable(reaction.name), subjects)
