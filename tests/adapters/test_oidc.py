"""Workers whom a provider of OpenID Connect vouches for: a real one on a port, that says what it is told to say."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import socket
import ssl
import time
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import parse_qs, urlsplit

import httpx
import orjson
import pytest
import uvicorn
from door import Stage, new_place, stage
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey
from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from adapters.composition.web import web
from adapters.credentials.authentication import USE
from adapters.credentials.login import Blind
from adapters.embedded import Running
from adapters.http import oidc
from adapters.postgres.sign_ins import SignIns
from domain.staff.worker import SYSTEM

T = TypeVar("T")

HOST, CLIENT, SECRET, SUBJECT = "127.0.0.1", "kartoteka", "between us", "account-7"
KEYS = [ECKey.generate_key("P-256", {"kid": f"key-{n}"}) for n in range(3)]
"""The first two are the provider's, one after the other; the last is somebody else's."""

TRUST = ssl.create_default_context()
REFUSED, SIGNED_IN = (401, "SignInRefused"), (303, "/v1/session")


@dataclass
class Provider:
    """It gives codes for the asking, and a token for each; `lies` are claims that it states otherwise."""

    issuer: str = ""
    keys: list[ECKey] = field(default_factory=lambda: KEYS[:1])
    signs: Any = field(default_factory=lambda: KEYS[0])
    header: dict[str, str] = field(default_factory=lambda: {"alg": "ES256", "kid": "key-0"})
    lies: dict[str, Any] = field(default_factory=dict)
    asked: dict[str, dict[str, str]] = field(default_factory=dict)
    """What was asked for, by the code that was given."""

    looked: int = 0
    """How often its keys were."""

    def authorize(self, url: str) -> str:
        """The code for whoever was sent there."""
        asked = {name: text for name, (text,) in parse_qs(urlsplit(url).query).items()}
        assert (asked["response_type"], asked["client_id"], asked["scope"]) == ("code", CLIENT, "openid")
        assert asked["code_challenge_method"] == "S256"
        self.asked[code := f"code-{len(self.asked)}"] = asked
        return code

    async def metadata(self, _: Request) -> Response:
        ends = {"authorization_endpoint": "/authorize", "token_endpoint": "/token", "jwks_uri": "/keys"}
        return JSONResponse({"issuer": self.issuer} | {name: self.issuer + path for name, path in ends.items()})

    async def published(self, _: Request) -> Response:
        self.looked += 1
        return JSONResponse({"keys": [each.as_dict(private=False) for each in self.keys]})

    async def token(self, request: Request) -> Response:
        """As RFC 6749 and RFC 7636 ask for it: a code is good once, for who has the verifier."""
        form = {name: text for name, (text,) in parse_qs((await request.body()).decode()).items()}
        name, _, word = base64.b64decode(request.headers["authorization"].partition(" ")[2]).decode().partition(":")
        asked = self.asked.pop(form["code"], None)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(form["code_verifier"].encode()).digest()).rstrip(b"=")
        proven = asked is not None and challenge.decode() == asked["code_challenge"]
        if asked is None or not proven or form["redirect_uri"] != asked["redirect_uri"]:
            return JSONResponse({"error": "invalid_grant"}, 400)
        assert (name, word) == (CLIENT, SECRET.replace(" ", "+"))
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "sub": SUBJECT,
            "aud": CLIENT,
            "nonce": asked["nonce"],
            "iat": now,
            "exp": now + 300,
        }
        told = {claim: value for claim, value in (claims | self.lies).items() if value is not None}
        token = jwt.encode(self.header, told, self.signs) if self.signs else unsigned(told)
        return JSONResponse({"access_token": "x", "token_type": "Bearer", "id_token": token})

    def honest(self) -> None:
        """As it was in the beginning."""
        self.keys, self.signs, self.lies, self.header = KEYS[:1], KEYS[0], {}, {"alg": "ES256", "kid": "key-0"}


def unsigned(claims: dict[str, Any]) -> str:
    """A token that says so itself."""
    parts = [base64.urlsafe_b64encode(orjson.dumps(each)).rstrip(b"=").decode() for each in ({"alg": "none"}, claims)]
    return f"{'.'.join(parts)}."


@asynccontextmanager
async def providing(provider: Provider) -> AsyncIterator[None]:
    routes = [
        Route("/.well-known/openid-configuration", provider.metadata),
        Route("/keys", provider.published),
        Route("/token", provider.token, methods=["POST"]),
    ]
    at = socket.socket()
    at.bind((HOST, 0))
    provider.issuer = f"http://127.0.0.1:{at.getsockname()[1]}"
    server = uvicorn.Server(uvicorn.Config(Starlette(routes=routes), log_config=None, access_log=False, lifespan="off"))
    serving = asyncio.create_task(server.serve(sockets=[at]))
    try:
        yield
    finally:
        server.should_exit = True
        await serving


@dataclass(slots=True)
class Elsewhere:
    """The service, the provider beside it, and browsers that go from one to the other."""

    stage: Stage
    provider: Provider
    stack: AsyncExitStack
    url: str
    worker: str

    def run(self, steps: Coroutine[Any, Any, T]) -> T:
        return self.stage.run(steps)

    def browser(self) -> httpx.AsyncClient:
        transport = httpx.AsyncHTTPTransport(verify=TRUST)
        line = httpx.AsyncClient(base_url=self.url, transport=transport, timeout=20)
        self.stack.push_async_callback(line.aclose)
        return line

    async def gone(self, browser: httpx.AsyncClient) -> dict[str, str]:
        """Sent away, and what is to be brought back."""
        answer = await browser.get("/v1/session/oidc/start")
        assert answer.status_code == 303, answer.text
        there = answer.headers["location"]
        assert there.startswith(self.provider.issuer + "/authorize?")
        state = parse_qs(urlsplit(there).query)["state"][0]
        return {"code": self.provider.authorize(there), "state": state}

    async def came(self, browser: httpx.AsyncClient, brought: dict[str, str]) -> tuple[int, str]:
        answer = await browser.get("/v1/session/oidc/back", params=brought)
        told = answer.headers["location"] if answer.status_code == 303 else answer.json()["code"]
        assert "kartoteka-oidc" not in browser.cookies
        assert ("kartoteka" in browser.cookies) is (answer.status_code == 303)
        return answer.status_code, told

    def tried(self) -> tuple[int, str]:
        """There and back."""

        async def go() -> tuple[int, str]:
            browser = self.browser()
            return await self.came(browser, await self.gone(browser))

        return self.run(go())


@pytest.fixture(scope="module")
def here(servers: Running, state: Path) -> Iterator[Elsewhere]:
    with stage(new_place(servers, state, http=f"{HOST}:0")) as at:
        stack, provider = AsyncExitStack(), Provider()
        worker = at.ask("worker.hire", {**at.request(name="Linked"), "actor": SYSTEM}, at.operator).body["id"]

        async def open_up() -> str:
            await stack.enter_async_context(providing(provider))
            update = {"oidc_issuer": provider.issuer, "oidc_client": CLIENT, "oidc_secret": SecretStr(SECRET)}
            place = replace(at.place, settings=at.place.settings.model_copy(update=update))
            listening = await stack.enter_async_context(web(place, at.service))
            sign_ins = SignIns(at.place.postgres_url, at.place.settings.schema_name)
            subject = Blind(at.service.keys.derive(USE))("subject", provider.issuer, SUBJECT)
            await sign_ins.link(subject, worker, at.service.clock())
            await sign_ins.close()
            assert listening is not None
            return listening.url

        try:
            yield Elsewhere(at, provider, stack, at.run(open_up()), worker)
        finally:
            at.run(stack.aclose())


@pytest.fixture(autouse=True)
def honest(here: Elsewhere) -> None:
    here.provider.honest()
    here.stage.database.execute("DELETE FROM sign_in_failures")


def test_a_linked_account_signs_its_worker_in(here: Elsewhere) -> None:
    async def go() -> dict[str, Any]:
        browser = here.browser()
        assert await here.came(browser, await here.gone(browser)) == SIGNED_IN
        who: dict[str, Any] = (await browser.get("/v1/session")).json()
        return who

    assert here.run(go())["worker"] == here.worker


@pytest.mark.parametrize(
    ("lie", "told"),
    [
        ({"nonce": "another"}, REFUSED),
        ({"nonce": None}, REFUSED),
        ({"aud": "somebody-else"}, REFUSED),
        ({"aud": [CLIENT, "somebody-else"], "azp": "somebody-else"}, REFUSED),
        ({"aud": ["somebody-else"], "azp": CLIENT}, REFUSED),
        ({"aud": None}, REFUSED),
        ({"iss": "http://127.0.0.1:1"}, REFUSED),
        ({"iss": None}, REFUSED),
        ({"exp": 1_700_000_000}, REFUSED),
        ({"exp": None}, REFUSED),
        ({"sub": "account-8"}, REFUSED),
        ({"sub": None}, REFUSED),
        ({"sub": 7}, REFUSED),
    ],
    ids=str,
)
def test_a_token_for_somebody_else_or_of_another_time_is_none(
    here: Elsewhere, lie: dict[str, Any], told: tuple[int, str]
) -> None:
    here.provider.lies = lie
    assert here.tried() == told


def test_a_token_counts_by_the_providers_own_keys_alone_and_those_may_change(
    here: Elsewhere, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider = here.provider
    assert here.tried() == SIGNED_IN
    looked = provider.looked
    provider.signs = KEYS[2]
    assert here.tried() == REFUSED
    provider.header = {"alg": "ES256", "kid": "key-2"}
    assert here.tried() == REFUSED
    provider.signs, provider.header = OctKey.generate_key(256), {"alg": "HS256", "kid": "key-0"}
    assert here.tried() == REFUSED
    provider.signs = None
    assert here.tried() == REFUSED
    provider.keys, provider.signs, provider.header = KEYS[:2], KEYS[1], {"alg": "ES256", "kid": "key-1"}
    assert (here.tried(), provider.looked) == (REFUSED, looked)
    monkeypatch.setattr(oidc, "KEYS_SECONDS", 0.0)
    assert here.tried() == SIGNED_IN
    assert here.tried() == SIGNED_IN
    assert provider.looked == looked + 1


def test_what_is_brought_back_is_good_once_and_in_the_browser_that_was_sent(here: Elsewhere) -> None:
    async def go() -> None:
        browser, other = here.browser(), here.browser()
        brought = await here.gone(browser)
        asked = here.provider.asked[brought["code"]]
        held = browser.cookies["kartoteka-oidc"]
        assert await here.came(other, brought) == REFUSED
        assert await here.came(browser, {**brought, "state": "guessed"}) == REFUSED
        browser.cookies.set("kartoteka-oidc", f"{held[:-4]}AAAA", domain=HOST)
        assert await here.came(browser, brought) == REFUSED
        browser.cookies.set("kartoteka-oidc", held, domain=HOST)
        assert await here.came(browser, {**brought, "iss": "http://127.0.0.1:1"}) == REFUSED
        browser.cookies.set("kartoteka-oidc", held, domain=HOST)
        assert await here.came(browser, brought) == SIGNED_IN
        again = here.browser()
        again.cookies.set("kartoteka-oidc", held, domain=HOST)
        here.provider.asked["again"] = asked
        assert await here.came(again, {**brought, "code": "again"}) == REFUSED
        assert "again" in here.provider.asked

    here.run(go())
