"""A key-encryption key ends at its date: all that counts opens after it, and nothing that was kept from before."""

from __future__ import annotations

import asyncio
import json
import os
from base64 import b64decode
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from psycopg import AsyncConnection, Connection
from psycopg.errors import SerializationFailure
from terminal import Terminal, terminal

from adapters.clock import MovedClock, now
from adapters.composition import Place
from adapters.key_encryption import EndUnknown, Epoch, EpochInUse, KeyEncryption, KeyUnavailable, Lifetimes
from adapters.key_file import KeyFile
from adapters.keyed_word import KeyedWords
from adapters.postgres.keys import MAKE, opened_keys, opener_of, wrapping
from adapters.postgres.rewrapping import StillWrapped, destroy, keep_rotating, rewrap, rotating, turn, unheard
from adapters.postgres.schema import connect, migrate
from adapters.sealing import DataKey, KeyName, seal
from domain.clients.contact import ContactKind, ContactOpened
from domain.values import DirectoryId, SubjectId

AT = datetime(2030, 1, 1, tzinfo=timezone.utc)
LIFETIMES = Lifetimes(30, 10)
STREAM = "contact-a"
SAID = ("contact.opened", STREAM, 1)
PEOPLE = 23
DELETE = "DELETE FROM subject_keys WHERE subject = %s"


def first(folder: Path) -> KeyFile:
    return KeyFile.opened(folder, first_start=True)


def test_what_is_derived_is_what_it_always_was_also_when_the_first_key_is_gone(tmp_path: Path) -> None:
    keys = first(tmp_path)
    kek = b64decode((tmp_path / "kek-1").read_text())
    before = HKDF(SHA256(), 32, salt=None, info=b"kartoteka:position").derive(kek)
    assert keys.derive("position") == before
    keys.rotate(AT)
    assert (keys.derive("position"), KeyFile(tmp_path).derive("position")) == (before, before)
    keys.destroy(1, AT)
    assert (keys.derive("position"), KeyFile(tmp_path).derive("position")) == (before, before)


def test_a_folder_from_before_gets_its_root_and_keeps_the_date_of_its_key(tmp_path: Path) -> None:
    first(tmp_path)
    for name in ("root", "epochs"):
        (tmp_path / name).unlink()
    os.utime(tmp_path / "kek-1", (1_700_000_000, 1_700_000_000))
    made = KeyFile.opened(tmp_path, first_start=False).epochs[1].made_at
    os.utime(tmp_path / "kek-1")
    assert KeyFile.opened(tmp_path, first_start=False).epochs[1].made_at == made
    assert made == datetime.fromtimestamp(1_700_000_000, timezone.utc)
    assert (tmp_path / "root").exists()


def test_what_ends_with_an_epoch_does_not_follow_from_the_root(tmp_path: Path) -> None:
    keys = first(tmp_path)
    secret = keys.secret(1, "search")
    assert secret != keys.derive("search")
    assert secret == KeyFile(tmp_path).secret(1, "search")
    keys.rotate(AT)
    assert keys.secret(2, "search") != secret
    keys.destroy(1, AT)
    with pytest.raises(KeyUnavailable, match="kek-1 was destroyed on 2030-01-01"):
        keys.secret(1, "search")


def test_what_was_wrapped_with_a_destroyed_key_is_inert_and_the_date_is_told(tmp_path: Path) -> None:
    keys = first(tmp_path)
    wrapped = keys.wrap(b"k" * 32, b"a")
    keys.rotate(AT)
    keys.destroy(1, AT + timedelta(days=40))
    assert not (tmp_path / "kek-1").exists()
    for each in (keys, KeyFile(tmp_path), KeyFile.opened(tmp_path, first_start=False)):
        with pytest.raises(KeyUnavailable, match="kek-1 was destroyed on 2030-02-10; what it wrapped is inert"):
            each.unwrap(1, wrapped, b"a")


def test_to_destroy_a_key_twice_leaves_what_once_left(tmp_path: Path) -> None:
    keys = first(tmp_path)
    keys.rotate(AT)
    for day in (1, 2):
        keys.destroy(1, AT + timedelta(days=day))
    assert KeyFile(tmp_path).epochs[1].destroyed_at == AT + timedelta(days=1)


def test_a_key_in_use_is_not_destroyed(tmp_path: Path) -> None:
    keys = first(tmp_path)
    wrapped = keys.wrap(b"k" * 32, b"a")
    with pytest.raises(EpochInUse):
        keys.destroy(1, AT)
    assert KeyFile(tmp_path).unwrap(1, wrapped, b"a") == b"k" * 32


