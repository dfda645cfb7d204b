"""Every fact of one stream, as it is known now or was known then; personal fields stay sealed unless asked for."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import orjson
import typer

from adapters.cli import console
from adapters.composition import Place, examine, found, keys_of
from adapters.position import NotAToken, PositionTokens
from adapters.postgres.keys import Keyring
from adapters.postgres.reading import LAST_POSITION, Order, Snapshot, Stored, snapshot
from adapters.sealing import KeyName, Opener, leave_sealed, walk
from adapters.settings import read_settings


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command()(history)


def history(
    stream: Annotated[str, typer.Argument(help="<noun>-<id>, such as ticket-… or settings-company.")],
    as_of: Annotated[
        str | None, typer.Option(help="What was known then: an instant (ISO 8601), a position, or an answer's token.")
    ] = None,
    by_happened: Annotated[bool, typer.Option("--by-happened", help="In the order in which it happened.")] = False,
    reveal: Annotated[bool, typer.Option("--reveal", help="Open the personal fields.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="With the whole envelope, as JSON.")] = False,
) -> None:
    """Print the facts of one stream."""
    place = found(read_settings())
    order = Order.HAPPENED if by_happened else Order.VERSION
    rows = asyncio.run(_read(place, stream, order, _known(place, as_of), reveal=reveal))
    if not rows:
        if as_json:
            console.give([])
        console.fail(f"there are no facts of {stream}" + ("" if as_of is None else f" as of {as_of}"))
    console.show([_whole(*row) if as_json else _short(*row) for row in rows], as_json=as_json)


def _known(place: Place, as_of: str | None) -> dict[str, Any]:
    """Up to which position or instant the facts count."""
    if as_of is None:
        return {}
    if as_of.isascii() and as_of.isdigit():
        return {"position": min(int(as_of), LAST_POSITION)}
    try:
        return {"recorded_at": console.instant(as_of)}
    except ValueError as error:
        position = _token(place, as_of)
        if position is None:
            console.fail(f"--as-of takes an instant, a position or a token: {error}", console.WRONG_USE)
        return {"position": position}


def _token(place: Place, text: str) -> int | None:
    try:
        return PositionTokens(keys_of(place).derive("position")).position(text)
    except NotAToken:
        return None


async def _read(
    place: Place, stream: str, order: Order, known: dict[str, Any], *, reveal: bool
) -> list[tuple[Stored, Any]]:
    keyring = Keyring(keys_of(place)) if reveal else None
    read = []
    async with snapshot(place.postgres_url, place.settings.schema_name) as log:
        if keyring is not None and await asyncio.to_thread(examine, place) is not None:
            console.fail("the log is in quarantine, and nothing is revealed: `kartoteka restore status` tells why")
        async for page in log.stream(stream, order, **known):
            opener = await _opener(log, keyring, page) if keyring else leave_sealed
            read += [(row, _body(row, opener)) for row in page]
    return read


async def _opener(log: Snapshot, keyring: Keyring, page: Sequence[Stored]) -> Opener:
    """An opener for every envelope of the page."""
    names: set[KeyName] = set()

    def heard(envelope: dict[str, Any], *_: Any) -> None:
        names.add(KeyName(envelope["subject"], envelope["purpose"]))

    for row in page:
        _body(row, heard)
    return await keyring.opener(log.connection, names)


def _body(row: Stored, opener: Opener) -> Any:
    return walk(orjson.loads(row.state), (row.topic, row.stream, row.version), opener)


def _short(row: Stored, body: Any) -> dict[str, Any]:
    return {
        "version": row.version,
        "position": row.position,
        "recorded_at": _iso(row.recorded_at),
        "happened_at": _iso(row.happened_at),
        "actor": row.actor,
        "topic": row.topic,
        "body": body,
    }


def _whole(row: Stored, body: Any) -> dict[str, Any]:
    envelope = {name: getattr(row, name) for name in ("caller", "command_id", "correlation", "causation")}
    id = str(UUID(bytes=row.event_id))
    return {"stream": row.stream, **_short(row, body), "event_id": id, **envelope, "link": row.link.hex()}


def _iso(instant: datetime) -> str:
    return instant.isoformat(timespec="microseconds").replace("+00:00", "Z")
