"""Whether facts reach those who wait for them: how far the relay is, and what its readers have yet to do."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from typing import Annotated, Any

import typer

from adapters.cli import console
from adapters.composition import Place, found
from adapters.credentials.caller import STREAMS
from adapters.nats.channel import FACTS
from adapters.nats.connection import Unreachable
from adapters.nats.inspection import NotAnswered, visiting
from adapters.nats.status import Status
from adapters.nats.status import status as delivery
from adapters.postgres.delivery import onlooker
from adapters.settings import read_settings


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    relay = typer.Typer(help="The publishing of facts.", no_args_is_help=True)
    relay.command()(status)
    app.add_typer(relay, name="relay")


def status(as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False) -> None:
    """Print how far the log is published, whether a relay is at work, and what each handler has yet to do."""
    told = asyncio.run(_status(found(read_settings())))
    if as_json:
        console.give(asdict(told))
        return
    console.show([_row(told)], as_json=False, title="relay")
    console.show([asdict(each) for each in told.handlers], as_json=False, title="handlers")


async def _status(place: Place) -> Status:
    seed = str(place.seed(STREAMS))
    async with onlooker(place.postgres_url, place.settings.schema_name) as log:
        try:
            async with visiting(place.nats_url, STREAMS, seed) as visit:
                return await delivery(log, visit.connection, FACTS)
        except (Unreachable, NotAnswered) as error:
            console.note(f"kartoteka: NATS does not answer, this is what Postgres knows: {error}")
        return await delivery(log, None, FACTS)


def _row(told: Status) -> dict[str, Any]:
    stream = told.stream or {}
    return {
        "running": "yes" if told.running else "no",
        "head": told.head,
        "published": told.published,
        "lag_facts": told.lag_facts,
        "lag_seconds": told.lag_seconds,
        "noted": told.noted,
        "first": stream.get("first"),
        "last": stream.get("last"),
        "epoch": told.epoch,
    }
