"""A receipt says what an erasure destroyed, what is kept and why; each names the one before, and none a person."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from domain.decider import Decider
from domain.fact import Event, Fact
from domain.personal import Purpose
from domain.privacy.erasure import Acknowledged, Counted, DestroyedKey, Erasure, ErasureStepSkipped, Kept, Part, Step
from domain.refusal import Refused, require
from domain.values import ContactId, Digest, Instant, Label, Person, SubjectId, WorkerId

BOOK = "book"
"""The one stream of receipts: each follows the one before."""

FIRST = sha256(b"").hexdigest()
"""What the first receipt names as the one before it."""

Signature = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{128}$")]
"""An Ed25519 signature in hexadecimal."""

Signer = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{16}$")]
"""Which key signed."""


class Receipt(Part):
    """Free of personal data: ids, counts, codes, instants and fingerprints alone (N-8)."""

    kind: Literal["erasure-receipt"] = "erasure-receipt"
    """So that nothing else that is signed by the same key passes for one."""
    number: Annotated[int, Field(ge=1)]
    previous: Digest
    person: Person
    reason: Label
    requested_at: Instant
    officer: WorkerId
    fenced_at: Instant
    completed_at: Instant
    contacts: tuple[ContactId, ...]
    subjects: tuple[SubjectId, ...]
    purposes: tuple[Purpose, ...]
    destroyed: tuple[Counted, ...]
    kept: tuple[Kept, ...]
    sent_may_quote: bool
    """Whether what we sent is kept as proof, and with it what it may quote of what was written to us (R-GDP-3)."""
    purged: tuple[Counted, ...]
    keys: tuple[DestroyedKey, ...]
    processes: tuple[Acknowledged, ...]
    projections: tuple[Acknowledged, ...]
    backups_inert_at: Instant | None
    proof_until: Instant
    former: Digest | None


class ReceiptIssued(Event, topic="receipt.issued"):
    """This is the receipt of an erasure, signed over its canonical form."""

    receipt: Receipt
    digest: Digest
    signature: Signature
    signer: Signer


class ReceiptOutOfTurn(Refused):
    """Another receipt was issued meanwhile: this one does not follow the last."""


class ReceiptOther(Refused):
    """The receipt does not say what the erasure came to."""


@dataclass(frozen=True, slots=True)
class Receipts:
    """How many there are, and the digest of the last."""

    count: int = 0
    last: str = FIRST


def canonical(receipt: Receipt) -> bytes:
    """The one way of writing it: what is signed, and digested."""
    text = json.dumps(receipt.model_dump(mode="json"), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode()


def digest(receipt: Receipt) -> str:
    return sha256(canonical(receipt)).hexdigest()


def composed(person: Person, erasure: Erasure, receipts: Receipts, completed_at: Instant) -> Receipt:
    """What is to be said of the erasure as it stands. Refused before all that is to be said is stated."""
    require(erasure.step is Step.TOLD, otherwise=ErasureStepSkipped)
    assert erasure.requested_at is not None
    assert erasure.fenced_at is not None
    assert erasure.proof_until is not None
    return Receipt(
        number=receipts.count + 1,
        previous=receipts.last,
        person=person,
        reason=erasure.reason,
        requested_at=erasure.requested_at,
        officer=WorkerId(erasure.officer),
        fenced_at=erasure.fenced_at,
        completed_at=completed_at,
        contacts=erasure.contacts,
        subjects=erasure.subjects,
        purposes=erasure.purposes,
        destroyed=erasure.destroyed,
        kept=erasure.kept,
        sent_may_quote=any(each.ground == Purpose.PROOF and each.count for each in erasure.kept),
        purged=erasure.purged,
        keys=erasure.keys,
        processes=erasure.processes,
        projections=erasure.projections,
        backups_inert_at=erasure.inert_at,
        proof_until=erasure.proof_until,
        former=erasure.former,
    )


def issue(
    receipts: Receipts, person: Person, erasure: Erasure, receipt: Receipt, signature: str, signer: str
) -> Iterator[ReceiptIssued]:
    """Nothing but what the erasure came to can be said, and in its turn."""
    require((receipt.number, receipt.previous) == (receipts.count + 1, receipts.last), otherwise=ReceiptOutOfTurn)
    require(receipt == composed(person, erasure, receipts, receipt.completed_at), otherwise=ReceiptOther)
    yield ReceiptIssued(receipt=receipt, digest=digest(receipt), signature=signature, signer=signer)


def evolve(receipts: Receipts, fact: Fact[ReceiptIssued]) -> Receipts:
    return Receipts(receipts.count + 1, fact.event.digest)


RECEIPT = Decider("receipt", Receipts(), evolve, (ReceiptIssued,))
