"""A receipt that somebody keeps is one document: whoever changes a byte of it has none any more."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from adapters.receipt_document import NotAReceipt, Signed, decoded, encoded
from adapters.signature import Signature, Signer, Verifier
from domain.privacy.receipt import canonical
from examples import RECEIPT


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    return tmp_path / "keys"


@pytest.fixture
def document(keys: Path) -> bytes:
    return encoded(Signed(RECEIPT, Signer.opened(keys).sign(canonical(RECEIPT))))


def verifies(data: bytes, keys: Path) -> bool:
    try:
        signed = decoded(data)
    except NotAReceipt:
        return False
    return Verifier.opened(keys).verify(canonical(signed.receipt), signed.signature)


def test_it_is_read_as_it_was_written(document: bytes, keys: Path) -> None:
    assert decoded(document).receipt == RECEIPT
    assert encoded(decoded(document)) == document
    assert verifies(document, keys)


def test_no_byte_of_it_can_be_another(document: bytes, keys: Path) -> None:
    for place in range(len(document)):
        for bit in (0, 2, 5, 7):
            other = bytes([document[place] ^ (1 << bit)])
            changed = document[:place] + other + document[place + 1 :]
            assert not verifies(changed, keys), (place, other)


def test_none_can_be_put_in_nor_taken_out(document: bytes, keys: Path) -> None:
    for place in range(0, len(document) + 1, 3):
        assert not verifies(document[:place] + b" " + document[place:], keys)
    for place in range(len(document)):
        assert not verifies(document[:place] + document[place + 1 :], keys)


def test_another_way_of_writing_the_same_is_none(document: bytes, keys: Path) -> None:
    said = json.loads(document)
    for other in (
        json.dumps(said),
        json.dumps(dict(reversed(said.items())), separators=(",", ":")),
        json.dumps(said, indent=1),
    ):
        assert not verifies(f"{other}\n".encode(), keys)


@pytest.mark.parametrize("data", [b"", b"{}", b"null", b"\xff", b'{"receipt":{}}'])
def test_anything_else_is_no_receipt(data: bytes) -> None:
    with pytest.raises(NotAReceipt):
        decoded(data)


def test_what_another_signed_does_not_verify(keys: Path, document: bytes, tmp_path: Path) -> None:
    other = Signer.opened(tmp_path / "others").sign(canonical(RECEIPT))
    assert not verifies(encoded(Signed(RECEIPT, other)), keys)
    assert not verifies(encoded(Signed(RECEIPT, Signature(decoded(document).signature.signer, other.value))), keys)
