"""What a page of a person's data costs follows what there is about the person, and not how long the log is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from door import new_place
from dossier import Dossier, dossier
from psycopg import Connection

from adapters.composition import now
from adapters.embedded import Running
from adapters.postgres.schema import connect
from domain.staff.worker import SYSTEM
from domain.values import Person
from projections.privacy.personal_data import LooksAtPerson, OfPerson, PersonalData, PersonalFiles, SignInsOfPerson

OTHERS = 20_000
MORE = """
INSERT INTO {table} SELECT (r).* FROM (
    SELECT jsonb_populate_record(NULL::{table}, to_jsonb(t) || jsonb_build_object({changed})) AS r
    FROM (SELECT * FROM {table} LIMIT 1) t CROSS JOIN generate_series(1, {others}) n) more"""
GROWN = {
    "timeline": "'stream', 'ticket-other-' || n, 'position', 1000000 + n, 'subject', 'other-' || n",
    "subject_links": "'subject', 'other-' || n, 'person', 'contact:other-' || n",
    "subject_streams": "'subject', 'other-' || n, 'stream', 'ticket-other-' || n",
    "contact_tickets": "'contact', 'other-' || n, 'ticket', 'other-' || n",
    "contact_files": "'contact', 'other-' || n, 'file', 'other-' || n, 'subject', 'other-' || n",
    "contact_relations": "'contact', 'other-' || n, 'other', 'else-' || n",
    "orders": "'order_id', 'other-' || n, 'customer', 'other-' || n",
    "ticket_links": "'ticket', 'other-' || n, 'thing', 'else-' || n",
    "look_contacts": "'contact', 'other-' || n",
}

SIGNED_IN = """
INSERT INTO sign_in_log (at, worker, method, outcome)
SELECT clock_timestamp(), 'other-' || n, 'password', 'signed-in' FROM generate_series(1, %s) n"""


pytestmark = pytest.mark.soak
"""A log that is long enough takes its time."""


@pytest.fixture(scope="module")
def here(servers: Running, state: Path) -> Iterator[Dossier]:
    with dossier(new_place(servers, state)) as here:
        here.ask("client-file", "keen", contact=here.company["eva"])
        yield here


@pytest.fixture(scope="module")
def grown(here: Dossier) -> Iterator[Connection[Any]]:
    with connect(here.place.postgres_url, here.place.settings.schema_name) as line:
        for table, changed in GROWN.items():
            more = line.execute(MORE.format(table=table, changed=changed, others=OTHERS).encode())
            assert more.rowcount == OTHERS, table
        line.execute(SIGNED_IN, (OTHERS,))
        line.execute("ANALYZE")
        yield line


@pytest.mark.parametrize("kind", [PersonalData, PersonalFiles, LooksAtPerson, SignInsOfPerson])
@pytest.mark.parametrize("person", ["contact:eva", "ticket:fog", "worker:keen"])
def test_a_page_takes_no_more_rows_than_there_are_about_the_person(
    here: Dossier, grown: Connection[Any], kind: type[OfPerson], person: str
) -> None:
    noun, _, name = person.partition(":")
    question = kind(person=Person(here.person(name, noun)))
    given = {"person": question.person, **question.parameters(str), "actor": SYSTEM, "everything": False}
    given |= {"now": now(), "received": now(), "limit": 51, "exported": False}
    for statement in (question.statement(), question.known_statement()):
        explained = f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}".encode()
        ((told,),) = grown.execute(explained, given).fetchall()
        looked_at = [
            (step["Relation Name"], step["Node Type"], read(step))
            for step in steps(told[0]["Plan"])
            if str(step.get("Relation Name", "")).startswith((*GROWN, "sign_in_log"))
        ]
        assert sum(rows for *_, rows in looked_at) < OTHERS / 4, looked_at


def read(step: dict[str, Any]) -> int:
    """Those that did not pass among them."""
    each: float = step["Actual Rows"] + step.get("Rows Removed by Filter", 0)
    times: float = step["Actual Loops"]
    return round(each * times)


def steps(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for each in plan.get("Plans", ()):
        yield from steps(each)
