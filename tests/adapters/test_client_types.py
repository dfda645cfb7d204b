"""A type checker knows what a program in Python is answered with, for every question there is."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from adapters.inquiry import ASKED, Asked
from projections.question import Listing

ROOT = Path(__file__).parents[2]
HEAD = """
from typing import assert_type

from adapters.client import Kartoteka, One, Page
from projections.service.desk import Desk
from projections.staff.sight import MySight
"""
WRONG = """
async def wrong(kartoteka: Kartoteka) -> None:
    async for row in kartoteka.rows(Desk(), actor="anna"):
        row.titel
    await kartoteka.ask(MySight(), actor="anna", limit=1)
"""


def mistakes(folder: Path, program: str) -> list[str]:
    """What the type checker calls wrong in it."""
    (folder / "program.py").write_text(program)
    asked = [sys.executable, "-m", "mypy", str(folder / "program.py")]
    found = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603 - our own tool
    return re.findall(r"error: (.*)", found.stdout)


def asking(number: int, kind: Asked) -> str:
    """A function that asks this question, and says what it is answered with."""
    row = f"{kind.row.__module__}.{kind.row.__name__}"
    answer = f"{'Page' if issubclass(kind, Listing) else 'One'}[{row}]"
    lines = [
        f"import {kind.__module__}, {kind.row.__module__}",
        f"async def ask_{number}(kartoteka: Kartoteka, asked: {kind.__module__}.{kind.__name__}) -> None:",
        f"    assert_type(await kartoteka.ask(asked, actor='anna'), {answer})",
    ]
    if issubclass(kind, Listing):
        lines += ["    async for row in kartoteka.rows(asked, actor='anna'):", f"        assert_type(row, {row})"]
    return "\n".join(lines)


def test_rows_are_what_each_question_names_and_what_they_have_not_is_a_mistake(tmp_path: Path) -> None:
    right = [asking(number, kind) for number, kind in enumerate(ASKED.values())]
    found = mistakes(tmp_path, "\n".join([HEAD, *right, WRONG]))
    assert len(right) > 60
    assert len(found) == 2
    assert found[0].startswith('"DeskRow" has no attribute "titel"')
    assert found[1].startswith('No overload variant of "ask" of "Kartoteka" matches')
