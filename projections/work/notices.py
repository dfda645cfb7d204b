"""What each worker was told, and was not, with the reason; whether they saw it, and what became of e-mail (N-9)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from domain.fact import Fact
from domain.staff.worker import WorkerEmailSet, WorkerNoticeChannelsSet
from domain.work.channel import Channel
from domain.work.delivery import NoticeDelivered, NoticeNotDelivered
from domain.work.notice import NoticeSeen, NoticeWithheld, NoticeWritten
from projections.model import Change, Column, Drop, Kind, Known, Put, ReadModel, Table, words

TOLD_OF = (
    *words("recipient", "ticket", "occasion", "channel", "roles", "instead_of", "target"),
    Column("percent", Kind.NUMBER),
    Column("due", Kind.INSTANT),
)
"""To whom, of what, by which way, and why: roles and workers with commas between them."""

NOTICES = Table(
    "notices",
    ("notice",),
    (*TOLD_OF, Column("written_at", Kind.INSTANT)),
    indexes=(("recipient", "written_at"), ("ticket", "recipient")),
)
NOTICES_WITHHELD = Table(
    "notices_withheld",
    ("notice",),
    (*TOLD_OF, Column("reason"), Column("withheld_at", Kind.INSTANT)),
    indexes=(("ticket", "recipient"),),
)
NOTICES_SEEN = Table("notices_seen", ("notice",), (Column("seen_at", Kind.INSTANT),))
NOTICES_TO_MAIL = Table("notices_to_mail", ("notice",), (Column("written_at", Kind.INSTANT),))
"""By e-mail, and nobody knows yet what became of it."""

NOTICES_MAILED = Table(
    "notices_mailed",
    ("notice",),
    (*words("failure", "missing"), Column("status", Kind.NUMBER), Column("settled_at", Kind.INSTANT)),
)
"""What became of e-mail: without a failure it was delivered."""

WORKER_EMAILS = Table(
    "worker_emails",
    ("worker",),
    (Column("subject"), Column("email", Kind.SEALED, whose="subject")),
    indexes=(("subject",),),
)
WORKER_CHANNELS = Table("worker_channels", ("worker",), words("channels"))
"""By which notices are wanted besides, with commas between them."""


def project(fact: Fact[Any], _: Known) -> Iterator[Change]:
    id = fact.stream.removeprefix("notice-")
    match fact.event:
        case NoticeWritten(channel=channel) as told:
            yield Put(NOTICES, (id,), _told(told) | {"written_at": fact.recorded_at})
            if channel is Channel.EMAIL:
                yield Put(NOTICES_TO_MAIL, (id,), {"written_at": fact.recorded_at})
        case NoticeWithheld(reason=reason) as told:
            yield Put(NOTICES_WITHHELD, (id,), _told(told) | {"reason": reason, "withheld_at": fact.recorded_at})
        case NoticeSeen():
            yield Put(NOTICES_SEEN, (id,), {"seen_at": fact.happened_at})
        case NoticeDelivered() | NoticeNotDelivered() as outcome:
            yield Drop(NOTICES_TO_MAIL, (id,))
            yield Put(NOTICES_MAILED, (id,), _outcome(outcome) | {"settled_at": fact.recorded_at})
        case WorkerEmailSet():
            yield _mailbox(fact)
        case WorkerNoticeChannelsSet(channels=channels):
            yield Put(WORKER_CHANNELS, (fact.stream.removeprefix("worker-"),), {"channels": ",".join(channels)})


def _told(told: NoticeWritten | NoticeWithheld) -> dict[str, Any]:
    same = {name: getattr(told, name) for name in ("recipient", "ticket", "occasion", "channel", "target", "percent")}
    return same | {"roles": ",".join(told.roles), "instead_of": ",".join(told.instead_of), "due": told.due}


def _outcome(outcome: NoticeDelivered | NoticeNotDelivered) -> dict[str, Any]:
    if isinstance(outcome, NoticeDelivered):
        return {"failure": None, "missing": None, "status": None}
    return {"failure": outcome.reason, "missing": outcome.missing, "status": outcome.status}


def _mailbox(fact: Fact[WorkerEmailSet]) -> Change:
    key = (fact.stream.removeprefix("worker-"),)
    if fact.event.email is None:
        return Drop(WORKER_EMAILS, key)
    return Put(WORKER_EMAILS, key, {"subject": fact.event.subject, "email": fact.event.email})


TOLD = ReadModel(
    name="notices",
    about="What each worker was told or not, and why; when they saw it, what became of e-mail, and where they get it.",
    tables=(NOTICES, NOTICES_WITHHELD, NOTICES_SEEN, NOTICES_TO_MAIL, NOTICES_MAILED, WORKER_EMAILS, WORKER_CHANNELS),
    facts=frozenset(
        {
            *(NoticeWritten, NoticeWithheld, NoticeSeen, NoticeDelivered, NoticeNotDelivered),
            *(WorkerEmailSet, WorkerNoticeChannelsSet),
        }
    ),
    project=project,
)
