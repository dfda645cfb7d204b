"""What each role may publish, listen to and ask for over HTTP: the whole of it, as the real server lets it."""

from __future__ import annotations

import asyncio
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from door import new_place
from wire import Wire

from adapters import embedded
from adapters.clock import now
from adapters.composition import serving, web
from adapters.credentials.caller import STREAMS, Caller
from adapters.credentials.callers import Callers
from adapters.credentials.callers_file import Register, save
from adapters.credentials.role import MOST, Role
from adapters.credentials.seed import seed_path
from adapters.credentials.token import made
from adapters.embedded import Running
from adapters.inquiry import ASKED
from adapters.scope import Face, Scope, ScopeWrong
from commands.reckoning import Reckoning
from domain.staff.worker import Right
from projections.question import Question

NAMES = {
    Role.SERVICE: "service",
    Role.OPERATOR: "operator",
    Role.CALLER: "desk",
    Role.HANDLER: "reactor",
    Role.LISTENER: "ear",
    Role.AUTOMATON: "timer",
    Role.AUDITOR: "revision",
    Role.ANALYST: "figures",
    Role.METRICS: "scraper",
}
"""One caller of each role."""

OVER_NATS = {STREAMS: STREAMS} | {role: name for role, name in NAMES.items() if role is not Role.METRICS}
"""Those who come to NATS, where our own processes have two names."""

OTHER, NOBODY = "shop", "nobody"
MADE = {Role.SERVICE, Role.OPERATOR, Role.AUTOMATON, Role.METRICS}
"""Those that are there without being asked for, and those that do not come to NATS."""
CALLERS = {name: Caller(name, (), role=role) for role, name in NAMES.items() if role not in MADE}
CLOSED = {401, 403}
VERBS = {"get", "post", "put", "patch", "delete"}

PUBLISH = """
                                             service streams operator caller handler listener automaton auditor analyst
kartoteka.v1.cmd.<own>.ticket.open           .       .       x        x      x       .        x         .       .
kartoteka.v1.cmd.<other>.ticket.open         .       .       .        .      .       .        .         .       .
kartoteka.v1.qry.<own>.desk                  .       .       x        x      .       .        .         x       .
kartoteka.v1.qry.<own>.timeline              .       .       x        x      .       .        .         x       .
kartoteka.v1.qry.<own>.sla-overview          .       .       x        x      .       .        .         x       x
kartoteka.v1.qry.<other>.desk                .       .       .        .      .       .        .         .       .
kartoteka.v1.fil.<own>.get                   .       .       x        x      .       .        .         x       .
kartoteka.v1.fil.<own>.put                   .       .       x        x      .       .        .         .       .
kartoteka.v1.fil.<other>.get                 .       .       .        .      .       .        .         .       .
kartoteka.v1.int.secret.S.ticket.1.opened    .       x       .        .      .       .        .         .       .
kartoteka.v1.evt.ticket.1.opened             .       .       .        .      .       .        .         .       .
kartoteka.v1.obj.mark.file.1                 .       .       .        .      .       .        .         .       .
kartoteka.v1                                 .       .       .        .      .       .        .         .       .
_INBOX.<own>.1                               x       .       .        .      .       .        .         .       .
_INBOX.<other>.1                             x       .       .        .      .       .        .         .       .
$JS.API.CONSUMER.MSG.NEXT.S.<durable>        .       x       .        .      x       x        .         .       .
$JS.API.CONSUMER.INFO.S.<durable>            .       x       .        .      x       x        .         .       .
$JS.ACK.S.<durable>.1.1.1.1.0                .       x       .        .      x       x        .         .       .
$JS.API.CONSUMER.MSG.NEXT.S.<other durable>  .       x       .        .      .       .        .         .       .
$JS.API.CONSUMER.INFO.S.<other durable>      .       x       .        .      .       .        .         .       .
$JS.ACK.S.<other durable>.1.1.1.1.0          .       x       .        .      .       .        .         .       .
$JS.API.CONSUMER.CREATE.S.<durable>          .       x       .        .      .       .        .         .       .
$JS.API.CONSUMER.DURABLE.CREATE.S.<durable>  .       x       .        .      .       .        .         .       .
$JS.API.CONSUMER.DELETE.S.<durable>          .       x       .        .      .       .        .         .       .
$JS.API.CONSUMER.NAMES.S                     .       x       .        .      .       .        .         .       .
$JS.API.STREAM.NAMES                         .       x       .        .      .       .        .         .       .
$JS.API.STREAM.INFO.S                        .       x       .        .      .       .        .         .       .
$JS.API.STREAM.CREATE.MINE                   .       x       .        .      .       .        .         .       .
$JS.API.STREAM.PURGE.S                       .       x       .        .      .       .        .         .       .
$JS.API.STREAM.MSG.GET.S                     .       x       .        .      .       .        .         .       .
$JS.API.DIRECT.GET.S                         .       x       .        .      .       .        .         .       .
$JS.API.INFO                                 .       x       .        .      .       .        .         .       .
kartoteka.v1.con.S.<durable>                 .       .       .        .      x       x        .         .       .
kartoteka.v1.con.S.<other durable>           .       .       .        .      .       .        .         .       .
$JS.EVENT.ADVISORY.MINE                      .       .       .        .      .       .        .         .       .
$SRV.PING                                    x       .       x        x      .       .        .         x       x
$SRV.INFO.kartoteka                          x       .       x        x      .       .        .         x       x
$SRV.STATS.kartoteka                         x       .       x        .      .       .        .         .       .
$SYS.REQ.SERVER.PING                         .       .       .        .      .       .        .         .       .
elsewhere                                    .       .       .        .      .       .        .         .       .
"""

