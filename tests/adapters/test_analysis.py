"""What an analyst is shown by SQL is what questions show the same worker, and nothing of it is anybody's data."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest
from door import new_place
from inquirers import Asker, company_asked, open_shop
from psycopg import Connection
from psycopg.conninfo import make_conninfo
from psycopg.errors import ObjectNotInPrerequisiteState, ReadOnlySqlTransaction
from psycopg.rows import dict_row

from adapters.composition import now
from adapters.embedded import Running
from adapters.postgres import analysis, catalogs
from adapters.postgres.analysis import ensure, schema_of, select
from adapters.postgres.analysts import NoAnalyst, NoWorker, RolesNotOurs, RoleTaken, analysts, grant, listed, revoke
from adapters.postgres.erasures import TAKE_SIGN_INS
from adapters.postgres.keys import opened_keys
from adapters.postgres.schema import connect
from adapters.postgres.views.rebuild import rebuild
from commands.clients.address import AddAddress
from commands.clients.contact import AttachPriceListToContact, SetContactResponsible
from commands.clients.directory import SetDirectoryRight
from commands.clients.group import AttachPriceListToGroup
from commands.clients.membership import LeaveGroup
from commands.clients.merge import MergeContact
from commands.company.settings import ListHoldGrounds
from commands.privacy.restriction import LiftRestriction, RestrictContact
from commands.service.joining import MergeTicket, SplitTicket
from commands.service.link import LinkTicket
from commands.staff.worker import DeactivateWorker, GrantRight, HireWorker, ReactivateWorker, WithdrawRight
from domain.clients.address import AddressKind
from domain.clients.directory import Level
from domain.service.link import LinkKind
from domain.staff.worker import Right
from domain.values import worker_holder
from projections.analysis import ANALYSIS
from projections.catalogue import QUESTIONS, READ_MODELS
from projections.model import Kind
from projections.question import Listing

WHO = ("anna", "boris", "clara", "dora", "rita", "adam", "olga")
"""In person, through a team, without the directory, as manager, without the basic right, and two administrators."""

Rows = list[dict[str, Any]]
Line = Connection[dict[str, Any]]


def extended(here: Asker) -> None:
    """Something of everything that analysts are shown."""
    open_shop(here)
    company = here.company
    for name in WHO:
        here.send(GrantRight(worker=company[name], right=Right.ANALYST))
    for name in ("anna", "clara"):
        here.send(GrantRight(worker=company[name], right=Right.SALES))
    here.send(GrantRight(worker=company["olga"], right=Right.CRM_ADMINISTRATOR))
    for name in ("mill", "bakery", "shop"):
        here.send(AddAddress(contact=company[name], kind=AddressKind.EMAIL, typed=f"{name}@example.org"))
        here.send(SetContactResponsible(contact=company[name], responsible=worker_holder(company["anna"])))
    here.send(AttachPriceListToContact(contact=company["bakery"], price_list=company["base"]))
    here.send(AttachPriceListToGroup(group=company["vip"], price_list=company["base"]))
    here.send(LeaveGroup(contact=company["farm"], group=company["all"]), minutes_ago=100)
    for kind, thing in ((LinkKind.CONTACT, "bakery"), (LinkKind.CONTACT, "shop"), (LinkKind.TICKET, "drill")):
        here.send(LinkTicket(ticket=company["pump"], kind=kind, thing=company[thing]))
    here.send(LinkTicket(ticket=company["pump"], kind=LinkKind.ORDER, thing=company["cart"]))
    here.send(MergeTicket(ticket=company["belt"], survivor=company["drill"]))
    company["half"] = here.send(SplitTicket(origin=company["pump"], title="The other half"))
    here.send(MergeContact(contact=company["shop"], survivor=company["farm"]))
    here.send(ListHoldGrounds(entries=("claim",)))


@pytest.fixture(scope="module")
def here(servers: Running, state: Path) -> Iterator[Asker]:
    with company_asked(new_place(servers, state)) as asker:
        extended(asker)
        asker.reply("contacts")  # whatever was sent is shown from here on
        yield asker


@pytest.fixture(scope="module")
def roles(here: Asker) -> Iterator[Mapping[str, str]]:
    """A role for each of them."""
    url, schema = where(here)
    made = {name: grant(url, schema, here.company[name])[0].role for name in WHO}
    yield made
    for each in listed(url, schema):
        revoke(url, schema, each.role)


@pytest.fixture(scope="module")
def lines(here: Asker, roles: Mapping[str, str]) -> Iterator[Mapping[str, Line]]:
    """A connection of each of them."""
    found = {name: connected(here, role) for name, role in roles.items()}
    yield found
    for line in found.values():
        line.close()


def where(here: Asker) -> tuple[str, str]:
    return here.place.postgres_url, here.place.settings.schema_name


def connected(here: Asker, role: str) -> Line:
    """As an analyst's own program connects."""
    return psycopg.connect(here.place.postgres_url, user=role, autocommit=True, row_factory=dict_row)


