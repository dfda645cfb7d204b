"""Every reckoning there is, by its name."""

from __future__ import annotations

from collections.abc import Mapping

from commands.reckoning import Reckoning
from commands.reckonings import assigned, deadline, effect, notice, order_price, price, sight, staffing, terms, what_if

ASKED = (sight, effect, price, order_price, terms, deadline, assigned, what_if, staffing, notice)

RECKONINGS: Mapping[str, type[Reckoning]] = Reckoning.by_name
