"""What a code means with which something was refused, and what can be done about it."""

from __future__ import annotations

import difflib
from typing import Annotated

import typer

from adapters.cli import console


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command()(explain)


def explain(
    code: Annotated[
        str | None, typer.Argument(help="The code, such as TicketClaimed; all of them without one.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Answer as JSON.")] = False,
) -> None:
    """Say what a refusal's code means, what its cause is and what to do about it."""
    from adapters.error_catalog import every_code, explained  # which knows every request

    if code is None:
        found = [each for name in every_code() if (each := explained(name)) is not None]
        rows = [{"code": one.code, "status": one.status, "sentence": one.sentence} for one in found]
        console.show(rows, as_json=as_json)
        return
    one = explained(code)
    if one is None:
        near = difflib.get_close_matches(code, every_code(), n=3)
        hint = f"; perhaps {' or '.join(near)}" if near else ""
        console.fail(f"no request is refused with {code}{hint}", console.DATA_WRONG)
    if as_json:
        told = one._asdict()
        del told["every"]
        console.give(told)
        return
    print(f"{one.status} {one.code}: {one.sentence}")
    if one.cause:
        print(f"cause:  {one.cause}")
    print(f"remedy: {one.remedy}")
    if one.requests and not one.every:
        print(f"said to: {', '.join(one.requests)}")
