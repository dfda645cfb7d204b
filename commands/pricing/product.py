"""What may be asked about products: with the sales right."""

from __future__ import annotations

from commands.command import Asked, Command, Decision
from commands.permission import needs
from domain.company.settings import COMPANY, SETTINGS
from domain.pricing import product as rule
from domain.pricing.product import PRODUCT, Product
from domain.staff.worker import Right
from domain.values import Label, ProductId, Reference, Unit


class ListProduct(Command, topic="product.list", of=PRODUCT):
    """Say that there is something to be sold, and in what it is counted where nobody says otherwise (R-PRC-4)."""

    number: Reference
    name: Label
    unit: Unit

    def decide(self, own: Product, asked: Asked) -> Decision:
        needs(asked, Right.SALES)
        return rule.enter(own, self.number, self.name, self.unit, asked.read(SETTINGS, COMPANY).units)


class RenameProduct(Command, topic="product.rename", of=PRODUCT):
    """Call a product by another name."""

    product: ProductId
    name: Label

    def decide(self, own: Product, asked: Asked) -> Decision:
        needs(asked, Right.SALES)
        return rule.rename(own, self.name)


class RetireProduct(Command, topic="product.retire", of=PRODUCT):
    """No longer sell a product; orders and price lists that have it keep it."""

    product: ProductId

    def decide(self, own: Product, asked: Asked) -> Decision:
        needs(asked, Right.SALES)
        return rule.retire(own)


class RestoreProduct(Command, topic="product.restore", of=PRODUCT):
    """Sell a product again."""

    product: ProductId

    def decide(self, own: Product, asked: Asked) -> Decision:
        needs(asked, Right.SALES)
        return rule.restore(own)
