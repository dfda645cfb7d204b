"""A sealed part opens as the part that it was sealed as, for whom it was sealed, and as nothing else."""

from __future__ import annotations

import os
from hashlib import sha256

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st

from adapters.sealed_part import PartPlace, digest_of, key_needed, open_part, seal_part
from adapters.sealing import DataKey, KeyName, Spoiled

ANNA, BORIS = KeyName("anna", "content"), KeyName("boris", "content")
KEY = DataKey(1, AESGCM(os.urandom(32)))
SECOND = PartPlace("plan", 2, last=False)


@given(st.binary(max_size=200), st.integers(1, 99), st.booleans())
def test_a_part_opens_as_it_was_sealed_and_says_which_key_it_needs(plain: bytes, part: int, last: bool) -> None:
    place = PartPlace("plan", part, last)
    sealed = seal_part(plain, place, ANNA, KEY)
    assert key_needed(sealed) == (ANNA, 1)
    assert open_part(sealed, place, KEY) == plain


@pytest.mark.parametrize(
    "place",
    [PartPlace("plan", 1, last=False), PartPlace("plan", 2, last=True), PartPlace("other", 2, last=False)],
    ids=["another part", "the last one", "of another file"],
)
def test_a_part_is_not_taken_for_another(place: PartPlace) -> None:
    with pytest.raises(Spoiled):
        open_part(seal_part(b"x", SECOND, ANNA, KEY), place, KEY)


@pytest.mark.parametrize(
    ("said", "instead", "place"),
    [
        (b'"part":2', b'"part":1', PartPlace("plan", 1, last=False)),
        (b'"last":false', b'"last":true', PartPlace("plan", 2, last=True)),
        (b'"file":"plan"', b'"file":"mine"', PartPlace("mine", 2, last=False)),
        (b'"subject":"anna"', b'"subject":"boris"', SECOND),
        (b'"purpose":"content"', b'"purpose":"profile"', SECOND),
        (b'"epoch":1', b'"epoch":2', SECOND),
        (b'{"sealed"', b'{ "sealed"', SECOND),
    ],
)
def test_no_word_of_its_label_can_be_changed(said: bytes, instead: bytes, place: PartPlace) -> None:
    sealed = seal_part(b"x", SECOND, ANNA, KEY)
    assert sealed.count(said) == 1
    with pytest.raises(Spoiled):
        open_part(sealed.replace(said, instead), place, KEY)


def test_no_bit_can_be_turned_and_nothing_cut_off() -> None:
    sealed = seal_part(b"some words", SECOND, ANNA, KEY)
    for n in range(len(sealed)):
        with pytest.raises(Spoiled):
            open_part(sealed[:n] + bytes([sealed[n] ^ 1]) + sealed[n + 1 :], SECOND, KEY)
        with pytest.raises(Spoiled):
            open_part(sealed[:n], SECOND, KEY)


@given(st.binary(max_size=100))
def test_what_was_never_sealed_is_spoiled(rubbish: bytes) -> None:
    with pytest.raises(Spoiled):
        key_needed(rubbish)
    with pytest.raises(Spoiled):
        open_part(rubbish, SECOND, KEY)


def test_the_same_part_is_never_sealed_the_same_and_a_digest_is_of_parts_in_order() -> None:
    first, again = (seal_part(b"x", SECOND, ANNA, KEY) for _ in range(2))
    assert first != again
    digests = [sha256(each).digest() for each in (first, again)]
    assert digest_of(digests) == sha256(digests[0] + digests[1]).hexdigest()
    assert digest_of(digests) != digest_of(reversed(digests))
    assert open_part(seal_part(b"x", SECOND, BORIS, KEY), SECOND, KEY) == b"x"
