"""What may be asked about workers: by the CRM administrator; what is one's own by oneself, too."""

from __future__ import annotations

from commands.command import Asked, Command, Decision
from commands.existence import needs_worker
from commands.normal import email
from commands.permission import holds, needs
from commands.staff.handover import Handover, OwnSuccessor, WorkerStillAnswers, answers, handed_over
from domain.refusal import require
from domain.staff import worker as rule
from domain.staff.absence import Absence
from domain.staff.worker import WORKER, Right, Worker, WorkerNotActive
from domain.values import AbsenceId, Instant, Line, WorkerId
from domain.work.channel import Channels


class HireWorker(Command, topic="worker.hire", of=WORKER):
    """Make a new worker known, without any right."""

    name: Line

    def decide(self, own: Worker, asked: Asked) -> Decision:
        needs(asked, Right.CRM_ADMINISTRATOR)
        return rule.hire(own, asked.new_subject, self.name)


class RenameWorker(Command, topic="worker.rename", of=WORKER):
    """Correct a worker's name."""

    worker: WorkerId
    name: Line

    def decide(self, own: Worker, asked: Asked) -> Decision:
        needs(asked, Right.CRM_ADMINISTRATOR)
        return rule.rename(own, self.name)


class SetWorkerEmail(Command, topic="worker.set-email", of=WORKER):
    """Say where a worker gets e-mail, or that they get none; one's own as well."""

    worker: WorkerId
    email: Line | None

    def decide(self, own: Worker, asked: Asked) -> Decision:
        _own_or_any(asked, self.worker)
        return rule.set_email(own, None if self.email is None else email(self.email))


class SetNoticeChannels(Command, topic="worker.set-notice-channels", of=WORKER):
    """Say by which channels a worker wants notices, beside those that each goes by anyway; one's own as well."""

    worker: WorkerId
    channels: Channels

    def decide(self, own: Worker, asked: Asked) -> Decision:
        _own_or_any(asked, self.worker)
        return rule.set_notice_channels(own, self.channels)


class GrantRight(Command, topic="worker.grant-right", of=WORKER):
    """Give a worker a system right, for good or until an instant."""

    worker: WorkerId
    right: Right
    until: Instant | None = None

    def decide(self, own: Worker, asked: Asked) -> Decision:
        needs(asked, Right.CRM_ADMINISTRATOR)
        return rule.grant(own, self.right, self.until, asked.now)


class WithdrawRight(Command, topic="worker.withdraw-right", of=WORKER):
    """Take a system right from a worker."""

    worker: WorkerId
    right: Right

    def decide(self, own: Worker, asked: Asked) -> Decision:
        needs(asked, Right.CRM_ADMINISTRATOR)
        return rule.withdraw(own, self.right)


class DeactivateWorker(Command, topic="worker.deactivate", of=WORKER):
    """Put a worker's rights to sleep, and give what they answer for to a successor (R-STF-2).

    Without a successor it is refused while there is anything, unless it is forced. A successor takes over what is
    left of one who is deactivated already, too.
    """

    worker: WorkerId
    successor: WorkerId | None = None
    forced: bool = False

    def decide(self, own: Worker, asked: Asked) -> Decision:
        needs(asked, Right.CRM_ADMINISTRATOR)
        yield from rule.deactivate(own, self.successor, forced=self.forced)
        if self.successor is not None:
            require(self.successor != self.worker, otherwise=OwnSuccessor)
            needs_worker(asked, self.successor)
            require(asked.read(WORKER, self.successor).active, otherwise=WorkerNotActive)
            yield from handed_over(asked, Handover(self.worker, self.successor))
        elif own.active and not self.forced:
            require(not answers(asked, self.worker), otherwise=WorkerStillAnswers)


class ReactivateWorker(Command, topic="worker.reactivate", of=WORKER):
    """Wake a worker's rights."""

    worker: WorkerId

    def decide(self, own: Worker, asked: Asked) -> Decision:
        needs(asked, Right.CRM_ADMINISTRATOR)
        return rule.reactivate(own)


class PlanAbsence(Command, topic="worker.plan-absence", of=WORKER):
    """Say that a worker will be away, and who stands in; the absence gets the id that follows from the request."""

    worker: WorkerId
    since: Instant
    until: Instant | None = None
    substitute: WorkerId | None = None

    def decide(self, own: Worker, asked: Asked) -> Decision:
        _own_or_any(asked, self.worker)
        needs_worker(asked, self.substitute)
        wanted = Absence(self.since, self.until, self.substitute)
        return rule.plan_absence(own, AbsenceId(asked.new_id), wanted, self.worker, asked.at)


class EndAbsence(Command, topic="worker.end-absence", of=WORKER):
    """Come back from an absence when this happens, or take back one that has not begun."""

    worker: WorkerId
    absence: AbsenceId

    def decide(self, own: Worker, asked: Asked) -> Decision:
        _own_or_any(asked, self.worker)
        return rule.end_absence(own, self.absence, asked.at)


def _own_or_any(asked: Asked, worker: WorkerId) -> None:
    if asked.actor != worker or not holds(asked, Right.BASIC):
        needs(asked, Right.CRM_ADMINISTRATOR)
