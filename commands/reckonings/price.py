"""What price applies at an instant, why, and as known when (N-3); and what it would be with other groups or lists."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated

from pydantic import Field

from commands.pricing.order import Given
from commands.pricing.quote import attached, priced, read_field, read_terms
from commands.reckoning import Reckoned, Reckoning, Row, Told
from commands.reckonings.selling import (
    ASKED_BY,
    allowed_by_exception,
    answer_alone,
    base_list,
    groups_in,
    mentioned,
    needs_tellable,
    open_groups,
    told,
)
from commands.retrospect import Present, View
from domain.clients.contact import CONTACT, ContactUnknown
from domain.clients.group import GroupUnknown
from domain.pricing.money import Currency, Quantity, Total
from domain.pricing.price_list import PRICE_LIST, PriceListUnknown, Priority
from domain.pricing.product import PRODUCT, ProductUnknown
from domain.pricing.terms import Supposed, Terms, supposing
from domain.pricing.winner import Field as Lists
from domain.pricing.winner import Line, Priced, total
from domain.refusal import require
from domain.staff.worker import Right
from domain.values import ContactId, GroupId, Instant, PriceListId, ProductId, Unit

MOST_SUPPOSED, MOST_LINES = 100, 500

Groups = Annotated[tuple[GroupId, ...], Field(max_length=MOST_SUPPOSED)]
PriceLists = Annotated[tuple[PriceListId, ...], Field(max_length=MOST_SUPPOSED)]


class Supposing(Row):
    """What if the customer had joined or left groups, had lists for itself or not at all, or lists came otherwise."""

    joined: Groups = ()
    left: Groups = ()
    attached: PriceLists = ()
    detached: PriceLists = ()
    priorities: Annotated[Mapping[PriceListId, Priority], Field(max_length=MOST_SUPPOSED)] = {}


class PriceTold(Told):
    """The price of a line with its reasons: valid at `at`, as known at `known_at`."""

    at: datetime
    known_at: datetime
    customer: ContactId | None
    product: ProductId
    unit: Unit
    priced: Priced


class PriceAsked(Reckoning[PriceTold], name="price", asked_by=ASKED_BY):
    """What a line costs a customer, or anybody, at an instant or now, as known at an instant or now, and why (N-3).

    With `supposing` it is what the line would cost; no fact is touched.
    """

    customer: ContactId | None = None
    product: ProductId
    quantity: Quantity
    unit: Unit | None = None
    currency: Currency
    at: Instant | None = None
    known_at: Instant | None = None
    supposing: Supposing | None = None

    def reckon(self, asked: Present) -> Reckoned:
        exception = allowed_by_exception(asked, self.customer)
        view, at = asked.then(self.known_at), self.at or asked.now
        (line,) = _lines(view, (Given(product=self.product, quantity=self.quantity, unit=self.unit),))
        lists = _lists(asked, view, self, at, exception)
        found = priced(view, lists, [line])[line]
        row = PriceTold(
            at=at,
            known_at=view.now,
            customer=self.customer,
            product=line.product,
            unit=line.unit,
            priced=told(found, open_groups(asked, groups_in([found]), exception), base_list(view, at)),
        )
        named = frozenset({*mentioned([row.priced]), (PRODUCT.kind, line.product)})
        return Reckoned(row, named, exception)


class LineTold(Row):
    """One line with its price; without `explained` only the list that won is told."""

    product: ProductId
    unit: Unit
    priced: Priced


class QuotationTold(Told):
    """Lines in the order in which they were asked for; no total where one of them has no price."""

    at: datetime
    known_at: datetime
    customer: ContactId | None
    total: Total | None
    lines: tuple[LineTold, ...]


class Quotation(Reckoning[QuotationTold], name="quotation", asked_by=ASKED_BY):
    """What many lines cost a customer, or anybody, together: each by itself, as `price` tells it."""

    customer: ContactId | None = None
    currency: Currency
    at: Instant | None = None
    known_at: Instant | None = None
    supposing: Supposing | None = None
    lines: Annotated[tuple[Given, ...], Field(min_length=1, max_length=MOST_LINES)]
    explained: bool = False

    def reckon(self, asked: Present) -> Reckoned:
        exception = allowed_by_exception(asked, self.customer)
        view, at = asked.then(self.known_at), self.at or asked.now
        lines = _lines(view, self.lines)
        found = priced(view, _lists(asked, view, self, at, exception), lines)
        if not self.explained:
            found = {line: answer_alone(each) for line, each in found.items()}
        needs_tellable(found[line] for line in lines)
        opened, base = open_groups(asked, groups_in(found.values()), exception), base_list(view, at)
        shown = {line: told(each, opened, base) for line, each in found.items()}
        row = QuotationTold(
            at=at,
            known_at=view.now,
            customer=self.customer,
            total=total(found[line] for line in lines),
            lines=tuple(LineTold(product=line.product, unit=line.unit, priced=shown[line]) for line in lines),
        )
        named = {*mentioned(shown.values()), *((PRODUCT.kind, line.product) for line in lines)}
        return Reckoned(row, frozenset(named), exception)


def _lines(view: View, given: Sequence[Given]) -> list[Line]:
    """In the products' own units where none is said; refused where there was no such product."""
    view.bring(PRODUCT, {each.product for each in given})
    found = []
    for each in given:
        product = view.read(PRODUCT, each.product)
        require(product.listed, otherwise=ProductUnknown)
        found.append(Line(each.product, each.quantity, each.unit or product.unit))
    return found


def _lists(asked: Present, view: View, wanted: PriceAsked | Quotation, at: datetime, exception: Right | None) -> Lists:
    """The lists that count for the customer, as they were known, or would be."""
    customer = wanted.customer
    require(customer is None or view.read(CONTACT, customer).directory is not None, otherwise=ContactUnknown)
    terms = read_terms(view, customer, at)
    if wanted.supposing is not None:
        terms = _supposed(asked, view, terms, wanted.supposing, at, exception)
    return read_field(view, terms, wanted.currency, at)


def _supposed(
    asked: Present, view: View, terms: Terms, what: Supposing, at: datetime, exception: Right | None
) -> Terms:
    """Refused where a group or a list is supposed that is none, or not for the asker to know of."""
    groups = {*what.joined, *what.left}
    require(open_groups(asked, groups, exception) == groups, otherwise=GroupUnknown)
    for price_list in {*what.attached, *what.detached, *what.priorities}:
        require(view.read(PRICE_LIST, price_list).opened, otherwise=PriceListUnknown)
    joined = attached(view, what.joined, at)
    return supposing(terms, Supposed(joined, what.left, what.attached, what.detached, what.priorities))
