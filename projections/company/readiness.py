"""What the company has set, and what it has not: a missing setting is listed, never guessed (R-SET-1)."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import ClassVar

from domain.staff.worker import Right
from projections.access import ACCESS
from projections.clients.group import INCOMPLETE
from projections.clients.group_members import MEMBERSHIPS
from projections.company.responsible import RESPONSIBLE
from projections.names import CALLED
from projections.question import Answer, Leg, Listing
from projections.sight import open_directory

WANTED = (
    *("default-area", "default-contract", "helpdesk-responsible", "helpdesk-process-area"),
    *("zone", "country", "form-rule", "base-list", "proof-retention"),
)
LISTED = ("severities", "life-cycles", "salutations", "relations", "units", "erasure-reasons", "hold-grounds")


def _values(words: Sequence[str]) -> str:
    return ", ".join(f"('{word}')" for word in words)


class ReadinessRow(Answer):
    """A setting, and whether it is missing; its value, and what that is called where it is a thing.

    A group of customers without a contract of its own is a setting that is missing, `group-contract` (R-SLA-1).
    """

    setting: str
    missing: bool
    value: str | None
    value_name: str | None
    group: str | None
    group_name: str | None


class Readiness(
    Listing[ReadinessRow],
    name="readiness",
    rests_on=(ACCESS, RESPONSIBLE, MEMBERSHIPS, CALLED),
    rights=[Right.BASIC],
):
    """Every setting that the company is to make, those that are missing among them; of a code list, how long it is.

    Of groups only those that lack a contract are told, as far as I may know of them.
    """

    missing: bool | None = None

    narrowing: ClassVar = {"missing": "w.value IS NULL"}
    of = ("setting", "group_id")
    settings: ClassVar = f"""(
        SELECT w.setting, s.value, '' AS group_id FROM (VALUES {_values(WANTED)}) w(setting)
        LEFT JOIN company_settings s ON s.setting = w.setting
        UNION ALL
        SELECT w.setting, nullif((SELECT count(*) FROM code_lists c WHERE c.code_list = w.setting), 0)::text, ''
        FROM (VALUES {_values(LISTED)}) w(setting)
        UNION ALL
        SELECT 'group-contract', NULL, g.group_id FROM groups g
        WHERE {INCOMPLETE} AND {open_directory("g.directory")})"""
    shows = """
        w.setting, w.value IS NULL AS missing, w.value, n.name AS value_name,
        g.group_id AS group, g.name AS group_name"""
    joins = f"""
        JOIN {settings} w ON w.setting = page.setting AND w.group_id = page.group_id
        LEFT JOIN groups g ON g.group_id = w.group_id
        LEFT JOIN names n ON n.id = w.value AND n.kind = CASE w.setting
            WHEN 'default-area' THEN 'area' WHEN 'default-contract' THEN 'contract'
            WHEN 'helpdesk-process-area' THEN 'process-area' WHEN 'base-list' THEN 'price-list' END"""

    def legs(self) -> Sequence[Leg]:
        return [Leg(f"FROM {self.settings} w WHERE true{self.given()}", {"w.setting": "text", "w.group_id": "text"})]


class CodeList(StrEnum):
    """The lists that the company keeps in its settings."""

    SEVERITIES = "severities"
    LIFE_CYCLES = "life-cycles"
    SALUTATIONS = "salutations"
    RELATIONS = "relations"
    UNITS = "units"


class EntryRow(Answer):
    """An entry of a code list."""

    code_list: CodeList
    entry: str


class CodeLists(
    Listing[EntryRow], name="code-lists", rests_on=(RESPONSIBLE,), rights=[Right.BASIC, Right.PRIVACY_OFFICER]
):
    """The entries of the company's code lists, each list in its order."""

    code_list: CodeList | None = None

    narrowing: ClassVar = {"code_list": "c.code_list = %(code_list)s"}
    of = ("code_list", "ordinal")
    shows = "c.code_list, c.entry"
    joins = "JOIN code_lists c ON c.code_list = page.code_list AND c.ordinal = page.ordinal"

    def legs(self) -> Sequence[Leg]:
        return [Leg(f"FROM code_lists c WHERE true{self.given()}", {"c.code_list": "text", "c.ordinal": "text"})]


class ProcessAreaRow(Answer):
    """A kind of care, and who answers in it for what nobody else answers for."""

    process_area: str
    name: str
    retired: bool
    responsible: str | None


class ProcessAreas(Listing[ProcessAreaRow], name="process-areas", rests_on=(RESPONSIBLE,), rights=[Right.BASIC]):
    """The code list of process areas."""

    retired: bool | None = None

    narrowing: ClassVar = {"retired": "p.retired"}
    of = ("process_area",)
    shows = "p.process_area, p.name, p.retired, p.responsible"
    joins = "JOIN process_areas p ON p.process_area = page.process_area"

    def legs(self) -> Sequence[Leg]:
        return [Leg(f"FROM process_areas p WHERE true{self.given()}", {"p.process_area": "text"})]
