"""`kartoteka why`: why this deadline, why this assignee, why this notice or none; told in the company's own time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Annotated, Any

import typer

from adapters.cli import console
from adapters.cli.local import Actor, AsJson, Local, Patience, asked
from domain.service.target import Target
from domain.staff.worker import SYSTEM
from domain.work.notice import Occasion

app = typer.Typer(no_args_is_help=True, help="Why it is so: a deadline, an assignee, a notice.")

Ticket = Annotated[str, typer.Argument(help="The ticket's id.")]
KnownAt = Annotated[str | None, typer.Option(metavar="ISO", help="As it was known at an instant; default: now.")]

Row = dict[str, Any]
NO_DUE = {
    "nothing-promised": "nothing was promised",
    "paused": "paused",
    "given-up": "given up before it was due",
    "beyond-reach": "not within five years of the calendar",
}


def register(parent: typer.Typer) -> None:
    """Add the commands of this file."""
    parent.add_typer(app, name="why")


@app.command()
def deadline(
    ticket: Ticket,
    target: Annotated[Target, typer.Option(help="Which of its promises.")] = Target.RESOLUTION,
    since: Annotated[
        str | None, typer.Option(metavar="ISO", help="Of the next responses, the one owed from then on.")
    ] = None,
    known_at: KnownAt = None,
    actor: Actor = SYSTEM,
    patience_seconds: Patience = 15.0,
    as_json: AsJson = False,
) -> None:
    """Why a promise is due when it is: everything that counts or is cut out, and that it adds up."""
    data = {"ticket": ticket, "target": target, **_given(since=since, known_at=known_at)}
    found = asked("deadline", data, actor, patience_seconds, as_json=as_json)
    if as_json:
        console.give(found.row)
        return
    console.show([*_lines(found)], as_json=False, title=f"{target} of {ticket}, times in {found.zone}")
    for line in _summary(found):
        console.note(line)


@app.command()
def assignee(
    ticket: Ticket,
    known_at: KnownAt = None,
    actor: Actor = SYSTEM,
    patience_seconds: Patience = 15.0,
    as_json: AsJson = False,
) -> None:
    """Why a ticket was given to whoever has it: every step of the chain, and who has had it since."""
    found = asked(
        "assignment", {"ticket": ticket, **_given(known_at=known_at)}, actor, patience_seconds, as_json=as_json
    )
    row = found.row
    if as_json:
        names = {f"{name}_name": row["names"].get(row[name]) for name in ("assignee", "team")}
        console.give({**row, **names})
        return
    for chain in row["routings"]:
        title = f"The chain of {found.at(chain['at'])}, asked for by {found.called(chain['actor'])}"
        console.show([_step(found, step) for step in chain["steps"]], as_json=False, title=title)
    console.show([_holding(found, each) for each in row["holdings"]], as_json=False, title="Who has had it")
    today = found.whom(row["today"])
    console.note(f"it is with {found.whom(row)}; today the chain would {'also ' if row['same'] else ''}come to {today}")


@app.command()
def notice(
    ticket: Ticket,
    worker: Annotated[str | None, typer.Option(metavar="WORKER", help="Whose notices; default: whoever asks.")] = None,
    occasion: Annotated[Occasion | None, typer.Option(help="Of what they tell; default: of everything.")] = None,
    actor: Actor = SYSTEM,
    patience_seconds: Patience = 15.0,
    as_json: AsJson = False,
) -> None:
    """Why a worker got notices about a ticket, or did not."""
    if worker is None and actor == SYSTEM:
        console.fail("nothing is told to the installation itself: say whose notices with --worker", console.WRONG_USE)
    data = {"ticket": ticket, **_given(worker=worker, occasion=occasion)}
    found = asked("why-notice", data, actor, patience_seconds, as_json=as_json)
    if as_json:
        console.give(found.row)
        return
    rows = [_notice(found, each) for each in found.row["notices"]]
    rows += [_notice(found, {**each, "withheld": each["because"]}) for each in found.row["without"]]
    console.show(rows, as_json=False, title=f"What {found.called(found.row['worker'])} was told")


def _given(**fields: Any) -> Row:
    return {name: value for name, value in fields.items() if value is not None}


def _lines(found: Local) -> Iterator[Row]:
    """In the order of time, with a running sum of what counts."""
    row, total = found.row, timedelta()
    events = [
        *((each["since"], "", None, _text(found, each)) for each in row["texts"]),
        *((each["opens"], each["closes"], each["seconds"], each["share"]) for each in row["parts"]),
        *(
            (each["since"], each["until"], each["business_seconds"], f"cut out: {each['status']}")
            for each in row["pauses"]
        ),
        *((each["at"], "", None, _shift(each)) for each in row["shifts"]),
    ]
    for since, until, seconds, what in sorted(events, key=lambda each: (console.instant(each[0]), each[2] is not None)):
        counted = seconds is not None and not what.startswith("cut out")
        total += timedelta(seconds=seconds if counted else 0)
        yield {
            "from": found.at(since),
            "to": found.at(until or None),
            "length": "" if seconds is None else _length(seconds),
            "sum": _length(total.total_seconds()) if counted else "",
            "what": what,
        }
    for day in row["holidays"]:
        length = _length(day["business_seconds"])
        yield {"from": day["day"], "to": "", "length": length, "sum": "", "what": "closed: a holiday"}


def _text(found: Local, text: Row) -> str:
    if text["contract"] is None:
        return "no contract"
    promised = "nothing" if text["target_seconds"] is None else _length(text["target_seconds"])
    severity = text["severity"] or "not assessed"
    return f"{found.called(text['contract'])}, version {text['contract_version']}, {severity}: {promised}"


def _shift(shift: Row) -> str:
    before, after = (f"{seconds / 3600:+g} h" for seconds in (shift["before_seconds"], shift["after_seconds"]))
    return f"the clocks change: {before} to {after} from UTC"


def _summary(found: Local) -> Iterator[str]:
    row = found.row
    if row["due"] is not None:
        yield f"due {found.at(row['due'])}: {row['outcome']}"
        used, left, over = (_length(row[f"{name}_seconds"]) for name in ("used", "left", "over"))
        yield f"used {used} + left {left} = {_length(row['target_seconds'])}, as promised; beyond it {over}"
        return
    yield f"no due, {NO_DUE[row['no_due']]}: {row['outcome']}"
    if row["target_seconds"] is not None:
        remaining = _length(row["remaining_seconds"])
        yield f"used {_length(row['used_seconds'])} of {_length(row['target_seconds'])}, {remaining} remain"


def _length(seconds: float) -> str:
    """Business hours, minutes, seconds."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{rest:02}"


def _step(found: Local, step: Row) -> Row:
    return {
        "step": step["source"],
        "named by": found.called(step["named_by"]),
        "candidate": found.called(step["candidate"]),
        "team": found.called(step["team"]),
        "in place of": found.called(step["substitute_for"]),
        "result": step["result"],
        "reason": step["reason"] or "",
    }


def _holding(found: Local, held: Row) -> Row:
    return {
        "from": found.at(held["at"]),
        "how": held["way"],
        "by": found.called(held["actor"]),
        "assignee": found.called(held["assignee"]),
        "team": found.called(held["team"]),
    }


def _notice(found: Local, told: Row) -> Row:
    return {
        "told": found.at(told.get("told_at")),
        "occasion": told["occasion"],
        "of": f"{told['percent']} % of {told['target']}" if told.get("percent") else "",
        "channel": told.get("channel") or "",
        "why": ", ".join(found.called(role.partition(":")[2] or role) for role in told.get("roles") or ()),
        "why not": told.get("withheld") or told.get("failure") or "",
        "seen": found.at(told.get("seen_at")),
        "delivered": found.at(told.get("delivered_at")),
    }
