"""CATALOG.md: every request, fact, refusal, question and read model, written from the code and never by hand."""

from __future__ import annotations

import ast
import inspect
import sys
from collections.abc import Iterable, Iterator
from enum import Enum
from itertools import pairwise
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from adapters import file_request
from adapters.consequence import consequence
from adapters.problem import SENTENCES, STATUS
from commands import handler, permission
from commands.catalogue import COMMANDS
from commands.command import Command
from commands.reactions.catalogue import REACTIONS
from commands.reckonings.catalogue import RECKONINGS
from domain import values
from domain.decider import Decider
from domain.fact import Event, personal_fields
from domain.refusal import Refused
from projections.catalogue import QUESTIONS, READ_MODELS
from projections.model import Column, Table
from projections.question import Listing, Question

FILE = Path(__file__).parents[1] / "CATALOG.md"
REBUILD = "make catalog"
ROOMS = ("domain.", "commands.")


def catalog() -> str:
    """The whole text."""
    parts = (
        _head,
        _commands,
        _facts,
        _streams,
        _reactions,
        _words,
        _shapes,
        _refusals,
        _problems,
        _questions,
        _reckonings,
        _files,
        _read_models,
    )
    return "\n".join(line for part in parts for line in part())


def _head() -> Iterator[str]:
    yield "# Catalog"
    yield ""
    yield "Everything that can be asked, said and refused."
    yield f"Written by `{REBUILD}` from the code; a test fails when it is stale."
    yield ""
    counts = [(len(COMMANDS), "requests"), (len(_events()), "facts"), (len(_refused()), "refusals")]
    counts += [(len(QUESTIONS), "questions"), (len(RECKONINGS), "reckonings"), (len(READ_MODELS), "read models")]
    yield ", ".join(f"{count} {name}" for count, name in counts) + f", {len(_deciders())} kinds of stream."


def _commands() -> Iterator[str]:
    yield from ("", "## Requests", "")
    yield "The subject is `kartoteka.v1.cmd.<caller>.<request>`; the fields go into `data` of the envelope."
    common = [name for name, kind in vars(handler).items() if _own_refusal(kind, handler)]
    any_of = ", ".join(f"`{name}`" for name in sorted([*common, permission.LateFactsNotAllowed.__name__]))
    yield f"Any of them can also be refused with {any_of}, or with a problem of the border."
    for topic, command in sorted(COMMANDS.items()):
        found = consequence(command)
        yield from ("", f"### `{topic}`", "", _sentence(command), "")
        yield f"- Name in the code: `{command.__name__}`, stream `{command.of.stream(_id_of(command))}`"
        yield from _fields(command)
        yield f"- Makes: {_list(event.topic for event in found.facts)}"
        yield f"- Refuses with: {_list(kind.__name__ for kind in found.refusals)}"


def _facts() -> Iterator[str]:
    yield from ("", "## Facts", "")
    yield "A fact's name and shape never change once published."
    yield "A personal field is sealed under the key of its subject."
    for topic, event in sorted(_events().items()):
        yield from ("", f"### `{topic}`", "", _sentence(event), "")
        yield f"- Name in the code: `{event.__name__}`"
        yield from _fields(event)


def _streams() -> Iterator[str]:
    yield from ("", "## Streams", "", "| stream | facts | rests on recorded instants |", "|---|---|---|")
    for kind, decider in sorted(_deciders().items()):
        facts = ", ".join(f"`{event.topic}`" for event in decider.facts)
        yield f"| `{kind}-<id>` | {facts} | {'yes' if decider.dated else ''} |"


def _reactions() -> Iterator[str]:
    yield from ("", "## Reactions", "", "| handler | hears | asks | law |", "|---|---|---|---|")
    for name, reaction in sorted(REACTIONS.items()):
        module = sys.modules[reaction.react.__module__]
        known = [kind for kind in vars(module).values() if kind in COMMANDS.values()]
        yield f"| `{name}` | {_list(reaction.topics)} | {_list(kind.topic for kind in known)} | {_sentence(module)} |"


