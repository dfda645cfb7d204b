"""Where our streams take messages: at subjects that only our own processes know, for they hold a secret.

NATS asks nobody's leave for where an answer goes. Whoever may ask JetStream for anything could have it answer to any
subject they can name, and a stream that takes what is sent there would keep the answer.
"""

from __future__ import annotations

import re
from dataclasses import replace

from nats.js import JetStreamContext
from nats.js.api import StreamConfig, SubjectTransform

from adapters.credentials.permission import INWARD

SECRET = re.compile(rf"({re.escape(INWARD)}\.)\w+", re.IGNORECASE)


def inward(secret: str, stream: str) -> str:
    """What stands before every subject at which the stream takes messages."""
    return f"{INWARD}.{secret}.{stream}"


def closed(config: StreamConfig, entrance: str, room: str) -> StreamConfig:
    """The same, so that it takes what comes to the entrance, and keeps it under the subjects of the room."""
    return replace(config, subjects=[f"{entrance}.>"], subject_transform=SubjectTransform(f"{entrance}.>", f"{room}.>"))


async def changed(streams: JetStreamContext, before: StreamConfig, wanted: StreamConfig) -> None:
    """Have the stream be as wanted, with all that it holds. Raises APIError where the server does not let us."""
    if wanted != before:
        await streams.update_stream(wanted)


def unsaid(text: str) -> str:
    """A complaint of NATS, without the secret."""
    return SECRET.sub(r"\1…", text)
