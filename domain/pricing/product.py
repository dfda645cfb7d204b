"""A product is what is sold, under the company's own number, and counted in one unit where none is said."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from domain.decider import Decider
from domain.fact import Event, Fact
from domain.refusal import Refused, Unknown, require
from domain.values import Label, Reference, Unit


class ProductListed(Event, topic="product.listed"):
    """There is such a product."""

    number: Reference
    name: Label
    unit: Unit


class ProductRenamed(Event, topic="product.renamed"):
    """The product has another name."""

    name: Label


class ProductRetired(Event, topic="product.retired"):
    """The product is no longer sold; the orders that have it keep it, and so do price lists."""


class ProductRestored(Event, topic="product.restored"):
    """The product is sold again."""


ProductEvent = ProductListed | ProductRenamed | ProductRetired | ProductRestored


class ProductUnknown(Unknown):
    """There is no such product."""


class ProductAlreadyListed(Refused):
    """This product was listed before."""


class ProductNotSold(Refused):
    """The product is retired: nobody orders it any more."""


class UnitNotListed(Refused):
    """The company has no such unit in its list."""


@dataclass(frozen=True, slots=True)
class Product:
    number: str | None = None
    name: str = ""
    unit: str = ""
    retired: bool = False

    @property
    def listed(self) -> bool:
        """Whether there ever was such a product."""
        return self.number is not None


def enter(product: Product, number: str, name: str, unit: str, units: tuple[str, ...]) -> Iterator[ProductEvent]:
    require(not product.listed, otherwise=ProductAlreadyListed)
    require(unit in units, otherwise=UnitNotListed)
    yield ProductListed(number=number, name=name, unit=unit)


def rename(product: Product, name: str) -> Iterator[ProductEvent]:
    require(product.listed, otherwise=ProductUnknown)
    if name != product.name:
        yield ProductRenamed(name=name)


def retire(product: Product) -> Iterator[ProductEvent]:
    require(product.listed, otherwise=ProductUnknown)
    if not product.retired:
        yield ProductRetired()


def restore(product: Product) -> Iterator[ProductEvent]:
    require(product.listed, otherwise=ProductUnknown)
    if product.retired:
        yield ProductRestored()


def needs_sold(product: Product) -> None:
    """Refuse what would newly order a product that is retired, or was never listed."""
    require(product.listed, otherwise=ProductUnknown)
    require(not product.retired, otherwise=ProductNotSold)


def evolve(product: Product, fact: Fact[ProductEvent]) -> Product:
    match fact.event:
        case ProductListed(number=number, name=name, unit=unit):
            return Product(number=number, name=name, unit=unit)
        case ProductRenamed(name=name):
            return replace(product, name=name)
        case ProductRetired():
            return replace(product, retired=True)
        case ProductRestored():
            return replace(product, retired=False)


PRODUCT = Decider("product", Product(), evolve, (ProductListed, ProductRenamed, ProductRetired, ProductRestored))
