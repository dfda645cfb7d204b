"""Every caller has a key of its own, and may speak only under its own name.

NATS does not tell who published a message, so the subject does: the server lets a caller publish under its own
token only. `<state>/callers.json` says whom a caller may act for; seeds lie in `<state>/credentials/`.
"""

import json
import os
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import nkeys  # type: ignore[import-untyped]

from adapters.embedded.whole_file import write_whole

SERVICE, ANYONE = "service", "*"
NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")
PUBLIC_KEY = re.compile(r"U[A-Z2-7]{55}")
ROOT = "kartoteka.v1"


@dataclass(frozen=True, slots=True)
class Caller:
    """A program that sends requests; `actors` are the workers it may act for, "*" is everyone.

    Without a public key it is given a fresh one, its seed under `seed_path`.
    """

    name: str
    actors: tuple[str, ...]
    public_key: str = ""

    def __post_init__(self) -> None:
        if not NAME.fullmatch(self.name) or self.name == SERVICE:
            raise ValueError(f"{self.name!r} cannot be a caller's name: it must match {NAME.pattern}, not {SERVICE!r}")
        if self.public_key and not PUBLIC_KEY.fullmatch(self.public_key):
            raise ValueError(f"the public key of {self.name} is not a user's nkey")


OPERATOR = Caller("operator", (ANYONE,))

HANDLERS = tuple(Caller(name, (name,)) for name in ("routing", "notifying", "checking"))
"""They hear of facts and ask for what follows, each for the automaton of its own name."""

ASKERS = tuple(Caller(name, (name,)) for name in ("timer", "mailing"))
"""They ask for what time calls for, each for the automaton of its own name, and hear of no fact."""


def load_callers(path: Path) -> dict[str, Caller]:
    """By name, each with its public key."""
    listed = json.loads(path.read_text(encoding="utf-8"))["callers"]
    callers = [Caller(entry["name"], tuple(entry["actors"]), entry["public_key"]) for entry in listed]
    return {caller.name: caller for caller in callers}


def seed_path(state: Path, name: str) -> Path:
    return state / "credentials" / f"{name}.nk"


def known_callers(state: Path, wanted: Iterable[Caller]) -> dict[str, Caller]:
    """Those on file, unchanged, and the wanted ones that were not, with fresh keys where they bring none."""
    path = state / "callers.json"
    on_file = load_callers(path) if path.exists() else {}
    callers = dict(on_file)
    for caller in (OPERATOR, *HANDLERS, *ASKERS, *wanted):
        if caller.name not in callers:
            public_key = caller.public_key or public_key_of(state, caller.name)
            callers[caller.name] = replace(caller, public_key=public_key)
    if callers != on_file:
        write_whole(path, json.dumps({"callers": [asdict(caller) for caller in callers.values()]}, indent=2) + "\n")
    return callers


def public_key_of(state: Path, name: str) -> str:
    """The public key that belongs to the seed on file, which is made when there is none."""
    path = seed_path(state, name)
    path.parent.mkdir(mode=0o700, exist_ok=True)
    if not path.exists():
        write_whole(path, nkeys.encode_seed(os.urandom(32), nkeys.PREFIX_BYTE_USER).decode() + "\n")
    pair = nkeys.from_seed(bytearray(path.read_bytes().strip()))
    public_key = str(pair.public_key.decode())
    pair.wipe()
    return public_key


def users(state: Path, wanted: Iterable[Caller]) -> list[dict[str, object]]:
    """The `authorization.users` of the server's configuration."""
    keys = {SERVICE: public_key_of(state, SERVICE)}
    keys |= {name: caller.public_key for name, caller in known_callers(state, wanted).items()}
    if len(set(keys.values())) < len(keys):
        raise ValueError("two callers have the same public key: the server could not tell them apart")
    return [{"nkey": key, "permissions": permissions(name)} for name, key in keys.items()]


def durable(handler: str) -> str:
    """The name of the consumer by which a handler hears of facts."""
    return f"kartoteka-{handler}-v1"


def permissions(name: str) -> dict[str, dict[str, list[str]]]:
    """What the server lets a user publish and listen to; a handler takes messages of its own consumer alone."""
    if name == SERVICE:
        publish = [f"{ROOT}.evt.>", f"{ROOT}.dlq.>", f"{ROOT}.obj.>", "_INBOX.>", "$JS.API.>", "$JS.ACK.>", "$SRV.>"]
        subscribe = [f"{ROOT}.cmd.>", f"{ROOT}.qry.>", f"{ROOT}.fil.>", "$SRV.>", f"_INBOX.{SERVICE}.>"]
    elif name in {handler.name for handler in HANDLERS}:
        own = durable(name)
        asked = [f"$JS.API.CONSUMER.{verb}.*.{own}" for verb in ("MSG.NEXT", "INFO")]
        publish = [f"{ROOT}.cmd.{name}.>", *asked, f"$JS.ACK.*.{own}.>"]
        subscribe = [f"_INBOX.{name}.>"]
    elif name in {asker.name for asker in ASKERS}:
        publish, subscribe = [f"{ROOT}.cmd.{name}.>"], [f"_INBOX.{name}.>"]
    else:
        verbs = ("PING", "INFO", "STATS") if name == OPERATOR.name else ("PING", "INFO")
        asked = [subject for verb in verbs for subject in (f"$SRV.{verb}", f"$SRV.{verb}.>")]
        publish = [*(f"{ROOT}.{face}.{name}.>" for face in ("cmd", "qry", "fil")), *asked]
        subscribe = [f"_INBOX.{name}.>"]
    return {"publish": {"allow": publish}, "subscribe": {"allow": subscribe}}
