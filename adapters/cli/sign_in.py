"""By what workers sign in: set and taken away by whoever operates the service, and what auditors read of it."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Annotated, TypeVar

import typer

from adapters.cli import console
from adapters.composition import found
from adapters.composition.service import clock_of
from adapters.credentials.authentication import PEPPER, USE, Authentication
from adapters.credentials.login import MOST_LETTERS, normal
from adapters.credentials.password import Passwords, made_up, weak
from adapters.postgres.answers import Unready
from adapters.postgres.keys import opened_keys
from adapters.postgres.sign_ins import LoginTaken, SignIns, WorkerAway
from adapters.settings import read_settings

T = TypeVar("T")

Worker = Annotated[str, typer.Argument(metavar="WORKER", help="The worker's id.")]
AsJson = Annotated[bool, typer.Option("--json", help="As JSON.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    sign_in = typer.Typer(help="By what workers sign in, and who did.", no_args_is_help=True)
    for command in (set_password, remove, sign_out, link_oidc, listed, log):
        sign_in.command(NAMES[command.__name__])(command)
    app.add_typer(sign_in, name="sign-in")


NAMES = {
    "set_password": "set",
    "remove": "remove",
    "sign_out": "sign-out",
    "link_oidc": "link-oidc",
    "listed": "list",
    "log": "log",
}


def set_password(
    worker: Worker,
    login: Annotated[
        str, typer.Option(prompt=True, metavar="NAME", help="What the worker types as their name; kept as an HMAC.")
    ],
    generate: Annotated[
        bool, typer.Option("--generate", help="Make up a password and print it, once; it must be changed at first.")
    ] = False,
    keep: Annotated[
        bool, typer.Option("--keep", help="The worker chose the password themselves, and need not change it.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Let a worker sign in by login and password, typed or on stdin, in place of what they had; ends their sessions."""
    if generate and keep:
        console.fail("a password that was made up has to be changed", console.WRONG_USE)
    if not 0 < len(normal(login)) <= MOST_LETTERS:
        console.fail(f"a login has 1 to {MOST_LETTERS} characters", console.DATA_WRONG)
    password = made_up() if generate else _typed()
    if (wrong := weak(password, login)) is not None:
        console.fail(f"this password {wrong}", console.DATA_WRONG)

    async def put(authentication: Authentication, passwords: Passwords) -> None:
        hashed = await passwords.hashed(password)
        sign_ins, now = authentication.sign_ins, authentication.clock()
        await sign_ins.set(authentication.login(login), worker, hashed, now, must_change=not keep)

    _done(put)
    if not generate:
        console.note("set")
    elif as_json:
        console.give({"worker": worker, "password": password})
    else:
        print(password, flush=True)


def remove(worker: Worker) -> None:
    """Let a worker sign in no more, by a password or by accounts elsewhere, and sign them out."""

    async def take(authentication: Authentication, _: Passwords) -> bool:
        return await authentication.sign_ins.remove(worker, authentication.clock())

    if not _done(take):
        console.fail(f"the worker {worker} could not sign in before", console.DATA_WRONG)


def sign_out(worker: Worker) -> None:
    """End all sessions of a worker."""

    async def end(authentication: Authentication, _: Passwords) -> int:
        return await authentication.sign_ins.end_all(worker, authentication.clock(), method="operator")

    console.note(f"{_done(end)} sessions ended")


def link_oidc(
    worker: Worker,
    subject: Annotated[str, typer.Argument(metavar="SUBJECT", help="The account's `sub` at the provider.")],
    issuer: Annotated[
        str | None, typer.Option(metavar="URL", help="The provider; default: KARTOTEKA_OIDC_ISSUER.")
    ] = None,
) -> None:
    """Let a worker sign in by an account at the provider of OpenID Connect."""
    provider = issuer or read_settings().oidc_issuer
    if provider is None:
        console.fail("set KARTOTEKA_OIDC_ISSUER, or name the provider by --issuer", console.MISCONFIGURED)

    async def link(authentication: Authentication, _: Passwords) -> None:
        hidden = authentication.subject(provider, subject)
        await authentication.sign_ins.link(hidden, worker, authentication.clock())

    _done(link)
    console.note("linked")


def listed(as_json: AsJson = False) -> None:
    """List who may sign in; what they type is known to nobody but them."""

    async def ask(authentication: Authentication, _: Passwords) -> list[dict[str, object]]:
        return [each._asdict() for each in await authentication.sign_ins.listed(authentication.clock())]

    console.show(_done(ask), as_json=as_json)


def log(
    worker: Annotated[str | None, typer.Option(metavar="WORKER", help="Of this worker alone.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="How many, the latest first.")] = 100,
    as_json: AsJson = False,
) -> None:
    """Tell who signed in, out, or failed to; kept for a year."""

    async def ask(authentication: Authentication, _: Passwords) -> list[dict[str, object]]:
        return [each._asdict() for each in await authentication.sign_ins.log(worker, limit)]

    console.show(_done(ask), as_json=as_json)


def _typed() -> str:
    """From whoever sits there, who types it twice, or from a program on stdin."""
    if sys.stdin.isatty():
        return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True))
    return sys.stdin.readline().rstrip("\r\n")


def _done(act: Callable[[Authentication, Passwords], Awaitable[T]]) -> T:
    """Done on the log there. Ends the program where it cannot be."""
    place = found(read_settings())
    settings = place.settings
    keys = opened_keys(place.postgres_url, settings.schema_name, place.keys)

    async def run() -> T:
        sign_ins, passwords = SignIns(place.postgres_url, settings.schema_name), Passwords(keys.derive(PEPPER))
        lasts = timedelta(hours=settings.session_hours)
        try:
            return await act(Authentication(sign_ins, passwords, keys.derive(USE), clock, lasts=lasts), passwords)
        finally:
            passwords.close()
            await sign_ins.close()

    try:
        with clock_of(place) as clock:
            return asyncio.run(run())
    except (WorkerAway, LoginTaken) as error:
        console.fail(str(error), console.DATA_WRONG)
    except Unready as error:
        console.fail((type(error).__doc__ or "").partition("\n")[0], console.UNAVAILABLE)
