"""`kartoteka forget`: a person's end is asked for, looked after, and held against its signed receipt; legal holds."""

from __future__ import annotations

import asyncio
import os
import tempfile
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, NamedTuple, TypeVar

import orjson
import typer
from pydantic import ValidationError

from adapters.cli import asking, console
from adapters.cli.local import Actor, Patience
from adapters.cli.query import pages
from adapters.composition import found, verifying
from adapters.envelope import envelope_of
from adapters.erasing.verification import Finding
from adapters.inquiry import ASKED, HIGHEST_LIMIT
from adapters.inquiry import envelope_of as question_envelope
from adapters.nats.client import Client, new_command_id
from adapters.receipt_document import NotAReceipt, Signed, decoded, encoded
from adapters.settings import read_settings
from adapters.signature import Signature
from commands.catalogue import COMMANDS
from commands.reckonings.obstacles import Obstacles
from domain.privacy.receipt import Receipt
from domain.staff.worker import SYSTEM
from domain.values import Person
from projections.privacy.erasure import ErasureReceipts, Erasures, Holds

T = TypeVar("T")
Row = dict[str, Any]

LOOK_SECONDS = 0.25
ANSWER_SECONDS = 15.0

app = typer.Typer(no_args_is_help=True, help="Forgetting a person, with proof.")

Whom = Annotated[str, typer.Argument(metavar="PERSON", help="contact:ID, worker:ID, or ticket:ID for its sender.")]
Anybody = Annotated[str | None, typer.Argument(metavar="[PERSON]", help="Of one person; of everybody without.")]
Ground = Annotated[str, typer.Option(help="One of the company's hold grounds.")]
AsJson = Annotated[bool, typer.Option("--json", help="As JSON.")]


def register(parent: typer.Typer) -> None:
    """Add the commands of this file."""
    parent.add_typer(app, name="forget")


class Outcome(NamedTuple):
    """How an erasure stands, if there is one, and its receipts."""

    erasure: Row | None
    receipts: list[Row]


@app.command()
def request(
    person: Whom,
    reason: Annotated[str, typer.Option(help="One of the company's erasure reasons.")],
    actor: Annotated[str, typer.Option(help="The officer who asks: a person is forgotten by somebody with a name.")],
    wait: Annotated[bool, typer.Option("--wait", help="Come back when it is done.")] = False,
    wait_seconds: Annotated[float, typer.Option(min=0, help="With --wait, at most so long.")] = 300.0,
    id: Annotated[str | None, typer.Option(help="The command's UUID; the same again does nothing twice.")] = None,
    patience_seconds: Patience = ANSWER_SECONDS,
    as_json: AsJson = False,
) -> None:
    """Have a person forgotten, or be told all that stands in the way; asked again, be told how it stands."""
    topic, data = "erasure.request", {"person": person, "reason": reason}
    payload = _command(topic, data, actor, id, as_json=as_json)

    async def ask(operator: Client) -> Outcome:
        answer = await operator.ask(topic, payload)
        outcome = await _outcome(operator, person, actor, answer["position"])
        until = time.monotonic() + (wait_seconds if wait else 0.0)
        while outcome.erasure is not None and outcome.erasure["under_way"] and time.monotonic() < until:
            await asyncio.sleep(LOOK_SECONDS)
            outcome = await _outcome(operator, person, actor)
        return outcome

    outcome = asking.answered(ask, unanswered="", patience_seconds=patience_seconds, as_json=as_json)
    _tell(outcome, as_json=as_json)
    if outcome.erasure is None:
        console.fail("something came in between, and the person is not forgotten; `kartoteka forget obstacles` tells")
    if wait and outcome.erasure["under_way"]:
        console.fail(f"it goes on; by now it is {outcome.erasure['step']}", console.TRY_LATER)


@app.command()
def status(
    person: Anybody = None, actor: Actor = SYSTEM, patience_seconds: Patience = ANSWER_SECONDS, as_json: AsJson = False
) -> None:
    """Print how far forgetting has come: of one person, or of everybody who is being forgotten or was."""
    _list(Erasures.name, _narrowed(person), actor, patience_seconds, as_json=as_json)


