"""The handful of psql and nats that an operator needs, since neither program comes with a wheel of its own."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from typing import Annotated, Any, TypeVar

import typer

from adapters.cli import console
from adapters.composition import found
from adapters.credentials.caller import SERVICE, STREAMS
from adapters.nats.inspection import Heard, NotAnswered, NotPermitted, Visit, decoded, visiting
from adapters.postgres.analysis import schema_of
from adapters.postgres.psql import become_psql
from adapters.settings import read_settings

T = TypeVar("T")

As = Annotated[str | None, typer.Option("--as", metavar="CALLER", help="Under whose credentials.")]
Seconds = Annotated[float, typer.Option("--timeout-seconds", min=0.01, max=86_400, help="How long to listen.")]
Count = Annotated[int | None, typer.Option("--count", min=1, help="Leave after this many.")]
AsJson = Annotated[bool, typer.Option("--json", help="As JSON.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    passed_on = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": ["--help"]}
    app.command(context_settings=passed_on)(psql)
    nats = typer.Typer(help="Look into NATS.", no_args_is_help=True)
    for command in (info, ping, sub, pub, streams, consumers):
        nats.command()(command)
    app.add_typer(nats, name="nats")


def psql(
    context: typer.Context,
    write: Annotated[bool, typer.Option("--write", help="Let it write; nothing else stops you then.")] = False,
    role: Annotated[
        str | None, typer.Option("--as", metavar="ROLE", help="As an analyst's role, before the analysts' views.")
    ] = None,
) -> None:
    """Open psql in our schema, read-only unless told otherwise; what else is given goes to psql itself."""
    place = found(read_settings())
    schema, session = place.settings.schema_name, "read write" if write else "read only"
    become_psql(
        place.postgres_url, schema if role is None else schema_of(schema), context.args, session=session, role=role
    )


def info(timeout_seconds: Seconds = 1.0, count: Count = None, caller: As = None, as_json: AsJson = False) -> None:
    """Print the NATS server and every service process with what it answers to."""

    async def asked(visit: Visit) -> tuple[dict[str, Any], list[Heard]]:
        return await visit.server(), await visit.ask_all("$SRV.INFO", timeout_seconds, count)

    server, heard = _visit(caller, asked)
    services = [decoded(one.data) for one in heard]
    if as_json:
        console.give({"server": server, "services": services})
        return
    rows = [{"name": "nats-server", "id": server["server_id"], "version": server["version"], "endpoints": None}]
    rows += [{**_named(one), "endpoints": len(one["endpoints"])} for one in services]
    console.show(rows, as_json=False)


def ping(timeout_seconds: Seconds = 1.0, count: Count = None, caller: As = None, as_json: AsJson = False) -> None:
    """Print every service process and how soon it answered."""
    heard = _visit(caller, lambda visit: visit.ask_all("$SRV.PING", timeout_seconds, count))
    rows = [
        {**_named(said), "milliseconds": round(one.seconds * 1000, 3), "answers": said["metadata"]["answers"]}
        for one in heard
        for said in [decoded(one.data)]
    ]
    console.show(rows, as_json=as_json)
    if not rows:
        console.fail("no service answers", console.UNAVAILABLE)


def sub(
    subject: Annotated[str, typer.Argument(help="With * and > as NATS has them.")],
    timeout_seconds: Seconds = 60.0,
    count: Count = None,
    payload: Annotated[bool, typer.Option("--payload", help="Print the messages too, with people's data.")] = False,
    caller: As = SERVICE,
    as_json: AsJson = False,
) -> None:
    """Print what is published on a subject while it is, a line each."""

    async def asked(visit: Visit) -> None:
        async for heard in visit.listen(subject, timeout_seconds, count):
            row: dict[str, Any] = {"subject": heard.subject, "bytes": len(heard.data), "headers": heard.headers}
            console.line(row | ({"payload": decoded(heard.data)} if payload else {}), as_json=as_json)

    _visit(caller, asked)


def pub(
    subject: str,
    data: Annotated[str, typer.Argument(help="The payload, or - for standard input.")] = "",
    caller: As = None,
) -> None:
    """Publish one message; for commands `kartoteka send` is the better tool, since it waits for the answer."""
    payload = sys.stdin.buffer.read() if data == "-" else data.encode()
    _visit(caller, lambda visit: visit.publish(subject, payload))


def streams(caller: As = STREAMS, as_json: AsJson = False) -> None:
    """Print the streams of JetStream."""
    console.show(_visit(caller, lambda visit: visit.streams()), as_json=as_json)


def consumers(stream: str, caller: As = STREAMS, as_json: AsJson = False) -> None:
    """Print the consumers of a stream."""
    console.show(_visit(caller, lambda visit: visit.consumers(stream)), as_json=as_json)


def _visit(caller: str | None, ask: Callable[[Visit], Awaitable[T]]) -> T:
    settings = read_settings()
    place = found(settings)
    name = caller or settings.caller
    given = settings.seed if name == settings.caller and name not in settings.our_seeds else None

    async def visit() -> T:
        async with visiting(place.nats_url, name, str(place.seed(name, given))) as visit:
            return await ask(visit)

    try:
        return asyncio.run(visit())
    except NotPermitted as error:
        console.fail(f"not permitted: {error}", os.EX_NOPERM)
    except NotAnswered as error:
        console.fail(str(error), console.UNAVAILABLE)


def _named(service: dict[str, Any]) -> dict[str, Any]:
    return {name: service[name] for name in ("name", "id", "version")}
