"""Who looked is kept before the answer leaves, told to auditors alone, and never changed (R-AUD-1)."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple
from unittest.mock import patch

import orjson
import psycopg
import pytest
from door import Door, new_place
from inquirers import Asker, company_asked, put

from adapters.answering import questions
from adapters.composition import now
from adapters.embedded import Running
from adapters.postgres.schema import connect
from commands.clients.bookmark import PutBookmark
from commands.clients.contact import OpenContact
from commands.clients.directory import SetDirectoryRight
from commands.clients.merge import MergeContact
from commands.clients.paper import NoteOnContact
from commands.staff.worker import GrantRight, HireWorker, WithdrawRight
from domain.clients.directory import Level
from domain.staff.worker import SYSTEM, Right
from domain.values import worker_holder

EVERYTHING = """
SELECT look, worker, caller, question, how, contacts, about, exception FROM looks ORDER BY at, look
"""
WORDS = {"reference", "text", "thing", "since", "until"}
OFFICER, AUDITOR = Right.PRIVACY_OFFICER, Right.AUDITOR


class Seen(NamedTuple):
    """A record, with everything by what it is called in the company."""

    worker: str
    question: str
    how: str
    contacts: set[str]
    exception: str | None = None
    about: str | None = None


@dataclass
class Books:
    """The company asked, and what is kept of it."""

    here: Asker
    database: psycopg.Connection[Any]

    def since(self, before: set[Any]) -> list[Seen]:
        """The records that were not there before."""
        return [self._seen(*row[1:]) for row in self.database.execute(EVERYTHING).fetchall() if row[0] not in before]

    def known(self) -> set[Any]:
        return {row[0] for row in self.database.execute(EVERYTHING).fetchall()}

    def of(self, name: str, actor: str = "", **data: Any) -> list[Seen]:
        """What is kept of one question."""
        before = self.known()
        self.here.reply(name, actor, data=self.meant(data))
        return self.since(before)

    def meant(self, data: dict[str, Any]) -> dict[str, Any]:
        """What is told by its name here, by its id; a reference and words stay as they are."""
        ids = self.here.company.ids
        return {field: value if field in WORDS else ids.get(value, value) for field, value in data.items()}

    def id(self, name: str) -> Any:
        return self.here.company[name]

    def _seen(
        self, worker: str, caller: str, name: str, how: str, contacts: list[str], about: str | None, by: str | None
    ) -> Seen:
        assert caller == "desk"
        noun, _, thing = (about or "").partition("-")
        called = self.here.company.names
        told = None if about is None else f"{noun}-{called.get(thing, thing)}"
        return Seen(called.get(worker, worker), name, how, {called.get(each, each) for each in contacts}, by, told)


@pytest.fixture(scope="module")
def here(servers: Running, state: Path) -> Iterator[Asker]:
    """With a privacy officer, two of whom one works with customers too, and an auditor who does."""
    with company_asked(new_place(servers, state)) as here:
        for name, rights in {"petra": (OFFICER,), "pavel": (OFFICER, Right.BASIC)}.items():
            here.company[name] = here.send(HireWorker(name=name.title()))
            for right in rights:
                here.send(GrantRight(worker=here.company[name], right=right))
        here.send(GrantRight(worker=here.company["boris"], right=AUDITOR))
        here.send(GrantRight(worker=here.company["boris"], right=OFFICER))
        here.send(NoteOnContact(contact=here.company["mill"], text="Ring twice."))
        here.send(PutBookmark(worker=here.company["anna"], contact=here.company["farm"]), "anna")
        yield here


@pytest.fixture
def books(here: Asker) -> Iterator[Books]:
    with connect(here.place.postgres_url, here.place.settings.schema_name) as database:
        yield Books(here, database)


OPEN = {"mill", "farm", "shop"}


@pytest.mark.parametrize(
    ("name", "data", "how", "contacts"),
    [
        ("contacts", {}, "found", OPEN),
        ("contacts", {"reference": "mill"}, "found", {"mill"}),
        ("contact-cards", {}, "opened", OPEN),
        ("contact-search", {"text": "mill"}, "found", {"mill"}),
        ("client-file", {"contact": "mill"}, "opened", {"mill"}),
        ("contact-notes", {"contact": "mill"}, "opened", {"mill"}),
        ("contact-files", {"contact": "mill"}, "opened", {"mill"}),
        ("duplicates", {"contact": "mill"}, "found", {"mill"}),
        ("bookmarks", {}, "found", {"farm"}),
        ("group-members", {"group": "vip"}, "found", {"mill"}),
        ("timeline", {"thing": "contact", "id": "mill"}, "opened", {"mill"}),
        ("timeline", {"thing": "membership", "id": "mill"}, "opened", {"mill"}),
    ],
)
def test_whoever_is_shown_a_contact_has_looked(
    books: Books, name: str, data: dict[str, Any], how: str, contacts: set[str]
) -> None:
    assert books.of(name, "anna", **data) == [Seen("anna", name, how, contacts)]


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("desk", {"contact": "mill"}),
        ("ticket", {"ticket": "pump"}),
        ("timeline", {"thing": "ticket", "id": "pump"}),
        ("groups", {}),
        ("my-sight", {}),
        ("client-file", {"contact": "bakery"}),
        ("contacts", {"reference": "bakery"}),
        ("contact-search", {"text": "bakery"}),
        ("group-members", {"group": "regulars"}),
        ("looks", {}),
    ],
)
def test_who_is_shown_no_contact_has_not(books: Books, name: str, data: dict[str, Any]) -> None:
    assert books.of(name, "anna", **data) == []


def test_the_installation_itself_looks_like_anybody_else(books: Books) -> None:
    assert books.of("contacts") == [Seen(SYSTEM, "contacts", "found", {*OPEN, "bakery"})]


def test_what_did_not_leave_with_the_page_was_not_seen(books: Books) -> None:
    before = books.known()
    first = books.here.reply("contacts", "anna", limit=1)
    (seen,) = books.since(before)
    assert seen.contacts == books.here.company.called(first.body["rows"][0]["contact"])
    with patch.object(questions, "MAX_ANSWER_BYTES", 10):
        before = books.known()
        second = books.here.reply("contacts", "anna", limit=2, cursor=first.body["next"])
    assert len(second.body["rows"]) == 1
    assert [each.contacts for each in books.since(before)] == [
        books.here.company.called(second.body["rows"][0]["contact"])
    ]


def test_an_export_says_what_it_is_and_is_kept_as_one(books: Books) -> None:
    before = books.known()
    assert not books.here.reply("contacts", "anna", purpose="export").status
    assert books.since(before) == [Seen("anna", "contacts", "exported", OPEN)]
    assert books.here.reply("contacts", "anna", purpose="curiosity").code == "Malformed"


def test_a_privacy_officer_may_look_up_any_contact_and_each_time_it_is_kept_as_an_exception(books: Books) -> None:
    for actor in ("petra", "pavel"):
        assert books.of("contacts", actor, reference="bakery") == [
            Seen(actor, "contacts", "found", {"bakery"}, OFFICER)
        ]
        assert books.of("contact-search", actor, text="bakery") == [
            Seen(actor, "contact-search", "found", {"bakery"}, OFFICER)
        ]
        assert books.of("client-file", actor, contact="bakery") == [
            Seen(actor, "client-file", "opened", {"bakery"}, OFFICER)
        ]
    file = books.here.ask("client-file", "petra", contact=books.here.company["bakery"])
    assert (file["name"], file["decided_by"]) == ("The bakery", None)
    assert (file["tickets"], file["groups"]) == ([], [])  # the exception is for the contact


def test_an_officer_s_own_rights_are_used_first(books: Books) -> None:
    assert books.of("client-file", "boris", contact="mill") == [Seen("boris", "client-file", "opened", {"mill"})]
    assert books.of("contacts", "boris") == [Seen("boris", "contacts", "found", OPEN)]
    found = books.of("contact-search", "boris", text="the")
    assert sorted(found, key=lambda seen: len(seen.contacts)) == [
        Seen("boris", "contact-search", "found", {"bakery"}, OFFICER),
        Seen("boris", "contact-search", "found", OPEN),
    ]


def test_the_officer_s_exception_opens_no_list_and_no_other_question(books: Books) -> None:
    for actor in ("petra", "pavel"):
        assert books.here.ask("contacts", actor) == []
        assert books.here.ask("contacts", actor, directory=books.here.company["secret"]) == []
    assert books.here.refused("group-members", "petra", group=books.here.company["vip"]) == "RightMissing"
    assert books.here.refused("group-members", "pavel", group=books.here.company["vip"]) == "GroupUnknown"
    timeline = {"thing": "contact", "id": books.here.company["bakery"]}
    assert books.here.refused("timeline", "pavel", **timeline) == "ContactUnknown"


def test_without_the_officer_s_right_it_is_as_if_there_were_nothing(books: Books) -> None:
    here = books.here
    here.send(WithdrawRight(worker=here.company["pavel"], right=OFFICER))
    before = books.known()
    for name, field in (("client-file", "contact"), ("contacts", "reference"), ("contact-search", "text")):
        hidden = "bakery" if field != "contact" else here.company["bakery"]
        replies = [here.reply(name, "pavel", data={field: value}) for value in (hidden, "nothing-here")]
        assert replies[0].body.get("rows", replies[0].raw) == replies[1].body.get("rows", replies[1].raw)
    assert books.since(before) == []
    here.send(GrantRight(worker=here.company["pavel"], right=OFFICER))


def test_what_an_auditor_is_told_by_exception_is_kept_whatever_it_is_of(books: Books) -> None:
    for thing, name in (("contact", "bakery"), ("membership", "bakery")):
        assert books.of("timeline", "olga", thing=thing, id=name) == [
            Seen("olga", "timeline", "opened", {name}, AUDITOR)
        ]
    for thing, name in (("ticket", "oven"), ("directory", "secret"), ("worker", "anna")):
        assert books.of("timeline", "olga", thing=thing, id=name) == [
            Seen("olga", "timeline", "opened", set(), AUDITOR, f"{thing}-{name}")
        ]


def test_an_auditor_s_own_rights_are_used_first_line_by_line(books: Books) -> None:
    assert books.of("timeline", "boris", thing="ticket", id="noise") == []
    told = books.of("timeline", "boris", thing="membership", id="mill")
    own = Seen("boris", "timeline", "opened", {"mill"})
    assert sorted(told, key=str) == sorted(
        [own, own._replace(exception=AUDITOR)], key=str
    )  # of "regulars", a hidden group
    before = books.known()
    data = {"thing": "membership", "id": books.id("mill")}
    books.here.reply("timeline", "boris", data=data, limit=1)
    assert len(books.since(before)) == 1


def test_how_far_another_may_go_is_told_to_an_auditor_as_an_exception(books: Books) -> None:
    here = books.here
    here.send(GrantRight(worker=here.company["olga"], right=Right.BASIC))
    customers, olga = here.company["customers"], worker_holder(here.company["olga"])
    here.send(SetDirectoryRight(directory=customers, holder=olga, level=Level.USE))
    told = Seen("olga", "access-check", "opened", {"mill"}, AUDITOR)
    assert books.of("access-check", "olga", contact="mill", worker="anna") == [told]
    assert books.of("access-check", "olga", contact="mill") == []
    assert books.of("access-check", contact="mill", worker="anna") == []
    here.send(SetDirectoryRight(directory=customers, holder=olga, level=Level.NONE))
    here.send(WithdrawRight(worker=here.company["olga"], right=Right.BASIC))


def test_who_looked_is_told_to_auditors_alone_and_asking_is_kept(books: Books) -> None:
    for actor in ("anna", "petra", "adam", "rita", "zoe"):
        assert books.here.refused("looks", actor) == "RightMissing"
    assert books.of("looks", "olga", contact="mill", worker="anna") == [
        Seen("olga", "looks", "opened", {"mill"}, AUDITOR, "worker-anna")
    ]
    nobody = books.of("looks", "olga", contact="nobody")
    assert nobody == [Seen("olga", "looks", "opened", {"nobody"}, AUDITOR)]
    assert books.of("looks", "olga") == [Seen("olga", "looks", "opened", set(), AUDITOR)]


def test_looks_come_newest_first_and_are_narrowed_by_contact_worker_and_time(books: Books) -> None:
    here = books.here
    began = now()
    for actor, contact in (("anna", "shop"), ("boris", "shop"), ("anna", "farm")):
        here.ask("client-file", actor, contact=here.company[contact])
    ended = now()
    here.ask("client-file", "anna", contact=here.company["shop"])
    span = {"since": began.isoformat(), "until": ended.isoformat()}

    def told(**data: Any) -> list[tuple[str, set[str]]]:
        rows = here.ask("looks", "olga", **books.meant(data))
        assert rows == sorted(rows, key=lambda row: str(row["at"]), reverse=True)
        named = {(row["worker"], row["worker_name"]) for row in rows}
        assert named <= {(here.company[name], name.title()) for name in ("anna", "boris")}
        return [(here.company.names[row["worker"]], here.company.called(*row["contacts"])) for row in rows]

    assert told(**span) == [("anna", {"farm"}), ("boris", {"shop"}), ("anna", {"shop"})]
    assert told(contact="shop", **span) == [("boris", {"shop"}), ("anna", {"shop"})]
    assert told(worker="anna", **span) == [("anna", {"farm"}), ("anna", {"shop"})]
    assert told(contact="shop", worker="boris", **span) == [("boris", {"shop"})]
    assert told(since=span["until"], worker="anna") == [("anna", {"shop"})]
    assert told(until=(began - timedelta(days=1)).isoformat()) == []
    row = here.ask("looks", "olga", contact=here.company["shop"], **span)[0]
    assert {name: row[name] for name in ("caller", "question", "how", "about", "exception")} == {
        "caller": "desk",
        "question": "client-file",
        "how": "opened",
        "about": None,
        "exception": None,
    }


def test_looks_come_page_by_page_each_once(books: Books) -> None:
    here = books.here
    for contact in ("mill", "farm", "shop", "mill", "farm"):
        here.ask("client-file", "dora", contact=here.company[contact])
    data = {"worker": here.company["dora"]}
    whole = here.reply("looks", "olga", data=data).body["rows"]
    pages: list[Any] = []
    cursor: dict[str, Any] = {}
    for _ in range(len(whole)):
        found = here.reply("looks", "olga", data=data, limit=2, **cursor).body
        pages += found["rows"]
        cursor = {"cursor": found["next"]}
        if found["next"] is None:
            break
    assert pages == whole
    assert len(whole) >= 5


def test_whoever_opens_a_contact_opens_all_that_was_merged_into_it(books: Books) -> None:
    here = books.here
    for name in ("tower", "windmill"):
        here.company[name] = here.send(OpenContact(directory=here.company["customers"], name=f"The {name}"))
    here.send(MergeContact(contact=here.company["windmill"], survivor=here.company["tower"]))
    both = {"tower", "windmill"}
    for name in both:
        assert books.of("client-file", "anna", contact=name) == [Seen("anna", "client-file", "opened", both)]
    assert {each["question"] for each in here.ask("looks", "olga", contact=here.company["windmill"])} == {"client-file"}


REACH = ("contacts", "contact-search", "client-file")


@pytest.mark.parametrize("name", REACH)
def test_where_it_cannot_be_kept_nothing_is_shown(books: Books, name: str) -> None:
    data = {"contact-search": {"text": "mill"}, "client-file": {"contact": books.id("mill")}}.get(name, {})
    with connect(books.here.place.postgres_url, books.here.place.settings.schema_name) as locking:
        locking.execute("BEGIN")
        locking.execute("LOCK TABLE looks IN SHARE MODE")
        reply = books.here.reply(name, "anna", data=data, deadline_ms=300)
        assert (reply.status, reply.code) == (503, "LookUnkept")
        assert int(reply.headers["Retry-After-Ms"]) > 0
        assert b"mill" not in reply.raw
        assert books.here.ask("directories", "anna")  # what shows no contact goes on
        locking.execute("ROLLBACK")
    assert not books.here.reply(name, "anna", data=data).status


def test_a_store_that_refuses_shows_nothing_either(books: Books) -> None:
    books.database.execute("ALTER TABLE look_contacts RENAME TO put_away")
    refused = books.here.reply("client-file", "anna", data={"contact": books.id("mill")})
    books.database.execute("ALTER TABLE put_away RENAME TO look_contacts")
    assert (refused.status, refused.code) == (503, "LookUnkept")
    assert not books.here.reply("client-file", "anna", data={"contact": books.id("mill")}).status


def test_a_connection_that_broke_is_opened_again_and_nothing_is_kept_twice(books: Books) -> None:
    for _ in range(3):
        books.database.execute("""
            SELECT pg_terminate_backend(pid) FROM pg_stat_activity
            WHERE query LIKE '%keep_looks%' AND pid <> pg_backend_pid()""")
        assert len(books.of("client-file", "anna", contact="mill")) == 1
    (given,) = books.database.execute("SELECT json_agg(looks) FROM looks WHERE how = 'opened'").fetchone() or ()
    before = books.known()
    books.database.execute("SELECT keep_looks(%s::json)", (orjson.dumps(given).decode(),))
    assert books.known() == before


def test_more_than_can_wait_is_told_so_at_once(books: Books) -> None:
    looks, data = books.here.service.queries.looks, {"contact": books.id("mill")}
    ask = orjson.dumps({"actor": books.id("anna"), "data": data, "deadline_ms": 1500})

    async def asked(door: Door) -> list[tuple[int, str]]:
        replies = await asyncio.gather(*(put(door, "client-file", ask) for _ in range(12)))
        return [(reply.status, reply.code) for reply in replies]

    with (
        patch.object(looks, "_capacity", 4),
        connect(books.here.place.postgres_url, books.here.place.settings.schema_name) as locking,
    ):
        locking.execute("BEGIN")
        locking.execute("LOCK TABLE looks IN SHARE MODE")
        found = books.here.runner.run(asked(books.here.door))
        locking.execute("ROLLBACK")
    assert set(found) == {(503, "LookUnkept")}


def test_what_comes_together_is_kept_together_and_each_look_once(books: Books) -> None:
    asked = 200
    data = {"contact": books.id("mill")}
    ask = orjson.dumps({"actor": books.id("anna"), "data": data, "deadline_ms": 60_000})
    before = books.known()

    async def ask_all(door: Door) -> Sequence[int]:
        return [reply.status for reply in await asyncio.gather(*(put(door, "client-file", ask) for _ in range(asked)))]

    assert not any(books.here.runner.run(ask_all(books.here.door)))
    assert books.since(before) == [Seen("anna", "client-file", "opened", {"mill"})] * asked
    (together,) = books.database.execute(
        "SELECT count(DISTINCT xmin::text) FROM looks WHERE look <> ALL (%s)", (list(before),)
    ).fetchone() or (0,)
    assert together < asked


@pytest.mark.parametrize("table", ["looks", "look_contacts"])
@pytest.mark.parametrize(
    "change", ["UPDATE {} SET at = at", "DELETE FROM {} WHERE at < now()", "TRUNCATE {}"], ids=["other", "less", "none"]
)
def test_what_was_kept_is_neither_changed_nor_taken_away(books: Books, table: str, change: str) -> None:
    books.of("client-file", "anna", contact="mill")
    with pytest.raises(psycopg.errors.RaiseException, match="only ever added to"):
        books.database.execute(change.format(table).encode())
