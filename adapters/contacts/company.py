"""What a company has that a file of contacts speaks of, as far as the worker who brings the file may know of it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from adapters.contacts.card import Card, Field, fits
from adapters.nats.client import Client
from commands.permission import LevelMissing
from domain.clients.directory import DirectoryNotOpen, DirectoryUnknown, Level
from domain.clients.group import GroupNotOpen, GroupUnknown
from domain.refusal import Refused
from domain.values import ContactId, DirectoryId, GroupId, Reference
from projections.clients.card import ContactCards
from projections.clients.directory import Directories
from projections.clients.group import Groups
from projections.clients.paper import ContactNotes
from projections.company.readiness import CodeList, CodeLists, Readiness
from projections.question import Listing

PAGE = 500
"""How many rows are asked for at once; pages of much text end sooner by themselves."""

Row = Mapping[str, Any]


class Unplaced(Exception):
    """A name means nothing here, or more than one thing, or the worker may not put anything there."""


@dataclass(frozen=True, slots=True)
class Company:
    """The place for the contacts, the words that are listed, and whom the file names of those that are known."""

    directory: DirectoryId
    country: str | None = None
    life_cycles: tuple[str, ...] = ()
    salutations: tuple[str, ...] = ()
    groups: tuple[GroupId, ...] = ()
    by_reference: Mapping[str, Sequence[Row]] = field(default_factory=dict)
    by_id: Mapping[str, Row] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Desk:
    """A client on which one worker asks."""

    client: Client
    actor: str

    async def rows(self, question: Listing[Any], *, purpose: str | None = None) -> AsyncIterator[Row]:
        """Page after page. Raises Declined, NoAnswer."""
        cursor: str | None = None
        while True:
            page = await self.client.query(question, actor=self.actor, limit=PAGE, cursor=cursor, purpose=purpose)
            for row in page["rows"]:
                yield row
            if (cursor := page["next"]) is None:
                return

    async def cards(self, question: ContactCards, *, purpose: str | None = None) -> AsyncIterator[Row]:
        """The same, each card with all its notes, the last first."""
        async for row in self.rows(question, purpose=purpose):
            if row["more_notes"]:
                notes = ContactNotes(contact=ContactId(row["contact"]))
                yield {**row, "notes": [note["text"] async for note in self.rows(notes, purpose=purpose)]}
            else:
                yield row

    async def directory(self, named: str, least: Level) -> Row:
        """The directory of this id or name, open to the worker as far as that. Raises Unplaced."""
        row = await self._meant(Directories(), "directory", named, DirectoryUnknown)
        if not Level(row["level"]).reaches(least):
            raise Unplaced(f"{row['name']}: {LevelMissing().sentence}")
        return row

    async def room(self, named: str) -> DirectoryId:
        """A directory that new contacts may be put into. Raises Unplaced."""
        row = await self.directory(named, Level.EDIT)
        if row["closed"]:
            raise Unplaced(f"{row['name']}: {DirectoryNotOpen().sentence}")
        return DirectoryId(row["directory"])

    async def group(self, named: str) -> GroupId:
        """The group of this id or name, if the worker may put members in. Raises Unplaced."""
        row = await self._meant(Groups(), "group", named, GroupUnknown)
        if row["closed"]:
            raise Unplaced(f"{row['name']}: {GroupNotOpen().sentence}")
        await self.directory(row["directory"], Level.EDIT)
        return GroupId(row["group"])

    async def _meant(self, question: Listing[Any], id: str, named: str, otherwise: type[Refused]) -> Row:
        rows = [row async for row in self.rows(question) if named in (row[id], row["name"])]
        if not rows:
            raise Unplaced(f"{named}: {otherwise().sentence}")
        if len(rows) > 1:
            raise Unplaced(f"{named}: several have this name: {', '.join(row[id] for row in rows)}")
        return rows[0]

    async def company(
        self, directory: DirectoryId, groups: Sequence[GroupId], cards: Sequence[Card], ids: Mapping[str, str]
    ) -> Company:
        """All that the cards speak of; `ids` are those that the cards' contacts got, if they came before, by key."""
        references = {card.text(field) for card in cards for field in (Field.REFERENCE, Field.EMPLOYER, Field.PART_OF)}
        by_reference: dict[str, list[Row]] = {}
        for asked in _bundles(each for each in references if fits(Reference, each)):
            async for row in self.cards(ContactCards(references=asked)):
                for reference in {row["reference"], *row["absorbed"]}.intersection(asked):
                    by_reference.setdefault(reference, []).append(row)
        wanted = {ids[card.key] for card in cards if card.text(Field.REFERENCE) not in by_reference}
        wanted |= {card.text(each) for card in cards for each in (Field.ID, Field.EMPLOYER, Field.PART_OF)}
        by_id = {}
        for named in _bundles(each for each in wanted if fits(ContactId, each)):
            async for row in self.cards(ContactCards(contacts=tuple(map(ContactId, named)))):
                by_id[row["contact"]] = row
        country = [row["value"] async for row in self.rows(Readiness()) if row["setting"] == "country"]
        return Company(
            directory=directory,
            country=country[0],
            life_cycles=await self._listed(CodeList.LIFE_CYCLES),
            salutations=await self._listed(CodeList.SALUTATIONS),
            groups=tuple(groups),
            by_reference=by_reference,
            by_id=by_id,
        )

    async def _listed(self, code_list: CodeList) -> tuple[str, ...]:
        return tuple([row["entry"] async for row in self.rows(CodeLists(code_list=code_list))])


def _bundles(words: Iterable[str]) -> Iterable[tuple[str, ...]]:
    """Not more at once than one question may name."""
    left = iter(sorted(words))
    while bundle := tuple(islice(left, PAGE)):
        yield bundle
