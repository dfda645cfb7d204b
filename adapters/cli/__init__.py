"""The command line `kartoteka`: one file for each thing an operator, an importer or an auditor does."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from adapters.cli import (
    audit,
    bench,
    config,
    console,
    contacts,
    dead_letters,
    demo,
    files,
    history,
    imports,
    projections,
    query,
    relay,
    report,
    send,
    serve,
    tools,
)
from adapters.discovery import release
from adapters.embedded import NotRunning, OutOfReach, StartFailed, StateInUse
from adapters.embedded.leftover import StillRunning
from adapters.key_encryption import KeyUnavailable
from adapters.nats.client import NoAnswer
from adapters.nats.service import Unreachable
from adapters.postgres import reading
from adapters.postgres.keys import KeyMissing
from adapters.postgres.schema import MigrationChanged, SchemaNewer
from adapters.sealing import Spoiled
from adapters.settings import SettingsWrong

CODES: dict[type[Exception], int] = {
    SettingsWrong: os.EX_CONFIG,
    MigrationChanged: os.EX_CONFIG,
    SchemaNewer: os.EX_CONFIG,
    StateInUse: os.EX_TEMPFAIL,
    NotRunning: os.EX_UNAVAILABLE,
    NoAnswer: os.EX_UNAVAILABLE,
    Unreachable: os.EX_UNAVAILABLE,
    reading.Unreachable: os.EX_UNAVAILABLE,
    reading.LogAbsent: os.EX_UNAVAILABLE,
    KeyUnavailable: os.EX_UNAVAILABLE,
    KeyMissing: os.EX_SOFTWARE,
    Spoiled: os.EX_DATAERR,
    StartFailed: os.EX_SOFTWARE,
    StillRunning: os.EX_SOFTWARE,
    OutOfReach: os.EX_SOFTWARE,
    FileNotFoundError: os.EX_NOINPUT,
    PermissionError: os.EX_NOPERM,
}
"""What may stop any command, and the exit code that tells it apart; everything else is a fault of ours."""

app = typer.Typer(
    name="kartoteka",
    help="The client card file: commands in, facts kept, decisions explained.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for part in (
    projections,
    serve,
    send,
    query,
    history,
    report,
    imports,
    contacts,
    files,
    audit,
    config,
    tools,
    relay,
    dead_letters,
    bench,
    demo,
):
    part.register(app)


def _version(asked: bool) -> None:
    if asked:
        print(f"kartoteka {release()}")
        raise typer.Exit


@app.callback()
def _always(
    _: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and leave.")
    ] = False,
) -> None:
    console.log_to_stderr("warning", as_json=False)


def main() -> None:
    """The entry point of the command `kartoteka`."""
    try:
        app()
    except tuple(CODES) as error:
        code = next(code for kind, code in CODES.items() if isinstance(error, kind))
        console.note(f"kartoteka: {_said(error)}")
        sys.exit(code)


def _said(error: Exception) -> str:
    """Its own words with, where they are only a name, what kind of trouble it is."""
    about = (type(error).__doc__ or "").partition("\n")[0]
    return f"{about} ({error})" if isinstance(error, (KeyMissing, Spoiled, Unreachable, NoAnswer)) else str(error)
