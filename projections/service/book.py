"""The texts that a ticket's promises rest on, as of some fact: what `commands/service/book.py` is to a decision."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from domain.decider import Decider
from domain.service.calendar import CALENDAR
from domain.service.contract import CONTRACT, Contract
from domain.service.promise import Book
from domain.service.ticket import Ticket
from domain.values import ContractId

State = Callable[[Decider[Any, Any], str], Any]
"""What a stream comes to, as of some fact."""


def book(ticket: Ticket, state: State) -> Book:
    """Every contract that ever counted for the ticket, with the calendars that all their versions count by."""
    contracts: dict[ContractId, Contract] = {id: state(CONTRACT, id) for id in ticket.contracts()}
    calendars = {version.terms.calendar for contract in contracts.values() for version in contract.versions}
    return Book(contracts, {id: state(CALENDAR, id) for id in calendars})
