"""Old answers go, but only those whose ids say how old they are."""

from __future__ import annotations

import asyncio

import psycopg

from adapters.composition import Place
from adapters.nats.client import new_command_id
from adapters.postgres.retention import CHUNK, forget_old_answers
from adapters.postgres.schema import connect, connect_async, migrate

ANSWER = """
INSERT INTO command_log (caller, command_id, fingerprint, code, thing, version, position, recorded_at)
VALUES ('desk', %s, '', '', 'x', 1, 1, clock_timestamp() - %s * interval '1 day')
"""


def _answers(connection: psycopg.Connection[tuple[object, ...]], age_days: int, ids: list[str]) -> None:
    with connection.cursor() as cursor:
        cursor.executemany(ANSWER, [(id, age_days) for id in ids])


def test_old_answers_to_dated_ids_are_forgotten_and_all_others_kept(place: Place, schema: str) -> None:
    migrate(place.postgres_url, schema)
    old, fresh = [new_command_id() for _ in range(CHUNK + 10)], [new_command_id()]
    named = ["6f1b7f52-6a0f-5d0e-9a53-3d7c8c6f4e21"]

    async def forget() -> int:
        async with await connect_async(place.postgres_url, schema) as connection:
            return await forget_old_answers(connection)

    with connect(place.postgres_url, schema) as connection:
        _answers(connection, 40, old)
        _answers(connection, 29, fresh)
        _answers(connection, 400, named)
        assert asyncio.run(forget()) == len(old)
        kept = {str(id) for (id,) in connection.execute("SELECT command_id FROM command_log")}
    assert kept == {*fresh, *named}
