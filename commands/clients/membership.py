"""What may be asked about memberships: editing the group's directory and seeing the member (R-GRP-4)."""

from __future__ import annotations

from commands.command import Asked, Command, Decision
from commands.permission import needs, needs_group
from commands.sight import needs_sight
from domain.clients import membership as rule
from domain.clients.contact import CONTACT, needs_used
from domain.clients.group import GROUP, needs_open
from domain.clients.membership import MEMBERSHIP, Membership
from domain.staff.worker import Right
from domain.values import ContactId, GroupId


class JoinGroup(Command, topic="membership.join", of=MEMBERSHIP, by=["contact"]):
    """Put a contact into a group from the instant this happened (R-GRP-5)."""

    contact: ContactId
    group: GroupId

    def decide(self, own: Membership, asked: Asked) -> Decision:
        needs(asked, Right.BASIC)
        needs_sight(asked, self.contact)
        needs_used(asked.read(CONTACT, self.contact))
        needs_group(asked, self.group)
        if not own.holds(self.group, asked.at):
            needs_open(asked.read(GROUP, self.group), asked.at)
        return rule.join(own, self.group, asked.at)


class LeaveGroup(Command, topic="membership.leave", of=MEMBERSHIP, by=["contact"]):
    """Take a contact out of a group from the instant this happened."""

    contact: ContactId
    group: GroupId

    def decide(self, own: Membership, asked: Asked) -> Decision:
        needs(asked, Right.BASIC)
        needs_sight(asked, self.contact)
        needs_group(asked, self.group)
        return rule.leave(own, self.group, asked.at)
