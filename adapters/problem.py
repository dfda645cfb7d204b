"""Every "no" looks the same on every transport: an RFC 9457 problem with a status, a code and a sentence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import orjson

from commands.handler import Broken, CommandIdClash, Contended, SubjectFenced, VersionMoved
from commands.lookup import NotReady
from commands.service.about import SenderIsForgotten
from domain.clients.contact import ContactIsForgotten
from domain.privacy.obstacle import ErasureObstructed, listed
from domain.refusal import NotAllowed, Refused, Unknown
from domain.staff.worker import WorkerIsForgotten

STATUS: dict[type[Refused], int] = {
    NotAllowed: 403,
    Unknown: 404,
    VersionMoved: 409,
    Contended: 409,
    CommandIdClash: 409,
    SubjectFenced: 410,
    ContactIsForgotten: 410,
    SenderIsForgotten: 410,
    WorkerIsForgotten: 410,
    Broken: 500,
    NotReady: 503,
    Refused: 422,
}

SENTENCES = {
    "Malformed": "The request does not have the shape that its schema asks for.",
    "CommandIdExpired": "The command id is older than thirty days; whether it was done before is no longer known.",
    "CallerUnknown": "The service does not know this caller.",
    "ActorNotAllowed": "The caller may not act for this worker.",
    "ScopeMissing": "The caller was not given this to ask for.",
    "CommandUnknown": "There is no command of this name.",
    "QuestionUnknown": "There is no question of this name.",
    "ViewAbsent": "What the answer rests on is being made for the first time; ask again.",
    "ViewBehind": "What the answer rests on has not come as far as the position asked for; ask again.",
    "OutOfTime": "The answer takes longer than a question may; ask for less of it.",
    "StoreAway": "The store does not answer; ask again.",
    "KeyUnavailable": "A key that the answer takes cannot be had now; ask again.",
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
    "InQuarantine": "The log is not the one that was last known, so nothing is stored or shown until whoever operates "
    "it has done what `kartoteka restore status` tells.",
    "Draining": "This process is going down; another one answers.",
    "NotFound": "There is nothing at this address.",
    "MethodNotAllowed": "What is at this address is not asked for by this method.",
    "PostOnly": "This question may hold what people typed, so it goes in a body, by POST, and not in an address.",
    "NotAcceptable": "The answer cannot be had in any of the forms that are accepted.",
    "MediaTypeUnknown": "The body is not of the kind that is taken here, or it is encoded.",
    "TooSlow": "The request did not come within the time that is given for it.",
    "StreamsTaken": "There are as many live answers as may be; try again, or ask now and then.",
    "RequestUnreadable": "This is no request of HTTP, or its head is larger than is taken.",
    "SignInRefused": "Nobody who works here signs in with this.",
    "SignInThrottled": "There were too many attempts to sign in; the next one is taken after the pause.",
    "SessionEnded": "The session is over; sign in again.",
    "CsrfMissing": "A request of a session comes from our own pages; one that may change something has its token.",
    "PasswordTooWeak": "The new password is one that others could guess.",
    "PasswordChangeNeeded": "The password was set by somebody else; change it first.",
    "ProviderAway": "Whoever signs workers in beside us does not answer as it should; try again.",
}

BORDER: dict[str, int] = {
    "Malformed": 400,
    "CommandIdExpired": 422,
    "CallerUnknown": 401,
    "ActorNotAllowed": 403,
    "ScopeMissing": 403,
    "CommandUnknown": 404,
    "QuestionUnknown": 404,
    "ViewAbsent": 503,
    "ViewBehind": 503,
    "OutOfTime": 503,
    "StoreAway": 503,
    "KeyUnavailable": 503,
    "LookUnkept": 503,
    "PartNotFull": 422,
    "PartTooLarge": 413,
    "PartUnknown": 404,
    "FileTooLarge": 413,
    "FileClash": 409,
    "FileDamaged": 500,
    "FileStoreAway": 503,
    "FileRequestUnknown": 404,
    "TooLarge": 413,
    "Overloaded": 503,
    "DeadlinePassed": 503,
    "Unavailable": 503,
    "InQuarantine": 503,
    "Draining": 503,
    "NotFound": 404,
    "MethodNotAllowed": 405,
    "PostOnly": 405,
    "NotAcceptable": 406,
    "TooSlow": 408,
    "MediaTypeUnknown": 415,
    "StreamsTaken": 429,
    "RequestUnreadable": 400,
    "SignInRefused": 401,
    "SessionEnded": 401,
    "CsrfMissing": 403,
    "PasswordChangeNeeded": 403,
    "PasswordTooWeak": 422,
    "SignInThrottled": 429,
    "ProviderAway": 503,
}
"""The status of each of these."""


@dataclass(frozen=True, slots=True)
class Problem:
    """A refusal on its way out. `errors` names fields and what is wrong with them, never what was in them.

    `about` is the id of who or what stands in the way, where the asker may know of it; of several things it is told
    in the body as `obstacles`, a list of what each is and which.
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
        if self.code == ErasureObstructed.__name__:
            body["obstacles"] = listed(self.about)
        elif self.about:
            body["about"] = self.about
        return orjson.dumps(body)


def problem(code: str, *, errors: tuple[dict[str, Any], ...] = (), retry_after_ms: int | None = None) -> Problem:
    """A problem of the border itself, with the status and the sentence of its code."""
    return Problem(BORDER[code], code, SENTENCES[code], errors, retry_after_ms)


def refusal(code: str, about: str = "") -> Problem:
    """A rule's refusal, by its code, with what it is about."""
    kind = Refused.by_code.get(code, Refused)
    status = next(status for known, status in STATUS.items() if issubclass(kind, known))
    return Problem(status, code, (kind.__doc__ or "").partition("\n")[0], about=about)
