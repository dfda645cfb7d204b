"""What the NATS server lets a caller publish and listen to follows from its role and scopes: no more than it needs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any

from adapters.credentials.caller import SERVICE, STREAMS, Caller
from adapters.credentials.callers_file import Register
from adapters.credentials.role import LISTENING, Role
from adapters.scope import EVERYTHING, Face, Scope

ROOT = "kartoteka.v1"
INWARD = f"{ROOT}.int"
"""Where streams take messages; a secret follows. They keep them under `evt` and `obj`, to which nobody publishes."""

LOOKING = ("PING", "INFO")
COUNTING = "STATS"

Permissions = dict[str, dict[str, list[str]]]


class SameKey(ValueError):
    """Two callers have the same public key."""


NEXT, TOLD, ACKNOWLEDGED = "$JS.API.CONSUMER.MSG.NEXT", "$JS.API.CONSUMER.INFO", "$JS.ACK"
"""What whoever hears of facts says to JetStream: of a stream and a consumer."""

ABOUT = f"{ROOT}.con"
"""Where callers ask about their consumer: a server turns what is asked in the way of JetStream's clients there.

In an account without JetStream the server itself would answer first that there is none.
"""

STREAMING, CALLING = "KARTOTEKA_STREAMS", "KARTOTEKA_CALLERS"
"""The accounts: of our processes where they speak to JetStream, and of everybody who asks and who answers."""

OF_OURS: Mapping[str, Permissions] = MappingProxyType(
    {
        SERVICE: {
            "publish": {"allow": ["_INBOX.>", "$SRV.>"]},
            "subscribe": {
                "allow": [f"{ROOT}.cmd.>", f"{ROOT}.qry.>", f"{ROOT}.fil.>", "$SRV.>", f"_INBOX.{SERVICE}.>"],
            },
        },
        STREAMS: {
            "publish": {"allow": [f"{INWARD}.>", "$JS.API.>", "$JS.ACK.>"]},
            "subscribe": {"allow": [f"_INBOX.{STREAMS}.>"]},
        },
    }
)


def durable(handler: str) -> str:
    """The name of the consumer by which a handler or a listener hears of facts."""
    return f"kartoteka-{handler}-v1"


def permissions(caller: Caller) -> Permissions:
    """What the server lets a caller publish and listen to; who hears of facts takes them of its own consumer alone.

    Of no role is there nothing: an empty list of what is allowed would allow everything.
    """
    name = caller.name
    publish = [subject for scope in caller.scopes for subject in _asked(name, scope)]
    if caller.role in LISTENING:
        own = durable(name)
        publish += [f"{NEXT}.*.{own}", f"{ABOUT}.*.{own}", f"{ACKNOWLEDGED}.*.{own}.>"]
    elif caller.role is not Role.AUTOMATON:
        verbs = (*LOOKING, COUNTING) if caller.role is Role.OPERATOR else LOOKING
        publish += [subject for verb in verbs for subject in (f"$SRV.{verb}", f"$SRV.{verb}.>")]
    return {
        "publish": {"allow": publish},
        "subscribe": {"allow": [f"_INBOX.{name}.>"]},
    }


def _asked(caller: str, scope: Scope) -> list[str]:
    """The subjects under which what a scope is of is asked for."""
    if scope.face not in (Face.COMMANDS, Face.QUESTIONS, Face.FILES):
        return []
    return [f"{ROOT}.{scope.face}.{caller}.{scope.topics.replace(EVERYTHING, '>')}"]


def heard(caller: Caller) -> list[str]:
    """Of the subjects of facts those that a caller may hear of, none of which another one covers."""
    events = [scope for scope in caller.scopes if scope.face is Face.EVENTS]
    widest = [one for one in events if not any(other.covers(*one) for other in events if other != one)]
    return sorted({_facts(scope.topics) for scope in widest})


def _facts(topics: str) -> str:
    """`kartoteka.v1.evt.<noun>.<id>.<verb>`."""
    noun, _, verb = topics.partition(".")
    if noun == EVERYTHING:
        return f"{ROOT}.evt.>"
    return f"{ROOT}.evt.{noun}.>" if verb == EVERYTHING else f"{ROOT}.evt.{noun}.*.{verb}"


def accounts(ours: Mapping[str, Sequence[str]], register: Register, at: datetime) -> dict[str, Any]:
    """The `accounts` of the server's configuration; `ours` are the public keys of our own processes by name.

    JetStream answers to whatever subject it is told, and nobody's leave is asked for that. So it is in an account where
    only we are. Of it callers have what whoever hears of facts needs, and an answer to them stays in their account.
    """
    streams = list(_let_in(ours, STREAMS))
    callers = list(_let_in(ours, SERVICE))
    for caller in register.callers.values():
        callers += [(key, permissions(caller)) for key in caller.keys(at)]
    let_in = [*streams, *callers]
    if len({key for key, _ in let_in}) < len(let_in):
        raise SameKey("two callers have the same public key: the server could not tell them apart")
    return {
        STREAMING: {"jetstream": "enabled", "exports": _exports(), "users": _users(streams)},
        CALLING: {
            "imports": _imports(),
            "mappings": {f"{TOLD}.*.*": f"{ABOUT}.{{{{wildcard(1)}}}}.{{{{wildcard(2)}}}}"},
            "users": _users(callers),
        },
    }


def our_keys(current: Mapping[str, str], register: Register, at: datetime) -> dict[str, list[str]]:
    """The public keys by which the server knows our own processes now, by name; `current` are those of their seeds."""
    return {
        name: list(
            dict.fromkeys([key, *(each.public_key for each in register.ours.get(name, ()) if at < each.expires_at)])
        )
        for name, key in current.items()
    }


def _let_in(ours: Mapping[str, Sequence[str]], name: str) -> Iterator[tuple[str, Permissions]]:
    return ((key, OF_OURS[name]) for key in ours.get(name, ()))


def _users(let_in: Sequence[tuple[str, Permissions]]) -> list[dict[str, Any]]:
    return [{"nkey": key, "permissions": permitted} for key, permitted in let_in]


def _exports() -> list[dict[str, Any]]:
    """To a request for messages there may be many answers."""
    services = ({"service": f"{NEXT}.*.*", "response_type": "stream"}, {"service": f"{TOLD}.*.*"})
    return [each | {"accounts": [CALLING]} for each in (*services, {"service": f"{ACKNOWLEDGED}.*.*.>"})]


def _imports() -> list[dict[str, Any]]:
    """Of every consumer: whose it is the permissions say."""
    return [
        {"service": {"account": STREAMING, "subject": f"{NEXT}.*.*"}},
        {"service": {"account": STREAMING, "subject": f"{TOLD}.*.*"}, "to": f"{ABOUT}.*.*"},
        {"service": {"account": STREAMING, "subject": f"{ACKNOWLEDGED}.*.*.>"}},
    ]
