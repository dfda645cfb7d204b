"""An order is drafted, offered, placed, confirmed and settled, no step back; once confirmed, its prices are frozen."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, NamedTuple

from pydantic import BaseModel, Field

from domain.decider import Decider
from domain.fact import Event, Fact
from domain.pricing.money import Currency, Quantity, Total, plain
from domain.pricing.winner import Line, Priced, total
from domain.refusal import Refused, Unknown, require
from domain.values import ContactId, ProductId, Reference, Unit

MOST_LINES = 200
"""Of one order, those that were removed included."""


class Stage(StrEnum):
    """How far an order has come."""

    ABSENT = "absent"
    DRAFT = "draft"
    OFFERED = "offered"
    PLACED = "placed"
    CONFIRMED = "confirmed"
    SETTLED = "settled"
    CANCELLED = "cancelled"


class OrderLine(BaseModel, frozen=True, extra="forbid"):
    """So much of a product."""

    product: ProductId
    quantity: Quantity
    unit: Unit

    def __str__(self) -> str:
        return f"{plain(self.quantity)} {self.unit} of product {self.product}"


LineNumber = Annotated[int, Field(ge=1, le=MOST_LINES)]


class OrderDrafted(Event, topic="order.drafted"):
    """Something is being put together for a customer, in one currency for good."""

    customer: ContactId
    currency: Currency
    reference: Reference | None = None


class OrderLineSet(Event, topic="order.line-set"):
    """The line says this: a new one, or one that said something else."""

    number: LineNumber
    line: OrderLine


class OrderLineRemoved(Event, topic="order.line-removed"):
    """The line is no part of the order."""

    number: LineNumber


class OrderLinePriced(Event, topic="order.line-priced"):
    """This is the line's price and why, or that there is none (R-PRC-3)."""

    number: LineNumber
    priced: Priced


class OrderOffered(Event, topic="order.offered"):
    """The customer was offered this, at the prices of this day."""


class OrderPlaced(Event, topic="order.placed"):
    """The customer ordered this, at the prices of this day (D20)."""


class OrderConfirmed(Event, topic="order.confirmed"):
    """We confirmed the order: its prices stand, whatever becomes of the lists (D22)."""

    total: Total


class OrderRepriced(Event, topic="order.repriced"):
    """Somebody asked that the prices be reckoned again; of a confirmed order this is what it comes to now."""

    total: Total | None


class OrderSettled(Event, topic="order.settled"):
    """The order is done with."""


class OrderCancelled(Event, topic="order.cancelled"):
    """Nothing comes of it; it keeps its prices."""


OrderEvent = (
    OrderDrafted
    | OrderLineSet
    | OrderLineRemoved
    | OrderLinePriced
    | OrderOffered
    | OrderPlaced
    | OrderConfirmed
    | OrderRepriced
    | OrderSettled
    | OrderCancelled
)


class OrderUnknown(Unknown):
    """There is no such order."""


class OrderAlreadyDrafted(Refused):
    """This order was drafted before."""


class OrderStepBack(Refused):
    """An order goes no step back."""


class OrderStepSkipped(Refused):
    """The order is not yet where this step begins."""


class OrderStepTooEarly(Refused):
    """A step cannot have happened before the one it follows."""


class OrderFrozen(Refused):
    """Lines are changed before the order is confirmed, and not after it."""


class OrderEmpty(Refused):
    """The order has no line."""


class OrderLineUnknown(Unknown):
    """The order has no such line."""


class TooManyLines(Refused):
    """An order has two hundred lines at most."""


class PriceMissing(Refused):
    """A line has no price, which is not zero: the order cannot stand like that (D22)."""


class TotalOther(Refused):
    """The order does not come to the total that was expected."""


class Item(NamedTuple):
    """A line as it stands, and its price if it was reckoned."""

    line: OrderLine
    priced: Priced | None = None


PriceLine = Callable[[Line], Priced]
"""The price of a line for the customer, the currency and the day of the order."""


@dataclass(frozen=True, slots=True)
class Order:
    customer: ContactId | None = None
    currency: str = ""
    reference: str | None = None
    stage: Stage = Stage.ABSENT
    steps: Mapping[Stage, datetime] = field(default_factory=dict)
    """When each step happened."""
    lines: Mapping[int, Item] = field(default_factory=dict)
    numbered: int = 0
    """How many lines there ever were: a number is given once."""

    def dated(self, at: datetime) -> datetime:
        """The instant whose prices count: of the placing, before it of the offer; of a draft any that one asks for."""
        return self.steps.get(Stage.PLACED) or self.steps.get(Stage.OFFERED) or at

    @property
    def is_offer(self) -> bool:
        """Whether it was offered and never placed: that takes the sales right (R-PRC-5)."""
        return Stage.OFFERED in self.steps and Stage.PLACED not in self.steps

    @property
    def total(self) -> Decimal | None:
        """What it comes to without taxes; nothing that could be said where a line has no price."""
        return total(item.priced for item in self.lines.values())


