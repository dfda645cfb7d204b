"""What the next step of an erasure takes is done, and then stated: done twice it is the same, and stated it is once.

Whatever ends over it, the log tells where it stood. Nothing is destroyed before the fence is in the log, and before the
journal outside the database tells of it.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime

import structlog

from adapters.clock import Clock
from adapters.erasure_journal import Fenced, Issued, Journal
from adapters.key_encryption import EndUnknown
from adapters.nats.client import Declined
from adapters.part_store import PartStore
from adapters.postgres.erasures import ErasingDesk, Standing
from adapters.signature import Signature, Signer
from commands.command import Command
from commands.privacy.erasure import (
    EndProof,
    FenceErasure,
    RecordAcknowledgements,
    RecordDestroyedKeys,
    RecordPurge,
    TellErasure,
)
from commands.privacy.receipt import IssueReceipt
from commands.reactions.reaction import NAMES
from domain.privacy.erasure import ErasureStepSkipped, ProofNotLapsed, Step
from domain.privacy.receipt import ReceiptOutOfTurn, canonical, composed
from domain.staff.worker import ERASING
from domain.values import Person

TRIES = 8
"""How often a receipt is composed anew, where another one was issued meanwhile."""

Ask = Callable[[Command, str], Awaitable[None]]
"""Have the command done under the id. Raises Declined where a rule says no, and anything else where nobody can tell."""

logger = structlog.get_logger()


def unheard(_: str) -> None:
    """Nobody wants to know."""


@dataclass(slots=True)
class Saga:
    """`inert_at` is from when on nobody opens what was wrapped with an epoch, in no backup. It raises EndUnknown.

    `reached` hears of every boundary, before the next thing is done.
    """

    desk: ErasingDesk
    ask: Ask
    published: Callable[[int], Awaitable[bool]]
    store: PartStore
    journal: Journal
    signer: Signer
    inert_at: Callable[[int], datetime]
    clock: Clock
    reached: Callable[[str], None] = unheard
    waiting: dict[str, str] = field(default_factory=dict)
    """For what each person's erasure waits."""
    _refused: dict[str, str] = field(default_factory=dict)
    """Of requests that a rule has refused, by what their ids rest on, under which mark they are asked again."""
    _noted: int = 0

    async def go_on(self, person: str) -> Step:
        """As far as it goes now; where it stands then."""
        before = None
        while True:
            standing = await self.desk.standing(person)
            if standing.version == before or not await self._next(standing):
                return standing.erasure.step
            before = standing.version

    async def note_fences(self) -> None:
        """Have all fences of the log in the journal, also where that was lost, or is an old copy."""
        told = await asyncio.to_thread(self.journal.read)
        for standing in await self.desk.fences_besides((position, link) for _, position, link in told.fences):
            await asyncio.to_thread(self.journal.append, self._fenced(standing), self.signer)
            logger.warning("the journal did not tell of an erasure, and does again", person=standing.person)

    async def note_receipts(self) -> None:
        """Have all receipts of the log in the journal."""
        while page := await self.desk.issued(self._noted):
            for fact in page:
                event, signature = fact.event, Signature(fact.event.signer, fact.event.signature)
                text = canonical(event.receipt).decode()
                entry = Issued(event.receipt.person, text, signature, fact.happened_at)
                await asyncio.to_thread(self.journal.append, entry, self.signer)
                self._noted = fact.version
                self.reached("receipt noted")

    async def _next(self, standing: Standing) -> bool:
        """Whether something may have moved by it."""
        match standing.erasure.step:
            case Step.REQUESTED:
                return await self._fence(standing)
            case Step.FENCED:
                return await self._destroy(standing)
            case Step.DESTROYED:
                return await self._purge(standing)
            case Step.PURGED:
                return await self._acknowledge(standing)
            case Step.ACKNOWLEDGED:
                return await self._ask(standing, TellErasure(person=Person(standing.person)))
            case Step.TOLD:
                return await self._issue(standing)
            case Step.COMPLETED if self._lapsed(standing):
                return await self._ask(standing, EndProof(person=Person(standing.person)))
        self.waiting.pop(standing.person, None)
        return False

    def _lapsed(self, standing: Standing) -> bool:
        until = standing.erasure.proof_until
        return standing.erasure.keeps_proof and until is not None and self.clock() >= until

    async def _fence(self, standing: Standing) -> bool:
        if unknown := await self.desk.unknown(standing.position):
            return self._waits(standing, ", ".join(unknown))
        await self.desk.note_tokens(standing)
        self.reached("tokens noted")
        return await self._ask(standing, FenceErasure(person=Person(standing.person)))

    async def _destroy(self, standing: Standing) -> bool:
        await asyncio.to_thread(self.journal.append, self._fenced(standing), self.signer)
        self.reached("fence noted")
        keys = await self.desk.destroy_keys(standing)
        self.reached("keys destroyed")
        inert_at = self._inert_at(standing, {each.kek_epoch for each in keys})
        command = RecordDestroyedKeys(person=Person(standing.person), keys=keys, inert_at=inert_at)
        return await self._ask(standing, command)

    def _inert_at(self, standing: Standing, epochs: Iterable[int]) -> datetime | None:
        """None where there was no key, or where nobody can say of one when it ends: the receipt has no date then."""
        try:
            return max(map(self.inert_at, epochs), default=None)
        except EndUnknown as why:
            logger.warning("the receipt will have no date for backups", person=standing.person, why=str(why))
            return None

    def _fenced(self, standing: Standing) -> Fenced:
        erasure, fence = standing.erasure, standing.fence
        assert fence is not None
        assert erasure.proof_until is not None
        return Fenced(
            epoch=standing.epoch,
            position=fence.position,
            link=fence.link,
            person=standing.person,
            reason=erasure.reason,
            contacts=erasure.contacts,
            subjects=erasure.subjects,
            purposes=tuple(map(str, erasure.purposes)),
            proof_until=erasure.proof_until,
            at=fence.at,
        )

    async def _purge(self, standing: Standing) -> bool:
        """What can go goes at once; read models, and what came meanwhile, when nobody has anything on its way."""
        await self._take(standing)
        come = await self.desk.come(standing)
        if come.missing:
            return self._waits(standing, ", ".join(come.missing))
        await self._take(standing)
        purged = await self.desk.purged(standing)
        self.reached("read models purged")
        destroyed, kept = await self.desk.counted(standing)
        command = RecordPurge(person=Person(standing.person), destroyed=destroyed, kept=kept, purged=purged)
        return await self._ask(standing, command)

    async def _take(self, standing: Standing) -> None:
        for file in await self.desk.files(standing):
            await self.desk.take_file(standing, file, self.store.drop)
            self.reached("file taken")
        await self.desk.take_letters(standing)
        self.reached("letters taken")
        await self.desk.take_fingerprints(standing)
        self.reached("fingerprints taken")
        await self.desk.take_sign_ins(standing)
        self.reached("sign-ins taken")

    async def _acknowledge(self, standing: Standing) -> bool:
        processes, projections, missing = await self.desk.come(standing)
        if missing:
            return self._waits(standing, ", ".join(missing))
        command = RecordAcknowledgements(person=Person(standing.person), processes=processes, projections=projections)
        return await self._ask(standing, command)

    async def _issue(self, standing: Standing) -> bool:
        if not await self.published(standing.position):
            return self._waits(standing, "everybody to be told")
        for _ in range(TRIES):
            receipts = await self.desk.receipts()
            receipt = composed(Person(standing.person), standing.erasure, receipts, self.clock())
            if remains := await self.desk.remains(receipt):
                return self._waits(standing, "; ".join(remains))
            text = canonical(receipt)
            signer, signature = self.signer.sign(text)
            command = IssueReceipt(receipt=receipt, signature=signature, signer=signer)
            # What it says is part of what is asked for: composed anew it is another request.
            if not await self._ask(standing, command, f"/{signature}", besides=ReceiptOutOfTurn.__name__):
                return False
            if (await self.desk.standing(standing.person)).version != standing.version:
                await self.note_receipts()
                return True
        return False

    async def _ask(self, standing: Standing, command: Command, mark: str = "", besides: str = "") -> bool:
        """Under an id that says in which log, after which fact, and what: the same however often it is asked.

        Refused by a rule, it is asked again under another one in an hour; somebody may have seen to it by then.
        """
        about = f"erasing/{standing.epoch}/{standing.person}/{standing.position}/{command.topic}{mark}"
        hour = f"/{self.clock():%Y-%m-%dT%H}"
        if self._refused.get(about) == hour:
            return False
        self.reached(f"before {command.topic}")
        try:
            await self.ask(command, str(uuid.uuid5(NAMES, about + (hour if about in self._refused else ""))))
        except Declined as no:
            if no.code not in (ErasureStepSkipped.__name__, besides):
                self._refused[about] = hour
                level = logger.info if no.code == ProofNotLapsed.__name__ else logger.error
                level("erasure stands still", person=standing.person, topic=command.topic, code=no.code)
                self.waiting[standing.person] = no.code
                return False
        self.reached(f"after {command.topic}")
        self.waiting.pop(standing.person, None)
        return True

    def _waits(self, standing: Standing, what: str) -> bool:
        """Said once for as long as it is the same."""
        if self.waiting.get(standing.person) != what:
            logger.info("erasure waits", person=standing.person, step=standing.erasure.step, waits_for=what)
        self.waiting[standing.person] = what
        return False


def payload(command: Command, id: str) -> bytes:
    """The request in its envelope, asked for the automaton."""
    data = command.model_dump_json()
    return f'{{"id":"{id}","actor":"{ERASING}","data":{data}}}'.encode()
