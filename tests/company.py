"""A small company that works: who is there, what they may reach, and what has already happened."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from life import opened
from specification import Happened, of, on_monday

from commands.command import Command
from domain.clients.bookmark import BOOKMARK
from domain.clients.contact import CONTACT, ContactAbsorbed, ContactKind, ContactMerged, ContactOpened
from domain.clients.directory import DIRECTORY, DirectoryClosed, DirectoryOpened, DirectoryRightSet, Level
from domain.clients.group import GROUP, GroupClosed, GroupFormed, GroupKind
from domain.clients.membership import MEMBERSHIP, MemberJoined
from domain.company.process_area import PROCESS_AREA, ProcessAreaListed
from domain.company.responsibility import CHECK, RESPONSIBILITY
from domain.company.settings import (
    COMPANY,
    SETTINGS,
    BaseListSet,
    ClosingRuleSet,
    DefaultAreaSet,
    DefaultContractSet,
    ErasureReasonsListed,
    HoldGroundsListed,
    LifeCyclesListed,
    PlaceSet,
    ProofRetentionSet,
    RelationsListed,
    SalutationsListed,
    SeveritiesListed,
    UnitsListed,
)
from domain.pricing.order import ORDER, OrderDrafted, OrderLine, OrderLineSet, OrderPlaced
from domain.pricing.price import PRICES, Price, PriceSet, table_id
from domain.pricing.price_list import PRICE_LIST, PriceListOpened
from domain.pricing.product import PRODUCT, ProductListed, ProductRetired
from domain.privacy.erasure import ERASURE
from domain.privacy.hold import HOLD
from domain.service.calendar import CALENDAR, CalendarDefined
from domain.service.contract import CONTRACT, ContractConcluded, ContractRevised
from domain.service.holding import TicketAssigned
from domain.service.incident_type import INCIDENT_TYPE, IncidentTypeListed
from domain.service.joining import TicketAbsorbed, TicketDivided, TicketMerged, TicketSplitOff
from domain.service.link import LinkKind, TicketLinked
from domain.service.selection import Scope
from domain.service.ticket import TICKET, TicketContractSelected, TicketHeld, TicketResolved
from domain.staff.area import AREA, AreaClosed, AreaOpened, AreaRoleGiven, AreaRoleTaken, Role
from domain.staff.team import TEAM, TeamFormed, TeamMemberAdded
from domain.staff.worker import (
    SYSTEM,
    WORKER,
    Right,
    WorkerDeactivated,
    WorkerHired,
    WorkerRightGranted,
    WorkerRightWithdrawn,
)
from domain.talk.gateway import GATEWAY, GatewayClosed, GatewayKind, GatewayOpened
from domain.values import ContactId, DirectoryId, OrderId, SubjectId, TicketId, WorkerId, team_holder, worker_holder
from domain.work.channel import Channel
from domain.work.notice import NOTICE, NoticeWritten, Occasion
from examples import (
    ANNA,
    ANNA_SUBJECT,
    BAKERY,
    BELL,
    BELT,
    BORIS,
    BRAN,
    BREAD,
    CART,
    CUSTOMERS,
    DEFECT,
    EVENT,
    FEW,
    FLOUR,
    GOLD,
    GOLD_TERMS,
    GRAVE,
    HASTY_TERMS,
    HOTLINE,
    INVOICING,
    KILO,
    LAWSUIT,
    MILL,
    MILL_SHOP,
    MILL_SUBJECT,
    MILLER,
    OFFICE,
    OFFICE_FLOOR,
    OFFICE_HOURS,
    PUMP,
    REGULARS,
    REPAIRS,
    RETAIL,
    SACK,
    SILVER,
    SILVER_TERMS,
    SLIGHT,
    SUPPLIERS,
    SUPPORT,
    THE_MILL,
    THEIR_WISH,
    TRADE,
    VIP,
    WATCHED_TERMS,
    WORKSHOP,
)

OLENA, VERA, ZOE, YURIY = (WorkerId(name) for name in ("olena", "vera", "zoe", "yuriy"))
"""Olena administers; Vera has system rights but no directory and no area; Zoe has nothing; Yuriy left."""

OVEN = TicketId("oven")
BAKERY_SUBJECT = SubjectId("ba6e21")
EVERY_RIGHT = tuple(Right)
FURTHER = (Right.AREA_ADMINISTRATOR, Right.PRIVACY_OFFICER)
"""What reaches over directories and areas that one has no right to."""


def worker(id: WorkerId, *rights: Right, left: bool = False) -> list[Happened]:
    """A worker with these rights."""
    hired = WorkerHired(subject=SubjectId(ANNA_SUBJECT), name=f"Worker {id}")
    gone = (WorkerDeactivated(),) if left else ()
    return of(WORKER, id, hired, *(WorkerRightGranted(right=right) for right in rights), *gone)


def contact(
    id: ContactId, subject: SubjectId, directory: DirectoryId, kind: ContactKind = ContactKind.COMPANY
) -> list[Happened]:
    return of(CONTACT, id, ContactOpened(directory=directory, subject=subject, kind=kind, name=f"The {id}"))


def ticket(id: TicketId, customer: ContactId, subject: SubjectId) -> list[Happened]:
    """A ticket received on Monday at nine, under the gold contract."""
    selected = TicketContractSelected(contract=GOLD, version=1, scope=Scope.MODULE)
    about = opened(subject=subject, reporter=customer, customer=customer)
    return of(TICKET, id, about, selected, at=on_monday(9))


def price(amount: str, unit: str = KILO, **more: Any) -> Price:
    return Price(unit=unit, amount=Decimal(amount), **more)


def order(id: OrderId, customer: ContactId) -> list[Happened]:
    """An order drafted on Monday at nine, of two lines."""
    lines = [OrderLine(product=FLOUR, quantity=Decimal(quantity), unit=KILO) for quantity in (1, 20)]
    drafted = OrderDrafted(customer=customer, currency="EUR")
    set_ = [OrderLineSet(number=n, line=line) for n, line in enumerate(lines, 1)]
    return of(ORDER, id, drafted, *set_, at=on_monday(9))


COMPANY_SO_FAR: list[Happened] = [
    *worker(OLENA, Right.CRM_ADMINISTRATOR, Right.AREA_ADMINISTRATOR),
    *worker(ANNA, Right.BASIC, Right.HELPDESK),
    *worker(BORIS, Right.BASIC, Right.HELPDESK),
    *worker(VERA, *(right for right in Right if right not in FURTHER)),
    *worker(ZOE),
    *worker(YURIY, *EVERY_RIGHT, left=True),
    *of(TEAM, HOTLINE, TeamFormed(name="Hotline"), TeamMemberAdded(worker=BORIS)),
    *of(
        AREA,
        WORKSHOP,
        AreaOpened(name="Workshop"),
        AreaRoleGiven(holder=worker_holder(ANNA), role=Role.MEMBER),
        AreaRoleGiven(holder=team_holder(HOTLINE), role=Role.READER),
    ),
    *of(AREA, OFFICE_FLOOR, AreaOpened(name="Office floor")),
    *of(
        DIRECTORY,
        CUSTOMERS,
        DirectoryOpened(name="Customers"),
        DirectoryRightSet(holder=worker_holder(ANNA), level=Level.EDIT),
        DirectoryRightSet(holder=team_holder(HOTLINE), level=Level.USE),
    ),
    *of(DIRECTORY, SUPPLIERS, DirectoryOpened(name="Suppliers")),
    *of(CALENDAR, OFFICE, CalendarDefined(name="Office", hours=OFFICE_HOURS)),
    *of(CONTRACT, GOLD, ContractConcluded(name="Gold", terms=GOLD_TERMS)),
    *of(CONTRACT, SILVER, ContractConcluded(name="Silver", terms=SILVER_TERMS)),
    *of(INCIDENT_TYPE, DEFECT, IncidentTypeListed(name="Defect")),
    *contact(MILL, MILL_SUBJECT, CUSTOMERS),
    *contact(BAKERY, BAKERY_SUBJECT, SUPPLIERS),
    *of(GROUP, VIP, GroupFormed(directory=CUSTOMERS, kind=GroupKind.CUSTOMERS, name="VIP", rank=1)),
    *of(GROUP, REGULARS, GroupFormed(directory=SUPPLIERS, kind=GroupKind.CUSTOMERS, name="Regulars", rank=2)),
    *of(PROCESS_AREA, INVOICING, ProcessAreaListed(name="Invoicing")),
    *of(PROCESS_AREA, REPAIRS, ProcessAreaListed(name="Repairs")),
    *of(GATEWAY, SUPPORT, GatewayOpened(name="Support", kind=GatewayKind.FORM, process_area=INVOICING)),
    *of(SETTINGS, COMPANY, DefaultAreaSet(area=WORKSHOP), SeveritiesListed(severities=(SLIGHT, GRAVE))),
    *ticket(PUMP, MILL, MILL_SUBJECT),
    *ticket(OVEN, BAKERY, BAKERY_SUBJECT),
    *of(SETTINGS, COMPANY, PlaceSet(zone="Europe/Prague", country="CZ"), UnitsListed(entries=(SACK, KILO))),
    *of(PRODUCT, FLOUR, ProductListed(number="F-25", name="Flour", unit=KILO)),
    *of(PRODUCT, BRAN, ProductListed(number="B-10", name="Bran", unit=KILO), ProductRetired()),
    *of(PRICE_LIST, RETAIL, PriceListOpened(name="Retail", priority=10, currency="EUR")),
    *of(PRICE_LIST, TRADE, PriceListOpened(name="Trade", priority=5, currency="EUR")),
    *of(PRICES, table_id(RETAIL, FLOUR), *(PriceSet(price=price("5.00", unit)) for unit in (KILO, SACK))),
    *of(SETTINGS, COMPANY, BaseListSet(price_list=RETAIL)),
    *order(CART, MILL),
    *order(BREAD, BAKERY),
]

OF_PRIVACY = of(
    SETTINGS,
    COMPANY,
    ErasureReasonsListed(entries=(THEIR_WISH,)),
    HoldGroundsListed(entries=(LAWSUIT,)),
    ProofRetentionSet(days=90),
)
"""What the company decided about forgetting."""

STEPS = ("requested", "fenced", "keys-destroyed", "purged", "acknowledged", "told", "completed", "proof-lapsed")
"""In the order in which an erasure goes through them."""


def come_to(step: str) -> list[Happened]:
    """The company, and the mill's erasure with this step behind it."""
    steps = ("requested", "refused") if step == "refused" else STEPS[: STEPS.index(step) + 1]
    topics = [f"erasure.{each}" for each in steps]
    events = [EVENT["subject.forgotten" if each == "erasure.told" else each] for each in topics]
    return [*OF_PRIVACY, *of(ERASURE, THE_MILL, *events)]


