"""Passwords are hashed by argon2id, a few at a time; what is too weak is refused when it is chosen (NIST 800-63B)."""

from __future__ import annotations

import asyncio
import hmac
import re
import secrets
import unicodedata
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from typing import NamedTuple, TypeVar

from argon2 import Parameters, PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.profiles import RFC_9106_LOW_MEMORY

from adapters.credentials.login import normal

T = TypeVar("T")

LEAST_LETTERS, MOST_BYTES = 12, 1024
LEAST_BESIDE = 8
"""How many letters a password that holds the login has beside it."""

LEAST_DIFFERENT = 5
AT_ONCE, WAITING = 2, 16
"""How many are hashed at a time, each in 64 MiB; and how many may wait for that, which is about two seconds."""

COMMON = frozenset(
    [
        "password",
        "passwort",
        "parola",
        "contrasena",
        "motdepasse",
        "wachtwoord",
        "haslo",
        "heslo",
        "jelszo",
        "kennwort",
        "passphrase",
        "secret",
        "geheim",
        "administrator",
        "admin",
        "letmein",
        "welcome",
        "willkommen",
        "bienvenue",
        "benvenuto",
        "changeme",
        "default",
        "master",
        "superman",
        "batman",
        "qwerty",
        "qwertyuiop",
        "qwertyuiopasdf",
        "qwertyuiopasdfghjkl",
        "asdfghjkl",
        "asdfghjklzxc",
        "zxcvbnm",
        "qazwsx",
        "qazwsxedc",
        "qazwsxedcrfv",
        "iloveyou",
        "iloveyouforever",
        "football",
        "baseball",
        "basketball",
        "liverpool",
        "princess",
        "sunshine",
        "dragon",
        "monkey",
        "starwars",
        "pokemon",
        "trustno",
        "whatever",
        "correcthorsebatterystaple",
        "abcdefghijkl",
        "abcdefghijklm",
        "abcdefghijklmnop",
        "kartoteka",
        "helpdesk",
        "office",
        "winter",
        "spring",
        "summer",
        "autumn",
        "january",
        "february",
        "september",
        "october",
        "november",
        "december",
    ]
)
"""What is left of the commonest ones when digits and signs are taken off: those are put on in every way there is."""

WALKS = (
    "1234567890" * 3,
    "0987654321" * 3,
    "1q2w3e4r5t6y7u8i9o0p",
    "1qaz2wsx3edc4rfv5tgb",
    "abc123" * 6,
    "a1b2c3d4e5f6g7h8i9",
)


class Busy(Exception):
    """More passwords wait to be looked at than can be in time; ask again."""


class Verdict(NamedTuple):
    """Whether it was the password, and its hash anew where it was made with other parameters than now."""

    good: bool
    renewed: str | None = None


class Passwords:
    """`pepper` is a secret outside the database, without which no hash can be tried out. One instance for a process.

    `hashed_so_far` counts how much work was done: as much for a login that nobody has as for any other.
    """

    def __init__(self, pepper: bytes, parameters: Parameters = RFC_9106_LOW_MEMORY, *, waiting: int = WAITING) -> None:
        self._pepper, self._hasher = pepper, PasswordHasher.from_parameters(parameters)
        self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="password")
        self._most, self._under_way = AT_ONCE + waiting, 0
        self.hashed_so_far = 0

    async def hashed(self, password: str) -> str:
        """Raises Busy."""
        return await self._off_the_loop(lambda: self._hasher.hash(self._peppered(password)))

    async def verified(self, password: str, known: str | None) -> Verdict:
        """Whether the hash is that of the password; where there is none the work is done all the same. Raises Busy."""
        return await self._off_the_loop(lambda: self._verified(self._peppered(password), known))

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _verified(self, password: bytes, known: str | None) -> Verdict:
        if known is None:
            self._hasher.hash(password)
            return Verdict(good=False)
        try:
            self._hasher.verify(known, password)
        except (VerificationError, InvalidHashError):
            return Verdict(good=False)
        stale = self._hasher.check_needs_rehash(known)
        return Verdict(good=True, renewed=self._hasher.hash(password) if stale else None)

    def _peppered(self, password: str) -> bytes:
        """However its letters are composed by the keyboard."""
        return hmac.digest(self._pepper, unicodedata.normalize("NFC", password).encode(), sha256)

    async def _off_the_loop(self, work: Callable[[], T]) -> T:
        """What nobody waits for any more still takes its turn, and so its place among those that wait."""
        if self._under_way >= self._most:
            raise Busy
        self._under_way += 1
        self.hashed_so_far += 1
        future = asyncio.get_running_loop().run_in_executor(self._threads, work)
        future.add_done_callback(self._done)
        return await asyncio.shield(future)

    def _done(self, _: object) -> None:
        self._under_way -= 1


def made_up() -> str:
    """A password for somebody who is to choose another one: 120 bits, in groups that can be read out."""
    letters = "abcdefghijkmnpqrstuvwxyz23456789"
    return "-".join("".join(secrets.choice(letters) for _ in range(6)) for _ in range(4))


def weak(password: str, login: str) -> str | None:
    """Why nobody should have it, as a piece of a sentence; None where it will do. There are no rules of composition."""
    folded, own = normal(password), normal(login)
    if len(unicodedata.normalize("NFC", password)) < LEAST_LETTERS:
        return f"has fewer than {LEAST_LETTERS} characters"
    if len(password.encode()) > MOST_BYTES:
        return f"is longer than {MOST_BYTES} bytes"
    if own and len(folded.replace(own, "")) < LEAST_BESIDE and own in folded:
        return "is hardly more than the login"
    if len(set(folded)) < LEAST_DIFFERENT:
        return f"has fewer than {LEAST_DIFFERENT} different characters"
    if any(folded in walk for walk in WALKS) or not COMMON.isdisjoint(_stems(folded)):
        return "is one of those that are tried first"
    return None


def _stems(folded: str) -> Iterator[str]:
    """Without digits and signs, also where some stand for letters, and without what is only said again."""
    for text in (folded, folded.translate(str.maketrans("@401$53", "aaoisse"))):
        letters = re.sub(r"[\W\d_]+", "", text)
        again = re.fullmatch(r"(.+?)\1*", letters)
        yield again[1] if again else ""
