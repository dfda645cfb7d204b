"""A certificate is what its files say now, without a restart: they are looked at once in a while."""

from __future__ import annotations

import asyncio
from pathlib import Path
from ssl import PROTOCOL_TLS_SERVER, SSLContext, SSLError
from typing import NamedTuple

import structlog

from adapters.file_stamp import Stamp, stamp

LOOK_SECONDS = 5.0

logger = structlog.get_logger()


class Certificate(NamedTuple):
    """The files of the certificate and its key, both as PEM."""

    chain: Path
    key: Path

    async def kept_in(self, context: SSLContext) -> None:
        """Whoever connects from now on is shown the newest of them that fit together; those before stay as they are."""
        seen = self._stamps()
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            if (stamps := self._stamps()) == seen:
                continue
            try:
                # Tried elsewhere first: a key that does not fit would take the old one out of the context as well.
                self._load(SSLContext(PROTOCOL_TLS_SERVER))
                self._load(context)
            except (SSLError, OSError) as error:
                logger.warning("certificate not taken", file=str(self.chain), error=type(error).__name__)
            else:
                logger.info("certificate taken", file=str(self.chain))
            seen = stamps

    def _load(self, context: SSLContext) -> None:
        context.load_cert_chain(self.chain, self.key)

    def _stamps(self) -> tuple[Stamp | None, ...]:
        return tuple(stamp(path) for path in self)
