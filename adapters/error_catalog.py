"""What is refused with which code, why and what helps: the file docs/errors.md, written from the code."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from adapters import remedies
from adapters.consequence import consequence
from adapters.problem import BORDER, SENTENCES, STATUS
from commands import handler, permission
from commands.catalogue import COMMANDS
from commands.reckonings import catalogue as reckonings
from domain.refusal import Refused
from projections import catalogue as questions

FILE = Path(__file__).parents[1] / "docs" / "errors.md"
ROOMS = ("domain.", "commands.")
ASKED = (COMMANDS, reckonings.RECKONINGS, questions.QUESTIONS)
"""Everything that may be refused: a refusal is known once what is refused with it is."""

HEAD = """# Errors

Every refusal is a problem (RFC 9457), the same over NATS and over HTTP: `status`, `code`, `title`, and where they
help `errors`, `about` or `obstacles`. The header `Nats-Service-Error-Code`, or the status of HTTP, holds the status.
`kartoteka explain CODE` prints what stands here. This file is written from the code: `make catalog`.

A program decides by the status, and by the code where it can do something about it:

| status | it means | and then |
|---|---|---|
| 400, 404, 405, 406, 413, 415 | it is not there, or not asked for in its shape | mend the program |
| 401, 403 | the caller or the worker may not | have them given what it takes |
| 409 | something moved meanwhile | read again, decide again, with a new id |
| 410 | the person was forgotten | stop |
| 422 | a rule says no | tell the person who asked |
| 429, 503 | not now | wait `Retry-After-Ms` milliseconds (`Retry-After` seconds), ask again with the same id |
| 500 | a fault of the service | report it |

A rule's refusal of a command is remembered under its id like an answer. What is refused at the border, and every 403
and 503, is not.
"""


class Explained(NamedTuple):
    """One code, and all that is to be known of it; `requests` are the topics of the commands it is said to."""

    code: str
    status: int
    sentence: str
    cause: str
    remedy: str
    requests: tuple[str, ...]
    every: bool = False
    """Whether it may be said to any request of its kind."""


def refused() -> dict[str, type[Refused]]:
    """The rules' refusals, without those that only gather others under one status."""
    found = Refused.by_code.items()
    return {code: kind for code, kind in found if kind.__module__.startswith(ROOMS) and not kind.__subclasses__()}


def status_of(kind: type[Refused]) -> int:
    """Under which status a refusal is told."""
    return next(status for known, status in STATUS.items() if issubclass(kind, known))


def of_any_command() -> set[str]:
    """What can be said to every command, whatever it asks for."""
    common = {name for name, kind in vars(handler).items() if _is_refusal_of(kind, handler.__name__)}
    return common | {permission.LateFactsNotAllowed.__name__}


@lru_cache(maxsize=None)
def _requests() -> dict[str, tuple[str, ...]]:
    """To which commands a code is said."""
    found: dict[str, list[str]] = {}
    for topic, command in sorted(COMMANDS.items()):
        for kind in consequence(command).refusals:
            found.setdefault(kind.__name__, []).append(topic)
    return {code: tuple(topics) for code, topics in found.items()}


def explained(code: str) -> Explained | None:
    """What is to be known of a code; None where there is none of this name."""
    if code in SENTENCES:
        found = remedies.BORDER[code]
        return Explained(code, BORDER[code], SENTENCES[code], found.cause, found.remedy, (), every=True)
    kind = refused().get(code)
    if kind is None:
        return None
    rule = remedies.RULES[code]
    sentence = (kind.__doc__ or "").partition("\n")[0]
    told = _requests().get(code, ())
    return Explained(code, status_of(kind), sentence, rule.cause, rule.remedy, told, every=code in of_any_command())


def every_code() -> list[str]:
    """All there are, in the order of the alphabet."""
    return sorted([*SENTENCES, *refused()])


def error_catalog() -> str:
    """The whole text."""
    return "\n".join([HEAD, *_section("At the border", SENTENCES), *_section("By a rule", refused())]) + "\n"


def _section(title: str, codes: dict[str, str] | dict[str, type[Refused]]) -> Iterator[str]:
    yield from (f"## {title}", "")
    for code in sorted(codes):
        found = explained(code)
        assert found is not None
        yield from _entry(found)


def _entry(found: Explained) -> Iterator[str]:
    yield from (f"### `{found.code}` ({found.status})", "", found.sentence, "")
    if found.cause:
        yield f"- Cause: {found.cause}"
    yield f"- Remedy: {found.remedy}"
    if found.requests and not found.every:
        yield f"- Said to: {', '.join(f'`{topic}`' for topic in found.requests)}"
    yield ""


def _is_refusal_of(kind: object, module: str) -> bool:
    return isinstance(kind, type) and issubclass(kind, Refused) and kind.__module__ == module
