"""What documents tell of each request: its sentence, its shapes, and all that it may be refused with."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode, models_json_schema

from adapters import file_request, inquiry
from adapters.consequence import consequence, refusals
from adapters.discovery import Reply
from adapters.envelope import envelope_of
from adapters.inquiry import ASKED
from adapters.problem import BORDER, SENTENCES, STATUS
from commands.catalogue import COMMANDS
from commands.command import Command
from commands.handler import CommandIdClash, Contended, HappenedInFuture, SubjectFenced, VersionMoved
from commands.lookup import NotReady
from commands.permission import LateFactsNotAllowed, RightMissing
from commands.reckoning import Reckoning
from domain.refusal import NotAllowed, Refused, Unknown
from projections.question import Listing, Question

REF = "#/components/schemas/"

DOOR = frozenset({"CallerUnknown", "ScopeMissing", "ActorNotAllowed", "InQuarantine", "Malformed", "TooLarge"})
"""With what every request may be refused before anybody has looked into it."""

OF_HANDLING = (HappenedInFuture, VersionMoved, Contended, CommandIdClash, SubjectFenced, LateFactsNotAllowed, NotReady)
OF_COMMANDS = DOOR | {"CommandIdExpired", "Overloaded", "DeadlinePassed", "Unavailable", "Broken"}
OF_QUESTIONS = DOOR | {"Overloaded", "ViewAbsent", "ViewBehind", "OutOfTime", "StoreAway", "KeyUnavailable"}
OF_QUESTIONS |= {"LookUnkept", "Broken"}
OF_FILES = DOOR | {"Overloaded", "ViewAbsent", "OutOfTime", "StoreAway", "LookUnkept", "Broken", "FileStoreAway"}
OF_FILES |= {"FileDamaged", "RightMissing", "ContactUnknown", "SubjectFenced", "ContactIsRestricted"}
OF_PUTS = OF_FILES | {"PartNotFull", "PartTooLarge", "FileTooLarge", "FileClash", "LevelMissing"}
OF_GETS = OF_FILES | {"PartUnknown", "FileUnknown"}

WINGS = {
    "staff": "Who works here and what they may reach.",
    "clients": "Whom we know, and who may know that we know them.",
    "company": "What the company decided once for all, and whether those who answer can.",
    "pricing": "Which price wins, and why.",
    "service": "What we promised, and whether we kept it.",
    "talk": "Everything said, and who may read it.",
    "work": "Who is told of what.",
    "privacy": "Whose data it is, and its end.",
    "record": "What happened, and who looked.",
    "reckonings": "What is reckoned and not read: why, what if, and what was then.",
    "files": "Contents of files, part by part.",
}
"""Under which heads requests are told."""


class Obstructing(BaseModel):
    """What stands in the way of an erasure, and which."""

    kind: str
    about: str


class Error(BaseModel):
    """A field, and what is wrong with it; what was in it is never said."""

    field: str
    wrong: str


class Problem(BaseModel):
    """Why not (RFC 9457): a status, a code that never changes, and a sentence."""

    type: str
    title: str
    status: int
    code: str
    errors: list[Error] = []
    about: str = ""
    obstacles: list[Obstructing] = []


class Described(NamedTuple):
    """One request. `asked` and `answered` are references to schemas, `codes` all that it may be refused with."""

    topic: str
    wing: str
    sentence: str
    more: str
    kind: type[BaseModel]
    asked: str
    answered: str
    codes: frozenset[str]

    @property
    def operation(self) -> str:
        """A name that fits whatever makes names of functions from it."""
        name = self.kind.__name__ + ("OfFile" if self.wing == "files" else "")
        return f"ask{name}" if self.topic in ASKED else name[0].lower() + name[1:]

    @property
    def listing(self) -> bool:
        return issubclass(self.kind, Listing)


class Description(NamedTuple):
    """Everything that can be asked, and the schemas that it refers to."""

    commands: tuple[Described, ...]
    questions: tuple[Described, ...]
    files: tuple[Described, ...]
    schemas: Mapping[str, Any]


class Plain(GenerateJsonSchema):
    """Without titles that only say a name again."""

    def field_title_should_be_set(self, _: Any) -> bool:
        return False


@lru_cache(maxsize=1)
def described() -> Description:
    """Takes a second or two at the first call."""
    kinds: list[tuple[type[BaseModel], JsonSchemaMode]] = [(Reply, "serialization"), (Problem, "serialization")]
    kinds += [(envelope_of(command), "validation") for _, command in sorted(COMMANDS.items())]
    for _, question in sorted(ASKED.items()):
        kinds += [(inquiry.envelope_of(question), "validation"), (inquiry.reply_of(question), "serialization")]
    for what, asked in sorted(file_request.REQUESTS.items()):
        kinds += [(asked, "validation"), (file_request.ANSWERS[what], "serialization")]
    refs, schemas = schemas_of(kinds)
    answer = refs[Reply]
    commands = [
        _described(topic, wing_of(command), command, refs[envelope_of(command)], answer, command_codes(command))
        for topic, command in sorted(COMMANDS.items())
    ]
    questions = [
        _described(name, wing_of(kind), kind, refs[inquiry.envelope_of(kind)], refs[inquiry.reply_of(kind)], codes)
        for name, kind in sorted(ASKED.items())
        for codes in [question_codes(kind)]
    ]
    files = [
        _described(what, "files", asked, refs[asked], refs[file_request.ANSWERS[what]], file_codes(what))
        for what, asked in sorted(file_request.REQUESTS.items())
    ]
    return Description(tuple(commands), tuple(questions), tuple(files), schemas)


def _described(
    topic: str, wing: str, kind: type[BaseModel], asked: str, answered: str, codes: Iterable[str]
) -> Described:
    sentence, more = sentences(kind)
    return Described(topic, wing, sentence, more, kind, asked, answered, frozenset(codes))


def sentences(kind: Any) -> tuple[str, str]:
    """The first line said of it, and all else."""
    first, _, more = inspect.cleandoc(kind.__dict__.get("__doc__") or "").partition("\n")
    return first, more.strip()


def wing_of(kind: type[BaseModel]) -> str:
    """Under which head it is told: its folder, where that is one."""
    if issubclass(kind, Reckoning):
        return "reckonings"
    found = kind.__module__.split(".")[1]
    return found if found in WINGS else "record"


def schemas_of(
    kinds: Iterable[tuple[type[BaseModel], JsonSchemaMode]],
) -> tuple[dict[type[BaseModel], str], dict[str, Any]]:
    """A reference for each model, and all schemas by their names."""
    kinds = list(kinds)
    found, whole = models_json_schema(kinds, ref_template=REF + "{model}", schema_generator=Plain)
    names = {name: _short(name) for name in whole["$defs"]}
    refs = {kind: REF + names[found[kind, mode]["$ref"].removeprefix(REF)] for kind, mode in kinds}
    return refs, {names[name]: _renamed(schema, names) for name, schema in whole["$defs"].items()}


def _short(name: str) -> str:
    """Where two models have one name, the files that they are in come before it."""
    *folders, kind = name.split("__")
    return "".join(word.title() for folder in folders[-2:] for word in folder.split("_")) + kind.replace("-", "")


def _renamed(value: Any, names: Mapping[str, str]) -> Any:
    if isinstance(value, list):
        return [_renamed(each, names) for each in value]
    if not isinstance(value, dict):
        return value
    return {
        key: REF + names[each.removeprefix(REF)] if key == "$ref" and isinstance(each, str) else _renamed(each, names)
        for key, each in value.items()
    }


def command_codes(command: type[Command]) -> Iterable[str]:
    """By its own rules, by those of all commands, and at the border."""
    kinds: set[type[Refused]] = {*OF_HANDLING, *consequence(command).refusals}
    return OF_COMMANDS.union(*(_leaves(kind) for kind in kinds))


def question_codes(kind: type[Question] | type[Reckoning[Any]]) -> Iterable[str]:
    """The same of a question."""
    if issubclass(kind, Reckoning):
        found = refusals(kind, kind.reckon) | {RightMissing}
    else:
        found = refusals(kind, kind.parameters, kind.shown) | {RightMissing}
        if not issubclass(kind, Listing) or kind.known is not Listing.known:
            found |= refusals(kind, kind.unknown)
    own = {"CommandUnknown"} if kind.__name__ == "Effect" else set()
    return OF_QUESTIONS.union(own, *(_leaves(each) for each in found))


def file_codes(what: str) -> Iterable[str]:
    """The same of a part of a file."""
    return OF_PUTS if what == "put" else OF_GETS


def _leaves(kind: type[Refused]) -> Iterable[str]:
    """Those that only gather others under one status stand for these; what is said of all stands for nothing."""
    if kind is Refused:
        return ()
    gathers = kind in (Unknown, NotAllowed)
    return [code for code, each in Refused.by_code.items() if issubclass(each, kind)] if gathers else [kind.__name__]


def status_of(code: str) -> int:
    """The status that a code always comes with."""
    if code in BORDER:
        return BORDER[code]
    return next(status for known, status in STATUS.items() if issubclass(Refused.by_code[code], known))


def sentence_of(code: str) -> str:
    """The sentence of a code."""
    return SENTENCES.get(code) or (Refused.by_code[code].__doc__ or "").partition("\n")[0]


def by_status(codes: Iterable[str]) -> dict[int, list[str]]:
    """The codes in the order of their statuses and names."""
    found: dict[int, list[str]] = {}
    for status, code in sorted((status_of(code), code) for code in codes):
        found.setdefault(status, []).append(code)
    return found
