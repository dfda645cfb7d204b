"""`kartoteka export`: the analysts' views as Parquet files, and from then on only what has changed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from adapters.cli import console
from adapters.composition import found
from adapters.composition.exporting import NoSuchView, Order, exported
from adapters.position import NotAToken
from adapters.settings import read_settings
from projections.looking import Aim

if TYPE_CHECKING:
    from adapters.columnar.manifest import Manifest

EXTRA = {"adbc_driver_manager", "adbc_driver_postgresql", "pyarrow"}


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command()(export)


def export(
    name: Annotated[str, typer.Option("--as", metavar="ROLE|WORKER", help="The analyst whose rights decide.")],
    to: Annotated[Path, typer.Option("--to", metavar="FOLDER", help="Where to; a second run adds what changed.")],
    purpose: Annotated[Aim, typer.Option(help="What for; it is on record who took out what.")],
    view: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Only this view; may be repeated.", show_default="all")
    ] = None,
    whole: Annotated[
        bool, typer.Option("--whole", help="Write everything anew, and take away what was there.")
    ] = False,
    min_position: Annotated[
        str | None, typer.Option(metavar="TOKEN", help="Not before everything up to this position is shown.")
    ] = None,
    patience_seconds: Annotated[
        float, typer.Option(min=0, help="How long to wait until the read models stand at one position.")
    ] = 15.0,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """Write the views that an analyst sees as Parquet files, all as of one position of the log."""
    names = tuple(dict.fromkeys(view or ()))
    with _told(to):
        taken = exported(found(read_settings()), Order(name, to, purpose, names, whole, min_position, patience_seconds))
    _tell(taken, as_json=as_json)


@contextmanager
def _told(folder: Path) -> Iterator[None]:
    """What may go wrong, in words and with the exit code that tells it apart; the export is then as it was."""
    try:
        yield
    except NoSuchView as error:
        console.fail(str(error), console.WRONG_USE)
    except NotAToken:
        console.fail("--min-position is no position of this log", console.DATA_WRONG)
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in EXTRA:
            raise
        console.fail("Parquet needs the extra `analytics`: pip install 'kartoteka[analytics]'", console.MISCONFIGURED)
    except OSError as error:
        if isinstance(error, FileNotFoundError | PermissionError) and error.filename is None:
            raise
        console.fail(f"{folder} cannot be written: {os.strerror(error.errno or 0)}", os.EX_IOERR)


def _tell(taken: Manifest, *, as_json: bool) -> None:
    rows = counted(taken)
    if not as_json:
        console.show(rows, as_json=False)
        console.note(f"run {taken.number}, as of {taken.recorded_at or 'the beginning'}")
        for model, streams in taken.parked.items():
            console.note(f"{model}: {streams} streams wait in it and are not up to date; see `kartoteka projections`")
        return
    told = taken.model_dump(mode="json", include={"number", "position", "recorded_at", "increment_of", "parked"})
    console.give({**told, "views": rows})


def counted(taken: Manifest) -> list[dict[str, Any]]:
    """Of each view how many rows there are now, how many the last run wrote, and how many it said are gone."""
    return [{"view": shape.name, "rows": shape.rows, **_written(taken, shape.name)} for shape in taken.views]


def _written(taken: Manifest, view: str) -> dict[str, int]:
    new = [each for each in taken.of(view) if each.number == taken.number]
    rows, gone = (sum(each.rows for each in new if each.what == what) for what in ("rows", "gone"))
    return {"written": rows, "gone": gone}
