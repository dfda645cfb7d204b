"""A file of products as the requests of an import: what has a new number is listed, what has a new name renamed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from adapters.contacts.card import Fault, fits
from adapters.helpdesk.step import Names, Phase, Step
from adapters.nats.client import new_command_id
from adapters.prices.price_plan import Plan
from adapters.prices.shop import Numbered
from adapters.prices.table import Row, Sheet
from commands.command import Command
from commands.pricing.product import ListProduct, RenameProduct
from domain.pricing.product import UnitNotListed
from domain.values import Label, Reference, Unit

KINDS = {"number": Reference, "name": Label, "unit": Unit}


@dataclass(slots=True)
class Reader:
    """Reads rows against what is known; a row with a fault holds up no other."""

    known: Numbered
    units: frozenset[str]
    names: Names
    actor: str
    faults: list[Fault]
    steps: list[Step] = field(default_factory=list)
    lines: dict[str, Row] = field(default_factory=dict)
    unchanged: int = 0

    def read(self, row: Row) -> None:
        faults = [*self._faults(row)]
        self.faults.extend(faults)
        if not faults:
            self.lines[row.cells["number"]] = row
            self._tell(row)

    def _faults(self, row: Row) -> Iterator[Fault]:
        for name, kind in KINDS.items():
            if not fits(kind, row.cells.get(name, "")):
                yield row.fault(name, "Malformed", f"It is no {name}.")
        number, unit = row.cells.get("number", ""), row.cells.get("unit", "")
        if unit and unit not in self.units and number not in self.known:
            yield row.fault("unit", UnitNotListed.__name__, UnitNotListed().sentence)
        if number in self.lines:
            yield row.fault("number", "NumberTwice", f"Line {self.lines[number].line} has this number, too.")
        found = self.known.get(number, ())
        if len(found) > 1:
            yield row.fault("number", "ProductAmbiguous", f"{len(found)} products have this number.")
        if found and unit != found[0]["unit"]:
            yield row.fault("unit", "UnitOther", "The product has another unit, for good; price lists may have more.")

    def _tell(self, row: Row) -> None:
        number, name, unit = (row.cells[column] for column in KINDS)
        found = self.known.get(number, ())
        if not found:
            # The same one whenever the file comes again, also before the read model has heard of it.
            id = self.names.command("products", self.actor, (number, unit))  # both may have a slash
            self._step(id, ListProduct(number=number, name=name, unit=unit), row)
        elif found[0]["name"] != name:
            self._step(new_command_id(), RenameProduct(product=found[0]["product"], name=name), row)
        else:
            self.unchanged += 1

    def _step(self, id: str, command: Command, row: Row) -> None:
        self.steps.append(Step(id, command, self.actor, None, f"line {row.line}"))


def planned(known: Numbered, units: frozenset[str], sheet: Sheet, names: Names, actor: str) -> Plan:
    """The plan of a file."""
    reader = Reader(known, units, names, actor, [*sheet.faults])
    for row in sheet.rows:
        reader.read(row)
    new = sum(isinstance(step.command, ListProduct) for step in reader.steps)
    counts: Mapping[str, int] = {
        "products": len(reader.lines),
        "new": new,
        "renamed": len(reader.steps) - new,
        "unchanged": reader.unchanged,
    }
    places = {f"line {row.line}": row.fault("", "", "") for row in reader.lines.values()}
    phase = Phase("products", [[step] for step in reader.steps], vital=False)
    return Plan([phase], sorted(reader.faults, key=lambda fault: fault.line), counts, places)
