"""How a line is priced: what the customer has at the instant is read first, then no more prices than it takes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from functools import cache

from commands.command import Reading
from commands.same import same
from domain.clients.contact import CONTACT
from domain.clients.group import GROUP
from domain.clients.membership import MEMBERSHIP
from domain.company.settings import COMPANY, SETTINGS
from domain.pricing.days import local_day
from domain.pricing.order import PriceLine
from domain.pricing.price import PRICES, PriceTable, table_id
from domain.pricing.price_list import PRICE_LIST
from domain.pricing.terms import Attached, Terms, applied, listed
from domain.pricing.winner import Field, Line, Priced, choose, field
from domain.refusal import Refused
from domain.spell import present
from domain.values import ContactId, GroupId, PriceListId

AT_ONCE = 500
"""Tables that are read in the first go; in each further one four times as many lists of what has no winner yet."""


class PlaceMissing(Refused):
    """The company has not said where it is, and so not what day it is (D20, R-SET-1)."""


class NotYetRead(Exception):
    """A table is needed of a list that was not read yet."""


def attached(asked: Reading, groups: Iterable[GroupId], at: datetime) -> dict[GroupId, Attached]:
    """What each group brings its members at the instant."""
    return {id: frozenset(present(asked.read(GROUP, id).price_lists, at)) for id in groups}


def read_terms(asked: Reading, customer: ContactId | None, at: datetime) -> Terms:
    """What the customer has at the instant; nobody has the base list. Those merged into one count together."""
    base = asked.read(SETTINGS, COMPANY).base_list.at(at)
    if customer is None:
        return Terms(base=base)
    customers = same(asked, customer)
    asked.bring(MEMBERSHIP, customers)
    groups = sorted({group for each in customers for group in asked.read(MEMBERSHIP, each).groups(at)})
    asked.bring(GROUP, groups)
    asked.bring(CONTACT, customers)
    own = {each for contact in customers for each in present(asked.read(CONTACT, contact).price_lists, at)}
    return Terms(groups=attached(asked, groups, at), own=frozenset(own), base=base)


def read_field(asked: Reading, terms: Terms, currency: str, at: datetime) -> Field:
    """The lists of those terms that count for an order of the instant in this currency."""
    zone = asked.read(SETTINGS, COMPANY).zone
    if zone is None:
        raise PlaceMissing
    asked.bring(PRICE_LIST, listed(terms))
    lists = applied(terms, lambda each: asked.read(PRICE_LIST, each), at)
    return field(lists, currency, local_day(at, zone))


def priced(asked: Reading, field: Field, lines: Iterable[Line]) -> dict[Line, Priced]:
    """The price of each line with its reasons."""
    lists = [each.id for tier in field.tiers for each in tier.lists]
    waiting = list(dict.fromkeys(lines))
    found: dict[Line, Priced] = {}
    many = max(1, AT_ONCE // max(1, len(waiting)))
    while waiting:
        asked.bring(PRICES, [table_id(id, line.product) for id in lists[:many] for line in waiting])
        for line in waiting:
            try:
                found[line] = choose(line, field, _tables(asked, line, lists[:many]))
            except NotYetRead:
                continue
        waiting = [line for line in waiting if line not in found]
        many *= 4
    return found


def _tables(asked: Reading, line: Line, brought: Sequence[PriceListId]) -> Callable[[PriceListId], PriceTable]:
    at_hand = frozenset(brought)

    def read(price_list: PriceListId) -> PriceTable:
        if price_list not in at_hand:
            raise NotYetRead
        return asked.read(PRICES, table_id(price_list, line.product))

    return read


def pricing(asked: Reading, customer: ContactId, currency: str, at: datetime, lines: Iterable[Line]) -> PriceLine:
    """The price of any of these lines; nothing is read before the first is asked for, and then all at once."""

    @cache
    def prices() -> dict[Line, Priced]:
        return priced(asked, read_field(asked, read_terms(asked, customer, at), currency, at), lines)

    return lambda line: prices()[line]
