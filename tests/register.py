"""A company with two directories, code lists and workers of unlike rights, that takes files of contacts in and out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

from inquirers import Asker, company_asked
from people import LIFE_CYCLES, SALUTATIONS

from adapters.composition import Place
from adapters.contacts.company import Desk
from adapters.contacts.export import exported
from adapters.contacts.plan import Plan, planned
from adapters.contacts.table import read_table, write_table
from adapters.contacts.vcard import read_cards
from adapters.contacts.vcard_writer import write_cards
from adapters.helpdesk.importer import Importer, Tally
from commands.clients.directory import OpenDirectory, SetDirectoryRight
from commands.company.settings import ListLifeCycles, ListSalutations, SetPlace
from commands.staff.worker import HireWorker
from domain.clients.directory import Level
from domain.staff.worker import SYSTEM
from domain.values import DirectoryId, GroupId, worker_holder

OWN = ("kind", "name", "reference", "life_cycle", "salutation", "company_number", "vat_number")
FORMATS = {"csv": (write_table, read_table), "vcard": (write_cards, read_cards)}


@dataclass
class Register:
    """The company, and what is done with files there."""

    here: Asker

    def directory(self) -> DirectoryId:
        """A new one."""
        return DirectoryId(self.here.send(OpenDirectory(name=f"Directory {uuid4()}")))

    def right(self, directory: str, worker: str, level: Level) -> None:
        holder = worker_holder(self.here.company[worker])
        self.here.send(SetDirectoryRight(directory=DirectoryId(directory), holder=holder, level=level))

    def desk(self, actor: str = "") -> Desk:
        return Desk(self.here.desk, self.here.company.ids.get(actor, SYSTEM))

    def plan(self, file: Path, directory: str, actor: str = "", groups: Sequence[GroupId] = ()) -> Plan:
        deck = FORMATS[file.suffix[1:]][1](file)
        return self.here.runner.run(planned(self.desk(actor), "operator", deck, DirectoryId(directory), groups))

    def bring(self, file: Path, directory: str, actor: str = "", groups: Sequence[GroupId] = ()) -> Tally:
        """What became of the file; everything is there to be asked for behind it."""
        phases = self.plan(file, directory, actor, groups).phases
        tally = self.here.runner.run(Importer(self.here.desk, 64).run(phases))
        self.settle()
        return tally

    def settle(self) -> None:
        """Until the read models show all."""
        self.here.send(HireWorker(name="Somebody else"))
        self.here.ask("contact-cards", references=["none"])

    def taken_out(self, directory: str | None, actor: str = "") -> list[Mapping[str, Any]]:
        """The rows of an export."""

        async def rows() -> list[Mapping[str, Any]]:
            of = None if directory is None else DirectoryId(directory)
            return [row async for row in exported(self.desk(actor), of)]

        return self.here.runner.run(rows())

    def written(self, file: Path, rows: Iterable[Mapping[str, Any]]) -> Path:
        with file.open("w", encoding="utf-8", newline="") as target:
            FORMATS[file.suffix[1:]][0](target, rows)
        return file


def essence(rows: Iterable[Mapping[str, Any]]) -> list[Any]:
    """What is the same in every company: whom contacts name, they name by reference or name."""
    return sorted(map(_essence, rows), key=repr)


def _essence(row: Mapping[str, Any]) -> Any:
    others = [row[name] and (row[name]["reference"], row[name]["name"]) for name in ("employer", "whole")]
    ways = sorted((each["kind"], each["use"], each["typed"]) for each in row["addresses"])
    return [*(row[name] for name in OWN), *others, ways, list(row["notes"])]


@contextmanager
def register(place: Place) -> Iterator[Register]:
    with company_asked(place) as here:
        here.send(SetPlace(zone="Europe/Prague", country="CZ"))
        here.send(ListLifeCycles(entries=LIFE_CYCLES))
        here.send(ListSalutations(entries=SALUTATIONS))
        yield Register(here)
