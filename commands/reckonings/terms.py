"""What was promised, word for word: every version of a calendar or a contract, and from when on it counts (D7)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import accumulate, takewhile
from typing import Any, TypeVar

from commands.permission import RightMissing, holds
from commands.reckoning import Mention, Reckoned, Reckoning, Row, Told
from commands.retrospect import Present
from domain.refusal import require
from domain.service.calendar import CALENDAR, CalendarUnknown, OpeningHours
from domain.service.contract import CONTRACT, ContractUnknown, Terms
from domain.staff.team import TEAM
from domain.staff.worker import SYSTEM, WORKER, Right
from domain.values import CalendarId, ContractId, Holder, Instant, team_of, worker_of

READERS = (Right.BASIC, Right.HELPDESK, Right.CRM_ADMINISTRATOR)
ASKED_BY = "who holds the basic, the helpdesk or the CRM administrator's right"

MOST_BYTES = 1_000_000
"""Of all versions in one answer; one alone is never nearly as long."""


class Version(Row):
    """One version; the first counts for all time before, and so from no instant on."""

    number: int
    recorded_at: datetime
    counts_from: datetime | None


class CalendarVersion(Version):
    """When it is open, with all holidays; any time is counted by the version that counts at that time."""

    hours: OpeningHours


class ContractVersion(Version):
    """What is promised, who answers for it, and who is told when it is late."""

    terms: Terms


class CalendarTold(Told):
    """A calendar as it was known; of `earlier` versions, for which there was no room, ask as known before these."""

    calendar: CalendarId
    name: str
    known_at: datetime
    earlier: int
    versions: tuple[CalendarVersion, ...]


class ContractTold(Told):
    """A contract as it was known; of `earlier` versions, for which there was no room, ask as known before these."""

    contract: ContractId
    name: str
    known_at: datetime
    earlier: int
    versions: tuple[ContractVersion, ...]


class CalendarAsked(Reckoning[CalendarTold], name="calendar", asked_by=ASKED_BY):
    """When the company is open by a calendar: all its versions, as known now or at an instant."""

    calendar: CalendarId
    known_at: Instant | None = None

    def reckon(self, asked: Present) -> Reckoned:
        _needs_reader(asked)
        view = asked.then(self.known_at)
        found = view.read(CALENDAR, self.calendar)
        require(bool(found.versions), otherwise=CalendarUnknown)
        versions = _last(CalendarVersion, ((each.recorded_at, {"hours": each.written}) for each in found.versions))
        row = CalendarTold(
            calendar=self.calendar,
            name=found.name,
            known_at=view.now,
            earlier=len(found.versions) - len(versions),
            versions=versions,
        )
        return Reckoned(row)


class ContractAsked(Reckoning[ContractTold], name="contract", asked_by=ASKED_BY):
    """What a contract promises: all its versions, as known now or at an instant."""

    contract: ContractId
    known_at: Instant | None = None

    def reckon(self, asked: Present) -> Reckoned:
        _needs_reader(asked)
        view = asked.then(self.known_at)
        found = view.read(CONTRACT, self.contract)
        require(bool(found.versions), otherwise=ContractUnknown)
        versions = _last(ContractVersion, ((each.recorded_at, {"terms": each.terms}) for each in found.versions))
        row = ContractTold(
            contract=self.contract,
            name=found.name,
            known_at=view.now,
            earlier=len(found.versions) - len(versions),
            versions=versions,
        )
        return Reckoned(row, frozenset(mention for each in versions for mention in _mentioned(each.terms)))


V = TypeVar("V", bound=Version)


def _last(kind: type[V], written: Iterable[tuple[datetime, dict[str, Any]]]) -> tuple[V, ...]:
    """As many as there is room for, the last ones, in their order."""
    versions = [
        kind(number=n, recorded_at=at, counts_from=at if n > 1 else None, **text)
        for n, (at, text) in enumerate(written, 1)
    ]
    sizes = accumulate(len(each.model_dump_json()) for each in reversed(versions))
    room = sum(1 for _ in takewhile(lambda size: size <= MOST_BYTES, sizes))
    return tuple(versions[len(versions) - room :])


def _needs_reader(asked: Present) -> None:
    require(asked.actor == SYSTEM or any(holds(asked, right) for right in READERS), otherwise=RightMissing)


def _mentioned(terms: Terms) -> Iterator[Mention]:
    """The calendar, and the workers and teams who answer or are told."""
    yield CALENDAR.kind, terms.calendar
    answering = [] if terms.responsible is None else [terms.responsible]
    told = (Holder(each) for level in terms.levels for each in level.recipients)
    for holder in (*answering, *told):
        if worker := worker_of(holder):
            yield WORKER.kind, worker
        if team := team_of(holder):
            yield TEAM.kind, team
