"""What was said of somebody who is forgotten lies nowhere any more, opens with nothing, and others' is as it was."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import timedelta
from io import BytesIO, StringIO
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import Any

import pytest
from burglar import Burglar
from canary import Flock, further, singing, stands, unpacked
from door import new_place
from parish import ALONE, BORN, OF_WHO_LOOKED, PROOF_DAYS, Lot, Parish, parish
from postbox import Postbox, open_for_mail, with_mail
from structlog.testing import capture_logs
from terminal import Terminal

from adapters import embedded
from adapters.archive.person import write_copy
from adapters.clock import Clock
from adapters.columnar import parquet
from adapters.composition import Place, begun_with_test_clock, now
from adapters.composition.exporting import Order
from adapters.composition.exporting import exported as analysed
from adapters.composition.watching import watching
from adapters.contacts.company import Desk
from adapters.contacts.export import exported
from adapters.contacts.table import write_table
from adapters.credentials.caller import Caller
from adapters.embedded import Running
from adapters.key_file import KeyFile
from adapters.keyed_word import KeyedWords
from adapters.postgres.clock import TestClock
from adapters.postgres.dead_letters import Cause, DeadLetters, Failed
from adapters.postgres.views.replay import Compared, Replay, replay
from adapters.sealing import is_envelope
from adapters.telemetry.requests import HttpRequests
from commands.reckonings.catalogue import RECKONINGS
from commands.work.notice import WriteNotice
from domain.clients import spelling
from domain.fact import Event, personal_fields
from domain.personal import Purpose
from domain.service.level import Recipient
from domain.service.target import Target
from domain.staff.worker import TIMER
from domain.work.channel import Channel
from domain.work.notice import Occasion
from projections.catalogue import QUESTIONS, READ_MODELS
from projections.looking import Aim

pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")

AS_IN_PRODUCTION = {"synchronous_commit": "on", "full_page_writes": "on", "wal_keep_size": "1GB"}
"""And nothing of the write-ahead log is taken away before we have looked."""

CALLERS = {"desk": Caller("desk", ("*",)), "shop": Caller("shop", ("anna", "boris"))}
SUPPOSING = {"effect", "what-if", "what-if-staffing"}
"""What is to be supposed, no schema can say; they open no more than the others."""

WRAPPED = "SELECT wrapped FROM subject_keys WHERE subject = ANY (%s) ORDER BY subject, purpose"
KEPT = "SELECT DISTINCT purpose FROM subject_keys WHERE subject = ANY (%s)"
DELIVERED = "SELECT count(*) FROM facts WHERE topic = 'notice.delivered'"
LETTERS = "SELECT DISTINCT stream FROM dead_letters"
FACTS = "SELECT topic, convert_from(state, 'UTF8') FROM facts WHERE notification_id > %s"
RECEIPTS = "SELECT count(*) FROM facts WHERE topic = 'receipt.issued'"
FIRST = "SELECT min(notification_id) FROM facts WHERE originator_id = %s"

SHOWN = ("addresses", "contacts", "contact_contracts", "memberships", "orders", "ticket_links", "tickets", "workers")
"""Views for analysts with rows about those who go."""

MOMENTS = ("before", "forgotten", "rotated", "lapsed")
AFTER = MOMENTS[1:]
SUNDAY = 6


@dataclass
class Look:
    """What a burglar finds at a moment: which of the words can be read, by the keys on record and by everything."""

    clear: dict[str, bool] = field(default_factory=dict)
    on_record: dict[str, dict[str, set[str]]] = field(default_factory=dict)
    with_everything: dict[str, dict[str, set[str]]] = field(default_factory=dict)
    lying: set[bytes] = field(default_factory=set)
    """Of the wrapped keys that there were of those who go, before they went, those whose bytes lie there yet."""
    opening: set[bytes] = field(default_factory=set)
    """All wrapped keys that some key-encryption key opens."""
    found_by: dict[str, bool] = field(default_factory=dict)
    """Whether a token lies there by which they are found, made with a secret that is left."""
    told: dict[str, set[str]] = field(default_factory=dict)
    """For what purposes something of theirs stands in read models, sealed as it may be."""
    first_key: bool = False
    """Whether the first key-encryption key lies anywhere."""


@dataclass
class Story:
    """Those who go were forgotten, the key-encryption key was changed, and what was kept as proof went as well."""

    here: Parish
    place: Place
    clock: TestClock
    postbox: Postbox
    logged: list[Any]
    keys: list[bytes] = field(default_factory=list)
    """Of those who go, as they were wrapped before."""
    first_key: bytes = b""
    looks: dict[str, Look] = field(default_factory=dict)
    answers: dict[str, dict[str, dict[str, list[Any]]]] = field(default_factory=dict)
    """By the moment, by who was asked about, and by the question."""
    sealed: dict[str, set[tuple[str, str]]] = field(default_factory=dict)
    taken_out: dict[str, bytes] = field(default_factory=dict)
    shown: dict[str, list[Any]] = field(default_factory=dict)
    """To analysts, by the moment."""
    replayed: dict[str, Replay] = field(default_factory=dict)
    letters: dict[str, set[str]] = field(default_factory=dict)
    left: dict[str, set[str]] = field(default_factory=dict)
    later: Flock = field(default_factory=lambda: Flock(labels=False))
    said_later: dict[str, tuple[int, str]] = field(default_factory=dict)
    sealed_later: set[tuple[str, str]] = field(default_factory=set)
    receipts: dict[str, int] = field(default_factory=dict)

    @property
    def lots(self) -> dict[str, Lot]:
        return {"going": self.here.going, "staying": self.here.staying}

    @property
    def url(self) -> tuple[str, str]:
        return self.place.postgres_url, self.place.settings.schema_name

    def look(self, moment: str) -> None:
        self.rows("CHECKPOINT")
        statistics = [self.here.here.run(self.here.here.operator.discovered(verb)) for verb in ("STATS", "INFO")]
        metrics = self.here.here.run(self._metrics())
        burglar = Burglar.broken_in(self.place, repr(self.logged), json.dumps(statistics), metrics)
        keys, look = burglar.keys(), Look()
        recorded = {bytes(each) for (each,) in self.rows("SELECT wrapped FROM subject_keys")}
        for name, flock in [*((name, lot.flock) for name, lot in self.lots.items()), ("later", self.later)]:
            look.clear[name] = stands(flock.word, *burglar.contents)
            look.on_record[name] = burglar.read((key for key in keys if key.wrapped in recorded), flock.word)
            look.with_everything[name] = burglar.read(keys, flock.word)
        look.lying = {each for each in self.keys if any(each in content for content in burglar.contents)}
        look.opening = {key.wrapped for key in keys}
        look.first_key = any(self.first_key in content for content in burglar.contents)
        for name, lot in self.lots.items():
            look.told[name] = {purpose for subject, purpose in burglar.told if subject in lot.subjects}
            tokens = [*self._tokens(lot)]
            look.found_by[name] = any(token in content for token in tokens for content in burglar.contents)
        self.looks[moment] = look

    async def _metrics(self) -> str:
        async with watching(self.place, self.here.here.service, HttpRequests()) as metrics:
            return (await metrics.text()).decode()

    def _tokens(self, lot: Lot) -> Iterator[bytes]:
        """By every secret that is left, of the longest piece of their words by which people are found."""
        keys, piece = KeyFile(self.place.keys), max(spelling.pieces_of_text(lot.flock.word), key=len)
        alive = [each.number for each in keys.epochs.values() if each.destroyed_at is None]
        yield from (KeyedWords(keys, epoch)(piece).encode() for epoch in (None, *alive))

    def ask(self, moment: str) -> None:
        self.answers[moment] = {name: self.here.answers(lot) for name, lot in self.lots.items()}

    def take_out(self, moment: str) -> None:
        """A copy of everything about each person who goes, all contacts, and what analysts see, as they leave us.

        The analysts' files lie among ours, where the burglar finds them as well.
        """
        officer, table = self.here.here.world.worker, StringIO()
        self.shown[moment] = self._shown(officer)
        write_table(table, self.here.here.run(self._exported(officer)))
        self.taken_out[f"export {moment}"] = table.getvalue().encode()
        for person in self.here.going.people:
            target = BytesIO()
            told = write_copy(
                self.here.operator, person, target, BytesIO(), officer=officer, purpose=Aim.ACCESS, min_position=None
            )
            self.here.here.run(told)
            self.taken_out[f"{person.partition(':')[0]} {moment}"] = target.getvalue()

    def _shown(self, analyst: str) -> list[Any]:
        """Every row of the views about contacts and tickets, with what was there in the run before."""
        folder = self.place.settings.state / "analysts"
        taken = analysed(self.place, Order(analyst, folder, Aim.EXPORT, SHOWN))
        return [row for each in taken.files for row in parquet.read(folder / each.path).to_pylist()]

    async def _exported(self, officer: str) -> list[Any]:
        return [row async for row in exported(Desk(self.here.operator, officer), None)]

    def replay(self, moment: str, until: int | None = None) -> None:
        models = [*READ_MODELS.values()]
        self.replayed[moment] = replay(*self.url, models, KeyFile(self.place.keys), until)

    def note(self, moment: str) -> None:
        """What is on record of them."""
        self.letters[moment] = {stream for (stream,) in self.rows(LETTERS)}
        self.left[moment] = {purpose for (purpose,) in self.rows(KEPT, list(self.here.going.subjects))}
        self.receipts[moment] = self.here.value(RECEIPTS)

    def envelopes(self, lot: Lot, after: int = 0) -> set[tuple[str, str]]:
        """In which fields of which facts something of theirs is sealed."""
        return {
            (topic, name)
            for topic, state in self.rows(FACTS, after)
            for name, value in json.loads(state).items()
            if is_envelope(value) and value["subject"] in lot.subjects
        }

    def rows(self, query: str, *given: Any) -> list[tuple[Any, ...]]:
        found = self.here.here.database.execute(query.encode(), given)
        return found.fetchall() if found.description else []


@contextmanager
def servers() -> Iterator[tuple[Running, Path]]:
    """Of the story's own, so that nobody else writes over what lies on their disks."""
    folder = Path(mkdtemp(prefix="kartoteka-test-"))
    folder.chmod(0o711)
    try:
        with embedded.running(folder, fsync=False, postgres_settings=AS_IN_PRODUCTION, callers=CALLERS) as running:
            yield running, folder
    finally:
        embedded.erase(folder)
        rmtree(folder, ignore_errors=True)


