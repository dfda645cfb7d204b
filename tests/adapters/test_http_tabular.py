"""All rows of a listing in one answer: each once, as the asker may see them, and never half of them as if all."""

from __future__ import annotations

import asyncio
import csv
import io
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import orjson
import pyarrow.parquet as pq
import pytest
from door import new_place
from inquirers import Asker, company_asked, open_shop
from online import Online, bearing, online

from adapters.credentials.caller import ANYONE, WEB, Caller
from adapters.embedded import Running
from adapters.http import accept, app, tabular
from adapters.http.shares import Shares, asker
from adapters.inquiry import ASKED
from adapters.problem import problem, refusal
from commands.clients.contact import OpenContact
from domain.clients.contact import ContactKind
from domain.staff.worker import SYSTEM
from projections.model import Kind
from projections.question import Listing

CSV, LINES, PARQUET = accept.CSV, accept.LINES, accept.PARQUET
FORMS = (CSV, LINES, PARQUET)
TYPED = ("=1+1", "+380 44 123", "-cmd", "@SUM(A1)", "'=1", 'a "b", c', "-5", "Ольга", "x;=1", "x; '=1", "\uff1d1+1")
SHOWN = (
    "'=1+1",
    "'+380 44 123",
    "'-cmd",
    "'@SUM(A1)",
    "''=1",
    'a "b", c',
    "-5",
    "Ольга",
    "x;'=1",
    "x;' '=1",
    "'\uff1d1+1",
)


@pytest.fixture(scope="module")
def here(servers: Running, state: Path) -> Iterator[Asker]:
    with company_asked(new_place(servers, state)) as here:
        open_shop(here)
        for name in TYPED:
            here.send(OpenContact(directory=here.company["customers"], kind=ContactKind.PERSON, name=name))
        yield here


@pytest.fixture(scope="module")
def net(here: Asker) -> Iterator[Online]:
    with online(here) as net:
        yield net


def taken(net: Online, here: Asker, name: str, form: str, actor: str = "anna", **params: Any) -> httpx.Response:
    about = {"actor": here.company.ids.get(actor, actor), "purpose": "export", "min_position": here.position, **params}
    return net.get(f"/v1/questions/{name}", headers={"Accept": form}, **about)


def rows(response: httpx.Response, form: str) -> list[dict[str, Any]]:
    assert response.status_code == 200, response.text
    if form == CSV:
        return list(csv.DictReader(io.StringIO(response.content.decode(), newline="")))
    if form == LINES:
        return [orjson.loads(line) for line in response.content.splitlines()]
    found: list[dict[str, Any]] = pq.read_table(io.BytesIO(response.content)).to_pylist()
    return found


@pytest.mark.parametrize("form", FORMS)
def test_every_row_is_there_once_however_small_the_pages(
    here: Asker, net: Online, form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tabular, "HIGHEST_LIMIT", 3)
    monkeypatch.setattr(tabular, "PARQUET_ROWS", 4)
    for actor in ("anna", SYSTEM, "clara"):
        asked = here.reply("contacts", actor, limit=1000).body["rows"]
        found = rows(taken(net, here, "contacts", form, actor), form)
        assert [row["contact"] for row in found] == [row["contact"] for row in asked]
        assert not found or list(found[0]) == list(ASKED["contacts"].row.model_fields)
    assert len(asked) < len(here.ask("contacts"))


@pytest.mark.parametrize("form", FORMS)
def test_so_many_as_are_wanted_from_a_cursor_on(here: Asker, net: Online, form: str) -> None:
    whole = [row["contact"] for row in here.ask("contacts")]
    first = rows(taken(net, here, "contacts", form, SYSTEM, limit="2"), form)
    cursor = net.get("/v1/questions/contacts", actor=SYSTEM, limit="2").json()["next"]
    rest = rows(taken(net, here, "contacts", form, SYSTEM, cursor=cursor), form)
    assert [row["contact"] for row in first] == whole[:2]
    assert [row["contact"] for row in rest] == whole[2:]


