"""How a personal field is marked, and what stands in its place when it is not open."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from pydantic_core import CoreSchema, core_schema


class Purpose(StrEnum):
    """Why a piece of personal data is kept; each purpose of a subject has its own key and its own end."""

    PROFILE = "profile"
    CONTENT = "content"
    PROOF = "proof"


@dataclass(frozen=True, slots=True)
class Personal:
    """Marks a field of a fact as the data of a person: `subject` names the field that says whose (N-8)."""

    subject: str
    purpose: Purpose


class Masked:
    """Personal data that cannot be read here."""

    __slots__ = ()

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> CoreSchema:
        return core_schema.is_instance_schema(cls, serialization=core_schema.plain_serializer_function_ser_schema(str))


@dataclass(frozen=True, slots=True)
class Sealed(Masked):
    """Not opened: decisions do not need it, so nobody asked for the key."""

    subject: str
    purpose: str

    def __str__(self) -> str:
        return "(sealed)"


@dataclass(frozen=True, slots=True)
class Forgotten(Masked):
    """The key is destroyed and the fence says so (D23)."""

    subject: str

    def __str__(self) -> str:
        return f"forgotten #{self.subject[:8]}"


@dataclass(frozen=True, slots=True)
class Withheld(Masked):
    """The data is kept, and shown to nobody for now but to a privacy officer (R-GDP-1)."""

    subject: str

    def __str__(self) -> str:
        return "(restricted)"
