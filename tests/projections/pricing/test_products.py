"""What the company sells, or sold, by the names it has now."""

from __future__ import annotations

from rows import shown
from specification import of

from domain.pricing.product import PRODUCT, ProductListed, ProductRenamed, ProductRestored, ProductRetired
from examples import BRAN, FLOUR, KILO, SACK

LISTED = of(PRODUCT, FLOUR, ProductListed(number="F-25/1", name="Flour", unit=KILO))


def test_a_product_is_shown_under_its_number_with_the_unit_it_is_counted_in() -> None:
    assert shown(LISTED)["products"] == {
        (FLOUR,): {"number": "F-25/1", "name": "Flour", "unit": KILO, "retired": False}
    }


def test_a_product_is_called_what_it_was_called_last_and_keeps_its_number() -> None:
    other = of(PRODUCT, BRAN, ProductListed(number="B/1", name="Bran", unit=SACK))
    rows = shown(LISTED, other, of(PRODUCT, FLOUR, ProductRenamed(name="Wheat flour")), page=1)["products"]
    assert (rows[FLOUR,]["name"], rows[FLOUR,]["number"], rows[BRAN,]["name"]) == ("Wheat flour", "F-25/1", "Bran")


def test_a_retired_product_stays_and_says_so_until_it_is_restored() -> None:
    retired = [*LISTED, *of(PRODUCT, FLOUR, ProductRetired())]
    assert shown(retired)["products"][FLOUR,]["retired"] is True
    assert shown(retired, of(PRODUCT, FLOUR, ProductRestored()))["products"][FLOUR,]["retired"] is False
