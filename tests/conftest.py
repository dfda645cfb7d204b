"""The outside world of the tests: the real servers, one pair per test process, a schema of its own per test."""

from __future__ import annotations

import logging
import os
import shutil
import sys
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from adapters import embedded
from adapters.cli.console import Libraries
from adapters.composition import Place
from adapters.credentials.caller import Caller
from adapters.credentials.role import Role
from adapters.embedded import Running
from adapters.settings import Settings

sys.path.insert(0, str(Path(__file__).parent))  # so that tests share `memory`, `specification` and the like

import cluster

KEPT = {"synchronous_commit": "on"}
"""A killed Postgres loses nothing it acknowledged; only a dying machine could."""

LONGEST = (
    "test_documents.py",
    "test_attack.py",
    "test_replay.py",
    "test_erasing_survives.py",
    "test_forgotten_everywhere.py",
    "test_restore.py",
    "test_audit_cli.py",
    "test_real_log.py",
)
"""Their tests come first: at the end no worker should wait for another's long one."""

CALLERS = {
    "desk": Caller("desk", ("*",)),
    "shop": Caller("shop", ("anna", "boris")),
    "ear": Caller("ear", (), role=Role.LISTENER),
}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--soak", type=int, default=1, metavar="TIMES", help="How many times the usual seeds to run.")


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        cluster.begin()
    cluster.copy_from_now_on()
    config.addinivalue_line("markers", "soak: too long for every day; run by --soak alone")


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        cluster.end()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--soak") == 1:
        long = [item for item in items if item.get_closest_marker("soak")]
        items[:] = [item for item in items if item not in long]
        config.hook.pytest_deselected(items=long)
    items.sort(key=lambda item: str(item.path))
    items[:] = spread(items, getattr(config, "workerinput", {}).get("workercount", 1))


def spread(items: list[pytest.Item], workers: int) -> list[pytest.Item]:
    """The order in which each worker's share, which is the next so many, begins with some of the longest."""
    files: dict[str, list[pytest.Item]] = {}
    for item in items:
        files.setdefault(item.path.name if item.path.name in LONGEST else "", []).append(item)
    others, ordered = files.pop("", []), list[pytest.Item]()
    for n in range(workers):
        first = [item for file in sorted(files, key=LONGEST.index)[n::workers] for item in files[file]]
        left = max(0, (len(items) - len(ordered)) // (workers - n) - len(first))
        ordered += [*first, *others[:left]]
        del others[:left]
    return ordered


@pytest.fixture(autouse=True)
def logged_as_before() -> Iterator[None]:
    """A command of the CLI says what is logged from then on; not to the tests that come after."""
    before, said = structlog.get_config(), structlog.is_configured()
    handlers, level = list(logging.root.handlers), logging.root.level
    yield
    for handler in [each for each in logging.root.handlers if isinstance(each, Libraries) and each not in handlers]:
        logging.root.removeHandler(handler)
    logging.root.setLevel(level)
    if said:
        structlog.configure(**before)
    else:
        structlog.reset_defaults()


@pytest.fixture(scope="session")
def soak(request: pytest.FixtureRequest) -> int:
    """By how much to multiply the number of examples; 1 in an ordinary run."""
    times: int = request.config.getoption("--soak")
    return times


@pytest.fixture(scope="session")
def state() -> Iterator[Path]:
    """Within reach of the servers' account, which pytest's own folders are not when root runs the tests."""
    folder = Path(tempfile.mkdtemp(prefix="kartoteka-test-"))
    folder.chmod(0o711)
    yield folder
    embedded.erase(folder)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def servers(state: Path) -> Iterator[Running]:
    with embedded.running(state, fsync=False, postgres_settings=KEPT, callers=CALLERS) as running:
        yield running


@pytest.fixture(scope="session")
def postgres_url(servers: Running) -> str:
    return servers.postgres_url


@pytest.fixture
def schema() -> str:
    return f"test_{uuid.uuid4().hex[:12]}"


@pytest.fixture
def place(servers: Running, state: Path, schema: str) -> Place:
    """Where a service process of one test finds its servers; nothing is stored there yet."""
    settings = Settings(state=state, KARTOTEKA_SCHEMA=schema)
    return Place(settings, servers.postgres_url, servers.nats_url, servers)


@pytest.fixture(scope="session")
def data() -> Path:
    """The folder of the real helpdesk log; in CI it must be there."""
    folder = Path(os.environ.get("KARTOTEKA_TEST_DATA", Path(__file__).parents[2] / "shared" / "data"))
    if not (folder / "helpdesk_log.csv").exists():
        message = f"no helpdesk_log.csv in {folder}: set KARTOTEKA_TEST_DATA to the folder that holds it"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    return folder
