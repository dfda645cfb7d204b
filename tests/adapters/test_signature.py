"""What was signed verifies for ever, and nothing else does."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from adapters.key_encryption import KeyUnavailable
from adapters.signature import Signature, Signer, Verifier, id_of, public_keys, verify

SAID = b'{"kind":"anchor","position":7}'


def test_what_was_signed_verifies_also_in_another_process(tmp_path: Path) -> None:
    signature = Signer.opened(tmp_path).sign(SAID)
    assert Verifier.opened(tmp_path).verify(SAID, signature)
    assert Signer.opened(tmp_path).sign(SAID) == signature


def test_a_byte_more_a_bit_less_or_another_signer_does_not_verify(tmp_path: Path) -> None:
    signer, verifier = Signer.opened(tmp_path), Verifier.opened(tmp_path)
    signature = signer.sign(SAID)
    flipped = f"{int(signature.value, 16) ^ 1:0128x}"
    stranger = Signer.opened(tmp_path / "elsewhere").sign(SAID)
    assert not verifier.verify(SAID + b" ", signature)
    assert not verifier.verify(SAID, signature._replace(value=flipped))
    assert not verifier.verify(SAID, stranger)
    assert not verifier.verify(SAID, stranger._replace(signer=signature.signer))


@pytest.mark.parametrize("value", ["", "ab", "no hex at all", "00" * 64])
def test_what_is_no_signature_verifies_nothing(tmp_path: Path, value: str) -> None:
    signer = Signer.opened(tmp_path)
    assert not Verifier.opened(tmp_path).verify(SAID, Signature(signer.id, value))


def test_what_an_old_key_signed_verifies_after_it_was_changed(tmp_path: Path) -> None:
    old = Signer.opened(tmp_path)
    verifier, signature = Verifier.opened(tmp_path), old.sign(SAID)
    new = Signer.changed(tmp_path)
    assert new.id != old.id
    assert verifier.verify(SAID, new.sign(SAID)), "a verifier that was there before"
    assert Verifier.opened(tmp_path).verify(SAID, signature)
    assert list(public_keys(tmp_path)) == [old.id, new.id]


def test_a_key_is_called_by_what_it_is_and_anybody_can_verify_with_its_public_half(tmp_path: Path) -> None:
    signer = Signer.opened(tmp_path)
    (known,) = public_keys(tmp_path).values()
    assert (known.id, known.public) == (signer.id, signer.public.hex()) and known.id == id_of(signer.public)
    assert verify(bytes.fromhex(known.public), SAID, signer.sign(SAID).value)


def test_of_processes_that_start_together_all_sign_with_one_key(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as starting:
        signers = list(starting.map(lambda _: Signer.opened(tmp_path), range(8)))
    assert len({signer.id for signer in signers}) == 1
    assert list(public_keys(tmp_path)) == [signers[0].id]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["signing", "signing.pub"]


def test_a_key_that_a_crash_left_unpublished_is_published_before_it_signs(tmp_path: Path) -> None:
    signer = Signer.opened(tmp_path)
    (tmp_path / "signing.pub").unlink()
    assert Verifier.opened(tmp_path).verify(SAID, Signer.opened(tmp_path).sign(SAID))
    assert list(public_keys(tmp_path)) == [signer.id]


def test_the_private_key_is_its_owners_alone_to_read(tmp_path: Path) -> None:
    Signer.changed(tmp_path)
    assert stat.S_IMODE((tmp_path / "signing").stat().st_mode) == 0o600


def test_without_public_keys_nothing_verifies_and_broken_ones_are_told(tmp_path: Path) -> None:
    signature = Signer.opened(tmp_path).sign(SAID)
    assert not Verifier.opened(tmp_path / "elsewhere").verify(SAID, signature)
    published = (tmp_path / "signing.pub").read_text()
    other = Signer.opened(tmp_path / "other").public.hex()
    for text in ("what is this\n", published.replace(published.split()[1], other)):
        (tmp_path / "signing.pub").write_text(text)
        with pytest.raises(KeyUnavailable, match="cannot be read as public keys"):
            Verifier.opened(tmp_path)


def test_a_file_that_holds_no_key_is_told(tmp_path: Path) -> None:
    for text in ("no key", "AAAA\n"):
        (tmp_path / "signing").write_text(text)
        with pytest.raises(KeyUnavailable):
            Signer.opened(tmp_path)
