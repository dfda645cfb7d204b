"""The house keeps its own laws: rooms, names, sentences, and nothing of one machine."""

from __future__ import annotations

import ast
import inspect
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from adapters.catalog import FILE, catalog
from commands.catalogue import COMMANDS
from commands.command import Command
from commands.reckonings.catalogue import RECKONINGS
from domain.fact import Event, personal_fields
from domain.refusal import Refused
from projections.question import Question

ROOT = Path(__file__).parents[1]
ROOMS = ("domain", "commands", "projections", "adapters")
WIRE_NAME = re.compile(r"[a-z]+(-[a-z]+)*\.[a-z]+(-[a-z]+)*")
SENTENCE = re.compile(r"[A-Z`'\"(*].*[.!?]", re.DOTALL)
ABOUT_PRICES = ("domain/pricing", "commands/pricing", "projections/pricing", "adapters/prices")
RECKONED = ("selling", "price", "order_price")
COUNTS = {"number", "per", "priority"}
"""What is counted and so is a JSON number in a fact about prices; money and quantities are texts."""

TYPED_BY_PEOPLE = {"str", "Line", "Text"}


def sources(*folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def kept_files() -> list[Path]:
    """What is in the repository, or would be with the next commit."""
    asked = ["git", "-C", str(ROOT), "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(asked, capture_output=True, check=True, text=True).stdout  # noqa: S603 - a fixed command
    found = (ROOT / name for name in listed.split("\0") if name)
    return [path for path in found if path.is_file() and path != Path(__file__)]


def ours(kinds: Iterable[type[Any]]) -> list[Any]:
    """Those of the rooms; tests may define their own."""
    return [kind for kind in kinds if kind.__module__.partition(".")[0] in ROOMS]


def sentence(kind: type[Any]) -> str:
    return inspect.cleandoc(kind.__dict__.get("__doc__") or "").partition("\n\n")[0]


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).parent / "lint-imports"
    asked = [str(program), "--no-cache", "--no-logo"]
    return subprocess.run(asked, cwd=folder, capture_output=True, text=True, check=False)  # noqa: S603 - our own tool


def test_the_catalog_is_what_the_code_says() -> None:
    assert FILE.read_text(encoding="utf-8") == catalog(), "run `make catalog`"


def test_every_file_begins_with_its_law() -> None:
    without = [
        str(path.relative_to(ROOT))
        for path in sources(*ROOMS, "tests")
        if not SENTENCE.fullmatch((ast.get_docstring(ast.parse(path.read_text())) or "").partition("\n\n")[0])
    ]
    assert without == []


@pytest.mark.parametrize(
    "kinds", [Command.by_topic, Event.by_topic, Refused.by_code], ids=["requests", "facts", "refusals"]
)
def test_everything_on_the_wire_has_its_sentence(kinds: dict[str, type[Any]]) -> None:
    assert len(kinds) > 10
    assert [kind.__name__ for kind in ours(kinds.values()) if not SENTENCE.fullmatch(sentence(kind))] == []


def test_wire_names_are_a_noun_and_a_verb() -> None:
    topics = [kind.topic for kind in ours([*Command.by_topic.values(), *Event.by_topic.values()])]
    assert [topic for topic in topics if not WIRE_NAME.fullmatch(topic)] == []


def test_a_request_is_named_after_the_noun_it_is_about() -> None:
    assert [topic for topic, command in COMMANDS.items() if topic.partition(".")[0] != command.of.kind] == []


def test_every_fact_belongs_to_the_life_of_one_noun() -> None:
    lived = [
        event
        for decider in {command.of.kind: command.of for command in COMMANDS.values()}.values()
        for event in decider.facts
    ]
    assert sorted(event.topic for event in lived) == sorted(event.topic for event in ours(Event.by_topic.values()))


def test_what_people_type_is_personal_in_every_fact() -> None:
    unmarked = [
        f"{event.topic}: {name}"
        for event in ours(Event.by_topic.values())
        for name, annotation in inspect.get_annotations(event).items()
        if TYPED_BY_PEOPLE & set(re.findall(r"\w+", annotation)) and name not in personal_fields(event)
    ]
    assert unmarked == []


def test_the_import_laws_hold() -> None:
    found = lint_imports(ROOT)
    assert found.returncode == 0, found.stdout


@pytest.mark.parametrize(
    ("room", "import_", "law"),
    [
        ("domain/values.py", "import adapters", "The domain knows nobody"),
        ("domain/staff/team.py", "import domain.staff.worker", "Aggregates are strangers"),
        ("commands/command.py", "import projections", "never each other"),
        ("adapters/problem.py", "import psycopg", "psycopg is spoken"),
    ],
)
def test_an_import_against_the_law_is_found(tmp_path: Path, room: str, import_: str, law: str) -> None:
    for each in ROOMS:
        shutil.copytree(ROOT / each, tmp_path / each, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    (tmp_path / room).write_text((tmp_path / room).read_text() + f"\n{import_}\n")
    found = lint_imports(tmp_path)
    broken = " ".join(line for line in found.stdout.split("\n\n") if "BROKEN" in line)
    assert found.returncode != 0
    assert law in broken


def test_the_environment_is_read_in_one_file() -> None:
    readers = {str(path.relative_to(ROOT)) for path in sources(*ROOMS) if any(environment(ast.parse(path.read_text())))}
    assert readers == {"adapters/settings.py"}


def environment(tree: ast.Module) -> Iterator[ast.AST]:
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(value=ast.Name(id="os"), attr="environ" | "environb" | "getenv"):
                yield node
            case ast.ImportFrom(module="os", names=names) if {"environ", "getenv"} & {name.name for name in names}:
                yield node


def inexact(tree: ast.Module) -> Iterator[ast.AST]:
    """Every float: written, made, named, asked of the database, or the quotient of what is no fraction."""
    for node in ast.walk(tree):
        match node:
            case ast.Constant(value=float() | complex()) | ast.Name(id="float" | "complex" | "isclose"):
                yield node
            case ast.Attribute(attr="from_float" | "as_float" | "FLOAT"):
                yield node
            case ast.Import(names=[ast.alias(name="math")]) | ast.ImportFrom(module="math" | "statistics"):
                yield node
            case ast.Constant(value=str(text)) if re.search(r"::\s*(float|real|double)|double precision", text):
                yield node
            case ast.BinOp(left=left, op=ast.Div()) if "Fraction(" not in ast.unparse(left):
                yield node
            case ast.AugAssign(op=ast.Div()):
                yield node


def pricing_sources() -> list[Path]:
    reckonings = [ROOT / "commands" / "reckonings" / f"{name}.py" for name in RECKONED]
    return [*sources(*ABOUT_PRICES), *reckonings]


def test_nothing_about_prices_is_a_float() -> None:
    assert len(pricing_sources()) > 20
    found = [
        f"{path.relative_to(ROOT)}:{getattr(node, 'lineno', 0)}"
        for path in pricing_sources()
        for node in inexact(ast.parse(path.read_text()))
    ]
    assert found == []


@pytest.mark.parametrize(
    "line",
    [
        "net = 0.5",
        "net = float(amount)",
        "def of(self) -> float: ...",
        "from math import isclose",
        "import math",
        "net = amount * quantity / per",
        "net /= 2",
        "net = Decimal.from_float(amount)",
        'sql = f"sum({net})::float8"',
        'sql = "CAST(net AS double precision)"',
    ],
)
def test_a_float_about_prices_is_found(line: str) -> None:
    assert list(inexact(ast.parse(line)))


def test_money_and_quantities_are_texts_in_every_fact_and_answer() -> None:
    kinds = [
        *(kind for kind in ours(Event.by_topic.values()) if kind.__module__.startswith("domain.pricing")),
        *(kind for kind in ours(COMMANDS.values()) if kind.__module__.startswith("commands.pricing")),
        *(kind.row for kind in ours(Question.by_name.values()) if kind.__module__.startswith("projections.pricing")),
        *(RECKONINGS[name].row for name in ("price", "quotation", "order-price")),
    ]
    assert len(kinds) > 40
    assert [kind.__name__ for kind in kinds if "number" in set(types(kind.model_json_schema()))] == []


def types(schema: Any) -> Iterator[str]:
    """Every type that a schema names, however deep."""
    if isinstance(schema, dict):
        if isinstance(schema.get("type"), str):
            yield schema["type"]
        for each in schema.values():
            yield from types(each)
    elif isinstance(schema, list):
        for each in schema:
            yield from types(each)


def test_no_golden_fact_about_prices_has_a_number_for_money() -> None:
    files = [path for noun in ("product", "price-list", "prices", "order") for path in golden_facts(noun)]
    assert len(files) == 20
    told = [(path.name, name, value) for path in files for name, value in numbers(json.loads(path.read_text()))]
    assert {name for _, name, _ in told} == COUNTS
    assert [each for each in told if not isinstance(each[2], int)] == []


def golden_facts(noun: str) -> list[Path]:
    return sorted((ROOT / "tests" / "golden").glob(f"{noun}.*.json"))


def numbers(value: Any, name: str = "") -> Iterator[tuple[str, int | float]]:
    """Every JSON number inside, by the name under which it stands."""
    if isinstance(value, dict):
        for key, each in value.items():
            yield from numbers(each, key)
    elif isinstance(value, list):
        for each in value:
            yield from numbers(each, name)
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        yield name, value


def test_every_exception_to_a_rule_says_why() -> None:
    rules = (ROOT / "pyproject.toml").read_text().partition("[tool.ruff.lint]")[2].partition("banned-api")[0]
    bare = [line for line in rules.splitlines() if re.match(r'\s+"[A-Z]+\d*",(?!\s*# \S)', line)]
    silenced = re.compile(r"#\s*noqa(?!: [A-Z]+\d+(, [A-Z]+\d+)* [-#(] ?\w)")
    for path in sources(*ROOMS, "tests"):
        if path != Path(__file__):
            bare += [f"{path.name}: {line.strip()}" for line in path.read_text().splitlines() if silenced.search(line)]
    assert bare == []


def test_nothing_kept_names_a_path_of_one_machine() -> None:
    places = {f"{ROOT}/", f"{ROOT.parent}/" if ROOT.parent != Path("/") else f"{ROOT}/", f"{Path.home()}/"}
    named = re.compile("|".join(rf"(?<![\w.]){re.escape(place)}" for place in places).encode())  # a wing is no place
    assert [str(path) for path in kept_files() if named.search(path.read_bytes())] == []


def test_the_lock_names_packages_and_hashes_and_no_place() -> None:
    lines = (ROOT / "requirements.lock").read_text().splitlines()
    packages = [line for line in lines if re.match(r"[a-z]", line)]
    assert all(re.match(r"[a-z0-9-]+(\[[a-z,]+\])?==[\w.!+]+ ", line) for line in packages)
    assert [line for line in lines if re.search(r"://|@ |--(?!hash=sha256:)|\.whl|\.tar", line)] == []
    assert sum("--hash=sha256:" in line for line in lines) >= len(packages)


def test_nothing_is_left_for_later_without_an_issue() -> None:
    later = re.compile(r"\b(TODO|FIXME|XXX)\b(?! \(#\d+\))")
    texts = (path for path in kept_files() if path.suffix in {".py", ".sql", ".md", ".toml"})
    assert [str(path) for path in texts if later.search(path.read_text(encoding="utf-8"))] == []
