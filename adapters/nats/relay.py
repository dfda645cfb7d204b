"""One relay publishes every fact once, in the order of the log, and after any outage goes on where it was."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress

import nats.errors
import structlog
from nats.aio.client import Client as Connection

from adapters.nats.channel import Channel
from adapters.nats.connection import Lasting, reached
from adapters.nats.inward import unsaid
from adapters.nats.pipeline import NotStored, TooLarge, Unsure
from adapters.nats.term import Elsewhere, Taken, Term
from adapters.postgres.outbox import LogBroken, Outgoing, outbox
from adapters.postgres.reading import Unreachable

ELECTION_SECONDS = 0.25
NOTE_SECONDS = 0.25
POLL_SECONDS = (0.005, 0.025)
FEW, ENOUGH, ROUND_SECONDS = 4, 64, 0.02
PAUSE_SECONDS = (0.05, 1.0)
CONNECT_SECONDS = 2
TROUBLE = (
    *(Unreachable, LogBroken, NotStored, Unsure, TooLarge, Elsewhere, Taken),
    *(nats.errors.Error, OSError, TimeoutError),
)

logger = structlog.get_logger()


class Relay:
    """Publishes while it holds the lock; whatever goes wrong ends that, and it stands for election again.

    Nothing outlives a term: with the lock go the connection it was read on and the one it was published on.
    """

    def __init__(self, postgres_url: str, schema: str, nats_url: str, seed_file: str, channel: Channel) -> None:
        self._postgres_url, self._schema = postgres_url, schema
        self._nats_url, self._seed_file, self._channel = nats_url, seed_file, channel
        self._leaving = asyncio.Event()
        self._pause = PAUSE_SECONDS[0]
        self._troubled = False
        self._term: Term | None = None

    @property
    def position(self) -> int:
        """Up to where JetStream has acknowledged in the last term; 0 before the first."""
        return self._term.pipeline.acknowledged if self._term else 0

    async def run(self) -> None:
        """Until told to leave, whatever happens to Postgres and NATS."""
        while not self._leaving.is_set():
            try:
                await self._stand()
            except TROUBLE as trouble:
                self._say(trouble)
                await self._left(self._pause)
                self._pause = min(2 * self._pause, PAUSE_SECONDS[1])

    def leave(self) -> None:
        """Have `run` end, once what was sent is acknowledged."""
        self._leaving.set()

    async def _stand(self) -> None:
        async with outbox(self._postgres_url, self._schema) as log:
            while not await log.elected():
                if await self._left(ELECTION_SECONDS):
                    return
            async with connected(self._nats_url, self._seed_file) as connection:
                await self._serve(await Term.begun(log, connection, self._channel))

    async def _serve(self, term: Term) -> None:
        self._term = term
        noted, poll = float("-inf"), POLL_SECONDS[0]
        facts = await term.next()
        while not self._leaving.is_set():
            if facts:
                facts, poll = await self._published(term, facts), POLL_SECONDS[0]
            else:
                term.pipeline.check()
                await self._left(poll)
                facts, poll = await term.next(), min(1.5 * poll, POLL_SECONDS[1])
            if time.monotonic() > noted + NOTE_SECONDS:
                await term.note()
                noted = time.monotonic()
                self._well(term)
        await term.pipeline.settled()
        await term.note()

    async def _published(self, term: Term, facts: Sequence[Outgoing]) -> Sequence[Outgoing]:
        """What follows; after a few facts more of them are waited for, since each page costs as much as some do."""
        began, many = time.monotonic(), len(facts)
        following = await term.publish(facts)
        if many < FEW or len(following) >= ENOUGH:
            return following
        await self._left(max(0.0, began + ROUND_SECONDS - time.monotonic()))
        return await term.next()

    async def _left(self, seconds: float) -> bool:
        """Whether it is time to leave, after so long at most."""
        try:
            await asyncio.wait_for(self._leaving.wait(), seconds)
        except TimeoutError:
            return False
        return True

    def _say(self, trouble: Exception) -> None:
        """Once for an outage, however long it lasts."""
        if not self._troubled:
            logger.warning("relay in trouble", trouble=type(trouble).__name__, about=str(trouble), after=self.position)
        self._troubled = True

    def _well(self, term: Term) -> None:
        if self._troubled:
            logger.warning("relay goes on", after=term.pipeline.acknowledged)
        self._troubled, self._pause = False, PAUSE_SECONDS[0]


@asynccontextmanager
async def connected(url: str, seed_file: str) -> AsyncIterator[Connection]:
    """A connection that does not come back by itself: what one had left to send, no later one must send."""

    async def complain(error: Exception) -> None:
        if "permissions violation" in str(error).lower():
            logger.error("nats", client="kartoteka-relay", error=unsaid(str(error)))

    connection = Lasting()
    await connection.connect(
        **reached(url),
        nkeys_seed=seed_file,
        name="kartoteka-relay",
        inbox_prefix=b"_INBOX.streams",
        allow_reconnect=False,
        max_reconnect_attempts=1,  # of the first connection too: we are the ones to wait, without the lock
        reconnect_time_wait=0,
        error_cb=complain,
        connect_timeout=CONNECT_SECONDS,
    )
    try:
        yield connection
    finally:
        # A server that no longer reads would keep us, and with us the lock, until it does.
        with suppress(TimeoutError):
            await asyncio.wait_for(connection.close(), CONNECT_SECONDS)
