"""However lists, groups and prices came to be known, one price wins or none does, and why is told of each list."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any, NamedTuple, TypeVar

from clientele import made
from company import COMPANY_SO_FAR
from hypothesis import given as generated
from hypothesis import settings
from hypothesis import strategies as st
from logbook import entered
from naive.prices import priced as naively
from selling import ABOUT_CUSTOMERS, ABOUT_ORDERS, ABOUT_PRICES, MORE_GOODS, customers, some_lines
from specification import LONG_AGO, Given, Happened, folded, given, of, on_monday, request

from commands.pricing.order import ConfirmOrder, EnterOrder, PlaceOrder, RepriceOrder
from commands.pricing.quote import attached, priced, read_field, read_terms
from domain.clients.contact import (
    CONTACT,
    ContactAbsorbed,
    ContactMerged,
    ContactPriceListAttached,
    ContactPriceListDetached,
)
from domain.clients.group import GROUP, GroupPriceListAttached, GroupPriceListDetached
from domain.clients.membership import MEMBERSHIP, MemberJoined, MemberLeft
from domain.company.settings import COMPANY, SETTINGS, BaseListSet, PlaceSet
from domain.decider import Decider
from domain.fact import Event, Fact
from domain.pricing.days import ALWAYS, Days
from domain.pricing.order import ORDER, Order, OrderConfirmed, OrderLinePriced, OrderRepriced, Stage
from domain.pricing.price import PRICES, Band, Price, PriceSet, set_price, table_id
from domain.pricing.price_list import PRICE_LIST, PriceListOpened, PriceListRanked
from domain.pricing.terms import Supposed, Terms, listed, supposing
from domain.pricing.winner import Line, Priced, Reason
from domain.refusal import Refused
from domain.staff.worker import SYSTEM
from domain.values import ContactId, GroupId, OrderId, PriceListId, ProductId
from examples import BREAD, CART

S = TypeVar("S")
E = TypeVar("E", bound=Event)

NINE, NOON, EVENING = on_monday(9), on_monday(12), on_monday(20)
TODAY = date(2024, 6, 3)
FLOUR, INN, PUB = ProductId("flour"), ContactId("inn"), ContactId("pub")
GROUPS = BAKERS, FRIENDS = GroupId("bakers"), GroupId("friends")
LISTS = A, B, C, D = tuple(map(PriceListId, "abcd"))
NEW = PriceListId("bb")
"""A list that comes to be known later; by its id it stands between others."""

KILO, SACK = "kg", "sack"
LINES = [Line(FLOUR, Decimal(quantity), unit) for quantity in ("1", "10", "10.5") for unit in (KILO, SACK)]


@dataclass
class Desk:
    """What the world holds, read as a decision reads it."""

    world: Given
    actor = SYSTEM
    now = EVENING

    def read(self, decider: Decider[S, E], id: str) -> S:
        return self.world.state(decider, id)

    def bring(self, decider: Decider[Any, Any], ids: Iterable[str]) -> None:
        """All of it is at hand."""


def prices_of(world: Given, at: datetime, terms: Terms | None = None, customer: ContactId | None = INN) -> list[Priced]:
    """Every line for the customer at the instant; with other terms where these are supposed."""
    desk = Desk(world)
    found = priced(desk, read_field(desk, terms or read_terms(desk, customer, at), "EUR", at), LINES)
    return [found[line] for line in LINES]


# Worlds whose facts are true in whatever order they become known


hours = st.sampled_from([LONG_AGO, NINE, NOON, EVENING])
instants = st.sampled_from([NINE, NOON, on_monday(15), EVENING, on_monday(23)])
days = st.sampled_from([ALWAYS, ALWAYS, ALWAYS, Days(last=TODAY), Days(first=TODAY + timedelta(days=1))])
prices = st.builds(
    Price,
    unit=st.sampled_from([KILO, KILO, SACK]),
    band=st.sampled_from([Band(), Band(up_to=Decimal(10)), Band(above=Decimal(10)), Band(above=Decimal("2.5"))]),
    days=days,
    amount=st.sampled_from([Decimal(each) for each in ("0", "1.25", "3.33", "3.34", "10")]),
    per=st.sampled_from([1, 1, 3]),
)


class World(NamedTuple):
    """How it began, and what became known since."""

    begun: list[Happened]
    known: list[Happened]

    def shuffled(self, chance: Any) -> World:
        known = [*self.known]
        chance.shuffle(known)
        return World(self.begun, known)


@st.composite
def worlds(draw: Any) -> World:
    begun = of(SETTINGS, COMPANY, PlaceSet(zone="Europe/Prague", country="CZ"))
    begun += of(SETTINGS, COMPANY, BaseListSet(price_list=draw(st.sampled_from([None, A, D]))))
    known: list[Happened] = []
    for id in LISTS:
        currency = draw(st.sampled_from(["EUR", "EUR", "EUR", "CZK"]))
        opened = PriceListOpened(name=id, priority=draw(st.integers(1, 2)), currency=currency, days=draw(days))
        begun += of(PRICE_LIST, id, opened)
        known += of(PRICES, table_id(id, FLOUR), *(PriceSet(price=each) for each in draw(rows())))
        for at in draw(st.lists(hours, unique=True, max_size=1)):
            known += of(PRICE_LIST, id, PriceListRanked(priority=draw(st.integers(0, 2))), at=at)
        came = (ContactPriceListAttached(price_list=id), ContactPriceListDetached(price_list=id))
        known += draw(spells(CONTACT, draw(st.sampled_from([INN, INN, PUB])), *came))
        for group in GROUPS:
            in_group = (GroupPriceListAttached(price_list=id), GroupPriceListDetached(price_list=id))
            known += draw(spells(GROUP, group, *in_group))
    for group in GROUPS:
        known += draw(spells(MEMBERSHIP, INN, MemberJoined(group=group), MemberLeft(group=group)))
    return World(begun, known)


@st.composite
def spells(draw: Any, decider: Decider[Any, Any], id: str, came: Event, went: Event) -> list[Happened]:
    """It came, or never did, and went again at another instant, or did not."""
    turns = draw(st.lists(hours, unique=True, max_size=2))
    return [each for event, at in zip((came, went), turns, strict=False) for each in of(decider, id, event, at=at)]


@st.composite
def rows(draw: Any) -> tuple[Price, ...]:
    """Prices that do not meet."""
    events: list[Any] = []
    for price in draw(st.lists(prices, max_size=4)):
        try:
            events += set_price(folded(PRICES, *events), price, "EUR")
        except Refused:
            continue
    return folded(PRICES, *events).prices


@settings(max_examples=100, deadline=None)
@generated(worlds(), st.randoms(use_true_random=False), instants)
def test_the_order_in_which_things_became_known_changes_no_price(world: World, chance: Any, at: datetime) -> None:
    assert prices_of(given(*world), at) == prices_of(given(*world.shuffled(chance)), at)


@settings(max_examples=100, deadline=None)
@generated(worlds(), instants)
def test_one_list_wins_or_none_and_every_other_that_the_customer_has_says_why_not(world: World, at: datetime) -> None:
    found = given(*world)
    has = listed(read_terms(Desk(found), INN, at))
    for price in prices_of(found, at):
        named = [each.price_list for each in price.rejected]
        winners = [] if price.winner is None else [price.winner.price_list]
        assert sorted([*named, *winners]) == sorted(has)
        late = {each.reason for each in price.rejected} & {Reason.LOWER_PRIORITY, Reason.TIE_LOST}
        assert price.winner is not None or not late


def free(unit: str = KILO, **more: Any) -> Price:
    return Price(unit=unit, amount=Decimal(0), **more)


BEYOND = Band(above=Decimal(99))
CANNOT_APPLY: list[tuple[Reason, dict[str, Any], list[Price]]] = [
    (Reason.OTHER_CURRENCY, {"currency": "CZK"}, [free(), free(SACK)]),
    (Reason.NOT_VALID_ON_DATE, {"days": Days(last=TODAY - timedelta(days=1))}, [free(), free(SACK)]),
    (Reason.PRODUCT_NOT_IN_LIST, {}, []),
    (Reason.OTHER_UNIT, {}, [free("litre")]),
    (Reason.BAND_NOT_REACHED, {}, [free(band=BEYOND), free(SACK, band=BEYOND)]),
]
JOINED = [*of(GROUP, "new", GroupPriceListAttached(price_list=NEW)), *of(MEMBERSHIP, INN, MemberJoined(group="new"))]
ITS_OWN = of(CONTACT, INN, ContactPriceListAttached(price_list=NEW))


@settings(max_examples=100, deadline=None)
@generated(worlds(), instants, st.integers(0, 3), st.sampled_from([JOINED, ITS_OWN]), st.sampled_from(CANNOT_APPLY))
def test_a_list_that_cannot_apply_changes_nothing_of_the_winner(
    world: World, at: datetime, priority: int, brought: list[Happened], how: tuple[Reason, dict[str, Any], list[Price]]
) -> None:
    """Whether it is tried first or last, and whatever brings it."""
    reason, differs, free = how
    opened = PriceListOpened(**{"name": NEW, "priority": priority, "currency": "EUR", **differs})
    added = of(PRICE_LIST, NEW, opened) + of(PRICES, table_id(NEW, FLOUR), *(PriceSet(price=each) for each in free))
    before = prices_of(given(*world), at)
    assert prices_of(given(*world, added), at) == before
    for was, price in zip(before, prices_of(given(*world, added, brought), at), strict=True):
        assert price.winner == was.winner
        told = {each.price_list: each for each in price.rejected}
        new = told.pop(NEW)
        assert told == {each.price_list: each for each in was.rejected}
        assert new.reason is reason or (new.reason is Reason.LOWER_PRIORITY and was.winner is not None)


# What if


@settings(max_examples=100, deadline=None)
@generated(worlds(), st.sampled_from(GROUPS), st.sampled_from(LISTS), st.integers(-1, 3))
def test_what_is_supposed_is_what_would_be(world: World, group: GroupId, price_list: PriceListId, n: int) -> None:
    found, at = given(*world), EVENING
    desk, terms = Desk(found), read_terms(Desk(found), INN, EVENING)
    brought = attached(desk, [group], at)
    detached = [
        *of(CONTACT, INN, ContactPriceListDetached(price_list=price_list), at=at),
        *(each for id in GROUPS for each in of(GROUP, id, GroupPriceListDetached(price_list=price_list), at=at)),
    ]
    if terms.base == price_list:
        detached += of(SETTINGS, COMPANY, BaseListSet(price_list=None), at=at)
    for what, facts in (
        (Supposed(), []),
        (Supposed(joined=brought), of(MEMBERSHIP, INN, MemberJoined(group=group), at=at)),
        (Supposed(left=[group]), of(MEMBERSHIP, INN, MemberLeft(group=group), at=at)),
        (
            Supposed(attached=[price_list]),
            of(CONTACT, INN, ContactPriceListAttached(price_list=price_list), at=at),
        ),
        (Supposed(detached=[price_list]), detached),
        (Supposed(priorities={price_list: n}), of(PRICE_LIST, price_list, PriceListRanked(priority=n), at=at)),
    ):
        before = list(found.log.facts)
        assert prices_of(found, at, supposing(terms, what)) == prices_of(given(*world, facts), at)
        assert found.log.facts == before


# Another opinion


def plainly(facts: Sequence[Fact[Any]]) -> list[dict[str, Any]]:
    return [entry.plain for entry in entered(facts)]


def as_others_tell_it(price: Priced) -> dict[str, Any]:
    """An answer as the slow one has it."""
    kept = ("priority", "groups", "own", "base")
    dumped = price.model_dump(mode="json")
    rejected = {
        each["price_list"]: {"reason": each["reason"], **{name: each[name] for name in kept}}
        for each in dumped["rejected"]
    }
    if price.winner is None:
        return {"winner": None, "rejected": rejected}
    won, row = dumped["winner"], dumped["winner"]["price"]
    place = {"unit": row["unit"], "above": row["band"]["above"], "first": row["days"]["first"]}
    asked = {"amount": row["amount"], "per": row["per"], "net": won["net"]}
    return {
        "winner": {"price_list": won["price_list"], **{name: won[name] for name in kept}, **place, **asked},
        "rejected": rejected,
    }


@settings(max_examples=60, deadline=None)
@generated(worlds(), st.sampled_from([INN, PUB, None]), instants, st.booleans())
def test_whoever_looks_at_every_fact_finds_the_same(
    world: World, customer: ContactId | None, at: datetime, merged: bool
) -> None:
    together = [
        *of(CONTACT, PUB, ContactMerged(survivor=INN)),
        *of(CONTACT, INN, ContactAbsorbed(contact=PUB)),
    ]
    found = given(*world, together if merged else [])
    facts = plainly(found.log.facts)
    for line, price in zip(LINES, prices_of(found, at, customer=customer), strict=True):
        slow = naively(facts, customer=customer, **line._asdict(), currency="EUR", at=at)
        assert as_others_tell_it(price) == slow


@st.composite
def years(draw: Any) -> Given:
    """A company that sells, through the handler: some of it late, and orders that are seen through in between."""
    world, at = given(COMPANY_SO_FAR, MORE_GOODS), NINE + timedelta(hours=1)
    ordered = [CART, BREAD, *(OrderId(made(n)) for n in range(30, 40))]
    for n in range(30):
        at += draw(st.sampled_from([timedelta(), timedelta(minutes=10), timedelta(hours=7), timedelta(days=1)]))
        late = draw(st.sampled_from([timedelta()] * 4 + [timedelta(minutes=30), timedelta(hours=9)]))
        command = draw(st.one_of(ABOUT_PRICES, ABOUT_PRICES, ABOUT_ORDERS, ABOUT_CUSTOMERS))
        world.ask(request(command, at=at, happened=at - late, id=f"command-{n}"))
        if n % 3 == 0:
            enter = EnterOrder(customer=draw(customers), currency="EUR", lines=draw(some_lines))
            world.ask(request(enter, at=at, happened=at - late, id=f"command-{30 + n // 3}"))
            step = draw(st.sampled_from([PlaceOrder, ConfirmOrder, ConfirmOrder, RepriceOrder]))
            world.ask(request(step(order=draw(st.sampled_from(ordered))), at=at))
    return world


@settings(max_examples=40, deadline=None)
@generated(years())
def test_every_price_on_an_order_is_what_anybody_finds_who_looks_at_every_fact_there_was(world: Given) -> None:
    facts = plainly(world.log.facts)
    for fact, order in priced_lines(world):
        line = order.lines[fact.event.number].line
        slow = naively(
            facts,
            customer=order.customer,
            product=line.product,
            quantity=line.quantity,
            unit=line.unit,
            currency=order.currency,
            at=order.dated(fact.happened_at),
            before=fact.position,
        )
        assert as_others_tell_it(fact.event.priced) == slow


@settings(max_examples=20, deadline=None)
@generated(years())
def test_no_order_is_confirmed_without_all_its_prices_and_each_comes_to_what_its_lines_do(world: Given) -> None:
    for order, event in totals(world):
        nets = [each.priced and each.priced.winner and each.priced.winner.net for each in order.lines.values()]
        if None in nets:
            assert isinstance(event, OrderRepriced)
            assert (event.total, order.stage is Stage.CONFIRMED) == (None, False)
        else:
            assert event.total == sum(map(Fraction, nets)) > -1


def priced_lines(world: Given) -> Iterator[tuple[Fact[OrderLinePriced], Order]]:
    """Each price on each order, and how the order stood when it was found."""
    for facts in world.log.streams.values():
        order = ORDER.absent
        for fact in facts:
            if isinstance(fact.event, OrderLinePriced):
                yield fact, order
            order = ORDER.fold([fact], order) if fact.stream.startswith("order-") else order


def totals(world: Given) -> Iterator[tuple[Order, OrderConfirmed | OrderRepriced]]:
    for stream, facts in world.log.streams.items():
        for n, fact in enumerate(facts, 1):
            if stream.startswith("order-") and isinstance(fact.event, OrderConfirmed | OrderRepriced):
                yield ORDER.fold(facts[:n]), fact.event
