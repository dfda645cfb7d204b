"""Instants as people of the company read them, and questions asked for one worker."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime, timezone, tzinfo
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import orjson
import typer

from adapters.cli import asking
from adapters.inquiry import ASKED, envelope_of
from adapters.nats.client import Client, Declined
from projections.company.readiness import Readiness

Actor = Annotated[str, typer.Option(metavar="WORKER", help="The worker for whom it is asked; their rights decide.")]
Patience = Annotated[float, typer.Option(min=0, help="How long to ask again without an answer.")]
AsJson = Annotated[bool, typer.Option("--json", help="The answer as JSON.")]


class Local:
    """An answer's row, and how its instants and ids are written."""

    def __init__(self, row: dict[str, Any], zone: tzinfo) -> None:
        self.row, self.zone = row, zone

    def at(self, instant: str | None) -> str:
        """In the company's zone, to the second."""
        if instant is None:
            return ""
        return f"{datetime.fromisoformat(instant).astimezone(self.zone):%a %Y-%m-%d %H:%M:%S}"

    def called(self, id: str | None) -> str:
        """By the name, where the answer has one."""
        return "" if id is None else str(self.row["names"].get(id, id))

    def whom(self, goes: dict[str, Any]) -> str:
        """A worker, a team, a worker with a team around, or nobody."""
        return " of ".join(self.called(goes[name]) for name in ("assignee", "team") if goes[name]) or "nobody"


def asked(name: str, data: dict[str, Any], actor: str, patience_seconds: float, *, as_json: bool) -> Local:
    """The row of the answer to a question of that name. Ends the program where there is none."""
    payload = orjson.dumps({"actor": actor, "data": data})
    asking.check(envelope_of(ASKED[name]), name, payload, as_json=as_json)

    async def ask(desk: Client) -> Local:
        answer = await desk.inquire(name, payload)
        return Local(answer["row"], await _zone(desk, actor))

    asks: Callable[[Client], Awaitable[Local]] = ask
    return asking.answered(asks, unanswered="", patience_seconds=patience_seconds, as_json=as_json)


async def _zone(desk: Client, actor: str) -> tzinfo:
    """The company's; UTC where it has none, or the worker may not ask for it."""
    try:
        page = await desk.query(Readiness(), actor=actor, limit=1000)
    except Declined:
        return timezone.utc
    named = next((row["value"] for row in page["rows"] if row["setting"] == "zone"), None)
    return timezone.utc if named is None else ZoneInfo(named)
