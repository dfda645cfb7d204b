"""An analyst without rights to a directory cannot tell by SQL what is in it: not by rows, plans, errors or catalogs."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import psycopg
import pytest
from attack import FEW, Face, id_of, world
from door import PATIENCE_SECONDS, new_place
from psycopg import Connection

from adapters.composition import Place
from adapters.embedded import Running
from adapters.envelope import thing_id
from adapters.postgres import catalogs
from adapters.postgres.analysts import grant, revoke
from adapters.postgres.views.registry import conditions
from projections import sight
from projections.analysis import ANALYSIS

Line = Connection[Any]
Answers = list[tuple[str, str, str]]

WHO = ("eve", "mallory")
"""One may administer the open directory, one may use none; both hold every right that is no exception."""

IN_EITHER_WORLD = ("twin 0", "other 1")
ALL_OF = "SELECT * FROM {}"
EXPLAINED = "EXPLAIN (ANALYZE, VERBOSE, TIMING OFF, SUMMARY OFF, BUFFERS OFF)"
"""How long it takes and how many pages it reads depends on all there is, as decision 0037 says; nothing else may."""

OUR_TABLES = ("access_", "ticket_standings", "contact_names")
"""Parts of what a plan would name that is not the caller's."""

CLOSED = (
    "SELECT reltuples FROM pg_class",
    "SELECT c FROM pg_class c",
    "SELECT * FROM pg_stat_all_tables",
    "SELECT * FROM pg_stat_xact_all_tables",
    "SELECT * FROM pg_statio_user_tables",
    "SELECT * FROM pg_stat_activity",
    "SELECT * FROM pg_locks",
    "SELECT * FROM pg_statistic",
    "SELECT pg_stat_get_live_tuples('{schema}_analysis.tickets'::regclass)",
    "SELECT pg_relation_size(oid) FROM pg_class",
    "SELECT pg_total_relation_size(oid) FROM pg_class",
    "SELECT pg_database_size(current_database())",
    "SELECT pg_current_wal_lsn()",
    "SELECT txid_current()",
    "SELECT pg_current_snapshot()",
    "SELECT age('100'::xid)",
    "SELECT mxid_age('1'::xid)",
    "SELECT pg_advisory_lock(hashtextextended('{schema}.append', 0))",
    "SELECT pg_try_advisory_xact_lock_shared(1)",
    "SELECT pg_notify('somebody', '')",
    "SELECT lo_create(0)",
    "SELECT * FROM {schema}.tickets",
    "SELECT * FROM {schema}.analysts",
    "SELECT {schema}.log_time()",
    "EXPLAIN SELECT * FROM {schema}.tickets",
    "CREATE TABLE {schema}_analysis.mine ()",
    "CREATE TABLE public.mine ()",
    "CREATE TEMP TABLE mine ()",
    "CREATE SCHEMA mine",
    "CREATE FUNCTION {schema}_analysis.mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "COPY (SELECT 1) TO PROGRAM 'true'",
    "SET ROLE kartoteka",
    "SET SESSION AUTHORIZATION kartoteka",
    "SET log_statement_stats = on",
    "SET temp_file_limit = -1",
)
"""What would tell of rows that are not shown, or change something, each for another reason."""


def statements() -> Iterator[str]:
    """The same in both worlds: everything there is to see, and every trick to see more."""
    yield from map(ALL_OF.format, ANALYSIS)
    for name in ("contacts", "memberships", "tickets", "promises", "orders", "ticket_links"):
        yield f"EXPLAIN SELECT * FROM {name}"
        yield f"{EXPLAINED} SELECT * FROM {name}"
    for name, column in (("contacts", "contact"), ("tickets", "ticket")):
        yield f"SELECT {column}::int FROM {name}"
        yield f"SELECT set_config('a.seen', concat(current_setting('a.seen', true), {column}), false) FROM {name}"
    for label in IN_EITHER_WORLD:
        contact, ticket = (thing_id("desk", id_of(each)) for each in (label, f"{label} ticket"))
        for name, column, thing in (
            ("contacts", "contact", contact),
            ("memberships", "contact", contact),
            ("tickets", "ticket", ticket),
            ("tickets", "customer", contact),
            ("ticket_links", "thing", contact),
            ("promises", "ticket", ticket),
        ):
            yield f"SELECT count(*) FROM {name} WHERE 1 / (CASE {column} WHEN '{thing}' THEN 0 ELSE 1 END) = 1"
            yield f"{EXPLAINED} SELECT * FROM {name} WHERE {column} = '{thing}'"
    yield "SELECT g.name, count(*) FROM groups g JOIN memberships m USING (group_id) GROUP BY 1 ORDER BY 1"
    yield "SELECT count(*) FROM pg_stats WHERE schemaname LIKE 'test_%'"
    yield "SELECT model, state FROM positions"


