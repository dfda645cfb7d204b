"""Whoever holds the one lock brings every erasure on, one after the other; one that stands still keeps no other."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass

import nats.errors
import structlog

from adapters.clock import Clock, elapsed
from adapters.erasing.saga import Ask, Saga, payload
from adapters.key_encryption import KeyUnavailable
from adapters.nats.client import Client, Declined, NoAnswer
from adapters.nats.reaction import AWAY
from adapters.part_store import PartStoreAway
from adapters.postgres.erasures import ErasingDesk
from adapters.postgres.purge import NotPurged
from adapters.postgres.reading import Unreachable
from commands.command import Command
from commands.handler import Contended

EVERY_SECONDS = 1.0
AGAIN = (NoAnswer, nats.errors.Error, PartStoreAway, KeyUnavailable, NotPurged, OSError)
"""What may be better at the next look."""

logger = structlog.get_logger()


@dataclass(slots=True)
class Erasing:
    """`saga` makes one for a desk; what it knows beside the log goes with it."""

    desk: Callable[[], AbstractAsyncContextManager[ErasingDesk]]
    saga: Callable[[ErasingDesk], Saga]
    leaving: asyncio.Event
    clock: Clock
    every_seconds: float = EVERY_SECONDS
    _troubled: bool = False

    async def run(self) -> None:
        """Until told to leave, whatever happens to Postgres, to NATS, to the keys and to the disk."""
        while not self.leaving.is_set():
            try:
                async with self.desk() as desk:
                    await self._stand(desk)
            except (Unreachable, KeyUnavailable, OSError) as trouble:
                self._say(trouble)
            await elapsed(self.clock, self.every_seconds, self.leaving)

    async def _stand(self, desk: ErasingDesk) -> None:
        while not await desk.elected():
            await elapsed(self.clock, self.every_seconds, self.leaving)
            if self.leaving.is_set():
                return
        saga = self.saga(desk)
        await saga.note_fences()
        while not self.leaving.is_set():
            await self._round(desk, saga)
            await elapsed(self.clock, self.every_seconds, self.leaving)

    async def _round(self, desk: ErasingDesk, saga: Saga) -> None:
        well = True
        for person in await desk.under_way(self.clock()):
            if self.leaving.is_set():
                return
            try:
                await saga.go_on(person)
            except AGAIN as trouble:
                self._say(trouble)
                well = False
            except Unreachable:
                raise
            except Exception as error:  # noqa: BLE001 - one erasure's trouble is not the others'
                if saga.waiting.get(person) != type(error).__name__:
                    logger.error("erasure stands still", person=person, error=type(error).__name__)
                saga.waiting[person] = type(error).__name__
        await saga.note_receipts()
        self._troubled = self._troubled and not well

    def _say(self, trouble: Exception) -> None:
        """Once for a trouble, however long it lasts."""
        if not self._troubled:
            logger.warning("erasures wait", trouble=type(trouble).__name__)
        self._troubled = True


def asking(client: Client) -> Ask:
    """Over NATS; while the service is away nobody can tell."""

    async def ask(command: Command, id: str) -> None:
        try:
            await client.ask(command.topic, payload(command, id))
        except Declined as no:
            if no.status == AWAY or no.code == Contended.__name__:
                raise NoAnswer(no.code) from no
            raise

    return ask
