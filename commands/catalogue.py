"""Every request there is, by its wire name: importing this file makes them all known."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from commands.clients import contact, directory, group, membership
from commands.command import Command
from commands.company import settings
from commands.service import calendar, contract, incident_type, ticket
from commands.staff import area, team, worker
from commands.work import notice
from domain.decider import Decider

NOUNS = (
    *(worker, team, area, directory, contact, group, membership, settings),
    *(calendar, contract, incident_type, ticket, notice),
)

COMMANDS: Mapping[str, type[Command]] = Command.by_topic

DECIDERS: Mapping[str, Decider[Any, Any]] = {
    fact.topic: command.of for command in COMMANDS.values() for fact in command.of.facts
}
"""Whose life each fact belongs to, by the fact's wire name."""
