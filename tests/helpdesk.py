"""A help-desk log on its way into a store, and the second opinion on what comes out."""

from __future__ import annotations

import asyncio
import importlib.util
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from functools import lru_cache
from pathlib import Path
from types import ModuleType
from typing import Any

from fork import Fork, become_kartoteka
from memory import MemoryLog

from adapters.cli.report import folded
from adapters.composition import Place
from adapters.envelope import thing_id
from adapters.helpdesk.step import Phase, Step
from commands.handler import Handler
from commands.request import Request
from domain.values import SubjectId, WorkerId
from projections.service.sla_report import SlaReport

ROOT = Path(__file__).parents[1]
SETUPS = sorted((ROOT / "examples" / "helpdesk").glob("*.toml"))
CALLER = "operator"
LATER = datetime(2026, 1, 1, tzinfo=timezone.utc)
"""An instant after everything in the logs."""


def _naive() -> ModuleType:
    path = ROOT / "tests" / "naive" / "helpdesk_sla.py"
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules.setdefault(path.stem, module)  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


naive = _naive()


@lru_cache(maxsize=4)
def second_opinion(log: Path, setup: Path) -> dict[str, dict[str, Any]]:
    """Every case's row, from a computation that shares no code with ours."""
    return {case: row._asdict() for case, row in naive.report(log, setup).items()}


def report(place: Place) -> SlaReport:
    """What the store holds, folded."""
    return asyncio.run(folded(place))


def rows(found: SlaReport, as_of: datetime = LATER) -> dict[str, dict[str, Any]]:
    return {row.case: row._asdict() for row in found.rows(as_of)}


def steps(phases: list[Phase]) -> Iterator[Step]:
    return (step for phase in phases for chain in phase.chains for step in chain)


async def decided(phases: list[Phase]) -> MemoryLog:
    """The facts that the steps make, without the outside world."""
    log = MemoryLog()
    handler, received = Handler(log), LATER
    requests = [
        Request(
            caller=CALLER,
            id=step.id,
            fingerprint=b"",
            actor=WorkerId(step.actor),
            command=step.command,
            received_at=received,
            new_id=thing_id(CALLER, step.id),
            new_subject=SubjectId(step.id),
            happened_at=step.happened_at,
        )
        for step in steps(phases)
    ]
    for start in range(0, len(requests), 256):
        for answer in await handler.handle(requests[start : start + 256]):
            assert not answer.code, answer
    return log


def kartoteka(place: Place, *arguments: str, out: str = os.devnull, err: str = "") -> Fork:
    """The command line in a process of its own."""
    where = {"KARTOTEKA_STATE": str(place.settings.state), "KARTOTEKA_SCHEMA": place.settings.schema_name}
    return Fork(become_kartoteka, list(arguments), where, [os.devnull, out, *filter(None, [err])])


@contextmanager
def service(place: Place) -> Iterator[None]:
    """A service process while the block runs."""
    process = kartoteka(place, "serve", "--attach", "--alone")
    try:
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(20)
        finally:
            process.kill()
