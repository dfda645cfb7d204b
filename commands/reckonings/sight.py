"""Who could know of a contact or a ticket at an instant, by which right, and which facts made it so (N-2)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from enum import StrEnum
from itertools import islice

from commands.permission import Ground, InPlaceOf, Part
from commands.reckoning import Mention, Reckoned, Reckoning, Row, Told
from commands.reckonings import deciding
from commands.reckonings.about import About, about, allowed_by_exception
from commands.reckonings.deciding import DecidingFact, Found
from commands.reckonings.people import people
from commands.retrospect import Present, View
from commands.sight import Condition, Keeper, Verdict, home
from domain.clients.contact import CONTACT
from domain.clients.directory import Level
from domain.refusal import require
from domain.staff.area import Role
from domain.staff.worker import WORKER, Right, WorkerUnknown
from domain.values import (
    AreaId,
    ContactId,
    DirectoryId,
    Holder,
    Instant,
    TeamId,
    TicketId,
    WorkerId,
)

MOST_WORKERS = 500
"""In one answer."""

ASKED_BY = "who administers the directories of the contacts that it is about; an auditor, as an exception"


class Checked(Row):
    """One test, the right by which it was passed, and the facts that made it so, or undid it."""

    test: Condition
    passed: bool
    right: Right | None
    holder: Holder | None
    level: Level | None
    role: Role | None
    until: datetime | None
    directory: DirectoryId | None
    area: AreaId | None
    team: TeamId | None
    facts: tuple[DecidingFact, ...]


class Data(StrEnum):
    """Who was shown the words that are a person's: whoever saw them, privacy officers alone, or nobody any more."""

    OPEN = "open"
    WITHHELD = "withheld"
    FORGOTTEN = "forgotten"


class Privacy(Row):
    """What was to be had of a contact's data by who could see it, and the facts that made it so."""

    contact: ContactId
    data: Data
    facts: tuple[DecidingFact, ...]


class Seer(Row):
    """A worker who could see it: all tests passed."""

    worker: WorkerId
    tests: tuple[Checked, ...]


class Seers(Told):
    """Everybody who could see it at the instant; `cut` where there were more than are told.

    `privacy` tells of whom nothing, or nothing to them, was to be read all the same.
    """

    at: datetime
    contact: ContactId | None
    ticket: TicketId | None
    workers: tuple[Seer, ...]
    cut: bool
    privacy: tuple[Privacy, ...]


class WhoCouldSee(Reckoning[Seers], name="who-could-see", asked_by=ASKED_BY):
    """Everybody who could see a contact or a ticket at an instant, or can now, with the rights that decided (N-2)."""

    contact: ContactId | None = None
    ticket: TicketId | None = None
    at: Instant | None = None

    def reckon(self, asked: Present) -> Reckoned:
        view = asked.then(self.at)
        what = about(view, self.contact, self.ticket)
        exception = allowed_by_exception(asked, view, what)
        found = list(islice(_seers(view, what), MOST_WORKERS + 1))
        row = Seers(
            at=view.now,
            contact=self.contact,
            ticket=self.ticket,
            workers=tuple(found[:MOST_WORKERS]),
            cut=len(found) > MOST_WORKERS,
            privacy=tuple(_privacy(view, what)),
        )
        named = {each for seer in row.workers for each in mentioned(seer.worker, seer.tests)}
        return Reckoned(row, frozenset(named.union(_actors(row.privacy))), exception)


class Sight(Told):
    """Whether the worker could see it: every test by its name.

    `exceptions` are rights that let one look without passing them, each use being recorded.
    """

    at: datetime
    worker: WorkerId
    contact: ContactId | None
    ticket: TicketId | None
    sees: bool
    tests: tuple[Checked, ...]
    privacy: tuple[Privacy, ...]
    exceptions: tuple[Right, ...]


class CouldSee(Reckoning[Sight], name="could-see", asked_by=ASKED_BY):
    """Whether a worker could see a contact or a ticket at an instant, or can now, and why (N-2)."""

    worker: WorkerId
    contact: ContactId | None = None
    ticket: TicketId | None = None
    at: Instant | None = None

    def reckon(self, asked: Present) -> Reckoned:
        view = asked.then(self.at)
        what = about(view, self.contact, self.ticket)
        exception = allowed_by_exception(asked, view, what)
        require(asked.read(WORKER, self.worker).hired, otherwise=WorkerUnknown)
        tests = tuple(_checked(view, self.worker, what))
        row = Sight(
            at=view.now,
            worker=self.worker,
            contact=self.contact,
            ticket=self.ticket,
            sees=all(each.passed for each in tests),
            tests=tests,
            privacy=tuple(_privacy(view, what)),
            exceptions=_exceptions(view, self.worker, what),
        )
        return Reckoned(row, frozenset((*mentioned(self.worker, tests), *_actors(row.privacy))), exception)


