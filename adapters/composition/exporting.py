"""The analysts' views taken out as Parquet, with the rights of one analyst, on record before anything leaves."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from adapters.composition.place import Place, keys_of
from projections.looking import Aim

if TYPE_CHECKING:
    from adapters.columnar.manifest import Manifest
    from adapters.columnar.shape import Wanted
    from projections.analysis import View


class NoSuchView(Exception):
    """There is no analysts' view of this name."""


class Order(NamedTuple):
    """As whom, where to, what for; `whole`: nothing is built on.

    `names` are the views; where there are none, those that lie there already, and in a new folder all.
    `min_position` is the token of the least that is to be shown.
    """

    name: str
    folder: Path
    purpose: Aim
    names: tuple[str, ...] = ()
    whole: bool = False
    min_position: str | None = None
    patience_seconds: float = 15.0


def exported(place: Place, order: Order) -> Manifest:
    """What lies in the folder after the run.

    Raises NoSuchView, NotAToken, NotEntitled, NotAnExport, OtherExport, NotAtOnePosition, Resting, OSError,
    what Postgres says.
    """
    from adapters.columnar.export import As, Run, State, begun, held, taken_out
    from adapters.columnar.manifest import read
    from adapters.columnar.reader import reading
    from adapters.position import PositionTokens
    from adapters.postgres.analysts import for_whom
    from adapters.postgres.looks import Ledger, Looker
    from adapters.postgres.snapshot import snapshot
    from projections.analysis import ANALYSIS

    url, schema = place.postgres_url, place.settings.schema_name
    whom = As(*for_whom(url, schema, order.name))
    before = read(order.folder)
    names = order.names or (before and before.chosen) or ()
    if unknown := [name for name in names if name not in ANALYSIS]:
        raise NoSuchView(f"no view is called {', '.join(unknown)}; there are {', '.join(ANALYSIS)}")
    views = [ANALYSIS[name] for name in names or ANALYSIS]
    models = {model for view in views for model in view.rests_on}
    tokens = PositionTokens(keys_of(place).derive("position"))
    with (
        closing(Ledger(url, schema)) as ledger,
        snapshot(
            url,
            schema,
            frozenset(model.name for model in models if not model.within_append),
            sorted({table.name for model in models for table in model.tables}),
            order.patience_seconds,
            min_position=tokens.position(order.min_position) if order.min_position else 0,
        ) as state,
        held(order.folder),
    ):
        at = ledger.now()

        def record(view: str, contacts: Sequence[str] = ()) -> None:
            by = Looker(whom.worker, place.settings.caller, f"export-{view}", at)
            ledger.keep(by, order.purpose, contacts)

        wanted = [_wanted(view, whom.worker) for view in views]
        chosen = tuple(view.name for view in views) if names else None
        run = Run(order.folder, whom, chosen, wanted, order.whole, record)
        seen = State(
            state.log, state.epoch, tokens.token(state.position), state.recorded_at, dict(sorted(state.parked.items()))
        )
        before = begun(run, seen)
        for view in views:
            record(view.name)
        return taken_out(run, before, seen, partial(reading, url, schema, state.id), at)


def _wanted(view: View, worker: str) -> Wanted:
    from adapters.columnar.shape import Wanted
    from adapters.postgres.analysis import select

    columns = tuple((column.name, column.kind) for column in view.columns)
    return Wanted(view.name, view.about, view.key, columns, select(view, worker), view.contact)
