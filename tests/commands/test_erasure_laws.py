"""Whatever is asked in whatever order: nothing is destroyed before its fence, and nothing begins again behind it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from clientele import made
from company import COMPANY_SO_FAR, OF_PRIVACY, contact
from hypothesis import HealthCheck, settings
from hypothesis import given as whatever
from hypothesis import strategies as st
from life import opened
from oblivion import Followed, Onward, followed, next_step
from specification import Happened, of, on_monday, request

from commands.clients import contact as of_contacts
from commands.clients.contact import RenameContact
from commands.clients.membership import JoinGroup, LeaveGroup
from commands.clients.merge import MergeContact, SeparateContact
from commands.clients.paper import NoteOnContact
from commands.clients.relation import EmployContact
from commands.command import Command
from commands.pricing.order import CancelOrder, DraftOrder
from commands.privacy import erasure as of_erasures
from commands.privacy.erasure import (
    EndProof,
    FenceErasure,
    RecordAcknowledgements,
    RecordDestroyedKeys,
    RecordPurge,
    RequestErasure,
    TellErasure,
)
from commands.privacy.hold import LiftHold, PlaceHold
from commands.privacy.restriction import LiftRestriction, RestrictContact
from commands.service import opening as of_reports
from commands.service import ticket as of_tickets
from commands.service.exchange import LogMessage
from commands.service.joining import MergeTicket, SeparateTicket, SplitTicket
from commands.service.opening import OpenTicket
from commands.service.ticket import CloseTicket, ReopenTicket, ResolveTicket, SetTicketCustomer
from domain.clients.contact import CONTACT, ContactKind
from domain.clients.membership import MEMBERSHIP
from domain.company.settings import COMPANY, SETTINGS, AfterClosing, FormRuleSet, ProofRetentionSet
from domain.pricing.order import ORDER, Stage
from domain.privacy import erasure as rule
from domain.privacy.erasure import AT_ONCE, ERASURE, Erasure, ErasureFenced, ErasureKeysDestroyed, Step
from domain.service.exchange import Direction, Way
from domain.service.status import Status
from domain.service.ticket import TICKET
from domain.values import SubjectId, TicketId, person
from examples import (
    BELT,
    CUSTOMERS,
    DESTROYED,
    DESTROYED_KEYS,
    HOSE,
    INERT_AT,
    KEPT,
    LAWSUIT,
    MILL_SHOP,
    MILLER,
    PROCESSES,
    PROJECTIONS,
    PURGED,
    THEIR_WISH,
    VIP,
)

TEN, MINUTE = on_monday(10), timedelta(minutes=1)
MANY = settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
MILLERS, SHOPS, SOMEBODYS = SubjectId("3111e4"), SubjectId("54095a"), SubjectId("50eb0d")

OFFICE: list[Happened] = [
    *COMPANY_SO_FAR,
    *OF_PRIVACY,
    *of(SETTINGS, COMPANY, ProofRetentionSet(days=0), FormRuleSet(reopens=AfterClosing.REOPEN)),
    *contact(MILLER, MILLERS, CUSTOMERS, ContactKind.PERSON),
    *contact(MILL_SHOP, SHOPS, CUSTOMERS, ContactKind.COMPANY),
    *of(TICKET, BELT, opened(subject=MILLERS, reporter=MILLER, customer=MILLER), at=on_monday(9)),
    *of(TICKET, HOSE, opened(subject=SOMEBODYS, reporter=None, customer=None), at=on_monday(9)),
]
PEOPLE = [person("contact", MILLER), person("contact", MILL_SHOP), person("ticket", HOSE)]

contacts = st.sampled_from([MILLER, MILL_SHOP])
tickets = st.sampled_from([BELT, BELT, HOSE, HOSE, *map(made, range(4))]).map(TicketId)
people = st.sampled_from([PEOPLE[0], *PEOPLE])

OTHERWISE: st.SearchStrategy[Command] = st.one_of(
    st.builds(OpenTicket, reporter=st.none() | contacts, customer=st.none() | contacts, title=st.just("x")),
    st.builds(SetTicketCustomer, ticket=tickets, reporter=st.none() | contacts),
    *(st.builds(kind, ticket=tickets) for kind in (ReopenTicket, ResolveTicket, SeparateTicket)),  # type: ignore[arg-type]
    st.builds(CloseTicket, ticket=tickets, reason=st.just("duplicate")),
    st.builds(MergeTicket, ticket=tickets, survivor=tickets),
    st.builds(SplitTicket, origin=tickets, title=st.just("x")),
    st.builds(LogMessage, ticket=tickets, direction=st.just(Direction.INCOMING), way=st.just(Way.EMAIL)),
    st.builds(DraftOrder, customer=contacts, currency=st.just("EUR")),
    st.builds(CancelOrder, order=st.integers(0, 4).map(made)),
    *(st.builds(kind, contact=contacts, group=st.just(VIP)) for kind in (JoinGroup, LeaveGroup)),  # type: ignore[arg-type]
    st.builds(MergeContact, contact=contacts, survivor=contacts),
    st.builds(SeparateContact, contact=contacts),
    st.builds(EmployContact, contact=st.just(MILLER), employer=st.just(MILL_SHOP)),
    st.builds(RenameContact, contact=contacts, name=st.just("Somebody")),
    st.builds(NoteOnContact, contact=contacts, text=st.just("Ring twice")),
    st.builds(PlaceHold, person=people, ground=st.just(LAWSUIT)),
    st.builds(LiftHold, person=people, ground=st.just(LAWSUIT)),
    st.builds(RestrictContact, contact=contacts, ground=st.just(LAWSUIT)),
    st.builds(LiftRestriction, contact=contacts),
)
ANY_STEP: st.SearchStrategy[Command] = st.one_of(
    st.builds(RequestErasure, person=people, reason=st.just(THEIR_WISH)),
    *(st.builds(kind, person=people) for kind in (FenceErasure, TellErasure, EndProof)),  # type: ignore[arg-type]
    st.builds(RecordDestroyedKeys, person=people, keys=st.just(DESTROYED_KEYS), inert_at=st.just(INERT_AT)),
    st.builds(RecordPurge, person=people, destroyed=st.just(DESTROYED), kept=st.just(KEPT), purged=st.just(PURGED)),
    st.builds(RecordAcknowledgements, person=people, processes=st.just(PROCESSES), projections=st.just(PROJECTIONS)),
)
ONWARD = st.builds(Onward, person=people, steps=st.sampled_from([1, 1, 2, 2, 3, 14]))

CLOSING = [CloseTicket(ticket=BELT, reason="duplicate"), CloseTicket(ticket=HOSE, reason="duplicate")]


@st.composite
def conversations(draw: Callable[..., Any]) -> list[Command | Onward]:
    """What is asked, in order; more often than not the tickets there are were closed before."""
    conversation: list[Command | Onward] = [*CLOSING] if draw(st.sampled_from([True, True, False])) else []
    for _ in range(draw(st.integers(4, 12))):
        about = draw(st.sampled_from(["onward", "onward", "otherwise", "otherwise", "any step"]))
        conversation.append(draw({"onward": ONWARD, "otherwise": OTHERWISE, "any step": ANY_STEP}[about]))
    return conversation


def lived(conversation: list[Command | Onward]) -> Followed:
    """The office after the conversation, a minute between one request and the next."""
    world, at = followed(OFFICE), TEN
    for n, each in enumerate(conversation):
        for step in range(each.steps if isinstance(each, Onward) else 1):
            at += MINUTE
            command = next_step(world, each.person, at) if isinstance(each, Onward) else each
            world.ask(request(command, at=at, id=f"command-{n}" if step == 0 else f"command-{n}-{step}"))
    return world


# The laws


LETTERS = {
    "erasure.requested": "R",
    "erasure.refused": "X",
    "erasure.fenced": "F",
    "erasure.keys-destroyed": "K",
    "erasure.purged": "P",
    "erasure.acknowledged": "A",
    "subject.forgotten": "T",
    "erasure.completed": "C",
    "erasure.proof-lapsed": "L",
}
LIFE = re.compile(r"(RX)*(R(F(K(P(A(T(C(L(K(P(A(TC?)?)?)?)?)?)?)?)?)?)?)?)?")
"""The life of an erasure: refused as often as may be, then its round, and that of the proof."""


def every_step_comes_after_the_one_before(world: Followed) -> bool:
    lives = [
        "".join(LETTERS[fact.event.topic] for fact in facts)
        for stream, facts in world.log.streams.items()
        if stream.startswith("erasure-")
    ]
    return all(LIFE.fullmatch(life) for life in lives)


def no_keys_go_before_a_fence(world: Followed) -> bool:
    fenced: set[str] = set()
    for fact in world.log.facts:
        if isinstance(fact.event, ErasureFenced):
            fenced.add(fact.stream)
        if fact.event.topic == "erasure.keys-destroyed" and fact.stream not in fenced:
            return False
    return True


def who_is_fenced_is_forgotten_and_nobody_else_is(world: Followed) -> bool:
    erasures = [world.state(ERASURE, each) for each in PEOPLE]
    fenced = {each for erasure in erasures if erasure.fenced_at is not None for each in erasure.contacts}
    return {each for each in (MILLER, MILL_SHOP) if world.state(CONTACT, each).forgotten} == fenced


def who_is_about_to_be_forgotten_is_who_was_asked_for(world: Followed) -> bool:
    erasures = [world.state(ERASURE, each) for each in PEOPLE]
    asked = {each for erasure in erasures if erasure.step is Step.REQUESTED for each in erasure.contacts}
    return {each for each in (MILLER, MILL_SHOP) if world.state(CONTACT, each).ending} == asked


def gone(world: Followed) -> Iterator[str]:
    return (each for each in (MILLER, MILL_SHOP) if world.state(CONTACT, each).forgotten)


def nothing_is_said_of_whom_is_forgotten(world: Followed) -> bool:
    return all(world.log.streams[f"contact-{each}"][-1].event.topic == "contact.forgotten" for each in gone(world))


def nothing_is_open_of_whom_is_forgotten(world: Followed) -> bool:
    now, those = world.log.facts[-1].recorded_at + timedelta(days=1), {*gone(world)}
    things = {stream.split("-", 1)[1] for stream in world.log.streams if stream.startswith("ticket-")}
    for id in things:
        ticket = world.state(TICKET, id)
        of_sender = world.state(ERASURE, person("ticket", id)).fenced_at is not None
        contacts = {ticket.reporter, ticket.customer} - {None}
        theirs = contacts & those if contacts else of_sender
        while ticket.status(now) is Status.MERGED and ticket.survivor is not None:
            ticket = world.state(TICKET, ticket.survivor)
        if theirs and ticket.status(now) is not Status.CLOSED:
            return False
    orders = [world.state(ORDER, stream[6:]) for stream in world.log.streams if stream.startswith("order-")]
    open_orders = [each for each in orders if each.stage not in (Stage.SETTLED, Stage.CANCELLED)]
    return not any(each.customer in those for each in open_orders)


def who_is_forgotten_is_in_no_group(world: Followed) -> bool:
    now = world.log.facts[-1].recorded_at + timedelta(days=1)
    return all(world.state(MEMBERSHIP, each).groups(now) == () for each in gone(world))


def all_that_is_theirs_is_fenced(world: Followed) -> bool:
    """Their own subject, and that of the sender who turned out to be one of them."""
    hose = world.state(TICKET, HOSE)
    subjects: dict[str, set[str]] = {MILLER: {MILLERS}, MILL_SHOP: {SHOPS}}
    for each in {hose.reporter, hose.customer} & subjects.keys():
        subjects[str(each)].add(SOMEBODYS)
    erasures = [world.state(ERASURE, each) for each in PEOPLE]
    fenced = [erasure for erasure in erasures if erasure.fenced_at is not None]
    return all({*erasure.subjects} >= set().union(*(subjects[each] for each in erasure.contacts)) for erasure in fenced)


LAWS = [
    every_step_comes_after_the_one_before,
    no_keys_go_before_a_fence,
    who_is_fenced_is_forgotten_and_nobody_else_is,
    who_is_about_to_be_forgotten_is_who_was_asked_for,
    nothing_is_said_of_whom_is_forgotten,
    nothing_is_open_of_whom_is_forgotten,
    who_is_forgotten_is_in_no_group,
    all_that_is_theirs_is_fenced,
]


@MANY
@whatever(conversations())
def test_the_laws_of_forgetting_hold_whatever_is_asked(conversation: list[Command | Onward]) -> None:
    world = lived(conversation)
    assert [law.__name__ for law in LAWS if not law(world)] == []


@MANY
@whatever(conversations(), st.one_of(ANY_STEP, OTHERWISE.filter(lambda each: not each.makes())))
def test_asking_twice_leaves_what_asking_once_left(conversation: list[Command | Onward], command: Command) -> None:
    world = lived(conversation)
    at = world.log.facts[-1].recorded_at + MINUTE
    world.ask(request(command, at=at))
    before = list(world.log.facts)
    world.ask(request(command, at=at))
    assert before == world.log.facts or command.topic in SAID_AGAIN


SAID_AGAIN = {"contact.rename", "contact.note", "ticket.log-message"}
"""What is said twice."""


# Every law has a bug that breaks it.


def nobody(*_: Any, **__: Any) -> tuple[()]:
    return ()


def unfenced(_: Erasure, keys: Any, inert_at: Any) -> Iterator[Any]:
    yield ErasureKeysDestroyed(keys=keys, inert_at=inert_at)


def of_nobody(_: Erasure, __: Any) -> Iterator[Any]:
    yield ErasureFenced(subjects=(), purposes=AT_ONCE)


def of_the_known(erasure: Erasure, _: Any) -> Iterator[Any]:
    yield ErasureFenced(subjects=(MILLERS,), purposes=AT_ONCE)


GO, FORGET = Onward(PEOPLE[0], 2), [*CLOSING, Onward(PEOPLE[0], 2)]
KEYS = RecordDestroyedKeys(person=PEOPLE[0], keys=DESTROYED_KEYS, inert_at=INERT_AT)
JOIN, REPORT = JoinGroup(contact=MILLER, group=VIP), OpenTicket(reporter=MILLER, title="x")
LINK = SetTicketCustomer(ticket=HOSE, reporter=MILLER)
REOPEN, NOTE = ReopenTicket(ticket=BELT), NoteOnContact(contact=MILLER, text="x")
ASKED_FOR = [*CLOSING, Onward(PEOPLE[0], 1)]

Law = Callable[[Followed], bool]
BUGS: dict[str, tuple[Any, str, Callable[..., Any], list[Command | Onward], Law]] = {
    "keys first": (rule, "record_keys", unfenced, [KEYS], no_keys_go_before_a_fence),
    "keys again": (rule, "record_keys", unfenced, [*FORGET, KEYS, KEYS], every_step_comes_after_the_one_before),
    "nobody goes": (of_erasures, "_each", nobody, FORGET, who_is_fenced_is_forgotten_and_nobody_else_is),
    "nobody is to": (of_erasures, "_each", nobody, ASKED_FOR, who_is_about_to_be_forgotten_is_who_was_asked_for),
    "nothing in the way": (of_erasures, "obstacles", nobody, [GO], nothing_is_open_of_whom_is_forgotten),
    "a new report": (of_reports, "needs_used", nobody, [*FORGET, REPORT], nothing_is_open_of_whom_is_forgotten),
    "an old ticket": (of_tickets, "needs_kept", nobody, [*FORGET, REOPEN], nothing_is_open_of_whom_is_forgotten),
    "a note": (of_contacts, "needs_used", nobody, [*FORGET, NOTE], nothing_is_said_of_whom_is_forgotten),
    "a member": (of_erasures.membership, "leave", nobody, [JOIN, *FORGET], who_is_forgotten_is_in_no_group),
    "no subject": (rule, "fence", of_nobody, FORGET, all_that_is_theirs_is_fenced),
    "the sender left out": (rule, "fence", of_the_known, [LINK, *FORGET], all_that_is_theirs_is_fenced),
}
"""What is planted where, what is asked then, and which law finds it."""


@pytest.mark.parametrize("bug", BUGS)
def test_the_laws_find_bugs(bug: str, monkeypatch: pytest.MonkeyPatch) -> None:
    place, name, planted, conversation, law = BUGS[bug]
    assert law(lived(conversation))
    monkeypatch.setattr(place, name, planted)
    assert not law(lived(conversation))


def test_every_law_has_a_bug_that_breaks_it() -> None:
    assert {law for *_, law in BUGS.values()} == {*LAWS}
