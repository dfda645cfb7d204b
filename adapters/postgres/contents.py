"""What is in the store, in numbers."""

from __future__ import annotations

from typing import NamedTuple

from adapters.postgres.schema import connect

TOTALS = """
SELECT count(*), count(DISTINCT originator_id), (SELECT count(*) FROM command_log),
       coalesce(sum(regexp_count(convert_from(state, 'UTF8'), '"sealed":1')), 0)::bigint,
       (SELECT count(DISTINCT subject) FROM subject_keys),
       pg_total_relation_size('facts') + pg_total_relation_size('command_log') + pg_total_relation_size('subject_keys')
FROM facts
"""
BY_TOPIC = "SELECT topic, count(*), sum(octet_length(state)) FROM facts GROUP BY topic ORDER BY 2 DESC, 1"


class Topic(NamedTuple):
    topic: str
    facts: int
    body_bytes: int


class Contents(NamedTuple):
    """`size_bytes` is on disk with all indexes; `sealed_fields` are envelopes nobody opens without a key."""

    facts: int
    streams: int
    commands: int
    sealed_fields: int
    subjects: int
    size_bytes: int
    topics: list[Topic]


def contents(url: str, schema: str) -> Contents:
    """Counts everything; this reads the whole log."""
    with connect(url, schema) as connection:
        totals = connection.execute(TOTALS).fetchone()
        topics = connection.execute(BY_TOPIC).fetchall()
    assert totals is not None
    return Contents._make((*totals, [Topic(topic, count, int(size)) for topic, count, size in topics]))
