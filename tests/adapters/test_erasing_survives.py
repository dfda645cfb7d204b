"""Wherever it ends, an erasure goes on: nothing goes before the fence, no key comes back, and there is one receipt."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random
from typing import Any

import pytest
from door import new_place
from forgetting import Company, Ending, Life, Office, company, erased, opened
from inquirers import followed
from process import started

from adapters.composition import Place, verifying
from adapters.embedded import Running
from domain.values import Person

BOUNDARIES = (
    "tokens noted",
    "before erasure.fence",
    "after erasure.fence",
    "fence noted",
    "keys destroyed",
    "before erasure.record-keys",
    "after erasure.record-keys",
    "file taken",
    "letters taken",
    "fingerprints taken",
    "sign-ins taken",
    "read models purged",
    "before erasure.record-purge",
    "after erasure.record-purge",
    "before erasure.record-acknowledgements",
    "after erasure.record-acknowledgements",
    "before erasure.tell",
    "after erasure.tell",
    "before receipt.issue",
    "after receipt.issue",
    "receipt noted",
)
MOST_CRASHES = 8
VOLATILE = {"keys", "inert_at", "processes", "projections", "number", "digest", "proof_until"}
SUBJECTS = """
SELECT DISTINCT subject FROM subject_links WHERE person = %s OR person = %s
"""
FIRST_LOSS = """
SELECT min(d.destroyed_at) >= min(f.fenced_at) FROM destroyed_keys d JOIN subject_fences f USING (subject)
WHERE d.subject = ANY (%s)
"""


@pytest.fixture(scope="module")
def place(servers: Running, state: Path) -> Iterator[Place]:
    place = new_place(servers, state)
    with followed(place):
        yield place


@pytest.fixture(scope="module")
def known(place: Place) -> Company:
    return company(place)


@pytest.fixture(scope="module")
def usual(place: Place, known: Company) -> list[Any]:
    """What an erasure comes to that nothing disturbs."""

    async def run() -> list[Any]:
        async with opened(place, known) as office:
            life = await office.life()
            await office.wish(life.person)
            heard = Ending()
            assert await erased(office, life.person, heard)
            await asyncio.sleep(0.2)
            assert set(heard.reached) == set(BOUNDARIES)
            return alike(office, life)

    return asyncio.run(run())


def alike(office: Office, life: Life) -> list[Any]:
    """The facts of an erasure, without instants and positions, the people in it by their places."""
    ids = dict[str, str]()

    def placed(found: re.Match[str]) -> str:
        return ids.setdefault(found[0], f"#{len(ids)}")

    return [
        (topic, re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}|[0-9a-f]{32}", placed, json.dumps(without(said))))
        for topic, said in office.facts(life.person)
    ]


def without(said: dict[str, Any]) -> dict[str, Any]:
    keys = sorted((each["purpose"], each["epoch"]) for each in said.get("keys", []))
    return {**{name: value for name, value in said.items() if name not in VOLATILE}, "keys": keys}


def subjects(office: Office, life: Life) -> list[str]:
    return [subject for (subject,) in office.rows(SUBJECTS, life.person, f"contact:{life.other}")]


async def survives(office: Office, life: Life, endings: Sequence[Ending]) -> None:
    """End it again and again, look each time, and let it come to its end."""
    whose = subjects(office, life)
    names = "SELECT subject, purpose FROM subject_keys WHERE subject = ANY (%s)"
    before = left = set(office.rows(names, whose))
    for ending in (*endings, None):
        done = await erased(office, life.person, ending)
        now = set(office.rows(names, whose))
        assert now <= left, "a key came back"
        left = now
        fenced = "erasure.fenced" in office.topics(life.person)
        assert fenced or now == before, "something was destroyed before the fence"
        if done:
            break
    assert office.topics(life.person).count("erasure.completed") == 1
    assert left == {name for name in before if name[1] == "proof"}
    assert office.value(FIRST_LOSS, whose) is True


async def whole(office: Office, people: Sequence[Person]) -> None:
    """One receipt for each, and nothing wrong with any of them."""
    book = (
        "SELECT convert_from(state, 'UTF8')::json -> 'receipt' ->> 'person' FROM facts WHERE topic = 'receipt.issued'"
    )
    issued = [person for (person,) in office.rows(book) if person in people]
    assert sorted(issued) == sorted(people)
    async with verifying(office.place) as verification:
        assert await verification.everything() == []


def test_it_ends_once_at_every_boundary(place: Place, known: Company, usual: list[Any]) -> None:
    async def run() -> None:
        async with opened(place, known) as office:
            lives = []
            for boundary in BOUNDARIES:
                life = await office.life()
                await office.life_is_known()
                await office.wish(life.person)
                ending = Ending(name=boundary)
                await survives(office, life, [ending])
                lives.append(life)
                assert alike(office, life) == usual, boundary
            await noted(office)
            await whole(office, [life.person for life in lives])

    asyncio.run(run())


def test_it_ends_again_and_again_wherever_chance_has_it(
    place: Place, known: Company, usual: list[Any], soak: int
) -> None:
    async def run() -> None:
        async with opened(place, known) as office:
            lives = []
            for seed in range(2 * soak):
                chance = Random(seed)  # noqa: S311 - moments, not secrets
                life = await office.life()
                await office.life_is_known()
                await office.wish(life.person)
                crashes = chance.randint(2, MOST_CRASHES)
                await survives(office, life, [Ending(chance.randint(1, 7)) for _ in range(crashes)])
                lives.append(life)
                assert alike(office, life) == usual, seed
            await noted(office)
            await whole(office, [life.person for life in lives])

    asyncio.run(run())


async def noted(office: Office) -> None:
    """What was issued as the last runner ended is in the journal when the next one has looked."""
    (sender, _) = await office.sender()
    await office.wish(sender)
    assert await erased(office, sender)
    await asyncio.sleep(0.2)


@pytest.mark.parametrize("seed", [0, pytest.param(1, marks=pytest.mark.soak)])
def test_killed_by_nobody_s_leave_it_goes_on_in_another_process(
    place: Place, known: Company, usual: list[Any], seed: int
) -> None:
    chance = Random(seed)  # noqa: S311 - moments, not secrets

    async def run() -> None:
        async with opened(place, known) as office:
            lives = [await office.life() for _ in range(4)]
            for life in lives:
                await office.life_is_known()
                await office.wish(life.person)
            kills = 0
            while any(office.topics(life.person)[-1] != "erasure.completed" for life in lives):
                with started(place, "erase", "0.01") as process:
                    boundaries = chance.randint(3, 12)
                    for _ in range(boundaries):
                        if await asyncio.to_thread(process.heard) == "at rest":
                            break
                    process.process.kill()
                    process.process.wait()
                    kills += 1
            assert kills > 3
            await noted(office)
            for life in lives:
                assert alike(office, life) == usual
            await whole(office, [life.person for life in lives])

    asyncio.run(run())
