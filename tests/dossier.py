"""A company in which something is held about several people, every piece of it told apart by a word of its own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from html.parser import HTMLParser
from io import BytesIO
from typing import Any, NamedTuple
from zipfile import ZipFile

from inquirers import Asker, company_asked, open_shop

from adapters.archive.person import Held, write_copy
from adapters.composition import Place
from adapters.file_request import PART_BYTES
from adapters.nats.client import new_command_id
from adapters.nats.file_client import Source, put_file
from commands.clients.address import AddAddress
from commands.clients.bookmark import PutBookmark
from commands.clients.contact import AttachPriceListToContact, OpenContact, RenameContact, SetContactNumbers
from commands.clients.directory import SetDirectoryRight
from commands.clients.membership import JoinGroup
from commands.clients.merge import MergeContact
from commands.clients.paper import AttachFile, NoteOnContact
from commands.clients.relation import EmployContact, RelateContact
from commands.company.settings import (
    ListErasureReasons,
    ListHoldGrounds,
    ListRelations,
    SetProofRetention,
)
from commands.pricing.order import EnterOrder, Given
from commands.service.exchange import LogCall, LogMessage
from commands.service.link import LinkTicket
from commands.service.opening import OpenTicket
from commands.service.ticket import NoteOnTicket, SetTicketCustomer
from commands.staff.area import GiveAreaRole
from commands.staff.worker import GrantRight, HireWorker
from domain.clients.address import AddressKind
from domain.clients.contact import ContactKind
from domain.clients.directory import Level
from domain.service.exchange import Direction, Way
from domain.service.link import LinkKind
from domain.staff.area import Role
from domain.staff.worker import SYSTEM, Right
from domain.values import Person, worker_holder
from projections.looking import Aim

FILE = b"canary-file-contents " * (PART_BYTES // 20)
"""Of more than one part."""

SOMEBODY = {*Right} - {Right.PRIVACY_OFFICER, Right.AUDITOR}
OFFICERS = {"vera": {Right.PRIVACY_OFFICER}, "paul": SOMEBODY | {Right.PRIVACY_OFFICER}}
READERS = {"keen": SOMEBODY, "olga": {Right.AUDITOR}}

EVAS = (
    *("Eva Canary", "Eva Renamed", "canary-note-eva", "canary-file-eva", "CZ47110815", "08154711"),
    *("eva.canary@example.org", "+420 602 777 123", "canary-title", "canary-description", "canary-letter"),
    *("canary-answer", "canary-inside", "canary-call"),
    *("Efa Kanary", "canary-note-efa", "canary-anonymous", "canary-unknown-letter"),
)
"""All that is Eva's, under both names that she goes by, and what she wrote before we knew that it was her."""

OTHERS = ("Otto Other", "other-note", "other-letter", "other-title")
"""What is another one's, also where it stands beside hers."""


@dataclass
class Dossier(Asker):
    """Asked about Eva, and by officers and readers."""

    file: str = ""

    def person(self, name: str, kind: str = "contact") -> str:
        return f"{kind}:{self.company[name]}"

    def everything(self, name: str, actor: str, **data: Any) -> list[dict[str, Any]]:
        """All pages."""
        rows: list[dict[str, Any]] = []
        cursor: dict[str, Any] = {}
        while True:
            found = self.reply(name, actor, data=data, limit=7, **cursor)
            assert not found.status, found.body
            rows += found.body["rows"]
            if found.body["next"] is None:
                return rows
            cursor = {"cursor": found.body["next"]}


@contextmanager
def dossier(place: Place) -> Iterator[Dossier]:
    """The company, with something held about Eva and about Otto."""
    with company_asked(place) as asker:
        here = Dossier(**vars(asker))
        open_shop(here)
        _hire(here)
        _know(here)
        _report(here)
        yield here


