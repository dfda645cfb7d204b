"""What may be asked about notices: automata write and mail them, and whom they were written to has seen them."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Annotated

from pydantic import Field

from commands.command import Asked, Command, Decision, Reading, on
from commands.permission import InPlaceOf, needs, needs_automaton
from commands.sight import knows_of
from domain.company.settings import COMPANY, SETTINGS
from domain.refusal import require
from domain.service.holding import NOBODY, Holding
from domain.service.level import Recipient
from domain.service.target import Target
from domain.service.ticket import TICKET, TicketUnknown
from domain.staff.team import TEAM
from domain.staff.worker import MAILING, NOTIFYING, SYSTEM, WORKER, Right
from domain.values import Instant, NoticeId, TeamId, TicketId, WorkerId
from domain.work import notice as rule
from domain.work.channel import Channel, Channels
from domain.work.delivery import MailSetting, NoticeDelivered, NoticeNotDelivered, Undelivered
from domain.work.notice import NOTICE, Addressed, News, Notice, NoticeUnknown, Occasion

NAMES = uuid.UUID("0b9d7a52-8a3e-5d0c-9f0e-6f6a3a1c7e42")
"""The namespace of the ids of further notices of one request."""


class WriteNotice(Command, topic="notice.write", of=NOTICE):
    """Tell a worker of a ticket, if it still concerns them: judged by what is so now (D27).

    Without a recipient it goes to everybody in the team, or to whoever answers for tickets that nobody has; `doer` is
    whose act there is to tell. It goes by these channels, and by those that the worker wants notices by.
    """

    recipient: WorkerId | None
    ticket: TicketId
    occasion: Occasion
    doer: WorkerId
    team: TeamId | None = None
    channels: Annotated[Channels, Field(min_length=1)] = (Channel.SYSTEM,)
    roles: tuple[Recipient, ...] = ()
    instead_of: tuple[WorkerId, ...] = ()
    target: Target | None = None
    percent: int | None = None
    due: Instant | None = None

    def decide(self, own: Notice, asked: Asked) -> Decision:
        needs_automaton(asked, NOTIFYING)
        require(asked.read(TICKET, self.ticket).opened_at is not None, otherwise=TicketUnknown)
        news = News(*(getattr(self, name) for name in News._fields))
        for n, (worker, channel) in enumerate(_ways(self, asked)):
            id = _another(asked, worker, channel) if n else asked.new_id
            notice = asked.read(NOTICE, id) if n else own
            yield from on(NOTICE, id, rule.write(notice, news, addressed(asked, self, worker), channel))


def recipients(asked: Reading, told: WriteNotice) -> tuple[WorkerId, ...]:
    """Whom it is for, whether or not they are told."""
    if told.recipient is not None:
        return (told.recipient,)
    if told.team is not None:
        return tuple(sorted(asked.read(TEAM, told.team).members))
    responsible = asked.read(SETTINGS, COMPANY).helpdesk_responsible.last
    return () if responsible is None else (responsible,)


def addressed(asked: Reading, told: WriteNotice, worker: WorkerId) -> Addressed:
    """How one of them stands to the ticket now."""
    ticket = asked.read(TICKET, told.ticket)
    return Addressed(
        worker=worker,
        doer=worker == told.doer,
        active=asked.read(WORKER, worker).active,
        concerned=_still_so(told, ticket.holding, worker),
        sees=knows_of(InPlaceOf(asked, worker), ticket),
    )


def _still_so(told: WriteNotice, holding: Holding, worker: WorkerId) -> bool:
    """Nobody takes back that a promise was used up so far, nor that somebody was passed over."""
    match told.occasion:
        case Occasion.ASSIGNED:
            return holding.assignee == worker
        case Occasion.TEAM_ASSIGNED:
            return holding == Holding(team=told.team)
        case Occasion.UNASSIGNED:
            return holding == NOBODY
        case Occasion.MISCONFIGURED | Occasion.ESCALATED:
            return True


def _ways(told: WriteNotice, asked: Asked) -> Iterator[tuple[WorkerId, Channel]]:
    """A notice for each: one for every channel, however many roles they have (D27)."""
    workers = recipients(asked, told)
    asked.bring(WORKER, workers)
    for worker in workers:
        wanted = asked.read(WORKER, worker).notice_channels
        yield from ((worker, channel) for channel in dict.fromkeys((*told.channels, *wanted)))


def _another(asked: Asked, worker: WorkerId, channel: Channel) -> str:
    """The id of a notice beside the first: the same at every repetition, as that is."""
    return str(uuid.uuid5(NAMES, f"{asked.new_id}/{worker}/{channel}"))


class ReadNotice(Command, topic="notice.read", of=NOTICE):
    """Say that one has seen a notice that was written to oneself."""

    notice: NoticeId

    def decide(self, own: Notice, asked: Asked) -> Decision:
        needs(asked, Right.BASIC)
        require(asked.actor in (own.recipient, SYSTEM), otherwise=NoticeUnknown)
        return rule.see(own)


class ConfirmDelivery(Command, topic="notice.confirm-delivery", of=NOTICE):
    """Say that the mail server took a notice."""

    notice: NoticeId

    def decide(self, own: Notice, asked: Asked) -> Decision:
        needs_automaton(asked, MAILING)
        return rule.settle(own, NoticeDelivered())


class ReportFailure(Command, topic="notice.report-failure", of=NOTICE):
    """Say why a notice will not go out by e-mail (R-ISP-13)."""

    notice: NoticeId
    reason: Undelivered
    missing: MailSetting | None = None
    status: int | None = None

    def decide(self, own: Notice, asked: Asked) -> Decision:
        needs_automaton(asked, MAILING)
        told = NoticeNotDelivered(reason=self.reason, missing=self.missing, status=self.status)
        return rule.settle(own, told)
