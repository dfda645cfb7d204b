"""Every "no" on the caller's side: an exception by its status, with the code, and with what stands in the way."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from adapters.problem import problem


class Declined(Exception):
    """The service said no, with a status, a code, a sentence, and what stands in the way, if it tells.

    `id` is the command's, where it was one; `retry_after_ms` how long to wait, where waiting helps.
    """

    def __init__(self, body: Mapping[str, Any], id: str = "", retry_after_ms: int | None = None) -> None:
        self.status, self.code, self.title = int(body["status"]), str(body["code"]), str(body["title"])
        self.errors: list[dict[str, str]] = body.get("errors", [])
        self.about = str(body.get("about", ""))
        self.obstacles: list[dict[str, str]] = body.get("obstacles", [])
        self.id, self.retry_after_ms = id, retry_after_ms
        because = f" ({self.about})" if self.about else ""
        super().__init__(f"{self.status} {self.code}: {self.title}{because}")


class Malformed(Declined):
    """The request does not have the shape of its schema, or is too large: `errors` names the fields (400, 413)."""


class NotPermitted(Declined):
    """The caller is not known or was not given this, or the worker lacks a right (401, 403)."""


class NotFound(Declined):
    """There is no such thing, or it is not for the worker to know (404)."""


class Conflict(Declined):
    """It was changed meanwhile, or the id was used for something else: read again, decide again (409)."""


class Gone(Declined):
    """The person has been forgotten (410)."""


class Refused(Declined):
    """A rule says no: the code names what is not so (422)."""


class Failed(Declined):
    """A fault of the service (500)."""


class Unavailable(Declined):
    """Not now, and there was no time left to ask again (429, 503)."""


BY_STATUS: Mapping[int, type[Declined]] = {
    400: Malformed,
    401: NotPermitted,
    403: NotPermitted,
    404: NotFound,
    409: Conflict,
    410: Gone,
    413: Malformed,
    422: Refused,
    429: Unavailable,
    500: Failed,
    503: Unavailable,
}


def not_given(id: str = "") -> Declined:
    """What is said where something is not in the caller's scopes: NATS may let none of it come to the service."""
    return declined(orjson.loads(problem("ScopeMissing").body()), id)


def declined(body: Mapping[str, Any], id: str = "", retry_after_ms: int | None = None) -> Declined:
    """A problem as the exception of its status."""
    return BY_STATUS.get(int(body["status"]), Declined)(body, id, retry_after_ms)
