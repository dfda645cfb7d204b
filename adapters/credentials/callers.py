"""Who may come is what the callers file says now, without a restart: it is looked at once in a while."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import structlog

from adapters.clock import now
from adapters.credentials.caller import Caller
from adapters.credentials.callers_file import CallersWrong, Register, load
from adapters.credentials.token import Shown
from adapters.file_stamp import Stamp, stamp

LOOK_SECONDS = 0.5

logger = structlog.get_logger()


class Callers(Mapping[str, Caller]):
    """Those whose time is not over, by name, as the file says; a file that is spoiled or gone changes nothing.

    One that cannot be opened at the moment is tried again at the next look: what it says now was not read yet.
    `Callers(path)` raises CallersWrong, FileNotFoundError.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stamp: Stamp | None = stamp(path)
        self._register = load(path)
        self._looked = time.monotonic()
        self._trouble = ""

    @property
    def register(self) -> Register:
        """The whole of what the file says, whose time is over too."""
        if time.monotonic() - self._looked >= LOOK_SECONDS:
            self._look()
        return self._register

    def by_token(self, text: str) -> Caller | None:
        """Whose token it is, if it opens anything. That nobody is called so takes as long to tell as a wrong secret."""
        shown, at = Shown.read(text), now()
        if shown is None:
            return None
        caller = self._valid(shown.caller)
        kept = [each for each in (caller.tokens if caller else ()) if each.expires_at is None or at < each.expires_at]
        opened = [shown.opens(each) for each in kept] if kept else [shown.opens(None)]
        return caller if any(opened) else None

    def __getitem__(self, name: str) -> Caller:
        caller = self._valid(name)
        if caller is None:
            # NATS lets nobody in whom the file does not know: it may have read of them before us.
            self._look()
            caller = self._valid(name)
        if caller is None:
            raise KeyError(name)
        return caller

    def _valid(self, name: str) -> Caller | None:
        caller = self.register.callers.get(name)
        return caller if caller is not None and caller.valid(now()) else None

    def __iter__(self) -> Iterator[str]:
        at = now()
        return (name for name, caller in self.register.callers.items() if caller.valid(at))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def _look(self) -> None:
        self._looked = time.monotonic()
        current = stamp(self._path)
        if current == self._stamp:
            return
        try:
            self._register = load(self._path)
        except CallersWrong as error:
            self._say(str(error))
        except OSError as error:
            self._say(str(error))
            return
        else:
            self._trouble = ""
            logger.info("callers", changed=True)
        self._stamp = current

    def _say(self, trouble: str) -> None:
        """Once for one trouble, however long it lasts."""
        if trouble != self._trouble:
            logger.error("callers", changed=False, error=trouble)
        self._trouble = trouble
