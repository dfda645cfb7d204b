"""Workers sign in: nobody as another, by guessing, or after they left, and no other site with their cookie."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Coroutine, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import httpx
import orjson
import psycopg
import pytest
from argon2 import Parameters
from argon2.low_level import Type
from click.testing import CliRunner, Result
from door import PATIENCE_SECONDS, Stage, new_place, stage
from inquirers import followed

from adapters.cli import registered
from adapters.clock import MovedClock
from adapters.composition.web import web
from adapters.credentials import password, throttle
from adapters.credentials.authentication import PEPPER, USE, Authentication
from adapters.credentials.login import Blind, normal, origin
from adapters.credentials.password import Busy, Passwords, made_up, weak
from adapters.embedded import Running
from adapters.http import session
from adapters.http.intake import Bounds
from adapters.nats.client import new_command_id
from adapters.postgres.finder import FOLLOWED
from adapters.postgres.schema import connect_async
from adapters.postgres.sign_ins import LOCK, MOST_SESSIONS, SignIns, sweep_sign_ins
from commands.lookup import CHARGES
from domain.staff.worker import SYSTEM
from projections.catalogue import READ_MODELS

T = TypeVar("T")

CHEAP = Parameters(Type.ID, 19, 16, 32, time_cost=1, memory_cost=8, parallelism=1)
GOOD, OTHER = "we met in Oslo twice", "and never in Bergen"
HOME, ELSEWHERE = "127.0.0.1", "127.0.0.2"
TRUST = ssl.create_default_context()
"""Made once: that takes longer than signing in."""

LET_IN, OVER = (404, "QuestionUnknown"), (401, "SessionEnded")
EVERYTHING = """
SELECT t::text FROM sign_ins t UNION ALL SELECT t::text FROM sessions t
UNION ALL SELECT t::text FROM sign_in_failures t UNION ALL SELECT t::text FROM sign_in_log t
"""
WAITED_FOR = """
SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted
    AND (classid, objid) IN (SELECT classid, objid FROM pg_locks WHERE pid = pg_backend_pid())
"""
WAITING = "SELECT count(DISTINCT pid) FROM pg_locks WHERE NOT granted"
LAST = "SELECT worker, method, outcome FROM sign_in_log ORDER BY number DESC LIMIT 1"


@dataclass(slots=True)
class Browser:
    """What somebody sees who sits before one: cookies are kept as they are set."""

    line: httpx.AsyncClient
    csrf: str = ""

    async def sign_in(self, login: str, word: str, **headers: str) -> httpx.Response:
        answer = await self.line.post("/v1/session", json={"login": login, "password": word}, headers=headers)
        if answer.status_code == 200:
            self.csrf = answer.json()["csrf"]
        return answer

    async def send(self, method: str, path: str, **given: Any) -> httpx.Response:
        """As our own pages do."""
        return await self.line.request(method, path, headers={"X-CSRF-Token": self.csrf}, **given)

    async def who(self) -> httpx.Response:
        return await self.line.get("/v1/session")

    async def asks(self, **headers: str) -> tuple[int, str]:
        """For something that nobody is told of; but whoever is let in is told just that."""
        return refusal(await self.line.get("/v1/questions/nothing", headers=headers))


@dataclass(slots=True)
class Doors:
    """One service, and two processes' worth of doors before it that share nothing but the database."""

    stage: Stage
    stack: AsyncExitStack
    clock: MovedClock
    passwords: Passwords
    urls: list[str]

    def run(self, steps: Coroutine[Any, Any, T]) -> T:
        return self.stage.run(steps)

    def browser(self, door: int = 0, address: str = HOME) -> Browser:
        transport = httpx.AsyncHTTPTransport(verify=TRUST, local_address=address)
        line = httpx.AsyncClient(base_url=self.urls[door], transport=transport, timeout=20)
        self.stack.push_async_callback(line.aclose)
        return Browser(line)

    def cli(self, *words: str, told: str = "") -> Result:
        settings = self.stage.place.settings
        there = {
            "KARTOTEKA_POSTGRES_URL": self.stage.place.postgres_url,
            "KARTOTEKA_NATS_URL": self.stage.place.nats_url,
            "KARTOTEKA_SCHEMA": settings.schema_name,
        }
        there |= {"KARTOTEKA_STATE": str(settings.state)}
        return CliRunner().invoke(registered("sign_in")["sign-in"], words, input=told, env=there)

    def worker(self, name: str = "Somebody") -> str:
        answer = self.stage.ask("worker.hire", {**self.stage.request(name=name), "actor": SYSTEM}, self.stage.operator)
        return str(answer.body["id"])

    def known(self, login: str, *, must_change: bool = False) -> str:
        """Somebody who signs in with a good password."""
        worker = self.worker()

        async def put() -> None:
            keys, place = self.stage.service.keys, self.stage.place
            sign_ins = SignIns(place.postgres_url, place.settings.schema_name)
            desk = Authentication(sign_ins, self.passwords, keys.derive(USE), self.clock, lasts=timedelta(1))
            hashed = await self.passwords.hashed(GOOD)
            await sign_ins.set(desk.login(login), worker, hashed, self.clock(), must_change=must_change)
            await sign_ins.close()

        self.run(put())
        return worker

    def signed_in(self, login: str) -> Browser:
        browser = self.browser()
        assert self.run(browser.sign_in(login, GOOD)).status_code == 200
        return browser

    def rows(self, statement: str, *given: Any) -> list[tuple[Any, ...]]:
        return self.stage.database.execute(statement.encode(), given).fetchall()

    def did(self, topic: str, **data: Any) -> None:
        """Decided by whatever the worker answers for, as read models know it."""
        models = [READ_MODELS[name] for name in FOLLOWED[CHARGES]]
        with followed(self.stage.place, models):
            answer = self.stage.ask(topic, {**self.stage.request(**data), "actor": SYSTEM}, self.stage.operator)
        assert answer.status == 0, answer