MAILED = NoticeWritten(recipient=ANNA, ticket=PUMP, occasion=Occasion.ASSIGNED, channel=Channel.EMAIL)

BEFORE: Mapping[str, list[Happened]] = {
    "worker.grant-right": of(WORKER, ANNA, WorkerRightWithdrawn(right=Right.HELPDESK)),
    "worker.reactivate": of(WORKER, ANNA, WorkerDeactivated()),
    "worker.end-absence": of(WORKER, BORIS, EVENT["worker.absence-planned"]),
    "area.reopen": of(AREA, OFFICE_FLOOR, AreaClosed()),
    "team.remove-member": of(TEAM, HOTLINE, TeamMemberAdded(worker=ANNA)),
    "team.name-leader": of(TEAM, HOTLINE, TeamMemberAdded(worker=ANNA)),
    "area.give-role": of(AREA, WORKSHOP, AreaRoleTaken(holder=worker_holder(ANNA), role=Role.MEMBER)),
    "contact.classify": of(
        SETTINGS,
        COMPANY,
        LifeCyclesListed(entries=("customer",)),
        SalutationsListed(entries=("Dear miller",)),
    ),
    "contact.change-address": of(CONTACT, MILL, EVENT["contact.address-added"]),
    "contact.remove-address": of(CONTACT, MILL, EVENT["contact.address-added"]),
    "contact.remove-note": of(CONTACT, MILL, EVENT["contact.noted"]),
    "contact.remove-file": of(CONTACT, MILL, EVENT["contact.file-attached"]),
    "contact.employ": contact(MILLER, MILL_SUBJECT, CUSTOMERS, ContactKind.PERSON),
    "contact.set-part": contact(MILL_SHOP, MILL_SUBJECT, CUSTOMERS, ContactKind.PART),
    "contact.relate": of(SETTINGS, COMPANY, RelationsListed(entries=("supplier",))),
    "contact.unrelate": of(CONTACT, MILL, EVENT["contact.related"]),
    "contact.separate": [
        *of(CONTACT, BAKERY, ContactMerged(survivor=MILL)),
        *of(CONTACT, MILL, ContactAbsorbed(contact=BAKERY)),
    ],
    "bookmark.clear": of(BOOKMARK, ANNA, EVENT["bookmark.set"]),
    "group.reopen": of(GROUP, VIP, GroupClosed()),
    "directory.reopen": of(DIRECTORY, CUSTOMERS, DirectoryClosed()),
    "responsibility.check": of(RESPONSIBILITY, CHECK, EVENT["responsibility.lack-found"]),
    "membership.leave": of(MEMBERSHIP, MILL, MemberJoined(group=VIP)),
    "ticket.give-back": of(TICKET, PUMP, TicketAssigned(assignee=SYSTEM), at=on_monday(9, 20)),
    "ticket.set-customer": contact(MILLER, MILL_SUBJECT, CUSTOMERS, ContactKind.PERSON),
    "ticket.withdraw-assessment": of(TICKET, PUMP, EVENT["ticket.assessed"], at=on_monday(9, 20)),
    "ticket.unlink": of(TICKET, PUMP, TicketLinked(kind=LinkKind.CONTACT, thing=MILL), at=on_monday(9, 20)),
    "ticket.merge": ticket(BELT, MILL, MILL_SUBJECT),
    "ticket.separate": [
        *ticket(BELT, MILL, MILL_SUBJECT),
        *of(TICKET, PUMP, TicketMerged(survivor=BELT), at=on_monday(9, 20)),
        *of(TICKET, BELT, TicketAbsorbed(ticket=PUMP), at=on_monday(9, 20)),
    ],
    "ticket.rejoin": [
        *ticket(BELT, MILL, MILL_SUBJECT),
        *of(TICKET, BELT, TicketDivided(part=PUMP), at=on_monday(9, 20)),
        *of(TICKET, PUMP, TicketSplitOff(origin=BELT), at=on_monday(9, 20)),
    ],
    "ticket.resume": of(TICKET, PUMP, TicketHeld(), at=on_monday(10)),
    "ticket.reopen": of(TICKET, PUMP, TicketResolved(), at=on_monday(10)),
    "ticket.escalate": of(CONTRACT, GOLD, ContractRevised(terms=WATCHED_TERMS)),
    "ticket.state-misses": of(CONTRACT, GOLD, ContractRevised(terms=HASTY_TERMS)),
    "ticket.close-unanswered": [
        *of(SETTINGS, COMPANY, ClosingRuleSet(after_seconds=600, calendar=OFFICE)),
        *of(TICKET, PUMP, TicketResolved(), at=on_monday(9, 20)),
    ],
    "settings.set-default-area": of(SETTINGS, COMPANY, DefaultAreaSet(area=OFFICE_FLOOR)),
    "notice.write": of(TICKET, PUMP, TicketAssigned(assignee=ANNA), at=on_monday(9, 20)),
    "notice.read": of(NOTICE, BELL, EVENT["notice.written"]),
    "notice.confirm-delivery": of(NOTICE, BELL, MAILED),
    "notice.report-failure": of(NOTICE, BELL, MAILED),
    "contact.detach-price-list": of(CONTACT, MILL, EVENT["contact.price-list-attached"]),
    "group.detach-price-list": of(GROUP, VIP, EVENT["group.price-list-attached"]),
    "prices.put": of(PRICES, table_id(RETAIL, FLOUR), PriceSet(price=price("5.00", band=FEW))),
    "calendar.remove-holidays": of(CALENDAR, OFFICE, EVENT["calendar.revised"]),
    "gateway.reopen": of(GATEWAY, SUPPORT, GatewayClosed()),
    "order.confirm": of(ORDER, CART, OrderPlaced(), at=on_monday(9, 20)),
    "order.reprice": of(ORDER, CART, OrderPlaced(), at=on_monday(9, 20)),
    "order.settle": of(ORDER, CART, OrderPlaced(), EVENT["order.confirmed"], at=on_monday(9, 20)),
    "hold.place": OF_PRIVACY,
    "hold.lift": of(HOLD, THE_MILL, EVENT["hold.placed"]),
    "contact.restrict": OF_PRIVACY,
    "contact.lift-restriction": of(CONTACT, MILL, EVENT["contact.restricted"]),
    "erasure.request": OF_PRIVACY,
    "erasure.fence": come_to("requested"),
    "erasure.record-keys": come_to("fenced"),
    "erasure.record-purge": come_to("keys-destroyed"),
    "erasure.record-acknowledgements": come_to("purged"),
    "erasure.tell": come_to("acknowledged"),
    "erasure.end-proof": come_to("completed"),
    "receipt.issue": come_to("told"),
    "settings.set-default-contract": of(SETTINGS, COMPANY, DefaultContractSet(contract=GOLD)),
}
"""What must have happened besides, for the example of a request to change something."""


def so_far(command: Command) -> list[Happened]:
    """The company in which the example of a request changes something."""
    return COMPANY_SO_FAR + list(BEFORE.get(command.topic, ()))
