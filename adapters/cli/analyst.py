"""`kartoteka analyst`: roles of the database that may ask the analysts' views, each for one worker."""

from __future__ import annotations

from typing import Annotated

import typer

from adapters.cli import console
from adapters.composition import Place, found, wants_embedded
from adapters.postgres import analysts, catalogs
from adapters.settings import read_settings

AsJson = Annotated[bool, typer.Option("--json", help="As JSON.")]
Role = Annotated[str, typer.Argument(metavar="ROLE", help="As `analyst list` names it.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    analyst = typer.Typer(help="Analysts, who ask by SQL.", no_args_is_help=True)
    for command in (grant, revoke, close):
        analyst.command()(command)
    analyst.command("list")(listed)
    app.add_typer(analyst, name="analyst")


def grant(
    worker: Annotated[str, typer.Argument(metavar="WORKER", help="Whose rights decide what is shown.")],
    role: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="What the role is called: every role can read that, so let it name nobody."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Make a role that asks for a worker, and print its password, which is kept nowhere.

    What it is shown follows the worker's rights from moment to moment, the analyst's among them.
    """
    place = found(read_settings())
    made, password = analysts.grant(*_where(place), worker, role)
    ours = wants_embedded(place.settings)[0]
    if ours:
        catalogs.close(*_where(place))
    told = {"role": made.role, "worker": made.worker, "entitled": made.entitled}
    console.show([told if ours else {**told, "password": password}], as_json=as_json)
    if not made.entitled:
        console.note("nothing is shown yet: the worker does not hold the right `analyst`")
    if ours:
        console.note(f"connect with: kartoteka psql --as {made.role}")
    elif catalogs.are_open(*_where(place)):
        console.note("the catalogs of this server tell any role how many rows tables have; see `analyst close`")


def revoke(role: Role) -> None:
    """Take a role away; whoever is connected with it is shown nothing from here on."""
    analysts.revoke(*_where(found(read_settings())), role)


def listed(as_json: AsJson = False) -> None:
    """Print every role with its worker, and whether anything is shown to it now."""
    console.show([each._asdict() for each in analysts.listed(*_where(found(read_settings())))], as_json=as_json)


def close() -> None:
    """Keep all roles of the database from what its catalogs count, and from locks; our own server's always are.

    It takes a superuser, and holds for whoever else uses the database.
    """
    catalogs.close(*_where(found(read_settings())))


def _where(place: Place) -> tuple[str, str]:
    return place.postgres_url, place.settings.schema_name
