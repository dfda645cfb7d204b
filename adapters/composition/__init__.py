"""The composition root: which parts a process is made of, and how they are put together.

Each imports its parts when it is made: none waits for those of another.
"""

from adapters.clock import now
from adapters.composition.beside import anchoring, hearing, mailing, reacting, relaying, timing, viewing
from adapters.composition.callers import client, handler_client, parts
from adapters.composition.forgetting import erasing, reapplying, verifying
from adapters.composition.known import examine, outside
from adapters.composition.place import Place, found, founded, keys_of, wants_embedded
from adapters.composition.questions import asking
from adapters.composition.service import Service, begun_with_test_clock, clock_of, serving
from adapters.composition.web import Listening, web

__all__ = [
    "Listening",
    "Place",
    "Service",
    "anchoring",
    "asking",
    "begun_with_test_clock",
    "client",
    "clock_of",
    "erasing",
    "examine",
    "found",
    "founded",
    "handler_client",
    "hearing",
    "keys_of",
    "mailing",
    "now",
    "outside",
    "parts",
    "reacting",
    "reapplying",
    "relaying",
    "serving",
    "timing",
    "verifying",
    "viewing",
    "wants_embedded",
    "web",
]
