"""From the commit of a fence on nothing is sealed for who stands behind it, and nothing of theirs opens anywhere."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Thread
from typing import Any
from uuid import uuid4

import pytest
from process import handle, log_of
from psycopg import AsyncConnection, Connection
from specification import request

from adapters.composition import Place
from adapters.key_encryption import KeyEncryption
from adapters.postgres.keys import MAKE, Epochs, KeyMissing, Keyring, opened_keys, opener_of, wrapping
from adapters.postgres.schema import connect, connect_async, migrate
from adapters.postgres.views import access
from adapters.sealing import KeyName, Opener, Spoiled, _envelope, emptied, is_envelope
from commands.request import Answer, Attempt, Fate
from domain.fact import Event, Fact
from domain.personal import Forgotten, Purpose, Withheld
from domain.privacy.erasure import AT_ONCE, ErasureFenced, ErasureProofLapsed, ErasureRefused
from domain.service.ticket import TicketNoted
from domain.values import SubjectId
from examples import REQUEST

AT = datetime(2024, 6, 3, 10, tzinfo=UTC)
NAMES = {KeyName("s1", str(purpose)) for purpose in Purpose}
PLACE = "contact.renamed", "contact-x", 1
Command = tuple[str, dict[str, Any]]

APPENDED = """
INSERT INTO facts SELECT 'erasure-' || %(id)s, 1, %(topic)s, %(state)s, position + 1, gen_random_uuid(), log_time(),
    log_time(), 'system', 'desk', NULL, '', '', '' FROM head
