"""Who a card names, for whom a person works or whose part something is, is a card of the file or a known contact."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from adapters.contacts.card import Cell, Fault, Field
from adapters.contacts.check import Entry, Told, refused
from adapters.contacts.company import Company, Row
from commands.clients.relation import EmployContact, SetContactPart
from commands.command import Command
from domain.clients.contact import ContactKind, ContactUnknown
from domain.clients.relation import LinkedWithItself, NotAnOrganisation, OnlyPartsHaveAWhole, OnlyPersonsAreEmployed
from domain.refusal import Refused, require
from domain.values import ContactId


@dataclass(slots=True)
class Index:
    """The cards of a file by what others may call them."""

    company: Company
    by_key: dict[str, Entry] = field(default_factory=dict)
    by_name: dict[str, list[Entry]] = field(default_factory=dict)

    def take(self, entry: Entry) -> None:
        """A second card of the same contact is refused."""
        card = entry.card
        if not card.key:
            entry.faults.append(card.fault(Field.REFERENCE, "ReferenceMissing", NO_REFERENCE))
            return
        if (first := self.by_key.setdefault(card.key, entry)) is not entry:
            which = Field.REFERENCE if card.text(Field.REFERENCE) else Field.ID
            entry.faults.append(card.fault(which, "ToldTwice", f"line {first.card.line} tells of the same contact"))
            return
        self.by_key.setdefault(card.text(Field.ID), entry)
        if entry.kind is not ContactKind.PERSON:
            self.by_name.setdefault(card.text(Field.NAME), []).append(entry)

    def meant(self, called: str) -> Entry | Row:
        """Raises ContactUnknown, also where several are called so."""
        if (entry := self.by_key.get(called)) is not None:
            return entry
        there = self.company.by_reference.get(called, ())
        rows = [row for row in there if row["directory"] == self.company.directory] or there
        if len(rows) == 1:
            return rows[0]
        if not rows and (row := self.company.by_id.get(called)) is not None:
            return row
        raise ContactUnknown

    def firm(self, name: str) -> Entry:
        """Raises ContactUnknown unless one organisation of the file has this name."""
        named = self.by_name.get(name, [])
        require(len(named) == 1, otherwise=ContactUnknown)
        return named[0]


NO_REFERENCE = "without a reference or an id nobody could tell that the row came before"


def link(entries: Sequence[Entry], company: Company) -> None:
    """Add to each entry the commands that name another contact, and the faults of those that cannot be given."""
    index = Index(company)
    for entry in entries:
        index.take(entry)
    resting = [(entry, other, cell) for entry in entries for other, cell in _links(entry, index)]
    fallen = _fallen(resting)
    while fallen:
        for entry, cell in fallen:
            entry.faults.append(Fault(cell.line, cell.column, "OtherRefused", "what it names is refused itself"))
        fallen = _fallen(resting)


def _fallen(resting: Iterable[tuple[Entry, Entry, Cell]]) -> list[tuple[Entry, Cell]]:
    """Those that would rest on a refused card, and are not refused themselves yet."""
    return [(entry, cell) for entry, other, cell in resting if other.faults and not entry.faults]


def _links(entry: Entry, index: Index) -> list[tuple[Entry, Cell]]:
    """The cards of the file that this one rests on."""
    card, found = entry.card, list[tuple[Entry, Cell]]()
    employer, whole = card.organisation or card.cell(Field.EMPLOYER), card.cell(Field.PART_OF)
    for cell, kind, has, otherwise in (
        (employer, ContactKind.PERSON, "employer", OnlyPersonsAreEmployed),
        (whole, ContactKind.PART, "whole", OnlyPartsHaveAWhole),
    ):
        if not cell.text:
            continue
        try:
            require(entry.kind is kind, otherwise=otherwise)
            other = index.firm(cell.text) if cell is card.organisation else index.meant(cell.text)
            id, is_person = _who(other)
            require(not is_person, otherwise=NotAnOrganisation)
            require(id != entry.contact, otherwise=LinkedWithItself)
        except Refused as refusal:
            entry.faults.append(refused(cell, refusal))
            continue
        if isinstance(other, Entry):
            found.append((other, cell))
        if entry.has(has) is None:
            entry.linked.append(Told(_command(kind, entry.contact, id), (id,), cell))
    return found


def _who(other: Entry | Row) -> tuple[ContactId, bool]:
    """The id, and whether it is a person's."""
    if isinstance(other, Entry):
        return other.contact, other.kind is ContactKind.PERSON
    return ContactId(other["contact"]), other["kind"] == ContactKind.PERSON


def _command(kind: ContactKind, contact: ContactId, other: ContactId) -> Command:
    if kind is ContactKind.PERSON:
        return EmployContact(contact=contact, employer=other)
    return SetContactPart(contact=contact, whole=other)
