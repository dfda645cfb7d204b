"""A reckoning is a question that decisions answer, by their own functions: of now, of then, of what would be."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Generic, NamedTuple, TypeVar

from pydantic import BaseModel, ConfigDict

from commands.retrospect import Present
from domain.staff.worker import Right


class Row(BaseModel):
    """What is told, or a part of it."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class Told(Row):
    """The one row of an answer; `names` says what workers and the company's things are called, by their ids."""

    names: Mapping[str, str] = {}


Mention = tuple[str, str]
"""A noun and an id, of which the asker may know the name."""


class Reckoned(NamedTuple):
    """An answer, what in it has a name, and the right by which alone, against all others, it was told, if one was."""

    row: Told
    mentioned: frozenset[Mention] = frozenset()
    exception: Right | None = None


R = TypeVar("R", bound=Told, covariant=True)


class Reckoning(BaseModel, Generic[R]):
    """Its name and its shape are published, as a question's are; its fields say what is asked."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    name: ClassVar[str]
    row: ClassVar[type[Told]] = Told
    """What stands between the brackets, as in `Reckoning[Seers]`."""
    asked_by: ClassVar[str]
    """Who may ask, in a reader's words."""
    by_name: ClassVar[dict[str, type[Any]]] = {}

    def __init_subclass__(cls, *, name: str | None = None, asked_by: str = "", **config: Any) -> None:
        super().__init_subclass__(**config)
        if name is None:
            return
        if cls.by_name.setdefault(name, cls) is not cls:
            raise TypeError(f"two reckonings are called {name}")
        cls.name, cls.asked_by = name, asked_by

    @classmethod
    def __pydantic_init_subclass__(cls, **_: Any) -> None:
        if args := cls.__pydantic_generic_metadata__["args"]:
            (cls.row,) = args

    def reckon(self, asked: Present) -> Reckoned:
        """The answer. Refuses by raising; raises Unread and Unsought for what it has not got."""
        raise NotImplementedError
