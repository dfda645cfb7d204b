"""Any command by its wire name: checked here first, sent over NATS, answered with a version or with a reason."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer
from pydantic import ValidationError

from adapters.cli import console
from adapters.composition import Place, client, found
from adapters.envelope import envelope_of
from adapters.nats.client import Declined, NoAnswer, new_command_id
from adapters.settings import read_settings
from commands.catalogue import COMMANDS
from commands.command import Command
from domain.staff.worker import SYSTEM


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command()(send)


def send(
    topic: Annotated[str | None, typer.Argument(help="The command's wire name, such as worker.hire.")] = None,
    data: Annotated[str, typer.Option(help="The command's data: JSON, @file, or - for standard input.")] = "{}",
    actor: Annotated[str, typer.Option(help="The worker for whom it is asked.")] = SYSTEM,
    id: Annotated[str | None, typer.Option(help="The command's UUID; the same again does nothing twice.")] = None,
    happened_at: Annotated[str | None, typer.Option(help="When it happened: ISO 8601 with offset.")] = None,
    expected_version: Annotated[int | None, typer.Option(min=0, help="Refuse unless it is at this version.")] = None,
    patience_seconds: Annotated[float, typer.Option(min=0, help="How long to ask again without an answer.")] = 15.0,
    listed: Annotated[bool, typer.Option("--list", help="List the commands and leave.")] = False,
    schema: Annotated[bool, typer.Option("--schema", help="Print the schema of the data and leave.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Answer as JSON.")] = False,
) -> None:
    """Send one command and print its answer."""
    if listed or topic is None:
        rows = [{"command": name, "about": _about(kind)} for name, kind in sorted(COMMANDS.items())]
        console.show(rows, as_json=as_json)
        return
    command = COMMANDS.get(topic)
    if command is None:
        console.fail(f"there is no command {topic}; `kartoteka send --list` lists them", console.DATA_WRONG)
    if schema:
        console.give(command.model_json_schema())
        return
    given = {"happened_at": happened_at, "expected_version": expected_version}
    envelope = {"id": id or new_command_id(), "actor": actor, "data": _data(data)}
    envelope |= {name: value for name, value in given.items() if value is not None}
    payload = orjson.dumps(envelope)
    _check(command, payload, as_json=as_json)
    answer = _asked(found(read_settings()), topic, payload, patience_seconds, as_json=as_json)
    if as_json:
        console.give(answer)
    else:
        console.show([answer], as_json=False)


def _about(command: type[Command]) -> str:
    return (command.__doc__ or "").partition("\n")[0]


def _data(given: str) -> Any:
    text = given
    if given == "-":
        text = sys.stdin.read()
    elif given.startswith("@"):
        text = Path(given[1:]).read_text(encoding="utf-8")
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        console.fail(f"the data is not JSON: {error}", console.DATA_WRONG)


def _check(command: type[Command], payload: bytes, *, as_json: bool) -> None:
    """What the service would say of the request's shape, said before anything is sent."""
    try:
        envelope_of(command).model_validate_json(payload, strict=True)
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False, include_input=False)
        wrong = [{"field": ".".join(map(str, one["loc"])), "wrong": one["msg"]} for one in found]
        if as_json:
            console.give({"status": 400, "code": "Malformed", "errors": wrong})
        for one in wrong:
            console.note(f"  {one['field'].removeprefix('data.')}: {one['wrong']}")
        console.fail(f"{command.topic} cannot be asked like this", console.DATA_WRONG)


def _asked(place: Place, topic: str, payload: bytes, patience_seconds: float, *, as_json: bool) -> dict[str, Any]:
    try:
        return asyncio.run(_ask(place, topic, payload, patience_seconds))
    except Declined as error:
        if as_json:
            console.give({"status": error.status, "code": error.code, "title": error.title, "errors": error.errors})
        for one in error.errors:
            console.note(f"  {one['field']}: {one['wrong']}")
        console.fail(str(error))
    except NoAnswer:
        again = f"ask again with --id {orjson.loads(payload)['id']}"
        console.fail(f"nobody answered; whether it was done is not known: {again}", console.UNAVAILABLE)


async def _ask(place: Place, topic: str, payload: bytes, patience_seconds: float) -> dict[str, Any]:
    async with client(place, patience_seconds=patience_seconds) as operator:
        return await operator.ask(topic, payload)
