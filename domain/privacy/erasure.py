"""A person is forgotten in steps, each stated when it is done: nothing is destroyed before the fence (R-GDP-1, N-8)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from domain.decider import Decider
from domain.fact import Event, Fact
from domain.personal import Purpose
from domain.privacy.obstacle import Obstacle
from domain.refusal import Refused, Unknown, require
from domain.values import Code, ContactId, Digest, Instant, Label, SubjectId

AT_ONCE = (Purpose.PROFILE, Purpose.CONTENT)
"""What goes with the person; what is kept as proof goes when its time is over."""

MOST_SUBJECTS = 1_000
"""That go at once; a few more may be linked before the fence."""

Kind = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_.-]*( [a-z0-9][a-z0-9_.-]*)?$", max_length=100)]
"""What is counted: a fact and its field, a table, a store."""


class Part(BaseModel):
    """A part of what is stated."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class DestroyedKey(Part):
    """A data key that is no more; the fingerprint is that of the key as it was wrapped, and opens nothing."""

    subject: SubjectId
    purpose: Purpose
    epoch: Annotated[int, Field(ge=1)]
    kek_epoch: Annotated[int, Field(ge=1)]
    fingerprint: Digest


class Counted(Part):
    """How many of a kind there were."""

    kind: Kind
    count: Annotated[int, Field(ge=0)]


class Kept(Part):
    """What stays, how many of it, and on which ground."""

    kind: Kind
    count: Annotated[int, Field(ge=0)]
    ground: Code


class Acknowledged(Part):
    """A process, or a projection, that has nothing of the person any more; which, and how far it had come by then."""

    name: Kind
    position: Annotated[int, Field(ge=0)]


class ErasureRequested(Event, topic="erasure.requested"):
    """The person is to be forgotten, for this reason: from here on nobody is shown their data (D23).

    `former` is the receipt of the same erasure in a log that was lost since, or what else is known of that.
    """

    reason: Label
    contacts: tuple[ContactId, ...] = ()
    subjects: tuple[SubjectId, ...]
    proof_until: Instant
    former: Digest | None = None


class ErasureRefused(Event, topic="erasure.refused"):
    """Something came in between, and the person is not forgotten; it must be asked for again (R-GDP-2)."""

    subjects: tuple[SubjectId, ...]
    obstacles: tuple[Obstacle, ...]


class ErasureFenced(Event, topic="erasure.fenced"):
    """Nothing is sealed for these subjects any more: with this fact, in the log itself, stands the fence."""

    subjects: tuple[SubjectId, ...]
    purposes: tuple[Purpose, ...]


class ErasureProofLapsed(Event, topic="erasure.proof-lapsed"):
    """What was kept of these subjects as proof was kept long enough."""

    subjects: tuple[SubjectId, ...]


class ErasureKeysDestroyed(Event, topic="erasure.keys-destroyed"):
    """These keys are no more, and without them nothing opens; backups that hold them are inert from an instant on."""

    keys: tuple[DestroyedKey, ...]
    inert_at: Instant | None


class ErasurePurged(Event, topic="erasure.purged"):
    """So much can be read no longer, so much is kept, and so much was taken out of what was made of it."""

    destroyed: tuple[Counted, ...]
    kept: tuple[Kept, ...]
    purged: tuple[Counted, ...]


class ErasureAcknowledged(Event, topic="erasure.acknowledged"):
    """Each process that had keys, and each projection, has nothing of the person any more."""

    processes: tuple[Acknowledged, ...]
    projections: tuple[Acknowledged, ...]


class SubjectForgotten(Event, topic="subject.forgotten"):
    """Whoever hears of facts is told: forget what you have of these subjects and contacts."""

    contacts: tuple[ContactId, ...]
    subjects: tuple[SubjectId, ...]
    purposes: tuple[Purpose, ...]


class ErasureCompleted(Event, topic="erasure.completed"):
    """The person is forgotten, and this is the number and the digest of the receipt."""

    number: Annotated[int, Field(ge=1)]
    digest: Digest


ErasureEvent = (
    ErasureRequested
    | ErasureRefused
    | ErasureFenced
    | ErasureProofLapsed
    | ErasureKeysDestroyed
    | ErasurePurged
    | ErasureAcknowledged
    | SubjectForgotten
    | ErasureCompleted
)


class ErasureUnknown(Unknown):
    """Nobody has asked for this person to be forgotten."""


