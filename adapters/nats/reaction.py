"""A handler hears of a fact, asks for what follows, and is done with it when every request has its answer.

A refusal by a rule is an answer. While the service is away it is asked again without end. What cannot be asked, or is
refused for another reason time and again, becomes a dead letter.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from typing import Any

import nats.errors
import orjson
from nats.aio.msg import Msg

from adapters.heard import Unreadable, heard
from adapters.nats.burial import EXHAUSTED, keep
from adapters.nats.client import Client, Declined, NoAnswer
from adapters.nats.latest import Latest
from adapters.nats.patience import ENDURING, pause
from adapters.postgres import positions
from adapters.postgres.dead_letters import Cause, DeadLetters, Failed
from adapters.postgres.finder import FOLLOWED
from adapters.telemetry import tracing
from commands.handler import Contended
from commands.reactions.reaction import Call, Heard, Reaction

SETTLED = frozenset({410, 422})
"""Statuses of refusals that are answers: a rule has spoken, and asking again would change nothing."""

AWAY = 503
TRIES = 4
"""How often a request is sent that is refused for another reason: the service may be about to be mended."""


def calls_of(reaction: Reaction, fact: Heard, anew: int = 0) -> Sequence[Call] | Cause:
    """What follows from the fact, or why that cannot be told."""
    try:
        return reaction.calls(fact, anew)
    except Exception as error:
        # What breaks over a fact would break over it again: the fact waits for the fix, the others go on.
        return Cause("ReactionBroken", f"The reaction itself failed at this fact: {type(error).__name__}.")


def payload(reaction: Reaction, fact: Heard, call: Call) -> bytes:
    """The request in its envelope."""
    envelope: dict[str, Any] = {
        "id": call.id,
        "actor": reaction.name,
        "data": call.command.model_dump(mode="json"),
        "correlation": fact.correlation or fact.event_id,
        "causation": fact.event_id,
    }
    if call.happened_at is not None:
        envelope["happened_at"] = call.happened_at
    return orjson.dumps(envelope)


async def ask(client: Client, reaction: Reaction, fact: Heard, call: Call) -> Declined | None:
    """None when the request has its answer, else why it has not. Raises NoAnswer while nobody can tell."""
    try:
        await client.ask(call.command.topic, payload(reaction, fact, call))
    except Declined as no:
        if no.status == AWAY or no.code == Contended.__name__:
            raise NoAnswer(no.code) from no
        return None if no.status in SETTLED else no
    return None


@dataclass(slots=True)
class Hearing:
    """What one handler does with a message; its client sends a request once and leaves the rest to us."""

    reaction: Reaction
    client: Client
    letters: DeadLetters
    leaving: asyncio.Event
    deliveries: int = ENDURING.deliveries
    _latest: Latest = field(init=False)

    def __post_init__(self) -> None:
        models = frozenset[str]().union(*(FOLLOWED[lookup] for lookup in self.reaction.looks_up))
        come = partial(positions.come, self.letters.url, self.letters.schema, models)
        self._latest = Latest(come, self._follow, self.leaving)

    async def deal(self, message: Msg) -> None:
        """Ask and acknowledge, or bury. Raises Leaving."""
        failed = await self._failed(message)
        if failed is None:
            await message.ack()
            return
        await keep(self.letters, failed, self.leaving)
        await self.client.connection.publish(message.reply, f"+TERM {failed.cause.code}".encode())

    async def _failed(self, message: Msg) -> Failed | None:
        deliveries = message.metadata.num_delivered
        try:
            fact = heard(message.data)
        except Unreadable as why:
            cause = Cause(Unreadable.__name__, str(why))
            return Failed(self.reaction.name, message.metadata.sequence.stream, cause, deliveries)
        found: Cause | None = EXHAUSTED
        if deliveries > self.deliveries:  # not once more: this process would be the next to end over it
            deliveries = self.deliveries
        else:
            with tracing.following(f"handle {self.reaction.name} {fact.topic}", fact.traceparent):
                found = await (self._latest.follow(fact) if self.reaction.sums else self._follow(fact))
        if found is None:
            return None
        about = {"event_id": fact.event_id, "topic": fact.topic, "stream": fact.stream}
        return Failed(self.reaction.name, fact.position, found, deliveries, **about)

    async def _follow(self, fact: Heard) -> Cause | None:
        """Ask for everything that follows; the cause where that cannot be done."""
        calls = calls_of(self.reaction, fact)
        if isinstance(calls, Cause):
            return calls
        for call in calls:
            if (no := await self._ask(fact, call)) is not None:
                return Cause(no.code, no.title)
        return None

    async def _ask(self, fact: Heard, call: Call) -> Declined | None:
        """Until there is an answer, or the same request has failed too often."""
        failures = 0
        for tries in count():
            try:
                no = await ask(self.client, self.reaction, fact, call)
            except (NoAnswer, nats.errors.Error):
                pass
            else:
                failures += 1
                if no is None or failures == TRIES:
                    return no
            await pause(tries, self.leaving)
        raise AssertionError("the count has no end")
