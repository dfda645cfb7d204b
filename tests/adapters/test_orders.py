"""Whatever happens beside it, an order has all its prices, once, and as they follow from the facts before its own."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import orjson
import pytest
from door import Door, Reply, new_place
from inquirers import followed, put
from logbook import lying
from naive.prices import priced
from naive.views import instant
from process import crew, log_of, request, started

from adapters.composition import Place, serving
from adapters.embedded import Running
from adapters.envelope import thing_id
from adapters.nats.client import new_command_id
from adapters.postgres.schema import connect, migrate
from commands.handler import Handler
from commands.request import Answer
from domain.staff.worker import SYSTEM

Plain = dict[str, Any]
Step = tuple[str, Plain]

BEGUN = "SELECT notification_id, min(notification_id) OVER (PARTITION BY caller, command_id) FROM facts"
SAYING = ("price_list", "priority", "groups", "own", "base", "amount", "per", "net")
STEPS = ("order.offered", "order.placed", "order.confirmed", "order.settled")


@dataclass
class Market:
    """A customer in two groups with a list each, a base list, and two products; made by commands, without a service."""

    place: Place
    ids: dict[str, str] = field(default_factory=dict)
    planned: list[tuple[str, Plain, str, str]] = field(default_factory=list)

    def plan(self, topic: str, called: str = "", /, **data: Any) -> str:
        """The id of what the command will make."""
        id = new_command_id()
        self.planned.append((topic, data, SYSTEM, id))
        self.ids[called] = thing_id("desk", id)
        return self.ids[called]

    def done(self) -> None:
        """All that was planned, in one batch."""
        answers = asyncio.run(self._handled())
        assert {answer.code for answer in answers} == {""}, answers
        self.planned.clear()

    async def _handled(self) -> Sequence[Answer]:
        log = log_of(self.place)
        try:
            return await Handler(log).handle([request(*each) for each in self.planned])
        finally:
            await log.close()

    def table(self, price_list: str, product: str = "pump") -> Plain:
        return {"price_list": self.ids[price_list], "product": self.ids[product]}


def lies(place: Place) -> Log:
    with connect(place.postgres_url, place.settings.schema_name) as database:
        return Log(lying(database), dict(database.execute(BEGUN).fetchall()))


class Log(NamedTuple):
    facts: list[Plain]
    begun: Mapping[int, int]
    """By the position of each fact, that of the first fact of its command."""


def market(place: Place) -> Market:
    migrate(place.postgres_url, place.settings.schema_name)
    made = Market(place)
    made.plan("settings.set-place", zone="Europe/Kyiv", country="UA")
    made.plan("settings.list-units", entries=["piece"])
    made.plan("directory.open", "directory", name="Customers")
    made.plan("contact.open", "mill", directory=made.ids["directory"], name="The mill")
    for product in ("pump", "hose"):
        made.plan("product.list", product, number=f"P-{product}", name=product, unit="piece")
    for price_list, priority in (("base", 9), ("gold", 2), ("silver", 2), ("own", 3)):
        made.plan("price-list.open", price_list, name=price_list, priority=priority, currency="EUR")
        price = {"unit": "piece", "amount": f"{priority}.35", "per": 3}
        made.plan("prices.put", **made.table(price_list), price=price)
    made.plan("settings.set-base-list", price_list=made.ids["base"])
    for group in ("gold", "silver"):
        about = {"group": made.plan("group.form", f"{group}s", directory=made.ids["directory"], name=group)}
        made.plan("group.attach-price-list", **about, price_list=made.ids[group])
        made.plan("membership.join", **about, contact=made.ids["mill"])
    made.done()
    return made


# What must be so in any log


def mispriced(log: Log) -> list[tuple[int, Any, Any]]:
    """Where an order was told another price, or other reasons, than the slow way finds in what stood before."""
    found = []
    for fact in log.facts:
        if fact["topic"] != "order.line-priced":
            continue
        own = [each for each in log.facts if each["stream"] == fact["stream"] and each["position"] <= fact["position"]]
        slow = priced(log.facts, **_asked(own, fact["body"]["number"]), before=log.begun[fact["position"]])
        expected = _saying(slow["winner"]), {id: each["reason"] for id, each in slow["rejected"].items()}
        told = fact["body"]["priced"]
        recorded = _told(told["winner"]), {each["price_list"]: each["reason"] for each in told["rejected"]}
        if recorded != expected:
            found.append((fact["position"], recorded, expected))
    return found


def _asked(own: Sequence[Plain], number: int) -> Plain:
    """What the price of a line follows from, as the order's own facts have it."""
    drafted = own[0]["body"]
    lines = [
        each["body"]["line"] for each in own if each["topic"] == "order.line-set" and each["body"]["number"] == number
    ]
    dated = {each["topic"]: each["happened_at"] for each in own if each["topic"] in ("order.offered", "order.placed")}
    at = dated.get("order.placed") or dated["order.offered"]
    return {**lines[-1], "customer": drafted["customer"], "currency": drafted["currency"], "at": instant(at)}


