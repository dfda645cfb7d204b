"""Why a worker got a notice about a ticket, or did not: what was told and withheld, and what would be now (N-9)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from enum import StrEnum

from commands.command import Reading
from commands.lookup import NOTICED
from commands.permission import RightMissing, holds
from commands.reactions.notifying import TOPICS, notices
from commands.reactions.reaction import HISTORY, Heard
from commands.reckoning import Mention, Reckoned, Reckoning, Row, Told
from commands.retrospect import Present
from commands.sight import TICKET_MODULE, knows_of
from commands.work.notice import WriteNotice, addressed, recipients
from domain.fact import Fact
from domain.refusal import require
from domain.service.level import Recipient
from domain.service.target import Target
from domain.service.ticket import TICKET, TicketEvent, TicketUnknown
from domain.staff.worker import SYSTEM, WORKER, Right, WorkerUnknown
from domain.values import NoticeId, TicketId, WorkerId
from domain.work.channel import Channel
from domain.work.delivery import MailSetting, NoticeDelivered, NoticeNotDelivered, Undelivered
from domain.work.notice import NOTICE, NoticeSeen, NoticeWithheld, NoticeWritten, Occasion, Withheld, withheld

ASKED_BY = "oneself, of a ticket that one may know of; of others a CRM administrator, and an auditor, as an exception"


class Because(StrEnum):
    """Why nothing was told of an occasion, as far as can be said now; the first four are those of `Withheld`."""

    OWN_ACT = "own-act"
    NOT_ACTIVE = "not-active"
    NO_LONGER_SO = "no-longer-so"
    UNSEEN = "unseen"
    NOTHING_HAPPENED = "nothing-happened"
    NO_ROLE = "no-role"
    """It happened, and they were none of those who were to hear of it."""
    HISTORY = "history"
    """It was recorded long after it happened."""
    ON_ITS_WAY = "on-its-way"


class NoticeTold(Row):
    """A notice that was written or withheld, why, and what became of it."""

    notice: NoticeId
    occasion: Occasion
    channel: Channel
    told_at: datetime
    withheld: Withheld | None
    roles: tuple[Recipient, ...]
    instead_of: tuple[WorkerId, ...]
    target: Target | None
    percent: int | None
    due: datetime | None
    seen_at: datetime | None = None
    delivered_at: datetime | None = None
    failure: Undelivered | None = None
    missing: MailSetting | None = None


class NotTold(Row):
    """An occasion of which the worker was told nothing, or nothing when it came again since, and the reason."""

    occasion: Occasion
    because: Because


class Reasons(Told):
    """What was told the worker about the ticket, and what was withheld; of what else happened why nothing is."""

    ticket: TicketId
    worker: WorkerId
    notices: tuple[NoticeTold, ...]
    without: tuple[NotTold, ...]


class WhyNotice(Reckoning[Reasons], name="why-notice", asked_by=ASKED_BY):
    """Why a worker got notices about a ticket, or did not; one's own, where no worker is named (N-9)."""

    ticket: TicketId
    occasion: Occasion | None = None
    worker: WorkerId | None = None

    def reckon(self, asked: Present) -> Reckoned:
        worker = asked.actor if self.worker is None else self.worker
        exception = _allowed(asked, self.ticket, worker)
        require(asked.read(WORKER, worker).hired, otherwise=WorkerUnknown)
        occasions = [each for each in Occasion if self.occasion in (None, each)]
        told = [each for each in _told(asked, self.ticket, worker) if each.occasion in occasions]
        row = Reasons(
            ticket=self.ticket,
            worker=worker,
            notices=tuple(told),
            without=tuple(_without(asked, self.ticket, worker, {each: _last(told, each) for each in occasions})),
        )
        return Reckoned(row, frozenset(_mentioned(row)), exception)


