"""`kartoteka files`: a file into a contact's card and out of it, part by part; begun again, it goes on where it was."""

from __future__ import annotations

import mimetypes
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from io import TextIOWrapper
from pathlib import Path
from typing import Annotated, Any, BinaryIO, TextIO

import orjson
import typer
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from adapters.cli import asking, console
from adapters.cli.query import pages
from adapters.envelope import envelope_of
from adapters.nats.client import Client, new_command_id
from adapters.nats.file_client import Source, get_file, put_file
from commands.clients.paper import AttachFile
from domain.staff.worker import SYSTEM

UNKNOWN_TYPE = "application/octet-stream"
NOT_YET = "not-put-yet"
LISTING = "contact-files"

app = typer.Typer(no_args_is_help=True, help="Files that lie with contacts.")

Contact = Annotated[str, typer.Argument(help="The contact's id.")]
Actor = Annotated[str, typer.Option(help="The worker for whom it is asked; their rights decide.")]
Patience = Annotated[float, typer.Option(min=0, help="How long to ask again without an answer.")]
AsJson = Annotated[bool, typer.Option("--json", help="As JSON.")]


def register(parent: typer.Typer) -> None:
    """Add the commands of this file."""
    parent.add_typer(app, name="files")


@app.command()
def attach(
    contact: Contact,
    path: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="The file.")],
    name: Annotated[str | None, typer.Option(help="By which name it lies there; default: that of the file.")] = None,
    media_type: Annotated[str | None, typer.Option(help="What it is; default: by its ending.")] = None,
    id: Annotated[str | None, typer.Option(help="The UUID of an earlier try, to go on with it.")] = None,
    actor: Actor = SYSTEM,
    patience_seconds: Patience = 15.0,
    as_json: AsJson = False,
) -> None:
    """Put a file into the store and lay it with a contact."""
    upload, kind = id or new_command_id(), media_type or mimetypes.guess_type(path.name)[0] or UNKNOWN_TYPE
    data = {"contact": contact, "file": NOT_YET, "name": name or path.name, "media_type": kind}
    envelope = {"id": upload, "actor": actor, "data": data}
    asking.check(envelope_of(AttachFile), AttachFile.topic, orjson.dumps(envelope), as_json=as_json)
    answer = asking.answered(
        lambda operator: _attached(operator, path, envelope),
        unanswered=f"; go on with --id {upload}",
        patience_seconds=patience_seconds,
        as_json=as_json,
    )
    if as_json:
        console.give(answer)
    else:
        console.show([answer], as_json=False)


async def _attached(operator: Client, path: Path, envelope: dict[str, Any]) -> dict[str, Any]:
    """The contents first, and then the command under the same id."""
    actor, data = envelope["actor"], envelope["data"]
    with path.open("rb") as content, _progress("put") as bar:
        size = os.fstat(content.fileno()).st_size
        source = Source(envelope["id"], data["contact"], content, size)
        task = bar.add_task("put", total=size)
        stored = await put_file(
            operator, source, actor=actor, heard=lambda told: bar.update(task, completed=source.stored_bytes(told))
        )
    command = {**envelope, "data": {**data, "file": stored.file}}
    answer = await operator.ask(AttachFile.topic, orjson.dumps(command))
    return {"file": stored.file, "size_bytes": stored.size_bytes, "digest": stored.digest, **answer}


@app.command()
def get(
    contact: Contact,
    file: Annotated[str, typer.Argument(help="The file's id, as `kartoteka files list` tells it.")],
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Where to; default: standard output.")] = None,
    actor: Actor = SYSTEM,
    patience_seconds: Patience = 15.0,
) -> None:
    """Get a file that lies with a contact."""
    if output is None and sys.stdout.isatty():
        console.fail("a file is nothing for a terminal: say where to with --output, or pipe it", console.WRONG_USE)
    asking.answered(
        lambda operator: _got(operator, contact, file, actor, output),
        unanswered="",
        patience_seconds=patience_seconds,
        as_json=False,
    )


async def _got(operator: Client, contact: str, file: str, actor: str, output: Path | None) -> None:
    with target(output) as sink, _progress("get") as bar:
        task = bar.add_task("get", total=None)
        async for part in get_file(operator, contact, file, actor=actor):
            sink.write(part.content)
            bar.update(task, advance=len(part.content), total=part.about.size_bytes)


@app.command("list")
def listed(contact: Contact, actor: Actor = SYSTEM, patience_seconds: Patience = 15.0, as_json: AsJson = False) -> None:
    """List the files that lie with a contact, and with those that count as one with it."""
    envelope = {"actor": actor, "data": {"contact": contact}}
    answer = asking.answered(
        lambda operator: pages(operator, LISTING, envelope, every_page=True),
        unanswered="",
        patience_seconds=patience_seconds,
        as_json=as_json,
    )
    console.show(answer["rows"], as_json=as_json)


@contextmanager
def target(output: Path | None) -> Iterator[BinaryIO]:
    """Standard output, or a file that is there once it is whole."""
    if output is None:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    handle, scratch = tempfile.mkstemp(dir=output.parent, prefix=f".{output.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
        Path(scratch).replace(output)
    except BaseException:
        Path(scratch).unlink(missing_ok=True)
        raise


@contextmanager
def text_target(output: Path | None) -> Iterator[TextIO]:
    """The same for text, in UTF-8 and with the ends of lines that it comes with."""
    with target(output) as sink:
        text = TextIOWrapper(sink, encoding="utf-8", newline="")
        yield text
        text.flush()
        text.detach()


def _progress(what: str) -> Progress:
    columns = (TextColumn(what), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    return Progress(*columns, console=console.stderr, disable=not console.stderr.is_terminal, transient=True)
