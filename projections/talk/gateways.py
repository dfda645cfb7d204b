"""Gateways as they are now: what comes through them is of which kind of care, and who answers for it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from domain.fact import Fact
from domain.talk.gateway import GATEWAY, Gateway
from projections.model import Change, Column, Kind, Known, Put, ReadModel, Table, Touch, words

GATEWAYS = Table(
    "gateways",
    ("gateway",),
    (*words("name", "kind", "process_area", "responsible"), Column("closed", Kind.FLAG)),
    indexes=(("responsible",),),
)


def gateway(id: str, known: Known) -> Iterable[Change]:
    state: Gateway = known.state(GATEWAY, id)
    row = {"name": state.name, "kind": state.kind, "closed": bool(state.closed.last)}
    yield Put(GATEWAYS, (id,), row | {"process_area": state.process_area.last, "responsible": state.responsible.last})


def remake(stream: str) -> Iterator[Touch]:
    start = GATEWAY.stream("")
    if stream.startswith(start):
        yield Touch(GATEWAY, stream.removeprefix(start), gateway)


def project(fact: Fact[Any], _: Known) -> Iterator[Touch]:
    return remake(fact.stream)


ENTRANCES = ReadModel(
    name="gateways",
    about="Gateways, the process areas that they name, and who answers for what comes through them.",
    tables=(GATEWAYS,),
    facts=frozenset(GATEWAY.facts),
    project=project,
    reads=(GATEWAY,),
    remake=remake,
)