def _privacy(view: View, what: About) -> Iterator[Privacy]:
    for contact in sorted(set(what.linked.values())):
        state = view.read(CONTACT, contact)
        withheld = state.ending or state.restricted is not None
        data = Data.FORGOTTEN if state.forgotten else Data.WITHHELD if withheld else Data.OPEN
        yield Privacy(contact=contact, data=data, facts=deciding.told(view, deciding.of_data(view, contact)))


def _actors(found: Iterable[Privacy]) -> Iterator[Mention]:
    return (("worker", fact.actor) for each in found for fact in each.facts)


def _seers(view: View, what: About) -> Iterator[Seer]:
    workers = people(what.holders(view), view)
    view.bring(WORKER, workers)
    for worker in workers:
        them = InPlaceOf(view, worker)
        if all(test(them, what.thing).passed for test in what.tests.values()):
            yield Seer(worker=worker, tests=tuple(_checked(view, worker, what)))


def _checked(view: View, worker: WorkerId, what: About) -> Iterator[Checked]:
    them = InPlaceOf(view, worker)
    for name, test in what.tests.items():
        verdict = test(them, what.thing)
        contact, by = what.linked.get(name), verdict.by
        passed = by if verdict.passed else None
        yield Checked(
            test=name,
            passed=verdict.passed,
            right=passed if isinstance(passed, Right) else None,
            holder=passed.holder if isinstance(passed, (Ground, Part, Keeper)) else None,
            level=passed.level if isinstance(passed, Ground) else None,
            role=passed.role if isinstance(passed, Part) else None,
            until=passed.until if isinstance(passed, Ground) else None,
            directory=None if contact is None else home(view, contact),
            area=what.area if name is Condition.AREA else None,
            team=what.team if name is Condition.TEAM else None,
            facts=deciding.told(view, _facts(view, worker, what, name, verdict)),
        )


def _facts(view: View, worker: WorkerId, what: About, test: Condition, verdict: Verdict) -> Found:
    by = verdict.by if verdict.passed else None
    match test:
        case Condition.ACTIVE:
            yield from deciding.of_activity(view, worker)
        case Condition.MODULE:
            yield from deciding.of_rights(view, worker, *([by] if isinstance(by, Right) else what.module))
        case Condition.AREA if what.ticket is not None and what.area is not None:
            yield from deciding.of_ticket(view, what.ticket)
            yield from deciding.of_area(view, worker, what.area, by)
        case Condition.TEAM if what.ticket is not None:
            yield from deciding.of_holding(view, worker, what.ticket, by)
        case _:
            yield from _linked(view, worker, what, test, by)


def _linked(view: View, worker: WorkerId, what: About, test: Condition, by: object) -> Found:
    if what.ticket is not None:
        yield from deciding.of_link(view, what.ticket)
    if (contact := what.linked.get(test)) is not None:
        yield from deciding.of_home(view, contact)
        yield from deciding.of_directory(view, worker, home(view, contact), by)


def _exceptions(view: View, worker: WorkerId, what: About) -> tuple[Right, ...]:
    able = (Right.AUDITOR,) if what.ticket is not None else (Right.PRIVACY_OFFICER, Right.AUDITOR)
    return tuple(right for right in able if view.read(WORKER, worker).holds(right, view.now))


def mentioned(worker: WorkerId, tests: Iterable[Checked]) -> Iterator[Mention]:
    """Everything in it that has a name."""
    yield "worker", worker
    for each in tests:
        yield from (("worker", fact.actor) for fact in each.facts)
        yield from of_holder(each.holder)
        if each.directory is not None:
            yield "directory", each.directory
        if each.area is not None:
            yield "area", each.area
        if each.team is not None:
            yield "team", each.team


def of_holder(holder: Holder | None) -> Iterator[Mention]:
    """The worker or the team that a holder is."""
    if holder is not None:
        kind, _, id = holder.partition(":")
        yield kind, id
