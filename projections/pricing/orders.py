"""Orders as they stand, with their lines and the prices that stand on these."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any

from domain.fact import Fact
from domain.pricing.order import ORDER, Item, Order, Stage
from projections.model import Change, Column, Kind, Known, Put, ReadModel, Table, Touch, instead, words

STEPS = (Stage.DRAFT, Stage.OFFERED, Stage.PLACED, Stage.CONFIRMED, Stage.SETTLED, Stage.CANCELLED)

ORDERS = Table(
    "orders",
    ("order_id",),
    (
        *words("customer", "currency", "reference", "stage"),
        Column("is_offer", Kind.FLAG),
        *(Column(f"{stage}_at", Kind.INSTANT) for stage in STEPS),
        Column("placed_on", Kind.DAY),
        Column("line_count", Kind.NUMBER),
        Column("total", Kind.DECIMAL),
    ),
    indexes=(
        ("draft_at", "order_id"),
        ("stage", "draft_at", "order_id"),
        *(("customer",), ("reference",), ("placed_on",)),
    ),
)
"""`placed_on` is the day of the placing as it was where the company is when the lines were priced."""

ORDER_LINES = Table(
    "order_lines",
    ("order_id", "number"),
    (
        *words("product", "unit", "price_list"),
        Column("quantity", Kind.DECIMAL),
        Column("amount", Kind.DECIMAL),
        Column("per", Kind.NUMBER),
        Column("net", Kind.DECIMAL),
    ),
    indexes=(("order_id",),),
)
"""Without `net` there is no price, or none yet."""


def order(id: str, known: Known) -> Iterable[Change]:
    """The order, and its lines in place of those told before."""
    state: Order = known.state(ORDER, id)
    yield Put(ORDERS, (id,), _row(state))
    rows = {(id, f"{number:03}"): _line(item) for number, item in state.lines.items()}
    yield from instead(known, ORDER_LINES, "order_id", id, rows)


def _row(state: Order) -> dict[str, Any]:
    return {
        "customer": state.customer,
        "currency": state.currency,
        "reference": state.reference,
        "stage": state.stage,
        "is_offer": state.is_offer,
        **{f"{stage}_at": state.steps.get(stage) for stage in STEPS},
        "placed_on": _placed_on(state),
        "line_count": len(state.lines),
        "total": state.total if state.stage is not Stage.DRAFT else None,
    }


def _placed_on(state: Order) -> date | None:
    days = [item.priced.day for item in state.lines.values() if item.priced]
    return min(days, default=None) if Stage.PLACED in state.steps else None


def _line(item: Item) -> dict[str, Any]:
    line, winner = item.line, item.priced.winner if item.priced else None
    return {
        "product": line.product,
        "unit": line.unit,
        "quantity": line.quantity,
        "price_list": winner.price_list if winner else None,
        "amount": winner.price.amount if winner else None,
        "per": winner.price.per if winner else None,
        "net": winner.net if winner else None,
    }


def remake(stream: str) -> Iterator[Touch]:
    start = ORDER.stream("")
    if stream.startswith(start):
        yield Touch(ORDER, stream.removeprefix(start), order)


def project(fact: Fact[Any], _: Known) -> Iterator[Touch]:
    return remake(fact.stream)


ORDERED = ReadModel(
    name="orders",
    about="Orders with the instants of their steps, their lines, and the prices that stand on these.",
    tables=(ORDERS, ORDER_LINES),
    facts=frozenset(ORDER.facts),
    project=project,
    reads=(ORDER,),
    remake=remake,
)
