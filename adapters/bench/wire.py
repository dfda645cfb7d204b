"""Many requests in flight over one bare NATS connection: the asker must not cost what is to be measured."""

from __future__ import annotations

import asyncio
import time
from base64 import b32decode, urlsafe_b64encode
from collections.abc import Sequence
from typing import cast
from urllib.parse import urlsplit
from uuid import uuid4

import orjson
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from adapters.bench.life import Life, Request
from adapters.bench.side import CALLER
from adapters.composition import Place
from adapters.credentials.callers_file import load

PATIENCE_SECONDS = 30.0


class Declined(Exception):
    """The service said no; a benchmark asks for nothing that is refused."""


class Wire(asyncio.Protocol):
    """Drives some lives at once, each asking its next question as soon as it has its answer, until the time is over."""

    def __init__(self, key: str, seed: bytes, prefix: str, lives: Sequence[Life], since: float, until: float) -> None:
        self._key, self._seed, self._prefix = key, seed, prefix
        self._lives, self._since, self._until = lives, since, until
        self._inbox = f"_INBOX.{CALLER}.{uuid4().hex}"
        self._rest = b""
        self._answered = 0
        self._first = 0.0
        self.over: asyncio.Future[float] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is none by name

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.over.done():
            self.over.set_exception(exc or ConnectionError("NATS closed the connection"))

    def data_received(self, data: bytes) -> None:
        data, at, out = self._rest + data, 0, list[bytes]()
        while (end := data.find(b"\r\n", at)) >= 0:
            line, at = data[at:end], end + 2
            if line[:4] in (b"MSG ", b"HMSG"):
                size = int(line[line.rfind(b" ") + 1 :])
                if len(data) < at + size + 2:
                    at = end - len(line)
                    break
                self._take(line, data[at : at + size], out)
                at += size + 2
            else:
                self._hear(line, out)
        self._rest = data[at:]
        if out:
            self._transport.write(b"".join(out))

    def _hear(self, line: bytes, out: list[bytes]) -> None:
        if line.startswith(b"INFO"):
            nonce = orjson.loads(line[5:])["nonce"]
            proof = urlsafe_b64encode(self._sign(nonce.encode())).rstrip(b"=").decode()
            login = {"nkey": self._key, "sig": proof, "verbose": False, "pedantic": False, "headers": True}
            out.append(b"CONNECT %b\r\nSUB %b.* 1\r\n" % (orjson.dumps(login), self._inbox.encode()))
            out.extend(self._question(n, next(life)) for n, life in enumerate(self._lives))
        elif line.startswith(b"PING"):
            out.append(b"PONG\r\n")
        elif line.startswith(b"-ERR"):
            self._fail(line)

    def _take(self, line: bytes, body: bytes, out: list[bytes]) -> None:
        if line.startswith(b"H"):
            self._fail(body)
            return
        now = time.perf_counter()
        if not self._count(now):
            return
        place = len("MSG ") + len(self._inbox) + len(".")
        n = int(line[place : line.index(b" ", place)])
        out.append(self._question(n, self._lives[n].send(orjson.loads(body)["id"])))

    def _count(self, now: float) -> bool:
        """Whether to go on. Answers come in bursts: the time counts from the first of one to the first of another."""
        if self._first:
            self._answered += 1
        elif now >= self._since:
            self._first = now
        if now < self._until:
            return True
        if not self.over.done():
            self.over.set_result(self._answered / (now - self._first))
        return False

    def _question(self, n: int, request: Request) -> bytes:
        topic, payload = request
        subject = f"{self._prefix}{CALLER}.{topic} {self._inbox}.{n}".encode()
        return b"PUB %b %d\r\n%b\r\n" % (subject, len(payload), payload)

    def _sign(self, nonce: bytes) -> bytes:
        raw = b32decode(self._seed + b"=" * (-len(self._seed) % 8))
        return Ed25519PrivateKey.from_private_bytes(raw[2:34]).sign(nonce)

    def _fail(self, why: bytes) -> None:
        if not self.over.done():
            self.over.set_exception(Declined(why.decode(errors="replace")))


async def rate(place: Place, prefix: str, lives: Sequence[Life], warm_seconds: float, seconds: float) -> float:
    """Answers per second, counted once warm. Raises Declined."""
    key, seed = load(place.callers).callers[CALLER].public_key, place.seed(CALLER, None).read_bytes().strip()
    since = time.perf_counter() + warm_seconds
    server = urlsplit(place.nats_url)
    transport, wire = await asyncio.get_running_loop().create_connection(
        lambda: Wire(key, seed, prefix, lives, since, since + seconds), str(server.hostname), int(server.port or 4222)
    )
    try:
        return await asyncio.wait_for(wire.over, warm_seconds + seconds + PATIENCE_SECONDS)
    finally:
        transport.close()
