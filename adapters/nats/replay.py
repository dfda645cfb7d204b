"""A dead letter is replayed by the reaction it failed in, from the log, and is done with when that succeeds."""

from __future__ import annotations

from dataclasses import dataclass

from adapters.cloud_event import cloud_event
from adapters.heard import heard
from adapters.nats.client import Client
from adapters.nats.reaction import ask, calls_of
from adapters.postgres.dead_letters import Cause, DeadLetter, DeadLetters, State
from commands.reactions.catalogue import REACTIONS
from commands.reactions.reaction import Heard

GONE = Cause("FactGone", "The log holds no such fact at this position: it was never stored, or is of an earlier log.")
LASTING = 404
"""A refusal that the service remembers under the request's id, which thereby is known to have had no effect."""


async def fact_of(letter: DeadLetter, letters: DeadLetters) -> Heard | None:
    """The fact as it is published, which is how the handler heard of it; None where the log has it no longer."""
    found = await letters.fact(letter.position)
    if found is None or found.event_id != letter.event_id:
        return None
    return heard(cloud_event(found, f"/kartoteka/{letters.schema}"))


@dataclass(frozen=True, slots=True)
class Replay:
    """`client` speaks under the credentials of the letter's handler; `by` is who wants it."""

    letters: DeadLetters
    client: Client
    by: str

    async def run(self, letter: DeadLetter) -> Cause | None:
        """Why it failed again, or None. Raises NoAnswer when patience ends; then the letter is as it was."""
        fact = await fact_of(letter, self.letters)
        cause = GONE if fact is None else await self._follow(letter, fact)
        if cause is None:
            await self.letters.settle(letter.id, State.REPLAYED, self.by)
        else:
            await self.letters.tried(letter.id, cause)
        return cause

    async def _follow(self, letter: DeadLetter, fact: Heard) -> Cause | None:
        """Under the first ids, which may have had their effect; where one surely had none, under another."""
        reaction = REACTIONS[letter.handler]
        calls = calls_of(reaction, fact)
        if isinstance(calls, Cause):
            return calls
        for n, call in enumerate(calls):
            no = await ask(self.client, reaction, fact, call)
            if no is not None and no.status == LASTING:
                no = await ask(self.client, reaction, fact, reaction.calls(fact, letter.replays + 1)[n])
            if no is not None:
                return Cause(no.code, no.title)
        return None
