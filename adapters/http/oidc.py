"""A worker is vouched for by a provider of OpenID Connect: authorization code with PKCE, for a linked account alone.

What has to come back with the browser, the state, the nonce and the verifier, follows from one secret in a cookie:
nobody else's browser can bring it, and it is good for one return.
"""

from __future__ import annotations

import hmac
import time
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from secrets import token_urlsafe
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote_plus, urlencode, urlsplit

import httpx
import structlog
from authlib.oidc.core import CodeIDToken  # type: ignore[import-untyped]
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from adapters.clock import Clock, real_time
from adapters.credentials.authentication import Authentication, Origin
from adapters.http.reply import refused
from adapters.problem import Problem, problem
from adapters.settings import Settings, SettingsWrong

if TYPE_CHECKING:
    from adapters.http.session import SignInDesk

BACK = "/v1/session/oidc/back"
COOKIE = "kartoteka-oidc"
ALGORITHMS = ["RS256", "PS256", "ES256", "ES384"]
"""Signatures by keys that only the provider has."""

RETURN_SECONDS = 600
METADATA_SECONDS = 3_600.0
KEYS_SECONDS = 5.0
"""How often keys are asked for at most, where a token is signed by one that is not known."""

LEEWAY_SECONDS = 60
PATIENCE_SECONDS = 10.0

logger = structlog.get_logger()


class ProviderWrong(Exception):
    """The provider does not answer as it should; the message says where."""


@dataclass(frozen=True, slots=True)
class Trip:
    """One way there and back: what follows from its secret."""

    state: str
    nonce: str
    verifier: str
    id: bytes


class Provider(NamedTuple):
    """Where it is asked, by its own metadata."""

    authorization: str
    token: str
    keys: str


