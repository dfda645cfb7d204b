"""A fact as a listener hears it: what happened, to which thing, and where in the log; nothing of any person."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field


class Event(BaseModel):
    """The CloudEvent of a fact. `id` is the same however often it is heard: derive the ids of what follows from it."""

    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)

    id: str
    topic: Annotated[str, Field(alias="type", description="The fact's wire name.")]
    thing: Annotated[str, Field(alias="subject", description="Kind and id of what it happened to: `ticket-<id>`.")]
    happened_at: Annotated[AwareDatetime, Field(alias="time")]
    recorded_at: Annotated[AwareDatetime, Field(alias="recordedat")]
    position: Annotated[int, Field(alias="sequence", description="The place in the log; it only grows.")]
    epoch: Annotated[str, Field(description="Another one after a restore, from which on positions are others.")]
    version: Annotated[int, Field(alias="streamversion")]
    actor: str
    correlation: Annotated[str, Field(alias="correlationid")] = ""
    causation: Annotated[str, Field(alias="causationid")] = ""
    data: dict[str, Any]
