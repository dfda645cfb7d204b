"""The laws of command handling, each a function that holds of a world that keeps it and fails with a planted bug."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from company import COMPANY_SO_FAR
from specification import Given, given

from commands.handler import Handler
from commands.request import Request
from domain.decider import Decider
from domain.fact import Fact


def world() -> Given:
    return given(COMPANY_SO_FAR)


def stored(found: Given) -> list[Fact[Any]]:
    return list(found.log.facts)


def asking_twice_leaves_what_asking_once_left(found: Given, once: Request, again: Request) -> bool:
    """Two requests for the same, each with its own id."""
    found.ask(once)
    before = stored(found)
    found.ask(again)
    return stored(found) == before


def one_command_id_has_one_effect(found: Given, request: Request) -> bool:
    (first,) = found.ask(request)
    before = stored(found)
    (second,) = found.ask(request)
    remembered = second == first._replace(repeated=True)
    return stored(found) == before and (remembered or (not first.thing and second.code == first.code))


def a_refused_request_writes_no_fact(found: Given, request: Request) -> bool:
    before = stored(found)
    (answer,) = found.ask(request)
    return not answer.code or stored(found) == before


def together_is_one_by_one(requests: Sequence[Request]) -> bool:
    """Some order of one after the other gives the same, and in it those about one thing stand as they came.

    A request that came twice moves the ground of those decided on its second effect; they are decided again, later.
    """
    together, singly = world(), world()
    answers = together.ask(*requests)
    order = list(together.log.taken)
    alone = [(request, singly.ask(request)[0]) for request in order]
    told = {id(each): [answer for request, answer in alone if request is each] for each in requests}
    same = all(answer == told[id(each)].pop(0) for each, answer in zip(requests, answers, strict=True))
    unmoved = len({each.id for each in requests}) == len(requests)
    in_order = _by_thing(order) == _by_thing(requests) or not unmoved
    return same and stored(together) == stored(singly) and in_order


def _by_thing(requests: Sequence[Request]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for each in requests:
        thing = each.command.of.stream(each.command.own_id(each.new_id))
        found.setdefault(thing, []).append(each.id)
    return found


def versions_are_contiguous_and_positions_too(found: Given) -> bool:
    streams = all(
        [fact.version for fact in facts] == list(range(1, len(facts) + 1)) for facts in found.log.streams.values()
    )
    return streams and [fact.position for fact in stored(found)] == list(range(1, len(stored(found)) + 1))


def a_prefix_and_the_rest_are_all(decider: Decider[Any, Any], facts: Sequence[Fact[Any]]) -> bool:
    whole = decider.fold(facts)
    return all(decider.fold(facts[cut:], decider.fold(facts[:cut])) == whole for cut in range(len(facts) + 1))


def a_stale_process_honours_no_withdrawn_right(withdraw: Request, use: Request) -> bool:
    """Two processes on one log: what the second one knows is old when it decides."""
    found = world()
    other = Given(found.log)
    other.handler = Handler(found.log)
    other.ask(use)
    found.ask(withdraw)
    before = stored(found)
    other.ask(_other(use))
    return stored(found) == before


def _other(request: Request) -> Request:
    return replace(request, id=f"{request.id}-again", new_id=f"{request.new_id}-again")
