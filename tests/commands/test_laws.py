"""What holds of every request, whichever it is and in whatever company it comes."""

from datetime import timedelta
from typing import Any

import laws
import pytest
from company import COMPANY_SO_FAR, OVEN, VERA, ZOE, so_far
from hypothesis import given, settings
from hypothesis import strategies as st
from specification import given as having
from specification import of, on_monday, request

from commands.command import Command
from commands.request import Request
from commands.service.contract import ReviseContract
from commands.service.exchange import LogCall
from commands.service.holding import AssignTicket
from commands.service.ticket import HoldTicket
from commands.staff.worker import HireWorker
from domain.decider import Decider
from domain.service.contract import Targets, Terms
from domain.staff.team import TEAM, TeamFormed
from domain.staff.worker import SYSTEM
from examples import ANNA, BORIS, GOLD, OFFICE, PUMP, REQUESTS, SLIGHT

TEN = on_monday(10)
ALWAYS_NEW = {
    *("contact.rename", "contact.set-numbers", "contact.add-address", "contact.change-address"),
    *("contact.note", "ticket.log-call", "ticket.log-message", "ticket.note", "worker.rename", "worker.set-email"),
}
"""What is said again is said twice; and whatever makes a thing makes another one."""

IDEMPOTENT = [command for command in REQUESTS if not command.makes() and command.topic not in ALWAYS_NEW]
ACTORS = [SYSTEM, ANNA, BORIS, VERA, ZOE]


def by_topic(command: Command) -> str:
    return command.topic


@pytest.mark.parametrize("command", IDEMPOTENT, ids=by_topic)
def test_asking_twice_leaves_what_asking_once_left(command: Command) -> None:
    once, again = (request(command, at=TEN) for _ in range(2))
    assert laws.asking_twice_leaves_what_asking_once_left(having(so_far(command)), once, again)


@pytest.mark.parametrize("command", IDEMPOTENT, ids=by_topic)
def test_asking_late_and_twice_leaves_what_asking_once_left(command: Command) -> None:
    world = having(so_far(command))
    world.ask(request(command, at=TEN))
    once, again = (request(command, at=TEN, happened=on_monday(9, 30)) for _ in range(2))
    assert laws.asking_twice_leaves_what_asking_once_left(world, once, again)


@pytest.mark.parametrize("command", [each for each in REQUESTS if each not in IDEMPOTENT], ids=by_topic)
def test_what_is_always_new_is_done_each_time(command: Command) -> None:
    once, again = (request(command, at=TEN) for _ in range(2))
    assert not laws.asking_twice_leaves_what_asking_once_left(having(so_far(command)), once, again)


@pytest.mark.parametrize("actor", [SYSTEM, ZOE])
@pytest.mark.parametrize("command", REQUESTS, ids=by_topic)
def test_one_command_id_has_one_effect_and_one_answer(command: Command, actor: str) -> None:
    assert laws.one_command_id_has_one_effect(having(so_far(command)), request(command, actor=actor, at=TEN))


@st.composite
def conversations(draw: Any) -> list[Request]:
    """Requests of all kinds, by all kinds of people, about two tickets; some late, some twice under one id."""
    found: list[Request] = []
    for n in range(draw(st.integers(1, 10))):
        if found and draw(st.integers(0, 5)) == 0:
            found.append(draw(st.sampled_from(found)))
            continue
        command = draw(st.sampled_from(REQUESTS))
        changes: dict[str, Any] = {}
        if "ticket" in type(command).model_fields and draw(st.booleans()):
            changes["ticket"] = OVEN
        if command.topic == "ticket.assess" and draw(st.booleans()):
            changes["severity"] = SLIGHT
        if command.topic == "ticket.change-contract" and draw(st.booleans()):
            changes["contract"] = draw(st.sampled_from([GOLD, None]))
        at = TEN + timedelta(minutes=n)
        late = draw(st.sampled_from([None, None, timedelta(minutes=3), timedelta(minutes=30), timedelta(hours=2)]))
        found.append(
            request(
                command.model_copy(update=changes),
                actor=draw(st.sampled_from(ACTORS)),
                at=at,
                happened=None if late is None else at - late,
                id=f"command-{n}",
                expected=draw(st.sampled_from([None, None, None, 1, 2, 3])),
            )
        )
    return found


@settings(max_examples=80, deadline=None)
@given(conversations())
def test_decided_together_is_decided_one_by_one(requests: list[Request]) -> None:
    assert laws.together_is_one_by_one(sorted(requests, key=lambda each: each.received_at))


def test_what_is_refused_for_its_instant_keeps_its_place_behind_what_waits() -> None:
    hire = request(HireWorker(name="Anna Kovalenko"), at=TEN, id="hire")
    assign = request(AssignTicket(ticket=PUMP, assignee=BORIS), at=TEN, id="assign")
    late = request(HoldTicket(ticket=PUMP), actor=ANNA, at=TEN, happened=on_monday(9, 30), id="late")
    assert laws.together_is_one_by_one([hire, assign, late])


def test_a_revision_of_the_same_batch_counts_from_its_recorded_instant_alone() -> None:
    strict = Terms(calendar=OFFICE, general=Targets(first_response_seconds=60))
    revise = request(ReviseContract(contract=GOLD, terms=strict), at=TEN, id="revise")
    call = request(LogCall(ticket=PUMP, answered=True), at=TEN + timedelta(minutes=1), id="call")
    later = of(TEAM, "later", TeamFormed(name="Later"), at=TEN + timedelta(minutes=5))
    together, singly = having(COMPANY_SO_FAR, later), having(COMPANY_SO_FAR, later)
    together.ask(revise, call)
    singly.ask(revise)
    singly.ask(call)
    assert laws.stored(together) == laws.stored(singly)


@settings(max_examples=40, deadline=None)
@given(conversations())
def test_a_refused_request_writes_no_fact(requests: list[Request]) -> None:
    world = laws.world()
    for each in requests:
        assert laws.a_refused_request_writes_no_fact(world, each)


@settings(max_examples=40, deadline=None)
@given(conversations())
def test_streams_and_log_have_no_gaps_and_fold_from_anywhere(requests: list[Request]) -> None:
    world = laws.world()
    world.ask(*requests)
    assert laws.versions_are_contiguous_and_positions_too(world)
    deciders: dict[str, Decider[Any, Any]] = {command.of.kind: command.of for command in REQUESTS}
    for stream, facts in world.log.streams.items():
        kind = next(kind for kind in sorted(deciders, key=len, reverse=True) if stream.startswith(f"{kind}-"))
        assert laws.a_prefix_and_the_rest_are_all(deciders[kind], facts)


@settings(max_examples=40, deadline=None)
@given(conversations())
def test_a_whole_conversation_said_again_under_its_ids_changes_nothing(requests: list[Request]) -> None:
    world = laws.world()
    kept = [each for each in requests if world.ask(each)[0].code != "RightMissing"]
    before = laws.stored(world)
    world.ask(*[each for each in kept if world.log.known.get((each.caller, each.id))])
    assert laws.stored(world) == before