def test_a_key_that_comes_back_after_it_was_noted_as_destroyed_goes_at_the_next_start(tmp_path: Path) -> None:
    kek = tmp_path / "kek-1"
    keys = first(tmp_path)
    kept = kek.read_text()
    keys.rotate(AT)
    keys.destroy(1, AT)
    kek.write_text(kept)
    again = KeyFile.opened(tmp_path, first_start=False)
    assert not kek.exists()
    with pytest.raises(KeyUnavailable, match="was destroyed"):
        again.secret(1, "search")


def test_two_processes_that_rotate_at_once_make_one_epoch(tmp_path: Path) -> None:
    first(tmp_path)
    for before in range(1, 6):
        processes = [KeyFile(tmp_path) for _ in range(8)]
        with ThreadPoolExecutor(8) as at_once:
            assert set(at_once.map(lambda keys: keys.rotate(AT), processes)) == {before + 1}
    assert list(KeyFile(tmp_path).epochs) == [1, 2, 3, 4, 5, 6]


def test_a_process_that_runs_opens_with_a_key_that_another_made_after_it_started(tmp_path: Path) -> None:
    running, other = first(tmp_path), KeyFile(tmp_path)
    other.rotate(AT)
    wrapped = other.wrap(b"k" * 32, b"a")
    assert running.unwrap(2, wrapped, b"a") == b"k" * 32
    assert running.epoch == 1, "it wraps as before until it is told to look"
    assert list(running.epochs) == [1, 2]
    running.look()
    assert running.epoch == 2


def test_a_process_that_runs_has_a_key_no_longer_that_another_destroyed(tmp_path: Path) -> None:
    running, other = first(tmp_path), KeyFile(tmp_path)
    wrapped = running.wrap(b"k" * 32, b"a")
    other.rotate(AT)
    other.destroy(1, AT)
    with pytest.raises(KeyUnavailable, match="was destroyed"):
        running.unwrap(1, wrapped, b"a")


def test_without_its_root_or_with_another_nothing_is_derived(tmp_path: Path) -> None:
    keys = first(tmp_path / "ours")
    first(tmp_path / "other")
    root = tmp_path / "ours" / "root"
    root.write_text((tmp_path / "other" / "root").read_text())
    with pytest.raises(KeyUnavailable, match="was not made of kek-1"):
        KeyFile(tmp_path / "ours")
    keys.rotate(AT)
    keys.destroy(1, AT)
    root.unlink()
    with pytest.raises(KeyUnavailable, match="which it was made of, is gone"):
        KeyFile(tmp_path / "ours")


def test_the_dates_follow_from_the_lifetimes_and_from_what_was_done_earlier(tmp_path: Path) -> None:
    keys = first(tmp_path)
    made, day = keys.epochs[1].made_at, timedelta(days=1)
    assert LIFETIMES.rotates_at(keys.epochs, 1) == made + 30 * day
    assert LIFETIMES.inert_at(keys.epochs, 1, made) == made + 40 * day
    keys.rotate(made + 5 * day)
    assert LIFETIMES.inert_at(keys.epochs, 1, made) == made + 15 * day
    assert LIFETIMES.inert_at(keys.epochs, 1, made + 99 * day) == made + 99 * day, "overdue, and never said to be over"
    keys.destroy(1, made + 16 * day)
    assert LIFETIMES.inert_at(keys.epochs, 1, made + 99 * day) == made + 16 * day


def after(days: float) -> datetime:
    return AT + timedelta(days=days)


def test_an_epoch_ends_as_was_planned_however_late_it_gave_way() -> None:
    promised = LIFETIMES.inert_at({1: Epoch(1, AT)}, 1, after(5))
    late = {1: Epoch(1, AT), 2: Epoch(2, after(38))}
    assert promised == LIFETIMES.ends_at(late, 1) == after(40)
    assert LIFETIMES.ends_at({1: Epoch(1, AT), 2: Epoch(2, after(99))}, 1) == after(40)


def test_a_date_that_was_promised_holds_whatever_is_set_later(tmp_path: Path) -> None:
    keys = first(tmp_path)
    made, day = keys.epochs[1].made_at, timedelta(days=1)
    assert LIFETIMES.promised(keys, 1, made) == made + 40 * day
    for other in (Lifetimes(300, 10), Lifetimes(30, 100), Lifetimes(300, 100)):
        again = KeyFile(tmp_path)
        assert other.ends_at(again.epochs, 1) == made + 40 * day
        assert other.rotates_at(again.epochs, 1) <= made + 30 * day, "or it would be in use when it is to end"
    shorter = Lifetimes(10, 5)
    assert shorter.promised(keys, 1, made) == made + 15 * day
    assert LIFETIMES.ends_at(KeyFile(tmp_path).epochs, 1) == made + 15 * day


