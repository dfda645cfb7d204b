"""What stands in the way of forgetting a person: named, all of it at once, and nothing else (D23, R-GDP-2)."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints

from domain.refusal import Refused
from domain.values import Label

Thing = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9:-]{0,79}$")]
"""The id of what is in the way."""


class ObstacleKind(StrEnum):
    """In whose way what stands."""

    OPEN_TICKET = "open-ticket"
    OPEN_ORDER = "open-order"
    LEGAL_HOLD = "legal-hold"
    WORKS_HERE = "works-here"
    STILL_ANSWERS = "still-answers"
    SENDER_LINKED = "sender-linked"
    PROOF_RETENTION_UNSET = "proof-retention-unset"


class Obstacle(BaseModel):
    """One thing in the way; of a hold the ground it rests on."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: ObstacleKind
    thing: Thing | None = None
    ground: Label | None = None

    def __str__(self) -> str:
        return f"{self.kind} {self.thing or self.ground or ''}".rstrip()


MOST_TOLD = 200


class ErasureObstructed(Refused):
    """Something stands in the way of forgetting the person."""


def needs_none(obstacles: Iterable[Obstacle]) -> None:
    """Refuse with what there is, a line for each; of more than two hundred the last line says how many more."""
    lines = [*map(str, obstacles)]
    more = [f"more {len(lines) - MOST_TOLD}"] if len(lines) > MOST_TOLD else []
    if lines:
        raise ErasureObstructed("\n".join((*lines[:MOST_TOLD], *more)))


def listed(told: str) -> list[dict[str, str]]:
    """The lines of such a refusal, each as what it is and which."""
    return [{"kind": kind, "about": about} for kind, _, about in (line.partition(" ") for line in told.split("\n"))]
