"""What a restored log lacks of the erasures that were done is done again, before anybody is shown anything of it."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

import orjson

from adapters.clock import Clock, real_time
from adapters.envelope import read
from adapters.erasing.saga import Saga
from adapters.erasure_journal import Told
from adapters.nats.client import Declined, NoAnswer
from adapters.part_store import PartStoreAway
from adapters.postgres.erasures import ErasingDesk
from adapters.problem import Problem, refusal
from adapters.quarantine import Lacking
from commands.command import Command
from commands.handler import Contended, Handler
from commands.lookup import NotReady
from commands.privacy.erasure import RepeatErasure
from commands.reactions.reaction import NAMES
from domain.personal import Purpose
from domain.privacy.erasure import Erasure, Step
from domain.staff.worker import ERASING, SYSTEM

LOOK_SECONDS = 0.2
PATIENCE_SECONDS = 300.0
"""How long an erasure may stand where it is: longer than a process that is gone may still hold keys."""

AGAIN = (NoAnswer, PartStoreAway)
FOR_NOW = frozenset({NotReady.__name__, Contended.__name__})
BEFORE_THE_FENCE = frozenset({Step.NONE, Step.REFUSED, Step.REQUESTED})

As = Callable[[Command, str, str], Awaitable[None]]
"""Have the command done under an id, for a worker. Raises Declined, NoAnswer."""


class StandsStill(Exception):
    """An erasure does not come any further."""


def here(handler: Handler, secret: bytes, clock: Clock) -> As:
    """Decided and stored by this very process: in quarantine there is nobody else to ask."""

    async def ask(command: Command, id: str, actor: str) -> None:
        payload = orjson.dumps({"id": id, "actor": actor, "data": command.model_dump(mode="json")})
        found = read(command.topic, actor, payload, clock(), secret, real_time(clock))
        if isinstance(found, Problem):
            raise Declined(orjson.loads(found.body()))
        (answer,) = await handler.handle([found[0]])
        if answer.code in FOR_NOW:
            raise NoAnswer(answer.code)
        if answer.code:
            raise Declined(orjson.loads(refusal(answer.code, answer.thing).body()))

    return ask


@dataclass(slots=True)
class Reapply:
    """`told` hears in words how far it is."""

    desk: ErasingDesk
    saga: Saga
    ask: As
    told: Callable[[str], None]

    async def again(self, lacking: Sequence[Lacking], journal: Told) -> int:
        """Do all of them again, and end what the backup was taken in the middle of; gives how many there were.

        Done once more it goes on where it was. Raises StandsStill, Declined.
        """
        former = {each.person: each.digest for each in journal.issued}
        for number, each in enumerate(lacking, 1):
            self.told(f"{number} of {len(lacking)}: {each.fenced.person}")
            await self._again(each, former)
        begun = [person for person in _people(journal) if await self._is_begun(person)]
        for person in begun:
            self.told(f"to its end: {person}")
            await self._to_the_end(person, of_proof=False)
        await self.saga.note_receipts()
        return len(lacking) + len(begun)

    async def _again(self, lacking: Lacking, former: Mapping[str, str]) -> None:
        fenced = lacking.fenced
        command = RepeatErasure.model_validate(
            {
                "person": fenced.person,
                "reason": fenced.reason,
                "contacts": fenced.contacts,
                "subjects": fenced.subjects,
                "proof_until": fenced.proof_until,
                "former": former.get(fenced.person, lacking.digest),
                "proof_lapsed": lacking.of_proof,
            }
        )
        if lacking.of_proof:
            await self._to_the_end(fenced.person, of_proof=False)
        standing = await self.desk.standing(fenced.person)
        id = uuid.uuid5(NAMES, f"reapply/{standing.epoch}/{fenced.person}/{standing.position}/{lacking.digest}")
        await self.ask(command, str(id), SYSTEM)
        await self._to_the_end(fenced.person, of_proof=lacking.of_proof)

    async def _is_begun(self, person: str) -> bool:
        """Behind the fence there is no way back, and what it fenced is gone only at the end."""
        erasure = (await self.desk.standing(person)).erasure
        return erasure.under_way and erasure.step not in BEFORE_THE_FENCE

    async def _to_the_end(self, person: str, *, of_proof: bool) -> None:
        until, version, waits = time.monotonic() + PATIENCE_SECONDS, 0, ""
        while True:
            trouble = ""
            try:
                await self.saga.go_on(person)
            except AGAIN as why:
                trouble = type(why).__name__
            standing = await self.desk.standing(person)
            if _is_over(standing.erasure, of_proof=of_proof):
                return
            if standing.version != version:
                until, version = time.monotonic() + PATIENCE_SECONDS, standing.version
            now_waits = trouble or self.saga.waiting.get(person, "")
            if time.monotonic() > until:
                raise StandsStill(f"{person} stands at {standing.erasure.step}, and waits for {now_waits or 'nothing'}")
            if now_waits and now_waits != waits:
                self.told(f"{person} waits for {now_waits}")
                waits = now_waits
            await asyncio.sleep(LOOK_SECONDS)


def automaton(ask: As) -> Callable[[Command, str], Awaitable[None]]:
    """The same for who brings erasures on."""

    async def asked(command: Command, id: str) -> None:
        await ask(command, id, ERASING)

    return asked


def _people(journal: Told) -> Collection[str]:
    return dict.fromkeys(each.person for each in journal.fenced.values())


def _is_over(erasure: Erasure, *, of_proof: bool) -> bool:
    return erasure.step is Step.COMPLETED and (not of_proof or Purpose.PROOF in erasure.purposes)