def test_no_cell_is_a_formula(here: Asker, net: Online) -> None:
    answer = taken(net, here, "contacts", CSV)
    names = [row["name"] for row in rows(answer, CSV)]
    assert set(SHOWN) <= set(names)
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="contacts.csv"'
    assert set(TYPED) <= {row["name"] for row in rows(taken(net, here, "contacts", LINES), LINES)}


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\n=1", "a\n'=1"),
        ("a\r\n@x;\u00a0-2", "a\r\n'@x;'\u00a0-2"),
        ('a;"=1+1"', 'a;\'"=1+1"'),
        ("\tx", "'\tx"),
        ("a\t+1", "a\t'+1"),
        ("\uff0b\uff0d", "'\uff0b\uff0d"),
        ("a = b; c - d, e", "a = b; c - d, e"),
    ],
)
def test_a_cell_of_whoever_takes_semicolons_for_ends_is_no_formula_either(text: str, shown: str) -> None:
    assert tabular.guarded(text) == shown
    nested = tabular._cell({"title": [text]})
    assert orjson.loads(nested) == {"title": [text]}
    assert all(tabular.guarded(part) == part for part in nested.split(";"))


def test_columns_have_the_types_of_what_is_in_them(here: Asker, net: Online) -> None:
    lines = rows(taken(net, here, "order-lines", PARQUET, order=here.company["cart"]), PARQUET)
    asked = here.ask("order-lines", "anna", order=here.company["cart"])
    from adapters.columnar.answer_rows import column
    from adapters.columnar.shape import TYPES

    assert column(Decimal).kind == TYPES[Kind.DECIMAL]
    assert [(row["quantity"], row["net"]) for row in lines] == [
        (Decimal(row["quantity"]), Decimal(row["net"])) for row in asked
    ]
    cards = rows(taken(net, here, "contact-cards", PARQUET), PARQUET)
    assert {row["contact"] for row in cards} == {row["contact"] for row in here.ask("contacts", "anna")}
    assert all(isinstance(row["addresses"], list) for row in cards)
    desk = rows(taken(net, here, "desk", PARQUET), PARQUET)
    assert [row["due"] and row["due"].isoformat() for row in desk] == [row["due"] for row in here.ask("desk", "anna")]


@pytest.mark.parametrize("name", [name for name, kind in ASKED.items() if issubclass(kind, Listing)])
def test_every_listing_has_a_table_of_its_rows(name: str) -> None:
    from adapters.columnar.answer_rows import AnswerRows

    kind = ASKED[name]
    table = AnswerRows(kind.row)
    read = pq.read_table(io.BytesIO(table.end([])))
    assert read.schema.names == list(kind.row.model_fields)


@pytest.mark.parametrize("form", FORMS)
def test_what_is_taken_out_is_recorded_as_such(here: Asker, net: Online, form: str) -> None:
    def exported() -> int:
        found = here.reply("looks", limit=1000).body["rows"]
        return sum((row["question"], row["how"]) == ("contact-cards", "exported") for row in found)

    without = net.get("/v1/questions/contact-cards", actor=here.company["anna"], headers={"Accept": form})
    assert (without.status_code, without.json()["errors"][0]["field"]) == (400, "purpose")
    before = exported()
    rows(taken(net, here, "contact-cards", form), form)
    assert exported() > before


@pytest.mark.parametrize("form", FORMS)
def test_a_first_refusal_is_an_ordinary_one(here: Asker, net: Online, form: str) -> None:
    found = taken(net, here, "order-lines", form, order="nothing")
    assert (found.status_code, found.json()["code"]) == (404, "OrderUnknown")
    assert found.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("form", FORMS)