def on_a_sunday(clock: Clock) -> TestClock:
    """The office is closed: nobody's promises come nearer to their end while we look."""
    assert isinstance(clock, TestClock)
    days = (SUNDAY - clock().weekday()) % 7
    if days:
        clock.advance(timedelta(days=days))
    return clock


@pytest.fixture(scope="module")
def story() -> Iterator[Story]:
    with (
        servers() as (running, state),
        capture_logs() as logged,
        open_for_mail(Postbox()) as postbox,
        begun_with_test_clock(place := new_place(running, state)) as begun,
        nullcontext(on_a_sunday(begun)) as clock,
        parish(place, with_mail(place, postbox.port), clock) as here,
    ):
        story = Story(here, place, clock, postbox, logged)
        tell(story)
        yield story


def tell(story: Story) -> None:
    here = story.here
    story.first_key = (story.place.keys / "kek-1").read_bytes().strip()
    something_is_mailed_and_something_fails(story)
    here.make_ready()
    story.sealed = {name: story.envelopes(lot) for name, lot in story.lots.items()}
    story.keys = [bytes(each) for (each,) in story.rows(WRAPPED, list(here.going.subjects))]
    story.take_out("before")
    moment(story, "before")
    story.replay("before")
    here.forget()
    moment(story, "forgotten")
    story.replay("as before", story.replayed["before"].until)
    story.replay("forgotten")
    story.take_out("after")
    rotate(story)
    moment(story, "rotated")
    all_is_said_again(story)
    story.clock.advance(timedelta(days=PROOF_DAYS, hours=1))
    here.until_forgotten(here.going.written_to, times=2)
    rotate(story)
    moment(story, "lapsed")


