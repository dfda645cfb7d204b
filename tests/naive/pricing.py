"""The rows of products, price lists, prices and orders, folded from plain facts the slow and obvious way."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

PlainFact = dict[str, Any]
Rows = dict[str, dict[tuple[str, ...], dict[str, Any]]]

STEPS = {
    "order.drafted": "draft",
    "order.offered": "offered",
    "order.placed": "placed",
    "order.confirmed": "confirmed",
    "order.settled": "settled",
    "order.cancelled": "cancelled",
}


def at(fact: PlainFact) -> datetime:
    return datetime.fromisoformat(fact["happened_at"])


def day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def number(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def product(found: Rows, id: str, own: Sequence[PlainFact]) -> None:
    row = dict(own[0]["body"])
    row["name"] = [fact["body"]["name"] for fact in own if "name" in fact["body"]][-1]
    row["retired"] = [fact["topic"] for fact in own if fact["topic"] != "product.renamed"][-1] == "product.retired"
    found["products"][id,] = row


def price_list(found: Rows, id: str, own: Sequence[PlainFact]) -> None:
    """Its days as they were said last; its priority by when it came to have it."""
    ranked = sorted((fact for fact in own if fact["topic"] == "price-list.ranked"), key=at)
    found["price_lists"][id,] = {
        "name": [fact["body"]["name"] for fact in own if "name" in fact["body"]][-1],
        "currency": own[0]["body"]["currency"],
        "priority": (ranked or own)[-1 if ranked else 0]["body"]["priority"],
        **{
            end: day([fact["body"]["days"] for fact in own if "days" in fact["body"]][-1][end])
            for end in ("first", "last")
        },
    }


def holder(found: Rows, kind: str, id: str, own: Sequence[PlainFact]) -> None:
    """Asked at every instant at which anything was said of a list: is it attached or not?"""
    said = [fact for fact in own if fact["topic"].startswith(f"{kind}.price-list-")]
    for each in {fact["body"]["price_list"] for fact in said}:
        since: datetime | None = None
        for instant, attached in _turns([fact for fact in said if fact["body"]["price_list"] == each]):
            if attached and since is None:
                since = instant
                row = {"holder": f"{kind}:{id}", "attached_at": since, "detached_at": None}
                found["price_list_holders"][kind, id, each, since.isoformat()] = row
            elif not attached and since is not None:
                found["price_list_holders"][kind, id, each, since.isoformat()]["detached_at"] = instant
                since = None


def _turns(said: Sequence[PlainFact]) -> Iterator[tuple[datetime, bool]]:
    for instant in sorted({at(fact) for fact in said}):
        last = [fact for fact in sorted(said, key=at) if at(fact) <= instant][-1]
        yield instant, last["topic"].endswith("attached")


def prices(found: Rows, id: str, own: Sequence[PlainFact]) -> None:
    price_list, product = id.split(".")
    for fact in own:
        body = fact["body"].get("price") or fact["body"]
        above, first = (
            (body["band"]["above"], body["days"]["first"]) if "band" in body else (body["above"], body["first"])
        )
        whole, _, part = (above or "0").partition(".")
        key = (price_list, product, f"{body['unit']} {whole.zfill(9)}.{part.ljust(6, '0')} {first or ''}")
        found["prices"].pop(key, None)
        if fact["topic"] == "prices.set":
            found["prices"][key] = {
                "unit": body["unit"],
                "above": number(body["band"]["above"]),
                "up_to": number(body["band"]["up_to"]),
                "first": day(body["days"]["first"]),
                "last": day(body["days"]["last"]),
                "amount": number(body["amount"]),
                "per": body["per"],
            }


def order(found: Rows, id: str, own: Sequence[PlainFact]) -> None:
    lines: dict[int, dict[str, Any]] = {}
    days: dict[int, str] = {}
    for fact in own:
        body = fact["body"]
        if fact["topic"] == "order.line-set":
            days.pop(body["number"], None)
            lines[body["number"]] = _line(body["line"], None)
        elif fact["topic"] == "order.line-removed":
            days.pop(body["number"], None)
            del lines[body["number"]]
        elif fact["topic"] == "order.line-priced":
            days[body["number"]] = body["priced"]["day"]
            lines[body["number"]] |= _price(body["priced"]["winner"])
    steps = {STEPS[fact["topic"]]: at(fact) for fact in own if fact["topic"] in STEPS}
    nets = [line["net"] for line in lines.values()]
    found["orders"][id,] = {
        **own[0]["body"],
        "stage": [STEPS[fact["topic"]] for fact in own if fact["topic"] in STEPS][-1],
        "is_offer": "offered" in steps and "placed" not in steps,
        **{f"{stage}_at": steps.get(stage) for stage in STEPS.values()},
        "placed_on": day(min(days.values(), default=None)) if "placed" in steps else None,
        "line_count": len(lines),
        "total": None if list(steps) == ["draft"] or None in nets else sum(nets, Decimal()),
    }
    for n, line in lines.items():
        found["order_lines"][id, f"{n:03}"] = line


def _line(line: dict[str, str], winner: dict[str, Any] | None) -> dict[str, Any]:
    return {"product": line["product"], "unit": line["unit"], "quantity": number(line["quantity"]), **_price(winner)}


def _price(winner: dict[str, Any] | None) -> dict[str, Any]:
    if winner is None:
        return dict.fromkeys(("price_list", "amount", "per", "net"))
    price = winner["price"]
    return {
        "price_list": winner["price_list"],
        "amount": number(price["amount"]),
        "per": price["per"],
        "net": number(winner["net"]),
    }


ABOUT: dict[str, Callable[[Rows, str, Sequence[PlainFact]], None]] = {
    "product": product,
    "price-list": price_list,
    "prices": prices,
    "order": order,
}


def said(value: dict[str, Any]) -> str:
    """A price, days or a line of an order, as people read it."""
    if "product" in value:
        return f"{value['quantity']} {value['unit']} of product {value['product']}"
    if "amount" in value:
        above, up_to = value["band"]["above"] or "0", value["band"]["up_to"] or "…"
        return f"{value['amount']} for {value['per']} {value['unit']}, ({above}, {up_to}], {said(value['days'])}"
    ends = [f"{word} {value[end]}" for word, end in (("from", "first"), ("to", "last")) if value[end]]
    return " ".join(ends) or "always"
