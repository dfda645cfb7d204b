"""Whoever answers and cannot is told of once, however many rights change meanwhile, and none is missed (R-DIR-4)."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from delivery import PATIENCE_SECONDS, listening, until
from door import new_place
from inquirers import followed
from nats.js.errors import NotFoundError
from world import World, set_up

from adapters.composition import Place, client, reacting, relaying, serving
from adapters.embedded import Running
from adapters.nats import lapse, latest
from adapters.nats.channel import Channel, beside
from adapters.nats.client import Client, Declined
from adapters.postgres import ends, positions
from adapters.postgres.schema import connect
from commands.clients.directory import SetDirectoryRight
from commands.clients.group import SetGroupResponsible
from commands.command import Command
from commands.company.process_area import ListProcessArea, SetProcessAreaResponsible
from commands.company.responsibility import CheckResponsibilities
from commands.company.settings import SetHelpdeskResponsible
from commands.service.holding import AssignTicket
from commands.staff.area import GiveAreaRole, TakeAreaRole
from commands.staff.team import AddTeamMember, FormTeam, RemoveTeamMember
from commands.staff.worker import DeactivateWorker, HireWorker, PlanAbsence, ReactivateWorker
from domain.clients.directory import Level
from domain.company.responsibility import CHECK, RESPONSIBILITY, Kind, LackFound, Lacking, Row
from domain.company.settings import COMPANY
from domain.fact import Event
from domain.staff.area import Role
from domain.staff.worker import SYSTEM
from domain.values import Id, ProcessAreaId, TeamId, WorkerId, team_holder, worker_holder
from projections.company.lacking import RESTS_ON
from projections.company.responsibility import ResponsibilityCheck
from projections.names import CALLED

LONG_AGO = datetime(2020, 1, 6, tzinfo=timezone.utc)
CHECKING = "kartoteka-checking-v1"
FOLLOWED = (*RESTS_ON, CALLED)
Told = list[tuple[Row, tuple[Lacking, ...]]]
"""What was told, in order; without anything lacking: settled."""


@pytest.fixture
def place(servers: Running, state: Path) -> Place:
    return new_place(servers, state)


@pytest.fixture
def channel(place: Place) -> Iterator[Channel]:
    """A channel of the test's own, which leaves no stream behind."""
    channel = beside(place.settings.schema_name, "checking")
    yield channel
    asyncio.run(forget(place, channel))


async def forget(place: Place, channel: Channel) -> None:
    async with listening(place) as service:
        with suppress(NotFoundError):
            await service.jetstream().delete_stream(channel.stream)


def rows(place: Place, query: str, *parameters: Any) -> list[tuple[Any, ...]]:
    with connect(place.postgres_url, place.settings.schema_name) as database:
        return database.execute(query.encode(), parameters).fetchall()


TOLD = "SELECT topic, convert_from(state, 'UTF8') FROM facts WHERE originator_id = %s ORDER BY notification_id"


def told(place: Place) -> Told:
    found: Told = []
    for topic, body in rows(place, TOLD, RESPONSIBILITY.stream(CHECK)):
        event: Any = Event.by_topic[topic].model_validate_json(body)
        lacks = event.lacks if isinstance(event, LackFound) else ()
        found.append((Row(event.kind, event.thing, event.process_area, event.worker), lacks))
    return found


def still_open(place: Place) -> dict[Row, tuple[Lacking, ...]]:
    return {row: lacks for row, lacks in dict(told(place)).items() if lacks}


def told_twice(place: Place) -> list[Row]:
    """What was told again though nothing had changed."""
    last: dict[Row, tuple[Lacking, ...]] = {}
    twice = []
    for row, lacks in told(place):
        if last.get(row, ()) == lacks:
            twice.append(row)
        last[row] = lacks
    return twice


def checks(place: Place) -> int:
    """How often it was looked."""
    return int(rows(place, "SELECT count(*) FROM command_log WHERE caller = 'checking'")[0][0])


