"""The `eventsourcing` library under our names: its recorder over our append, its mapper over our envelopes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timezone
from typing import Any

from eventsourcing.persistence import Mapper, StoredEvent
from eventsourcing.postgres import PostgresApplicationRecorder, PostgresDatastore
from psycopg import Connection
from psycopg.conninfo import conninfo_to_dict
from psycopg.rows import DictRow

from adapters.postgres.schema import migrate
from adapters.sealing import DataKey, KeyName, Opener, leave_sealed, restore, seal
from domain.fact import Fact

LIBRARY = "eventsourcing"
"""The caller under which facts stand that came by the library's own interface: no command, no guard."""

INSERT = """
SELECT first_position FROM append(
    ARRAY['eventsourcing'], ARRAY[NULL]::uuid[], ARRAY['']::bytea[], ARRAY[''], ARRAY[false], ARRAY[''],
    ARRAY[0]::int8[], ARRAY[0],
    '{}', '{}', NULL,
    %(requests)s::int4[], %(streams)s, %(versions)s::int8[], %(topics)s, %(states)s::bytea[],
    %(happened)s::timestamptz[], %(callers)s, %(callers)s, %(commands)s::uuid[], %(traces)s, %(traces)s,
    '{}', '{}', '0'::interval, NULL, NULL)
"""


class Datastore(PostgresDatastore):
    """The library's connections, standing in our schema."""

    def __init__(self, url: str, schema: str, *, pool_size: int = 1, max_overflow: int = 20) -> None:
        parts = conninfo_to_dict(url)
        super().__init__(
            dbname=str(parts.get("dbname", "")),
            host=str(parts.get("host", "")),
            port=str(parts.get("port", "")),
            user=str(parts.get("user", "")),
            password=str(parts.get("password", "")),
            pool_size=pool_size,
            max_overflow=max_overflow,
            schema=schema,
            originator_id_type="text",
        )
        self.url = url

    def after_connect_func(self) -> Callable[[Connection[Any]], None]:
        library, schema = super().after_connect_func(), self.schema

        def after_connect(connection: Connection[Any]) -> None:
            library(connection)
            connection.execute("SELECT set_config('search_path', %s, false)", (schema,))

        return after_connect


class Recorder(PostgresApplicationRecorder):
    """The library's recorder on the table `facts`: the order, the chain and the lock are those of our append."""

    datastore: Datastore

    def __init__(self, datastore: Datastore) -> None:
        super().__init__(datastore, events_table_name="facts")

    def create_table(self) -> None:
        migrate(self.datastore.url, self.datastore.schema)

    def insert_events(self, stored_events: Sequence[StoredEvent], **_: Any) -> Sequence[int] | None:
        """Append without guards. Raises IntegrityError, storing nothing, where a version is taken."""
        if not stored_events:
            return None
        count = len(stored_events)
        parameters = {
            "requests": [1] * count,
            "streams": [str(event.originator_id) for event in stored_events],
            "versions": [event.originator_version for event in stored_events],
            "topics": [event.topic for event in stored_events],
            "states": [event.state for event in stored_events],
            "happened": [datetime.now(timezone.utc)] * count,
            "callers": [LIBRARY] * count,
            "commands": [None] * count,
            "traces": [""] * count,
        }
        with self.datastore.get_connection() as connection, connection.cursor() as cursor:
            row: DictRow | None = cursor.execute(INSERT, parameters, prepare=True).fetchone()
        assert row is not None
        first = int(row["first_position"])
        return list(range(first, first + len(stored_events)))


class FactMapper(Mapper[str]):
    """Facts to and from what is stored: wire names, pydantic JSON, sealed fields."""

    def __init__(self) -> None:  # the library's transcoder has no part in this
        pass

    def state(self, fact: Fact[Any], keys: Mapping[KeyName, DataKey]) -> bytes:
        """The fact's body as it is stored; `keys` holds one for each of `keys_needed`."""
        return seal(fact.event, fact.stream, fact.version, keys)

    def to_stored_event(self, domain_event: Any, keys: Mapping[KeyName, DataKey] | None = None) -> StoredEvent:
        fact: Fact[Any] = domain_event
        return StoredEvent(fact.stream, fact.version, fact.event.topic, self.state(fact, keys or {}))

    def to_domain_event(self, stored_event: StoredEvent) -> Any:
        """The event inside, personal fields sealed."""
        stored = stored_event
        return restore(stored.topic, str(stored.originator_id), stored.originator_version, stored.state, leave_sealed)

    def fact(
        self,
        stream: str,
        version: int,
        topic: str,
        state: bytes,
        happened_at: datetime,
        recorded_at: datetime,
        actor: str,
        *envelope: Any,
        opener: Opener = leave_sealed,
    ) -> Fact[Any]:
        """A fact of a row: the columns of `Fact` in order, topic and state in the place of the event."""
        event = restore(topic, stream, version, state, opener)
        return Fact(stream, version, event, happened_at, recorded_at, actor, *envelope)