@app.command()
def obstacles(
    person: Whom, actor: Actor = SYSTEM, patience_seconds: Patience = ANSWER_SECONDS, as_json: AsJson = False
) -> None:
    """Print all that stands in the way of forgetting a person; the code is 1 where anything does."""
    payload = _question(Obstacles.name, {"person": person}, actor, as_json=as_json)
    answer = _asked(lambda operator: operator.inquire(Obstacles.name, payload), patience_seconds, as_json=as_json)
    row = answer["row"]
    if as_json:
        console.give(row)
    else:
        console.show(row["obstacles"], as_json=False, title="In the way")
        console.note(f"{person} stands for {len(row['contacts'])} contacts and {row['subjects']} subjects")
    if row["obstacles"]:
        raise typer.Exit(1)


@app.command()
def hold(
    person: Whom,
    ground: Ground,
    until: Annotated[str | None, typer.Option(metavar="ISO", help="When it ends by itself.")] = None,
    actor: Actor = SYSTEM,
    patience_seconds: Patience = ANSWER_SECONDS,
    as_json: AsJson = False,
) -> None:
    """Keep a person from being forgotten."""
    data = {"person": person, "ground": ground, "until": until}
    _do("hold.place", {name: value for name, value in data.items() if value}, actor, patience_seconds, as_json=as_json)


@app.command("lift-hold")
def lift_hold(
    person: Whom,
    ground: Ground,
    actor: Actor = SYSTEM,
    patience_seconds: Patience = ANSWER_SECONDS,
    as_json: AsJson = False,
) -> None:
    """Say that a ground keeps the person from being forgotten no longer."""
    _do("hold.lift", {"person": person, "ground": ground}, actor, patience_seconds, as_json=as_json)


@app.command()
def holds(
    person: Anybody = None, actor: Actor = SYSTEM, patience_seconds: Patience = ANSWER_SECONDS, as_json: AsJson = False
) -> None:
    """Print who must not be forgotten, and on which grounds."""
    _list(Holds.name, _narrowed(person), actor, patience_seconds, as_json=as_json)


@app.command()
def receipt(
    person: Whom,
    out: Annotated[
        Path | None, typer.Option(dir_okay=False, help="Write the document, byte for byte, to a file.")
    ] = None,
    number: Annotated[int | None, typer.Option(min=1, help="Which, where there are two; default: the last.")] = None,
    actor: Actor = SYSTEM,
    patience_seconds: Patience = ANSWER_SECONDS,
    as_json: AsJson = False,
) -> None:
    """Print what forgetting a person came to: the receipt, as it was signed."""
    envelope = _narrowed(person)
    rows = _rows(ErasureReceipts.name, envelope, actor, patience_seconds, as_json=as_json)
    chosen = [row for row in rows if number in (None, row["number"])][-1:]
    if not chosen:
        console.fail(f"there is no such receipt of {person}")
    if out is not None:
        _write(out, encoded(_signed(chosen[0])))
        console.note(f"{out}: receipt {chosen[0]['number']}, {chosen[0]['digest']}")
    elif as_json:
        console.give(_shown(chosen[0]))
    else:
        console.show(_lines(chosen[0]), as_json=False, title=f"Receipt {chosen[0]['number']}")