class Oidc:
    """One provider, asked about itself when it is first needed."""

    def __init__(
        self, settings: Settings, authentication: Authentication, clock: Clock, line: httpx.AsyncClient
    ) -> None:
        assert settings.oidc_issuer is not None
        assert settings.oidc_client is not None
        self._issuer, self._client = settings.oidc_issuer, settings.oidc_client
        self._secret = settings.oidc_secret.get_secret_value() if settings.oidc_secret else None
        self._authentication, self._clock, self._line = authentication, clock, line
        self._provider: tuple[float, Provider] | None = None
        self._keys: tuple[float, KeySet] | None = None

    async def go(self, desk: SignInDesk, request: Request) -> Response:
        """To the provider, with what has to come back."""
        try:
            provider = await self._found()
        except (httpx.HTTPError, httpx.InvalidURL, ProviderWrong) as error:
            return _away(error)
        given = f"{token_urlsafe(32)}.{int(self._now())}"
        trip = self._trip(given)
        challenge = urlsafe_b64encode(sha256(trip.verifier.encode()).digest()).rstrip(b"=").decode()
        asked = {
            "response_type": "code",
            "client_id": self._client,
            "redirect_uri": desk.base(request) + BACK,
            "scope": "openid",
            "state": trip.state,
            "nonce": trip.nonce,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        between = "&" if urlsplit(provider.authorization).query else "?"
        response = RedirectResponse(f"{provider.authorization}{between}{urlencode(asked)}", 303)
        desk.cookies.put(response, COOKIE, f"{given}.{self._sealed(given)}", RETURN_SECONDS)
        return response

    async def back(self, desk: SignInDesk, request: Request) -> Response:
        """From the provider: signed in, or not."""
        response = await self._back(desk, request)
        desk.cookies.drop(response, COOKIE)
        return response

    async def _back(self, desk: SignInDesk, request: Request) -> Response:
        trip, origin = self._brought(desk.cookies.of(request, COOKIE)), desk.origin(request)
        told = request.query_params
        if (
            trip is None
            or not hmac.compare_digest(told.get("state", "").encode(), trip.state.encode())
            or told.get("iss", self._issuer) != self._issuer
            or not told.get("code")
        ):
            return refused(self._authentication.refused())
        until = timedelta(seconds=RETURN_SECONDS)
        if (found := await self._authentication.returned(trip.id, origin, until)) is not None:
            return refused(found)
        try:
            subject = await self._subject(told["code"], trip, desk.base(request) + BACK)
        except (httpx.HTTPError, httpx.InvalidURL, ProviderWrong) as error:
            return _away(error)
        except (JoseError, ValueError) as error:
            logger.warning("a token of the provider was not good", error=type(error).__name__)
            return refused(self._authentication.refused())
        return await self._signed_in(desk, subject, origin)

    async def _signed_in(self, desk: SignInDesk, subject: str, origin: Origin) -> Response:
        signed_in = await self._authentication.vouched(self._issuer, subject, origin)
        if isinstance(signed_in, Problem):
            return refused(signed_in)
        return desk.signed_in(signed_in, RedirectResponse("/v1/session", 303))

    async def _subject(self, code: str, trip: Trip, back: str) -> str:
        """Whose account it is. Raises JoseError where the token is not for us, of this trip, and of now."""
        provider = await self._found()
        asked = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": back,
            "code_verifier": trip.verifier,
        }
        if self._secret is None:
            answer = await self._line.post(provider.token, data={**asked, "client_id": self._client})
        else:
            answer = await self._line.post(
                provider.token, data=asked, auth=(quote_plus(self._client), quote_plus(self._secret))
            )
        token = _json(answer, "token").get("id_token")
        if not isinstance(token, str):
            raise ProviderWrong("it gave no ID token")
        return await self._verified(token, trip)

    async def _verified(self, token: str, trip: Trip) -> str:
        try:
            read = jwt.decode(token, await self._keyset(), algorithms=ALGORITHMS)
        except (JoseError, ValueError):
            # Signed by a key that was not there yet, it may be.
            read = jwt.decode(token, await self._keyset(older_than=KEYS_SECONDS), algorithms=ALGORITHMS)
        options = {
            "iss": {"essential": True, "value": self._issuer},
            "aud": {"essential": True, "value": self._client},
        }
        params = {"nonce": trip.nonce, "client_id": self._client}
        claims = CodeIDToken(read.claims, read.header, options, params)
        claims.validate(now=int(self._now()), leeway=LEEWAY_SECONDS)
        return str(claims["sub"])

    async def _found(self) -> Provider:
        if self._provider is None or time.monotonic() - self._provider[0] > METADATA_SECONDS:
            where = self._issuer.rstrip("/") + "/.well-known/openid-configuration"
            told = _json(await self._line.get(where), "metadata")
            if told.get("issuer") != self._issuer:
                raise ProviderWrong("its metadata is of another issuer")
            names = ("authorization_endpoint", "token_endpoint", "jwks_uri")
            found = [str(told.get(name, "")) for name in names]
            if not all(urlsplit(each).scheme in ("https", urlsplit(self._issuer).scheme) for each in found):
                raise ProviderWrong("its metadata lacks where to go, or leads off TLS")
            self._provider = time.monotonic(), Provider(*found)
        return self._provider[1]

    async def _keyset(self, *, older_than: float = METADATA_SECONDS) -> KeySet:
        if self._keys is None or time.monotonic() - self._keys[0] > older_than:
            told = _json(await self._line.get((await self._found()).keys), "keys")
            try:
                keys = KeySet.import_key_set({"keys": list(told["keys"])})
            except (JoseError, KeyError, TypeError, ValueError) as error:
                raise ProviderWrong("its keys cannot be read") from error
            self._keys = time.monotonic(), keys
        return self._keys[1]

    def _now(self) -> float:
        """By the clock of everybody else."""
        return real_time(self._clock).timestamp()

    def _trip(self, given: str) -> Trip:
        state, nonce, verifier = (self._word(kind, given) for kind in ("state", "nonce", "verifier"))
        return Trip(state, nonce, verifier, self._authentication.blind("oidc return", given))

    def _brought(self, cookie: str) -> Trip | None:
        """What this browser was sent away with, not too long ago."""
        given, _, shown = cookie.rpartition(".")
        if not given or not hmac.compare_digest(shown.encode(), self._sealed(given).encode()):
            return None
        age = self._now() - int(given.rpartition(".")[2])
        return self._trip(given) if age <= RETURN_SECONDS else None

    def _sealed(self, given: str) -> str:
        return self._word("browser", given)

    def _word(self, kind: str, given: str) -> str:
        digest = self._authentication.blind(f"oidc {kind}", given)
        return urlsafe_b64encode(digest).rstrip(b"=").decode()


def _json(answer: httpx.Response, what: str) -> Mapping[str, Any]:
    """Raises ProviderWrong, without a word of what it said."""
    if answer.status_code != 200:
        raise ProviderWrong(f"its {what} came with status {answer.status_code}")
    try:
        told = answer.json()
    except ValueError:
        told = None
    if not isinstance(told, dict):
        raise ProviderWrong(f"its {what} is no JSON object")
    return told


def _away(error: Exception) -> Response:
    why = str(error) if isinstance(error, ProviderWrong) else type(error).__name__
    logger.warning("the provider that signs workers in", error=why)
    return refused(problem("ProviderAway"))


@asynccontextmanager
async def opened(settings: Settings, authentication: Authentication, clock: Clock) -> AsyncIterator[Oidc]:
    """The provider of the settings. Raises SettingsWrong."""
    if settings.oidc_client is None:
        raise SettingsWrong("KARTOTEKA_OIDC_ISSUER needs KARTOTEKA_OIDC_CLIENT: as whom we are known there")
    async with httpx.AsyncClient(timeout=PATIENCE_SECONDS, follow_redirects=False, trust_env=False) as line:
        yield Oidc(settings, authentication, clock, line)
