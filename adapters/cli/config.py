"""What is set, where it came from, and what it means; a secret is never printed."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from adapters import settings
from adapters.cli import console


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    config = typer.Typer(help="The settings of this process.", no_args_is_help=True)
    config.command()(show)
    app.add_typer(config, name="config")


def show(as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False) -> None:
    """Print every effective setting with its source."""
    shown = settings.show(settings.read_settings())
    console.show([asdict(one) for one in shown], as_json=as_json, title="Settings")
