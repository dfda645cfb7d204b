"""A restored backup comes up in quarantine, and out of it when everybody who was forgotten is forgotten again."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import subprocess
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path
from random import Random
from typing import Any

import pytest
from backup import dumped, restored
from delivery import until
from door import Door, new_place
from eventsourcing.persistence import OperationalError
from forgetting import LAWSUIT, PROOF_DAYS, Company, Crash, Ending, Life, Office, erased, eraser, opened
from inquirers import followed, put
from structlog.testing import capture_logs
from tampering import FACTS, anchor, anchors_of, cut, store, store_more
from terminal import Command, Terminal, terminal

from adapters.anchor import Anchor, Anchored, JournalEnd
from adapters.cli.restore import accepted
from adapters.clock import Clock, now
from adapters.composition import (
    Place,
    anchoring,
    begun_with_test_clock,
    client,
    erasing,
    examine,
    outside,
    reacting,
    reapplying,
    relaying,
    serving,
    timing,
    viewing,
)
from adapters.embedded import Running
from adapters.erasure_journal import Fenced, Journal, Told
from adapters.key_file import KeyFile
from adapters.nats.channel import Channel, beside
from adapters.nats.client import Declined, NoAnswer
from adapters.nats.connection import connect as to_nats
from adapters.nats.file_client import get_file
from adapters.postgres import anchoring as anchors
from adapters.postgres import erasures, mail_queue, outbox, quarantine, rewrapping
from adapters.postgres.clock import TestClock
from adapters.postgres.schema import connect, migrate
from adapters.quarantine import BEGINNING, Head, Loss, Why, judged, loss, missing
from adapters.signature import Signer
from commands.privacy.hold import LiftHold, PlaceHold
from commands.staff.area import OpenArea
from domain.staff.worker import SYSTEM
from domain.values import Person
from projections.clients.card import ContactCards

PATIENCE_SECONDS = 15.0
KEYS = "SELECT count(*) FROM subject_keys WHERE subject = ANY (%s) AND purpose <> 'proof'"
TABLES = """
SELECT c.relname FROM pg_class c WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r'
AND c.relname <> 'facts'
"""
ELECTIONS = [outbox.ELECT, mail_queue.ELECT, anchors.ELECT, erasures.ELECT, rewrapping.ELECT]
EPOCH = "0a0b0c0d-0000-4000-8000-000000000001"
AT = datetime(2026, 1, 30, 12, tzinfo=timezone.utc)


# What is judged


def link(position: int) -> bytes:
    return bytes([position]) * 32


def anchored(*positions: int, wrong: Sequence[int] = ()) -> Anchored:
    known = {n: Anchor(EPOCH, n, link(n + 100 if n in wrong else n), AT) for n in positions}
    return Anchored(known, known[positions[-1]] if positions else None, [], [])


def fenced(position: int, person: str = "contact:a", *purposes: str, wrong: bool = False, subject: str = "s") -> Fenced:
    at = link(position + 100 if wrong else position).hex()
    return Fenced(EPOCH, position, at, person, "Wish", (), (subject,), purposes or ("profile", "content"), AT, AT)


def told(*rounds: Fenced) -> Told:
    return Told({f"{n:064x}": each for n, each in enumerate(rounds)}, [], [])


def judge(head: int, known: Anchored, journal: Told, epoch: str = EPOCH) -> Why | None:
    links = {n: link(n) for n in range(1, head + 1)}
    epochs = {each.epoch for each in known.known.values()}
    return judged(Head(head, link(head), epoch), known.last, journal, links, lambda: epochs)


def lost(head: int, known: Anchored, journal: Told) -> Loss | None:
    return loss(Head(head, link(head), EPOCH), known, journal, {n: link(n) for n in range(1, head + 1)})


@pytest.mark.parametrize(
    ("head", "known", "journal", "why", "gone"),
    [
        (9, anchored(), told(), None, None),
        (9, anchored(3, 9), told(fenced(4)), None, None),
        (0, anchored(3), told(), Why.CUT, Loss(0, link(0), 3)),
        (9, anchored(3, 12), told(), Why.CUT, Loss(9, link(9), 12)),
        (9, anchored(3, 12), told(fenced(14)), Why.CUT, Loss(9, link(9), 14)),
        (9, anchored(3, 7, wrong=[7]), told(), Why.OTHER_FACTS, Loss(3, link(3), 7)),
        (9, anchored(3, 7, wrong=[3, 7]), told(), Why.OTHER_FACTS, Loss(0, BEGINNING, 7)),
        (9, anchored(3, 7, 12, wrong=[7]), told(), Why.CUT, Loss(3, link(3), 12)),
        (9, anchored(3), told(fenced(12)), Why.UNERASED, Loss(9, link(9), 12)),
        (9, anchored(3), told(fenced(5, wrong=True)), Why.UNERASED, Loss(3, link(3), 5)),
        (9, anchored(), told(fenced(5, wrong=True)), Why.UNERASED, Loss(0, BEGINNING, 5)),
    ],
)
def test_what_is_wrong_with_a_log_and_what_of_it_is_lost(
    head: int, known: Anchored, journal: Told, why: Why | None, gone: Loss | None
) -> None:
    assert (judge(head, known, journal), lost(head, known, journal)) == (why, gone)


def test_a_log_of_another_epoch_was_never_the_one_that_was_anchored() -> None:
    assert judge(9, anchored(12), told(), epoch="another") is Why.OTHER_LOG
    assert judge(9, anchored(9), told(), epoch="another") is None  # it was restored, and lifted out of quarantine


def test_one_round_that_the_log_has_is_enough_and_all_subjects_ever_told_go_with_one_it_has_not() -> None:
    links = {n: link(n) for n in range(1, 10)}
    assert missing(told(fenced(5), fenced(4, wrong=True)), links) == []
    found = missing(told(fenced(12, subject="s"), fenced(3, "contact:b"), fenced(11, subject="t")), links)
    (only,) = found
    assert (only.digest, only.fenced.position, only.fenced.subjects) == (f"{2:064x}", 11, ("s", "t"))


def test_the_two_rounds_of_a_person_are_two() -> None:
    found = missing(told(fenced(5), fenced(12, "contact:a", "proof")), {5: link(5)})
    assert [(each.of_proof, each.fenced.position) for each in found] == [(True, 12)]


# How it is kept


def where(place: Place) -> tuple[str, str]:
    return place.postgres_url, place.settings.schema_name


def row(place: Place, query: str, *given: Any) -> Any:
    with connect(place.postgres_url, place.settings.schema_name) as line:
        return line.execute(query.encode(), given).fetchone()


@pytest.fixture
def resting(place: Place) -> Place:
    """A log that was cut behind its back, and found out."""
    store(place, FACTS)
    anchor(place)
    cut(place, FACTS - 3)
    found = examine(place)
    assert found is not None
    assert found.why is Why.CUT
    return place


def test_a_log_that_nothing_is_known_of_is_in_no_quarantine(place: Place) -> None:
    migrate(place.postgres_url, place.settings.schema_name)
    assert examine(place) is None
    store(place, FACTS)
    assert examine(place) is None
    anchor(place)
    assert examine(place) is None
    store_more(place, 2)
    assert examine(place) is None


def test_an_anchored_log_that_is_another_database_s_says_so(place: Place) -> None:
    store(place, FACTS)
    anchor(place)
    with connect(place.postgres_url, place.settings.schema_name) as line:
        line.execute(f"DROP SCHEMA {place.settings.schema_name} CASCADE".encode())
    store(place, FACTS)
    found = examine(place)
    assert found is not None
    assert found.why is Why.OTHER_LOG
    KeyFile.opened(place.keys, first_start=True)
    status = cli(place, "restore", "status")
    assert "give this state folder its own database" in status.out, status.err


def test_it_never_leaves_by_itself(resting: Place) -> None:
    found = examine(resting)
    for path in resting.anchors.glob(f"{resting.settings.schema_name}-*"):
        path.unlink()
    assert examine(resting) == found


def test_nothing_is_stored_whatever_a_process_thinks(resting: Place) -> None:
    with pytest.raises(OperationalError, match="this log is in quarantine"):
        store_more(resting, 1)
    assert row(resting, "SELECT count(*) FROM facts") == (FACTS - 3,)


@pytest.mark.parametrize("elect", ELECTIONS, ids=["relay", "mail", "anchors", "erasures", "keys"])
def test_nobody_is_elected_until_it_is_lifted(resting: Place, elect: str) -> None:
    assert row(resting, elect) == (False,)
    with connect(resting.postgres_url, resting.settings.schema_name) as line:
        quarantine.lift(line)
    assert row(resting, elect) == (True,)


def test_read_models_stand_still_until_it_is_lifted(resting: Place) -> None:
    positions = "SELECT count(*) FROM read_models WHERE name <> 'access'"
    with viewing(resting) as engine:
        assert engine.tick() == 0
        assert row(resting, positions) == (0,)
        with connect(resting.postgres_url, resting.settings.schema_name) as line:
            quarantine.lift(line)
        deadline = time.monotonic() + PATIENCE_SECONDS
        while row(resting, positions) == (0,):
            assert time.monotonic() < deadline
            engine.tick()


def test_lifted_the_log_has_an_epoch_of_its_own(resting: Place) -> None:
    before = row(resting, "SELECT epoch FROM head")
    with connect(resting.postgres_url, resting.settings.schema_name) as line:
        quarantine.lift(line)
    assert row(resting, "SELECT epoch FROM head") != before
    assert row(resting, "SELECT count(*) FROM quarantine") == (0,)


def test_everything_that_is_at_work_comes_up_and_rests(resting: Place) -> None:
    channel = beside(resting.settings.schema_name, "routing")

    async def run() -> None:
        async with (
            relaying(resting, channel=channel) as relay,
            reacting(resting, channel=channel),
            timing(resting, every_seconds=0.01),
            erasing(resting, every_seconds=0.01),
            anchoring(resting, every_seconds=0.01),
        ):
            await asyncio.sleep(0.5)
            assert relay.position == 0
            assert not quarantine.published(*where(resting))
            with connect(*where(resting)) as line:
                quarantine.lift(line)

            async def published() -> bool:
                return quarantine.published(*where(resting)) and relay.position == FACTS - 3

            await until("it goes on", published)

    asyncio.run(run())


def test_a_process_that_has_answered_from_the_log_that_is_gone_answers_no_more(place: Place, tmp_path: Path) -> None:
    async def run() -> None:
        async with serving(place), client(place, patience_seconds=5.0) as operator:
            await operator.send(OpenArea(name="One"), actor=SYSTEM)
            dumped(place, tmp_path / "dump")
            await operator.send(OpenArea(name="Two"), actor=SYSTEM)
            anchor(place)
            restored(place, tmp_path / "dump")

            async def refused() -> bool:
                return await code(operator) == "InQuarantine"

            await until("the process notices", refused)
            command = await asyncio.to_thread(cli, place, "restore", "reapply", "--accept-loss")
            assert command.code == 0, command.err
            await asyncio.sleep(2 * quarantine.LOOK_SECONDS)
            assert await refused()
        async with serving(place), client(place, patience_seconds=5.0) as operator:
            assert await code(operator) == ""

    asyncio.run(run())


async def code(operator: Any) -> str:
    """Of the refusal to open an area, if there is one."""
    try:
        await operator.send(OpenArea(name="Another"), actor=SYSTEM)
    except Declined as no:
        return no.code
    except NoAnswer:
        return "nobody knows"
    return ""


@pytest.fixture
def place(servers: Running, state: Path) -> Place:
    return new_place(servers, state)


def cli(place: Place, *words: str) -> Command:
    there = {"KARTOTEKA_POSTGRES_URL": place.postgres_url, "KARTOTEKA_NATS_URL": place.nats_url}
    there |= {"KARTOTEKA_SCHEMA": place.settings.schema_name, "KARTOTEKA_KEYS": str(place.keys)}
    return Terminal(place.settings.state).run(*words, **there)


# A company that loses its database


@dataclass
class Lost:
    """Backups of a company that has forgotten people since: before they asked, after that, and behind the fence.

    Dora was a customer, somebody wrote once, and the late one came after the first backup was made.
    """

    place: Place
    folder: Path
    company: Company
    dora: Life
    other: Life
    late: Life
    sender: Person
    head: int
    outside: dict[Path, bytes] = field(default_factory=dict)

    @property
    def forgotten(self) -> list[str]:
        return [self.dora.person, self.late.person, self.sender]

    @property
    def subjects(self) -> list[str]:
        return sorted({each for told in self.journal.fenced.values() for each in told.subjects})

    @property
    def journal(self) -> Told:
        return Journal.opened(self.place.erasures, self.place.settings.schema_name, self.place.keys).read()

    def restore(self, backup: str) -> None:
        """The database; what lies outside of it is as it was when it was lost."""
        for path in self.files():
            path.unlink()
        for path, data in self.outside.items():
            path.write_bytes(data)
        restored(self.place, self.folder / backup)

    def files(self) -> list[Path]:
        """What lies outside: anchors, and the journal."""
        return [*self.place.anchors.glob(f"{self.log}-*"), *self.place.erasures.glob(f"{self.log}.*")]

    @property
    def log(self) -> str:
        return self.place.settings.schema_name

    def rows(self, query: str, *given: Any) -> list[tuple[Any, ...]]:
        with connect(self.place.postgres_url, self.place.settings.schema_name) as line:
            return line.execute(query.encode(), given).fetchall()

    def topics(self, person: str) -> list[str]:
        query = "SELECT topic FROM facts WHERE originator_id = %s ORDER BY originator_version"
        return [topic for (topic,) in self.rows(query, f"erasure-{person}")]

    def boxes(self) -> list[str]:
        """Where something lies of who was forgotten that a key could open, if there were one."""
        of_whom = f"({'|'.join(self.subjects)})"
        of_what = '"(profile|content)", ?"epoch": ?[0-9]+, ?"box": ?"[^"]'
        full = re.compile(f'"subject": ?"{of_whom}", ?"purpose": ?{of_what}')
        found = []
        for (table,) in self.rows(TABLES):
            rows = self.rows(f"SELECT to_json(t)::text FROM {table} t")  # noqa: S608 - a table of ours
            found += [f"{table}: {text}" for (text,) in rows if full.search(text.replace("\\", ""))]
        return found

    def is_whole_again(self) -> None:
        """Everybody is forgotten, and there is nothing left to forget them by."""
        for person in self.forgotten:
            assert self.topics(person).count("erasure.completed") == 1, person
        assert self.rows(KEYS, self.subjects) == [(0,)]
        fences = "SELECT count(*) FROM subject_fences WHERE subject = ANY (%s) AND '{profile,content}' <@ purposes"
        assert self.rows(fences, self.subjects) == [(len(self.subjects),)]
        assert self.boxes() == []
        assert self.rows("SELECT * FROM quarantine") == []


@pytest.fixture(scope="module")
def lost_log(servers: Running, state: Path, tmp_path_factory: pytest.TempPathFactory) -> Lost:
    place, folder = new_place(servers, state), tmp_path_factory.mktemp("backups")

    async def lived() -> Lost:
        async with opened(place) as office:
            dora, other, (sender, _) = await office.life(), await office.life(), await office.sender()
            anchor(place)
            dumped(place, folder / "early")
            late = await office.life()
            await office.wish(dora.person)
            await office.did(PlaceHold(person=dora.person, ground=LAWSUIT))
            dumped(place, folder / "asked")
            await office.did(LiftHold(person=dora.person, ground=LAWSUIT))
            assert not await erased(office, dora.person, Ending(name="fence noted"))
            dumped(place, folder / "fenced")
            assert await erased(office, dora.person)
            for person in (late.person, sender):
                await office.wish(person)
                assert await erased(office, person)
            head = anchor(place).position
            return Lost(place, folder, Company(office.world, office.cup), dora, other, late, sender, head)

    with followed(place):
        found = asyncio.run(lived())
    found.outside = {path: path.read_bytes() for path in found.files()}
    assert len(found.outside) == 2
    found.is_whole_again()
    return found


def test_from_the_start_to_the_end(lost_log: Lost) -> None:
    place = lost_log.place
    lost_log.restore("early")
    (end,), channel = lost_log.rows("SELECT position FROM head")[0], beside(place.settings.schema_name)
    assert lost_log.rows(KEYS, lost_log.subjects) > [(0,)]
    assert lost_log.boxes()

    async def run() -> None:
        async with opened(place, lost_log.company) as office:
            before = await last_published(place, channel)
            await refused_everything(office, lost_log)
            await asyncio.to_thread(said_what_is_wrong, lost_log, end)
            assert lost_log.rows("SELECT position FROM head") == [(end,)]
            assert await last_published(place, channel) == before > end
            done = await asyncio.to_thread(cli, place, "restore", "reapply", "--accept-loss")
            assert done.code == 0, done.err
            assert done.out.endswith("3 erasures done again; the quarantine is lifted\n")
            await until("it answers again", lambda: goes_on(office))
            lost_log.is_whole_again()
            await still_there(office, lost_log)
            await until("all is published", lambda: published_anew(lost_log, channel))

    with followed(place):
        asyncio.run(run())
    verified = cli(place, "audit", "verify")
    assert verified.code == 0, verified.out
    assert f"positions {end + 1} to {lost_log.head} of then were lost" in verified.out
    assert cli(place, "restore", "status").code == 0


async def refused_everything(office: Office, lost: Lost) -> None:
    """Requests, questions, files; who looks for the service finds it."""
    door = await Door.opened(office.place, "desk")
    asked = json.dumps({"actor": "system", "data": {}}).encode()
    for reply in (await door.ask("area.open", asked), await put(door, "contact-cards", asked)):
        assert (reply.status, reply.code) == (503, "InQuarantine")
        assert "restore status" in reply.body["title"]
    with pytest.raises(Declined, match="InQuarantine"):
        async for _ in get_file(office.operator, lost.other.contact, lost.other.file, actor=SYSTEM):
            pass
    assert (await door.discovered("PING"))["name"] == "kartoteka"
    await door.connection.close()


def said_what_is_wrong(lost: Lost, end: int) -> None:
    told = cli(lost.place, "restore", "status", "--json")
    assert told.code == 1
    assert told.said["quarantine"]["why"] == "cut"
    assert told.said["lost"] == {"from": end + 1, "to": lost.head}
    assert [each["person"] for each in told.said["lacking"]] == lost.forgotten
    assert told.said["keys_of_forgotten"] > 0
    assert told.said["spoiled"] == told.said["inert_keys"] == []
    refused = cli(lost.place, "restore", "reapply")
    assert refused.code == 1
    assert f"positions {end + 1} to {lost.head}" in refused.out
    assert "--accept-loss" in refused.err
    people = cli(lost.place, "restore", "status")
    assert "IN QUARANTINE" in people.out
    assert people.out.splitlines()[-1] == "what to do: kartoteka restore reapply --accept-loss"


async def goes_on(office: Office) -> bool:
    return await code(office.operator) == ""


async def still_there(office: Office, lost: Lost) -> None:
    """Of those who were not forgotten everything is; of those who were nothing is shown."""
    (card,) = (await office.operator.query(ContactCards(contacts=(lost.other.contact,)), actor=SYSTEM))["rows"]
    assert lost.other.words[0] in json.dumps(card)
    (card,) = (await office.operator.query(ContactCards(contacts=(lost.dora.contact,)), actor=SYSTEM))["rows"]
    assert not [word for word in lost.dora.words if word in json.dumps(card)]
    parts = get_file(office.operator, lost.other.contact, lost.other.file, actor=SYSTEM)
    content = b"".join([part.content async for part in parts])
    assert lost.other.words[4].encode() in content


async def last_published(place: Place, channel: Channel) -> int:
    async with events(place) as streams:
        return int((await streams.stream_info(channel.stream)).state.last_seq)


async def published_anew(lost: Lost, channel: Channel) -> bool:
    """Every message is a fact of this log, at its position."""
    async with events(lost.place) as streams:
        facts = dict(lost.rows("SELECT notification_id, event_id::text FROM facts"))
        state = (await streams.stream_info(channel.stream)).state
        if state.last_seq != len(facts):
            return False
        for position in range(state.first_seq, state.last_seq + 1):
            message = await streams.get_msg(channel.stream, position)
            if json.loads(message.data)["id"] != facts[position]:
                return False
        return True


@asynccontextmanager
async def events(place: Place) -> AsyncIterator[Any]:
    seed = str(place.seed("streams", None))
    connection = await to_nats(place.nats_url, seed, name="kartoteka-test", inbox="_INBOX.streams")
    try:
        yield connection.jetstream()
    finally:
        await connection.close()


@pytest.mark.parametrize("backup", [pytest.param("early", marks=pytest.mark.soak), "asked", "fenced"])
def test_whenever_the_backup_was_made_and_whatever_stands_in_the_way(lost_log: Lost, backup: str) -> None:
    lost_log.restore(backup)
    done = cli(lost_log.place, "restore", "reapply", "--accept-loss")
    assert done.code == 0, done.err
    lost_log.is_whole_again()
    verified = cli(lost_log.place, "audit", "verify")
    assert verified.code == 0, verified.out
    again = cli(lost_log.place, "restore", "reapply")
    assert (again.code, again.out) == (0, "")


@pytest.mark.parametrize("seed", [0, *(pytest.param(each, marks=pytest.mark.soak) for each in (1, 2))])
def test_ended_anywhere_it_goes_on_where_it_was(lost_log: Lost, seed: int) -> None:
    random, place, ended = Random(seed), lost_log.place, 0  # noqa: S311 - no secret is drawn
    lost_log.restore(random.choice(["early", "asked", "fenced"]))
    assert cli(place, "restore", "status").code == 1
    known = knowledge(place)
    assert known.loss is not None
    with connect(place.postgres_url, place.settings.schema_name) as line:
        accepted(place, line, known, known.loss, now)
    for _ in range(3):
        ended += not asyncio.run(again(place, Ending(at=random.randint(1, 12))))
        assert examine(place) is not None
    assert ended
    done = cli(place, "restore", "reapply")
    assert done.code == 0, done.err
    lost_log.is_whole_again()
    assert len(anchors_of(place).read().restored) == 1


async def again(place: Place, ending: Ending) -> bool:
    """Whether all was done before it ended."""
    known = knowledge(place)
    try:
        async with reapplying(place, lambda _: None, reached=ending) as work:
            await work.again(known.lacking, known.told)
    except Crash:
        return False
    return True


def knowledge(place: Place) -> quarantine.Known:
    journal = Journal.opened(place.erasures, place.settings.schema_name, place.keys)
    with connect(place.postgres_url, place.settings.schema_name) as line:
        return quarantine.known(line, anchors_of(place), journal)


@pytest.mark.soak
def test_restored_a_second_time_it_forgets_a_second_time(lost_log: Lost) -> None:
    lost_log.restore("early")
    assert cli(lost_log.place, "restore", "reapply", "--accept-loss").code == 0
    restored(lost_log.place, lost_log.folder / "early")
    assert cli(lost_log.place, "restore", "status").code == 1
    done = cli(lost_log.place, "restore", "reapply", "--accept-loss")
    assert done.code == 0, done.err
    lost_log.is_whole_again()


def test_before_they_are_forgotten_again_nothing_is_revealed_and_no_receipt_is_called_whole(lost_log: Lost) -> None:
    lost_log.restore("early")
    refused = cli(lost_log.place, "history", lost_log.dora.stream, "--reveal")
    assert (refused.code, refused.out) == (1, "")
    assert "quarantine" in refused.err
    assert cli(lost_log.place, "history", lost_log.dora.stream).code == 0
    verified = cli(lost_log.place, "forget", "verify", "--all", "--json")
    assert verified.code == 1
    sentences = [each["sentence"] for each in verified.said["findings"]]
    assert all(person in each for person, each in zip(lost_log.forgotten, sentences, strict=True))


def test_keys_of_what_is_kept_as_proof_are_where_they_belong(lost_log: Lost) -> None:
    lost_log.restore("early")
    assert cli(lost_log.place, "restore", "reapply", "--accept-loss").code == 0
    proof = "SELECT count(*) > 0 FROM subject_keys WHERE subject = ANY (%s) AND purpose = 'proof'"
    assert lost_log.rows(proof, lost_log.subjects) == [(True,)]
    assert cli(lost_log.place, "restore", "status", "--json").said["keys_of_forgotten"] == 0


def test_by_a_journal_that_was_changed_nothing_is_done(lost_log: Lost) -> None:
    lost_log.restore("early")
    path = lost_log.place.erasures / f"{lost_log.place.settings.schema_name}.ndjson"
    path.write_bytes(path.read_bytes().replace(b"profile", b"profi1e", 1))
    before = lost_log.rows("SELECT position FROM head")
    refused = cli(lost_log.place, "restore", "reapply", "--accept-loss")
    assert refused.code == 65
    assert "line 1" in refused.out
    assert lost_log.rows("SELECT position FROM head") == before
    assert examine(lost_log.place) is not None


@pytest.mark.parametrize(
    "left", [0, pytest.param(1, marks=pytest.mark.soak), -1], ids=["lost", "all-but-one-cut", "one-cut"]
)
def test_by_a_journal_that_was_lost_or_cut_nothing_is_done_until_a_true_copy_is_there(
    lost_log: Lost, left: int
) -> None:
    lost_log.restore("early")
    place, path = lost_log.place, lost_log.place.erasures / f"{lost_log.log}.ndjson"
    whole, before = path.read_bytes(), lost_log.rows("SELECT position FROM head")
    path.write_bytes(b"".join(whole.splitlines(keepends=True)[:left]))
    with capture_logs() as logged:
        assert examine(place) is not None
    assert [each["about"] for each in logged if each["event"] == "erasures lost"] == [knowledge(place).unknown]
    told = cli(place, "restore", "status")
    assert told.code == 1
    assert f"erasures lost: {knowledge(place).unknown}" in told.out.splitlines()
    assert told.out.splitlines()[-1].endswith("kartoteka restore reapply --accept-loss --accept-lost-journal")
    verified = cli(place, "audit", "verify", "--json")
    assert (verified.code, verified.said["erasures"]["lost"]) == (1, knowledge(place).unknown)
    refused = cli(place, "restore", "reapply", "--accept-loss")
    assert refused.code == 1
    assert "--accept-lost-journal" in refused.err
    assert lost_log.rows("SELECT position FROM head") == before
    assert (examine(place) is None, anchors_of(place).read().restored) == (False, [])
    path.write_bytes(whole)
    done = cli(place, "restore", "reapply", "--accept-loss")
    assert done.code == 0, done.err
    lost_log.is_whole_again()


def test_all_parts_of_a_process_share_one_journal(place: Place) -> None:
    assert outside(place)[1] is outside(Place(place.settings, place.postgres_url, place.nats_url))[1]


def test_who_accepts_that_the_journal_is_lost_is_told_of_for_good(lost_log: Lost) -> None:
    lost_log.restore("early")
    place, path = lost_log.place, lost_log.place.erasures / f"{lost_log.log}.ndjson"
    lines = len(path.read_bytes().splitlines())
    path.unlink()
    assert cli(place, "restore", "reapply", "--accept-lost-journal").code == 1  # the loss is accepted by itself
    done = cli(place, "restore", "reapply", "--accept-loss", "--accept-lost-journal")
    assert (done.code, done.out.splitlines()[-1]) == (0, "0 erasures done again; the quarantine is lifted"), done.err
    verified = cli(place, "audit", "verify")
    assert verified.code == 0, verified.out
    assert f"and the journal of erasures, of {lines} lines then, were lost, as " in verified.out
    assert cli(place, "restore", "status").code == 0


def test_a_journal_that_is_lost_after_the_loss_was_accepted_is_accepted_by_itself(lost_log: Lost) -> None:
    lost_log.restore("early")
    place, known = lost_log.place, knowledge(lost_log.place)
    with connect(*where(place)) as line:
        accepted(place, line, known, known.loss, now)
    (place.erasures / f"{lost_log.log}.ndjson").unlink()
    assert cli(place, "restore", "reapply").code == 1
    assert cli(place, "restore", "reapply", "--accept-lost-journal").code == 0
    last = anchors_of(place).read().restored[-1]
    assert (last.lost, last.lost_erasures) == (None, known.told.end.lines)
    assert cli(place, "audit", "verify").code == 0


@pytest.mark.soak
def test_a_journal_that_a_service_has_noted_anew_is_not_taken_for_a_cut_one(lost_log: Lost) -> None:
    lost_log.restore("early")
    place, path = lost_log.place, lost_log.place.erasures / f"{lost_log.log}.ndjson"
    assert cli(place, "restore", "reapply", "--accept-loss").code == 0
    known = anchored_now(place)
    assert known is not None
    assert known == lost_log.journal.end
    path.unlink()
    assert examine(place) is None  # this log knows of everybody
    assert anchored_now(place) == known
    assert cli(place, "audit", "verify").code == 1

    async def noted() -> None:
        async with eraser(place):
            await until("it tells of all of them", tells)

    async def tells() -> bool:
        return {each.person for each in lost_log.journal.fenced.values()} == {*lost_log.forgotten}

    asyncio.run(noted())
    assert anchored_now(place) == lost_log.journal.end != known
    assert cli(place, "audit", "verify").code == 0
    restored(place, lost_log.folder / "early")
    done = cli(place, "restore", "reapply", "--accept-loss")
    assert done.code == 0, done.err
    lost_log.is_whole_again()


def anchored_now(place: Place) -> JournalEnd | None:
    """What is said of the journal, after somebody has anchored the log."""

    async def run() -> None:
        async with anchoring(place):
            pass

    asyncio.run(run())
    last = anchors_of(place).last()
    return last and last.erasures


@pytest.mark.soak
def test_what_was_kept_as_proof_and_is_no_more_goes_again(place: Place, tmp_path: Path) -> None:
    async def lived(clock: Clock) -> Person:
        async with opened(place, clock=clock) as office:
            life = await office.life()
            dumped(place, tmp_path / "dump")
            await office.wish(life.person)
            assert await erased(office, life.person, clock=clock)
            TestClock(*where(place)).advance(timedelta(days=PROOF_DAYS + 1))
            assert await erased(office, life.person, clock=clock, times=2)
            await tells_of_the_first_round_again(place, clock)
            anchor(place)
            return life.person

    with begun_with_test_clock(place) as clock, followed(place):
        person = asyncio.run(lived(clock))
    restored(place, tmp_path / "dump")
    told = cli(place, "restore", "status", "--json").said
    assert [each["purposes"] for each in told["lacking"]] == [["profile", "content"], ["proof"]]
    done = cli(place, "restore", "reapply", "--accept-loss")
    assert done.code == 0, done.err
    receipts = "SELECT count(*) FROM facts WHERE originator_id = %s AND topic = 'erasure.completed'"
    assert row(place, receipts, f"erasure-{person}") == (2,)
    kept = "SELECT count(*) FROM subject_keys k JOIN subject_fences f USING (subject)"
    assert row(place, kept) == (0,)
    assert cli(place, "restore", "status").code == 0


async def tells_of_the_first_round_again(place: Place, clock: Clock) -> None:
    """Where the journal was lost, and has noted the second alone since."""
    _, journal = outside(place)
    before = journal.read()
    first, second = before.fenced.values()
    journal.path.unlink()
    journal.append(second, Signer.opened(place.keys))

    async def both() -> bool:
        return journal.read().fences == before.fences

    async with eraser(place, clock=clock):
        await until("it tells of both", both)
    assert first in journal.read().fenced.values()


def test_what_rests_on_a_key_that_ended_since_is_told(servers: Running, state: Path, tmp_path: Path) -> None:
    place = new_place(servers, state, keys=tmp_path / "keys")

    async def lived() -> None:
        async with opened(place) as office:
            await office.life()
            dumped(place, tmp_path / "dump")
            await office.life()
            anchor(place)

    with followed(place):
        asyncio.run(lived())
        rotated = cli(place, "keys", "rotate", "--destroy-old", "--yes")
        assert rotated.code == 0, rotated.err
    restored(place, tmp_path / "dump")
    told = cli(place, "restore", "status")
    assert told.code == 1
    assert "inert: kek-1 was destroyed on" in told.out
    (inert,) = cli(place, "restore", "status", "--json").said["inert_keys"]
    assert inert["keys"] > 0
    refused = cli(place, "restore", "reapply", "--accept-loss")
    assert refused.code == 69
    assert "what it wrapped is inert" in refused.err
    assert examine(place) is not None


@pytest.mark.soak
def test_a_folder_of_the_database_that_was_put_back_is_found_out_by_a_service_as_well(tmp_path: Path) -> None:
    one, two, three = ('{"name": "One"}', '{"name": "Two"}', '{"name": "Three"}')
    with terminal() as desk:
        serving = desk.serve()
        assert desk.run("send", "area.open", "--data", one).code == 0
        serving.ended()
        data = (desk.state / "postgres").resolve()
        copied(data, tmp_path / "postgres")
        serving = desk.serve()
        assert desk.run("send", "area.open", "--data", two).code == 0
        serving.ended()  # and in leaving it anchors the log
        shutil.rmtree(data)
        copied(tmp_path / "postgres", data)
        serving = desk.serve()
        refused = desk.run("send", "area.open", "--data", three)
        assert (refused.code, "InQuarantine" in refused.err) == (1, True), refused.err
        done = desk.run("restore", "reapply", "--accept-loss")
        assert (done.code, done.out.splitlines()[-1]) == (0, "0 erasures done again; the quarantine is lifted")
        taken(desk, three)
        serving.ended()
        serving = desk.serve()
        assert desk.run("restore", "status").code == 0
        verified = desk.run("audit", "verify")
        assert verified.code == 0, verified.out
        serving.ended()


def copied(data: Path, to: Path) -> None:
    """With whose it is: the servers have an account of their own."""
    subprocess.run(["/bin/cp", "-a", str(data), str(to)], check=True)  # noqa: S603 - a fixed command


def taken(desk: Terminal, area: str) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while (sent := desk.run("send", "area.open", "--data", area)).code:
        assert time.monotonic() < deadline, sent.err