def _hire(here: Dossier) -> None:
    for name, rights in (*OFFICERS.items(), *READERS.items()):
        if name not in here.company.ids:
            here.company[name] = here.send(HireWorker(name=name.title()))
        for right in rights:
            here.send(GrantRight(worker=here.company[name], right=right))
    for name in ("keen", "paul"):
        holder = worker_holder(here.company[name])
        for directory in ("customers", "secret"):
            here.send(SetDirectoryRight(directory=here.company[directory], holder=holder, level=Level.EDIT))
        for area in ("north", "south"):
            here.send(GiveAreaRole(area=here.company[area], holder=holder, role=Role.MEMBER))
    here.send(ListHoldGrounds(entries=("objection", "claim")))
    here.send(ListErasureReasons(entries=("asked for it",)))
    here.send(SetProofRetention(days=365))
    here.send(ListRelations(entries=("sister",)))


def _know(here: Dossier) -> None:
    company = here.company
    person = {"directory": company["customers"], "kind": ContactKind.PERSON}
    company["eva"] = eva = here.send(OpenContact(**person, name="Eva Canary", reference="R-1"))
    company["efa"] = efa = here.send(OpenContact(**person, name="Efa Kanary"))
    company["works"] = here.send(
        OpenContact(directory=company["customers"], kind=ContactKind.COMPANY, name="The works")
    )
    company["otto"] = otto = here.send(OpenContact(**person, name="Otto Other"))
    here.send(RenameContact(contact=eva, name="Eva Renamed"))
    here.send(AddAddress(contact=eva, kind=AddressKind.EMAIL, typed="eva.canary@example.org"))
    here.send(AddAddress(contact=eva, kind=AddressKind.PHONE, typed="+420 602 777 123"))
    here.send(SetContactNumbers(contact=eva, company_number="08154711", vat_number="CZ47110815"))
    here.send(NoteOnContact(contact=eva, text="canary-note-eva"))
    here.send(NoteOnContact(contact=efa, text="canary-note-efa"))
    here.send(NoteOnContact(contact=otto, text="other-note"))
    here.send(AddAddress(contact=otto, kind=AddressKind.EMAIL, typed="eva.canary@example.org"))
    here.file = _put(here, eva, FILE)
    here.send(AttachFile(contact=eva, file=here.file, name="../canary-file-eva<1>.txt", media_type="text/plain"))
    here.send(JoinGroup(contact=eva, group=company["vip"]))
    here.send(EmployContact(contact=eva, employer=company["works"]))
    here.send(RelateContact(contact=otto, relation="sister", other=eva))
    here.send(AttachPriceListToContact(contact=eva, price_list=company["base"]))
    here.send(PutBookmark(worker=company["keen"], contact=eva), "keen")
    here.send(MergeContact(contact=efa, survivor=eva))
    lines = (Given(product=company["cup"], quantity=Decimal(3)),)
    company["basket"] = here.send(EnterOrder(customer=eva, currency="EUR", lines=lines, reference="O-7"))


def _report(here: Dossier) -> None:
    """Eva reports for the mill; then it turns out that Otto goes on with it. Somebody unknown turns out to be Eva."""
    company = here.company

    def wrote(ticket: str, text: str, direction: Direction = Direction.INCOMING) -> None:
        here.send(LogMessage(ticket=company[ticket], direction=direction, way=Way.EMAIL, text=text))

    title, area = "canary-title", company["north"]
    opened = OpenTicket(reporter=company["eva"], title=title, description="canary-description", area=area)
    company["leak"] = here.send(opened, minutes_ago=20)
    wrote("leak", "canary-letter")
    wrote("leak", "canary-answer", Direction.OUTGOING)
    here.send(NoteOnTicket(ticket=company["leak"], text="canary-inside"))
    here.send(LogCall(ticket=company["leak"], answered=True, note="canary-call"))
    here.send(SetTicketCustomer(ticket=company["leak"], reporter=company["otto"], customer=company["eva"]))
    wrote("leak", "other-letter")
    company["smoke"] = here.send(OpenTicket(title="canary-anonymous", area=area), minutes_ago=15)
    wrote("smoke", "canary-unknown-letter")
    here.send(SetTicketCustomer(ticket=company["smoke"], reporter=company["eva"]))
    company["dust"] = here.send(OpenTicket(reporter=company["otto"], title="other-title", area=area), minutes_ago=10)
    here.send(LinkTicket(ticket=company["dust"], kind=LinkKind.CONTACT, thing=company["eva"]))
    company["fog"] = here.send(OpenTicket(title="fog-title", area=area), minutes_ago=5)


