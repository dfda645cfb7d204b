"""An order of a customer who is in two groups: line by line the list that wins, and why the others do not."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple

from adapters.nats.client import Client
from commands.clients.group import AttachPriceListToGroup, FormGroup
from commands.clients.membership import JoinGroup
from commands.command import Command
from commands.company.settings import ListUnits, SetBaseList, SetPlace
from commands.pricing.order import ConfirmOrder, EnterOrder, Given
from commands.pricing.price import ReplacePrices
from commands.pricing.price_list import OpenPriceList
from commands.pricing.product import ListProduct
from commands.reckonings.order_price import OrderPrice
from domain.pricing.price import Band, Price
from domain.staff.worker import SYSTEM
from domain.values import ContactId, DirectoryId, GroupId, OrderId, PriceListId, ProductId
from projections.clients.contact import Contacts

PIECE, METRE, HOUR = "pcs", "m", "h"
CURRENCY = "EUR"
ANY = Band()


class LineTold(NamedTuple):
    """A line of the order: what wins, and what does not."""

    product: str
    quantity: str
    list: str
    because_of: str
    band: str
    price: str
    net: str
    rejected: str


@dataclass(slots=True)
class PricedOrder:
    """The partners' list comes first and has only pumps, by bands; the builders' list has pumps dearer, and hoses; what
    neither has is in the base list.
    """

    desk: Client
    position: str = ""
    directory: str = ""
    """Where the customer lies, and the groups are to lie."""

    async def lines(self) -> tuple[str, list[LineTold]]:
        """What the order comes to, and its lines, everything set up by commands and then asked."""
        await self._did(SetPlace(zone="Europe/Rome", country="IT"))
        await self._did(ListUnits(entries=(PIECE, METRE, HOUR)))
        products = {name: await self._product(*name) for name in (("Pump", PIECE), ("Hose", METRE), ("Fitting", HOUR))}
        pump, hose, fitting = products.values()
        customer = await self._customer()
        await self._lists(pump, hose, fitting, customer)
        wanted = ((pump, "10"), (pump, "10.5"), (hose, "2.5"), (fitting, "3"))
        lines = tuple(Given(product=product, quantity=Decimal(quantity)) for product, quantity in wanted)
        order = OrderId(await self._did(EnterOrder(customer=customer, currency=CURRENCY, lines=lines)))
        await self._did(ConfirmOrder(order=order))
        answer = await self.desk.query(OrderPrice(order=order), actor=SYSTEM, min_position=self.position)
        row = answer["row"]
        total = sum(Decimal(line["recorded"]["winner"]["net"]) for line in row["lines"])
        return f"{total} {CURRENCY}", [_told(line, row["names"]) for line in row["lines"]]

    async def _product(self, name: str, unit: str) -> ProductId:
        return ProductId(await self._did(ListProduct(number=name.upper(), name=name, unit=unit)))

    async def _customer(self) -> ContactId:
        """One of those whom the log has made known."""
        page = await self.desk.query(Contacts(), actor=SYSTEM, min_position=self.position, limit=1)
        self.directory = page["rows"][0]["directory"]
        return ContactId(page["rows"][0]["contact"])

    async def _lists(self, pump: ProductId, hose: ProductId, fitting: ProductId, customer: ContactId) -> None:
        partners, builders = await self._list("Partners", 1), await self._list("Builders", 2)
        base = await self._list("Standard", 1)
        few, many = Band(up_to=Decimal(10)), Band(above=Decimal(10))
        await self._ask_for(partners, pump, (PIECE, "240.00", few), (PIECE, "221.50", many))
        await self._ask_for(builders, pump, (PIECE, "249.00", ANY))
        await self._ask_for(builders, hose, (METRE, "3.33", ANY))
        await self._ask_for(base, pump, (PIECE, "260.00", ANY))
        await self._ask_for(base, fitting, (HOUR, "48.00", ANY))
        await self._did(SetBaseList(price_list=base))
        for name, price_list in (("Partners", partners), ("Builders", builders)):
            group = GroupId(await self._did(FormGroup(directory=DirectoryId(self.directory), name=name)))
            await self._did(AttachPriceListToGroup(group=group, price_list=price_list))
            await self._did(JoinGroup(contact=customer, group=group))

    async def _list(self, name: str, priority: int) -> PriceListId:
        return PriceListId(await self._did(OpenPriceList(name=name, priority=priority, currency=CURRENCY)))

    async def _ask_for(self, price_list: PriceListId, product: ProductId, *prices: tuple[str, str, Band]) -> None:
        asked = tuple(Price(unit=unit, amount=Decimal(amount), band=band) for unit, amount, band in prices)
        await self._did(ReplacePrices(price_list=price_list, product=product, prices=asked))

    async def _did(self, command: Command) -> str:
        done = await self.desk.send(command, actor=SYSTEM)
        self.position = done.position
        return done.id


def _told(line: dict[str, Any], names: dict[str, str]) -> LineTold:
    recorded, given = line["recorded"], line["line"]
    winner = recorded["winner"]
    price, band = winner["price"], winner["price"]["band"]
    groups = ", ".join(names[group] for group in winner["groups"])
    return LineTold(
        product=names[given["product"]],
        quantity=f"{given['quantity']} {given['unit']}",
        list=names[winner["price_list"]],
        because_of=groups or "base list",
        band=f"({band['above'] or 0}, {band['up_to'] or '…'}]",
        price=price["amount"],
        net=winner["net"],
        rejected="; ".join(f"{names[each['price_list']]}: {each['reason']}" for each in recorded["rejected"]),
    )
