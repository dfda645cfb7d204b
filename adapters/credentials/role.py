"""What a caller is for decides the most that it may ask for; scopes of its own narrow that, and never widen it."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from adapters.scope import ASKING, Face, Scope


class Role(StrEnum):
    """What a caller is for."""

    SERVICE = "service"
    """Answers, publishes facts, keeps files; all its processes have the same two names."""
    OPERATOR = "operator"
    """Asks for anything, and reads the counts that are for operators."""
    CALLER = "caller"
    """A program that asks for its workers."""
    HANDLER = "handler"
    """Hears of facts by a consumer of its own, and asks for what follows."""
    LISTENER = "listener"
    """Hears of facts by a consumer of its own, and asks for nothing."""
    AUTOMATON = "automaton"
    """One of ours that asks for what time calls for."""
    AUDITOR = "auditor"
    """Asks questions and takes files out; changes nothing."""
    ANALYST = "analyst"
    """Asks the questions that count and compare."""
    METRICS = "metrics"
    """Collects counts over HTTP, and does not come to NATS."""


BUILT_IN = frozenset({Role.SERVICE, Role.AUTOMATON})
"""Nobody else is given these."""

ANALYSING = tuple(
    Scope(Face.QUESTIONS, name) for name in ("my-sight", "sla-outcomes", "sla-overview", "what-if", "what-if-staffing")
)
"""Named one by one: a new question is not open to programs of analysts because nobody thought of them.

Those that the right `analyst` is enough for, and what one may see oneself. Not `timeline`: it tells who did what.
"""

MOST: Mapping[Role, tuple[Scope, ...]] = MappingProxyType(
    {
        Role.SERVICE: (),
        Role.OPERATOR: (*ASKING, Scope(Face.METRICS)),
        Role.CALLER: ASKING,
        Role.HANDLER: (Scope(Face.COMMANDS), Scope(Face.EVENTS)),
        Role.LISTENER: (Scope(Face.EVENTS),),
        Role.AUTOMATON: (Scope(Face.COMMANDS),),
        Role.AUDITOR: (Scope(Face.QUESTIONS), Scope(Face.FILES, "get")),
        Role.ANALYST: ANALYSING,
        Role.METRICS: (Scope(Face.METRICS),),
    }
)
"""The most that each may ask for, and what it may ask for where it has no scopes of its own."""

LISTENING = frozenset({Role.HANDLER, Role.LISTENER})
"""Those who hear of facts."""