class Here(NamedTuple):
    """A company whose one worker answers for the one group's invoices, and can."""

    place: Place
    channel: Channel
    desk: Client
    world: World
    invoicing: ProcessAreaId

    @property
    def row(self) -> Row:
        return Row(Kind.GROUP, Id(self.world.group), self.invoicing, self.world.worker)

    async def do(self, command: Command, at: datetime | None = None) -> str:
        return (await self.desk.send(command, actor=SYSTEM, happened_at=at)).id

    async def level(self, level: Level) -> None:
        """What the worker may do with the group's directory from here on."""
        right = SetDirectoryRight(directory=self.world.directory, holder=worker_holder(self.world.worker), level=level)
        await self.do(right)

    async def at_rest(self) -> None:
        """Wait until everything that is in the log was heard and dealt with."""
        async with listening(self.place) as service:
            streams = service.jetstream()

            async def dealt_with() -> bool:
                try:
                    last = (await streams.stream_info(self.channel.stream)).state.last_seq
                    info = await streams.consumer_info(self.channel.stream, CHECKING)
                except NotFoundError:
                    return False
                end = rows(self.place, "SELECT position FROM head")[0][0]
                return last == end and not info.num_pending and not info.num_ack_pending

            await until("everything is dealt with", dealt_with, seconds=3 * PATIENCE_SECONDS)


@asynccontextmanager
async def company(place: Place, channel: Channel) -> AsyncIterator[Here]:
    async with client(place) as desk:
        world = await set_up(desk)
        invoicing = ProcessAreaId((await desk.send(ListProcessArea(name="Invoicing"), actor=SYSTEM)).id)
        here = Here(place, channel, desk, world, invoicing)
        await here.do(SetGroupResponsible(group=world.group, process_area=invoicing, person=world.worker), LONG_AGO)
        yield here


def played(place: Place, channel: Channel, play: Callable[[Here], Awaitable[None]]) -> None:
    """With everything that runs."""

    async def run() -> None:
        async with serving(place), company(place, channel) as here:
            with followed(place, FOLLOWED):
                async with relaying(place, channel=channel), reacting(place, channel=channel):
                    await play(here)
                    await here.at_rest()

    asyncio.run(run())


def test_a_right_taken_away_is_told_once_and_given_back_it_is_settled(place: Place, channel: Channel) -> None:
    async def play(here: Here) -> None:
        await here.at_rest()
        assert told(place) == []
        await here.level(Level.NONE)
        await here.at_rest()
        assert told(place) == [(here.row, (Lacking.DIRECTORY,))]
        await here.do(FormTeam(name="Another"))
        other = await here.do(HireWorker(name="Somebody"))
        for _ in range(3):
            await here.do(DeactivateWorker(worker=WorkerId(other), forced=True))
            await here.do(ReactivateWorker(worker=WorkerId(other)))
            await here.at_rest()
        assert told(place) == [(here.row, (Lacking.DIRECTORY,))]
        await here.level(Level.USE)
        await here.at_rest()
        assert told(place) == [(here.row, (Lacking.DIRECTORY,)), (here.row, ())]

    played(place, channel, play)


def test_everything_that_one_lacks_is_told_and_what_changes_is_told_anew(place: Place, channel: Channel) -> None:
    async def play(here: Here) -> None:
        member = {"area": here.world.area, "holder": worker_holder(here.world.worker), "role": Role.MEMBER}
        await here.do(TakeAreaRole(**member))
        await here.at_rest()
        assert still_open(place) == {here.row: (Lacking.AREA,)}
        await here.level(Level.NONE)
        await here.do(DeactivateWorker(worker=here.world.worker, forced=True))
        await here.at_rest()
        assert still_open(place) == {here.row: (Lacking.ACTIVE, Lacking.AREA, Lacking.DIRECTORY)}
        await here.do(SetGroupResponsible(group=here.world.group, process_area=here.invoicing))
        await here.at_rest()
        assert still_open(place) == {}

    played(place, channel, play)


