"""Callers come, get other secrets, and go; a crash in between leaves them as they were, or as they were to be.

A secret is written first and becomes good with the one replacement of the callers file.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from adapters import durable_file
from adapters.clock import now
from adapters.credentials import seed, token
from adapters.credentials.caller import ANYONE, BUILT_IN, NAME, OURS, RESERVED, Caller, FormerKey
from adapters.credentials.callers_file import Register, changing, save, settle_all
from adapters.credentials.permission import SameKey, accounts, our_keys
from adapters.credentials.role import BUILT_IN as ONLY_OURS
from adapters.credentials.role import MOST, Role
from adapters.credentials.seed import public_key, public_key_in, seed_path
from adapters.scope import Face, Scope

WORKER = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
FOR_WORKERS = {Face.COMMANDS, Face.QUESTIONS, Face.FILES}
OVER_HTTP = FOR_WORKERS | {Face.METRICS}


class WrongUse(Exception):
    """This cannot be asked of these credentials."""


class CallerAbsent(Exception):
    """There is no caller of this name."""


class Wanted(NamedTuple):
    """What to write down of a new caller. Without a public key it gets a seed, unless it is not to come to NATS."""

    name: str
    role: Role
    actors: tuple[str, ...]
    scopes: tuple[Scope, ...] = ()
    public_key: str = ""
    nats: bool = True
    token: bool = False
    expires_at: datetime | None = None
    note: str = ""


class Rotation(NamedTuple):
    """What to change of a caller. `public_key` is of one who keeps their own seed; `token` gives one who has none."""

    grace: timedelta
    public_key: str = ""
    token: bool = False
    expires_at: datetime | None = None


class Given(NamedTuple):
    """A caller as it is now, and its new secrets: a seed and a token, each empty where there is no new one."""

    name: str
    caller: Caller | None
    public_key: str
    seed: str = ""
    token: str = ""


@dataclass(frozen=True, slots=True)
class Credentials:
    """Those of a deployment: its callers file, and the state directory with the seeds."""

    file: Path
    state: Path

    def add(self, wanted: Wanted, *, kept: bool = True) -> Given:
        """A new caller; its seed is `kept` on file. Raises WrongUse, CallersWrong."""
        at = now()
        _check(wanted)
        fresh = seed.new_seed() if wanted.nats and not wanted.public_key else ""
        known = public_key(fresh) if fresh else wanted.public_key
        kept_token, shown = token.made(wanted.name, at, None) if wanted.token else (None, "")
        caller = _made(wanted, known, (kept_token,) if kept_token else ())
        self._folders()
        with changing(self.file) as register:
            if wanted.name in register.callers:
                raise WrongUse(f"{wanted.name} is there already: rotate it, or revoke it first")
            if fresh and kept:
                durable_file.replace(seed_path(self.state, wanted.name), fresh + "\n")
            self._save(replace(register, callers={**register.callers, caller.name: caller}), at)
        return Given(caller.name, caller, known, fresh, str(shown))

    def rotate(self, name: str, wanted: Rotation, *, kept: bool = True) -> Given:
        """New secrets; those before are good until the grace is over. Raises WrongUse, CallerAbsent, CallersWrong."""
        at = now()
        self._folders()
        with changing(self.file) as register:
            settle_all(self.state, register)
            if name in OURS:
                return self._rotate_ours(name, register, at, wanted.grace)
            caller = _found(register, name)
            fresh = self._fresh(caller, wanted)
            known = public_key(fresh) if fresh else wanted.public_key
            caller = _with_key(caller, known, at + wanted.grace) if known else caller
            caller = replace(caller, expires_at=wanted.expires_at or caller.expires_at)
            shown = ""
            if caller.tokens or wanted.token:
                caller, shown = _with_token(caller, at, at + wanted.grace)
            if not known and not shown:
                raise WrongUse(f"{name} has neither a key nor a token; --token gives it one")
            if fresh and kept:
                seed.prepare(self.state, name, fresh)
            changed = self._save(replace(register, callers={**register.callers, name: caller}), at)
            if fresh and kept:
                seed.settle(self.state, name, known)
        return Given(name, changed.callers[name], known, fresh, shown)

    def revoke(self, name: str, token_id: str = "") -> None:
        """The caller is gone, or one of its tokens. Raises WrongUse, CallerAbsent, CallersWrong."""
        self._folders()
        with changing(self.file) as register:
            settle_all(self.state, register)
            caller = None if name in OURS else _found(register, name)
            callers = dict(register.callers)
            if caller is not None and token_id:
                left = tuple(each for each in caller.tokens if each.id != token_id)
                if len(left) == len(caller.tokens):
                    raise CallerAbsent(f"{name} has no token {token_id}")
                callers[name] = replace(caller, tokens=left)
            elif caller is None or name in BUILT_IN:
                raise WrongUse(f"{name} is one of ours and cannot be revoked; rotate it with --grace-hours 0")
            else:
                del callers[name]
            self._save(replace(register, callers=callers), now())
            if name not in callers:
                durable_file.destroy(seed_path(self.state, name))

    def _rotate_ours(self, name: str, register: Register, at: datetime, grace: timedelta) -> Given:
        path, fresh = seed_path(self.state, name), seed.new_seed()
        seed.prepare(self.state, name, fresh)
        if path.exists():
            former = (*register.ours.get(name, ()), FormerKey(public_key_in(path), at + grace))
            self._save(replace(register, ours={**register.ours, name: former}), at)
        seed.settle(self.state, name, public_key(fresh))
        return Given(name, None, public_key(fresh), fresh)

    def _fresh(self, caller: Caller, wanted: Rotation) -> str:
        """A new seed, where the caller has one here."""
        if wanted.public_key or not caller.public_key:
            return ""
        path = seed_path(self.state, caller.name)
        if not path.exists() or public_key_in(path) != caller.public_key:
            raise WrongUse(f"the seed of {caller.name} is not kept here: give the new --public-key")
        return seed.new_seed()

    def _save(self, register: Register, at: datetime) -> Register:
        """Without what is over; nothing is written that the server could not be told."""
        kept = {name: _without_past(caller, at) for name, caller in register.callers.items()}
        former = {name: tuple(each for each in keys if at < each.expires_at) for name, keys in register.ours.items()}
        register = Register(kept, {name: keys for name, keys in former.items() if keys})
        paths = {name: seed_path(self.state, name) for name in OURS}
        current = {name: public_key_in(path) for name, path in paths.items() if path.exists()}
        try:
            accounts(our_keys(current, register, at), register, at)
        except SameKey as error:
            raise WrongUse(str(error)) from None
        save(self.file, register)
        return register

    def _folders(self) -> None:
        """What the first start makes too; the account that root's servers run as passes through the state directory."""
        for folder in (self.state, self.file.parent):
            folder.mkdir(mode=0o711 if os.geteuid() == 0 else 0o700, parents=True, exist_ok=True)
        (self.state / "credentials").mkdir(mode=0o700, exist_ok=True)


