"""How the domain says no: a class that names what is not so, its docstring the sentence."""

from __future__ import annotations

from typing import ClassVar


class Refused(Exception):
    """The request breaks a rule."""

    by_code: ClassVar[dict[str, type[Refused]]] = {}

    def __init__(self, about: str = "") -> None:
        """`about` is the id of who or what stands in the way, to be told only where the asker may know of it."""
        super().__init__(about)
        self.about = about

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if not cls.__doc__:
            raise TypeError(f"{cls.__name__} has no sentence")
        if cls.by_code.setdefault(cls.__name__, cls) is not cls:
            raise TypeError(f"two refusals are called {cls.__name__}")

    @property
    def code(self) -> str:
        return type(self).__name__

    @property
    def sentence(self) -> str:
        return (type(self).__doc__ or "").partition("\n")[0]


class Unknown(Refused):
    """There is no such thing, or it is not for the asker to know (D16)."""


class NotAllowed(Refused):
    """The worker does not hold the right this takes."""


def require(condition: bool, *, otherwise: type[Refused]) -> None:
    """Refuse with `otherwise` unless the condition holds."""
    if not condition:
        raise otherwise