def test_what_was_promised_of_an_epoch_holds_for_those_before_it(tmp_path: Path) -> None:
    keys = first(tmp_path)
    made, day = keys.epochs[1].made_at, timedelta(days=1)
    keys.rotate(made + day)
    Lifetimes(2, 3).promised(keys, 2, made + day)
    assert Lifetimes(300, 100).ends_at(keys.epochs, 1) == made + 6 * day


def test_of_an_epoch_that_never_was_nobody_says_when_it_ends(tmp_path: Path) -> None:
    keys = first(tmp_path)
    for asked in (lambda: LIFETIMES.inert_at(keys.epochs, 7, AT), lambda: LIFETIMES.promised(keys, 7, AT)):
        with pytest.raises(EndUnknown, match="there never was a kek-7"):
            asked()


def said_by(name: KeyName) -> ContactOpened:
    """A fact in which this person's subject stands, and sealed."""
    return ContactOpened(
        subject=SubjectId(name.subject), directory=DirectoryId("d"), kind=ContactKind.PERSON, name=name.subject
    )


class Wrapped:
    """A log with keys of so many people, each of whom has said something."""

    def __init__(self, place: Place, folder: Path) -> None:
        self.url, self.schema, self.folder = place.postgres_url, place.settings.schema_name, folder
        migrate(self.url, self.schema)
        self.keys = opened_keys(self.url, self.schema, folder)
        self.line: Connection[Any] = connect(self.url, self.schema)
        self.names = [KeyName(f"person-{n:02}", "profile") for n in range(PEOPLE)]
        self.sealed = self.make(self.keys, self.names)

    def make(self, keys: KeyEncryption, names: list[KeyName]) -> dict[KeyName, dict[str, Any]]:
        plain = {name: os.urandom(32) for name in names}
        self.line.execute(MAKE, wrapping(keys, plain))
        data = {name: DataKey(1, AESGCM(key)) for name, key in plain.items()}
        return {name: json.loads(seal(said_by(name), STREAM, 1, data))["name"] for name in names}

    def opened(self, keys: KeyEncryption | None = None) -> list[str]:
        """What each said, by a process that has just started."""
        keys = keys or opened_keys(self.url, self.schema, self.folder)
        opener = opener_of(self.line, keys, self.names)
        return [opener(self.sealed[name], SAID, "name") for name in self.names]

    def run(self, done: Callable[[AsyncConnection[Any]], Coroutine[Any, Any, Any]]) -> Any:
        async def alone() -> Any:
            async with rotating(self.url, self.schema) as connection:
                return await done(connection)

        return asyncio.run(alone())

    def rewrap(self, told: Callable[[int], None] = unheard) -> int:
        done: int = self.run(lambda line: rewrap(line, self.keys, told, page=5))
        return done

    def destroy(self, epoch: int) -> None:
        self.run(lambda line: destroy(line, self.keys, epoch, AT))

    def turn(self, at: datetime) -> None:
        self.run(lambda line: turn(line, self.keys, LIFETIMES, at))

    def epochs(self) -> set[int]:
        return {epoch for (epoch,) in self.line.execute("SELECT kek_epoch FROM subject_keys").fetchall()}


@pytest.fixture
def log(place: Place, tmp_path: Path) -> Iterator[Wrapped]:
    log = Wrapped(place, tmp_path)
    yield log
    log.line.close()


def test_everything_opens_after_rotation_and_after_the_old_key_is_gone(log: Wrapped) -> None:
    said = [name.subject for name in log.names]
    log.keys.rotate(AT)
    assert log.opened() == said
    assert log.rewrap() == PEOPLE
    assert log.opened() == said
    log.destroy(1)
    assert (log.opened(), log.epochs()) == (said, {2})


def test_rewrapping_that_was_killed_goes_on_where_it_was(log: Wrapped) -> None:
    log.keys.rotate(AT)

    def killed(done: int) -> None:
        if done == 10:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        log.rewrap(killed)
    assert log.epochs() == {1, 2}
    with pytest.raises(StillWrapped):
        log.destroy(1)
    assert log.opened() == [name.subject for name in log.names]
    assert log.rewrap() == PEOPLE - 10
    assert (log.epochs(), log.rewrap()) == ({2}, 0)


