"""What commands and questions have in common on the command line: data in, checked here first, sent, and answered."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import orjson
from pydantic import BaseModel, ValidationError

from adapters.cli import console
from adapters.composition import client, found
from adapters.nats.client import Client, Declined, NoAnswer
from adapters.settings import read_settings

T = TypeVar("T")


def listed(kinds: Mapping[str, type[BaseModel]], what: str, *, as_json: bool) -> None:
    """All there are, each with its sentence."""
    rows = [{what: name, "about": (kind.__doc__ or "").partition("\n")[0]} for name, kind in sorted(kinds.items())]
    console.show(rows, as_json=as_json)


def data(given: str) -> Any:
    """The JSON in an option: as it stands, in a file after @, or on standard input for -."""
    text = given
    if given == "-":
        text = sys.stdin.read()
    elif given.startswith("@"):
        text = Path(given[1:]).read_text(encoding="utf-8")
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        console.fail(f"the data is not JSON: {error}", console.DATA_WRONG)


def check(kind: type[BaseModel], name: str, payload: bytes, *, as_json: bool) -> None:
    """What the service would say of the shape, said before anything is sent."""
    try:
        kind.model_validate_json(payload, strict=True)
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False, include_input=False)
        wrong = [{"field": ".".join(map(str, one["loc"])), "wrong": one["msg"]} for one in found]
        if as_json:
            console.give({"status": 400, "code": "Malformed", "errors": wrong})
        for one in wrong:
            console.note(f"  {one['field'].removeprefix('data.')}: {one['wrong']}")
        console.fail(f"{name} cannot be asked like this", console.DATA_WRONG)


def answered(ask: Callable[[Client], Awaitable[T]], *, unanswered: str, patience_seconds: float, as_json: bool) -> T:
    """What came back; a refusal and silence end the program with their codes."""
    try:
        return asyncio.run(_ask(ask, patience_seconds))
    except Declined as error:
        if as_json:
            told = {"status": error.status, "code": error.code, "title": error.title, "errors": error.errors}
            more = {"about": error.about, "obstacles": error.obstacles}
            console.give({**told, **{name: value for name, value in more.items() if value}})
        for one in error.errors:
            console.note(f"  {one['field']}: {one['wrong']}")
        for one in error.obstacles:
            console.note(f"  {one['kind']} {one['about']}".rstrip())
        console.fail(str(error))
    except NoAnswer:
        console.fail(f"nobody answered{unanswered}", console.UNAVAILABLE)


async def _ask(ask: Callable[[Client], Awaitable[T]], patience_seconds: float) -> T:
    async with client(found(read_settings()), patience_seconds=patience_seconds) as operator:
        return await ask(operator)
