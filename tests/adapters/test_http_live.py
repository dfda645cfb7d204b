"""A live answer tells what changed as soon as it is known, and ends as soon as it may no longer be told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
from door import new_place
from inquirers import Asker, company_asked
from online import Event, Online, bearing, callers, events, online, until

from adapters.composition import web
from adapters.credentials.caller import Caller
from adapters.embedded import Running
from adapters.http import live
from adapters.http.app import HttpFace
from adapters.http.live import Live, Watched
from commands.clients.contact import OpenContact
from commands.clients.directory import SetDirectoryRight
from commands.command import Command
from commands.service.opening import OpenTicket
from commands.staff.worker import HireWorker, WithdrawRight
from domain.clients.contact import ContactKind
from domain.clients.directory import Level
from domain.staff.worker import SYSTEM, Right
from domain.values import worker_holder


@pytest.fixture(scope="module")
def here(servers: Running, state: Path) -> Iterator[Asker]:
    with company_asked(new_place(servers, state)) as here:
        yield here


@pytest.fixture(scope="module")
def net(here: Asker) -> Iterator[Online]:
    with online(here) as net:
        yield net


class Listening:
    """What comes of one stream, heartbeats left out."""

    def __init__(self, response: httpx.Response) -> None:
        self._events = events(response)

    async def next(self) -> Event | None:
        async with asyncio.timeout(15):
            return await anext(self._events, None)

    async def rows(self, of: str) -> list[str]:
        event = await self.next()
        assert event is not None and event.name == "answer", event
        return [row[of] for row in orjson.loads(event.data)["rows"]]

    async def refused(self) -> str:
        """The code of the problem that comes next, behind whatever answers, and last of all."""
        while (event := await self.next()) is not None and event.name == "answer":
            pass
        assert event is not None and event.name == "problem"
        assert await self.next() is None
        return str(orjson.loads(event.data)["code"])


@asynccontextmanager
async def listening(
    net: Online, name: str, actor: str, who: str = "desk", headers: Any = None, **params: Any
) -> AsyncIterator[Listening]:
    given = {**bearing(who), "Accept": "text/event-stream", **(headers or {})}
    path = f"/v1/questions/{name}"
    async with net.client.stream("GET", path, params={"actor": actor, **params}, headers=given) as response:
        assert response.status_code == 200, await response.aread()
        assert response.headers["content-type"] == "text/event-stream; charset=utf-8"
        assert response.headers["cache-control"] == "no-store"
        yield Listening(response)


async def did(here: Asker, command: Command) -> str:
    return (await here.desk.send(command, actor=SYSTEM)).id


def opening(here: Asker, title: str) -> OpenTicket:
    return OpenTicket(area=here.company["north"], title=title)


def test_a_change_arrives_and_what_is_the_same_does_not(here: Asker, net: Online) -> None:
    async def story() -> None:
        anna = here.company["anna"]
        async with listening(net, "desk", anna, sort="newest", limit="100") as desk:
            before = await desk.rows("title")
            await did(here, SetDirectoryRight(**right(here, "adam", Level.USE)))
            await did(here, opening(here, "The very new one"))
            assert await desk.rows("title") == ["The very new one", *before]

    net.run(story())


def right(here: Asker, worker: str, level: Level) -> dict[str, Any]:
    return {
        "directory": here.company["customers"],
        "holder": worker_holder(here.company[worker]),
        "level": level,
    }


def test_each_event_says_from_where_to_go_on(here: Asker, net: Online) -> None:
    async def story() -> None:
        async with listening(net, "desk", SYSTEM) as desk:
            event = await desk.next()
        assert event is not None
        assert event.id == orjson.loads(event.data)["position"]
        async with listening(net, "desk", SYSTEM, headers={"Last-Event-ID": event.id}) as desk:
            again = await desk.next()
        assert again is not None and again.name == "answer"
        bad = {**bearing("desk"), "Accept": "text/event-stream", "Last-Event-ID": "nonsense"}
        found = await net.client.get(f"/v1/questions/desk?actor={SYSTEM}", headers=bad)
        assert (found.status_code, found.json()["code"]) == (400, "Malformed")

    net.run(story())


def test_a_right_withdrawn_takes_rows_away_and_the_last_one_ends_it(here: Asker, net: Online) -> None:
    async def story() -> None:
        dora = here.company["dora"]
        async with listening(net, "contacts", dora) as contacts:
            assert await contacts.rows("contact")
            await did(here, SetDirectoryRight(**right(here, "dora", Level.NONE)))
            assert await contacts.rows("contact") == []
            for each in (Right.BASIC, Right.HELPDESK):
                await did(here, WithdrawRight(worker=dora, right=each))
            assert await contacts.refused() == "RightMissing"

    net.run(story())


def test_whoever_is_known_no_longer_is_let_go(here: Asker, net: Online) -> None:
    async def story() -> None:
        net.known["passing"] = net.known["desk"]
        async with listening(net, "desk", SYSTEM, who="passing") as desk:
            await desk.rows("ticket")
            del net.known["passing"]
            assert await desk.refused() == "CallerUnknown"

    net.run(story())


def test_quarantine_ends_it(here: Asker, net: Online, monkeypatch: pytest.MonkeyPatch) -> None:
    async def story() -> None:
        async with listening(net, "desk", SYSTEM) as desk:
            await desk.rows("ticket")
            monkeypatch.setattr(here.service.reception, "_gate", type("Closed", (), {"closed": True}))
            assert await desk.refused() == "InQuarantine"

    net.run(story())


def test_a_first_refusal_is_an_ordinary_one(here: Asker, net: Online) -> None:
    found = net.get("/v1/questions/ticket", headers={"Accept": "text/event-stream"}, actor=SYSTEM, ticket="nothing")
    assert (found.status_code, found.json()["code"]) == (404, "TicketUnknown")


def test_a_reckoning_and_a_question_in_a_body_are_followed_too(here: Asker, net: Online) -> None:
    async def story() -> None:
        body = {"actor": here.company["anna"], "data": {"text": "mill"}}
        given = {**bearing("desk"), "Accept": "text/event-stream"}
        path = "/v1/questions/contact-search"
        async with net.client.stream("POST", path, json=body, headers=given) as response:
            assert await Listening(response).rows("contact")
        async with listening(net, "assignment", SYSTEM, ticket=here.company["pump"]) as found:
            event = await found.next()
            assert event is not None and event.name == "answer"

    net.run(story())


def test_whoever_leaves_is_forgotten_and_there_are_only_so_many(here: Asker, monkeypatch: pytest.MonkeyPatch) -> None:
    lives: list[Live] = []
    begin = Live.begin

    def noted(self: Live, who: Caller) -> bool:
        lives.append(self)
        return begin(self, who)

    async def story() -> None:
        monkeypatch.setattr(Live, "begin", noted)
        monkeypatch.setattr(live, "OF_A_CALLER", 1)
        async with web(here.place, here.service, tokens=callers()) as there:
            assert there is not None
            async with httpx.AsyncClient(base_url=there.url, timeout=15) as client:
                net = Online(here.runner, there.url, callers(), client)
                async with listening(net, "desk", SYSTEM) as desk:
                    await desk.rows("ticket")
                    given = {**bearing("desk"), "Accept": "text/event-stream"}
                    more = await client.get(f"/v1/questions/desk?actor={SYSTEM}", headers=given)
                    assert (more.status_code, more.json()["code"]) == (429, "StreamsTaken")
                    assert more.headers["retry-after"] == "1"
                    async with listening(net, "desk", SYSTEM, who="reader") as other:
                        assert await other.rows("ticket")
                await until(lambda: lives[0].open == 0)

    here.runner.run(story())


def test_what_changes_while_the_first_answer_is_made_is_told(
    here: Asker, net: Online, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The models move, and are seen to have moved, between the first answer and its way out."""
    ask, done = HttpFace._ask, []

    async def slowly(self: HttpFace, *asked: Any) -> Any:
        found = await ask(self, *asked)
        if not done:
            done.append(found)
            opened = await here.desk.send(opening(here, "Meanwhile"), actor=SYSTEM)
            body = {"actor": SYSTEM, "data": {}, "min_position": opened.position}
            answer = await net.client.post("/v1/questions/desk", json=body, headers=bearing("desk"))
            assert answer.status_code == 200
            now = await here.service.queries.answers.positions()
            await until(lambda: all(self._live._found.get(name, -1) >= now[name] for name in now))
        return found

    async def story() -> None:
        monkeypatch.setattr(HttpFace, "_ask", slowly)
        async with listening(net, "desk", SYSTEM, sort="newest", limit="100") as desk:
            assert "Meanwhile" not in await desk.rows("title")
            assert "Meanwhile" in await desk.rows("title")

    net.run(story())


