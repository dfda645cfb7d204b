"""Calendars, contracts and incident types as they are now; what each version said is told by the reckonings."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from domain.decider import Decider
from domain.fact import Fact
from domain.service.calendar import CALENDAR, Calendar
from domain.service.contract import CONTRACT, Contract
from domain.service.incident_type import INCIDENT_TYPE, IncidentType
from projections.model import Change, Column, Kind, Known, Put, ReadModel, Table, Touch, words

VERSIONS = (Column("versions", Kind.NUMBER), Column("revised_at", Kind.INSTANT))
"""How many there are, and when the last was recorded, from which instant on it counts."""

CALENDARS = Table("calendars", ("calendar",), (*words("name", "zone"), Column("holidays", Kind.NUMBER), *VERSIONS))
CONTRACTS = Table(
    "contracts",
    ("contract",),
    (*words("name", "calendar", "responsible"), Column("levels", Kind.NUMBER), *VERSIONS),
    indexes=(("responsible",),),
)
INCIDENT_TYPES = Table("incident_types", ("incident_type",), (*words("name", "contract"), Column("retired", Kind.FLAG)))


def calendar(id: str, known: Known) -> Iterable[Change]:
    state: Calendar = known.state(CALENDAR, id)
    last = state.versions[-1]
    row = {"name": state.name, "zone": last.written.zone, "holidays": len(last.written.holidays)}
    yield Put(CALENDARS, (id,), row | {"versions": len(state.versions), "revised_at": last.recorded_at})


def contract(id: str, known: Known) -> Iterable[Change]:
    state: Contract = known.state(CONTRACT, id)
    last, terms = state.versions[-1], state.versions[-1].terms
    row = {"name": state.name, "versions": last.number, "revised_at": last.recorded_at}
    said = {"calendar": terms.calendar, "responsible": terms.responsible, "levels": len(terms.levels)}
    yield Put(CONTRACTS, (id,), row | said)


def incident_type(id: str, known: Known) -> Iterable[Change]:
    state: IncidentType = known.state(INCIDENT_TYPE, id)
    row = {"name": state.name, "contract": state.contract.last, "retired": state.retired}
    yield Put(INCIDENT_TYPES, (id,), row)


MADE: Mapping[Decider[Any, Any], Callable[[str, Known], Iterable[Change]]] = {
    CALENDAR: calendar,
    CONTRACT: contract,
    INCIDENT_TYPE: incident_type,
}


def remake(stream: str) -> Iterator[Touch]:
    for decider, rows in MADE.items():
        start = decider.stream("")
        if stream.startswith(start):
            yield Touch(decider, stream.removeprefix(start), rows)


def project(fact: Fact[Any], _: Known) -> Iterator[Touch]:
    return remake(fact.stream)


TERMS = ReadModel(
    name="terms",
    about="Calendars, contracts and incident types: what they are called, and how many versions they have.",
    tables=(CALENDARS, CONTRACTS, INCIDENT_TYPES),
    facts=frozenset({*CALENDAR.facts, *CONTRACT.facts, *INCIDENT_TYPE.facts}),
    project=project,
    reads=(CALENDAR, CONTRACT, INCIDENT_TYPE),
    remake=remake,
)