def rows(line: Line, view: str) -> Rows:
    return line.execute(f"SELECT * FROM {view}".encode()).fetchall()


def asked(here: Asker, who: str, name: str, **data: Any) -> Rows:
    """The rows of a question; none where it may not be asked."""
    all_of_them = {"limit": 1000} if issubclass(QUESTIONS[name], Listing) else {}
    found = here.reply(name, who, data=data, **all_of_them)
    assert found.status in (0, 403, 404), found.body
    return [] if found.status else found.body.get("rows", [found.body.get("row")])


def each(name: str, of: str, key: str, view_key: str = "") -> Callable[[Asker, str], Rows]:
    """What a question tells about each thing that a view shows."""

    def found(here: Asker, who: str) -> Rows:
        ids = [row[view_key or key] for row in told(here, who, of)]
        return [{**row, (view_key or key): id} for id in ids for row in asked(here, who, name, **{key: id})]

    return found


def told(here: Asker, who: str, view: str) -> Rows:
    """What questions tell of what the view shows."""
    rows = SAME[view](here, who)
    columns = {column.name: column.kind for column in ANALYSIS[view].columns}
    renamed = [{RENAMED.get((view, name), RENAMED.get(("", name), name)): v for name, v in row.items()} for row in rows]
    return [{name: plain(columns[name], row[name]) for name in row if name in columns} for row in renamed]


READ: Mapping[Kind, Callable[[str], Any]] = {
    Kind.INSTANT: datetime.fromisoformat,
    Kind.DECIMAL: Decimal,
    Kind.DAY: date.fromisoformat,
}


def plain(kind: Kind, value: Any) -> Any:
    return value if value is None or kind not in READ else READ[kind](value)


def within_files(part: str) -> Callable[[Asker, str], Rows]:
    """What the files of all contacts tell in one of their lists."""

    def found(here: Asker, who: str) -> Rows:
        contacts = [row["contact"] for row in asked(here, who, "contacts")]
        files = {id: asked(here, who, "client-file", contact=id)[0] for id in contacts}
        return [{**row, "contact": id} for id, file in files.items() for row in file[part]]

    return found


def promises(here: Asker, who: str) -> Rows:
    tickets = [row["ticket"] for row in asked(here, who, "desk")]
    return [
        {**promise, "ticket": id} for id in tickets for promise in asked(here, who, "ticket", ticket=id)[0]["deadlines"]
    ]


