"""What may be asked about the end of people's data in a small company, and the step that an erasure takes next."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any, NamedTuple

from clientele import made
from company import OF_PRIVACY, OVEN, ZOE
from hypothesis import strategies as st
from rows import MemoryViews
from specification import MONDAY, Given, Happened, of

from commands.command import Command
from commands.company.settings import ListErasureReasons, ListHoldGrounds, SetProofRetention
from commands.lookup import (
    ORDERS_UNFINISHED,
    SUBJECTS_OF,
    SUBJECTS_TICKETS_NOT_CLOSED,
    TICKETS_NOT_CLOSED,
    Stood,
    Unfinished,
    Wanted,
)
from commands.privacy.erasure import (
    EndProof,
    FenceErasure,
    RecordAcknowledgements,
    RecordDestroyedKeys,
    RecordPurge,
    RepeatErasure,
    RequestErasure,
    TellErasure,
)
from commands.privacy.hold import LiftHold, PlaceHold
from commands.privacy.receipt import IssueReceipt
from commands.privacy.restriction import LiftRestriction, RestrictContact
from commands.request import Answer, Request
from domain.company.settings import COMPANY, SETTINGS, ProofRetentionSet
from domain.fact import Fact
from domain.pricing.order import Stage
from domain.privacy.erasure import ERASURE, Erasure, Kept, Step
from domain.privacy.receipt import BOOK, RECEIPT, composed
from domain.service.status import Status
from domain.staff.worker import WORKER, WorkerDeactivated
from domain.values import ContactId, Person, SubjectId, person
from examples import (
    BAKERY,
    DESTROYED,
    DESTROYED_KEYS,
    INERT_AT,
    KEPT,
    LAWSUIT,
    MILL,
    MILL_SHOP,
    MILL_SUBJECT,
    MILLER,
    PROCESSES,
    PROJECTIONS,
    PURGED,
    SIGNATURE,
    SIGNER,
    THEIR_WISH,
)
from projections.clients.client_file import CLIENT_FILE, CONTACT_TICKETS
from projections.pricing.orders import ORDERED, ORDERS
from projections.privacy.subjects import SUBJECT_LINKS, SUBJECTS
from projections.service.tickets import DESK, TICKET_STANDINGS, TICKETS

MORE_PRIVACY: list[Happened] = [
    *OF_PRIVACY,
    *of(SETTINGS, COMPANY, ProofRetentionSet(days=0)),
    *of(WORKER, ZOE, WorkerDeactivated()),
]
"""What proof there is may go at once; and one works here no longer."""

NOTHING = tuple(Kept(kind=each.kind, count=0, ground=each.ground) for each in KEPT)

contacts = st.sampled_from([MILLER, MILLER, MILL_SHOP, BAKERY, MILL])
clients = contacts.map(partial(person, "contact"))
people = st.one_of(
    clients,
    st.just(person("worker", ZOE)),
    (st.integers(0, 9).map(made) | st.just(OVEN)).map(partial(person, "ticket")),
)
grounds = st.sampled_from([LAWSUIT, LAWSUIT, "tax"])


class Onward(NamedTuple):
    """That a person's erasure goes so many steps further."""

    person: Person
    steps: int


ONWARD = st.builds(Onward, person=people, steps=st.integers(1, 16))

ABOUT_OBLIVION: st.SearchStrategy[Command] = st.one_of(
    st.builds(RequestErasure, person=people, reason=st.just(THEIR_WISH)),
    st.builds(PlaceHold, person=people, ground=grounds, until=st.none() | st.just(MONDAY + timedelta(days=3))),
    st.builds(LiftHold, person=people, ground=grounds),
    st.builds(RestrictContact, contact=contacts, ground=grounds),
    st.builds(LiftRestriction, contact=contacts),
    st.builds(
        RepeatErasure,
        person=people,
        reason=st.just(THEIR_WISH),
        contacts=st.just((MILL_SHOP, ContactId("lost"))),
        subjects=st.just((MILL_SUBJECT,)),
        proof_until=st.just(MONDAY),
        former=st.none() | st.just("0c" * 32),
    ),
    st.builds(ListErasureReasons, entries=st.sampled_from([(THEIR_WISH,), (THEIR_WISH, "consent withdrawn")])),
    st.builds(ListHoldGrounds, entries=st.sampled_from([(LAWSUIT,), (LAWSUIT, "tax")])),
    st.builds(SetProofRetention, days=st.sampled_from([0, 0, 1, 90])),
)


