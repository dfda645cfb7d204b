"""The price of one line found in plain facts the slow and obvious way, sharing no code with ours.

priced(facts, *, customer, product, quantity, unit, currency, at, before=None, known_at=None) -> Told, where facts are
PlainFacts as `naive.views` has them, in log order; `before` leaves only those at a smaller position, `known_at` only
those that were recorded by then. Told is {"winner": None or {"price_list", "priority", "groups", "own", "base", "unit",
"above", "first", "amount", "per", "net"}, "rejected": {price list: {"reason", "priority", "groups", "own", "base"}}};
decimals are strings as the log has them, days too, and groups are in order.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from naive.views import PlainFact, by_happening, instant

Told = dict[str, Any]
DECIMALS = {"JPY": 0, "KRW": 0, "KWD": 3, "TND": 3, "CLF": 4}
"""Of those currencies that have not two."""


def priced(
    facts: Sequence[PlainFact],
    *,
    customer: str | None,
    product: str,
    quantity: Any,
    unit: str,
    currency: str,
    at: datetime,
    before: int | None = None,
    known_at: datetime | None = None,
) -> Told:
    """Every list there is is looked at, in the order in which lists are tried; nothing is left out early."""
    book = Book([fact for fact in facts if _known(fact, before, known_at)], at)
    lists = sorted(book.lists(customer), key=lambda each: (each["base"], each["priority"], each["price_list"]))
    for each in lists:
        each |= book.asked(each["price_list"], product, Fraction(str(quantity)), unit, currency)
    priced = [each for each in lists if each["net"] is not None]
    best = min(priced, key=lambda each: (each["base"], each["priority"], each["net"], each["price_list"]), default=None)
    rejected = {each["price_list"]: _rejected(each, best) for each in lists if each is not best}
    return {"winner": None if best is None else _won(best, currency), "rejected": rejected}


def _known(fact: PlainFact, before: int | None, known_at: datetime | None) -> bool:
    return (before is None or fact["position"] < before) and (
        known_at is None or instant(fact["recorded_at"]) <= known_at
    )


def _rejected(found: Told, best: Told | None) -> Told:
    reason = found["reason"] or "tie-lost"
    if best is not None and found["fits"] and (found["base"], found["priority"]) > (best["base"], best["priority"]):
        reason = "lower-priority"
    return {"reason": reason, **{name: found[name] for name in ("priority", "groups", "own", "base")}}


def _won(best: Told, currency: str) -> Told:
    wanted = ("price_list", "priority", "groups", "own", "base")
    row, net = best["row"], in_smallest_units(best["net"], DECIMALS.get(currency, 2))
    place = {"unit": row["unit"], "above": row["band"]["above"], "first": row["days"]["first"]}
    return {**{name: best[name] for name in wanted}, **place, "amount": row["amount"], "per": row["per"], "net": net}


def in_smallest_units(amount: Fraction, decimals: int) -> str:
    """Written out by hand: whole units, the rest, and one more where at least half of one is left."""
    whole, rest = divmod(amount * 10**decimals, 1)
    digits = str(int(whole) + (rest >= Fraction(1, 2))).rjust(decimals + 1, "0")
    return f"{digits[:-decimals]}.{digits[-decimals:]}" if decimals else digits


class Book:
    """All that is known, asked over and over again about one instant."""

    def __init__(self, facts: Sequence[PlainFact], at: datetime) -> None:
        self.facts, self.at = facts, at

    def told(self, stream: str, *topics: str) -> list[PlainFact]:
        """What was recorded of a thing, in the order in which it was."""
        return [fact for fact in self.facts if fact["stream"] == stream and fact["topic"] in topics]

    def by_then(self, stream: str, *topics: str) -> list[PlainFact]:
        """What had happened by the instant, in the order in which it did."""
        told = by_happening(self.told(stream, *topics))
        return [fact for fact in told if instant(fact["happened_at"]) <= self.at]

    def inside(self, stream: str, name: str, thing: str, came: str, went: str) -> bool:
        turns = [fact for fact in self.by_then(stream, came, went) if fact["body"][name] == thing]
        return bool(turns) and turns[-1]["topic"] == came

    @property
    def day(self) -> date:
        place = self.told("settings-company", "settings.place-set")[-1]
        return self.at.astimezone(ZoneInfo(place["body"]["zone"])).date()

    def lists(self, customer: str | None) -> Iterator[Told]:
        """Each that the customer has, with what brought it; nobody has what everybody has."""
        based = self.by_then("settings-company", "settings.base-list-set")
        everybody_s = based[-1]["body"]["price_list"] if based else None
        people = () if customer is None else self.one_with(customer)
        groups = [group for group in self.named("group-") if any(self.member(each, group) for each in people)]
        for id in self.named("price-list-"):
            bringing = [each for each in groups if self.attached(f"group-{each}", "group", id)]
            own = any(self.attached(f"contact-{each}", "contact", id) for each in people)
            if bringing or own or id == everybody_s:
                base = not bringing and not own
                yield {
                    "price_list": id,
                    "priority": self.priority(id),
                    "groups": bringing,
                    "own": own,
                    "base": base,
                }

    def named(self, prefix: str) -> list[str]:
        return sorted({fact["stream"].removeprefix(prefix) for fact in self.facts if fact["stream"].startswith(prefix)})

    def member(self, contact: str, group: str) -> bool:
        return self.inside(f"membership-{contact}", "group", group, "membership.joined", "membership.left")

    def attached(self, stream: str, noun: str, price_list: str) -> bool:
        came, went = f"{noun}.price-list-attached", f"{noun}.price-list-detached"
        return self.inside(stream, "price_list", price_list, came, went)

    def priority(self, price_list: str) -> int:
        """As last said by then; as the list began where nothing else was said yet."""
        opened = self.told(f"price-list-{price_list}", "price-list.opened")
        ranked = self.by_then(f"price-list-{price_list}", "price-list.ranked")
        found: int = (opened + ranked)[-1]["body"]["priority"]
        return found

    def one_with(self, customer: str) -> list[str]:
        """Everybody who goes under the same name, whenever that became so."""
        names: dict[str, str] = {}
        for each in {customer, *self.named("contact-")}:
            told = self.told(f"contact-{each}", "contact.merged", "contact.separated")
            names[each] = told[-1]["body"]["survivor"] if told and told[-1]["topic"] == "contact.merged" else each
        return [each for each, name in names.items() if name == names[customer]]

    def asked(self, price_list: str, product: str, quantity: Fraction, unit: str, currency: str) -> Told:
        """What the list comes to for the line; nothing, and why, where it has no price."""
        opened = self.told(f"price-list-{price_list}", "price-list.opened")[0]["body"]
        days = self.told(f"price-list-{price_list}", "price-list.opened", "price-list.days-set")[-1]["body"]["days"]
        if opened["currency"] != currency:
            return {"fits": False, "net": None, "reason": "other-currency"}
        if not self.valid(days):
            return {"fits": False, "net": None, "reason": "not-valid-on-date"}
        rows, reason = self.rows(price_list, product), "product-not-in-list"
        if rows:
            rows, reason = [row for row in rows if row["unit"] == unit], "other-unit"
        if rows:
            rows, reason = [row for row in rows if self.valid(row["days"])], "not-valid-on-date"
        if rows:
            rows, reason = [row for row in rows if _reached(row["band"], quantity)], "band-not-reached"
        if not rows:
            return {"fits": True, "net": None, "reason": reason}
        (row,) = rows
        net = Fraction(row["amount"]) * quantity / row["per"]
        return {"fits": True, "net": net, "reason": None, "row": row}

    def valid(self, days: Told) -> bool:
        day = self.day.isoformat()  # days of four-digit years, which are in order as texts
        return (days["first"] or day) <= day <= (days["last"] or day)

    def rows(self, price_list: str, product: str) -> list[Told]:
        """What was set last at each place, and not withdrawn since."""
        found: dict[Any, Told | None] = {}
        for fact in self.told(f"prices-{price_list}.{product}", "prices.set", "prices.withdrawn"):
            body = fact["body"]
            if fact["topic"] == "prices.set":
                row = body["price"]
                found[row["unit"], row["band"]["above"], row["days"]["first"]] = row
            else:
                found[body["unit"], body["above"], body["first"]] = None
        return [row for row in found.values() if row is not None]


def _reached(band: Told, quantity: Fraction) -> bool:
    above, up_to = band["above"], band["up_to"]
    return (above is None or Fraction(above) < quantity) and (up_to is None or quantity <= Fraction(up_to))