SAME: dict[str, Callable[[Asker, str], Rows]] = {
    **{
        view: lambda here, who, name=name: asked(here, who, name)  # type: ignore[misc]
        for view, name in {
            "contacts": "contacts",
            "groups": "groups",
            "directories": "directories",
            "tickets": "desk",
            "outcomes": "sla-outcomes",
            "products": "products",
            "price_lists": "price-lists",
            "orders": "orders",
            "calendars": "calendars",
            "contracts": "contracts",
            "incident_types": "incident-types",
            "responsibilities": "responsibilities",
            "gateways": "gateways",
            "workers": "workers",
            "teams": "teams",
            "areas": "areas",
        }.items()
    },
    "promises": promises,
    "memberships": within_files("groups"),
    "addresses": within_files("addresses"),
    "contact_contracts": within_files("terms"),
    "ticket_links": each("ticket-links", "tickets", "ticket"),
    "prices": each("prices", "price_lists", "price_list"),
    "price_list_holders": each("price-list-holders", "price_lists", "price_list"),
    "order_lines": each("order-lines", "orders", "order", "order_id"),
    "team_members": each("team-members", "teams", "team"),
}
RENAMED = {
    ("", "group"): "group_id",
    ("", "order"): "order_id",
    ("", "lines"): "line_count",
    ("addresses", "use"): "used_for",
}
BY_OTHER_RIGHTS = {"tickets", "promises"}
"""Of which an analyst is shown what the reports count, also without the helpdesk's right, which the desk takes."""


