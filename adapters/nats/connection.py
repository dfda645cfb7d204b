"""How a process of ours comes to NATS and stays there."""

from __future__ import annotations

import nats.errors
import structlog
from nats.aio.client import Client as Connection

logger = structlog.get_logger()


class Unreachable(Exception):
    """No NATS server answers at the address."""


async def connect(url: str, seed_file: str, *, name: str, inbox: str) -> Connection:
    """A connection that fails fast the first time and then comes back for ever."""

    async def failed(error: Exception) -> None:
        logger.warning("nats", client=name, error=str(error))

    connection = Connection()
    try:
        await connection.connect(
            servers=[url],
            nkeys_seed=seed_file,
            name=name,
            inbox_prefix=inbox.encode(),
            allow_reconnect=True,
            max_reconnect_attempts=-1,
            reconnect_time_wait=0.25,  # type: ignore[arg-type]  # any number of seconds will do
            error_cb=failed,
            connect_timeout=5,
        )
    except nats.errors.NoServersError as error:
        raise Unreachable(url) from error
    return connection
