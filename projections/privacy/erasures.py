"""Who is being forgotten or was, how far it has come, and what holds keep whom: ids, codes and instants alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from domain.fact import Fact
from domain.privacy.erasure import ERASURE, Erasure
from domain.privacy.hold import HOLD, Hold
from domain.privacy.receipt import RECEIPT, ReceiptIssued, canonical
from projections.model import Change, Column, Kind, Known, Put, ReadModel, Table, Touch, instead, words

ERASURES = Table(
    "erasures",
    ("person",),
    (
        *words("step", "reason", "officer"),
        Column("requested_at", Kind.INSTANT),
        Column("proof_until", Kind.INSTANT),
        Column("keeps_proof", Kind.FLAG),
        Column("under_way", Kind.FLAG),
        Column("receipts", Kind.NUMBER),
        Column("obstacles"),
    ),
    indexes=(("under_way",), ("keeps_proof", "proof_until")),
)
HOLDS = Table("holds", ("person", "ground"), (Column("until", Kind.INSTANT),), indexes=(("person",),))
RECEIPTS = Table(
    "receipts",
    ("number",),
    (*words("person", "receipt", "digest", "signature", "signer"), Column("issued_at", Kind.INSTANT)),
    indexes=(("person",),),
)
"""`receipt` is its canonical form; numbers are written with nine digits, so that they sort."""


def erasure(id: str, known: Known) -> Iterable[Change]:
    state: Erasure = known.state(ERASURE, id)
    row = {
        "step": state.step,
        "reason": state.reason,
        "officer": state.officer,
        "requested_at": state.requested_at,
        "proof_until": state.proof_until,
        "keeps_proof": state.keeps_proof,
        "under_way": state.under_way,
        "receipts": len(state.receipts),
        "obstacles": "\n".join(map(str, state.obstacles)) or None,
    }
    yield Put(ERASURES, (id,), row)


def holds(id: str, known: Known) -> Iterable[Change]:
    state: Hold = known.state(HOLD, id)
    rows = {(id, ground): {"until": until} for ground, until in state.grounds.items()}
    yield from instead(known, HOLDS, "person", id, rows)


def remake(stream: str) -> Iterator[Touch]:
    for decider, made in ((ERASURE, erasure), (HOLD, holds)):
        start = decider.stream("")
        if stream.startswith(start):
            yield Touch(decider, stream.removeprefix(start), made)


def project(fact: Fact[Any], _: Known) -> Iterator[Change | Touch]:
    event = fact.event
    if isinstance(event, ReceiptIssued):
        row = {
            "person": event.receipt.person,
            "receipt": canonical(event.receipt).decode(),
            "digest": event.digest,
            "signature": event.signature,
            "signer": event.signer,
            "issued_at": fact.happened_at,
        }
        yield Put(RECEIPTS, (f"{event.receipt.number:09}",), row)
        return
    yield from remake(fact.stream)


ERASING = ReadModel(
    name="erasures",
    about="Who is being forgotten or was, how far it has come, and the receipts; who must not be, and why.",
    tables=(ERASURES, HOLDS, RECEIPTS),
    facts=frozenset({*ERASURE.facts, *HOLD.facts, *RECEIPT.facts}),
    project=project,
    reads=(ERASURE, HOLD),
    remake=remake,
)
