"""Which contacts each worker wants at hand."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from domain.clients.bookmark import BookmarkCleared, BookmarkSet
from domain.fact import Fact
from projections.model import Change, Column, Drop, Kind, Known, Put, ReadModel, Table

BOOKMARKS = Table("bookmarks", ("worker", "contact"), (Column("set_at", Kind.INSTANT),))


def project(fact: Fact[Any], _: Known) -> Iterator[Change]:
    worker = fact.stream.partition("-")[2]
    match fact.event:
        case BookmarkSet(contact=contact):
            yield Put(BOOKMARKS, (worker, contact), {"set_at": fact.happened_at})
        case BookmarkCleared(contact=contact):
            yield Drop(BOOKMARKS, (worker, contact))


AT_HAND = ReadModel(
    name="bookmarks",
    about="Which contacts each worker wants at hand.",
    tables=(BOOKMARKS,),
    facts=frozenset({BookmarkSet, BookmarkCleared}),
    project=project,
)