def _put(here: Dossier, contact: str, content: bytes) -> Any:
    source = Source(new_command_id(), contact, BytesIO(content), len(content))
    return here.runner.run(put_file(here.desk, source, actor=SYSTEM)).file


def questions_about_eva(here: Dossier) -> list[tuple[str, dict[str, Any]]]:
    """Every question that could tell something of her, asked so that it would."""
    ids = here.company
    eva, otto = {"contact": ids["eva"]}, {"contact": ids["otto"]}
    texts = ("Eva", "Renamed", "Efa", "Kanary", "eva.canary@example.org", "602 777 123", "7123", "CZ47110815")
    things = [("contact", "eva"), ("contact", "efa"), ("membership", "eva"), ("contact", "otto")]
    things += [("ticket", name) for name in ("leak", "smoke", "dust")]
    return [
        *((name, {}) for name in ("contacts", "contact-cards", "bookmarks", "desk", "deadlines", "orders", "notices")),
        *((name, {}) for name in ("order-overview", "sla-outcomes", "sla-overview", "responsibilities")),
        *(("contact-search", {"text": text}) for text in texts),
        *(("contacts", {name: value}) for name, value in (("reference", "R-1"), ("employer", ids["works"]))),
        *(("contact-cards", {name: [value]}) for name, value in (("references", "R-1"), ("contacts", ids["eva"]))),
        *((name, eva) for name in ("client-file", "contact-notes", "contact-files", "access-check", "duplicates")),
        *((name, otto) for name in ("client-file", "duplicates")),
        ("client-file", {"contact": ids["works"]}),
        ("candidate-prices", {**eva, "product": ids["cup"]}),
        *(("timeline", {"thing": thing, "id": ids[name]}) for thing, name in things),
        *(
            (name, {"ticket": ids[ticket]})
            for name in ("ticket", "ticket-links")
            for ticket in ("leak", "smoke", "dust")
        ),
        *(("linked-tickets", {"kind": "contact", "thing": ids[name]}) for name in ("eva", "efa")),
        ("group-members", {"group": ids["vip"]}),
        ("price-list-holders", {"price_list": ids["base"]}),
        *((name, {"order": ids["basket"]}) for name in ("order", "order-lines")),
        ("worker-charges", {"worker": ids["keen"]}),
    ]


class Copied(NamedTuple):
    """An archive, unpacked."""

    held: Held
    parts: dict[str, bytes]

    @property
    def data(self) -> Any:
        return json.loads(self.parts["person.json"])

    @property
    def page(self) -> str:
        return self.parts["index.html"].decode()

    @property
    def manifest(self) -> Any:
        return json.loads(self.parts["manifest.json"])


class Reader(HTMLParser):
    """What a browser would make of a page: its elements, where they lead, and its words."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: set[str] = set()
        self.ways: list[str] = []
        self.attributes: set[str] = set()
        self.words = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.ways += [value or "" for name, value in attrs if name in ("href", "src")]

    def handle_data(self, data: str) -> None:
        self.words += data


def copied(here: Dossier, person: str, officer: str = "vera", purpose: Aim = Aim.ACCESS) -> Copied:
    """A copy that the officer has made."""
    target = BytesIO()
    told = write_copy(
        here.desk,
        Person(person),
        target,
        BytesIO(),
        officer=here.company.ids.get(officer, officer),
        purpose=purpose,
        min_position=here.position,
    )
    held = here.runner.run(told)
    with ZipFile(target) as zip:
        assert zip.testzip() is None
        return Copied(held, {name: zip.read(name) for name in zip.namelist()})
