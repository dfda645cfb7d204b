"""Callers come, get other secrets and go while everything runs; nothing is lost on the way, and nothing told twice."""

from __future__ import annotations

import asyncio
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from signal import Signals
from urllib.parse import urlsplit

import pytest
from certificate import certified
from nats.aio.client import Client as Connection
from pydantic import SecretStr
from terminal import Terminal, terminal
from wire import Wire

from adapters import durable_file, embedded
from adapters.composition.place import founded
from adapters.credentials import callers as live
from adapters.credentials.caller import BUILT_IN, OURS, Caller, FormerKey
from adapters.credentials.callers import Callers
from adapters.credentials.callers_file import CallersWrong, Register, known_callers, load, save
from adapters.credentials.change import CallerAbsent, Credentials, Given, Rotation, Wanted, WrongUse
from adapters.credentials.permission import accounts, heard, our_keys, permissions
from adapters.credentials.role import Role
from adapters.credentials.seed import new_seed, public_key, public_key_in, seed_path
from adapters.embedded import attach
from adapters.embedded.keeper import Keeper
from adapters.embedded.nats_server import Certified
from adapters.nats.connection import NotGenuine, NotLetIn, connect
from adapters.scope import ASKING, Scope
from adapters.settings import Settings

PATIENCE_SECONDS = 10.0
HOUR = timedelta(hours=1)
AT_ONCE = timedelta()
LONG_AGO = datetime(2020, 1, 1, tzinfo=timezone.utc)


@pytest.fixture
def credentials(tmp_path: Path) -> Credentials:
    return Credentials(tmp_path / "callers.json", tmp_path)


