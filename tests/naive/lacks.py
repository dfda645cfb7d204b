"""Who answers for something and cannot, looked up in the rows of read models one thing after the other."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple

Rows = dict[str, dict[tuple[str, ...], dict[str, Any]]]
Lacks = dict[tuple[str, str, str, str], list[str]]
"""By kind, thing, process area and worker."""


class Line(NamedTuple):
    """For what, who, and what that takes: the area, and every directory."""

    kind: str
    thing: str
    process_area: str
    worker: str | None
    team: str | None
    area: str | None
    directories: list[str | None]


def lacks(rows: Rows, now: datetime) -> Lacks:
    """Everybody with all that they lack; nobody stands for a team of which nobody can answer."""
    found: Lacks = {}
    for line in _lines(rows):
        key = (line.kind, line.thing, line.process_area)
        members = sorted(worker for team, worker in rows["access_members"] if team == line.team)
        people = [line.worker] if line.worker else []
        missing = {each: _missing(rows, line, each, now) for each in (*people, *members)}
        if line.kind == "ticket" and line.team is not None:
            if all(missing.values()):
                found[*key, ""] = ["members"]
            continue
        found |= {(*key, each): lacked for each, lacked in missing.items() if lacked}
        if line.team is not None and not members:
            found[*key, ""] = ["members"]
    return found


def _missing(rows: Rows, line: Line, worker: str, now: datetime) -> list[str]:
    holders = {f"worker:{worker}"} | {f"team:{team}" for team, each in rows["access_members"] if each == worker}
    told = []
    if not rows["access_workers"].get((worker,), {}).get("active"):
        told.append("active")
    if line.area is not None and not any(
        area == line.area and role == "member" and holder in holders and _lasts(row, now)
        for (area, holder, role), row in rows["access_roles"].items()
    ):
        told.append("area")
    if any(not _uses(rows, directory, holders, now) for directory in line.directories if directory is not None):
        told.append("directory")
    away = [row for (each, _), row in rows["absences"].items() if each == worker and row["since"] <= now]
    if line.kind == "ticket" and any(_lasts(row, now) for row in away):
        told.append("presence")
    return told


def _lasts(row: dict[str, Any], now: datetime) -> bool:
    return row["until"] is None or row["until"] > now


def _uses(rows: Rows, directory: str, holders: set[str], now: datetime) -> bool:
    return any(
        key[0] == directory and key[1] in holders and row["level"] >= 1 and _lasts(row, now)
        for key, row in rows["access_directories"].items()
    )


def _home(rows: Rows, contact: str | None) -> str | None:
    if contact is None:
        return None
    survivor = rows["access_merged"].get((contact,), {}).get("survivor", contact)
    directory: str | None = rows["access_contacts"][survivor,]["directory"]
    return directory


def _lines(rows: Rows) -> Iterator[Line]:
    settings = {name: row["value"] for (name,), row in rows["company_settings"].items()}
    default = settings.get("default-area")
    for (group, process_area), row in rows["group_responsibles"].items():
        directory = rows["groups"][group,]["directory"]
        yield Line("group", group, process_area, row["person"], row["team"], row["area"] or default, [directory])
    for (id,), row in rows["process_areas"].items():
        yield from _held("process-area", id, row["responsible"], default, [])
    if "helpdesk-responsible" in settings:
        yield Line("helpdesk", "company", "", settings["helpdesk-responsible"], None, default, [])
    for (id,), row in rows["contact_responsibles"].items():
        yield from _held("contact", id, row["holder"], None, [_home(rows, id)])
    for (id,), row in rows["gateways"].items():
        yield from _held("gateway", id, row["responsible"], default, [])
    for (id,), row in rows["contracts"].items():
        yield from _held("contract", id, row["responsible"], None, [])
    for (id,), row in rows["ticket_standings"].items():
        team = row["team"] if row["assignee"] is None else None
        if not row["over"] and (row["assignee"] or team):
            area = rows["tickets"][id,]["area"]
            homes = [_home(rows, row[name]) for name in ("reporter", "customer")]
            yield Line("ticket", id, "", row["assignee"], team, area, homes)


def _held(kind: str, id: str, holder: str | None, area: str | None, directories: list[str | None]) -> Iterator[Line]:
    if holder is not None:
        what, _, who = holder.partition(":")
        yield Line(kind, id, "", who if what == "worker" else None, who if what == "team" else None, area, directories)
