"""What the documents show is what happens: their code runs, their links lead somewhere, their names exist."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import pytest
from fork import Fork, become_kartoteka
from prompt import prompt

from adapters import embedded
from adapters.composition import found
from adapters.postgres.views.registry import State, conditions
from adapters.settings import Settings
from commands.catalogue import COMMANDS
from projections.catalogue import READ_MODELS

ROOT = Path(__file__).parents[1]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
TOGETHER = (
    ("how-to-operate", "how-to-promise", "how-to-forget"),
    ("how-to-analyse", "how-to-import-contacts", "how-to-look-back"),
    ("README", "how-to-send-commands", "how-to-answer-a-person", "how-to-price"),
    ("how-to-audit", "how-to-export", "how-to-sign-in", "quick-start-analyst", "quick-start-auditor"),
    ("how-to-observe", "how-to-secure", "how-to-use-http", "quick-start-service"),
)
"""Read one after the other beside one service, as readers do who follow their links; every other one begins anew.

First come those that show all there is; the rest show what they made themselves.
"""
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"\]\((?!https?:)([^)#]+)(?:#[^)]*)?\)")
STARTS_WITHIN_SECONDS = 60
RUNS_WITHIN_SECONDS = 120


class Example(NamedTuple):
    """A block that is run, and the block of text right behind it, if there is one: what it prints."""

    script: str
    shown: str | None


class Ran(NamedTuple):
    """The exit code, what each example printed for programs, and what was said to the reader."""

    code: int
    printed: list[str]
    said: str


def blocks(document: Path) -> list[tuple[str, str]]:
    return BLOCK.findall(document.read_text(encoding="utf-8"))


def examples(document: Path) -> list[Example]:
    """`bash` and `python` blocks run; `sh` is for what the reader's shell does and a test cannot."""
    text = document.read_text(encoding="utf-8")
    every = list(BLOCK.finditer(text))
    shown = {before.end(): each[2] for before, each in pairwise(every) if follows(text, before, each)}
    return [Example(script(each[1], each[2]), shown.get(each.end())) for each in every if each[1] in {"bash", "python"}]


def follows(text: str, before: re.Match[str], each: re.Match[str]) -> bool:
    return each[1] == "text" and not text[before.end() : each.start()].strip()


def script(kind: str, text: str) -> str:
    return text if kind == "bash" else f"python - <<'END OF PYTHON'\n{text}END OF PYTHON\n"


def readings() -> list[tuple[Path, ...]]:
    """Documents that are read beside one service."""
    by_name = {each.stem: each for each in DOCUMENTS if each.parent in (ROOT, ROOT / "docs")}
    together = [tuple(by_name[name] for name in names) for names in TOGETHER]
    alone = [(each,) for each in DOCUMENTS if examples(each) and not any(each in them for them in together)]
    return [*together, *alone]


@pytest.fixture
def terminal(documents: tuple[Path, ...]) -> Iterator[tuple[Path, dict[str, str]]]:
    """A folder in which `make run`, or what the document says, was said, and the environment of a second terminal."""
    folder = Path(tempfile.mkdtemp(prefix="kartoteka-documents-"))
    folder.chmod(0o711)
    programs = folder / "programs"
    programs.mkdir()
    (programs / "python").write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    (programs / "python").chmod(0o755)
    clean = {name: value for name, value in os.environ.items() if not name.startswith("KARTOTEKA_")}
    environment = {**clean, "PATH": f"{programs}:{clean['PATH']}", "PYTHONPATH": str(ROOT)}
    said = folder / "said"
    said.touch()
    service = Fork(become_kartoteka, started(documents), {}, [os.devnull, str(said)], str(folder))
    with prompt(programs / "kartoteka"):
        try:
            until_it_tells_what_to_try(service, said)
            until_models_are_served(folder / ".state")
            yield folder, environment
        finally:
            service.send_signal(signal.SIGTERM)
            service.wait(STARTS_WITHIN_SECONDS)
    embedded.erase(folder / ".state")
    shutil.rmtree(folder)


def started(documents: tuple[Path, ...]) -> list[str]:
    """How their examples have the service started."""
    moved = any("kartoteka serve --test-clock" in document.read_text() for document in documents)
    return ["serve", "--test-clock"] if moved else ["serve"]


