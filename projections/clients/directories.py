"""Directories: what they are called, and whether they take new things."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from domain.clients.directory import (
    DIRECTORY,
    Directory,
    DirectoryClosed,
    DirectoryOpened,
    DirectoryRenamed,
    DirectoryReopened,
)
from domain.fact import Fact
from projections.model import Change, Column, Kind, Known, Put, ReadModel, Table, Touch

DIRECTORIES = Table("listed_directories", ("directory",), (Column("name"), Column("closed", Kind.FLAG)))


def directory(id: str, known: Known) -> Iterable[Change]:
    state: Directory = known.state(DIRECTORY, id)
    yield Put(DIRECTORIES, (id,), {"name": state.name, "closed": state.closed})


def remake(stream: str) -> Iterator[Touch]:
    kind, _, id = stream.partition("-")
    if kind == DIRECTORY.kind:
        yield Touch(DIRECTORY, id, directory)


def project(fact: Fact[Any], _: Known) -> Iterator[Touch]:
    return remake(fact.stream)


SHELVES = ReadModel(
    name="directories",
    about="Directories, what they are called, and whether they are closed.",
    tables=(DIRECTORIES,),
    facts=frozenset({DirectoryOpened, DirectoryRenamed, DirectoryClosed, DirectoryReopened}),
    project=project,
    reads=(DIRECTORY,),
    remake=remake,
)
