"""One service process: it says where everything listens, runs until it is told to end, and answers what waits first."""

from __future__ import annotations

import asyncio
import shutil
import signal
import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack, nullcontext
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from adapters.cli import console
from adapters.cli.beside import ASKED, COMPANIONS
from adapters.clock import Clock, now
from adapters.companion import Companion, Work
from adapters.composition import Listening, Place, Service, begun_with_test_clock, founded, serving, web
from adapters.composition import found as joined
from adapters.discovery import FACES, release
from adapters.embedded import StateInUse
from adapters.pace import loop, spare_the_collector
from adapters.settings import Settings, read_settings
from adapters.shown_url import shown_url
from adapters.telemetry import tracing

FORCED = 128 + signal.SIGINT


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command()(serve)


def serve(
    attach: Annotated[bool, typer.Option("--attach", help="Join the servers that another process runs.")] = False,
    json_log: Annotated[bool, typer.Option("--json-log", help="Log lines as JSON.")] = False,
    alone: Annotated[
        bool, typer.Option("--alone", help="Only commands and queries; read models and events run elsewhere.")
    ] = False,
    test_clock: Annotated[
        bool, typer.Option("--test-clock", help="Let `kartoteka clock` move time; only for a log that begins so.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Say where everything listens as one JSON document.")] = False,
) -> None:
    """Take commands until Ctrl-C or SIGTERM, with servers of our own where the settings name none."""
    settings = read_settings()
    console.log_to_stderr(settings.log_level, as_json=json_log or settings.log_json)
    signal.signal(signal.SIGTERM, _interrupt)
    tell = _tell_programs if as_json else _tell_people
    try:
        with (
            _place(settings, attach=attach) as place,
            _clock(place, test_clock=test_clock) as clock,
            tracing.sending(settings.traces_url, settings.traces_share, "service"),
            asyncio.Runner(loop_factory=loop()) as runner,
        ):
            runner.run(_serve(place, clock, tell, () if alone else COMPANIONS))
    except tracing.TracesUnavailable as error:
        console.fail(str(error), console.MISCONFIGURED)
    except StateInUse as error:
        console.fail(f"{error}; join it with `{_program()} serve --attach`", console.TRY_LATER)
    except KeyboardInterrupt:
        # Told to end while starting, or a second time while leaving: nothing was promised that is not stored.
        raise typer.Exit(FORCED) from None


def _place(settings: Settings, *, attach: bool) -> AbstractContextManager[Place]:
    return nullcontext(joined(settings)) if attach else founded(settings)


def _clock(place: Place, *, test_clock: bool) -> AbstractContextManager[Clock]:
    return begun_with_test_clock(place) if test_clock else nullcontext(now)


async def _serve(
    place: Place,
    clock: Clock,
    tell: Callable[[Place, Service, Listening | None], None],
    companions: Sequence[tuple[str, Work]],
) -> None:
    told_to_end = asyncio.Event()
    loop = asyncio.get_running_loop()
    for each in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(each, told_to_end.set)
    async with (
        serving(place, clock=clock) as service,
        web(place, service) as listening,
        service.left_to_another() as hear,
    ):
        spare_the_collector()
        hears = {ASKED: hear}
        beside = [Companion(name, work, place.settings, hears.get(name)) for name, work in companions]
        with ExitStack() as stack:
            for companion in beside:
                stack.enter_context(companion)
            tell(place, service, listening)
            await told_to_end.wait()
            console.note("kartoteka: answering what waits, then leaving")
            for each in (signal.SIGINT, signal.SIGTERM):
                loop.remove_signal_handler(each)
                signal.signal(each, _interrupt)


def _interrupt(*_: Any) -> NoReturn:
    raise KeyboardInterrupt


def _tell_people(place: Place, _: Service, listening: Listening | None) -> None:
    program = _program()
    known = "" if place.settings.state == Path(".state") else f"KARTOTEKA_STATE={place.settings.state} "
    lines = [
        *(f"{name:<10}{version:<9}{path}  {url}" for name, version, path, url in _servers(place, listening)),
        f"{'state':<10}{place.settings.state.resolve()}",
        "",
        "What to try first, in another terminal:",
        f"  {known}{program} send --list",
        f"  {known}{program} send worker.hire --data " + """'{"name": "Ada Lovelace"}'""",
        f"  {known}{program} query --list",
        f"  {known}{program} audit verify",
    ]
    print(*lines, sep="\n", flush=True)


def _tell_programs(place: Place, service: Service, listening: Listening | None) -> None:
    names = ("name", "version", "path", "url")
    servers = [dict(zip(names, each, strict=True)) for each in _servers(place, listening)]
    instance = service.commands.statistics.instance
    console.give({"servers": servers, "state": str(place.settings.state.resolve()), "instance": instance})


def _servers(place: Place, listening: Listening | None) -> list[tuple[str, str, str, str]]:
    """Name, version, program and address of everything; of an external Postgres no address, it may hold a password."""
    running, nats_version = place.embedded, ""
    here = [("kartoteka", release(), sys.executable, f"over NATS: {FACES}")]
    if listening is not None:
        here.append(("http", release(), sys.executable, listening.url))
    if running and running.postgres_url == place.postgres_url:
        here.append(("postgres", running.postgres_version, running.postgres_path, place.postgres_url))
    else:
        here.append(("postgres", "", "external", "as KARTOTEKA_POSTGRES_URL says"))
    if running and running.nats_url == place.nats_url.partition("?")[0]:
        here.append(("nats", running.nats_version, running.nats_path, place.nats_url))
    else:
        here.append(("nats", nats_version, "external", shown_url(place.nats_url)))
    return here


def _program() -> str:
    """How this program is called from a shell."""
    if shutil.which("kartoteka"):
        return "kartoteka"
    called = Path(sys.argv[0])
    return str(called) if called.name == "kartoteka" else f"{sys.executable} -m adapters"
