"""The OpenAPI document of the HTTP face, made from what the service takes and tells; nothing in it is written twice."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from hashlib import blake2b
from typing import Any

import orjson

from adapters.credentials.authentication import ChangingPassword, SigningIn, WhoAmI
from adapters.description import REF, WINGS, Described, by_status, described, schemas_of, sentence_of
from adapters.discovery import NAME, release
from adapters.http.accept import BYTES, CSV, EVENTS, JSON, LINES, PARQUET, PROBLEM_JSON
from adapters.http.asking import by_get
from adapters.http.cookies import COOKIE, HOST, TOKEN

Object = dict[str, Any]

VERSION = "3.1.1"
ABOUT = (
    "Requests are imperatives and are sent with POST; each answer tells a position of the log, and a question that is "
    "given it as `min_position` answers with what was known there. Whatever is refused is a problem (RFC 9457), with a "
    "`code` that never changes. Events, and all of this over NATS, are told in `/asyncapi.json`."
)
TEXT, TABLES = "text/plain", (CSV, LINES, PARQUET)
OTHER_TAGS = {
    "session": "Workers who sign in with a browser.",
    "operation": "Whether it lives, how it is going, and what it takes.",
}

EVERYWHERE = frozenset({"RequestUnreadable", "Broken", "Overloaded", "Draining"})
"""With what whoever asks over HTTP may be refused, whatever it is."""
KNOWN = EVERYWHERE | {"SessionEnded", "CsrfMissing", "PasswordChangeNeeded", "StoreAway"}
"""The same where it is asked who they are."""
SENT = KNOWN | {"MediaTypeUnknown", "TooSlow"}
"""The same, of those who send something."""
FORMS = frozenset({"NotAcceptable", "StreamsTaken"})
"""The same, of an answer that can be had in many forms."""

ACTOR = "May be left out by a worker who is signed in, and is that worker then."
EITHER: list[Object] = [{"bearer": []}, {"session": []}]
SENDING: list[Object] = [{"bearer": []}, {"session": [], "csrf": []}]


@lru_cache(maxsize=1)
def document() -> bytes:
    """The whole document. Takes seconds at the first call: not on a loop."""
    return orjson.dumps(whole())


def whole() -> Object:
    """The same as a value."""
    found = described()
    paths: Object = {f"/v1/commands/{one.topic}": {"post": _command(one)} for one in found.commands}
    paths |= {f"/v1/questions/{one.topic}": _question(one) for one in found.questions}
    paths |= {f"/v1/files/{one.topic}": {"post": _file(one)} for one in found.files}
    paths |= _session_paths() | _operation_paths()
    responses = _shared(paths)
    told = {"title": NAME.title(), "version": release(), "summary": "The client card file.", "description": ABOUT}
    schemas = {name: _left_out(schema) for name, schema in found.schemas.items()}
    return {
        "openapi": VERSION,
        "info": {**told, "license": {"name": "Apache 2.0", "identifier": "Apache-2.0"}},
        "servers": [{"url": "/"}],
        "tags": [{"name": name, "description": about} for name, about in (WINGS | OTHER_TAGS).items()],
        "paths": paths,
        "components": {
            "schemas": dict(sorted((schemas | _session_schemas() | HEALTH).items())),
            "responses": responses,
            "headers": HEADERS,
            "parameters": {"If-None-Match": IF_NONE_MATCH},
            "securitySchemes": SECURITY,
        },
        "security": EITHER,
    }


def _left_out(schema: Object) -> Object:
    """The envelope as it is over HTTP, where a session says for whom it is asked."""
    if not {"actor", "data"} <= schema.get("properties", {}).keys():
        return schema
    properties = dict(schema["properties"])
    properties["actor"] = {**properties["actor"], "description": f"{properties['actor']['description']} {ACTOR}"}
    return {**schema, "properties": properties, "required": [one for one in schema["required"] if one != "actor"]}


def _about(one: Described, more: str = "") -> Object:
    return {"tags": [one.wing], "summary": one.sentence, **_described(one.more, more)}


def _described(*texts: str) -> Object:
    found = "\n\n".join(text for text in texts if text)
    return {"description": found} if found else {}


def _command(one: Described) -> Object:
    return {
        "operationId": one.operation,
        **_about(one),
        "security": SENDING,
        "requestBody": _body(JSON, {"$ref": one.asked}),
        "responses": {
            "200": _answer("It is done, or was before.", {JSON: {"schema": {"$ref": one.answered}}}),
            **_problems(one.codes | SENT),
        },
    }


def _question(one: Described) -> Object:
    who = _asked_by(one.kind)
    codes = one.codes | FORMS
    asked: Object = {
        "post": {
            "operationId": one.operation,
            **_about(one, who),
            "security": SENDING,
            "parameters": [{"$ref": "#/components/parameters/If-None-Match"}],
            "requestBody": _body(JSON, {"$ref": one.asked}),
            "responses": {"200": _rows(one), "304": _unchanged(), **_problems(codes | SENT)},
        }
    }
    if by_get(one.kind):
        asked["get"] = {
            "operationId": f"{one.operation}ByGet",
            **_about(one, who),
            "parameters": [*_parameters(one), {"$ref": "#/components/parameters/If-None-Match"}],
            "responses": {"200": _rows(one, "Link"), "304": _unchanged(), **_problems(codes | KNOWN)},
        }
    return asked


def _asked_by(kind: Any) -> str:
    rights = [f"`{right}`" for right in sorted(getattr(kind, "rights", ()))]
    who = getattr(kind, "asked_by", "") or " or ".join(rights) or "any active worker"
    return f"Asked by: {who}."


def _rows(one: Described, *headers: str) -> Object:
    content: Object = {JSON: {"schema": {"$ref": one.answered}}}
    if one.listing:
        content |= {kind: {} if kind == PARQUET else {"schema": {"type": "string"}} for kind in TABLES}
    content[EVENTS] = {"schema": {"type": "string"}}
    return _answer("What was asked for.", content, "ETag", *(headers if one.listing else ()))


def _unchanged() -> Object:
    return {"description": "It is as the asker knows it.", "headers": _headers("ETag")}


def _parameters(one: Described) -> list[Object]:
    """The fields of the envelope and of the question, each of which stands for itself."""
    schemas = described().schemas
    envelope = schemas[one.asked.removeprefix(REF)]
    inner = envelope["properties"]["data"]
    data = schemas[inner["$ref"].removeprefix(REF)] if "$ref" in inner else inner
    wanted = {*envelope["required"], *data.get("required", ())} - {"actor"}
    given = {name: each for name, each in envelope["properties"].items() if name != "data"}
    return [_parameter(name, each, wanted) for name, each in (given | data.get("properties", {})).items()]


def _parameter(name: str, schema: Object, wanted: Iterable[str]) -> Object:
    """As it stands in a query string: lists by repetition, what is nested as JSON."""
    schema = _given(schema)
    about = schema.pop("description", "")
    described = {"name": name, "in": "query", "required": name in wanted}
    described |= _described(about, ACTOR if name == "actor" else "")
    if _flat(schema) or (schema.get("type") == "array" and _flat(schema["items"])):
        return {**described, "schema": schema}
    return {**described, "content": {JSON: {"schema": schema}}}


def _given(schema: Object) -> Object:
    """Without the null that stands for what is not there: in a query string that is not there."""
    kinds = [each for each in schema.get("anyOf", ()) if each != {"type": "null"}]
    rest = {key: each for key, each in schema.items() if key != "anyOf" and (key, each) != ("default", None)}
    if not kinds:
        return rest
    return {**kinds[0], **rest} if len(kinds) == 1 else {"anyOf": kinds, **rest}


def _flat(schema: Object) -> bool:
    """Whether it is one word, number or flag."""
    if "$ref" in schema:
        return _flat(described().schemas[schema["$ref"].removeprefix(REF)])
    if "anyOf" in schema:
        return all(map(_flat, schema["anyOf"]))
    return schema.get("type") in ("string", "integer", "number", "boolean") or "const" in schema


def _file(one: Described) -> Object:
    more = "A line of JSON, then the bytes of the part. The line: "
    return {
        "operationId": one.operation,
        **_about(one, f"{more}[{one.asked.removeprefix(REF)}]({one.asked})."),
        "security": SENDING,
        "requestBody": {"required": True, "content": {BYTES: {}}},
        "responses": {
            "200": _answer(f"{more}[{one.answered.removeprefix(REF)}]({one.answered}).", {BYTES: {}}),
            **_problems(one.codes | SENT),
        },
    }


def _session_schemas() -> Object:
    _, found = schemas_of(
        [(SigningIn, "validation"), (ChangingPassword, "validation"), (WhoAmI, "serialization")],
    )
    return found


def _session_paths() -> Object:
    """What workers with a browser do. Who signs in has no rights yet, so none are asked for."""
    shown = {"200": _answer("Who is signed in, and until when.", {JSON: {"schema": {"$ref": f"{REF}WhoAmI"}}})}
    gone = {"204": {"description": "It has ended."}}
    elsewhere = {"303": {"description": "Go on there."}}
    away = EVERYWHERE | {"StoreAway", "OutOfTime", "ViewAbsent", "InQuarantine"}
    body = {"Malformed", "TooLarge", "MediaTypeUnknown", "TooSlow", "CsrfMissing"}
    proven = {"SignInRefused", "SignInThrottled"}
    known, provider = away | {"SessionEnded"}, away | {"NotFound", "ProviderAway"}
    return {
        "/v1/session": {
            "post": _in_session("signIn", "Sign in with a password.", [], shown, away | body | proven, "SigningIn"),
            "get": _in_session("showSession", "Tell who is signed in.", OWN, shown, known),
            "delete": _in_session("signOut", "Sign out.", CHANGING, gone, known | {"CsrfMissing"}),
        },
        "/v1/session/all": {
            "delete": _in_session("signOutEverywhere", ALL_END, CHANGING, gone, known | {"CsrfMissing"}),
        },
        "/v1/session/password": {
            "post": _in_session(
                *("changePassword", "Change the password, and end all other sessions.", CHANGING, shown),
                known | body | proven | {"PasswordTooWeak"},
                "ChangingPassword",
            ),
        },
        "/v1/session/oidc/start": {
            "get": _in_session("signInElsewhere", "Sign in with whoever vouches for workers.", [], elsewhere, provider)
        },
        "/v1/session/oidc/back": {
            "get": _in_session("comeBack", "Where they send the worker back to.", [], elsewhere, provider | proven)
        },
    }


def _in_session(
    name: str, summary: str, security: list[Object], answers: Object, codes: Iterable[str], asked: str = ""
) -> Object:
    body = {"requestBody": _body(JSON, {"$ref": REF + asked})} if asked else {}
    operation = {**_operated(name, summary, session=True), "security": security, **body}
    return {**operation, "responses": answers | _problems(codes)}


ALL_END = "End all sessions of this worker."
OWN: list[Object] = [{"session": []}]
CHANGING: list[Object] = [{"session": [], "csrf": []}]


def _operation_paths() -> Object:
    ready = {JSON: {"schema": {"$ref": f"{REF}Readiness"}}}
    cannot = _problem(503, ["Draining"])
    counts = _answer("The counts.", {TEXT: {"schema": {"type": "string"}}})
    watched = EVERYWHERE - {"Overloaded"}
    metered = KNOWN - {"Overloaded"} | {"CallerUnknown", "ScopeMissing"}
    return {
        "/livez": {
            "get": {
                **_operated("live", "Whether the process lives."),
                "security": [],
                "responses": {
                    "200": _answer("It does.", {JSON: {"schema": {"$ref": f"{REF}Liveness"}}}),
                    **_problems(watched - {"Draining"}),
                },
            }
        },
        "/readyz": {
            "get": {
                **_operated("ready", "Whether the process can answer what is asked of it."),
                "security": [],
                "responses": {
                    "200": _answer("It can.", ready),
                    **_problems(watched),
                    "503": _answer("It cannot, by these checks; or it leaves.", ready | cannot["content"]),
                },
            }
        },
        "/metrics": {
            "get": {
                **_operated("metrics", "Counts for operators, as Prometheus reads them; takes the scope `metrics`."),
                "security": [{"bearer": []}],
                "responses": {"200": counts, **_problems(metered)},
            }
        },
        **{f"/{name}.json": {"get": _own(name)} for name in ("openapi", "asyncapi")},
    }


def _own(name: str) -> Object:
    said = {"openapi": "What is asked over HTTP.", "asyncapi": "What is asked and told over NATS."}
    answer = _answer("The document.", {JSON: {"schema": {"type": "object"}}}, "ETag")
    responses = {"200": answer, "304": _unchanged(), **_problems(EVERYWHERE)}
    operation = {**_operated(name, said[name]), "security": []}
    return {**operation, "parameters": [{"$ref": "#/components/parameters/If-None-Match"}], "responses": responses}


def _operated(name: str, summary: str, *, session: bool = False) -> Object:
    return {"operationId": name, "tags": ["session" if session else "operation"], "summary": summary}


def _body(kind: str, schema: Object) -> Object:
    return {"required": True, "content": {kind: {"schema": schema}}}


def _answer(about: str, content: Object, *headers: str) -> Object:
    return {"description": about, **({"headers": _headers(*headers)} if headers else {}), "content": content}


def _headers(*names: str) -> Object:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


def _problems(codes: Iterable[str]) -> Object:
    """For each status the codes that come with it."""
    return {str(status): _problem(status, found) for status, found in by_status(codes).items()}


def _shared(paths: Object) -> Object:
    """The problems by names that follow from what they say; in the paths references to them are left."""
    found: Object = {}
    for answers in (each["responses"] for path in paths.values() for each in path.values()):
        for status, answer in answers.items():
            if PROBLEM_JSON in answer.get("content", {}):
                digest = blake2b(orjson.dumps(answer), digest_size=4).hexdigest()
                found[f"Problem{status}-{digest}"] = answer
                answers[status] = {"$ref": f"#/components/responses/Problem{status}-{digest}"}
    return dict(sorted(found.items()))


def _problem(status: int, codes: list[str]) -> Object:
    one_of = {"properties": {"status": {"const": status}, "code": {"enum": codes}}}
    return {
        "description": "\n".join(f"- `{code}`: {sentence_of(code)}" for code in codes),
        **({"headers": _headers(*SAID[status])} if status in SAID else {}),
        "content": {PROBLEM_JSON: {"schema": {"allOf": [{"$ref": f"{REF}Problem"}, one_of]}}},
    }


SAID: Mapping[int, tuple[str, ...]] = {
    401: ("WWW-Authenticate",),
    429: ("Retry-After", "Retry-After-Ms"),
    503: ("Retry-After", "Retry-After-Ms"),
}
"""Which headers come with a status."""

HEADERS: Object = {
    "ETag": {"description": "Changes with what is shown, and not with its position.", "schema": {"type": "string"}},
    "Link": {"description": "Of an answer to GET: the next page, as rel=next.", "schema": {"type": "string"}},
    "WWW-Authenticate": {"description": "How to say who asks.", "schema": {"type": "string"}},
    "Retry-After": {"description": "In how many seconds to ask again.", "schema": {"type": "integer", "minimum": 0}},
    "Retry-After-Ms": {"description": "The same in ms.", "schema": {"type": "integer", "minimum": 0}},
}
IF_NONE_MATCH: Object = {
    "name": "If-None-Match",
    "in": "header",
    "description": "The ETag of the answer that the asker has.",
    "schema": {"type": "string"},
}
SECURITY: Object = {
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "kt_<caller>_<secret>",
        "description": "A token of a caller, from `kartoteka credentials`.",
    },
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": COOKIE,
        "description": f"The session of a worker who signed in; with TLS it is called `{HOST}{COOKIE}`.",
    },
    "csrf": {
        "type": "apiKey",
        "in": "header",
        "name": TOKEN,
        "description": "What the session was told as `csrf`; needed with the cookie, never with a token.",
    },
}
HEALTH: Object = {
    "Liveness": {
        "type": "object",
        "properties": {"alive": {"const": True}},
        "required": ["alive"],
    },
    "Readiness": {
        "type": "object",
        "properties": {
            "ready": {"type": "boolean"},
            "checks": {"type": "object", "additionalProperties": {"type": "boolean"}},
        },
        "required": ["ready", "checks"],
    },
}
"""What is told to whoever routes requests."""