@app.command()
def verify(
    file: Annotated[
        Path | None, typer.Argument(metavar="[FILE]", exists=True, dir_okay=False, help="A receipt that was written.")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Every receipt of the log.")] = False,
    as_json: AsJson = False,
) -> None:
    """Hold a receipt against its signature, the log, the journal and the database; the code is 1 where one is wrong."""
    if everything == (file is not None):
        console.fail("say which: a FILE, or --all", console.WRONG_USE)
    count, findings = asyncio.run(_verify(file))
    if as_json:
        console.give({"whole": not findings, "receipts": count, "findings": [each._asdict() for each in findings]})
    elif findings:
        console.show([each._asdict() for each in findings], as_json=False, title="Not as it should be")
    else:
        print(f"whole: {count} receipts, and nothing is there that should not be", flush=True)
    if findings:
        raise typer.Exit(1)


async def _verify(file: Path | None) -> tuple[int, Sequence[Finding]]:
    """How many receipts were looked at, and what is wrong."""
    signed: Signed | None = None
    if file is not None:
        try:
            signed = decoded(file.read_bytes())
        except NotAReceipt as error:
            return 1, [Finding(0, "document", str(error))]
    try:
        async with verifying(found(read_settings())) as verification:
            if signed is not None:
                return 1, await verification.document(signed)
            return len(verification.book), await verification.everything()
    except ValidationError:
        return 0, [Finding(0, "log", "a receipt of the log cannot be read: `kartoteka audit verify` tells where")]


async def _outcome(operator: Client, person: str, actor: str, position: str | None = None) -> Outcome:
    whom = Person(person)
    erasures = await operator.query(Erasures(person=whom), actor=actor, min_position=position)
    receipts = await operator.query(ErasureReceipts(person=whom), actor=actor)
    return Outcome(next(iter(erasures["rows"]), None), receipts["rows"])


def _tell(outcome: Outcome, *, as_json: bool) -> None:
    if as_json:
        console.give({"erasure": outcome.erasure, "receipts": [_shown(each) for each in outcome.receipts]})
        return
    console.show([outcome.erasure] if outcome.erasure else [], as_json=False)
    for each in outcome.receipts:
        console.show(_lines(each), as_json=False, title=f"Receipt {each['number']}")


def _shown(row: Row) -> Row:
    """A receipt with its document taken apart."""
    return {**row, "receipt": orjson.loads(row["receipt"])}


def _lines(row: Row) -> list[Row]:
    """What was destroyed, what is kept and on which ground, and what was taken out of what was made of it."""
    said = orjson.loads(row["receipt"])
    counted = [(what, each) for what in ("destroyed", "kept", "purged") for each in said[what]]
    keys = {"kind": "data-keys", "count": len(said["keys"])}
    return [
        {"what": what, "kind": each["kind"], "count": each["count"], "ground": each.get("ground", "")}
        for what, each in [*counted, ("keys", keys)]
    ]


def _signed(row: Row) -> Signed:
    return Signed(Receipt.model_validate_json(row["receipt"]), Signature(row["signer"], row["signature"]))


def _write(path: Path, data: bytes) -> None:
    """Whole or not at all."""
    descriptor, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
        Path(draft).replace(path)
    except BaseException:
        Path(draft).unlink()
        raise


def _narrowed(person: str | None) -> Row:
    return {} if person is None else {"person": person}


def _do(topic: str, data: Row, actor: str, patience_seconds: float, *, as_json: bool) -> None:
    payload = _command(topic, data, actor, None, as_json=as_json)
    console.show(
        [_asked(lambda operator: operator.ask(topic, payload), patience_seconds, as_json=as_json)], as_json=as_json
    )


def _list(name: str, data: Row, actor: str, patience_seconds: float, *, as_json: bool) -> None:
    console.show(_rows(name, data, actor, patience_seconds, as_json=as_json), as_json=as_json)


def _rows(name: str, data: Row, actor: str, patience_seconds: float, *, as_json: bool) -> list[Row]:
    """All pages."""
    envelope = {"actor": actor, "data": data, "limit": HIGHEST_LIMIT}
    asking.check(question_envelope(ASKED[name]), name, orjson.dumps(envelope), as_json=as_json)
    answer = _asked(
        lambda operator: pages(operator, name, envelope, every_page=True), patience_seconds, as_json=as_json
    )
    rows: list[Row] = answer["rows"]
    return rows


def _question(name: str, data: Row, actor: str, *, as_json: bool) -> bytes:
    payload = orjson.dumps({"actor": actor, "data": data})
    asking.check(question_envelope(ASKED[name]), name, payload, as_json=as_json)
    return payload


def _command(topic: str, data: Mapping[str, Any], actor: str, id: str | None, *, as_json: bool) -> bytes:
    payload = orjson.dumps({"id": id or new_command_id(), "actor": actor, "data": data})
    asking.check(envelope_of(COMMANDS[topic]), topic, payload, as_json=as_json)
    return payload


def _asked(ask: Callable[[Client], Awaitable[T]], patience_seconds: float, *, as_json: bool) -> T:
    return asking.answered(ask, unanswered="", patience_seconds=patience_seconds, as_json=as_json)
