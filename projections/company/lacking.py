"""Who answers for what they cannot answer for, as SQL: the standing check and its question ask the same (R-DIR-4).

Its one parameter is `received`. What is empty in a row is the empty word, so that rows can be put in order.
"""

from __future__ import annotations

from domain.clients.directory import LADDER, Level
from domain.company.responsibility import Kind, Lacking
from domain.company.settings import COMPANY
from domain.staff.area import Role
from projections.access import ACCESS
from projections.clients.group_members import MEMBERSHIPS
from projections.company.responsible import RESPONSIBLE
from projections.model import ReadModel
from projections.sight import lasts

RESTS_ON: tuple[ReadModel, ...] = (ACCESS, MEMBERSHIPS, RESPONSIBLE)

ROWS = f"""
    SELECT '{Kind.GROUP}' AS kind, r.group_id AS thing, r.process_area, r.person, r.team, r.area, g.directory
    FROM group_responsibles r JOIN groups g ON g.group_id = r.group_id
    UNION ALL
    SELECT '{Kind.PROCESS_AREA}', p.process_area, '',
           CASE split_part(p.responsible, ':', 1) WHEN 'worker' THEN split_part(p.responsible, ':', 2) END,
           CASE split_part(p.responsible, ':', 1) WHEN 'team' THEN split_part(p.responsible, ':', 2) END, NULL, NULL
    FROM process_areas p WHERE p.responsible IS NOT NULL
    UNION ALL
    SELECT '{Kind.HELPDESK}', '{COMPANY}', '', s.value, NULL, NULL, NULL
    FROM company_settings s WHERE s.setting = 'helpdesk-responsible'"""
"""For what, who, where the work of it goes, and the directory that they must have a right to."""


def _has(table: str, of: str, thing: str, needed: str) -> str:
    """Whether the worker of a pair has what is needed of the thing, in person or through a team."""
    right = f"a.{of} = {thing} AND {needed} AND {lasts('a')}"
    return f"""(
        EXISTS (SELECT FROM {table} a WHERE a.holder = 'worker:' || p.worker AND {right})
        OR EXISTS (SELECT FROM access_members m JOIN {table} a ON a.holder = 'team:' || m.team
                   WHERE m.worker = p.worker AND {right}))"""


DEFAULT_AREA = "SELECT value FROM company_settings WHERE setting = 'default-area'"
MEMBER = _has("access_roles", "area", "p.area", f"a.role = '{Role.MEMBER}'")
USES = _has("access_directories", "directory", "p.directory", f"a.level >= {LADDER[Level.USE]}")

LACKING = f"""(
    WITH lines AS MATERIALIZED ({ROWS}),
    answering AS MATERIALIZED (
        SELECT r.kind, r.thing, r.process_area, w.worker, coalesce(r.area, ({DEFAULT_AREA})) AS area, r.directory
        FROM lines r CROSS JOIN LATERAL (
            SELECT r.person AS worker WHERE r.person IS NOT NULL
            UNION SELECT m.worker FROM access_members m WHERE m.team = r.team
        ) w
    ),
    working AS (SELECT worker FROM access_workers WHERE active),
    members AS MATERIALIZED (
        SELECT p.worker, p.area FROM (SELECT DISTINCT worker, area FROM answering WHERE area IS NOT NULL) p
        WHERE {MEMBER}
    ),
    users AS MATERIALIZED (
        SELECT p.worker, p.directory
        FROM (SELECT DISTINCT worker, directory FROM answering WHERE directory IS NOT NULL) p
        WHERE {USES}
    ),
    found AS (
        SELECT a.kind, a.thing, a.process_area, a.worker, a.directory, concat_ws(',',
            CASE WHEN w.worker IS NULL THEN '{Lacking.ACTIVE}' END,
            CASE WHEN a.area IS NOT NULL AND m.worker IS NULL THEN '{Lacking.AREA}' END,
            CASE WHEN a.directory IS NOT NULL AND u.worker IS NULL THEN '{Lacking.DIRECTORY}' END) AS lacks
        FROM answering a
        LEFT JOIN working w ON w.worker = a.worker
        LEFT JOIN members m ON m.worker = a.worker AND m.area = a.area
        LEFT JOIN users u ON u.worker = a.worker AND u.directory = a.directory
        UNION ALL
        SELECT r.kind, r.thing, r.process_area, '', r.directory, '{Lacking.MEMBERS}'
        FROM lines r
        WHERE r.team IS NOT NULL AND NOT EXISTS (SELECT FROM access_members m WHERE m.team = r.team)
    )
    SELECT * FROM found WHERE lacks <> '')"""
"""Each once, with all that they lack, joined by commas in the order of `Lacking`."""

LOOKED_UP = f"""
    SELECT kind, thing, nullif(process_area, ''), nullif(worker, ''), string_to_array(lacks, ',')
    FROM {LACKING} l ORDER BY kind, thing, process_area, worker"""
"""As a decision looks it up."""
