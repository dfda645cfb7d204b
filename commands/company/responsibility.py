"""What may be asked about responsibility: whether whoever answers for something can, by the automaton that watches."""

from __future__ import annotations

from commands.command import Asked, Command, Decision
from commands.lookup import LACKING, Lack
from commands.permission import needs
from domain.company import responsibility as rule
from domain.company.responsibility import CHECK, RESPONSIBILITY, Kind, Lacking, Responsibility, Row
from domain.staff.worker import CHECKING, Right
from domain.values import Id, ProcessAreaId


class CheckResponsibilities(Command, topic="responsibility.check", of=RESPONSIBILITY, only=CHECK):
    """Look for those who answer for something and cannot, and tell of each once; and of what is mended (R-DIR-4).

    It rests on read models as they stand, and on rights by the receipt.
    """

    def decide(self, own: Responsibility, asked: Asked) -> Decision:
        if asked.actor != CHECKING:
            needs(asked, Right.CRM_ADMINISTRATOR)
        found = asked.find(LACKING, asked.now.isoformat())
        return rule.check(own, {_row(lack): tuple(map(Lacking, lack.lacks)) for lack in found})


def _row(lack: Lack) -> Row:
    process_area = None if lack.process_area is None else ProcessAreaId(lack.process_area)
    return Row(Kind(lack.kind), Id(lack.thing), process_area, lack.worker)