def test_where_rights_end_on_the_way_it_is_seen(
    here: Asker, net: Online, form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What cannot be had at the moment is asked for again; what may not be had is the end."""
    monkeypatch.setattr(tabular, "HIGHEST_LIMIT", 3)
    found, seen = here.service.queries._found, []

    async def refusing(visitor: Any, inquiry: Any, *rest: Any) -> Any:
        seen.append(inquiry.place)
        if len(seen) == 2:
            return problem("StoreAway", retry_after_ms=1)
        return refusal("RightMissing") if len(seen) == 4 else await found(visitor, inquiry, *rest)

    async def asked() -> tuple[bytes, bool]:
        body, cut = b"", False
        about = {"actor": SYSTEM, "purpose": "export"}
        given = {**bearing("desk"), "Accept": form}
        async with net.client.stream("GET", "/v1/questions/contacts", params=about, headers=given) as response:
            assert response.status_code == 200
            try:
                async for chunk in response.aiter_bytes():
                    body += chunk
            except httpx.RemoteProtocolError:
                cut = True
        return body, cut

    monkeypatch.setattr(here.service.queries, "_found", refusing)
    body, cut = net.run(asked())
    assert cut
    assert len(seen) == 4
    assert seen[1] == seen[2]
    if form == LINES:
        *rows, last = (orjson.loads(line) for line in body.splitlines())
        assert len(rows) == 6
        assert last["problem"]["code"] == "RightMissing"


def test_one_caller_leaves_room_for_others(here: Asker, net: Online, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tabular, "HIGHEST_LIMIT", 3)
    monkeypatch.setattr(app, "OF_A_CALLER", 1)
    net.known["shop"] = Caller("shop", (ANYONE,))
    found, go_on = here.service.queries._found, asyncio.Event()

    async def waiting(visitor: Any, inquiry: Any, *rest: Any) -> Any:
        if inquiry.place is not None:
            await go_on.wait()
        return await found(visitor, inquiry, *rest)

    async def taking(who: str, limit: str = "9") -> httpx.Response:
        about = {"actor": SYSTEM, "purpose": "export", "limit": limit}
        return await net.client.get("/v1/questions/contacts", params=about, headers={**bearing(who), "Accept": LINES})

    async def story() -> None:
        about = {"actor": SYSTEM, "purpose": "export"}
        given = {**bearing("desk"), "Accept": LINES}
        async with net.client.stream("GET", "/v1/questions/contacts", params=about, headers=given) as one:
            more, other = await taking("desk"), await taking("shop", "1")
            assert (more.status_code, more.json()["code"]) == (503, "Overloaded")
            assert other.status_code == 200
            go_on.set()
            await one.aread()
        assert (await taking("desk")).status_code == 200

    monkeypatch.setattr(here.service.queries, "_found", waiting)
    try:
        net.run(story())
    finally:
        go_on.set()


def test_so_many_there_are_and_so_many_each_may_have() -> None:
    shares = Shares(3)
    assert [shares.taken(who, 2) for who in ("a", "a", "a", "b", "c")] == [True, True, False, True, False]
    shares.given_back("a")
    assert (shares.taken("c", 2), shares.held) == (True, 3)
    assert asker(Caller(WEB, ("anna",))) != asker(Caller(WEB, ("boris",)))
    assert asker(Caller("shop", ("anna",))) == asker(Caller("shop", ("boris",)))


def test_the_best_form_that_is_accepted() -> None:
    every = accept.forms(ASKED["desk"])
    for given, form in [
        ((), accept.JSON),
        (("*/*",), accept.JSON),
        (("text/csv",), CSV),
        (("text/*",), accept.EVENTS),
        (("application/json;q=0.5, text/csv;q=0.9",), CSV),
        (("text/html", "application/*;q=0.2"), accept.JSON),
        (("*/*;q=0.1, application/json;q=0",), accept.EVENTS),
        (("image/png",), None),
        (("application/x-ndjson; charset=utf-8",), LINES),
    ]:
        assert accept.wanted(given, every) == form
    assert accept.forms(ASKED["ticket"]) == (accept.JSON, accept.EVENTS)
    assert CSV not in accept.forms(ASKED["desk"], "1.0")
