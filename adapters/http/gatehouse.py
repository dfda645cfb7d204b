"""Who sends a request over HTTP: a caller by its token, or a worker who is signed in in a browser."""

from __future__ import annotations

from typing import Protocol

from starlette.requests import Request

from adapters.credentials.caller import Caller
from adapters.problem import Problem

SCHEME = "bearer"


class Tokens(Protocol):
    """Where callers are found by what they were given once."""

    def by_token(self, text: str) -> Caller | None: ...


class Sessions(Protocol):
    """Where a worker is found by a cookie: the caller `web` for them, what is wrong, or None without a cookie."""

    async def caller(self, request: Request) -> Caller | Problem | None: ...


class Gatehouse:
    """Whoever brings a token is who it says; a cookie is looked at only where there is no token."""

    def __init__(self, tokens: Tokens, sessions: Sessions | None = None) -> None:
        self._tokens, self._sessions = tokens, sessions

    async def caller(self, request: Request) -> Caller | Problem | None:
        """Who sent it, as things stand now; None where nobody can tell."""
        if given := request.headers.getlist("authorization"):
            scheme, _, text = given[0].partition(" ")
            known = len(given) == 1 and scheme.lower() == SCHEME
            return self._tokens.by_token(text.strip()) if known else None
        return None if self._sessions is None else await self._sessions.caller(request)


async def guest(request: Request) -> Caller | Problem | None:
    """Who sent it, found once for each request."""
    if not hasattr(request.state, "guest"):
        gatehouse: Gatehouse = request.app.state.gatehouse
        request.state.guest = found = await gatehouse.caller(request)
        request.state.caller = found.name if isinstance(found, Caller) else ""
    known: Caller | Problem | None = request.state.guest
    return known
