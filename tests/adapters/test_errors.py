"""Every code has a cause and a remedy that can be followed, and nothing is explained that nobody is told."""

from __future__ import annotations

import re

import pytest
from typer.testing import CliRunner

from adapters.cli import FILES, app
from adapters.error_catalog import FILE, error_catalog, every_code, explained, refused
from adapters.problem import BORDER as STATUSES
from adapters.problem import SENTENCES
from adapters.remedies import BORDER, RULES, Remedy
from commands.catalogue import COMMANDS
from projections.catalogue import QUESTIONS

REMEDIES = {**BORDER, **RULES}


def test_every_code_has_a_remedy_and_every_remedy_a_code() -> None:
    assert BORDER.keys() == SENTENCES.keys() == STATUSES.keys()
    assert RULES.keys() == refused().keys()


def test_the_document_is_what_the_code_says() -> None:
    assert FILE.read_text(encoding="utf-8") == error_catalog(), "run `make catalog`"


@pytest.mark.parametrize("code", sorted(REMEDIES))
def test_a_remedy_is_a_sentence_and_names_what_there_is(code: str) -> None:
    remedy: Remedy = REMEDIES[code]
    for text in filter(None, remedy):
        assert text[0].isupper() or text[0] == "`"
        assert text.endswith(".")
        assert set(re.findall(r"`([a-z-]+\.[a-z-]+)`", text)) <= COMMANDS.keys()
        assert set(re.findall(r"the question `([a-z-]+)`", text)) <= QUESTIONS.keys()
        assert set(re.findall(r"`kartoteka ([a-z-]+)", text)) <= FILES.keys()
    assert remedy.cause or code in RULES


def test_explain_prints_it_and_suggests_what_was_meant() -> None:
    runner = CliRunner()
    told = runner.invoke(app, ["explain", "TicketClaimed"]).output
    assert "422 TicketClaimed" in told
    assert RULES["TicketClaimed"].remedy in told
    assert "ticket.claim" in told
    wrong = runner.invoke(app, ["explain", "TicketClaimd"])
    assert wrong.exit_code == 65
    assert "TicketClaimed" in wrong.output
    assert len(runner.invoke(app, ["explain"]).output.splitlines()) == len(every_code()) + 1


def test_nothing_is_explained_that_is_no_code() -> None:
    assert explained("NoSuchCode") is None
