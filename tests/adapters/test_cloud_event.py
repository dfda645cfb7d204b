"""What is published of a fact: everything but what is somebody's, under a subject that follows from its names."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import orjson
import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from adapters.cloud_event import bare, cloud_event
from adapters.nats.channel import FACTS, beside
from adapters.postgres.outbox import Outgoing
from adapters.sealing import DataKey, keys_needed, seal
from commands.catalogue import COMMANDS
from domain.fact import personal_fields
from examples import EVENT

WHEN = datetime(2024, 6, 3, 9, 30, 0, 5, timezone.utc)
ENVELOPE = {"sealed": 1, "subject": "s", "purpose": "content", "epoch": 1, "box": "AAAA"}


def outgoing(topic: str, state: bytes, **other: Any) -> Outgoing:
    fact = Outgoing(7, "ticket-pump", 3, topic, state, "0ab1", WHEN, WHEN, "anna", "c1", "c1", "f1", "e1")
    return fact._replace(**other)


@pytest.mark.parametrize("topic", sorted(EVENT))
def test_every_field_of_a_fact_is_published_but_the_personal_ones(topic: str) -> None:
    event = EVENT[topic]
    key = DataKey(1, AESGCM(AESGCM.generate_key(256)))
    state = seal(event, "ticket-pump", 3, dict.fromkeys(keys_needed(event), key))
    shown = orjson.loads(cloud_event(outgoing(topic, state), "/kartoteka/test"))["data"]
    personal = {name for name in personal_fields(type(event)) if getattr(event, name) is not None}
    assert shown == {name: value for name, value in event.model_dump(mode="json").items() if name not in personal}


def test_an_envelope_is_left_out_wherever_it_lies() -> None:
    assert bare({"a": [ENVELOPE, {"b": ENVELOPE, "c": 1}], "sealed": 1}) == {"a": [{"c": 1}], "sealed": 1}


def test_what_has_no_value_is_left_out_and_instants_are_in_utc() -> None:
    told = orjson.loads(cloud_event(outgoing("ticket.held", b"{}", causation="", command_id=""), "/kartoteka/test"))
    assert not {"causationid", "commandid"} & told.keys()
    assert (told["time"], told["recordedat"]) == ("2024-06-03T09:30:00.000005Z",) * 2
    assert (told["sequence"], told["streamversion"], told["data"]) == ("7", 3, {})


def test_the_subject_names_noun_id_and_verb_also_where_the_stream_is_another_noun_s() -> None:
    deciders = {command.of for command in COMMANDS.values()}
    for decider in deciders:
        for fact in decider.facts:
            noun, _, verb = fact.topic.partition(".")
            assert FACTS.subject(fact.topic, decider.stream("a-1-b")) == f"kartoteka.v1.evt.{noun}.a-1-b.{verb}"


def test_no_name_of_a_stream_becomes_more_than_one_token() -> None:
    assert beside("x").subject("team.formed", "team-a.b >*\r\n") == "kartoteka.v1.evt.x.team.a_b_____.formed"
