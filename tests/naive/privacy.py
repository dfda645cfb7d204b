"""Whose data lies where and what becomes of it, folded from plain facts the slow and obvious way."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

PlainFact = dict[str, Any]
Rows = dict[str, dict[tuple[str, ...], dict[str, Any]]]

STEPS = {
    "erasure.requested": "requested",
    "erasure.fenced": "fenced",
    "erasure.proof-lapsed": "fenced",
    "erasure.keys-destroyed": "keys-destroyed",
    "erasure.purged": "purged",
    "erasure.acknowledged": "acknowledged",
    "subject.forgotten": "told",
    "erasure.completed": "completed",
    "erasure.refused": "refused",
}
BEGINS = {"contact.restricted": True, "contact.restriction-lifted": False, "erasure.requested": True}
BEGINS |= {"erasure.refused": False, "erasure.fenced": True}
"""Whether nobody but officers is shown the data from the fact on, or no longer on account of that thing."""


def at(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def withheld(found: Rows, fact: PlainFact) -> None:
    begins = BEGINS.get(fact["topic"])
    for subject in () if begins is None else fact["body"]["subjects"]:
        found["access_withheld"].pop((subject, fact["stream"]), None)
        if begins:
            found["access_withheld"][subject, fact["stream"]] = {}


def links(found: Rows, fact: PlainFact) -> None:
    """By the envelopes there are; of a contact and a worker, by how they became known."""
    for envelope in envelopes(fact["body"]):
        found["subject_streams"][envelope["subject"], fact["stream"]] = {}
    if fact["topic"] in ("contact.opened", "worker.hired"):
        noun, _, id = fact["stream"].partition("-")
        found["subject_links"][fact["body"]["subject"], fact["stream"]] = {"person": f"{noun}:{id}"}


def envelopes(value: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(value, dict) and "box" in value:
        yield value
    elif isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from envelopes(each)


def sender(found: Rows, id: str, own: Sequence[PlainFact]) -> None:
    """Who reported it and was not known; who is said now to have, if anybody is."""
    opened = own[0]["body"]
    if opened["reporter"] is None and opened["customer"] is None:
        said = [fact["body"] for fact in own if "reporter" in fact["body"]][-1]
        contact = said["reporter"] or said["customer"]
        person = f"contact:{contact}" if contact else f"ticket:{id}"
        found["subject_links"][opened["subject"], own[0]["stream"]] = {"person": person}


def hold(found: Rows, id: str, own: Sequence[PlainFact]) -> None:
    for ground in {fact["body"]["ground"] for fact in own}:
        last = [fact for fact in own if fact["body"]["ground"] == ground][-1]
        if last["topic"] == "hold.placed":
            found["holds"][id, ground] = {"until": at(last["body"]["until"])}


def erasure(found: Rows, id: str, own: Sequence[PlainFact]) -> None:
    """What was said since it was asked for last, unless that came to nothing."""
    asked = max(n for n, fact in enumerate(own) if fact["topic"] == "erasure.requested")
    said = {fact["topic"]: fact["body"] for fact in own[asked:]}
    refused = said.get("erasure.refused", {"obstacles": ()})["obstacles"]
    step = STEPS[own[-1]["topic"]]
    proof = [each for each in said.get("erasure.purged", {"kept": ()})["kept"] if each["ground"] == "proof"]
    found["erasures"][id,] = {
        "step": step,
        "reason": own[asked]["body"]["reason"],
        "officer": own[asked]["actor"],
        "requested_at": at(own[asked]["happened_at"]),
        "proof_until": at(own[asked]["body"]["proof_until"]),
        "keeps_proof": step == "completed"
        and "erasure.proof-lapsed" not in said
        and sum(each["count"] for each in proof) > 0,
        "under_way": step not in ("completed", "refused"),
        "receipts": len([fact for fact in own[asked:] if fact["topic"] == "erasure.completed"]),
        "obstacles": "\n".join(f"{each['kind']} {each['thing'] or each['ground'] or ''}".rstrip() for each in refused)
        or None,
    }


def receipts(found: Rows, _: str, own: Sequence[PlainFact]) -> None:
    for fact in own:
        told, receipt = fact["body"], fact["body"]["receipt"]
        found["receipts"][str(receipt["number"]).zfill(9),] = {
            "person": receipt["person"],
            "receipt": json.dumps(receipt, sort_keys=True, separators=(",", ":"), ensure_ascii=False),
            **{name: told[name] for name in ("digest", "signature", "signer")},
            "issued_at": at(fact["happened_at"]),
        }


ABOUT: Mapping[str, Callable[[Rows, str, Sequence[PlainFact]], None]] = {
    "ticket": sender,
    "hold": hold,
    "erasure": erasure,
    "receipt": receipts,
}
