"""Database clusters of tests are copies of one that `initdb` made: a tenth of a second each, and not a whole one."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from adapters import embedded
from adapters.embedded.account import server_account
from adapters.embedded.postgres import Postgres

TEMPLATE = "CLUSTER_OF_TESTS"
"""Names the folder, to all processes of a test run; without it every cluster is made anew."""

made_anew = Postgres.create
"""As the product makes one."""


def begin() -> None:
    """A folder for this test run; the cluster in it is made when the first one is needed."""
    folder = Path(tempfile.mkdtemp(prefix="kartoteka-cluster-"))
    folder.chmod(0o711)
    os.environ[TEMPLATE] = str(folder)


def end() -> None:
    """Leave nothing of it."""
    folder = Path(os.environ.pop(TEMPLATE))
    embedded.erase(folder)
    shutil.rmtree(folder, ignore_errors=True)


def copy_from_now_on() -> None:
    """In this process, and in those that are forked from it."""
    Postgres.create = copied  # type: ignore[method-assign]


def make_anew_from_now_on() -> None:
    Postgres.create = made_anew  # type: ignore[method-assign]


def copied(cluster: Postgres) -> None:
    """The cluster with its database, complete or not at all."""
    if TEMPLATE not in os.environ:
        made_anew(cluster)
    elif not (cluster.data / "PG_VERSION").exists():
        scratch = cluster.data.with_name("postgres.new")
        shutil.rmtree(scratch, ignore_errors=True)
        subprocess.run(["/bin/cp", "-a", str(template()), str(scratch)], check=True)  # noqa: S603 - a fixed command
        scratch.replace(cluster.data)


def template() -> Path:
    """The one that is copied; of all processes the first that needs it makes it."""
    folder = Path(os.environ[TEMPLATE])
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        (folder / "log").mkdir(exist_ok=True)
        cluster = Postgres(folder, folder, server_account(), {"fsync": "off"})
        made_anew(cluster)
        return cluster.data
