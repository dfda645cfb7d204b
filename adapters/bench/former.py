"""A company whose log is all of customers alike, their business over: each could be forgotten.

Everything follows from how many there are. Two addresses, a note, three tickets of a dozen facts, in one of them a
message that went out.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timezone
from uuid import uuid5

from adapters.bench.crowd import NAMES, contact_id, directory_id, subject_id, worker_id
from adapters.bench.crowd_seed import Stream, make, record
from adapters.bench.people import somebody
from adapters.bench.seed import stated
from adapters.composition import Place
from adapters.postgres.schema import migrate
from adapters.postgres.views import access
from domain.clients.address import AddressAdded, AddressKind, AddressUse
from domain.clients.contact import CONTACT, ContactKind, ContactOpened
from domain.clients.directory import DIRECTORY, DirectoryOpened, DirectoryRightSet, Level
from domain.clients.paper import ContactNoted
from domain.company.settings import COMPANY, SETTINGS, ErasureReasonsListed, ProofRetentionSet
from domain.fact import Event
from domain.service.calendar import CALENDAR, CalendarDefined, OpeningHours
from domain.service.contract import CONTRACT, ContractConcluded, Targets, Terms
from domain.service.exchange import Direction, TicketCallLogged, TicketMessageLogged, Way
from domain.service.holding import TicketAssigned
from domain.service.selection import Scope
from domain.service.target import Target
from domain.service.ticket import (
    TICKET,
    TicketAssessed,
    TicketClosed,
    TicketContractSelected,
    TicketNoted,
    TicketOpened,
    TicketResolved,
)
from domain.staff.area import AREA, AreaOpened, AreaRoleGiven, Role
from domain.staff.worker import WORKER, Right, WorkerHired, WorkerRightGranted
from domain.values import AddressId, AreaId, CalendarId, ContractId, NoteId, Person, SubjectId, TicketId, person
from domain.values import worker_holder as holder
from projections.catalogue import READ_MODELS

FACTS_OF_ONE, TICKETS_OF_ONE = 40, 3
BEGINS = datetime(2026, 1, 1, tzinfo=timezone.utc)
ALWAYS = OpeningHours(zone="UTC", week=(((0, 1_440),),) * 7)
TARGETS = Targets(first_response_seconds=3600, resolution_seconds=8 * 3600)
WISH, PROOF_DAYS = "Their wish", 90
OFFICER, DESK, SHOP = worker_id(0), AreaId("desk"), directory_id(0)
CALENDAR_ID, CONTRACT_ID = CalendarId("always"), ContractId("usual")


@dataclass(frozen=True, slots=True)
class Former:
    """How many customers there were."""

    people: int

    def person(self, nth: int, of: int) -> Person:
        """One of so many who stand as far as can be from each other in the log."""
        return person(CONTACT.kind, contact_id(nth * self.people // of))

    def streams(self) -> Iterator[Stream]:
        """Stream by stream; whoever is named in one was told of before."""
        yield from _company()
        for number in range(self.people):
            yield CONTACT.stream(contact_id(number)), [*_contact(number)]
            for nth in range(TICKETS_OF_ONE):
                id = TicketId(str(uuid5(NAMES, f"ticket {number}/{nth}")))
                yield TICKET.stream(id), [*_ticket(number, wrote=nth == 0)]


def found(place: Place, former: Former) -> None:
    """All of it, in a schema where there is nothing yet, with every read model."""
    url, schema = place.postgres_url, place.settings.schema_name
    migrate(url, schema)
    access.ensure(url, schema)
    asyncio.run(record(place, former.streams()))
    make(place, [model for model in READ_MODELS.values() if not model.within_append])


def _company() -> Iterator[Stream]:
    rights = [WorkerRightGranted(right=right) for right in (Right.BASIC, Right.HELPDESK, Right.PRIVACY_OFFICER)]
    yield WORKER.stream(OFFICER), [WorkerHired(subject=subject_id("worker", 0), name="Officer"), *rights]
    given = AreaRoleGiven(holder=holder(OFFICER), role=Role.MEMBER)
    yield AREA.stream(DESK), [AreaOpened(name="Desk"), given]
    shown = DirectoryRightSet(holder=holder(OFFICER), level=Level.USE)
    yield DIRECTORY.stream(SHOP), [DirectoryOpened(name="Shop"), shown]
    yield CALENDAR.stream(CALENDAR_ID), [CalendarDefined(name="Always", hours=ALWAYS)]
    terms = Terms(calendar=CALENDAR_ID, general=TARGETS)
    yield CONTRACT.stream(CONTRACT_ID), [ContractConcluded(name="Usual", terms=terms)]
    listed = [ErasureReasonsListed(entries=(WISH,)), ProofRetentionSet(days=PROOF_DAYS)]
    yield SETTINGS.stream(COMPANY), [*listed]


def _contact(number: int) -> Iterator[Event]:
    them, subject = somebody(number, number), subject_id("contact", number)
    yield ContactOpened(directory=SHOP, subject=subject, kind=ContactKind.PERSON, name=them.name)
    reached = (AddressKind.EMAIL, f"post.{number}@mail.example"), (AddressKind.PHONE, f"+42{number:09}")
    for kind, typed in reached:
        about = {"address": AddressId(f"{kind}{number}"), "kind": kind, "use": AddressUse.WORK, "subject": subject}
        yield AddressAdded(**about, typed=typed, normal=typed)
    yield ContactNoted(note=NoteId(f"n{number}"), subject=subject, text="Rings in the morning, and never on Mondays.")


def _ticket(number: int, *, wrote: bool) -> Iterator[Event]:
    """Opened, promised, assessed, assigned, written about, answered, judged, noted on, resolved, judged, closed."""
    subject, customer = subject_id("contact", number), contact_id(number)
    yield TicketOpened(
        subject=subject,
        reporter=customer,
        customer=customer,
        area=DESK,
        incident_type=None,
        title="Something is broken",
        description="It does not work any more",
    )
    yield TicketContractSelected(contract=CONTRACT_ID, version=1, scope=Scope.MODULE)
    yield TicketAssessed(severity="high")
    yield TicketAssigned(assignee=OFFICER)
    yield TicketMessageLogged(
        subject=subject, direction=Direction.INCOMING, way=Way.EMAIL, text="When will it work again?"
    )
    yield TicketCallLogged(subject=subject, answered=True, note="Spoke with them")
    yield stated(Target.FIRST_RESPONSE, CONTRACT_ID, BEGINS)
    yield _said(subject) if wrote else TicketNoted(subject=subject, text="A part was ordered.")
    yield TicketNoted(subject=subject, text="They rang again and asked how long it takes.")
    yield TicketResolved()
    yield stated(Target.RESOLUTION, CONTRACT_ID, BEGINS)
    yield TicketClosed()


def _said(subject: SubjectId) -> Event:
    return TicketMessageLogged(
        subject=subject, direction=Direction.OUTGOING, way=Way.EMAIL, sent="It works again since this morning."
    )
