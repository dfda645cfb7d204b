"""Over HTTP everything is answered as over NATS, in the same words, whatever comes and however it comes."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import httpx
import orjson
import pytest
from certificate import certified
from door import new_place
from inquirers import Asker, company_asked
from online import Online, bearing, callers, online, served
from starlette.requests import Request
from starlette.responses import Response

from adapters.composition import Listening, Place, web
from adapters.embedded import Running
from adapters.file_request import PART_BYTES
from adapters.http import certificate as renewal
from adapters.http import intake, server
from adapters.http.asking import ENVELOPE, by_get
from adapters.http.documents import Documents
from adapters.http.exchange import Exchanges, traceparent_of
from adapters.http.live import Live
from adapters.inquiry import ASKED
from adapters.nats.client import new_command_id
from adapters.settings import Settings, SettingsWrong
from commands.staff.worker import HireWorker
from domain.staff.worker import SYSTEM

BINARY = {"Content-Type": "application/octet-stream"}
TITLES = {"type", "title", "status", "code", "errors", "about"}


@pytest.fixture(scope="module")
def here(servers: Running, state: Path) -> Iterator[Asker]:
    with company_asked(new_place(servers, state)) as here:
        yield here


@pytest.fixture(scope="module")
def net(here: Asker) -> Iterator[Online]:
    with online(here) as net:
        yield net


def command(net: Online, topic: str, **envelope: Any) -> httpx.Response:
    body = {"id": new_command_id(), "actor": SYSTEM, "data": {"name": "An area"}, **envelope}
    return net.post(f"/v1/commands/{topic}", body)


def refused(response: httpx.Response) -> tuple[int, str]:
    """Status and code of a problem that is one in every way."""
    body = response.json()
    assert response.headers["content-type"] == "application/problem+json"
    assert body["status"] == response.status_code
    assert body["type"] == f"urn:kartoteka:problem:{body['code']}"
    assert body.keys() <= TITLES
    return response.status_code, body["code"]


def test_a_command_is_done_once_and_told_as_over_nats(here: Asker, net: Online) -> None:
    body = {"id": new_command_id(), "actor": SYSTEM, "data": {"name": "East"}}
    first, again = (net.post("/v1/commands/area.open", body) for _ in range(2))
    over_nats = here.runner.run(here.door.ask("area.open", body))
    assert (first.status_code, first.headers["content-type"]) == (200, "application/json")
    assert first.json()["repeated"] is False
    assert again.json() == {**first.json(), "repeated": True} == over_nats.body
    assert first.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("topic", "changed", "status", "code"),
    [
        ("area.open", {"data": {}}, 400, "Malformed"),
        ("area.open", {"actor": "nobody"}, 403, "RightMissing"),
        ("area.close", {"data": {"area": "nowhere"}}, 404, "AreaUnknown"),
        ("area.open", {"expected_version": 7}, 409, "VersionMoved"),
        ("area.open", {"id": "0190163d-8694-739b-aea5-966c26f8ad91"}, 422, "CommandIdExpired"),
        ("no.such", {}, 404, "CommandUnknown"),
    ],
)
def test_a_command_is_refused_as_over_nats(
    here: Asker, net: Online, topic: str, changed: Any, status: int, code: str
) -> None:
    body = {"id": new_command_id(), "actor": SYSTEM, "data": {"name": "West"}, **changed}
    found = net.post(f"/v1/commands/{topic}", body)
    assert refused(found) == (status, code)
    assert here.runner.run(here.door.ask(topic, body)).body == found.json()


def test_a_question_in_an_address_is_the_one_in_a_body(here: Asker, net: Online) -> None:
    anna = here.company["anna"]
    narrowed = {"missed": "false", "sort": "newest", "limit": "2", "min_position": here.position}
    got = net.get("/v1/questions/desk", actor=anna, **narrowed)
    data = {"missed": False, "sort": "newest"}
    asked = {"actor": anna, "limit": 2, "min_position": here.position, "data": data}
    sent, over_nats = net.post("/v1/questions/desk", asked), here.reply("desk", "anna", limit=2, data=data)
    for each in (got, sent):
        assert each.status_code == 200
        assert each.json()["rows"] == over_nats.body["rows"] != []
        assert each.json().keys() == over_nats.body.keys()
    several = net.get(f"/v1/questions/sla-overview?actor={SYSTEM}&by=area&by=worker")
    assert several.json()["rows"] == here.reply("sla-overview", data={"by": ["area", "worker"]}).body["rows"]


def test_pages_are_walked_by_their_links(here: Asker, net: Online) -> None:
    seen: list[str] = []
    address: str | None = f"/v1/questions/desk?actor={SYSTEM}&limit=3"
    while address is not None:
        found = net.get(address)
        seen += [row["ticket"] for row in found.json()["rows"]]
        assert ("next" in found.links) is (found.json()["next"] is not None)
        address = found.links["next"]["url"] if "next" in found.links else None
    assert sorted(seen) == sorted(row["ticket"] for row in here.ask("desk"))


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("", "actor"),
        ("actor=a&actor=b", "actor"),
        ("actor=a&missed=perhaps", "data.missed"),
        ("actor=a&limit=many", "limit"),
        ("actor=a&limit=5000", "limit"),
        ("actor=a&min_position=x", "min_position"),
        ("actor=a&nickname=x", "data.(unknown)"),
        ("actor=a&nickname=x&nickname=y", "(unknown)"),
    ],
)
def test_a_wrong_query_string_is_told_by_the_field(net: Online, query: str, field: str) -> None:
    found = net.get(f"/v1/questions/desk?{query}")
    assert refused(found) == (400, "Malformed")
    assert [each["field"] for each in found.json()["errors"]] == [field]


def test_what_people_type_never_stands_in_an_address(net: Online) -> None:
    typed = {name for name, kind in ASKED.items() if not by_get(kind)}
    assert typed == {"contact-search", "effect", "price", "quotation", "what-if"}
    for name in typed:
        found = net.get(f"/v1/questions/{name}?actor=a&text=Olena")
        assert refused(found) == (405, "PostOnly")
        assert found.headers["allow"] == "POST"
        assert "Olena" not in found.text
    assert not [name for name, kind in ASKED.items() if set(ENVELOPE) & set(kind.model_fields)]


def test_an_answer_that_is_known_already_is_not_sent_again(here: Asker, net: Online) -> None:
    about = {"actor": here.company["anna"], "limit": "2", "sort": "newest"}
    first = net.get("/v1/questions/desk", **about)
    tag = first.headers["etag"]
    assert first.json()["next"] is not None
    for condition in (tag, f'"other", {tag.removeprefix("W/")}', "*"):
        again = net.get("/v1/questions/desk", headers={"If-None-Match": condition}, **about)
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    fewer = net.get("/v1/questions/desk", headers={"If-None-Match": tag}, **{**about, "limit": "1"})
    assert (fewer.status_code, fewer.headers["cache-control"]) == (200, "private, no-cache")
    assert fewer.headers["etag"] != tag
    assert first.headers["vary"] == "Accept, Authorization, Cookie"


def test_who_asks_for_what_they_have_already_looks_at_it_again(here: Asker, net: Online) -> None:
    about = {"actor": here.company["anna"], "contact": here.company["mill"]}
    before = len(here.ask("looks", SYSTEM, worker=here.company["anna"]))
    tag = net.get("/v1/questions/client-file", **about).headers["etag"]
    assert net.get("/v1/questions/client-file", headers={"If-None-Match": tag}, **about).status_code == 304
    assert len(here.ask("looks", SYSTEM, worker=here.company["anna"])) == before + 2


@pytest.mark.parametrize(
    ("method", "path", "who", "headers", "content", "status", "code"),
    [
        ("GET", "/", None, {}, b"", 404, "NotFound"),
        ("GET", "/v1/questions/desk/", None, {}, b"", 404, "NotFound"),
        ("GET", "/v1/commands/area.open", None, {}, b"", 405, "MethodNotAllowed"),
        ("OPTIONS", "/v1/questions/desk", None, {}, b"", 405, "MethodNotAllowed"),
        ("PUT", "/v1/questions/desk", "desk", {}, b"", 405, "MethodNotAllowed"),
        ("GET", "/v1/questions/desk", None, {}, b"", 401, "CallerUnknown"),
        ("GET", "/v1/questions/desk", "stranger", {}, b"", 401, "CallerUnknown"),
        ("POST", "/v1/commands/area.open", None, {}, b"{}", 401, "CallerUnknown"),
        ("POST", "/v1/commands/area.open", "reader", {}, b"{}", 403, "ScopeMissing"),
        ("GET", "/v1/questions/workers", "reader", {}, b"", 403, "ScopeMissing"),
        ("GET", "/metrics", "desk", {}, b"", 403, "ScopeMissing"),
        ("GET", "/metrics", None, {}, b"", 401, "CallerUnknown"),
        ("GET", "/v1/questions/no-such", "desk", {}, b"", 404, "QuestionUnknown"),
        ("POST", "/v1/files/burn", "desk", BINARY, b"{}\n", 404, "FileRequestUnknown"),
        ("POST", "/v1/commands/area.open", "desk", {"Content-Type": "text/plain"}, b"{}", 415, "MediaTypeUnknown"),
        ("POST", "/v1/commands/area.open", "desk", {"Content-Encoding": "gzip"}, b"{}", 415, "MediaTypeUnknown"),
        ("POST", "/v1/commands/area.open", "desk", {}, b"{", 400, "Malformed"),
        ("POST", "/v1/commands/area.open", "desk", {}, b"", 400, "Malformed"),
        ("POST", "/v1/commands/area.open", "desk", {}, b"[" * 100_000, 400, "Malformed"),
        ("POST", "/v1/commands/area.open", "desk", {}, b" " * (1024 * 1024 + 1), 413, "TooLarge"),
        ("POST", "/v1/files/put", "desk", BINARY, b" " * 614_401, 413, "PartTooLarge"),
        ("GET", "/v1/questions/desk?actor=a", "desk", {"Accept": "image/png, text/csv;q=0"}, b"", 406, "NotAcceptable"),
        ("GET", "/v1/questions/ticket?actor=a&ticket=b", "desk", {"Accept": "text/csv"}, b"", 406, "NotAcceptable"),
    ],
)  # fmt: skip
def test_everything_wrong_has_its_status(
    net: Online, method: str, path: str, who: str | None, headers: Any, content: bytes, status: int, code: str
) -> None:
    given = {"Content-Type": "application/json", **bearing(who), **headers}
    found = net.run(net.client.request(method, path, headers=given, content=content))
    assert refused(found) == (status, code)
    assert ("www-authenticate" in found.headers) is (status == 401)
    assert ("allow" in found.headers) is (status == 405)
    assert found.headers["x-content-type-options"] == "nosniff"
    assert found.headers["cache-control"] == "no-store"
    assert found.headers["content-security-policy"].startswith("default-src 'none'")
    assert not {"server", "x-powered-by", "strict-transport-security"} & found.headers.keys()


def test_to_ask_for_the_head_is_to_ask_without_the_answer(net: Online) -> None:
    found = net.run(net.client.head(f"/v1/questions/desk?actor={SYSTEM}", headers=bearing("desk")))
    assert (found.status_code, found.content) == (200, b"")
    assert found.headers["etag"]


def test_a_file_is_put_and_got_by_parts(here: Asker, net: Online) -> None:
    about = {"id": str(uuid4()), "actor": SYSTEM, "contact": here.company["mill"], "part": 1, "last": True}
    content = bytes(range(256)) * 8
    put = net.post("/v1/files/put", orjson.dumps(about) + b"\n" + content, headers=BINARY)
    assert (put.status_code, put.headers["content-type"]) == (200, "application/octet-stream"), put.text
    line = orjson.loads(put.content)
    assert line["size_bytes"] == len(content)
    data = {"contact": about["contact"], "file": line["file"], "name": "a.bin", "media_type": "application/pdf"}
    attached = command(net, "contact.attach-file", data=data)
    assert attached.status_code == 200, attached.text
    asked = {"actor": SYSTEM, "contact": about["contact"], "file": line["file"], "part": 1}
    got = net.post("/v1/files/get", orjson.dumps(asked) + b"\n", headers=BINARY)
    assert got.content.partition(b"\n")[2] == content
    missing = net.post("/v1/files/get", orjson.dumps({**asked, "part": 2}) + b"\n", headers=BINARY)
    assert refused(missing) == (404, "PartUnknown")
    assert len(content) < PART_BYTES


async def said(url: str, *pieces: bytes) -> bytes:
    """What comes back on a bare connection, until it ends."""
    reader, writer = await asyncio.open_connection(urlsplit(url).hostname, urlsplit(url).port)
    for piece in pieces:
        writer.write(piece)
        await writer.drain()
    async with asyncio.timeout(15):
        answer = await reader.read()
    writer.close()
    return answer


HEAD = b"POST /v1/commands/area.open HTTP/1.1\r\nHost: here\r\nAuthorization: Bearer desk\r\n"
KIND = b"Content-Type: application/json\r\n"


@pytest.mark.parametrize(
    "bytes_sent",
    [
        b"nonsense\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: here\r\nX: " + b"x" * 70_000 + b"\r\n\r\n",
        HEAD + KIND + b"Content-Length: -1\r\n\r\n",
        HEAD + KIND + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
    ],
)
def test_what_is_no_request_is_told_so_in_our_words(net: Online, bytes_sent: bytes) -> None:
    answer = net.run(said(net.url, bytes_sent))
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 ")
    assert orjson.loads(body)["code"] == "RequestUnreadable"
    assert b"nosniff" in head


def test_a_larger_body_is_refused_before_its_end(net: Online) -> None:
    pieces = [b"10000\r\n" + b" " * 65_536 + b"\r\n"] * 17
    answer = net.run(said(net.url, HEAD + KIND + b"Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n", *pieces))
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b'"code":"TooLarge"' in answer
    assert command(net, "area.open").status_code == 200


def test_whoever_takes_too_long_is_let_go(net: Online, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "HEAD_SECONDS", 0.05)
    assert net.run(said(net.url, b"GET / HT")) == b""
    assert net.run(said(net.url)) == b""
    monkeypatch.undo()
    monkeypatch.setattr(intake, "BODY_SECONDS", 0.05)
    slow = HEAD + KIND + b"Content-Length: 9\r\nConnection: close\r\n\r\n{"
    assert b'"code":"TooSlow"' in net.run(said(net.url, slow))


def test_whether_it_can_answer_is_told_without_a_name(here: Asker, net: Online) -> None:
    alive, ready = net.get("/livez", None), net.get("/readyz", None)
    assert (alive.status_code, ready.status_code) == (200, 200)
    checks = dict.fromkeys(("store", "log", "read_models", "broker"), True)
    assert ready.json() == {"ready": True, "checks": checks}


def test_who_watches_is_answered_while_it_is_busy_and_that_it_lives_also_while_it_leaves() -> None:
    exchanges = Exchanges(Response("here"), {}, at_once=0)

    async def found() -> list[int]:
        transport = httpx.ASGITransport(exchanges)
        async with httpx.AsyncClient(transport=transport, base_url="http://here") as client:
            paths = ("/livez", "/readyz", "/metrics", "/v1/session")
            return [(await client.get(path)).status_code for path in paths]

    assert asyncio.run(found()) == [200, 200, 200, 503]
    exchanges.draining = True
    assert asyncio.run(found()) == [200, 503, 503, 503]


@pytest.mark.parametrize(
    ("text", "taken"),
    [
        (f"00-{'a' * 32}-{'b' * 16}-01", True),
        (f"00-{'0' * 32}-{'b' * 16}-01", False),
        (f"00-{'a' * 32}-{'0' * 16}-01", False),
        (f"ff-{'a' * 32}-{'b' * 16}-01", False),
    ],
)
def test_a_trace_is_one_as_everywhere(text: str, taken: bool) -> None:
    request = Request({"type": "http", "headers": [(b"traceparent", text.encode())]})
    assert traceparent_of(request) == (text if taken else "")


def test_a_document_that_could_not_be_made_is_made_by_the_next_who_asks() -> None:
    answers = iter([MemoryError, b"{}"])

    def made() -> bytes:
        if isinstance(found := next(answers), bytes):
            return found
        raise found

    documents = Documents(one=made)

    async def story() -> list[bytes]:
        with pytest.raises(MemoryError):
            await documents._body("one")
        return [await documents._body("one") for _ in range(2)]

    assert asyncio.run(story()) == [b"{}", b"{}"]


def test_quarantine_is_told_to_everybody_alike(here: Asker, net: Online, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(here.service.reception), "closed", property(lambda _: True))
    monkeypatch.setattr(here.service.reception, "_gate", type("Closed", (), {"closed": True}))
    for who in ("desk", None):
        found = net.get("/v1/questions/desk", who, actor=SYSTEM)
        assert refused(found) == (503, "InQuarantine")
        assert int(found.headers["retry-after"]) > 0
    assert net.get("/livez", None).status_code == 200


def test_a_caller_acts_for_its_own_workers_alone(here: Asker, net: Online) -> None:
    from adapters.credentials.caller import Caller

    anna, boris = here.company["anna"], here.company["boris"]
    net.known["shop"] = Caller("shop", (anna,))
    net.known["web"] = Caller("web", (anna,))
    for who in ("shop", "web"):
        assert refused(net.get("/v1/questions/desk", who, actor=boris)) == (403, "ActorNotAllowed")
        assert net.get("/v1/questions/desk", who, actor=anna).status_code == 200
    assert refused(net.get("/v1/questions/desk", "shop")) == (400, "Malformed")
    own = net.get("/v1/questions/my-sight", "web")
    assert own.json()["row"] == here.ask("my-sight", "anna")
    assert net.post("/v1/questions/my-sight", b" { } ", "web").json()["row"] == own.json()["row"]
    about = b'{"contact": "%s", "file": "x", "part": 1}\n' % here.company["mill"].encode()
    got = net.post("/v1/files/get", about, "web", BINARY)
    assert refused(got) == (404, "FileUnknown")
    noted = net.post("/v1/commands/area.open", {"id": new_command_id(), "data": {"name": "X"}}, "web")
    assert refused(noted) == (403, "RightMissing")


def test_nothing_of_what_is_asked_is_logged(net: Online, capsys: pytest.CaptureFixture[str]) -> None:
    net.get("/v1/questions/ticket?actor=worker-1&ticket=ticket-1", headers={"traceparent": "nonsense"})
    net.get("/somewhere/else", headers={"traceparent": f"00-{'a' * 32}-{'b' * 16}-01"})
    out, err = capsys.readouterr()
    told = out + err
    assert "/v1/questions/{name}" in told
    assert "a" * 32 in told
    for secret in ("worker-1", "ticket-1", "somewhere", "nonsense", "Bearer"):
        assert secret not in told


def test_where_it_listened_it_listens_again_and_a_second_process_elsewhere(here: Asker, tmp_path: Path) -> None:
    place = Place(here.place.settings.model_copy(update={"state": tmp_path, **kept(here.place)}), *outside(here.place))
    service = here.service

    async def urls() -> list[str]:
        async with web(place, service, tokens=callers()) as one, web(place, service, tokens=callers()) as two:
            assert one is not None and two is not None
            found = [one.url, two.url]
        async with web(place, service, tokens=callers()) as again:
            assert again is not None
            return [*found, again.url]

    one, two, again = here.runner.run(urls())
    assert one == again != two
    assert (tmp_path / "http" / "port").read_text() == one.rpartition(":")[2] + "\n"


def kept(place: Place) -> dict[str, Any]:
    return {name: getattr(place, name) for name in ("keys", "anchors", "erasures", "callers")}


def outside(place: Place) -> tuple[Any, ...]:
    return place.postgres_url, place.nats_url, place.embedded


def set_up(here: Asker, **settings: Any) -> Any:
    """What the face says of itself, begun with other settings and ended."""
    place = Place(Settings(**{**here.place.settings.model_dump(by_alias=True), **settings}), *outside(here.place))

    async def listened() -> Any:
        async with web(place, here.service, tokens=callers()) as listening:
            return listening

    return here.runner.run(listened())


def test_off_is_off_and_a_wrong_address_is_said(here: Asker, net: Online) -> None:
    assert set_up(here, http="off") is None
    taken = urlsplit(net.url).netloc
    for wrong in ({"http": taken}, {"http": "127.0.0.1:99999"}, {"http_certificate": Path("/nowhere.pem")}):
        with pytest.raises(SettingsWrong):
            set_up(here, **wrong)


@pytest.mark.parametrize(
    ("settings", "warned"),
    [
        ({"http": "0.0.0.0:0"}, True),
        ({"http": "0.0.0.0:0", "public_url": "http://here.example"}, True),
        ({"http": "0.0.0.0:0", "public_url": "https://here.example"}, False),
        ({"http": "localhost:0"}, False),
    ],
)
def test_whoever_is_heard_in_clear_from_elsewhere_is_told_so(
    here: Asker, net: Online, capsys: pytest.CaptureFixture[str], settings: dict[str, Any], warned: bool
) -> None:
    set_up(here, **settings)
    assert ("can be read on the way" in capsys.readouterr().out) is warned


def test_what_is_under_way_is_answered_before_it_goes(here: Asker, monkeypatch: pytest.MonkeyPatch) -> None:
    """A command waits in the service, and a live answer is open, while the face is told to end."""
    reached, go_on = asyncio.Event(), asyncio.Event()
    handler = here.service.commands._handler

    class Held:
        async def handle(self, requests: Any) -> Any:
            reached.set()
            await go_on.wait()
            return await handler.handle(requests)

    async def story() -> tuple[httpx.Response, bytes]:
        async with httpx.AsyncClient(timeout=15) as client:
            stack = served(here.place, here.service, callers())
            listening = await stack.__aenter__()
            live = client.stream(
                "GET",
                f"{listening.url}/v1/questions/desk?actor={SYSTEM}",
                headers={**bearing("desk"), "Accept": "text/event-stream"},
            )
            async with live as stream:
                stream.raise_for_status()
                body = {"id": new_command_id(), "actor": SYSTEM, "data": {"name": "The last one"}}
                path = f"{listening.url}/v1/commands/area.open"
                asked = asyncio.create_task(client.post(path, json=body, headers=bearing("desk")))
                await reached.wait()
                leaving = asyncio.create_task(stack.__aexit__(None, None, None))
                ended = await stream.aread()
                assert not leaving.done()
                go_on.set()
                answer = await asked
                await leaving
                with pytest.raises(httpx.ConnectError):
                    await client.get(f"{listening.url}/livez")
            return answer, ended

    monkeypatch.setattr(here.service.commands, "_handler", Held())
    try:
        answer, ended = here.runner.run(asyncio.wait_for(story(), 15))
    finally:
        go_on.set()
    assert answer.status_code == 200
    assert b"event: answer" in ended


def test_what_breaks_says_so_and_nothing_more(
    net: Online, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: Any) -> None:
        raise RuntimeError("Olena Koval")

    monkeypatch.setattr(Live, "begin", broken)
    found = net.get(f"/v1/questions/desk?actor={SYSTEM}", headers={"Accept": "text/event-stream"})
    assert refused(found) == (500, "Broken")
    out, err = capsys.readouterr()
    assert "Olena" not in found.text + out + err
    assert "RuntimeError" in out + err


def test_a_store_that_is_away_is_told_with_when_to_ask_again(
    here: Asker, net: Online, monkeypatch: pytest.MonkeyPatch
) -> None:
    for line in here.service.queries.answers._lines._lines:
        monkeypatch.setattr(line, "_url", "postgresql://127.0.0.1:1/nowhere?connect_timeout=1")
        here.runner.run(line.close())
    found = net.get("/v1/questions/desk", actor=SYSTEM)
    assert refused(found) == (503, "StoreAway")
    assert (found.headers["retry-after"], found.headers["retry-after-ms"]) == ("1", "100")
    ready = net.get("/readyz", None)
    assert (ready.status_code, ready.json()["checks"]["store"]) == (503, False)
    monkeypatch.undo()
    assert here.send(HireWorker(name="One more"))
    assert net.get("/v1/questions/desk", actor=SYSTEM).status_code == 200


def secured(here: Asker, folder: Path, certificate: Path) -> Place:
    """The same with HTTP over TLS."""
    settings = {"http": "127.0.0.1:0", "state": folder, "http_certificate": certificate, **kept(here.place)}
    settings["http_key"] = certificate.with_name("key.pem")
    return Place(here.place.settings.model_copy(update=settings), *outside(here.place))


async def alive(listening: Listening, trusted: ssl.SSLContext) -> httpx.Response:
    """Asked over a connection of its own."""
    async with httpx.AsyncClient(verify=trusted) as client:
        return await client.get(f"{listening.url}/livez")


def test_over_tls_browsers_are_told_to_stay_there(here: Asker, tmp_path: Path) -> None:
    _, certificate = certified(tmp_path)

    async def asked() -> httpx.Response:
        async with served(secured(here, tmp_path, certificate), here.service, callers()) as listening:
            assert listening.url.startswith("https://")
            return await alive(listening, ssl.create_default_context(cafile=str(certificate)))

    assert here.runner.run(asked()).headers["strict-transport-security"]


def test_a_new_certificate_is_shown_without_a_restart_once_its_key_fits(
    here: Asker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(renewal, "LOOK_SECONDS", 0.01)
    now, later = tmp_path / "now", tmp_path / "later"
    for folder in (now, later):
        folder.mkdir()
    (_, certificate), (_, renewed) = certified(now), certified(later)
    before, after = (ssl.create_default_context(cafile=str(path)) for path in (certificate, renewed))

    async def asked() -> None:
        async with served(secured(here, now, certificate), here.service, callers()) as listening:
            renewed.replace(certificate)
            await asyncio.sleep(0.1)
            assert (await alive(listening, before)).status_code == 200
            renewed.with_name("key.pem").replace(certificate.with_name("key.pem"))
            async with asyncio.timeout(15):
                while not await trusts(listening, after):
                    await asyncio.sleep(0.01)
            assert not await trusts(listening, before)

    here.runner.run(asked())


async def trusts(listening: Listening, trusted: ssl.SSLContext) -> bool:
    try:
        return (await alive(listening, trusted)).status_code == 200
    except httpx.ConnectError:
        return False
