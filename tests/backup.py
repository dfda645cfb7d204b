"""A backup of one schema as operators make it, and a database that is taken back to it."""

from __future__ import annotations

import subprocess
from pathlib import Path

from adapters.composition import Place
from adapters.embedded.postgres import postgres_binary
from adapters.postgres.schema import connect


def dumped(place: Place, file: Path) -> Path:
    """Everything in the schema as it is now."""
    _run("pg_dump", "--format=custom", f"--schema={place.settings.schema_name}", f"--file={file}", place.postgres_url)
    return file


def restored(place: Place, file: Path) -> None:
    """The schema as it was when the backup was made."""
    with connect(place.postgres_url, place.settings.schema_name) as line:
        line.execute(f"DROP SCHEMA {place.settings.schema_name} CASCADE".encode())
    _run("pg_restore", "--exit-on-error", f"--dbname={place.postgres_url}", str(file))


def _run(program: str, *arguments: str) -> None:
    command = [str(postgres_binary(program)), *arguments]
    subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603 - the wheel's own programs
