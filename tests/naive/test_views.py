"""The other opinion of the read models is another one: it shares no code with the first, however far one looks."""

from __future__ import annotations

import ast
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROOMS = ("projections", "adapters", "commands", "domain")


def imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0
            found.add(node.module or "")
    return found


def reached(module: str) -> set[str]:
    """Every module it imports, and those that these import, as far as they are ours."""
    seen: set[str] = set()
    waiting = [module]
    while waiting:
        name = waiting.pop()
        path = ROOT / "tests" / f"{name.replace('.', '/')}.py"
        if name not in seen and path.exists():
            waiting += imports(path)
        seen.add(name)
    return seen


def test_it_imports_nothing_of_ours() -> None:
    found = reached("naive.views")
    assert {"naive.promises", "naive.helpdesk_sla"} <= found
    assert [name for name in found if name.partition(".")[0] in ROOMS] == []


def test_an_import_of_ours_would_be_found() -> None:
    assert "projections.catalogue" in reached("rows")
    assert "domain.staff.worker" in reached("specification")
