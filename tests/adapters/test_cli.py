"""The command line as an operator has it: real processes, their output, their exit codes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from terminal import Terminal, terminal

from adapters import embedded
from adapters.cli import FILES, registered
from adapters.discovery import FACES, SUBJECTS, release
from adapters.embedded.leftover import marked
from adapters.postgres.psql import become_psql
from adapters.scope import Face

REPOSITORY = Path(__file__).parents[2]
START_SECONDS = 30.0
NAME = "Ada Lovelace"


@pytest.fixture(scope="module")
def served() -> Iterator[Terminal]:
    """A terminal beside which a service runs."""
    with terminal() as beside:
        service = beside.serve()
        yield beside
        assert service.ended().code == 0


@pytest.fixture(scope="module")
def hired(served: Terminal) -> dict[str, Any]:
    """The answer to a command that made a worker."""
    answer: dict[str, Any] = served.run("send", "worker.hire", "--data", json.dumps({"name": NAME}), "--json").said
    return answer


def test_serve_tells_people_where_everything_is_and_ctrl_c_ends_it_with_0() -> None:
    with terminal() as new:
        service = new.start("serve").until("audit verify\n")
        told = service.out.splitlines()
        running = embedded.attach(new.state)
        port = (new.state / "http" / "port").read_text().strip()
        assert told[1].split() == ["http", release(), sys.executable, f"http://127.0.0.1:{port}"]
        assert told[2].split() == ["postgres", running.postgres_version, running.postgres_path, running.postgres_url]
        assert told[3].split() == ["nats", running.nats_version, running.nats_path, running.nats_url]
        assert told[4].split() == ["state", str(new.state)]
        assert all(f"KARTOTEKA_STATE={new.state} " in line for line in told[7:10])
        assert service.ended(signal.SIGINT).code == 0


def test_every_command_that_a_file_has_is_listed_and_no_other() -> None:
    sources = (REPOSITORY / "adapters" / "cli").glob("*.py")
    having = {path.stem for path in sources if "\ndef register(" in path.read_text()}
    listed = {file: {name for name in FILES if FILES[name] == file} for file in FILES.values()}
    assert {file: set(registered(file)) for file in having} == listed


@pytest.mark.parametrize("file", ["send", "query", "config"])
def test_who_asks_does_not_wait_for_what_the_service_needs(file: str) -> None:
    asked = (
        f"import sys, adapters.cli.{file}; print(*{{'psycopg', 'eventsourcing', 'phonenumbers'}} & {{*sys.modules}})"
    )
    command = [sys.executable, "-c", asked]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=True)  # noqa: S603 - ours
    assert done.stdout.split() == []


def test_it_is_a_program_of_its_own() -> None:
    command = [sys.executable, "-m", "adapters", "--version"]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=True)  # noqa: S603 - ours
    assert done.stdout.split()[0] == "kartoteka"


def test_a_second_serve_is_told_to_attach_and_one_that_attaches_shares_the_work(served: Terminal) -> None:
    second = served.run("serve")
    assert (second.code, second.out) == (os.EX_TEMPFAIL, "")
    assert "serve --attach" in second.err
    attached = served.serve("--attach")
    everything, questions = FACES, SUBJECTS[Face.QUESTIONS]
    there = answering(served, 4)
    assert there[attached.said["instance"]] == everything
    assert attached.ended().code == 0
    left = answering(served, 2)
    assert left.items() < there.items()
    assert sorted(left.values()) == sorted((everything, questions))


def answering(served: Terminal, many: int) -> dict[str, str]:
    """So many processes, when they have begun, and what each of them answers."""
    asked = ("nats", "ping", "--count", str(many), "--timeout-seconds", "5", "--json")
    for _ in range(10):
        found = {each["id"]: each["answers"] for each in served.run(*asked).said}
        if len(found) == many:
            return found
    raise AssertionError(found)


def test_what_was_sent_is_history_and_the_audit_finds_it_whole(served: Terminal, hired: dict[str, Any]) -> None:
    stream = f"worker-{hired['id']}"
    sealed, revealed, as_of, before, table, verified = (
        served.run("history", stream, "--json"),
        served.run("history", stream, "--json", "--reveal"),
        served.run("history", stream, "--json", "--as-of", hired["position"]),
        served.run("history", stream, "--as-of", "2000-01-01T00:00:00Z"),
        served.run("history", stream),
        served.run("audit", "verify", "--json"),
    )
    (fact,) = sealed.said
    assert (fact["version"], fact["actor"], fact["topic"], fact["caller"]) == (1, "system", "worker.hired", "operator")
    assert fact["body"]["name"] == "(sealed)"
    assert NAME not in sealed.out + table.out
    assert revealed.said[0]["body"]["name"] == NAME
    assert as_of.said == sealed.said
    assert before.code == 1
    assert table.out.splitlines()[1].split("\t")[:2] == ["1", str(fact["position"])]
    assert (verified.code, verified.said["whole"]) == (0, True)
    assert verified.said["facts"] >= 1


def test_a_key_that_is_gone_is_an_incident_and_behind_a_fence_it_is_a_forgotten_person(served: Terminal) -> None:
    sent = served.run("send", "worker.hire", "--data", '{"name": "Boris"}', "--json").said
    reveal = ("history", f"worker-{sent['id']}", "--reveal", "--json")
    (fact,) = served.run(*reveal).said
    subject = fact["body"]["subject"]
    served.run("psql", "--write", "-c", f"DELETE FROM subject_keys WHERE subject = '{subject}'")  # noqa: S608 - our own
    lost = served.run(*reveal)
    assert (lost.code, lost.out) == (os.EX_SOFTWARE, "")
    assert subject in lost.err
    served.run("psql", "--write", "-c", f"INSERT INTO subject_fences VALUES ('{subject}')")  # noqa: S608 - our own
    (masked,) = served.run(*reveal).said
    assert masked["body"]["name"] == f"forgotten #{subject[:8]}"


def test_the_same_id_does_nothing_twice_and_another_body_under_it_is_declined(served: Terminal) -> None:
    send = ("send", "worker.hire", "--json", "--id", str(uuid.uuid4()), "--data")
    first = served.run(*send, "-", told='{"name": "Boris"}')
    again, other = served.run(*send, '{"name": "Boris"}'), served.run(*send, '{"name": "Clara"}')
    assert (first.said["repeated"], again.said["repeated"]) == (False, True)
    assert first.said["id"] == again.said["id"]
    assert other.code == 1
    assert (other.said["status"], other.said["code"]) == (409, "CommandIdClash")


def test_what_is_wrong_is_told_by_field_and_by_exit_code(served: Terminal, tmp_path: Path) -> None:
    (tmp_path / "data.json").write_text('{"name": 3, "nickname": "x"}')
    wrong = served.run("send", "worker.hire", "--json", "--data", f"@{tmp_path / 'data.json'}")
    assert wrong.code == os.EX_DATAERR
    assert {one["field"] for one in wrong.said["errors"]} == {"data.name", "data.nickname"}
    assert "name: Input should be a valid string" in wrong.err
    assert served.run("send", "worker.hire", "--data", "{").code == os.EX_DATAERR
    assert served.run("send", "worker.promote").code == os.EX_DATAERR
    assert served.run("send", "worker.hire", "--data", "@/nowhere").code == os.EX_NOINPUT


def test_what_is_declined_ends_with_1_and_with_the_reason(served: Terminal) -> None:
    deactivate = ("send", "worker.deactivate", "--actor", "nobody", "--data", '{"worker": "nobody"}', "--json")
    declined = served.run(*deactivate)
    assert (declined.code, declined.said["status"], declined.said["code"]) == (1, 403, "RightMissing")
    assert "RightMissing" in declined.err


def test_an_unknown_setting_is_refused(served: Terminal) -> None:
    misconfigured = served.run("config", "show", KARTOTEKA_STAT="x")
    assert (misconfigured.code, misconfigured.out) == (os.EX_CONFIG, "")
    assert "KARTOTEKA_STAT is not a setting" in misconfigured.err


SEND = ("send", "worker.hire", "--data", '{"name": "Ada"}')


@pytest.mark.parametrize("words", [SEND, ("audit", "verify"), ("history", "x-1"), ("serve", "--attach")])
def test_without_a_service_a_command_says_so_and_makes_nothing(words: tuple[str, ...], tmp_path: Path) -> None:
    alone = Terminal(tmp_path / "state")
    told = alone.run(*words)
    assert (told.code, told.out) == (os.EX_UNAVAILABLE, "")
    assert "nothing runs in" in told.err
    assert not alone.state.exists()


def test_settings_are_shown_with_their_source_and_secrets_are_not(tmp_path: Path) -> None:
    secrets = {
        "KARTOTEKA_POSTGRES_URL": "postgresql://somebody:hidden@nowhere/x",
        "KARTOTEKA_NATS_URL": "nats://hidden:hid/den@nowhere:4222?authority=/their.pem",
        "KARTOTEKA_TRACES_URL": "https://nowhere/v1?key=hidden",
        "KARTOTEKA_SMTP_PASSWORD": "hidden",
    }
    shown = Terminal(tmp_path).run("config", "show", "--json", **secrets)
    by_name = {one["name"]: one for one in shown.said}
    assert by_name["KARTOTEKA_POSTGRES_URL"]["source"] == "KARTOTEKA_POSTGRES_URL"
    assert by_name["KARTOTEKA_NATS_URL"]["value"] == "nats://********@nowhere:4222?authority=/their.pem"
    assert by_name["KARTOTEKA_STATE"]["value"] == str(tmp_path)
    assert by_name["KARTOTEKA_WAITING"]["source"] == "default"
    assert "hid" not in shown.out + shown.err


def test_no_password_stands_in_the_arguments_of_psql(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where this process would become psql, it is told with what."""

    class Became(Exception):
        pass

    def became(_: str, arguments: list[str]) -> None:
        raise Became(*arguments)

    monkeypatch.setattr(os, "execv", became)
    url = "postgresql://somebody:hidden@nowhere/x?sslkey=theirs.key&sslpassword=hidden"
    for role in None, "analyst":
        with pytest.raises(Became) as found:
            become_psql(url, "kartoteka", ("-c", "SELECT 1"), session="read only", role=role)
        assert "sslkey=theirs.key" in str(found.value)
        assert "hidden" not in str(found.value)
    os.unsetenv("PGPASSWORD")


