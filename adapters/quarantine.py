"""A log that is not the one that was last known is neither written to nor shown, until what it lacks is done again."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from typing import NamedTuple, Protocol

from adapters.anchor import Anchor, Anchored
from adapters.erasure_journal import Fenced, Told
from domain.personal import Purpose

CODE = "InQuarantine"
"""What everybody is answered meanwhile."""

BEGINNING = sha256(b"").digest()
"""The link before the first fact: any two logs have that in common."""


class Why(StrEnum):
    """What is wrong with the log, by what is known of it outside the database."""

    CUT = "cut"
    OTHER_FACTS = "other-facts"
    OTHER_LOG = "other-log"
    UNERASED = "unerased"


SENTENCES = {
    Why.CUT: "the log ends before it did when it was anchored: an older backup was restored, or it was cut",
    Why.OTHER_FACTS: "the log has other facts than were anchored: it went on from an older backup, or was rewritten",
    Why.OTHER_LOG: "another log was anchored here: this state folder belongs to another database",
    Why.UNERASED: "the log knows nothing of people who were forgotten: an older backup was restored",
}


class Quarantine(NamedTuple):
    """Why the log is in quarantine, since when, and who has accepted by now that something of it is lost."""

    why: Why
    since: datetime
    accepted: str | None = None


class Head(NamedTuple):
    """Where the log ends, and which one it is."""

    position: int
    link: bytes
    epoch: str


class Gate(Protocol):
    """Whether anybody may be answered now."""

    @property
    def closed(self) -> bool: ...


class Open:
    """The gate of a log that is what it should be."""

    closed = False


Links = Mapping[int, bytes]
"""What the log has at positions that were asked for; a position that it does not have is not there."""


def stands(position: int, link: bytes, links: Links) -> bool:
    """Whether the log has this link there."""
    return links.get(position, BEGINNING if position == 0 else None) == link


def judged(
    head: Head, last: Anchor | None, told: Told, links: Links, epochs: Callable[[], Collection[str]]
) -> Why | None:
    """What is wrong with the log; `epochs` are those that were ever anchored, asked for where something is wrong.

    A log that has its last anchor has every fence that the journal told of then, and a journal that was lost takes
    nothing away; but where the anchor says what was lost, they are yet to be put up again.
    """
    if last is not None and not stands(last.position, last.link, links):
        if head.epoch not in epochs():
            return Why.OTHER_LOG
        return Why.CUT if head.position < last.position else Why.OTHER_FACTS
    unknown = last is not None and last.accepted is not None and told.lacks(last.erasures) is not None
    return Why.UNERASED if unknown or missing(told, links) else None


class Lacking(NamedTuple):
    """A round that this log lacks; `digest` is that of the journal's line."""

    digest: str
    fenced: Fenced

    @property
    def of_proof(self) -> bool:
        """Whether it is the second round, in which the proof goes as well."""
        return Purpose.PROOF in self.fenced.purposes


def missing(told: Told, links: Links) -> Sequence[Lacking]:
    """The rounds that this log lacks, one for each person and kind of round, the last that was told; first ones first.

    After an earlier restore the journal tells of one round several times, and one of them is enough. All subjects that
    were ever fenced for the person go with it.
    """
    by_round = dict[tuple[str, bool], list[Lacking]]()
    for each in (Lacking(*item) for item in told.fenced.items()):
        by_round.setdefault((each.fenced.person, each.of_proof), []).append(each)
    found = [_joined(rounds) for rounds in by_round.values() if not any(_in(each.fenced, links) for each in rounds)]
    return sorted(found, key=lambda each: each.of_proof)  # a journal that was noted anew has them in any order


def _in(fenced: Fenced, links: Links) -> bool:
    return stands(fenced.position, bytes.fromhex(fenced.link), links)


def _joined(rounds: Sequence[Lacking]) -> Lacking:
    contacts = dict.fromkeys(contact for each in rounds for contact in each.fenced.contacts)
    subjects = dict.fromkeys(subject for each in rounds for subject in each.fenced.subjects)
    last = rounds[-1]
    return last._replace(fenced=last.fenced._replace(contacts=tuple(contacts), subjects=tuple(subjects)))


class Loss(NamedTuple):
    """What was known outside and is not in the log: everything behind `position`, up to `to`."""

    position: int
    link: bytes
    to: int


def loss(head: Head, anchored: Anchored, told: Told, links: Links) -> Loss | None:
    """What lies beyond the last point that the log has in common with what is known of it; None where nothing does.

    `links` are those at all positions that `positions` names. A log that has other facts than it should parted from
    what it was somewhere behind the last anchor that it does have.
    """
    known = {each.position: each.link for each in anchored.known.values()}
    wrong = [position for position, link in known.items() if not stands(position, link, links)]
    wrong += [each.fenced.position for each in missing(told, links)]
    if not wrong:
        return None
    if all(position > head.position for position in wrong):
        return Loss(head.position, head.link, max(wrong))
    right = [position for position in known if position not in wrong]
    point = max(right, default=0)
    return Loss(point, known.get(point, BEGINNING), max(wrong))


def positions(anchors: Iterable[Anchor], told: Told) -> list[int]:
    """Where the links of a log have to be known, to say what it lacks."""
    return sorted({each.position for each in anchors} | {each.position for each in told.fenced.values()})
