"""Who answers for what, and what the company has set: where a responsible is looked up (R-RESP-1, R-SET-1)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from domain.clients.group import GROUP, NOBODY, Group, GroupResponsibleSet
from domain.company.process_area import (
    PROCESS_AREA,
    ProcessArea,
    ProcessAreaListed,
    ProcessAreaRenamed,
    ProcessAreaResponsibleSet,
    ProcessAreaRetired,
)
from domain.company.settings import SETTINGS, Settings
from domain.fact import Fact
from projections.model import Change, Column, Drop, Kind, Known, Put, ReadModel, Table, Touch, instead, words

GROUP_RESPONSIBLES = Table(
    "group_responsibles",
    ("group_id", "process_area"),
    words("person", "team", "area"),
    indexes=(("group_id",), ("person",), ("team",)),
)
PROCESS_AREAS = Table(
    "process_areas",
    ("process_area",),
    (Column("name"), Column("retired", Kind.FLAG), Column("responsible")),
    indexes=(("responsible",),),
)
COMPANY_SETTINGS = Table("company_settings", ("setting",), words("value"))
"""What has one value, by its name; what is missing has no row."""

CODE_LISTS = Table("code_lists", ("code_list", "ordinal"), words("entry"), indexes=(("code_list",),))
"""The entries of each list in their order."""


def rows(group: str, known: Known) -> Iterable[Change]:
    """A group's responsibility rows; one that names nobody and nothing is none."""
    state: Group = known.state(GROUP, group)
    for process_area, line in state.rows.items():
        row = line.last or NOBODY
        key = group, str(process_area)
        yield Drop(GROUP_RESPONSIBLES, key) if row == NOBODY else Put(GROUP_RESPONSIBLES, key, row._asdict())


def process_area(id: str, known: Known) -> Iterable[Change]:
    state: ProcessArea = known.state(PROCESS_AREA, id)
    row = {"name": state.name, "retired": state.retired, "responsible": state.responsible.last}
    yield Put(PROCESS_AREAS, (id,), row)


def settings(id: str, known: Known) -> Iterable[Change]:
    state: Settings = known.state(SETTINGS, id)
    for name, value in _values(state).items():
        yield Drop(COMPANY_SETTINGS, (name,)) if value is None else Put(COMPANY_SETTINGS, (name,), {"value": value})
    for code_list, entries in _lists(state).items():
        listed = {(code_list, f"{n:03}"): {"entry": entry} for n, entry in enumerate(entries)}
        yield from instead(known, CODE_LISTS, "code_list", code_list, listed)


def _values(state: Settings) -> dict[str, str | None]:
    return {
        "default-area": state.default_area,
        "default-contract": state.default_contract.last,
        "helpdesk-responsible": state.helpdesk_responsible.last,
        "helpdesk-process-area": state.helpdesk_process_area.last,
        "zone": state.zone,
        "country": state.country,
        "form-rule": state.after_closing,
        "base-list": state.base_list.last,
        "proof-retention": None if state.proof_days is None else str(state.proof_days),
    }


def _lists(state: Settings) -> dict[str, tuple[str, ...]]:
    return {
        "severities": state.severities,
        "life-cycles": state.life_cycles,
        "salutations": state.salutations,
        "relations": state.relations,
        "units": state.units,
        "erasure-reasons": state.erasure_reasons,
        "hold-grounds": state.hold_grounds,
    }


def remake(stream: str) -> Iterator[Touch]:
    for decider, made in ((GROUP, rows), (PROCESS_AREA, process_area), (SETTINGS, settings)):
        start = decider.stream("")
        if stream.startswith(start):
            yield Touch(decider, stream.removeprefix(start), made)


def project(fact: Fact[Any], _: Known) -> Iterator[Touch]:
    return remake(fact.stream)


RESPONSIBLE = ReadModel(
    name="responsible",
    about="Who answers for what: responsibility rows of groups, process areas, and the company's settings.",
    tables=(GROUP_RESPONSIBLES, PROCESS_AREAS, COMPANY_SETTINGS, CODE_LISTS),
    facts=frozenset(
        {
            GroupResponsibleSet,
            *(ProcessAreaListed, ProcessAreaRenamed, ProcessAreaRetired, ProcessAreaResponsibleSet),
            *SETTINGS.facts,
        }
    ),
    project=project,
    reads=(GROUP, PROCESS_AREA, SETTINGS),
    remake=remake,
    edition=3,
)
