"""A question waits for every model it reads, narrows by every filter it has, and tells lines in the reader's words."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from typing import Any

import pytest

from domain.service.link import LinkKind
from projections import sight
from projections.catalogue import QUESTIONS, READ_MODELS
from projections.clients.access_check import AccessCheck
from projections.clients.contact import Contacts
from projections.clients.search import ContactSearch
from projections.question import Leg, Listing, Question, Single
from projections.service.desk import Desk, Sort
from projections.service.link import LinkedTickets
from projections.service.sla_overview import Dimension, SlaOverview
from projections.trail import Thing, Trail

TABLE = re.compile(r"(?:FROM|JOIN)\s+([a-z_0-9]+)")
OWNERS = {table.name: model for model in READ_MODELS.values() for table in model.tables}


NAMED = {"person": "contact:xy"}
"""Ids that say what they are of."""


def asked() -> Iterator[Question]:
    """Every question in every form that its SQL can take."""
    for kind in QUESTIONS.values():
        if kind is Desk:
            yield from (Desk(sort=sort) for sort in Sort)
        elif kind is Trail:
            yield from (Trail(thing=thing, id="x") for thing in Thing)
        elif kind is AccessCheck:
            yield AccessCheck(contact="xy", worker="xy")
        elif kind is Contacts:
            yield from (Contacts(), Contacts(kind="person"), Contacts(reference="xy"), Contacts(employer="xy"))
        elif kind is SlaOverview:
            yield SlaOverview(by=tuple(Dimension))
        elif kind is LinkedTickets:
            yield from (LinkedTickets(kind=kind, thing="xy") for kind in LinkKind)
        else:
            needed = {name: NAMED.get(name, "xy") for name, field in kind.model_fields.items() if field.is_required()}
            yield kind.model_validate(needed)


def statements(question: Question) -> list[str]:
    if isinstance(question, Single):
        return [question.statement()]
    assert isinstance(question, Listing)
    found = [question.statement(leg, behind=behind) for leg in range(len(question.legs())) for behind in (False, True)]
    found += [question.count_statement()] if question.counted else []
    return found + ([question.known_statement()] if question.known() else [])


def models_read(question: Question) -> set[str]:
    """Beside the access model, which is always there."""
    read = {table for text in statements(question) for table in TABLE.findall(text)}
    return {OWNERS[table].name for table in read & OWNERS.keys()} - {"access"}


@pytest.mark.parametrize("kind", QUESTIONS.values(), ids=QUESTIONS.keys())
def test_a_question_rests_on_every_model_that_it_reads_and_on_no_other(kind: type[Question]) -> None:
    read = set().union(*(models_read(question) for question in asked() if type(question) is kind))
    assert {model.name for model in kind.rests_on} - {"access"} == read


@pytest.mark.parametrize("kind", QUESTIONS.values(), ids=QUESTIONS.keys())
def test_a_question_has_a_name_a_sentence_and_a_row_that_has_one_too(kind: type[Question]) -> None:
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", kind.name)
    for each in (kind, kind.row):
        assert re.fullmatch(r"[A-Z].*[.]", inspect.cleandoc(each.__dict__["__doc__"]).partition("\n")[0])
    assert all(field.is_required() for field in kind.row.model_fields.values())


@pytest.mark.parametrize("question", [*asked()], ids=str)
def test_every_field_of_a_question_has_a_say_in_its_answer(question: Question) -> None:
    if isinstance(question, Listing):
        assert question.narrowing.keys() <= type(question).model_fields.keys()
    said = " ".join(statements(question))
    apart = {"sort", "by", "text"} if isinstance(question, ContactSearch) else {"sort", "by"}
    for name in type(question).model_fields.keys() - getattr(question, "narrowing", {}).keys() - apart:
        assert f"%({name})s" in said
    assert all(f"%({name})s" in said for name in question.parameters(str))


def test_a_filter_that_is_not_given_asks_nothing_and_a_flag_asks_for_yes_or_no() -> None:
    assert Desk().given() == ""
    assert Desk(over=True).given() == " AND (s.over)"
    assert Desk(over=False).given() == " AND NOT (s.over)"
    assert Desk(area="north").given() == " AND (t.area = %(area)s)"  # type: ignore[arg-type]


def test_of_the_sets_that_sight_is_made_of_only_those_come_along_that_are_named() -> None:
    assert "WITH RECURSIVE answer" in sight.clause("answer AS (SELECT 1) SELECT * FROM answer")
    heads = re.findall(r"(\w+)\(\w+\) AS", sight.clause("answer AS (SELECT * FROM my_areas) SELECT * FROM answer"))
    assert heads == ["my_teams", "my_holders", "every_area", "my_areas"]


def test_a_leg_goes_on_behind_the_row_it_is_told() -> None:
    leg = Leg("FROM t WHERE true", {"t.a": "bigint", "t.b": "text"}, descending=True)
    assert "(t.a, t.b) < (%(behind_0)s::bigint, %(behind_1)s::text)" in leg.text("5", behind=True)
    assert "ORDER BY a DESC, b DESC LIMIT 5" in leg.text("5", behind=False)
    assert "behind" not in leg.text("5", behind=False)


ID, OTHER = "3c24207c-b566-5502-9d13-7dc0a32a3ee7", "634c275a-35d6-5d66-92da-00e4a1e81a21"
ADA, HOTLINE, HIDDEN = ("Ada", None), (None, "Hotline"), (None, None)
TYPED = f"{{title}} {ID}"


@pytest.mark.parametrize(
    ("topic", "words", "details", "mentioned", "told"),
    [
        ("ticket.assigned", f"Given to worker {ID}", None, {ID: ADA}, "Given to worker Ada"),
        ("area.role-given", f"team:{ID} became reader", None, {ID: HOTLINE}, "team Hotline became reader"),
        ("area.role-given", f"worker:{ID} became reader", None, {ID: ADA}, "Ada became reader"),
        ("contact.moved", f"{ID} to {OTHER}", None, {ID: HIDDEN, OTHER: HOTLINE}, "(not shown) to Hotline"),
        ("ticket.assigned", f"Given to worker {ID}", None, {}, f"Given to worker {ID}"),
        ("ticket.opened", "Reported: {title}", {"title": TYPED}, {ID: ADA}, f"Reported: {TYPED}"),
        ("ticket.opened", "Reported: {title}", None, {}, "Reported: (sealed)"),
        ("group.renamed", "Group renamed to {title}", None, {}, "Group renamed to {title}"),
    ],
)
def test_a_line_tells_names_where_they_may_be_known_and_nothing_twice(
    topic: str, words: str, details: Any, mentioned: dict[str, tuple[str | None, str | None]], told: str
) -> None:
    blank = {"contact": None}
    named = [{"id": id, "worker": worker, "name": name, **blank} for id, (worker, name) in mentioned.items()]
    row = {"topic": topic, "words": words, "details": details, "mentioned": named}
    assert Trail.shown(row) == {"topic": topic, "words": told}
