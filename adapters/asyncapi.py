"""The AsyncAPI document of the NATS face: what may be asked, what is told when, and what became of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

import orjson

from adapters.description import REF, WINGS, Described, by_status, described, schemas_of, sentences
from adapters.discovery import COMMAND_SUBJECTS, FILE_SUBJECTS, NAME, QUESTION_SUBJECTS, release
from adapters.http.accept import BYTES, JSON
from adapters.nats.channel import FACTS
from commands.catalogue import DECIDERS
from domain.fact import Event, personal_fields

VERSION = "3.1.0"
ABOUT = (
    "A caller publishes under its own name only and is answered in its own inbox; `$SRV.INFO.kartoteka` tells the same "
    "of what runs. A refusal has the headers of a problem. Facts lie in the JetStream stream `KARTOTEKA_EVENTS`, once "
    "each and in the order of the log: the sequence of a message is the position of its fact. They are heard by a "
    "durable consumer of one's own, and tell nothing that is somebody's: personal fields are left out."
)
EVENT = "application/cloudevents+json"
Object = dict[str, Any]

CALLER: Object = {"description": "The name of the caller, which is also that of its nkey."}
QUEUE: Object = {"nats": {"queue": NAME}}
WORD: Object = {"type": "string"}
INSTANT: Object = {"type": "string", "format": "date-time"}


@lru_cache(maxsize=1)
def document() -> bytes:
    """The whole document. Takes seconds at the first call: not on a loop."""
    return orjson.dumps(whole())


def whole() -> Object:
    """The same as a value."""
    found = described()
    asked = [(COMMAND_SUBJECTS, found.commands), (QUESTION_SUBJECTS, found.questions), (FILE_SUBJECTS, found.files)]
    requests = [(under, one) for under, some in asked for one in some]
    facts, shapes = _facts()
    messages = [message for _, one in requests for message in _messages(one).items()]
    channels = {one.operation: _channel(under, one) for under, one in requests}
    answers = dict.fromkeys(_answer_of(one) for _, one in requests)
    return {
        "asyncapi": VERSION,
        "info": {
            "title": NAME.title(),
            "version": release(),
            "description": ABOUT,
            "license": {"name": "Apache 2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0"},
            "tags": [{"name": name, "description": about} for name, about in (WINGS | {"facts": HEARD}).items()],
        },
        "defaultContentType": JSON,
        "servers": {"nats": SERVER},
        "channels": {
            **channels,
            "inbox": _inbox(answers),
            **{_heard(noun): _facts_channel(noun, some) for noun, some in facts.items()},
        },
        "operations": {
            **{one.operation: _operation(one) for _, one in requests},
            **{_heard(noun): _told(noun, some) for noun, some in facts.items()},
        },
        "components": {
            "schemas": dict(sorted((_draft_7(dict(found.schemas) | shapes) | SCHEMAS).items())),
            "messages": {
                **dict(messages),
                "problem": PROBLEM,
                **{_name(topic): _fact(Event.by_topic[topic]) for some in facts.values() for topic in some},
            },
            "securitySchemes": SECURITY,
        },
    }


HEARD = "What happened, told to whoever listens."
NOTHING = "Personal: told only where there is none."


def _messages(one: Described) -> Object:
    """What is sent, and what is answered to it where that is not told elsewhere."""
    about = {"summary": one.sentence, **({"description": one.more} if one.more else {})}
    if one.wing == "files":
        line = f"{LINE} [{one.asked.removeprefix(REF)}]({one.asked})."
        answer = f"{LINE} [{one.answered.removeprefix(REF)}]({one.answered})."
        return {
            one.operation: {"contentType": BYTES, "summary": one.sentence, "description": line, "headers": TRACED},
            _answer_of(one): {"contentType": BYTES, "description": answer},
        }
    return {
        one.operation: {**about, "headers": TRACED, "payload": {"$ref": one.asked}},
        _answer_of(one): {"summary": "What was asked for.", "payload": {"$ref": one.answered}},
    }


LINE = "A line of JSON, then the bytes of the part. The line:"


def _answer_of(one: Described) -> str:
    """The name of the message that answers it; all commands are answered alike."""
    return one.answered.removeprefix(REF)[0].lower() + one.answered.removeprefix(REF)[1:]


def _channel(under: str, one: Described) -> Object:
    return {
        "address": f"{under}.{{caller}}.{one.topic}",
        "messages": {"request": {"$ref": f"#/components/messages/{one.operation}"}},
        "parameters": {"caller": CALLER},
    }


def _inbox(answers: Iterable[str]) -> Object:
    return {
        "address": "_INBOX.{caller}.{token}",
        "description": "Where answers go, as `reply` of the request says; nobody is answered in another's inbox.",
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in (*answers, "problem")},
        "parameters": {"caller": CALLER, "token": {"description": "What the asker knows the answer by."}},
    }


def _operation(one: Described) -> Object:
    refused = "\n".join(
        f"- {status}: {', '.join(f'`{code}`' for code in codes)}" for status, codes in by_status(one.codes).items()
    )
    answers = (_answer_of(one), "problem")
    return {
        "action": "receive",
        "channel": {"$ref": f"#/channels/{one.operation}"},
        "summary": one.sentence,
        "description": f"May be refused with:\n{refused}",
        "tags": [{"name": one.wing}],
        "bindings": QUEUE,
        "messages": [{"$ref": f"#/channels/{one.operation}/messages/request"}],
        "reply": {
            "channel": {"$ref": "#/channels/inbox"},
            "messages": [{"$ref": f"#/channels/inbox/messages/{name}"} for name in answers],
        },
    }


def _facts() -> tuple[dict[str, list[str]], Object]:
    """The facts by their nouns, and the schemas of what is told of each."""
    nouns: dict[str, list[str]] = {}
    for topic in sorted(DECIDERS):
        nouns.setdefault(topic.partition(".")[0], []).append(topic)
    kinds = [Event.by_topic[topic] for topic in sorted(DECIDERS)]
    _, schemas = schemas_of([(kind, "serialization") for kind in kinds])
    for kind in kinds:
        _bare(schemas[kind.__name__], personal_fields(kind))
    return nouns, _reached(schemas, [kind.__name__ for kind in kinds])


def _bare(schema: Object, personal: Iterable[str]) -> None:
    """Without what is somebody's, as `cloud_event.bare` leaves it out; that there is nothing hides nothing."""
    for name in personal:
        if {"type": "null"} in schema["properties"].pop(name).get("anyOf", ()):
            schema["properties"][name] = {"type": "null", "description": NOTHING}
    schema["required"] = [name for name in schema.get("required", ()) if name not in personal]


