"""Every fact survives being sealed, stored and opened again, and opens nowhere else (engine: personal data)."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import orjson
import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.sealing import (
    DataKey,
    KeyName,
    Spoiled,
    UnknownTopic,
    keys_needed,
    leave_sealed,
    marked,
    open_with,
    restore,
    seal,
)
from domain.fact import Event, personal_fields
from domain.personal import Sealed
from examples import EVENT, EVENTS

STREAM, VERSION = "thing-1", 3
PERSONAL = [event for event in EVENTS if personal_fields(type(event))]


def keys_for(event: Event) -> dict[KeyName, DataKey]:
    return {name: DataKey(1, AESGCM(os.urandom(32))) for name in keys_needed(event)}


def opener(keys: Mapping[KeyName, DataKey]) -> Any:
    def open(envelope: dict[str, Any], place: Any, path: str) -> Any:
        return open_with(keys[KeyName(envelope["subject"], envelope["purpose"])], envelope, place, path)

    return open


def survives(event: Event) -> bool:
    """Sealed, stored, restored and opened, the fact is the same; left sealed, nothing of it shows."""
    keys = keys_for(event)
    state = seal(event, STREAM, VERSION, keys)
    closed = restore(event.topic, STREAM, VERSION, state)
    masked = all(
        isinstance(getattr(closed, name), Sealed) or getattr(event, name) is None
        for name in personal_fields(type(event))
    )
    return masked and restore(event.topic, STREAM, VERSION, state, opener(keys)) == event


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.topic)
def test_every_fact_survives(event: Event) -> None:
    assert survives(event)


lines = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=200)
texts = st.text(
    st.characters(codec="utf-8", exclude_categories=["C"], include_characters="\n\t"), min_size=1, max_size=300
)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(PERSONAL), st.data())
def test_whatever_was_said_survives_and_does_not_show(event: Event, data: st.DataObject) -> None:
    said = {
        name: data.draw(texts if name in ("description", "note", "text") else lines)
        for name in personal_fields(type(event))
    }
    canary = {name: f"canary{words}"[:200] for name, words in said.items()}
    spoken = type(event).model_validate({**event.model_dump(), **canary})
    assert survives(spoken)
    assert b"canary" not in seal(spoken, STREAM, VERSION, keys_for(spoken))


@pytest.mark.parametrize("event", PERSONAL, ids=lambda event: event.topic)
def test_an_envelope_opens_in_its_own_place_alone(event: Event) -> None:
    keys = keys_for(event)
    state = seal(event, STREAM, VERSION, keys)
    for stream, version in (("thing-2", VERSION), (STREAM, VERSION + 1)):
        with pytest.raises(Spoiled):
            restore(event.topic, stream, version, state, opener(keys))


@pytest.mark.parametrize("event", PERSONAL, ids=lambda event: event.topic)
def test_an_envelope_under_another_key_is_spoiled(event: Event) -> None:
    state = seal(event, STREAM, VERSION, keys_for(event))
    with pytest.raises(Spoiled):
        restore(event.topic, STREAM, VERSION, state, opener(keys_for(event)))


def test_an_envelope_moved_to_another_field_or_changed_by_one_bit_is_spoiled() -> None:
    event = EVENT["ticket.opened"]
    keys = keys_for(event)
    body = orjson.loads(seal(event, STREAM, VERSION, keys))
    swapped = {**body, "title": body["description"], "description": body["title"]}
    box = body["title"]["box"]
    flipped = {**body, "title": {**body["title"], "box": ("B" if box[0] != "B" else "C") + box[1:]}}
    another = {**body, "title": {**body["title"], "epoch": 2}}
    for spoiled in (swapped, flipped, another):
        with pytest.raises(Spoiled):
            restore(event.topic, STREAM, VERSION, orjson.dumps(spoiled), opener(keys))


def test_the_length_of_short_words_does_not_show() -> None:
    event = EVENT["contact.renamed"]
    keys = keys_for(event)
    sealed = {
        len(seal(event.model_copy(update={"name": name}), STREAM, VERSION, keys)) for name in ("Li", "Alexandrowitsch")
    }
    assert len(sealed) == 1


def test_a_fact_without_a_name_here_is_not_guessed() -> None:
    with pytest.raises(UnknownTopic):
        restore("nobody.knows", STREAM, VERSION, b"{}")


def test_left_sealed_a_field_tells_whose_it_is_and_no_more() -> None:
    envelope = {"subject": "5b1f0c", "purpose": "profile", "box": "x"}
    assert leave_sealed(envelope, ("a", "b", 1), "name") == Sealed("5b1f0c", "profile")
    assert marked(type(EVENT["ticket.started"])) == ()
