"""The baseline of a bulk pricing: for every line all lists are walked, each with one look at a plain indexed table."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any

CREATE = """
CREATE TABLE IF NOT EXISTS plain_prices (
    price_list text, product text, unit text, above numeric, up_to numeric, first date, last date, amount numeric
)
"""
FILL = "COPY plain_prices (price_list, product, unit, amount) FROM STDIN"
INDEX = "CREATE INDEX IF NOT EXISTS plain_prices_by_product ON plain_prices (price_list, product)"
LOOK = "SELECT unit, above, up_to, first, last, amount FROM plain_prices WHERE price_list = %s AND product = %s"

Row = tuple[str, str, str, Decimal]
"""List, product, unit and amount: without a band, valid always."""


def fill(connection: Any, rows: Iterable[Row]) -> None:
    """The same prices as in the log."""
    connection.execute(CREATE)
    with connection.cursor().copy(FILL) as copy:
        for row in rows:
            copy.write_row(row)
    connection.execute(INDEX)


async def walk(
    connection: Any, lists: Iterable[tuple[int, str]], product: str, unit: str, quantity: Decimal, day: date
) -> tuple[int, Decimal, str] | None:
    """Priority, amount and list of the price that wins, the smallest of all there are."""
    found = []
    for priority, price_list in lists:
        cursor = await connection.execute(LOOK, (price_list, product), prepare=True)
        for row in await cursor.fetchall():
            in_band = (row[1] is None or row[1] < quantity) and (row[2] is None or quantity <= row[2])
            valid = (row[3] is None or row[3] <= day) and (row[4] is None or day <= row[4])
            if row[0] == unit and in_band and valid:
                found.append((priority, row[5], price_list))
    return min(found, default=None)
