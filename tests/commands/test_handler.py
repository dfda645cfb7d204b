"""One straight line for every request: once, on what was read, and together with its neighbours or not at all."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from company import COMPANY_SO_FAR, OLENA
from memory import MemoryLog
from specification import Given, finished, given, of, on_monday, request

from commands.catalogue import DECIDERS
from commands.clients.contact import OpenContact, RenameContact
from commands.clients.group import SetGroupContract
from commands.command import Change, Command, on
from commands.handler import (
    ROUNDS,
    Broken,
    CommandIdClash,
    Contended,
    Handler,
    Kept,
    States,
    SubjectFenced,
    VersionMoved,
)
from commands.permission import RightMissing
from commands.request import Attempt, Fate, News, Request, Settled
from commands.service.contract import ConcludeContract
from commands.service.exchange import LogCall
from commands.service.holding import TakeTicket
from commands.service.opening import OpenTicket
from commands.service.ticket import HoldTicket
from commands.staff.team import AddTeamMember, FormTeam
from commands.staff.worker import GrantRight, HireWorker, WithdrawRight
from domain.clients.contact import CONTACT, ContactAlreadyOpened, ContactOpened
from domain.clients.group import GROUP, GroupRanked
from domain.fact import Fact
from domain.service.contract import Terms
from domain.service.holding import TicketAssigned
from domain.service.ticket import TICKET, TicketHeld, TicketOpened, TicketStarted, TicketUnknown
from domain.staff.team import TEAM
from domain.staff.worker import WORKER, Right, WorkerHired, WorkerRightGranted, WorkerRightWithdrawn
from domain.values import ContactId, ContractId, SubjectId, WorkerId
from examples import ANNA, BORIS, CUSTOMERS, HOTLINE, MILL, OFFICE, PUMP, VIP

TEN = on_monday(10)
ID = "0190a0a0-0000-7000-8000-000000000001"


def test_the_same_command_id_does_nothing_twice_and_is_answered_alike() -> None:
    world = given(COMPANY_SO_FAR)
    again = [request(HireWorker(name="Petro"), at=TEN, id=ID) for _ in range(2)]
    (first,), (second,) = world.ask(again[0]), world.ask(again[1])
    assert (first.code, first.repeated, second.repeated) == ("", False, True)
    assert second == first._replace(repeated=True)
    assert len(world.log.streams[f"worker-{first.thing}"]) == 1


def test_the_same_command_id_twice_in_one_batch_does_nothing_twice() -> None:
    world = given(COMPANY_SO_FAR)
    hire = request(HireWorker(name="Petro"), at=TEN, id=ID)
    first, second = world.ask(hire, hire)
    assert second == first._replace(repeated=True)
    assert len(world.log.streams[f"worker-{first.thing}"]) == 1


def test_a_command_id_used_for_another_request_is_refused() -> None:
    world = given(COMPANY_SO_FAR)
    world.when(HoldTicket(ticket=PUMP), at=TEN, id=ID).then(TicketHeld())
    world.when(TakeTicket(ticket=PUMP), at=TEN, id=ID).refused(CommandIdClash)
    world.when(HoldTicket(ticket=PUMP), at=TEN, id=ID, actor=ANNA).refused(CommandIdClash)


def test_a_refusal_is_a_lasting_answer_but_for_a_missing_right() -> None:
    world = given(COMPANY_SO_FAR)
    world.when(HoldTicket(ticket="nowhere"), at=TEN, id=ID).refused(TicketUnknown)
    assert world.when(HoldTicket(ticket="nowhere"), at=TEN, id=ID).answer.repeated
    other = ID[:-1] + "2"
    world.when(GrantRight(worker=ANNA, right=Right.SALES), actor=ANNA, at=TEN, id=other).refused(RightMissing)
    world.when(GrantRight(worker=ANNA, right=Right.CRM_ADMINISTRATOR), at=TEN).then(
        WorkerRightGranted(right=Right.CRM_ADMINISTRATOR)
    )
    world.when(GrantRight(worker=ANNA, right=Right.SALES), actor=ANNA, at=TEN, id=other).then(
        WorkerRightGranted(right=Right.SALES)
    )


def test_a_version_that_is_expected_and_not_there_is_refused() -> None:
    hold = HoldTicket(ticket=PUMP)
    for expected in (1, 3):
        given(COMPANY_SO_FAR).when(hold, at=TEN, expected=expected).refused(VersionMoved)
    given(COMPANY_SO_FAR).when(hold, at=TEN, expected=2).then(TicketHeld())
    given().when(HireWorker(name="x"), at=TEN, expected=1).refused(VersionMoved)
    assert given().when(HireWorker(name="x"), at=TEN, expected=0).answer.code == ""


def test_the_answer_names_the_thing_its_version_and_where_the_log_stands() -> None:
    world = given(COMPANY_SO_FAR)
    answer = world.when(TakeTicket(ticket=PUMP), actor=ANNA, at=TEN).answer
    assert (answer.thing, answer.version, answer.position, answer.repeated) == (PUMP, 4, len(world.log.facts), False)


def test_of_one_batch_each_is_decided_on_what_those_before_it_made() -> None:
    world = given(COMPANY_SO_FAR)
    form = request(FormTeam(name="Night"), actor=OLENA, at=TEN)
    add = request(AddTeamMember(team=form.new_id, worker=ANNA), actor=OLENA, at=TEN)
    assert [answer.code for answer in world.ask(form, add, add)] == ["", "", ""]
    assert world.state(TEAM, form.new_id).members == {ANNA}
    withdraw = request(WithdrawRight(worker=OLENA, right=Right.CRM_ADMINISTRATOR), at=TEN)
    hire = request(HireWorker(name="x"), actor=OLENA, at=TEN)
    assert [answer.code for answer in world.ask(withdraw, hire)] == ["", "RightMissing"]


def test_a_thing_of_that_id_that_nobody_remembers_asking_for_is_not_made_again() -> None:
    world = given(of(WORKER, request(HireWorker(name="x"), id=ID).new_id, WorkerHired(subject="1", name="x")))
    world.when(HireWorker(name="x"), at=TEN, id=ID).refused(Contended)


class OpenPair(Command, topic="test.open-pair", of=CONTACT):
    """Two streams in one request."""

    def decide(self, own: object, asked: Any) -> Any:
        asked.read(GROUP, VIP)
        yield ContactOpened(directory=CUSTOMERS, subject=asked.new_subject, kind="company", name="x")
        yield from on(GROUP, VIP, [GroupRanked(rank=7)])
        yield Change(GROUP, VIP, GroupRanked(rank=8))


class Break(Command, topic="test.break", of=TICKET):
    """A defect."""

    ticket: str

    def decide(self, own: object, asked: Any) -> Any:
        raise ZeroDivisionError


class Hesitate(Command, topic="test.hesitate", of=TICKET):
    """Facts first, then a refusal."""

    ticket: str

    def decide(self, own: object, asked: Any) -> Any:
        yield TicketHeld()
        raise ContactAlreadyOpened


for _command in (OpenPair, Break, Hesitate):
    del Command.by_topic[_command.topic]  # what is asked for here alone is in nobody's catalogue


def test_a_request_may_change_several_things_at_once() -> None:
    world = given(COMPANY_SO_FAR)
    answer = world.when(OpenPair(), at=TEN).answer
    assert (answer.code, answer.version) == ("", 1)
    assert world.state(GROUP, VIP).rank == 8
    assert [fact.version for fact in world.log.streams[f"group-{VIP}"]] == [1, 2, 3]
    assert world.state(CONTACT, answer.thing).directory == CUSTOMERS


def test_a_decision_that_hesitates_stores_nothing() -> None:
    given(COMPANY_SO_FAR).when(Hesitate(ticket=PUMP), at=TEN).refused(ContactAlreadyOpened)


def test_a_defect_of_one_decision_leaves_its_neighbours_alone_and_is_reported() -> None:
    world, reported = given(COMPANY_SO_FAR), list[Exception]()
    world.handler.failed = lambda request, error: reported.append(error)
    broken = request(Break(ticket=PUMP), at=TEN, id=ID)
    answers = world.ask(broken, request(HoldTicket(ticket=PUMP), at=TEN))
    assert [answer.code for answer in answers] == [Broken.__name__, ""]
    assert {type(error) for error in reported} == {ZeroDivisionError}
    assert not world.ask(broken)[0].repeated


@dataclass
class Disturbed(MemoryLog):
    """Somebody else stores a fact just before each of the first appends."""

    others: list[Fact[Any]] = field(default_factory=list)
    asked: list[int] = field(default_factory=list)

    async def append(self, attempts: Sequence[Attempt]) -> Sequence[Settled]:
        self.asked.append(len(attempts))
        if self.others:
            self._store(self.others.pop(0))
        return await super().append(attempts)


def disturbed(*others: Fact[Any]) -> tuple[Given, Disturbed]:
    world = given(COMPANY_SO_FAR)
    log = Disturbed(world.log.facts, world.log.streams, others=list(others))
    return Given(log), log


def elsewhere(stream: str, version: int, event: Any) -> Fact[Any]:
    return Fact(stream, version, event, TEN, TEN, "other")


def test_a_request_whose_ground_has_moved_is_decided_again_and_its_neighbours_are_not() -> None:
    world, log = disturbed(elsewhere("ticket-pump", 3, TicketAssigned(assignee=BORIS)))
    answers = world.ask(request(TakeTicket(ticket=PUMP), actor=ANNA, at=TEN), request(HireWorker(name="x"), at=TEN))
    assert [answer.code for answer in answers] == ["", ""]
    assert log.asked == [2, 1]
    assert [fact.event for fact in log.streams["ticket-pump"][2:]] == [
        TicketAssigned(assignee=BORIS),
        TicketAssigned(assignee=ANNA),
        TicketStarted(),
    ]


def test_a_right_withdrawn_meanwhile_is_not_honoured() -> None:
    world, log = disturbed(elsewhere("worker-anna", 4, WorkerRightWithdrawn(right=Right.HELPDESK)))
    assert world.when(HoldTicket(ticket=PUMP), actor=ANNA, at=TEN).answer.code == RightMissing.__name__
    assert not any(isinstance(fact.event, TicketHeld) for fact in log.facts)


def test_deciding_again_has_an_end() -> None:
    turns = [elsewhere("ticket-pump", 3 + n, TicketAssigned(assignee=(ANNA, BORIS)[n % 2])) for n in range(ROUNDS)]
    world, log = disturbed(*turns)
    assert world.ask(request(HoldTicket(ticket=PUMP), at=TEN))[0].code == Contended.__name__
    assert len(log.asked) == ROUNDS
    world, log = disturbed(*turns[: ROUNDS - 1])
    assert world.ask(request(HoldTicket(ticket=PUMP), at=TEN))[0].code == ""


@dataclass
class Failing(MemoryLog):
    """Stores the first append, and then says nothing about it."""

    broken: bool = True

    async def append(self, attempts: Sequence[Attempt]) -> Sequence[Settled]:
        settled = await super().append(attempts)
        if self.broken:
            self.broken = False
            raise ConnectionError
        return settled


def test_an_append_nobody_knows_the_outcome_of_leaves_no_state_behind() -> None:
    world = given(COMPANY_SO_FAR)
    log = Failing(world.log.facts, world.log.streams)
    world = Given(log)
    take = request(TakeTicket(ticket=PUMP), actor=ANNA, at=TEN, id=ID)
    with pytest.raises(ConnectionError):
        world.ask(take)
    (answer,) = world.ask(take)
    assert (answer.code, answer.repeated, answer.version) == ("", True, 4)
    world.when(TakeTicket(ticket=PUMP), actor=ANNA, at=TEN).then()


@dataclass
class Fenced(MemoryLog):
    async def append(self, attempts: Sequence[Attempt]) -> Sequence[Settled]:
        return [Settled(Fate.FENCED) for _ in attempts]


def test_a_forgotten_subject_is_a_refusal_of_its_own() -> None:
    world = Given(Fenced())
    assert world.ask(request(HireWorker(name="x"), at=TEN))[0].code == SubjectFenced.__name__


@dataclass
class Told(MemoryLog):
    """What other processes stored, told as the relay of the store tells it."""

    told: list[News] = field(default_factory=list)
    loaded: list[str] = field(default_factory=list)

    async def load(self, after: Mapping[str, int]) -> Mapping[str, Sequence[Fact[Any]]]:
        self.loaded.extend(after)
        return await super().load(after)

    async def news(self) -> Sequence[News]:
        told, self.told = self.told, []
        return told


def news(fact: Fact[Any]) -> News:
    return News(fact.stream, fact.version, fact.event.topic, lambda: fact)


def unopened(stream: str, version: int, topic: str) -> News:
    """News that nobody may look into: whoever does fails the test."""
    return News(stream, version, topic, lambda: pytest.fail(f"{stream} was opened"))


def told() -> tuple[Given, Told]:
    world = given(COMPANY_SO_FAR)
    log = Told(world.log.facts, world.log.streams)
    world = Given(log)
    world.when(HoldTicket(ticket=PUMP), at=TEN).then(TicketHeld())
    log.loaded.clear()
    return world, log


def test_what_others_stored_is_folded_without_loading() -> None:
    world, log = told()
    fact = elsewhere("ticket-pump", 4, TicketAssigned(assignee=ANNA))
    log._store(fact)
    log.told = [unopened("ticket-pump", 3, "ticket.held"), news(fact), unopened("team-x", 2, "team.member-added")]
    assert world.when(TakeTicket(ticket=PUMP), actor=ANNA, at=TEN).answer.version == 5
    assert "ticket-pump" not in log.loaded


def test_what_others_began_is_known_from_its_first_fact_on() -> None:
    world, log = told()
    hired = elsewhere("worker-petro", 1, WorkerHired(subject=SubjectId("s-petro"), name="Petro"))
    log._store(hired)
    log.told = [news(hired)]
    world.when(GrantRight(worker=WorkerId("petro"), right=Right.HELPDESK), at=TEN).then(
        WorkerRightGranted(right=Right.HELPDESK)
    )
    assert "worker-petro" not in log.loaded


@pytest.mark.parametrize("topic", ["ticket.assigned", "ticket.of-a-later-release"])
def test_news_with_a_gap_or_of_an_unknown_kind_makes_the_stream_be_loaded_again(topic: str) -> None:
    world, log = told()
    facts = [
        elsewhere("ticket-pump", 4, TicketAssigned(assignee=BORIS)),
        elsewhere("ticket-pump", 5, TicketAssigned(assignee=ANNA)),
    ]
    for fact in facts:
        log._store(fact)
    log.told = [unopened("ticket-pump", 5, topic)] if topic in DECIDERS else [unopened("ticket-pump", 4, topic)]
    assert world.when(TakeTicket(ticket=PUMP), actor=ANNA, at=TEN).answer.version == 6
    assert "ticket-pump" in log.loaded


def test_the_states_kept_are_those_used_last() -> None:
    states = States(capacity=2)
    kept = [Kept(WORKER, n, None) for n in range(3)]
    states.put("a", kept[0])
    states.put("b", kept[1])
    assert states.get("a") is kept[0]
    states.put("c", kept[2])
    assert (states.get("a"), states.get("b"), states.get("c")) == (kept[0], None, kept[2])
    states.drop("a")
    assert states.get("a") is None


def test_a_handler_that_remembers_nothing_decides_the_same() -> None:
    asked: list[Request] = [
        request(OpenContact(directory=CUSTOMERS, name="x"), actor=ANNA, at=TEN, id=ID),
        request(RenameContact(contact=ContactId(MILL), name="y"), actor=ANNA, at=TEN),
        request(OpenTicket(customer=MILL, title="t"), actor=ANNA, at=TEN),
        request(LogCall(ticket=PUMP, answered=True), actor=ANNA, at=TEN),
        request(AddTeamMember(team=HOTLINE, worker=BORIS), actor=OLENA, at=TEN),
    ]
    one, other = given(COMPANY_SO_FAR), given(COMPANY_SO_FAR)
    other.handler = Handler(other.log, States(capacity=12))
    for each in asked:
        assert one.ask(each) == other.ask(each)
    assert one.log.facts == other.log.facts
    assert any(isinstance(fact.event, TicketOpened) for fact in one.log.facts)


def test_the_log_in_memory_never_waits() -> None:
    assert finished(MemoryLog().news()) == ()


def test_what_rests_on_a_request_put_aside_is_put_aside_with_it() -> None:
    """The withdrawal has to wait for its asker's rights; who uses the right comes after it, though all is at hand."""
    world = given(COMPANY_SO_FAR)
    world.when(TakeTicket(ticket=PUMP), actor=ANNA, at=TEN)
    world.handler.states.drop(f"worker-{OLENA}")
    withdraw = request(WithdrawRight(worker=ANNA, right=Right.HELPDESK), actor=OLENA, at=TEN)
    use = request(HoldTicket(ticket=PUMP), actor=ANNA, at=TEN)
    answers = world.ask(withdraw, use)
    assert [answer.code for answer in answers] == ["", RightMissing.__name__]


def test_a_text_and_what_is_promised_by_it_may_come_together() -> None:
    world = given(COMPANY_SO_FAR)
    conclude = request(ConcludeContract(name="Silver", terms=Terms(calendar=OFFICE)), at=TEN)
    promise = request(SetGroupContract(group=VIP, contract=ContractId(conclude.new_id)), at=TEN)
    assert [answer.code for answer in world.ask(conclude, promise)] == ["", ""]
