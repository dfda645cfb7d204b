"""The products that were ever listed, as they are called now."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from domain.fact import Fact
from domain.pricing.product import PRODUCT, Product
from projections.model import Change, Column, Kind, Known, Put, ReadModel, Table, Touch, words

PRODUCTS = Table(
    "products",
    ("product",),
    (*words("number", "name", "unit"), Column("retired", Kind.FLAG)),
    indexes=(("number",),),
)


def product(id: str, known: Known) -> Iterable[Change]:
    state: Product = known.state(PRODUCT, id)
    row = {"number": state.number, "name": state.name, "unit": state.unit, "retired": state.retired}
    yield Put(PRODUCTS, (id,), row)


def remake(stream: str) -> Iterator[Touch]:
    start = PRODUCT.stream("")
    if stream.startswith(start):
        yield Touch(PRODUCT, stream.removeprefix(start), product)


def project(fact: Fact[Any], _: Known) -> Iterator[Touch]:
    return remake(fact.stream)


ASSORTMENT = ReadModel(
    name="products",
    about="Products with their numbers, names and units.",
    tables=(PRODUCTS,),
    facts=frozenset(PRODUCT.facts),
    project=project,
    reads=(PRODUCT,),
    remake=remake,
)