def test_a_key_that_is_destroyed_while_all_are_wrapped_again_does_not_come_back(log: Wrapped) -> None:
    gone = {log.names[n].subject for n in (2, 8, 14)}
    log.keys.rotate(AT)
    with connect(log.url, log.schema) as at_once, connect(log.url, log.schema) as slowly:

        def meanwhile(done: int) -> None:
            if done == 5:
                at_once.execute(DELETE, (log.names[2].subject,))
                at_once.execute(DELETE, (log.names[8].subject,))
                slowly.execute("BEGIN")
                slowly.execute(DELETE, (log.names[14].subject,))
            if done == PEOPLE - 2:
                slowly.execute("COMMIT")

        log.rewrap(meanwhile)
    left = {subject for (subject,) in log.line.execute("SELECT subject FROM subject_keys").fetchall()}
    assert left == {name.subject for name in log.names} - gone
    assert log.epochs() == {2}


def test_a_destruction_that_was_taken_back_leaves_a_key_that_is_wrapped_again(log: Wrapped) -> None:
    log.keys.rotate(AT)
    with connect(log.url, log.schema) as forgetting:

        def meanwhile(done: int) -> None:
            if done == 5:
                forgetting.execute("BEGIN")
                forgetting.execute(DELETE, (log.names[14].subject,))
            if done == PEOPLE - 1:
                forgetting.execute("ROLLBACK")

        log.rewrap(meanwhile)
    assert (log.epochs(), len(log.opened())) == ({2}, PEOPLE)


def test_a_dump_from_before_does_not_open_once_the_old_key_is_gone(log: Wrapped) -> None:
    log.line.execute("CREATE TABLE dump AS TABLE subject_keys")
    log.keys.rotate(AT)
    log.rewrap()
    log.destroy(1)
    log.line.execute("DELETE FROM subject_keys")
    log.line.execute("UPDATE key_rotation SET least = 0, rewrapped = 0")
    log.line.execute("INSERT INTO subject_keys SELECT * FROM dump")
    with pytest.raises(KeyUnavailable, match="kek-1 was destroyed on 2030-01-01; what it wrapped is inert"):
        log.opened(log.keys)
    with pytest.raises(KeyUnavailable, match="kek-1 was destroyed on 2030-01-01; what it wrapped is inert"):
        opened_keys(log.url, log.schema, log.folder)


def test_a_key_is_not_destroyed_while_a_read_model_is_searched_with_its_secret(log: Wrapped) -> None:
    insert = "INSERT INTO read_models (name, version, fingerprint, state, tables, kek_epoch) VALUES "
    log.line.execute(insert + "('contact_search', 1, '', 'active', '{}', 1)")
    log.keys.rotate(AT)
    log.rewrap()
    with pytest.raises(StillWrapped, match="contact_search 1 is searched with a secret of kek-1"):
        log.destroy(1)
    log.line.execute("UPDATE read_models SET state = 'retired'")
    log.destroy(1)
    with pytest.raises(SerializationFailure):
        log.line.execute(insert + "('contact_search', 2, '', 'booting', '{}', 1)")


def test_a_key_is_not_destroyed_while_another_log_goes_by_it(log: Wrapped) -> None:
    other = f"{log.schema}_other"
    migrate(log.url, other)
    keys = opened_keys(log.url, other, log.folder)
    with connect(log.url, other) as line:
        line.execute(MAKE, wrapping(keys, {log.names[0]: b"k" * 32}))
    log.keys.rotate(AT)
    log.rewrap()
    with pytest.raises(StillWrapped, match=f"{other} has keys wrapped with the same kek-1"):
        log.destroy(1)
    assert (log.folder / "kek-1").exists()


def test_a_process_that_has_not_noticed_makes_no_key_with_one_on_its_way_out(log: Wrapped) -> None:
    late, name = KeyFile(log.folder), KeyName("late", "profile")
    log.keys.rotate(AT)
    log.rewrap()
    with pytest.raises(SerializationFailure):
        log.make(late, [name])
    late.look()
    log.sealed |= log.make(late, [name])
    log.names.append(name)
    log.destroy(1)
    assert log.opened()[-1] == "late"


def test_what_is_due_is_done_by_the_clock_and_nothing_before(log: Wrapped) -> None:
    made, day = log.keys.epochs[1].made_at, timedelta(days=1)
    log.turn(made + 29 * day)
    assert list(log.keys.epochs) == [1]
    log.turn(made + 30 * day)
    assert (list(log.keys.epochs), log.epochs()) == ([1, 2], {2})
    log.turn(made + 39 * day)
    assert log.keys.epochs[1].destroyed_at is None
    log.turn(made + 40 * day)
    assert log.keys.epochs[1].destroyed_at == made + 40 * day
    assert log.opened() == [name.subject for name in log.names]


