"""Servers that are not ours are reached by URL; nothing is started then, and nothing of theirs is touched."""

from __future__ import annotations

import asyncio
from pathlib import Path

from pydantic import SecretStr

from adapters.composition import client, found, founded, serving, wants_embedded
from adapters.credentials.seed import seed_path
from adapters.embedded import Running
from adapters.settings import Settings
from commands.staff.area import OpenArea
from domain.staff.worker import SYSTEM


def test_a_service_runs_on_servers_given_by_url(servers: Running, state: Path, schema: str, tmp_path: Path) -> None:
    settings = Settings(
        state=tmp_path,
        postgres_url=SecretStr(servers.postgres_url),
        nats_url=servers.nats_url,
        KARTOTEKA_SCHEMA=schema,
        callers=state / "callers.json",
        service_seed=seed_path(state, "service"),
        streams_seed=seed_path(state, "streams"),
        caller="desk",
        seed=seed_path(state, "desk"),
    )
    assert wants_embedded(settings) == (False, False)

    async def ask() -> str:
        async with serving(found(settings)), client(found(settings)) as desk:
            return (await desk.send(OpenArea(name="Helpdesk"), actor=SYSTEM)).id

    with founded(settings) as place:
        assert place.embedded is None
        assert asyncio.run(ask())
    assert sorted(path.name for path in tmp_path.iterdir()) == ["keys"]
