"""Kartoteka as a program in Python sees it: requests out, answers, files and events in, each as what it is."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Any, TypeVar, overload
from urllib.parse import quote

from adapters.client.answer import One, Page
from adapters.client.event import Event
from adapters.file_request import PartPut
from adapters.inquiry import HIGHEST_LIMIT, reply_of
from adapters.nats.channel import FACTS, Channel
from adapters.nats.client import Answered, Client, new_command_id
from adapters.nats.file_client import Got, Source, get_file, put_file
from adapters.nats.listening import bodies
from commands.command import Command
from commands.reckoning import Reckoning, Told
from projections.question import Answer, Listing, Question, Single

R = TypeVar("R", bound=Answer)
T = TypeVar("T", bound=Told)


@asynccontextmanager
async def connect(
    url: str, caller: str, *, seed: Path | str, authority: Path | str | None = None, patience_seconds: float = 60.0
) -> AsyncIterator[Kartoteka]:
    """Kartoteka, asked as this caller.

    `url` is of NATS, `nats://` or `tls://`; `seed` is the file of the caller's nkey, `authority` of the certificates
    that are trusted. Where no deadline is given, everything is asked again for `patience_seconds`. Raises Unreachable.
    """
    where = url if authority is None else f"{url}?authority={quote(str(Path(authority).absolute()))}"
    async with Client(where, caller, str(seed), patience_seconds) as client:
        yield Kartoteka(client)


class Kartoteka:
    """What can be asked. Everything raises Declined for a refusal, of the kind that its status tells, or NoAnswer.

    `seen` is the position of the command that was answered last: every question waits until the answer shows it. Set
    it to the position of another answer, or of an earlier session; None waits for nothing.
    """

    def __init__(self, client: Client, channel: Channel = FACTS) -> None:
        self._client, self._channel = client, channel
        self.seen: str | None = None

    @property
    def caller(self) -> str:
        return self._client.caller

    async def send(
        self,
        command: Command,
        *,
        actor: str,
        id: str | None = None,
        happened_at: datetime | None = None,
        expected_version: int | None = None,
        deadline_ms: int | None = None,
        correlation: str | None = None,
        causation: str | None = None,
    ) -> Answered:
        """The answer; it is asked again, under one id, until there is one or the deadline passes.

        NoAnswer has the `id` to ask again with: whatever happened, it is done once at most.
        """
        answer = await self._client.send(
            command,
            actor=actor,
            id=id,
            happened_at=happened_at,
            expected_version=expected_version,
            deadline_ms=deadline_ms,
            correlation=correlation,
            causation=causation,
        )
        self.seen = answer.position
        return answer

    @overload
    async def ask(
        self,
        question: Listing[R],
        *,
        actor: str,
        limit: int | None = None,
        cursor: str | None = None,
        purpose: str | None = None,
        deadline_ms: int | None = None,
    ) -> Page[R]: ...

    @overload
    async def ask(
        self,
        question: Single[R],
        *,
        actor: str,
        purpose: str | None = None,
        deadline_ms: int | None = None,
    ) -> One[R]: ...

    @overload
    async def ask(
        self,
        question: Reckoning[T],
        *,
        actor: str,
        purpose: str | None = None,
        deadline_ms: int | None = None,
    ) -> One[T]: ...

    async def ask(
        self,
        question: Question | Reckoning[Any],
        *,
        actor: str,
        limit: int | None = None,
        cursor: str | None = None,
        purpose: str | None = None,
        deadline_ms: int | None = None,
    ) -> Any:
        """The answer: `row`, or `rows` with `next` and, where it is counted, `count`; each a model of the question's.

        The rows are of the class that the question names, and type checkers know of which; what a newer service adds
        to them is left out.
        """
        given = {"min_position": self.seen, "limit": limit, "cursor": cursor, "purpose": purpose}
        body = await self._client.answer(question, actor=actor, given=given, deadline_ms=deadline_ms)
        return reply_of(type(question)).model_validate_json(body, extra="ignore")

    async def rows(
        self,
        question: Listing[R],
        *,
        actor: str,
        limit: int = HIGHEST_LIMIT,
        purpose: str | None = None,
        deadline_ms: int | None = None,
    ) -> AsyncGenerator[R]:
        """Every row, page by page: `limit` is how many there are in one, `deadline_ms` how long one may take.

        Rights are judged again on each page, so the walk may end in Declined.
        """
        cursor: str | None = None
        while True:
            page = await self.ask(
                question, actor=actor, limit=limit, cursor=cursor, purpose=purpose, deadline_ms=deadline_ms
            )
            for row in page.rows:
                yield row
            if (cursor := page.next) is None:
                return

    async def put_file(self, contact: str, content: bytes, *, actor: str, id: str | None = None) -> PartPut:
        """The file's id, size and digest, once all of it lies there; `contact.attach-file` makes it part of the card.

        With the same id an upload that broke off goes on where it was.
        """
        source = Source(id or new_command_id(), contact, BytesIO(content), len(content))
        return await put_file(self._client, source, actor=actor)

    def file_parts(self, contact: str, file: str, *, actor: str, purpose: str | None = None) -> AsyncIterator[Got]:
        """The parts of a file in order, each with what it is a part of."""
        return get_file(self._client, contact, file, actor=actor, purpose=purpose)

    async def get_file(self, contact: str, file: str, *, actor: str, purpose: str | None = None) -> bytes:
        """A whole file, in memory."""
        parts = self.file_parts(contact, file, actor=actor, purpose=purpose)
        return b"".join([part.content async for part in parts])

    async def events(self, *topics: str) -> AsyncGenerator[Event]:
        """Every fact that the caller may hear of, once at least, each acknowledged when the next is asked for.

        Raises NotPermitted where the caller is no listener.
        `topics` are such as `ticket.opened` or `ticket.*`; others are passed over, for good. It never ends by itself.
        """
        async with aclosing(bodies(self._client.connection, self.caller, self._channel)) as heard:
            async for body in heard:
                event = Event.model_validate_json(body)
                if not topics or any(_covers(each, event.topic) for each in topics):
                    yield event


def _covers(wanted: str, topic: str) -> bool:
    return topic.startswith(wanted[:-1]) if wanted.endswith(".*") else wanted in ("*", topic)
