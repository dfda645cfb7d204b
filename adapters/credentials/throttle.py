"""Who guesses is slowed down, and the one whose login is guessed at is not kept out by that.

An attempt is counted under what it has in common with others. Only the browser that a login has signed in from before
is sure to be its owner's, and it is counted by itself: whatever others do elsewhere, it is let in. Everybody else is
counted by login and address together, by address, and, much later and for a minute at most, by login alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import NamedTuple

from adapters.credentials.login import Blind, origin

DAY, HOUR = timedelta(days=1), timedelta(hours=1)


class Limit(NamedTuple):
    """`free` attempts are taken one after the other; each one more doubles a pause from a second up to `most`.

    After `memory` without an attempt, counting begins anew.
    """

    free: int
    most: timedelta
    memory: timedelta


class Counted(NamedTuple):
    """Under which key an attempt is counted, and how many there may be; `own` is cleared when one was good."""

    key: bytes
    limit: Limit
    own: bool


OWN = Limit(5, timedelta(minutes=15), DAY)
"""One login from one address, or from one browser that it is known from."""

ADDRESS = Limit(30, timedelta(minutes=1), HOUR)
"""All logins from one address, behind which a whole office may sit."""

LOGIN = Limit(50, timedelta(minutes=1), HOUR)
"""One login from everywhere: a guess a minute, whoever has how many addresses."""


def attempt(blind: Blind, login: bytes, address: str, *, device: str | None) -> Sequence[Counted]:
    """What an attempt to sign in is counted under; `device` is that of the login, proven, or None."""
    whose, place = login.hex(), origin(address)
    if device is not None:
        return [Counted(blind("failures of a browser", whose, device), OWN, own=True)]
    return [
        Counted(blind("failures of a login from an address", whose, place), OWN, own=True),
        Counted(blind("failures of an address", place), ADDRESS, own=False),
        Counted(blind("failures of a login", whose), LOGIN, own=False),
    ]


def change(blind: Blind, worker: str) -> Sequence[Counted]:
    """What an attempt to change a password is counted under: whoever has a session may not guess it either."""
    return [Counted(blind("failures to change", worker), OWN, own=True)]


def elsewhere(blind: Blind, address: str) -> Sequence[Counted]:
    """What a return from whoever signs workers in beside us is counted under."""
    return [Counted(blind("failures of returns", origin(address)), ADDRESS, own=False)]
