"""The chain of the log, computed a second time: what was changed, taken out or moved shows at its first position."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import aclosing
from enum import StrEnum
from hashlib import sha256
from typing import NamedTuple

from adapters.anchor import Anchor
from adapters.postgres.reading import Head, Snapshot, Stored

ORIGIN = sha256(b"").digest()
"""The link before the first fact."""

EVENT_ID_BYTES = 16
"""A fact's id is the beginning of its digest."""


class Fault(StrEnum):
    """What is wrong at a position."""

    GAP = "gap"
    CHANGED = "changed"
    ORDER = "order"
    TAIL = "tail"
    REWRITTEN = "rewritten"


class Finding(NamedTuple):
    position: int
    fault: Fault
    sentence: str


class Verdict(NamedTuple):
    """How many facts are proven, the link of the last of them, and what is wrong with the next."""

    facts: int
    link: bytes
    finding: Finding | None


def digest(row: Stored) -> bytes:
    """What a fact is, to the bit: the same encoding as `fact_digest` in the migration."""
    (
        position,
        stream,
        version,
        topic,
        state,
        _,
        recorded,
        happened,
        actor,
        caller,
        command,
        correlation,
        causation,
        _,
    ) = row
    # Spelt out and not joined: this is most of the time that a verification takes.
    envelope = (
        f"{position}\n{stream}\n{version}\n{topic}\n{recorded}\n{happened}\n"
        f"{actor}\n{caller}\n{command}\n{correlation}\n{causation}\n"
    )
    return sha256(envelope.encode() + state).digest()


NOTHING_ANCHORED: Mapping[int, Anchor] = {}


class Walk:
    """How far along the chain everything has been as it should.

    `known` is a link that an auditor kept elsewhere, `anchors` are those that were kept by position.
    """

    def __init__(
        self, known: tuple[int, bytes] | None = None, anchors: Mapping[int, Anchor] = NOTHING_ANCHORED
    ) -> None:
        self.position, self.link, self.recorded = 0, ORIGIN, -(2**63)
        self._known_position, self._known_link = known or (-1, b"")
        self._anchors, self._last_anchor = anchors, anchors[max(anchors)] if anchors else None

    def go(self, rows: Sequence[Stored]) -> tuple[Stored, Finding] | None:
        """Walk over the rows; the first that is wrong, if any."""
        for row in rows:
            expected = self.position + 1
            if row.position != expected:
                return row, _gap(expected, row.position)
            found = digest(row)
            link = sha256(self.link + found).digest()
            if link != row.link or found[:EVENT_ID_BYTES] != row.event_id:
                return row, Finding(expected, Fault.CHANGED, "the fact is not the one that was linked here")
            if row.recorded_microseconds <= self.recorded:
                return row, Finding(expected, Fault.ORDER, "the fact was recorded before the one it follows")
            if expected == self._known_position and link != self._known_link:
                return row, Finding(expected, Fault.REWRITTEN, "the link is not the known one: the log was made anew")
            anchor = self._anchors.get(expected)
            if anchor is not None and anchor.link != link:
                return row, Finding(expected, Fault.REWRITTEN, _rewritten(anchor))
            self.position, self.link, self.recorded = expected, link, row.recorded_microseconds
        return None

    def end(self, head: Head | None) -> Finding | None:
        """Whether the log ends where its anchors, its head, and the auditor, say."""
        if self._last_anchor is not None and self._last_anchor.position > self.position:
            return Finding(self.position + 1, Fault.TAIL, _cut(self._last_anchor, self.position))
        if head is None:
            return Finding(self.position, Fault.TAIL, "the head is missing, so nothing tells where the log ends")
        if head.position > self.position:
            missing = f"{self.position + 1} to {head.position}" if head.position > self.position + 1 else head.position
            return Finding(self.position + 1, Fault.TAIL, f"the tail is cut: {missing} of the head's count is missing")
        if head.position < self.position:
            return Finding(head.position + 1, Fault.TAIL, f"the head ends at {head.position}, before this fact")
        if head.link != self.link or (self.position and head.recorded_microseconds != self.recorded):
            return Finding(self.position, Fault.TAIL, "the head does not carry the link and instant of the last fact")
        if self._known_position > self.position:
            return Finding(self.position + 1, Fault.TAIL, f"the log was known to reach {self._known_position}")
        return None


async def verify(
    log: Snapshot,
    told: Callable[[int], None],
    known: tuple[int, bytes] | None = None,
    anchors: Mapping[int, Anchor] = NOTHING_ANCHORED,
) -> Verdict:
    """Walk the whole chain; `told` hears how far it has come. The anchors are older than the view of the log."""
    walk = Walk(known, anchors)
    async with aclosing(log.everything(after=-(2**63))) as pages:
        async for rows in pages:
            wrong = walk.go(rows)
            if wrong is not None:
                return Verdict(walk.position, walk.link, await _looked_at(*wrong, rows, pages))
            told(walk.position)
    return Verdict(walk.position, walk.link, walk.end(await log.head()))


def _rewritten(anchor: Anchor) -> str:
    return f"the link is not the one anchored at {anchor.at.isoformat()}: the log was made anew"


def _cut(anchor: Anchor, end: int) -> str:
    return (
        f"the tail is cut: the log was anchored up to {anchor.position} at {anchor.at.isoformat()},"
        f" and is there up to {end} only"
    )


def _gap(expected: int, found: int) -> Finding:
    if found < expected:
        return Finding(expected, Fault.GAP, f"position {found} stands where {expected} should")
    missing = f"{expected} is" if found == expected + 1 else f"{expected} to {found - 1} are"
    return Finding(expected, Fault.GAP, f"{missing} missing")


async def _looked_at(
    row: Stored, finding: Finding, rows: Sequence[Stored], pages: AsyncIterator[Sequence[Stored]]
) -> Finding:
    """A wrong fact that is younger than the one behind it was not changed here: it was put here."""
    behind = [*rows[rows.index(row) + 1 :], *(await anext(pages, []))][:1]
    if finding.fault is Fault.CHANGED and behind and behind[0].recorded_microseconds < row.recorded_microseconds:
        return finding._replace(fault=Fault.ORDER, sentence="the fact was recorded after the one behind it: moved")
    return finding
