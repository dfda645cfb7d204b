"""Parts of files in a stream of JetStream: a message for each, put once under a subject of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import nats.errors
import orjson
import structlog
from nats.aio.client import Client as Connection
from nats.js.api import DiscardPolicy, RawStreamMsg, RetentionPolicy, StorageType, StreamConfig
from nats.js.errors import APIError, NoStreamResponseError, NotFoundError

from adapters.credentials.permission import ROOT
from adapters.nats.inward import changed, closed, inward
from adapters.part_store import Mark, PartStoreAway

ROOM = f"{ROOT}.obj"
ANSWER_SECONDS = 3.0
FIRST_ALONE = {"Nats-Expected-Last-Subject-Sequence": "0"}
NOT_THE_FIRST = frozenset({10071, 10077})
"""By what the server says that a part lies there already: it may look at the sequence first, or at the limit."""

logger = structlog.get_logger()


class PartStream:
    """The store of one log's files, told from others by its mark; the stream is made with the first part."""

    def __init__(self, connection: Connection, mark: Mark, source: str) -> None:
        self.stream, self._room, self._source = f"KARTOTEKA_FILES_{mark.name}", f"{ROOM}.{mark.name}", source
        self._inward = inward(mark.secret, self.stream)
        self._connection, self._streams = connection, connection.jetstream(timeout=ANSWER_SECONDS)

    async def shut_out(self) -> None:
        """Have a stream of an earlier version, or of a backup, take what is ours alone; it keeps its parts."""
        try:
            async with _answering():
                await self._shut()
        except PartStoreAway as away:  # the first part that is put tries it again
            logger.warning("stream cannot be closed", stream=self.stream, error=str(away))

    async def put(self, file: str, part: int, sealed: bytes) -> bytes:
        """What came first stays, whoever else puts the same part at the same time."""
        async with _answering():
            try:
                await self._publish(f"{self._inward}.{file}.{part}", sealed)
            except APIError as error:
                if error.err_code not in NOT_THE_FIRST:
                    raise
                lies = await self.get(file, part)
                if lies is None:
                    raise PartStoreAway from error
                return lies
        return sealed

    async def get(self, file: str, part: int) -> bytes | None:
        async with _answering():
            found = await self._message(f"{self._room}.{file}.{part}")
        return None if found is None else found.data

    async def drop(self, file: str) -> None:
        """Message by message, for that overwrites it on disk, which a purge does not."""
        async with _answering():
            async for subject in self._subjects(f"{self._room}.{file}.*"):
                found = await self._message(subject)
                if found is not None and found.seq is not None:
                    await self._delete(found.seq)

    async def holds(self, file: str) -> bool:
        async with _answering():
            async for _ in self._subjects(f"{self._room}.{file}.*"):
                return True
        return False

    async def files(self) -> AsyncIterator[str]:
        async with _answering():
            async for subject in self._subjects(f"{self._room}.>"):
                yield subject.split(".")[-2]

    async def _publish(self, subject: str, sealed: bytes) -> None:
        try:
            await self._streams.publish(subject, sealed, headers=dict(FIRST_ALONE))
        except NoStreamResponseError:
            if not await self._shut():
                await self._streams.add_stream(self._ruled(self._config()))
            await self._streams.publish(subject, sealed, headers=dict(FIRST_ALONE))

    async def _shut(self) -> bool:
        """False where there is no stream."""
        try:
            found = (await self._streams.stream_info(self.stream)).config
        except NotFoundError:
            return False
        await changed(self._streams, found, self._ruled(found))
        return True

    async def _message(self, subject: str) -> RawStreamMsg | None:
        """From whoever has it; only who leads the stream may say that there is none."""
        try:
            return await self._streams.get_msg(self.stream, subject=subject, direct=True)
        except (NotFoundError, nats.errors.NoRespondersError):
            pass
        try:
            return await self._streams.get_msg(self.stream, subject=subject)
        except NotFoundError:
            return None

    async def _delete(self, sequence: int) -> None:
        try:
            await self._streams.delete_msg(self.stream, sequence)
        except APIError:
            # Somebody else may have been faster; whoever still finds it there hears of the trouble.
            if await self._there(sequence):
                raise

    async def _there(self, sequence: int) -> bool:
        try:
            await self._streams.get_msg(self.stream, sequence)
        except NotFoundError:
            return False
        return True

    async def _subjects(self, pattern: str) -> AsyncIterator[str]:
        """All that have a message, a page after the other; nats-py itself asks for the first page alone."""
        offset = 0
        while True:
            asked = orjson.dumps({"subjects_filter": pattern, "offset": offset})
            reply = await self._connection.request(f"$JS.API.STREAM.INFO.{self.stream}", asked, timeout=ANSWER_SECONDS)
            body = orjson.loads(reply.data)
            if "error" in body:
                if body["error"]["code"] == 404:
                    return
                raise APIError.from_error(body["error"])
            subjects = body["state"].get("subjects") or {}
            for subject in subjects:
                yield subject
            offset += len(subjects)
            if not subjects or offset >= body.get("total", 0):
                return

    def _config(self) -> StreamConfig:
        return StreamConfig(
            name=self.stream,
            description="Contents of files, sealed: a message for each part.",
            retention=RetentionPolicy.LIMITS,
            storage=StorageType.FILE,
            allow_direct=True,
            num_replicas=1,
            metadata={"source": self._source},
        )

    def _ruled(self, config: StreamConfig) -> StreamConfig:
        """The same, so that we alone put there, and what lies there is never replaced."""
        rules = replace(config, max_msgs_per_subject=1, discard=DiscardPolicy.NEW, discard_new_per_subject=True)
        return closed(rules, self._inward, self._room)


@asynccontextmanager
async def _answering() -> AsyncIterator[None]:
    try:
        yield
    except (nats.errors.Error, OSError, TimeoutError) as error:
        raise PartStoreAway(type(error).__name__) from error