def told(line: Line, statement: str, schema: str) -> str:
    try:
        found = repr(line.execute(statement.encode()).fetchall())
    except psycopg.Error as error:
        found = f"{type(error).__name__}: {error}"
    return found.replace(schema, "(schema)")


@contextmanager
def connected(place: Place, worker: str) -> Iterator[Line]:
    role = grant(place.postgres_url, place.settings.schema_name, worker)[0].role
    with psycopg.connect(place.postgres_url, user=role, autocommit=True) as line:
        yield line
    revoke(place.postgres_url, place.settings.schema_name, role)


def answers(place: Place, face: Face, asked: Iterable[str]) -> Answers:
    """Who asked what, and what came back."""
    found, asked = [], [*asked]
    for name in WHO:
        with connected(place, face.builder.ids[name]) as line:
            found += [(name, each, told(line, each, place.settings.schema_name)) for each in asked]
    return found


def until_shown(place: Place) -> None:
    """Every read model has come to the end of the log."""
    until = time.monotonic() + PATIENCE_SECONDS
    while any(each.lag_facts for each in conditions(place.postgres_url, place.settings.schema_name)):
        assert time.monotonic() < until
        time.sleep(0.02)


class Seen(NamedTuple):
    """What a world tells; what it would tell if everybody could see all contacts; what is refused; what is logged."""

    answers: Answers
    betrayed: Answers
    refused: dict[str, str]
    logged: str


def seen(place: Place, hidden_prefix: str, patch: pytest.MonkeyPatch) -> Seen:
    with world(place, hidden_prefix, FEW) as face:
        until_shown(place)
        catalogs.close(place.postgres_url, place.settings.schema_name)
        honest = answers(place, face, statements())
        with connected(place, face.builder.ids["mallory"]) as line:
            schema = place.settings.schema_name
            line.execute("SET default_transaction_read_only = off")
            refused = {each: told(line, each.format(schema=schema), schema) for each in CLOSED}
            logged = everything_logged(line)
        with patch.context() as planted:
            planted.setitem(sight.PARTS, "my_contacts(contact)", "SELECT contact FROM access_contacts")  # type: ignore[arg-type]
            betrayed = answers(place, face, map(ALL_OF.format, ANALYSIS))
        return Seen(honest, betrayed, refused, logged)


def everything_logged(line: Line) -> str:
    """All that the server can be made to say of how it answers."""
    heard: list[str] = []
    line.add_notice_handler(lambda notice: heard.append(f"{notice.message_primary} {notice.message_detail}"))
    for each in ("debug_print_parse", "debug_print_rewritten", "debug_print_plan", "trace_sort"):
        line.execute(f"SET {each} = on".encode())
    line.execute("SET client_min_messages = debug5")
    for name in ANALYSIS:
        line.execute(f"SELECT * FROM {name}".encode())
    return "\n".join(heard)


@pytest.fixture(scope="module")
def worlds(servers: Running, state: Path) -> tuple[Seen, Seen]:
    patch = pytest.MonkeyPatch()
    return seen(new_place(servers, state), "twin", patch), seen(new_place(servers, state), "other", patch)


def test_both_worlds_tell_an_analyst_the_same(worlds: tuple[Seen, Seen]) -> None:
    here, there = worlds
    assert [pair for pair in zip(here.answers, there.answers, strict=True) if pair[0] != pair[1]] == []
    shown = {(name, each): answer for name, each, answer in here.answers}
    assert len(shown["eve", "SELECT * FROM contacts"]) > 400
    assert shown["mallory", "SELECT * FROM contacts"] == "[]"
    assert "InvalidTextRepresentation" in shown["eve", "SELECT contact::int FROM contacts"]


def test_a_planted_bug_is_found(worlds: tuple[Seen, Seen]) -> None:
    here, there = worlds
    assert here.betrayed != there.betrayed


def test_catalogs_and_locks_are_closed(worlds: tuple[Seen, Seen]) -> None:
    refused = worlds[0].refused
    assert [each for each in CLOSED if not refused[each].startswith("InsufficientPrivilege")] == []


def test_plans_behind_the_views_are_told_to_nobody(worlds: tuple[Seen, Seen]) -> None:
    logged = worlds[0].logged
    assert "rows_of_tickets" in logged or "plan" in logged
    assert [each for each in OUR_TABLES if each in logged] == []
