"""Who holds the seed is the caller, to NATS; of a seed on file the owner alone may read."""

from __future__ import annotations

import os
import re
from pathlib import Path

import nkeys  # type: ignore[import-untyped]

from adapters import durable_file

PUBLIC_KEY = re.compile(r"U[A-Z2-7]{55}")
NEXT = ".next"
"""Behind the name of a seed that waits to take the place of the one before it."""


def seed_path(state: Path, name: str) -> Path:
    """Where the seed of a caller, or of the service, lies in the state directory."""
    return state / "credentials" / f"{name}.nk"


def public_key_of(state: Path, name: str) -> str:
    """The public key that belongs to the seed on file, which is made when there is none."""
    path = seed_path(state, name)
    path.parent.mkdir(mode=0o700, exist_ok=True)
    if not path.exists():
        durable_file.create(path, new_seed() + "\n")
    return public_key_in(path)


def public_key_in(path: Path) -> str:
    """The public key that belongs to the seed in a file."""
    return public_key(path.read_text(encoding="ascii").strip())


def public_key(seed: str) -> str:
    """The public key that belongs to a seed."""
    pair = nkeys.from_seed(bytearray(seed, "ascii"))
    found = str(pair.public_key.decode())
    pair.wipe()
    return found


def new_seed() -> str:
    """The seed of a user that nobody had before."""
    return str(nkeys.encode_seed(os.urandom(32), nkeys.PREFIX_BYTE_USER).decode())


def prepare(state: Path, name: str, seed: str) -> None:
    """Lay a seed beside the one in use, for `settle`."""
    prepared = _prepared(state, name)
    prepared.parent.mkdir(mode=0o700, exist_ok=True)
    durable_file.replace(prepared, seed + "\n")


def next_key(state: Path, name: str) -> str:
    """The public key of the seed that was prepared; empty where none was."""
    prepared = _prepared(state, name)
    return public_key_in(prepared) if prepared.exists() else ""


def settle(state: Path, name: str, wanted: str) -> None:
    """Have the seed that was prepared take its place if its public key is the wanted one, and be gone if not."""
    prepared = _prepared(state, name)
    if not prepared.exists():
        return
    if public_key_in(prepared) != wanted:
        durable_file.destroy(prepared)
        return
    prepared.replace(seed_path(state, name))
    durable_file.sync(prepared.parent)


def _prepared(state: Path, name: str) -> Path:
    return seed_path(state, name).with_suffix(".nk" + NEXT)
