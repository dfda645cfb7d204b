"""Whatever happened before a merge and after it, its undo leaves each contact as if there had never been one (N-7)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any

import pytest
from hypothesis import Phase, find, given, settings
from hypothesis import strategies as st
from specification import folded, on_monday

from domain.clients import merge as rule
from domain.clients.contact import (
    CONTACT,
    Contact,
    ContactAbsorbed,
    ContactContractSet,
    ContactEvent,
    ContactGoesUnderAnother,
    ContactKind,
    ContactMerged,
    ContactMoved,
    ContactOpened,
    ContactReleased,
    ContactSeparated,
    ContactUnknown,
    move,
)
from domain.clients.merge import MOST_ABSORBED, MergedWithItself, Told, TooManyMerged, merge, separate
from domain.clients.relation import ContactEmployed, ContactRelated
from domain.fact import Fact
from domain.refusal import Refused
from domain.staff.worker import SYSTEM
from domain.values import ContactId, SubjectId
from examples import BAKERY, CUSTOMERS, EVENT, GOLD, MILL, MILLER, SUPPLIERS

CLIENTS = tuple(ContactId(name) for name in "abcde")
OTHER_FACTS: tuple[ContactEvent, ...] = tuple(
    EVENT[fact.topic]  # type: ignore[misc]  # the examples of a contact's facts are a contact's facts
    for fact in CONTACT.facts
    if fact not in (ContactOpened, ContactMerged, ContactSeparated, ContactAbsorbed, ContactReleased)
)


def opened(id: str) -> ContactOpened:
    return ContactOpened(directory=CUSTOMERS, subject=SubjectId(f"s-{id}"), kind=ContactKind.COMPANY, name=id)


@dataclass
class World:
    """Some contacts; of each what happened, and apart from that what did that is no merging."""

    all: dict[ContactId, list[Fact[Any]]] = field(default_factory=dict)
    plain: dict[ContactId, list[Fact[Any]]] = field(default_factory=dict)
    parents: dict[ContactId, ContactId] = field(default_factory=dict)
    """Who was merged into whom, as anybody would note it down."""

    def __post_init__(self) -> None:
        for each in CLIENTS:
            self.add(each, opened(each))

    def add(self, id: ContactId, event: ContactEvent, hour: int = 9) -> None:
        for told in (self.all, self.plain):
            facts = told.setdefault(id, [])
            at = on_monday(hour)
            facts.append(Fact(CONTACT.stream(id), len(facts) + 1, event, at, at, SYSTEM))

    def state(self, id: ContactId) -> Contact:
        return CONTACT.fold(self.all[id])

    def tell(self, told: Iterable[Told]) -> bool:
        """What was decided happens; whether it was not refused."""
        try:
            decided = list(told)
        except Refused:
            return False
        for id, event in decided:
            facts = self.all[id]
            facts.append(Fact(CONTACT.stream(id), len(facts) + 1, event, on_monday(10), on_monday(10), SYSTEM))
        return True

    def merge(self, id: ContactId, into: ContactId) -> None:
        if self.tell(rule.merge(id, self.state(id), into, self.state(into))):
            self.parents[id] = into

    def separate(self, id: ContactId) -> None:
        self.tell(rule.separate(id, self.state(id)))
        self.parents.pop(id, None)

    def root(self, id: ContactId) -> ContactId:
        while id in self.parents:
            id = self.parents[id]
        return id


Step = Callable[[World], None]
clients = st.sampled_from(CLIENTS)
STEPS: st.SearchStrategy[Step] = st.one_of(
    st.builds(
        lambda who, event, hour: lambda world: world.add(who, event, hour),
        clients,
        st.sampled_from(OTHER_FACTS),
        st.integers(6, 12),
    ),
    st.builds(lambda who, into: lambda world: world.merge(who, into), clients, clients),
    st.builds(lambda who, into: lambda world: world.merge(who, into), clients, clients),
    st.builds(lambda who: lambda world: world.separate(who), clients),
)
LIVES = st.lists(STEPS, max_size=20)


def lived(steps: Iterable[Step]) -> World:
    world = World()
    for step in steps:
        step(world)
    return world


def those_that_count_as_one_are_those_that_were_merged(steps: Iterable[Step]) -> bool:
    """Flat, mutual, and the same as a tree of who was merged into whom."""
    world = lived(steps)
    found = {}
    for id in CLIENTS:
        state = world.state(id)
        found[id] = state.survivor or id
        under = [each for each in CLIENTS if world.root(each) == id and each != id]
        if state.survivor is None and sorted(state.absorbed) != under:
            return False
    return found == {id: world.root(id) for id in CLIENTS}


def undoing_every_merge_leaves_what_there_would_be_without(steps: Iterable[Step]) -> bool:
    world = lived(steps)
    for _ in range(2):
        for id in CLIENTS:
            world.separate(id)
    return all(world.state(id) == CONTACT.fold(world.plain[id]) for id in CLIENTS)


def one_undo_leaves_that_contact_as_it_would_be_without(steps: Iterable[Step]) -> bool:
    world = lived(steps)
    for id in CLIENTS:
        under = world.state(id).absorbed
        world.separate(id)
        if replace(world.state(id), absorbed=()) != CONTACT.fold(world.plain[id]) or world.state(id).absorbed != under:
            return False
    return True


LAWS = (
    those_that_count_as_one_are_those_that_were_merged,
    undoing_every_merge_leaves_what_there_would_be_without,
    one_undo_leaves_that_contact_as_it_would_be_without,
)


@pytest.mark.parametrize("law", LAWS)
def test_merging_and_its_undo(law: Callable[[Iterable[Step]], bool]) -> None:
    @settings(max_examples=100, deadline=None)
    @given(LIVES)
    def holds(steps: list[Step]) -> None:
        assert law(steps)

    holds()


BUGS: dict[str, tuple[str, Any]] = {
    "what came along stays": (
        "separate",
        lambda who, contact: (told for told in separate(who, contact) if not isinstance(told[1], ContactMerged)),
    ),
    "the survivor keeps it": (
        "separate",
        lambda who, contact: (told for told in separate(who, contact) if not isinstance(told[1], ContactReleased)),
    ),
    "what it had absorbed is left behind": (
        "merge",
        lambda who, contact, into, survivor: islice(merge(who, contact, into, survivor), 2),
    ),
    "whoever it came through keeps it": (
        "separate",
        lambda who, contact: separate(who, replace(contact, through=())),
    ),
}


@pytest.mark.parametrize(("name", "bug"), BUGS.values(), ids=BUGS.keys())
def test_a_planted_bug_breaks_one_of_the_laws(monkeypatch: pytest.MonkeyPatch, name: str, bug: Any) -> None:
    monkeypatch.setattr(rule, name, bug)
    found = settings(max_examples=3_000, database=None, deadline=None, phases=[Phase.generate])
    assert find(LIVES, lambda steps: not all(law(steps) for law in LAWS), settings=found) is not None


def some(*events: ContactEvent) -> Contact:
    return folded(CONTACT, opened("x"), *events)


def test_one_that_is_merged_goes_under_the_other() -> None:
    told = [(BAKERY, ContactMerged(survivor=MILL)), (MILL, ContactAbsorbed(contact=BAKERY))]
    assert list(merge(BAKERY, some(), MILL, some())) == told
    assert list(merge(BAKERY, some(ContactMerged(survivor=MILL)), MILL, some())) == []


def test_what_it_had_absorbed_goes_along_and_comes_back() -> None:
    had = some(ContactAbsorbed(contact=MILLER))
    along = [(MILLER, ContactMerged(survivor=MILL)), (MILL, ContactAbsorbed(contact=MILLER))]
    assert list(merge(BAKERY, had, MILL, some()))[2:] == along
    merged = some(ContactAbsorbed(contact=MILLER), ContactMerged(survivor=MILL))
    assert list(separate(BAKERY, merged)) == [
        (MILL, ContactReleased(contact=BAKERY)),
        (MILL, ContactReleased(contact=MILLER)),
        (BAKERY, ContactSeparated(survivor=MILL)),
        (MILLER, ContactMerged(survivor=BAKERY)),
    ]
    back = folded(CONTACT, opened("x"), *(ContactMerged(survivor=each) for each in (BAKERY, MILL, BAKERY)))
    assert back == some(ContactMerged(survivor=BAKERY))


def test_what_is_not_merged_is_not_separated() -> None:
    assert list(separate(BAKERY, some())) == []


@pytest.mark.parametrize(
    ("arguments", "refusal"),
    [
        ((MILL, Contact(), BAKERY, some()), ContactUnknown),
        ((MILL, some(), BAKERY, Contact()), ContactUnknown),
        ((MILL, some(), MILL, some()), MergedWithItself),
        ((MILL, some(ContactMerged(survivor=MILLER)), BAKERY, some()), ContactGoesUnderAnother),
        ((MILL, some(), BAKERY, some(ContactMerged(survivor=MILLER))), ContactGoesUnderAnother),
    ],
)
def test_a_merge_is_refused(arguments: tuple[Any, ...], refusal: type[Refused]) -> None:
    with pytest.raises(refusal):
        list(merge(*arguments))
    with pytest.raises(ContactUnknown):
        list(separate(MILL, Contact()))


def test_fifty_go_under_one_name_at_most() -> None:
    def having(number: int, prefix: str = "c") -> Contact:
        return some(*(ContactAbsorbed(contact=ContactId(f"{prefix}{n}")) for n in range(number)))

    assert len(list(merge(MILL, some(), BAKERY, having(MOST_ABSORBED - 1)))) == 2
    with pytest.raises(TooManyMerged):
        list(merge(MILL, some(), BAKERY, having(MOST_ABSORBED)))
    assert len(list(merge(MILL, having(20), BAKERY, having(29, "d")))) == 42
    with pytest.raises(TooManyMerged):
        list(merge(MILL, having(20), BAKERY, having(30, "d")))


def test_a_contact_that_goes_under_another_lies_where_it_lay() -> None:
    with pytest.raises(ContactGoesUnderAnother):
        list(move(some(ContactMerged(survivor=MILL)), SUPPLIERS))
    assert list(move(some(ContactMerged(survivor=MILL), ContactSeparated(survivor=MILL)), SUPPLIERS)) == [
        ContactMoved(origin=CUSTOMERS, directory=SUPPLIERS)
    ]


def test_a_merge_moves_no_fact() -> None:
    told = (ContactContractSet(contract=GOLD), ContactEmployed(employer=MILL), ContactRelated(relation="r", other=MILL))
    merged = some(*told, ContactMerged(survivor=MILL))
    assert merged == replace(some(*told), survivor=MILL)