@pytest.fixture(scope="module")
def doors(servers: Running, state: Path) -> Iterator[Doors]:
    with stage(new_place(servers, state, http=f"{HOME}:0")) as at:
        stack, clock = AsyncExitStack(), MovedClock()
        secret = at.service.keys.derive(PEPPER)
        kinds = [Passwords(secret, CHEAP) for _ in range(2)]

        async def open_up() -> list[str]:
            urls = []
            for passwords in kinds:
                service = replace(at.service, clock=clock)
                listening = await stack.enter_async_context(web(at.place, service, passwords=passwords))
                assert listening is not None
                urls.append(listening.url)
            return urls

        try:
            yield Doors(at, stack, clock, kinds[0], at.run(open_up()))
        finally:
            at.run(stack.aclose())


@pytest.fixture(autouse=True)
def unhindered(doors: Doors) -> None:
    """All tests sit behind one address, and none is to be slowed down by another."""
    doors.rows("WITH gone AS (DELETE FROM sign_in_failures RETURNING 1) SELECT count(*) FROM gone")


def refusal(answer: httpx.Response) -> tuple[int, str]:
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    return answer.status_code, answer.json()["code"]


def test_a_session_is_the_workers_and_of_nobody_else(doors: Doors) -> None:
    anna, boris = doors.known("anna"), doors.known("boris")
    browser = doors.browser()
    answer = doors.run(browser.sign_in(" ANNA ", GOOD))
    assert answer.json() == {
        "worker": anna,
        "ends_at": answer.json()["ends_at"],
        "csrf": browser.csrf,
        "must_change": False,
    }
    assert doors.run(browser.who()).json() == answer.json()
    assert doors.run(browser.asks()) == LET_IN

    async def command(**more: str) -> httpx.Response:
        data = {"id": new_command_id(), "data": {"name": "East"}, **more}
        return await browser.send("POST", "/v1/commands/area.open", json=data)

    assert refusal(doors.run(command(actor=boris))) == (403, "ActorNotAllowed")
    assert refusal(doors.run(command(actor="system"))) == (403, "ActorNotAllowed")
    assert refusal(doors.run(command())) == (403, "RightMissing")
    other = browser.line.get("/v1/questions/my-sight", params={"actor": boris})
    assert refusal(doors.run(other)) == (403, "ActorNotAllowed")
    assert doors.rows(LAST) == [(anna, "password", "signed-in")]