LISTEN = """
                                             service streams operator caller handler listener automaton auditor analyst
_INBOX.<own>.>                               x       x       x        x      x       x        x         x       x
_INBOX.<other>.>                             .       .       .        .      .       .        .         .       .
_INBOX.>                                     .       .       .        .      .       .        .         .       .
kartoteka.v1.cmd.>                           x       .       .        .      .       .        .         .       .
kartoteka.v1.cmd.<own>.>                     x       .       .        .      .       .        .         .       .
kartoteka.v1.cmd.<other>.>                   x       .       .        .      .       .        .         .       .
kartoteka.v1.qry.>                           x       .       .        .      .       .        .         .       .
kartoteka.v1.fil.>                           x       .       .        .      .       .        .         .       .
kartoteka.v1.evt.>                           .       .       .        .      .       .        .         .       .
kartoteka.v1.int.>                           .       .       .        .      .       .        .         .       .
kartoteka.v1.obj.>                           .       .       .        .      .       .        .         .       .
$SRV.>                                       x       .       .        .      .       .        .         .       .
$JS.>                                        .       .       .        .      .       .        .         .       .
$JS.ACK.>                                    .       .       .        .      .       .        .         .       .
$JS.EVENT.ADVISORY.>                         .       .       .        .      .       .        .         .       .
$SYS.>                                       .       .       .        .      .       .        .         .       .
>                                            .       .       .        .      .       .        .         .       .
"""

HTTP = """
                                  service operator caller handler listener automaton auditor analyst metrics nobody
POST /v1/commands/ticket.open     .       x        x      x       .        x         .       .       .       .
POST /v1/questions/desk           .       x        x      .       .        .         x       .       .       .
GET /v1/questions/desk            .       x        x      .       .        .         x       .       .       .
POST /v1/questions/timeline       .       x        x      .       .        .         x       .       .       .
GET /v1/questions/timeline        .       x        x      .       .        .         x       .       .       .
POST /v1/questions/sla-overview   .       x        x      .       .        .         x       x       .       .
GET /v1/questions/sla-overview    .       x        x      .       .        .         x       x       .       .
POST /v1/files/get                .       x        x      .       .        .         x       .       .       .
POST /v1/files/put                .       x        x      .       .        .         .       .       .       .
GET /v1/session                   .       .        .      .       .        .         .       .       .       .
POST /v1/session/password         .       .        .      .       .        .         .       .       .       .
DELETE /v1/session/all            .       .        .      .       .        .         .       .       .       .
POST /v1/session                  .       x        x      x       x        x         x       x       x       x
DELETE /v1/session                .       .        .      .       .        .         .       .       .       .
GET /v1/session/oidc/start         .       x        x      x       x        x         x       x       x       x
GET /v1/session/oidc/back          .       x        x      x       x        x         x       x       x       x
GET /metrics                      .       x        .      .       .        .         .       .       x       .
GET /livez                        .       x        x      x       x        x         x       x       x       x
GET /readyz                       .       x        x      x       x        x         x       x       x       x
GET /openapi.json                 .       x        x      x       x        x         x       x       x       x
GET /asyncapi.json                .       x        x      x       x        x         x       x       x       x
"""
"""The service has no token; `nobody` brings none."""