AFTER: Mapping[Stage, tuple[Stage, ...]] = {
    Stage.DRAFT: (Stage.ABSENT,),
    Stage.OFFERED: (Stage.DRAFT,),
    Stage.PLACED: (Stage.DRAFT, Stage.OFFERED),
    Stage.CONFIRMED: (Stage.PLACED,),
    Stage.SETTLED: (Stage.CONFIRMED,),
    Stage.CANCELLED: (Stage.DRAFT, Stage.OFFERED, Stage.PLACED, Stage.CONFIRMED),
}
"""From where each step may be made (R-ORD-1); an order may be placed that was never offered."""

STAGES = tuple(Stage)
"""In their order; a settled order and a cancelled one go nowhere."""

OPEN = (Stage.DRAFT, Stage.OFFERED, Stage.PLACED)
"""While lines may still change."""


class Draft(NamedTuple):
    """What an order begins with."""

    customer: ContactId
    currency: str
    reference: str | None
    lines: tuple[OrderLine, ...]


def draft(order: Order, given: Draft) -> Iterator[OrderEvent]:
    require(order.stage is Stage.ABSENT, otherwise=OrderAlreadyDrafted)
    require(len(given.lines) <= MOST_LINES, otherwise=TooManyLines)
    yield OrderDrafted(customer=given.customer, currency=given.currency, reference=given.reference)
    for number, line in enumerate(given.lines, 1):
        yield OrderLineSet(number=number, line=line)


def enter(order: Order, given: Draft, price: PriceLine) -> Iterator[OrderEvent]:
    """Drafted and placed at once."""
    yield from draft(order, given)
    require(bool(given.lines), otherwise=OrderEmpty)
    yield OrderPlaced()
    for number, line in enumerate(given.lines, 1):
        yield OrderLinePriced(number=number, priced=price(wanted(line)))


def set_line(order: Order, number: int | None, line: OrderLine, price: PriceLine) -> Iterator[OrderEvent]:
    """A new line where there is no number; its price is reckoned as soon as the order has one."""
    _needs_open(order)
    if number is None:
        require(order.numbered < MOST_LINES, otherwise=TooManyLines)
        number = order.numbered + 1
    else:
        require(number in order.lines, otherwise=OrderLineUnknown)
        if line == order.lines[number].line:
            return
    yield OrderLineSet(number=number, line=line)
    if order.stage is not Stage.DRAFT:
        yield OrderLinePriced(number=number, priced=price(wanted(line)))


def remove_line(order: Order, number: int) -> Iterator[OrderEvent]:
    """A line that is not there is none to remove."""
    _needs_open(order)
    if number in order.lines:
        require(order.stage is Stage.DRAFT or len(order.lines) > 1, otherwise=OrderEmpty)
        yield OrderLineRemoved(number=number)


def offer(order: Order, at: datetime, price: PriceLine) -> Iterator[OrderEvent]:
    if _goes(order, Stage.OFFERED, at):
        require(bool(order.lines), otherwise=OrderEmpty)
        yield OrderOffered()
        yield from _recorded(_prices(order, price))


def place(order: Order, at: datetime, price: PriceLine) -> Iterator[OrderEvent]:
    """A line without a price does not keep the customer from ordering, only us from confirming."""
    if _goes(order, Stage.PLACED, at):
        require(bool(order.lines), otherwise=OrderEmpty)
        yield OrderPlaced()
        yield from _recorded(_prices(order, price))


def confirm(order: Order, at: datetime, price: PriceLine, expected: Decimal | None) -> Iterator[OrderEvent]:
    """At the prices of its day as they are known now, which are frozen with that."""
    if _goes(order, Stage.CONFIRMED, at):
        found = _prices(order, price)
        comes_to = _needs_total(found)
        require(expected is None or expected == comes_to, otherwise=TotalOther)
        yield from _recorded(found)
        yield OrderConfirmed(total=comes_to)


def reprice(order: Order, price: PriceLine) -> Iterator[OrderEvent]:
    """For the day of the order, as lists, groups and priorities are known now; before there is a day there is none."""
    require(order.stage is not Stage.ABSENT, otherwise=OrderUnknown)
    require(order.stage is not Stage.DRAFT, otherwise=OrderStepSkipped)
    require(order.stage not in (Stage.SETTLED, Stage.CANCELLED), otherwise=OrderFrozen)
    found = _prices(order, price)
    confirmed = order.stage is Stage.CONFIRMED
    comes_to = _needs_total(found) if confirmed else total(each.priced for each in found)
    changed = list(_repriced(found))
    if changed:
        yield from changed
        yield OrderRepriced(total=comes_to)


