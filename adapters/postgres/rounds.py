"""The rounds of a person's erasure, as the log has them: each has its fence, and most end with a receipt."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from adapters.postgres.recorder import FactMapper
from domain.fact import Fact
from domain.privacy.erasure import ErasureCompleted, ErasureFenced, ErasureProofLapsed

STREAM = """
SELECT originator_id, originator_version, topic, state, happened_at, recorded_at, actor, notification_id, link
FROM facts WHERE originator_id = %s ORDER BY originator_version
"""
DESTROYED = """
SELECT subject, purpose, epoch, kek_epoch, fingerprint FROM destroyed_keys
WHERE subject = ANY (%s::text[]) AND purpose = ANY (%s::text[]) ORDER BY subject, purpose, epoch
"""

MAPPER = FactMapper()
FENCING = (ErasureFenced, ErasureProofLapsed)
"""What puts up the fence of a round."""


class Linked(NamedTuple):
    """A fact, with its link."""

    fact: Fact[Any]
    link: str


class Round(NamedTuple):
    """One round: where its fence stands, and of which receipt it tells."""

    position: int
    link: str
    number: int | None = None
    digest: str | None = None


def linked(rows: Iterable[tuple[Any, ...]]) -> list[Linked]:
    """The facts of a stream."""
    return [Linked(MAPPER.fact(*row[:8]), bytes(row[8]).hex()) for row in rows]


def rounds(facts: Iterable[Linked]) -> list[Round]:
    """The rounds of an erasure, in their order."""
    found: list[Round] = []
    for fact, link in facts:
        if isinstance(fact.event, FENCING):
            found.append(Round(fact.position, link))
        elif isinstance(fact.event, ErasureCompleted):
            found[-1] = found[-1]._replace(number=fact.event.number, digest=fact.event.digest)
    return found
