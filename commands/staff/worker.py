"""What may be asked about workers: by the CRM administrator, whose settings they are."""

from __future__ import annotations

from commands.command import Asked, Command, Decision
from commands.permission import needs
from domain.staff import worker as rule
from domain.staff.worker import WORKER, Right, Worker
from domain.values import Line, WorkerId


class HireWorker(Command, topic="worker.hire", of=WORKER):
    """Make a new worker known, without any right."""

    name: Line

    def decide(self, own: Worker, asked: Asked) -> Decision:
        needs(asked, Right.CRM_ADMINISTRATOR)
        return rule.hire(own, asked.new_subject, self.name)


class GrantRight(Command, topic="worker.grant-right", of=WORKER):
    """Give a worker a system right."""

    worker: WorkerId
    right: Right

    def decide(self, own: Worker, asked: Asked) -> Decision:
        needs(asked, Right.CRM_ADMINISTRATOR)
        return rule.grant(own, self.right)


class WithdrawRight(Command, topic="worker.withdraw-right", of=WORKER):
    """Take a system right from a worker."""

    worker: WorkerId
    right: Right

    def decide(self, own: Worker, asked: Asked) -> Decision:
        needs(asked, Right.CRM_ADMINISTRATOR)
        return rule.withdraw(own, self.right)


class DeactivateWorker(Command, topic="worker.deactivate", of=WORKER):
    """Put a worker's rights to sleep."""

    worker: WorkerId

    def decide(self, own: Worker, asked: Asked) -> Decision:
        needs(asked, Right.CRM_ADMINISTRATOR)
        return rule.deactivate(own)


class ReactivateWorker(Command, topic="worker.reactivate", of=WORKER):
    """Wake a worker's rights."""

    worker: WorkerId

    def decide(self, own: Worker, asked: Asked) -> Decision:
        needs(asked, Right.CRM_ADMINISTRATOR)
        return rule.reactivate(own)
