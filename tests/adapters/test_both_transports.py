"""Whatever can be asked over NATS can be asked over HTTP, with the same answer, and as the document says.

What is asked is made from the published schemas, so what is new is asked for as well.
"""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import orjson
import pytest
from described import Documented
from door import Reply, Stage, new_place, stage
from from_schema import example
from inquirers import followed, put
from online import bearing, callers, served
from world import CONTENT, World, examples

from adapters.composition import now
from adapters.embedded import Running
from adapters.file_request import opened, written
from adapters.inquiry import ASKED, envelope_of
from adapters.nats.client import new_command_id
from adapters.nats.prefix import FILES
from commands.catalogue import COMMANDS
from domain.staff.worker import SYSTEM
from domain.values import worker_holder

PAGED = {"position", "next"}
"""What tells when it was answered, and not what."""

COUNTING = {"looks", "personal-looks"}
"""Questions of which each answer tells of those before it."""

COMMAND, QUESTION, FILE = "/v1/commands/{}", "/v1/questions/{}", "/v1/files/{}"
SAMPLED = 5
"""One in so many is asked for by strangers; commands, and questions, are each behind one route."""

INSTANT = re.compile(r"\d{4}-\d\d-\d\dT")
PASSING = {"seconds", "used_seconds", "left_seconds", "over_seconds", "remaining_seconds"}
"""Of a deadline in office hours, another number at every look."""

NOWHEN = {"at": None, "known_at": None, "cursor": None}


def special(world: World, name: str) -> dict[str, Any]:
    """As `world.special`, of a question."""
    holder = worker_holder(world.worker)
    return {
        "contracts": {"responsible": holder},
        "gateways": {"responsible": holder},
        "responsibilities": {"person": world.worker},
        "could-see": {"ticket": None},
        "who-could-see": {"ticket": None},
        "deadline": {"since": None},
        "timeline": {"thing": "contact", "id": world.contact},
        "effect": {"command": "area.open", "data": {"name": "One more"}},
    }.get(name, {})


class Both:
    """One service with both of its faces, and the same caller before each."""

    def __init__(self, stage: Stage, url: str) -> None:
        self.stage, self.url = stage, url
        self.http = httpx.AsyncClient(base_url=url, headers=bearing("desk"), timeout=30)
        self.documented = Documented(orjson.loads(self.get("/openapi.json").content))
        last = stage.ask("area.open", {**stage.request(name="The last area"), "actor": SYSTEM})
        self.position, self.began = last.body["position"], now().isoformat()

    def lasting(self, value: Any) -> Any:
        """The answer without the instants at which it was given, and what has passed until then."""
        if isinstance(value, dict):
            return {name: self.lasting(each) for name, each in value.items() if name not in PASSING}
        if isinstance(value, list):
            return [self.lasting(each) for each in value]
        return "now" if isinstance(value, str) and INSTANT.match(value) and value > self.began else value

    def post(self, path: str, body: Any) -> httpx.Response:
        content = body if isinstance(body, bytes) else orjson.dumps(body)
        kind = "application/octet-stream" if isinstance(body, bytes) else "application/json"
        return self.stage.run(self.http.post(path, content=content, headers={"Content-Type": kind}))

    def get(self, path: str, **query: Any) -> httpx.Response:
        return self.stage.run(self.http.get(path, params=query))

    def put(self, name: str, asked: dict[str, Any]) -> Reply:
        """The question over NATS."""
        return self.stage.run(put(self.stage.desk, name, orjson.dumps(asked)))

    def question(self, name: str) -> dict[str, Any]:
        """A question with all that it may take, about the things of this world, once they can be read.

        What is empty is left out: in an address these are one.
        """
        world = self.stage.world
        known = {**examples(world), **world.ids(), **NOWHEN, "contacts": [world.contact], "deadline_ms": 60_000}
        known |= {"person": f"contact:{world.contact}", "min_position": self.position, **special(world, name)}
        asked = example(envelope_of(ASKED[name]).model_json_schema(), known, whole=True)
        if name == "effect":
            asked["data"] = special(world, name)
        return said({**asked, "data": said(asked["data"])})


def said(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: each for name, each in values.items() if each not in (None, [], {})}


@pytest.fixture(scope="module")
def both(servers: Running, state: Path) -> Iterator[Both]:
    place = new_place(servers, state)
    with stage(place) as here, followed(place):
        stack = AsyncExitStack()
        listening = here.run(stack.enter_async_context(served(place, here.service, callers())))
        found = Both(here, listening.url)
        yield found
        here.run(found.http.aclose())
        here.run(stack.aclose())


def same(nats: Reply, http: httpx.Response) -> None:
    """A refusal is the same on both, word for word."""
    assert (http.status_code, http.content) == (nats.status, nats.raw)
    assert http.headers["content-type"] == "application/problem+json"


def test_every_question_is_answered_alike_over_both_also_by_get(both: Both) -> None:
    fates, by_get = Counter[str](), 0
    for name in sorted(ASKED):
        asked, path = both.question(name), QUESTION.format(name)
        nats = both.put(name, asked)
        found = [("post", both.post(path, asked))]
        if "get" in both.documented.paths[path]:
            found.append(("get", both.get(path, **as_query(asked))))
            by_get += 1
        for method, http in found:
            assert both.documented.wrong(method, path, http) == [], (name, method, http.text)
            if nats.status:
                same(nats, http)
                continue
            assert (http.status_code, http.json().keys()) == (200, nats.body.keys()), (name, http.text)
            if name not in COUNTING:
                shown = both.lasting(without(http.json(), PAGED))
                assert shown == both.lasting(without(nats.body, PAGED)), name
        fates[nats.code] += 1
    assert fates[""] > len(ASKED) * 3 / 4, fates
    assert by_get > len(ASKED) * 3 / 4
    assert fates["Malformed"] == 0, fates


