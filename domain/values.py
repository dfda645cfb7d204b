"""The value types everyone shares: ids that do not mix, words of a known shape, instants in UTC."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from typing import Annotated, Any

from pydantic import AfterValidator, AwareDatetime, Field, StringConstraints
from pydantic_core import CoreSchema, core_schema


class Id(str):
    """The name of one thing: 1 to 64 of a-z, 0-9 and "-".

    The subclasses exist for the type checker alone: validation gives back the plain string.
    """

    __slots__ = ()

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> CoreSchema:
        return core_schema.str_schema(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$", metadata={"names": cls.__name__})


class WorkerId(Id): ...


class AbsenceId(Id): ...


class TeamId(Id): ...


class AreaId(Id): ...


class DirectoryId(Id): ...


class ContactId(Id): ...


class AddressId(Id): ...


class NoteId(Id): ...


class FileId(Id): ...


class GroupId(Id): ...


class CalendarId(Id): ...


class ContractId(Id): ...


class IncidentTypeId(Id): ...


class TicketId(Id): ...


class NoticeId(Id): ...


class ProductId(Id): ...


class PriceListId(Id): ...


class OrderId(Id): ...


class ProcessAreaId(Id): ...


class GatewayId(Id): ...


class SubjectId(Id):
    """Whose data it is; never the id of the contact that stands for the person today."""


# Controls and direction marks stay out; the joiners that Persian and Hindi are written with stay in.
_SHOWN = r"(?:[^\p{C}\p{Zl}\p{Zp}]|[\u{200c}\u{200d}])"
_ONE_LINE = rf"^{_SHOWN}*[^\p{{C}}\p{{Z}}]{_SHOWN}*$"
_MANY_LINES = rf"^(?:{_SHOWN}|[\n\t])*$"

Code = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")]
"""An entry of a code list."""

Label = Annotated[str, StringConstraints(pattern=_ONE_LINE, max_length=80)]
"""What an administrator calls a thing of the company (a team, a group, a type); never a person's data."""

Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
"""A SHA-256 in hexadecimal: what it was made of cannot be had back from it."""

Unit = Annotated[str, StringConstraints(pattern=_ONE_LINE, max_length=20)]
"""What a quantity counts, as the company's list of units has it: a piece, a metre, an hour."""

Reference = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9 ._/#-]{0,63}$")]
"""The number of this thing in another system."""

Line = Annotated[str, StringConstraints(pattern=_ONE_LINE, max_length=200)]
"""One line somebody typed: no control characters."""

Text = Annotated[str, StringConstraints(pattern=_MANY_LINES, min_length=1, max_length=20_000)]
"""What somebody wrote: many lines, no other control characters."""


def _in_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("beyond the years 1 to 9999 in UTC") from None


Instant = Annotated[AwareDatetime, AfterValidator(_in_utc)]
"""A moment with its offset; stored and compared in UTC."""


@cache
def _zones() -> frozenset[str]:
    """Those of the package, the same on every machine; a directory of the system has names of its own as well."""
    return frozenset(files("tzdata").joinpath("zones").read_text().split())


def _known_zone(name: str) -> str:
    if name not in _zones():
        raise ValueError("not the name of an IANA time zone")
    return name


Zone = Annotated[str, Field(max_length=64), AfterValidator(_known_zone)]
"""Where the clocks go alike, by its IANA name."""


class Holder(Id):
    """Who holds a right: "worker:<id>", or "team:<id>" for everybody in a team."""

    __slots__ = ()

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> CoreSchema:
        return core_schema.str_schema(
            pattern=r"^(?:worker|team):[a-z0-9][a-z0-9-]{0,63}$", metadata={"names": "Holder"}
        )


def worker_holder(id: WorkerId) -> Holder:
    """The worker in person."""
    return Holder(f"worker:{id}")


def team_holder(id: TeamId) -> Holder:
    """Everybody in the team."""
    return Holder(f"team:{id}")


def team_of(holder: Holder) -> TeamId | None:
    """The team, if the holder is one."""
    kind, _, id = holder.partition(":")
    return TeamId(id) if kind == "team" else None


def worker_of(holder: Holder) -> WorkerId | None:
    """The worker, if the holder is one in person."""
    kind, _, id = holder.partition(":")
    return WorkerId(id) if kind == "worker" else None


class Person(Id):
    """Whose data is meant: "contact:<id>", "worker:<id>", or "ticket:<id>" for who reported it and was never linked."""

    __slots__ = ()

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> CoreSchema:
        return core_schema.str_schema(
            pattern=r"^(?:contact|worker|ticket):[a-z0-9][a-z0-9-]{0,63}$", metadata={"names": "Person"}
        )


def person(kind: str, id: str) -> Person:
    """The person of that kind and id."""
    return Person(f"{kind}:{id}")
