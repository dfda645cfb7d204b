"""Any command by its wire name: checked here first, sent over NATS, answered with a version or with a reason."""

from __future__ import annotations

from typing import Annotated, Any

import orjson
import typer

from adapters.cli import asking, console
from adapters.envelope import envelope_of
from adapters.nats.client import new_command_id
from commands.catalogue import COMMANDS
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
        asking.listed(COMMANDS, "command", as_json=as_json)
        return
    command = COMMANDS.get(topic)
    if command is None:
        console.fail(f"there is no command {topic}; `kartoteka send --list` lists them", console.DATA_WRONG)
    if schema:
        console.give(command.model_json_schema())
        return
    given = {"happened_at": happened_at, "expected_version": expected_version}
    envelope: dict[str, Any] = {"id": id or new_command_id(), "actor": actor, "data": asking.data(data)}
    envelope |= {name: value for name, value in given.items() if value is not None}
    payload = orjson.dumps(envelope)
    asking.check(envelope_of(command), topic, payload, as_json=as_json)
    answer = asking.answered(
        lambda operator: operator.ask(topic, payload),
        unanswered=f"; whether it was done is not known: ask again with --id {envelope['id']}",
        patience_seconds=patience_seconds,
        as_json=as_json,
    )
    if as_json:
        console.give(answer)
    else:
        console.show([answer], as_json=False)
