"""Which days are public holidays, by country and part of a country: the one place that knows the library for it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple


class PublicHoliday(NamedTuple):
    """A day on which a country, or a part of it, does not work."""

    day: date
    name: str


class NotListed(Exception):
    """The country is none that is known, or it has no such part."""


def public_holidays(country: str, subdivision: str | None, years: Iterable[int]) -> list[PublicHoliday]:
    """All days off of these years in their order, with those in place of others that fall on a weekend.

    Some countries list none for some years. Raises NotListed, with what there is.
    """
    import holidays  # it brings the lists of the whole world, which nothing else here needs

    known = {name.upper(): name for name in holidays.list_supported_countries(include_aliases=False)}
    code = known.get(country.upper())
    if code is None:
        raise NotListed(f"{country}: there is no list for this country; there is one for {', '.join(sorted(known))}")
    parts = {name.upper(): name for name in holidays.list_supported_countries()[code]}
    if subdivision is not None and subdivision.upper() not in parts:
        there = ", ".join(sorted(parts.values())) or "none"
        raise NotListed(f"{subdivision}: {code} has no such part; it has {there}")
    part = None if subdivision is None else parts[subdivision.upper()]
    wanted = set(years)
    found = holidays.country_holidays(code, subdiv=part, years=wanted, language="en_US")
    return [PublicHoliday(day, name) for day, name in sorted(found.items()) if day.year in wanted]
