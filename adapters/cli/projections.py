"""`kartoteka projections`: how the read models are doing, and what an operator does about it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from adapters.cli import console
from adapters.composition import Place, found
from adapters.postgres.keys import opened_keys
from adapters.postgres.views import rebuild as rebuilding
from adapters.postgres.views import registry
from adapters.postgres.views.convoy import Poisoned
from adapters.postgres.views.proof import Unproven
from adapters.postgres.views.registry import Condition, NoSuchVersion, State
from adapters.settings import read_settings
from projections.catalogue import READ_MODELS
from projections.model import ReadModel

AsJson = Annotated[bool, typer.Option("--json", help="As JSON.")]
Name = Annotated[str, typer.Argument(metavar="NAME", help="The read model, as `projections status` names it.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    projections = typer.Typer(help="The read models: how far they are, and what to do about it.", no_args_is_help=True)
    for command in (status, pause, resume, rebuild, switch):
        projections.command()(command)
    app.add_typer(projections, name="projections")


def status(as_json: AsJson = False) -> None:
    """Print every version with its lag, its runner and what waits in it; the code is 1 where something is amiss."""
    place = found(read_settings())
    url, schema = place.postgres_url, place.settings.schema_name
    conditions, waiting = registry.conditions(url, schema), registry.parked(url, schema)
    if as_json:
        models = [{**each._asdict(), "stuck": each.stuck} for each in conditions]
        console.give({"models": models, "parked": [each._asdict() for each in waiting]})
    else:
        console.show([_row(each) for each in conditions], as_json=False, title="Read models")
        for each in waiting:
            console.note(
                f"parked in {each.name}: {each.stream} from position {each.position}, {each.facts} facts wait;"
                f" {each.error} at {each.topic}"
            )
    if waiting or any(each.stuck or each.state == State.FAILED for each in conditions):
        raise typer.Exit(1)


def _row(each: Condition) -> dict[str, Any]:
    return {
        "name": each.name,
        "version": each.version,
        "state": each.state,
        "position": each.position,
        "lag_facts": each.lag_facts,
        "lag_seconds": round(each.lag_seconds, 3),
        "parked": each.parked,
        "runner": "yes" if each.runner or READ_MODELS[each.name].within_append else "none",
        "health": each.error or ("no progress" if each.stuck else "well"),
    }


def pause(name: Name) -> None:
    """Let a read model stand as it is; questions are answered from it all the same."""
    _change(name, State.PAUSED, frozenset({State.ACTIVE}))


def resume(name: Name) -> None:
    """Let a paused or failed read model go on, and try once more what is parked in it."""
    _change(name, State.ACTIVE, registry.SERVED)


def _change(name: str, state: State, of: frozenset[State]) -> None:
    model, place = _model(name), found(read_settings())
    if model.within_append:
        console.fail(f"{name} is kept by every append and does not stop", console.WRONG_USE)
    try:
        registry.change(place.postgres_url, place.settings.schema_name, name, state, of=of, again=state is State.ACTIVE)
    except NoSuchVersion as error:
        console.fail(str(error), console.UNAVAILABLE)


def rebuild(
    names: Annotated[list[str] | None, typer.Argument(metavar="[NAME]...", help="Which; all without.")] = None,
    hold: Annotated[bool, typer.Option("--hold", help="Make and prove it, and leave the switch to `switch`.")] = False,
    as_json: AsJson = False,
) -> None:
    """Make read models anew from the log; the old ones serve until the new ones are proven."""
    models = [_model(name) for name in names or READ_MODELS]
    if hold and any(model.within_append for model in models):
        console.fail("the access model cannot be held: every append keeps it", console.WRONG_USE)
    try:
        made = _rebuilt(found(read_settings()), models, hold=hold)
    except (Poisoned, Unproven) as error:
        console.fail(f"{error}; what was served is served on", console.DATA_WRONG)
    console.show([each._asdict() for each in made], as_json=as_json, title="Made anew")


def _rebuilt(place: Place, models: Sequence[ReadModel], *, hold: bool) -> list[rebuilding.Made]:
    columns = (TextColumn("rebuilding"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console.stderr, transient=True, disable=not console.stderr.is_terminal) as bar:
        task = bar.add_task("", total=None)
        return rebuilding.rebuild(
            place.postgres_url,
            place.settings.schema_name,
            models,
            opened_keys(place.postgres_url, place.settings.schema_name, place.keys),
            held=hold,
            told=lambda position, head: bar.update(task, completed=position, total=head),
        )


def switch(name: Name, as_json: AsJson = False) -> None:
    """Serve a version that a rebuild with --hold has made."""
    place = found(read_settings())
    try:
        keys = opened_keys(place.postgres_url, place.settings.schema_name, place.keys)
        made = rebuilding.switch(place.postgres_url, place.settings.schema_name, _model(name), keys)
    except NoSuchVersion as error:
        console.fail(str(error), console.UNAVAILABLE)
    except Unproven as error:
        console.fail(f"{error}; what was served is served on", console.DATA_WRONG)
    console.show([made._asdict()], as_json=as_json)


def _model(name: str) -> ReadModel:
    model = READ_MODELS.get(name)
    if model is None:
        console.fail(f"no read model is called {name}; there are {', '.join(READ_MODELS)}", console.WRONG_USE)
    return model
