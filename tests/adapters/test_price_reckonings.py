"""Prices reckoned from the real log: as memory has them, as they are found the slow way, and later as they were."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from door import new_place
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import given as generated
from hypothesis import strategies as st
from inquirers import Asker, company_asked, followed
from logbook import entered
from market import (
    ACTS,
    CUP,
    CUSTOMERS,
    GUEST,
    HOTEL,
    MARKET,
    METRE,
    PIECE,
    PRICED,
    ROPE,
    SELLER,
    SPRING,
    price,
    wanted,
)
from naive.prices import priced as slowly
from retrospection import reckoned
from specification import MONDAY, given, request

from adapters.composition import Place
from adapters.embedded import Running
from adapters.inquiry import Inquiry, reply_of
from adapters.postgres.hindsight import Hindsight
from adapters.postgres.keys import Keyring, opened_keys
from adapters.postgres.log import PostgresLog
from adapters.postgres.schema import connect, migrate
from adapters.postgres.views import access
from commands.clients.contact import AttachPriceListToContact
from commands.clients.group import AttachPriceListToGroup, DetachPriceListFromGroup
from commands.clients.membership import LeaveGroup
from commands.command import Command
from commands.company.settings import ListUnits, SetBaseList, SetPlace
from commands.handler import Handler
from commands.pricing.order import ConfirmOrder, EnterOrder
from commands.pricing.order import Given as Line
from commands.pricing.price import PutPrice
from commands.pricing.price_list import OpenPriceList, RankPriceList
from commands.pricing.product import ListProduct
from commands.reckoning import Reckoning
from commands.reckonings.catalogue import RECKONINGS
from commands.reckonings.order_price import OrderPrice
from commands.reckonings.price import PriceAsked
from commands.request import Attempt, Request
from commands.staff.worker import GrantRight
from domain.staff.worker import SYSTEM, Right
from domain.values import ContactId, OrderId, ProductId, WorkerId

NOWHERE = "00000000-0000-5000-8000-000000000000"


# Over the wire


@pytest.fixture(scope="module")
def here(servers: Running, state: Path) -> Iterator[Asker]:
    """The company sells: the mill is in the group vip, which all may know of, and in regulars, which is hidden."""
    with company_asked(new_place(servers, state)) as asker:
        opened(asker)
        yield asker


def opened(here: Asker) -> None:
    for name in ("anna", "boris"):
        here.send(GrantRight(worker=here.company[name], right=Right.SALES))
    here.send(SetPlace(zone="Europe/Prague", country="CZ"))
    here.send(ListUnits(entries=(PIECE, METRE)))
    here.company["cup"] = here.send(ListProduct(number="C-1", name="Cup", unit=PIECE))
    for name, priority in (("spring", 1), ("summer", 2), ("standard", 9)):
        begun = OpenPriceList(name=name.title(), priority=priority, currency="EUR")
        here.company[name] = here.send(begun, minutes_ago=500)
    for name, amount in (("spring", "3.00"), ("summer", "4.00"), ("standard", "9.00")):
        here.send(PutPrice(price_list=here.company[name], product=here.company["cup"], price=price(amount)))
    here.send(SetBaseList(price_list=here.company["standard"]), minutes_ago=400)
    for group, price_list in (("vip", "spring"), ("regulars", "summer")):
        attached = AttachPriceListToGroup(group=here.company[group], price_list=here.company[price_list])
        here.send(attached, minutes_ago=400)
    for customer in ("mill", "bakery"):
        lines = (Line(product=here.company["cup"], quantity="2.5"),)
        entered = EnterOrder(customer=here.company[customer], currency="EUR", lines=lines)
        here.company[f"order of the {customer}"] = here.send(entered)


@pytest.fixture
def database(here: Asker) -> Iterator[Any]:
    with connect(here.place.postgres_url, here.place.settings.schema_name) as connection:
        yield connection


def cup(here: Asker, customer: str = "mill", **more: Any) -> dict[str, Any]:
    """What is asked about a cup."""
    asked = {"customer": here.company[customer], "product": here.company["cup"], "quantity": "2.5", "currency": "EUR"}
    return {**asked, **more}


def order_of(here: Asker, customer: str) -> dict[str, Any]:
    return {"order": here.company[f"order of the {customer}"]}


def lines_of(here: Asker, customer: str = "mill") -> dict[str, Any]:
    asked = cup(here, customer)
    line = {name: asked.pop(name) for name in ("product", "quantity")}
    return {**asked, "lines": [line], "explained": True}


def of_each(here: Asker, customer: str) -> dict[str, dict[str, Any]]:
    return {
        "price": cup(here, customer),
        "quotation": lines_of(here, customer),
        "order-price": order_of(here, customer),
    }


def no_number(text: str) -> float:
    raise AssertionError(f"money or a quantity as a number: {text}")


def test_an_answer_is_what_its_schema_promises_and_money_in_it_is_a_string(here: Asker) -> None:
    for name, data in of_each(here, "mill").items():
        found = here.reply(name, data=data)
        assert not found.status, found.body
        reply_of(RECKONINGS[name]).model_validate_json(found.raw, strict=False, extra="forbid")
        json.loads(found.raw, parse_float=no_number)
        assert b'"net":"7.50"' in found.raw
        assert b'"amount":"3.00"' in found.raw


def test_groups_are_told_by_name_to_whom_may_know_of_them_and_else_not_at_all(here: Asker) -> None:
    all_of_it, less = here.ask("price", **cup(here)), here.ask("price", "anna", **cup(here))
    named = {here.company.names[each["price_list"]] for each in all_of_it["priced"]["rejected"]}
    assert named == {"summer", "standard"}
    assert [here.company.names[each["price_list"]] for each in less["priced"]["rejected"]] == ["standard"]
    assert all_of_it["priced"]["winner"] == less["priced"]["winner"]
    assert less["names"][here.company["vip"]] == "Vip"
    assert here.company["regulars"] not in less["names"]
    assert less == here.ask("price", "boris", **cup(here)) | {each: less[each] for each in ("at", "known_at")}


def test_a_hidden_customer_or_order_is_answered_byte_for_byte_like_none(here: Asker) -> None:
    for name, data in of_each(here, "bakery").items():
        field = "order" if name == "order-price" else "customer"
        for actor in ("anna", "boris", "clara", "zoe", "nobody"):
            raws = [here.reply(name, actor, data={**data, field: id}).raw for id in (data[field], NOWHERE)]
            assert raws[0] == raws[1], (name, actor)
    for what in ({"joined": [here.company["regulars"]]}, {"joined": [NOWHERE]}, {"left": [here.company["regulars"]]}):
        assert here.refused("price", "anna", **cup(here, supposing=what)) == "GroupUnknown"
    assert here.refused("price", "anna", **cup(here, supposing={"attached": [NOWHERE]})) == "PriceListUnknown"


def test_an_auditor_s_exception_is_kept_with_whom_or_what_it_was_about(here: Asker, database: Any) -> None:
    for name, data in of_each(here, "bakery").items():
        assert not here.reply(name, "olga", data=data).status
    rows = database.execute(
        "SELECT question, contacts, about, exception FROM looks WHERE worker = %s", (here.company["olga"],)
    ).fetchall()
    order = f"order-{here.company['order of the bakery']}"
    assert {(name, tuple(contacts), about, why) for name, contacts, about, why in rows} >= {
        ("price", (here.company["bakery"],), None, "auditor"),
        ("quotation", (here.company["bakery"],), None, "auditor"),
        ("order-price", (), order, "auditor"),
    }


def test_what_is_supposed_is_told_and_nothing_is_written(here: Asker, database: Any) -> None:
    count = "SELECT (SELECT count(*) FROM facts), (SELECT count(*) FROM command_log)"
    before = database.execute(count).fetchone()
    supposing = {"priorities": {here.company["standard"]: 0}, "attached": [here.company["standard"]]}
    row = here.ask("price", "anna", **cup(here, supposing=supposing))
    assert (here.company.names[row["priced"]["winner"]["price_list"]], row["priced"]["winner"]["net"]) == (
        "standard",
        "22.50",
    )
    assert database.execute(count).fetchone() == before


def test_after_lists_groups_and_priorities_changed_an_order_is_explained_as_then_and_as_now(here: Asker) -> None:
    """Once it is confirmed nothing that is changed afterwards moves what stands on it (D22)."""
    company, order = here.company, here.company["order of the mill"]
    here.send(ConfirmOrder(order=order, total="7.50"))
    known = here.reply("price", data=cup(here)).body["as_of"]
    changes: list[Command] = [
        PutPrice(price_list=company["spring"], product=company["cup"], price=price("30.00")),
        RankPriceList(price_list=company["standard"], priority=-5),
        RankPriceList(price_list=company["summer"], priority=0),
    ]
    for change in changes:
        here.send(change, minutes_ago=300)
    here.send(DetachPriceListFromGroup(group=company["vip"], price_list=company["spring"]), minutes_ago=300)
    here.send(LeaveGroup(contact=company["mill"], group=company["vip"]), minutes_ago=300)
    here.send(AttachPriceListToContact(contact=company["mill"], price_list=company["standard"]), minutes_ago=300)
    (line,) = here.ask("order-price", "anna", order=order)["lines"]
    assert line["recorded"] == line["then"]
    assert line["agrees"] is True
    assert (company.names[line["recorded"]["winner"]["price_list"]], line["recorded"]["winner"]["net"]) == (
        "spring",
        "7.50",
    )
    assert (company.names[line["known"]["winner"]["price_list"]], line["known"]["winner"]["net"]) == (
        "standard",
        "22.50",
    )
    (back,) = here.ask("order-price", "anna", order=order, known_at=known)["lines"]
    assert back["known"] == line["recorded"]


# Memory, Postgres and the slow way

STEP = timedelta(hours=7)
FIRST = request(SetBaseList(price_list=None))
"""In the place of the requests that made the market."""


class Both:
    """A market in memory and one in Postgres: the same is asked of either, and they name things alike."""

    def __init__(self, place: Place, runner: asyncio.Runner) -> None:
        url, schema = place.postgres_url, place.settings.schema_name
        migrate(url, schema)
        access.ensure(url, schema)
        keyring = Keyring(opened_keys(url, schema, place.keys))
        self.memory, self._runner = given(MARKET, GUEST, PRICED), runner
        self._log, self._hindsight = PostgresLog(url, schema, keyring), Hindsight(url, schema, keyring, str)
        self._handler = Handler(self._log)
        runner.run(self._log.append([Attempt(FIRST, FIRST.received_at, facts=self.memory.log.facts, kept=False)]))

    def ask(self, *requests: Request) -> str:
        """In one batch, which both decide alike; what the last one was about."""
        one, other = self.memory.ask(*requests), self._runner.run(self._handler.handle(requests))
        assert [(each.code, each.thing, each.version) for each in one] == [
            (each.code, each.thing, each.version) for each in other
        ]
        return one[-1].thing

    def told(self, reckoning: Reckoning, at: datetime, actor: WorkerId = SYSTEM) -> Any:
        """The one answer of both, but for the instants at which each of them recorded."""
        remembered = reckoned(self.memory, reckoning, actor=actor, at=at).row.model_dump()
        found = self._runner.run(self._answer(Inquiry(reckoning, actor, at)))
        assert timeless(found) == timeless(remembered)
        return found

    async def _answer(self, inquiry: Inquiry[Reckoning]) -> Any:
        found = await self._hindsight.answer(inquiry, asyncio.get_running_loop().time() + 30)
        return found.rows[0]

    def close(self) -> None:
        self._runner.run(self._hindsight.close())
        self._runner.run(self._log.close())


def timeless(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: timeless(each) for key, each in value.items() if key not in ("recorded_at", "names")}
    return [timeless(each) for each in value] if isinstance(value, (list, tuple)) else value


@contextmanager
def both(servers: Running, state: Path) -> Iterator[Both]:
    place = new_place(servers, state)
    with asyncio.Runner() as runner, followed(place):
        found = Both(place, runner)
        try:
            yield found
        finally:
            found.close()


def asked(customer: ContactId | None, product: ProductId, quantity: str, at: datetime) -> PriceAsked:
    unit = PIECE if product == CUP else METRE
    return PriceAsked(customer=customer, product=product, quantity=quantity, unit=unit, currency="EUR", at=at)


def check(here: Both, acts: Sequence[Command]) -> int:
    """Memory, Postgres and the slow way come to the same; how many prices were not those of the base list."""
    orders = []
    for n, act in enumerate(acts):
        at = MONDAY + n * STEP
        late = at - 2 * STEP if n % 4 == 3 else None
        here.ask(request(act, at=at, happened=late))
        orders.append(here.ask(request(wanted(CUSTOMERS[n % 2]), at=at + STEP / 2)))
    end, others = MONDAY + (len(acts) + 1) * STEP, 0
    facts = [entry.plain for entry in entered(here.memory.log.facts)]
    for customer in (*CUSTOMERS, None):
        for product, quantity in ((CUP, "10"), (CUP, "10.5"), (ROPE, "2")):
            question = asked(customer, product, quantity, end - 3 * STEP)
            found = here.told(question, end)["priced"]
            here.told(question, end, SELLER)
            about = {name: getattr(question, name) for name in ("customer", "product", "quantity", "unit", "currency")}
            slow = slowly(facts, **about, at=question.at)
            reasons = {each["price_list"]: each["reason"] for each in found["rejected"]}
            assert reasons == {id: each["reason"] for id, each in slow["rejected"].items()}
            winner = found["winner"]
            assert (winner and (winner["price_list"], winner["net"])) == (
                slow["winner"] and (slow["winner"]["price_list"], slow["winner"]["net"])
            )
            others += bool(winner and not winner["base"])
    for id in orders[-4:]:
        assert all(line["agrees"] for line in here.told(OrderPrice(order=OrderId(id)), end)["lines"])
    return others


def test_memory_and_postgres_and_the_slow_way_come_to_the_same(servers: Running, state: Path, soak: int) -> None:
    most = 0

    @settings(
        max_examples=3 * soak,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        database=None,
        phases=[Phase.generate],
    )
    @seed(soak)
    @generated(st.lists(ACTS, min_size=10, max_size=14))
    def same(acts: list[Command]) -> None:
        nonlocal most
        with both(servers, state) as here:
            most = max(most, check(here, acts))

    same()
    assert most > 0


def test_what_was_known_when_it_was_recorded_is_what_stood_before_it_in_a_batch(servers: Running, state: Path) -> None:
    with both(servers, state) as here:
        here.ask(request(wanted(HOTEL)))  # all that it reads is at hand, so that the batch is decided as it came
        before, after = (
            request(PutPrice(price_list=SPRING, product=CUP, price=price(each))) for each in ("2.00", "2.50")
        )
        entered = request(wanted(HOTEL))
        here.ask(before, entered, after)
        row = here.told(OrderPrice(order=OrderId(entered.new_id), number=1), MONDAY + STEP)
    (line,) = row["lines"]
    amounts = [line[name]["winner"]["price"]["amount"] for name in ("recorded", "then", "known")]
    assert (amounts, line["agrees"]) == (["2.00", "2.00", "2.50"], True)
