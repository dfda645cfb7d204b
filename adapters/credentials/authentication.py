"""A worker signs in: by what they know or by who vouches for them, not too often, and until the session ends."""

from __future__ import annotations

import hmac
import math
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from typing import NamedTuple

import structlog
from pydantic import BaseModel, ConfigDict, Field

from adapters.clock import Clock
from adapters.credentials import throttle
from adapters.credentials.login import MOST_LETTERS, Blind, normal
from adapters.credentials.password import MOST_BYTES, Busy, Passwords, weak
from adapters.credentials.throttle import Counted
from adapters.postgres.sign_ins import Opening, Session, SignIns
from adapters.problem import Problem, problem
from adapters.telemetry.tally import SIGN_INS

USE, PEPPER = "sign-in", "password"
SECRET_BYTES = 32
BUSY_MS = 1_000
PASSWORD, OIDC = "password", "oidc"

logger = structlog.get_logger()


class SigningIn(BaseModel):
    """What is sent to sign in."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    login: str = Field(min_length=1, max_length=MOST_LETTERS, description="The name the worker signs in with.")
    password: str = Field(min_length=1, max_length=MOST_BYTES, description="The worker's password.")


class ChangingPassword(BaseModel):
    """What is sent to have another password."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    old: str = Field(min_length=1, max_length=MOST_BYTES, description="The password until now.")
    new: str = Field(
        min_length=1, max_length=MOST_BYTES, description="The password from now on: 12 characters at least."
    )


class WhoAmI(BaseModel):
    """Who is signed in."""

    model_config = ConfigDict(frozen=True)

    worker: str = Field(description="The worker's id.")
    ends_at: datetime = Field(description="When the session ends.")
    csrf: str = Field(description="What X-CSRF-Token has to be where a request of this session may change something.")
    must_change: bool = Field(description="Whether the password has to be changed before anything else.")


class Origin(NamedTuple):
    """Where a request came from: its address, and what the browser holds of earlier ones."""

    address: str
    browser: str = ""
    secret: str = ""


class SignedIn(NamedTuple):
    """A session that began: what the browser is to hold, `browser` longer than the session."""

    secret: str
    session: Session
    browser: str | None = None


