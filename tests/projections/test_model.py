"""A read model is data: its tables are named once, its personal columns say whose, and every fact has its words."""

from __future__ import annotations

from collections import Counter
from itertools import chain
from pathlib import Path
from string import Formatter

import pytest
from rows import MODELS

from domain.fact import Event, personal_fields
from projections.access import ACCESS
from projections.model import Column, Kind, Put, ReadModel, Table, coalesced, words
from projections.model import Drop as Gone
from projections.words import WORDS

TABLES = [table for model in MODELS for table in model.tables]
HOUSE = {topic: event for topic, event in Event.by_topic.items() if event.__module__.startswith("domain.")}
SENTENCES = Path(__file__).parents[1] / "naive" / "words.txt"


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_a_personal_column_says_whose_it_is_in_a_column_of_its_table(table: Table) -> None:
    for column in table.columns:
        assert (column.kind is Kind.SEALED) == (column.whose is not None)
        if column.whose is not None:
            assert column.whose in table.names
            assert (column.whose,) in [index[:1] for index in table.indexes], "or forgetting would read every row"


def test_no_column_may_differ_after_a_rebuild() -> None:
    volatile = [f"{table.name}.{column.name}" for table in TABLES for column in table.columns if column.volatile]
    print("volatile columns:", ", ".join(volatile) or "none")
    assert volatile == []


def test_a_table_has_its_name_and_a_column_its_name_once() -> None:
    assert Counter(table.name for table in TABLES).most_common(1)[0][1] == 1
    for table in TABLES:
        assert len(set(table.names)) == len(table.names)
        assert set(chain.from_iterable(table.indexes)) <= set(table.names)


def test_every_fact_has_its_words_and_they_name_its_fields() -> None:
    assert {event.topic for event in WORDS} == set(HOUSE)
    for event, sentence in WORDS.items():
        named = {field for _, field, _, _ in Formatter().parse(sentence) if field is not None}
        assert named <= set(event.model_fields), event.topic


def test_the_words_are_those_that_were_agreed_on() -> None:
    assert SENTENCES.read_text(encoding="utf-8").splitlines() == [
        f"{event.topic}: {sentence}" for event, sentence in WORDS.items()
    ]


def test_whose_data_a_fact_tells_is_told_by_one_field() -> None:
    """The timeline keeps one subject for each fact."""
    for event in HOUSE.values():
        assert {mark.subject for mark in personal_fields(event).values()} <= {"subject"}


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_a_model_hears_facts_there_are_and_looks_at_states_whose_facts_there_are(model: ReadModel) -> None:
    assert model.facts <= set(HOUSE.values())
    assert {event for decider in model.reads for event in decider.facts} <= set(HOUSE.values())
    assert model.about.endswith(".")


def test_what_is_kept_within_the_append_looks_at_nothing_and_holds_nobodys_data() -> None:
    within = [model for model in MODELS if model.within_append]
    assert within == [ACCESS]
    assert ACCESS.reads == ()
    assert not any(table.sealed for table in ACCESS.tables)


def test_another_edition_another_column_or_another_fact_is_another_fingerprint() -> None:
    def model(table: Table, edition: int = 1, facts: frozenset[type[Event]] = frozenset()) -> str:
        made = ReadModel("m", "A model.", (table,), facts, lambda fact, known: iter(()), edition=edition)
        return made.fingerprint

    plain = Table("t", ("id",), words("a"))
    found = [
        model(plain),
        model(plain, edition=2),
        model(plain, facts=frozenset({next(iter(HOUSE.values()))})),
        model(Table("t", ("id",), words("b"))),
        model(Table("t", ("id",), (Column("a", Kind.NUMBER),))),
        model(Table("t", ("id",), words("a"), indexes=(("a",),))),
        model(Table("u", ("id",), words("a"))),
    ]
    assert len(set(found)) == len(found)
    assert model(Table("t", ("id",), words("a"))) == found[0]


def test_of_changes_of_one_row_the_last_one_is_left() -> None:
    table = Table("t", ("id",), words("a"))
    changes = [
        Put(table, ("x",), {"a": 1}),
        Gone(table, ("x",)),
        Put(table, ("y",), {"a": 1}),
        Put(table, ("y",), {"a": 2}),
    ]
    assert coalesced(changes) == {(table, ("x",)): None, (table, ("y",)): {"a": 2}}
