"""A page of a search looks at what its page takes, however many are known, and at nothing that is hidden (D16)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from logbook import LOCK
from psycopg import Connection

from adapters.composition import Place, now
from adapters.postgres.schema import connect, migrate
from adapters.postgres.views import access
from adapters.postgres.views.engine import Engine
from projections.clients.client_file import CLIENT_FILE
from projections.clients.contact_search import CONTACT_SEARCH
from projections.clients.search import ContactSearch
from projections.names import CALLED
from projections.question import LOOKED_AT

OPEN, ALL = 30, 60
"""Directories of the asker, and those there are."""

SOMEBODY = """
INSERT INTO access_workers (worker, active) VALUES ('anna', true);
INSERT INTO access_rights (worker, right_name) VALUES ('anna', 'basic');
INSERT INTO access_directories (directory, holder, lasting, level)
SELECT 'd' || d, 'worker:anna', 'standing', 1 FROM generate_series(1, %(open)s) d
"""
PEOPLE = """
CREATE TABLE people AS
SELECT 'd' || d AS directory, 'c' || md5(d || ' ' || n) AS contact, n
FROM generate_series(%(first)s, %(last)s) d, generate_series(%(since)s, %(until)s) n;
INSERT INTO access_contacts (contact, directory) SELECT contact, directory FROM people;
INSERT INTO contacts (contact, kind, opened_at) SELECT contact, 'person', now() FROM people;
INSERT INTO contact_tokens (contact, field, token, directory, found)
SELECT p.contact, '(name)', t.token, p.directory, p.contact FROM people p, LATERAL (VALUES
    ('all'), ('tenth' || n %% 10), ('hundredth' || n %% 100), (CASE WHEN n = 1 THEN 'first' ELSE 'later' END)
) t(token);
DROP TABLE people
"""
TEXTS = ["all", "hundredth1", "first", "nobody", "tenth1 hundredth1", "all first", "all nobody"]
NEVER_TOGETHER = "tenth1 tenth2"


class World:
    """Everybody has the word "all", one of ten a word with nine others, and the first of each directory one alone."""

    def __init__(self, place: Place) -> None:
        url, schema = place.postgres_url, place.settings.schema_name
        migrate(url, schema)
        access.ensure(url, schema)
        engine = Engine(url, schema, [CONTACT_SEARCH, CLIENT_FILE, CALLED], LOCK)
        for _ in range(8):
            engine.tick()
        engine.close()
        self.line: Connection[Any] = connect(url, schema)
        self._run(SOMEBODY, open=OPEN)

    def people(self, directories: range, numbers: range) -> None:
        """In each of these directories those with these numbers."""
        ends = {"first": directories[0], "last": directories[-1], "since": numbers[0], "until": numbers[-1]}
        self._run(PEOPLE, **ends)
        for model in (CONTACT_SEARCH, CLIENT_FILE):
            for table in model.tables:
                self.line.execute(f"VACUUM ANALYZE {table.name}_v1".encode())
        self.line.execute("VACUUM ANALYZE access_contacts_v1")

    def _run(self, statements: str, **given: int) -> None:
        for statement in statements.split(";"):
            self.line.execute((statement % {name: str(value) for name, value in given.items()}).encode())

    def looked_at(self, text: str) -> int:
        """How many pages of tables and indexes an answer of ten rows takes."""
        question = ContactSearch(text=text)
        asked = {
            "directory": None,
            "kind": None,
            "actor": "anna",
            "everything": False,
            "now": now(),
            "received": now(),
            "limit": 11,
        }
        given = {**asked, **question.parameters(str)}
        explained = f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {question.statement()}".encode()
        ((told,),) = self.line.execute(explained, given).fetchall()
        return int(told[0]["Plan"]["Shared Hit Blocks"] + told[0]["Plan"]["Shared Read Blocks"])


@pytest.fixture
def world(place: Place) -> Iterator[World]:
    found = World(place)
    yield found
    found.line.close()


def test_a_hundred_times_as_many_cost_at_most_twice_as_much_and_hidden_ones_nothing(world: World) -> None:
    world.people(range(1, OPEN + 1), range(1, 11))
    few = {text: world.looked_at(text) for text in TEXTS}
    world.people(range(1, OPEN + 1), range(11, 1001))
    many = {text: world.looked_at(text) for text in (*TEXTS, NEVER_TOGETHER)}
    world.people(range(OPEN + 1, ALL + 1), range(1, 1001))
    hidden = {text: world.looked_at(text) for text in (*TEXTS, NEVER_TOGETHER)}
    print(*((text, few.get(text), many[text], hidden[text]) for text in many), sep="\n")
    assert [text for text in TEXTS if many[text] > 2 * few[text]] == []
    assert many[NEVER_TOGETHER] < BLOCKS_A_LOOK * LOOKED_AT
    assert [text for text in many if hidden[text] > 1.1 * many[text]] == []


BLOCKS_A_LOOK = 10
"""What one contact takes that has one of two words and not the other; after so many the page ends as it is."""
