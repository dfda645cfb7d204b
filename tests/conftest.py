"""The outside world of the tests: the real servers, one pair per test process, a schema of its own per test."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters import embedded
from adapters.composition import Place
from adapters.embedded import Caller, Running
from adapters.settings import Settings

sys.path.insert(0, str(Path(__file__).parent))  # so that tests share `memory`, `specification` and the like

KEPT = {"synchronous_commit": "on"}
"""A killed Postgres loses nothing it acknowledged; only a dying machine could."""

LONGEST = "test_documents.py"
"""Its tests come first: at the end no worker should wait for another's long one."""

CALLERS = {"desk": Caller("desk", ("*",)), "shop": Caller("shop", ("anna", "boris"))}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--soak", type=int, default=1, metavar="TIMES", help="How many times the usual seeds to run.")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "soak: too long for every day; run by --soak alone")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--soak") == 1:
        long = [item for item in items if item.get_closest_marker("soak")]
        items[:] = [item for item in items if item not in long]
        config.hook.pytest_deselected(items=long)
    items.sort(key=lambda item: item.path.name != LONGEST)


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