def _found(register: Register, name: str) -> Caller:
    """Those of ours are made by the first start."""
    try:
        return register.callers[name]
    except KeyError:
        raise CallerAbsent(f"no caller is called {name}") from None


def _check(wanted: Wanted) -> None:
    name, role = wanted.name, wanted.role
    if not NAME.fullmatch(name):
        raise WrongUse(f"a caller's name matches {NAME.pattern}")
    if name in RESERVED or name in BUILT_IN:
        raise WrongUse(f"{name} is a name of ours")
    if role in ONLY_OURS:
        raise WrongUse(f"the role {role} is ours alone")
    wrong = [actor for actor in wanted.actors if actor != ANYONE and not WORKER.fullmatch(actor)]
    if wrong:
        raise WrongUse(f"{wrong[0]!r} is no worker's id, and not *")
    scopes = wanted.scopes or MOST[role]
    asks = any(scope.face in FOR_WORKERS for scope in scopes)
    if asks and not wanted.actors:
        raise WrongUse(f"say for whom {name} may ask: --actor WORKER, or --actor '*' for everyone")
    if wanted.actors and not asks:
        raise WrongUse(f"as {role} {name} asks for nobody: leave --actor out")
    if wanted.token:
        _check_token(scopes, name)
    if not wanted.nats and not wanted.token:
        raise WrongUse(f"{name} would have no way to come: give it a --token, or leave --no-nats out")
    if wanted.public_key and not wanted.nats:
        raise WrongUse("a public key is for NATS: leave one of --public-key and --no-nats out")


def _check_token(scopes: Iterable[Scope], name: str) -> None:
    if not any(scope.face in OVER_HTTP for scope in scopes):
        raise WrongUse(f"nothing is open to {name} over HTTP: a token would be of no use")


def _made(wanted: Wanted, known: str, tokens: tuple[token.Token, ...]) -> Caller:
    """Raises WrongUse."""
    try:
        return Caller(
            wanted.name,
            wanted.actors,
            known,
            wanted.scopes,
            wanted.role,
            tokens,
            expires_at=wanted.expires_at,
            note=wanted.note,
        )
    except ValueError as error:
        raise WrongUse(str(error)) from None


def _with_key(caller: Caller, known: str, until: datetime) -> Caller:
    """Raises WrongUse."""
    former = (FormerKey(caller.public_key, until),) if caller.public_key else ()
    try:
        return replace(caller, public_key=known, former_keys=(*caller.former_keys, *former))
    except ValueError as error:
        raise WrongUse(str(error)) from None


def _with_token(caller: Caller, at: datetime, until: datetime) -> tuple[Caller, str]:
    """A new token, and those before until then at most. Raises WrongUse."""
    _check_token(caller.scopes, caller.name)
    fresh, shown = token.made(caller.name, at, None)
    outgoing = (replace(each, expires_at=min(until, each.expires_at or until)) for each in caller.tokens)
    return replace(caller, tokens=(*outgoing, fresh)), str(shown)


def _without_past(caller: Caller, at: datetime) -> Caller:
    """Secrets that are no longer good need not be kept."""
    tokens = tuple(each for each in caller.tokens if each.expires_at is None or at < each.expires_at)
    former = tuple(each for each in caller.former_keys if at < each.expires_at)
    return replace(caller, tokens=tokens, former_keys=former)
