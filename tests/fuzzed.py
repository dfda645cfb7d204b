"""What fits the OpenAPI document that is served, and what does not, made up and sent to whoever serves it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import orjson
import requests
import schemathesis
from described import Documented
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from online import bearing
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import negative_data_rejection, response_headers_conformance

CHECKS = [not_a_server_error, response_headers_conformance, negative_data_rejection]
"""What `described` does not see for itself."""

SAMPLED = 120
QUIET: dict[str, Any] = {
    "derandomize": True,
    "database": None,
    "deadline": None,
    "print_blob": False,
    "phases": [Phase.generate],
    "suppress_health_check": list(HealthCheck),
}


def fuzz(url: str, actor: str, soak: int) -> tuple[list[str], int]:
    """What was wrong, and how many operations were tried: one in SAMPLED, or all of them where it may take long."""
    wrong, tried = [], 0
    with requests.Session() as session:
        document = orjson.loads(session.get(f"{url}/openapi.json", timeout=30).content)
        asked = Fuzzed(url, actor, session, Documented(document))
        for fits in (True, False):
            paths = sampled(document["paths"], fits=fits, each=1 if soak > 1 else SAMPLED)
            schema = schemathesis.openapi.from_dict(generated({**document, "paths": paths}, fits=fits))
            for found in schema.get_all_operations():
                operation = found.ok()
                tried += 1
                try:
                    asked.sent_as_it_should(operation, fits=fits, examples=2 * soak)
                except (AssertionError, FailureGroup, Unsatisfiable) as error:
                    wrong.append(f"{operation.label}: {error}")
    return wrong, tried


def sampled(paths: Any, *, fits: bool, each: int) -> Any:
    """One operation in so many; others for what does not fit, of which only those that take something can be asked."""
    found: dict[str, Any] = {}
    operations = [(path, method, takes) for path, some in paths.items() for method, takes in some.items()]
    for n, (path, method, takes) in enumerate(operations):
        own = [one for one in takes.get("parameters", ()) if "$ref" not in one]
        if (fits or own or "requestBody" in takes) and n % each == (0 if fits else each // 2):
            found.setdefault(path, {})[method] = takes
    return found


@dataclass(frozen=True, slots=True)
class Fuzzed:
    """Who answers at the address, to somebody who asks for the worker, and what is promised of the answers."""

    url: str
    actor: str
    session: requests.Session
    documented: Documented

    def sent_as_it_should(self, operation: Any, *, fits: bool, examples: int) -> None:
        mode = GenerationMode.POSITIVE if fits else GenerationMode.NEGATIVE
        method, path = operation.method.lower(), operation.path

        @settings(max_examples=examples, **QUIET)
        @given(operation.as_strategy(generation_mode=mode))
        def asked(case: Any) -> None:
            if fits and isinstance(case.body, dict) and "actor" in case.body:
                case.body["actor"] = self.actor
            answer = case.call(base_url=self.url, session=self.session, headers=bearing("desk"), timeout=30)
            assert self.documented.wrong(method, path, answer) == [], answer.text
            case.validate_response(answer, checks=CHECKS)

        asked()


def generated(document: Any, *, fits: bool) -> Any:
    """The document without the classes of Unicode, which are not known to what makes up values."""
    if isinstance(document, list):
        return [generated(each, fits=fits) for each in document]
    if not isinstance(document, dict):
        return document
    found = {name: generated(each, fits=fits) for name, each in document.items()}
    if isinstance(pattern := found.get("pattern"), str) and "\\p{" in pattern:
        del found["pattern"]
        if fits:
            found["pattern"] = r"^[ -~\n\t]*$" if r"\n" in pattern else "^[!-~]([ -~]*[!-~])?$"
    return {generic(name, fits=fits): each for name, each in found.items()}


def generic(name: str, *, fits: bool) -> str:
    """The name of a property, or the pattern of one."""
    return ("^[!-~]+$" if fits else "") if name.startswith("^") and "\\p{" in name else name
