"""The embedded servers start by themselves, come back by themselves, and end with whoever started them."""

import asyncio
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import cluster
import nats
import nats.errors
import psycopg
import pytest
from nats.aio.client import Client
from nats.aio.msg import Msg

from adapters.credentials.caller import OURS, Caller
from adapters.credentials.callers_file import load
from adapters.credentials.permission import STREAMING
from adapters.credentials.seed import seed_path
from adapters.embedded import (
    NotRunning,
    Running,
    StartFailed,
    StateInUse,
    attach,
    erase,
    postgres_binary,
    running,
)
from adapters.embedded.account import Wheel, copy_for_all, server_account
from adapters.embedded.leftover import marked
from adapters.embedded.nats_server import NAMELESS
from adapters.embedded.postgres import wheel as postgres_wheel

REPOSITORY = Path(__file__).parents[2]
PATIENCE_SECONDS = 10.0
AUDITOR = Caller("auditor", ("worker-1", "worker-2"))
HANDLING = ("routing", "notifying", "checking")
ASKING = ("timer", "mailing", "erasing")
KILLABLE = {"synchronous_commit": "on"}  # else a kill loses what was acknowledged just before
CANARY = "canary-7f3a"
AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root's servers run as somebody else")
PARENT = """
import pathlib, sys, time
from adapters.embedded import running
with running(pathlib.Path(sys.argv[1])):
    print("up", flush=True)
    time.sleep(600)
"""


@pytest.fixture(scope="module", autouse=True)
def real_clusters() -> Iterator[None]:
    """They are what is tested here."""
    cluster.make_anew_from_now_on()
    yield
    cluster.copy_from_now_on()


@pytest.fixture(scope="module")
def place() -> Iterator[Path]:
    """Where root's unprivileged account may go, unlike pytest's own directories."""
    path = Path(tempfile.mkdtemp(dir="/tmp", prefix="kartoteka-test-"))
    path.chmod(0o711)
    yield path
    for state in list(path.glob("**/lock")):
        erase(state.parent)
    shutil.rmtree(path)


@pytest.fixture(scope="module")
def home(place: Path) -> Iterator[Path]:
    """The state of a pair that runs all the while."""
    with running(place / "up", fsync=False, callers={"auditor": AUDITOR}, postgres_settings=KILLABLE):
        yield place / "up"


@pytest.fixture
def up(home: Path) -> Running:
    """That pair as it runs now: an earlier test may have killed a server."""
    return attach(home)


@pytest.fixture(scope="module")
def state(place: Path) -> Path:
    """A state to start and stop; the first start takes ten times as long as the next."""
    return place / "down"


def ask(url: str, query: bytes) -> object:
    with psycopg.connect(url, connect_timeout=5) as connection:
        row = connection.execute(query).fetchone()
        return row[0] if row else None


def tell(url: str, *statements: bytes) -> None:
    with psycopg.connect(url) as connection:
        for statement in statements:
            connection.execute(statement)


def answers(url: str) -> bool:
    try:
        return ask(url, b"select 1") == 1
    except psycopg.OperationalError:
        return False


def mark_of(up: Running) -> str:
    return str(ask(up.postgres_url, b"show cluster_name"))


