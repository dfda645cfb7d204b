"""Make read models anew from the whole log, all in one pass; the old versions serve until the new ones are proven."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import NamedTuple

from psycopg.errors import LockNotAvailable

from adapters.postgres.schema import connect
from adapters.postgres.views import access, registry
from adapters.postgres.views.convoy import Convoy, Lines, Member, Outrun, Poisoned
from adapters.postgres.views.engine import UNSYNCED
from adapters.postgres.views.proof import prove
from adapters.postgres.views.registry import NoSuchVersion, State
from projections.model import ReadModel

PAGE = 5000
SWITCH_TRIES = 100

Told = Callable[[int, int], None]
"""Hears how far a rebuild has come: position, and where the log ends."""


class Made(NamedTuple):
    """A version as a rebuild leaves it, and how many of its rows were proven."""

    name: str
    version: int
    position: int
    proven: int
    state: str


def rebuild(
    url: str, schema: str, models: Sequence[ReadModel], *, held: bool = False, told: Told = lambda position, head: None
) -> list[Made]:
    """New versions of the models; served from here on, or held. Raises Poisoned, Unproven; then the old ones stay."""
    within = [_within_append(url, schema) for model in models if model.within_append]
    models = [model for model in models if not model.within_append]
    if not models:
        return within
    with _lines(url, schema) as lines:
        for version in registry.versions(lines.writing):
            _remove_leftover(lines, models, version)
        members = [Member(model, registry.made(lines.writing, model, held=held), strict=True) for model in models]
        convoy = Convoy(lines, members)
        _follow(convoy, lines, told)
        for member in members:
            registry.index(lines.writing, member.model, member.version.number)
        return [*within, *_complete(convoy, lines, told)]


def _within_append(url: str, schema: str) -> Made:
    version, proven = access.rebuild(url, schema)
    return Made(version.name, version.number, version.position, proven, State.ACTIVE)


def switch(url: str, schema: str, model: ReadModel) -> Made:
    """Serve a held version from here on. Raises NoSuchVersion, Unproven."""
    with _lines(url, schema) as lines:
        release(lines, model)
        version = next(
            (v for v in registry.versions(lines.writing) if v.name == model.name and v.state is State.BOOTING), None
        )
        if version is None:
            raise NoSuchVersion(f"no version of {model.name} waits to be served")
        if not registry.locked(lines.writing, version.name, version.number):
            return Made(model.name, version.number, version.position, 0, "left to its runner")
        member = Member(model, version, strict=True)
        convoy = Convoy(lines, [member])
        _follow(convoy, lines, lambda position, head: None)
        registry.index(lines.writing, model, version.number)
        return _complete(convoy, lines, lambda position, head: None)[0]


def release(lines: Lines, model: ReadModel) -> None:
    """Whoever runs the held version may serve it."""
    lines.writing.execute("UPDATE read_models SET held = false WHERE name = %s AND state = 'booting'", (model.name,))


def _remove_leftover(lines: Lines, models: Sequence[ReadModel], version: registry.Version) -> None:
    """What an earlier rebuild began and nobody goes on with."""
    model = next((each for each in models if each.name == version.name), None)
    if model and version.state is State.BOOTING and registry.locked(lines.writing, version.name, version.number):
        registry.remove(lines.writing, model, version.number)
        registry.unlock(lines.writing, version.name, version.number)


def _follow(convoy: Convoy, lines: Lines, told: Told) -> None:
    """Up to where the log ends. Raises Poisoned."""
    try:
        while convoy.step(PAGE) == PAGE:
            told(convoy.position, convoy.log.head())
        convoy.settle()
    except Outrun:
        failed = [registry.error(lines.writing, member.version) for member in convoy.members]
        raise Poisoned("; ".join(filter(None, failed)) or "somebody else took over") from None
    told(convoy.position, convoy.position)


def _complete(convoy: Convoy, lines: Lines, told: Told) -> list[Made]:
    """Prove what was made, and serve it as soon as it has come as far as what is served now."""
    _follow(convoy, lines, told)
    proven = [prove(lines.writing, member) for member in convoy.members]
    made = []
    for member, rows in zip(convoy.members, proven, strict=True):
        if not member.version.held:
            _serve(convoy, lines, member, told)
        state = State.BOOTING if member.version.held else State.ACTIVE
        made.append(Made(member.model.name, member.version.number, member.version.position, rows, state))
    return made


def _serve(convoy: Convoy, lines: Lines, member: Member, told: Told) -> None:
    for _ in range(SWITCH_TRIES):
        with suppress(LockNotAvailable):
            if registry.switch(lines.writing, member.model, member.version.number):
                registry.sweep(lines.writing, member.model)
                return
        _follow(convoy, lines, told)
    raise Poisoned(f"{member.model.name} runs ahead of its new version")


@contextmanager
def _lines(url: str, schema: str) -> Iterator[Lines]:
    with (
        connect(url, schema) as reading,
        connect(url, schema) as writing,
        ThreadPoolExecutor(1, "storing") as storing,
    ):
        writing.execute(UNSYNCED)
        yield Lines(reading, writing, storing)
