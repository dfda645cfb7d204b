"""Whoever a ticket is given to hears of it, and so does who answers for what went wrong, or too slowly (D8, D27)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from commands.reactions.reaction import Heard, Reaction, Wanted
from commands.work.notice import WriteNotice
from domain.service.assignment import Ineligible, Result
from domain.service.escalation import TicketEscalated
from domain.service.holding import TicketAssigned, TicketRouted, TicketTeamAssigned
from domain.service.level import Recipient, Role
from domain.staff import worker
from domain.values import TeamId, TicketId, WorkerId, team_holder
from domain.work.notice import Occasion

TOPICS = tuple(fact.topic for fact in (TicketAssigned, TicketRouted, TicketTeamAssigned, TicketEscalated))
ASSIGNEE, HELPDESK = Recipient(Role.ASSIGNEE), Recipient(Role.HELPDESK)


def notices(heard: Heard) -> Iterator[WriteNotice]:
    """What there is to tell of the fact, and to whom: also of their own acts."""
    ticket, doer, data = TicketId(heard.id), WorkerId(heard.actor), heard.data
    match heard.topic:
        case TicketAssigned.topic:
            yield WriteNotice(
                recipient=data["assignee"], ticket=ticket, occasion=Occasion.ASSIGNED, doer=doer, roles=(ASSIGNEE,)
            )
        case TicketTeamAssigned.topic:
            team = TeamId(data["team"])
            roles = (Recipient(team_holder(team)),)
            yield WriteNotice(
                recipient=None, ticket=ticket, occasion=Occasion.TEAM_ASSIGNED, doer=doer, team=team, roles=roles
            )
        case TicketRouted.topic:
            for occasion in _went_wrong(data):
                yield WriteNotice(recipient=None, ticket=ticket, occasion=occasion, doer=doer, roles=(HELPDESK,))
        case TicketEscalated.topic:
            yield from _escalated(ticket, doer, data)


def _went_wrong(routed: Mapping[str, Any]) -> Iterator[Occasion]:
    """Nobody was found; or somebody was passed over who lacks more than presence (D12)."""
    if (routed["assignee"], routed.get("team")) == (None, None):
        yield Occasion.UNASSIGNED
    passed = {step["reason"] for step in routed["steps"] if step["result"] == Result.NOT_ELIGIBLE}
    if passed - {Ineligible.ABSENT}:
        yield Occasion.MISCONFIGURED


def _escalated(ticket: TicketId, doer: WorkerId, data: Mapping[str, Any]) -> Iterator[WriteNotice]:
    """One request for everybody, with all that they are to the ticket; those who cannot hear of it learn why (N-9)."""
    told: dict[str, list[Mapping[str, Any]]] = {}
    for each in data["told"]:
        if each["worker"] is not None:
            told.setdefault(each["worker"], []).append(each)
    for each in data["told"]:
        if each["instead_of"] is not None:
            told.setdefault(each["instead_of"], []).append({**each, "instead_of": None})
    for recipient, found in told.items():
        yield WriteNotice(
            recipient=WorkerId(recipient),
            ticket=ticket,
            occasion=Occasion.ESCALATED,
            doer=doer,
            channels=data["channels"],
            roles=tuple(dict.fromkeys(each["recipient"] for each in found)),
            instead_of=tuple(dict.fromkeys(each["instead_of"] for each in found if each["instead_of"])),
            target=data["target"],
            percent=data["percent"],
            due=data["due"],
        )


def react(heard: Heard) -> Iterator[Wanted]:
    """A notice happens when it is written, whenever the fact did: so it bears no instant of its own.

    Who did it themselves is not even asked about: that never changes, and most tickets are taken (D27).
    """
    return (Wanted(notice) for notice in notices(heard) if notice.recipient != notice.doer)


NOTIFYING = Reaction(worker.NOTIFYING, TOPICS, react)
