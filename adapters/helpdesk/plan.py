"""A log and a setup as the phases of an import: who works here, for whom, by what promise, and then the tickets."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

from adapters.helpdesk import case
from adapters.helpdesk.log import Log, Row, Unreadable
from adapters.helpdesk.setup import Setup
from adapters.helpdesk.step import Chain, Names, Phase, Step
from commands.clients.contact import OpenContact
from commands.clients.directory import OpenDirectory, SetDirectoryRight
from commands.clients.group import FormGroup, SetGroupContract
from commands.clients.membership import JoinGroup, LeaveGroup
from commands.command import Command
from commands.company.settings import ListSeverities, SetDefaultArea
from commands.service.calendar import DefineCalendar
from commands.service.contract import ConcludeContract
from commands.service.incident_type import ListIncidentType
from commands.staff.area import GiveAreaRole, OpenArea
from commands.staff.team import AddTeamMember, FormTeam
from commands.staff.worker import GrantRight, HireWorker
from domain.clients.contact import ContactKind
from domain.clients.directory import Level
from domain.staff.area import Role
from domain.staff.worker import SYSTEM, Right
from domain.values import (
    AreaId,
    CalendarId,
    ContactId,
    ContractId,
    DirectoryId,
    GroupId,
    Holder,
    TeamId,
    WorkerId,
    team_holder,
)

BEFORE = timedelta(days=1)
RIGHTS = (Right.BASIC, Right.HELPDESK, Right.LATE_FACTS)


def plan(log: Log, setup: Setup, caller: str, *, limit: int | None = None) -> list[Phase]:
    """Everything to send, in order; a limit leaves out tickets, never what they rest on. Raises Unreadable."""
    levels = {row.service_level for row in log.firsts()}
    if lacking := setup.lacks(levels):
        raise Unreadable(f"{setup.name}.toml: the log has the service level {lacking[0]!r}, and levels has not")
    names = Names(caller)
    founding = Founding(log, setup, names)
    cases = islice(log.cases.values(), limit)
    return [*founding.phases(), Phase("tickets", [case.steps(rows, names) for rows in cases], vital=False)]


@dataclass(frozen=True, slots=True)
class Founding:
    """What must be there before the first ticket, asked for by the installation itself."""

    log: Log
    setup: Setup
    names: Names

    def phases(self) -> Iterator[Phase]:
        at = self.log.firsts()[0].completed_at - BEFORE
        for name, chains in (
            ("calendar", [self.calendar()]),
            ("lists", [self.directory(), self.severities(), *self.types(), *self.contracts()]),
            ("workers", self.workers()),
            ("teams and groups", [*self.teams(), *self.groups()]),
            ("areas", [self.directory_rights(), *self.areas()]),
            ("default area", [self.default_area()]),
        ):
            yield Phase(name, [self._chain(at, chain) for chain in chains], vital=True)
        yield Phase("customers", [*self.customers(at)], vital=True)

    def calendar(self) -> Asking:
        """Comes first, and bears the mark of log and setup: another import into the same store stops right here."""
        mark = f"{self.setup.name}, import {_mark(self.log, self.setup)}"
        yield ("calendar",), DefineCalendar(name=mark, hours=self.setup.hours())

    def directory(self) -> Asking:
        yield ("directory",), OpenDirectory(name="Helpdesk customers")

    def directory_rights(self) -> Asking:
        for team in _distinct(row.workgroup for row in self.log.rows()):
            given = SetDirectoryRight(directory=self._directory, holder=self._team(team), level=Level.USE)
            yield ("directory", "right", team), given

    def severities(self) -> Asking:
        listed = _distinct(row.seriousness for row in self.log.rows())
        yield ("severities",), ListSeverities(severities=tuple(listed))

    def contracts(self) -> Iterator[Asking]:
        calendar = CalendarId(self.names.thing("calendar"))
        for level in self._levels():
            terms = self.setup.terms(level, calendar)
            yield iter([(("contract", level), ConcludeContract(name=level, terms=terms))])

    def types(self) -> Iterator[Asking]:
        for name in _distinct(row.service_type for row in self.log.firsts()):
            yield iter([(("service type", name), ListIncidentType(name=name))])

    def workers(self) -> Iterator[Asking]:
        for name in _distinct(row.resource for row in self.log.rows()):
            worker = WorkerId(self.names.thing("worker", name))
            granted = [(("worker", name, right), GrantRight(worker=worker, right=right)) for right in RIGHTS]
            yield iter([(("worker", name), HireWorker(name=name)), *granted])

    def teams(self) -> Iterator[Asking]:
        """Whoever ever worked for a workgroup is in its team."""
        members = {(row.workgroup, row.resource) for row in self.log.rows()}
        for name in _distinct(team for team, _ in members):
            team = TeamId(self.names.thing("team", name))
            added = [
                (("team", name, worker), AddTeamMember(team=team, worker=WorkerId(self.names.thing("worker", worker))))
                for worker in sorted(worker for of, worker in members if of == name)
            ]
            yield iter([(("team", name), FormTeam(name=name)), *added])

    def groups(self) -> Iterator[Asking]:
        for level in self._levels():
            group = GroupId(self.names.thing("group", level))
            contract = ContractId(self.names.thing("contract", level))
            formed = FormGroup(directory=self._directory, name=level)
            promised = SetGroupContract(group=group, contract=contract)
            yield iter([(("group", level), formed), (("promise", level), promised)])

    def areas(self) -> Iterator[Asking]:
        """A section's area, worked on by every team that ever worked on one of its cases."""
        teams = {(rows[0].responsible_section, row.workgroup) for rows in self.log.cases.values() for row in rows}
        for section in _distinct(section for section, _ in teams):
            area = AreaId(self.names.thing("section", section))
            given = [
                (("section", section, team), GiveAreaRole(area=area, holder=self._team(team), role=Role.MEMBER))
                for team in sorted(team for of, team in teams if of == section)
            ]
            yield iter([(("section", section), OpenArea(name=section)), *given])

    def default_area(self) -> Asking:
        """The section most cases come to."""
        counted = Counter(row.responsible_section for row in self.log.firsts())
        section = min(counted, key=lambda name: (-counted[name], name))
        yield ("default area",), SetDefaultArea(area=AreaId(self.names.thing("section", section)))

    def customers(self, at: datetime) -> Iterator[Chain]:
        """Each in the group of the level it last reported under, from the instant of that report on."""
        reports: dict[str, list[Row]] = {}
        for row in self.log.firsts():
            reports.setdefault(row.customer, []).append(row)
        for name, rows in sorted(reports.items()):
            opened = OpenContact(directory=self._directory, kind=ContactKind.COMPANY, name=name, reference=name)
            yield [self._step(("customer", name), opened, at), *self._memberships(name, rows)]

    def _memberships(self, name: str, rows: Sequence[Row]) -> Iterator[Step]:
        contact = ContactId(self.names.thing("customer", name))
        before: str | None = None
        for row in rows:
            level, at = row.service_level, row.completed_at
            if level == before:
                continue
            group = GroupId(self.names.thing("group", level))
            yield self._step(("joins", row.case), JoinGroup(contact=contact, group=group), at)
            if before is not None:
                former = GroupId(self.names.thing("group", before))
                yield self._step(("leaves", row.case), LeaveGroup(contact=contact, group=former), at)
            before = level

    def _team(self, name: str) -> Holder:
        return team_holder(TeamId(self.names.thing("team", name)))

    @property
    def _directory(self) -> DirectoryId:
        return DirectoryId(self.names.thing("directory"))

    def _levels(self) -> list[str]:
        return _distinct(row.service_level for row in self.log.firsts())

    def _chain(self, at: datetime, asking: Asking) -> Chain:
        return [self._step(about, command, at) for about, command in asking]

    def _step(self, about: tuple[str, ...], command: Command, at: datetime) -> Step:
        return Step(self.names.command(*about), command, SYSTEM, at, " ".join(about))


Asking = Iterator[tuple[tuple[str, ...], Command]]


def _distinct(values: Iterable[str]) -> list[str]:
    """Each value once, "Value 2" before "Value 10"."""
    return sorted(set(values), key=lambda value: (len(value), value))


def _mark(log: Log, setup: Setup) -> str:
    digest = hashlib.sha256(setup.written.model_dump_json().encode())
    for row in log.rows():
        digest.update(row.model_dump_json().encode())
    return digest.hexdigest()[:16]