@pytest.fixture(autouse=True)
def looked_at_every_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test waits for the next look."""
    monkeypatch.setattr(live, "LOOK_SECONDS", 0.0)


def desk(credentials: Credentials, **more: object) -> Given:
    return credentials.add(Wanted("desk", Role.CALLER, ("*",), token=True)._replace(**more))


# What is on file


def test_a_file_of_before_means_what_it_meant(tmp_path: Path) -> None:
    keys = {name: public_key(new_seed()) for name in ("operator", "routing", "timer", "desk")}
    before = [{"name": name, "actors": ["*"], "public_key": key} for name, key in keys.items()]
    (tmp_path / "callers.json").write_text(json.dumps({"callers": before}))
    found = load(tmp_path / "callers.json").callers
    assert {name: caller.role for name, caller in found.items()} == {
        "operator": Role.OPERATOR,
        "routing": Role.HANDLER,
        "timer": Role.AUTOMATON,
        "desk": Role.CALLER,
    }
    assert {name: caller.public_key for name, caller in found.items()} == keys
    assert found["desk"].scopes == ASKING
    assert not found["desk"].tokens


def test_what_is_written_is_read_back(tmp_path: Path, credentials: Credentials) -> None:
    desk(credentials, scopes=(Scope.read("cmd:ticket.*"),), expires_at=LONG_AGO + 10_000 * HOUR * 24, note="it")
    credentials.add(Wanted("ear", Role.LISTENER, ()))
    credentials.rotate("desk", Rotation(HOUR))
    for name in ("service", "service", "streams", "streams"):
        credentials.rotate(name, Rotation(HOUR))
    register = load(credentials.file)
    assert register.ours.keys() == {"service", "streams"} and register.callers["desk"].former_keys
    again = tmp_path / "again.json"
    save(again, register)
    assert load(again) == register
    assert "scopes" not in json.loads(again.read_text())["callers"][1]


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": "service"},
        {"name": "streams"},
        {"name": "web"},
        {"name": "UP"},
        {"scope": ["qry:*"]},
        {"scopes": []},
        {"scopes": ["qry"]},
        {"role": "analyst", "scopes": ["qry:*"]},
        {"role": "service"},
        {"role": "automaton"},
        {"role": "king"},
        {"name": "routing", "role": "operator"},
        {"expires_at": "2030-01-01T00:00:00"},
        {"public_key": "UNO"},
        {"actors": "*"},
    ],
)
def test_a_file_that_could_mean_more_than_was_meant_is_refused(tmp_path: Path, wrong: dict[str, object]) -> None:
    path = tmp_path / "callers.json"
    path.write_text(json.dumps({"callers": [{"name": "desk", "actors": [], **wrong}]}))
    with pytest.raises(CallersWrong, match=r"callers\.json"):
        load(path)


def test_of_a_secret_nothing_is_on_file_but_what_it_is_known_by(credentials: Credentials) -> None:
    given = desk(credentials)
    assert given.token.startswith("kt_desk_") and len(given.token) == len("kt_desk_") + 43
    assert given.token.removeprefix("kt_desk_") not in credentials.file.read_text()
    assert given.seed not in credentials.file.read_text()
    files = [path for path in credentials.state.rglob("*") if path.is_file()]
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}
    assert seed_path(credentials.state, "desk").read_text().strip() == given.seed


def test_a_seed_that_is_printed_is_kept_nowhere(credentials: Credentials) -> None:
    given = credentials.add(Wanted("desk", Role.CALLER, ("*",)), kept=False)
    assert public_key(given.seed) == load(credentials.file).callers["desk"].public_key
    assert not any(given.seed in path.read_text() for path in credentials.state.rglob("*") if path.is_file())
    with pytest.raises(WrongUse, match="not kept here"):
        credentials.rotate("desk", Rotation(HOUR))
    fresh = public_key(new_seed())
    assert credentials.rotate("desk", Rotation(HOUR, fresh)).public_key == fresh


def test_many_at_once_lose_nobody(credentials: Credentials) -> None:
    names = {f"caller-{n}" for n in range(8)}
    with ThreadPoolExecutor(len(names)) as pool:
        list(pool.map(lambda name: credentials.add(Wanted(name, Role.LISTENER, ())), names))
    assert set(load(credentials.file).callers) == names


@pytest.mark.parametrize(
    ("wanted", "why"),
    [
        (Wanted("service", Role.CALLER, ("*",)), "a name of ours"),
        (Wanted("streams", Role.LISTENER, ()), "a name of ours"),
        (Wanted("web", Role.CALLER, ("*",)), "a name of ours"),
        (Wanted("operator", Role.CALLER, ("*",)), "a name of ours"),
        (Wanted("De sk", Role.CALLER, ("*",)), "matches"),
        (Wanted("desk", Role.SERVICE, ()), "ours alone"),
        (Wanted("desk", Role.CALLER, ()), "--actor"),
        (Wanted("desk", Role.CALLER, ("An na",)), "no worker's id"),
        (Wanted("desk", Role.LISTENER, ("*",)), "asks for nobody"),
        (Wanted("desk", Role.LISTENER, (), token=True), "of no use"),
        (Wanted("desk", Role.CALLER, ("*",), nats=False), "no way to come"),
        (Wanted("desk", Role.METRICS, (), token=True), "has no key of NATS"),
        (Wanted("desk", Role.AUDITOR, ("*",), (Scope.read("fil:put"),)), "is more than desk may"),
        (Wanted("desk", Role.CALLER, ("*",), public_key="UNO"), "not a user's nkey"),
    ],
)
def test_what_makes_no_sense_is_refused_and_leaves_nothing(credentials: Credentials, wanted: Wanted, why: str) -> None:
    with pytest.raises(WrongUse, match=why):
        credentials.add(wanted)
    assert not credentials.file.exists()


def test_a_caller_is_added_once_and_no_two_have_a_key(credentials: Credentials) -> None:
    given = desk(credentials)
    with pytest.raises(WrongUse, match="there already"):
        desk(credentials)
    with pytest.raises(WrongUse, match="same public key"):
        credentials.add(Wanted("shop", Role.CALLER, ("*",), public_key=given.public_key))
    assert set(load(credentials.file).callers) == {"desk"}


def test_those_of_ours_get_other_secrets_and_stay(credentials: Credentials) -> None:
    known_callers(credentials.state, ())
    for name in (*OURS, *BUILT_IN):
        with pytest.raises(WrongUse, match="cannot be revoked"):
            credentials.revoke(name)
        before = public_key_in(seed_path(credentials.state, name))
        assert credentials.rotate(name, Rotation(AT_ONCE)).public_key != before
    assert credentials.rotate("operator", Rotation(AT_ONCE, token=True)).token
    for unknown in (lambda: credentials.revoke("desk"), lambda: credentials.rotate("desk", Rotation(HOUR))):
        with pytest.raises(CallerAbsent):
            unknown()


# Crashes


class Crash(BaseException):
    """The process is gone."""


@contextmanager
def crashing(at: int) -> Iterator[list[int]]:
    """Before its nth step to disk the process is gone."""
    count, sync, replace = [0], durable_file.sync, Path.replace

    def step(done: Callable[..., object]) -> Callable[..., object]:
        def stepped(*given: object) -> object:
            count[0] += 1
            if count[0] == at:
                raise Crash
            return done(*given)

        return stepped

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(durable_file, "sync", step(sync))
        patch.setattr(Path, "replace", step(replace))
        yield count


def let_in(credentials: Credentials, name: str) -> bool:
    """Whether the seed on file opens the server."""
    register, at = load(credentials.file), datetime.now(timezone.utc)
    ours = our_keys({name: public_key_in(seed_path(credentials.state, name)) for name in OURS}, register, at)
    keys = {user["nkey"] for account in accounts(ours, register, at).values() for user in account["users"]}
    return public_key_in(seed_path(credentials.state, name)) in keys


@pytest.mark.parametrize("grace", [AT_ONCE, HOUR])
@pytest.mark.parametrize("name", ["desk", "service", "streams"])
def test_a_crash_while_secrets_change_shuts_nobody_out(tmp_path: Path, name: str, grace: timedelta) -> None:
    crashes = 0
    for at in range(1, 50):
        state = tmp_path / str(at)
        state.mkdir()
        credentials = Credentials(state / "callers.json", state)
        known_callers(state, [Caller("desk", ("*",))])
        with crashing(at) as steps:
            try:
                credentials.rotate(name, Rotation(grace))
            except Crash:
                crashes += 1
        known_callers(state, ())
        assert let_in(credentials, name), at
        assert not list(state.rglob("*.next"))
        credentials.rotate(name, Rotation(grace))
        assert let_in(credentials, name), at
        if steps[0] < at:
            break
    assert crashes >= 4


def test_a_revoked_seed_never_comes_back(credentials: Credentials) -> None:
    """Not even where the crash was between the two things that revoking does."""
    for at in range(1, 20):
        before = desk(credentials).public_key
        with crashing(at) as steps, suppress(Crash):
            credentials.revoke("desk")
        if "desk" in load(credentials.file).callers:
            credentials.revoke("desk")
        after = desk(credentials).public_key
        assert after != before
        credentials.revoke("desk")
        if steps[0] < at:
            break


# Tokens, and what a running service knows


def test_a_token_opens_for_its_caller_alone(credentials: Credentials) -> None:
    given, other = desk(credentials), credentials.add(Wanted("shop", Role.CALLER, ("*",), token=True))
    callers = Callers(credentials.file)
    found = callers.by_token(given.token)
    assert found is not None
    assert found.name == "desk"
    secret = given.token.removeprefix("kt_desk_")
    wrong = [
        *("", "kt_", secret, given.token + "x", given.token[:-1], f" {given.token}", given.token.upper()),
        f"kt_shop_{secret}",
        f"kt_nobody_{secret}",
        f"kt_desk_{other.token.removeprefix('kt_shop_')}",
        f"kt_desk_{'A' * 43}",
        f"kt_desk_{secret[:-1]}\n",
    ]
    assert [text for text in wrong if callers.by_token(text)] == []


def test_tokens_end_with_the_grace_and_with_being_revoked(credentials: Credentials) -> None:
    first = desk(credentials).token
    callers = Callers(credentials.file)
    second = credentials.rotate("desk", Rotation(HOUR)).token
    assert callers.by_token(first)
    assert callers.by_token(second)
    third = credentials.rotate("desk", Rotation(AT_ONCE)).token
    assert not callers.by_token(first)
    assert not callers.by_token(second)
    (kept,) = load(credentials.file).callers["desk"].tokens
    with pytest.raises(CallerAbsent):
        credentials.revoke("desk", "another")
    assert callers.by_token(third)
    credentials.revoke("desk", kept.id)
    assert not callers.by_token(third)
    assert "desk" in callers


def test_what_is_over_opens_nothing_though_it_is_still_on_file(credentials: Credentials) -> None:
    """Whatever is over goes from the file only when something else changes."""
    given, at = desk(credentials), datetime.now(timezone.utc)
    register = load(credentials.file)
    caller, (old, new) = register.callers["desk"], (public_key(new_seed()), public_key(new_seed()))
    former = (FormerKey(old, LONG_AGO), FormerKey(new, at + HOUR))
    assert replace(caller, former_keys=former).keys(at) == (caller.public_key, new)
    assert replace(caller, former_keys=former, expires_at=LONG_AGO).keys(at) == ()
    for name in OURS:
        ours = our_keys({name: caller.public_key}, Register({}, {name: former}), at)
        assert ours == {name: [caller.public_key, new]}
    over = replace(caller, tokens=tuple(replace(each, expires_at=LONG_AGO) for each in caller.tokens))
    save(credentials.file, Register({"desk": over}))
    assert Callers(credentials.file).by_token(given.token) is None


def test_a_caller_whose_time_is_over_is_not_there(credentials: Credentials) -> None:
    given = desk(credentials, expires_at=LONG_AGO)
    callers = Callers(credentials.file)
    assert not callers.by_token(given.token)
    assert callers.get("desk") is None
    assert list(callers) == []
    assert credentials.rotate("desk", Rotation(HOUR, expires_at=datetime.now(timezone.utc) + HOUR)).token
    assert callers.get("desk") is not None


def test_a_running_service_sees_what_changes_and_lives_with_a_spoiled_file(credentials: Credentials) -> None:
    desk(credentials)
    callers = Callers(credentials.file)
    credentials.add(Wanted("shop", Role.CALLER, ("*",)))
    assert set(callers) == {"desk", "shop"}
    good = credentials.file.read_text()
    credentials.file.write_text(good[:-20])
    assert set(callers) == {"desk", "shop"}
    credentials.file.unlink()
    assert set(callers) == {"desk", "shop"}
    credentials.file.write_text(good)
    credentials.revoke("shop")
    assert set(callers) == {"desk"}


def test_whom_nats_has_let_in_is_known_before_the_next_look(
    credentials: Credentials, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk(credentials)
    callers = Callers(credentials.file)
    monkeypatch.setattr(live, "LOOK_SECONDS", 3600.0)
    credentials.add(Wanted("shop", Role.CALLER, ("*",)))
    assert callers["shop"].name == "shop"
    assert callers.get("nobody") is None


@contextmanager
def no_files_left() -> Iterator[None]:
    """This process can open nothing more."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (1, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_a_revocation_that_could_not_be_read_at_the_moment_is_read_at_the_next_look(credentials: Credentials) -> None:
    token = desk(credentials).token
    callers = Callers(credentials.file)
    credentials.revoke("desk")
    with no_files_left():
        assert callers.by_token(token)
    assert callers.by_token(token) is None


