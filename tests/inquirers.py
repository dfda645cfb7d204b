"""A company in which no two workers see the same, with read models that follow, and everybody asking."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import orjson
from door import PATIENCE_SECONDS, Door, Reply

from adapters.composition import Place, Service, client, now, serving, viewing
from adapters.nats.client import Client
from adapters.nats.prefix import QUESTIONS as PREFIX
from adapters.postgres.schema import connect
from adapters.postgres.views.registry import Line
from commands.clients.contact import OpenContact, SetContactContract
from commands.clients.directory import OpenDirectory, SetDirectoryRight
from commands.clients.group import FormGroup, SetGroupContract
from commands.clients.membership import JoinGroup
from commands.command import Command
from commands.company.settings import (
    ListSeverities,
    ListUnits,
    SetBaseList,
    SetDefaultArea,
    SetDefaultContract,
    SetPlace,
)
from commands.pricing.order import EnterOrder, Given
from commands.pricing.price import PutPrice
from commands.pricing.price_list import OpenPriceList
from commands.pricing.product import ListProduct
from commands.service.calendar import DefineCalendar
from commands.service.contract import ConcludeContract
from commands.service.holding import AssignTicket
from commands.service.opening import OpenTicket
from commands.service.ticket import HoldTicket, ResolveTicket
from commands.staff.area import GiveAreaRole, OpenArea
from commands.staff.team import AddTeamMember, FormTeam
from commands.staff.worker import DeactivateWorker, GrantRight, HireWorker
from domain.clients.directory import Level
from domain.pricing.price import Price
from domain.service.calendar import OpeningHours
from domain.service.contract import Targets, Terms
from domain.staff.area import Role
from domain.staff.worker import SYSTEM, Right
from domain.values import team_holder, worker_holder
from projections.access import ACCESS
from projections.catalogue import READ_MODELS
from projections.model import ReadModel

ALWAYS = OpeningHours(zone="UTC", week=(((0, 1440),),) * 7)
PROMISE = Targets(first_response_seconds=3600, resolution_seconds=8 * 3600)
HELPDESK = (Right.BASIC, Right.HELPDESK)
WORKERS: dict[str, tuple[Right, ...]] = {
    "anna": HELPDESK,
    "boris": HELPDESK,
    "clara": HELPDESK,
    "dora": HELPDESK,
    "emil": HELPDESK,
    "olga": (Right.AUDITOR,),
    "rita": (Right.ANALYST,),
    "adam": (Right.AREA_ADMINISTRATOR,),
    "zoe": (),
}
"""Anna in person, Boris through a team, Clara without the directory, Dora as manager, Emil until he left; who else."""

TICKETS: dict[str, tuple[str | None, str, int]] = {
    "pump": ("mill", "north", 30),
    "oven": ("bakery", "north", 31),
    "drill": ("mill", "south", 32),
    "noise": (None, "north", 33),
    "valve": ("mill", "north", 50),
    "hose": ("mill", "north", 120),
    "belt": ("mill", "north", 40),
    "lamp": ("mill", "north", 45),
}
"""By customer, area, and minutes ago: the valve is at risk, the hose was missed, the belt waits, the lamp is done."""


ACTIVE = "SELECT fingerprint FROM read_models WHERE state = 'active'"


@dataclass
class Company:
    """The ids of everything by what it is called here."""

    ids: dict[str, str] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Any:
        return self.ids[name]

    def called(self, *ids: str) -> set[str]:
        """What these ids are of."""
        return {self.names[id] for id in ids}

    def __setitem__(self, name: str, id: str) -> None:
        self.ids[name], self.names[id] = id, name


async def founded(desk: Client) -> Company:
    """Everything there is, asked for by the installation."""
    company, began = Company(), now()

    async def did(command: Command, *, minutes_ago: int | None = None) -> str:
        at = None if minutes_ago is None else began - timedelta(minutes=minutes_ago)
        return (await desk.send(command, actor=SYSTEM, happened_at=at)).id

    for name, rights in WORKERS.items():
        company[name] = await did(HireWorker(name=name.title()))
        for right in rights:
            await did(GrantRight(worker=company[name], right=right))
    company["hotline"] = await did(FormTeam(name="Hotline"))
    await did(AddTeamMember(team=company["hotline"], worker=company["boris"]))
    await _places(company, did)
    await _customers(company, did)
    await _promises(company, did)
    for name, (customer, area, minutes) in TICKETS.items():
        by = customer and company[customer]
        opened = OpenTicket(customer=by, area=company[area], title=f"The {name}", reference=name)
        company[name] = await did(opened, minutes_ago=minutes)
    await did(AssignTicket(ticket=company["pump"], assignee=company["anna"]), minutes_ago=20)
    await did(HoldTicket(ticket=company["belt"]), minutes_ago=30)
    await did(ResolveTicket(ticket=company["lamp"]), minutes_ago=35)
    await did(DeactivateWorker(worker=company["emil"], forced=True))
    return company


async def _places(company: Company, did: Callable[..., Any]) -> None:
    for name in ("customers", "secret"):
        company[name] = await did(OpenDirectory(name=name.title()))
    for name in ("north", "south"):
        company[name] = await did(OpenArea(name=name.title()))
    hotline = team_holder(company["hotline"])
    anna, clara, dora, emil, rita = (worker_holder(company[n]) for n in ("anna", "clara", "dora", "emil", "rita"))
    for holder, level in ((anna, Level.USE), (hotline, Level.USE), (dora, Level.EDIT), (emil, Level.ADMINISTER)):
        await did(SetDirectoryRight(directory=company["customers"], holder=holder, level=level))
    await did(SetDirectoryRight(directory=company["customers"], holder=rita, level=Level.USE))
    roles = {anna: Role.MEMBER, hotline: Role.READER, clara: Role.MEMBER, dora: Role.MANAGER, emil: Role.MEMBER}
    for holder, role in {**roles, rita: Role.READER}.items():
        await did(GiveAreaRole(area=company["north"], holder=holder, role=role))
    await did(SetDefaultArea(area=company["north"]))
    await did(ListSeverities(severities=("high", "low")))


async def _customers(company: Company, did: Callable[..., Any]) -> None:
    for name, directory in (("mill", "customers"), ("bakery", "secret"), ("farm", "customers"), ("shop", "customers")):
        opened = OpenContact(directory=company[directory], name=f"The {name}", reference=name)
        company[name] = await did(opened)
    for name, directory, rank in (("vip", "customers", 1), ("regulars", "secret", 2), ("all", "customers", 3)):
        company[name] = await did(FormGroup(directory=company[directory], name=name.title(), rank=rank))
    for contact, group in (("mill", "vip"), ("bakery", "vip"), ("mill", "regulars"), ("farm", "all")):
        await did(JoinGroup(contact=company[contact], group=company[group]), minutes_ago=500)


async def _promises(company: Company, did: Callable[..., Any]) -> None:
    company["calendar"] = await did(DefineCalendar(name="Always", hours=ALWAYS))
    terms = Terms(calendar=company["calendar"], general=PROMISE)
    for name in ("usual", "gold"):
        company[name] = await did(ConcludeContract(name=name.title(), terms=terms), minutes_ago=500)
    await did(SetDefaultContract(contract=company["usual"]), minutes_ago=500)
    await did(SetGroupContract(group=company["regulars"], contract=company["gold"]), minutes_ago=500)
    await did(SetContactContract(contact=company["farm"], contract=company["gold"]), minutes_ago=500)


def open_shop(here: Asker) -> None:
    """The company sells cups from here on: there is a list for everybody, and the mill has ordered some."""
    here.send(SetPlace(zone="Europe/Kyiv", country="UA"))
    here.send(ListUnits(entries=("pcs",)))
    here.company["cup"] = here.send(ListProduct(number="cup/1", name="Cup", unit="pcs"))
    here.company["base"] = here.send(OpenPriceList(name="Base", priority=1, currency="EUR"))
    here.send(SetBaseList(price_list=here.company["base"]))
    price = Price(unit="pcs", amount=Decimal("1.50"))
    here.send(PutPrice(price_list=here.company["base"], product=here.company["cup"], price=price))
    lines = (Given(product=here.company["cup"], quantity=Decimal(3)),)
    here.company["cart"] = here.send(EnterOrder(customer=here.company["mill"], currency="EUR", lines=lines))


@contextmanager
def followed(place: Place, models: Iterable[ReadModel] = READ_MODELS.values()) -> Iterator[None]:
    """The read models are there, and kept up to date while the block runs."""
    stop, wanted = threading.Event(), {model.fingerprint for model in models} - {ACCESS.fingerprint}
    with viewing(place, models) as engine:
        keeper = threading.Thread(target=engine.run, args=(stop,))
        keeper.start()
        try:
            with connect(place.postgres_url, place.settings.schema_name) as line:
                until_active(line, wanted)
            yield
        finally:
            stop.set()
            keeper.join()


def until_active(line: Line, wanted: set[str]) -> None:
    """The versions with these fingerprints are served."""
    until = time.monotonic() + PATIENCE_SECONDS
    while left := wanted - {fingerprint for (fingerprint,) in line.execute(ACTIVE).fetchall()}:
        assert time.monotonic() < until, left
        time.sleep(0.02)


@dataclass
class Asker:
    """Somebody at the door who asks questions for any worker of the company."""

    place: Place
    runner: asyncio.Runner
    service: Service
    desk: Client
    door: Door
    company: Company
    position: str

    def reply(self, name: str, actor: str = "", door: Door | None = None, **envelope: Any) -> Reply:
        """What comes back, whatever it is; by default at the position at which the company stood."""
        asked = {"actor": self.company.ids.get(actor, actor or SYSTEM), "data": {}, "min_position": self.position}
        return self.runner.run(put(door or self.door, name, orjson.dumps(asked | envelope)))

    def ask(self, name: str, actor: str = "", **data: Any) -> Any:
        """The rows, or the row."""
        found = self.reply(name, actor, data=data)
        assert not found.status, found.body
        return found.body.get("rows", found.body.get("row"))

    def refused(self, name: str, actor: str = "", **data: Any) -> str:
        """The code of the refusal."""
        found = self.reply(name, actor, data=data)
        assert found.status, found.body
        return found.code

    def send(self, command: Command, actor: str = "", *, minutes_ago: int | None = None) -> str:
        """Do it, and ask about it from here on."""
        at: datetime | None = None if minutes_ago is None else now() - timedelta(minutes=minutes_ago)
        sent = self.desk.send(command, actor=self.company.ids.get(actor, SYSTEM), happened_at=at)
        done = self.runner.run(sent)
        self.position = done.position
        return done.id


async def put(door: Door, name: str, payload: bytes) -> Reply:
    """Ask by hand."""
    inbox = f"_INBOX.{door.caller}.{uuid4().hex}"
    await door.connection.publish(f"{PREFIX}{door.caller}.{name}", payload, reply=inbox)
    return await door.reply(inbox)


@contextmanager
def company_asked(place: Place) -> Iterator[Asker]:
    """The company at work, and somebody to ask."""
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()

        async def open_up() -> Asker:
            service = await stack.enter_async_context(serving(place))
            desk = await stack.enter_async_context(client(place))
            company = await founded(desk)
            last = await desk.send(HireWorker(name="The last one"), actor=SYSTEM)
            door = await Door.opened(place, "desk")
            stack.push_async_callback(door.connection.close)
            return Asker(place, runner, service, desk, door, company, last.position)

        asker = runner.run(open_up())
        try:
            with followed(place):
                yield asker
        finally:
            runner.run(stack.aclose())
