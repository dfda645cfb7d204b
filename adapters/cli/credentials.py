"""Who may ask the service from outside: callers with their keys of NATS and tokens of HTTP, given, changed, taken away.

A running service and its own NATS follow within a second. A secret is told once, and is in no list.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer

from adapters.cli import console
from adapters.clock import now
from adapters.credentials.caller import OURS, Caller
from adapters.credentials.callers_file import Register, load
from adapters.credentials.change import Credentials, Given, Rotation, Wanted, WrongUse
from adapters.credentials.permission import accounts, our_keys
from adapters.credentials.role import Role
from adapters.credentials.seed import public_key_in, public_key_of, seed_path
from adapters.scope import EVERYTHING, Face, Scope, ScopeWrong
from adapters.settings import EMBEDDED, Settings, read_settings

MOST_DAYS, MOST_HOURS = 3650, 24 * 365

Name = Annotated[str, typer.Argument(help="The caller: a-z, 0-9 and -.")]
Days = Annotated[
    int | None, typer.Option("--expires-days", min=1, max=MOST_DAYS, help="After so many days it is over.")
]
Printed = Annotated[bool, typer.Option("--print", help="Print the seed once, and keep it nowhere.")]
PublicKey = Annotated[str, typer.Option("--public-key", metavar="U…", help="The nkey of one who keeps their own seed.")]
AsJson = Annotated[bool, typer.Option("--json", help="As JSON.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    credentials = typer.Typer(help="Who may ask from outside, for whom, and for what.", no_args_is_help=True)
    for command in (add, show, rotate, revoke, nats_config):
        credentials.command(name={"show": "list"}.get(command.__name__))(command)
    app.add_typer(credentials, name="credentials")


def add(
    name: Name,
    role: Annotated[Role, typer.Option("--role", help="What it is for; this is the most that it may.")] = Role.CALLER,
    actor: Annotated[
        list[str] | None, typer.Option("--actor", metavar="WORKER|*", help="For whom it may ask; * is everyone.")
    ] = None,
    scope: Annotated[
        list[str] | None, typer.Option("--scope", metavar="SCOPE", help="Less than the role: cmd:ticket.*, qry:desk …")
    ] = None,
    public_key: PublicKey = "",
    no_nats: Annotated[bool, typer.Option("--no-nats", help="It does not come to NATS.")] = False,
    token: Annotated[bool, typer.Option("--token", help="Print a token for HTTP, once.")] = False,
    expires_days: Days = None,
    note: Annotated[str, typer.Option("--note", help="What whoever reads the list should know.")] = "",
    printed: Printed = False,
    as_json: AsJson = False,
) -> None:
    """Let a program in: by a seed for NATS in <state>/credentials, a token for HTTP, or both."""
    settings = read_settings()
    over_http = role is Role.METRICS
    wanted = Wanted(
        name=name,
        role=role,
        actors=tuple(actor or ()),
        scopes=_scopes(scope or []),
        public_key=public_key,
        nats=not (no_nats or over_http),
        token=token or over_http,
        expires_at=_until(expires_days),
        note=note,
    )
    _tell(settings, credentials_of(settings).add(wanted, kept=not printed), printed=printed, as_json=as_json)


def show(as_json: AsJson = False) -> None:
    """Print every caller with its role, for whom it asks, what it may, and what it comes with."""
    found = load(_file(read_settings()))
    rows = [_row(caller) for caller in found.callers.values()]
    if not as_json:
        rows = [row | {name: " ".join(row[name]) for name in ("actors", "scopes")} for row in rows]
    console.show(rows, as_json=as_json)


def rotate(
    name: Annotated[str, typer.Argument(help="The caller, or service, or streams.")],
    grace_hours: Annotated[
        float, typer.Option("--grace-hours", min=0, max=MOST_HOURS, help="How long the old secrets stay good.")
    ] = 24.0,
    public_key: PublicKey = "",
    token: Annotated[bool, typer.Option("--token", help="Give it a token, though it has none.")] = False,
    expires_days: Days = None,
    printed: Printed = False,
    as_json: AsJson = False,
) -> None:
    """Give a caller new secrets for those it has: a seed, a token, or both; the old ones are good for a while yet."""
    settings = read_settings()
    if name in OURS and (public_key or token or expires_days or printed):
        raise WrongUse(f"{name} has a seed on file, and nothing else")
    if settings.our_seeds.get(name) is not None:
        raise WrongUse(f"the seed of {name} is where KARTOTEKA_{name.upper()}_SEED says: change it there")
    wanted = Rotation(timedelta(hours=grace_hours), public_key, token, _until(expires_days))
    given = credentials_of(settings).rotate(name, wanted, kept=not printed)
    _tell(settings, given, printed=printed, as_json=as_json)


def revoke(
    name: Name,
    token: Annotated[str, typer.Option("--token", metavar="ID", help="Take away this token alone.")] = "",
) -> None:
    """Let a caller in no more, and end its connections; or take one of its tokens away."""
    settings = read_settings()
    credentials_of(settings).revoke(name, token)
    console.note(f"token {token} of {name} is revoked" if token else f"{name} is revoked")
    _remind(settings)


def nats_config() -> None:
    """Print the accounts for a NATS server of your own; print them again when credentials have changed."""
    settings = read_settings()
    found, at = load(_file(settings)), now()
    current = {
        name: public_key_in(path) if path else public_key_of(settings.state, name)
        for name, path in settings.our_seeds.items()
    }
    block = {"authorization": {"timeout": 5}, "accounts": accounts(our_keys(current, found, at), found, at)}
    print(json.dumps(block, indent=2), flush=True)
    over = [each.expires_at for each in _passing(found)]
    if over:
        console.note(f"this has keys that are over on {min(over).isoformat()}: print it again then")


def credentials_of(settings: Settings) -> Credentials:
    """Those of the deployment."""
    return Credentials(_file(settings), settings.state)


def _file(settings: Settings) -> Path:
    return settings.callers or settings.state / "callers.json"


def _passing(found: Register) -> list[Any]:
    """What is good for a while only."""
    callers = found.callers.values()
    former = [each for caller in callers for each in caller.former_keys]
    ours = [each for keys in found.ours.values() for each in keys]
    return [*ours, *former, *(caller for caller in callers if caller.expires_at is not None)]


def _scopes(texts: list[str]) -> tuple[Scope, ...]:
    """One that covers nothing is misspelt."""
    try:
        scopes = tuple(map(Scope.read, texts))
    except ScopeWrong as error:
        raise WrongUse(str(error)) from None
    for scope in scopes:
        if scope.topics != EVERYTHING and not any(scope.covers(scope.face, topic) for topic in _topics(scope.face)):
            raise WrongUse(f"there is nothing that {scope} would cover")
    return scopes


def _topics(face: Face) -> Iterable[str]:
    """Everything that there is of a face, imported where somebody names one of it."""
    match face:
        case Face.COMMANDS:
            from commands.catalogue import COMMANDS

            return COMMANDS
        case Face.QUESTIONS:
            from adapters.inquiry import ASKED

            return ASKED
        case Face.FILES:
            from adapters.file_request import REQUESTS

            return REQUESTS
        case Face.EVENTS:
            from commands.catalogue import DECIDERS

            return DECIDERS
        case Face.METRICS:
            return ()


def _until(days: int | None) -> datetime | None:
    return None if days is None else now() + timedelta(days=days)


def _row(caller: Caller) -> dict[str, Any]:
    """Nothing of it opens anything."""
    return {
        "name": caller.name,
        "role": str(caller.role),
        "actors": list(caller.actors),
        "scopes": [str(scope) for scope in caller.scopes],
        "public_key": caller.public_key,
        "former_keys": [
            {"public_key": each.public_key, "expires_at": each.expires_at.isoformat()} for each in caller.former_keys
        ],
        "tokens": [
            {
                "id": each.id,
                "made_at": each.made_at.isoformat(),
                "expires_at": each.expires_at.isoformat() if each.expires_at else None,
            }
            for each in caller.tokens
        ],
        "expires_at": caller.expires_at.isoformat() if caller.expires_at else None,
        "note": caller.note,
    }


def _tell(settings: Settings, given: Given, *, printed: bool, as_json: bool) -> None:
    kept = bool(given.seed) and not printed
    told: dict[str, Any] = {
        "name": given.name,
        "role": str(given.caller.role if given.caller else Role.SERVICE),
        "public_key": given.public_key,
        "seed_file": str(seed_path(settings.state, given.name).resolve()) if kept else None,
        "seed": given.seed if printed and given.seed else None,
        "token": given.token or None,
    }
    shown = {name: value for name, value in told.items() if value}
    if as_json:
        console.give(shown)
    else:
        console.show([shown], as_json=False)
    if given.token or (printed and given.seed):
        console.note("the secret is not shown again: keep it where only the caller reads it")
    _remind(settings)


def _remind(settings: Settings) -> None:
    if settings.nats_url != EMBEDDED:
        console.note("tell your NATS server: `kartoteka credentials nats-config`, then have it reload")
