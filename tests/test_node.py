"""The worked example for Node does what its document shows: commands typed, packages installed, code run.

It needs node, npm and a registry of npm that answers. Where one of them is missing, it says so and is not run; what
else goes wrong is the example's fault.
"""

from __future__ import annotations

import asyncio
import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import NoReturn

import pytest
from terminal import terminal
from test_documents import ROOT, blocks, matches

from adapters.credentials.seed import seed_path
from adapters.embedded import attach
from adapters.nats.connection import NotLetIn, connect

DOCUMENT = ROOT / "docs" / "how-to-use-node.md"
INSTALLED_WITHIN_SECONDS, RUNS_WITHIN_SECONDS, LET_IN_WITHIN_SECONDS = 60, 60, 15
IMPATIENT = ("--fetch-retries=0", "--fetch-timeout=10000")
AWAY = re.compile(r"code (E5\d\d|E429|ENOTFOUND|EAI_AGAIN|ECONN\w+|E?TIMEDOUT|ERR_SOCKET_TIMEOUT|ENET\w+|EHOST\w+)")
"""What npm says of a registry that does not answer, or has no time; not of a package that it does not have."""


def not_run(why: str) -> NoReturn:
    pytest.skip(f"THE EXAMPLE FOR NODE WAS NOT RUN: {why}")


def needed(program: str) -> str:
    """Where a program is."""
    return shutil.which(program) or not_run(f"there is no {program} here")


def typed() -> list[list[str]]:
    return [shlex.split(line) for kind, text in blocks(DOCUMENT) if kind == "sh" for line in text.splitlines()]


def block(kind: str) -> str:
    return next(text for each, text in blocks(DOCUMENT) if each == kind)


def run(*words: str, within: int, folder: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - what the document says
        words, cwd=folder, env={**os.environ, **settings}, capture_output=True, text=True, timeout=within, check=False
    )


def installed(npm: str, words: list[str], folder: Path) -> None:
    """What is typed there, and nothing but the packages."""
    quiet = ("--no-save", "--no-package-lock", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error")
    try:
        done = run(npm, *words, *quiet, *IMPATIENT, within=INSTALLED_WITHIN_SECONDS, folder=folder)
    except subprocess.TimeoutExpired:
        not_run(f"npm had not installed it within {INSTALLED_WITHIN_SECONDS} s")
    if done.returncode != 0 and AWAY.search(done.stderr):
        not_run(f"npm's registry does not answer: {done.stderr.splitlines()[0]}")
    assert done.returncode == 0, done.stderr


async def let_in(state: Path, caller: str) -> None:
    """NATS lets in who was added within a second; whoever types the commands takes longer to type the next."""
    seed = str(seed_path(state, caller))
    async with asyncio.timeout(LET_IN_WITHIN_SECONDS):
        while True:
            try:
                connection = await connect(attach(state).nats_url, seed, name=caller, inbox=f"_INBOX.{caller}")
            except NotLetIn:
                continue
            return await connection.close()


def test_packages_are_pinned() -> None:
    packages = next(words[2:] for words in typed() if words[:2] == ["npm", "install"])
    assert all(re.fullmatch(r"@nats-io/[a-z-]+@\d+\.\d+\.\d+", package) for package in packages)


def test_the_example_prints_what_the_document_shows(tmp_path: Path) -> None:
    npm, node = needed("npm"), needed("node")
    (tmp_path / "portal.mjs").write_text(block("javascript"))
    (tmp_path / "package.json").write_text("{}")
    for words in typed():
        if words[0] == "npm":
            installed(npm, words[1:], tmp_path)
    with terminal() as here:
        service = here.serve()
        for words in typed():
            if words[0] != "npm":
                assert here.run(*words[1:]).code == 0
                asyncio.run(let_in(here.state, words[3]))
        done = run(node, "portal.mjs", within=RUNS_WITHIN_SECONDS, folder=tmp_path, KARTOTEKA_STATE=str(here.state))
        service.ended()
    assert done.returncode == 0, done.stderr
    assert matches(block("text"), done.stdout), done.stdout