def _told(winner: Plain | None) -> Plain | None:
    return winner and _saying({**winner, **{name: winner["price"][name] for name in ("amount", "per")}})


def _saying(winner: Plain | None) -> Plain | None:
    return winner and {name: winner[name] for name in SAYING}


def half_priced(log: Log) -> list[str]:
    """Orders that stood, after some command, offered or further with a line that had no word about its price."""
    found = []
    for stream in {fact["stream"] for fact in log.facts if fact["stream"].startswith("order-")}:
        own = [fact for fact in log.facts if fact["stream"] == stream]
        for last in (one for one, after in zip(own, [*own[1:], None], strict=True) if _ends(log, one, after)):
            before = own[: own.index(last) + 1]
            if any(fact["topic"] in STEPS for fact in before) and _waiting(before):
                found.append(stream)
    return found


def _ends(log: Log, one: Plain, after: Plain | None) -> bool:
    return after is None or log.begun[one["position"]] != log.begun[after["position"]]


def _waiting(own: Sequence[Plain]) -> set[int]:
    waiting = set[int]()
    for fact in own:
        number = {fact["body"].get("number")}
        waiting = waiting | number if fact["topic"] == "order.line-set" else waiting - number
    return waiting


def other_totals(log: Log) -> list[str]:
    """Orders that were confirmed at something else than their lines came to."""
    found, nets = [], dict[str, dict[int, Decimal]]()
    for fact in log.facts:
        lines = nets.setdefault(fact["stream"], {})
        match fact["topic"]:
            case "order.line-priced" if winner := fact["body"]["priced"]["winner"]:
                lines[fact["body"]["number"]] = Decimal(winner["net"])
            case "order.line-removed" | "order.line-priced":
                lines.pop(fact["body"]["number"], None)
            case "order.confirmed" if Decimal(fact["body"]["total"]) != sum(lines.values()):
                found.append(fact["stream"])
    return found


# What is decided while something moves

BESIDE: list[Step] = [
    ("prices.put", {"price_list": "gold", "product": "pump", "price": {"unit": "piece", "amount": "0.10"}}),
    ("price-list.rank", {"price_list": "silver", "priority": 1}),
    ("group.detach-price-list", {"group": "silvers", "price_list": "silver"}),
    ("membership.leave", {"contact": "mill", "group": "golds"}),
]
"""What another process does while an order is decided, again and again: each time another list, or price, would win."""


def held(made: Market, role: str, step: Step) -> int:
    """Decide the step, and do one thing beside it before each try to store it; how many tries it took."""
    with started(made.place, role, json.dumps([(*step, SYSTEM)])) as process:
        tries, waiting = 0, [*BESIDE]
        while isinstance(heard := process.heard(), dict):
            tries += 1
            if waiting:
                topic, data = waiting.pop(0)
                made.plan(topic, **{name: made.ids.get(str(each), each) for name, each in data.items()})
                made.done()
            process.tell()
    assert [answer["code"] for answer in heard] == [""]
    return tries


def drafted(made: Market, *steps: str) -> str:
    lines = [{"product": made.ids["pump"], "quantity": quantity} for quantity in ("1", "2.5")]
    order = made.plan("order.draft", customer=made.ids["mill"], currency="EUR", lines=lines)
    for step in steps:
        made.plan(step, order=order)
    made.done()
    return order


@pytest.mark.parametrize(("before", "step"), [((), "order.place"), (("order.place",), "order.confirm")])
def test_what_moves_while_an_order_is_decided_is_in_its_price(place: Place, before: tuple[str, ...], step: str) -> None:
    made = market(place)
    assert held(made, "hold", (step, {"order": drafted(made, *before)})) == len(BESIDE) + 1
    log = lies(place)
    assert (mispriced(log), half_priced(log), other_totals(log)) == ([], [], [])


def test_without_guards_the_check_turns_red(place: Place) -> None:
    made = market(place)
    assert held(made, "hold-unguarded", ("order.place", {"order": drafted(made)})) == 1
    assert len(mispriced(lies(place))) == 2