def until_it_tells_what_to_try(service: Fork, said: Path) -> None:
    deadline = time.monotonic() + STARTS_WITHIN_SECONDS
    while "audit verify" not in said.read_text():
        assert service.poll() is None, "`kartoteka serve` ended"
        assert time.monotonic() < deadline, "`kartoteka serve` said nothing to try"
        time.sleep(0.02)


def until_models_are_served(state: Path) -> None:
    """No reader is as fast at the prompt as a test."""
    place = found(Settings(state=state))
    deadline = time.monotonic() + STARTS_WITHIN_SECONDS
    served: set[str] = set()
    while not served >= READ_MODELS.keys():
        assert time.monotonic() < deadline, served
        time.sleep(0.02)
        models = conditions(place.postgres_url, place.settings.schema_name)
        served = {each.name for each in models if each.state == State.ACTIVE}


def run(examples: list[Example], folder: Path, environment: dict[str, str]) -> Ran:
    """All in one shell, as a reader would go on typing."""
    mark = "=== next example ==="
    text = "".join(f"echo '{mark}'\n{example.script}" for example in examples)
    done = subprocess.run(  # noqa: S603 - the documents' own examples
        ["bash", "-euo", "pipefail", "-c", text],  # noqa: S607 - whichever bash the reader has
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=RUNS_WITHIN_SECONDS,
        check=False,
    )
    return Ran(done.returncode, done.stdout.split(mark + "\n")[1:], done.stderr)


def matches(shown: str, printed: str) -> bool:
    """Blanks do not count, and `...` stands for anything."""
    pattern = r".*".join(re.escape(" ".join(part.split())) for part in shown.split("..."))
    return re.fullmatch(re.sub(r"\s+", " ", pattern), " ".join(printed.split())) is not None


def named(document: Path) -> str:
    return str(document.relative_to(ROOT))


@pytest.mark.parametrize("documents", readings(), ids=lambda them: "+".join(each.stem for each in them))
def test_examples_do_what_the_document_shows(
    documents: tuple[Path, ...], terminal: tuple[Path, dict[str, str]]
) -> None:
    for document in documents:
        shown = examples(document)
        ran = run(shown, *terminal)
        assert ran.code == 0, f"{named(document)}: {ran.said}"
        for example, printed in zip(shown, ran.printed, strict=True):
            assert example.shown is None or matches(example.shown, printed), f"{example.script}\nprinted\n{printed}"


@pytest.mark.parametrize("document", DOCUMENTS, ids=named)
def test_links_lead_somewhere(document: Path) -> None:
    links = LINK.findall(document.read_text(encoding="utf-8"))
    assert [link for link in links if not (document.parent / link).exists()] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=named)
def test_targets_of_make_and_files_named_exist(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    typed = "\n".join(script for kind, script in blocks(document) if kind in {"sh", "bash"})
    said = {*re.findall(r"`make ([a-z]+)", text), *re.findall(r"^make ([a-z]+)", typed, re.MULTILINE)}
    files = re.findall(r"`((?:domain|commands|projections|adapters|tests)/[\w/]+\.(?:py|sql|toml))`", text)
    assert said <= targets
    assert [file for file in files if not (ROOT / file).exists()] == []


@pytest.mark.parametrize("document", [each for each in DOCUMENTS if each.name != "CHANGELOG.md"], ids=named)
def test_commands_sent_in_examples_exist(document: Path) -> None:
    sent = {topic for _, text in blocks(document) for topic in re.findall(r"kartoteka send ([a-z][a-z.-]+)", text)}
    assert sent <= COMMANDS.keys()


def test_an_example_that_prints_something_else_is_noticed(tmp_path: Path) -> None:
    ran = run([Example("echo one  two\n", None), Example("echo three >&2\n", None)], tmp_path, dict(os.environ))
    assert (ran.code, ran.printed, ran.said) == (0, ["one two\n", ""], "three\n")
    assert matches("one ...", ran.printed[0])
    assert not matches("one", ran.printed[0])


def test_an_example_that_fails_is_noticed(tmp_path: Path) -> None:
    assert run([Example("false\n", None), Example("true\n", None)], tmp_path, dict(os.environ)).code != 0
