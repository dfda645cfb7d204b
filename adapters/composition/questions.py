"""What answers questions: a part of every service process, and of one that does nothing else.

Commands are decided many at a time, and an event loop that decides answers nobody meanwhile: questions that share it
wait for that, again and again.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, NamedTuple

from adapters.clock import Clock
from adapters.clock import now as now
from adapters.composition.known import outside
from adapters.composition.place import Place
from adapters.credentials.callers import Callers
from adapters.scope import Face

if TYPE_CHECKING:
    from adapters.answering.questions import QueryService
    from adapters.answering.reception import Reception
    from adapters.key_encryption import KeyEncryption
    from adapters.postgres.keys import Keyring
    from adapters.postgres.looks import Looks


class Answering(NamedTuple):
    """The service with what it keeps, and the keyrings that drop what is fenced."""

    queries: QueryService
    looks: Looks
    keyrings: tuple[Keyring, ...]

    async def end(self) -> None:
        """Answer what waits, and let go."""
        await self.queries.drain()
        await self.looks.close()


def answering(place: Place, keys: KeyEncryption, reception: Reception, clock: Clock) -> Answering:
    """What answers the questions of one process; nothing comes to it by itself."""
    from adapters.answering.questions import QueryService
    from adapters.cursor import Cursors
    from adapters.position import PositionTokens
    from adapters.postgres.answers import Answers
    from adapters.postgres.hindsight import Hindsight
    from adapters.postgres.keys import Keyring
    from adapters.postgres.looks import Looks

    url, settings = place.postgres_url, place.settings
    shown, named = Keyring(keys), Keyring(keys)
    tokens, cursors = PositionTokens(keys.derive("position")), Cursors(keys.derive("cursor"))
    looks = Looks(url, settings.schema_name, capacity=settings.waiting)
    queries = QueryService(
        Answers(url, settings.schema_name, shown),
        Hindsight(url, settings.schema_name, named, tokens.token),
        looks,
        reception,
        tokens,
        cursors,
        capacity=settings.waiting,
        now=clock,
    )
    return Answering(queries, looks, (shown, named))


@asynccontextmanager
async def asking(place: Place, *, clock: Clock = now) -> AsyncIterator[QueryService]:
    """A process that answers questions over NATS until the block ends, then those that wait, and leaves.

    While the log is in quarantine it says so to whoever asks. Raises ClockNeeded where the log goes by another clock.
    """
    from adapters.answering.reception import Reception
    from adapters.nats.connection import connect
    from adapters.nats.face import NatsFace
    from adapters.postgres import clock as test_clock
    from adapters.postgres.key_holders import holding
    from adapters.postgres.keys import opened_keys
    from adapters.postgres.quarantine import watching
    from adapters.postgres.schema import migrate

    url, settings = place.postgres_url, place.settings
    migrate(url, settings.schema_name)
    test_clock.require(url, settings.schema_name, clock)
    keys = opened_keys(url, settings.schema_name, place.keys)
    async with watching(url, settings.schema_name, *outside(place)) as gate:
        reception = Reception(gate)
        answers = answering(place, keys, reception, clock)
        seed = str(place.seed("service"))
        connection = await connect(place.nats_url, seed, name="kartoteka-questions", inbox="_INBOX.service")
        face = NatsFace(connection, Callers(place.callers), reception)
        with holding(url, settings.schema_name, "questions", answers.keyrings):
            await face.open({Face.QUESTIONS: answers.queries.take})
            try:
                yield answers.queries
            finally:
                await face.end()
                await answers.end()
                await face.close()
