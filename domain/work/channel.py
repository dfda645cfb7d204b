"""Which way a notice goes to whom it is for."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator


class Channel(StrEnum):
    """In the system, where it waits until it is seen; by e-mail, to the worker's own address."""

    SYSTEM = "system"
    EMAIL = "email"


def each_once(channels: tuple[Channel, ...]) -> tuple[Channel, ...]:
    """Refuse a channel that is named twice."""
    if len({*channels}) < len(channels):
        raise ValueError("a channel is named once")
    return channels


Channels = Annotated[tuple[Channel, ...], AfterValidator(each_once)]
