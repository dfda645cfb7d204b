"""A card becomes commands if all of them would be taken, by the very rules that take them; else faults tell why not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeVar

from pydantic import BaseModel, ValidationError

from adapters.contacts.card import Card, Cell, Fault, Field, Way, fits
from adapters.contacts.company import Company, Row
from commands.clients.address import AddAddress
from commands.clients.contact import ClassifyContact, OpenContact, SetContactNumbers
from commands.clients.paper import NoteOnContact
from commands.command import Command
from commands.normal import normal
from domain.clients import contact as rule
from domain.clients.address import MOST_ADDRESSES, TooManyAddresses
from domain.clients.contact import Contact, ContactKind, LifeCycleNotListed
from domain.clients.paper import MOST_PAPERS, TooManyPapers
from domain.refusal import Refused
from domain.values import ContactId, DirectoryId, Line

M = TypeVar("M", bound=BaseModel)

NOT_TEXT = "nothing but blanks, or characters that are no text: line breaks where there is one line, controls, and such"
NOT_A_REFERENCE = "up to 64 letters without marks, digits, blanks and . _ / # -, a letter or a digit first"


class Told(NamedTuple):
    """A command, and the word of the file that asks for it; `content` tells it from others of its kind and contact."""

    command: Command
    content: tuple[str, ...]
    cell: Cell


@dataclass(slots=True)
class Entry:
    """A card's contact: its id, the contact as it is known if it is, what is still to be said, and what forbids it."""

    card: Card
    contact: ContactId
    kind: ContactKind
    known: Row | None = None
    opens: Told | None = None
    told: list[Told] = field(default_factory=list)
    linked: list[Told] = field(default_factory=list)
    """What names another contact, which must be there first."""
    faults: list[Fault] = field(default_factory=list)

    def has(self, which: str) -> Any:
        """What is known of the contact under this name."""
        return None if self.known is None else self.known[which]


def entry(card: Card, id: str, company: Company) -> Entry:
    """The card by itself; what it says of others is looked at once all are there."""
    known, faults = _known(card, id, company), list[Fault]()
    if isinstance(known, Fault):
        return Entry(card, ContactId(id), _kind(card, None, faults), faults=[*faults, known])
    contact = ContactId(id if known is None else known["contact"])
    found = Entry(card, contact, _kind(card, known, faults), known, faults=faults)
    if known is None:
        _open(found, company.directory)
    for say in (_number, _classify, _reach, _note):
        say(found, company)
    return found


def _known(card: Card, id: str, company: Company) -> Row | Fault | None:
    """The contact that the card means: made of it before, or in the directory under its reference or id."""
    reference = card.text(Field.REFERENCE)
    there = company.by_reference.get(reference, ()) if reference else ()
    candidates = [row for row in there if row["contact"] == id]
    candidates = candidates or [row for row in there if row["directory"] == company.directory]
    if len(candidates) > 1:
        return card.fault(
            Field.REFERENCE, "ReferenceAmbiguous", "several contacts of the directory have this reference"
        )
    if candidates:
        return candidates[0]
    if (made := company.by_id.get(id)) is not None:
        return made
    taken_out = None if reference else company.by_id.get(card.text(Field.ID))
    return taken_out if taken_out is not None and taken_out["directory"] == company.directory else None


def _kind(card: Card, known: Row | None, faults: list[Fault]) -> ContactKind:
    """A contact that is there is what it is, whatever the card says."""
    said = card.text(Field.KIND).strip().lower() or ContactKind.PERSON
    if said not in set(ContactKind):
        faults.append(card.fault(Field.KIND, "KindUnknown", f"a contact is one of {', '.join(ContactKind)}"))
        said = ContactKind.PERSON
    return ContactKind(said if known is None else known["kind"])


def _open(found: Entry, directory: DirectoryId) -> None:
    card = found.card
    if not card.text(Field.NAME):
        found.faults.append(card.fault(Field.NAME, "NameMissing", "a contact has a name"))
        return
    data = {"directory": directory, "kind": found.kind, "name": card.text(Field.NAME)}
    data |= {"reference": card.text(Field.REFERENCE)} if card.text(Field.REFERENCE) else {}
    cells = {"name": card.cell(Field.NAME), "reference": card.cell(Field.REFERENCE)}
    opens = made(OpenContact, data, cells, found.faults)
    found.opens = None if opens is None else Told(opens, (card.key,), card.cell(Field.NAME))


def _number(found: Entry, _: Company) -> None:
    """Only what is not there yet; numbers are set together."""
    fields = (Field.COMPANY_NUMBER, Field.VAT_NUMBER)
    _fill(found, SetContactNumbers, {name: found.card.cell(name) for name in fields})


