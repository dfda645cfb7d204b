"""What we cost against a baseline: a figure for each bench, on servers of the benchmark's own."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

import typer

from adapters.cli import console


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command()(bench)


def bench(
    names: Annotated[list[str] | None, typer.Argument(metavar="[NAME]...", help="Which benches; all without.")] = None,
    quick: Annotated[bool, typer.Option("--quick", help="Small sizes, all within some minutes; less exact.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False,
) -> None:
    """Measure ours against a baseline, in alternating rounds on durable embedded servers of its own."""
    # Here, because the libraries that are measured against are nothing the other commands should wait for.
    from adapters.bench.ground import CouldNotRun, ground
    from adapters.bench.measure import FULL, QUICK, Figure
    from adapters.bench.suite import BENCHES

    unknown = [name for name in names or () if name not in BENCHES]
    if unknown:
        console.fail(f"no bench is called {', '.join(unknown)}; there are {', '.join(BENCHES)}", console.WRONG_USE)
    found: dict[str, Figure] = {}
    try:
        with ground() as place:
            for name in names or BENCHES:
                console.note(f"{name} ...")
                found[name] = BENCHES[name](place, QUICK if quick else FULL)
    except CouldNotRun as reason:
        console.fail(str(reason), console.UNAVAILABLE)
    if as_json:
        console.give({name: asdict(figure) for name, figure in found.items()})
        return
    console.show([{"bench": name, **_row(figure)} for name, figure in found.items()], as_json=False)


def _row(figure: Any) -> dict[str, object]:
    low, high = figure.spread["ratio"]
    return {
        "ratio": figure.ratio,
        "from": low,
        "to": high,
        "ours": figure.ours,
        "baseline": figure.baseline,
        "unit": figure.unit,
    }
