"""Two worlds that differ in hidden contacts alone, and somebody without rights who asks both for everything."""

from __future__ import annotations

import asyncio
import csv
import io
import random
import uuid
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from types import MappingProxyType
from typing import Any, NamedTuple

import httpx
import orjson
import pyarrow.parquet as pq
from door import Door
from from_schema import example
from inquirers import followed
from online import callers, events, served

from adapters.composition import Place, serving
from adapters.http import accept
from adapters.inquiry import ASKED
from adapters.nats.prefix import COMMANDS as COMMANDS_PREFIX
from adapters.nats.prefix import QUESTIONS as QUESTIONS_PREFIX
from commands.catalogue import COMMANDS
from commands.clients.address import AddAddress
from commands.clients.contact import AttachPriceListToContact, OpenContact, SetContactResponsible
from commands.clients.directory import OpenDirectory, SetDirectoryRight
from commands.clients.group import AttachPriceListToGroup, FormGroup
from commands.clients.membership import JoinGroup
from commands.clients.relation import EmployContact, RelateContact
from commands.command import Command
from commands.company.settings import ListRelations, ListUnits, SetBaseList, SetDefaultArea, SetPlace
from commands.pricing.order import ConfirmOrder, DraftOrder, EnterOrder, Given, OfferOrder
from commands.pricing.price import PutPrice
from commands.pricing.price_list import OpenPriceList
from commands.pricing.product import ListProduct
from commands.service.holding import AssignTicket
from commands.service.joining import MergeTicket, SplitTicket
from commands.service.link import LinkTicket
from commands.service.opening import OpenTicket
from commands.service.ticket import SetTicketCustomer
from commands.staff.area import GiveAreaRole, OpenArea
from commands.staff.team import AddTeamMember, FormTeam
from commands.staff.worker import GrantRight, HireWorker
from domain.clients.address import AddressKind
from domain.clients.contact import ContactKind
from domain.clients.directory import Level
from domain.company.responsibility import CHECK
from domain.pricing.days import Days
from domain.pricing.price import Price
from domain.service.link import LinkKind
from domain.staff.area import Role
from domain.staff.worker import SYSTEM, Right
from domain.values import worker_holder

NOW = datetime(2026, 5, 4, 9, 30, tzinfo=timezone.utc)
"""Both worlds stand at one instant: what differs between them is not the clock."""


class Crowd(NamedTuple):
    """How many contacts are seen, and how many, not more, are not."""

    visible: int
    hidden: int


WHOLE, HALF, FEW = Crowd(24, 16), Crowd(12, 8), Crowd(3, 2)
ORDERED = 6
"""Of those who are seen and of those who are not, how many ordered something, where there are so many."""

UNHEARD = ("shadow's", "shadow's of old", "base")
"""Lists that nobody may change to find out who has them: a price may tell, for every group counts (R-GRP-4)."""

OFTEN = (
    *("order.", "prices.", "price-list.", "contact.attach", "contact.detach", "group.attach", "group.detach"),
    "ticket.",
)
"""What attackers try beside everything else."""

MAY = tuple(right for right in Right if right not in (Right.AUDITOR, Right.PRIVACY_OFFICER, Right.AREA_ADMINISTRATOR))
"""Every system right that is no exception to the rights to directories, so that it is these that decide."""


class Sent(NamedTuple):
    """One message of the attacker, the same bytes in either world."""

    subject: str
    payload: bytes


