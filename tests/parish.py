"""Two of each kind of person in one company, all that can be said said about both: those who go, and those who stay."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from decimal import Decimal
from io import BytesIO
from typing import Any, NamedTuple

import orjson
from canary import Flock, sung, sung_to
from delivery import listening, until
from door import Reply, Stage, stage
from from_schema import example
from inquirers import followed, put

from adapters.clock import Clock
from adapters.composition import Place, anchoring, client, erasing, reacting, relaying, timing
from adapters.file_request import PART_BYTES
from adapters.nats.channel import FACTS
from adapters.nats.client import Client, new_command_id
from adapters.nats.file_client import Source, put_file
from commands.clients.contact import AttachPriceListToContact
from commands.clients.directory import SetDirectoryRight
from commands.clients.merge import MergeContact
from commands.command import Command
from commands.company.settings import ListErasureReasons, ListUnits, SetPlace, SetProofRetention
from commands.pricing.order import ConfirmOrder, EnterOrder, Given, SettleOrder
from commands.pricing.price import PutPrice
from commands.pricing.price_list import OpenPriceList
from commands.pricing.product import ListProduct
from commands.privacy.erasure import RequestErasure
from commands.reckonings.catalogue import RECKONINGS
from commands.service.ticket import CloseTicket, ResolveTicket, SetTicketCustomer
from commands.staff.area import GiveAreaRole
from commands.staff.worker import DeactivateWorker, GrantRight
from domain.clients.directory import Level
from domain.pricing.price import Price
from domain.service.ticket import TICKET
from domain.staff.area import Role
from domain.staff.worker import SYSTEM, Right
from domain.values import (
    AddressId,
    ContactId,
    OrderId,
    Person,
    PriceListId,
    ProductId,
    TicketId,
    WorkerId,
    person,
    worker_holder,
)
from projections.catalogue import QUESTIONS
from projections.question import Listing

WISH = "Their wish"
PROOF_DAYS = 10
"""Shorter than a key-encryption key is in use."""

BORN = ("contact.open", "worker.hire")
"""Each of these begins another person."""

ALONE = "put alone"
"""Of a file that is attached to nothing."""

OPENED = """
SELECT convert_from(state, 'UTF8')::jsonb ->> 'subject' FROM facts
WHERE originator_id = ANY (%s) AND topic = ANY (%s)
"""
ADDRESSES = """
SELECT convert_from(state, 'UTF8')::jsonb ->> 'kind', convert_from(state, 'UTF8')::jsonb ->> 'address' FROM facts
WHERE originator_id = %s AND topic = 'contact.address-added'
"""
TICKETS = """
SELECT substr(originator_id, 8) FROM facts
WHERE topic = 'ticket.opened' AND convert_from(state, 'UTF8')::jsonb ->> 'subject' = ANY (%s)
"""
"""Also the parts that were split off, and what a message began."""

KNOWN = "SELECT min(position) FROM read_models WHERE state = 'active' AND name <> 'access'"
ERASED = "SELECT count(*) FROM facts WHERE originator_id = %s AND topic = 'erasure.completed'"
OF_WHO_LOOKED = {"looks", "personal-looks"}
"""They tell of questions, and so after each question more."""


class Shop(NamedTuple):
    """What is sold, and by which list; and what was ordered of it."""

    product: ProductId
    price_list: PriceListId
    order: OrderId | None = None


@dataclass(slots=True)
class Lot:
    """A contact with another one merged into it, a worker, somebody whom nobody knows, and somebody who became known.

    `here` is the stage with a world in which everything is theirs.
    """

    here: Stage
    flock: Flock
    shop: Shop
    contact: ContactId
    merged: ContactId
    worker: WorkerId
    late: TicketId
    lone: TicketId
    subjects: set[str] = field(default_factory=set)

    @property
    def people(self) -> list[Person]:
        return [person("contact", self.contact), person("worker", self.worker), person("ticket", self.lone)]

    @property
    def written_to(self) -> list[Person]:
        """Those of whom something is kept as proof."""
        return [each for each in self.people if not each.startswith("worker:")]

    @property
    def ids(self) -> set[str]:
        """By which an answer can be about them."""
        return {self.contact, self.merged, self.worker, *self.tickets()}

    def tickets(self) -> list[str]:
        return [id for (id,) in self.here.database.execute(TICKETS, (list(self.subjects),)).fetchall()]

    def inquiries(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Every question there is, asked about them as far as it can be, and some that can be asked of each of them."""
        world, word = self.here.world, next(iter(self.flock.words.values()))
        known = {**world.ids(), **self.shop._asdict(), "person": self.people[0], "text": word}
        known |= {"thing": "contact", "id": self.contact}
        for name, kind in {**QUESTIONS, **RECKONINGS}.items():
            yield name, example(kind.model_json_schema(), known)
        worker, contact = {"worker": self.worker}, {"contact": self.contact}
        yield "linked-tickets", {"kind": "contact", "thing": self.contact}
        yield "why-notice", {**worker, "ticket": world.ticket}
        for about in (contact, {"ticket": world.ticket}):
            yield "who-could-see", about
            yield "could-see", {**worker, **about}
        for thing, id in (("contact", self.merged), ("worker", self.worker), ("ticket", self.late)):
            yield "timeline", {"thing": thing, "id": id}
        for ticket in self.tickets():
            yield "timeline", {"thing": "ticket", "id": ticket}
            yield "ticket", {"ticket": ticket}
        for each in self.people:
            yield "personal-data", {"person": each}
            yield "erasure-obstacles", {"person": each}


