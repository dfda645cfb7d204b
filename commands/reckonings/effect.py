"""What a request would change, before it is done: decided as it would be, compared, and nothing stored (N-10)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Any

from pydantic import Field
from pydantic_core import to_json

from commands.catalogue import COMMANDS, DECIDERS
from commands.command import Command
from commands.lookup import CHARGES
from commands.reckoning import Mention, Reckoned, Reckoning, Told
from commands.reckonings.due import DeadlineMoved, moved
from commands.reckonings.touched import Changed, Place, changed, shown, touched
from commands.reckonings.turned import SightChanged, turned
from commands.reckonings.unseen import TicketUnseen, unseen
from commands.reckonings.unworkable import RowUnworkable, unworkable
from commands.retrospect import Present, Supposed
from domain.clients.contact import CONTACT
from domain.clients.directory import DIRECTORY
from domain.clients.group import GROUP
from domain.clients.membership import MEMBERSHIP
from domain.refusal import NotAllowed, Refused, Unknown
from domain.service.ticket import TICKET
from domain.staff.area import AREA
from domain.staff.worker import WORKER
from domain.values import Instant, TicketId, WorkerId

MOST_PLACES, MOST_TICKETS = 5_000, 500
"""That are looked at for one answer: places with their workers, and open tickets."""

PLACES = (DIRECTORY.kind, AREA.kind, CONTACT.kind, GROUP.kind)
"""What not everybody may know of."""

Topic = Annotated[str, Field(pattern=r"^[a-z][a-z.-]{0,79}$")]


class Effects(Told):
    """What would follow. `refused` is the code of a rule in the way; `cut` says that not everything was looked at."""

    command: str
    refused: str | None
    facts: tuple[str, ...]
    sight: tuple[SightChanged, ...]
    rows: tuple[RowUnworkable, ...]
    tickets: tuple[TicketUnseen, ...]
    deadlines: tuple[DeadlineMoved, ...]
    cut: bool


class Effect(Reckoning[Effects], name="effect", asked_by="whoever may give the command"):
    """What a request would change if it was made now: whose sight, which rows, tickets and deadlines (N-10).

    `command` and `data` are those of the request; `at` is when it would have happened, if not now.
    """

    command: Topic
    data: Mapping[str, Any] = {}
    at: Instant | None = None

    def request(self) -> Command:
        """The request, its data in the shape that the command's schema asks for."""
        return COMMANDS[self.command].model_validate_json(to_json(self.data), strict=True)

    def reckon(self, asked: Present) -> Reckoned:
        after = asked.supposing(self.request(), self.at)
        if code := after.attempt.code:
            refusal = Refused.by_code[code]
            if issubclass(refusal, (Unknown, NotAllowed)):
                raise refusal
            nothing: dict[str, Any] = dict.fromkeys(("facts", "sight", "rows", "tickets", "deadlines"), ())
            return Reckoned(Effects(command=self.command, refused=code, cut=False, **nothing))
        row = _compared(asked, after, self.command)
        return Reckoned(row, frozenset(_mentioned(row)))


def _compared(asked: Present, after: Supposed, command: str) -> Effects:
    things = changed(after)
    tickets = [each for each in things if each.decider is TICKET]
    places = touched(asked, after, (each for each in things if each.decider is not TICKET))
    workers, themselves = sorted(places), touched(asked, after, tickets)
    looked_at = [
        (worker, place)
        for worker in sorted({*places, *themselves})
        for place in sorted(places.get(worker, set()) | themselves.get(worker, set()))
    ]
    asked.bring(WORKER, {worker for worker, _ in looked_at})
    asked.bring(DIRECTORY, {place.id for _, place in looked_at if place.kind == DIRECTORY.kind})
    asked.bring(AREA, {place.id for _, place in looked_at if place.kind == AREA.kind})
    charges = list(dict.fromkeys(_charges(asked, workers, tickets)))
    asked.bring(TICKET, {ticket for _, ticket in charges[:MOST_TICKETS]})
    asked.bring(TICKET, {place.id for _, place in looked_at[:MOST_PLACES] if place.kind == TICKET.kind})
    due = moved(asked, after, things, MOST_TICKETS)
    return Effects(
        command=command,
        refused=None,
        facts=tuple(_facts(asked, after)),
        sight=tuple(turned(asked, after, looked_at[:MOST_PLACES])),
        rows=tuple(unworkable(asked, after, workers, things)),
        tickets=tuple(unseen(asked, after, charges[:MOST_TICKETS])),
        deadlines=tuple(due[:MOST_TICKETS]),
        cut=len(looked_at) > MOST_PLACES or len(charges) > MOST_TICKETS or len(due) > MOST_TICKETS,
    )


def _charges(
    asked: Present, workers: Iterable[WorkerId], tickets: Iterable[Changed]
) -> Iterator[tuple[WorkerId, TicketId]]:
    """The open tickets of these workers, and these, each with who has it now."""
    asked.seek(CHARGES, workers)
    for worker in workers:
        yield from ((worker, TicketId(each.thing)) for each in asked.find(CHARGES, worker) if each.kind == TICKET.kind)
    for _, id in tickets:
        if (assignee := asked.read(TICKET, id).holding.assignee) is not None:
            yield assignee, TicketId(id)


def _facts(asked: Present, after: Supposed) -> Iterator[str]:
    """The topics of what would be recorded about things that the asker may know of."""
    for fact in after.attempt.facts:
        decider = DECIDERS[fact.event.topic]
        kind = CONTACT.kind if decider is MEMBERSHIP else decider.kind
        place = Place(kind, fact.stream.removeprefix(f"{decider.kind}-"))
        if kind not in PLACES or shown(asked, after, place):
            yield fact.event.topic


def _mentioned(row: Effects) -> Iterator[Mention]:
    """Everything in it that has a name, but for groups of the standing check, which the asker need not know."""
    for each in row.sight:
        yield WORKER.kind, each.worker
        yield from ((kind, id) for kind in PLACES if kind != CONTACT.kind and (id := getattr(each, kind)) is not None)
    for worker in (*(each.worker for each in row.rows), *(each.worker for each in row.tickets)):
        if worker is not None:
            yield WORKER.kind, worker
