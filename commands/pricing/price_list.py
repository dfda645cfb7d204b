"""What may be asked about price lists: with the sales right (R-PRC-5)."""

from __future__ import annotations

from commands.command import Asked, Command, Decision
from commands.permission import needs
from domain.pricing import price_list as rule
from domain.pricing.days import ALWAYS, Days
from domain.pricing.money import Currency
from domain.pricing.price_list import PRICE_LIST, PriceList, Priority
from domain.staff.worker import Right
from domain.values import Label, PriceListId


class OpenPriceList(Command, topic="price-list.open", of=PRICE_LIST):
    """Begin a price list in one currency; nobody has it before it is attached (R-PRC-1)."""

    name: Label
    priority: Priority
    currency: Currency
    days: Days = ALWAYS

    def decide(self, own: PriceList, asked: Asked) -> Decision:
        needs(asked, Right.SALES)
        return rule.open(own, self.name, self.priority, self.currency, self.days)


class RenamePriceList(Command, topic="price-list.rename", of=PRICE_LIST):
    """Call a price list by another name."""

    price_list: PriceListId
    name: Label

    def decide(self, own: PriceList, asked: Asked) -> Decision:
        needs(asked, Right.SALES)
        return rule.rename(own, self.name)


class RankPriceList(Command, topic="price-list.rank", of=PRICE_LIST):
    """Try a price list sooner or later than others from the instant this happened on; smaller first (D17)."""

    price_list: PriceListId
    priority: Priority

    def decide(self, own: PriceList, asked: Asked) -> Decision:
        needs(asked, Right.SALES)
        return rule.rank(own, self.priority, asked.at)


class SetPriceListDays(Command, topic="price-list.set-days", of=PRICE_LIST):
    """Say on which days a price list is valid, both ends included (D20)."""

    price_list: PriceListId
    days: Days

    def decide(self, own: PriceList, asked: Asked) -> Decision:
        needs(asked, Right.SALES)
        return rule.set_days(own, self.days)