@dataclass(slots=True)
class Parish:
    """The whole company with everything at work that `kartoteka serve` runs."""

    here: Stage
    operator: Client
    going: Lot
    staying: Lot

    def send(self, command: Command) -> str:
        return self.here.run(self.operator.send(command, actor=SYSTEM)).id

    def answers(self, lot: Lot) -> dict[str, list[Any]]:
        """All rows of every answer, by what was asked; of what was refused the code."""
        self.here.run(self._known())
        asked = [(f"{name} {json.dumps(data)}", name, data) for name, data in lot.inquiries()]
        return {about: self.here.run(self._rows(name, data)) for about, name, data in asked}

    async def _rows(self, name: str, data: dict[str, Any]) -> list[Any]:
        rows, more = list[Any](), dict[str, Any]()
        if issubclass(QUESTIONS.get(name, object), Listing):
            more["limit"] = 200
        while True:
            found = await self._asked(name, {"actor": SYSTEM, "data": data, **more})
            if found.status:
                return [found.code]
            rows += found.body["rows"] if "rows" in found.body else [_timeless(found.body["row"])]
            if found.body.get("next") is None:
                return rows
            more["cursor"] = found.body["next"]

    async def _asked(self, name: str, envelope: dict[str, Any]) -> Reply:
        return await put(self.here.desk, name, orjson.dumps(envelope))

    async def _known(self) -> None:
        """Read models have come to the end."""
        end = self.value("SELECT position FROM head")

        async def come() -> bool:
            return bool(self.value(KNOWN) >= end)

        await until("read models follow", come)

    def value(self, query: str, *given: Any) -> Any:
        row = self.here.database.execute(query.encode(), given).fetchone()
        assert row is not None
        return row[0]

    def make_ready(self) -> None:
        """Nothing stands in the way of those who go."""
        self.send(DeactivateWorker(worker=self.going.worker, forced=True))
        for ticket in map(TicketId, self.going.tickets()):
            for command in (ResolveTicket(ticket=ticket), CloseTicket(ticket=ticket)):
                self.send(command)
        self.here.run(self._at_rest())

    async def _at_rest(self) -> None:
        """What follows from all that was said has been done."""
        async with listening(self.here.place) as service:
            streams = service.jetstream()

            async def dealt_with() -> bool:
                last = (await streams.stream_info(FACTS.stream)).state.last_seq
                infos = [await streams.consumer_info(FACTS.stream, FACTS.durable(each)) for each in FACTS.handlers]
                still = any(info.num_pending or info.num_ack_pending for info in infos)
                return not still and bool(last == self.value("SELECT position FROM head"))

            await until("everything is dealt with", dealt_with)

    def forget(self) -> None:
        """All who go, to the receipt."""
        for each in self.going.people:
            self.send(RequestErasure(person=each, reason=WISH))
        self.until_forgotten(self.going.people)

    def until_forgotten(self, people: Iterable[Person], times: int = 1) -> None:
        async def forgotten() -> bool:
            return all(self.value(ERASED, f"erasure-{each}") == times for each in people)

        self.here.run(until("they are forgotten", forgotten, 60.0))

    def until(self, what: str, true: Callable[[], bool]) -> None:
        async def so() -> bool:
            return true()

        self.here.run(until(what, so))


@contextmanager
def parish(place: Place, mailed: Place, clock: Clock) -> Iterator[Parish]:
    """`mailed` is the same place with a mail server."""
    with stage(place, clock) as here, followed(place):
        leaving = here.run(_event())
        work, operator = here.run(_begun(place, mailed, clock, leaving))
        try:
            for command in (
                ListErasureReasons(entries=(WISH,)),
                SetProofRetention(days=PROOF_DAYS),
            ):
                here.run(operator.send(command, actor=SYSTEM))
            shop = _shop(here, operator)
            going, staying = (_lot(here, operator, shop, Flock(labels=False)) for _ in range(2))
            yield Parish(here, operator, going, staying)
        finally:
            leaving.set()
            here.run(_ended(work))


def _timeless(row: Any) -> Any:
    """But for when it was asked."""
    return {name: value for name, value in row.items() if name not in ("at", "known_at")}


async def _event() -> asyncio.Event:
    return asyncio.Event()


async def _ended(work: asyncio.Task[None]) -> None:
    await work


