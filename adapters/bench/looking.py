"""Somebody who looks things up in big companies and changes some, in one process with the parts that do it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Iterator
from datetime import datetime, timedelta, timezone
from itertools import count, islice
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any
from uuid import uuid4

from adapters.bench.crowd import Crowd, Sees, contact_id, group_id, worker_id
from adapters.bench.curiosity import asked, known
from adapters.bench.life import command_id
from adapters.bench.loop import READY, run, told
from adapters.bench.market import LISTS, PIECE, QUANTITY, Market, bulk, price_list_id, product_id, single
from adapters.bench.market_seed import SELLER
from adapters.bench.price_baseline import walk
from adapters.bench.side import place
from adapters.bench.turns import alternate, percentile
from adapters.composition import Place, now
from adapters.inquiry import USUAL_LIMIT, Inquiry
from adapters.postgres.answers import READING, Answers
from adapters.postgres.hindsight import Hindsight
from adapters.postgres.keys import Keyring, opened_keys
from adapters.postgres.log import Line, PostgresLog
from adapters.postgres.timers import Timers
from adapters.postgres.views.engine import Engine
from commands.clients.membership import JoinGroup
from commands.handler import Handler
from commands.reactions.reaction import Call
from commands.reactions.timing import asked as asked_for
from commands.reckoning import Reckoning
from commands.request import Request
from domain.staff.worker import TIMER
from domain.values import SubjectId
from projections.service.timers import TIMING

PATIENCE_SECONDS = 10.0
END = datetime(9000, 1, 1, tzinfo=timezone.utc)
BARE = b"SELECT directory FROM access_contacts WHERE contact = %s"


class Unexpected(Exception):
    """Something was refused that should not have been."""


async def looks(there: Place, question: str, crowd: Crowd, sees: Sees) -> AsyncGenerator[float, None]:
    """Questions of one name, asked by workers who see so much."""
    answers = Answers(there.postgres_url, there.settings.schema_name, _keyring(there), connections=1)
    for worker, wanted in asked(question, crowd, sees):
        inquiry = Inquiry(wanted, worker, now(), limit=USUAL_LIMIT)
        began = time.perf_counter()
        await answers.answer(inquiry, asyncio.get_running_loop().time() + PATIENCE_SECONDS)
        yield time.perf_counter() - began


async def bare(there: Place, crowd: Crowd, sees: Sees) -> AsyncGenerator[float, None]:
    """One row by its key and nothing else, over the same kind of connection as questions have."""
    connection = await Line(there.postgres_url, there.settings.schema_name, READING).connected()
    for _, contact in known(crowd, sees):
        key = (contact_id(contact),)
        began = time.perf_counter()
        await (await connection.execute(BARE, key, prepare=True, binary=True)).fetchall()
        yield time.perf_counter() - began


async def joins(there: Place, crowd: Crowd, group: int, contacts: range) -> AsyncGenerator[float, None]:
    """Contacts become members of a group: decided by a handler, stored in the log."""
    log = PostgresLog(there.postgres_url, there.settings.schema_name, _keyring(there))
    handler, worker = Handler(log), worker_id(crowd.workers_who_see(Sees.ALL)[0])
    for contact in contacts:
        command = JoinGroup(contact=contact_id(contact), group=group_id(group))
        id, at = command_id().decode(), now()
        request = Request("bench", id, bytes(16), worker, command, at, new_id=id, new_subject=SubjectId(id))
        began = time.perf_counter()
        (answer,) = await handler.handle([request])
        yield time.perf_counter() - began
        if answer.code:
            raise Unexpected(answer.code)


async def prices(there: Place, market: Market, groups: int) -> AsyncGenerator[float, None]:
    """The price of one line, reckoned for a customer with so many lists."""
    async for took in _reckoned(there, single(market, groups)):
        yield took


async def bulks(there: Place, market: Market, lines: int) -> AsyncGenerator[float, None]:
    """So many lines for a customer with all lists, in one answer."""
    async for took in _reckoned(there, bulk(market, lines)):
        yield took


async def walks(there: Place, market: Market, lines: int) -> AsyncGenerator[float, None]:
    """As many lines, for each of which all lists are walked; that they come to the same is looked at once."""
    connection = await Line(there.postgres_url, there.settings.schema_name, READING).connected()
    lists = [(number, price_list_id(number)) for number in range(LISTS)]
    wanted, day = market.wanted(), now().date()
    while True:
        products = list(islice(wanted, lines))
        began = time.perf_counter()
        found = [await walk(connection, lists, product_id(each), PIECE, QUANTITY, day) for each in products]
        yield time.perf_counter() - began
        for product, winner in zip(products, found, strict=True):
            if winner != market.winner(product):
                raise Unexpected(f"product {product}")


async def ticks(there: Place, due: int) -> AsyncGenerator[float, None]:
    """Looks of the timer when so much has come due, all of it told of, by a handler that has nothing at hand.

    In between the read model follows, and time goes on to where as much is due again.
    """
    url, schema = there.postgres_url, there.settings.schema_name
    log, timers, engine = PostgresLog(url, schema, _keyring(there)), Timers(url, schema), Engine(url, schema, [TIMING])
    try:
        (first, *_) = await timers.due(END)
        for n in count(1):
            at = first.due + n * due * timedelta(seconds=1) - timedelta(seconds=1)
            began = time.perf_counter()
            calls = [asked_for(coming) for coming in await timers.due(at)]
            answers = await Handler(log).handle([_request(call, at) for call in calls])
            yield time.perf_counter() - began
            if len(calls) != due or any(answer.code for answer in answers):
                raise Unexpected(f"{len(calls)} are due, {[answer.code for answer in answers if answer.code]}")
            while engine.tick():
                pass
    finally:
        engine.close()
        await timers.close()
        await log.close()


def _request(call: Call, at: datetime) -> Request:
    new_id = str(uuid4())
    return Request("timer", call.id, bytes(16), TIMER, call.command, at, new_id=new_id, new_subject=SubjectId(new_id))


async def _reckoned(there: Place, asked: Iterator[Reckoning[Any]]) -> AsyncGenerator[float, None]:
    hindsight = Hindsight(there.postgres_url, there.settings.schema_name, _keyring(there), str)
    for reckoning in asked:
        inquiry = Inquiry(reckoning, SELLER, now(), limit=USUAL_LIMIT)
        began = time.perf_counter()
        await hindsight.answer(inquiry, asyncio.get_running_loop().time() + PATIENCE_SECONDS)
        yield time.perf_counter() - began


def _keyring(there: Place) -> Keyring:
    return Keyring(opened_keys(there.postgres_url, there.settings.schema_name, there.keys))


TURNS = {each.__name__: each for each in (looks, bare, joins, prices, bulks, walks, ticks)}


async def took(state: Path, turns: list[dict[str, Any]], percent: int, warm: float, seconds: float) -> list[float]:
    """What so many percent of the questions of each turn took at most, in seconds."""
    made = [TURNS[turn.pop("kind")](place(state, turn.pop("side")), **turn) for turn in turns]
    try:
        return [percentile(each, percent) for each in await alternate(made, warm, seconds)]
    finally:
        for each in made:
            await each.aclose()


async def work(pipe: Connection, state: Path) -> None:
    """Do jobs until the one who started us goes away."""
    pipe.send(READY)
    while job := await told(pipe):
        pipe.send(await took(state, **job))


def main(pipe: Connection, state: Path) -> None:
    """A process that looks."""
    run(work(pipe, state))
