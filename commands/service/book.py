"""The texts that a ticket's promises rest on: contracts, and the calendars that all their versions count by."""

from __future__ import annotations

from collections.abc import Iterable

from commands.command import Reading
from domain.service.calendar import CALENDAR
from domain.service.contract import CONTRACT
from domain.service.promise import Book
from domain.values import ContractId


def read_book(asked: Reading, contracts: Iterable[ContractId]) -> Book:
    """The contracts and the calendars all their versions count by."""
    texts = {contract: asked.read(CONTRACT, contract) for contract in contracts}
    calendars = {version.terms.calendar for text in texts.values() for version in text.versions}
    return Book(texts, {calendar: asked.read(CALENDAR, calendar) for calendar in calendars})
