"""The OpenAPI document: valid, whole, nothing typed in its addresses, and the same wherever it is made."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import orjson
import pytest

from adapters import file_request, openapi
from adapters.cli.describe import Document, describe
from adapters.description import DOOR, described
from adapters.http.intake import MOST
from adapters.inquiry import ASKED
from adapters.key_encryption import KeyUnavailable
from adapters.postgres.answers import Unready
from adapters.postgres.looks import LookUnkept
from adapters.problem import BORDER, SENTENCES
from adapters.quarantine import CODE as IN_QUARANTINE
from commands.catalogue import COMMANDS

ROOT = Path(__file__).parents[2]
OFFICIAL = ROOT / "tests" / "schemas" / "openapi-3.1.json"


@pytest.fixture(scope="module")
def document() -> Any:
    return orjson.loads(openapi.document())


def references(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for each in value:
            yield from references(each)
    elif isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for each in value.values():
            yield from references(each)


def found(document: Any, reference: str) -> Any:
    for part in reference.removeprefix("#/").split("/"):
        document = document[part]
    return document


def operations(document: Any) -> list[tuple[str, str, Any]]:
    return [(path, method, each) for path, some in document["paths"].items() for method, each in some.items()]


def test_it_is_what_the_official_schema_asks_for(document: Any) -> None:
    official = jsonschema_rs.Draft202012Validator(orjson.loads(OFFICIAL.read_bytes()))
    assert [error.message for error in official.iter_errors(document)] == []
    assert not official.is_valid({**document, "paths": {"no-slash": {}}})


def test_every_schema_is_one_and_every_reference_leads_somewhere(document: Any) -> None:
    for schema in document["components"]["schemas"].values():
        jsonschema_rs.meta.validate(schema)
    assert all(found(document, each) for each in set(references(document)))


def test_everything_that_can_be_asked_is_there_once(document: Any) -> None:
    paths = document["paths"]
    assert [f"/v1/commands/{topic}" in paths for topic in COMMANDS].count(False) == 0
    assert [f"/v1/questions/{name}" in paths for name in ASKED].count(False) == 0
    assert [f"/v1/files/{what}" in paths for what in file_request.REQUESTS].count(False) == 0
    assert sum(path.startswith("/v1/") and "session" not in path for path in paths) == len(
        [*COMMANDS, *ASKED, *file_request.REQUESTS]
    )
    names = [each["operationId"] for _, _, each in operations(document)]
    assert len(set(names)) == len(names)
    assert all(name.isidentifier() for name in names)
    assert all(each["summary"].strip() for _, _, each in operations(document))
    assert {tag for _, _, each in operations(document) for tag in each["tags"]} == {
        tag["name"] for tag in document["tags"]
    }


def test_what_people_type_is_never_asked_for_in_an_address(document: Any) -> None:
    """By the schemas in the document, in other words than those the service decides by."""
    for path, method, each in operations(document):
        for parameter in each.get("parameters", []) if method == "get" else []:
            if "$ref" not in parameter:
                assert not list(typed(document, parameter.get("schema") or parameter["content"])), (path, parameter)
    assert "get" not in document["paths"]["/v1/questions/contact-search"]
    assert "get" in document["paths"]["/v1/questions/desk"]


def typed(document: Any, schema: Any) -> Iterator[Any]:
    """Texts of no known form, and forms that have letters of all scripts in them."""
    if isinstance(schema, list):
        for each in schema:
            yield from typed(document, each)
    elif isinstance(schema, dict):
        free = schema.get("type") == "string" and not {"enum", "const", "format"} & schema.keys()
        if free and ("pattern" not in schema or "\\p" in schema["pattern"]):
            yield schema
        if "$ref" in schema:
            yield from typed(document, found(document, schema["$ref"]))
        for each in schema.values():
            yield from typed(document, each)


def test_a_field_that_a_question_must_have_is_a_parameter_that_must_be_given(document: Any) -> None:
    parameters = {each["name"]: each for each in document["paths"]["/v1/questions/ticket"]["get"]["parameters"][:-1]}
    assert parameters["ticket"]["required"]
    assert not parameters["actor"]["required"]
    (by,) = [
        each
        for each in document["paths"]["/v1/questions/sla-overview"]["get"]["parameters"]
        if each.get("name") == "by"
    ]
    assert by["schema"]["type"] == "array"


def test_every_code_at_the_border_has_its_status_and_its_sentence() -> None:
    assert BORDER.keys() == SENTENCES.keys()
    sources = [path.read_text() for path in (ROOT / "adapters").rglob("*.py")]
    said = {code for source in sources for code in re.findall(r"\bproblem\(\s*\"(\w+)\"", source)}
    assert len(said) > 20
    handed_on = {error.__name__ for error in (*Unready, LookUnkept, KeyUnavailable)}
    assert said | handed_on | {IN_QUARANTINE} | {larger for _, larger in MOST.values()} <= BORDER.keys()


def test_every_request_tells_its_problems_by_their_codes(document: Any) -> None:
    answers = document["paths"]["/v1/commands/ticket.assign"]["post"]["responses"]
    told = {status: codes_of(document, answer) for status, answer in answers.items() if status >= "400"}
    assert "TicketNotOpen" in told["422"]
    assert "TicketUnknown" in told["404"]
    assert set(told["409"]) == {"CommandIdClash", "Contended", "VersionMoved"}
    for one in described().commands:
        assert one.codes >= DOOR
        assert {"Retry-After"} <= found(document, answers["503"]["$ref"])["headers"].keys()


def codes_of(document: Any, answer: Any) -> list[str]:
    kind = found(document, answer["$ref"])["content"]["application/problem+json"]
    codes: list[str] = kind["schema"]["allOf"][1]["properties"]["code"]["enum"]
    return codes


def test_it_is_printed_and_nothing_in_it_has_the_order_of_a_set(
    document: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    describe(Document.OPENAPI)
    assert capsys.readouterr().out.encode().rstrip() == openapi.document()
    for answer in document["components"]["responses"].values():
        codes = answer["content"]["application/problem+json"]["schema"]["allOf"][1]["properties"]["code"]["enum"]
        assert codes == sorted(codes)
    for part in ("schemas", "responses"):
        assert list(document["components"][part]) == sorted(document["components"][part])