def test_what_is_not_shown_anew_is_no_look(here: Asker, net: Online, monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers are hired, which contacts rest on; who watches sees nothing of it, until a contact is new."""
    kept, asked = here.service.queries.looks.keep, []
    looks: list[Any] = []

    async def keep(found: Any, *rest: Any) -> None:
        found = list(found)
        looks.extend(found)
        await kept(found, *rest)

    ask = HttpFace._ask

    async def counted(self: HttpFace, *given: Any) -> Any:
        found = await ask(self, *given)
        asked.append(found)
        return found

    async def story() -> None:
        monkeypatch.setattr(here.service.queries.looks, "keep", keep)
        monkeypatch.setattr(HttpFace, "_ask", counted)
        async with listening(net, "contacts", SYSTEM) as contacts:
            before = await contacts.rows("contact")
            first = list(looks)
            assert first
            for n in (1, 2):
                await did(here, HireWorker(name="Somebody"))
                await until(lambda n=n: len(asked) > n)
            assert looks == first
            customers = here.company["customers"]
            new = await did(here, OpenContact(directory=customers, kind=ContactKind.PERSON, name="A new one"))
            assert sorted(await contacts.rows("contact")) == sorted([*before, new])
            assert len(looks) == 2 * len(first)

    net.run(story())


def test_the_same_by_another_right_is_a_look_until_it_was_kept() -> None:
    answer, watched = b'{"rows":[1],"position":"p","as_of":"now","next":null}', Watched(b"key")
    assert not watched.is_this(answer, (None,))
    assert watched.news(answer) is not None
    assert watched.is_this(answer.replace(b"now", b"later"), (None,))
    assert not watched.is_this(answer.replace(b"[1]", b"[2]"), (None,))
    for _ in range(2):
        assert not watched.is_this(answer, (Right.AUDITOR,))
    assert watched.news(answer) is None
    assert watched.is_this(answer, (Right.AUDITOR,))
