"""What may be asked about forgetting: that it be done, by a privacy officer; that a step is, by who does it (D23)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from pydantic import Field

from commands.command import Asked, Change, Command, Decision, on
from commands.permission import needs, needs_automaton
from commands.privacy.person import Party, SenderLinked, held, obstacles, party
from domain.clients import membership
from domain.clients.contact import CONTACT, ContactEndingBegun, ContactForgotten, ContactKept
from domain.clients.membership import MEMBERSHIP
from domain.company.settings import COMPANY, SETTINGS
from domain.privacy import erasure as rule
from domain.privacy.erasure import (
    ERASURE,
    Acknowledged,
    Counted,
    DestroyedKey,
    Erasure,
    ErasureUnknown,
    Kept,
    Wanted,
)
from domain.privacy.obstacle import Obstacle, ObstacleKind, needs_none
from domain.refusal import require
from domain.staff.worker import ERASING, SYSTEM, WORKER, Right, WorkerForgotten
from domain.values import ContactId, Digest, Instant, Label, Person, SubjectId


class RequestErasure(Command, topic="erasure.request", of=ERASURE, by=["person"]):
    """Have a person forgotten, for a reason from the list; refused with all that stands in the way (D23, R-GDP-2).

    Asked again it changes nothing: `erasure-receipt` tells what it came to.
    """

    person: Person
    reason: Label

    def decide(self, own: Erasure, asked: Asked) -> Decision:
        needs(asked, Right.PRIVACY_OFFICER)
        if own.begun:
            return
        them, company = party(asked, self.person), asked.read(SETTINGS, COMPANY)
        needs_none(obstacles(asked, them))
        assert company.proof_days is not None
        wanted = Wanted(self.reason, them.contacts, them.subjects)
        yield from rule.request(own, wanted, company.erasure_reasons, company.proof_days, asked.now)
        yield from _each(them, ContactEndingBegun())


class RepeatErasure(Command, topic="erasure.repeat", of=ERASURE, by=["person"]):
    """Do again in a log that was restored what was done in the one that was lost, whatever stands in the way (N-8).

    Where the proof had lapsed there, that is done again once the rest is done.
    """

    person: Person
    reason: Label
    contacts: Annotated[tuple[ContactId, ...], Field(max_length=100)]
    subjects: Annotated[tuple[SubjectId, ...], Field(max_length=2_000)]
    proof_until: Instant
    former: Digest | None
    proof_lapsed: bool = False

    def decide(self, own: Erasure, asked: Asked) -> Decision:
        needs_automaton(asked, SYSTEM)
        if self.proof_lapsed and own.begun:
            yield from rule.lapse_again(own)
        elif rule.repeats(own):
            contacts = tuple(each for each in self.contacts if asked.read(CONTACT, each).directory is not None)
            wanted = Wanted(self.reason, contacts, self.subjects)
            yield from rule.repeat(own, wanted, self.proof_until, self.former)
            yield from _each(Party(self.person, contacts, ()), ContactEndingBegun())


class FenceErasure(Command, topic="erasure.fence", of=ERASURE, by=["person"]):
    """Look once more whether anything stands in the way, now that everything is known, and put up the fence.

    With it memberships end, and whoever is meant is forgotten for the rules as well (R-GRP-5).
    """

    person: Person

    def decide(self, own: Erasure, asked: Asked) -> Decision:
        needs_automaton(asked, ERASING)
        require(own.begun, otherwise=ErasureUnknown)
        if own.former is not None:
            yield from self._fenced(own, asked, Party(self.person, own.contacts, own.subjects))
            return
        try:
            them = party(asked, self.person)
            found = obstacles(asked, them)
        except SenderLinked:
            found = (Obstacle(kind=ObstacleKind.SENDER_LINKED),)
        if found:
            yield from rule.refuse(own, found)
            yield from _each(Party(self.person, own.contacts, ()), ContactKept())
        else:
            yield from self._fenced(own, asked, them)

    def _fenced(self, own: Erasure, asked: Asked, them: Party) -> Iterator[Change]:
        yield from on(ERASURE, self.person, rule.fence(own, them.subjects))
        for each in them.contacts:
            groups = asked.read(MEMBERSHIP, each)
            for group in groups.groups(asked.at):
                yield from on(MEMBERSHIP, each, membership.leave(groups, group, asked.at))
        yield from _each(them, ContactForgotten())
        kind, _, id = self.person.partition(":")
        if kind == WORKER.kind:
            yield Change(WORKER, id, WorkerForgotten())


class RecordDestroyedKeys(Command, topic="erasure.record-keys", of=ERASURE, by=["person"]):
    """State which keys are no more, and from when on backups that hold them are inert."""

    person: Person
    keys: Annotated[tuple[DestroyedKey, ...], Field(max_length=100_000)]
    inert_at: Instant | None

    def decide(self, own: Erasure, asked: Asked) -> Decision:
        needs_automaton(asked, ERASING)
        return rule.record_keys(own, self.keys, self.inert_at)


class RecordPurge(Command, topic="erasure.record-purge", of=ERASURE, by=["person"]):
    """State what can be read no longer, what is kept on which ground, and what was taken out of what was made of it."""

    person: Person
    destroyed: Annotated[tuple[Counted, ...], Field(max_length=1_000)]
    kept: Annotated[tuple[Kept, ...], Field(max_length=1_000)]
    purged: Annotated[tuple[Counted, ...], Field(max_length=1_000)]

    def decide(self, own: Erasure, asked: Asked) -> Decision:
        needs_automaton(asked, ERASING)
        return rule.record_purge(own, self.destroyed, self.kept, self.purged)


class RecordAcknowledgements(Command, topic="erasure.record-acknowledgements", of=ERASURE, by=["person"]):
    """State which processes and projections have nothing of the person any more."""

    person: Person
    processes: Annotated[tuple[Acknowledged, ...], Field(max_length=1_000)]
    projections: Annotated[tuple[Acknowledged, ...], Field(max_length=1_000)]

    def decide(self, own: Erasure, asked: Asked) -> Decision:
        needs_automaton(asked, ERASING)
        return rule.record_acknowledgements(own, self.processes, self.projections)


class TellErasure(Command, topic="erasure.tell", of=ERASURE, by=["person"]):
    """Tell everybody who hears of facts that these subjects are forgotten."""

    person: Person

    def decide(self, own: Erasure, asked: Asked) -> Decision:
        needs_automaton(asked, ERASING)
        return rule.tell(own)


class EndProof(Command, topic="erasure.end-proof", of=ERASURE, by=["person"]):
    """Have what was kept as proof go, now that its time is over and no hold keeps it."""

    person: Person

    def decide(self, own: Erasure, asked: Asked) -> Decision:
        needs_automaton(asked, ERASING)
        require(own.begun, otherwise=ErasureUnknown)
        return rule.lapse(own, asked.now, held=held(asked, self.person, own.contacts))


def _each(them: Party, event: ContactEndingBegun | ContactKept | ContactForgotten) -> Iterator[Change]:
    return (Change(CONTACT, each, event) for each in them.contacts)
