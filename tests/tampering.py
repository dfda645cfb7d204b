"""A log of a dozen facts, what somebody may do to it behind the service's back, and what an audit says to that."""

# ruff: noqa: S608 - to tamper with statements of its own is what this file is for

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime, timezone

from eventsourcing.persistence import StoredEvent

from adapters.anchor import Anchor, Anchors
from adapters.composition import Place, outside
from adapters.postgres.chain import NOTHING_ANCHORED, Verdict, verify
from adapters.postgres.reading import snapshot
from adapters.postgres.recorder import Datastore, Recorder
from adapters.postgres.schema import connect
from adapters.signature import Signer

FACTS = 12
AT = datetime(2026, 1, 30, 12, tzinfo=timezone.utc)

SET_BACK = """
UPDATE head SET (position, recorded_at, link) =
    (SELECT notification_id, recorded_at, link FROM facts ORDER BY notification_id DESC LIMIT 1)
"""
LINKED_ANEW = """
DO $$
DECLARE
    tail bytea := sha256('');
    digest bytea;
    f facts%ROWTYPE;
BEGIN
    FOR f IN SELECT * FROM facts ORDER BY notification_id LOOP
        digest := fact_digest(
            f.notification_id, f.originator_id, f.originator_version, f.topic, f.state,
            f.recorded_at, f.happened_at, f.actor, f.caller, f.command_id, f.correlation, f.causation
        );
        tail := sha256(tail || digest);
        UPDATE facts SET link = tail, event_id = encode(substr(digest, 1, 16), 'hex')::uuid
        WHERE notification_id = f.notification_id;
    END LOOP;
END $$
"""


def store(place: Place, *sizes: int, before: int = 0) -> None:
    """Append batches of facts as the service does: on the server, linked there."""
    datastore = Datastore(place.postgres_url, place.settings.schema_name)
    recorder = Recorder(datastore)
    recorder.create_table()
    stored = before
    for size in sizes:
        facts = [StoredEvent("ticket-ä", stored + n, "ticket.noted", b'{"n": %d}' % n) for n in range(1, size + 1)]
        recorder.insert_events(facts)
        stored += size
    datastore.close()


def store_more(place: Place, size: int) -> None:
    """The same behind what is there."""
    with connect(place.postgres_url, place.settings.schema_name) as connection:
        (count,) = connection.execute("SELECT count(*) FROM facts").fetchone() or (0,)
    store(place, size, before=count)


def tamper(place: Place, *statements: str) -> None:
    with connect(place.postgres_url, place.settings.schema_name) as connection:
        for statement in statements:
            assert connection.execute(statement.encode()).rowcount == 1, statement


def swapped(one: int, other: int) -> tuple[str, ...]:
    """Two facts in each other's place."""
    return (
        f"UPDATE facts SET notification_id = -1 WHERE notification_id = {one}",
        f"UPDATE facts SET notification_id = {one} WHERE notification_id = {other}",
        f"UPDATE facts SET notification_id = {other} WHERE notification_id = -1",
    )


def cut(place: Place, position: int) -> None:
    """Take the tail of the log, and write its head anew so that it looks right."""
    with connect(place.postgres_url, place.settings.schema_name) as connection:
        connection.execute("DELETE FROM facts WHERE notification_id > %s", (position,))
        connection.execute(SET_BACK)


def link_anew(place: Place) -> None:
    """Write every link and the head anew, so that all of it looks right."""
    with connect(place.postgres_url, place.settings.schema_name) as connection:
        connection.execute(LINKED_ANEW)
        connection.execute(SET_BACK)


def verdict(
    place: Place, known: tuple[int, bytes] | None = None, anchors: Mapping[int, Anchor] = NOTHING_ANCHORED
) -> Verdict:
    async def walked() -> Verdict:
        async with snapshot(place.postgres_url, place.settings.schema_name) as log:
            return await verify(log, lambda position: None, known, anchors)

    return asyncio.run(walked())


def anchor(place: Place, at: datetime = AT) -> Anchor:
    """Anchor the log as it stands."""
    with connect(place.postgres_url, place.settings.schema_name) as connection:
        row = connection.execute("SELECT epoch::text, position, link FROM head").fetchone()
    assert row is not None
    _, journal = outside(place)
    anchor = Anchor(*row, at, erasures=journal.read().end)
    anchors_of(place).append(anchor, Signer.opened(place.keys))
    return anchor


def anchors_of(place: Place) -> Anchors:
    return Anchors.opened(place.anchors, place.settings.schema_name, place.keys)