def id_of(label: str) -> str:
    """The command id by which a thing of the set-up was made."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"attack/{label}"))


@dataclass
class Builder:
    """Makes a world by commands, whose ids follow from labels: so things common to both worlds bear one name."""

    door: Door
    hidden_prefix: str
    crowd: Crowd = WHOLE
    ids: dict[str, str] = field(default_factory=dict)
    things: dict[str, list[str]] = field(default_factory=dict)
    """By noun, what an attacker might have heard of."""
    position: str = ""

    async def did(self, label: str, command: Command, actor: str = SYSTEM) -> str:
        body = {"id": id_of(label), "actor": actor, "data": command.model_dump(mode="json")}
        reply = await self.door.ask(command.topic, body)
        assert not reply.status, (label, reply.body)
        self.ids[label], self.position = reply.body["id"], reply.body["position"]
        if command.makes() and label not in UNHEARD:
            self.things.setdefault(command.of.kind, []).append(self.ids[label])
        return self.ids[label]

    async def built(self) -> None:
        for name in ("open", "shut"):
            await self.did(name, OpenDirectory(name=name.title()))
        await self.did("north", OpenArea(name="North"))
        await self.did("default", SetDefaultArea(area=self.ids["north"]))
        await self.did("relations", ListRelations(entries=("knows",)))
        for name in ("eve", "mallory", "insider"):
            worker = await self.did(name, HireWorker(name=name.title()))
            for right in MAY:
                await self.did(f"{name} {right}", GrantRight(worker=worker, right=right))
            await self.did(
                f"{name} north", GiveAreaRole(area=self.ids["north"], holder=worker_holder(worker), role=Role.MEMBER)
            )
        await self._right("eve", "open", Level.ADMINISTER)
        await self._right("insider", "shut", Level.ADMINISTER)
        await self.did("crew", FormTeam(name="Crew"))
        await self._right("insider", "open", Level.USE)
        await self.did("insider in the crew", AddTeamMember(team=self.ids["crew"], worker=self.ids["insider"]))
        for name, directory in (("public", "open"), ("secret", "shut")):
            await self.did(name, FormGroup(directory=self.ids[directory], name=name.title()))
        await self._shop()
        for n in range(self.crowd.visible):
            await self._contact(f"seen {n}", "open", f"Olena Seen {n}", f"seen{n}@example.org", groups=("public",))
            if n < ORDERED:
                await self._ordered(f"seen {n}", n)
        for n in range(self.crowd.hidden):
            await self._hidden(n)

    async def _shop(self) -> None:
        """In one world those who are seen are in a hidden group that has lists; in the other it is one without any."""
        await self.did("place", SetPlace(zone="Europe/Kyiv", country="UA"))
        await self.did("units", ListUnits(entries=("piece", "metre")))
        for name in ("pump", "hose"):
            await self.did(name, ListProduct(number=f"P-{name}", name=name.title(), unit="piece"))
        for name, priority in (("base", 9), ("public's", 5), ("own", 1), ("another's own", 1), ("shadow's", 0)):
            await self.did(name, OpenPriceList(name=name, priority=priority, currency="EUR"))
            for product in () if name == "shadow's" else ("pump", "hose"):
                price = Price(unit="piece", amount=f"{priority}.50")
                table = {"price_list": self.ids[name], "product": self.ids[product]}
                await self.did(f"{name} {product}", PutPrice(**table, price=price))
        gone = Days(last=NOW.date() - timedelta(days=1000))
        await self.did("shadow's of old", OpenPriceList(name="Old", priority=0, currency="EUR", days=gone))
        await self.did("base list", SetBaseList(price_list=self.ids["base"]))
        await self._attached("public", "public's")
        for name in ("shadow", "empty"):
            await self.did(name, FormGroup(directory=self.ids["shut"], name=name.title()))
        for name in ("shadow's", "shadow's of old"):
            await self._attached("shadow", name)

    async def _attached(self, group: str, price_list: str) -> None:
        attached = AttachPriceListToGroup(group=self.ids[group], price_list=self.ids[price_list])
        await self.did(f"{group} has {price_list}", attached)

    async def _ordered(self, label: str, n: int) -> None:
        """One order that stands, and one that is offered; those of hidden twins are like those of who is seen."""
        customer, reference = self.ids[label], f"O-{n}" if label.partition(" ")[0] != "other" else f"X-{n}"
        line = Given(product=self.ids["hose" if reference.startswith("X") else "pump"], quantity=f"{n + 1}.5")
        about = {"customer": customer, "currency": "EUR", "reference": reference, "lines": (line,)}
        order = await self.did(f"{label} order", EnterOrder(**about))
        await self.did(f"{label} confirmed", ConfirmOrder(order=order))
        offer = await self.did(f"{label} offer", DraftOrder(**about))
        await self.did(f"{label} offered", OfferOrder(order=offer))

    async def _right(self, who: str, directory: str, level: Level) -> None:
        holder = worker_holder(self.ids[who])
        await self.did(
            f"{who} {directory}", SetDirectoryRight(directory=self.ids[directory], holder=holder, level=level)
        )

    async def _contact(self, label: str, directory: str, name: str, email: str, groups: Sequence[str]) -> str:
        kind = ContactKind.COMPANY if directory == "shut" else ContactKind.PERSON
        contact = await self.did(label, OpenContact(directory=self.ids[directory], kind=kind, name=name))
        await self.did(f"{label} mail", AddAddress(contact=contact, kind=AddressKind.EMAIL, typed=email))
        for group in groups:
            await self.did(f"{label} in {group}", JoinGroup(contact=contact, group=self.ids[group]))
        await self.did(f"{label} ticket", OpenTicket(customer=contact, area=self.ids["north"], title=f"By {name}"))
        return contact

    async def _hidden(self, n: int) -> None:
        """In one world called and reached like those who are seen, and in the public group; not so in the other."""
        label, twin = f"{self.hidden_prefix} {n}", self.hidden_prefix == "twin"
        name = f"Olena Seen {n}" if twin else f"Bohdan Else {n}"
        email = f"seen{n}@example.org" if twin else f"else{n}@example.com"
        hidden = await self._contact(label, "shut", name, email, groups=("public" if twin else "secret",))
        own = "own" if twin else "another's own"
        await self.did(f"{label} own", AttachPriceListToContact(contact=hidden, price_list=self.ids[own]))
        if n < ORDERED:
            await self._ordered(label, n)
        await self._entangled(label, hidden, self.ids[f"seen {n}"])
        shadow = JoinGroup(contact=self.ids[f"seen {n}"], group=self.ids["shadow" if twin else "empty"])
        await self.did(f"seen {n} in the shadow", shadow)

    async def _entangled(self, label: str, hidden: str, seen: str) -> None:
        """Everything that a contact who is seen, or an attacker, may have to do with one who is not."""
        mallory = worker_holder(self.ids["mallory"])
        await self.did(f"{label} employs", EmployContact(contact=seen, employer=hidden))
        await self.did(f"{label} relates", RelateContact(contact=seen, other=hidden, relation="knows"))
        await self.did(f"{label} answers", SetContactResponsible(contact=hidden, responsible=mallory))
        assigned = AssignTicket(ticket=self.ids[f"{label} ticket"], assignee=self.ids["mallory"])
        await self.did(f"{label} assigned", assigned)
        await self._tickets(label, hidden, seen)

    async def _tickets(self, label: str, hidden: str, seen: str) -> None:
        """One of who is seen is a team's and is merged, linked and split; one that is open was first of who is not."""
        crews = await self.did(f"{label} crew's", OpenTicket(customer=seen, title=f"The crew's of {label}"))
        known = self.ids[f"seen {label.rpartition(' ')[2]} ticket"]
        for kind, thing in ((LinkKind.TICKET, crews), (LinkKind.CONTACT, hidden)):
            await self.did(f"{label} linked {kind}", LinkTicket(ticket=known, kind=kind, thing=thing))
        for ticket in (crews, await self.did(f"{label} part", SplitTicket(origin=known, title="The other half"))):
            await self.did(f"{ticket} given", AssignTicket(ticket=ticket, team=self.ids["crew"]))
        await self.did(f"{label} merged", MergeTicket(ticket=crews, survivor=known))
        mistaken = f"mistaken {label.rpartition(' ')[2]}"
        await self.did(mistaken, OpenTicket(customer=hidden, title="Whose it is was not known"))
        for n, contact in enumerate((seen, hidden, seen)):
            found = SetTicketCustomer(ticket=self.ids[mistaken], reporter=contact, customer=contact)
            await self.did(f"{mistaken} found {n}", found)


