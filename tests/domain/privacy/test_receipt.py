"""A receipt says what the facts of the erasure say, follows the one before, is written in one way, and names nobody."""

import json
import re
from datetime import timedelta, timezone
from hashlib import sha256
from typing import Any, get_type_hints

import pytest
from pydantic import BaseModel, ValidationError
from specification import MONDAY, folded, having

from domain.personal import Purpose
from domain.privacy.erasure import ERASURE, DestroyedKey, Erasure, ErasureStepSkipped
from domain.privacy.receipt import (
    FIRST,
    RECEIPT,
    Receipt,
    ReceiptIssued,
    ReceiptOther,
    ReceiptOutOfTurn,
    Receipts,
    canonical,
    composed,
    digest,
    issue,
)
from domain.values import Label, Person, SubjectId
from examples import (
    EVENT,
    KEPT,
    LAWSUIT,
    MILL_SUBJECT,
    SIGNATURE,
    SIGNER,
    TEN,
    THE_MILL,
)
from examples import RECEIPT as THEIRS

SO_FAR = [
    *(EVENT[f"erasure.{each}"] for each in ("requested", "fenced", "keys-destroyed", "purged", "acknowledged")),
    EVENT["subject.forgotten"],
]
ISSUED = EVENT["receipt.issued"]


def told() -> Erasure:
    return folded(ERASURE, *SO_FAR)


def issuing(receipt: Receipt, *before: Any, erasure: Erasure | None = None) -> Any:
    """What comes of the receipt, behind those that were issued before."""
    return having(RECEIPT, *before).deciding(issue, THE_MILL, erasure or told(), receipt, SIGNATURE, SIGNER)


def test_a_receipt_is_composed_of_what_was_stated() -> None:
    assert composed(THE_MILL, told(), Receipts(), TEN) == THEIRS


@pytest.mark.parametrize("steps", range(len(SO_FAR)))
def test_before_all_is_stated_there_is_nothing_to_compose(steps: int) -> None:
    with pytest.raises(ErasureStepSkipped):
        composed(THE_MILL, folded(ERASURE, *SO_FAR[:steps]), Receipts(), TEN)
    issuing(THEIRS, erasure=folded(ERASURE, *SO_FAR[:steps])).refused(ErasureStepSkipped)


def test_a_completed_erasure_gets_no_further_receipt() -> None:
    done = folded(ERASURE, *SO_FAR, EVENT["erasure.completed"])
    issuing(THEIRS, erasure=done).refused(ErasureStepSkipped)


def test_the_first_receipt_follows_none_and_each_other_the_one_before() -> None:
    issuing(THEIRS).then(ISSUED)
    second = composed(THE_MILL, told(), folded(RECEIPT, ISSUED), TEN)
    assert (THEIRS.number, THEIRS.previous) == (1, FIRST)
    assert (second.number, second.previous) == (2, digest(THEIRS))
    issuing(second, ISSUED).then(
        ReceiptIssued(receipt=second, digest=digest(second), signature=SIGNATURE, signer=SIGNER)
    )
    assert sha256(b"").hexdigest() == FIRST


@pytest.mark.parametrize(
    "changed",
    [{"number": 2}, {"number": 3}, {"previous": "0e" * 32}],
    ids=["the next", "one too far", "another before"],
)
def test_a_receipt_that_does_not_follow_the_last_is_out_of_turn(changed: dict[str, Any]) -> None:
    issuing(THEIRS.model_copy(update=changed)).refused(ReceiptOutOfTurn)
    issuing(THEIRS, ISSUED).refused(ReceiptOutOfTurn)


CHANGED: dict[str, Any] = {
    "person": Person("contact:bakery"),
    "reason": LAWSUIT,
    "requested_at": MONDAY,
    "officer": "vera",
    "fenced_at": MONDAY,
    "contacts": (),
    "subjects": (MILL_SUBJECT, SubjectId("77aa01")),
    "purposes": (Purpose.PROOF,),
    "destroyed": (),
    "kept": KEPT[:1],
    "sent_may_quote": False,
    "purged": (),
    "keys": (),
    "processes": (),
    "projections": (),
    "backups_inert_at": None,
    "proof_until": MONDAY,
    "former": "0c" * 32,
}


@pytest.mark.parametrize("field", CHANGED)
def test_a_receipt_says_nothing_but_what_the_erasure_came_to(field: str) -> None:
    assert getattr(THEIRS, field) != CHANGED[field]
    issuing(THEIRS.model_copy(update={field: CHANGED[field]})).refused(ReceiptOther)


