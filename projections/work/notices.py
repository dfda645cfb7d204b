"""What each worker was told, and whether they have seen it (D27, N-9)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from domain.fact import Fact
from domain.work.notice import NoticeSeen, NoticeWritten
from projections.model import Change, Column, Kind, Known, Put, ReadModel, Table, words

NOTICES = Table(
    "notices",
    ("notice",),
    (*words("recipient", "ticket", "occasion", "channel"), Column("written_at", Kind.INSTANT)),
    indexes=(("recipient", "written_at"),),
)
NOTICES_SEEN = Table("notices_seen", ("notice",), (Column("seen_at", Kind.INSTANT),))


def project(fact: Fact[Any], _: Known) -> Iterator[Change]:
    id = fact.stream.removeprefix("notice-")
    match fact.event:
        case NoticeWritten(recipient=recipient, ticket=ticket, occasion=occasion, channel=channel):
            row = {"recipient": recipient, "ticket": ticket, "occasion": occasion, "channel": channel}
            yield Put(NOTICES, (id,), row | {"written_at": fact.recorded_at})
        case NoticeSeen():
            yield Put(NOTICES_SEEN, (id,), {"seen_at": fact.happened_at})


TOLD = ReadModel(
    name="notices",
    about="What each worker was told, and when they saw it.",
    tables=(NOTICES, NOTICES_SEEN),
    facts=frozenset({NoticeWritten, NoticeSeen}),
    project=project,
)