def next_step(world: Given, who: Person, at: datetime) -> Command:
    """What who forgets would ask for; to end the proof where there is nothing else to do."""
    erasure = world.state(ERASURE, who)
    if erasure.step is Step.TOLD:
        return receipt_of(who, erasure, world, at)
    return {
        Step.NONE: RequestErasure(person=who, reason=THEIR_WISH),
        Step.REFUSED: RequestErasure(person=who, reason=THEIR_WISH),
        Step.REQUESTED: FenceErasure(person=who),
        Step.FENCED: RecordDestroyedKeys(person=who, keys=DESTROYED_KEYS, inert_at=INERT_AT),
        Step.DESTROYED: RecordPurge(
            person=who, destroyed=DESTROYED, kept=NOTHING if erasure.receipts else KEPT, purged=PURGED
        ),
        Step.PURGED: RecordAcknowledgements(person=who, processes=PROCESSES, projections=PROJECTIONS),
        Step.ACKNOWLEDGED: TellErasure(person=who),
        Step.COMPLETED: EndProof(person=who),
    }[erasure.step]


def receipt_of(who: Person, erasure: Erasure, world: Given, at: datetime) -> IssueReceipt:
    """With what the erasure came to, behind the receipts that there are."""
    receipt = composed(who, erasure, world.state(RECEIPT, BOOK), at)
    return IssueReceipt(receipt=receipt, signature=SIGNATURE, signer=SIGNER)


LOOKED_UP = (SUBJECTS_OF, TICKETS_NOT_CLOSED, SUBJECTS_TICKETS_NOT_CLOSED, ORDERS_UNFINISHED)


class Followed(Given):
    """A world whose read models have always come to its end before anything is asked."""

    def ask(self, *requests: Request) -> list[Answer]:
        others = {wanted: rows for wanted, rows in self.log.found.items() if wanted[0] not in LOOKED_UP}
        self.log.found = {**others, **looked_up(self.log.facts)}
        return super().ask(*requests)


def followed(*happenings: Iterable[Happened]) -> Followed:
    """A world in which these things have happened, in this order, and show."""
    found = Followed()
    for each in happenings:
        found.happen(each)
    return found


def looked_up(facts: Sequence[Fact[Any]]) -> dict[Wanted, tuple[Any, ...]]:
    """What forgetting looks up, out of the rows of the read models."""
    tables = MemoryViews([DESK, CLIENT_FILE, ORDERED, SUBJECTS]).take(facts).tables
    found: dict[Wanted, list[Any]] = defaultdict(list)
    links = sorted((subject, through, str(row["person"])) for (subject, through), row in tables[SUBJECT_LINKS].items())
    subjects = {(subject, whose) for subject, _, whose in links}
    stood = [
        (whose, Stood(SubjectId(of), through))
        for subject, whose in subjects
        for of, through, _ in links
        if of == subject
    ]
    for whose, each in sorted(stood):
        found[SUBJECTS_OF, whose].append(each)
    not_closed = {key[0] for key, row in tables[TICKET_STANDINGS].items() if row["status"] != Status.CLOSED}
    parts = {
        (whose.partition(":")[2], each.through.partition("-")[2]) for whose, each in stood if whose[:8] == "contact:"
    }
    for contact, ticket in sorted({*tables[CONTACT_TICKETS], *parts}):
        if ticket in not_closed:
            found[TICKETS_NOT_CLOSED, contact].append(Unfinished(ticket))
    for (ticket,), row in sorted(tables[TICKETS].items()):
        if ticket in not_closed:
            found[SUBJECTS_TICKETS_NOT_CLOSED, str(row["subject"])].append(Unfinished(ticket))
    for (order,), row in sorted(tables[ORDERS].items()):
        if row["stage"] not in (Stage.SETTLED, Stage.CANCELLED):
            found[ORDERS_UNFINISHED, str(row["customer"])].append(Unfinished(order))
    return {wanted: tuple(rows) for wanted, rows in found.items()}
