"""An escalation level says at which share of a target who is told, and which way (D8, R-SLA-7)."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, Field, GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

from domain.service.target import Target
from domain.values import Holder
from domain.work.channel import Channel, each_once


class Role(StrEnum):
    """Who is told by what they are to the ticket when the level fires (R-SLA-7)."""

    ASSIGNEE = "assignee"
    TEAM_LEADER = "team-leader"
    """Of the team that the ticket was given to with its assignee or, without one, of the teams the assignee is in."""
    AREA_HEAD = "area-head"
    HELPDESK = "helpdesk"
    """Whoever answers for the helpdesk in general."""


class Recipient(Holder):
    """A role, or "worker:<id>", or "team:<id>" for everybody in a team."""

    __slots__ = ()

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        roles = "|".join(Role)
        pattern = rf"^(?:{roles}|(?:worker|team):[a-z0-9][a-z0-9-]{{0,63}})$"
        return core_schema.str_schema(pattern=pattern, metadata={"names": "Recipient"})


class Level(BaseModel, frozen=True, extra="forbid"):
    """`percent` of the target's business time; at 100 it is due, beyond that it is late."""

    target: Target
    percent: Annotated[int, Field(ge=1, le=1_000)]
    recipients: Annotated[tuple[Recipient, ...], Field(min_length=1, max_length=20)]
    channels: Annotated[tuple[Channel, ...], Field(min_length=1), AfterValidator(each_once)] = (Channel.SYSTEM,)
