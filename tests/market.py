"""A small market in which no two sellers know the same, and what may become of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st
from specification import Happened, of

from commands.clients.contact import AttachPriceListToContact, DetachPriceListFromContact
from commands.clients.group import AttachPriceListToGroup, DetachPriceListFromGroup, MoveGroup
from commands.clients.membership import JoinGroup, LeaveGroup
from commands.clients.merge import MergeContact, SeparateContact
from commands.company.settings import SetBaseList
from commands.pricing.order import EnterOrder, Given
from commands.pricing.price import PutPrice, ReplacePrices
from commands.pricing.price_list import RankPriceList, SetPriceListDays
from domain.clients.contact import CONTACT, ContactKind, ContactOpened
from domain.clients.directory import DIRECTORY, DirectoryOpened, DirectoryRightSet, Level
from domain.clients.group import GROUP, GroupFormed, GroupKind, GroupPriceListAttached
from domain.clients.membership import MEMBERSHIP, MemberJoined
from domain.company.settings import COMPANY, SETTINGS, BaseListSet, PlaceSet, UnitsListed
from domain.pricing.days import Days
from domain.pricing.price import PRICES, Band, Price, PriceSet, table_id
from domain.pricing.price_list import PRICE_LIST, PriceListOpened
from domain.pricing.product import PRODUCT, ProductListed
from domain.staff.team import TEAM, TeamFormed, TeamMemberAdded
from domain.staff.worker import WORKER, Right, WorkerHired, WorkerRightGranted
from domain.values import (
    ContactId,
    DirectoryId,
    GroupId,
    PriceListId,
    ProductId,
    TeamId,
    WorkerId,
    team_holder,
    worker_holder,
)

SELLER, PEER, CLERK, AUDITOR, NOBODY = map(WorkerId, ("seller", "peer", "clerk", "auditor", "nobody"))
"""The seller uses the open directory, the peer does so through a team, the clerk does so and may not sell."""

OPEN, SHUT = DirectoryId("open"), DirectoryId("shut")
HOTEL, INN, CAFE = map(ContactId, ("hotel", "inn", "cafe"))
"""The café lies in the directory that is shut."""

GUILD, UNION, LODGE = map(GroupId, ("guild", "union", "lodge"))
"""The lodge lies in the directory that is shut."""

SPRING, SUMMER, AUTUMN, STANDARD, CROWNS = map(PriceListId, ("spring", "summer", "autumn", "standard", "crowns"))
CUP, ROPE = ProductId("cup"), ProductId("rope")
CUSTOMERS, GROUPS = (HOTEL, INN), (GUILD, UNION, LODGE)
LISTS = {SPRING: (1, "EUR"), SUMMER: (1, "EUR"), AUTUMN: (2, "EUR"), STANDARD: (5, "EUR"), CROWNS: (0, "CZK")}
"""Priority and currency."""

PIECE, METRE = "pcs", "m"
RIGHTS = {
    SELLER: (Right.BASIC, Right.SALES),
    PEER: (Right.BASIC, Right.SALES),
    CLERK: (Right.BASIC,),
    AUDITOR: (Right.AUDITOR,),
    NOBODY: (),
}
TEAM_OF_PEER = TeamId("team")


def price(amount: str, unit: str = PIECE, **more: Any) -> Price:
    return Price(unit=unit, amount=Decimal(amount), **more)


def sold(price_list: PriceListId, product: ProductId, *prices: Price, **when: Any) -> list[Happened]:
    return of(PRICES, table_id(price_list, product), *(PriceSet(price=each) for each in prices), **when)


def _beginning() -> Iterator[list[Happened]]:
    yield of(SETTINGS, COMPANY, PlaceSet(zone="Europe/Prague", country="CZ"), UnitsListed(entries=(PIECE, METRE)))
    for n, (worker, rights) in enumerate(RIGHTS.items()):
        granted = [WorkerRightGranted(right=right) for right in rights]
        yield of(WORKER, worker, WorkerHired(subject=f"50{n}", name=f"Worker {n}"), *granted)
    yield of(TEAM, TEAM_OF_PEER, TeamFormed(name="Team"), TeamMemberAdded(worker=PEER))
    holders = (worker_holder(SELLER), team_holder(TEAM_OF_PEER), worker_holder(CLERK))
    given = [DirectoryRightSet(holder=holder, level=Level.USE) for holder in holders]
    yield of(DIRECTORY, OPEN, DirectoryOpened(name="Open"), *given)
    yield of(DIRECTORY, SHUT, DirectoryOpened(name="Shut"))
    for n, (customer, directory) in enumerate(((HOTEL, OPEN), (INN, OPEN), (CAFE, SHUT))):
        opened = ContactOpened(directory=directory, subject=f"60{n}", kind=ContactKind.COMPANY, name=f"Customer {n}")
        yield of(CONTACT, customer, opened)
    for group, directory in ((GUILD, OPEN), (UNION, OPEN), (LODGE, SHUT)):
        yield of(GROUP, group, GroupFormed(directory=directory, kind=GroupKind.CUSTOMERS, name=f"The {group}", rank=1))
    for product, unit in ((CUP, PIECE), (ROPE, METRE)):
        yield of(PRODUCT, product, ProductListed(number=f"P-{product}", name=f"The {product}", unit=unit))
    for price_list, (priority, currency) in LISTS.items():
        yield of(PRICE_LIST, price_list, PriceListOpened(name=price_list, priority=priority, currency=currency))
    yield of(SETTINGS, COMPANY, BaseListSet(price_list=STANDARD))
    yield sold(STANDARD, CUP, price("9.00"))


MARKET: list[Happened] = [each for happened in _beginning() for each in happened]


def joined(contact: ContactId, *groups: GroupId, **when: Any) -> list[Happened]:
    return of(MEMBERSHIP, contact, *(MemberJoined(group=group) for group in groups), **when)


def brought(group: GroupId, *lists: PriceListId, **when: Any) -> list[Happened]:
    return of(GROUP, group, *(GroupPriceListAttached(price_list=each) for each in lists), **when)


GUEST = [*joined(HOTEL, GUILD, LODGE), *brought(GUILD, SPRING, CROWNS), *brought(LODGE, SUMMER, AUTUMN)]
"""The hotel is in one group that the seller may know of and in one that is hidden."""
PRICED = [*sold(SPRING, CUP, price("3.00")), *sold(SUMMER, CUP, price("4.00")), *sold(AUTUMN, CUP, price("1.00"))]


# What may become of it

_lists, _groups = st.sampled_from([*LISTS]), st.sampled_from(GROUPS)
_customers, _products = st.sampled_from([HOTEL, HOTEL, INN]), st.sampled_from([CUP, CUP, ROPE])
_days = st.sampled_from(
    [Days(), Days(), Days(last=date(2024, 6, 3)), Days(first=date(2024, 6, 4)), Days(first=date(2025, 1, 1))]
)
_bands = st.sampled_from([Band(), Band(), Band(up_to=Decimal(10)), Band(above=Decimal(10)), Band(above=Decimal("2.5"))])
_prices = st.builds(
    Price,
    unit=st.sampled_from([PIECE, PIECE, METRE]),
    band=_bands,
    days=_days,
    amount=st.sampled_from([Decimal(n) for n in ("0", "0.01", "1.00", "1.25", "3.33")]),
    per=st.sampled_from([Decimal(1), Decimal(1), Decimal(3)]),
)
_tables = {"price_list": _lists, "product": _products}
ACTS: st.SearchStrategy[Any] = st.one_of(
    *[st.builds(PutPrice, **_tables, price=_prices)] * 4,
    st.builds(ReplacePrices, **_tables, prices=st.just(()) | st.tuples(_prices)),
    *[st.builds(AttachPriceListToGroup, group=_groups, price_list=_lists)] * 3,
    st.builds(DetachPriceListFromGroup, group=_groups, price_list=_lists),
    st.builds(AttachPriceListToContact, contact=_customers, price_list=_lists),
    st.builds(DetachPriceListFromContact, contact=_customers, price_list=_lists),
    *[st.builds(JoinGroup, contact=_customers, group=_groups)] * 3,
    st.builds(LeaveGroup, contact=_customers, group=_groups),
    st.builds(RankPriceList, price_list=_lists, priority=st.integers(0, 3)),
    st.builds(SetPriceListDays, price_list=_lists, days=_days),
    st.builds(SetBaseList, price_list=st.none() | _lists),
    st.builds(MoveGroup, group=_groups, directory=st.sampled_from([OPEN, SHUT])),
    st.builds(MergeContact, contact=st.just(INN), survivor=st.just(HOTEL)),
    st.builds(SeparateContact, contact=st.just(INN)),
)


def wanted(customer: ContactId) -> EnterOrder:
    """An order of some of everything."""
    lines = (Given(product=CUP, quantity="10"), Given(product=CUP, quantity="10.5"), Given(product=ROPE, quantity="2"))
    return EnterOrder(customer=customer, currency="EUR", lines=lines)
