"""A price found the slow way: every fact looked at for every list, and every price compared with every other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal, localcontext
from fractions import Fraction
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from domain.fact import Fact


class Candidate(NamedTuple):
    """A list that a customer has, and what its price comes to, or why it has none."""

    price_list: str
    priority: int
    groups: tuple[str, ...]
    own: bool
    base: bool
    fits: bool
    net: Fraction | None
    reason: str


class Found(NamedTuple):
    """The list that won with what the line comes to, and the others, each with its reason."""

    winner: Candidate | None
    net: Decimal | None
    rejected: dict[str, str]


def found(
    facts: Sequence[Fact[Any]], customer: str | None, product: str, quantity: Decimal, unit: str, currency: str, at: Any
) -> Found:
    """Every fact is looked at for every list, and every price of all lists is compared with every other."""
    candidates = [*_candidates(facts, customer, product, quantity, unit, currency, at)]
    valid = [each for each in candidates if each.net is not None]
    best = min(valid, key=lambda each: (each.base, each.priority, each.net, each.price_list), default=None)
    rejected = {}
    for each in candidates:
        if best is None or each is best or not each.fits:
            rejected[each.price_list] = each.reason
        elif (each.base, each.priority) > (best.base, best.priority):
            rejected[each.price_list] = "lower-priority"
        else:
            rejected[each.price_list] = each.reason or "tie-lost"
    if best is None:
        return Found(None, None, rejected)
    del rejected[best.price_list]
    assert best.net is not None
    return Found(best, _to_cents(best.net), rejected)


def _to_cents(net: Fraction) -> Decimal:
    with localcontext(prec=60):
        exact = Decimal(net.numerator) / Decimal(net.denominator)
        return exact.quantize(Decimal("0.01"), ROUND_HALF_UP)


def _candidates(
    facts: Sequence[Fact[Any]], customer: str | None, product: str, quantity: Decimal, unit: str, currency: str, at: Any
) -> Iterator[Candidate]:
    """Each list that somebody has a reason to look at."""
    zone = [fact.event.zone for fact in facts if fact.event.topic == "settings.place-set"][-1]
    day = at.astimezone(ZoneInfo(zone)).date()
    base = _last(facts, at, "settings-company", "settings.base-list-set", lambda event: event.price_list)
    same = _same(facts, customer)
    for id in {fact.stream.removeprefix("price-list-") for fact in facts if fact.stream.startswith("price-list-")}:
        own = any(_in(facts, at, f"contact-{each}", "contact.price-list", "price_list", id) for each in same)
        groups = tuple(
            sorted(
                group
                for group in {fact.event.group for fact in facts if fact.event.topic == "membership.joined"}
                if any(_in(facts, at, f"membership-{each}", "membership", "group", group) for each in same)
                and _in(facts, at, f"group-{group}", "group.price-list", "price_list", id)
            )
        )
        if not own and not groups and base != id:
            continue
        opened, days, priority = _list(facts, id, at)
        rows, reason = _table(facts, f"prices-{id}.{product}"), ""
        fits = opened.currency == currency and _holds(days, day)
        if opened.currency != currency:
            reason = "other-currency"
        elif not fits:
            reason = "not-valid-on-date"
        else:
            rows, reason = _left(rows, unit, day, quantity)
        net = None if reason else Fraction(rows[0].amount) * Fraction(quantity) / Fraction(rows[0].per)
        yield Candidate(id, priority, groups, own, not own and not groups, fits, net, reason)


def _left(rows: list[Any], unit: str, day: date, quantity: Decimal) -> tuple[list[Any], str]:
    """The one row that holds, or what the last rows failed at."""
    if not rows:
        return [], "product-not-in-list"
    rows = [row for row in rows if row.unit == unit]
    if not rows:
        return [], "other-unit"
    rows = [row for row in rows if _holds(row.days, day)]
    if not rows:
        return [], "not-valid-on-date"
    rows = [
        row
        for row in rows
        if (row.band.above is None or quantity > row.band.above)
        and (row.band.up_to is None or quantity <= row.band.up_to)
    ]
    return rows, "" if rows else "band-not-reached"


def _holds(days: Any, day: date) -> bool:
    return (days.first or date.min) <= day <= (days.last or date.max)


def _timed(facts: Iterable[Fact[Any]], at: datetime, stream: str, topic: str) -> list[Fact[Any]]:
    """What had happened by then, in the order in which it happened."""
    mine = [fact for fact in facts if fact.stream == stream and fact.event.topic.startswith(topic)]
    return sorted((fact for fact in mine if fact.happened_at <= at), key=lambda fact: fact.happened_at)


def _last(facts: Iterable[Fact[Any]], at: datetime, stream: str, topic: str, value: Any) -> Any:
    told = _timed(facts, at, stream, topic)
    return value(told[-1].event) if told else None


def _in(facts: Iterable[Fact[Any]], at: datetime, stream: str, topic: str, name: str, id: str) -> bool:
    told = [each.event for each in _timed(facts, at, stream, topic) if getattr(each.event, name, None) == id]
    return bool(told) and told[-1].topic.endswith(("joined", "attached"))


def _same(facts: Iterable[Fact[Any]], customer: str | None) -> set[str]:
    """Whoever goes under one name with the customer."""
    names: dict[str, str] = {}
    for fact in facts:
        if fact.event.topic == "contact.merged":
            names[fact.stream.removeprefix("contact-")] = fact.event.survivor
        elif fact.event.topic == "contact.separated":
            names.pop(fact.stream.removeprefix("contact-"), None)
    if customer is None:
        return set()
    name = names.get(customer, customer)
    return {name, *(each for each, survivor in names.items() if survivor == name)}


def _list(facts: Iterable[Fact[Any]], id: str, at: datetime) -> tuple[Any, Any, int]:
    mine = [fact for fact in facts if fact.stream == f"price-list-{id}"]
    opened = mine[0].event
    days = [fact.event.days for fact in mine if hasattr(fact.event, "days")][-1]
    ranked = [each.event.priority for each in _timed(mine, at, f"price-list-{id}", "price-list.ranked")]
    return opened, days, ranked[-1] if ranked else opened.priority


def _table(facts: Iterable[Fact[Any]], stream: str) -> list[Any]:
    rows: dict[Any, Any] = {}
    for fact in facts:
        if fact.stream == stream:
            event = fact.event
            row = event.price if event.topic == "prices.set" else None
            place = (row.unit, row.band.above, row.days.first) if row else (event.unit, event.above, event.first)
            rows.pop(place, None)
            if row is not None:
                rows[place] = row
    return list(rows.values())
