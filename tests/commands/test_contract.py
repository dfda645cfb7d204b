"""A contract names only whom there is: who answers, and who is told (R-SLA-7)."""

from __future__ import annotations

from typing import Any

import pytest
from company import COMPANY_SO_FAR, OLENA
from specification import given

from commands.service.contract import ConcludeContract, ReviseContract
from domain.refusal import Refused
from domain.service.level import Level, Recipient
from domain.service.target import Target
from domain.staff.team import TeamUnknown
from domain.staff.worker import WorkerUnknown
from domain.values import Holder
from examples import GOLD, GOLD_TERMS


def telling(*recipients: str) -> dict[str, Any]:
    return {"levels": (Level(target=Target.RESOLUTION, percent=80, recipients=tuple(map(Recipient, recipients))),)}


@pytest.mark.parametrize(
    ("named", "refusal"),
    [
        ({"responsible": Holder("worker:nobody")}, WorkerUnknown),
        ({"responsible": Holder("team:none")}, TeamUnknown),
        (telling("assignee", "worker:nobody"), WorkerUnknown),
        (telling("team:none"), TeamUnknown),
    ],
)
def test_whoever_answers_or_is_told_must_have_been_here(named: dict[str, Any], refusal: type[Refused]) -> None:
    terms = GOLD_TERMS.model_copy(update=named)
    given(COMPANY_SO_FAR).when(ConcludeContract(name="Platinum", terms=terms), actor=OLENA).refused(refusal)
    given(COMPANY_SO_FAR).when(ReviseContract(contract=GOLD, terms=terms), actor=OLENA).refused(refusal)