SWEPT = {
    "contact": ("contact",),
    "id": ("contact", "ticket", CHECK),
    "customer": ("contact",),
    "order": ("order",),
    "ticket": ("ticket",),
}
"""Of what kinds the things are that a field may name: that of the first of these which a question has."""

LIVES = {"contact": ("contact", "membership"), "ticket": ("ticket",), CHECK: ("responsibility",)}
CONTACTS = ("contact", "customer", "employer", "whole", "other", "absorbed", "survivor")
WORDS = (
    "Olena",
    "Seen 3",
    "Bohdan",
    "seen3@example.org",
    "else3@example.com",
    "example.org",
    "Ol",
    "777 123",
    "nobody",
)


class Attacker:
    """Asks for everything in the catalogue, with ids it was never told of and with those it knows."""

    def __init__(self, seed: int, pool: dict[str, list[str]], actors: Sequence[str]) -> None:
        self.chance, self.pool, self.actors = random.Random(seed), pool, actors  # noqa: S311 - a test's own
        self.schemas = {each["name"]: each for each in _endpoints()}

    def command(self, n: int) -> Sent:
        often = [each for each in sorted(COMMANDS) if each.startswith(OFTEN)]
        topic = self.chance.choice(often if self.chance.random() < 0.3 else sorted(COMMANDS))
        body = self._filled(COMMANDS[topic].model_json_schema(), self._joined() if topic.startswith("ticket.") else {})
        envelope = {"id": id_of(f"attempt {n}"), "actor": self.chance.choice(self.actors), "data": body}
        if self.chance.random() < 0.25:
            envelope["expected_version"] = self.chance.randrange(4)
        return Sent(f"{COMMANDS_PREFIX}desk.{topic}", orjson.dumps(envelope))

    def question(self, position: str) -> Sent:
        name = self.chance.choice(sorted(self.schemas))
        body = self._filled(self.schemas[name]["schema"])
        if "command" in body:
            body["data"] = self._filled(COMMANDS[body["command"]].model_json_schema())
        envelope = {"actor": self.chance.choice(self.actors), "data": body, "min_position": position}
        return Sent(f"{QUESTIONS_PREFIX}desk.{name}", orjson.dumps(envelope))

    def sweep(self, position: str) -> Iterator[Sent]:
        """Every question about every contact, order or ticket there may be, and the history of each; by all of them."""
        for name, each in sorted(self.schemas.items()):
            properties = each["schema"].get("properties", {})
            named = [field for field in SWEPT if field in properties]
            for kind in SWEPT[named[0]] if named else ():
                for thing in self.pool.get(kind, [kind]):
                    body = self._filled(each["schema"]) | {named[0]: thing}
                    body |= {"thing": self.chance.choice(LIVES[kind])} if "thing" in body else {}
                    for actor in self.actors:
                        payload = orjson.dumps({"actor": actor, "data": body, "min_position": position})
                        yield Sent(f"{QUESTIONS_PREFIX}desk.{name}", payload)

    def _joined(self) -> dict[str, Any]:
        """What requests about tickets name beside the ticket: another one, a thing of any kind, somebody to have it."""
        to = f"{self.chance.choice(('worker', 'team'))}:{{}}"
        return {
            "survivor": self._some("ticket"),
            "origin": self._some("ticket"),
            "thing": self._some(self.chance.choice(("ticket", "contact", "order"))),
            "to": to.format(self._some(to.partition(":")[0])),
        }

    def _filled(self, schema: dict[str, Any], more: Mapping[str, Any] = MappingProxyType({})) -> Any:
        known = {kind.replace("-", "_"): self._some(kind) for kind in self.pool}
        known |= {name: self._some("contact") for name in CONTACTS}
        known |= {
            "text": self.chance.choice(WORDS),
            "typed": self.chance.choice(WORDS),
            "name": self.chance.choice(WORDS),
        }
        known |= {
            "holder": f"worker:{self._some('worker')}",
            "assignee": self._some("worker"),
            "id": self._some("contact"),
        }
        known |= {"command": self.chance.choice(sorted(COMMANDS))}
        known |= {name: self.chance.choice(values) for name, values in _choices(schema)}
        known |= self._bought() | {**more}
        return example(schema, known, whole=self.chance.random() < 0.3)

    def _bought(self) -> dict[str, Any]:
        """What is asked about prices: mostly something that there is, at an instant when it was."""
        line = {"product": self._some("product"), "quantity": self.chance.choice(("1", "3.5", "10"))}
        return {
            **({"currency": "EUR"} if self.chance.random() < 0.8 else {}),
            "unit": self.chance.choice(("piece", "piece", "metre")),
            "reference": f"O-{self.chance.randrange(ORDERED)}",
            "number": self.chance.choice((1, 2)),
            "line": line,
            "lines": [line] * self.chance.randrange(1, 3),
            "at": (NOW + timedelta(days=self.chance.randrange(-9, 9))).isoformat(),
            "known_at": NOW.isoformat(),
            "explained": True,
            **{name: [self._some("group")] for name in ("joined", "left") if self.chance.random() < 0.3},
            **{name: [self._some("price-list")] for name in ("attached", "detached")},
            "priorities": {self._some("price-list"): self.chance.randrange(9)},
        }

    def _some(self, kind: str) -> str:
        return self.chance.choice([*self.pool[kind], str(uuid.UUID(int=self.chance.getrandbits(128)))])


