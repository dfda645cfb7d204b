"""What officers and auditors ask about forgetting: who is being forgotten, the receipts, and who must not be (N-8)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar

from domain.privacy.erasure import Step
from domain.staff.worker import Right
from domain.values import Person
from projections.names import CALLED
from projections.privacy.erasures import ERASING
from projections.question import Answer, Leg, Listing

RIGHTS = [Right.PRIVACY_OFFICER, Right.AUDITOR]


class ErasureRow(Answer):
    """How far one person's forgetting has come; `proof_until` counts while `keeps_proof`.

    Of one that was refused because of what came in between, `obstacles` are that, a line for each.
    """

    person: str
    step: Step
    reason: str
    officer: str
    officer_name: str | None
    requested_at: datetime
    under_way: bool
    keeps_proof: bool
    proof_until: datetime
    receipts: int
    obstacles: str | None


class Erasures(Listing[ErasureRow], name="erasures", rests_on=(ERASING, CALLED), rights=RIGHTS):
    """Everybody who is being forgotten or was, by the person."""

    person: Person | None = None
    under_way: bool | None = None
    keeps_proof: bool | None = None

    narrowing: ClassVar = {
        "person": "e.person = %(person)s",
        "under_way": "e.under_way",
        "keeps_proof": "e.keeps_proof",
    }
    of = ("person",)
    shows = """
        e.person, e.step, e.reason, e.officer, w.name AS sealed_officer_name, e.requested_at, e.under_way,
        e.keeps_proof, e.proof_until, e.receipts::int AS receipts, e.obstacles"""
    joins = "JOIN erasures e ON e.person = page.person LEFT JOIN worker_names w ON w.worker = e.officer"

    def legs(self) -> Sequence[Leg]:
        return [Leg(f"FROM erasures e WHERE true{self.given()}", {"e.person": "text"})]


class ReceiptRow(Answer):
    """A receipt in its canonical form, byte for byte what was signed, with its digest and its signature."""

    number: int
    person: str
    issued_at: datetime
    receipt: str
    digest: str
    signature: str
    signer: str


class ErasureReceipts(Listing[ReceiptRow], name="erasure-receipts", rests_on=(ERASING,), rights=RIGHTS):
    """The receipts in their order, each naming the one before: of everybody, or of one person (N-8)."""

    person: Person | None = None

    narrowing: ClassVar = {"person": "r.person = %(person)s"}
    of = ("number",)
    shows = "r.number::int AS number, r.person, r.issued_at, r.receipt, r.digest, r.signature, r.signer"
    joins = "JOIN receipts r ON r.number = page.number"

    def legs(self) -> Sequence[Leg]:
        return [Leg(f"FROM receipts r WHERE true{self.given()}", {"r.number": "text"})]


class HoldRow(Answer):
    """A ground on which a person must not be forgotten; with an end it holds until then."""

    person: str
    ground: str
    until: datetime | None


class Holds(Listing[HoldRow], name="holds", rests_on=(ERASING,), rights=RIGHTS):
    """Who must not be forgotten, and on which grounds; those whose end has passed among them."""

    person: Person | None = None

    narrowing: ClassVar = {"person": "h.person = %(person)s"}
    of = ("person", "ground")
    shows = "h.person, h.ground, h.until"
    joins = "JOIN holds h ON h.person = page.person AND h.ground = page.ground"

    def legs(self) -> Sequence[Leg]:
        return [Leg(f"FROM holds h WHERE true{self.given()}", {"h.person": "text", "h.ground": "text"})]