def _reached(schemas: Object, names: Iterable[str]) -> Object:
    """Those schemas, and what they refer to."""
    found: Object = {}
    waiting = list(names)
    while waiting:
        if (name := waiting.pop()) not in found:
            found[name] = schemas[name]
            waiting += _referred(schemas[name])
    return found


def _referred(value: Any) -> list[str]:
    if isinstance(value, list):
        return [name for each in value for name in _referred(each)]
    if not isinstance(value, dict):
        return []
    own = [value["$ref"].removeprefix(REF)] if isinstance(value.get("$ref"), str) else []
    return own + [name for each in value.values() for name in _referred(each)]


def _name(topic: str) -> str:
    """The name of a fact's message."""
    name = Event.by_topic[topic].__name__
    return name[0].lower() + name[1:]


def _heard(noun: str) -> str:
    return "facts" + "".join(word.title() for word in noun.split("-"))


def _fact(kind: type[Event]) -> Object:
    sentence, more = sentences(kind)
    own = {"properties": {"type": {"const": kind.topic}, "data": {"$ref": REF + kind.__name__}}}
    return {
        "name": kind.topic,
        "contentType": EVENT,
        "summary": sentence,
        **({"description": more} if more else {}),
        "headers": {"$ref": f"{REF}EventHeaders"},
        "payload": {"allOf": [{"$ref": f"{REF}CloudEvent"}, own]},
    }


def _facts_channel(noun: str, topics: list[str]) -> Object:
    verbs = [topic.partition(".")[2] for topic in topics]
    return {
        "address": f"{FACTS.root}.{noun}.{{id}}.{{verb}}",
        "messages": {_name(topic): {"$ref": f"#/components/messages/{_name(topic)}"} for topic in topics},
        "parameters": {
            "id": {"description": "Of the thing to which it happened."},
            "verb": {"description": "What happened.", "enum": verbs},
        },
    }


