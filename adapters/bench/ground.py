"""The ground that everything is measured on: durable servers of its own on a real disk, and processes beside them."""

from __future__ import annotations

import multiprocessing
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import count
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from adapters import embedded
from adapters.bench import (
    archive,
    crowd_seed,
    echo,
    forgetting,
    former,
    load,
    looking,
    market_seed,
    relay,
    replaying,
    server,
    watch,
    whole,
)
from adapters.bench.archive import Archive
from adapters.bench.crowd import Crowd
from adapters.bench.former import Former
from adapters.bench.market import Market
from adapters.bench.side import CALLER, WHOLE, Company, place
from adapters.bench.watch import Watch
from adapters.composition import Place, parts
from adapters.credentials.caller import ANYONE, Caller
from domain.values import Person
from projections.catalogue import QUESTIONS

DISK = Path("/var/tmp")  # noqa: S108 - a folder of our own is made in it; /tmp is often no disk
FAREWELL_SECONDS = 10.0

PROCESSES = multiprocessing.get_context("forkserver")
"""What all processes need is imported once, in the one that they are forked from."""
PRELOADED = (server, echo, forgetting, load, looking, relay, replaying, whole)
PROCESSES.set_forkserver_preload([*(each.__name__ for each in PRELOADED), "adapters.cli", *parts()])

Main = Callable[..., None]


class CouldNotRun(Exception):
    """A process of the benchmark ended before its time."""


@dataclass(frozen=True, slots=True)
class Side:
    """A company with its service processes."""

    name: str
    company: Company
    place: Place


