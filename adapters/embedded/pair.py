"""What runs is told in one file, written when both servers are ready and again when one was restarted."""

import json
import os
import threading
from dataclasses import asdict, dataclass
from pathlib import Path

from adapters.embedded.keeper import Keeper
from adapters.embedded.nats_server import NatsServer
from adapters.embedded.postgres import Postgres
from adapters.embedded.whole_file import write_whole


@dataclass(frozen=True, slots=True)
class Running:
    """A running pair of servers; the texts of one that is external are empty, its process id is 0."""

    postgres_url: str
    nats_url: str
    postgres_version: str
    nats_version: str
    postgres_path: str
    nats_path: str
    pids: tuple[int, int, int]  # supervisor, postgres, nats: as they were when this was written


def read_record(path: Path) -> Running:
    told = json.loads(path.read_text(encoding="utf-8"))
    supervisor, postgres, nats = told.pop("pids")
    return Running(**told, pids=(supervisor, postgres, nats))


class Pair:
    def __init__(self, record: Path, postgres: Postgres | None, nats: NatsServer | None) -> None:
        self.record, self.postgres, self.nats = record, postgres, nats
        self.postgres_keeper = Keeper(postgres, self._restarted) if postgres else None
        self.nats_keeper = Keeper(nats, self._restarted) if nats else None
        self.lock, self.announced = threading.Lock(), False

    def keepers(self) -> list[Keeper]:
        return [keeper for keeper in (self.postgres_keeper, self.nats_keeper) if keeper]

    def announce(self) -> Running:
        with self.lock:
            self.announced = True
            return self._write()

    def _restarted(self) -> None:
        with self.lock:
            if self.announced:
                self._write()

    def _write(self) -> Running:
        postgres, nats = self.postgres, self.nats
        told = Running(
            postgres_url=postgres.url if postgres else "",
            nats_url=nats.url if nats else "",
            postgres_version=postgres.version if postgres else "",
            nats_version=nats.version if nats else "",
            postgres_path=str(postgres.program) if postgres else "",
            nats_path=str(nats.program) if nats else "",
            pids=(os.getpid(), process_id(self.postgres_keeper), process_id(self.nats_keeper)),
        )
        write_whole(self.record, json.dumps(asdict(told), indent=2) + "\n")
        return told


def process_id(keeper: Keeper | None) -> int:
    return keeper.process.pid if keeper and keeper.process else 0
