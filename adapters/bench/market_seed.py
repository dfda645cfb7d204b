"""Everything that happened in a market, recorded as all facts are; and its prices in a bare table beside."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

from adapters.bench.crowd import contact_id, directory_id, group_id, subject_id, worker_id
from adapters.bench.crowd_seed import Stream, make, record
from adapters.bench.market import CURRENCY, IN_SO_MANY, LISTS, METRE, PIECE, Market, price_list_id, product_id
from adapters.bench.price_baseline import Row, fill
from adapters.composition import Place
from adapters.postgres.schema import connect, migrate
from adapters.postgres.views import access
from domain.clients.contact import CONTACT, ContactKind, ContactOpened
from domain.clients.directory import DIRECTORY, DirectoryOpened, DirectoryRightSet, Level
from domain.clients.group import GROUP, GroupFormed, GroupKind, GroupPriceListAttached
from domain.clients.membership import MEMBERSHIP, MemberJoined
from domain.company.settings import COMPANY, SETTINGS, PlaceSet, UnitsListed
from domain.pricing.price import PRICES, PriceSet, table_id
from domain.pricing.price_list import PRICE_LIST, PriceListOpened
from domain.pricing.product import PRODUCT, ProductListed
from domain.staff.worker import WORKER, Right, WorkerHired, WorkerRightGranted
from domain.values import worker_holder
from projections.names import CALLED

SELLER, SHOP = worker_id(0), directory_id(0)


def found(place: Place, market: Market) -> None:
    """The whole market, in a schema where there is nothing yet."""
    url, schema = place.postgres_url, place.settings.schema_name
    migrate(url, schema)
    access.ensure(url, schema)
    asyncio.run(record(place, told(market)))
    with connect(url, schema) as connection:
        fill(connection, _plain(market))
    make(place, [CALLED])


def told(market: Market) -> Iterator[Stream]:
    """Stream by stream; whoever is named in one was told of before."""
    yield SETTINGS.stream(COMPANY), [PlaceSet(zone="Europe/Prague", country="CZ"), UnitsListed(entries=(PIECE, METRE))]
    hired = WorkerHired(subject=subject_id("worker", 0), name="Seller")
    rights = [WorkerRightGranted(right=right) for right in (Right.BASIC, Right.SALES)]
    yield WORKER.stream(SELLER), [hired, *rights]
    given = DirectoryRightSet(holder=worker_holder(SELLER), level=Level.USE)
    yield DIRECTORY.stream(SHOP), [DirectoryOpened(name="Shop"), given]
    for number in range(LISTS):
        opened = PriceListOpened(name=f"List {number}", priority=number, currency=CURRENCY)
        yield PRICE_LIST.stream(price_list_id(number)), [opened]
        formed = GroupFormed(directory=SHOP, kind=GroupKind.CUSTOMERS, name=f"Group {number}", rank=number)
        attached = GroupPriceListAttached(price_list=price_list_id(number))
        yield GROUP.stream(group_id(number)), [formed, attached]
    yield from map(_product, range(market.products))
    for number, groups in enumerate(IN_SO_MANY):
        subject = subject_id("contact", number)
        bought = ContactOpened(directory=SHOP, subject=subject, kind=ContactKind.COMPANY, name=f"Customer {number}")
        yield CONTACT.stream(contact_id(number)), [bought]
        joined = [MemberJoined(group=group_id(group)) for group in range(groups)]
        yield MEMBERSHIP.stream(contact_id(number)), [*joined]
    for product in range(market.products):
        for number in range(LISTS):
            stream = PRICES.stream(table_id(price_list_id(number), product_id(product)))
            yield stream, [PriceSet(price=market.price(number, product))]


def _product(number: int) -> Stream:
    return PRODUCT.stream(product_id(number)), [
        ProductListed(number=f"P-{number}", name=f"Product {number}", unit=PIECE)
    ]


def _plain(market: Market) -> Iterator[Row]:
    for product in range(market.products):
        for number in range(LISTS):
            price = market.price(number, product)
            yield price_list_id(number), product_id(product), price.unit, price.amount