class Authentication:
    """What decides who a worker is, whatever transport they come over."""

    def __init__(
        self, sign_ins: SignIns, passwords: Passwords, secret: bytes, clock: Clock, *, lasts: timedelta
    ) -> None:
        self.sign_ins, self.blind = sign_ins, Blind(secret)
        self.clock, self._passwords, self._lasts = clock, passwords, lasts

    def login(self, typed: str) -> bytes:
        """What a login is stored as."""
        return self.blind("login", normal(typed))

    def subject(self, issuer: str, subject: str) -> bytes:
        """What an account elsewhere is stored as."""
        return self.blind("subject", issuer, subject)

    async def session(self, secret: str) -> Session | None:
        """Whose secret it is, while the session lasts and they work here. Raises what SignIns raises."""
        return await self.sign_ins.session(_id(secret), self.clock())

    def csrf(self, secret: str) -> str:
        """What shows that a request of a session was made by our own pages: nobody else's can read it."""
        return _text(self.blind("csrf", _id(secret).hex()))

    def is_csrf(self, given: str, secret: str) -> bool:
        """Compared in constant time."""
        return hmac.compare_digest(given.encode(), self.csrf(secret).encode())

    async def sign_in(self, asked: SigningIn, origin: Origin) -> SignedIn | Problem:
        """By login and password. An unknown login is as much work as a wrong password, and is told the same."""
        now, login = self.clock(), self.login(asked.login)
        counted = throttle.attempt(self.blind, login, origin.address, device=self._device(origin.browser, login))
        if (waits := await self.sign_ins.attempted(counted, now)) > timedelta():
            return _throttled(PASSWORD, waits)
        known = await self.sign_ins.known(login)
        try:
            good, renewed = await self._passwords.verified(asked.password, known.password if known else None)
        except Busy:
            await self.sign_ins.succeeded(_others(counted), now)
            return problem("Overloaded", retry_after_ms=BUSY_MS)
        if known is None or not good or not known.active:
            away = known is not None and not known.active
            whose, outcome = known.worker if known else "", "not-working-here" if away else "refused"
            await self.sign_ins.note(whose, PASSWORD, outcome, now)
            return _refused(PASSWORD)
        opening, secret = self._opening(known.worker, PASSWORD, now, by=known.password)
        if not await self.sign_ins.open(opening, now, instead=_before(origin), renewed=renewed):
            return _refused(PASSWORD)
        await self.sign_ins.succeeded(counted, now)
        session = Session(known.worker, PASSWORD, opening.ends_at, known.must_change)
        _told(PASSWORD, "ok")
        return SignedIn(secret, session, self._browser(origin.browser, login))

    async def returned(self, id: bytes, origin: Origin, until: timedelta) -> Problem | None:
        """Whether somebody may come back from elsewhere with this: once, and not too often from one address."""
        now = self.clock()
        counted = throttle.elsewhere(self.blind, origin.address)
        if (waits := await self.sign_ins.attempted(counted, now)) > timedelta():
            return _throttled(OIDC, waits)
        if not await self.sign_ins.returned(id, now + until):
            return self.refused()
        return None

    async def vouched(self, issuer: str, subject: str, origin: Origin) -> SignedIn | Problem:
        """By an account elsewhere that was shown to be theirs: it is that of whom it was linked to, or of nobody."""
        now = self.clock()
        worker = await self.sign_ins.linked(self.subject(issuer, subject))
        if worker is None:
            return self.refused()
        opening, secret = self._opening(worker, OIDC, now)
        if not await self.sign_ins.open(opening, now, instead=_before(origin)):
            return self.refused()
        await self.sign_ins.succeeded(throttle.elsewhere(self.blind, origin.address), now)
        _told(OIDC, "ok")
        return SignedIn(secret, Session(worker, OIDC, opening.ends_at, must_change=False))

    def refused(self) -> Problem:
        """That somebody elsewhere did not vouch for anybody we know."""
        return _refused(OIDC)

    async def change(self, asked: ChangingPassword, session: Session) -> SignedIn | Problem:
        """Another password, which ends all sessions, and a session that begins with it."""
        now, counted = self.clock(), throttle.change(self.blind, session.worker)
        if (waits := await self.sign_ins.attempted(counted, now)) > timedelta():
            return _throttled(PASSWORD, waits)
        known = await self.sign_ins.of_worker(session.worker)
        try:
            good, _ = await self._passwords.verified(asked.old, known.password if known else None)
            if known is None or not good:
                return _refused(PASSWORD)
            # Shown to be whoever they are: what is wrong with the new one is no guess at the old one.
            await self.sign_ins.succeeded(counted, now)
            if (wrong := self._wrong(asked, known.login)) is not None:
                return problem("PasswordTooWeak", errors=({"field": "new", "wrong": wrong},))
            opening, secret = self._opening(session.worker, PASSWORD, now, by=known.password)
            if not await self.sign_ins.change(opening, await self._passwords.hashed(asked.new), now):
                return _refused(PASSWORD)
        except Busy:
            return problem("Overloaded", retry_after_ms=BUSY_MS)
        return SignedIn(secret, Session(session.worker, PASSWORD, opening.ends_at, must_change=False))

    async def sign_out(self, secret: str) -> None:
        """End this session, where there is one."""
        await self.sign_ins.end(_id(secret), self.clock())

    async def sign_out_everywhere(self, session: Session) -> None:
        """End all sessions of the worker."""
        await self.sign_ins.end_all(session.worker, self.clock())

    def _wrong(self, asked: ChangingPassword, login: bytes) -> str | None:
        """The login is stored nowhere: only whether the password is one and the same can be told."""
        if asked.new == asked.old:
            return "is the one until now"
        return "is the login" if self.login(asked.new) == login else weak(asked.new, "")

    def _opening(self, worker: str, method: str, now: datetime, *, by: str = "") -> tuple[Opening, str]:
        secret = secrets.token_urlsafe(SECRET_BYTES)
        return Opening(_id(secret), worker, method, now + self._lasts, by), secret

    def _browser(self, before: str, login: bytes) -> str:
        """What tells this browser from all others for the login; the same for as long as it can be."""
        if self._device(before, login) is not None:
            return before
        number = secrets.token_urlsafe(16)
        return f"{number}.{_text(self.blind('browser', login.hex(), number))}"

    def _device(self, browser: str, login: bytes) -> str | None:
        """The browser, where we have given it this for the login."""
        number, _, shown = browser.partition(".")
        proof = _text(self.blind("browser", login.hex(), number))
        return number if hmac.compare_digest(shown.encode(), proof.encode()) else None


def _before(origin: Origin) -> bytes | None:
    return _id(origin.secret) if origin.secret else None


def _others(counted: Sequence[Counted]) -> list[Counted]:
    """What is forgiven, and not forgotten, of an attempt that was not looked at."""
    return [each._replace(own=False) for each in counted]


def _id(secret: str) -> bytes:
    return sha256(secret.encode()).digest()


def _text(digest: bytes) -> str:
    return urlsafe_b64encode(digest).rstrip(b"=").decode()


def _refused(method: str) -> Problem:
    _told(method, "refused")
    return problem("SignInRefused")


def _throttled(method: str, waits: timedelta) -> Problem:
    _told(method, "throttled")
    return problem("SignInThrottled", retry_after_ms=math.ceil(waits.total_seconds() * 1000))


def _told(method: str, outcome: str) -> None:
    """Neither who nor from where: that is kept for auditors."""
    SIGN_INS[(method, outcome)] += 1
    logger.info("sign-in", method=method, outcome=outcome)
