"""The names under which the facts of one schema are published."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from adapters.credentials.caller import HANDLERS as CALLERS
from adapters.credentials.permission import ROOT, durable
from adapters.nats.inward import inward

EVENTS = "KARTOTEKA_EVENTS"
HANDLERS = tuple(caller.name for caller in CALLERS)
KEPT_SECONDS = 7 * 86_400.0
DUPLICATES_SECONDS = 5.0
"""Short: the sequence and the id that each message expects before it keep out what came twice."""
UNFIT = re.compile(r"[^A-Za-z0-9_-]")
"""What may not stand in a token of a subject; ids have none of it."""


@dataclass(frozen=True, slots=True)
class Channel:
    """Several channels share a NATS if no stream of theirs is another's.

    `root` stands before every subject that is told of; `handlers` are those for whom the relay keeps what they have not
    dealt with.
    """

    root: str = f"{ROOT}.evt"
    stream: str = EVENTS
    handlers: tuple[str, ...] = HANDLERS
    kept_seconds: float = KEPT_SECONDS
    duplicates_seconds: float = DUPLICATES_SECONDS

    @property
    def subjects(self) -> str:
        """Every subject of the stream."""
        return f"{self.root}.>"

    def inner(self, secret: str) -> Channel:
        """The same as its relay speaks of it, by the subjects at which the stream takes messages."""
        return replace(self, root=inward(secret, self.stream))

    def durable(self, handler: str) -> str:
        """The name of the handler's consumer."""
        return durable(handler)

    def subject(self, topic: str, stream: str) -> str:
        """`<root>.<noun>.<id>.<verb>`: of a fact's wire name, and of the id in the name of its stream."""
        noun, _, verb = topic.partition(".")
        kind = noun if stream.startswith(f"{noun}-") else stream.partition("-")[0]
        return f"{self.root}.{noun}.{UNFIT.sub('_', stream[len(kind) + 1 :])}.{verb}"


FACTS = Channel()
"""Where the facts of a deployment go."""


def beside(name: str, *handlers: str, duplicates_seconds: float = DUPLICATES_SECONDS) -> Channel:
    """A channel of its own on a NATS where others like it have theirs."""
    return Channel(
        root=f"{ROOT}.evt.{name}",
        stream=f"{EVENTS}_{name}",
        handlers=handlers,
        duplicates_seconds=duplicates_seconds,
    )
