"""`kartoteka what-if`: what would have become of promises, or whose tickets would have been; nothing is written."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

import typer

from adapters.cli import asking, console
from adapters.cli.local import Actor, AsJson, Local, Patience, asked
from domain.staff.worker import SYSTEM

Row = dict[str, Any]


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command(name="what-if")(suppose)


def suppose(
    file: Annotated[
        str, typer.Argument(metavar="FILE.json|-", help="The fields of what-if; with `staff`, of what-if-staffing.")
    ],
    actor: Actor = SYSTEM,
    patience_seconds: Patience = 15.0,
    as_json: AsJson = False,
) -> None:
    """Suppose other contracts, hours or staff: which outcomes would flip, who would have had which ticket."""
    data = asking.data("-" if file == "-" else f"@{file}")
    name = "what-if-staffing" if isinstance(data, dict) and "staff" in data else "what-if"
    found = asked(name, data, actor, patience_seconds, as_json=as_json)
    row = found.row
    if as_json:
        console.give(row)
        return
    if "flips" in row:
        console.show(row["outcomes"], as_json=False, title=f"Promises of {row['tickets']} tickets")
        console.show([*_flips(found)], as_json=False, title="Which would have had another outcome")
        console.note(f"{row['flipped']} would have had another outcome, {len(row['flips'])} of them are told")
    else:
        console.show([*_loads(found)], as_json=False, title=f"Whom the chain gave {row['tickets']} tickets")
        console.show([*_moves(found)], as_json=False, title="Which would have gone to somebody else")
        console.note(f"{row['moved']} would have gone to somebody else, {len(row['moves'])} of them are told")
    if row["read_until"] is not None:
        console.note(f"there are more tickets: ask again with since = {row['read_until']}")


def _flips(found: Local) -> Iterator[Row]:
    for flip in found.row["flips"]:
        yield {
            "ticket": flip["ticket"],
            "target": flip["target"],
            "owed since": found.at(flip["since"]),
            "before": flip["before"],
            "due before": found.at(flip["due_before"]),
            "after": flip["after"],
            "due after": found.at(flip["due_after"]),
        }


def _loads(found: Local) -> Iterator[Row]:
    for load in found.row["loads"]:
        yield {"whom": found.whom(load), "before": load["before"], "after": load["after"]}


def _moves(found: Local) -> Iterator[Row]:
    for move in found.row["moves"]:
        yield {
            "ticket": move["ticket"],
            "routed": found.at(move["at"]),
            "before": found.whom(move["before"]),
            "step before": move["before"]["source"] or "",
            "after": found.whom(move["after"]),
            "step after": move["after"]["source"] or "",
            "why not": move["reason"] or "",
        }