def _classify(found: Entry, company: Company) -> None:
    """Both words are of the company's lists, which the rule itself looks up."""
    cells = {name: found.card.cell(name) for name in (Field.LIFE_CYCLE, Field.SALUTATION)}
    has = Contact(company.directory, life_cycle=found.has("life_cycle"), salutation=found.has("salutation"))
    command = _fill(found, ClassifyContact, cells)
    if command is None:
        return
    try:
        [*rule.classify(has, command.life_cycle, command.salutation, company.life_cycles, company.salutations)]
    except Refused as refusal:
        wrong = Field.LIFE_CYCLE if isinstance(refusal, LifeCycleNotListed) else Field.SALUTATION
        found.faults.append(refused(cells[wrong], refusal))


def _fill(found: Entry, kind: type[M], cells: Mapping[Field, Cell]) -> M | None:
    """A command that sets several words together: those of the card where there are none, and those that are there."""
    said = {str(name): cell.text for name, cell in cells.items() if cell.text and found.has(name) is None}
    if not said:
        return None
    kept = {str(name): found.has(name) for name in cells if found.has(name) is not None}
    places = {str(name): cell for name, cell in cells.items()}
    command = made(kind, {"contact": found.contact, **kept, **said}, places, found.faults)
    if isinstance(command, Command):
        content = tuple((kept | said).get(str(name), "") for name in cells)
        found.told.append(Told(command, content, places[next(iter(said))]))
    return command


def _reach(found: Entry, company: Company) -> None:
    there = {(each["kind"], each["use"], each["normal"] or each["typed"]) for each in found.has("addresses") or ()}
    for way in found.card.ways:
        compared = _compared(way, company.country, found.faults)
        content = (way.kind.value, way.use.value, compared or "")
        if compared is None or content in there:
            continue
        there.add(content)
        data = {"contact": found.contact, "kind": way.kind, "use": way.use, "typed": way.cell.text}
        if (command := made(AddAddress, data, {"typed": way.cell}, found.faults)) is not None:
            found.told.append(Told(command, content, way.cell))
    if len(there) > MOST_ADDRESSES:
        found.faults.append(refused(found.card.ways[-1].cell, TooManyAddresses()))


def _compared(way: Way, country: str | None, faults: list[Fault]) -> str | None:
    """What tells the address from others: its normal form if it has one. A fault where the rule refuses it."""
    try:
        compared = normal(way.kind, way.cell.text, country)
    except Refused as refusal:
        faults.append(refused(way.cell, refusal))
        return None
    if compared is not None and not fits(Line, compared):
        faults.append(Fault(way.cell.line, way.cell.column, "TooLong", "too long an address"))
        return None
    return compared or way.cell.text


def _note(found: Entry, _: Company) -> None:
    there = set(found.has("notes") or ())
    for cell in found.card.notes:
        if cell.text in there:
            continue
        there.add(cell.text)
        data = {"contact": found.contact, "text": cell.text}
        if (command := made(NoteOnContact, data, {"text": cell}, found.faults)) is not None:
            found.told.append(Told(command, (cell.text,), cell))
    if len(there) > MOST_PAPERS:
        found.faults.append(refused(found.card.notes[-1], TooManyPapers()))


def made(kind: type[M], data: Mapping[str, Any], cells: Mapping[str, Cell], faults: list[Fault]) -> M | None:
    """The model, or faults at the words of the file that it would not take."""
    try:
        return kind.model_validate(data)
    except ValidationError as error:
        for one in error.errors(include_url=False):
            field = str(one["loc"][0])
            faults.append(_shapeless(cells[field], field, one["type"], one.get("ctx", {})))
        return None


def _shapeless(cell: Cell, field: str, wrong: str, about: Mapping[str, Any]) -> Fault:
    if wrong == "string_too_long":
        return Fault(cell.line, cell.column, "TooLong", f"longer than {about['max_length']} characters")
    if field == "reference":
        return Fault(cell.line, cell.column, "NotAReference", NOT_A_REFERENCE)
    return Fault(cell.line, cell.column, "NotText", NOT_TEXT)


def refused(cell: Cell, refusal: Refused) -> Fault:
    """What the rule says, at the word that it says it of."""
    return Fault(cell.line, cell.column, refusal.code, refusal.sentence)


def unfit(entries: Iterable[Entry], faults: Sequence[Fault]) -> Iterator[Fault]:
    """All faults of a file, line by line."""
    of_cards = (fault._replace(row=each.card.line) for each in entries for fault in each.faults)
    yield from sorted([*(fault._replace(row=fault.line) for fault in faults), *of_cards])
