"""What I may reach, and through whom: each right with what gives it to me (R-DIR-2)."""

from __future__ import annotations

from domain.clients.directory import Level
from domain.staff.area import Role
from domain.staff.worker import Right
from projections.access import ACCESS
from projections.clients.directory import in_words
from projections.names import CALLED
from projections.question import Answer, Single
from projections.sight import lasts


class MyTeam(Answer):
    """A team I am in."""

    team: str
    name: str | None


class MyDirectory(Answer):
    """How far I may go with a directory: the highest right decides, in person before through a team."""

    directory: str
    directory_name: str | None
    level: Level
    team: str | None
    team_name: str | None


class MyRole(Answer):
    """A role of mine in an area, in person before through a team."""

    area: str
    area_name: str | None
    role: Role
    team: str | None
    team_name: str | None


class Sight(Answer):
    """The asker's rights; the installation itself holds none and is asked for none."""

    worker: str
    name: str | None
    rights: tuple[Right, ...]
    teams: tuple[MyTeam, ...]
    directories: tuple[MyDirectory, ...]
    areas: tuple[MyRole, ...]


class MySight(Single[Sight], name="my-sight", rests_on=(ACCESS, CALLED)):
    """My system rights, teams, directories and areas; without a team beside it, a right is mine in person."""

    sql = f"""
    mine AS MATERIALIZED (
        SELECT h.holder, h.team, n.name AS team_name
        FROM (SELECT holder, CASE split_part(holder, ':', 1) WHEN 'team' THEN split_part(holder, ':', 2) END AS team
              FROM my_holders) h
        LEFT JOIN names n ON n.kind = 'team' AND n.id = h.team
    ),
    joined AS (SELECT team, team_name AS name FROM mine WHERE team IS NOT NULL ORDER BY team),
    directories AS (
        SELECT DISTINCT ON (a.directory)
            a.directory, n.name AS directory_name, {in_words("a.level")} AS level, m.team, m.team_name
        FROM mine m JOIN access_directories a ON a.holder = m.holder AND {lasts("a")}
        LEFT JOIN names n ON n.kind = 'directory' AND n.id = a.directory
        ORDER BY a.directory, a.level DESC, m.team NULLS FIRST
    ),
    roles AS (
        SELECT DISTINCT ON (a.area, a.role) a.area, n.name AS area_name, a.role, m.team, m.team_name
        FROM mine m JOIN access_roles a ON a.holder = m.holder AND {lasts("a")}
        LEFT JOIN names n ON n.kind = 'area' AND n.id = a.area
        ORDER BY a.area, a.role, m.team NULLS FIRST
    ),
    answer AS (
        SELECT %(actor)s::text AS worker,
            (SELECT name FROM worker_names WHERE worker = %(actor)s) AS sealed_name,
            coalesce((SELECT json_agg(right_name ORDER BY right_name) FROM access_rights r
                      WHERE worker = %(actor)s AND {lasts("r")}), '[]') AS rights,
            coalesce((SELECT json_agg(joined) FROM joined), '[]') AS teams,
            coalesce((SELECT json_agg(directories) FROM directories), '[]') AS directories,
            coalesce((SELECT json_agg(roles) FROM roles), '[]') AS areas
    )
    SELECT * FROM answer"""
