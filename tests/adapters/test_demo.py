"""The demonstration shows the whole house, adds up, and leaves nothing behind."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from helpdesk import ROOT

from adapters.helpdesk.sample import write_sample

CASES = 60


@pytest.fixture
def folder() -> Iterator[Path]:
    """Where the servers' account may go, unlike pytest's own folders when root runs the tests."""
    folder = Path(tempfile.mkdtemp(prefix="kartoteka-test-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder)


def demo(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "adapters", "demo", *arguments]
    here = {**os.environ, "TMPDIR": str(folder)}
    return subprocess.run(command, cwd=ROOT, env=here, capture_output=True, text=True, timeout=300)  # noqa: S603 - our own program


def test_the_demo_goes_from_a_log_to_one_explained_deadline(folder: Path, tmp_path: Path) -> None:
    write_sample(tmp_path / "log.csv", seed=2, cases=CASES)
    shown = demo(folder, str(tmp_path / "log.csv"))
    assert (shown.returncode, shown.stderr) == (0, "")
    assert f"{CASES} cases" in shown.stdout
    assert ", 0 refused" in shown.stdout
    assert re.search(rf"ticket\.opened +{CASES} ", shown.stdout)
    promised = re.search(r"used \+ left = (\d+) s, the target", shown.stdout)
    assert promised is not None
    assert re.search(rf" {promised[1]} +(used|left) *$", shown.stdout, re.MULTILINE)
    questions = shown.stdout.partition("asked for two workers")[2]
    assert re.search(r"to the customers +use, Front desk +none", questions)
    assert re.search(r"my role .* {2,}member, Front desk +member, in person", questions)
    assert re.search(r"to the key accounts +none +use, in person", questions)
    assert re.search(r"contacts +[1-9]\d* rows +1 rows", questions)
    assert re.search(r'search for "viol" +0 rows +1 rows', questions)
    assert re.search(r"members of the partners +1 counted +404 GroupUnknown", questions)
    assert re.search(r"file of Viola Rossi +404 ContactUnknown +0 tickets", questions)
    assert re.search(r"desk of .* {2,}[1-9]\d+ rows +1 rows", questions)
    assert re.search(r"file of .* {2,}\d+ tickets +404 ContactUnknown", questions)
    for missing in ("of nobody", "another area", "not there"):
        assert re.search(rf"{missing} +(404 \w+Unknown) +\1", questions)
    order = shown.stdout.partition("a customer in two groups comes to 4878.08 EUR")[2]
    assert re.search(r"Pump +10 pcs +Partners +Partners +\(0, 10\] +240.00 +2400.00", order)
    assert re.search(r"Pump +10.5 pcs +Partners +Partners +\(10, …\] +221.50 +2325.75", order)
    assert re.search(r"Hose +2.5 m +Builders +Builders +\(0, …\] +3.33 +8.33", order)
    assert re.search(r"Fitting +3 h +Standard +base list +\(0, …\] +48.00 +144.00", order)
    assert "Fitting, 3 h: not Partners: product-not-in-list; Builders: product-not-in-list" in order
    assert list(folder.iterdir()) == []


def test_a_log_that_cannot_be_read_stops_the_demo_before_any_server_starts(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text("case,activity\n")
    shown = demo(folder, str(tmp_path / "log.csv"))
    assert shown.returncode == 65
    assert "no column resource" in shown.stderr
    assert list(folder.iterdir()) == []
