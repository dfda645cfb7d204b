"""The servers' data lies in the state directory, or is linked from there when their account cannot reach it.

Root's own directories are closed to the account that runs the servers. Then `<state>/postgres` and
`<state>/nats` are links into `/var/lib/kartoteka/<hash of the state's path>-<random>/`. Deleting such a state by
hand leaves that data behind; `erase` takes both.
"""

import hashlib
import os
import sys
import tempfile
from pathlib import Path

from adapters.embedded.account import Account, OutOfReach, home

LINKED = ("postgres", "nats")


def elsewhere(state: Path) -> Path | None:
    """The directory that the state's links point into, if it has any."""
    targets = ((state / name).readlink() for name in LINKED if (state / name).is_symlink())
    return next((target.parent for target in targets), None)


def data_root(state: Path, account: Account) -> Path:
    """The directory that holds `postgres/`, `nats/` and `socket/`."""
    root = elsewhere(state)
    if root is None and account.reaches(state):
        return state
    if root is None:
        digest = hashlib.sha256(os.fsencode(state)).hexdigest()[:12]
        root = Path(tempfile.mkdtemp(dir=home(), prefix=f"{digest}-"))
        root.chmod(0o711)
        print(f"kartoteka: {account.name} cannot reach {state}; its data lies in {root}", file=sys.stderr)
    if not root.is_dir():
        raise OutOfReach(f"{state} keeps its data in {root}, which is gone")
    for name in LINKED:
        if not (state / name).is_symlink():
            (state / name).symlink_to(root / name)
    return root