@pytest.mark.soak
def test_a_team_answers_with_all_its_members_and_not_at_all_when_it_has_none(place: Place, channel: Channel) -> None:
    async def play(here: Here) -> None:
        world, row = here.world, here.row._replace(worker=None)
        await here.do(SetGroupResponsible(group=world.group, process_area=here.invoicing, team=world.team))
        other = WorkerId(await here.do(HireWorker(name="Somebody")))
        await here.do(AddTeamMember(team=world.team, worker=other))
        await here.at_rest()
        assert still_open(place) == {row._replace(worker=other): (Lacking.AREA, Lacking.DIRECTORY)}
        them = team_holder(world.team)
        await here.do(SetDirectoryRight(directory=world.directory, holder=them, level=Level.USE))
        await here.do(GiveAreaRole(area=world.area, holder=them, role=Role.MEMBER))
        await here.at_rest()
        assert still_open(place) == {}
        for each in (world.worker, other):
            await here.do(RemoveTeamMember(team=world.team, worker=each))
        await here.at_rest()
        assert still_open(place) == {row: (Lacking.MEMBERS,)}

    played(place, channel, play)


def test_process_areas_and_the_helpdesk_have_somebody_who_answers_as_well(place: Place, channel: Channel) -> None:
    async def play(here: Here) -> None:
        nobody = TeamId(await here.do(FormTeam(name="Nobody yet")))
        other = WorkerId(await here.do(HireWorker(name="Somebody")))
        answers = SetProcessAreaResponsible(process_area=here.invoicing, responsible=team_holder(nobody))
        await here.do(answers, LONG_AGO)
        await here.do(SetHelpdeskResponsible(responsible=other), LONG_AGO)
        await here.at_rest()
        assert still_open(place) == {
            Row(Kind.PROCESS_AREA, Id(here.invoicing), None, None): (Lacking.MEMBERS,),
            Row(Kind.HELPDESK, Id(COMPANY), None, other): (Lacking.AREA,),
        }

    played(place, channel, play)


def test_a_thousand_changes_in_a_row_are_looked_at_a_few_times_and_the_last_one_counts(
    place: Place, channel: Channel
) -> None:
    async def play(here: Here) -> None:
        for level in (Level.USE, Level.NONE) * 25:
            await asyncio.gather(*(here.level(level) for _ in range(20)))
        await here.at_rest()
        assert still_open(place) == {here.row: (Lacking.DIRECTORY,)}
        await here.level(Level.USE)
        await here.at_rest()
        assert still_open(place) == {}

    played(place, channel, play)
    assert told_twice(place) == []
    assert Counter(dict(rows(place, CHANGED)))["directory.right-set"] >= 50
    assert 0 < checks(place) < 30


CHANGED = "SELECT topic, count(*) FROM facts GROUP BY topic"


def test_what_is_told_is_what_the_question_answers(place: Place, channel: Channel) -> None:
    async def play(here: Here) -> None:
        await here.level(Level.NONE)
        await here.do(SetGroupResponsible(group=here.world.group, process_area=here.invoicing, team=here.world.team))
        await here.do(DeactivateWorker(worker=here.world.worker, forced=True))
        await here.at_rest()
        answered = (await here.desk.query(ResponsibilityCheck(), actor=SYSTEM))["rows"]
        assert (
            {
                Row(Kind(row["kind"]), row["thing"], row["process_area"], row["worker"]): tuple(row["lacks"])
                for row in answered
            }
            == still_open(place)
            != {}
        )

    played(place, channel, play)


def test_the_administrator_may_have_it_looked_at_and_others_may_not(place: Place, channel: Channel) -> None:
    async def run() -> None:
        async with serving(place), company(place, channel) as here:
            with followed(place, FOLLOWED):
                await here.level(Level.NONE)
                other = await here.do(HireWorker(name="Somebody"))
                with pytest.raises(Declined, match="RightMissing"):
                    await here.desk.send(CheckResponsibilities(), actor=other)
                await here.desk.send(CheckResponsibilities(), actor=here.world.worker)
                assert still_open(place) == {here.row: (Lacking.DIRECTORY,)}

    asyncio.run(run())


async def rows_come_late(place: Place, channel: Channel, meanwhile: Callable[[Here], Awaitable[None]]) -> Row:
    """Somebody is to answer who cannot, and read models show that only after it was heard of; who and for what."""
    async with serving(place), company(place, channel) as here:
        with followed(place, FOLLOWED):
            pass
        other = WorkerId(await here.do(HireWorker(name="Somebody")))
        await here.do(SetGroupResponsible(group=here.world.group, process_area=here.invoicing, person=other))
        async with relaying(place, channel=channel), reacting(place, channel=channel):
            await meanwhile(here)
            assert still_open(place) == {}
            with followed(place, FOLLOWED):
                await here.at_rest()
        return here.row._replace(worker=other)


