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
from projections.looking import How
from projections.names import CALLED
from projections.question import Answer, Leg, Listing
from projections.sight import left_out, open_contact, open_directory

INCOMPLETE = f"(g.kind = '{GroupKind.CUSTOMERS}' AND g.contract IS NULL)"


def in_force(member: str, at: str) -> str:
    """[joined, left): whoever leaves at the instant is no member at it (D21)."""
    return f"{member}.joined_at <= {at} AND ({member}.left_at IS NULL OR {member}.left_at > {at})"


def _once(at: str) -> str:
    """Of merged contacts that are in the group side by side only one is a member: the survivor, or the first."""
    return f"""NOT EXISTS (
        SELECT FROM access_merged me JOIN group_members o ON o.group_id = m.group_id AND {in_force("o", at)}
        LEFT JOIN access_merged beside ON beside.contact = o.contact
        WHERE me.contact = m.contact
        AND (o.contact = me.survivor OR beside.survivor = me.survivor AND o.contact < m.contact))"""


class GroupRow(Answer):
    """A group; `members` counts those that the asker may know of, at the instant of the answer.

    Customers without a contract by default are incomplete: until they have one, the company's own holds (R-SLA-1).
    """

    group: str
    name: str
    kind: str
    rank: int
    directory: str
    directory_name: str | None
    closed: bool
    contract: str | None
    contract_name: str | None
    incomplete: bool
    members: int


class Groups(Listing[GroupRow], name="groups", rests_on=(ACCESS, MEMBERSHIPS, CALLED), rights=[Right.BASIC]):
    """The groups of every directory that I may use, by rank."""

    directory: DirectoryId | None = None
    kind: GroupKind | None = None
    closed: bool | None = None
    incomplete: bool | None = None

    narrowing: ClassVar = {
        "directory": "g.directory = %(directory)s",
        "kind": "g.kind = %(kind)s",
        "closed": "g.closed",
        "incomplete": INCOMPLETE,
    }
    of = ("group_id",)
    shows = f"""
        g.group_id AS group, g.name, g.kind, g.rank, g.directory, dn.name AS directory_name, g.closed, g.contract,
        kn.name AS contract_name, {INCOMPLETE} AS incomplete,
        (SELECT count(*) FROM group_members m
         WHERE m.group_id = g.group_id AND {in_force("m", "%(now)s")} AND {_once("%(now)s")}
         AND {open_contact("m.contact")}) AS members"""
    joins = """
        JOIN groups g ON g.group_id = page.group_id
        LEFT JOIN names dn ON dn.kind = 'directory' AND dn.id = g.directory
        LEFT JOIN names kn ON kn.kind = 'contract' AND kn.id = g.contract"""

    def legs(self) -> Sequence[Leg]:
        rows = f"FROM groups g WHERE {open_directory('g.directory')}{self.given()}"
        return [Leg(rows, {"g.rank": "bigint", "g.group_id": "text"})]


class MemberRow(Answer):
    """A contact that is in the group, since when, and until when if that is known; a merged one as its survivor."""

    contact: str
    kind: str
    name: str
    joined_at: datetime
    left_at: datetime | None


class GroupMembers(
    Listing[MemberRow], name="group-members", rests_on=(ACCESS, MEMBERSHIPS, CLIENT_FILE), rights=[Right.BASIC]
):
    """Who is in a group, now or at an instant, as far as I may know them; the count is of these."""

    group: GroupId
    at: Instant | None = None

    looks = How.FOUND
    of = ("contact", "since")
    counted = True
    shows = "c.contact, c.kind, cn.name AS sealed_name, m.joined_at, m.left_at"
    joins = """
        JOIN group_members m ON m.contact = page.contact AND m.group_id = %(group)s AND m.since = page.since
        LEFT JOIN access_merged s ON s.contact = m.contact
        JOIN contacts c ON c.contact = coalesce(s.survivor, m.contact)
        LEFT JOIN contact_names cn ON cn.contact = c.contact"""

    def legs(self) -> Sequence[Leg]:
        at = "coalesce(%(at)s::timestamptz, %(now)s)"
        rows = f"""
            FROM group_members m JOIN contacts c ON c.contact = m.contact
            WHERE m.group_id = %(group)s AND {in_force("m", at)} AND {_once(at)} AND {open_contact("m.contact")}
            AND NOT {left_out("m.contact")}"""
        return [Leg(rows, {"m.contact": "text", "m.since": "text"})]

    def known(self) -> str:
        return f"EXISTS (SELECT FROM groups g WHERE g.group_id = %(group)s AND {open_directory('g.directory')})"

    def unknown(self) -> type[Unknown]:
        return GroupUnknown
