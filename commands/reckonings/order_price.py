"""Why an order's lines cost what they cost: as it was recorded, as it was known then, and as it is known now (N-3)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import NamedTuple

from commands.permission import holds
from commands.pricing.quote import priced, read_field, read_terms
from commands.reckoning import Reckoned, Reckoning, Row, Told
from commands.reckonings.selling import (
    ASKED_BY,
    allowed_by_exception,
    base_list,
    groups_in,
    mentioned,
    needs_tellable,
    open_groups,
    told,
)
from commands.retrospect import Present, View
from domain.fact import Fact
from domain.pricing.order import (
    ORDER,
    LineNumber,
    Order,
    OrderEvent,
    OrderLine,
    OrderLinePriced,
    OrderLineUnknown,
    OrderUnknown,
    Stage,
    wanted,
)
from domain.pricing.product import PRODUCT
from domain.pricing.winner import Priced
from domain.refusal import Unknown, require
from domain.staff.worker import Right
from domain.values import ContactId, GroupId, Instant, OrderId, PriceListId


class LinePriceTold(Row):
    """A line's price three times.

    `recorded` is what stands on the order, by the decision recorded at `recorded_at`; `then` is the same reckoned
    anew from the facts that stood before that decision, and `agrees` tells that both say one thing; `known` is what
    is known about the line's day at the instant that was asked for.
    """

    number: LineNumber
    line: OrderLine
    recorded_at: datetime | None
    recorded: Priced | None
    then: Priced | None
    agrees: bool | None
    known: Priced


class OrderPriceTold(Told):
    """The lines of an order; `at` is the instant by which it is priced."""

    order: OrderId
    customer: ContactId
    stage: Stage
    at: datetime
    known_at: datetime
    lines: tuple[LinePriceTold, ...]


class Recorded(NamedTuple):
    """A line's price as it was recorded."""

    fact: Fact[OrderEvent]
    since: int
    """The position at which the facts of its decision begin: on all that stood before it rests."""
    at: datetime
    """The instant whose prices counted."""


class OrderPrice(Reckoning[OrderPriceTold], name="order-price", asked_by=ASKED_BY):
    """Why the lines of an order cost what they cost: as recorded, as known when it was, and as known since (N-3)."""

    order: OrderId
    number: LineNumber | None = None
    known_at: Instant | None = None

    def reckon(self, asked: Present) -> Reckoned:
        order = asked.read(ORDER, self.order)
        there = order.customer is not None
        require(there or not holds(asked, Right.AUDITOR), otherwise=OrderUnknown)
        try:
            exception = allowed_by_exception(asked, order.customer)
        except Unknown:
            raise OrderUnknown from None
        require(there, otherwise=OrderUnknown)
        assert order.customer is not None
        require(self.number in (None, *order.lines), otherwise=OrderLineUnknown)
        numbers = order.lines.keys() if self.number is None else [self.number]
        view, at = asked.then(self.known_at), order.dated(asked.now)
        lines = {number: order.lines[number].line for number in numbers}
        recorded = {number: each for number, each in _recorded(asked, self.order).items() if number in lines}
        then = _then(asked, order, recorded)
        known = _reckoned(view, order, at, lines)
        found = [_line(order, number, recorded.get(number), then.get(number), known[number]) for number in lines]
        prices = [each for line in found for each in _prices(line)]
        needs_tellable(prices)
        opened, base = open_groups(asked, groups_in(prices), exception), base_list(asked, at)
        row = OrderPriceTold(
            order=self.order,
            customer=order.customer,
            stage=order.stage,
            at=at,
            known_at=view.now,
            lines=tuple(_shown(line, opened, base) for line in found),
        )
        named = {*mentioned(each for line in row.lines for each in _prices(line))}
        named |= {(PRODUCT.kind, line.line.product) for line in row.lines}
        return Reckoned(row, frozenset(named), exception)


def _recorded(asked: Present, id: OrderId) -> dict[int, Recorded]:
    """Of every line the price that stands, if one does."""
    found, order, since, last = dict[int, Recorded](), ORDER.absent, 0, 0
    for fact in asked.facts(ORDER, id):
        since, last = since if fact.position == last + 1 else fact.position, fact.position
        order = ORDER.evolve(order, fact)
        if isinstance(fact.event, OrderLinePriced):
            found[fact.event.number] = Recorded(fact, since, order.dated(fact.happened_at))
    return {number: each for number, each in found.items() if number in order.lines and order.lines[number].priced}


def _then(asked: Present, order: Order, recorded: Mapping[int, Recorded]) -> dict[int, Priced]:
    """All of one decision together."""
    decisions: dict[tuple[int, datetime], dict[int, OrderLine]] = {}
    for number, each in recorded.items():
        decisions.setdefault((each.since, each.at), {})[number] = order.lines[number].line
    found: dict[int, Priced] = {}
    for (since, at), lines in decisions.items():
        found |= _reckoned(asked.before(since), order, at, lines)
    return found


def _reckoned(view: View, order: Order, at: datetime, lines: Mapping[int, OrderLine]) -> dict[int, Priced]:
    assert order.customer is not None
    field = read_field(view, read_terms(view, order.customer, at), order.currency, at)
    found = priced(view, field, map(wanted, lines.values()))
    return {number: found[wanted(line)] for number, line in lines.items()}


def _line(order: Order, number: int, recorded: Recorded | None, then: Priced | None, known: Priced) -> LinePriceTold:
    stands = order.lines[number].priced
    return LinePriceTold(
        number=number,
        line=order.lines[number].line,
        recorded_at=recorded.fact.recorded_at if recorded else None,
        recorded=stands,
        then=then,
        agrees=None if then is None else then == stands,
        known=known,
    )


def _prices(line: LinePriceTold) -> Iterator[Priced]:
    yield from (each for each in (line.recorded, line.then, line.known) if each is not None)


def _shown(line: LinePriceTold, opened: frozenset[GroupId], base: PriceListId | None) -> LinePriceTold:
    seen = {name: told(each, opened, base) for name in ("recorded", "then", "known") if (each := getattr(line, name))}
    return line.model_copy(update=seen)