RETURNING notification_id
"""


def happen(line: Connection[Any], event: Event) -> int:
    """The fact behind all others, as an append puts it there; at which position."""
    with line.transaction():
        given = {"id": uuid4().hex, "topic": event.topic, "state": event.model_dump_json().encode()}
        (position,) = line.execute(APPENDED, given).fetchone() or (0,)
        line.execute("UPDATE head SET position = %s", (position,))
    return int(position)


def fences(line: Connection[Any]) -> dict[str, tuple[list[str], int]]:
    rows = line.execute("SELECT subject, purposes, position FROM subject_fences").fetchall()
    return {subject: (purposes, position) for subject, purposes, position in rows}


def attempt(topic: str, event: Event) -> Attempt:
    """One fact of a stream of its own, by a request of its own."""
    asked = request(REQUEST.get(topic, REQUEST["team.form"]), at=AT)
    stream = f"{event.topic.partition('.')[0]}-{uuid4()}"
    return Attempt(asked, AT, reads={stream: 0}, facts=[Fact(stream, 1, event, AT, AT, "system")], thing="x", version=1)


@dataclass(frozen=True)
class Desk:
    """A helpdesk with one customer and one ticket of theirs."""

    place: Place
    line: Connection[Any]
    ids: dict[str, str]

    def ask(self, *commands: Command) -> list[Answer]:
        """One batch through a process that has seen nothing yet and knows no key."""
        return asyncio.run(handle(self.place, *((topic, data, "system") for topic, data in commands)))

    def did(self, topic: str, **data: Any) -> str:
        (answer,) = self.ask((topic, data))
        assert not answer.code, answer
        return answer.thing

    def subject(self) -> str:
        query = "SELECT convert_from(state, 'UTF8')::json ->> 'subject' FROM facts WHERE originator_id = %s"
        (found,) = self.line.execute(query, (f"contact-{self.ids['customer']}",)).fetchone() or ("",)
        return str(found)

    def topics(self, stream: str) -> list[tuple[int, str]]:
        query = "SELECT originator_version, topic FROM facts WHERE originator_id = %s ORDER BY originator_version"
        return self.line.execute(query, (stream,)).fetchall()


@pytest.fixture
def desk(place: Place) -> Iterator[Desk]:
    migrate(place.postgres_url, place.settings.schema_name)
    access.ensure(place.postgres_url, place.settings.schema_name)
    with connect(place.postgres_url, place.settings.schema_name) as line:
        found = Desk(place, line, {})
        directory, area = found.did("directory.open", name="Customers"), found.did("area.open", name="Helpdesk")
        found.ids["customer"] = found.did("contact.open", directory=directory, name="Dana")
        found.ids["ticket"] = found.did("ticket.open", customer=found.ids["customer"], area=area, title="Broken")
        yield found


def keys(desk: Desk) -> KeyEncryption:
    return opened_keys(desk.place.postgres_url, desk.place.settings.schema_name, desk.place.keys)


@asynccontextmanager
async def ring(desk: Desk, kind: type[Keyring] = Keyring) -> AsyncIterator[tuple[Keyring, AsyncConnection[Any]]]:
    """The keys as a process holds them that has cached nothing yet."""
    async with await connect_async(desk.place.postgres_url, desk.place.settings.schema_name) as connection:
        yield kind(keys(desk)), connection


async def envelopes(keyring: Keyring, connection: AsyncConnection[Any]) -> dict[Purpose, dict[str, Any]]:
    """The same name sealed for each purpose."""
    held = await keyring.for_sealing(connection, NAMES)
    return {each: _envelope("Dana", PLACE, "name", "s1", str(each), held[KeyName("s1", str(each))]) for each in Purpose}


def opened(opener: Opener, sealed: Mapping[Purpose, dict[str, Any]]) -> dict[Purpose, Any]:
    return {purpose: opener(envelope, PLACE, "name") for purpose, envelope in sealed.items()}


def until_waiting(line: Connection[Any], pid: int) -> None:
    waits, deadline = "SELECT wait_event_type = 'Lock' FROM pg_stat_activity WHERE pid = %s", time.monotonic() + 15
    while line.execute(waits, (pid,)).fetchone() != (True,):
        assert time.monotonic() < deadline


def test_what_rests_on_a_request_that_met_a_fence_is_decided_again(desk: Desk) -> None:
    ticket = desk.ids["ticket"]
    before = desk.topics(f"ticket-{ticket}")
    desk.line.execute("INSERT INTO subject_fences (subject) VALUES (%s)", (desk.subject(),))
    answers = desk.ask(
        ("ticket.note", {"ticket": ticket, "text": "Dana was here"}),
        ("ticket.resolve", {"ticket": ticket}),
        ("ticket.reopen", {"ticket": ticket}),
        ("area.open", {"name": "Another"}),
    )
    assert [answer.code for answer in answers] == ["SubjectFenced", "", "", ""]
    after = desk.topics(f"ticket-{ticket}")
    assert [version for version, _ in after] == [*range(1, len(after) + 1)]
    assert {"ticket.resolved", "ticket.reopened"} <= {topic for _, topic in after[len(before) :]}
    assert [answer.version for answer in answers[1:3]] == [len(before) + 1, len(after)]


def test_a_fence_stands_with_the_fact_that_puts_it_up(desk: Desk) -> None:
    with connect(desk.place.postgres_url, desk.place.settings.schema_name) as other, other.transaction():
        position = happen(other, ErasureFenced(subjects=(SubjectId("s1"), SubjectId("s2")), purposes=AT_ONCE))
        assert fences(desk.line) == {}
    fence = (["content", "profile"], position)
    assert fences(desk.line) == {"s1": fence, "s2": fence}
    lapsed = happen(desk.line, ErasureProofLapsed(subjects=(SubjectId("s1"),)))
    assert fences(desk.line) == {"s1": (["content", "profile", "proof"], lapsed), "s2": fence}


def test_nobody_is_fenced_by_any_other_fact(desk: Desk) -> None:
    happen(desk.line, ErasureRefused(subjects=(SubjectId("s1"),), obstacles=()))
    assert fences(desk.line) == {}


def test_what_would_seal_for_whom_its_own_batch_fences_is_decided_again(desk: Desk) -> None:
    async def append() -> list[Fate]:
        log = log_of(desk.place)
        whom, other = [attempt("ticket.note", TicketNoted(subject=SubjectId(s), text="x")) for s in ("s1", "s2")]
        fence = attempt("erasure.fence", ErasureFenced(subjects=(SubjectId("s1"),), purposes=AT_ONCE))
        settled = await log.append([whom, fence, attempt("ticket.note", whom.facts[0].event), other])
        await log.close()
        return [each.fate for each in settled]

    assert asyncio.run(append()) == [Fate.STORED, Fate.STORED, Fate.MOVED, Fate.STORED]
    assert fences(desk.line).keys() == {"s1"}


@pytest.mark.parametrize("purposes", [("profile", "content"), ("profile", "content", "proof")])
def test_a_key_at_hand_opens_nothing_from_the_commit_of_the_fence_on(desk: Desk, purposes: tuple[str, ...]) -> None:
    async def look() -> None:
        async with ring(desk) as (keyring, connection):
            sealed = await envelopes(keyring, connection)
            assert opened(await keyring.opener(connection, NAMES), sealed) == dict.fromkeys(Purpose, "Dana")
            desk.line.execute("INSERT INTO subject_fences (subject, purposes) VALUES ('s1', %s)", ([*purposes],))
            masked = {each: Forgotten("s1") if each in purposes else "Dana" for each in Purpose}
            assert opened(await keyring.opener(connection, NAMES), sealed) == masked
            for purpose in Purpose:
                found = await keyring.for_opening(connection, KeyName("s1", str(purpose)), 1)
                assert isinstance(found, Forgotten) == (purpose in purposes)
            here = opener_of(desk.line, keys(desk), NAMES)
            assert opened(here, sealed) == masked

    asyncio.run(look())


def test_an_emptied_envelope_opens_as_forgotten_and_is_spoiled_where_nobody_was(desk: Desk) -> None:
    async def look() -> None:
        async with ring(desk) as (keyring, connection):
            sealed = {name: emptied(each) for name, each in (await envelopes(keyring, connection)).items()}
            assert all(is_envelope(each) for each in sealed.values())
            opener = await keyring.opener(connection, NAMES)
            with pytest.raises(Spoiled):
                opened(opener, sealed)
            desk.line.execute("INSERT INTO subject_fences (subject, purposes) VALUES ('s1', %s)", ([*Purpose],))
            assert set(opened(await keyring.opener(connection, NAMES), sealed).values()) == {Forgotten("s1")}

    asyncio.run(look())


def test_behind_a_fence_a_key_that_is_missing_for_another_purpose_is_an_incident(desk: Desk) -> None:
    async def look() -> None:
        async with ring(desk) as (keyring, connection):
            sealed = await envelopes(keyring, connection)
        desk.line.execute("INSERT INTO subject_fences (subject) VALUES ('s1')")
        desk.line.execute("DELETE FROM subject_keys WHERE subject = 's1'")
        async with ring(desk) as (keyring, connection):
            opener = await keyring.opener(connection, NAMES)
            assert opener(sealed[Purpose.CONTENT], PLACE, "name") == Forgotten("s1")
            with pytest.raises(KeyMissing):
                opener(sealed[Purpose.PROOF], PLACE, "name")
            with pytest.raises(KeyMissing):
                await keyring.for_opening(connection, KeyName("s1", "proof"), 1)

    asyncio.run(look())


def test_what_is_withheld_is_opened_for_a_privacy_officer_alone(desk: Desk) -> None:
    async def look() -> None:
        async with ring(desk) as (keyring, connection):
            sealed = await envelopes(keyring, connection)
            desk.line.execute("INSERT INTO access_withheld (subject, stream) VALUES ('s1', 'x')")
            masked = dict.fromkeys(Purpose, Withheld("s1"))
            assert opened(await keyring.opener(connection, NAMES), sealed) == masked
            assert opened(opener_of(desk.line, keys(desk), NAMES), sealed) == masked
            assert await keyring.for_opening(connection, KeyName("s1", "content"), 1) == Withheld("s1")
            plain = dict.fromkeys(Purpose, "Dana")
            assert opened(await keyring.opener(connection, NAMES, withheld_too=True), sealed) == plain
            assert opened(opener_of(desk.line, keys(desk), NAMES, withheld_too=True), sealed) == plain
            desk.line.execute("INSERT INTO subject_fences (subject, purposes) VALUES ('s1', %s)", ([*Purpose],))
            assert set(opened(await keyring.opener(connection, NAMES), sealed).values()) == {Forgotten("s1")}

    asyncio.run(look())


def test_nothing_is_withheld_before_there_is_an_access_model(place: Place) -> None:
    migrate(place.postgres_url, place.settings.schema_name)
    with connect(place.postgres_url, place.settings.schema_name) as line:
        assert line.execute("SELECT * FROM masked_subjects('{s1}')").fetchall() == []


def test_a_key_that_was_dropped_for_good_is_not_kept_by_who_looked_earlier(desk: Desk) -> None:
    async def look() -> set[KeyName]:
        async with ring(desk) as (keyring, connection):
            await keyring.for_sealing(connection, NAMES)
        async with ring(desk, Slow) as (slow, connection):
            assert isinstance(slow, Slow)
            looking = asyncio.create_task(slow.for_sealing(connection, NAMES))
            await slow.looked.wait()
            slow.drop([KeyName("s1", "profile")])
            slow.go_on.set()
            assert (await looking).keys() == NAMES
            return {*slow._cached}

    assert asyncio.run(look()) == NAMES - {KeyName("s1", "profile")}


class Slow(Keyring):
    """Has looked, and does not come to keep what it found."""

    def __init__(self, encryption: KeyEncryption) -> None:
        super().__init__(encryption)
        self.looked, self.go_on = asyncio.Event(), asyncio.Event()

    async def _look(self, connection: AsyncConnection[Any], wanted: list[KeyName]) -> dict[KeyName, Epochs]:
        found = await super()._look(connection, wanted)
        self.looked.set()
        await self.go_on.wait()
        return found


def test_no_key_comes_to_be_behind_a_fence_that_is_put_up_meanwhile(desk: Desk) -> None:
    url, schema = desk.place.postgres_url, desk.place.settings.schema_name
    with connect(url, schema) as fencing, connect(url, schema) as making:
        with fencing.transaction():
            happen(fencing, ErasureFenced(subjects=(SubjectId("s1"),), purposes=AT_ONCE))
            fresh = wrapping(keys(desk), {name: bytes(32) for name in (*NAMES, KeyName("s2", "content"))})
            made = Thread(target=lambda: making.execute(MAKE, fresh))
            made.start()
            until_waiting(desk.line, making.info.backend_pid)
        made.join()
    rows = desk.line.execute("SELECT subject FROM subject_keys WHERE subject IN ('s1', 's2')").fetchall()
    assert rows == [("s2",)]


def test_only_fenced_keys_can_be_destroyed_and_it_is_noted_which(desk: Desk) -> None:
    async def make() -> None:
        async with ring(desk) as (keyring, connection):
            await keyring.for_sealing(connection, NAMES | {KeyName("s2", "content")})

    asyncio.run(make())
    desk.line.execute("INSERT INTO subject_fences (subject) VALUES ('s1')")
    wrapped, kek_epoch = desk.line.execute(
        "SELECT encode(sha256(wrapped), 'hex'), kek_epoch FROM subject_keys"
        " WHERE subject = 's1' AND purpose = 'content'"
    ).fetchone() or ("", 0)
    destroy = "SELECT purpose, epoch, kek_epoch, fingerprint FROM destroy_keys('{s1,s2}', %s)"
    gone = desk.line.execute(destroy, ([*Purpose],)).fetchall()
    assert {purpose for purpose, *_ in gone} == {"content", "profile"}
    assert ("content", 1, kek_epoch, wrapped) in gone
    left = desk.line.execute("SELECT subject, purpose FROM subject_keys WHERE subject IN ('s1', 's2')").fetchall()
    assert {*left} == {("s1", "proof"), ("s2", "content")}
    assert desk.line.execute(destroy, ([*Purpose],)).fetchall() == []
    assert desk.line.execute("SELECT count(*) FROM destroyed_keys").fetchone() == (2,)
