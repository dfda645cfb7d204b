"""`kartoteka person`: a copy of all that is held about somebody, for a privacy officer who was asked for it."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from tempfile import TemporaryFile
from typing import Annotated

import typer
from pydantic import TypeAdapter, ValidationError

from adapters.archive.person import Held, write_copy
from adapters.cli import asking, console, files
from adapters.nats.client import Client, Declined
from commands.permission import RightMissing
from domain.values import Person
from projections.looking import Aim

app = typer.Typer(no_args_is_help=True, help="Persons, and what is held about them.")
PERSON = TypeAdapter(Person)


class Wanted(StrEnum):
    """For what the person wants a copy."""

    ACCESS = Aim.ACCESS
    PORTABILITY = Aim.PORTABILITY


def register(parent: typer.Typer) -> None:
    """Add the commands of this file."""
    parent.add_typer(app, name="person")


@app.command()
def archive(
    person: Annotated[
        str, typer.Argument(metavar="PERSON", help="contact:ID, worker:ID, or ticket:ID for its sender.")
    ],
    output: Annotated[Path, typer.Argument(metavar="OUT.zip", dir_okay=False, help="Where to.")],
    officer: Annotated[str, typer.Option("--actor", metavar="WORKER", help="The privacy officer who asks.")],
    purpose: Annotated[Wanted, typer.Option(help="What for; it is recorded with every answer.")],
    min_position: Annotated[
        str | None, typer.Option(metavar="TOKEN", help="Show at least what is known at this position.")
    ] = None,
    patience_seconds: Annotated[float, typer.Option(min=0, help="How long to ask again without an answer.")] = 15.0,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """Write everything held about a person into one archive; that it was asked for is recorded."""
    of = _known(person)
    held = asking.answered(
        lambda operator: _written(operator, of, output, officer, Aim(purpose), min_position),
        unanswered="; nothing was written",
        patience_seconds=patience_seconds,
        as_json=as_json,
    )
    if as_json:
        console.give({**held.told(), "file": str(output)})
    else:
        console.note(f"{output}: {held.facts} facts. {held.sentence}")


def _known(person: str) -> Person:
    try:
        return PERSON.validate_python(person)
    except ValidationError:
        console.fail(f"{person} is no person; write contact:ID, worker:ID or ticket:ID", console.WRONG_USE)


async def _written(
    operator: Client, person: Person, output: Path, officer: str, purpose: Aim, min_position: str | None
) -> Held:
    """The file is there once it is whole, and for its owner alone."""
    try:
        # It has no name, and lies where the copy comes to lie: on the same disk, and not in a place for everybody's.
        with files.target(output) as target, TemporaryFile(dir=output.parent) as scratch:
            return await write_copy(
                operator, person, target, scratch, officer=officer, purpose=purpose, min_position=min_position
            )
    except Declined as error:
        if error.code != RightMissing.__name__:
            raise
        console.fail(f"only a privacy officer is given what is held about a person, and {officer} is none")
