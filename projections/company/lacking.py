"""Who answers for what they cannot answer for, as SQL: the standing check and its question ask the same (R-DIR-4).

Where the work of a contact or of a contract goes is known only once there is a ticket (D13): of who answers for them no
area is asked, and of who has a ticket that of the ticket.
Its one parameter is `received`. What is empty in a row is the empty word, so that rows can be put in order.
"""

from __future__ import annotations

from domain.clients.directory import LADDER, Level
from domain.company.responsibility import Kind, Lacking
from domain.company.settings import COMPANY
from domain.staff.area import Role
from projections.access import ACCESS
from projections.clients.client_links import CLIENT_LINKS
from projections.clients.group_members import MEMBERSHIPS
from projections.company.responsible import RESPONSIBLE
from projections.model import ReadModel
from projections.service.terms import TERMS
from projections.service.tickets import DESK
from projections.sight import STANDING, home, lasts
from projections.staff.roster import ROSTER
from projections.talk.gateways import ENTRANCES

STEADY: tuple[ReadModel, ...] = (ACCESS, MEMBERSHIPS, RESPONSIBLE, CLIENT_LINKS, ENTRANCES, TERMS)
RESTS_ON: tuple[ReadModel, ...] = (*STEADY, DESK, ROSTER)


def _held(holder: str) -> str:
    """The worker and the team that a holder may be."""
    named = "CASE split_part({holder}, ':', 1) WHEN '{kind}' THEN split_part({holder}, ':', 2) END"
    return ", ".join(named.format(holder=holder, kind=kind) for kind in ("worker", "team"))


ROWS = f"""
    SELECT '{Kind.GROUP}' AS kind, r.group_id AS thing, r.process_area, r.person, r.team, r.area, g.directory
    FROM group_responsibles r JOIN groups g ON g.group_id = r.group_id
    UNION ALL
    SELECT '{Kind.PROCESS_AREA}', p.process_area, '', {_held("p.responsible")}, NULL, NULL
    FROM process_areas p WHERE p.responsible IS NOT NULL
    UNION ALL
    SELECT '{Kind.HELPDESK}', '{COMPANY}', '', s.value, NULL, NULL, NULL
    FROM company_settings s WHERE s.setting = 'helpdesk-responsible'
    UNION ALL
    SELECT '{Kind.CONTACT}', c.contact, '', {_held("c.holder")}, NULL, {home("c.contact")}
    FROM contact_responsibles c
    UNION ALL
    SELECT '{Kind.GATEWAY}', w.gateway, '', {_held("w.responsible")}, NULL, NULL
    FROM gateways w WHERE w.responsible IS NOT NULL
    UNION ALL
    SELECT '{Kind.CONTRACT}', k.contract, '', {_held("k.responsible")}, NULL, NULL
    FROM contracts k WHERE k.responsible IS NOT NULL"""
"""For what, who, where the work of it goes, and the directory that they must have a right to."""

HAD = f"""
    SELECT '{Kind.TICKET}', t.ticket, '', s.assignee, CASE WHEN s.assignee IS NULL THEN s.team END, t.area,
           {home("s.reporter")}, {home("s.customer")}
    FROM tickets t {STANDING} WHERE NOT s.over AND (s.assignee IS NOT NULL OR s.team IS NOT NULL)"""
"""Open tickets that somebody has; with both directories that they must have a right to."""


def _has(table: str, of: str, thing: str, needed: str) -> str:
    """Whether the worker of a pair has what is needed of the thing, in person or through a team."""
    right = f"a.{of} = {thing} AND {needed} AND {lasts('a')}"
    return f"""(
        EXISTS (SELECT FROM {table} a WHERE a.holder = 'worker:' || p.worker AND {right})
        OR EXISTS (SELECT FROM access_members m JOIN {table} a ON a.holder = 'team:' || m.team
                   WHERE m.worker = p.worker AND {right}))"""


DEFAULT_AREA = "SELECT value FROM company_settings WHERE setting = 'default-area'"
AREA = f"CASE WHEN r.kind NOT IN ('{Kind.CONTACT}', '{Kind.CONTRACT}') THEN coalesce(r.area, ({DEFAULT_AREA})) END"
AWAY = """EXISTS (
    SELECT FROM absences b
    WHERE b.worker = a.worker AND b.since <= %(received)s AND (b.until IS NULL OR b.until > %(received)s))"""
MEMBER = _has("access_roles", "area", "p.area", f"a.role = '{Role.MEMBER}'")
USES = _has("access_directories", "directory", "p.directory", f"a.level >= {LADDER[Level.USE]}")

LACKING = f"""(
    WITH lines AS MATERIALIZED (SELECT *, NULL AS other FROM ({ROWS}) steady UNION ALL {HAD}),
    answering AS MATERIALIZED (
        SELECT r.kind, r.thing, r.process_area, w.worker, {AREA} AS area, r.directory, r.other,
               r.kind = '{Kind.TICKET}' AND r.team IS NOT NULL AS one_is_enough
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
        FROM (
            SELECT worker, directory FROM answering WHERE directory IS NOT NULL
            UNION SELECT worker, other FROM answering WHERE other IS NOT NULL
        ) p
        WHERE {USES}
    ),
    each_of_them AS (
        SELECT a.kind, a.thing, a.process_area, a.worker, a.directory, a.one_is_enough, concat_ws(',',
            CASE WHEN w.worker IS NULL THEN '{Lacking.ACTIVE}' END,
            CASE WHEN a.area IS NOT NULL AND m.worker IS NULL THEN '{Lacking.AREA}' END,
            CASE WHEN a.directory IS NOT NULL AND u.worker IS NULL OR a.other IS NOT NULL AND o.worker IS NULL
                THEN '{Lacking.DIRECTORY}' END,
            CASE WHEN a.kind = '{Kind.TICKET}' AND {AWAY} THEN '{Lacking.PRESENCE}' END) AS lacks
        FROM answering a
        LEFT JOIN working w ON w.worker = a.worker
        LEFT JOIN members m ON m.worker = a.worker AND m.area = a.area
        LEFT JOIN users u ON u.worker = a.worker AND u.directory = a.directory
        LEFT JOIN users o ON o.worker = a.worker AND o.directory = a.other
    ),
    found AS (
        SELECT kind, thing, process_area, worker, directory, lacks FROM each_of_them
        WHERE lacks <> '' AND NOT one_is_enough
        UNION ALL
        SELECT kind, thing, process_area, '', min(directory), '{Lacking.MEMBERS}' FROM each_of_them
        WHERE one_is_enough GROUP BY kind, thing, process_area HAVING bool_and(lacks <> '')
        UNION ALL
        SELECT r.kind, r.thing, r.process_area, '', r.directory, '{Lacking.MEMBERS}'
        FROM lines r
        WHERE r.team IS NOT NULL AND NOT EXISTS (SELECT FROM access_members m WHERE m.team = r.team)
    )
    SELECT * FROM found)"""
"""Each once, with all that they lack, joined by commas in the order of `Lacking`.

Of a team that has a ticket nobody has claimed one member is enough who may have it.
"""

LOOKED_UP = f"""
    SELECT kind, thing, nullif(process_area, ''), nullif(worker, ''), string_to_array(lacks, ',')
    FROM {LACKING} l ORDER BY kind, thing, process_area, worker"""
"""As a decision looks it up."""
