"""Any question by its name, asked for a worker: rows to stdout, where to go on to stderr."""

from __future__ import annotations

from typing import Annotated, Any

import orjson
import typer

from adapters.cli import asking, console
from adapters.inquiry import ASKED, HIGHEST_LIMIT, envelope_of
from adapters.nats.client import Client
from domain.staff.worker import SYSTEM
from projections.question import Listing


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command()(query)


def query(
    name: Annotated[str | None, typer.Argument(help="The question's name, such as desk.")] = None,
    data: Annotated[str, typer.Option(help="What narrows it: JSON, @file, or - for standard input.")] = "{}",
    actor: Annotated[str, typer.Option(help="The worker for whom it is asked; their rights decide.")] = SYSTEM,
    min_position: Annotated[str | None, typer.Option(help="Wait for the position of an earlier answer.")] = None,
    limit: Annotated[int | None, typer.Option(min=1, max=HIGHEST_LIMIT, help="At most so many rows.")] = None,
    cursor: Annotated[str | None, typer.Option(help="Go on where an earlier answer says.")] = None,
    every_page: Annotated[bool, typer.Option("--all", help="All pages, one after the other.")] = False,
    patience_seconds: Annotated[float, typer.Option(min=0, help="How long to ask again without an answer.")] = 15.0,
    listed: Annotated[bool, typer.Option("--list", help="List the questions and leave.")] = False,
    schema: Annotated[bool, typer.Option("--schema", help="Print the schemas of data and rows and leave.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="The whole answer as JSON.")] = False,
) -> None:
    """Ask one question and print the answer."""
    if listed or name is None:
        asking.listed(ASKED, "question", as_json=as_json)
        return
    question = ASKED.get(name)
    if question is None:
        console.fail(f"there is no question {name}; `kartoteka query --list` lists them", console.DATA_WRONG)
    if schema:
        console.give({"data": question.model_json_schema(), "row": question.row.model_json_schema()})
        return
    page = limit or (HIGHEST_LIMIT if every_page else None)
    given = {"min_position": min_position, "limit": page, "cursor": cursor}
    envelope: dict[str, Any] = {"actor": actor, "data": asking.data(data)}
    envelope |= {field: value for field, value in given.items() if value is not None}
    asking.check(envelope_of(question), name, orjson.dumps(envelope), as_json=as_json)
    answer = asking.answered(
        lambda operator: pages(operator, name, envelope, every_page=every_page),
        unanswered="",
        patience_seconds=patience_seconds,
        as_json=as_json,
    )
    _show(answer, as_json=as_json, in_rows=issubclass(question, Listing))


async def pages(operator: Client, name: str, envelope: dict[str, Any], *, every_page: bool) -> dict[str, Any]:
    """The answer, or all of them as one."""
    answer = await operator.inquire(name, orjson.dumps(envelope))
    while every_page and (cursor := answer.get("next")):
        more = await operator.inquire(name, orjson.dumps(envelope | {"cursor": cursor}))
        answer = {**more, "rows": answer["rows"] + more["rows"]}
    return answer


def _show(answer: dict[str, Any], *, as_json: bool, in_rows: bool) -> None:
    if as_json:
        console.give(answer)
    elif in_rows:
        console.show(answer["rows"], as_json=False)
        if answer["next"]:
            console.note(f"there is more: --cursor {answer['next']}, or --all")
    else:
        console.show([{"what": name, "is": value} for name, value in answer["row"].items()], as_json=False)
