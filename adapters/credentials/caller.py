"""A caller is a program with a name of its own, and may speak only under it.

NATS does not tell who published a message, so the subject does: the server lets a caller publish under its own
token only. Over HTTP a token tells.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from pydantic import AwareDatetime

from adapters.credentials.role import MOST, Role
from adapters.credentials.seed import PUBLIC_KEY
from adapters.credentials.token import Token
from adapters.scope import Face, Scope, covered

SERVICE, STREAMS, WEB, ANYONE = "service", "streams", "web", "*"
OURS = (SERVICE, STREAMS)
"""As whom our own processes come to NATS: to answer those who ask, and to speak to JetStream."""

RESERVED = frozenset({*OURS, WEB})
"""Our own processes, and workers who are signed in."""

NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")


@dataclass(frozen=True, slots=True)
class FormerKey:
    """A public key that is let in until an instant, beside the one that took its place."""

    public_key: str
    expires_at: AwareDatetime


@dataclass(frozen=True, slots=True)
class Caller:
    """A program that sends requests; `actors` are the workers it may act for, "*" is everyone.

    Without scopes it may what its role may at most. Without a public key it does not come to NATS, and without a token
    not to HTTP.
    """

    name: str
    actors: tuple[str, ...]
    public_key: str = ""
    scopes: tuple[Scope, ...] = ()
    role: Role = Role.CALLER
    tokens: tuple[Token, ...] = ()
    former_keys: tuple[FormerKey, ...] = ()
    expires_at: datetime | None = None
    note: str = ""

    def __post_init__(self) -> None:
        if not NAME.fullmatch(self.name) or self.name in OURS:
            never = " or ".join(OURS)
            raise ValueError(f"{self.name!r} cannot be a caller's name: it must match {NAME.pattern}, never {never}")
        for key in (self.public_key, *(former.public_key for former in self.former_keys)):
            if key and not PUBLIC_KEY.fullmatch(key):
                raise ValueError(f"the public key of {self.name} is not a user's nkey")
        if self.role is Role.METRICS and self.public_key:
            raise ValueError(f"{self.name} collects counts over HTTP, and has no key of NATS")
        most = MOST[self.role]
        for scope in self.scopes:
            if not covered(most, scope.face, scope.topics):
                told = ", ".join(map(str, most))
                raise ValueError(f"{scope} is more than {self.name} may as {self.role}: at most {told}")
        if not self.scopes:
            object.__setattr__(self, "scopes", most)

    @property
    def narrowed(self) -> bool:
        """Whether it may less than its role."""
        return self.scopes != MOST[self.role]

    def may(self, face: Face, topic: str) -> bool:
        """Whether this may be asked for at all; for whom, and what of it is open, is decided elsewhere."""
        return covered(self.scopes, face, topic)

    def valid(self, at: datetime) -> bool:
        """Whether its time is not over."""
        return self.expires_at is None or at < self.expires_at

    def keys(self, at: datetime) -> tuple[str, ...]:
        """The public keys by which NATS knows it now."""
        former = (each.public_key for each in self.former_keys if at < each.expires_at)
        return tuple(dict.fromkeys(key for key in (self.public_key, *former) if key)) if self.valid(at) else ()


OPERATOR = Caller("operator", (ANYONE,), role=Role.OPERATOR)

HANDLERS = tuple(Caller(name, (name,), role=Role.HANDLER) for name in ("routing", "notifying", "checking"))
"""They hear of facts and ask for what follows, each for the automaton of its own name."""

ASKERS = tuple(Caller(name, (name,), role=Role.AUTOMATON) for name in ("timer", "mailing", "erasing"))
"""They ask for what time calls for, each for the automaton of its own name, and hear of no fact."""

BUILT_IN = {caller.name: caller for caller in (OPERATOR, *HANDLERS, *ASKERS)}
"""Those of every deployment: they can be given other keys, and not be sent away."""
