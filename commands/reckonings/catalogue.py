"""Every reckoning there is, by its name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from commands.reckoning import Reckoning
from commands.reckonings import (
    assigned,
    deadline,
    effect,
    notice,
    obstacles,
    order_price,
    price,
    sight,
    staffing,
    terms,
    what_if,
)

ASKED = (sight, effect, price, order_price, terms, deadline, assigned, what_if, staffing, notice, obstacles)

RECKONINGS: Mapping[str, type[Reckoning[Any]]] = Reckoning.by_name