def something_is_mailed_and_something_fails(story: Story) -> None:
    """Each worker gets a letter about their ticket, and each ticket's first fact was too much for a handler."""
    here, letters = story.here, DeadLetters(*story.url)
    for lot in story.lots.values():
        here.send(news_of(lot))
        position = here.value(FIRST, f"ticket-{lot.here.world.ticket}")
        here.here.run(letters.keep(Failed("routing", position, Cause("TooMuch", "It was too much."), 1)))
    here.until("the letters are out", lambda: here.value(DELIVERED) == len(story.postbox.taken) == len(story.lots))


def news_of(lot: Lot) -> WriteNotice:
    return WriteNotice(
        recipient=lot.worker,
        ticket=lot.here.world.ticket,
        occasion=Occasion.ESCALATED,
        doer=TIMER,
        channels=(Channel.EMAIL,),
        roles=(Recipient("assignee"),),
        target=Target.FIRST_RESPONSE,
        percent=75,
        due=now(),
    )


def rotate(story: Story) -> None:
    words = ("keys", "rotate", "--destroy-old", "--yes")
    command = Terminal(story.place.settings.state).run(*words, KARTOTEKA_SCHEMA=story.place.settings.schema_name)
    assert command.code == 0, command.err


def all_is_said_again(story: Story) -> None:
    """About those who are forgotten by now, with other words."""
    lot, before = story.here.going, story.here.value("SELECT position FROM head")
    world = lot.here.world
    for whose, ticket in (("contact", world.ticket), ("late", lot.late), ("lone", lot.lone)):
        here = replace(lot.here, world=replace(world, ticket=ticket))
        for topic in (topic for topic in here.schemas if topic not in BORN):
            for given in ({}, *further(topic)):
                request, sings = singing(here, topic, story.later.of(whose).on(topic), given)
                if sings:
                    answer = here.ask(topic, request)
                    story.said_later[f"{whose}: {topic} {given}"] = answer.status, answer.code
    story.sealed_later = story.envelopes(lot, after=before)