def test_the_file_is_looked_at_now_and_then_only(credentials: Credentials, monkeypatch: pytest.MonkeyPatch) -> None:
    desk(credentials)
    monkeypatch.setattr(live, "LOOK_SECONDS", 3600.0)
    callers = Callers(credentials.file)
    credentials.revoke("desk")
    assert "desk" in callers


# Subjects


def test_scopes_become_subjects() -> None:
    scopes = tuple(map(Scope.read, ("cmd:ticket.*", "cmd:worker.hire", "qry:desk", "fil:get")))
    allowed = permissions(Caller("desk", (), scopes=scopes))["publish"]["allow"]
    asked = [subject for subject in allowed if subject.startswith("kartoteka")]
    assert asked == [
        "kartoteka.v1.cmd.desk.ticket.>",
        "kartoteka.v1.cmd.desk.worker.hire",
        "kartoteka.v1.qry.desk.desk",
        "kartoteka.v1.fil.desk.get",
    ]


@pytest.mark.parametrize(
    ("scopes", "subjects"),
    [
        ((), ["evt.>"]),
        (("evt:ticket.*", "evt:order.entered"), ["evt.order.*.entered", "evt.ticket.>"]),
        (("evt:ticket.*", "evt:ticket.opened"), ["evt.ticket.>"]),
        (("evt:*", "evt:ticket.opened", "evt:*"), ["evt.>"]),
    ],
)
def test_what_a_listener_hears_of_never_overlaps(scopes: tuple[str, ...], subjects: list[str]) -> None:
    """A consumer with subjects that overlap could not be made."""
    listener = Caller("ear", (), role=Role.LISTENER, scopes=tuple(map(Scope.read, scopes)))
    assert heard(listener) == [f"kartoteka.v1.{subject}" for subject in subjects]


