"""What the service takes and tells, for those who write clients: the documents that it serves itself."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import orjson
import typer


class Document(StrEnum):
    """HTTP is described by the one, NATS by the other."""

    OPENAPI = "openapi"
    ASYNCAPI = "asyncapi"


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command()(describe)


def describe(
    document: Annotated[Document, typer.Argument(help="openapi for HTTP, asyncapi for NATS.", show_default=False)],
    indented: Annotated[bool, typer.Option("--indented", help="For reading.")] = False,
) -> None:
    """Print the document that describes the service; it needs no service and no server."""
    if document is Document.OPENAPI:
        from adapters.openapi import document as made
    else:
        from adapters.asyncapi import document as made
    found = made()
    print((orjson.dumps(orjson.loads(found), option=orjson.OPT_INDENT_2) if indented else found).decode())
