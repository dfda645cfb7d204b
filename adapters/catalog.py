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
from adapters.error_catalog import FILE as ERRORS
from adapters.error_catalog import error_catalog, of_any_command, refused, status_of
from adapters.problem import SENTENCES
from commands.catalogue import COMMANDS
from commands.command import Command
from commands.reactions.catalogue import REACTIONS
from commands.reckonings.catalogue import RECKONINGS
from domain import values
from domain.decider import Decider
from domain.fact import Event, personal_fields
from domain.staff.worker import Right
from projections.analysis import ANALYSIS, LEFT_OUT
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
        _views,
    )
    return "\n".join(line for part in parts for line in part())


def _head() -> Iterator[str]:
    yield "# Catalog"
    yield ""
    yield "Everything that can be asked, said and refused."
    yield f"Written by `{REBUILD}` from the code; a test fails when it is stale."
    yield ""
    counts = [(len(COMMANDS), "requests"), (len(_events()), "facts"), (len(refused()), "refusals")]
    counts += [(len(QUESTIONS), "questions"), (len(RECKONINGS), "reckonings"), (len(READ_MODELS), "read models")]
    yield ", ".join(f"{count} {name}" for count, name in counts) + f", {len(_deciders())} kinds of stream."


def _commands() -> Iterator[str]:
    yield from ("", "## Requests", "")
    yield "The subject is `kartoteka.v1.cmd.<caller>.<request>`; the fields go into `data` of the envelope."
    any_of = ", ".join(f"`{name}`" for name in sorted(of_any_command()))
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
    for code, kind in sorted(refused().items()):
        yield f"| `{code}` | {status_of(kind)} | {_sentence(kind)} |"


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


def _views() -> Iterator[str]:
    yield from ("## Views for analysts", "")
    yield "Asked by SQL, and taken out by `kartoteka export`. A worker is shown what questions show, who holds the"
    yield f"right `{Right.ANALYST}` and one of those named. Besides, `positions` tells up to when all is there."
    yield from ("", "Left out:", "")
    yield from (f"- {what}: {why}" for what, why in LEFT_OUT.items())
    for name, view in sorted(ANALYSIS.items()):
        yield from ("", f"### `{name}`", "", view.about, "")
        yield f"- Key: {', '.join(f'`{each}`' for each in view.key)}"
        yield f"- Takes: {' or '.join(f'`{right}`' for right in sorted(view.rights)) or 'nothing else'}"
        yield from ("", "| column | holds | what |", "|---|---|---|")
        yield from (f"| `{each.name}` | {each.kind} | {each.about} |" for each in view.columns)
    yield ""


def _columns(table: Table) -> Iterator[str]:
    yield from (f"| `{table.name}` | `{name}` | word, of the key |" for name in table.key)
    yield from (f"| `{table.name}` | `{column.name}` | {_held(column)} |" for column in table.columns)


def _held(column: Column) -> str:
    notes = [column.kind.value, *([f"of `{column.whose}`"] if column.whose else [])]
    return ", ".join([*notes, *(["volatile"] if column.volatile else [])])


def _events() -> dict[str, type[Event]]:
    return {topic: event for topic, event in Event.by_topic.items() if event.__module__.startswith(ROOMS)}


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
    """Write the files; with --check, say whether they are what would be written."""
    for file, text in ((FILE, catalog()), (ERRORS, error_catalog())):
        if "--check" not in sys.argv[1:]:
            file.write_text(text, encoding="utf-8")
        elif not file.exists() or file.read_text(encoding="utf-8") != text:
            sys.exit(f"{file.name} is not what the code says: run `{REBUILD}`")


if __name__ == "__main__":
    main()
