"""What is sent: one command each, with an id that follows from what it is about, so that it is never done twice."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

from adapters.envelope import thing_id
from commands.command import Command

NAMES = uuid.UUID("b0d5d1f2-8f0e-5c56-9c61-2c4f2f0a7d19")
"""The namespace of all command ids of an import."""


class Step(NamedTuple):
    """A command on its way; `about` names the row, or the thing, it comes from.

    Without an instant it happens when it is received. It is not sent where the step that it `rests_on` was refused.
    """

    id: str
    command: Command
    actor: str
    happened_at: datetime | None
    about: str
    rests_on: str = ""


Chain = Sequence[Step]
"""Steps that must be answered one after the other."""


class Phase(NamedTuple):
    """Chains that may go at once; the next phase rests on all of them. Of a vital one nothing may be refused."""

    name: str
    chains: Sequence[Chain]
    vital: bool


@dataclass(frozen=True, slots=True)
class Names:
    """Ids known in advance: of commands from what they are about, of things from the commands that make them."""

    caller: str

    def command(self, *about: object) -> str:
        return _command_id("/".join(map(str, about)))

    def thing(self, *about: object) -> str:
        """The id of what the command of that name makes."""
        return _thing(self.caller, self.command(*about))


@lru_cache(maxsize=4096)
def _command_id(about: str) -> str:
    return str(uuid.uuid5(NAMES, about))


@lru_cache(maxsize=4096)
def _thing(caller: str, command_id: str) -> str:
    return thing_id(caller, command_id)