class ErasureReasonNotListed(Refused):
    """The company has no such reason in its list."""


class PersonTooManifold(Refused):
    """The person stands for more than a thousand subjects, which no receipt holds: separate contacts first."""


class ErasureStepSkipped(Refused):
    """The erasure is not where this step begins."""


class ProofNotLapsed(Refused):
    """What is kept as proof has not been kept long enough, or a hold keeps it."""


class Step(StrEnum):
    """What was stated last."""

    NONE = "none"
    REQUESTED = "requested"
    FENCED = "fenced"
    DESTROYED = "keys-destroyed"
    PURGED = "purged"
    ACKNOWLEDGED = "acknowledged"
    TOLD = "told"
    COMPLETED = "completed"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Erasure:
    """`purposes` are those of the round that is under way or came last; the second round is that of the proof."""

    step: Step = Step.NONE
    requested_at: datetime | None = None
    officer: str = ""
    reason: str = ""
    contacts: tuple[ContactId, ...] = ()
    subjects: tuple[SubjectId, ...] = ()
    purposes: tuple[Purpose, ...] = ()
    proof_until: datetime | None = None
    former: str | None = None
    fenced_at: datetime | None = None
    keys: tuple[DestroyedKey, ...] = ()
    inert_at: datetime | None = None
    destroyed: tuple[Counted, ...] = ()
    kept: tuple[Kept, ...] = ()
    purged: tuple[Counted, ...] = ()
    processes: tuple[Acknowledged, ...] = ()
    projections: tuple[Acknowledged, ...] = ()
    receipts: tuple[str, ...] = ()
    """Their digests, the last last."""
    obstacles: tuple[Obstacle, ...] = ()
    """Why it was refused at the fence."""

    @property
    def begun(self) -> bool:
        """Whether the person is being forgotten, or was; refused it is as if never asked for, but for the record."""
        return self.step not in (Step.NONE, Step.REFUSED)

    @property
    def under_way(self) -> bool:
        return self.begun and self.step is not Step.COMPLETED

    @property
    def keeps_proof(self) -> bool:
        """Whether something of the person is still kept as proof."""
        proof = any(each.ground == Purpose.PROOF and each.count for each in self.kept)
        return self.step is Step.COMPLETED and proof and Purpose.PROOF not in self.purposes


class Wanted(NamedTuple):
    """What is asked for: why, and whom the person stands for."""

    reason: str
    contacts: tuple[ContactId, ...]
    subjects: tuple[SubjectId, ...]


def request(
    erasure: Erasure, wanted: Wanted, listed: tuple[str, ...], proof_days: int, at: datetime
) -> Iterator[ErasureEvent]:
    require(wanted.reason in listed, otherwise=ErasureReasonNotListed)
    require(len(wanted.subjects) <= MOST_SUBJECTS, otherwise=PersonTooManifold)
    if not erasure.begun:
        yield _requested(wanted, at + timedelta(days=proof_days))


def _requested(wanted: Wanted, proof_until: datetime, former: str | None = None) -> ErasureRequested:
    return ErasureRequested(
        reason=wanted.reason,
        contacts=wanted.contacts,
        subjects=wanted.subjects,
        proof_until=proof_until,
        former=former,
    )


def repeat(erasure: Erasure, wanted: Wanted, proof_until: datetime, former: str | None) -> Iterator[ErasureEvent]:
    """What was done in a log that was lost since is done again in this one, whatever stands in the way (N-8).

    Also where it was asked for here, and not decided yet.
    """
    if repeats(erasure):
        yield _requested(wanted, proof_until, former)


def repeats(erasure: Erasure) -> bool:
    return not erasure.begun or (erasure.step is Step.REQUESTED and erasure.former is None)


def lapse_again(erasure: Erasure) -> Iterator[ErasureEvent]:
    """The end of the proof that had come in a log that was lost since."""
    if Purpose.PROOF not in erasure.purposes:
        require(erasure.step is Step.COMPLETED, otherwise=ErasureStepSkipped)
        yield ErasureProofLapsed(subjects=erasure.subjects)


def refuse(erasure: Erasure, obstacles: tuple[Obstacle, ...]) -> Iterator[ErasureEvent]:
    require(erasure.step is Step.REQUESTED, otherwise=ErasureStepSkipped)
    yield ErasureRefused(subjects=erasure.subjects, obstacles=obstacles)


