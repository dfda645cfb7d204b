"""Kartoteka for programs in Python.

async with connect(url, "shop", seed="shop.nk") as kartoteka:
    opened = await kartoteka.send(OpenTicket(customer=contact, title="It is broken"), actor=worker)
    async for row in kartoteka.rows(Desk(), actor=worker):
        ...
"""

from adapters.client.answer import One, Page
from adapters.client.event import Event
from adapters.client.kartoteka import Kartoteka, connect
from adapters.declined import (
    Conflict,
    Declined,
    Failed,
    Gone,
    Malformed,
    NotFound,
    NotPermitted,
    Refused,
    Unavailable,
)
from adapters.nats.client import Answered, NoAnswer, new_command_id
from adapters.nats.connection import Unreachable

__all__ = [
    "Answered",
    "Conflict",
    "Declined",
    "Event",
    "Failed",
    "Gone",
    "Kartoteka",
    "Malformed",
    "NoAnswer",
    "NotFound",
    "NotPermitted",
    "One",
    "Page",
    "Refused",
    "Unavailable",
    "Unreachable",
    "connect",
    "new_command_id",
]
