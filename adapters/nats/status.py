"""How delivery stands: what of the log is published, whether anybody is at it, and what the handlers have yet to do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from nats.aio.client import Client as Connection

from adapters.nats.channel import Channel
from adapters.nats.stream import Consumption, Standing, consumption, standing
from adapters.postgres.delivery import Floor, Onlooker


@dataclass(frozen=True, slots=True)
class HandlerStatus:
    """`floor` is up to where everything is surely dealt with; what its consumer tells is None where it has none."""

    handler: str
    durable: str
    floor: int | None
    acknowledged: int | None
    waiting: int | None
    unacknowledged: int | None
    redelivered: int | None


@dataclass(frozen=True, slots=True)
class Status:
    """`published` is what the stream holds of this log; where NATS does not answer, what was last noted of it."""

    running: bool
    head: int
    published: int
    lag_facts: int
    lag_seconds: float
    epoch: str
    noted: int
    noted_at: datetime
    stream: dict[str, object] | None
    handlers: list[HandlerStatus]


async def status(log: Onlooker, nats: Connection | None, channel: Channel) -> Status:
    """As it is now; without a connection to NATS what Postgres knows."""
    stream = None if nats is None else await standing(nats.jetstream(), channel)
    floors = await log.floors()
    handlers = [await _handler(nats, channel, name, floors) for name in channel.handlers]
    now = await log.progress()
    published = now.noted if now.noted_epoch == now.epoch else 0
    if nats is not None:
        published = stream.last if stream is not None and stream.epoch == now.epoch else 0
    return Status(
        running=now.held,
        head=now.head,
        published=published,
        lag_facts=max(0, now.head - published),
        lag_seconds=round(await log.waited_seconds(published + 1), 3),
        epoch=now.epoch,
        noted=now.noted,
        noted_at=now.noted_at,
        stream=_shown(stream, channel),
        handlers=handlers,
    )


def _shown(stream: Standing | None, channel: Channel) -> dict[str, object] | None:
    return None if stream is None else {"name": channel.stream, **stream._asdict()}


async def _handler(nats: Connection | None, channel: Channel, name: str, floors: Sequence[Floor]) -> HandlerStatus:
    found = None if nats is None else await consumption(nats.jetstream(), channel, name)
    floor = next((floor.position for floor in floors if floor.handler == name), None)
    told = dict.fromkeys(Consumption._fields) if found is None else found._asdict()
    return HandlerStatus(handler=name, durable=channel.durable(name), floor=floor, **told)