def test_the_tools_reach_as_far_as_their_credentials(served: Terminal, hired: dict[str, Any]) -> None:
    count = "SELECT count(*) > 0, current_schema() FROM facts"
    read, write, allowed, forbidden, info, streams, listed, schema = (
        served.run("psql", "-At", "-c", count),
        served.run("psql", "-c", "CREATE TABLE mine ()"),
        served.run("psql", "--write", "-c", "CREATE TABLE theirs ()"),
        served.run("nats", "pub", "kartoteka.v1.evt.ticket.1.opened", "{}"),
        served.run("nats", "info", "--count", "1", "--timeout-seconds", "20", "--json"),
        served.run("nats", "streams", "--json"),
        served.run("send", "--list", "--json"),
        served.run("send", "worker.hire", "--schema"),
    )
    assert (read.code, read.out) == (0, "t|kartoteka\n")
    assert "read-only transaction" in write.err
    assert allowed.code == 0
    assert forbidden.code == os.EX_NOPERM
    assert "operator" in forbidden.err
    assert "kartoteka.v1.evt.ticket.1.opened" in forbidden.err
    assert info.said["server"]["version"]
    commands = [each for each in info.said["services"][0]["endpoints"] if "v1.cmd." in each["subject"]]
    assert len(commands) == len(listed.said)
    assert {one["stream"] for one in streams.said} <= {"KARTOTEKA_EVENTS"}
    assert schema.said["required"] == ["name"]


