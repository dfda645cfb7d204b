"""Every request there is, by its wire name: importing this file makes them all known."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from commands.clients import address, bookmark, contact, directory, group, membership, merge, paper, relation
from commands.command import Command
from commands.company import process_area, responsibility, settings
from commands.pricing import order, price, price_list, product
from commands.service import calendar, contract, incident_type, ticket
from commands.staff import area, team, worker
from commands.work import notice
from domain.decider import Decider

NOUNS = (
    *(worker, team, area, directory, contact, bookmark, group, membership),
    *(settings, process_area, responsibility),
    *(product, price_list, price, order),
    *(calendar, contract, incident_type, ticket, notice),
)

PARTS = (address, merge, paper, relation)
"""What may be asked of a contact, a file for each side of it."""

COMMANDS: Mapping[str, type[Command]] = Command.by_topic

DECIDERS: Mapping[str, Decider[Any, Any]] = {
    fact.topic: command.of for command in COMMANDS.values() for fact in command.of.facts
}
"""Whose life each fact belongs to, by the fact's wire name."""