def test_cookies_are_out_of_reach_of_scripts_and_bound_to_tls_where_there_is_some(doors: Doors) -> None:
    doors.known("flags")
    plain = doors.run(doors.browser().sign_in("flags", GOOD)).headers.get_list("set-cookie")
    assert [each.split("=")[0] for each in plain] == ["kartoteka", "kartoteka-browser"]
    assert all({"HttpOnly", "Path=/", "SameSite=lax"} <= set(each.split("; ")[1:]) for each in plain)
    settings = doors.stage.place.settings.model_copy(update={"public_url": "https://k.example"})
    place = replace(doors.stage.place, settings=settings)

    secret = doors.stage.service.keys.derive(PEPPER)

    async def over_tls() -> list[str]:
        async with web(place, doors.stage.service, passwords=Passwords(secret, CHEAP)) as listening:
            assert listening is not None
            async with httpx.AsyncClient(base_url=listening.url) as line:
                given = {"login": "flags", "password": GOOD}
                foreign = await line.post("/v1/session", json=given, headers={"Origin": listening.url})
                assert refusal(foreign) == (403, "CsrfMissing")
                answer = await line.post("/v1/session", json=given, headers={"Origin": "https://k.example"})
                return answer.headers.get_list("set-cookie")

    secure = doors.run(over_tls())
    assert [each.split("=")[0] for each in secure] == ["__Host-kartoteka", "__Host-kartoteka-browser"]
    assert all({"HttpOnly", "Path=/", "SameSite=lax", "Secure"} <= set(each.split("; ")[1:]) for each in secure)


def test_a_session_is_new_at_each_sign_in_and_takes_the_place_of_the_last(doors: Doors) -> None:
    doors.known("carla")
    browser = doors.browser()
    browser.line.cookies.set("kartoteka", "planted")
    assert doors.run(browser.asks()) == OVER
    browser.line.cookies.clear()
    first = doors.run(browser.sign_in("carla", GOOD)).cookies["kartoteka"]
    second = doors.run(browser.sign_in("carla", GOOD)).cookies["kartoteka"]
    assert len({"planted", first, second}) == 3
    assert doors.run(browser.asks()) == LET_IN
    other = doors.browser()
    other.line.cookies.set("kartoteka", first)
    assert doors.run(other.asks()) == OVER
    assert not [row for row in doors.rows("SELECT id FROM sessions") if bytes(row[0]) == second.encode()]


def test_a_login_that_nobody_has_is_as_much_work_and_told_the_same(doors: Doors) -> None:
    worker = doors.known("dora")

    async def refused(login: str, word: str) -> tuple[bytes, dict[str, str], int]:
        before = doors.passwords.hashed_so_far
        answer = await doors.browser().sign_in(login, word)
        assert refusal(answer) == (401, "SignInRefused")
        headers = {name: text for name, text in answer.headers.items() if name != "date"}
        return answer.content, headers, doors.passwords.hashed_so_far - before

    known, unknown = doors.run(refused("dora", OTHER)), doors.run(refused("nobody", OTHER))
    assert known == unknown
    assert known[2] == 1
    noted = doors.rows("SELECT worker FROM sign_in_log ORDER BY number DESC LIMIT 2")
    assert noted == [("",), (worker,)]
    stored = str(doors.rows(EVERYTHING))
    assert all(word not in stored for word in ("dora", "nobody", GOOD, OTHER, HOME))


