"""What is somebody's stands in a read model in its envelope alone, under a column that says whose, and opens to it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, NamedTuple

import pytest
from logbook import entered, store
from process import log_of
from psycopg import Connection
from rows import MODELS, stored
from specification import request

from adapters.composition import Place
from adapters.postgres.keys import Keyring, opened_keys
from adapters.postgres.schema import connect, connect_async, migrate
from adapters.postgres.views import access, registry
from adapters.postgres.views.engine import Engine
from adapters.sealing import KeyName, kept
from commands.catalogue import COMMANDS
from commands.request import Attempt
from domain.decider import Decider
from domain.fact import Event, Fact, personal_fields
from domain.privacy.erasure import ErasureFenced, ErasureProofLapsed
from domain.service.contract import CONTRACT
from examples import EVENTS, GOLD, OFFICE, REQUEST, SILVER
from projections.model import Column, Kind, Put, ReadModel, Table

AT = datetime(2024, 6, 3, 10, tzinfo=UTC)
DECIDERS: dict[str, Decider[Any, Any]] = {
    event.topic: command.of for command in COMMANDS.values() for event in command.of.facts
}
IDS = {"calendar": OFFICE, "contract": GOLD}
"""What the examples rest on bears the names they call it by."""

TAKES_AWAY = ("-removed", ".forgotten")


def canary(event: Event, field: str) -> str:
    return f"canary {event.topic} {field} Žofie"


def singing(event: Event) -> Event:
    """The fact with a word of its own in each field that is somebody's; none of them is forgotten."""
    if isinstance(event, ErasureFenced | ErasureProofLapsed):
        return event.model_copy(update={"subjects": ("somebody-else",)})
    return event.model_copy(update={field: canary(event, field) for field in personal_fields(type(event))})


def stream(event: Event) -> str:
    """What takes something away is told of another thing, so that what was there is there."""
    decider = DECIDERS[event.topic]
    return decider.stream(IDS.get(decider.kind, "y" if event.topic.endswith(TAKES_AWAY) else "x"))


def attempt() -> Attempt:
    """Every fact there is, in the lives of one thing of each kind."""
    facts: list[Fact[Any]] = []
    silver = next(event for event in EVENTS if event.topic == "contract.concluded")
    for name, event in [(CONTRACT.stream(SILVER), silver), *((stream(event), singing(event)) for event in EVENTS)]:
        version = sum(fact.stream == name for fact in facts) + 1
        facts.append(Fact(name, version, event, AT, AT, "system"))
    reads = dict.fromkeys([fact.stream for fact in facts], 0)
    asked = request(REQUEST["team.form"], at=AT, id="0190b5a0-0000-7000-8000-000000000000")
    return Attempt(asked, AT, reads=reads, facts=facts, thing="x", version=1)


class Sung(NamedTuple):
    place: Place
    line: Connection[Any]


@pytest.fixture
def sung(place: Place) -> Iterator[Sung]:
    migrate(place.postgres_url, place.settings.schema_name)
    access.ensure(place.postgres_url, place.settings.schema_name)
    asyncio.run(append(place, attempt()))
    with connect(place.postgres_url, place.settings.schema_name) as line:
        follow(place, line, *MODELS)
        yield Sung(place, line)


async def append(place: Place, one: Attempt) -> None:
    log = log_of(place)
    (settled,) = await log.append([one])
    assert settled.position == len(one.facts)
    await log.close()


def follow(place: Place, line: Connection[Any], *models: ReadModel) -> None:
    keys = opened_keys(place.postgres_url, place.settings.schema_name, place.keys)
    engine = Engine(place.postgres_url, place.settings.schema_name, models, keys)
    for _ in range(6):
        engine.tick()
    engine.close()


def texts(line: Connection[Any]) -> dict[str, str]:
    """Every table of the schema but the log itself, as text."""
    tables = line.execute(
        "SELECT relname FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r'"
    ).fetchall()
    found = {}
    for (name,) in tables:
        rows = line.execute(f"SELECT t::text FROM {name} t".encode()).fetchall()  # noqa: S608 - ours
        found[name] = "\n".join(row for (row,) in rows)
    return found


def sealed(line: Connection[Any]) -> Iterator[tuple[str, str | None, Any]]:
    """Table and column, whose it says it is, and what stands there."""
    rows = stored(line)
    for model in MODELS:
        for table in model.tables:
            for column in table.columns:
                if column.kind is Kind.SEALED:
                    for row in rows[table.name].values():
                        if row[column.name] is not None:
                            yield f"{table.name}.{column.name}", row[column.whose or ""], row[column.name]


