"""A person is forgotten step by step, each on record; what goes, goes everywhere, and a receipt says so."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from operator import add
from pathlib import Path
from typing import Any

import pytest
from delivery import until
from door import new_place
from forgetting import LAWSUIT, PROOF_DAYS, Company, Ending, Life, Office, canary, company, erased, eraser, opened
from inquirers import followed

from adapters.composition import Place, now, relaying, verifying
from adapters.embedded import Running
from adapters.envelope import read
from adapters.erasing.saga import Saga
from adapters.erasure_journal import Journal
from adapters.nats.channel import beside
from adapters.nats.client import Declined, new_command_id
from adapters.postgres.clock import TestClock
from adapters.postgres.keys import opened_keys
from adapters.postgres.sign_ins import SignIns
from adapters.postgres.views import registry
from adapters.postgres.views.registry import SERVED, State
from adapters.postgres.views.replay import Replay, replay
from adapters.problem import Problem
from adapters.signature import Signature, Verifier
from commands.clients.address import AddAddress
from commands.clients.contact import OpenContact
from commands.command import Command
from commands.privacy.hold import LiftHold, PlaceHold
from commands.service.joining import SplitTicket
from commands.service.opening import OpenTicket
from commands.service.ticket import CloseTicket, SetTicketCustomer
from commands.staff.worker import DeactivateWorker, HireWorker, SetWorkerEmail
from domain.clients.address import AddressKind
from domain.privacy.receipt import FIRST, Receipt, canonical, digest
from domain.staff.worker import SYSTEM
from domain.values import ContactId, Person, TicketId, WorkerId, person
from projections.catalogue import READ_MODELS
from projections.clients.client import ClientFile
from projections.clients.search import ContactSearch
from projections.privacy.erasure import ErasureReceipts, Erasures
from projections.staff.worker import Workers

IN_ORDER = [
    "erasure.requested",
    "erasure.fenced",
    "erasure.keys-destroyed",
    "erasure.purged",
    "erasure.acknowledged",
    "subject.forgotten",
    "erasure.completed",
]
ONCE_MORE = ["erasure.proof-lapsed", *IN_ORDER[2:]]
HEAD = "SELECT position FROM head"
SEALED = "SELECT count(*) FROM subject_keys WHERE subject = ANY (%s)"
DEAD = """
INSERT INTO dead_letters (handler, position, event_id, topic, stream, code, sentence, deliveries)
VALUES ('routing', 1, gen_random_uuid()::text, 'contact.opened', %s, 'Broken', 'It failed.', 1)
"""


@pytest.fixture(scope="module")
def place(servers: Running, state: Path) -> Iterator[Place]:
    place = new_place(servers, state)
    with followed(place):
        yield place


@pytest.fixture(scope="module")
def known(place: Place) -> Company:
    return company(place)


def body(office: Office, whom: Person, topic: str) -> Any:
    """What the last fact of the topic in an erasure says."""
    return [said for each, said in office.facts(whom) if each == topic][-1]


def receipts(office: Office, whom: Person) -> list[Receipt]:
    rows = office.rows("SELECT convert_from(state, 'UTF8') FROM facts WHERE originator_id = 'receipt-book' ORDER BY 1")
    found = [Receipt.model_validate(json.loads(state)["receipt"]) for (state,) in rows]
    return sorted((each for each in found if each.person == whom), key=lambda each: each.number)


async def settled(office: Office) -> str:
    """A position up to which everything is known, as a token."""
    return (await office.operator.send(OpenTicket(title="Later"), actor=SYSTEM)).position


def counts(said: list[dict[str, Any]]) -> dict[str, Any]:
    return {each["kind"]: (each["count"], each["ground"]) if "ground" in each else each["count"] for each in said}


def test_each_step_is_on_record_in_its_order_and_the_receipt_says_what_they_say(place: Place, known: Company) -> None:
    async def run() -> None:
        async with opened(place, known) as office:
            life = await office.life()
            for stream in (life.stream, f"ticket-{life.late}", "contact-of-somebody-else"):
                office.store(DEAD, stream)
            await office.wish(life.person)
            assert await erased(office, life.person)
            assert office.topics(life.person) == IN_ORDER
            purged = body(office, life.person, "erasure.purged")
            assert counts(purged["destroyed"]) == {
                "contact.address-added normal": 1,
                "contact.address-added typed": 1,
                "contact.file-attached name": 1,
                "contact.noted text": 1,
                "contact.opened name": 2,
                "ticket.message-logged text": 1,
                "ticket.opened description": 1,
                "ticket.opened title": 2,
            }
            assert counts(purged["kept"]) == {
                "ticket.message-logged sent": (1, "proof"),
                "ticket.message-logged": (2, "bare-fact"),
                "ticket.opened": (2, "sla-outcomes"),
                "order.placed": (1, "amounts"),
            }
            taken = counts(purged["purged"])
            assert {"stored-files": 1, "stored-parts": 2, "dead-letters": 2}.items() <= taken.items()
            assert {"tickets": 2, "contact_names": 2, "timeline": 8}.items() <= taken.items()
            assert taken["contact_tokens"] > taken["contact_likenesses"] > 0
            (receipt,) = receipts(office, life.person)
            assert receipt.model_dump(mode="json")["destroyed"] == purged["destroyed"]
            keys = body(office, life.person, "erasure.keys-destroyed")
            assert {(each["subject"], each["purpose"]) for each in keys["keys"]} >= {
                (receipt.subjects[0], "profile"),
                (receipt.subjects[0], "content"),
            }
            assert {each["purpose"] for each in keys["keys"]} == {"profile", "content"}
            assert receipt.backups_inert_at is not None
            assert {each.name.split()[0] for each in receipt.processes} == {"service", "views"}
            assert {"contact_search", "timeline", "names"} <= {each.name.split()[0] for each in receipt.projections}

    asyncio.run(run())


def test_nothing_of_them_is_there_any_more_and_of_others_everything(place: Place, known: Company) -> None:
    async def shown(office: Office, life: Life) -> str:
        """Whatever a question shows of somebody, and of whom words of theirs find."""
        at = await settled(office)
        found = [await office.operator.query(ClientFile(contact=life.contact), actor=SYSTEM, min_position=at)]
        found += [
            await office.operator.query(ContactSearch(text=word), actor=SYSTEM, min_position=at)
            for word in (life.words[0], f"{life.words[2]}@dora.example")
        ]
        return json.dumps([each.get("row", each.get("rows")) for each in found])

    async def run() -> None:
        async with opened(place, known) as office, verifying(place) as verification:
            life, other = await office.life(), await office.life()
            before = await shown(office, other)
            subjects = [each for (each,) in office.rows(SUBJECTS, [life.person, f"contact:{life.other}"])]
            others, files = office.rows(OTHER_KEYS, subjects), office.value(OTHER_FILES, subjects)
            held = office.value(SEALED, subjects)
            assert await verification.store.holds(life.file)
            await office.wish(life.person)
            assert await erased(office, life.person)
            found = await shown(office, life)
            assert not [word for word in life.words if word in found], found
            assert "forgotten #" in found
            assert await shown(office, other) == before
            assert not await verification.store.holds(life.file)
            assert await verification.store.holds(other.file)
            proof = office.value(SEALED, subjects)
            assert (held, proof) == (5, 1)
            assert set(office.rows(OTHER_KEYS, subjects)) >= set(others)
            assert office.value(OTHER_FILES, subjects) == files

    asyncio.run(run())


def test_what_was_said_cannot_be_tried_out_against_the_answers_that_are_kept(place: Place, known: Company) -> None:
    def fits(office: Office, life: Life, command: Command) -> bool:
        """Whether somebody who has all keys of the folder, and guesses, is told that it was this."""
        secret = opened_keys(place.postgres_url, place.settings.schema_name, place.keys).derive("fingerprint")
        payload = {"id": new_command_id(), "actor": SYSTEM, "data": command.model_dump(mode="json")}
        guessed = read(command.topic, "desk", json.dumps(payload).encode(), now(), secret)
        assert not isinstance(guessed, Problem)
        return guessed[0].fingerprint in [bytes(each) for (each,) in office.rows(ANSWERS, life.stream)]

    async def run() -> None:
        async with opened(place, known) as office:
            life, other = await office.life(), await office.life()
            call = {
                each: AddAddress(contact=each.contact, kind=AddressKind.PHONE, typed=PHONE) for each in (life, other)
            }
            for each in (life, other):
                await office.did(call[each])
                assert fits(office, each, call[each])
            await office.wish(life.person)
            assert await erased(office, life.person)
            assert not fits(office, life, call[life])
            assert fits(office, other, call[other])
            assert counts(body(office, life.person, "erasure.purged")["purged"])["request-fingerprints"] == 11

    asyncio.run(run())


PHONE = "+420 601 234 567"
ANSWERS = """
SELECT l.fingerprint FROM facts f JOIN command_log l USING (caller, command_id) WHERE f.originator_id = %s
"""
SUBJECTS = "SELECT subject FROM subject_links WHERE person = ANY (%s)"
OTHER_KEYS = "SELECT subject, purpose, wrapped FROM subject_keys WHERE subject <> ALL (%s)"
OTHER_FILES = "SELECT count(*) FROM stored_files WHERE subject <> ALL (%s)"


def test_a_receipt_is_signed_and_follows_the_last_and_lies_in_the_journal_outside(place: Place, known: Company) -> None:
    async def run() -> None:
        async with opened(place, known) as office:
            people = [(await office.life()).person, (await office.sender())[0], (await office.life()).person]
            for whom in people:
                await office.wish(whom)
            async with eraser(place):
                for whom in people:
                    await office.until_completed(whom)
            found = [receipts(office, whom)[0] for whom in people]
            book = office.rows(BOOK)
            told = Journal.opened(place.erasures, place.settings.schema_name, place.keys).read()
            assert not told.spoiled
            before = FIRST
            for number, (state,) in enumerate(book, 1):
                said = json.loads(state)
                receipt = Receipt.model_validate(said["receipt"])
                assert (receipt.number, receipt.previous) == (number, before)
                before = digest(receipt)
                signature = Signature(said["signer"], said["signature"])
                assert Verifier.opened(place.keys).verify(canonical(receipt), signature)
                assert before in told.digests
            for receipt in found:
                (noted,) = [each for each in told.fenced.values() if each.person == receipt.person]
                assert (noted.subjects, noted.contacts) == (receipt.subjects, receipt.contacts)
                assert office.value(LINK, noted.position) == noted.link
            row = (await office.operator.query(ErasureReceipts(person=people[1]), actor=SYSTEM))["rows"][0]
            assert (row["receipt"].encode(), row["digest"]) == (canonical(found[1]), digest(found[1]))

    asyncio.run(run())


BOOK = """
SELECT convert_from(state, 'UTF8') FROM facts WHERE originator_id = 'receipt-book' ORDER BY originator_version
"""
LINK = "SELECT encode(link, 'hex') FROM facts WHERE notification_id = %s AND topic = 'erasure.fenced'"


def test_receipt_and_journal_hold_no_word_of_anybody(place: Place, known: Company) -> None:
    async def run() -> None:
        async with opened(place, known) as office:
            life, (sender, words) = await office.life(), await office.sender()
            for whom in (life.person, sender):
                await office.wish(whom)
                assert await erased(office, whom)
            kept = "".join(state for (state,) in office.rows(BOOK)) + journal(place).read_text()
            assert not [word for word in (*life.words, *words) if word in kept]

    asyncio.run(run())


def journal(place: Place) -> Path:
    return Journal.opened(place.erasures, place.settings.schema_name, place.keys).path


def test_what_came_between_request_and_fence_is_found_and_nothing_is_destroyed(place: Place, known: Company) -> None:
    async def run() -> None:
        async with opened(place, known) as office:
            life = await office.life()
            await office.wish(life.person)
            assert not await erased(office, life.person, Ending(name="before erasure.fence"))
            await office.did(PlaceHold(person=life.person, ground=LAWSUIT))
            keys = office.value("SELECT count(*) FROM subject_keys")
            async with eraser(place):
                await until("it is refused", refused(office, life))
            assert body(office, life.person, "erasure.refused")["obstacles"] == [
                {"kind": "legal-hold", "thing": None, "ground": LAWSUIT}
            ]
            assert office.value("SELECT count(*) FROM subject_keys") == keys
            assert office.value("SELECT count(*) FROM subject_fences f JOIN subject_links USING (subject)"
                                " WHERE person = %s", life.person) == 0  # fmt: skip
            await office.did(LiftHold(person=life.person, ground=LAWSUIT))
            await office.wish(life.person)
            assert await erased(office, life.person)
            assert office.topics(life.person) == ["erasure.requested", "erasure.refused", *IN_ORDER]

    asyncio.run(run())


def refused(office: Office, life: Life) -> Any:
    async def found() -> bool:
        return "erasure.refused" in office.topics(life.person)

    return found


def test_a_part_of_a_report_that_nobody_linked_is_in_the_way_while_it_is_open_or_held(
    place: Place, known: Company
) -> None:
    async def in_the_way(office: Office, whom: Person) -> list[tuple[str, str]]:
        await settled_views(office)
        with pytest.raises(Declined) as no:
            await office.wish(whom)
        return [(each["kind"], each["about"]) for each in no.value.obstacles]

    async def run() -> None:
        async with opened(place, known) as office:
            contact = ContactId(await office.did(OpenContact(directory=office.world.directory, name="Dora")))
            whole = TicketId(await office.did(OpenTicket(title="Who am I")))
            part = TicketId(await office.did(SplitTicket(origin=whole, title="And what is this")))
            await office.did(SetTicketCustomer(ticket=whole, reporter=contact))
            await office.did(CloseTicket(ticket=whole, reason="duplicate"))
            await office.did(PlaceHold(person=person("contact", contact), ground=LAWSUIT))
            assert await in_the_way(office, person("contact", contact)) == [
                ("open-ticket", part),
                ("legal-hold", LAWSUIT),
            ]
            await office.did(CloseTicket(ticket=part, reason="duplicate"))
            await settled_views(office)
            with pytest.raises(Declined, match="SenderLinked"):
                await office.wish(person("ticket", part))

    asyncio.run(run())


def test_the_journal_tells_of_the_fence_before_any_key_is_gone(place: Place, known: Company) -> None:
    seen = dict[str, tuple[int, bool]]()

    async def run() -> None:
        async with opened(place, known) as office:
            life = await office.life()
            await office.wish(life.person)
            subjects = body(office, life.person, "erasure.requested")["subjects"]

            def look(boundary: str) -> None:
                told = Journal.opened(place.erasures, place.settings.schema_name, place.keys).read()
                noted = any(each.person == life.person for each in told.fenced.values())
                seen.setdefault(boundary, (office.value(SEALED, subjects), noted))

            async with eraser(place, look):
                await office.until_completed(life.person)

    asyncio.run(run())
    assert seen["after erasure.fence"] == (5, False)
    assert seen["fence noted"] == (5, True)
    assert seen["keys destroyed"] == (1, True)


def test_a_journal_that_was_lost_tells_of_every_round_again(place: Place, known: Company) -> None:
    def told() -> set[tuple[int, str]]:
        journal = Journal.opened(place.erasures, place.settings.schema_name, place.keys).read()
        assert not journal.spoiled
        return {(position, link) for _, position, link in journal.fences}

    async def run() -> None:
        async with opened(place, known) as office:
            life, (sender, _) = await office.life(), await office.sender()
            for whom in (life.person, sender):
                await office.wish(whom)
                assert await erased(office, whom)
            before = told()
            (place.erasures / f"{place.settings.schema_name}.ndjson").unlink()
            async with eraser(place), verifying(place) as verification:
                await until("it tells of all of them", lambda: over(told() == before))
                assert [each.what for each in await verification.everything()] == []

    asyncio.run(run())


def test_a_worker_who_left_is_forgotten_and_what_they_did_stays(place: Place, known: Company) -> None:
    async def run() -> None:
        async with opened(place, known) as office:
            word = canary()
            worker = WorkerId(await office.did(HireWorker(name=f"Gino {word}")))
            await office.did(SetWorkerEmail(worker=worker, email=f"{word}@firm.example"))
            sign_ins = SignIns(place.postgres_url, place.settings.schema_name)
            other = await office.did(HireWorker(name="Berta"))
            for each in (worker, other):
                await sign_ins.set(each.encode(), each, "a hash", now(), must_change=False)
                await sign_ins.link(f"{each} elsewhere".encode(), each, now())
            await office.did(DeactivateWorker(worker=worker))
            whom = person("worker", worker)
            await office.wish(whom)
            assert await erased(office, whom)
            assert [each.worker for each in await sign_ins.listed(now()) if each.worker in (worker, other)] == [other]
            purged = body(office, whom, "erasure.purged")
            assert counts(purged["destroyed"]) == {"worker.email-set email": 1, "worker.hired name": 1}
            assert purged["kept"] == []
            assert counts(purged["purged"])["sign-ins"] == 2
            rows = (await office.operator.query(Workers(), actor=SYSTEM, min_position=await settled(office)))["rows"]
            (row,) = [each for each in rows if each["worker"] == worker]
            assert row["name"].startswith("forgotten #")
            (receipt,) = receipts(office, whom)
            async with verifying(place) as verification:
                number, *_ = [each.receipt.number for each in verification.book if each.receipt == receipt]
                assert not [each for each in await verification.everything() if each.number == number]
                office.rows("INSERT INTO sign_ins VALUES ('back', %s, '', now(), false) RETURNING 1", worker)
                found = [each.what for each in await verification.everything() if each.number == number]
                assert found == ["sign-in"]
                await sign_ins.remove(worker, now())
            await sign_ins.close()

    asyncio.run(run())


def test_the_log_told_again_gives_the_same_but_for_what_opens(place: Place, known: Company) -> None:
    where = place.postgres_url, place.settings.schema_name

    async def run() -> None:
        async with opened(place, known) as office:
            life = await office.life()
            position = office.value(HEAD)
            keys = opened_keys(*where, place.keys)
            before = await asyncio.to_thread(replay, *where, [*READ_MODELS.values()], keys, position)
            await office.wish(life.person)
            assert await erased(office, life.person)
            after = await asyncio.to_thread(replay, *where, [*READ_MODELS.values()], keys, position)
            assert [*after.held_against(before)] == []
            opened_then, opened_now = openable(before), openable(after)
            assert opened_now < opened_then

    asyncio.run(run())


def openable(told: Replay) -> int:
    return sum(model.personal.open for model in told.models if model.personal)


def test_it_waits_while_a_stream_of_theirs_is_parked_somewhere(place: Place, known: Company) -> None:
    async def run() -> None:
        async with opened(place, known) as office:
            life = await office.life()
            await settled_views(office)
            office.store(PARK, life.stream)
            await office.wish(life.person)
            heard = Ending()
            async with eraser(place, heard):
                await until("it waits", lambda: over(heard.reached.count("letters taken") > 3))
                assert office.topics(life.person)[-1] == "erasure.keys-destroyed"
                office.store("DELETE FROM parked_streams WHERE stream = %s", life.stream)
                await office.until_completed(life.person)

    asyncio.run(run())


def test_no_fence_is_put_up_while_a_stream_is_parked_that_may_tell_of_something_in_the_way(
    place: Place, known: Company
) -> None:
    async def run() -> None:
        async with opened(place, known) as office:
            life = await office.life()
            await settled_views(office)
            office.store(UNKNOWN, f"ticket-{life.late}")
            office.store(PARK_LINK, f"ticket-{life.late}")
            await office.wish(life.person)
            async with eraser(place):
                await asyncio.sleep(1)
                assert office.topics(life.person) == ["erasure.requested"]
                office.store(KNOWN, life.person, f"ticket-{life.late}")
                office.store("DELETE FROM parked_streams")
                await office.until_completed(life.person)
            subjects = body(office, life.person, "erasure.fenced")["subjects"]
            assert (
                office.value("SELECT subject FROM subject_links WHERE through = %s", f"ticket-{life.late}") in subjects
            )

    asyncio.run(run())


UNKNOWN = "UPDATE subject_links SET person = replace(through, '-', ':') WHERE through = %s"
KNOWN = "UPDATE subject_links SET person = %s WHERE through = %s"
PARK_LINK = """
INSERT INTO parked_streams (name, version, stream, position, topic, error)
SELECT name, version, %s, position, 'ticket.customer-set', 'Broken' FROM read_models
WHERE name = 'subjects' AND state = 'active'
"""
"""As if nobody had been able to take in that the ticket turned out to be theirs."""


PARK = """
INSERT INTO parked_streams (name, version, stream, position, topic, error)
SELECT name, version, %s, position + 1000000, 'contact.opened', 'Broken' FROM read_models
WHERE name = 'bookmarks' AND state = 'active'
"""


def test_it_waits_for_every_read_model_and_goes_on_when_they_do(place: Place, known: Company) -> None:
    where = place.postgres_url, place.settings.schema_name

    async def run() -> None:
        async with opened(place, known) as office:
            life = await office.life()
            await settled_views(office)
            registry.change(*where, "bookmarks", State.PAUSED, of=frozenset({State.ACTIVE}))
            try:
                await office.wish(life.person)
                heard = Ending()
                async with eraser(place, heard):
                    await until("it waits", lambda: over(heard.reached.count("letters taken") > 3))
                    assert office.topics(life.person)[-1] == "erasure.keys-destroyed"
                    registry.change(*where, "bookmarks", State.ACTIVE, of=SERVED, again=True)
                    await office.until_completed(life.person)
            finally:
                registry.change(*where, "bookmarks", State.ACTIVE, of=SERVED)

    asyncio.run(run())


async def over(true: bool) -> bool:
    return true


async def settled_views(office: Office) -> None:
    await office.operator.query(Erasures(), actor=SYSTEM, min_position=await settled(office))


def test_it_is_completed_once_everybody_has_been_told(place: Place, known: Company) -> None:
    async def run() -> None:
        async with opened(place, known, relayed=False) as office:
            life = await office.life()
            await office.wish(life.person)
            async with eraser(place):
                await until("it is told", lambda: over(office.topics(life.person)[-1:] == ["subject.forgotten"]), 30.0)
                await asyncio.sleep(0.3)
                assert office.topics(life.person)[-1] == "subject.forgotten"
                async with relaying(place, channel=beside(place.settings.schema_name)):
                    await office.until_completed(life.person)

    asyncio.run(run())


def test_of_two_runners_one_erases_and_asked_again_nothing_happens(place: Place, known: Company) -> None:
    async def run() -> None:
        async with opened(place, known) as office:
            life = await office.life()
            await office.wish(life.person)
            async with eraser(place), eraser(place):
                await office.until_completed(life.person)
                before = office.value(HEAD)
                await office.wish(life.person)
                assert office.value(HEAD) == before
            assert office.topics(life.person) == IN_ORDER
            with pytest.raises(Declined, match="ContactIsForgotten"):
                await office.did(OpenTicket(reporter=ContactId(life.contact), title="Again"))

    asyncio.run(run())


def test_one_that_stands_still_keeps_no_other(place: Place, known: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    async def run() -> None:
        async with opened(place, known) as office:
            stuck, life = await office.life(), await office.life()
            go_on = Saga.go_on

            async def broken(saga: Saga, person: str) -> Any:
                if person == stuck.person:
                    raise RuntimeError("it breaks at this one")
                return await go_on(saga, person)

            with monkeypatch.context() as patch:
                patch.setattr(Saga, "go_on", broken)
                for each in (stuck, life):
                    await office.wish(each.person)
                assert await erased(office, life.person)
            assert office.topics(stuck.person) == ["erasure.requested"]
            assert await erased(office, stuck.person)

    asyncio.run(run())


def test_what_is_kept_as_proof_goes_at_its_time_with_a_second_receipt_and_a_hold_puts_it_off(
    servers: Running, state: Path, tmp_path: Path
) -> None:
    # No key is destroyed that another log goes by.
    place = new_place(servers, state, keys=tmp_path / "keys")
    clock = TestClock(place.postgres_url, place.settings.schema_name)

    async def run() -> None:
        async with opened(place, clock=clock) as office:
            life, (sender, _) = await office.life(), await office.sender()
            for whom in (life.person, sender):
                await office.wish(whom)
                assert await erased(office, whom, clock=clock)
            await office.did(PlaceHold(person=life.person, ground=LAWSUIT))
            clock.advance(timedelta(days=PROOF_DAYS, seconds=60))
            subjects = body(office, life.person, "erasure.fenced")["subjects"]
            assert office.value(SEALED, subjects) == 1
            async with eraser(place, clock=clock):
                await asyncio.sleep(0.5)
                assert office.topics(life.person) == IN_ORDER
                await office.did(LiftHold(person=life.person, ground=LAWSUIT))
                await office.until_completed(life.person, times=2)
            assert office.topics(life.person) == [*IN_ORDER, *ONCE_MORE]
            assert office.topics(sender) == IN_ORDER
            purged = body(office, life.person, "erasure.purged")
            assert counts(purged["destroyed"]) == {"ticket.message-logged sent": 1}
            assert not [each for each in purged["kept"] if each["ground"] == "proof"]
            assert [each.purpose for each in receipts(office, life.person)[1].keys] == ["proof"]
            assert office.value(SEALED, subjects) == 0
            async with verifying(place) as verification:

                async def destroyed() -> bool:
                    found = await verification.everything()
                    assert {each.what for each in found} <= {"backups"}, found
                    return not found

                await until("what was to be over in those days is", destroyed, 60.0)
                assert verification.keys.epochs[1].destroyed_at is not None

    with followed(place):
        asyncio.run(run())


def test_a_receipt_whose_date_is_over_is_found_for_as_long_as_a_key_outlives_it(place: Place, known: Company) -> None:
    async def run() -> None:
        async with opened(place, known) as office:
            life = await office.life()
            await office.wish(life.person)
            assert await erased(office, life.person)
            (receipt,) = receipts(office, life.person)
            inert_at = receipt.backups_inert_at
            assert inert_at is not None
            for passed, whats in ((-1, set[str]()), (1, {"backups"})):
                async with verifying(place) as verification:
                    verification.clock = partial(add, inert_at, timedelta(seconds=passed))
                    found = await verification.everything()
                    assert {each.what for each in found if each.number == receipt.number} == whats

    asyncio.run(run())


def test_where_nobody_knows_the_key_of_their_keys_they_are_forgotten_without_a_date_for_backups(
    place: Place, known: Company
) -> None:
    async def run() -> None:
        async with opened(place, known) as office:
            life = await office.life()
            await settled_views(office)
            subjects = [each for (each,) in office.rows(SUBJECTS, [life.person, f"contact:{life.other}"])]
            office.store(OF_NO_EPOCH, subjects)
            await office.wish(life.person)
            assert await erased(office, life.person)
            (receipt,) = receipts(office, life.person)
            assert max(each.kek_epoch for each in receipt.keys) == 99
            assert receipt.backups_inert_at is None
            async with verifying(place) as verification:
                assert [each for each in await verification.everything() if each.number == receipt.number] == []

    asyncio.run(run())


OF_NO_EPOCH = "UPDATE subject_keys SET kek_epoch = 99 WHERE subject = ANY (%s) AND purpose = 'profile'"
"""As if the folder were an old copy, from before the key that wrapped them."""
