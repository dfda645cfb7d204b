"""The command line `kartoteka`: one file for each thing an operator, an importer or an auditor does."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Annotated, Any

import typer
from typer.core import TyperGroup
from typer.main import get_group

from adapters.cli import console

FILES = {
    "serve": "serve",
    "send": "send",
    "query": "query",
    "explain": "explain",
    "history": "history",
    "psql": "tools",
    "bench": "bench",
    "demo": "demo",
    "projections": "projections",
    "report": "report",
    "why": "why",
    "what-if": "what_if",
    "import": "imports",
    "contacts": "contacts",
    "export": "export",
    "analyst": "analyst",
    "prices": "prices",
    "products": "prices",
    "holidays": "calendars",
    "files": "files",
    "person": "person",
    "forget": "forget",
    "audit": "audit",
    "sign-in": "sign_in",
    "keys": "keys",
    "restore": "restore",
    "credentials": "credentials",
    "config": "config",
    "describe": "describe",
    "clock": "clock",
    "nats": "tools",
    "relay": "relay",
    "dead-letters": "dead_letters",
}
"""Every command, as `--help` lists them, and the file that has it."""


class Commands(TyperGroup):
    """The file of a command is imported when the command is asked for: nobody waits for what others need."""

    def list_commands(self, _: Any) -> list[str]:
        return list(FILES)

    def get_command(self, _: Any, name: str) -> Any:
        """The command; where there is none, all are at hand to suggest one."""
        for each in [name] if name in FILES else FILES:
            if each not in self.commands:
                self.commands[each] = registered(FILES[each])[each]
        return self.commands.get(name)


def registered(file: str) -> dict[str, Any]:
    """The commands that one file has, by name."""
    part = typer.Typer()
    import_module(f"{__name__}.{file}").register(part)
    return dict(get_group(part).commands)


app = typer.Typer(
    name="kartoteka",
    cls=Commands,
    help="The client card file: commands in, facts kept, decisions explained.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def _version(asked: bool) -> None:
    if asked:
        from adapters.discovery import release  # which knows everything that can be asked

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
    except Exception as error:
        from adapters.cli.exits import code_of, said  # which knows whatever may go wrong anywhere

        code = code_of(error)
        if code is None:
            raise
        console.note(f"kartoteka: {said(error)}")
        sys.exit(code)