def _allowed(asked: Present, id: TicketId, worker: WorkerId) -> Right | None:
    """Refuse whoever may not ask, and as unknown what they may not know of (D16)."""
    if asked.actor == SYSTEM:
        require(asked.read(TICKET, id).opened_at is not None, otherwise=TicketUnknown)
        return None
    may = TICKET_MODULE if worker == asked.actor else (Right.CRM_ADMINISTRATOR,)
    auditor = holds(asked, Right.AUDITOR)
    require(auditor or any(holds(asked, right) for right in may), otherwise=RightMissing)
    ticket = asked.read(TICKET, id)
    if any(holds(asked, right) for right in may) and knows_of(asked, ticket):
        return None
    require(auditor and ticket.opened_at is not None, otherwise=TicketUnknown)
    return Right.AUDITOR


def _told(asked: Present, ticket: TicketId, worker: WorkerId) -> Iterator[NoticeTold]:
    """In the order in which they were recorded."""
    found = [each.notice for each in asked.find(NOTICED, f"{ticket}/{worker}")]
    asked.bring(NOTICE, found)
    yield from sorted((_notice(asked, notice) for notice in found), key=lambda each: (each.told_at, each.notice))


def _notice(asked: Present, id: NoticeId) -> NoticeTold:
    first, *later = asked.facts(NOTICE, id)
    told = first.event
    assert isinstance(told, NoticeWritten | NoticeWithheld)
    row = NoticeTold(
        notice=id,
        occasion=told.occasion,
        channel=told.channel,
        told_at=first.recorded_at,
        withheld=told.reason if isinstance(told, NoticeWithheld) else None,
        roles=told.roles,
        instead_of=told.instead_of,
        target=told.target,
        percent=told.percent,
        due=told.due,
    )
    for fact in later:
        match fact.event:
            case NoticeSeen():
                row = row.model_copy(update={"seen_at": fact.happened_at})
            case NoticeDelivered():
                row = row.model_copy(update={"delivered_at": fact.recorded_at})
            case NoticeNotDelivered(reason=reason, missing=missing):
                row = row.model_copy(update={"failure": reason, "missing": missing})
    return row


def _last(told: Iterable[NoticeTold], occasion: Occasion) -> datetime | None:
    """When they were last told of the occasion, or it was withheld."""
    return max((each.told_at for each in told if each.occasion is occasion), default=None)


def _without(
    asked: Present, ticket: TicketId, worker: WorkerId, told: Mapping[Occasion, datetime | None]
) -> Iterator[NotTold]:
    """By what the reaction makes of the ticket's own facts: the same as was asked, or would have been."""
    calls = [(fact, call) for fact in asked.facts(TICKET, ticket) for call in _called_for(fact)]
    for occasion, last in told.items():
        since = [each for each in calls if last is None or each[0].recorded_at > last]
        happened = [(fact, call) for fact, call in since if call.occasion is occasion]
        theirs = [(fact, call) for fact, call in happened if worker in recipients(asked, call)]
        if theirs:
            yield NotTold(occasion=occasion, because=_because(asked, *theirs[-1], worker))
        elif happened or last is None:
            yield NotTold(occasion=occasion, because=Because.NO_ROLE if happened else Because.NOTHING_HAPPENED)


def _called_for(fact: Fact[TicketEvent]) -> Iterator[WriteNotice]:
    if fact.event.topic in TOPICS:
        times = fact.happened_at, fact.recorded_at
        data = fact.event.model_dump(mode="json")
        heard = Heard("", fact.event.topic, fact.stream, fact.version, fact.position, *times, fact.actor, data)
        yield from notices(heard)


def _because(asked: Reading, fact: Fact[TicketEvent], call: WriteNotice, worker: WorkerId) -> Because:
    if fact.recorded_at - fact.happened_at > HISTORY:
        return Because.HISTORY
    reason = withheld(addressed(asked, call, worker))
    return Because.ON_ITS_WAY if reason is None else Because(reason)


def _mentioned(row: Reasons) -> Iterator[Mention]:
    yield "worker", row.worker
    for notice in row.notices:
        yield from (("worker", worker) for worker in notice.instead_of)
