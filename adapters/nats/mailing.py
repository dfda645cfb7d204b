"""Notices go out by e-mail, one after the other, and of each the service is told what became of it before the next.

So a process that is killed has sent one letter at most of which nobody knows: it goes out once more, under the same
Message-ID. A letter that was sent is never sent again by the process that sent it.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import nats.errors
import orjson
import structlog

from adapters.clock import Clock, elapsed
from adapters.key_encryption import KeyUnavailable
from adapters.mail.account import Account
from adapters.mail.letter import letter
from adapters.mail.smtp import PutOff, Send, TurnedDown, session
from adapters.nats.client import Client, Declined, NoAnswer
from adapters.nats.reaction import AWAY
from adapters.postgres.keys import KeyMissing
from adapters.postgres.mail_queue import MailQueue, Waiting
from adapters.postgres.reading import Unreachable
from adapters.telemetry import tracing
from commands.command import Command
from commands.handler import Contended
from commands.reactions.reaction import NAMES
from commands.work.notice import ConfirmDelivery, ReportFailure
from domain.staff.worker import MAILING
from domain.values import NoticeId
from domain.work.delivery import MailSetting, Undelivered

LOOK_SECONDS = 1.0
PAUSE_SECONDS = (5.0, 900.0)
"""Before a letter that was put off is tried again: the first pause and the longest, each twice the one before."""

GIVEN_UP_AFTER = timedelta(days=3)
FAREWELL_TRIES = 5

logger = structlog.get_logger()


class Untold(Exception):
    """The service does not answer: nothing more is sent until it knows of what was."""


@dataclass(frozen=True, slots=True)
class Rest:
    """How often a letter was put off, and until when it rests."""

    tries: int
    until: datetime


@dataclass(slots=True)
class Mailing:
    """`account` is the first setting that is missing where no mail can be sent."""

    queue: Callable[[], AbstractAsyncContextManager[MailQueue]]
    client: Client
    account: Account | MailSetting
    leaving: asyncio.Event
    clock: Clock
    _resting: dict[str, Rest] = field(default_factory=dict)
    _owed: dict[str, Command] = field(default_factory=dict)
    """What the service has not been told yet."""
    _done: set[str] = field(default_factory=set)
    """What it declined to be told: not to be sent again all the same."""
    _troubled: bool = False

    async def run(self) -> None:
        """Until told to leave, whatever happens to Postgres, to NATS and to the mail server."""
        while not self.leaving.is_set():
            try:
                async with self.queue() as queue:
                    await self._stand(queue)
            except (Unreachable, KeyMissing, KeyUnavailable) as trouble:
                self._say("mail waits", trouble=type(trouble).__name__)
            await elapsed(self.clock, LOOK_SECONDS, self.leaving)
        await self._farewell()

    async def _stand(self, queue: MailQueue) -> None:
        while not await queue.elected():
            await elapsed(self.clock, LOOK_SECONDS, self.leaving)
            if self.leaving.is_set():
                return
        while not self.leaving.is_set():
            try:
                await self._round(queue)
            except Untold:
                self._say("mail waits", trouble=Untold.__name__)
            await elapsed(self.clock, LOOK_SECONDS, self.leaving)

    async def _round(self, queue: MailQueue) -> None:
        await self._settle()
        now = self.clock()
        resting = {notice for notice, rest in self._resting.items() if rest.until > now}
        waiting = await queue.waiting(resting | self._done, now)
        if isinstance(self.account, MailSetting):
            for each in waiting:
                await self._fail(each, Undelivered.NOT_CONFIGURED, missing=self.account)
            return
        letters = []
        for each in waiting:
            if (reason := _unsendable(each)) is None:
                letters.append(each)
            else:
                await self._fail(each, reason)
        if letters:
            await self._send_all(letters, self.account)

    async def _send_all(self, letters: Sequence[Waiting], account: Account) -> None:
        left = [*letters]
        try:
            async with session(account) as send:
                while left and not self.leaving.is_set():
                    await self._send(left[0], account, send)
                    left.pop(0)
                self._troubled = False
        except TurnedDown as no:
            for each in left:
                await self._fail(each, no.reason, status=no.status)
        except PutOff as no:
            for each in left:
                await self._put_off(each, no.status)

    async def _send(self, each: Waiting, account: Account, send: Send) -> None:
        with tracing.following("mail notice", each.traceparent):
            await self._send_traced(each, account, send)

    async def _send_traced(self, each: Waiting, account: Account, send: Send) -> None:
        assert each.email is not None
        try:
            await send(letter(each.told, account.sender, each.email))
        except TurnedDown as no:
            await self._fail(each, no.reason, status=no.status)
        except PutOff as no:
            if no.status is None:
                raise  # not this letter, but the server: the others would fare no better
            await self._put_off(each, no.status)
        else:
            await self._tell(each, ConfirmDelivery(notice=NoticeId(each.told.notice)))

    async def _put_off(self, each: Waiting, status: int | None) -> None:
        notice, now = each.told.notice, self.clock()
        self._say("mail was put off", status=status)
        if now - each.told.written_at > GIVEN_UP_AFTER:
            await self._fail(each, Undelivered.GIVEN_UP, status=status)
            return
        tries = self._resting[notice].tries + 1 if notice in self._resting else 0
        first, longest = PAUSE_SECONDS
        seconds = min(first * 2 ** min(tries, 20), longest)
        self._resting[notice] = Rest(tries, now + timedelta(seconds=seconds))

    async def _fail(
        self, each: Waiting, reason: Undelivered, *, missing: MailSetting | None = None, status: int | None = None
    ) -> None:
        notice = NoticeId(each.told.notice)
        await self._tell(each, ReportFailure(notice=notice, reason=reason, missing=missing, status=status))

    async def _tell(self, each: Waiting, command: Command) -> None:
        self._resting.pop(each.told.notice, None)
        self._owed[each.told.notice] = command
        await self._settle()

    async def _settle(self) -> None:
        """Tell the service all that it is owed. Raises Untold."""
        for notice, command in [*self._owed.items()]:
            try:
                await self.client.ask(command.topic, payload(notice, command))
            except Declined as no:
                if no.status == AWAY or no.code == Contended.__name__:
                    raise Untold from no
                logger.error("not told what became of mail", notice=notice, code=no.code)
                self._done.add(notice)
            except (NoAnswer, nats.errors.Error) as no:
                raise Untold from no
            del self._owed[notice]

    async def _farewell(self) -> None:
        """What was sent is told yet, if anybody hears."""
        for _ in range(FAREWELL_TRIES):
            with suppress(Untold):
                await self._settle()
                return
            await asyncio.sleep(0.1)

    def _say(self, what: str, **about: object) -> None:
        """Once for a trouble, however long it lasts."""
        if not self._troubled:
            logger.warning(what, **about)
        self._troubled = True


def _unsendable(each: Waiting) -> Undelivered | None:
    """Why it must not go out any more, or cannot: rights may have gone since it was written (D27)."""
    if not each.active:
        return Undelivered.NOT_ACTIVE
    if not each.sees:
        return Undelivered.UNSEEN
    return Undelivered.ADDRESS_MISSING if each.email is None else None


def payload(notice: str, command: Command) -> bytes:
    """The request in its envelope, under an id that is the same however often it is asked."""
    id = str(uuid.uuid5(NAMES, f"{MAILING}/{notice}"))
    return orjson.dumps({"id": id, "actor": MAILING, "data": command.model_dump(mode="json")})
