"""What will come of each ticket by itself: every level laid out with its instant, then the first not done with."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timezone
from typing import Any

from naive.promises import WROTE, Book, Clock, Mark, Offer, Step, levels, standing, steps

PlainFact = dict[str, Any]
Rows = dict[str, dict[tuple[str, ...], dict[str, Any]]]

EVER = datetime.max.replace(tzinfo=timezone.utc)
DONE = ("ticket.escalated", "ticket.escalation-skipped")


def of_contract(found: Rows, id: str, own: Sequence[PlainFact]) -> None:
    found["timed_calendars"][id,] = {"calendar": own[-1]["body"]["terms"]["calendar"]}


def of_ticket(found: Rows, id: str, own: Sequence[PlainFact], company: Sequence[PlainFact], book: Book) -> None:
    """By how the ticket stands, which was found before."""
    stands = found["ticket_standings"][id,]
    for what, row in (*_levels(own, book), *_closing(own, stands["status"], company, book)):
        found["timers"][id, what] = {"since": None, "assignment": None, "percent": None, **row}
    if stands["status"] == "resolved":
        found["timed"][id,] = {"contract": None, "standing": "resolved"}
    elif not stands["over"] and stands["contract"] is not None:
        found["timed"][id,] = {"contract": stands["contract"], "standing": "open"}


def _levels(own: Sequence[PlainFact], book: Book) -> Iterator[tuple[str, dict[str, Any]]]:
    known = standing(book, steps(own), EVER)
    done = {_mark(fact["body"]) for fact in own if fact["topic"] in DONE}
    for target, clock in known.clocks():
        ahead = [
            (mark.percent, mark, due)
            for mark, due in levels(book, target, clock, known, EVER)
            if due is not None and mark not in done
        ]
        for percent, mark, due in sorted(ahead)[:1]:
            yield target, {"due": due, "since": mark.since, "assignment": mark.assignment, "percent": percent}


def _mark(body: dict[str, Any]) -> Mark:
    since = None if body["since"] is None else datetime.fromisoformat(body["since"])
    return Mark(body["target"], since, body["assignment"], body["percent"])


def _resolved(life: Sequence[Step]) -> datetime:
    """Since when, of what is resolved: it is once, until it is opened again."""
    found: list[datetime] = []
    for step in life:
        if step.topic in ("ticket.reopened", WROTE):
            found = []
        if step.topic == "ticket.resolved":
            found.append(step.at)
    return found[0]


def _closing(
    own: Sequence[PlainFact], status: str, company: Sequence[PlainFact], book: Book
) -> Iterator[tuple[str, dict[str, Any]]]:
    rules = [fact for fact in company if fact["topic"] == "settings.closing-rule-set"]
    rules.sort(key=lambda fact: datetime.fromisoformat(fact["happened_at"]))
    if status != "resolved" or not rules or rules[-1]["body"]["calendar"] is None:
        return
    rule = rules[-1]["body"]
    clock = Clock(book, offer=Offer(rule["after_seconds"], rule["calendar"], EVER, "", 0))
    clock.run(_resolved(steps(own)))
    due = clock.due(clock.runs)
    if due is not None:
        yield "closing", {"due": due}
