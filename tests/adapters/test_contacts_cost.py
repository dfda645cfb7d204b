"""A page of contacts looks at what it shows, however many there are, and all pages together leave nobody out."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from door import new_place

from adapters.bench import crowd_seed
from adapters.bench.crowd import Crowd, Sees, contact_id, directory_id, worker_id
from adapters.composition import Place, now
from adapters.embedded import Running
from adapters.inquiry import Inquiry
from adapters.inquiry import Place as Behind
from adapters.postgres.answers import Answers, Found
from adapters.postgres.keys import Keyring, opened_keys
from adapters.postgres.schema import KEYED, connect
from domain.clients.contact import ContactKind
from projections.clients.access_check import AccessCheck
from projections.clients.contact import Contacts
from projections.question import Leg, Listing
from projections.staff.sight import MySight

LIMIT, TRIES = 10, 20
SIZES = (600, 4800)
WAYS: dict[str, Callable[[str], dict[str, Any]]] = {
    "the first page": lambda _: {},
    "a page further on": lambda middle: {"behind_0": middle, "behind_1": "8"},
}


def crowd_of(contacts: int) -> Crowd:
    return Crowd(contacts, directories=60, workers=25, teams=40)


@pytest.fixture(scope="module")
def places(servers: Running, state: Path) -> dict[int, Place]:
    """A company of each size."""
    found = {size: new_place(servers, state) for size in SIZES}
    models = {model.name: model for question in (Contacts, MySight) for model in question.rests_on}
    for size, place in found.items():
        crowd_seed.found(place, crowd_of(size))
        crowd_seed.make(place, [model for model in models.values() if not model.within_append])
    return found


@pytest.fixture
def few_tries(monkeypatch: pytest.MonkeyPatch) -> None:
    """So few that the large company has more in one directory."""
    monkeypatch.setattr("projections.question.LOOKED_AT", TRIES)


@pytest.fixture(scope="module")
def ask(places: dict[int, Place]) -> Iterator[Callable[..., Found]]:
    """Ask in the small company."""
    place = places[SIZES[0]]
    url, schema = place.postgres_url, place.settings.schema_name
    with asyncio.Runner() as runner:
        answers = Answers(url, schema, Keyring(opened_keys(url, schema, place.keys)), connections=1)

        async def answer(inquiry: Inquiry[Any]) -> Found:
            return await answers.answer(inquiry, asyncio.get_running_loop().time() + 10)

        yield lambda question, worker, **more: runner.run(
            answer(Inquiry(question, worker_id(worker), now(), limit=LIMIT, **more))
        )
        runner.run(answers.close())


def everything(ask: Callable[..., Found], question: Contacts, worker: int) -> list[tuple[str, str]]:
    """Directory and contact of every row, page by page."""
    rows: list[tuple[str, str]] = []
    place: Behind | None = None
    for _ in range(1000):
        found = ask(question, worker, place=place)
        page = found.rows[:LIMIT]
        rows += [(row["directory"], row["contact"]) for row in page]
        place = found.places[LIMIT - 1] if len(found.rows) > LIMIT else found.left_off
        if place is None:
            return rows
    raise AssertionError("it never ends")


def looked_at(place: Place, question: Listing, worker: int, **behind: Any) -> int:
    """How many rows of contacts a page of the answer takes, wherever they lie."""
    given = {name: getattr(question, name) for name in type(question).model_fields}
    asked = {"actor": worker_id(worker), "everything": False, "exported": False, "limit": LIMIT + 1}
    asked |= {"now": now(), "received": now()}
    with connect(place.postgres_url, place.settings.schema_name, KEYED) as database:
        explained = f"EXPLAIN (ANALYZE, FORMAT JSON) {question.statement(behind=bool(behind))}".encode()
        ((told,),) = database.execute(explained, {**given, **asked, **behind}).fetchall()
    return round(
        sum(step["Actual Rows"] * step["Actual Loops"] for step in steps(told[0]["Plan"]) if of_contacts(step))
    )


def steps(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for each in plan.get("Plans", ()):
        yield from steps(each)


def of_contacts(step: dict[str, Any]) -> bool:
    return str(step.get("Relation Name", "")).startswith(("access_contacts_", "contacts_"))


@pytest.mark.parametrize("sees", Sees)
@pytest.mark.parametrize("kind", [None, ContactKind.COMPANY])
def test_all_pages_together_are_all_that_one_sees_in_the_order_of_directories(
    ask: Callable[..., Found], sees: Sees, kind: ContactKind | None
) -> None:
    crowd = crowd_of(SIZES[0])
    for worker in crowd.workers_who_see(sees)[:2]:
        wanted = [
            (directory_id(directory), contact_id(number))
            for directory in crowd.seen_by(worker)
            for number in crowd.lying_in(directory)
            if kind in (None, crowd.who(number).kind)
        ]
        assert everything(ask, Contacts(kind=kind), worker) == sorted(wanted)
        one = directory_id(crowd.seen_by(worker)[0])
        inside = sorted(row for row in wanted if row[0] == one)
        assert everything(ask, Contacts(kind=kind, directory=one), worker) == inside


@pytest.mark.usefixtures("few_tries")
@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS.keys())
@pytest.mark.parametrize("sees", Sees)
def test_a_page_costs_the_same_however_many_there_are(
    places: dict[int, Place], sees: Sees, way: Callable[[str], dict[str, Any]]
) -> None:
    few, many = costs(places, sees, way)
    assert many <= few + TRIES


@pytest.mark.usefixtures("few_tries")
@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS.keys())
def test_a_listing_that_takes_a_page_of_every_directory_turns_the_check_red(
    places: dict[int, Place], monkeypatch: pytest.MonkeyPatch, way: Callable[[str], dict[str, Any]]
) -> None:
    monkeypatch.setattr(Leg, "_by_member", Leg._found)
    few, many = costs(places, Sees.ALL, way)
    assert many > few + TRIES


def costs(places: dict[int, Place], sees: Sees, way: Callable[[str], dict[str, Any]]) -> list[int]:
    found = []
    for size in SIZES:
        worker = crowd_of(size).workers_who_see(sees)[0]
        seen = sorted(directory_id(each) for each in crowd_of(size).seen_by(worker))
        found.append(looked_at(places[size], Contacts(), worker, **way(seen[len(seen) // 2])))
    return found


@pytest.mark.usefixtures("few_tries")
def test_where_nobody_passes_a_page_ends_after_so_many_tries(places: dict[int, Place]) -> None:
    crowd = crowd_of(SIZES[1])
    nobody = looked_at(places[SIZES[1]], Contacts(kind=ContactKind.PART), crowd.workers_who_see(Sees.ALL)[0])
    assert nobody <= 2 * TRIES


@pytest.mark.parametrize("sees", Sees)
def test_workers_of_the_company_see_what_it_says_they_see(ask: Callable[..., Found], sees: Sees) -> None:
    crowd = crowd_of(SIZES[0])
    for worker in crowd.workers_who_see(sees)[:4]:
        (mine,) = ask(MySight(), worker).rows
        told = {each["directory"] for each in mine["directories"]}
        assert told == {directory_id(each) for each in crowd.seen_by(worker)}
        assert len(told) == {Sees.ONE: 1, Sees.SOME: 30, Sees.ALL: crowd.directories}[sees]
        contact = crowd.lying_in(crowd.seen_by(worker)[0])[0]
        assert ask(AccessCheck(contact=contact_id(contact)), worker).rows[0]["worker"] == worker_id(worker)


def test_rights_come_in_person_and_through_teams(ask: Callable[..., Found]) -> None:
    crowd = crowd_of(SIZES[0])
    for sees in (Sees.SOME, Sees.ALL):
        (mine,) = ask(MySight(), crowd.workers_who_see(sees)[0]).rows
        through = sum(each["team"] is not None for each in mine["directories"])
        assert 0 < through < len(mine["directories"])
