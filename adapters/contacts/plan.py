"""A file of contacts as the phases of an import: each contact with what is its own, and then who works for whom."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from adapters.contacts.card import Card, Cell, Deck, Fault
from adapters.contacts.check import Entry, Told, entry, unfit
from adapters.contacts.company import Desk
from adapters.contacts.link import link
from adapters.helpdesk.step import Names, Phase, Step
from commands.clients.membership import JoinGroup
from domain.values import DirectoryId, GroupId

MARK = "contacts"


@dataclass(frozen=True, slots=True)
class Plan:
    """What is sent, why what is refused is not, and where in the file each step comes from."""

    entries: Sequence[Entry]
    faults: Sequence[Fault]
    phases: Sequence[Phase]
    places: Mapping[str, Fault]
    """By what a step is about, the place of a fault there."""

    @property
    def new(self) -> int:
        """How many contacts are not known yet."""
        return sum(each.opens is not None for each in self.entries)

    @property
    def commands(self) -> int:
        return sum(len(chain) for phase in self.phases for chain in phase.chains)


async def planned(desk: Desk, caller: str, deck: Deck, directory: DirectoryId, groups: Sequence[GroupId]) -> Plan:
    """The plan of a file that was read. Nothing is sent for it but questions. Raises Declined, NoAnswer."""
    scribe = Scribe(Names(caller), desk.actor, directory)
    ids = {card.key: scribe.names.thing(*scribe.opening(card)) for card in deck.cards}
    company = await desk.company(directory, groups, deck.cards, ids)
    entries = [entry(card, ids[card.key], company) for card in deck.cards]
    link(entries, company)
    good = [each for each in entries if not each.faults]
    phases = scribe.phases(good, groups)
    return Plan(good, [*unfit(entries, deck.faults)], phases, scribe.places(good))


@dataclass(frozen=True, slots=True)
class Scribe:
    """Gives every command the id that follows from who asks, whom it is about and what it says, and from nothing else.

    So the same file changes nothing a second time, and what was added to it is all that is done.
    """

    names: Names
    actor: str
    directory: DirectoryId

    def opening(self, card: Card) -> tuple[str, ...]:
        """What makes the contact follows from its key alone: it is the same one, whatever else a later file says."""
        return MARK, self.directory, self.actor, "open", card.key

    def phases(self, entries: Sequence[Entry], groups: Sequence[GroupId]) -> list[Phase]:
        own = [[*self._own(each, groups)] for each in entries]
        linked = [[self._step(each, told) for told in each.linked] for each in entries if each.linked]
        return [Phase("contacts", [chain for chain in own if chain], vital=False), Phase("links", linked, vital=False)]

    def _own(self, each: Entry, groups: Sequence[GroupId]) -> Iterator[Step]:
        if each.opens is not None:
            yield Step(self._opening_id(each), each.opens.command, self.actor, None, _about(each.opens.cell))
        for told in each.told:
            yield self._step(each, told)
        for group in groups:
            joins = JoinGroup(contact=each.contact, group=group)
            yield self._step(each, Told(joins, (group,), Cell("", "", each.card.line)))

    def _step(self, each: Entry, told: Told) -> Step:
        said = hashlib.sha256("\n".join(f"{len(word)} {word}" for word in told.content).encode()).hexdigest()
        id = self.names.command(MARK, self.actor, each.contact, told.command.topic, said)
        rests_on = "" if each.opens is None else self._opening_id(each)
        return Step(id, told.command, self.actor, None, _about(told.cell), rests_on)

    def _opening_id(self, each: Entry) -> str:
        return self.names.command(*self.opening(each.card))

    def places(self, entries: Sequence[Entry]) -> dict[str, Fault]:
        """Where in the file that stands which a step is about."""
        found: dict[str, Fault] = {}
        for each in entries:
            told = [each.opens] if each.opens is not None else []
            cells = [Cell("", "", each.card.line), *(one.cell for one in [*told, *each.told, *each.linked])]
            found |= {_about(cell): Fault(cell.line, cell.column, "", "", each.card.line) for cell in cells}
        return found


def _about(cell: Cell) -> str:
    return f"line {cell.line}, column {cell.column}" if cell.column else f"line {cell.line}"
