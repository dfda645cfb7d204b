"""Make read models anew from the whole log, all in one pass; the old versions serve until the new ones are proven."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing, suppress
from functools import partial
from multiprocessing import get_context
from typing import NamedTuple

from psycopg.errors import LockNotAvailable

from adapters.key_encryption import KeyEncryption
from adapters.pace import spare_the_collector
from adapters.postgres.schema import connect
from adapters.postgres.views import access, registry
from adapters.postgres.views.convoy import Convoy, Lines, Member, Outrun, Poisoned
from adapters.postgres.views.log import LogPages
from adapters.postgres.views.proof import Unproven, prove
from adapters.postgres.views.registry import NoSuchVersion, State
from projections.catalogue import READ_MODELS
from projections.model import ReadModel

PAGE = 5000
WORTH_A_PROCESS = 50_000
"""From so many facts on it pays to start a second process."""

SWITCH_TRIES = 100

HEARING_SECONDS = 5.0
"""So often it waits for what is being stored, to say that nothing of the forgotten is on its way any more."""

Progress = Callable[[int, int], None]
"""Hears how far a rebuild has come: position, and where the log ends."""


def unheard(position: int, head: int) -> None:
    """Nobody wants to know."""


class Made(NamedTuple):
    """A version as a rebuild leaves it, and how many of its rows were proven."""

    name: str
    version: int
    position: int
    proven: int
    state: str


def rebuild(
    url: str,
    schema: str,
    models: Sequence[ReadModel],
    keys: KeyEncryption | None = None,
    *,
    held: bool = False,
    told: Progress = unheard,
) -> list[Made]:
    """New versions of the models; served from here on, or held. Raises Poisoned, Unproven; then the old ones stay."""
    looking = [model for model in models if model.reads or model.opens]
    plain = [model.name for model in models if not (model.reads or model.opens)]
    ours = all(READ_MODELS.get(model.name) is model for model in models)
    if not (looking and plain and ours and _head(url, schema) >= WORTH_A_PROCESS):
        return _rebuild(url, schema, models, keys, held=held, told=told)
    with ProcessPoolExecutor(1, get_context("spawn")) as beside:
        theirs = beside.submit(_rebuild_named, url, schema, plain, held=held)
        return [*_rebuild(url, schema, looking, keys, held=held, told=told), *theirs.result()]


def _rebuild_named(url: str, schema: str, names: Sequence[str], *, held: bool) -> list[Made]:
    """In a process of its own: those that look at no states want of the log nothing that the others make of it."""
    return _rebuild(url, schema, [READ_MODELS[name] for name in names], None, held=held, told=unheard)


def _head(url: str, schema: str) -> int:
    with connect(url, schema) as connection:
        return LogPages(connection).head()


def _rebuild(
    url: str, schema: str, models: Sequence[ReadModel], keys: KeyEncryption | None, *, held: bool, told: Progress
) -> list[Made]:
    spare_the_collector()
    within = [_within_append(url, schema) for model in models if model.within_append]
    models = [model for model in models if not model.within_append]
    if not models:
        return within
    with closing(Lines.opened(url, schema, keys, "rebuild")) as lines:
        for version in registry.versions(lines.writing):
            _remove_leftover(lines, models, version)
        made = partial(registry.made, lines.writing, held=held)
        members = [Member(model, made(model, kek_epoch=lines.kek_epoch(model)), strict=True) for model in models]
        convoy = Convoy(lines, members)
        _follow(convoy, lines, told)
        for member in members:
            registry.index(lines.writing, member.model, member.version.number)
            lines.acknowledge()
        return [*within, *_complete(convoy, lines, told)]


def _within_append(url: str, schema: str) -> Made:
    version, proven = access.rebuild(url, schema)
    return Made(version.name, version.number, version.position, proven, State.ACTIVE)


def switch(url: str, schema: str, model: ReadModel, keys: KeyEncryption | None = None) -> Made:
    """Serve a held version from here on. Raises NoSuchVersion, Unproven."""
    with closing(Lines.opened(url, schema, keys, "rebuild")) as lines:
        release(lines, model)
        version = next(
            (v for v in registry.versions(lines.writing) if v.name == model.name and v.state is State.BOOTING), None
        )
        if version is None:
            raise NoSuchVersion(f"no version of {model.name} waits to be served")
        if not registry.locked(lines.writing, version.name, version.number):
            return _left_to_its_runner(lines, model, version)
        member = Member(model, version, strict=True)
        convoy = Convoy(lines, [member])
        _follow(convoy, lines, unheard)
        registry.index(lines.writing, model, version.number)
        return _complete(convoy, lines, unheard)[0]


def _left_to_its_runner(lines: Lines, model: ReadModel, version: registry.Version) -> Made:
    """Whoever follows it proves and serves it. Raises Unproven where it cannot."""
    for _ in range(SWITCH_TRIES * 10):
        now = registry.served(registry.versions(lines.writing), model.name)
        if now is not None and now.number == version.number:
            return Made(model.name, now.number, now.position, 0, now.state)
        if why := registry.error(lines.writing, version):
            raise Unproven(why)
        time.sleep(0.05)
    raise Unproven(f"{model.name} is not served yet; `kartoteka projections status` tells how far it is")


def release(lines: Lines, model: ReadModel) -> None:
    """Whoever runs the held version may serve it."""
    lines.writing.execute("UPDATE read_models SET held = false WHERE name = %s AND state = 'booting'", (model.name,))


def _remove_leftover(lines: Lines, models: Sequence[ReadModel], version: registry.Version) -> None:
    """What an earlier rebuild began and nobody goes on with."""
    model = next((each for each in models if each.name == version.name), None)
    if model and version.state is State.BOOTING and registry.locked(lines.writing, version.name, version.number):
        registry.remove(lines.writing, model, version.number)
        registry.unlock(lines.writing, version.name, version.number)


def _follow(convoy: Convoy, lines: Lines, told: Progress) -> None:
    """Up to where the log ends. Raises Poisoned."""
    heard = time.monotonic()
    try:
        while convoy.step(PAGE) == PAGE:
            told(convoy.position, convoy.log.head())
            if time.monotonic() > heard + HEARING_SECONDS:
                convoy.settle()
                lines.acknowledge()
                heard = time.monotonic()
        convoy.settle()
        lines.acknowledge()
    except Outrun:
        failed = [registry.error(lines.writing, member.version) for member in convoy.members]
        raise Poisoned("; ".join(filter(None, failed)) or "somebody else took over") from None
    told(convoy.position, convoy.position)


def _complete(convoy: Convoy, lines: Lines, told: Progress) -> list[Made]:
    """Prove what was made, and serve it as soon as it has come as far as what is served now."""
    _follow(convoy, lines, told)
    proven = [prove(lines.writing, member, lines.opening) for member in convoy.members]
    made = []
    for member, rows in zip(convoy.members, proven, strict=True):
        if not member.version.held:
            _serve(convoy, lines, member, told)
        state = State.BOOTING if member.version.held else State.ACTIVE
        made.append(Made(member.model.name, member.version.number, member.version.position, rows, state))
    return made


def _serve(convoy: Convoy, lines: Lines, member: Member, told: Progress) -> None:
    for _ in range(SWITCH_TRIES):
        with suppress(LockNotAvailable):
            if registry.switch(lines.writing, member.model, member.version.number):
                registry.sweep(lines.writing, member.model)
                return
        _follow(convoy, lines, told)
    raise Poisoned(f"{member.model.name} runs ahead of its new version")
