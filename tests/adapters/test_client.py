"""What a program in Python holds: answers as models, refusals as exceptions, facts."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import aclosing, asynccontextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import orjson
import pytest
import structlog
from delivery import PATIENCE_SECONDS, listening, writing
from door import new_place
from inquirers import Asker, company_asked
from nats.js import JetStreamContext
from nats.js.errors import NotFoundError

from adapters.client import (
    Conflict,
    Declined,
    Event,
    Gone,
    Kartoteka,
    Malformed,
    NotFound,
    NotPermitted,
    Refused,
    Unavailable,
    connect,
    new_command_id,
)
from adapters.composition import Place, hearing, relaying
from adapters.credentials.caller import SERVICE, STREAMS, Caller
from adapters.credentials.role import Role
from adapters.declined import BY_STATUS, declined
from adapters.embedded import Running
from adapters.file_request import PART_BYTES
from adapters.nats import listeners
from adapters.nats.channel import beside
from adapters.nats.client import Client, Errand
from adapters.nats.listeners import listened
from adapters.nats.patience import Patience
from adapters.nats.prefix import COMMANDS, QUESTIONS
from adapters.problem import BORDER, STATUS
from adapters.scope import Scope
from commands.clients.contact import OpenContact
from commands.clients.paper import AttachFile
from commands.command import Command
from commands.company.settings import ListHoldGrounds
from commands.privacy.restriction import RestrictContact
from commands.service.ticket import AssessTicket
from commands.staff.area import OpenArea, RenameArea
from commands.staff.team import FormTeam
from commands.staff.worker import GrantRight, HireWorker
from domain.staff.worker import SYSTEM, Right
from domain.values import ContactId, FileId, TicketId, WorkerId
from projections.clients.client import ClientFile
from projections.clients.contact import Contacts
from projections.service.desk import Desk, DeskRow

T = TypeVar("T")
AGAIN = Patience(backoff_seconds=(0.2,), deliveries=-1)
ANYONE = "desk"


@dataclass
class Program:
    """A program beside a company at work."""

    company: Asker
    kartoteka: Kartoteka

    def run(self, steps: Coroutine[Any, Any, T]) -> T:
        return self.company.runner.run(steps)

    def did(self, command: Command, actor: str = SYSTEM) -> str:
        return self.run(self.kartoteka.send(command, actor=actor)).id

    def asked(self, question: Any, actor: str = SYSTEM, **more: Any) -> Any:
        return self.run(self.kartoteka.ask(question, actor=self.company.company.ids.get(actor, actor), **more))

    def refused(self, command: Command, actor: str = SYSTEM, **more: Any) -> Declined:
        with pytest.raises(Declined) as refused:
            self.run(self.kartoteka.send(command, actor=actor, **more))
        return refused.value


def seed(place: Place, caller: str) -> Path:
    return place.seed(caller, None)


@pytest.fixture(scope="module")
def here(servers: Running, state: Path) -> Iterator[Program]:
    with company_asked(new_place(servers, state)) as company:
        opened = connect(company.place.nats_url, ANYONE, seed=seed(company.place, ANYONE))
        program = Program(company, company.runner.run(opened.__aenter__()))
        yield program
        company.runner.run(opened.__aexit__(None, None, None))


def test_a_question_shows_what_was_just_sent_in_rows_of_its_own(here: Program) -> None:
    directory = here.company.company["customers"]
    contact = here.did(OpenContact(directory=directory, name="The newest"))
    assert any(row.contact == contact for row in here.asked(Contacts(), limit=1000).rows)
    desk = here.asked(Desk(), "anna")
    assert {type(row) for row in desk.rows} == {DeskRow}
    assert desk.as_of.tzinfo is not None


def test_rows_are_walked_through_all_pages(here: Program) -> None:
    async def walked(limit: int) -> list[Any]:
        return [row async for row in here.kartoteka.rows(Contacts(), actor=SYSTEM, limit=limit)]

    by_two = here.run(walked(2))
    assert len(by_two) > 4
    assert by_two == list(here.asked(Contacts(), limit=1000).rows)


def test_what_is_withheld_comes_as_what_stands_in_its_place(here: Program) -> None:
    directory = here.company.company["customers"]
    contact = ContactId(here.did(OpenContact(directory=directory, name="Eva Canary")))
    officer = WorkerId(here.did(HireWorker(name="Vera")))
    for right in (Right.BASIC, Right.PRIVACY_OFFICER):
        here.did(GrantRight(worker=officer, right=right))
    assert here.asked(ClientFile(contact=contact), "anna").row.name == "Eva Canary"
    here.did(ListHoldGrounds(entries=("objection",)))
    here.did(RestrictContact(contact=contact, ground="objection"), officer)
    assert here.asked(ClientFile(contact=contact), "anna").row.name == "(restricted)"


def test_each_way_to_be_told_no_is_an_exception_with_what_the_problem_says(here: Program) -> None:
    ticket, area = TicketId(here.company.company["oven"]), here.did(OpenArea(name="East"))
    clara = here.company.company["clara"]
    found = [
        here.refused(HireWorker.model_construct(name="")),
        here.refused(OpenArea(name="West"), clara),
        here.refused(AssessTicket(ticket=TicketId("none"), severity="high")),
        here.refused(RenameArea(area=area, name="East end"), expected_version=7),
        here.refused(AssessTicket(ticket=ticket, severity="grave")),
    ]
    assert [(type(one), one.status, one.code) for one in found] == [
        (Malformed, 400, "Malformed"),
        (NotPermitted, 403, "RightMissing"),
        (NotFound, 404, "TicketUnknown"),
        (Conflict, 409, "VersionMoved"),
        (Refused, 422, "SeverityNotListed"),
    ]
    assert [error["field"] for error in found[0].errors] == ["data.name"]
    assert all(one.id and one.title in str(one) for one in found)
    with pytest.raises(NotFound):
        here.asked(ClientFile(contact=ContactId("none")), "anna")


def test_every_status_has_an_exception() -> None:
    assert {*BORDER.values(), *STATUS.values()} <= BY_STATUS.keys() | {404, 405, 406, 408, 415}
    claimed = {"status": 422, "code": "TicketClaimed", "title": "Somebody else has it.", "about": "anna"}
    assert (declined(claimed).about, str(declined(claimed))) == (
        "anna",
        "422 TicketClaimed: Somebody else has it. (anna)",
    )
    gone = declined({"status": 410, "code": "ContactIsForgotten", "title": "The contact has been forgotten."})
    assert (type(gone), type(declined({"status": 503, "code": "StoreAway", "title": "…"}))) == (Gone, Unavailable)


def test_a_caller_acts_for_its_own_workers_alone(here: Program) -> None:
    async def tried() -> None:
        async with connect(here.company.place.nats_url, "shop", seed=seed(here.company.place, "shop")) as shop:
            await shop.send(FormTeam(name="Any"), actor=SYSTEM)

    with pytest.raises(NotPermitted, match="ActorNotAllowed"):
        here.run(tried())


def test_a_file_of_several_parts_comes_back_whole(here: Program) -> None:
    directory, content = here.company.company["customers"], os.urandom(PART_BYTES + 1000)
    contact = here.did(OpenContact(directory=directory, name="The archive"))
    id = new_command_id()
    put = [here.run(here.kartoteka.put_file(contact, content, actor=SYSTEM, id=id)) for _ in range(2)]
    assert put[0].file == put[1].file
    here.did(AttachFile(contact=ContactId(contact), file=FileId(put[0].file), name="a.bin", media_type="a/b"))
    assert here.run(here.kartoteka.get_file(contact, put[0].file, actor=SYSTEM)) == content


def test_the_service_is_told_how_much_time_is_left(here: Program) -> None:
    sent: list[dict[str, Any]] = []

    async def watched() -> None:
        async def came(message: Any) -> None:
            sent.append(orjson.loads(message.data))

        async with listening(here.company.place, SERVICE) as service:
            await service.subscribe(f"{COMMANDS}{ANYONE}.area.open", cb=came)
            await service.flush()
            await service.flush()
            await here.kartoteka.send(OpenArea(name="South-east"), actor=SYSTEM, deadline_ms=2000)
            async with asyncio.timeout(PATIENCE_SECONDS):
                while not sent:
                    await asyncio.sleep(0.01)

    here.run(watched())
    assert 1000 < sent[0]["deadline_ms"] <= 1800


def test_a_later_try_has_less_time_and_the_same_id() -> None:
    errand = Errand(COMMANDS, "area.open", {"id": "one"}, until=time.monotonic() + 1.0)
    first = orjson.loads(errand.written())
    later = orjson.loads(errand._replace(until=time.monotonic() + 0.2).written())
    assert first["id"] == later["id"]
    assert 800 < first["deadline_ms"] <= 900
    assert 100 < later["deadline_ms"] <= 180
    long = Errand(QUESTIONS, "desk", {}, until=time.monotonic() + 3600)
    assert orjson.loads(long.written())["deadline_ms"] == 60_000
    assert long.attempt_seconds() > 3000
    assert errand._replace(until=time.monotonic() + 60).attempt_seconds() == 5.0


def test_what_a_callers_own_permissions_forbid_is_told_at_once_and_not_on_standard_output(
    servers: Running, state: Path, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    """The server says so on the connection, and nothing to whom asked."""
    structlog.reset_defaults()  # as in a program that has not set up our log
    place = new_place(servers, state)

    async def tried() -> list[Declined]:
        found = []
        async with (
            asyncio.timeout(PATIENCE_SECONDS / 2),
            connect(place.nats_url, "ear", seed=seed(place, "ear")) as ear,
            connect(place.nats_url, ANYONE, seed=seed(place, ANYONE)) as desk,
            aclosing(desk.events()) as events,
        ):
            for asked in (
                ear.send(OpenArea(name="Nowhere"), actor=SYSTEM, id="the-id"),
                ear.ask(Desk(), actor=SYSTEM),
                ear.get_file("contact", "file", actor=SYSTEM),
                anext(events),
            ):
                with pytest.raises(NotPermitted) as refused:
                    await asked
                found.append(refused.value)
        return found

    found = asyncio.run(tried())
    assert {(one.status, one.code) for one in found} == {(403, "ScopeMissing")}
    assert found[0].id == "the-id"
    assert capsys.readouterr().out == ""
    assert {(line.name, line.levelname) for line in caplog.records} == {("kartoteka", "WARNING")}


@asynccontextmanager
async def heard(place: Place) -> AsyncIterator[Kartoteka]:
    """The caller that listens, where facts are published."""
    channel = beside(place.settings.schema_name)
    client = Client(place.nats_url, "ear", str(seed(place, "ear")))
    async with relaying(place, channel=channel), hearing(place, channel=channel, patience=AGAIN), client:
        yield Kartoteka(client, channel)
    async with listening(place) as service:
        with suppress(NotFoundError):
            await service.jetstream().delete_stream(channel.stream)


def test_a_listener_hears_each_fact_again_until_its_block_has_ended(servers: Running, state: Path) -> None:
    place = new_place(servers, state)

    async def listened() -> tuple[list[Event], list[Event]]:
        broken: list[Event] = []
        whole: list[Event] = []
        async with asyncio.timeout(PATIENCE_SECONDS), heard(place) as ear, writing(place) as writer:
            await writer.write(3)
            async with aclosing(ear.events()) as events:
                async for event in events:
                    broken.append(event)
                    if len(broken) == 2:
                        break  # as where the block raises: what it had is not acknowledged
            async with aclosing(ear.events("team.*")) as events:
                async for event in events:
                    whole.append(event)
                    if len(whole) == 1:
                        await writer.write(2)
                    if len(whole) == 2:
                        break
        return broken, whole

    broken, whole = asyncio.run(listened())
    assert [event.position for event in broken] == [1, 2]
    assert [event.position for event in whole] == [2, 5]
    assert {event.topic for event in whole} == {"team.formed"}
    assert all(event.thing.startswith("team-") for event in whole)


LISTENER = Caller("ear", (), role=Role.LISTENER)


def narrowed(scope: str) -> Caller:
    return replace(LISTENER, scopes=(Scope.read(scope),))


async def first(ear: Kartoteka, count: int) -> list[Event]:
    """What it hears now; all of it is acknowledged but the last."""
    found: list[Event] = []
    async with aclosing(ear.events()) as events:
        async for event in events:
            found.append(event)
            if len(found) == count:
                break
    return found


def test_whoever_is_narrowed_or_comes_again_hears_nothing_of_what_was_kept_for_the_name_before(
    servers: Running, state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = new_place(servers, state)
    channel = beside(place.settings.schema_name)
    callers = {"ear": LISTENER}
    monkeypatch.setattr(listeners, "LOOK_SECONDS", 0.01)
    ours = str(place.seed(STREAMS, None))

    async def kept(streams: JetStreamContext) -> set[str]:
        """The subjects of what is kept for the name; nothing, where nothing is."""
        with suppress(NotFoundError):
            config = (await streams.consumer_info(channel.stream, channel.durable("ear"))).config
            return {subject.removeprefix(f"{channel.root}.") for subject in config.filter_subjects or ()}
        return set()

    async def heard_by_turns() -> list[list[Event]]:
        async with (
            asyncio.timeout(PATIENCE_SECONDS),
            relaying(place, channel=channel),
            listened(place.nats_url, ours, callers, channel, AGAIN),
            Client(place.nats_url, "ear", str(seed(place, "ear"))) as client,
            listening(place) as connection,
            writing(place) as writer,
        ):
            ear, streams = Kartoteka(client, channel), connection.jetstream()

            async def become(caller: Caller | None, *subjects: str) -> None:
                callers.clear()
                callers.update({"ear": caller} if caller else {})
                while await kept(streams) != set(subjects):
                    await asyncio.sleep(0.01)

            await become(LISTENER, ">")
            await writer.write(4)
            everything = await first(ear, 3)
            await become(narrowed("evt:team.*"), "team.>")
            teams = [*await first(ear, 1), *await first(ear, 1)]
            await become(None)
            await become(narrowed("evt:worker.*"), "worker.>")
            workers = await first(ear, 2)
            await streams.delete_stream(channel.stream)
        return [everything, teams, workers]

    everything, teams, workers = asyncio.run(heard_by_turns())
    assert [event.position for event in everything] == [1, 2, 3]
    # The third was not acknowledged, and is a worker's; the fourth is given again.
    assert [event.position for event in teams] == [4, 4]
    assert [event.position for event in workers] == [1, 3]
