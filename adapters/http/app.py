"""The face of HTTP: requests become visitors of the same services that NATS brings them to."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple
from urllib.parse import urlencode

import orjson
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from adapters.answering.commands import RETRY_AFTER_MS
from adapters.answering.reception import Reception, Visitor
from adapters.credentials.caller import WEB, Caller
from adapters.http.accept import BYTES, CSV, EVENTS, JSON, forms, wanted
from adapters.http.asking import by_get, envelope
from adapters.http.exchange import Exchanges, Heard, traceparent_of
from adapters.http.gatehouse import Gatehouse, guest
from adapters.http.health import Health
from adapters.http.intake import acting, body_of
from adapters.http.live import Live, Watched
from adapters.http.reply import Awaited, Shown, Take, answered, held, refused, told
from adapters.http.shares import Shares, asker
from adapters.http.tabular import Pages, named, stream, taken_out
from adapters.inquiry import ASKED, Asked
from adapters.problem import Problem, problem, refusal
from adapters.scope import Face
from projections.question import Listing, Question

EXPORTS, OF_A_CALLER, OF_A_WORKER = 16, 8, 2
"""Answers with all their rows under way; how many of them one caller may have, or a worker with a browser."""

EXPORT_SECONDS = 3600.0
"""How long one may take, however slowly it is read."""

OF_MANY = {"Vary": "Accept, Authorization, Cookie"}


class Services(NamedTuple):
    """What answers, and what is asked before it is."""

    commands: Take
    questions: Take
    files: Take
    reception: Reception
    key: bytes
    """With which tags of answers are made."""


class HttpFace:
    """What is done at each address."""

    def __init__(self, services: Services, gatehouse: Gatehouse, live: Live) -> None:
        self._services, self._gatehouse, self._live = services, gatehouse, live
        self._exports = Shares(EXPORTS)

    @property
    def routes(self) -> list[Route]:
        return [
            Route("/v1/commands/{topic}", self.command, methods=["POST"]),
            Route("/v1/questions/{name}", self.question, methods=["GET", "POST"]),
            Route("/v1/files/{topic}", self.file, methods=["POST"]),
        ]

    async def command(self, request: Request) -> Response:
        """A command in its envelope: 200 with what became of it.

        Problems: 400, 401, 403, 404, 413, 415, what the command refuses with (409, 410, 422), and 503, where nobody may
        know whether it was done: asked again with its id it is done once.
        """
        return await self._answered(request, Face.COMMANDS, self._services.commands, JSON)

    async def file(self, request: Request) -> Response:
        """A part of a file, put or got: a line of JSON, and the bytes behind it.

        Problems: 400, 401, 403, 404, 409, 413, 415, 422, 500 for a file that is damaged, 503.
        """
        return await self._answered(request, Face.FILES, self._services.files, BYTES)

    async def _answered(self, request: Request, face: Face, take: Take, media_type: str) -> Response:
        topic = request.path_params["topic"]
        who = await self._entered(request, face, topic)
        if isinstance(who, Problem):
            return refused(who)
        payload = await body_of(request, media_type)
        if isinstance(payload, Problem):
            return refused(payload)
        meant = acting(who, payload, within=b"\n" if face is Face.FILES else None)
        found = await answered(take, who, topic, meant, traceparent_of(request))
        return refused(found) if isinstance(found, Problem) else told(found, media_type)

    async def _entered(self, request: Request, face: Face, topic: str) -> Caller | Problem:
        """Who asks; whoever may not is told so before anything is read of what they send."""
        reception = self._services.reception
        who = None if reception.closed else await guest(request)
        if isinstance(who, Problem):
            return who
        found = reception.known(Visitor(who.name if who else "", topic, who, Awaited()), face)
        if found is not None:
            reception.statistics.count(topic, 0.0, found.code)
            return found
        assert who is not None
        return who

    async def question(self, request: Request) -> Response:
        """A question, in its envelope or in the address; its answer in the form that is wanted.

        304 where the asker holds it. Problems: 400, 401, 403, 404, 405 for one that goes by POST alone, 406, 413, 415,
        429 for a live answer too many, 503.
        """
        name = request.path_params["name"]
        who = await self._entered(request, Face.QUESTIONS, name)
        if isinstance(who, Problem):
            return refused(who)
        if (kind := ASKED.get(name)) is None:
            return refused(problem("QuestionUnknown"))
        if request.method != "POST" and not by_get(kind):
            return refused(problem("PostOnly"), {"Allow": "POST"})
        payload = await _asked(request, kind, who)
        if isinstance(payload, Problem):
            return refused(payload)
        offered = forms(kind, request.scope["http_version"])
        form = wanted(request.headers.getlist("accept"), offered)
        if form is None:
            found = problem("NotAcceptable", errors=({"field": "Accept", "wrong": f"none of {offered}"},))
            return refused(found, OF_MANY)
        if form == JSON:
            return await self._once(request, name, who, payload)
        if form == EVENTS:
            return await self._ever(request, kind, who, payload)
        return await self._whole(request, kind, form, who, payload)

    async def _ask(
        self, request: Request, name: str, payload: bytes, watched: Watched | None = None
    ) -> bytes | Problem:
        """One answer, to whoever sent the request, as they stand now."""
        who = await self._standing(request)
        if isinstance(who, Problem):
            return who
        traceparent, meant = traceparent_of(request), acting(who, payload)
        return await answered(self._services.questions, who, name, meant, traceparent, watched)

    async def _once(self, request: Request, name: str, who: Caller, payload: bytes) -> Response:
        take = self._services.questions
        found = await answered(take, who, name, acting(who, payload), traceparent_of(request))
        if isinstance(found, Problem):
            return refused(found, OF_MANY)
        about = Shown.of(found, self._services.key)
        headers = {**OF_MANY, "ETag": about.tag, "Cache-Control": "private, no-cache"}
        if about.next is not None and request.method != "POST":
            headers["Link"] = f'<{_address(request, about.next)}>; rel="next"'
        # A look all the same, and kept: they asked, are shown again what they hold, and anybody may bring any tag.
        if held(about.tag, request.headers.getlist("if-none-match")):
            return Response(None, 304, headers)
        return told(found, headers=headers)

    async def _ever(self, request: Request, kind: Asked, who: Caller, payload: bytes) -> Response:
        if not self._live.begin(who):
            return refused(problem("StreamsTaken", retry_after_ms=1000), OF_MANY)
        ended, watched = partial(self._live.ended, who), self._live.watched()
        ask = partial(self._ask, request, kind.name, _since(payload, request.headers.get("last-event-id")), watched)
        models = [model.name for model in _rests_on(kind) if not model.within_append]
        seen = self._live.standing(models)
        try:
            first = await ask()
        except BaseException:
            ended()
            raise
        if isinstance(first, Problem):
            ended()
            return refused(first, OF_MANY)
        events = self._live.events(ask, partial(self._still, request), models, seen, first, watched)
        return Streamed(events, EVENTS, ended)

    async def _still(self, request: Request) -> Problem | None:
        """What is wrong with whoever listens, by now."""
        who = await self._standing(request)
        return who if isinstance(who, Problem) else None

    async def _standing(self, request: Request) -> Caller | Problem:
        """Who sent it, by now."""
        return await self._gatehouse.caller(request) or problem("CallerUnknown")

    async def _whole(self, request: Request, kind: Asked, form: str, who: Caller, payload: bytes) -> Response:
        assert issubclass(kind, Listing)
        begun = taken_out(payload)
        if isinstance(begun, Problem):
            return refused(begun, OF_MANY)
        whose = asker(who)
        if not self._exports.taken(whose, OF_A_WORKER if who.name == WEB else OF_A_CALLER):
            return refused(problem("Overloaded", retry_after_ms=RETRY_AFTER_MS), OF_MANY)
        ended = partial(self._exports.given_back, whose)
        try:
            ask = partial(self._ask, request, kind.name)
            first = await ask(payload if begun is None else begun.payload())
        except BaseException:
            ended()
            raise
        if isinstance(first, Problem) or begun is None:
            ended()
            assert isinstance(first, Problem)
            return refused(first, OF_MANY)
        chunks = stream(form, kind, Pages(ask, begun, first))
        content_type = f"{form}; charset=utf-8" if form == CSV else form
        return Streamed(chunks, content_type, ended, named(kind.name, form), EXPORT_SECONDS)


class Streamed(StreamingResponse):
    """An answer in pieces, over so many seconds at most; `ended` is called however it ends."""

    def __init__(
        self,
        content: Any,
        media_type: str,
        ended: Callable[[], None],
        headers: Any = None,
        seconds: float | None = None,
    ) -> None:
        super().__init__(content, 200, {**OF_MANY, **(headers or {})}, media_type)
        self._is_over, self._seconds = ended, seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            async with asyncio.timeout(self._seconds):
                await super().__call__(scope, receive, send)
        finally:
            self._is_over()


def _rests_on(kind: Asked) -> Sequence[Any]:
    return kind.rests_on if issubclass(kind, Question) else ()


async def _asked(request: Request, kind: Asked, who: Caller) -> bytes | Problem:
    if request.method == "POST":
        return await body_of(request, JSON)
    return envelope(kind, request.query_params.multi_items(), who)


def _since(payload: bytes, last: str | None) -> bytes:
    """No earlier than what whoever comes back was told last, perhaps by another process."""
    try:
        asked = orjson.loads(payload)
    except orjson.JSONDecodeError:
        return payload
    return orjson.dumps({"min_position": last, **asked}) if last and isinstance(asked, dict) else payload


def _address(request: Request, cursor: str) -> str:
    given = [(name, text) for name, text in request.query_params.multi_items() if name != "cursor"]
    return f"{request.url.path}?{urlencode([*given, ('cursor', cursor)])}"


async def _nowhere(_: Request, error: Exception) -> Response:
    """What the framework would say in words of its own."""
    assert isinstance(error, HTTPException)
    if error.status_code == 405:
        return refused(problem("MethodNotAllowed"), error.headers)
    return refused(problem("NotFound"))


async def _gone(_: Request, __: Exception) -> Response:
    """To nobody: whoever did not stay for it left their request unsaid."""
    return refused(problem("RequestUnreadable"))


async def _broken(_: Request, __: Exception) -> Response:
    """It is reported where everything passes by."""
    return refused(refusal("Broken"))


class Application(NamedTuple):
    """What serves requests, and what is told when the process goes."""

    exchanges: Exchanges
    live: Live

    async def drain(self) -> None:
        """Nothing new, and what lasts for ever ends."""
        self.exchanges.draining = True
        await self.live.end()


def application(
    services: Services,
    gatehouse: Gatehouse,
    live: Live,
    health: Health,
    *,
    more: Sequence[BaseRoute] = (),
    heard: Sequence[Heard] = (),
) -> Application:
    """Everything that is answered over HTTP: `more` are routes of others; `heard` are told of each request."""
    routes = [*HttpFace(services, gatehouse, live).routes, *health.routes, *more]
    handlers = {HTTPException: _nowhere, ClientDisconnect: _gone, Exception: _broken}
    app = Starlette(routes=routes, exception_handlers=handlers)
    app.router.redirect_slashes = False
    app.state.gatehouse = gatehouse
    addresses = {route.endpoint: route.path for route in routes if isinstance(route, Route)}
    exchanges = Exchanges(app, addresses, heard)
    return Application(exchanges, live)