def eventually(what: str, probe: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not probe():
        assert time.monotonic() < deadline, f"not in {PATIENCE_SECONDS} s: {what}"
        time.sleep(0.02)


async def soon(what: str, probe: Callable[[], Awaitable[bool]]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not await probe():
        assert time.monotonic() < deadline, f"not in {PATIENCE_SECONDS} s: {what}"
        await asyncio.sleep(0.02)


async def connected(state: Path, name: str, complaints: list[Exception] | None = None) -> Client:
    async def complain(complaint: Exception) -> None:
        if complaints is not None:
            complaints.append(complaint)

    return await nats.connect(
        attach(state).nats_url,
        nkeys_seed=str(seed_path(state, name)),
        inbox_prefix=f"_INBOX.{name}".encode(),
        error_cb=complain,
        max_reconnect_attempts=-1,
        reconnect_time_wait=0.05,
    )


async def answering(state: Path, subject: str) -> Client:
    service = await connected(state, "service")

    async def answer(message: Msg) -> None:
        await service.publish(message.reply, b"heard " + message.data)

    await service.subscribe(subject, cb=answer)
    await service.flush()
    return service


@contextmanager
def parent_of(state: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Another process that runs the servers of this state."""
    command = [sys.executable, "-c", PARENT, str(state)]
    with subprocess.Popen(  # noqa: S603 - ours
        command, cwd=REPOSITORY, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == b"up\n"
        try:
            yield parent
        finally:
            parent.kill()


def test_postgres_has_the_encoding_and_the_order_that_we_rely_on(up: Running) -> None:
    database = b"select datlocale || ' ' || pg_encoding_to_char(encoding) from pg_database where datname = 'kartoteka'"
    assert ask(up.postgres_url, database) == "C.UTF-8 UTF8"
    assert ask(up.postgres_url, "select upper('ї')".encode()) == "Ї"
    assert ask(up.postgres_url, b"show server_version") == up.postgres_version
    assert ask(up.postgres_url, b"show listen_addresses") == ""


def test_the_wheel_s_own_tools_speak_to_it(up: Running) -> None:
    command = [str(postgres_binary("psql")), up.postgres_url, "-XAtc", "select 41 + 1"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603 - ours
    assert done.stdout == "42\n"
    with pytest.raises(FileNotFoundError):
        postgres_binary("no-such-tool")


def test_a_caller_s_request_is_answered(home: Path, up: Running) -> None:
    async def talk() -> bytes:
        service = await answering(home, "kartoteka.v1.cmd.>")
        operator = await connected(home, "operator")
        reply = await operator.request("kartoteka.v1.cmd.operator.ticket.open", b"it", timeout=5)
        assert up.nats_version in str(operator.connected_server_version)
        await operator.close()
        await service.close()
        return bytes(reply.data)

    assert asyncio.run(talk()) == b"heard it"


@pytest.mark.parametrize(
    ("caller", "subject"),
    [
        ("operator", "kartoteka.v1.cmd.auditor.ticket.open"),
        ("auditor", "kartoteka.v1.qry.operator.tickets"),
        ("auditor", "kartoteka.v1.fil.operator.get"),
        ("operator", "kartoteka.v1.obj.mark.file.1"),
        ("routing", "kartoteka.v1.fil.routing.get"),
        ("operator", "$JS.API.DIRECT.GET.KARTOTEKA_FILES_mark"),
        ("auditor", "kartoteka.v1.evt.ticket.1.opened"),
        ("auditor", "$JS.API.STREAM.NAMES"),
        ("auditor", "_INBOX.operator.1"),
        ("service", "kartoteka.v1.cmd.operator.ticket.open"),
        ("service", "$JS.API.STREAM.NAMES"),
        ("streams", "kartoteka.v1.cmd.operator.ticket.open"),
        ("operator", "$JS.API.CONSUMER.MSG.NEXT.KARTOTEKA_EVENTS.kartoteka-routing-v1"),
        ("routing", "kartoteka.v1.cmd.notifying.notice.write"),
        ("routing", "kartoteka.v1.qry.routing.tickets"),
        ("routing", "kartoteka.v1.evt.ticket.1.opened"),
        ("routing", "$JS.API.CONSUMER.MSG.NEXT.KARTOTEKA_EVENTS.kartoteka-notifying-v1"),
        ("routing", "$JS.API.CONSUMER.CREATE.KARTOTEKA_EVENTS.kartoteka-routing-v1"),
        ("routing", "$JS.API.STREAM.MSG.GET.KARTOTEKA_EVENTS"),
        ("notifying", "$JS.ACK.KARTOTEKA_EVENTS.kartoteka-routing-v1.1.1.1.1.1"),
        ("checking", "kartoteka.v1.cmd.routing.ticket.route"),
        ("mailing", "kartoteka.v1.cmd.timer.ticket.escalate"),
        ("timer", "$JS.API.CONSUMER.MSG.NEXT.KARTOTEKA_EVENTS.kartoteka-routing-v1"),
    ],
)
def test_nobody_speaks_beyond_his_part(home: Path, caller: str, subject: str) -> None:
    async def speak(client: Client) -> None:
        await client.publish(subject, b"")

    assert "permissions violation for publish" in complaint_of(home, caller, speak)


@pytest.mark.parametrize(
    ("caller", "subject"),
    [
        ("operator", "kartoteka.v1.cmd.>"),
        ("operator", "kartoteka.v1.evt.>"),
        ("operator", "kartoteka.v1.fil.operator.>"),
        ("operator", "kartoteka.v1.obj.>"),
        ("operator", "_INBOX.auditor.>"),
        ("operator", "$SRV.>"),
        ("operator", ">"),
        ("service", "_INBOX.operator.>"),
        ("streams", "kartoteka.v1.cmd.>"),
        ("routing", "kartoteka.v1.evt.>"),
        ("routing", "_INBOX.notifying.>"),
    ],
)
def test_nobody_listens_beyond_his_part(home: Path, caller: str, subject: str) -> None:
    async def listen(client: Client) -> None:
        await client.subscribe(subject)

    assert "permissions violation for subscription" in complaint_of(home, caller, listen)


def complaint_of(home: Path, caller: str, overstep: Callable[[Client], Awaitable[None]]) -> str:
    async def attempt() -> str:
        complaints: list[Exception] = []

        async def complained() -> bool:
            return bool(complaints)

        client = await connected(home, caller, complaints)
        await overstep(client)
        await soon("the server complains", complained)
        await client.close()
        return str(complaints[0]).lower()

    return asyncio.run(attempt())


def test_nobody_enters_without_a_key_of_ours(up: Running) -> None:
    host, _, port = up.nats_url.removeprefix("nats://").partition(":")
    with socket.create_connection((host, int(port)), timeout=PATIENCE_SECONDS) as stranger, stranger.makefile() as told:
        assert told.readline().startswith("INFO ")
        stranger.sendall(b'CONNECT {"verbose": false}\r\nPING\r\n')
        assert "Authorization Violation" in told.readline()


def test_a_second_supervisor_is_refused_and_the_first_goes_on(home: Path, up: Running) -> None:
    with pytest.raises(StateInUse), running(home, fsync=False):
        pass
    with pytest.raises(StateInUse):
        erase(home)
    assert answers(up.postgres_url)


def test_others_attach_while_it_runs_and_not_after(state: Path, tmp_path: Path) -> None:
    with running(state, fsync=False) as told:
        assert attach(state) == told
        assert told.pids[0] == os.getpid()
    with pytest.raises(NotRunning):
        attach(state)
    with pytest.raises(NotRunning):
        attach(tmp_path / "nowhere")


def test_an_external_server_is_not_started(state: Path) -> None:
    with running(state, fsync=False, postgres=False) as told:
        assert (told.postgres_url, told.postgres_version, told.postgres_path, told.pids[1]) == ("", "", "", 0)
        assert told.nats_url == attach(state).nats_url != ""


def test_what_keeps_a_server_from_starting_is_told(state: Path) -> None:
    wrong = {"max_connections": "many"}
    with (
        pytest.raises(StartFailed, match="invalid value for parameter"),
        running(state, fsync=False, nats=False, postgres_settings=wrong),
    ):
        pass
    with pytest.raises(NotRunning):
        attach(state)


def test_a_killed_postgres_comes_back_though_a_query_of_its_earlier_life_runs_on(
    home: Path, up: Running, capfd: pytest.CaptureFixture[str]
) -> None:
    tell(up.postgres_url, b"create table kept (text text)", b"insert into kept values ('before')")
    endless = [str(postgres_binary("psql")), up.postgres_url, "-Xqc", "do $$ begin loop end loop; end $$"]
    busy = b"select count(*) from pg_stat_activity where query like 'do $$%'"
    with subprocess.Popen(endless, stderr=subprocess.DEVNULL) as runaway:  # noqa: S603 - ours
        eventually("it is busy", lambda: ask(up.postgres_url, busy) == 1)
        os.kill(up.pids[1], signal.SIGKILL)
        eventually("it is announced", lambda: attach(home).pids[1] != up.pids[1])
        assert runaway.wait(PATIENCE_SECONDS) != 0
    assert attach(home).postgres_url == up.postgres_url
    assert ask(up.postgres_url, b"select text from kept") == "before"
    assert "postgres was ended by SIGKILL, starting it again" in capfd.readouterr().err


def test_a_killed_nats_comes_back_to_its_clients_with_its_streams(home: Path, up: Running) -> None:
    async def survive() -> None:
        service = await answering(home, "kartoteka.v1.qry.>")
        operator = await connected(home, "operator")
        ours = await connected(home, "streams")
        streams = ours.jetstream()
        await streams.add_stream(name="KARTOTEKA_EVENTS", subjects=["kartoteka.v1.int.>"])
        await streams.publish("kartoteka.v1.int.ticket.1.opened", b"")

        async def answered() -> bool:
            try:
                await operator.request("kartoteka.v1.qry.operator.tickets", b"", timeout=0.2)
            except nats.errors.Error:
                return False
            return attach(home).pids[2] != up.pids[2]

        os.kill(up.pids[2], signal.SIGKILL)
        await soon("operator and service meet again", answered)
        assert (await streams.stream_info("KARTOTEKA_EVENTS")).state.messages == 1
        await operator.close()
        await service.close()
        await ours.close()

    asyncio.run(survive())
    assert attach(home).nats_url == up.nats_url


def test_what_streams_of_an_earlier_version_hold_is_there_after_an_upgrade(state: Path) -> None:
    """Those were in the account that a server has where it is told of none; files lie nowhere else."""

    async def put() -> None:
        ours = await connected(state, "streams")
        await ours.jetstream().add_stream(name="KARTOTEKA_FILES_mark", subjects=["kartoteka.v1.int.>"])
        await ours.jetstream().publish("kartoteka.v1.int.file.1", b"sealed")
        await ours.close()

    async def got() -> bytes | None:
        ours = await connected(state, "streams")
        found = await ours.jetstream().get_msg("KARTOTEKA_FILES_mark", 1)
        await ours.jetstream().delete_stream("KARTOTEKA_FILES_mark")
        await ours.close()
        return found.data

    kept = state / "nats" / "store" / "jetstream"
    with running(state, fsync=False, postgres=False):
        asyncio.run(put())
    (kept / STREAMING).rename(kept / NAMELESS)
    with running(state, fsync=False, postgres=False):
        assert asyncio.run(got()) == b"sealed"
    assert not (kept / NAMELESS).exists()


def test_servers_outlive_the_thread_that_started_them(state: Path) -> None:
    with ExitStack() as stack:
        began: list[Running] = []
        starter = threading.Thread(target=lambda: began.append(stack.enter_context(running(state, fsync=False))))
        starter.start()
        starter.join()
        time.sleep(0.1)
        assert answers(began[0].postgres_url)
        assert attach(state).pids == began[0].pids


def test_a_killed_parent_s_servers_end_by_themselves(state: Path) -> None:
    with parent_of(state) as parent:
        mark = mark_of(attach(state))
        assert len(list(marked("postgres", mark))) > 1
        assert len(list(marked("nats-server", str(state)))) == 1
        parent.kill()
        eventually("no server is left", lambda: not [*marked("postgres", mark), *marked("nats-server", str(state))])
        with pytest.raises(NotRunning):
            attach(state)


def test_after_a_killed_parent_the_next_start_is_possible_at_once_and_has_the_data(state: Path) -> None:
    with parent_of(state) as parent:
        left = attach(state)
        tell(left.postgres_url, b"create table kept (text text)", b"insert into kept values ('committed')")
        with closing(psycopg.connect(left.postgres_url)) as undecided:
            undecided.execute("insert into kept values ('half done')")
            parent.kill()
            parent.wait()
            with running(state, fsync=False) as again:
                assert ask(again.postgres_url, b"select string_agg(text, ' ') from kept") == "committed"
                assert again.postgres_url == left.postgres_url
                assert again.nats_url == left.nats_url


def test_a_lock_file_that_names_somebody_else_s_process_does_not_matter(state: Path) -> None:
    lock = state / "postgres" / "postmaster.pid"
    with running(state, fsync=False, nats=False):
        lines = lock.read_text().splitlines()
    account = server_account()  # Postgres believes only in processes of its own account
    with ExitStack() as stack:
        somebody = stack.enter_context(subprocess.Popen(["/bin/sleep", "600"], user=account.user, group=account.group))
        stack.callback(somebody.kill)
        lock.write_text("\n".join([str(somebody.pid), *lines[1:]]) + "\n")
        told = stack.enter_context(running(state, fsync=False, nats=False))
        assert answers(told.postgres_url)
        assert somebody.poll() is None


def test_credentials_stay(state: Path) -> None:
    with running(state, fsync=False, postgres=False, callers={"auditor": AUDITOR}):
        seeds = {path.name: path.read_bytes() for path in (state / "credentials").iterdir()}
        callers = load(state / "callers.json").callers
    with running(state, fsync=False, postgres=False, callers={"auditor": Caller("auditor", ("*",))}):
        assert {path.name: path.read_bytes() for path in (state / "credentials").iterdir()} == seeds
        assert load(state / "callers.json").callers == callers
    assert seeds.keys() == {f"{name}.nk" for name in (*OURS, "operator", *HANDLING, *ASKING, "auditor")}
    assert callers["operator"].actors == ("*",)
    assert callers["auditor"].actors == AUDITOR.actors


def test_others_on_the_machine_read_no_secret_and_reach_no_socket(home: Path, up: Running) -> None:
    def is_closed(path: Path) -> bool:
        return not stat.S_IMODE(path.lstat().st_mode) & 0o077

    closed = [home / name for name in ("credentials", "log", "postgres", "socket", "nats/store", "nats/ports")]
    assert [path for path in closed if not is_closed(path)] == []
    elsewhere = [path for path in home.rglob("*") if path.is_file() and not {*closed} & {*path.parents}]
    (configuration,) = (path for path in elsewhere if not is_closed(path))
    seeds = list((home / "credentials").iterdir())
    assert {stat.S_IMODE(seed.stat().st_mode) for seed in seeds} == {0o600}
    assert not any(seed.read_bytes().strip() in configuration.read_bytes() for seed in seeds)
    assert up.postgres_url.endswith(f"host={home / 'socket'}")


def test_what_postgres_is_asked_is_in_no_log(home: Path, up: Running) -> None:
    with psycopg.connect(up.postgres_url, autocommit=True) as connection:
        connection.execute("create temporary table once (text text primary key)")
        for wrong in (b"insert into once values (%s), (%s)", b"select %s::integer + %s::integer"):
            with pytest.raises(psycopg.Error):
                connection.execute(wrong, (CANARY, CANARY))
        with pytest.raises(psycopg.Error):
            connection.execute(f"select '{CANARY}'::date".encode())
    assert CANARY not in (home / "log" / "postgres.log").read_text()


@pytest.mark.parametrize("name", ["", "service", "streams", "Operator", "a.b", "a*", "a>", "-a", "a" * 33, "a\n"])
def test_a_caller_s_name_is_one_plain_token(name: str) -> None:
    with pytest.raises(ValueError, match="cannot be a caller's name"):
        Caller(name, ())


def test_a_state_too_deep_for_a_socket_keeps_its_socket_elsewhere(place: Path) -> None:
    deep = place / ("deep" * 20) / "with a space, and a comma"
    deep.parent.mkdir()
    deep.parent.chmod(0o711)
    stranger = deep / "stranger.txt"
    with running(deep, fsync=False) as told:
        assert answers(told.postgres_url)
        stranger.write_text("not the servers'")
        directory = (deep / "socket").readlink()
        assert stat.S_IMODE(directory.stat().st_mode) == 0o700
    erase(deep)
    assert list(deep.iterdir()) == [stranger]
    assert not directory.exists()


@AS_ROOT
def test_a_state_that_the_servers_account_cannot_reach_keeps_its_data_elsewhere(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    state = tmp_path / "state"
    with ExitStack() as stack:
        stack.callback(erase, state)
        with running(state, fsync=False) as told:
            tell(told.postgres_url, b"create table kept (text text)")
            data = (state / "postgres").readlink().parent
            assert data.parent == Path("/var/lib/kartoteka")
            assert (state / "nats" / "store").is_dir()
        with running(state, fsync=False) as told:
            assert ask(told.postgres_url, b"select count(*) from kept") == 0
            assert (state / "postgres").readlink().parent == data
    assert not state.exists()
    assert not data.exists()


@AS_ROOT
def test_a_program_that_the_servers_account_cannot_reach_is_copied_once(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    tool = tmp_path / "bin" / "tool"
    tool.parent.mkdir()
    tool.write_text("#!/bin/sh\nexit 0\n")
    tool.chmod(0o700)
    account, wheel = server_account(), Wheel("kartoteka-test", str(os.getpid()), tmp_path, ("bin", "absent"))
    copy = account.program(tool, wheel)
    try:
        assert not account.reaches(tool)
        assert account.reaches(copy)
        assert copy.stat().st_uid == 0
        assert account.program(tool, wheel) == copy
    finally:
        shutil.rmtree(copy.parents[1])


@AS_ROOT
def test_a_copied_postgres_finds_its_libraries(place: Path) -> None:
    account, copy = server_account(), place / "copy"
    copy_for_all(postgres_wheel(), copy)
    initdb = copy / postgres_binary("initdb").relative_to(postgres_wheel().base)
    subprocess.run([str(initdb), "--version"], check=True, user=account.user, group=account.group)  # noqa: S603 - ours
