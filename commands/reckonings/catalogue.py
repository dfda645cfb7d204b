"""Every reckoning there is, by its name."""

from __future__ import annotations

from collections.abc import Mapping

from commands.reckoning import Reckoning
from commands.reckonings import effect, order_price, price, sight

ASKED = (sight, effect, price, order_price)

RECKONINGS: Mapping[str, type[Reckoning]] = Reckoning.by_name
