"""Tickets received in a time, as many as one answer looks at, of those that the asker may know of (N-5)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timezone

from commands.lookup import Ended, Received
from commands.permission import RightMissing, holds
from commands.retrospect import Present
from domain.refusal import Refused, require
from domain.service.hours import MICROSECOND
from domain.staff.worker import SYSTEM, Right
from domain.values import AreaId

ASKED_BY = "who holds the analyst or the helpdesk right, of the tickets that they may know of"


class NothingSupposed(Refused):
    """It is asked what would be if something were otherwise: a contract, a calendar, or the staff."""


def needs_analyst(asked: Present) -> None:
    allowed = asked.actor == SYSTEM or any(holds(asked, right) for right in (Right.ANALYST, Right.HELPDESK))
    require(allowed, otherwise=RightMissing)


def meant(asked: Present, since: datetime, until: datetime, area: AreaId | None, most: int) -> str:
    """The key of a lookup: who asks, when, and which are meant, from the one instant on, up to but not at the other."""
    return json.dumps(
        {
            "actor": asked.actor,
            "received": asked.now.isoformat(),
            "since": since.astimezone(timezone.utc).isoformat(),
            "until": until.astimezone(timezone.utc).isoformat(),
            "area": area,
            "most": most,
        }
    )


def read_until(found: Sequence[Ended] | Sequence[Received], most: int) -> datetime | None:
    """Where to go on, if there may be more: those of the last instant were all read."""
    return found[-1].received_at + MICROSECOND if len(found) >= most else None
