"""The NATS protocol over a plain socket: no client library, nothing of ours."""

from __future__ import annotations

import base64
import json
import socket
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple

import nkeys  # type: ignore[import-untyped]


class Message(NamedTuple):
    subject: str
    headers: dict[str, str]
    body: Any


class Wire:
    """`with Wire(host, port, seed_file) as wire`; a line that cannot come here is an error at once."""

    def __init__(self, host: str, port: int, seed_file: Path) -> None:
        self._socket = socket.create_connection((host, port), timeout=10)
        self._stream = self._socket.makefile("rwb")
        self._seed = seed_file.read_bytes().strip()

    def __enter__(self) -> Wire:
        info = json.loads(self._line().removeprefix("INFO "))
        pair = nkeys.from_seed(bytearray(self._seed))
        signature = base64.urlsafe_b64encode(pair.sign(info["nonce"].encode())).rstrip(b"=").decode()
        options = {"verbose": False, "pedantic": True, "headers": True, "no_responders": True, "protocol": 1}
        self._say(f"CONNECT {json.dumps({**options, 'nkey': pair.public_key.decode(), 'sig': signature})}\r\nPING\r\n")
        self.expect("PONG")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stream.close()
        self._socket.close()

    def subscribe(self, subject: str) -> None:
        self._say(f"SUB {subject} 1\r\n")

    def publish(self, subject: str, reply: str, body: bytes = b"") -> None:
        self._say(f"PUB {subject} {reply} {len(body)}\r\n".encode() + body + b"\r\n")

    def announce(self, subject: str, size: int) -> None:
        """The line before a message alone."""
        self._say(f"PUB {subject} {size}\r\n")

    def message(self) -> Message:
        """The next message; the server's pings are answered meanwhile."""
        verb, *words = self._word_line()
        assert verb in ("MSG", "HMSG"), (verb, words)
        sizes = [int(size) for size in words[-(2 if verb == "HMSG" else 1) :]]
        data = self._stream.read(sizes[-1])
        self._line()
        head = data[: sizes[0]].decode() if verb == "HMSG" else ""
        headers = dict(line.split(": ", 1) for line in head.split("\r\n")[1:] if line)
        body = data[sizes[0] :] if verb == "HMSG" else data
        return Message(words[0], headers, json.loads(body) if body else None)

    def let(self, verb: str, subject: str) -> bool:
        """Whether the server lets us "publish" to a subject, or "subscribe" to it."""
        self._say(
            f"PUB {subject} 0\r\n\r\nPING\r\n" if verb == "publish" else f"SUB {subject} 2\r\nUNSUB 2\r\nPING\r\n"
        )
        refused = False
        while (line := self._line()) != "PONG":
            refused = refused or line.lower().startswith("-err 'permissions violation")
        return not refused

    def until_ended(self) -> None:
        """Wait until the server ends the connection; it may say why, if there is time."""
        while (line := self._line()) and not line.startswith("-ERR"):
            continue

    def expect(self, line: str) -> None:
        if (found := self._line()) != line:
            raise AssertionError(found)

    def refusal(self) -> str:
        """The server's own error."""
        verb, *words = self._word_line()
        assert verb == "-ERR"
        return " ".join(words).strip("'")

    def _word_line(self) -> list[str]:
        """The next line that is about us: the server asks whether we live, and tells when it has changed."""
        while (words := self._line().split(" "))[0] in ("PING", "PONG", "INFO"):
            if words[0] == "PING":
                self._say("PONG\r\n")
        return words

    def _line(self) -> str:
        return self._stream.readline().decode().removesuffix("\r\n")

    def _say(self, what: str | bytes) -> None:
        self._stream.write(what.encode() if isinstance(what, str) else what)
        self._stream.flush()
