"""What may be asked about the prices of a product in a list: with the sales right (R-PRC-5)."""

from __future__ import annotations

from datetime import date

from commands.command import Asked, Command, Decision
from commands.existence import needs_price_list
from commands.permission import needs
from domain.company.settings import COMPANY, SETTINGS
from domain.pricing import price as rule
from domain.pricing.money import Quantity
from domain.pricing.price import PRICES, Place, Price, Prices, PriceTable
from domain.pricing.product import PRODUCT, ProductUnknown, UnitNotListed
from domain.refusal import require
from domain.staff.worker import Right
from domain.values import PriceListId, ProductId, Unit

TABLE = ("price_list", "product")


class PutPrice(Command, topic="prices.put", of=PRICES, by=TABLE):
    """Ask a price for a product, in a band of quantities on some days.

    It takes the place of one that begins with the same quantity on the same day; others it must not meet (R-PRC-4).
    """

    price_list: PriceListId
    product: ProductId
    price: Price

    def decide(self, own: PriceTable, asked: Asked) -> Decision:
        currency = _needs_table(asked, self.price_list, self.product)
        if own.at(self.price.place) is None:
            _needs_unit(asked, self.price)
        return rule.set_price(own, self.price, currency)


class WithdrawPrice(Command, topic="prices.withdraw", of=PRICES, by=TABLE):
    """Take a price from the list, by what it begins with: its unit, the quantity it is above of, its first day."""

    price_list: PriceListId
    product: ProductId
    unit: Unit
    above: Quantity | None = None
    first: date | None = None

    def decide(self, own: PriceTable, asked: Asked) -> Decision:
        _needs_table(asked, self.price_list, self.product)
        return rule.withdraw(own, Place(self.unit, self.above, self.first))


class ReplacePrices(Command, topic="prices.replace", of=PRICES, by=TABLE):
    """Ask these prices for a product and no others; with none the list has the product no longer (R-PRC-4)."""

    price_list: PriceListId
    product: ProductId
    prices: Prices

    def decide(self, own: PriceTable, asked: Asked) -> Decision:
        currency = _needs_table(asked, self.price_list, self.product)
        for price in self.prices:
            if own.at(price.place) is None:
                _needs_unit(asked, price)
        return rule.replace_all(own, self.prices, currency)


def _needs_table(asked: Asked, price_list: PriceListId, product: ProductId) -> str:
    """Refuse without the right, the list or the product; in which currency the list is."""
    needs(asked, Right.SALES)
    currency = needs_price_list(asked, price_list).currency
    require(asked.read(PRODUCT, product).listed, otherwise=ProductUnknown)
    assert currency is not None
    return currency


def _needs_unit(asked: Asked, price: Price) -> None:
    """Refuse a unit that the company has not in its list; where one stands already it may stay."""
    require(price.unit in asked.read(SETTINGS, COMPANY).units, otherwise=UnitNotListed)
