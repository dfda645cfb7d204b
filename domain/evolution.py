"""A state with some fields changed: what `dataclasses.replace` gives, at a third of the price."""

from __future__ import annotations

from typing import Any, TypeVar

S = TypeVar("S")

_make, _set = object.__new__, object.__setattr__


def changed(state: S, **fields: Any) -> S:
    """For frozen dataclasses with slots, which every fold of every stream makes anew for every fact."""
    kind = state.__class__
    new = _make(kind)
    for name in kind.__slots__:  # type: ignore[attr-defined]  # a state has slots
        _set(new, name, fields[name] if name in fields else getattr(state, name))
    return new
