"""Words have a known shape before anything is decided on them."""

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from domain.service.level import Recipient
from domain.values import (
    Code,
    ContactId,
    Holder,
    Instant,
    Label,
    Line,
    Reference,
    TeamId,
    Text,
    WorkerId,
    Zone,
    team_holder,
    team_of,
    worker_holder,
)

GOOD: list[tuple[Any, str]] = [
    (ContactId, "a"),
    (ContactId, "0-" + "x" * 62),
    (Code, "out-of-office"),
    (Label, "x" * 80),
    (Label, "Київ – відділ 3"),
    (Reference, "C 17/4_#.-"),
    (Line, "x" * 200),
    (Line, "  indented"),
    (Line, "שלום"),
    (Text, "one\n\ttwo"),
    (Text, "x" * 20_000),
    (Text, "\n"),
    (Holder, "worker:anna"),
    (Holder, "team:h-1"),
    (Zone, "Europe/Rome"),
    (Zone, "UTC"),
]
BAD: list[tuple[Any, str]] = [
    (ContactId, ""),
    (ContactId, "A"),
    (ContactId, "-a"),
    (ContactId, "x" * 65),
    (ContactId, "a b"),
    (ContactId, "a\n"),
    (Code, ""),
    (Code, "x" * 41),
    (Code, "Duplicate"),
    (Label, ""),
    (Label, " "),
    (Label, "x" * 81),
    (Label, "two\nlines"),
    (Reference, "é"),
    (Reference, " 17"),
    (Line, ""),
    (Line, " \u00a0"),
    (Line, "x" * 201),
    (Line, "bell\a"),
    (Line, "two\u2028lines"),
    (Text, ""),
    (Text, "x" * 20_001),
    (Text, "null\0"),
    (Text, "carriage\rreturn"),
    (Holder, "anna"),
    (Holder, "area:anna"),
    (Holder, "worker:"),
    (Instant, "2024-06-03T09:00:00"),
    (Instant, "0001-01-01T00:00:00+14:00"),
    (Instant, "9999-12-31T23:59:59-12:00"),
    (Zone, "Mars/Phobos"),
    (Zone, "europe/rome"),
    (Zone, "localtime"),
    (Zone, "posixrules"),
    (Zone, "right/Europe/Rome"),
    (Zone, "../../etc/passwd"),
]


@pytest.mark.parametrize(("kind", "word"), GOOD)
def test_a_word_of_the_right_shape_is_taken_as_it_is(kind: Any, word: str) -> None:
    assert TypeAdapter(kind).validate_python(word) == word


@pytest.mark.parametrize(("kind", "word"), BAD)
def test_a_word_of_another_shape_is_not_taken(kind: Any, word: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(kind).validate_python(word)


@pytest.mark.parametrize("at", ["2024-06-03T11:00:00+02:00", "2024-06-02T21:00:00-12:00", "2024-06-03T09:00:00Z"])
def test_an_instant_is_one_of_utc_whatever_its_offset(at: str) -> None:
    assert TypeAdapter(Instant).validate_python(at).isoformat() == "2024-06-03T09:00:00+00:00"


def test_who_holds_a_right_is_a_worker_or_a_team() -> None:
    assert worker_holder(WorkerId("anna")) == "worker:anna"
    assert team_holder(TeamId("hotline")) == "team:hotline"
    assert team_of(team_holder(TeamId("hotline"))) == "hotline"
    assert team_of(worker_holder(WorkerId("team"))) is None


def test_an_id_says_in_its_schema_what_it_must_look_like() -> None:
    assert TypeAdapter(ContactId).json_schema() == {"type": "string", "pattern": "^[a-z0-9][a-z0-9-]{0,63}$"}
    assert TypeAdapter(Holder).json_schema()["pattern"].startswith("^(?:worker|team):")


@pytest.mark.parametrize("kind", [ContactId, TeamId, Holder, Recipient])
def test_the_schema_of_an_id_says_whose_it_is(kind: type[Any]) -> None:
    schema = TypeAdapter(kind).core_schema
    assert schema["type"] == "str"
    assert schema.get("metadata") == {"names": kind.__name__}
