"""Whoever speaks NATS finds the commands, what they want, and how it went, without a line of ours."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from door import new_place
from from_schema import example
from process import started
from wire import Message, Wire

from adapters.credentials.seed import seed_path
from adapters.embedded import Running


@pytest.fixture(scope="module")
def instance(servers: Running, state: Path) -> Iterator[str]:
    """A service in a process of its own; its instance id."""
    with started(new_place(servers, state), "serve") as service:
        yield service.heard()
        service.tell()
        assert service.process.wait() == 0


@contextmanager
def wire(servers: Running, state: Path, caller: str) -> Iterator[Wire]:
    address = urlsplit(servers.nats_url)
    assert address.hostname
    assert address.port
    with Wire(address.hostname, address.port, seed_path(state, caller)) as wire:
        wire.subscribe(f"_INBOX.{caller}.>")
        yield wire


def asked(wire: Wire, subject: str, caller: str, body: bytes = b"") -> Message:
    inbox = f"_INBOX.{caller}.{uuid.uuid4().hex}"
    wire.publish(subject, inbox, body)
    answer = wire.message()
    assert answer.subject == inbox
    return answer


def ids() -> dict[str, Any]:
    """What no schema can say: who asks, a fresh id, the name of a place on earth, and what only an answer gives."""
    given = {"min_position": None, "cursor": None}
    return {"id": str(uuid.uuid4()), "actor": "system", "zone": "Europe/Rome", **given}


@pytest.mark.usefixtures("instance")
def test_a_client_that_knows_only_nats_finds_a_command_and_uses_it(servers: Running, state: Path) -> None:
    with wire(servers, state, "desk") as desk:
        (service,) = [asked(desk, "$SRV.PING", "desk").body]
        assert service["type"] == "io.nats.micro.v1.ping_response"
        info = asked(desk, f"$SRV.INFO.{service['name']}", "desk").body
        assert info["type"] == "io.nats.micro.v1.info_response"
        (opening,) = [endpoint for endpoint in info["endpoints"] if endpoint["name"] == "area-open"]
        wanted = json.loads(opening["metadata"]["request_schema"])
        promised = json.loads(opening["metadata"]["response_schema"])

        request = example(wanted, ids())
        subject = opening["subject"].replace("*", "desk")
        answer = asked(desk, subject, "desk", json.dumps(request).encode())
        assert answer.headers == {}
        assert set(answer.body) == set(promised["required"])
        assert (answer.body["version"], answer.body["repeated"]) == (1, False)
        again = asked(desk, subject, "desk", json.dumps(request).encode())
        assert again.body == {**answer.body, "repeated": True}

        del request["data"]
        refused = asked(desk, subject, "desk", json.dumps(request).encode())
        assert refused.headers["Nats-Service-Error-Code"] == "400"
        assert refused.body["errors"] == [{"field": "data", "wrong": "Field required"}]


@pytest.mark.usefixtures("instance")
def test_what_a_schema_allows_is_never_malformed(servers: Running, state: Path) -> None:
    with wire(servers, state, "desk") as desk:
        endpoints = asked(desk, "$SRV.INFO", "desk").body["endpoints"]
        assert len(endpoints) > 30
        for endpoint in endpoints:
            schema = json.loads(endpoint["metadata"]["request_schema"])
            assert endpoint["metadata"]["description"]
            for whole in (False, True):
                request = example(schema, ids(), whole=whole)
                answer = asked(desk, endpoint["subject"].replace("*", "desk"), "desk", json.dumps(request).encode())
                assert answer.headers.get("Nats-Service-Error-Code") not in ("400", "500"), (endpoint["name"], answer)


def test_one_instance_can_be_meant(servers: Running, state: Path, instance: str) -> None:
    with wire(servers, state, "desk") as desk:
        assert asked(desk, f"$SRV.PING.kartoteka.{instance}", "desk").body["id"] == instance
        desk.publish("$SRV.PING.kartoteka.another", "_INBOX.desk.nobody")
        desk.publish("$SRV.PING.another", "_INBOX.desk.nobody")
        assert asked(desk, "$SRV.PING.kartoteka", "desk").body["id"] == instance


@pytest.mark.usefixtures("instance")
def test_operators_see_how_it_went(servers: Running, state: Path) -> None:
    with wire(servers, state, "operator") as operator:
        before = figures(operator)
        for data, code in (({"name": "An area"}, None), ({"name": 1}, "400"), ({"parent": "x", "name": "B"}, "404")):
            request = json.dumps({"id": str(uuid.uuid4()), "actor": "system", "data": data}).encode()
            answer = asked(operator, "kartoteka.v1.cmd.operator.area.open", "operator", request)
            assert answer.headers.get("Nats-Service-Error-Code") == code
        asked(operator, "kartoteka.v1.cmd.operator.no.such-thing", "operator", b"{}")
        after = figures(operator)
    opened, unknown = after["area-open"], after["unknown"]
    assert opened["num_requests"] == before["area-open"]["num_requests"] + 3
    assert opened["num_errors"] == before["area-open"]["num_errors"] + 2
    assert opened["last_error"] == "AreaUnknown"
    assert opened["processing_time"] > before["area-open"]["processing_time"]
    assert unknown["num_errors"] >= 1


def figures(operator: Wire) -> dict[str, Any]:
    stats = asked(operator, "$SRV.STATS.kartoteka", "operator").body
    assert stats["type"] == "io.nats.micro.v1.stats_response"
    return {endpoint["name"]: endpoint for endpoint in stats["endpoints"]}


@pytest.mark.usefixtures("instance")
def test_how_it_went_is_not_for_everybody(servers: Running, state: Path) -> None:
    with wire(servers, state, "shop") as shop:
        shop.publish("$SRV.STATS", "_INBOX.shop.x")
        assert shop.refusal().startswith("Permissions Violation for Publish")


@pytest.mark.usefixtures("instance")
def test_a_payload_above_the_servers_limit_is_refused_by_the_server(servers: Running, state: Path) -> None:
    with wire(servers, state, "desk") as desk:
        desk.announce("kartoteka.v1.cmd.desk.area.open", 4 * 1024 * 1024 + 1)
        assert desk.refusal() == "Maximum Payload Violation"
    with wire(servers, state, "desk") as desk:
        assert asked(desk, "$SRV.PING", "desk").body["name"] == "kartoteka"