def _words() -> Iterator[str]:
    """The value types and what is said of them, which at run time nobody remembers: so from the source."""
    yield from ("", "## Words", "", "| type | what it is |", "|---|---|")
    body = ast.parse(inspect.getsource(values)).body
    for node, after in pairwise(body):
        if isinstance(node, ast.Assign) and isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant):
            yield f"| `{ast.unparse(node.targets[0])}` | {after.value.value!s} |"
    ids = [kind for kind in values.Id.__subclasses__() if kind.__module__ == values.__name__]
    yield f"| {', '.join(f'`{kind.__name__}`' for kind in ids if not kind.__doc__)} | {_sentence(values.Id)} |"
    yield from (f"| `{kind.__name__}` | {_sentence(kind)} |" for kind in ids if kind.__doc__)


def _shapes() -> Iterator[str]:
    yield from ("", "## Shapes", "", "What fields hold that is neither a word nor a number.")
    for name, kind in sorted(_nested().items()):
        yield from ("", f"### `{name}`", "", _sentence(kind), "")
        yield from [f"- One of: {_one_of(kind)}"] if issubclass(kind, Enum) else _fields(kind)


def _refusals() -> Iterator[str]:
    yield from ("", "## Refusals", "", "| code | status | sentence |", "|---|---|---|")
    for code, kind in sorted(_refused().items()):
        status = next(status for known, status in STATUS.items() if issubclass(kind, known))
        yield f"| `{code}` | {status} | {_sentence(kind)} |"


def _problems() -> Iterator[str]:
    yield from ("", "## Problems of the border", "", "| code | sentence |", "|---|---|")
    yield from (f"| `{code}` | {sentence} |" for code, sentence in sorted(SENTENCES.items()))


def _questions() -> Iterator[str]:
    yield from ("", "## Questions", "")
    yield "The subject is `kartoteka.v1.qry.<caller>.<question>`; what narrows it goes into `data` of the envelope."
    yield "What the asker may not know of is left out, and answered like what is not there."
    for name, question in sorted(QUESTIONS.items()):
        yield from ("", f"### `{name}`", "", _sentence(question), "")
        yield f"- Name in the code: `{question.__name__}`, rests on {_list(model.name for model in question.rests_on)}"
        yield f"- Takes: {_taken(question)}"
        yield from _fields(question)
        yield from ("", "In each row:" if issubclass(question, Listing) else "In its row:", "")
        yield from _fields(question.row)


def _reckonings() -> Iterator[str]:
    yield from ("", "## Reckonings", "")
    yield "Asked and answered like questions, of states that are folded up to an instant and not of rows."
    for name, reckoning in sorted(RECKONINGS.items()):
        yield from ("", f"### `{name}`", "", _sentence(reckoning), "")
        yield f"- Name in the code: `{reckoning.__name__}`"
        yield f"- Asked by: {reckoning.asked_by}"
        yield from _fields(reckoning)
        yield from ("", "In its row:", "")
        yield from _fields(reckoning.row)


def _files() -> Iterator[str]:
    yield from ("", "## Files", "")
    yield "The subject is `kartoteka.v1.fil.<caller>.<put or get>`; a message's first line is JSON with these fields."
    for what, request in sorted(file_request.REQUESTS.items()):
        yield from ("", f"### `{what}`", "", _sentence(request), "")
        yield from _fields(request)
        yield from ("", "In the first line of its answer:", "")
        yield from _fields(file_request.ANSWERS[what])


def _taken(question: type[Question]) -> str:
    """What the asker must be or hold."""
    rights = sorted(question.rights)
    return " or ".join(f"`{right}`" for right in rights) or "an active worker"


def _read_models() -> Iterator[str]:
    yield from ("", "## Read models", "")
    yield "A sealed column holds somebody's personal data in its envelope; a volatile one may differ after a rebuild."
    for name, model in sorted(READ_MODELS.items()):
        yield from ("", f"### `{name}`", "", model.about, "")
        if model.within_append:
            yield from ("Kept in the transaction that stores the fact.", "")
        yield from ("| table | column | holds |", "|---|---|---|")
        for table in model.tables:
            yield from _columns(table)
    yield ""


def _columns(table: Table) -> Iterator[str]:
    yield from (f"| `{table.name}` | `{name}` | word, of the key |" for name in table.key)
    yield from (f"| `{table.name}` | `{column.name}` | {_held(column)} |" for column in table.columns)


