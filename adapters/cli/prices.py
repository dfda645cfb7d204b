"""`kartoteka prices` and `kartoteka products`: a file in, as commands, and out again; refusals are told row by row."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from adapters.cli import asking, console, files, imports
from adapters.composition import found
from adapters.contacts.card import Fault
from adapters.contacts.company import Desk, Unplaced
from adapters.helpdesk.importer import Tally
from adapters.helpdesk.log import Unreadable
from adapters.helpdesk.step import Names
from adapters.prices import price_plan, product_plan
from adapters.prices.price_plan import Plan
from adapters.prices.shop import price_list, products, shop, units
from adapters.prices.table import PRICES, PRODUCTS, Sheet, read_sheet, write_sheet
from adapters.settings import read_settings
from domain.staff.worker import SYSTEM
from projections.pricing.price_list import Prices

ELSEWHERE = Fault(0, "", "", "")
"""What is refused of a product that the file does not name."""

prices_app = typer.Typer(no_args_is_help=True, help="A price list out of a file, and into one.")
products_app = typer.Typer(no_args_is_help=True, help="Products out of a file, and into one.")

Named = Annotated[str, typer.Argument(metavar="ID|NAME", help="The price list.")]
File = Annotated[Path, typer.Argument(dir_okay=False, help="CSV in UTF-8.")]
Actor = Annotated[str, typer.Option(metavar="WORKER", help="The worker for whom it is asked; their rights decide.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Send nothing; list every row that is refused.")]
InFlight = Annotated[int, typer.Option(min=1, max=4096, help="How many commands to have under way.")]
Output = Annotated[Path | None, typer.Option("--output", "-o", help="Where to; default: standard output.")]
Patience = Annotated[float, typer.Option(min=0, help="How long to ask again without an answer.")]
AsJson = Annotated[bool, typer.Option("--json", help="As JSON.")]


def register(parent: typer.Typer) -> None:
    """Add the commands of this file."""
    parent.add_typer(prices_app, name="prices")
    parent.add_typer(products_app, name="products")


@prices_app.command("import")
def bring_prices(
    named: Named,
    file: File,
    complete: Annotated[
        bool, typer.Option("--complete", help="Take the products that the file does not name off the list.")
    ] = False,
    actor: Actor = SYSTEM,
    dry_run: DryRun = False,
    in_flight: InFlight = 256,
    patience_seconds: Patience = 15.0,
    as_json: AsJson = False,
) -> None:
    """Let a list ask what the file says; of a product of which it says nothing, what was asked stays."""
    sheet = _read(file, PRICES)

    async def plan(desk: Desk) -> Plan:
        return price_plan.planned(await shop(desk, named), sheet, actor, complete=complete)

    _carry_out(_planned(plan, actor, patience_seconds, as_json=as_json), in_flight, dry_run=dry_run, as_json=as_json)


@products_app.command("import")
def bring_products(
    file: File,
    actor: Actor = SYSTEM,
    dry_run: DryRun = False,
    in_flight: InFlight = 256,
    patience_seconds: Patience = 15.0,
    as_json: AsJson = False,
) -> None:
    """List the products of a file that are not known by their numbers, and rename those that are called otherwise."""
    sheet = _read(file, PRODUCTS)

    async def plan(desk: Desk) -> Plan:
        names = Names(read_settings().caller)
        return product_plan.planned(await products(desk), await units(desk), sheet, names, actor)

    _carry_out(_planned(plan, actor, patience_seconds, as_json=as_json), in_flight, dry_run=dry_run, as_json=as_json)


@prices_app.command("export")
def take_prices(named: Named, output: Output = None, actor: Actor = SYSTEM, patience_seconds: Patience = 15.0) -> None:
    """Write all that a list asks into a file, in the shape in which it is imported."""

    async def rows(desk: Desk) -> list[Mapping[str, Any]]:
        asked = Prices(price_list=(await price_list(desk, named))["price_list"])
        return sorted([row async for row in desk.rows(asked)], key=lambda row: str(row["number"]))

    _write(_planned(rows, actor, patience_seconds, as_json=False), PRICES, output)


@products_app.command("export")
def take_products(output: Output = None, actor: Actor = SYSTEM, patience_seconds: Patience = 15.0) -> None:
    """Write all products into a file, in the shape in which they are imported."""

    async def rows(desk: Desk) -> list[Mapping[str, Any]]:
        return [row for _, same in sorted((await products(desk)).items()) for row in same]

    _write(_planned(rows, actor, patience_seconds, as_json=False), PRODUCTS, output)


def _read(file: Path, columns: Sequence[str]) -> Sheet:
    try:
        return read_sheet(file, columns)
    except Unreadable as error:
        console.fail(str(error), console.DATA_WRONG)


def _planned(
    ask: Callable[[Desk], Awaitable[asking.T]], actor: str, patience_seconds: float, *, as_json: bool
) -> asking.T:
    """What is found out by questions alone."""

    async def placed(desk: Desk) -> asking.T:
        try:
            return await ask(desk)
        except Unplaced as error:
            console.fail(str(error))

    return asking.answered(
        lambda operator: placed(Desk(operator, actor)),
        unanswered="; nothing was sent",
        patience_seconds=patience_seconds,
        as_json=as_json,
    )


def _carry_out(plan: Plan, in_flight: int, *, dry_run: bool, as_json: bool) -> None:
    tally = Tally()
    if not dry_run:
        tally = asyncio.run(imports.send(found(read_settings()), plan.phases, imports.How(in_flight)))
    told_no = (
        plan.places.get(no.about, ELSEWHERE)._replace(code=no.code, why=f"{no.about}, {no.topic}: {no.title}")
        for no in tally.refused
    )
    refused = [*plan.faults, *told_no]
    counts = {**plan.counts, "refused_rows": len(refused)}
    if not dry_run:
        counts |= {"done": tally.done, "already_done": tally.repeated}
    told = [fault.told() for fault in refused]
    if as_json:
        console.give(counts | {"refused": told})
    else:
        console.show(told, as_json=False)
        console.note(", ".join(f"{name.replace('_', ' ')}: {count}" for name, count in counts.items()))
    if plan.faults:
        raise typer.Exit(console.DATA_WRONG)
    if tally.refused:
        raise typer.Exit(1)


def _write(rows: Iterable[Mapping[str, Any]], columns: Sequence[str], output: Path | None) -> None:
    with files.text_target(output) as text:
        write_sheet(text, columns, rows)
