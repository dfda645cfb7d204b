"""What a question is answered with, as far as it is the same for all of them; a row is of its question's class."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol, TypeVar

R = TypeVar("R", covariant=True)


class Told(Protocol):
    """What every answer has: it shows at least what is known at `position`, with deadlines looked at as of `as_of`."""

    @property
    def position(self) -> str: ...

    @property
    def as_of(self) -> datetime: ...


class One(Told, Protocol[R]):
    """The answer about one thing."""

    @property
    def row(self) -> R: ...


class Page(Told, Protocol[R]):
    """Some of many rows; with `next` as `cursor` the same question goes on, None is the end."""

    @property
    def rows(self) -> tuple[R, ...]: ...

    @property
    def next(self) -> str | None: ...