class Ground:
    """Running servers, the asker's process, and a fresh side whenever one is needed."""

    def __init__(self, state: Path, asker: Connection) -> None:
        self._state, self._asker = state, asker
        self._numbers = count(1)
        self._crowds: dict[Crowd, tuple[str, set[str]]] = {}
        self._markets: dict[Market, str] = {}
        self._watches: dict[Watch, str] = {}

    def ask(self, job: str, **about: Any) -> Any:
        """The asker's result of a job. Raises CouldNotRun."""
        self._asker.send({"job": job, **about})
        return _said(self._asker, job)

    @contextmanager
    def side(self, customers: int, *, processes: int = 1, main: Main = server.main) -> Iterator[Side]:
        """A company in a schema of its own, served by so many processes."""
        name = f"bench_{next(self._numbers)}"
        with ExitStack() as stack:
            for _ in range(processes):
                stack.enter_context(_process(main, self._state, name))
            company = self.ask("found", side=name, customers=customers)
            yield Side(name, company, place(self._state, name))

    @contextmanager
    def whole(self, customers: int) -> Iterator[Side]:
        """A company with everything running that runs in production; one at a time."""
        with ExitStack() as stack:
            stack.enter_context(_process(whole.service, self._state))
            company = self.ask("found", side=WHOLE, customers=customers)
            for main in (whole.questions, whole.views, whole.events):
                stack.enter_context(_process(main, self._state))
            yield Side(WHOLE, company, place(self._state, WHOLE))

    def crowd(self, crowd: Crowd, *questions: str) -> str:
        """The schema of a big company that can be asked these questions; whoever comes next finds it made."""
        if crowd not in self._crowds:
            self._crowds[crowd] = f"bench_crowd_{next(self._numbers)}", set()
            crowd_seed.found(place(self._state, self._crowds[crowd][0]), crowd)
        name, made = self._crowds[crowd]
        models = {model.name: model for each in questions for model in QUESTIONS[each].rests_on}
        if wanted := [model for model in models.values() if not model.within_append and model.name not in made]:
            crowd_seed.make(place(self._state, name), wanted)
            made.update(model.name for model in wanted)
        return name

    def market(self, market: Market) -> str:
        """The schema of a market of this size; whoever comes next finds it made."""
        if market not in self._markets:
            self._markets[market] = f"bench_market_{next(self._numbers)}"
            market_seed.found(place(self._state, self._markets[market]), market)
        return self._markets[market]

    def watch(self, wanted: Watch) -> str:
        """The schema of so many tickets under watch; whoever comes next finds it made."""
        if wanted not in self._watches:
            self._watches[wanted] = f"bench_watch_{next(self._numbers)}"
            watch.found(place(self._state, self._watches[wanted]), wanted)
        return self._watches[wanted]

    def archive(self, wanted: Archive) -> Place:
        """Where so many tickets lie, made for it."""
        there = place(self._state, f"bench_archive_{next(self._numbers)}")
        archive.found(there, wanted)
        return there

    @contextmanager
    def looking(self) -> Iterator[Callable[..., list[float]]]:
        """Somebody who lets questions take turns, and tells what most of those of each kind took, in seconds."""
        with _process(looking.main, self._state) as looker:

            def took(**job: Any) -> list[float]:
                looker.send(job)
                return list(_said(looker, looking.__name__))

            yield took

    @contextmanager
    def driver(self) -> Iterator[Connection]:
        """A second asker, for what goes on while the first one asks: it takes jobs, and gives their results."""
        with _process(load.main, self._state) as driver:
            yield driver

    @contextmanager
    def echo(self) -> Iterator[None]:
        """Somebody who gives back what they are sent."""
        with _process(echo.main, self._state):
            yield

    @contextmanager
    def relay(self, side: Side) -> Iterator[Callable[[str], float]]:
        """Somebody who publishes the facts of a side, the relay's way or the bare one, and tells how many a second."""
        with _process(relay.main, self._state, side.name) as publisher:

            def rate(way: str) -> float:
                publisher.send(way)
                return float(_said(publisher, relay.__name__))

            yield rate

    @contextmanager
    def replaying(self, side: Side, log: Path) -> Iterator[Callable[[Any], float]]:
        """Somebody who imports a log, and supposes things of all its tickets, and tells how many seconds it took."""
        with _process(replaying.main, self._state, side.name, log) as replayer:

            def took(job: Any) -> float:
                replayer.send(job)
                return float(_said(replayer, replaying.__name__))

            yield took

    @contextmanager
    def forgetting(self, wanted: Former) -> Iterator[Callable[[Person], dict[str, Any]]]:
        """Somebody who forgets former customers, one after the other, and tells what each came to and how long it took.

        Their log is made for it, and served.
        """
        name = f"bench_former_{next(self._numbers)}"
        former.found(place(self._state, name), wanted)
        with _process(server.main, self._state, name), _process(forgetting.main, self._state, name) as forgetter:

            def forgotten(person: Person) -> dict[str, Any]:
                forgetter.send(person)
                return dict(_said(forgetter, forgetting.__name__))

            yield forgotten


@contextmanager
def ground() -> Iterator[Ground]:
    """Everything that is needed, and nothing of it left at the end."""
    state = Path(tempfile.mkdtemp(prefix="kartoteka-bench-", dir=DISK if DISK.is_dir() else None))
    state.chmod(0o711)
    try:
        with (
            embedded.running(state, callers={CALLER: Caller(CALLER, (ANYONE,))}),
            _process(load.main, state) as asker,
        ):
            yield Ground(state, asker)
    finally:
        embedded.erase(state)
        shutil.rmtree(state, ignore_errors=True)


@contextmanager
def _process(main: Main, *arguments: Any) -> Iterator[Connection]:
    """A process of ours, when it is ready. It ends with its pipe, so also when we are killed."""
    ours, its = PROCESSES.Pipe()
    process = PROCESSES.Process(target=main, args=(its, *arguments), daemon=True)
    process.start()
    its.close()
    try:
        _said(ours, main.__module__)
        yield ours
    finally:
        ours.close()
        process.join(FAREWELL_SECONDS)
        if process.is_alive():
            process.kill()


def _said(pipe: Connection, who: str) -> Any:
    """What comes next over a pipe. Raises CouldNotRun when there will be nothing."""
    try:
        return pipe.recv()
    except EOFError:
        raise CouldNotRun(f"{who} ended before its time") from None
