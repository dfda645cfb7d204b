"""The OpenAPI document that is served, as a judge of answers."""

from __future__ import annotations

from typing import Any, Protocol

import jsonschema_rs
import orjson

DOCUMENT = "urn:document"


class Answered(Protocol):
    """An answer over HTTP."""

    status_code: int
    content: bytes
    headers: Any


class Documented:
    """It says what of an answer is not as promised."""

    def __init__(self, document: Any) -> None:
        self.paths = document["paths"]
        self._responses = document["components"]["responses"]
        self._whole = jsonschema_rs.Registry([(DOCUMENT, document)])
        self._judges: dict[bytes, jsonschema_rs.Draft202012Validator] = {}

    def wrong(self, method: str, path: str, answer: Answered) -> list[str]:
        """Its status, the kind of its body, or the body; of a problem also its code."""
        promised = self.paths[path][method]["responses"].get(str(answer.status_code))
        if promised is None:
            return [f"status {answer.status_code} is not documented"]
        if "$ref" in promised:
            promised = self._responses[promised["$ref"].rpartition("/")[2]]
        kind = _said(answer.headers.get("content-type", "")).partition(";")[0]
        content = promised.get("content", {"": {}})
        if kind not in content:
            return [f"{kind or 'no content'} is not documented for {answer.status_code}"]
        if "json" not in kind or "schema" not in content[kind]:
            return []
        judge = self._judge(content[kind]["schema"])
        return [error.message for error in judge.iter_errors(orjson.loads(answer.content))]

    def _judge(self, schema: Any) -> jsonschema_rs.Draft202012Validator:
        """Many answers are promised to be alike."""
        if (name := orjson.dumps(schema)) not in self._judges:
            self._judges[name] = jsonschema_rs.Draft202012Validator(_absolute(schema), registry=self._whole)
        return self._judges[name]


def _said(header: str | list[str]) -> str:
    return header if isinstance(header, str) else ", ".join(header)


def _absolute(schema: Any) -> Any:
    """With references to the document from outside it."""
    if isinstance(schema, list):
        return [_absolute(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: f"{DOCUMENT}{each}" if key == "$ref" and isinstance(each, str) else _absolute(each)
        for key, each in schema.items()
    }