def test_who_comes_late_ends_at_once_what_was_to_be_over(log: Wrapped) -> None:
    made, day = log.keys.epochs[1].made_at, timedelta(days=1)
    LIFETIMES.promised(log.keys, 1, made)
    log.turn(made + 90 * day)
    lives = log.keys.epochs
    assert (lives[1].destroyed_at, lives[2].destroyed_at) == (made + 90 * day, None)
    assert log.opened() == [name.subject for name in log.names]


def alive(lives: dict[int, bool], *each: KeyEncryption) -> bool:
    """Whether all have noticed which epochs there are, and which of them live."""
    return all({n: epoch.destroyed_at is None for n, epoch in keys.epochs.items()} == lives for keys in each)


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not true():
            await asyncio.sleep(0.02)


def test_of_two_services_one_rotates_and_both_notice(log: Wrapped) -> None:
    async def serve() -> None:
        clock, other = MovedClock(), KeyFile(log.folder)
        async with asyncio.TaskGroup() as tasks:
            keepers = [
                tasks.create_task(keep_rotating(log.url, log.schema, keys, LIFETIMES, clock))
                for keys in (log.keys, other)
            ]
            for days, lives in ((31, {1: True, 2: True}), (42, {1: False, 2: True})):
                clock.ahead = timedelta(days=days)
                await until(partial(alive, lives, log.keys, other))
            assert (log.keys.epoch, other.epoch) == (2, 2)
            for keeper in keepers:
                keeper.cancel()

    asyncio.run(serve())
    assert log.opened() == [name.subject for name in log.names]


def test_the_same_word_has_another_token_in_another_epoch(tmp_path: Path) -> None:
    keys = first(tmp_path)
    old = KeyedWords(keys, 1)
    keys.rotate(AT)
    assert old("nova") == KeyedWords(KeyFile(tmp_path), 1)("nova")
    assert len({KeyedWords(keys)("nova"), old("nova"), old.of(2)("nova")}) == 3
    keys.destroy(1, AT)
    with pytest.raises(KeyUnavailable):
        KeyedWords(KeyFile(tmp_path), 1)


@pytest.fixture(scope="module")
def desk() -> Iterator[Terminal]:
    with terminal() as found:
        service = found.serve()
        assert found.run("send", "worker.hire", "--data", '{"name": "Anna Nová"}').code == 0
        yield found
        service.ended()


def test_an_operator_sees_each_key_with_its_dates_and_changes_it_before_its_time(desk: Terminal) -> None:
    (shown,) = desk.run("keys", "show", "--json").said["keys"]
    assert (shown["key"], shown["state"]) == ("kek-1", "in use")
    made, inert = (datetime.fromisoformat(shown[name]) for name in ("made_at", "inert_at"))
    assert inert - made == timedelta(days=60)
    old, new = desk.run("keys", "rotate", "--json").said["keys"]
    assert [(each["key"], each["state"], each["wraps"] > 0) for each in (old, new)] == [
        ("kek-1", "kept", False),
        ("kek-2", "in use", True),
    ]


def test_old_keys_are_destroyed_at_once_only_by_who_says_that_it_is_meant(desk: Terminal) -> None:
    asked = desk.run("keys", "rotate", "--destroy-old")
    assert asked.code == os.EX_USAGE
    assert "can no longer be restored" in asked.err
    assert (desk.state / "keys" / "kek-1").exists()
    done = desk.run("keys", "rotate", "--destroy-old", "--yes", "--json")
    assert "can no longer be restored" in done.err
    states = [each["state"] for each in done.said["keys"]]
    assert states == ["destroyed"] * (len(states) - 1) + ["in use"]
    assert not (desk.state / "keys" / "kek-1").exists()
    assert abs(datetime.fromisoformat(done.said["keys"][0]["inert_at"]) - now()) < timedelta(minutes=1)
    assert desk.run("send", "area.open", "--data", '{"name": "Another"}').code == 0


def test_the_key_that_signs_is_changed_and_the_old_one_stays_known(desk: Terminal) -> None:
    before = desk.run("keys", "rotate", "--signing", "--json").said["signing"]
    after = desk.run("keys", "rotate", "--signing", "--json").said["signing"]
    assert after[:-1] == before
    assert len(after[-1]["signer"]) == 16