def settle(order: Order, at: datetime) -> Iterator[OrderEvent]:
    if _goes(order, Stage.SETTLED, at):
        yield OrderSettled()


def cancel(order: Order, at: datetime) -> Iterator[OrderEvent]:
    if _goes(order, Stage.CANCELLED, at):
        yield OrderCancelled()


def wanted(line: OrderLine) -> Line:
    """The line as prices are asked for."""
    return Line(line.product, line.quantity, line.unit)


def _needs_open(order: Order) -> None:
    require(order.stage is not Stage.ABSENT, otherwise=OrderUnknown)
    require(order.stage in OPEN, otherwise=OrderFrozen)


def _goes(order: Order, to: Stage, at: datetime) -> bool:
    """Whether the step is still to be made; refused where it may not be."""
    require(order.stage is not Stage.ABSENT, otherwise=OrderUnknown)
    if order.stage is to:
        return False
    require(order.stage is not Stage.SETTLED, otherwise=OrderStepBack)
    require(STAGES.index(order.stage) < STAGES.index(to), otherwise=OrderStepBack)
    require(order.stage in AFTER[to], otherwise=OrderStepSkipped)
    require(at >= order.steps[order.stage], otherwise=OrderStepTooEarly)
    return True


class _Priced(NamedTuple):
    number: int
    item: Item
    priced: Priced


def _prices(order: Order, price: PriceLine) -> list[_Priced]:
    return [_Priced(number, item, price(wanted(item.line))) for number, item in order.lines.items()]


def _recorded(found: Iterable[_Priced]) -> Iterator[OrderEvent]:
    """With every step all prices, changed or not: how many facts there are tells nothing of lists that are hidden."""
    return (OrderLinePriced(number=each.number, priced=each.priced) for each in found)


def _repriced(found: Iterable[_Priced]) -> Iterator[OrderEvent]:
    """What comes to another price: for other reasons alone no fact is stored, they may be of lists that are hidden."""
    for number, item, priced in found:
        if _agreed(priced) != _agreed(item.priced):
            yield OrderLinePriced(number=number, priced=priced)


def _agreed(priced: Priced | None) -> object:
    """What everybody who sees the order is told of a line."""
    if priced is None or priced.winner is None:
        return priced and priced.day
    winner = priced.winner
    return priced.day, winner.price_list, winner.price, winner.net


def _needs_total(found: Iterable[_Priced]) -> Decimal:
    comes_to = total(each.priced for each in found)
    if comes_to is None:
        raise PriceMissing
    return comes_to


def evolve(order: Order, fact: Fact[OrderEvent]) -> Order:
    match fact.event:
        case OrderDrafted(customer=customer, currency=currency, reference=reference):
            new = Order(customer=customer, currency=currency, reference=reference)
            return _stepped(new, Stage.DRAFT, fact.happened_at)
        case OrderLineSet(number=number, line=line):
            lines = {**order.lines, number: Item(line)}
            return replace(order, lines=lines, numbered=max(order.numbered, number))
        case OrderLineRemoved(number=number):
            return replace(order, lines={n: item for n, item in order.lines.items() if n != number})
        case OrderLinePriced(number=number, priced=priced):
            lines = {**order.lines, number: order.lines[number]._replace(priced=priced)}
            return replace(order, lines=lines)
        case OrderOffered():
            return _stepped(order, Stage.OFFERED, fact.happened_at)
        case OrderPlaced():
            return _stepped(order, Stage.PLACED, fact.happened_at)
        case OrderConfirmed():
            return _stepped(order, Stage.CONFIRMED, fact.happened_at)
        case OrderRepriced():
            return order
        case OrderSettled():
            return _stepped(order, Stage.SETTLED, fact.happened_at)
        case OrderCancelled():
            return _stepped(order, Stage.CANCELLED, fact.happened_at)


def _stepped(order: Order, stage: Stage, at: datetime) -> Order:
    return replace(order, stage=stage, steps={**order.steps, stage: at})


ORDER = Decider(
    "order",
    Order(),
    evolve,
    (
        *(OrderDrafted, OrderLineSet, OrderLineRemoved, OrderLinePriced),
        *(OrderOffered, OrderPlaced, OrderConfirmed, OrderRepriced, OrderSettled, OrderCancelled),
    ),
)