def _told(noun: str, topics: list[str]) -> Object:
    return {
        "action": "send",
        "channel": {"$ref": f"#/channels/{_heard(noun)}"},
        "tags": [{"name": "facts"}],
        "messages": [{"$ref": f"#/channels/{_heard(noun)}/messages/{_name(topic)}"} for topic in topics],
    }


def _draft_7(value: Any) -> Any:
    """As that draft of JSON Schema says it, which is the one that this kind of document takes."""
    if isinstance(value, list):
        return [_draft_7(each) for each in value]
    if not isinstance(value, dict):
        return value
    if "$ref" in value and isinstance(value["$ref"], str):
        return {"$ref": value["$ref"]}
    return {"items" if key == "prefixItems" else key: _draft_7(each) for key, each in value.items()}


SERVER: Object = {
    "host": "{host}",
    "protocol": "nats",
    "description": "A NATS server with JetStream; where it has a certificate, over TLS (`tls://`).",
    "variables": {"host": {"description": "Host and port.", "default": "127.0.0.1:4222"}},
    "security": [{"$ref": "#/components/securitySchemes/nkey"}],
}
SECURITY: Object = {
    "nkey": {
        "type": "asymmetricEncryption",
        "description": "The caller signs what the server gives it, with its nkey (Ed25519); the server allows each "
        "nothing but its own subjects. With TLS the server shows a certificate besides.",
    }
}
TRACED: Object = {
    "type": "object",
    "properties": {"traceparent": {**WORD, "description": "Of the W3C, where the asker is traced."}},
}
PROBLEM: Object = {
    "summary": "Why not.",
    "headers": {
        "type": "object",
        "properties": {
            "Nats-Service-Error": {**WORD, "description": "The title of the problem."},
            "Nats-Service-Error-Code": {**WORD, "description": "The status of the problem.", "pattern": "^[45]..$"},
            "Retry-After-Ms": {**WORD, "description": "In how many ms to ask again.", "pattern": "^[0-9]+$"},
        },
        "required": ["Nats-Service-Error", "Nats-Service-Error-Code"],
    },
    "payload": {"$ref": f"{REF}Problem"},
}
SCHEMAS: Mapping[str, Object] = {
    "CloudEvent": {
        "description": "A fact as a CloudEvent: `sequence` is its position, `data` what it says without what is "
        "somebody's.",
        "type": "object",
        "properties": {
            "specversion": {"const": "1.0"},
            "id": {**WORD, "description": "Of the fact; the same however often it is told."},
            "source": {**WORD, "description": "Which deployment."},
            "type": {**WORD, "description": "The name of the fact."},
            "subject": {**WORD, "description": "The stream to which it belongs: <noun>-<id>."},
            "time": {**INSTANT, "description": "When it happened."},
            "datacontenttype": {"const": "application/json"},
            "sequence": {**WORD, "pattern": "^[0-9]+$"},
            "sequencetype": {"const": "Integer"},
            "epoch": {**WORD, "description": "Which log: another one begins to count anew."},
            "streamversion": {"type": "integer", "minimum": 1},
            "recordedat": {**INSTANT, "description": "When it was recorded."},
            "actor": {**WORD, "description": "Which worker did it, or what did it by itself."},
            "correlationid": WORD,
            "commandid": {**WORD, "description": "Of the command that it came of, if it came of one."},
            "causationid": {**WORD, "description": "The message that led to the command, if it said so."},
            "traceparent": {**WORD, "description": "Of the W3C, where the request was traced."},
            "data": {"type": "object"},
        },
        "required": [
            *("specversion", "id", "source", "type", "subject", "time", "datacontenttype", "sequence", "sequencetype"),
            *("epoch", "streamversion", "recordedat", "actor", "correlationid", "data"),
        ],
        "additionalProperties": False,
    },
    "EventHeaders": {
        "type": "object",
        "properties": {
            "Nats-Msg-Id": {**WORD, "description": "The id of the fact."},
            "Nats-Expected-Last-Sequence": {**WORD, "description": "The position before."},
            "Nats-Expected-Last-Msg-Id": {**WORD, "description": "The id of the fact before."},
        },
        "required": ["Nats-Msg-Id", "Nats-Expected-Last-Sequence"],
    },
}