def without(body: Mapping[str, Any], names: set[str]) -> dict[str, Any]:
    return {name: each for name, each in body.items() if name not in names}


def as_query(asked: dict[str, Any]) -> dict[str, Any]:
    """As the document says that it stands in an address: lists by repetition, what is nested as JSON."""
    return {
        name: orjson.dumps(each).decode() if isinstance(each, dict | bool) else each
        for name, each in {**without(asked, {"data"}), **asked.get("data", {})}.items()
    }


def test_a_file_goes_over_either_and_comes_over_either(both: Both) -> None:
    world = both.stage.world
    line = {"id": new_command_id(), "actor": world.worker, "contact": world.contact, "part": 1, "last": True}
    http, nats = both.post(FILE.format("put"), written(line, CONTENT)), sent(both, "put", written(line, CONTENT))
    assert http.headers["content-type"] == "application/octet-stream"
    assert opened(nats.raw)[0] == {**opened(http.content)[0], "repeated": True}
    told = opened(http.content)[0]
    attached = {"contact": world.contact, "file": told["file"], "name": "Cellar", "media_type": "text/plain"}
    assert both.post(COMMAND.format("contact.attach-file"), both.stage.request(**attached)).status_code == 200
    wanted = written({"actor": world.worker, "contact": world.contact, "file": told["file"], "part": 1})
    assert both.post(FILE.format("get"), wanted).content == sent(both, "get", wanted).raw
    assert opened(sent(both, "get", wanted).raw)[1] == CONTENT
    for what, wrong in (("get", b"{}\n"), ("put", written({**line, "part": 2}, CONTENT)), ("burn", b"{}\n")):
        same(sent(both, what, wrong), both.post(FILE.format(what), wrong))


def sent(both: Both, what: str, body: bytes) -> Reply:
    """The part over NATS; what is answered has bytes behind a line, what is refused is JSON."""
    inbox, door = f"_INBOX.desk.{uuid4().hex}", both.stage.desk
    both.stage.run(door.connection.publish(f"{FILES}desk.{what}", body, reply=inbox))
    both.stage.run(door.until(lambda: inbox in door.replies))
    message = door.replies[inbox][0]
    return Reply({}, dict(message.headers or {}), message.data)


def test_every_command_is_taken_over_both_and_is_one_command(both: Both) -> None:
    """First over the one, then the same over the other, which is answered as what it is: the same again."""
    fates = Counter[str]()
    for n, topic in enumerate(sorted(COMMANDS)):
        request, path = both.stage.example(topic, whole=True), COMMAND.format(topic)
        if n % 2:
            nats, http = both.stage.ask(topic, request), both.post(path, request)
            first, again = nats.body, http.json()
        else:
            http, nats = both.post(path, request), both.stage.ask(topic, request)
            first, again = http.json(), nats.body
        assert both.documented.wrong("post", path, http) == [], (topic, http.text)
        if nats.status:
            same(nats, http)
        else:
            assert (http.status_code, again) == (200, {**first, "repeated": True}), topic
        fates[nats.code] += 1
    assert fates[""] > len(COMMANDS) / 3, fates
    assert fates["Malformed"] == 0, fates


def test_nothing_that_is_sent_breaks_it_or_its_promises(both: Both, soak: int) -> None:
    """What fits the document, and what does not; a sample of all operations, and all of them with --soak."""
    from fuzzed import fuzz  # it takes a second to load, in each process that only looks for tests

    wrong, tried = both.stage.run(asyncio.to_thread(fuzz, both.url, both.stage.world.worker, soak))
    assert wrong == [], "\n".join(wrong)
    assert tried > 3


def test_nobody_is_answered_who_does_not_say_who_they_are(both: Both) -> None:
    """Everywhere but where the document says that everybody may ask."""
    closed = [
        (method, path)
        for path, operations in both.documented.paths.items()
        for method, operation in operations.items()
        if operation.get("security") != []
    ]
    assert len(closed) > len(COMMANDS) + len(ASKED)

    async def answers(headers: dict[str, str], asked: list[tuple[str, str]]) -> list[httpx.Response]:
        limits = httpx.Limits(max_connections=8)
        async with httpx.AsyncClient(base_url=both.url, limits=limits, headers=headers, timeout=60) as stranger:
            return await asyncio.gather(*(stranger.request(method, path) for method, path in asked))

    requests = tuple(path.format("") for path in (COMMAND, QUESTION))
    tried = [each for n, each in enumerate(closed) if not each[1].startswith(requests) or n % SAMPLED == 0]
    for headers, asked in (({}, tried), (bearing("nobody"), tried[::SAMPLED])):
        found = list(zip(asked, both.stage.run(answers(headers, asked)), strict=True))
        assert [each for each, answer in found if answer.status_code != 401] == []
        assert [each for each, answer in found if both.documented.wrong(*each, answer)] == []
