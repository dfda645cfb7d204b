"""A CloudEvent read back as the fact it tells of: strictly, for what is not one of ours calls for nothing."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from commands.reactions.reaction import Heard


class Unreadable(Exception):
    """The message is not the CloudEvent of a fact."""


class CloudEvent(BaseModel):
    """What a handler needs of one; other attributes may come and go."""

    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)

    id: Annotated[str, Field(pattern=r"^[0-9a-f-]{36}$")]
    type: str
    subject: str
    time: AwareDatetime
    recordedat: AwareDatetime
    sequence: Annotated[int, Field(ge=1, le=2**63 - 1)]
    streamversion: Annotated[int, Field(ge=1)]
    actor: str
    correlationid: str = ""
    traceparent: str = ""
    data: dict[str, Any]


def heard(body: bytes) -> Heard:
    """The fact in a message. Raises Unreadable."""
    try:
        event = CloudEvent.model_validate_json(body)
    except ValidationError:
        raise Unreadable("What came is not the CloudEvent of a fact.") from None
    return Heard(
        event_id=event.id,
        topic=event.type,
        stream=event.subject,
        version=event.streamversion,
        position=event.sequence,
        happened_at=event.time,
        recorded_at=event.recordedat,
        actor=event.actor,
        data=event.data,
        correlation=event.correlationid,
        traceparent=event.traceparent,
    )
