"""Whoever has no right to a directory cannot tell what is in it, whatever they ask for, nor by how long it takes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any
from uuid import uuid4

import orjson
import pytest
from attack import HIDDEN, ORDERED, VISIBLE, Attacker, Face, Sent, again, attack, codes, id_of, world
from door import new_place

from adapters.embedded import Running
from adapters.envelope import thing_id
from commands import sight as knowing
from commands.pricing import order as ordering
from commands.reckonings import price as quoting
from domain.pricing.order import OrderUnknown
from domain.refusal import require
from projections import sight

SIZE, PAIRS, WITHIN = 2_500, 250, 0.10
"""Every day; ten thousand messages and a thousand pairs with --soak 4 and more."""

NOWHERE = "00000000-0000-5000-8000-000000000000"


@contextmanager
def stood(servers: Running, state: Path, hidden_prefix: str) -> Iterator[Face]:
    with world(new_place(servers, state), hidden_prefix) as face:
        yield face


def pool(things: dict[str, list[str]], elsewhere: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """Everything there is in the one world, and what is hidden in the other; but that nobody disarms the attackers."""
    found = {kind: [*ids, *elsewhere.get(kind, ())] for kind, ids in things.items()}
    return {**found, "worker": things["worker"][2:]}


def hidden_elsewhere() -> dict[str, list[str]]:
    """What the other world has in the place of what this one hides."""
    others = [f"other {n}" for n in range(HIDDEN)]
    orders = [f"{each} {what}" for each in others[:ORDERED] for what in ("order", "offer")]
    tickets = [f"{each} {what}" for each in others for what in ("ticket", "crew's", "part")]
    made = {"contact": others, "order": orders, "ticket": tickets}
    return {kind: [thing_id("desk", id_of(label)) for label in labels] for kind, labels in made.items()}


def differing(servers: Running, state: Path, size: int, seed: int) -> tuple[list[tuple[bytes, bytes, bytes]], Any]:
    """Where the worlds answered differently to the same message; and what was asked, to tell of it."""
    with stood(servers, state, "twin") as face:
        attacker = Attacker(seed, pool(face.builder.things, hidden_elsewhere()), actors(face))
        sent, here = attack(face, attacker, size)
    with stood(servers, state, "other") as face:
        there = again(face, sent)
    messages = [message for messages in sent for message in messages]
    found = [
        (message.subject.encode() + b" " + message.payload, one, other)
        for message, one, other in zip(messages, here, there, strict=True)
        if one != other
    ]
    return found, (Counter(message.subject for message in messages), codes(here))


def actors(face: Face) -> list[str]:
    """One may administer the open directory, one may use none; both hold every system right that is no exception."""
    return [face.builder.ids["eve"], face.builder.ids["mallory"]]


def test_every_message_is_answered_alike_whatever_is_hidden(
    servers: Running, state: Path, soak: int, capsys: pytest.CaptureFixture[str]
) -> None:
    found, (asked, answered) = differing(servers, state, SIZE * soak, seed=soak)
    with capsys.disabled():
        share = HIDDEN / (HIDDEN + VISIBLE)
        print(f"\n{asked.total()} messages of {len(asked)} kinds, {share:.0%} of contacts hidden")
        print(answered.most_common(12))
    assert found == [], b"\n".join(found[0]).decode()
    assert answered.keys().isdisjoint({"Broken", "ViewAbsent", "OutOfTime", "Overloaded"})
    assert HIDDEN / (HIDDEN + VISIBLE) >= 0.3
    assert answered["consent"] > asked.total() / 20
    assert answered["ContactUnknown"] > asked.total() / 50


def test_who_may_less_is_told_nothing_that_who_may_more_is_not(servers: Running, state: Path) -> None:
    """Eve has every right that Mallory has, and one to a directory on top: in what both ask she is told as much."""
    with stood(servers, state, "twin") as face:
        attacker = Attacker(1, pool(face.builder.things, {}), actors(face))
        sent = [*attacker.sweep(face.builder.position)]
        answers = again(face, [sent[n : n + 20] for n in range(0, len(sent), 20)])
    told = 0
    for message, more, less in zip(sent[::2], answers[::2], answers[1::2], strict=True):
        if message.subject.rpartition(".")[2] in ABOUT_ONESELF:
            continue
        beyond = words(orjson.loads(less)) - words(orjson.loads(more)) if consents(less) else set()
        assert beyond == set(), (message, beyond)
        assert consents(more) or not consents(less), message
        told += consents(more)
    assert told > 100


ABOUT_ONESELF = {"my-sight", "notices", "bookmarks", "why-notice"}
"""Where what is told is not about a thing but about the asker."""


def consents(answer: bytes) -> bool:
    return "status" not in orjson.loads(answer)[1]


def words(value: Any) -> set[str]:
    """Every text in an answer, but for tokens and what tells of the asker's own right."""
    if isinstance(value, dict):
        own = {"position", "next", "worker", "worker_name", "holder", "decided_by", "level"}
        return {word for key, each in value.items() if key not in own for word in words(each)}
    if isinstance(value, list):
        return {word for each in value for word in words(each)}
    return {value} if isinstance(value, str) else set()


