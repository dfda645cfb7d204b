"""What may be asked about prices and orders in a small company, in any order, and what it sells besides."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from clientele import made
from company import price
from hypothesis import strategies as st
from specification import Happened, of

from commands.clients.contact import AttachPriceListToContact, DetachPriceListFromContact
from commands.clients.group import AttachPriceListToGroup, DetachPriceListFromGroup
from commands.clients.membership import JoinGroup, LeaveGroup
from commands.clients.merge import MergeContact, SeparateContact
from commands.company.settings import ListUnits, SetBaseList
from commands.pricing.order import (
    CancelOrder,
    ConfirmOrder,
    DraftOrder,
    EnterOrder,
    Given,
    OfferOrder,
    PlaceOrder,
    RemoveOrderLine,
    RepriceOrder,
    SetOrderLine,
    SettleOrder,
)
from commands.pricing.price import PutPrice, ReplacePrices, WithdrawPrice
from commands.pricing.price_list import RankPriceList, RenamePriceList, SetPriceListDays
from commands.pricing.product import RenameProduct, RestoreProduct, RetireProduct
from domain.clients.contact import CONTACT, ContactPriceListAttached
from domain.clients.group import GROUP, GroupPriceListAttached
from domain.clients.membership import MEMBERSHIP, MemberJoined
from domain.pricing.days import ALWAYS, Days
from domain.pricing.price import PRICES, Band, Price, PriceSet, table_id
from domain.pricing.price_list import PRICE_LIST, PriceListOpened
from domain.values import PriceListId
from examples import BAKERY, BRAN, BREAD, CART, FLOUR, KILO, MILL, REGULARS, RETAIL, SACK, TRADE, VIP

FRIENDS, CROWNS = PriceListId("friends"), PriceListId("crowns")
"""One of the same priority as the trade's, and one in another currency."""

LISTS = (RETAIL, TRADE, FRIENDS, CROWNS)
TUESDAY = date(2024, 6, 4)

MORE_GOODS: list[Happened] = [
    *of(PRICE_LIST, FRIENDS, PriceListOpened(name="Friends", priority=5, currency="EUR")),
    *of(PRICE_LIST, CROWNS, PriceListOpened(name="Crowns", priority=1, currency="CZK")),
    *of(PRICES, table_id(TRADE, FLOUR), PriceSet(price=price("4.00", band=Band(up_to=Decimal(10))))),
    *of(PRICES, table_id(FRIENDS, FLOUR), PriceSet(price=price("4.00", days=Days(first=TUESDAY)))),
    *of(PRICES, table_id(CROWNS, FLOUR), PriceSet(price=price("100.00"))),
    *of(MEMBERSHIP, MILL, MemberJoined(group=VIP)),
    *of(GROUP, VIP, *(GroupPriceListAttached(price_list=each) for each in (TRADE, CROWNS))),
    *of(CONTACT, BAKERY, ContactPriceListAttached(price_list=FRIENDS)),
]

lists, products = st.sampled_from(LISTS), st.sampled_from([FLOUR, FLOUR, FLOUR, BRAN])
customers, groups = st.sampled_from([MILL, MILL, BAKERY]), st.sampled_from([VIP, REGULARS])
orders = st.sampled_from([CART, CART, BREAD]) | st.integers(0, 9).map(made)
days = st.sampled_from(
    [ALWAYS, ALWAYS, Days(last=date(2024, 6, 3)), Days(first=TUESDAY), Days(first=date(2024, 6, 5), last=date.max)]
)
bands = st.sampled_from([Band(), Band(), Band(up_to=Decimal(10)), Band(above=Decimal(10)), Band(above=Decimal("2.5"))])
prices = st.builds(
    Price,
    unit=st.sampled_from([KILO, KILO, KILO, SACK]),
    band=bands,
    days=days,
    amount=st.sampled_from([Decimal(each) for each in ("0", "0.01", "1.25", "3.33", "3.34", "4")]),
    per=st.sampled_from([1, 1, 3]),
)
table = {"price_list": lists, "product": products}
lines = st.builds(
    Given,
    product=st.sampled_from([*[FLOUR] * 9, BRAN]),
    quantity=st.sampled_from([Decimal(each) for each in ("0.5", "1", "10", "10.5", "25")]),
    unit=st.sampled_from([None, None, None, KILO, SACK]),
)
some_lines = st.lists(lines, min_size=1, max_size=3).map(tuple)
numbers = st.sampled_from([1, 1, 2, 3])
currencies = st.sampled_from(["EUR", "EUR", "EUR", "CZK"])

ABOUT_PRICES = st.one_of(
    *[st.builds(PutPrice, **table, price=prices)] * 4,
    st.builds(WithdrawPrice, **table, unit=st.just(KILO), above=st.none() | st.just(Decimal(10))),
    st.builds(ReplacePrices, **table, prices=st.just(()) | st.tuples(prices)),
    st.builds(RankPriceList, price_list=lists, priority=st.sampled_from([1, 5, 7])),
    st.builds(SetPriceListDays, price_list=lists, days=days),
    st.builds(RenamePriceList, price_list=lists, name=st.sampled_from(["Bakers", "Others"])),
    st.builds(SetBaseList, price_list=st.none() | lists),
    st.builds(ListUnits, entries=st.sampled_from([(SACK, KILO), (KILO,)])),
    *(st.builds(kind, group=groups, price_list=lists) for kind in (AttachPriceListToGroup, DetachPriceListFromGroup)),
    *(
        st.builds(kind, contact=customers, price_list=lists)
        for kind in (AttachPriceListToContact, DetachPriceListFromContact)
    ),
    st.builds(RenameProduct, product=products, name=st.sampled_from(["Wheat flour", "Others"])),
    *(st.builds(kind, product=products) for kind in (RetireProduct, RestoreProduct)),
)
ABOUT_ORDERS = st.one_of(
    *[
        st.builds(kind, customer=customers, currency=currencies, lines=st.just(()) | some_lines)
        for kind in (DraftOrder, EnterOrder, EnterOrder)
    ],
    *[st.builds(SetOrderLine, order=orders, number=st.none() | numbers, line=lines)] * 2,
    st.builds(RemoveOrderLine, order=orders, number=numbers),
    *(
        st.builds(kind, order=orders)
        for kind in (OfferOrder, PlaceOrder, PlaceOrder, ConfirmOrder, ConfirmOrder, RepriceOrder)
    ),
    *(st.builds(kind, order=orders) for kind in (SettleOrder, CancelOrder)),
)
ABOUT_CUSTOMERS = st.one_of(
    *(st.builds(kind, contact=customers, group=groups) for kind in (JoinGroup, LeaveGroup)),
    st.builds(MergeContact, contact=st.just(BAKERY), survivor=st.just(MILL)),
    st.builds(SeparateContact, contact=st.just(BAKERY)),
)

ABOUT_SALES = ABOUT_PRICES | ABOUT_ORDERS