def fence(erasure: Erasure, subjects: tuple[SubjectId, ...]) -> Iterator[ErasureEvent]:
    """All subjects that the person stands for by now, and for good."""
    require(erasure.step is Step.REQUESTED, otherwise=ErasureStepSkipped)
    known = tuple(dict.fromkeys((*erasure.subjects, *subjects)))
    yield ErasureFenced(subjects=known, purposes=AT_ONCE)


def lapse(erasure: Erasure, now: datetime, *, held: bool) -> Iterator[ErasureEvent]:
    """The end of the proof comes by itself; a hold puts it off."""
    if Purpose.PROOF in erasure.purposes:
        return
    require(erasure.keeps_proof, otherwise=ErasureStepSkipped)
    assert erasure.proof_until is not None
    require(now >= erasure.proof_until and not held, otherwise=ProofNotLapsed)
    yield ErasureProofLapsed(subjects=erasure.subjects)


def record_keys(erasure: Erasure, keys: tuple[DestroyedKey, ...], inert_at: datetime | None) -> Iterator[ErasureEvent]:
    require(erasure.step is Step.FENCED, otherwise=ErasureStepSkipped)
    yield ErasureKeysDestroyed(keys=keys, inert_at=inert_at)


def record_purge(
    erasure: Erasure, destroyed: tuple[Counted, ...], kept: tuple[Kept, ...], purged: tuple[Counted, ...]
) -> Iterator[ErasureEvent]:
    require(erasure.step is Step.DESTROYED, otherwise=ErasureStepSkipped)
    yield ErasurePurged(destroyed=destroyed, kept=kept, purged=purged)


def record_acknowledgements(
    erasure: Erasure, processes: tuple[Acknowledged, ...], projections: tuple[Acknowledged, ...]
) -> Iterator[ErasureEvent]:
    require(erasure.step is Step.PURGED, otherwise=ErasureStepSkipped)
    yield ErasureAcknowledged(processes=processes, projections=projections)


def tell(erasure: Erasure) -> Iterator[ErasureEvent]:
    require(erasure.step is Step.ACKNOWLEDGED, otherwise=ErasureStepSkipped)
    yield SubjectForgotten(contacts=erasure.contacts, subjects=erasure.subjects, purposes=erasure.purposes)


def complete(erasure: Erasure, number: int, digest: str) -> Iterator[ErasureEvent]:
    require(erasure.step is Step.TOLD, otherwise=ErasureStepSkipped)
    yield ErasureCompleted(number=number, digest=digest)


def evolve(erasure: Erasure, fact: Fact[ErasureEvent]) -> Erasure:
    event = fact.event
    match event:
        case ErasureRequested():
            return Erasure(
                step=Step.REQUESTED,
                requested_at=fact.happened_at,
                officer=fact.actor,
                reason=event.reason,
                contacts=event.contacts,
                subjects=event.subjects,
                proof_until=event.proof_until,
                former=event.former,
            )
        case ErasureRefused(obstacles=obstacles):
            return replace(erasure, step=Step.REFUSED, contacts=(), subjects=(), obstacles=obstacles)
        case ErasureFenced(subjects=subjects, purposes=purposes):
            return replace(erasure, step=Step.FENCED, subjects=subjects, purposes=purposes, fenced_at=fact.happened_at)
        case ErasureProofLapsed():
            return replace(erasure, step=Step.FENCED, purposes=(Purpose.PROOF,), fenced_at=fact.happened_at)
        case ErasureKeysDestroyed(keys=keys, inert_at=inert_at):
            return replace(erasure, step=Step.DESTROYED, keys=keys, inert_at=inert_at)
        case ErasurePurged(destroyed=destroyed, kept=kept, purged=purged):
            return replace(erasure, step=Step.PURGED, destroyed=destroyed, kept=kept, purged=purged)
        case ErasureAcknowledged(processes=processes, projections=projections):
            return replace(erasure, step=Step.ACKNOWLEDGED, processes=processes, projections=projections)
        case SubjectForgotten():
            return replace(erasure, step=Step.TOLD)
        case ErasureCompleted(digest=digest):
            return replace(erasure, step=Step.COMPLETED, receipts=(*erasure.receipts, digest))


ERASURE = Decider(
    "erasure",
    Erasure(),
    evolve,
    (
        *(ErasureRequested, ErasureRefused, ErasureFenced, ErasureProofLapsed, ErasureKeysDestroyed),
        *(ErasurePurged, ErasureAcknowledged, SubjectForgotten, ErasureCompleted),
    ),
)
