"""Everything held about a person is asked for as their privacy officer, page by page, and written down as it comes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import IO, Any, BinaryIO, NamedTuple

import orjson

from adapters.archive import page
from adapters.archive.bundle import Bundle, bundle, safe_name
from adapters.nats.client import Client, Declined
from adapters.nats.file_client import get_file
from domain.staff.worker import WORKER
from domain.values import Person
from projections.looking import Aim
from projections.privacy.personal_data import LooksAtPerson, OfPerson, PersonalData, PersonalFiles, SignInsOfPerson

FORMAT, VERSION = "kartoteka-person", 1
DATA, PAGE, FILES = "person.json", "index.html", "files"
PAGE_ROWS = 500
GONE = frozenset({"FileUnknown", "SubjectFenced"})
"""A file that was taken away, or destroyed, since it was listed."""


class FileCut(Exception):
    """What came of a file is not what lies there; ask again."""


@dataclass(slots=True)
class Held:
    """What there is, in numbers."""

    facts: int = 0
    values: int = 0
    destroyed: int = 0
    files: int = 0
    files_destroyed: int = 0

    def of(self, fact: dict[str, Any]) -> None:
        self.facts += 1
        self.values += len(fact["fields"])
        self.destroyed += len(fact["destroyed"])

    @property
    def sentence(self) -> str:
        if not self.values and not self.files:
            none = "Nothing personal is held"
            return f"{none} any more: {self._gone}." if self.destroyed else f"{none}."
        held = f"{self.values} personal values and {self.files} files are held"
        return f"{held}; {self._gone}." if self.destroyed or self.files_destroyed else f"{held}."

    @property
    def _gone(self) -> str:
        return f"{self.destroyed} values and {self.files_destroyed} files were destroyed"

    def told(self) -> dict[str, Any]:
        return {**asdict(self), "sentence": self.sentence}


class Beside(NamedTuple):
    """What there is beside the facts, as the questions tell it; only workers sign in."""

    files: list[dict[str, Any]]
    looks: list[dict[str, Any]]
    sign_ins: list[dict[str, Any]]


@dataclass(slots=True)
class Copy:
    """One copy in the making. `position` is that of the first answer: no later one shows less."""

    operator: Client
    person: Person
    officer: str
    purpose: Aim
    position: str | None = None
    as_of: str = ""
    held: Held = field(default_factory=Held)

    async def write(self, target: BinaryIO, scratch: IO[bytes]) -> Held:
        """The whole archive; what is found waits in `scratch` until all of it is known. Raises Declined, NoAnswer."""
        async for fact in self._rows(PersonalData(person=self.person)):
            self.held.of(fact)
            scratch.write(orjson.dumps(fact) + b"\n")
        looks = [row async for row in self._rows(LooksAtPerson(person=self.person))]
        sign_ins = [row async for row in self._rows(SignInsOfPerson(person=self.person))] if self._may_sign_in else []
        listed = [row async for row in self._rows(PersonalFiles(person=self.person))]
        with bundle(target, datetime.fromisoformat(self.as_of)) as parts:
            beside = Beside([await self._file(parts, row) for row in listed], looks, sign_ins)
            self._data(parts, scratch, beside)
            self._page(parts, scratch, beside)
            parts.close(self._about())
        return self.held

    @property
    def _may_sign_in(self) -> bool:
        return self.person.partition(":")[0] == WORKER.kind

    async def _rows(self, question: OfPerson[Any]) -> AsyncIterator[dict[str, Any]]:
        cursor = None
        while True:
            answer = await self.operator.query(
                question,
                actor=self.officer,
                min_position=self.position,
                limit=PAGE_ROWS,
                cursor=cursor,
                purpose=self.purpose,
            )
            self.position, self.as_of = self.position or answer["position"], self.as_of or answer["as_of"]
            for row in answer["rows"]:
                yield row
            if (cursor := answer["next"]) is None:
                return

    async def _file(self, parts: Bundle, row: dict[str, Any]) -> dict[str, Any]:
        """What is told of the file, with where its contents lie; nowhere where they are no more."""
        path = f"{FILES}/{safe_name(row['file'], row['name'])}"
        found = get_file(self.operator, row["contact"], row["file"], actor=self.officer, purpose=self.purpose)
        try:
            first = await anext(found)
        except Declined as error:
            if error.code not in GONE:
                raise
            self.held.files_destroyed += 1
            return {**row, "path": None}
        with parts.part(path) as part:
            part.write(first.content)
            async for got in found:
                part.write(got.content)
        if part.size_bytes != row["size_bytes"]:
            raise FileCut(f"{row['file']}: {part.size_bytes} of {row['size_bytes']} bytes")
        self.held.files += 1
        return {**row, "path": path}

    def _data(self, parts: Bundle, scratch: IO[bytes], beside: Beside) -> None:
        """One JSON document, its facts as they were found."""
        about = {**self._about(), "held": self.held.told(), **beside._asdict()}
        with parts.part(DATA) as part:
            part.write(orjson.dumps(about)[:-1] + b',"facts":[')
            for n, line in enumerate(_lines(scratch)):
                part.write((b",\n" if n else b"\n") + line.rstrip())
            part.write(b"\n]}\n")

    def _page(self, parts: Bundle, scratch: IO[bytes], beside: Beside) -> None:
        with parts.part(PAGE) as part:
            part.write((page.head(self.person, self.as_of) + page.held(self.held.sentence)).encode())
            for text in page.facts(map(orjson.loads, _lines(scratch))):
                part.write(text.encode())
            for text in (*page.files(beside.files), *page.looks(beside.looks), *page.sign_ins(beside.sign_ins)):
                part.write(text.encode())
            part.write(page.END.encode())

    def _about(self) -> dict[str, Any]:
        told = {"person": self.person, "as_of": self.as_of, "purpose": self.purpose, "position": self.position}
        return {"format": FORMAT, "version": VERSION, **told}


async def write_copy(
    operator: Client,
    person: Person,
    target: BinaryIO,
    scratch: IO[bytes],
    *,
    officer: str,
    purpose: Aim,
    min_position: str | None = None,
) -> Held:
    """A copy of everything held about the person. Raises Declined, NoAnswer, FileCut.

    What is found stands in the clear in `scratch` meanwhile: its place must be as safe as that of the copy.
    """
    return await Copy(operator, person, officer, purpose, min_position).write(target, scratch)


def _lines(scratch: IO[bytes]) -> Iterator[bytes]:
    scratch.seek(0)
    return iter(scratch)