def _choices(schema: dict[str, Any]) -> Iterator[tuple[str, list[Any]]]:
    """The properties that are one of a few words."""
    for name, each in schema.get("properties", {}).items():
        for one in (each, *each.get("anyOf", ())):
            found = schema["$defs"][one["$ref"].rpartition("/")[2]] if "$ref" in one else one
            if "enum" in found:
                yield name, found["enum"]


def _endpoints() -> list[dict[str, Any]]:
    return [{"name": name, "schema": kind.model_json_schema()} for name, kind in ASKED.items()]


HTTP = "http:"
BY_HTTP = 120
"""How many questions of the sweep are asked over HTTP as well."""

FORMS = ("GET", accept.JSON, accept.CSV, accept.LINES, accept.PARQUET, accept.EVENTS)


def over_http(swept: Sequence[Sent]) -> list[Sent]:
    """Some of the questions, each in one of the forms that only HTTP has."""
    few = swept[:: max(1, len(swept) // BY_HTTP)]
    found = []
    for n, each in enumerate(few):
        name = each.subject.rpartition(".")[2]
        had = [form for form in FORMS if form == "GET" or form in accept.forms(ASKED[name])]
        form = had[n % len(had)]
        taken_out = {"purpose": "export"} if form in (accept.CSV, accept.LINES, accept.PARQUET) else {}
        found.append(Sent(f"{HTTP}{form}:{name}", orjson.dumps({**orjson.loads(each.payload), **taken_out})))
    return found


def in_address(payload: bytes) -> list[tuple[str, str]]:
    """The envelope of a question as the parameters of an address."""
    asked = orjson.loads(payload)
    fields = [(name, each) for name, each in {**asked, **asked.pop("data")}.items() if name != "data"]
    return [
        (name, each if isinstance(each, str) else orjson.dumps(each).decode())
        for name, value in fields
        for each in (value if isinstance(value, list) else [value])
    ]


async def asked_over_http(client: httpx.AsyncClient, sent: Sent) -> bytes:
    """What came back, headers and all; of a live answer the first."""
    form, _, name = sent.subject.removeprefix(HTTP).rpartition(":")
    path, given = f"/v1/questions/{name}", {"Authorization": "Bearer desk"}
    if form == "GET":
        return told_over_http(await client.get(path, params=in_address(sent.payload), headers=given))
    given |= {"Accept": form, "Content-Type": "application/json"}
    async with client.stream("POST", path, content=sent.payload, headers=given) as response:
        if form != accept.EVENTS or response.status_code != 200:
            await response.aread()
            return told_over_http(response)
        event = await anext(events(response))
    return orjson.dumps([{"event": event.name, "id": event.id}, shown(orjson.loads(event.data))])


def told_over_http(response: httpx.Response) -> bytes:
    """As `told`; a tag and a length follow from what it holds, the one thing too in which two runs differ."""
    kind, content = response.headers["content-type"].partition(";")[0], response.content
    headers = {name: value for name, value in response.headers.items() if name != "date"}
    if b"recorded_at" in content:
        headers = {name: value for name, value in headers.items() if name not in ("etag", "content-length")}
    if kind == accept.CSV:
        body = {"rows": list(csv.DictReader(io.StringIO(content.decode(), newline="")))}
    elif kind == accept.LINES:
        body = {"rows": [orjson.loads(line) for line in content.splitlines()]}
    elif kind == accept.PARQUET:
        body = {"rows": pq.read_table(io.BytesIO(content)).to_pylist()}
    else:
        body = orjson.loads(content)
    return orjson.dumps([headers, shown(body)], option=orjson.OPT_SORT_KEYS, default=str)


@dataclass
class Face:
    """The service of one world, as the attacker's caller meets it."""

    runner: asyncio.Runner
    door: Door
    builder: Builder
    client: httpx.AsyncClient

    def answers(self, sent: Sequence[Sent]) -> list[bytes]:
        """What came back for each, headers and all."""
        return self.runner.run(self._answers(sent))

    async def _answers(self, sent: Sequence[Sent]) -> list[bytes]:
        """Commands one after the other, since which of them share a batch is chance; questions side by side."""
        inboxes, answers = [], []
        if sent and sent[0].subject.startswith(HTTP):
            return [await asked_over_http(self.client, each) for each in sent]
        for each in sent:
            inboxes.append(f"_INBOX.desk.{uuid.uuid4().hex}")
            await self.door.connection.publish(each.subject, each.payload, reply=inboxes[-1])
            if each.subject.startswith(COMMANDS_PREFIX):
                await self.door.reply(inboxes[-1])
        for inbox in inboxes:
            answers.append(told(await self.door.reply(inbox)))
            del self.door.replies[inbox]
        return answers

    def seconds(self, sent: Sent) -> float:
        return self.runner.run(self._seconds(sent))

    async def _seconds(self, sent: Sent) -> float:
        loop = asyncio.get_running_loop()
        inbox = f"_INBOX.desk.t{uuid.uuid4().hex}"
        began = loop.time()
        await self.door.connection.publish(sent.subject, sent.payload, reply=inbox)
        await self.door.reply(inbox)
        return loop.time() - began


def told(reply: Any) -> bytes:
    """An answer without the one thing in which two runs of one world differ: when a visible fact was stored.

    Whoever administers is told by its id of a ticket that its assignee may not see (R-DIR-4); the ids do differ.
    """
    return orjson.dumps([dict(reply.headers), shown(reply.body)], option=orjson.OPT_SORT_KEYS)


def shown(answer: Any) -> Any:
    """What of it should be alike."""
    body = masked(answer)
    rows = body.get("rows", ())
    if any("lacks" in row for row in rows):
        body["rows"] = sorted(({**row, "thing": ""} if row["kind"] == "ticket" else row for row in rows), key=str)
    return body


def masked(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: "(instant)" if key == "recorded_at" else masked(each) for key, each in value.items()}
    return [masked(each) for each in value] if isinstance(value, list) else value


@contextmanager
def world(place: Place, hidden_prefix: str, crowd: Crowd = WHOLE) -> Iterator[Face]:
    """A world built, served and followed."""
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()

        async def begin() -> tuple[Door, Builder, httpx.AsyncClient]:
            service = await stack.enter_async_context(serving(place, clock=lambda: NOW))
            listening = await stack.enter_async_context(served(place, service, callers()))
            client = await stack.enter_async_context(httpx.AsyncClient(base_url=listening.url, timeout=15))
            door = await Door.opened(place, "desk")
            stack.push_async_callback(door.connection.close)
            builder = Builder(door, hidden_prefix, crowd)
            await builder.built()
            return door, builder, client

        door, builder, client = runner.run(begin())
        try:
            with followed(place):
                yield Face(runner, door, builder, client)
        finally:
            runner.run(stack.aclose())


ROUND = 25


def attack(face: Face, attacker: Attacker, size: int) -> tuple[list[list[Sent]], list[bytes]]:
    """So many messages: the sweep first, then commands, which keep their order, and questions about what they left."""
    position = face.builder.position
    swept = [*attacker.sweep(position)]
    swept = attacker.chance.sample(swept, min(len(swept), size // 2))
    sent = [swept[n : n + ROUND] for n in range(0, len(swept), ROUND)]
    sent.append(over_http(swept))
    answers = again(face, sent)
    for n in range(len(swept), size, 2 * ROUND):
        sent.append([attacker.command(n + k) for k in range(ROUND)])
        answers += face.answers(sent[-1])
        position = latest(answers[-ROUND:], position)
        sent.append([attacker.question(position) for _ in range(ROUND)])
        answers += face.answers(sent[-1])
    return sent, answers


def again(face: Face, sent: Sequence[Sequence[Sent]]) -> list[bytes]:
    """The same bytes, in the other world."""
    return [answer for messages in sent for answer in face.answers(messages)]


def latest(answers: Sequence[bytes], before: str) -> str:
    """The position at which the last command that was accepted left the world."""
    positions = [body["position"] for _, body in map(orjson.loads, answers) if "repeated" in body]
    return positions[-1] if positions else before


def codes(answers: Sequence[bytes]) -> Counter[str]:
    """How often each refusal came, and consent."""
    return Counter(str(orjson.loads(each)[1].get("code", "consent")) for each in answers)
