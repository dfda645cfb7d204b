"""Whether a receipt is what was signed, and whether what it says is so: in the log, in the journal, in the database."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from typing import NamedTuple

from adapters.clock import Clock
from adapters.erasure_journal import Journal
from adapters.key_encryption import KeyEncryption
from adapters.part_store import PartStore
from adapters.postgres import forgotten, quarantine
from adapters.postgres.key_holders import Line
from adapters.postgres.rounds import Round
from adapters.quarantine import missing, positions
from adapters.receipt_document import Signed
from adapters.signature import Signature, Verifier
from domain.personal import Purpose
from domain.privacy.receipt import FIRST, Receipt, ReceiptIssued, canonical, digest

LOOK_SECONDS, PATIENCE_SECONDS = 0.1, 3.0


class Finding(NamedTuple):
    """Something that is not as the receipt of this number says; 0 where it is about none of them."""

    number: int
    what: str
    sentence: str


class Verification:
    """Of the receipts of one log; which there are is read once."""

    def __init__(
        self,
        line: Line,
        journal: Journal,
        verifier: Verifier,
        store: PartStore,
        keys: KeyEncryption,
        clock: Clock,
    ) -> None:
        self.line, self.journal, self.verifier, self.store = line, journal, verifier, store
        self.keys, self.clock = keys, clock
        self.book = forgotten.book(line)
        self._read()

    async def everything(self) -> list[Finding]:
        """Every receipt of the log, and that each follows the one before."""
        await self._noted()
        found = [*self._spoiled(), *self._lacking(), *self._chain()]
        for event in self.book:
            found += await self.one(_signed(event))
        return found

    async def document(self, signed: Signed) -> list[Finding]:
        """One that somebody has kept."""
        await self._noted()
        return [*self._spoiled(), *self._lacking(), *self._chain(), *await self.one(signed)]

    async def one(self, signed: Signed) -> list[Finding]:
        receipt = signed.receipt
        said = [*self._signature(signed), *self._log(signed), *self._journal(receipt)]
        said += forgotten.remains(self.line, receipt)
        said += self._backups(receipt)
        if Purpose.CONTENT in receipt.purposes:
            for file in forgotten.files(self.line, receipt):
                if await self.store.holds(file):
                    said.append(("file", f"the store holds parts of the file {file}"))
        return [Finding(receipt.number, what, sentence) for what, sentence in said]

    async def _noted(self) -> None:
        """What was issued a moment ago is noted a moment later."""
        until = time.monotonic() + PATIENCE_SECONDS
        while not {each.digest for each in self.book} <= self.digests and time.monotonic() < until:
            await asyncio.sleep(LOOK_SECONDS)
            self._read()

    def _read(self) -> None:
        self.told = self.journal.read()
        self.digests = self.told.digests
        # A restored log has another epoch, and its old fences are where they were.
        self.fences = {(position, link) for _, position, link in self.told.fences}

    def _spoiled(self) -> Iterator[Finding]:
        for each in self.told.spoiled:
            yield Finding(0, "journal", f"{each.file}, line {each.line}: {each.sentence}")

    def _lacking(self) -> Iterator[Finding]:
        """An older backup has no receipt of it, and none that is wrong."""
        for each in missing(self.told, quarantine.links(self.line, positions([], self.told))):
            yield Finding(0, "log", f"it knows nothing of how {each.fenced.person} was forgotten, and the journal does")

    def _chain(self) -> Iterator[Finding]:
        before = FIRST
        for number, event in enumerate(self.book, 1):
            if (event.receipt.number, event.receipt.previous) != (number, before):
                yield Finding(number, "chain", "it does not follow the one before it")
            before = digest(event.receipt)

    def _signature(self, signed: Signed) -> Iterator[tuple[str, str]]:
        if not self.verifier.verify(canonical(signed.receipt), signed.signature):
            yield "signature", "it is not what one of our keys signed"

    def _log(self, signed: Signed) -> Iterator[tuple[str, str]]:
        """That these are the bytes of the log's receipt of this number, and that the erasure ended with it."""
        receipt, known = signed.receipt, digest(signed.receipt)
        if receipt.number > len(self.book) or _signed(self.book[receipt.number - 1]) != signed:
            lost = "; it was issued in one that was lost since" if known in self.digests else ""
            yield "log", f"the log has no such receipt{lost}"
            return
        if self.book[receipt.number - 1].digest != known:
            yield "log", "its digest is not the one on record"
        if self._round(receipt) is None:
            yield "log", "no erasure of the person ended with it"

    def _backups(self, receipt: Receipt) -> Iterator[tuple[str, str]]:
        """That from the date of the receipt on nothing that wrapped its keys is there, now or in a round before."""
        inert_at, used = receipt.backups_inert_at, max((each.kek_epoch for each in receipt.keys), default=0)
        if inert_at is None or self.clock() < inert_at:
            return
        epochs = self.keys.epochs
        for each in epochs.values():
            if each.number <= used and each.destroyed_at is None:
                yield "backups", f"they were to be inert on {inert_at:%Y-%m-%d}, and kek-{each.number} is not destroyed"
        if used and used not in epochs:
            yield "backups", f"they were to be inert on {inert_at:%Y-%m-%d}, and nobody knows of kek-{used}"

    def _journal(self, receipt: Receipt) -> Iterator[tuple[str, str]]:
        if digest(receipt) not in self.digests:
            yield "journal", "the journal outside the database does not have it"
        found = self._round(receipt)
        if found is not None and (found.position, found.link) not in self.fences:
            yield "journal", "the journal outside the database does not tell of its fence"

    def _round(self, receipt: Receipt) -> Round | None:
        known = digest(receipt)
        return next((each for each in forgotten.rounds(self.line, receipt.person) if each.digest == known), None)


def _signed(event: ReceiptIssued) -> Signed:
    return Signed(event.receipt, Signature(event.signer, event.signature))