def comparable(row: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """What is empty, or the empty word, is the same."""
    return tuple(sorted((name, repr(value)) for name, value in row.items() if value not in (None, "")))


@pytest.mark.parametrize("who", WHO)
def test_a_view_shows_what_questions_show(here: Asker, lines: Mapping[str, Line], who: str) -> None:
    assert {*SAME} == {*ANALYSIS} - {"earlier_responses"}
    helps = Right.HELPDESK in here.ask("my-sight", who)["rights"]
    for view in SAME:
        ours = rows(lines[who], view)
        if view in BY_OTHER_RIGHTS and not helps:
            assert {row["ticket"] for row in ours} == {row["ticket"] for row in told(here, who, "outcomes")}
            continue
        theirs = told(here, who, view)
        common = {name for row in theirs for name in row}
        found = sorted(comparable({name: row[name] for name in common}) for row in ours)
        assert found == sorted(comparable(row) for row in theirs), (who, view)


def test_each_view_shows_somebody_something_and_somebody_else_less(lines: Mapping[str, Line]) -> None:
    found = {view: [len(rows(line, view)) for line in lines.values()] for view in SAME}
    assert {view for view, counts in found.items() if not max(counts)} == {"incident_types", "gateways"}
    assert [view for view, counts in found.items() if max(counts) == min(counts) > 0] == []


def test_what_we_take_out_for_a_worker_is_what_their_role_is_shown(here: Asker, lines: Mapping[str, Line]) -> None:
    with connect(*where(here)) as ours:
        for who in ("anna", "clara"):
            for name, view in ANALYSIS.items():
                taken = ours.execute(select(view, here.company[who]).encode()).fetchall()
                shown = [repr((*row.values(),)) for row in rows(lines[who], name)]
                assert sorted(map(repr, taken)) == sorted(shown)


def test_keys_are_unique_and_nothing_is_sealed(lines: Mapping[str, Line]) -> None:
    for name, view in ANALYSIS.items():
        found = rows(lines["anna"], name)
        keys = [tuple(row[column] for column in view.key) for row in found]
        assert len({*keys}) == len(keys)
        assert None not in {value for key in keys for value in key}
        assert "sealed" not in repr(found)
        assert view.contact in (None, *(each.name for each in view.columns))
    assert Kind.SEALED not in {each.kind for view in ANALYSIS.values() for each in view.columns}


def test_positions_tell_that_all_is_there(lines: Mapping[str, Line]) -> None:
    before = now()
    found = {row["model"]: row["complete_up_to"] for row in rows(lines["anna"], "positions")}
    assert {*found} == {*READ_MODELS}
    assert all(at >= before - timedelta(seconds=5) for at in found.values())


def test_rights_decide_at_once(here: Asker, lines: Mapping[str, Line]) -> None:
    """On a connection that is open, and in a transaction that began before."""
    anna, line = here.company["anna"], lines["anna"]
    with line.transaction():
        assert rows(line, "tickets")
        here.send(WithdrawRight(worker=anna, right=Right.ANALYST))
        assert [view for view in (*ANALYSIS, "positions") if rows(line, view)] == []
    here.send(GrantRight(worker=anna, right=Right.ANALYST))
    assert rows(line, "tickets")
    here.send(WithdrawRight(worker=anna, right=Right.SALES))
    assert rows(line, "prices") == []
    here.send(DeactivateWorker(worker=anna, forced=True))
    assert [view for view in ANALYSIS if rows(line, view)] == []
    here.send(ReactivateWorker(worker=anna))
    customers = {"directory": here.company["customers"], "holder": worker_holder(anna)}
    here.send(SetDirectoryRight(**customers, level=Level.NONE))
    assert rows(line, "contacts") == []
    here.send(SetDirectoryRight(**customers, level=Level.USE))


def test_a_right_ends_in_the_midst_of_one_message(here: Asker, lines: Mapping[str, Line]) -> None:
    adam = here.company["adam"]
    here.send(GrantRight(worker=adam, right=Right.ANALYST, until=now() + timedelta(seconds=1)))
    lines["adam"].execute("""
        DO $$ BEGIN
            ASSERT EXISTS (SELECT FROM workers), 'shown at first';
            WHILE EXISTS (SELECT FROM workers) LOOP
                ASSERT clock_timestamp() < statement_timestamp() + interval '10s', 'shown no longer';
                PERFORM pg_sleep(0.02);
            END LOOP;
        END $$""")
    here.send(GrantRight(worker=adam, right=Right.ANALYST))


def test_whoever_is_restricted_is_shown_to_privacy_officers_alone(here: Asker, lines: Mapping[str, Line]) -> None:
    mill, anna = here.company["mill"], here.company["anna"]

    def about() -> set[str]:
        views = ("contacts", "addresses", "memberships", "contact_contracts")
        return {view for view in views for row in rows(lines["anna"], view) if row["contact"] == mill}

    before = about()
    assert before == {"contacts", "addresses", "memberships"}
    here.send(RestrictContact(contact=mill, ground="claim"))
    assert about() == set()
    here.send(GrantRight(worker=anna, right=Right.PRIVACY_OFFICER))
    assert about() == before
    here.send(WithdrawRight(worker=anna, right=Right.PRIVACY_OFFICER))
    here.send(LiftRestriction(contact=mill))
    assert about() == before


def test_read_models_are_made_anew_under_the_views(here: Asker, lines: Mapping[str, Line]) -> None:
    before = {view: rows(lines["anna"], view) for view in ANALYSIS}
    keys = opened_keys(*where(here), here.place.keys)
    made = rebuild(*where(here), [READ_MODELS[name] for name in ("access", "tickets", "prices")], keys)
    assert len(made) == 3
    assert {view: rows(lines["anna"], view) for view in ANALYSIS} == before


def test_in_quarantine_nothing_is_answered(here: Asker, lines: Mapping[str, Line]) -> None:
    tickets = f"SELECT * FROM {schema_of(where(here)[1])}.tickets".encode()
    with connect(*where(here)) as ours, ours.transaction(force_rollback=True):
        ours.execute("INSERT INTO quarantine (why) VALUES ('a test')")
        assert ours.execute(select(ANALYSIS["tickets"], here.company["anna"]).encode()).fetchall() == []
        ours.execute(f"SET LOCAL ROLE {analysts(ours, here.company['anna'])[0].role}".encode())
        with pytest.raises(ObjectNotInPrerequisiteState), ours.transaction():
            ours.execute(tickets)


def test_whoever_is_no_analyst_is_shown_nothing(
    here: Asker, lines: Mapping[str, Line], roles: Mapping[str, str]
) -> None:
    """Not even our own role, unless it becomes one."""
    tickets = f"SELECT * FROM {schema_of(where(here)[1])}.tickets".encode()
    with connect(*where(here)) as ours:
        assert ours.execute(tickets).fetchall() == []
        ours.execute(f"SET ROLE {roles['anna']}".encode())
        assert len(ours.execute(tickets).fetchall()) == len(rows(lines["anna"], "tickets")) > 0


def test_a_role_is_made_and_taken_away(here: Asker) -> None:
    url, schema = where(here)
    worker = here.send(HireWorker(name="Somebody else"))
    with pytest.raises(NoWorker):
        grant(url, schema, "00000000-0000-5000-8000-000000000000")
    made, password = grant(url, schema, worker, f"{schema}_own")
    assert (made.role, made.worker, made.entitled) == (f"{schema}_own", worker, False)
    with pytest.raises(RoleTaken):
        grant(url, schema, worker, made.role)
    here.send(GrantRight(worker=worker, right=Right.ANALYST))
    with connect(url, schema) as ours, connected(here, made.role) as line:
        (kept,) = ours.execute("SELECT rolpassword FROM pg_authid WHERE rolname = %s", (made.role,)).fetchone() or ("",)
        assert kept.startswith("SCRAM-SHA-256$")
        assert password not in kept
        assert analysts(ours, worker) == analysts(ours, made.role) == [made._replace(entitled=True)]
        with pytest.raises(ReadOnlySqlTransaction):
            line.execute("CREATE TABLE mine ()")
        assert line.execute("SHOW temp_file_limit").fetchone() == {"temp_file_limit": "2GB"}
        assert rows(line, "calendars") == []
        here.send(GrantRight(worker=worker, right=Right.BASIC))
        assert rows(line, "calendars")
        revoke(url, schema, made.role)
        with pytest.raises(psycopg.Error):
            rows(line, "calendars")
        assert analysts(ours, made.role) == []
    with pytest.raises(psycopg.OperationalError):
        connected(here, made.role)
    with pytest.raises(NoAnalyst):
        revoke(url, schema, made.role)


def test_where_roles_are_not_ours_to_make_that_is_said(here: Asker) -> None:
    url, schema = where(here)
    humble = f"{schema}_humble"
    with connect(url, schema) as ours:
        ours.execute(f"CREATE ROLE {humble} LOGIN".encode())
        ours.execute(f"GRANT USAGE ON SCHEMA {schema} TO {humble}".encode())
        ours.execute(f"GRANT SELECT ON access_workers TO {humble}".encode())
        with pytest.raises(RolesNotOurs):
            grant(make_conninfo(url, user=humble), schema, here.company["anna"])
        with pytest.raises(catalogs.NotSuperuser):
            catalogs.close(make_conninfo(url, user=humble), schema)
        ours.execute(f"DROP OWNED BY {humble}".encode())
        ours.execute(f"DROP ROLE {humble}".encode())


def test_whoever_is_forgotten_asks_for_nobody(here: Asker, lines: Mapping[str, Line]) -> None:
    given = {"worker": here.company["dora"], "stream": "erasure-x", "begun": 1, "sign_ins": "sign-ins"}
    with connect(*where(here)) as ours, ours.transaction(force_rollback=True):
        ours.execute(TAKE_SIGN_INS, given)
        assert ours.execute("SELECT count FROM erased WHERE stream = 'erasure-x'").fetchone() == (1,)
        assert analysts(ours, here.company["dora"]) == []


def test_views_of_another_edition_are_made_anew_unless_they_are_in_use(
    here: Asker, lines: Mapping[str, Line], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(analysis, "FORM", analysis.FORM + 1)
    monkeypatch.setattr(analysis, "PATIENCE", "SET LOCAL lock_timeout = '20ms'")
    before = rows(lines["anna"], "tickets")
    with lines["boris"].transaction():
        rows(lines["boris"], "tickets")
        assert not ensure(*where(here))
    assert ensure(*where(here))
    assert rows(lines["anna"], "tickets") == before != []