def read(table: str) -> dict[str, dict[str, bool]]:
    """By row and by role."""
    head, *lines = table.strip("\n").splitlines()
    wide = head.index(Role.SERVICE)
    return {
        line[:wide].strip(): dict(zip(head.split(), (cell == "x" for cell in line[wide:].split()), strict=True))
        for line in lines
    }


def meant(row: str, role: str) -> str:
    """The subject of a row, for the caller of that role."""
    own = OVER_NATS[role]
    named = {
        "<own>": own,
        "<other>": OTHER,
        "<durable>": f"kartoteka-{own}-v1",
        "<other durable>": f"kartoteka-{OTHER}-v1",
    }
    for name, value in named.items():
        row = row.replace(name, value)
    return row


@pytest.fixture(scope="module")
def nats() -> Iterator[tuple[str, Path]]:
    """The address of a server that lets in one caller of each role, and the state with their seeds."""
    state = Path(tempfile.mkdtemp(dir="/tmp", prefix="kartoteka-test-"))
    state.chmod(0o711)
    with embedded.running(state, fsync=False, postgres=False, callers=CALLERS) as running:
        yield running.nats_url, state
    embedded.erase(state)
    shutil.rmtree(state, ignore_errors=True)


def refused(nats: tuple[str, Path], role: str, verb: str, rows: list[str]) -> set[str]:
    """The rows whose subjects the server does not let the role publish to, or listen to."""
    url, state = nats
    address = urlsplit(url)
    with Wire(str(address.hostname), int(address.port or 0), seed_path(state, OVER_NATS[role])) as wire:
        return {row for row in rows if not wire.let(verb, meant(row, role))}


@dataclass
class Web:
    """A service over HTTP, and a token of each role that may have one."""

    runner: asyncio.Runner
    client: httpx.AsyncClient
    tokens: dict[str, str]

    def ask(self, row: str, role: str) -> httpx.Response:
        method, path = row.split()
        given = {"Authorization": f"Bearer {self.tokens[role]}"} if role in self.tokens else {}
        kind = "application/octet-stream" if path.startswith("/v1/files") else "application/json"
        body = {"content": b"{}"} if method == "POST" else {}
        return self.runner.run(self.client.request(method, path, headers={**given, "Content-Type": kind}, **body))


@pytest.fixture(scope="module")
def http(servers: Running, state: Path) -> Iterator[Web]:
    """With a callers file of its own."""
    place = new_place(servers, state)
    tokens = {}
    by_name = {}
    for role, name in NAMES.items():
        if role is not Role.SERVICE:
            kept, shown = made(name, now(), None)
            tokens[str(role)] = str(shown)
            by_name[name] = Caller(name, ("*",), role=role, tokens=(kept,))
    file = state / f"callers-{place.settings.schema_name}.json"
    save(file, Register(by_name))
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()

        async def begin() -> httpx.AsyncClient:
            service = await stack.enter_async_context(serving(place))
            listening = await stack.enter_async_context(web(place, service, tokens=Callers(file)))
            assert listening is not None
            return await stack.enter_async_context(httpx.AsyncClient(base_url=listening.url, timeout=15))

        client = runner.run(begin())
        try:
            yield Web(runner, client, tokens)
        finally:
            runner.run(stack.aclose())


