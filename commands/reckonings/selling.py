"""Who may ask why a price is what it is, and what of an explanation is for them to know (R-PRC-5, D16)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from commands.permission import holds, level, needs
from commands.reckoning import Mention
from commands.retrospect import Present, View
from commands.sight import home, needs_sight
from domain.clients.contact import CONTACT, ContactUnknown
from domain.clients.directory import DIRECTORY, Level
from domain.clients.group import GROUP
from domain.company.settings import COMPANY, SETTINGS
from domain.pricing.price_list import PRICE_LIST
from domain.pricing.winner import LIST_RULES, Has, Priced, Reason, Rejected
from domain.refusal import NotAllowed, Refused, Unknown, require
from domain.staff.team import TEAM
from domain.staff.worker import SYSTEM, Right
from domain.values import ContactId, DirectoryId, GroupId, PriceListId, team_of

MOST_REASONS = 15_000
"""In one answer: some two megabytes."""

UNFIT = frozenset(reason for reason, _ in LIST_RULES)
"""Why a list has no price for whatever line."""

ASKED_BY = "who holds the sales right and sees the customer; an auditor, as an exception"


class TooMuchToExplain(Refused):
    """So many lines with so many lists are explained in parts: ask for fewer lines at once."""


def allowed_by_exception(asked: Present, customer: ContactId | None) -> Right | None:
    """Refuse all who may not sell to the customer; an auditor may ask all the same, by that right alone."""
    try:
        needs(asked, Right.BASIC)
        needs(asked, Right.SALES)
        if customer is not None:
            _bring_teams(asked, {home(asked, customer)})
            needs_sight(asked, customer)
    except (NotAllowed, Unknown):
        if asked.actor == SYSTEM or customer is None or not holds(asked, Right.AUDITOR):
            raise
        require(asked.read(CONTACT, customer).directory is not None, otherwise=ContactUnknown)
        return Right.AUDITOR
    return None


def _bring_teams(asked: Present, directories: Iterable[DirectoryId | None]) -> None:
    """All teams that have a right to these directories at once: sight looks into one after the other."""
    wanted = sorted(each for each in directories if each is not None)
    asked.bring(DIRECTORY, wanted)
    teams = {team_of(holder) for each in wanted for holder, _ in asked.read(DIRECTORY, each).rights}
    asked.bring(TEAM, sorted(team for team in teams if team is not None))


def open_groups(asked: Present, groups: Iterable[GroupId], exception: Right | None) -> frozenset[GroupId]:
    """Those that the asker may know of: whose directory they may use; of an auditor all."""
    wanted = sorted(set(groups))
    asked.bring(GROUP, wanted)
    lying = {group: asked.read(GROUP, group).directory for group in wanted}
    directories = {directory for directory in lying.values() if directory is not None}
    if asked.actor == SYSTEM or exception is not None:
        opened = directories
    else:
        _bring_teams(asked, directories)
        opened = {each for each in directories if level(asked, asked.read(DIRECTORY, each)).reaches(Level.USE)}
    return frozenset(group for group, directory in lying.items() if directory in opened)


def answer_alone(priced: Priced) -> Priced:
    """Without the reasons of those that did not win."""
    return priced.model_copy(update={"rejected": ()})


def base_list(view: View, at: datetime) -> PriceListId | None:
    """That of the instant, as it was known."""
    return view.read(SETTINGS, COMPANY).base_list.at(at)


def groups_in(prices: Iterable[Priced]) -> frozenset[GroupId]:
    """Every group that an explanation names."""
    return frozenset(group for priced in prices for has in _named(priced) for group in has.groups)


def told(priced: Priced, opened: frozenset[GroupId], base: PriceListId | None) -> Priced:
    """Without the groups that are not open, and without lists that only these bring, unless one of them has won.

    The base list is everybody's: where only such groups bring it before its turn, it is told as if they did not.
    """
    winner = priced.winner
    kept = list[Rejected]()
    for each in priced.rejected:
        left = each.model_copy(update={"groups": _left(each, opened)})
        if left.groups or left.own or left.base:
            kept.append(left)
        elif left.price_list == base:
            reason = left.reason if winner is None or left.reason in UNFIT else Reason.LOWER_PRIORITY
            kept.append(left.model_copy(update={"base": True, "reason": reason}))
    if winner is not None:
        groups = _left(winner, opened)
        by_base = winner.base or (winner.price_list == base and not groups and not winner.own)
        winner = winner.model_copy(update={"groups": groups, "base": by_base})
    kept.sort(key=lambda each: (each.base, each.priority, each.price_list))
    return priced.model_copy(update={"winner": winner, "rejected": tuple(kept)})


def needs_tellable(prices: Iterable[Priced]) -> None:
    """Refuse what would be more than one answer can carry."""
    require(sum(len(priced.rejected) for priced in prices) <= MOST_REASONS, otherwise=TooMuchToExplain)


def mentioned(prices: Iterable[Priced]) -> Iterator[Mention]:
    """Everything in them that has a name."""
    for priced in prices:
        for has in _named(priced):
            yield PRICE_LIST.kind, has.price_list
            yield from ((GROUP.kind, group) for group in has.groups)


def _named(priced: Priced) -> Iterator[Has]:
    yield from priced.rejected
    if priced.winner is not None:
        yield priced.winner


def _left(has: Has, opened: frozenset[GroupId]) -> tuple[GroupId, ...]:
    return tuple(group for group in has.groups if group in opened)
