"""People of whom a company has everything, forgotten while it goes on; and runners that end in the middle of it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from decimal import Decimal
from io import BytesIO
from typing import Any, NamedTuple
from uuid import uuid4

from delivery import until
from world import World, set_up

from adapters.clock import Clock
from adapters.composition import Place, client, erasing, now, relaying, serving
from adapters.nats.channel import beside
from adapters.nats.client import Client, new_command_id
from adapters.nats.file_client import Source, put_file
from adapters.postgres.schema import connect
from adapters.postgres.views.registry import Line
from commands.clients.address import AddAddress
from commands.clients.contact import OpenContact
from commands.clients.merge import MergeContact
from commands.clients.paper import AttachFile, NoteOnContact
from commands.command import Command
from commands.company.settings import (
    ListErasureReasons,
    ListHoldGrounds,
    ListUnits,
    SetBaseList,
    SetPlace,
    SetProofRetention,
)
from commands.pricing.order import ConfirmOrder, EnterOrder, Given, SettleOrder
from commands.pricing.price import PutPrice
from commands.pricing.price_list import OpenPriceList
from commands.pricing.product import ListProduct
from commands.privacy.erasure import RequestErasure
from commands.service.exchange import LogMessage
from commands.service.opening import OpenTicket
from commands.service.ticket import CloseTicket, ResolveTicket, SetTicketCustomer
from domain.clients.address import AddressKind
from domain.pricing.price import Price
from domain.service.exchange import Direction, Way
from domain.staff.worker import SYSTEM
from domain.values import ContactId, FileId, OrderId, Person, PriceListId, ProductId, TicketId, person

WISH, LAWSUIT = "Their wish", "A lawsuit"
PROOF_DAYS = 90
FACTS = """
SELECT notification_id, topic, convert_from(state, 'UTF8') FROM facts WHERE originator_id = %s ORDER BY notification_id
"""


LETTERS = str.maketrans("0123456789abcdef", "bcdfghjklmnpqrst")


def canary() -> str:
    """A word that nobody has used before, as long as all others, and of consonants alone."""
    return f"canary{uuid4().hex[:12].translate(LETTERS)}"


class Company(NamedTuple):
    """Where it all happens, and what is bought there."""

    world: World
    cup: ProductId


class Life(NamedTuple):
    """Somebody with two contacts that count as one, tickets, messages, an order and a file; and the words of it all."""

    contact: ContactId
    other: ContactId
    late: TicketId
    file: FileId
    words: tuple[str, ...]

    @property
    def person(self) -> Person:
        return person("contact", self.contact)

    @property
    def stream(self) -> str:
        return f"contact-{self.contact}"


class Office:
    """A service in which people are forgotten. Read models follow and facts are published; nothing erases yet."""

    def __init__(self, place: Place, operator: Client, database: Line, world: World, cup: ProductId) -> None:
        self.place, self.operator, self.database, self.world, self.cup = place, operator, database, world, cup

    async def did(self, command: Command, **given: Any) -> str:
        """The id of the thing."""
        return (await self.operator.send(command, actor=SYSTEM, **given)).id

    async def life(self) -> Life:
        """Somebody new, all of whose business is over."""
        word = [canary() for _ in range(10)]
        home = self.world.directory
        contact = ContactId(await self.did(OpenContact(directory=home, name=f"Dora {word[0]}")))
        other = ContactId(await self.did(OpenContact(directory=home, name=f"Dora {word[1]}")))
        await self.did(AddAddress(contact=contact, kind=AddressKind.EMAIL, typed=f"{word[2]}@dora.example"))
        await self.did(NoteOnContact(contact=contact, text=f"Likes {word[3]}"))
        file = await self._file(contact, word[4])
        await self.did(MergeContact(contact=other, survivor=contact))
        ticket = TicketId(await self.did(OpenTicket(reporter=contact, title=f"The {word[5]}", description=word[6])))
        for direction, text in ((Direction.INCOMING, word[7]), (Direction.OUTGOING, word[8])):
            await self.did(LogMessage(ticket=ticket, direction=direction, way=Way.EMAIL, text=text))
        late = TicketId(await self.did(OpenTicket(title=f"Who am I {word[9]}")))
        await self.did(SetTicketCustomer(ticket=late, reporter=contact))
        for each in (ticket, late):
            await self.did(ResolveTicket(ticket=each))
            await self.did(CloseTicket(ticket=each))
        order = OrderId(await self.did(self._order(contact)))
        await self.did(ConfirmOrder(order=order))
        await self.did(SettleOrder(order=order))
        return Life(contact, other, late, file, tuple(word))

    async def sender(self) -> tuple[Person, tuple[str, ...]]:
        """Somebody who wrote once, and whom nobody knows."""
        word = canary()
        ticket = TicketId(await self.did(OpenTicket(title=f"It is {word}")))
        await self.did(ResolveTicket(ticket=ticket))
        await self.did(CloseTicket(ticket=ticket))
        return person("ticket", ticket), (word,)

    async def life_is_known(self) -> None:
        """Read models have come to the end of all that there is."""

        async def known() -> bool:
            return (
                self.value("SELECT min(position) FROM read_models WHERE state = 'active' AND name <> 'access'") >= end
            )

        end = self.value("SELECT position FROM head")
        await until("read models follow", known)

    async def wish(self, whom: Person) -> None:
        """Have them forgotten."""
        await self.did(RequestErasure(person=whom, reason=WISH))

    def facts(self, whom: Person) -> list[tuple[str, dict[str, Any]]]:
        """What is on record of their erasure."""
        return [(topic, json.loads(state)) for _, topic, state in self.rows(FACTS, f"erasure-{whom}")]

    def topics(self, whom: Person) -> list[str]:
        return [topic for topic, _ in self.facts(whom)]

    def rows(self, query: str, *given: Any) -> list[tuple[Any, ...]]:
        return self.database.execute(query.encode(), given).fetchall()

    def store(self, statement: str, *given: Any) -> None:
        self.database.execute(statement.encode(), given)

    def value(self, query: str, *given: Any) -> Any:
        ((found,),) = self.rows(query, *given)
        return found

    async def until_completed(self, whom: Person, times: int = 1) -> None:
        async def completed() -> bool:
            return self.topics(whom).count("erasure.completed") == times

        await until(f"{whom} is forgotten", completed, 30.0)

    async def _file(self, contact: ContactId, word: str) -> FileId:
        content = word.encode() * 36_000  # so that it takes two parts
        source = Source(new_command_id(), contact, BytesIO(content), len(content))
        file = FileId((await put_file(self.operator, source, actor=SYSTEM)).file)
        await self.did(AttachFile(contact=contact, file=file, name=f"{word}.txt", media_type="text/plain"))
        return file

    def _order(self, customer: ContactId) -> EnterOrder:
        return EnterOrder(customer=customer, currency="EUR", lines=(Given(product=self.cup, quantity=Decimal(3)),))


@asynccontextmanager
async def opened(
    place: Place, company: Company | None = None, clock: Clock = now, *, relayed: bool = True
) -> AsyncIterator[Office]:
    """The service there, and its relay; the company is founded where none is given."""
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(serving(place, clock=clock))
        if relayed:
            await stack.enter_async_context(relaying(place, channel=beside(place.settings.schema_name)))
        operator = await stack.enter_async_context(client(place))
        database = stack.enter_context(connect(place.postgres_url, place.settings.schema_name))
        yield Office(place, operator, database, *(company or await founded(operator)))


async def founded(operator: Client) -> Company:
    """The smallest company in which people can be forgotten, and have bought something."""

    async def did(command: Command) -> str:
        return (await operator.send(command, actor=SYSTEM)).id

    world = await set_up(operator)
    for command in (
        ListErasureReasons(entries=(WISH,)),
        ListHoldGrounds(entries=(LAWSUIT,)),
        SetProofRetention(days=PROOF_DAYS),
        ListUnits(entries=("pcs",)),
        SetPlace(zone="Europe/Rome", country="IT"),
    ):
        await did(command)
    cup = ProductId(await did(ListProduct(number="cup/1", name="Cup", unit="pcs")))
    base = PriceListId(await did(OpenPriceList(name="Base", priority=1, currency="EUR")))
    await did(SetBaseList(price_list=base))
    await did(PutPrice(price_list=base, product=cup, price=Price(unit="pcs", amount=Decimal("1.50"))))
    return Company(world, cup)


def company(place: Place) -> Company:
    """Founded there, for offices that are opened later."""

    async def run() -> Company:
        async with opened(place, relayed=False) as office:
            return Company(office.world, office.cup)

    return asyncio.run(run())


class Crash(BaseException):
    """The process is gone."""


class Ending:
    """Ends the process at the n-th boundary that is reached, or at the first of a name."""

    def __init__(self, at: int = 0, name: str = "") -> None:
        self.at, self.name = at, name
        self.reached: list[str] = []

    def __call__(self, boundary: str) -> None:
        self.reached.append(boundary)
        if boundary == self.name or len(self.reached) == self.at:
            raise Crash(boundary)


@asynccontextmanager
async def eraser(place: Place, reached: Callable[[str], None] | None = None, clock: Clock = now) -> AsyncIterator[None]:
    """A runner that looks often."""
    async with erasing(place, clock=clock, reached=reached, every_seconds=0.05):
        yield


async def erased(
    office: Office, whom: Person, ending: Ending | None = None, clock: Clock = now, times: int = 1
) -> bool:
    """Let a runner work until they are forgotten; False where it ended before."""
    crashed = False
    try:
        async with eraser(office.place, ending, clock):
            await office.until_completed(whom, times)
    except* Crash:
        crashed = True
    return not crashed