def test_it_is_not_looked_before_the_rows_can_be_seen(place: Place, channel: Channel) -> None:
    async def heard(here: Here) -> None:
        await asyncio.sleep(1.0)

    row = asyncio.run(rows_come_late(place, channel, heard))
    assert still_open(place) == {row: (Lacking.AREA, Lacking.DIRECTORY)}


def test_looked_at_too_early_it_would_be_missed(
    place: Place, channel: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def at_once(*_: Any) -> int:
        return 2**62

    monkeypatch.setattr(positions, "come", at_once)
    asyncio.run(rows_come_late(place, channel, Here.at_rest))
    assert still_open(place) == {}


def test_what_one_process_leaves_another_takes_up(place: Place, channel: Channel) -> None:
    async def run() -> None:
        async with serving(place), company(place, channel) as here:
            with followed(place, FOLLOWED):
                async with relaying(place, channel=channel):
                    for level in (Level.NONE, Level.USE, Level.NONE):
                        async with reacting(place, channel=channel):
                            await here.level(level)
                    async with reacting(place, channel=channel), reacting(place, channel=channel):
                        await here.at_rest()
        assert still_open(place) == {here.row: (Lacking.DIRECTORY,)}
        assert told_twice(place) == []

    asyncio.run(run())


def test_of_two_who_look_at_once_the_last_word_is_what_is_so(
    place: Place, channel: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was told is looked at again; with that no check that saw too little has the last word."""
    monkeypatch.setattr(latest, "BREATHER_SECONDS", 0.0)

    async def run() -> None:
        async with serving(place), serving(place), company(place, channel) as here:
            hearing = reacting(place, channel=channel), reacting(place, channel=channel)
            with followed(place, FOLLOWED):
                async with relaying(place, channel=channel), hearing[0], hearing[1]:
                    for level in (*(Level.NONE, Level.USE) * 20, Level.NONE):
                        await here.level(level)
                    await here.at_rest()
        assert still_open(place) == {here.row: (Lacking.DIRECTORY,)}
        assert told_twice(place) == []

    asyncio.run(run())


def test_a_right_that_ends_is_missed_without_any_fact(
    place: Place, channel: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lapse, "LOOK_SECONDS", 0.1)
    monkeypatch.setattr(ends, "SKEW", timedelta(seconds=0.1))

    async def play(here: Here) -> None:
        await here.level(Level.NONE)
        await here.at_rest()
        assert still_open(place) == {here.row: (Lacking.DIRECTORY,)}
        her, until_then = worker_holder(here.world.worker), datetime.now(timezone.utc) + timedelta(seconds=3)
        right = SetDirectoryRight(directory=here.world.directory, holder=her, level=Level.USE, until=until_then)
        await here.do(right)
        await here.at_rest()
        assert still_open(place) == {}

        async def missed() -> bool:
            return still_open(place) == {here.row: (Lacking.DIRECTORY,)}

        await until("the end was noticed", missed)
        await here.at_rest()
        before = checks(place)
        await asyncio.sleep(0.5)
        assert checks(place) == before

    played(place, channel, play)
    assert told_twice(place) == []


@pytest.mark.soak
def test_who_has_a_ticket_and_goes_away_is_told_of_without_any_fact_until_they_are_back(
    place: Place, channel: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lapse, "LOOK_SECONDS", 0.1)
    monkeypatch.setattr(ends, "SKEW", timedelta(seconds=0.1))

    async def play(here: Here) -> None:
        row = Row(Kind.TICKET, Id(here.world.ticket), None, here.world.worker)
        await here.do(AssignTicket(ticket=here.world.ticket, assignee=here.world.worker))
        since = datetime.now(timezone.utc) + timedelta(seconds=2)
        away = PlanAbsence(worker=here.world.worker, since=since, until=since + timedelta(seconds=3))
        await here.do(away)
        await here.at_rest()
        assert told(place) == []

        async def missed() -> bool:
            return still_open(place) == {row: (Lacking.PRESENCE,)}

        async def back() -> bool:
            return told(place) == [(row, (Lacking.PRESENCE,)), (row, ())]

        await until("the absence was noticed", missed)
        await until("so was the return", back)

    played(place, channel, play)
