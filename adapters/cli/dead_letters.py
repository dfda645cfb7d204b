"""What handlers could not deal with: to look at, to ask for again once the cause is mended, or to give up."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from enum import StrEnum
from typing import Annotated, Any

import typer

from adapters.cli import console
from adapters.composition import Place, found, handler_client
from adapters.nats.client import Client
from adapters.nats.reaction import calls_of
from adapters.nats.replay import Replay, fact_of
from adapters.postgres.dead_letters import Cause, DeadLetter, DeadLetters, State, Which
from adapters.settings import read_settings
from commands.reactions.catalogue import REACTIONS
from commands.reactions.reaction import Heard

Ids = Annotated[list[int] | None, typer.Argument(help="Which ones, by their ids.", metavar="[ID]...")]
OfHandler = Annotated[str | None, typer.Option("--handler", help="Those of one handler.")]
OfGroup = Annotated[str | None, typer.Option("--group", help="Those that failed for one reason.")]
Everyone = Annotated[bool, typer.Option("--all", help="All that wait.")]
AsJson = Annotated[bool, typer.Option("--json", help="As JSON.")]


class Shown(StrEnum):
    """Which of them to list."""

    WAITING = "waiting"
    REPLAYED = "replayed"
    DISCARDED = "discarded"
    ANY = "any"


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    letters = typer.Typer(help="What handlers could not deal with.", no_args_is_help=True)
    letters.command("list")(listed)
    for command in (show, replay, discard):
        letters.command()(command)
    app.add_typer(letters, name="dead-letters")


def listed(
    handler: OfHandler = None,
    group: OfGroup = None,
    state: Annotated[Shown, typer.Option(help="What became of them.")] = Shown.WAITING,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="No more than so many.")] = 100,
    as_json: AsJson = False,
) -> None:
    """List dead letters, the oldest first."""
    place = found(read_settings())
    which = Which(None, handler, group, None if state is Shown.ANY else State(state))
    rows = asyncio.run(_letters(place).find(which, limit=limit))
    console.show([_whole(row) if as_json else _short(row) for row in rows], as_json=as_json)


def show(id: Annotated[int, typer.Argument(help="Its id.")], as_json: AsJson = False) -> None:
    """Print one dead letter with its fact, and what would be asked for it now."""
    told = asyncio.run(_told(found(read_settings()), id))
    if as_json:
        console.give(told)
        return
    for name, value in told.items():
        console.line({"name": name, "value": value}, as_json=False)


def replay(
    ids: Ids = None,
    handler: OfHandler = None,
    group: OfGroup = None,
    everyone: Everyone = False,
    patience_seconds: Annotated[float, typer.Option(min=0, help="How long to ask again without an answer.")] = 15.0,
    as_json: AsJson = False,
) -> None:
    """Ask again for what follows from the facts; the code is 1 where anything failed again."""
    which = _which(ids, handler, group, everyone=everyone)
    tried = asyncio.run(_replay(found(read_settings()), which, patience_seconds))
    console.show(tried, as_json=as_json)
    if any(one["code"] for one in tried):
        raise typer.Exit(1)


def discard(
    ids: Ids = None,
    handler: OfHandler = None,
    group: OfGroup = None,
    everyone: Everyone = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask whether it is meant.")] = False,
    as_json: AsJson = False,
) -> None:
    """Give up for good what would follow from the facts; who did that stays on record."""
    which = _which(ids, handler, group, everyone=everyone)
    place = found(read_settings())
    letters = asyncio.run(_all(_letters(place), which))
    if letters and not yes:
        console.note(f"{len(letters)} dead letters will be discarded for good; type {len(letters)} to go on")
        if sys.stdin.readline().strip() != str(len(letters)):
            console.fail("nothing was discarded")
    given_up = asyncio.run(_discard(place, letters))
    console.show(given_up, as_json=as_json)


def _which(ids: list[int] | None, handler: str | None, group: str | None, *, everyone: bool) -> Which:
    if not (ids or handler or group or everyone):
        console.fail("say which: by id, --handler, --group or --all", console.WRONG_USE)
    return Which(ids or None, handler, group)


def _letters(place: Place) -> DeadLetters:
    return DeadLetters(place.postgres_url, place.settings.schema_name)


async def _pages(letters: DeadLetters, which: Which) -> AsyncIterator[DeadLetter]:
    after = 0
    while rows := await letters.find(which, after=after):
        for row in rows:
            yield row
        after = rows[-1].id


async def _all(letters: DeadLetters, which: Which) -> list[DeadLetter]:
    return [letter async for letter in _pages(letters, which)]


async def _told(place: Place, id: int) -> dict[str, Any]:
    letters = _letters(place)
    found = await letters.find(Which([id], state=None))
    if not found:
        console.fail(f"there is no dead letter {id}")
    fact = await fact_of(found[0], letters)
    told = {**_whole(found[0]), "fact": None if fact is None else fact._asdict()}
    return {**told, "calls": [] if fact is None else _calls(found[0], fact)}


def _calls(letter: DeadLetter, fact: Heard) -> list[dict[str, Any]]:
    calls = calls_of(REACTIONS[letter.handler], fact)
    if isinstance(calls, Cause):
        return [calls._asdict()]
    return [
        {"id": call.id, "command": call.command.topic, "data": call.command.model_dump(mode="json")} for call in calls
    ]


async def _replay(place: Place, which: Which, patience_seconds: float) -> list[dict[str, Any]]:
    letters, tried = _letters(place), []
    clients: dict[str, Client] = {}
    async with AsyncExitStack() as stack:
        for letter in await _all(letters, which):
            if letter.handler not in clients:
                client = handler_client(place, letter.handler, patience_seconds=patience_seconds)
                clients[letter.handler] = await stack.enter_async_context(client)
            cause = await Replay(letters, clients[letter.handler], place.settings.caller).run(letter)
            tried.append({**_short(letter), "code": cause.code if cause else ""})
    return tried


async def _discard(place: Place, letters: list[DeadLetter]) -> list[dict[str, Any]]:
    store, by = _letters(place), place.settings.caller
    return [_short(letter) for letter in letters if await store.settle(letter.id, State.DISCARDED, by)]


def _short(letter: DeadLetter) -> dict[str, Any]:
    names = ("id", "handler", "topic", "stream", "position", "code", "failure_group", "deliveries", "state")
    return {name: getattr(letter, name) for name in names}


def _whole(letter: DeadLetter) -> dict[str, Any]:
    return letter._asdict()
