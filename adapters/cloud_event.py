"""A fact as the world outside hears of it: a CloudEvent that says nothing of any person."""

from __future__ import annotations

from typing import Any

import orjson

from adapters.postgres.outbox import Outgoing
from adapters.sealing import is_envelope
from adapters.traceparent import of_fact

SEAL = b'"sealed"'
"""Without it there is no envelope in a body, and most bodies have none."""

INSTANTS = orjson.OPT_UTC_Z


def cloud_event(fact: Outgoing, source: str) -> bytes:
    """CloudEvents 1.0, structured JSON; `sequence` is the position, `data` the fact without its personal fields."""
    event: dict[str, Any] = {
        "specversion": "1.0",
        "id": fact.event_id,
        "source": source,
        "type": fact.topic,
        "subject": fact.stream,
        "time": fact.happened_at,
        "datacontenttype": "application/json",
        "sequence": str(fact.position),
        "sequencetype": "Integer",
        "epoch": fact.epoch,
        "streamversion": fact.version,
        "recordedat": fact.recorded_at,
        "actor": fact.actor,
        "correlationid": fact.correlation,
    }
    # An attribute that has no value is left out.
    if fact.command_id:
        event["commandid"] = fact.command_id
    if fact.causation:
        event["causationid"] = fact.causation
    if traceparent := of_fact(fact.correlation, fact.causation):
        event["traceparent"] = traceparent
    event["data"] = orjson.Fragment(fact.state) if SEAL not in fact.state else bare(orjson.loads(fact.state))
    return orjson.dumps(event, option=INSTANTS)


def bare(value: Any) -> Any:
    """The JSON value without the envelopes in it."""
    if isinstance(value, dict):
        return {name: bare(each) for name, each in value.items() if not is_envelope(each)}
    if isinstance(value, list):
        return [bare(each) for each in value if not is_envelope(each)]
    return value