def test_what_changes_something_comes_from_our_own_pages(doors: Doors) -> None:
    doors.known("emil")
    browser, other = doors.signed_in("emil"), doors.signed_in("emil")
    own = browser.line.base_url.copy_with(path="/")
    here = str(own).rstrip("/")

    async def command(**headers: str) -> httpx.Response:
        data = {"id": new_command_id(), "data": {"name": "East"}}
        return await browser.line.post("/v1/commands/area.open", json=data, headers=headers)

    missing, token = (403, "CsrfMissing"), {"X-CSRF-Token": browser.csrf}
    assert refusal(doors.run(command())) == missing
    assert refusal(doors.run(command(**{"X-CSRF-Token": "wrong"}))) == missing
    assert refusal(doors.run(command(**{"X-CSRF-Token": other.csrf}))) == missing
    assert refusal(doors.run(command(**token, Origin="https://evil.example"))) == missing
    assert refusal(doors.run(command(**token, Origin="null"))) == missing
    assert refusal(doors.run(command(**token, **{"Sec-Fetch-Site": "cross-site"}))) == missing
    assert refusal(doors.run(command(**token, **{"Sec-Fetch-Site": "same-site"}))) == missing
    let_in = (403, "RightMissing")
    assert refusal(doors.run(command(**token))) == let_in
    assert refusal(doors.run(command(**token, Origin=here, **{"Sec-Fetch-Site": "same-origin"}))) == let_in
    for site in ("cross-site", "same-site"):
        assert doors.run(browser.asks(**{"Sec-Fetch-Site": site})) == missing
        assert doors.run(browser.line.get("/v1/session", headers={"Sec-Fetch-Site": site})).status_code == 200
    assert [doors.run(browser.asks(**{"Sec-Fetch-Site": site})) for site in ("none", "same-origin")] == [LET_IN] * 2
    for method, path in (("DELETE", "/v1/session"), ("DELETE", "/v1/session/all"), ("POST", "/v1/session/password")):
        assert refusal(doors.run(browser.line.request(method, path))) == missing, path
    signing_in = doors.browser()
    assert refusal(doors.run(signing_in.sign_in("emil", GOOD, Origin="https://evil.example"))) == missing
    form = doors.run(signing_in.line.post("/v1/session", data={"login": "emil", "password": GOOD}))
    assert refusal(form) == (415, "MediaTypeUnknown")
    malformed = doors.run(signing_in.line.post("/v1/session", json={"login": "emil", "secret": GOOD}))
    assert refusal(malformed) == (400, "Malformed")
    assert GOOD not in malformed.text
    assert doors.run(browser.asks()) == LET_IN


def test_whoever_brings_a_token_is_asked_for_no_cookie(doors: Doors) -> None:
    doors.known("fritz")
    browser = doors.signed_in("fritz")
    token = {"Authorization": "Bearer kt_desk_" + "A" * 43}
    assert doors.run(browser.asks(**token)) == (401, "CallerUnknown")
    assert refusal(doors.run(browser.line.get("/v1/session", headers=token))) == (401, "SessionEnded")