# Orders by the hundred, before two services


VERBS = (*("offer", "place", "confirm") * 3, "reprice", "reprice", "line", "line", "settle", "cancel")


class Life:
    """Steps of orders and of what their prices come from, in any order; most of them are about a few orders."""

    def __init__(self, made: Market, seed: int) -> None:
        self.made, self.chance = made, random.Random(seed)  # noqa: S311 - a test's own
        self.orders: list[str] = []

    def step(self) -> Sent:
        id = new_command_id()
        topic, data = self._about_prices() if self.chance.random() < 0.4 else self._about_orders(id)
        return Sent(topic, orjson.dumps({"id": id, "actor": SYSTEM, "data": data}))

    def _line(self) -> Plain:
        product = self.made.ids[self.chance.choice(("pump", "pump", "pump", "hose"))]
        return {"product": product, "quantity": self.chance.choice(("1", "2.5", "10", "0.333333"))}

    def _about_orders(self, id: str) -> Step:
        if len(self.orders) < 2 or self.chance.random() < 0.2:
            self.orders.append(thing_id("desk", id))
            about = {"customer": self.made.ids["mill"], "currency": "EUR"}
            lines = [self._line() for _ in range(self.chance.randint(1, 4))]
            return self.chance.choice(("order.draft", "order.enter")), {**about, "lines": lines}
        order = {"order": self.chance.choice(self.orders[-6:])}
        verb = self.chance.choice(
            ("place", "confirm", "confirm", "offer", "reprice", "reprice", "line", "settle", "cancel")
        )
        if verb == "line":
            number = self.chance.choice((None, 1, 2))
            return "order.set-line", {**order, "number": number, "line": self._line()}
        return f"order.{verb}", order

    def _about_prices(self) -> Step:
        ids, name = self.made.ids, self.chance.choice(("gold", "silver"))
        group, member = {"group": ids[f"{name}s"]}, {"contact": ids["mill"]}
        table = self.made.table(self.chance.choice(("base", "gold", "silver", "own")))
        price = {"unit": "piece", "amount": f"{self.chance.randint(0, 5)}.{self.chance.randint(10, 99)}"}
        steps: list[Step] = [
            ("prices.put", {**table, "price": {**price, "per": self.chance.choice((1, 3, 7))}}),
            ("prices.put", {**self.made.table("base"), "price": price}),
            ("price-list.rank", {"price_list": table["price_list"], "priority": self.chance.randint(1, 4)}),
            ("group.attach-price-list", {**group, "price_list": ids[name]}),
            ("group.detach-price-list", {**group, "price_list": ids[name]}),
            ("contact.attach-price-list", {**member, "price_list": ids["own"]}),
            ("contact.detach-price-list", {**member, "price_list": ids["own"]}),
            ("membership.join", {**member, **group}),
            ("membership.leave", {**member, **group}),
        ]
        return self.chance.choice(steps)


class Sent(NamedTuple):
    """One request, the same bytes however often it is sent."""

    topic: str
    payload: bytes


class Lived(NamedTuple):
    """What came of it all: the first answer to each request, that to its repetition, and the log before and after."""

    place: Place
    orders: list[str]
    first: list[Reply]
    again: list[Reply]
    log: Log
    log_after: Log


AT_ONCE = 40
QUIET_SECONDS = 1.0


async def burst(desk: Door, steps: Sequence[Sent]) -> list[Reply]:
    """All at once; what nobody answers any more, since a process was killed, is asked again."""
    inboxes, heard = [await desk.put(*step) for step in steps], -1
    while heard < len(desk.replies) and not desk.replies.keys() >= {*inboxes}:
        heard = len(desk.replies)
        with suppress(TimeoutError):
            async with asyncio.timeout(QUIET_SECONDS):
                await desk.until(lambda: desk.replies.keys() >= {*inboxes})
    pairs = zip(inboxes, steps, strict=True)
    return [await (desk.reply(inbox) if inbox in desk.replies else desk.ask(*step)) for inbox, step in pairs]


