"""`callers.json` says who may come, for whom they may act, and what they may ask for; it holds no secret.

A member that is not known is refused: it may have been meant to narrow something.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any

import orjson
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from adapters import durable_file
from adapters.credentials.caller import BUILT_IN, OURS, RESERVED, SERVICE, STREAMS, Caller, FormerKey
from adapters.credentials.role import BUILT_IN as ONLY_OURS
from adapters.credentials.role import Role
from adapters.credentials.seed import next_key, public_key_in, public_key_of, seed_path, settle
from adapters.credentials.token import Token
from adapters.scope import Scope

FILE = "callers.json"


class CallersWrong(Exception):
    """The callers file does not hold what it should; the message says where, never what."""


@dataclass(frozen=True, slots=True)
class Register:
    """What the file says: the callers by name, and the keys that our own processes had before, by name as well."""

    callers: Mapping[str, Caller] = field(default_factory=dict)
    ours: Mapping[str, tuple[FormerKey, ...]] = field(default_factory=dict)


class _Entry(BaseModel):
    """One caller as it is written down; the first files had no more than name, actors and public key."""

    model_config = ConfigDict(extra="forbid")

    name: str
    actors: tuple[str, ...]
    public_key: str = ""
    role: Role | None = None
    scopes: Annotated[tuple[str, ...], Field(min_length=1)] | None = None
    tokens: tuple[Token, ...] = ()
    former_keys: tuple[FormerKey, ...] = ()
    expires_at: AwareDatetime | None = None
    note: str = ""

    def caller(self) -> Caller:
        """Raises ValueError."""
        if self.name in RESERVED:
            raise ValueError(f"{self.name} is a reserved name")
        ours = BUILT_IN.get(self.name)
        role = self.role or (ours.role if ours else Role.CALLER)
        if role is not ours.role if ours else role in ONLY_OURS:
            raise ValueError(f"{self.name} cannot have the role {role}")
        scopes = tuple(map(Scope.read, self.scopes or ()))
        more = (role, self.tokens, self.former_keys, self.expires_at, self.note)
        return Caller(self.name, self.actors, self.public_key, scopes, *more)


class _Ours(BaseModel):
    model_config = ConfigDict(extra="forbid")

    former_keys: tuple[FormerKey, ...] = ()


class _Document(BaseModel):
    model_config = ConfigDict(extra="forbid")

    callers: tuple[_Entry, ...]
    service: _Ours = _Ours()
    streams: _Ours = _Ours()


def load(path: Path) -> Register:
    """Raises CallersWrong, FileNotFoundError."""
    try:
        document = _Document.model_validate_json(path.read_bytes())
        callers = [entry.caller() for entry in document.callers]
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())
        raise CallersWrong(f"{path}: {wrong}") from None
    except ValueError as error:
        raise CallersWrong(f"{path}: {error}") from None
    by_name = {caller.name: caller for caller in callers}
    if len(by_name) < len(callers):
        raise CallersWrong(f"{path}: two callers have the same name")
    former = {SERVICE: document.service.former_keys, STREAMS: document.streams.former_keys}
    return Register(by_name, {name: keys for name, keys in former.items() if keys})


def save(path: Path, register: Register) -> None:
    """Put the whole file in the place of the one before."""
    document: dict[str, Any] = {"callers": [_told(caller) for caller in register.callers.values()]}
    for name, former in register.ours.items():
        document[name] = {"former_keys": [asdict(each) for each in former]}
    durable_file.replace(path, orjson.dumps(document, option=orjson.OPT_INDENT_2).decode() + "\n")


@contextmanager
def changing(path: Path) -> Iterator[Register]:
    """What the file says, while nobody else of this machine changes it; nothing where there is no file yet."""
    with durable_file.alone(path.parent):
        yield load(path) if path.exists() else Register()


def known_callers(state: Path, wanted: Iterable[Caller], path: Path | None = None) -> Register:
    """Those on file, unchanged, and the wanted ones that were not, with fresh keys where they bring none.

    Without a path it is the file of the state, where the seeds are in any case.
    """
    path = path or state / FILE
    with changing(path) as on_file:
        callers = dict(on_file.callers)
        for caller in (*BUILT_IN.values(), *wanted):
            if caller.name not in callers:
                callers[caller.name] = replace(
                    caller, public_key=caller.public_key or public_key_of(state, caller.name)
                )
        register = replace(on_file, callers=callers)
        if callers != on_file.callers:
            save(path, register)
        for name in OURS:
            public_key_of(state, name)
        settle_all(state, register)
    return register


def settle_all(state: Path, register: Register) -> None:
    """Finish what a crash left of a change of seeds."""
    for caller in register.callers.values():
        settle(state, caller.name, caller.public_key)
    for name in OURS:
        settle(state, name, next_key(state, name) if _replaced(state, name, register) else "")


def _replaced(state: Path, name: str, register: Register) -> bool:
    """Whether the seed of ours that is in use is written down as the one before."""
    path = seed_path(state, name)
    return path.exists() and public_key_in(path) in {each.public_key for each in register.ours.get(name, ())}


def _told(caller: Caller) -> dict[str, Any]:
    """What is not as usual is left out."""
    told: dict[str, Any] = {"name": caller.name, "role": caller.role, "actors": caller.actors}
    if caller.narrowed:
        told["scopes"] = list(map(str, caller.scopes))
    more = {
        "public_key": caller.public_key,
        "tokens": [asdict(each) for each in caller.tokens],
        "former_keys": [asdict(each) for each in caller.former_keys],
        "expires_at": caller.expires_at,
        "note": caller.note,
    }
    return told | {name: value for name, value in more.items() if value}