async def _begun(
    place: Place, mailed: Place, clock: Clock, leaving: asyncio.Event
) -> tuple[asyncio.Task[None], Client]:
    """Everything that works beside the service, in one task that ends when it is to leave."""
    ready = asyncio.get_running_loop().create_future()

    async def at_work() -> None:
        async with (
            anchoring(place, clock=clock, every_seconds=0.5),
            relaying(place),
            reacting(mailed, clock=clock),
            timing(place, clock=clock),
            erasing(place, clock=clock, every_seconds=0.05),
            client(place) as operator,
        ):
            ready.set_result(operator)
            await leaving.wait()

    work = asyncio.create_task(at_work())
    await asyncio.wait([work, ready], return_when=asyncio.FIRST_COMPLETED)
    return work, ready.result() if ready.done() else await _failed(work)


async def _failed(work: asyncio.Task[None]) -> Client:
    await work
    raise AssertionError("ended at once")


def _lot(here: Stage, operator: Client, shop: Shop, flock: Flock) -> Lot:
    def born(topic: str, whose: str, stage: Stage = here, **given: Any) -> str:
        answer = sung(stage, topic, flock.of(whose), **given)
        assert answer is not None
        return str(answer.body["id"])

    def send(command: Command) -> str:
        return here.run(operator.send(command, actor=SYSTEM)).id

    contact, merged = (ContactId(born("contact.open", whose)) for whose in ("contact", "merged"))
    worker = WorkerId(born("worker.hire", "worker"))
    for right in (Right.BASIC, Right.HELPDESK):
        send(GrantRight(worker=worker, right=right))
    holder = worker_holder(worker)
    send(GiveAreaRole(area=here.world.area, holder=holder, role=Role.MEMBER))
    send(SetDirectoryRight(directory=here.world.directory, holder=holder, level=Level.USE))
    world = replace(here.world, contact=contact, worker=worker)
    file, _ = (_put(here, operator, contact, flock.of(whose)) for whose in ("attached", ALONE))
    ticket = TicketId(born("ticket.open", "contact", replace(here, world=world)))
    late, lone = (
        TicketId(born("ticket.open", whose, replace(here, world=world), reporter=None, customer=None))
        for whose in ("late", "lone")
    )
    world = replace(world, file=file, ticket=ticket)
    sung_to(replace(here, world=world), "contact.add-address", flock.of("contact, at first"))
    addresses = dict(here.database.execute(ADDRESSES, (f"contact-{contact}",)).fetchall())
    world = replace(world, address=AddressId(addresses["postal"]))
    _say_all(replace(here, world=world), flock.of("contact"))
    email = {"address": addresses["email"], "typed": "somebody@firm.example"}
    born("contact.change-address", "contact", replace(here, world=world), **email)
    for whose, each in (("late", late), ("lone", lone)):
        _say_all(replace(here, world=replace(world, ticket=each)), flock.of(whose), of=TICKET.kind)
    send(MergeContact(contact=merged, survivor=contact))
    send(SetTicketCustomer(ticket=late, reporter=contact))
    shop = _bought(here, operator, shop, contact)
    lot = Lot(replace(here, world=world), flock, shop, contact, merged, worker, late, lone)
    streams = [*(f"contact-{each}" for each in (contact, merged)), f"worker-{worker}"]
    streams += [f"ticket-{each}" for each in (late, lone)]
    topics = ["contact.opened", "worker.hired", "ticket.opened"]
    lot.subjects = {subject for (subject,) in here.database.execute(OPENED, (streams, topics)).fetchall()}
    return lot


def _shop(here: Stage, operator: Client) -> Shop:
    def send(command: Command) -> str:
        return here.run(operator.send(command, actor=SYSTEM)).id

    send(SetPlace(zone="Europe/Rome", country="IT"))
    send(ListUnits(entries=("pcs",)))
    product = ProductId(send(ListProduct(number="cup/1", name="Cup", unit="pcs")))
    price_list = PriceListId(send(OpenPriceList(name="Base", priority=1, currency="EUR")))
    send(PutPrice(price_list=price_list, product=product, price=Price(unit="pcs", amount=Decimal("1.50"))))
    return Shop(product, price_list)


def _bought(here: Stage, operator: Client, shop: Shop, customer: ContactId) -> Shop:
    """The list is theirs, and an order is over."""

    def send(command: Command) -> str:
        return here.run(operator.send(command, actor=SYSTEM)).id

    send(AttachPriceListToContact(contact=customer, price_list=shop.price_list))
    lines = (Given(product=shop.product, quantity=Decimal(3)),)
    order = OrderId(send(EnterOrder(customer=customer, currency="EUR", lines=lines)))
    send(ConfirmOrder(order=order))
    send(SettleOrder(order=order))
    return shop._replace(order=order)


def _say_all(here: Stage, flock: Flock, of: str = "") -> None:
    """Whatever takes a text, of the whole catalogue or of a noun, about the things of this world."""
    for topic in here.schemas:
        if topic.startswith(of) and topic not in BORN:
            sung_to(here, topic, flock)


def _put(here: Stage, operator: Client, contact: str, flock: Flock) -> Any:
    """A file of two parts."""
    said = flock.on("file").at("content")
    flock.was_taken(said)
    word = said.encode()
    content = (word + b" ") * (PART_BYTES // len(word))
    source = Source(new_command_id(), contact, BytesIO(content), len(content))
    return here.run(put_file(operator, source, actor=SYSTEM)).file