def moment(story: Story, name: str) -> None:
    story.ask(name)
    story.note(name)
    story.look(name)


def marked() -> set[tuple[str, str]]:
    return {(topic, name) for topic, event in Event.by_topic.items() for name in personal_fields(event)}


def proof(story: Story) -> set[str]:
    """Those of their words that were sent to them."""
    known = story.looks["before"].on_record["going"]
    return {word for word, purposes in known.items() if Purpose.PROOF in purposes}


def heard(story: Story, moment: str) -> set[str]:
    """The words of those who go that stand in an answer about them."""
    return story.here.going.flock.heard(json.dumps([*story.answers[moment]["going"].values()]))


def test_every_personal_field_of_every_fact_was_said_of_both(story: Story) -> None:
    assert marked()
    assert story.sealed == {"going": marked(), "staying": marked()}


def test_every_question_that_could_tell_something_was_asked_of_both(story: Story) -> None:
    for answers in story.answers["before"].values():
        told = {about.partition(" ")[0] for about, rows in answers.items() if not any(isinstance(r, str) for r in rows)}
        assert told == {*QUESTIONS, *RECKONINGS} - SUPPOSING


def test_before_it_everything_is_found(story: Story) -> None:
    look, lots = story.looks["before"], story.lots
    for name, lot in lots.items():
        assert lot.flock.taken
        assert set(look.on_record[name]) == set(look.with_everything[name]) == lot.flock.taken
    assert heard(story, "before") >= lots["going"].flock.taken - files_of(lots["going"])
    assert proof(story)
    assert look.lying == look.opening & set(story.keys) == set(story.keys)
    assert look.found_by == {"going": True, "staying": True}
    assert look.first_key
    for name in ("export", "contact", "worker", "ticket"):
        assert stands(lots["going"].flock.word, story.taken_out[f"{name} before"])
    assert {str(letter["To"]).partition("@")[0] for letter in story.postbox.taken} <= {
        word for lot in lots.values() for word in lot.flock.taken
    }


def files_of(lot: Lot) -> set[str]:
    """Words that are the contents of files."""
    return {word for place, word in lot.flock.words.items() if place.endswith("content")}


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("whose", ["going", "staying"])
def test_no_word_lies_anywhere_in_clear(story: Story, moment: str, whose: str) -> None:
    assert not story.looks[moment].clear[whose]


def test_with_the_keys_on_record_nothing_opens_but_what_was_sent(story: Story) -> None:
    for moment, left in (("forgotten", proof(story)), ("rotated", proof(story)), ("lapsed", set[str]())):
        assert set(story.looks[moment].on_record["going"]) == left
    assert [story.left[moment] for moment in MOMENTS] == [{*Purpose}, {Purpose.PROOF}, {Purpose.PROOF}, set()]


def test_read_models_have_nothing_of_them_not_even_sealed(story: Story) -> None:
    told = [story.looks[moment].told for moment in MOMENTS]
    assert [each["staying"] for each in told] == [told[0]["going"]] * len(MOMENTS)
    assert told[0]["going"] >= {Purpose.PROFILE, Purpose.CONTENT}
    assert all(each["going"] <= {Purpose.PROOF} for each in told[1:])
    assert told[-1]["going"] == set()


def test_until_the_key_of_keys_is_changed_old_bytes_of_the_database_open_all_but_files(story: Story) -> None:
    look, lot = story.looks["forgotten"], story.here.going
    assert set(look.with_everything["going"]) == lot.flock.taken - files_of(lot)
    assert look.lying == look.opening & set(story.keys) == set(story.keys)