PLANTED = {
    "sees all": (knowing, "sees", lambda asked, contact: True),
    "lists all": (sight, "open_directory", lambda directory: "true"),
    "knows the tickets of all teams": (knowing, "PLACED", (knowing.PLACED[0], *knowing.PLACED[2:])),
    "lists the tickets of all teams": (sight, "open_team", lambda standing: "true"),
    "explains all": (quoting, "told", lambda priced, opened, base: priced),
    "knows all orders": (
        ordering,
        "needs_order",
        lambda asked, own: require(bool(own.customer), otherwise=OrderUnknown),
    ),
}
DAILY = "lists all"


@pytest.mark.parametrize(
    "bug", [pytest.param(bug, id=id, marks=[pytest.mark.soak] * (id != DAILY)) for id, bug in PLANTED.items()]
)
def test_a_planted_bug_is_found(
    servers: Running, state: Path, monkeypatch: pytest.MonkeyPatch, bug: tuple[Any, str, Any]
) -> None:
    monkeypatch.setattr(*bug)
    found, _ = differing(servers, state, 500, seed=1)
    assert found


def message(topic: str, actor: str, **data: Any) -> Sent:
    return Sent(f"kartoteka.v1.{topic}", orjson.dumps({"actor": actor, "data": data}))


def test_what_is_hidden_takes_as_long_as_what_is_missing(servers: Running, state: Path, soak: int) -> None:
    with stood(servers, state, "twin") as face:
        eve, hidden = actors(face)[0], face.builder.ids["twin 0"]
        for name in ("client-file", "access-check"):
            closer(face, partial(message, f"qry.desk.{name}", eve), hidden, PAIRS * soak)
        closer(face, partial(renaming, eve), hidden, PAIRS * soak)


def renaming(actor: str, *, contact: str) -> Sent:
    body = {"id": str(uuid4()), "actor": actor, "data": {"contact": contact, "name": "Somebody"}}
    return Sent("kartoteka.v1.cmd.desk.contact.rename", orjson.dumps(body))


def closer(face: Face, about: Callable[..., Sent], hidden: str, count: int) -> None:
    """Medians of pairs asked in turns lie within a tenth of each other, in one of three tries on a noisy machine."""
    for _ in range(3):
        pairs = [(face.seconds(about(contact=hidden)), face.seconds(about(contact=NOWHERE))) for _ in range(count)]
        one, other = (median(times) for times in zip(*pairs, strict=True))
        if abs(one - other) <= WITHIN * min(one, other):
            return
    raise AssertionError(f"hidden {one * 1e6:.0f} µs, missing {other * 1e6:.0f} µs")
