"""The work that is measured: a ticket's life in five commands, each as bytes, so that asking costs next to nothing."""

from __future__ import annotations

import os
import time
from collections.abc import Generator, Iterator
from itertools import count

from adapters.bench.side import Company

NEW_SUBJECT_EVERY = 100
"""One life in so many begins with somebody who was not known before."""

Request = tuple[str, bytes]
Life = Generator[Request, str, None]
"""Each request as it is to be sent; the id in its answer comes back in."""


def command_id() -> bytes:
    """A UUID version 7."""
    tail = os.urandom(10).hex()
    time_ = f"{time.time_ns() // 1_000_000:012x}"
    return f"{time_[:8]}-{time_[8:]}-7{tail[:3]}-8{tail[3:6]}-{tail[6:18]}".encode()


def request(topic: str, actor: str, data: bytes) -> Request:
    """A command in its envelope. The data comes ready-made, because ours needs no escaping."""
    return topic, b'{"id":"%b","actor":"%b","data":{%b}}' % (command_id(), actor.encode(), data)


def note(ticket: str, actor: str) -> Request:
    """A note on a ticket: one fact with one sealed field."""
    return request(
        "ticket.note", actor, b'"ticket":"%b","text":"They rang again and asked how long it takes."' % ticket.encode()
    )


def life(company: Company, number: int) -> Life:
    """Open (two sealed fields), assess, assign, log a call (one sealed field), resolve."""
    worker, customer = company.worker, company.customers[number % len(company.customers)]
    if number % NEW_SUBJECT_EVERY == 0:
        where = company.directory.encode()
        customer = yield request("contact.open", "system", b'"directory":"%b","name":"Client %d"' % (where, number))
    words = b'"title":"Something is broken","description":"It does not work any more"'
    ticket = (yield request("ticket.open", worker, b'"customer":"%b",%b' % (customer.encode(), words))).encode()
    yield request("ticket.assess", worker, b'"ticket":"%b","severity":"high"' % ticket)
    yield request("ticket.assign", worker, b'"ticket":"%b","assignee":"%b"' % (ticket, worker.encode()))
    yield request("ticket.log-call", worker, b'"ticket":"%b","answered":true,"note":"Spoke with them"' % ticket)
    yield request("ticket.resolve", worker, b'"ticket":"%b"' % ticket)


def lives(company: Company, numbers: Iterator[int] | None = None) -> Life:
    """One life after the other, without end."""
    for number in numbers or count():
        yield from life(company, number)


def notes(tickets: list[str], actor: str, each: int) -> Life:
    """So many notes on each of the tickets in turn, without end."""
    while True:
        for ticket in tickets:
            for _ in range(each):
                yield note(ticket, actor)