def test_what_nothing_is_open_to_is_not_open_to_all() -> None:
    """An empty list of subjects allows every one, to NATS."""
    for role in Role:
        permitted = permissions(Caller("somebody", (), role=role))
        assert permitted["publish"]["allow"]
        assert permitted["subscribe"]["allow"] == ["_INBOX.somebody.>"]


# A server that runs


@contextmanager
def state_of_servers() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(dir="/tmp", prefix="kartoteka-test-"))
    folder.chmod(0o711)
    try:
        yield folder / "state"
    finally:
        embedded.erase(folder / "state")
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def running() -> Iterator[Credentials]:
    with state_of_servers() as state, embedded.running(state, fsync=False, postgres=False):
        yield Credentials(state / "callers.json", state)


async def until(what: str, true: Callable[[], Awaitable[bool]]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not await true():
        assert time.monotonic() < deadline, what
        await asyncio.sleep(0.02)


async def opened(credentials: Credentials, name: str) -> Connection:
    seed = str(seed_path(credentials.state, name))
    return await connect(attach(credentials.state).nats_url, seed, name=name, inbox=f"_INBOX.{name}")


def wire(credentials: Credentials, name: str) -> Wire:
    address = urlsplit(attach(credentials.state).nats_url)
    return Wire(str(address.hostname), int(address.port or 0), seed_path(credentials.state, name))


async def works(connection: Connection) -> bool:
    if not connection.is_connected:
        return False
    await connection.flush()
    return True


def test_who_is_added_is_let_in_and_who_is_revoked_is_sent_away_at_once(running: Credentials) -> None:
    async def run() -> None:
        operator = await opened(running, "operator")
        reconnects = operator.stats["reconnects"]
        running.add(Wanted("guest", Role.CALLER, ("*",)))
        guest = await opened(running, "guest")
        assert await works(guest)
        running.revoke("guest")
        await until("the guest is sent away", lambda: asyncio.sleep(0, not guest.is_connected))
        assert await works(operator)
        assert operator.stats["reconnects"] == reconnects
        await guest.close()
        await operator.close()

    asyncio.run(run())


def test_the_server_itself_ends_the_connection_of_who_is_revoked(running: Credentials) -> None:
    running.add(Wanted("visitor", Role.CALLER, ("*",)))
    asyncio.run(_let_in(running, "visitor"))
    with wire(running, "visitor") as line:
        running.revoke("visitor")
        line.until_ended()


def test_a_server_that_was_told_of_a_revocation_and_goes_on_as_before_is_told_again(
    running: Credentials, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As one does that can open no file at the moment."""
    running.add(Wanted("lodger", Role.CALLER, ("*",)))
    asyncio.run(_let_in(running, "lodger"))
    tell, told = Keeper.tell, list[Signals]()

    def without_the_first(keeper: Keeper, what: Signals) -> bool:
        told.append(what)
        return len(told) == 1 or tell(keeper, what)

    monkeypatch.setattr(Keeper, "tell", without_the_first)
    with wire(running, "lodger") as line:
        running.revoke("lodger")
        line.until_ended()
    assert len(told) > 1


def test_the_embedded_server_goes_by_the_callers_file_that_the_settings_name() -> None:
    with state_of_servers() as state:
        file = state.parent / "shared" / "callers.json"
        file.parent.mkdir()
        settings = Settings(state=state, callers=file, postgres_url=SecretStr("postgresql://elsewhere"))
        with founded(settings):
            credentials = Credentials(file, state)
            credentials.add(Wanted("ear", Role.LISTENER, ()))
            asyncio.run(_let_in(credentials, "ear"))
            with wire(credentials, "ear") as line:
                credentials.revoke("ear")
                line.until_ended()
            assert not (state / "callers.json").exists()


async def _let_in(credentials: Credentials, name: str) -> None:
    await (await opened(credentials, name)).close()


def test_what_a_caller_may_is_narrowed_while_it_is_connected(running: Credentials) -> None:
    running.add(Wanted("narrow", Role.CALLER, ("*",)))
    asyncio.run(_let_in(running, "narrow"))
    with wire(running, "narrow") as line:
        assert line.let("publish", "kartoteka.v1.cmd.narrow.ticket.open")
        register = load(running.file)
        less = Caller("narrow", ("*",), register.callers["narrow"].public_key, (Scope.read("qry:desk"),))
        save(running.file, Register({**register.callers, "narrow": less}, register.ours))
        deadline = time.monotonic() + PATIENCE_SECONDS
        while line.let("publish", "kartoteka.v1.cmd.narrow.ticket.open"):
            assert time.monotonic() < deadline
        assert line.let("publish", "kartoteka.v1.qry.narrow.desk")


@pytest.mark.parametrize("name", ["service", "streams", "operator"])
@pytest.mark.parametrize("grace", [AT_ONCE, HOUR])
def test_processes_go_on_with_the_new_seed_on_file(running: Credentials, name: str, grace: timedelta) -> None:
    """Without a grace the server ends their connections, and they come back with the new one."""

    async def run() -> None:
        connection = await opened(running, name)
        before = connection._public_nkey
        given = running.rotate(name, Rotation(grace))
        if grace:
            other = await opened(running, name)
            assert other._public_nkey == given.public_key
            assert await works(connection)
            assert connection._public_nkey == before
            await other.close()
        else:

            async def anew() -> bool:
                return connection._public_nkey == given.public_key and await works(connection)

            await until("it comes back", anew)
        await connection.close()

    asyncio.run(run())


def test_a_server_that_says_why_it_ends_a_connection_is_come_back_to(running: Credentials) -> None:
    """This one ends it without a word; others may say it, and nats-py takes the word for the last."""

    async def run() -> None:
        connection = await opened(running, "operator")
        await connection._process_err("'Authorization Violation'")

        async def anew() -> bool:
            return connection.stats["reconnects"] == 1 and await works(connection)

        await until("it comes back", anew)
        await connection.close()

    asyncio.run(run())


def test_an_unknown_key_is_told_so(running: Credentials, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("adapters.nats.connection.LET_IN_SECONDS", 0.0)
    stranger = tmp_path / "stranger.nk"
    stranger.write_text(new_seed())
    url = attach(running.state).nats_url
    with pytest.raises(NotLetIn):
        asyncio.run(connect(url, str(stranger), name="stranger", inbox="_INBOX.operator"))
    with pytest.raises(NotGenuine, match="no TLS"):
        asyncio.run(
            connect(url.replace("nats:", "tls:"), str(stranger), name="operator", inbox="_INBOX.operator"),
        )


def test_a_spoiled_file_changes_nothing_for_the_server(running: Credentials) -> None:
    good = running.file.read_text()
    try:
        running.file.write_text("{")
        with wire(running, "operator") as line:
            assert line.let("publish", "$SRV.PING")
        assert os.getpid() == attach(running.state).pids[0]
    finally:
        durable_file.replace(running.file, good)


def test_with_a_certificate_nothing_is_said_to_a_server_that_shows_another(tmp_path: Path) -> None:
    """And one that is renewed is shown without a restart."""
    first, second = tmp_path / "first", tmp_path / "second"
    for folder in (first, second):
        folder.mkdir()
        certified(folder)
    used = Certified(tmp_path / "certificate.pem", tmp_path / "key.pem")

    def use(folder: Path) -> None:
        for path in used:
            durable_file.replace(path, (folder / path.name).read_text())

    use(first)
    with state_of_servers() as state, embedded.running(state, fsync=False, postgres=False, nats_certified=used) as up:
        seed = str(seed_path(state, "operator"))

        async def reach(authority: Path | None) -> None:
            url = f"{up.nats_url}?authority={authority}" if authority else up.nats_url
            connection = await connect(url, seed, name="operator", inbox="_INBOX.operator")
            await connection.flush()
            await connection.close()

        async def renewed() -> bool:
            try:
                await reach(second / "certificate.pem")
            except NotGenuine:
                return False
            return True

        async def run() -> None:
            assert up.nats_url.startswith("tls://")
            await reach(first / "certificate.pem")
            for authority in (None, second / "certificate.pem"):
                with pytest.raises(NotGenuine):
                    await reach(authority)
            use(second)
            await until("the new one is shown", renewed)

        asyncio.run(run())
        assert [path for path in state.rglob("key.pem") if path.stat().st_mode & 0o077] == []


# The command line


def test_credentials_are_given_changed_and_taken_away_from_the_command_line() -> None:
    """Before the first start as well; a secret is said once, and its end is told by the exit code."""
    with terminal() as here:
        given = here.run(
            *("credentials", "add", "desk", "--actor", "*", "--scope", "cmd:ticket.*", "--token", "--json")
        ).said
        assert set(given) == {"name", "role", "public_key", "seed_file", "token"}
        assert public_key_in(Path(given["seed_file"])) == given["public_key"]
        rotated = here.run("credentials", "rotate", "desk", "--grace-hours", "0.5", "--json").said
        assert given["token"] != rotated["token"]
        listed = here.run("credentials", "list", "--json")
        (row,) = listed.said
        assert (row["name"], row["role"], row["scopes"]) == ("desk", "caller", ["cmd:ticket.*"])
        assert len(row["tokens"]) == 2
        assert all(secret[-43:] not in listed.out for secret in (given["token"], rotated["token"]))
        assert here.run("credentials", "revoke", "desk", "--token", row["tokens"][0]["id"]).code == 0
        assert here.run("credentials", "revoke", "desk").code == 0
        assert here.run("credentials", "list", "--json").said == []
        assert not Path(given["seed_file"]).exists()


def test_a_process_that_has_imported_nothing_yet_knows_every_scope(tmp_path: Path) -> None:
    """What other tests type is forked from a process in which everything is imported."""
    words = ["credentials", "add", "ear", "--role", "listener", "--scope", "evt:team.*", "--scope", "evt:ticket.opened"]
    settings = {name: value for name, value in os.environ.items() if not name.startswith("KARTOTEKA_")}
    done = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-m", "adapters", *words],
        env={**settings, "KARTOTEKA_STATE": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS * 3,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert load(tmp_path / "callers.json").callers["ear"].scopes == tuple(map(Scope.read, (words[-3], words[-1])))


@pytest.mark.parametrize(
    ("words", "code", "why"),
    [
        (("add", "desk"), os.EX_USAGE, "--actor"),
        (("add", "desk", "--actor", "*", "--scope", "cmd:tickets.*"), os.EX_USAGE, "nothing that cmd:tickets.* would"),
        (("add", "desk", "--actor", "*", "--scope", "all"), os.EX_USAGE, "is no scope"),
        (("revoke", "desk"), os.EX_NOINPUT, "no caller is called desk"),
        (("list",), os.EX_NOINPUT, "callers.json"),
        (("rotate", "service", "--token"), os.EX_USAGE, "a seed on file"),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence(tmp_path: Path, words: tuple[str, ...], code: int, why: str) -> None:
    done = Terminal(tmp_path).run("credentials", *words)
    assert (done.code, done.out) == (code, "")
    assert why in done.err
    assert "Traceback" not in done.err


def test_what_is_printed_for_a_server_of_ones_own_is_what_ours_goes_by(running: Credentials, tmp_path: Path) -> None:
    (configuration,) = attach(running.state).nats_path and running.state.resolve().glob("nats/server.conf")
    printed = Terminal(running.state).run("credentials", "nats-config").said
    ours = json.loads(configuration.read_text())
    assert printed == {name: ours[name] for name in ("authorization", "accounts")}
    assert not any(path.read_text().strip() in json.dumps(printed) for path in running.state.glob("credentials/*.nk"))
