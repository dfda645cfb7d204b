"""Every "no" looks the same on every transport: an RFC 9457 problem with a status, a code and a sentence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import orjson

from commands.handler import Broken, CommandIdClash, Contended, SubjectFenced, VersionMoved
from commands.lookup import NotReady
from domain.refusal import NotAllowed, Refused, Unknown

STATUS: dict[type[Refused], int] = {
    NotAllowed: 403,
    Unknown: 404,
    VersionMoved: 409,
    Contended: 409,
    CommandIdClash: 409,
    SubjectFenced: 410,
    Broken: 500,
    NotReady: 503,
    Refused: 422,
}

SENTENCES = {
    "Malformed": "The request does not have the shape that its schema asks for.",
    "CommandIdExpired": "The command id is older than thirty days; whether it was done before is no longer known.",
    "CallerUnknown": "The service does not know this caller.",
    "ActorNotAllowed": "The caller may not act for this worker.",
    "CommandUnknown": "There is no command of this name.",
    "QuestionUnknown": "There is no question of this name.",
    "ViewAbsent": "What the answer rests on is being made for the first time; ask again.",
    "ViewBehind": "What the answer rests on has not come as far as the position asked for; ask again.",
    "OutOfTime": "The answer takes longer than a question may; ask for less of it.",
    "StoreAway": "The store does not answer; ask again.",
    "LookUnkept": "That somebody looked cannot be recorded now, so nothing is shown; ask again.",
    "PartNotFull": "Every part of a file but the last holds 512 KiB.",
    "PartTooLarge": "A part of a file holds 512 KiB at most.",
    "PartUnknown": "The file has no such part.",
    "FileTooLarge": "The file is larger than this company takes.",
    "FileClash": "Under this id another file was put, or another part in this place.",
    "FileDamaged": "What is stored is not the file that was attached; nothing of it is given out.",
    "FileStoreAway": "The store of files does not answer; ask again.",
    "FileRequestUnknown": "Of a file a part is put, or got.",
    "TooLarge": "The request is larger than one mebibyte.",
    "Overloaded": "More requests are waiting than can be answered in time; nothing was stored.",
    "DeadlinePassed": "The request's own deadline passed before it was its turn; nothing was stored.",
    "Unavailable": "The store does not answer; ask again with the same command id to learn what became of this.",
    "Draining": "This process is going down; another one answers.",
}


@dataclass(frozen=True, slots=True)
class Problem:
    """A refusal on its way out. `errors` names fields and what is wrong with them, never what was in them.

    `about` is the id of who or what stands in the way, where the asker may know of it.
    """

    status: int
    code: str
    title: str
    errors: tuple[dict[str, Any], ...] = ()
    retry_after_ms: int | None = None
    about: str = ""

    def body(self) -> bytes:
        """The problem as JSON."""
        body: dict[str, Any] = {
            "type": f"urn:kartoteka:problem:{self.code}",
            "title": self.title,
            "status": self.status,
            "code": self.code,
        }
        if self.errors:
            body["errors"] = self.errors
        if self.about:
            body["about"] = self.about
        return orjson.dumps(body)


def problem(
    status: int, code: str, *, errors: tuple[dict[str, Any], ...] = (), retry_after_ms: int | None = None
) -> Problem:
    """A problem of the border itself."""
    return Problem(status, code, SENTENCES[code], errors, retry_after_ms)


def refusal(code: str, about: str = "") -> Problem:
    """A rule's refusal, by its code, with what it is about."""
    kind = Refused.by_code.get(code, Refused)
    status = next(status for known, status in STATUS.items() if issubclass(kind, known))
    return Problem(status, code, (kind.__doc__ or "").partition("\n")[0], about=about)
