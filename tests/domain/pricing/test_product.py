"""A product is listed once and for good; what is retired is not sold again before it is restored."""

from __future__ import annotations

import pytest
from specification import folded, having

from domain.pricing.product import (
    PRODUCT,
    Product,
    ProductAlreadyListed,
    ProductListed,
    ProductNotSold,
    ProductRenamed,
    ProductRestored,
    ProductRetired,
    ProductUnknown,
    UnitNotListed,
    enter,
    needs_sold,
    rename,
    restore,
    retire,
)

LISTED = ProductListed(number="F-25", name="Flour", unit="kg")
RENAMED, RETIRED, RESTORED = ProductRenamed(name="Wheat flour"), ProductRetired(), ProductRestored()
UNITS = ("sack", "kg")


def test_a_product_is_listed_once_in_a_unit_that_the_company_has() -> None:
    having(PRODUCT).deciding(enter, "F-25", "Flour", "kg", UNITS).then(LISTED)
    having(PRODUCT).deciding(enter, "F-25", "Flour", "kilo", UNITS).refused(UnitNotListed)
    having(PRODUCT, LISTED).deciding(enter, "F-25", "Flour", "kilo", UNITS).refused(ProductAlreadyListed)


def test_it_has_a_number_a_name_and_a_unit() -> None:
    assert folded(PRODUCT) == Product()
    assert not folded(PRODUCT).listed
    assert folded(PRODUCT, LISTED) == Product(number="F-25", name="Flour", unit="kg")
    assert folded(PRODUCT, LISTED).listed
    assert folded(PRODUCT, LISTED, RENAMED) == Product(number="F-25", name="Wheat flour", unit="kg")


def test_each_change_is_a_fact_only_where_something_changes() -> None:
    having(PRODUCT, LISTED).deciding(rename, "Wheat flour").then(RENAMED)
    having(PRODUCT, LISTED, RENAMED).deciding(rename, "Wheat flour").then()
    having(PRODUCT, LISTED).deciding(retire).then(RETIRED)
    having(PRODUCT, LISTED, RETIRED).deciding(retire).then()
    having(PRODUCT, LISTED, RETIRED).deciding(restore).then(RESTORED)
    having(PRODUCT, LISTED).deciding(restore).then()
    having(PRODUCT, LISTED, RETIRED, RESTORED).deciding(retire).then(RETIRED)
    assert folded(PRODUCT, LISTED, RETIRED, RESTORED) == folded(PRODUCT, LISTED)


def test_what_was_never_listed_is_unknown() -> None:
    having(PRODUCT).deciding(rename, "Flour").refused(ProductUnknown)
    for decision in (retire, restore):
        having(PRODUCT).deciding(decision).refused(ProductUnknown)


def test_only_what_is_sold_is_newly_ordered() -> None:
    for facts in ((LISTED,), (LISTED, RETIRED, RESTORED)):
        needs_sold(folded(PRODUCT, *facts))
    with pytest.raises(ProductNotSold):
        needs_sold(folded(PRODUCT, LISTED, RETIRED))
    with pytest.raises(ProductUnknown):
        needs_sold(folded(PRODUCT))