def envelopes(value: Any) -> list[Any]:
    return list(value.values()) if isinstance(value, dict) else [value]


async def opened(place: Place, values: list[Any]) -> list[Any]:
    """By somebody who holds the keys."""
    keyring = Keyring(opened_keys(place.postgres_url, place.settings.schema_name, place.keys))
    async with await connect_async(place.postgres_url, place.settings.schema_name) as connection:
        names = {KeyName(value[4]["subject"], value[4]["purpose"]) for value in values}
        opener = await keyring.opener(connection, names)
        return [kept(value, opener) for value in values]


def test_no_canary_stands_in_any_column_of_any_table(sung: Sung) -> None:
    assert {version.state for version in registry.versions(sung.line)} == {"active"}
    assert registry.parked(sung.place.postgres_url, sung.place.settings.schema_name) == []
    found = texts(sung.line)
    told = [table.name for model in MODELS for table in model.tables if table.sealed or model.opens]
    assert [name for name in told if not found[f"{name}_v1"]] == []
    assert [name for name, text in found.items() if "canary" in text] == []


def test_every_personal_field_of_every_fact_opens_where_it_is_shown(sung: Sung) -> None:
    values = [each for _, _, value in sealed(sung.line) for each in envelopes(value)]
    found = set(asyncio.run(opened(sung.place, values)))
    sang = {canary(event, field) for event in EVENTS for field in personal_fields(type(event))}
    assert len(sang) > 5
    assert sang <= found


def test_a_sealed_column_says_whose_it_is(sung: Sung) -> None:
    for column, whose, value in sealed(sung.line):
        assert {each[4]["subject"] for each in envelopes(value)} == {whose}, column


def test_the_words_of_the_trail_take_in_what_the_details_open_to(sung: Sung) -> None:
    row = stored(sung.line)["timeline"]["ticket-x", "1"]
    details = asyncio.run(opened(sung.place, list(row["details"].values())))
    said = row["words"].format(**dict(zip(row["details"], details, strict=True)))
    assert said == "Reported: canary ticket.opened title Žofie"


OPEN = Table("plain_talk", ("stream",), (Column("subject"), Column("said", Kind.SEALED, whose="subject")))


def blunt(said: Any) -> ReadModel:
    return ReadModel(
        "blunt",
        "Says it openly.",
        (OPEN,),
        frozenset(Event.by_topic[topic] for topic in ("ticket.noted",)),
        lambda fact, known: iter([Put(OPEN, (fact.stream,), {"subject": "x", "said": said})]),
    )


@pytest.mark.parametrize("said", ["canary", {"said": "canary"}, ["canary"]], ids=["text", "a field", "a list"])
def test_a_projection_that_would_say_it_openly_is_stopped_before_it_does(sung: Sung, said: Any) -> None:
    follow(sung.place, sung.line, blunt(said))
    (version,) = [version for version in registry.versions(sung.line) if version.name == "blunt"]
    assert (version.position, version.error) == (0, "Unsealed")
    assert [name for name, text in texts(sung.line).items() if "canary" in text] == []


def test_what_a_failure_says_is_no_quotation(sung: Sung) -> None:
    def tell(fact: Fact[Any], known: Any) -> Iterator[Any]:
        raise ValueError(f"canary {fact.event}")
        yield

    noted = blunt(None).facts
    follow(sung.place, sung.line, ReadModel("telltale", "Tells.", (OPEN,), noted, tell))
    (waiting,) = registry.parked(sung.place.postgres_url, sung.place.settings.schema_name)
    assert waiting.error == "ValueError"
    assert [name for name, text in texts(sung.line).items() if "canary" in text] == []


TEAM_SHOWN = ["names_v1", "teams_v1", "timeline_v1"]


def test_the_search_would_find_a_canary(sung: Sung) -> None:
    told = next(event for event in EVENTS if event.topic == "team.formed").model_copy(update={"name": "canary"})
    last = len(EVENTS) + 2
    store(sung.line, entered([Fact("team-z", 1, told, AT, AT, "system", last)]))
    follow(sung.place, sung.line, *MODELS)
    assert sorted(name for name, text in texts(sung.line).items() if "canary" in text) == TEAM_SHOWN
