"""How browsers keep what we give them; by which names it comes back."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

TOKEN = "X-CSRF-Token"  # noqa: S105 - the name of a header
COOKIE, BROWSER = "kartoteka", "kartoteka-browser"
HOST = "__Host-"
"""Before the name of a cookie that is set over TLS."""


class Cookies:
    """How cookies are set: over TLS under a name that no other host and no plain page can set."""

    def __init__(self, *, secure: bool) -> None:
        self._secure = secure

    def name(self, name: str) -> str:
        return f"{HOST}{name}" if self._secure else name

    def of(self, request: Request, name: str) -> str:
        """What the browser has; nothing where it has it twice, as only one can be ours."""
        found = [
            value
            for line in request.headers.getlist("cookie")
            for key, _, value in (each.strip().partition("=") for each in line.split(";"))
            if key == self.name(name)
        ]
        return found[0] if len(found) == 1 else ""

    def put(self, response: Response, name: str, value: str, seconds: int | None = None) -> None:
        """For as long as the browser is open, or for so many seconds."""
        response.set_cookie(
            self.name(name), value, max_age=seconds, path="/", secure=self._secure, httponly=True, samesite="lax"
        )

    def drop(self, response: Response, name: str) -> None:
        response.delete_cookie(self.name(name), path="/", secure=self._secure, httponly=True, samesite="lax")