@pytest.fixture(scope="module")
def lived(servers: Running, state: Path, soak: int) -> Iterator[Lived]:
    """Before the last burst is over one of the two services is killed."""
    made = market(new_place(servers, state))
    for quantity in ("3", "4", "5", "6"):
        whole_life(made, quantity)
    life = Life(made, soak)
    steps = [life.step() for _ in range(240 * soak)]

    async def live(kill: Callable[[], None]) -> Lived:
        desk = await Door.opened(made.place, "desk")
        first: list[Reply] = []
        try:
            for n in range(0, len(steps), AT_ONCE):
                sending = asyncio.create_task(burst(desk, steps[n : n + AT_ONCE]))
                if n + AT_ONCE >= len(steps):
                    await desk.until(lambda: len(desk.replies) > n)  # noqa: B023 - awaited in the same turn
                    kill()
                first += await sending
            log = lies(made.place)
            again = [await desk.ask(*step) for step in steps]
            return Lived(made.place, life.orders, first, again, log, lies(made.place))
        finally:
            await desk.connection.close()

    with crew(made.place, ("serve",), ("serve",)) as (one, other):
        assert one.heard() != other.heard()
        yield asyncio.run(live(one.process.kill))


def whole_life(made: Market, quantity: str) -> None:
    """One order that goes through everything, so that nothing is left to chance."""
    line = {"product": made.ids["hose"], "quantity": quantity}
    made.plan("prices.put", **made.table("base", "hose"), price={"unit": "piece", "amount": "7.00"})
    order = drafted(made, "order.offer", "order.place")
    made.plan("order.set-line", order=order, line=line)
    made.plan("order.remove-line", order=order, number=1)
    made.plan("prices.put", **made.table("gold"), price={"unit": "piece", "amount": "0.20"})
    for step in ("reprice", "confirm", "settle"):
        made.plan(f"order.{step}", order=order)
    made.done()


def test_every_price_follows_from_the_facts_before_it(lived: Lived) -> None:
    prices = [fact["body"]["priced"] for fact in lived.log.facts if fact["topic"] == "order.line-priced"]
    assert {fact["topic"] for fact in lived.log.facts} >= {*STEPS, "order.repriced", "order.line-removed"}
    reasons = {each["reason"] for each in (each for priced in prices for each in priced["rejected"])}
    assert reasons >= {"tie-lost", "lower-priority", "product-not-in-list"}
    assert len({fact["stream"] for fact in lived.log.facts if fact["topic"] == "order.confirmed"}) > 3
    assert len(prices) > 30
    assert mispriced(lived.log) == []


def test_no_order_has_half_its_prices_and_each_is_confirmed_at_their_sum(lived: Lived) -> None:
    assert half_priced(lived.log) == []
    assert other_totals(lived.log) == []


def test_whoever_asks_again_is_told_the_same_and_nothing_is_done_twice(lived: Lived) -> None:
    assert {answer.status for answer in lived.first} == {0, 404, 422}
    assert lived.log.facts == lived.log_after.facts
    for one, other in zip(lived.first, lived.again, strict=True):
        assert (other.status, other.code) == (one.status, one.code)
        assert one.status or other.body == {**one.body, "repeated": True}


@pytest.mark.soak
def test_every_order_explains_itself_as_it_was_decided(lived: Lived) -> None:
    async def ask() -> list[Reply]:
        async with serving(lived.place):
            desk = await Door.opened(lived.place, "desk")
            asked = [orjson.dumps({"actor": SYSTEM, "data": {"order": order}}) for order in lived.orders]
            answers = [await put(desk, "order-price", each) for each in asked]
            await desk.connection.close()
            return answers

    with followed(lived.place):
        answers = asyncio.run(ask())
    agrees = [line["agrees"] for each in answers if not each.status for line in each.body["row"]["lines"]]
    assert {each.code for each in answers} <= {"", "OrderUnknown"}
    assert False not in agrees
    assert agrees.count(True) > 10


def test_what_is_wrong_in_a_log_is_found() -> None:
    """One order of two lines, placed in one command that priced one of them; confirmed at another total."""
    drafted = {"customer": "mill", "currency": "EUR"}
    line = {"product": "pump", "quantity": "1", "unit": "piece"}
    told = [
        ("order.drafted", drafted),
        *(("order.line-set", {"number": number, "line": line}) for number in (1, 2)),
        ("order.placed", {}),
        ("order.line-priced", {"number": 1, "priced": {"winner": {"net": "1.00"}}}),
        ("order.confirmed", {"total": "2.00"}),
    ]
    facts = [{"stream": "order-1", "topic": topic, "body": body, "position": n} for n, (topic, body) in enumerate(told)]
    log = Log(facts, {0: 0, 1: 0, 2: 0, 3: 3, 4: 3, 5: 5})
    assert half_priced(log) == ["order-1"] * 2
    assert other_totals(log) == ["order-1"]
