"""A notice by e-mail goes out once, or it is said why it did not; whatever ends or goes away meanwhile."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from certificate import certified
from delivery import Told, listening, published, told, until
from door import new_place
from inquirers import followed
from postbox import PASSWORD, SENDER, Postbox, open_for_mail, with_mail
from process import crew
from specification import LONG_AGO
from world import World, set_up

from adapters.clock import now
from adapters.composition import Place, client, mailing, reacting, relaying, serving
from adapters.embedded import Running
from adapters.mail.account import Account, account
from adapters.nats import mailing as loop
from adapters.nats.channel import beside
from adapters.nats.client import Client
from adapters.postgres.schema import connect
from adapters.settings import SettingsWrong, read_settings, show
from commands.company.settings import SetHelpdeskResponsible
from commands.service.opening import OpenTicket
from commands.staff.area import GiveAreaRole, TakeAreaRole
from commands.staff.worker import DeactivateWorker, ReactivateWorker, SetNoticeChannels, SetWorkerEmail
from commands.work.notice import WriteNotice
from domain.service.level import Recipient
from domain.service.target import Target
from domain.staff.area import Role
from domain.staff.worker import SYSTEM, TIMER
from domain.values import worker_holder
from domain.work.channel import Channel
from domain.work.notice import Occasion
from projections.work.notice import Notices

pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
ADDRESS = "anna.rossi@firm.example"


class Office(NamedTuple):
    """A place whose worker gets notices by e-mail, with everything that a letter rests on."""

    place: Place
    world: World


@pytest.fixture(scope="module")
def office(servers: Running, state: Path) -> Iterator[Office]:
    place = new_place(servers, state)

    async def founded() -> World:
        async with serving(place), client(place) as operator:
            world = await set_up(operator)
            await operator.send(SetWorkerEmail(worker=world.worker, email=ADDRESS), actor=SYSTEM)
            return world

    world = asyncio.run(founded())
    with followed(place):
        yield Office(place, world)


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop, "PAUSE_SECONDS", (0.01, 0.05))
    monkeypatch.setattr(loop, "LOOK_SECONDS", 0.02)


@asynccontextmanager
async def served(office: Office) -> AsyncIterator[Client]:
    async with serving(office.place), client(office.place) as operator:
        yield operator


def late(office: Office) -> WriteNotice:
    """That three quarters of the time are used up."""
    return WriteNotice(
        recipient=office.world.worker,
        ticket=office.world.ticket,
        occasion=Occasion.ESCALATED,
        doer=TIMER,
        channels=(Channel.EMAIL,),
        roles=(Recipient("assignee"), Recipient("area-head")),
        target=Target.FIRST_RESPONSE,
        percent=75,
        due=now(),
    )


async def written(office: Office, operator: Client, times: int = 1) -> list[str]:
    """So many notices, by their ids."""
    return [(await operator.send(late(office), actor=SYSTEM)).id for _ in range(times)]


def outcomes(place: Place, notice: str) -> list[Any]:
    """What became of it, by the log."""
    settling = "SELECT topic, state FROM facts WHERE originator_id = %s AND topic LIKE 'notice.%%delivered'"
    with connect(place.postgres_url, place.settings.schema_name) as database:
        found = database.execute(settling, (f"notice-{notice}",)).fetchall()
    return ["delivered" if topic == "notice.delivered" else json.loads(state) for topic, state in found]


async def settled(office: Office, *notices: str) -> Any:
    """What became of the one, or of them all, as soon as it is known."""

    async def known() -> bool:
        return all(outcomes(office.place, notice) for notice in notices)

    await until("it is known what became of the mail", known)
    found = [outcomes(office.place, notice) for notice in notices]
    assert all(len(each) == 1 for each in found), found
    return found[0][0] if len(found) == 1 else [each for (each,) in found]


def sent(office: Office, postbox: Postbox, **settings: Any) -> Any:
    """What becomes of one notice before that mail server."""

    async def run() -> Any:
        async with served(office) as operator, mailing(with_mail(office.place, postbox.port, **settings)):
            return await settled(office, *await written(office, operator))

    return asyncio.run(run())


def test_a_letter_tells_which_ticket_and_what_and_nothing_of_the_customer(office: Office) -> None:
    async def run() -> tuple[str, dict[str, Any]]:
        async with served(office) as operator, mailing(with_mail(office.place, postbox.port)):
            (notice,) = await written(office, operator)
            assert await settled(office, notice) == "delivered"

            async def shown() -> bool:
                return (await row())["delivered_at"] is not None

            async def row() -> dict[str, Any]:
                rows = (await operator.query(Notices(), actor=office.world.worker))["rows"]
                return next((each for each in rows if each["notice"] == notice), {"delivered_at": None})

            await until("the list shows it", shown)
            return notice, await row()

    with open_for_mail(Postbox()) as postbox:
        notice, row = asyncio.run(run())
    (letter,) = postbox.taken
    text = letter.get_content()
    assert (letter["To"], letter["From"]) == (ADDRESS, SENDER)
    assert letter["Message-ID"] == f"<notice.{notice}@firm.example>"
    assert letter["Auto-Submitted"] == "auto-generated"
    assert letter["Subject"] == f"Ticket {office.world.ticket}: 75 % of the time is used up"
    assert "75 % was used up at 2" in text
    assert f'{{"ticket": "{office.world.ticket}"}}' in text
    assert "assignee, area-head" in text
    for words in ("It is broken", "Bianchi", "bianchi"):
        assert words not in letter.as_string()
    assert (row["channel"], row["roles"], row["target"]) == ("email", ["assignee", "area-head"], "first-response")
    assert (row["percent"], row["failure"], row["missing"]) == (75, None, None)


@pytest.mark.parametrize("tls", ["starttls"])
def test_what_is_said_to_the_server_is_secret(
    office: Office, tls: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context, authority = certified(tmp_path)
    with open_for_mail(Postbox(), tls=context) as postbox:
        monkeypatch.setenv("SSL_CERT_FILE", str(authority))
        assert sent(office, postbox, smtp_tls=tls) == "delivered"
    assert postbox.secret == [True]


def test_a_server_that_nobody_vouches_for_is_told_nothing(office: Office, tmp_path: Path) -> None:
    context, _ = certified(tmp_path)

    async def run() -> list[str]:
        notices = []
        async with served(office) as operator, mailing(with_mail(office.place, postbox.port, smtp_tls="starttls")):
            notices = await written(office, operator)
            await asyncio.sleep(0.5)
            assert outcomes(office.place, notices[0]) == []
        return notices

    with open_for_mail(Postbox(), tls=context) as postbox:
        (notice,) = asyncio.run(run())
    assert postbox.taken == []
    assert given_up(office, notice) == {"reason": "given-up", "missing": None, "status": None}


def given_up(office: Office, notice: str) -> Any:
    """What becomes of a letter that is put off, days later."""

    async def run() -> Any:
        nowhere = with_mail(office.place, 1)
        async with served(office), mailing(nowhere, lambda: now() + loop.GIVEN_UP_AFTER + timedelta(hours=1)):
            return await settled(office, notice)

    return asyncio.run(run())


@pytest.mark.parametrize("at", ["RCPT", "DATA"])
def test_what_is_put_off_is_tried_again_until_it_is_taken(office: Office, at: str) -> None:
    with open_for_mail(Postbox(["451 later", "421 later", "450 later"], at=at)) as postbox:
        assert sent(office, postbox) == "delivered"
    assert (len(postbox.taken), postbox.says) == (1, [])


@pytest.mark.parametrize(("at", "reason"), [("RCPT", "recipient-refused"), ("DATA", "message-refused")])
def test_what_is_refused_for_good_is_recorded_and_not_tried_again(office: Office, at: str, reason: str) -> None:
    with open_for_mail(Postbox(["550 no"], at=at)) as postbox:
        assert sent(office, postbox) == {"reason": reason, "missing": None, "status": 550}
    assert postbox.taken == []


def test_who_is_not_let_in_sends_nothing_and_it_is_recorded(office: Office) -> None:
    with open_for_mail(Postbox()) as postbox:
        refused = sent(office, postbox, smtp_password=PASSWORD + "x")
    assert (refused["reason"], refused["status"], postbox.taken) == ("login-refused", 535, [])


def test_what_is_missing_is_named_and_nothing_is_lost_in_silence(office: Office) -> None:
    with open_for_mail(Postbox()) as postbox:
        found = sent(office, postbox, smtp_host=None)
    assert found == {"reason": "not-configured", "missing": "host", "status": None}
    assert postbox.taken == []


COMPLETE = {
    "KARTOTEKA_SMTP_HOST": "mail.firm.example",
    "KARTOTEKA_SMTP_PORT": "587",
    "KARTOTEKA_SMTP_LOGIN": "kartoteka",
    "KARTOTEKA_SMTP_PASSWORD": "open-sesame",
    "KARTOTEKA_SMTP_SENDER": "kartoteka@firm.example",
}


@pytest.mark.parametrize("missing", [*COMPLETE])
def test_mail_is_sent_only_when_everything_is_known(missing: str) -> None:
    assert isinstance(account(read_settings(COMPLETE)), Account)
    given = {name: text for name, text in COMPLETE.items() if name != missing}
    assert account(read_settings(given)) == missing.removeprefix("KARTOTEKA_SMTP_").lower()


@pytest.mark.parametrize(("name", "value"), [("PORT", "0"), ("PORT", "65536"), ("SENDER", "nobody"), ("TLS", "maybe")])
def test_a_setting_that_cannot_be_is_an_error(name: str, value: str) -> None:
    with pytest.raises(SettingsWrong, match=f"KARTOTEKA_SMTP_{name}"):
        read_settings({**COMPLETE, f"KARTOTEKA_SMTP_{name}": value})


def test_the_password_is_shown_to_nobody() -> None:
    shown = show(read_settings(COMPLETE), COMPLETE)
    assert next(each.value for each in shown if each.name == "KARTOTEKA_SMTP_PASSWORD") == "********"
    assert "open-sesame" not in repr(shown) + repr(account(read_settings(COMPLETE)))


def test_a_server_that_is_away_is_waited_for(office: Office) -> None:
    with open_for_mail(Postbox()) as found:
        port = found.port

    async def run() -> Any:
        async with served(office) as operator, mailing(with_mail(office.place, port)):
            notices = await written(office, operator, 3)
            await asyncio.sleep(0.2)
            assert [outcomes(office.place, notice) for notice in notices] == [[], [], []]
            with open_for_mail(postbox, port=port):
                return await settled(office, *notices)

    postbox = Postbox()
    assert asyncio.run(run()) == ["delivered"] * 3
    assert len(postbox.taken) == 3


async def undone(operator: Client, office: Office, lacks: str) -> None:
    """The worker as before."""
    worker = office.world.worker
    match lacks:
        case "not-active":
            await operator.send(ReactivateWorker(worker=worker), actor=SYSTEM)
        case "address-missing":
            await operator.send(SetWorkerEmail(worker=worker, email=ADDRESS), actor=SYSTEM)
        case "unseen":
            back = GiveAreaRole(area=office.world.area, holder=worker_holder(worker), role=Role.MEMBER)
            await operator.send(back, actor=SYSTEM)


@pytest.mark.parametrize("lacks", ["not-active", "address-missing", "unseen"])
def test_rights_and_addresses_are_those_of_the_moment_of_sending(office: Office, lacks: str) -> None:
    worker = office.world.worker
    loss = {
        "not-active": DeactivateWorker(worker=worker, forced=True),
        "address-missing": SetWorkerEmail(worker=worker, email=None),
        "unseen": TakeAreaRole(area=office.world.area, holder=worker_holder(worker), role=Role.MEMBER),
    }[lacks]

    async def run() -> Any:
        async with served(office) as operator:
            notices = await written(office, operator)
            await operator.send(loss, actor=SYSTEM)
            await asyncio.sleep(0.3)  # the read models follow
            async with mailing(with_mail(office.place, postbox.port)):
                found = await settled(office, *notices)
            await undone(operator, office, lacks)
            return found

    with open_for_mail(Postbox()) as postbox:
        assert asyncio.run(run()) == {"reason": lacks, "missing": None, "status": None}
    assert postbox.taken == []


def test_of_several_processes_one_sends(office: Office) -> None:
    async def run() -> Any:
        async with served(office) as operator, AsyncExitStack() as stack:
            for _ in range(3):
                await stack.enter_async_context(mailing(with_mail(office.place, postbox.port)))
            return await settled(office, *await written(office, operator, 8))

    with open_for_mail(Postbox()) as postbox:
        assert asyncio.run(run()) == ["delivered"] * 8
    assert len({letter["Message-ID"] for letter in postbox.taken}) == len(postbox.taken) == 8


def test_what_the_log_says_was_settled_is_not_sent_though_a_read_model_says_otherwise(office: Office) -> None:
    def stale(statement: str) -> None:
        with connect(office.place.postgres_url, office.place.settings.schema_name) as database:
            database.execute(statement.encode(), {"notice": notice})

    async def sent_once() -> str:
        async with served(office) as operator, mailing(with_mail(office.place, postbox.port)):
            (found,) = await written(office, operator)
            await settled(office, found)
            return found

    async def looked() -> None:
        async with served(office), mailing(with_mail(office.place, postbox.port)):
            await asyncio.sleep(0.3)

    with open_for_mail(Postbox()) as postbox:
        notice = asyncio.run(sent_once())
        stale("INSERT INTO notices_to_mail (notice, written_at) VALUES (%(notice)s, now())")
        asyncio.run(looked())
        stale("DELETE FROM notices_to_mail WHERE notice = %(notice)s")
    assert len(postbox.taken) == 1


def test_while_the_service_is_away_what_was_sent_is_not_sent_again_and_nothing_else_is(office: Office) -> None:
    async def run() -> Any:
        async with served(office) as operator:
            notices = await written(office, operator, 3)
        async with mailing(with_mail(office.place, postbox.port)):
            await asyncio.sleep(0.6)
            assert len(postbox.taken) == 1
            async with served(office):
                return await settled(office, *notices)

    with open_for_mail(Postbox()) as postbox:
        assert asyncio.run(run()) == ["delivered"] * 3
    assert len(postbox.taken) == 3


def test_what_was_sent_by_a_process_that_was_killed_goes_out_once_more_under_the_same_id(office: Office) -> None:
    pids: list[int] = []

    def kill() -> None:
        while pids:
            os.kill(pids.pop(), signal.SIGKILL)

    async def run() -> Any:
        async with served(office) as operator:
            with crew(office.place, ("mail", str(postbox.port))) as (process,):
                pids.append(await asyncio.to_thread(process.heard))
                notices = await written(office, operator, 2)

                async def killed() -> bool:
                    return not pids

                await until("the process was killed", killed)
            async with mailing(with_mail(office.place, postbox.port)):
                return await settled(office, *notices)

    with open_for_mail(Postbox(arrived=kill)) as postbox:
        assert asyncio.run(run()) == ["delivered"] * 2
    ids = [letter["Message-ID"] for letter in postbox.taken]
    assert (len(ids), len({*ids}), ids[0]) == (3, 2, ids[1])


def test_whoever_is_given_a_ticket_and_wants_email_gets_it_and_no_address_goes_through_nats(office: Office) -> None:
    channel = beside(office.place.settings.schema_name, "routing", "notifying")

    async def run() -> list[Told]:
        place = with_mail(office.place, postbox.port)
        async with served(office) as operator, AsyncExitStack() as stack:
            for part in (relaying(place, channel=channel), reacting(place, channel=channel)):
                await stack.enter_async_context(part)
            wants = SetNoticeChannels(worker=office.world.worker, channels=(Channel.EMAIL,))
            for command in (
                wants,
                SetWorkerEmail(worker=office.world.worker, email=ADDRESS),
                SetHelpdeskResponsible(responsible=office.world.worker),
            ):
                await operator.send(command, actor=SYSTEM, happened_at=LONG_AGO)
            await operator.send(OpenTicket(customer=office.world.contact, title="It hums"), actor=SYSTEM)

            async def arrived() -> bool:
                return any(letter["Subject"].endswith("is yours") for letter in postbox.taken)

            await until("the letter arrived", arrived)  # what lay in the log before may bring others
            async with listening(place) as service:
                await published(place, service, channel)
                found = await told(service, channel)
                await service.jetstream().delete_stream(channel.stream)
                return found

    with open_for_mail(Postbox()) as postbox:
        facts = asyncio.run(run())
    assert {"worker.email-set", "notice.written"} <= {fact.event["type"] for fact in facts}
    assert not [fact for fact in facts if ADDRESS.encode() in fact.body or ADDRESS in fact.subject]
