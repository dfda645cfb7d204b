"""Many requests in flight over one bare NATS connection: the asker must not cost what is to be measured."""

from __future__ import annotations

import asyncio
import time
from abc import abstractmethod
from base64 import b32decode, urlsafe_b64encode
from collections import deque
from collections.abc import Sequence
from typing import NamedTuple, cast
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


class Login(NamedTuple):
    """Whose key it is, and how it is proved."""

    key: str
    seed: bytes

    @classmethod
    def at(cls, place: Place) -> Login:
        """The caller's of the benchmark."""
        key = load(place.callers).callers[CALLER].public_key
        return cls(key, place.seed(CALLER, None).read_bytes().strip())

    def sign(self, nonce: bytes) -> bytes:
        """What NATS asks for."""
        raw = b32decode(self.seed + b"=" * (-len(self.seed) % 8))
        return Ed25519PrivateKey.from_private_bytes(raw[2:34]).sign(nonce)


class Wire(asyncio.Protocol):
    """One login and one inbox; what is asked, and when, is said by what is made of it."""

    def __init__(self, login: Login, prefix: str) -> None:
        self._login, self._prefix = login, prefix
        self._inbox = f"_INBOX.{CALLER}.{uuid4().hex}"
        self._rest = b""
        self.over: asyncio.Future[float] = asyncio.get_running_loop().create_future()

    @abstractmethod
    def _begin(self, out: list[bytes]) -> None:
        """Ask first of all."""

    @abstractmethod
    def _answered(self, n: int, id: str, out: list[bytes]) -> None:
        """Go on after the answer to question `n`."""

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
        self._send(out)

    def _hear(self, line: bytes, out: list[bytes]) -> None:
        if line.startswith(b"INFO"):
            nonce = orjson.loads(line[5:])["nonce"]
            proof = urlsafe_b64encode(self._login.sign(nonce.encode())).rstrip(b"=").decode()
            login = {"nkey": self._login.key, "sig": proof, "verbose": False, "pedantic": False, "headers": True}
            out.append(b"CONNECT %b\r\nSUB %b.* 1\r\n" % (orjson.dumps(login), self._inbox.encode()))
            self._begin(out)
        elif line.startswith(b"PING"):
            out.append(b"PONG\r\n")
        elif line.startswith(b"-ERR"):
            self._fail(line)

    def _take(self, line: bytes, body: bytes, out: list[bytes]) -> None:
        if line.startswith(b"H"):
            self._fail(body)
            return
        place = len("MSG ") + len(self._inbox) + len(".")
        self._answered(int(line[place : line.index(b" ", place)]), orjson.loads(body)["id"], out)

    def _question(self, n: int, request: Request) -> bytes:
        topic, payload = request
        subject = f"{self._prefix}{CALLER}.{topic} {self._inbox}.{n}".encode()
        return b"PUB %b %d\r\n%b\r\n" % (subject, len(payload), payload)

    def _send(self, out: list[bytes]) -> None:
        if out:
            self._transport.write(b"".join(out))

    def _end(self, found: float) -> None:
        if not self.over.done():
            self.over.set_result(found)

    def _fail(self, why: bytes) -> None:
        if not self.over.done():
            self.over.set_exception(Declined(why.decode(errors="replace")))


class Eager(Wire):
    """Drives some lives at once, each asking its next question as soon as it has its answer, until the time is over."""

    def __init__(self, login: Login, prefix: str, lives: Sequence[Life], since: float, until: float) -> None:
        super().__init__(login, prefix)
        self._lives, self._since, self._until = lives, since, until
        self._counted = 0
        self._first = 0.0

    def _begin(self, out: list[bytes]) -> None:
        out.extend(self._question(n, next(life)) for n, life in enumerate(self._lives))

    def _answered(self, n: int, id: str, out: list[bytes]) -> None:
        if self._count(time.perf_counter()):
            out.append(self._question(n, self._lives[n].send(id)))

    def _count(self, now: float) -> bool:
        """Whether to go on. Answers come in bursts: the time counts from the first of one to the first of another."""
        if self._first:
            self._counted += 1
        elif now >= self._since:
            self._first = now
        if now < self._until:
            return True
        self._end(self._counted / (now - self._first))
        return False


class Paced(Wire):
    """Asks so many questions a second when their time comes, each of some life that has its answer."""

    def __init__(self, login: Login, prefix: str, lives: Sequence[Life], rate: float, seconds: float) -> None:
        super().__init__(login, prefix)
        self._lives, self._rate, self._seconds = lives, rate, seconds
        self._ready = deque((n, next(life)) for n, life in enumerate(lives))
        self._asked, self._many = 0, int(rate * seconds)
        self._unanswered = 0
        self._began = 0.0

    def _begin(self, out: list[bytes]) -> None:
        self._began = time.perf_counter()
        self._ask(out)
        self._wait()

    def _wait(self) -> None:
        if self._asked < self._many and not self.over.done():
            asyncio.get_running_loop().call_later(1 / self._rate, self._tick)

    def _tick(self) -> None:
        out = list[bytes]()
        self._ask(out)
        self._send(out)
        self._wait()

    def _ask(self, out: list[bytes]) -> None:
        """What is due by now. Where every life waits for an answer, it is asked after the next one."""
        due = min(self._many, 1 + int((time.perf_counter() - self._began) * self._rate))
        while self._ready and self._asked < due:
            out.append(self._question(*self._ready.popleft()))
            self._asked += 1
            self._unanswered += 1

    def _answered(self, n: int, id: str, out: list[bytes]) -> None:
        self._unanswered -= 1
        self._ready.append((n, self._lives[n].send(id)))
        self._ask(out)
        if self._asked == self._many and not self._unanswered:
            self._end(time.perf_counter() - self._began - self._seconds)


async def rate(place: Place, prefix: str, lives: Sequence[Life], warm_seconds: float, seconds: float) -> float:
    """Answers per second, counted once warm. Raises Declined."""
    since = time.perf_counter() + warm_seconds
    wire = Eager(Login.at(place), prefix, lives, since, since + seconds)
    return await _over(place, wire, warm_seconds + seconds)


async def paced(place: Place, prefix: str, lives: Sequence[Life], rate: float, seconds: float) -> float:
    """How many seconds after its time the last of so many commands a second was answered. Raises Declined."""
    return await _over(place, Paced(Login.at(place), prefix, lives, rate, seconds), seconds)


async def _over(place: Place, wire: Wire, seconds: float) -> float:
    server = urlsplit(place.nats_url)
    transport, _ = await asyncio.get_running_loop().create_connection(
        lambda: wire, str(server.hostname), int(server.port or 4222)
    )
    try:
        return await asyncio.wait_for(wire.over, seconds + PATIENCE_SECONDS)
    finally:
        transport.close()
