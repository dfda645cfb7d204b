"""What may be asked about orders: with the basic right and sight of the customer; of offers with that to sell."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, Field

from commands.command import Asked, Command, Decision
from commands.permission import needs
from commands.pricing.quote import pricing
from commands.sight import needs_order, needs_sight
from domain.clients.contact import CONTACT, needs_used
from domain.company.settings import COMPANY, SETTINGS
from domain.pricing import order as rule
from domain.pricing.money import Currency, Quantity, Total
from domain.pricing.order import MOST_LINES, ORDER, Draft, LineNumber, Order, OrderLine, PriceLine, wanted
from domain.pricing.product import PRODUCT, UnitNotListed, needs_sold
from domain.refusal import require
from domain.staff.worker import Right
from domain.values import ContactId, OrderId, ProductId, Reference, Unit


class Given(BaseModel, frozen=True, extra="forbid"):
    """So much of a product; in the product's own unit where it says none."""

    product: ProductId
    quantity: Quantity
    unit: Unit | None = None


Lines = Annotated[tuple[Given, ...], Field(max_length=MOST_LINES)]


class DraftOrder(Command, topic="order.draft", of=ORDER):
    """Begin to put something together for a customer; it has no prices before it is offered or placed (R-ORD-1)."""

    customer: ContactId
    currency: Currency
    reference: Reference | None = None
    lines: Lines = ()

    def decide(self, own: Order, asked: Asked) -> Decision:
        needs(asked, Right.BASIC)
        needs_sight(asked, self.customer)
        needs_used(asked.read(CONTACT, self.customer))
        return rule.draft(own, Draft(self.customer, self.currency, self.reference, _lines(asked, self.lines)))


class EnterOrder(Command, topic="order.enter", of=ORDER):
    """Enter what a customer ordered, at the prices of the day on which this happened (D20)."""

    customer: ContactId
    currency: Currency
    reference: Reference | None = None
    lines: Lines

    def decide(self, own: Order, asked: Asked) -> Decision:
        needs(asked, Right.BASIC)
        needs_sight(asked, self.customer)
        needs_used(asked.read(CONTACT, self.customer))
        lines = _lines(asked, self.lines)
        price = pricing(asked, self.customer, self.currency, asked.at, map(wanted, lines))
        return rule.enter(own, Draft(self.customer, self.currency, self.reference, lines), price)


class SetOrderLine(Command, topic="order.set-line", of=ORDER):
    """Add a line, or change the one of this number; it is priced at once where the order has a day (R-PRC-3)."""

    order: OrderId
    number: LineNumber | None = None
    line: Given

    def decide(self, own: Order, asked: Asked) -> Decision:
        needs_order(asked, own)
        (line,) = _lines(asked, (self.line,))
        return rule.set_line(own, self.number, line, _pricing(asked, own, own.dated(asked.at), [line]))


class RemoveOrderLine(Command, topic="order.remove-line", of=ORDER):
    """Take a line out of an order that is not confirmed."""

    order: OrderId
    number: LineNumber

    def decide(self, own: Order, asked: Asked) -> Decision:
        needs_order(asked, own)
        return rule.remove_line(own, self.number)


class OfferOrder(Command, topic="order.offer", of=ORDER):
    """Offer what was drafted to the customer, at the prices of the day on which this happened (R-PRC-5)."""

    order: OrderId

    def decide(self, own: Order, asked: Asked) -> Decision:
        needs(asked, Right.SALES)
        needs_order(asked, own)
        return rule.offer(own, asked.at, _pricing_all(asked, own, asked.at))


class PlaceOrder(Command, topic="order.place", of=ORDER):
    """Say that the customer ordered this, at the prices of the day on which this happened (D20)."""

    order: OrderId

    def decide(self, own: Order, asked: Asked) -> Decision:
        needs_order(asked, own)
        return rule.place(own, asked.at, _pricing_all(asked, own, asked.at))


class ConfirmOrder(Command, topic="order.confirm", of=ORDER):
    """Confirm an order and freeze its prices: those of its day, as they are known now (D22).

    Where a total is given, the order is confirmed only if it comes to that.
    """

    order: OrderId
    total: Total | None = None

    def decide(self, own: Order, asked: Asked) -> Decision:
        needs_order(asked, own)
        return rule.confirm(own, asked.at, _pricing_all(asked, own, own.dated(asked.at)), self.total)


class RepriceOrder(Command, topic="order.reprice", of=ORDER):
    """Reckon the prices of an order again, for its own day, as lists, groups and priorities are known now (D22)."""

    order: OrderId

    def decide(self, own: Order, asked: Asked) -> Decision:
        needs_order(asked, own)
        return rule.reprice(own, _pricing_all(asked, own, own.dated(asked.at)))


class SettleOrder(Command, topic="order.settle", of=ORDER):
    """Say that a confirmed order is done with."""

    order: OrderId

    def decide(self, own: Order, asked: Asked) -> Decision:
        needs_order(asked, own)
        return rule.settle(own, asked.at)


class CancelOrder(Command, topic="order.cancel", of=ORDER):
    """Say that nothing comes of an order; it keeps its prices."""

    order: OrderId

    def decide(self, own: Order, asked: Asked) -> Decision:
        needs_order(asked, own)
        return rule.cancel(own, asked.at)


def _lines(asked: Asked, given: tuple[Given, ...]) -> tuple[OrderLine, ...]:
    """With their units; refused where a product is not sold, or a unit is none."""
    asked.bring(PRODUCT, {each.product for each in given})
    return tuple(_line(asked, each) for each in given)


def _line(asked: Asked, given: Given) -> OrderLine:
    product = asked.read(PRODUCT, given.product)
    needs_sold(product)
    unit = given.unit or product.unit
    require(unit == product.unit or unit in asked.read(SETTINGS, COMPANY).units, otherwise=UnitNotListed)
    return OrderLine(product=given.product, quantity=given.quantity, unit=unit)


def _pricing_all(asked: Asked, own: Order, at: datetime) -> PriceLine:
    return _pricing(asked, own, at, [item.line for item in own.lines.values()])


def _pricing(asked: Asked, own: Order, at: datetime, lines: Iterable[OrderLine]) -> PriceLine:
    assert own.customer is not None
    return pricing(asked, own.customer, own.currency, at, map(wanted, lines))