@pytest.mark.parametrize("moment", ["rotated", "lapsed"])
def test_then_they_lie_there_still_and_nothing_that_is_left_opens_them(story: Story, moment: str) -> None:
    look = story.looks[moment]
    assert look.lying == set(story.keys)
    assert not look.opening & set(story.keys)
    assert set(look.with_everything["going"]) == (proof(story) if moment == "rotated" else set())
    assert look.found_by == {"going": False, "staying": True}
    assert not look.first_key


def test_what_was_sent_is_told_until_its_time_is_over(story: Story) -> None:
    assert [heard(story, moment) for moment in AFTER] == [proof(story), proof(story), set()]
    assert [story.receipts[moment] for moment in MOMENTS] == [0, 3, 3, 5]


def test_a_copy_and_an_export_have_nothing_more_of_them(story: Story) -> None:
    flock = story.here.going.flock
    assert not stands(flock.word, story.taken_out["export after"])
    for name in ("contact", "worker", "ticket"):
        told = "".join(each.decode("latin-1") for each in unpacked(story.taken_out[f"{name} after"]))
        assert flock.heard(told) <= proof(story)


@pytest.mark.parametrize("moment", ["before", "after"])
def test_analysts_are_shown_them_by_their_ids_alone(story: Story, moment: str) -> None:
    told = json.dumps(story.shown[moment], default=str)
    for lot in story.lots.values():
        assert all(f'"{id}"' in told for id in (lot.contact, lot.worker, lot.here.world.ticket))
        assert lot.flock.heard(told) == set()
    assert "sealed" not in told


@pytest.mark.parametrize("moment", AFTER)
def test_all_of_others_opens_as_before(story: Story, moment: str) -> None:
    before, look = story.looks["before"], story.looks[moment]
    swept = unattached(story.here.staying) if moment == "lapsed" else set()
    expected = {word: how for word, how in before.on_record["staying"].items() if word not in swept}
    for found in (look.on_record, look.with_everything):
        assert found["staying"] == expected


def unattached(lot: Lot) -> set[str]:
    """What is in files that nobody attached in time."""
    return {word for place, word in lot.flock.words.items() if place.startswith(ALONE)}


@pytest.mark.parametrize("moment", ["forgotten", "rotated"])
def test_questions_about_others_are_answered_row_by_row_as_before(story: Story, moment: str) -> None:
    before, after = (others(story, each) for each in ("before", moment))
    assert before.keys() == after.keys()
    assert {about: rows for about, rows in after.items() if rows != before[about]} == {}
    assert sum(map(len, after.values())) > len(after)


def others(story: Story, moment: str) -> dict[str, list[Any]]:
    """Their answers without the rows that are about those who go, and without who looked."""
    gone = story.here.going.ids
    return {
        about: [row for row in rows if not any(id in json.dumps(row) for id in gone)]
        for about, rows in story.answers[moment]["staying"].items()
        if about.partition(" ")[0] not in OF_WHO_LOOKED
    }


def test_a_letter_of_what_failed_about_them_is_gone_and_others_are_there(story: Story) -> None:
    streams = {name: f"ticket-{lot.here.world.ticket}" for name, lot in story.lots.items()}
    assert story.letters["before"] == set(streams.values())
    assert story.letters["forgotten"] == {streams["staying"]}


def test_told_again_from_the_log_everything_is_as_it_is_served(story: Story) -> None:
    told = story.replayed["forgotten"]
    assert told.findings == []
    assert {model.served for model in told.models} == {Compared.SAME, Compared.PERSONAL}


def test_told_again_up_to_then_all_that_is_not_personal_is_as_it_was(story: Story) -> None:
    assert story.replayed["as before"].findings == []
    assert [*story.replayed["as before"].held_against(story.replayed["before"])] == []


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_search_finds_others_and_not_them(story: Story, moment: str) -> None:
    for name, lot in story.lots.items():
        (rows,) = (r for about, r in story.answers[moment][name].items() if about.startswith("contact-search "))
        gone = name == "going" and moment != "before"
        assert [row["contact"] for row in rows] == ([] if gone else [lot.contact])


def test_nothing_is_said_of_them_any_more_and_no_key_is_made_again(story: Story) -> None:
    assert {status for status, _ in story.said_later.values()} <= {410, 422}
    assert {code for status, code in story.said_later.values() if status == 410} == {
        *("ContactIsForgotten", "SenderIsForgotten", "SubjectFenced")
    }
    assert story.sealed_later == set()
    assert story.looks["lapsed"].with_everything["later"] == {}
    assert not story.looks["lapsed"].clear["later"]