@pytest.mark.parametrize("row", read(HTTP))
def test_over_http_each_role_may_do_what_the_table_says(http: Web, row: str) -> None:
    """Whoever may not is told so before anything is looked at of what they send."""
    roles = read(HTTP)[row]
    answers = {role: http.ask(row, role) for role in roles if role != Role.SERVICE}
    assert not roles[Role.SERVICE]
    assert [role for role, answer in answers.items() if answer.status_code not in CLOSED] == [
        role for role, may in roles.items() if may
    ]
    assert all(answer.status_code < 500 or row == "GET /readyz" for answer in answers.values())
    if "/session" not in row and not roles[NOBODY]:
        assert {answer.json()["code"] for role, answer in answers.items() if role not in (*open_to(roles), NOBODY)} <= {
            "ScopeMissing"
        }
        assert answers[NOBODY].json()["code"] == "CallerUnknown"


def open_to(roles: dict[str, bool]) -> list[str]:
    return [role for role, may in roles.items() if may]


def test_every_route_has_a_row(http: Web) -> None:
    """Of commands, questions and files one at least, for they are told apart by scopes alone."""
    paths = http.ask("GET /openapi.json", NOBODY).json()["paths"]
    routes = {f"{method.upper()} {kind_of(path)}" for path, item in paths.items() for method in item if method in VERBS}
    assert routes == {" ".join((row.split()[0], kind_of(row.split()[1]))) for row in read(HTTP)}


def kind_of(path: str) -> str:
    """The path, without what is asked for of many."""
    return re.sub(r"^(/v1/(?:commands|questions|files))/.*", r"\1", path)


@pytest.mark.parametrize(("verb", "table"), [("publish", PUBLISH), ("subscribe", LISTEN)])
@pytest.mark.parametrize("role", OVER_NATS)
def test_the_server_lets_each_role_do_what_the_table_says(
    nats: tuple[str, Path], role: str, verb: str, table: str
) -> None:
    rows = read(table)
    expected = {row for row, roles in rows.items() if not roles[role]}
    assert refused(nats, role, verb, list(rows)) == expected


def test_whoever_collects_counts_does_not_come_to_nats(nats: tuple[str, Path]) -> None:
    _, state = nats
    assert not seed_path(state, NAMES[Role.METRICS]).exists()


def test_every_role_and_every_face_is_in_the_tables() -> None:
    for table in (PUBLISH, LISTEN):
        assert all(set(roles) == set(OVER_NATS) for roles in read(table).values())
    assert all(set(roles) == {*Role, NOBODY} for roles in read(HTTP).values())
    for face in set(Face) - {Face.METRICS}:
        assert any(row.startswith(f"kartoteka.v1.{face}") for row in read(PUBLISH))
        assert any(row.startswith(f"kartoteka.v1.{face}") for row in read(LISTEN))


def test_the_questions_of_analysts_are_those_that_the_right_is_enough_for() -> None:
    """And what one may see oneself; the reckonings that the right opens say so in their text."""
    open_to = {name for name, asked in ASKED.items() if opened(asked)}
    assert {scope.topics for scope in MOST[Role.ANALYST]} == open_to | {"my-sight"}


def opened(asked: type[Question] | type[Reckoning]) -> bool:
    if issubclass(asked, Question):
        return Right.ANALYST in asked.rights
    return asked.__module__ in {"commands.reckonings.what_if", "commands.reckonings.staffing"}


@pytest.mark.parametrize("role", Role)
def test_scopes_narrow_a_role_and_never_widen_it(role: Role) -> None:
    most = MOST[role]
    for text in (
        "cmd:*",
        "cmd:ticket.*",
        "cmd:ticket.open",
        "qry:*",
        "qry:desk",
        "fil:*",
        "fil:get",
        "evt:*",
        "metrics",
    ):
        scope = Scope.read(text)
        within = any(one.covers(scope.face, scope.topics) for one in most)
        if within:
            assert Caller("somebody", (), role=role, scopes=(scope,)).scopes == (scope,)
        else:
            with pytest.raises(ValueError, match="is more than somebody may"):
                Caller("somebody", (), role=role, scopes=(scope,))


@pytest.mark.parametrize(
    "text", ["", "cmd", "cmd:", "cmd:*.open", "cmd:ticket.>", "metrics:*", "all:*", "cmd:Ticket.open"]
)
def test_what_is_no_scope_is_refused(text: str) -> None:
    with pytest.raises(ScopeWrong):
        Scope.read(text)
