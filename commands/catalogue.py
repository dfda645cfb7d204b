"""Every request there is, by its wire name: importing this file makes them all known."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from commands.clients import address, bookmark, contact, directory, group, membership, merge, paper, relation
from commands.command import Command
from commands.company import process_area, responsibility, settings
from commands.pricing import order, price, price_list, product
from commands.privacy import erasure, hold, receipt, restriction
from commands.service import (
    calendar,
    contract,
    escalation,
    exchange,
    holding,
    incident_type,
    joining,
    link,
    opening,
    routing,
    ticket,
)
from commands.staff import area, team, worker
from commands.talk import gateway
from commands.work import notice
from domain.decider import Decider

NOUNS = (
    *(worker, team, area, directory, contact, bookmark, group, membership),
    *(settings, process_area, responsibility),
    *(product, price_list, price, order),
    *(calendar, contract, incident_type, ticket, gateway, notice),
    *(erasure, hold, receipt),
)

PARTS = (address, merge, paper, relation, opening, routing, holding, exchange, joining, link, escalation, restriction)
"""What may be asked of a contact and of a ticket, a file for each side of them."""

COMMANDS: Mapping[str, type[Command]] = Command.by_topic

DECIDERS: Mapping[str, Decider[Any, Any]] = {
    fact.topic: command.of for command in COMMANDS.values() for fact in command.of.facts
}
"""Whose life each fact belongs to, by the fact's wire name."""
