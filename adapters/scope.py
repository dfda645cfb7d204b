"""What a caller may ask for, in words that both transports mean the same by.

A scope is `<face>:<topics>`: `cmd:*`, `cmd:ticket.*`, `qry:desk`, `fil:get`, `evt:ticket.*`; and `metrics`, which has
no topics. Topics are all, those of one noun, or one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import StrEnum
from typing import NamedTuple

EVERYTHING = "*"
NAME = re.compile(r"[a-z][a-z0-9-]*")


class ScopeWrong(ValueError):
    """This is no scope."""


class Face(StrEnum):
    """What is asked of: commands, questions, files, what happens, and counts for operators."""

    COMMANDS = "cmd"
    QUESTIONS = "qry"
    FILES = "fil"
    EVENTS = "evt"
    METRICS = "metrics"


class Scope(NamedTuple):
    """One thing a caller may do; `topics` is "*", "<noun>.*" or a topic."""

    face: Face
    topics: str = EVERYTHING

    @classmethod
    def read(cls, text: str) -> Scope:
        """Raises ScopeWrong."""
        face, colon, topics = text.partition(":")
        if face not in set(map(str, Face)) or (face == Face.METRICS) is bool(colon):
            raise ScopeWrong(f"{text!r} is no scope: it is metrics, or one of cmd, qry, fil, evt and what of it")
        parts = topics.split(".")
        if (
            colon
            and topics != EVERYTHING
            and not all(
                NAME.fullmatch(part) or (part == EVERYTHING and n == len(parts) - 1 > 0) for n, part in enumerate(parts)
            )
        ):
            raise ScopeWrong(f"{text!r} is no scope: topics are *, <noun>.* or one topic")
        return cls(Face(face), topics or EVERYTHING)

    def covers(self, face: Face, topic: str) -> bool:
        """Whether a request is one of those."""
        if face is not self.face:
            return False
        if self.topics == EVERYTHING or self.topics == topic:
            return True
        return self.topics.endswith(".*") and topic.startswith(self.topics[:-1])

    def __str__(self) -> str:
        return str(self.face) if self.face is Face.METRICS else f"{self.face}:{self.topics}"


def covered(scopes: Iterable[Scope], face: Face, topic: str) -> bool:
    """Whether one of the scopes covers the request."""
    return any(scope.covers(face, topic) for scope in scopes)


ASKING = (Scope(Face.COMMANDS), Scope(Face.QUESTIONS), Scope(Face.FILES))
"""Whatever a service may ask: what its actors may do is decided by their rights."""