def _held(column: Column) -> str:
    notes = [column.kind.value, *([f"of `{column.whose}`"] if column.whose else [])]
    return ", ".join([*notes, *(["volatile"] if column.volatile else [])])


def _events() -> dict[str, type[Event]]:
    return {topic: event for topic, event in Event.by_topic.items() if event.__module__.startswith(ROOMS)}


def _refused() -> dict[str, type[Refused]]:
    """Without those that only gather others under one status."""
    found = Refused.by_code.items()
    return {code: kind for code, kind in found if kind.__module__.startswith(ROOMS) and not kind.__subclasses__()}


def _own_refusal(kind: Any, module: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, Refused) and kind.__module__ == module.__name__


def _deciders() -> dict[str, Decider[Any, Any]]:
    return {command.of.kind: command.of for command in COMMANDS.values()}


def _id_of(command: type[Command]) -> str:
    return command.only or ("<new id>" if command.makes() else f"<{'.'.join(command.by)}>")


def _fields(kind: type[BaseModel]) -> Iterator[str]:
    """One line for each field: its type in the code's own words, whether it may be left out, whose it is."""
    personal = personal_fields(kind) if issubclass(kind, Event) else {}
    for name, field in kind.model_fields.items():
        mark = personal.get(name)
        notes = [] if field.is_required() else ["may be left out"]
        notes += [f"personal: {mark.purpose} of `{mark.subject}`"] if mark else []
        yield f"- `{name}`: {_written(kind, name)}{' — ' + ', '.join(notes) if notes else ''}"


def _written(kind: type[BaseModel], name: str) -> str:
    """The annotation as it stands in the source, without its marks: the same on every version of Python."""
    owner = next(each for each in kind.__mro__ if name in inspect.get_annotations(each))
    return f"`{ast.unparse(_plain(ast.parse(inspect.get_annotations(owner)[name], mode='eval').body))}`"


def _plain(node: ast.expr) -> ast.expr:
    match node:
        case ast.Subscript(value=ast.Name(id="Annotated"), slice=ast.Tuple(elts=[inner, *_])):
            return _plain(inner)
        case ast.BinOp(left=left, right=ast.Name(id="Masked")):
            return _plain(left)
        case ast.BinOp(left=left, op=op, right=right):
            return ast.BinOp(_plain(left), op, _plain(right))
    return node


def _nested() -> dict[str, type[Any]]:
    """The enumerations and models that fields are made of, and those these are made of."""
    found: dict[str, type[Any]] = {}
    answers: list[type[BaseModel]] = [question.row for question in QUESTIONS.values()]
    answers += [reckoning.row for reckoning in RECKONINGS.values()]
    waiting: list[type[BaseModel]] = [*COMMANDS.values(), *_events().values(), *QUESTIONS.values(), *answers]
    waiting += RECKONINGS.values()
    while waiting:
        kind = waiting.pop()
        names = vars(sys.modules[kind.__module__])
        for text in (inspect.get_annotations(kind).get(name, "") for name in kind.model_fields):
            for node in ast.walk(ast.parse(text)):
                each = names.get(node.id) if isinstance(node, ast.Name) else None
                if isinstance(each, type) and issubclass(each, (Enum, BaseModel)) and each.__name__ not in found:
                    if each.__name__ != "Purpose":
                        found[each.__name__] = each
                    if issubclass(each, BaseModel):
                        waiting.append(each)
    return found


def _sentence(kind: Any) -> str:
    """The first sentence said of it; the rest stays in the code."""
    own = kind.__dict__.get("__doc__") or ""
    return inspect.cleandoc(own).partition("\n")[0] or "(no sentence)"


def _one_of(kind: type[Enum]) -> str:
    """In the order of the code, which is a ladder where it matters."""
    return ", ".join(f"`{each.value}`" for each in kind)


def _list(words: Iterable[str]) -> str:
    return ", ".join(f"`{word}`" for word in sorted(words)) or "nothing"


def main() -> None:
    """Write the file; with --check, say whether it is what would be written."""
    if "--check" not in sys.argv[1:]:
        FILE.write_text(catalog(), encoding="utf-8")
    elif not FILE.exists() or FILE.read_text(encoding="utf-8") != catalog():
        sys.exit(f"CATALOG.md is not what the code says: run `{REBUILD}`")


if __name__ == "__main__":
    main()
