"""One process runs the servers of a state directory; everyone else who may read it can attach to them."""

import shutil
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import MappingProxyType

from adapters.credentials.caller import Caller
from adapters.credentials.callers_file import FILE
from adapters.embedded.account import Account, server_account
from adapters.embedded.admission import Admission
from adapters.embedded.lock import held, is_held
from adapters.embedded.nats_server import Certified, NatsServer
from adapters.embedded.pair import Pair, Running, read_record
from adapters.embedded.place import data_root, elsewhere
from adapters.embedded.postgres import VOLATILE, Postgres

OURS = ("postgres", "postgres.new", "nats", "socket", "log", "credentials", "callers.json", "servers.json", "lock")
UNCHANGED: Mapping[str, str] = MappingProxyType({})


class NotRunning(Exception):
    """No process runs the servers of this state directory."""


@contextmanager
def running(
    state: Path,
    *,
    fsync: bool = True,
    postgres: bool = True,
    nats: bool = True,
    postgres_settings: Mapping[str, str] = UNCHANGED,
    callers: Mapping[str, Caller] | None = None,
    callers_file: Path | None = None,
    nats_certified: Certified | None = None,
) -> Iterator[Running]:
    """Start the servers, keep them running, stop them at the end; one that is left out is external.

    `fsync=False` is for tests: even a kill of Postgres alone then loses what it acknowledged just before.
    `callers` are added to those on file, which is the state's if no other is named. Raises StateInUse, StartFailed,
    OutOfReach, CallersWrong.
    """
    state = state.resolve()
    account = server_account()
    make_state(state, account)
    with ExitStack() as stack:
        stack.enter_context(held(state / "lock"))
        record = state / "servers.json"
        record.unlink(missing_ok=True)
        root = data_root(state, account)
        if root != state:  # a copy of the state links to the same data
            stack.enter_context(held(root / "lock"))
        settings = {**({} if fsync else VOLATILE), **postgres_settings}
        pair = Pair(
            record,
            Postgres(state, root, account, settings) if postgres else None,
            NatsServer(state, root, account, (callers or {}).values(), callers_file or state / FILE, nats_certified)
            if nats
            else None,
        )
        stack.callback(record.unlink, missing_ok=True)
        for keeper in pair.keepers():
            keeper.start()
            stack.callback(keeper.stop)
        for keeper in pair.keepers():
            keeper.wait()
        if pair.nats and pair.nats_keeper:
            admission = Admission(pair.nats, pair.nats_keeper)
            admission.start()
            stack.callback(admission.stop)
        yield pair.announce()


def attach(state: Path) -> Running:
    """The servers of this state as they run now; raises NotRunning."""
    try:
        if is_held(state / "lock"):
            return read_record(state / "servers.json")
    except FileNotFoundError:
        pass
    raise NotRunning(f"nothing runs in {state}, or it is still starting")


def erase(state: Path) -> None:
    """Delete the servers' data, wherever it lies, and their credentials; raises StateInUse."""
    state = state.resolve()
    if not (state / "lock").exists():
        return
    with held(state / "lock"):
        root = elsewhere(state) or state
        remove((root / "socket").resolve())
        if root != state:
            remove(root)
        for name in OURS:
            remove(state / name)
        if not any(state.iterdir()):
            state.rmdir()


def remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def make_state(state: Path, account: Account) -> None:
    """Closed to others; when root's, the servers' account may pass through but not look around."""
    if not state.exists():
        state.mkdir(parents=True)
        state.chmod(0o711 if account.name else 0o700)
    for name in ("credentials", "log"):
        (state / name).mkdir(mode=0o700, exist_ok=True)