def test_every_field_is_one_that_cannot_be_said_otherwise() -> None:
    by_itself = {"kind", "number", "previous", "completed_at"}
    assert CHANGED.keys() | by_itself == Receipt.model_fields.keys()
    issuing(THEIRS.model_copy(update={"completed_at": MONDAY})).then(
        ReceiptIssued(
            receipt=(later := THEIRS.model_copy(update={"completed_at": MONDAY})),
            digest=digest(later),
            signature=SIGNATURE,
            signer=SIGNER,
        )
    )


# The canonical form


def test_the_canonical_form_is_the_only_one() -> None:
    text = canonical(THEIRS).decode()
    document = json.loads(text)
    assert [*document] == sorted(document)
    assert not re.search(r"[,:]\s|[{}\[\]\n]\s", text)
    assert Receipt.model_validate_json(text) == THEIRS
    assert canonical(Receipt.model_validate_json(text)) == canonical(THEIRS)


def test_however_a_receipt_was_written_down_its_canonical_form_is_the_same() -> None:
    document = THEIRS.model_dump(mode="json")
    for written in (json.dumps(document, indent=4), json.dumps(dict(reversed(document.items())), ensure_ascii=True)):
        assert canonical(Receipt.model_validate_json(written)) == canonical(THEIRS)


def test_an_instant_told_in_another_zone_is_the_same_instant_and_the_same_bytes() -> None:
    elsewhere = TEN.astimezone(timezone(timedelta(hours=2)))
    document = {**THEIRS.model_dump(mode="json"), "completed_at": elsewhere.isoformat()}
    assert canonical(Receipt.model_validate(document)) == canonical(THEIRS)


def test_another_receipt_has_another_digest() -> None:
    others = [THEIRS.model_copy(update={field: value}) for field, value in CHANGED.items()]
    assert len({digest(each) for each in (THEIRS, *others)}) == len(others) + 1
    assert digest(THEIRS) == sha256(canonical(THEIRS)).hexdigest()


def test_words_of_any_alphabet_stand_in_it_as_they_are() -> None:
    receipt = THEIRS.model_copy(update={"reason": "на їхнє прохання"})
    assert "на їхнє прохання" in canonical(receipt).decode()


# Nobody is named


PERSONAL = ["Ann Smith", "ann@smith.example", "+420 603 123 456", "High Street 7\nOldtown"]


@pytest.mark.parametrize("typed", PERSONAL)
@pytest.mark.parametrize(
    "place",
    [
        *("kind", "previous", "person", "officer", "former"),
        *("contacts", "subjects", "purposes"),
        *("destroyed.kind", "kept.kind", "kept.ground", "purged.kind", "processes.name", "projections.name"),
        *("keys.subject", "keys.purpose", "keys.fingerprint"),
    ],
)
def test_nowhere_in_a_receipt_can_be_written_what_somebody_typed(place: str, typed: str) -> None:
    document = THEIRS.model_dump(mode="json")
    field, _, inside = place.partition(".")
    if inside:
        document[field] = [{**document[field][0], inside: typed}]
    else:
        document[field] = [typed] if isinstance(document[field], list) else typed
    with pytest.raises(ValidationError):
        Receipt.model_validate(document)


def test_the_only_words_in_a_receipt_are_those_of_the_list_of_reasons() -> None:
    hints = get_type_hints(Receipt, include_extras=True)
    assert [name for name, hint in hints.items() if hint == Label] == ["reason"]


def test_a_receipt_takes_nothing_besides() -> None:
    with pytest.raises(ValidationError):
        Receipt.model_validate({**THEIRS.model_dump(mode="json"), "name": "Ann Smith"})
    for part in (THEIRS.destroyed[0], THEIRS.kept[0], THEIRS.keys[0], THEIRS.processes[0]):
        assert isinstance(part, BaseModel)
        with pytest.raises(ValidationError):
            type(part).model_validate({**part.model_dump(mode="json"), "name": "Ann Smith"})


def test_a_fingerprint_of_a_key_is_no_key() -> None:
    assert {*DestroyedKey.model_fields} == {"subject", "purpose", "epoch", "kek_epoch", "fingerprint"}


def test_what_is_signed_says_what_it_is() -> None:
    assert json.loads(canonical(THEIRS))["kind"] == "erasure-receipt"
