"""Sealed columns of an answer: found by their names, opened together, and shown without the prefix."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import orjson

from adapters.sealing import KeyName, Opener, emptied, kept

PREFIX = "sealed_"

Fenced = Callable[[KeyName], bool]
"""Whether what is sealed under a key opens no more."""


def behind_fence(text: str, fenced: Fenced) -> str:
    """The text of a sealed column as it would be written today: every envelope that is fenced is empty."""
    parts = orjson.loads(text)
    for each in _kept(parts):
        if fenced(KeyName(each[-1]["subject"], each[-1]["purpose"])):
            each[-1] = emptied(each[-1])
    return orjson.dumps(parts).decode()


class SealedColumns:
    """What is sealed in some rows: each text is opened once, however often it stands there."""

    def __init__(self, names: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
        self._names = [name.removeprefix(PREFIX) for name in names]
        self._rows = rows
        self._sealed = [n for n, name in enumerate(names) if name.startswith(PREFIX)]
        self._nested = [n for n in range(len(names)) if any(isinstance(row[n], (list, dict)) for row in rows)]
        self._parts: dict[str, Any] = {}
        for row in rows:
            for n in self._sealed:
                self._note(row[n])
            for n in self._nested:
                self._find(row[n])

    def keys(self) -> set[KeyName]:
        """Whose keys it takes to open everything."""
        envelopes = [each[-1] for parts in self._parts.values() for each in _kept(parts)]
        return {KeyName(envelope["subject"], envelope["purpose"]) for envelope in envelopes}

    def opened(self, opener: Opener) -> list[dict[str, Any]]:
        """The rows with what the opener makes of it."""
        values = {text: _opened(parts, opener) for text, parts in self._parts.items()}
        found = []
        for row in self._rows:
            shown = list(row)
            for n in self._sealed:
                shown[n] = values.get(row[n])
            for n in self._nested:
                shown[n] = _shown(row[n], values)
            found.append(dict(zip(self._names, shown, strict=True)))
        return found

    def _note(self, text: str | None) -> None:
        if text is not None and text not in self._parts:
            self._parts[text] = orjson.loads(text)

    def _find(self, value: Any) -> None:
        """What lies deeper inside."""
        if isinstance(value, list):
            for each in value:
                self._find(each)
        elif isinstance(value, dict):
            for name, each in value.items():
                if name.startswith(PREFIX):
                    self._note(each)
                else:
                    self._find(each)


def _kept(parts: Any) -> Iterator[list[Any]]:
    """Either one field, or several by their names."""
    yield from parts.values() if isinstance(parts, dict) else (parts,)


def _opened(parts: Any, opener: Opener) -> Any:
    if isinstance(parts, dict):
        return {name: kept(each, opener) for name, each in parts.items()}
    return kept(parts, opener)


def _shown(value: Any, values: dict[str, Any]) -> Any:
    if isinstance(value, list):
        return [_shown(each, values) for each in value]
    if not isinstance(value, dict):
        return value
    return {
        name.removeprefix(PREFIX): values.get(each) if name.startswith(PREFIX) else _shown(each, values)
        for name, each in value.items()
    }
