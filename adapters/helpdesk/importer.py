"""An import sends every step once: many chains at a time, each in its order, again and again until it is answered."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from adapters.helpdesk.journal import Journal
from adapters.helpdesk.step import Chain, Phase, Step
from adapters.nats.client import Answered, Client, Declined
from commands.handler import CommandIdClash

TRIES = 5
"""How often a step is sent that the service fails at: it does not know then whether the step was stored."""

TRY_AGAIN_SECONDS = 0.5


class Refusal(NamedTuple):
    about: str
    topic: str
    status: int
    code: str
    title: str


class AnotherImport(Exception):
    """The store holds an import of another log, or of this log under another setup; each takes a store of its own."""


class Stopped(Exception):
    """Something that every ticket rests on was refused."""


@dataclass(slots=True)
class Tally:
    """What became of the steps so far."""

    done: int = 0
    repeated: int = 0
    left: int = 0
    """Not sent, since what they rest on was refused."""
    refused: list[Refusal] = field(default_factory=list)

    @property
    def answered(self) -> int:
        return self.done + self.repeated + self.left + len(self.refused)


@dataclass(slots=True)
class Importer:
    """Sends phases through a connected client; `told` hears of every answer."""

    client: Client
    in_flight: int
    journal: Journal | None = None
    told: Callable[[Tally], None] = lambda tally: None
    tally: Tally = field(default_factory=Tally)
    fallen: set[str] = field(default_factory=set)
    """The ids of steps that were refused, or not sent for that reason."""

    async def run(self, phases: Sequence[Phase]) -> Tally:
        """Raises AnotherImport, Stopped, and NoAnswer when patience ends."""
        for phase in phases:
            await self._phase(phase)
            if phase.vital and self.tally.refused:
                clash = self.tally.refused[0].code == CommandIdClash.__name__
                raise AnotherImport if clash else Stopped
        return self.tally

    async def _phase(self, phase: Phase) -> None:
        """As many senders as steps may be in flight, each with one chain at a time."""
        chains = iter(phase.chains)
        try:
            async with asyncio.TaskGroup() as senders:
                for _ in range(min(self.in_flight, len(phase.chains))):
                    senders.create_task(self._send_all(chains))
        except BaseExceptionGroup as failed:
            # One sender's failure ended all of them: it is the reason.
            raise failed.exceptions[0] from failed

    async def _send_all(self, chains: Iterator[Chain]) -> None:
        for chain in chains:
            for step in chain:
                await self._send(step)

    async def _send(self, step: Step) -> None:
        if step.rests_on in self.fallen:
            self.fallen.add(step.id)
            self.tally.left += 1
            self.told(self.tally)
            return
        try:
            answered = await self._answer(step)
        except Declined as no:
            self.fallen.add(step.id)
            self.tally.refused.append(Refusal(step.about, step.command.topic, no.status, no.code, no.title))
        else:
            if self.journal is not None:
                await self.journal.write(step.id, repeated=answered.repeated)
            self.tally.done += not answered.repeated
            self.tally.repeated += answered.repeated
        self.told(self.tally)

    async def _answer(self, step: Step) -> Answered:
        for _ in range(TRIES - 1):
            try:
                return await self._ask(step)
            except Declined as no:
                if no.status < 500:
                    raise
                await asyncio.sleep(TRY_AGAIN_SECONDS)
        return await self._ask(step)

    async def _ask(self, step: Step) -> Answered:
        return await self.client.send(step.command, actor=step.actor, id=step.id, happened_at=step.happened_at)
