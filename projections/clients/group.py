"""Groups of open directories; being in one gives no sight of who else is (R-GRP-4)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar

from domain.clients.group import GroupKind, GroupUnknown
from domain.refusal import Unknown
from domain.staff.worker import Right
from domain.values import DirectoryId, GroupId, Instant
from projections.access import ACCESS
from projections.clients.client_file import CLIENT_FILE
from projections.clients.group_members import MEMBERSHIPS
from projections.names import CALLED
from projections.question import Answer, Leg, Listing
from projections.sight import open_contact, open_directory

IN_FORCE = "m.joined_at <= {at} AND (m.left_at IS NULL OR m.left_at > {at})"
"""[joined, left): whoever leaves at the instant is no member at it (D21)."""


class GroupRow(Answer):
    """A group; `members` counts those that the asker may know of, at the instant of the answer."""

    group: str
    name: str
    kind: str
    rank: int
    directory: str
    directory_name: str | None
    members: int


class Groups(Listing, name="groups", row=GroupRow, rests_on=(ACCESS, MEMBERSHIPS, CALLED), rights=[Right.BASIC]):
    """The groups of every directory that I may use, by rank."""

    directory: DirectoryId | None = None
    kind: GroupKind | None = None

    narrowing: ClassVar = {"directory": "g.directory = %(directory)s", "kind": "g.kind = %(kind)s"}
    of = ("group_id",)
    shows = f"""
        g.group_id AS group, g.name, g.kind, g.rank, g.directory, dn.name AS directory_name,
        (SELECT count(*) FROM group_members m
         WHERE m.group_id = g.group_id AND {IN_FORCE.format(at="%(now)s")}
         AND {open_contact("m.contact")}) AS members"""
    joins = """
        JOIN groups g ON g.group_id = page.group_id
        LEFT JOIN names dn ON dn.kind = 'directory' AND dn.id = g.directory"""

    def legs(self) -> Sequence[Leg]:
        rows = f"FROM groups g WHERE {open_directory('g.directory')}{self.given()}"
        return [Leg(rows, {"g.rank": "bigint", "g.group_id": "text"})]


class MemberRow(Answer):
    """A contact that is in the group, since when, and until when if that is known."""

    contact: str
    kind: str
    name: str
    joined_at: datetime
    left_at: datetime | None


class GroupMembers(
    Listing, name="group-members", row=MemberRow, rests_on=(ACCESS, MEMBERSHIPS, CLIENT_FILE), rights=[Right.BASIC]
):
    """Who is in a group, now or at an instant, as far as I may know them; the count is of these."""

    group: GroupId
    at: Instant | None = None

    of = ("contact", "since")
    counted = True
    shows = "m.contact, c.kind, cn.name AS sealed_name, m.joined_at, m.left_at"
    joins = """
        JOIN group_members m ON m.contact = page.contact AND m.group_id = %(group)s AND m.since = page.since
        JOIN contacts c ON c.contact = m.contact
        LEFT JOIN contact_names cn ON cn.contact = m.contact"""

    def legs(self) -> Sequence[Leg]:
        within = IN_FORCE.format(at="coalesce(%(at)s::timestamptz, %(now)s)")
        rows = f"""
            FROM group_members m JOIN contacts c ON c.contact = m.contact
            WHERE m.group_id = %(group)s AND {within} AND {open_contact("m.contact")}"""
        return [Leg(rows, {"m.contact": "text", "m.since": "text"})]

    def known(self) -> str:
        return f"EXISTS (SELECT FROM groups g WHERE g.group_id = %(group)s AND {open_directory('g.directory')})"

    def unknown(self) -> type[Unknown]:
        return GroupUnknown
