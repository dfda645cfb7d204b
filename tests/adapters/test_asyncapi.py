"""The AsyncAPI document: valid, whole, and of every fact just what is published of it."""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import jsonschema_rs
import orjson
import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from adapters import asyncapi, file_request
from adapters.cli.describe import Document, describe
from adapters.cloud_event import cloud_event
from adapters.inquiry import ASKED
from adapters.nats.channel import FACTS
from adapters.postgres.outbox import Outgoing
from adapters.sealing import DataKey, keys_needed, seal
from commands.catalogue import COMMANDS, DECIDERS
from domain.fact import personal_fields
from examples import EVENT

OFFICIAL = Path(__file__).parents[1] / "schemas" / "asyncapi-3.1.0.json"
WHEN = datetime(2024, 6, 3, 9, 30, 0, 5, timezone.utc)


@pytest.fixture(scope="module")
def document() -> Any:
    return orjson.loads(asyncapi.document())


def found(document: Any, reference: str) -> Any:
    for part in reference.removeprefix("#/").split("/"):
        document = document[part]
    return document


def references(value: Any) -> set[str]:
    if isinstance(value, list):
        return set().union(*map(references, value))
    if not isinstance(value, dict):
        return set()
    own = {value["$ref"]} if isinstance(value.get("$ref"), str) else set()
    return own.union(*map(references, value.values()))


def test_it_is_what_the_official_schema_asks_for(document: Any) -> None:
    official = jsonschema_rs.Draft7Validator(orjson.loads(OFFICIAL.read_bytes()))
    assert [error.message for error in official.iter_errors(document)] == []
    operations = document["operations"]
    wrong = {**operations["askDesk"], "action": "do"}
    assert not official.is_valid({**document, "operations": {**operations, "askDesk": wrong}})


def test_every_reference_leads_somewhere_and_every_schema_is_one(document: Any) -> None:
    assert all(found(document, each) for each in references(document))
    for schema in document["components"]["schemas"].values():
        jsonschema_rs.meta.validate(schema | {"$schema": "http://json-schema.org/draft-07/schema#"})


def test_everything_that_can_be_asked_and_heard_is_there(document: Any) -> None:
    addresses = {channel["address"] for channel in document["channels"].values()}
    assert {f"kartoteka.v1.cmd.{{caller}}.{topic}" for topic in COMMANDS} <= addresses
    assert {f"kartoteka.v1.qry.{{caller}}.{name}" for name in ASKED} <= addresses
    assert {f"kartoteka.v1.fil.{{caller}}.{what}" for what in file_request.REQUESTS} <= addresses
    told = [each for each in document["components"]["messages"].values() if each.get("name")]
    assert sorted(each["name"] for each in told) == sorted(DECIDERS)
    answered = len([*COMMANDS, *ASKED, *file_request.REQUESTS])
    assert sum("reply" in each for each in document["operations"].values()) == answered
    # Requests, one answer to all commands and one to each question and file request, facts, the problem.
    own = len([*ASKED, *file_request.REQUESTS])
    assert len(document["components"]["messages"]) == answered + 1 + own + len(DECIDERS) + 1


@pytest.fixture(scope="module")
def whole(document: Any) -> jsonschema_rs.Registry:
    return jsonschema_rs.Registry([("urn:document", document)], draft=jsonschema_rs.Draft7)


@pytest.mark.parametrize("topic", sorted(EVENT))
def test_a_fact_as_it_is_published_is_what_the_document_says(
    document: Any, whole: jsonschema_rs.Registry, topic: str
) -> None:
    event = EVENT[topic]
    sealing = dict.fromkeys(keys_needed(event), DataKey(1, AESGCM(AESGCM.generate_key(256))))
    stream = f"{DECIDERS[topic].kind}-pump"
    fact = Outgoing(
        7, stream, 3, topic, seal(event, stream, 3, sealing), "0ab1", WHEN, WHEN, *("a", "c", "c", "f", "e")
    )
    told = orjson.loads(cloud_event(fact, "/kartoteka/test"))
    name = type(event).__name__
    payload = f"urn:document#/components/messages/{name[0].lower() + name[1:]}/payload"
    judge = jsonschema_rs.Draft7Validator({"$ref": payload}, registry=whole)
    assert [error.message for error in judge.iter_errors(told)] == []
    shape = document["components"]["schemas"][name]
    assert set(told["data"]) <= set(shape["properties"])
    personal = set(shape["properties"]) & personal_fields(type(event)).keys()
    assert all(shape["properties"][name]["type"] == "null" for name in personal)
    assert not judge.is_valid({**told, "type": "ticket.unheard-of"})
    noun, _, verb = topic.partition(".")
    (channel,) = [
        each
        for each in document["channels"].values()
        if each["address"] == f"kartoteka.v1.evt.{noun}.{{id}}.{{verb}}" and verb in each["parameters"]["verb"]["enum"]
    ]
    assert FACTS.subject(topic, stream) == channel["address"].format(id="pump", verb=verb)


def test_it_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    describe(Document.ASYNCAPI)
    assert capsys.readouterr().out.encode().rstrip() == asyncapi.document()
    describe(Document.ASYNCAPI, indented=True)
    assert orjson.loads(capsys.readouterr().out) == orjson.loads(asyncapi.document())