def test_what_is_published_can_be_watched_without_what_is_in_it(served: Terminal) -> None:
    watching = served.start("nats", "sub", "kartoteka.v1.cmd.operator.team.>", "--count", "1", "--json")
    deadline = time.monotonic() + START_SECONDS
    while watching.process.poll() is None and time.monotonic() < deadline:
        assert served.run("send", "team.form", "--data", '{"name": "First line"}').code == 0
    assert watching.code == 0
    assert watching.said["subject"] == "kartoteka.v1.cmd.operator.team.form"
    assert "First line" not in watching.out


def test_a_killed_serve_leaves_no_server_behind_and_the_next_one_has_the_data() -> None:
    with terminal() as new:
        service = new.serve()
        sent = new.run("send", "worker.hire", "--data", '{"name": "Ada"}', "--json").said
        pids = embedded.attach(new.state).pids
        assert pids[0] == service.process.pid
        assert set(pids[1:]) <= servers(new)
        assert service.ended(signal.SIGKILL).code == -signal.SIGKILL
        deadline = time.monotonic() + START_SECONDS
        while left := servers(new):
            assert time.monotonic() < deadline, left
            time.sleep(0.02)
        again = new.serve()
        history = new.run("history", f"worker-{sent['id']}", "--json").said
        assert [fact["version"] for fact in history] == [1]
        assert new.run("audit", "verify").code == 0
        assert again.ended().code == 0


def servers(beside: Terminal) -> set[int]:
    """The server processes that name the state on their command line."""
    named = (marked(program, str(beside.state)) for program in ("postgres", "nats-server"))
    return {process for found in named for process, _ in found}


def test_a_question_is_asked_for_a_worker_and_answered_by_their_rights(served: Terminal, hired: dict[str, Any]) -> None:
    position = ("--min-position", hired["position"])
    listed, schema, mine, refused, whole, wrong, nothing = (
        served.run("query", "--list", "--json"),
        served.run("query", "desk", "--schema"),
        served.run(
            "query", "timeline", "--data", json.dumps({"thing": "worker", "id": hired["id"]}), *position, "--json"
        ),
        served.run("query", "contacts", "--actor", hired["id"], *position, "--json"),
        served.run("query", "directories", "--all", *position, "--json"),
        served.run("query", "desk", "--data", '{"area": 5}', "--json"),
        served.run("query", "cake"),
    )
    assert {"question", "about"} == set(listed.said[0])
    assert set(schema.said) == {"data", "row"}
    assert mine.said["rows"][0]["words"] == f"{NAME} works here now"
    assert (refused.code, refused.said["code"]) == (1, "RightMissing")
    assert (whole.said["rows"], whole.said["next"]) == ([], None)
    assert (wrong.code, wrong.said["errors"][0]["field"]) == (os.EX_DATAERR, "data.area")
    assert (nothing.code, nothing.out) == (os.EX_DATAERR, "")
