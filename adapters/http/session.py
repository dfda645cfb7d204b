"""Workers in a browser: a cookie that no script reads, and requests that no other site can make with it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

import orjson
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from adapters.answering.commands import RETRY_AFTER_MS
from adapters.clock import Clock
from adapters.composition.place import Place
from adapters.credentials.authentication import (
    PEPPER,
    USE,
    Authentication,
    ChangingPassword,
    Origin,
    SignedIn,
    SigningIn,
    WhoAmI,
)
from adapters.credentials.caller import WEB, Caller
from adapters.credentials.login import origin as origin_of
from adapters.credentials.password import Passwords
from adapters.http.accept import JSON
from adapters.http.cookies import BROWSER, COOKIE, TOKEN, Cookies
from adapters.http.intake import SMALL, Bounds, body_of
from adapters.http.reply import refused, told
from adapters.http.shares import Shares
from adapters.key_encryption import KeyEncryption
from adapters.postgres.answers import Unready
from adapters.postgres.sign_ins import Session, SignIns
from adapters.problem import Problem, problem
from adapters.quarantine import CODE as IN_QUARANTINE
from adapters.quarantine import Gate, Open
from adapters.scope import ASKING
from adapters.settings import SettingsWrong
from adapters.shape import read_as

if TYPE_CHECKING:
    from adapters.http.oidc import Oidc

Asked = TypeVar("Asked", bound=BaseModel)
Answer = Callable[[Request], Awaitable[Response]]

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
BROWSER_SECONDS = 365 * 24 * 3600
STRANGERS, OF_ONE_ADDRESS = 64, 16
"""Requests under way of who is still to say who they are: whoever is known has room beside them."""
NO_SESSION = problem("SessionEnded")


class SignInDesk:
    """Finds the worker of a request, and answers what is asked of sessions.

    Without `public_url` we are where the browser says that it found us.
    """

    def __init__(
        self, authentication: Authentication, *, public_url: str | None, tls: bool, gate: Gate, oidc: Oidc | None = None
    ) -> None:
        self.authentication, self._public_url, self._gate = authentication, public_url, gate
        self.cookies = Cookies(secure=tls or (public_url or "").startswith("https:"))
        self._strangers = Shares(STRANGERS)
        self.routes = [
            Route("/v1/session", self._answered(self._own_session), methods=["GET", "POST", "DELETE"]),
            Route("/v1/session/all", self._answered(self._sign_out_everywhere), methods=["DELETE"]),
            Route("/v1/session/password", self._answered(self._change_password), methods=["POST"]),
        ]
        if oidc is not None:
            self._oidc = oidc
            self.routes += [
                Route("/v1/session/oidc/start", self._answered(self._go), methods=["GET"]),
                Route("/v1/session/oidc/back", self._answered(self._back), methods=["GET"]),
            ]

    async def caller(self, request: Request) -> Caller | Problem | None:
        """The caller `web` for the worker who is signed in, or what is wrong; None for a request without a cookie.

        Whoever brings a token of their own is not asked for a cookie.
        """
        if "authorization" in request.headers or not self.cookies.of(request, COOKIE):
            return None
        try:
            session = await self._session(request)
        except Unready as error:
            return problem(type(error).__name__)
        if isinstance(session, Problem):
            return session
        if session.must_change:
            return problem("PasswordChangeNeeded")
        return Caller(WEB, (session.worker,), scopes=ASKING)

    async def _session(self, request: Request, *, from_anywhere: bool = False) -> Session | Problem:
        """Whoever is signed in, where the request is their own: a look is kept under their name too. Raises Unready."""
        secret = self.cookies.of(request, COOKIE)
        if not secret or "authorization" in request.headers:
            return NO_SESSION
        session = await self.authentication.session(secret)
        if session is None:
            return NO_SESSION
        proven = request.method in SAFE or self.authentication.is_csrf(request.headers.get(TOKEN, ""), secret)
        if not proven or not (from_anywhere or self._own(request)):
            return problem("CsrfMissing")
        return session

    def _own(self, request: Request) -> bool:
        """Whether it comes from our own pages, as far as the browser tells; what is no browser tells nothing."""
        if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
            return False
        given = request.headers.get("origin")
        return given is None or given == self.base(request)

    def base(self, request: Request) -> str:
        """Where we are, for the browser."""
        if self._public_url is None:
            return f"{request.url.scheme}://{request.headers.get('host', '')}"
        parts = urlsplit(self._public_url)
        return f"{parts.scheme}://{parts.netloc}"

    def origin(self, request: Request) -> Origin:
        """Where the request comes from."""
        address = request.client.host if request.client else ""
        return Origin(address, self.cookies.of(request, BROWSER), self.cookies.of(request, COOKIE))

    async def _own_session(self, request: Request) -> Response:
        match request.method:
            case "POST":
                return await self._among_strangers(self._sign_in, request)
            case "DELETE":
                return await self._sign_out(request)
        return await self._who_am_i(request)

    async def _sign_in(self, request: Request) -> Response:
        if not self._own(request):
            return refused(problem("CsrfMissing"))
        asked = await _asked(request, SigningIn, SMALL)
        if isinstance(asked, Problem):
            return refused(asked)
        return self.signed_in(await self.authentication.sign_in(asked, self.origin(request)))

    async def _who_am_i(self, request: Request) -> Response:
        # The provider's pages lead here, and nobody else is told.
        session = await self._session(request, from_anywhere=True)
        if isinstance(session, Problem):
            return refused(session)
        return told(self._told(session, self.cookies.of(request, COOKIE)))

    async def _sign_out(self, request: Request) -> Response:
        session = await self._session(request)
        if isinstance(session, Problem):
            return refused(session)
        await self.authentication.sign_out(self.cookies.of(request, COOKIE))
        return self._left()

    async def _sign_out_everywhere(self, request: Request) -> Response:
        session = await self._session(request)
        if isinstance(session, Problem):
            return refused(session)
        await self.authentication.sign_out_everywhere(session)
        return self._left()

    async def _change_password(self, request: Request) -> Response:
        session = await self._session(request)
        if isinstance(session, Problem):
            return refused(session)
        asked = await _asked(request, ChangingPassword)
        if isinstance(asked, Problem):
            return refused(asked)
        return self.signed_in(await self.authentication.change(asked, session))

    async def _go(self, request: Request) -> Response:
        return await self._among_strangers(partial(self._oidc.go, self), request)

    async def _back(self, request: Request) -> Response:
        return await self._among_strangers(partial(self._oidc.back, self), request)

    async def _among_strangers(self, answer: Answer, request: Request) -> Response:
        whose = origin_of(request.client.host if request.client else "")
        if not self._strangers.taken(whose, OF_ONE_ADDRESS):
            return refused(problem("Overloaded", retry_after_ms=RETRY_AFTER_MS))
        try:
            return await answer(request)
        finally:
            self._strangers.given_back(whose)

    def signed_in(self, found: SignedIn | Problem, response: Response | None = None) -> Response:
        """Give the browser its session, with the answer or another response."""
        if isinstance(found, Problem):
            return refused(found)
        response = response or told(self._told(found.session, found.secret))
        self.cookies.put(response, COOKIE, found.secret)
        if found.browser is not None:
            self.cookies.put(response, BROWSER, found.browser, BROWSER_SECONDS)
        return response

    def _left(self) -> Response:
        response = Response(status_code=204)
        self.cookies.drop(response, COOKIE)
        return response

    def _told(self, session: Session, secret: str) -> bytes:
        csrf = self.authentication.csrf(secret)
        who = WhoAmI(worker=session.worker, ends_at=session.ends_at, csrf=csrf, must_change=session.must_change)
        return orjson.dumps(who.model_dump(mode="json"))

    def _answered(self, answer: Answer) -> Callable[[Request], Any]:
        async def answered(request: Request) -> Response:
            if self._gate.closed:
                return refused(problem(IN_QUARANTINE))
            try:
                return await answer(request)
            except Unready as error:
                return refused(problem(type(error).__name__))

        return answered


async def _asked(request: Request, kind: type[Asked], bounds: Bounds | None = None) -> Asked | Problem:
    body = await body_of(request, JSON, bounds)
    asked: Asked | Problem = body if isinstance(body, Problem) else read_as(kind, body)
    return asked


@asynccontextmanager
async def sign_in_desk(
    place: Place, keys: KeyEncryption, clock: Clock, gate: Gate | None = None, *, passwords: Passwords | None = None
) -> AsyncIterator[SignInDesk]:
    """The desk of a process; `passwords` are those of tests, where they should cost less. Raises SettingsWrong."""
    settings = place.settings
    sign_ins = SignIns(place.postgres_url, settings.schema_name)
    passwords = passwords or Passwords(keys.derive(PEPPER))
    lasts = timedelta(hours=settings.session_hours)
    authentication = Authentication(sign_ins, passwords, keys.derive(USE), clock, lasts=lasts)
    async with AsyncExitStack() as held:
        held.callback(passwords.close)
        held.push_async_callback(sign_ins.close)
        oidc = None
        if settings.oidc_issuer is not None:
            try:
                from adapters.http.oidc import opened
            except ModuleNotFoundError as error:
                raise SettingsWrong(f"KARTOTEKA_OIDC_ISSUER needs the extra `oidc`: {error.name} is missing") from None
            oidc = await held.enter_async_context(opened(settings, authentication, clock))
        yield SignInDesk(
            authentication,
            public_url=settings.public_url,
            tls=settings.http_certificate is not None,
            gate=gate or Open(),
            oidc=oidc,
        )