def test_strangers_who_take_their_time_leave_room_for_others(
    doors: Doors, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    doors.known("fiona")
    own, at = doors.signed_in("fiona"), urlsplit(doors.urls[0])
    head = ("POST /v1/session HTTP/1.1", f"Host: {at.netloc}", "Content-Type: application/json", "Content-Length: 99")

    async def slow(*, told: bytes = b"") -> asyncio.StreamWriter:
        reader, writer = await asyncio.open_connection(at.hostname, at.port)
        writer.write("\r\n".join((*head, "", "")).encode())
        if told:
            await reader.readuntil(told)
        return writer

    async def becomes(status: int) -> None:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while (await doors.browser().sign_in("fiona", GOOD)).status_code != status:
                await asyncio.sleep(0.01)

    async def story() -> None:
        lines = [await slow() for _ in range(session.OF_ONE_ADDRESS)]
        await becomes(503)
        assert (await doors.browser(address=ELSEWHERE).sign_in("fiona", GOOD)).status_code == 200
        assert await own.asks() == LET_IN
        for each in lines:
            each.close()
        await becomes(200)
        monkeypatch.setattr(session, "SMALL", Bounds(98, 0.02))
        lines.append(await slow(told=b'"code":"TooLarge"'))
        monkeypatch.setattr(session, "SMALL", Bounds(99, 0.02))
        lines.append(await slow(told=b'"code":"TooSlow"'))
        for each in lines:
            each.close()
            await each.wait_closed()

    doors.run(story())
    assert "status=500" not in capsys.readouterr().out


def test_who_guesses_is_slowed_down_in_all_processes_and_the_owner_is_not_kept_out(doors: Doors) -> None:
    doors.known("gina")
    own = doors.signed_in("gina")

    async def guess(door: int) -> httpx.Response:
        return await doors.browser(door).sign_in("gina", OTHER)

    for n in range(throttle.OWN.free):
        assert refusal(doors.run(guess(n % 2))) == (401, "SignInRefused")
    before = doors.passwords.hashed_so_far
    for door in (0, 1):
        answer = doors.run(doors.browser(door).sign_in("gina", GOOD))
        assert refusal(answer) == (429, "SignInThrottled")
        assert answer.headers["retry-after"] == "1"
        assert 0 < int(answer.headers["retry-after-ms"]) <= 1000
    assert doors.passwords.hashed_so_far == before
    assert doors.run(doors.browser(address=ELSEWHERE).sign_in("gina", GOOD)).status_code == 200
    assert doors.run(own.sign_in("gina", GOOD)).status_code == 200
    for pause in (1, 2, 4):
        doors.clock.ahead += timedelta(seconds=pause)
        assert refusal(doors.run(guess(0))) == (401, "SignInRefused")
        assert refusal(doors.run(guess(1))) == (429, "SignInThrottled")
    doors.clock.ahead += timedelta(seconds=8)
    assert doors.run(doors.browser().sign_in("gina", GOOD)).status_code == 200
    assert refusal(doors.run(guess(0))) == (401, "SignInRefused")


def test_guesses_from_everywhere_leave_the_owners_browser_alone(doors: Doors) -> None:
    doors.known("hugo")
    own, stranger = doors.signed_in("hugo"), doors.browser(address=ELSEWHERE)
    forged = own.line.cookies["kartoteka-browser"].replace(".", ".A")
    stranger.line.cookies.set("kartoteka-browser", forged)
    for each in throttle.attempt(_blind(doors), _login(doors, "hugo"), "192.0.2.7", device=None):
        held = "INSERT INTO sign_in_failures VALUES (%s, 60, now(), now() + interval '1 year') ON CONFLICT (key)"
        doors.rows(f"{held} DO UPDATE SET (count, free_at) = (excluded.count, excluded.free_at) RETURNING 1", each.key)
    assert refusal(doors.run(stranger.sign_in("hugo", GOOD))) == (429, "SignInThrottled")
    assert doors.run(own.sign_in("hugo", GOOD)).status_code == 200


def test_many_at_once_are_no_way_round(doors: Doors) -> None:
    doors.known("ines")
    own, *shared = (each.key for each in throttle.attempt(_blind(doors), _login(doors, "ines"), HOME, device=None))
    for key, count in ((own, throttle.OWN.free - 1), *((each, 0) for each in shared)):
        row = "INSERT INTO sign_in_failures VALUES (%s, %s, %s, now() - interval '1 second') RETURNING 1"
        doors.rows(row, key, count, doors.clock())

    async def burst() -> list[int]:
        """All come to the last attempt that is free, and none may take it yet."""
        database = doors.stage.database
        with database.transaction():
            database.execute("SELECT FROM sign_in_failures WHERE key = %s FOR UPDATE", (own,))
            guesses = [asyncio.create_task(doors.browser(n % 2).sign_in("ines", OTHER)) for n in range(4)]
            async with asyncio.timeout(PATIENCE_SECONDS):
                while database.execute(WAITING).fetchone() != (len(guesses),):
                    await asyncio.sleep(0.01)
        return sorted([(await each).status_code for each in guesses])

    assert doors.run(burst()) == [401, 429, 429, 429]


def test_attempts_that_are_not_taken_leave_nothing(doors: Doors) -> None:
    _, address, _ = throttle.attempt(_blind(doors), b"", HOME, device=None)
    row = "INSERT INTO sign_in_failures VALUES (%s, 60, %s, %s) RETURNING 1"
    doors.rows(row, address.key, doors.clock(), doors.clock() + timedelta(minutes=1))
    before = doors.rows(EVERYTHING)
    for n in range(3):
        assert refusal(doors.run(doors.browser().sign_in(f"made-up-{n}", OTHER))) == (429, "SignInThrottled")
    assert doors.rows(EVERYTHING) == before


def test_of_strangers_no_more_is_kept_than_there_is_room_for(doors: Doors, monkeypatch: pytest.MonkeyPatch) -> None:
    doors.known("jona")
    own = doors.signed_in("jona")
    monkeypatch.setattr("adapters.postgres.sign_ins.TRIM_EVERY", 1)
    kept = "CREATE OR REPLACE FUNCTION strangers_kept() RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT {}'"
    strangers = "SELECT (SELECT count(*) FROM sign_in_failures), (SELECT count(*) FROM sign_in_log WHERE worker = '')"

    async def sweep() -> None:
        async with await connect_async(doors.stage.place.postgres_url, doors.stage.place.settings.schema_name) as line:
            await sweep_sign_ins(line, doors.clock())

    doors.stage.database.execute(kept.format(4).encode())
    try:
        for n in range(8):
            doors.clock.ahead += timedelta(seconds=1)
            assert refusal(doors.run(doors.browser().sign_in(f"nobody-{n}", OTHER))) == (401, "SignInRefused")
        doors.run(sweep())
        # One more than that: of two attempts, each with a row of its own for login and for login and address.
        assert doors.rows(strangers) == [(5, 4)]
        assert doors.run(own.asks()) == LET_IN
    finally:
        doors.stage.database.execute(kept.format(1_000_000).encode())


def test_whoever_leaves_is_out_at_once_and_stays_out_when_they_come_back(doors: Doors) -> None:
    worker = doors.known("jan")
    browser, late = doors.signed_in("jan"), doors.browser()
    doors.did("worker.deactivate", worker=worker)
    assert doors.run(browser.asks()) == OVER
    assert refusal(doors.run(late.sign_in("jan", GOOD))) == (401, "SignInRefused")
    assert doors.rows(LAST) == [(worker, "password", "not-working-here")]
    doors.did("worker.reactivate", worker=worker)
    assert doors.run(browser.asks()) == OVER
    assert doors.run(late.sign_in("jan", GOOD)).status_code == 200


def test_whoever_signs_in_while_they_are_deactivated_is_not_let_in(doors: Doors) -> None:
    worker, database = doors.known("jana"), doors.stage.database

    async def meanwhile() -> tuple[int, str]:
        """A sign-in that began before, and has come to where it waits for what is being stored."""
        with database.transaction():
            database.execute(LOCK, (worker,))
            database.execute("UPDATE access_workers SET active = false WHERE worker = %s", (worker,))
            signing_in = asyncio.create_task(doors.browser().sign_in("jana", GOOD))
            async with asyncio.timeout(PATIENCE_SECONDS):
                while not signing_in.done() and database.execute(WAITED_FOR).fetchone() == (0,):
                    await asyncio.sleep(0.01)
        return refusal(await signing_in)

    assert doors.run(meanwhile()) == (401, "SignInRefused")
    assert doors.rows("SELECT count(*) FROM sessions WHERE worker = %s", worker) == [(0,)]


def test_a_session_ends_by_the_clock_and_rows_that_are_over_are_swept(doors: Doors) -> None:
    worker = doors.known("karl")
    browser = doors.signed_in("karl")
    hours = doors.stage.place.settings.session_hours
    doors.clock.ahead += timedelta(hours=hours, seconds=-30)
    assert doors.run(browser.asks()) == LET_IN
    doors.clock.ahead += timedelta(seconds=30)
    assert refusal(doors.run(browser.who())) == (401, "SessionEnded")

    async def sweep() -> None:
        place = doors.stage.place
        async with await connect_async(place.postgres_url, place.settings.schema_name) as connection:
            await sweep_sign_ins(connection, doors.clock())

    assert doors.rows("SELECT count(*) FROM sessions WHERE worker = %s", worker) == [(1,)]
    doors.run(sweep())
    assert doors.rows("SELECT count(*) FROM sessions WHERE worker = %s", worker) == [(0,)]
    assert doors.rows("SELECT count(*) > 0 FROM sign_in_log WHERE worker = %s", worker) == [(True,)]
    for change in ("DELETE FROM sign_in_log WHERE worker <> ''", "UPDATE sign_in_log SET worker = ''"):
        with pytest.raises(psycopg.errors.RaiseException):
            doors.stage.database.execute(change)


def test_a_restored_log_has_signed_everybody_out(doors: Doors) -> None:
    doors.known("lena")
    browser = doors.signed_in("lena")
    doors.rows("UPDATE head SET epoch = gen_random_uuid() RETURNING 1")
    assert doors.run(browser.asks()) == OVER


def test_a_password_is_changed_by_who_knows_it_and_ends_all_other_sessions(doors: Doors) -> None:
    worker = doors.known("mia@firm.example", must_change=True)
    browser, other = doors.signed_in("mia@firm.example"), doors.signed_in("mia@firm.example")
    assert doors.run(browser.who()).json()["must_change"]
    assert doors.run(browser.asks()) == (403, "PasswordChangeNeeded")

    async def change(old: str, new: str) -> httpx.Response:
        return await browser.send("POST", "/v1/session/password", json={"old": old, "new": new})

    assert refusal(doors.run(change(OTHER, OTHER))) == (401, "SignInRefused")
    for wrong in (GOOD, "short", "Mia@FIRM.example", "password1234", "x" * 300):
        answer = doors.run(change(GOOD, wrong))
        assert refusal(answer) == (422, "PasswordTooWeak"), wrong
        assert answer.json()["errors"][0]["field"] == "new"
    old = browser.line.cookies["kartoteka"]
    changed = doors.run(change(GOOD, OTHER))
    assert changed.status_code == 200
    assert (changed.json()["must_change"], changed.cookies["kartoteka"] != old) == (False, True)
    assert doors.run(browser.asks()) == LET_IN
    assert doors.run(other.asks()) == OVER
    assert doors.rows("SELECT count(*) FROM sessions WHERE worker = %s", worker) == [(1,)]
    assert refusal(doors.run(doors.browser().sign_in("mia@firm.example", GOOD))) == (401, "SignInRefused")
    assert doors.run(doors.browser().sign_in("mia@firm.example", OTHER)).status_code == 200
    browser.csrf = changed.json()["csrf"]
    for _ in range(throttle.OWN.free):
        assert refusal(doors.run(change(GOOD, OTHER))) == (401, "SignInRefused")
    assert refusal(doors.run(change(OTHER, GOOD))) == (429, "SignInThrottled")


def test_signed_out_is_out_here_or_everywhere(doors: Doors) -> None:
    worker = doors.known("nora")
    first, second, third = (doors.signed_in("nora") for _ in range(3))
    held = first.line.cookies["kartoteka"]
    assert doors.run(first.send("DELETE", "/v1/session")).status_code == 204
    assert "kartoteka" not in first.line.cookies
    first.line.cookies.set("kartoteka", held)
    assert doors.run(first.asks()) == OVER
    assert doors.run(third.asks()) == LET_IN
    assert doors.run(second.send("DELETE", "/v1/session/all")).status_code == 204
    assert doors.run(third.asks()) == OVER
    assert doors.rows(LAST) == [(worker, "session", "signed-out-everywhere")]


def test_a_worker_has_no_more_sessions_than_they_can_look_after(doors: Doors) -> None:
    worker = doors.known("olga")
    oldest = doors.signed_in("olga")
    for _ in range(MOST_SESSIONS):
        doors.signed_in("olga")
    assert doors.run(oldest.asks()) == OVER
    assert doors.rows("SELECT count(*) FROM sessions WHERE worker = %s", worker) == [(MOST_SESSIONS,)]


def test_whoever_operates_the_service_sets_passwords_that_have_to_be_changed(
    doors: Doors, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Passwords.__init__, "__defaults__", (CHEAP,))
    worker, other = doors.worker(), doors.worker()
    made = doors.cli("set", worker, "--login", "paul", "--generate")
    assert made.exit_code == 0, made.stderr
    browser = doors.browser()
    assert doors.run(browser.sign_in("paul", made.stdout.strip())).json()["must_change"]
    taken = doors.cli("set", other, "--login", "Paul", told=f"{GOOD}\n")
    assert (taken.exit_code, "somebody else" in taken.stderr) == (65, True)
    weakly = doors.cli("set", other, "--login", "quirin", told="quirin-1234\n")
    assert (weakly.exit_code, "fewer than 12" in weakly.stderr) == (65, True)
    nobody = doors.cli("set", "00000000-0000-0000-0000-000000000000", "--login", "x", told=f"{GOOD}\n")
    assert (nobody.exit_code, "works here" in nobody.stderr) == (65, True)
    again = doors.cli("set", worker, "--login", "paula", "--keep", told=f"{GOOD}\n")
    assert (again.exit_code, again.stdout) == (0, "")
    assert refusal(doors.run(browser.who())) == (401, "SessionEnded")
    assert not doors.run(browser.sign_in("paula", GOOD)).json()["must_change"]
    (row,) = [each for each in orjson.loads(doors.cli("list", "--json").stdout) if each["worker"] == worker]
    assert (row["must_change"], row["sessions"], row["subjects"], row["active"]) == (False, 1, 0, True)
    assert doors.cli("remove", worker).exit_code == 0
    assert refusal(doors.run(browser.who())) == (401, "SessionEnded")
    told = [each["outcome"] for each in orjson.loads(doors.cli("log", "--worker", worker, "--json").stdout)]
    assert told == ["removed", "signed-in", "password-set", "signed-in", "password-set"]


def test_hashes_made_otherwise_are_made_anew_and_without_our_secret_none_fits(doors: Doors) -> None:
    worker = doors.known("rosa")
    dearer = Passwords(doors.stage.service.keys.derive(PEPPER), replace_time(CHEAP, 2))
    hashed = doors.run(dearer.hashed(GOOD))
    doors.rows("UPDATE sign_ins SET password = %s WHERE worker = %s RETURNING 1", hashed, worker)
    doors.signed_in("rosa")
    ((renewed,),) = doors.rows("SELECT password FROM sign_ins WHERE worker = %s", worker)
    assert ("t=2" in hashed, "t=1" in renewed) == (True, True)
    doors.signed_in("rosa")
    assert not doors.run(Passwords(b"another", CHEAP).verified(GOOD, renewed)).good
    assert doors.run(dearer.verified("u\u0308ber den Wolken", doors.run(dearer.hashed("\u00fcber den Wolken")))).good


def replace_time(parameters: Parameters, passes: int) -> Parameters:
    return replace(parameters, time_cost=passes)


def test_more_than_can_be_hashed_in_time_are_turned_away(doors: Doors) -> None:
    slow = Passwords(b"", Parameters(Type.ID, 19, 16, 32, time_cost=2, memory_cost=8192, parallelism=1), waiting=1)

    async def many() -> list[str | BaseException]:
        return await asyncio.gather(*(slow.hashed(GOOD) for _ in range(5)), return_exceptions=True)

    found = doors.run(many())
    assert [isinstance(each, Busy) for each in found] == [False] * (password.AT_ONCE + 1) + [True] * 2
    assert isinstance(doors.run(slow.hashed(GOOD)), str)


@pytest.mark.parametrize(
    ("typed", "login", "why"),
    [
        ("elevenchars", "anna", "fewer than 12"),
        ("anna.rossi@firm.example", "Anna.Rossi@Firm.example", "the login"),
        ("anna.rossi@firm.example1!", "anna.rossi@firm.example", "the login"),
        ("aaaaaaaaaaaaaaa", "x", "different"),
        ("Password123!!", "x", "tried first"),
        ("P@ssw0rdP@ssw0rd", "x", "tried first"),
        ("qwertyuiop12", "x", "tried first"),
        ("1q2w3e4r5t6y", "x", "tried first"),
        ("kartoteka2026", "x", "tried first"),
        ("1234567890123", "x", "tried first"),
        ("я" * 600, "x", "longer"),
    ],
)
def test_weak_passwords_are_refused(typed: str, login: str, why: str) -> None:
    assert why in (weak(typed, login) or "")


def test_good_passwords_are_not() -> None:
    good = [GOOD, OTHER, "anna likes nothing at all", "пароль тут зовсім інший", "x7-Qp" * 25 + "abc", made_up()]
    assert [weak(each, "anna") for each in good] == [None] * len(good)


def test_logins_and_addresses_are_one_however_they_are_written() -> None:
    assert normal("  ÁNNA\u00a0") == normal("a\u0301nna")
    assert origin("2001:db8::1") == origin("2001:db8::ffff:2") != origin("2001:db8:0:1::1")
    assert origin("::ffff:192.0.2.7") == origin("192.0.2.7") == "192.0.2.7"
    assert origin("testclient") == "testclient"


def _blind(doors: Doors) -> Blind:
    return Blind(doors.stage.service.keys.derive(USE))


def _login(doors: Doors, login: str) -> bytes:
    return _blind(doors)("login", normal(login))
