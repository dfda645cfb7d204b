"""Whatever comes in, there is one clear answer, nothing is stored, and the service goes on."""

from __future__ import annotations

import asyncio
import json
import random
import re
import uuid
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import nats.errors
import orjson
import pytest
from door import Door, Reply, Stage, new_place, stage
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from process import handle
from pydantic import TypeAdapter, ValidationError
from structlog.testing import capture_logs
from world import OFFICE, World

from adapters.embedded import Running
from domain.pricing.money import Amount, Quantity, Total
from domain.pricing.order import MOST_LINES
from domain.staff.worker import SYSTEM
from domain.values import OrderId, PriceListId, ProductId

NEVER_SAID = "ivana.nejedla@example.org"
"""What the sender typed, and no reply may repeat."""

ASK_AGAIN = {"NotReady", "NotYetDue"}
"""What may be another answer a moment later."""


@dataclass(frozen=True, slots=True)
class Shop(World):
    """The world, and something to sell in it."""

    product: ProductId
    price_list: PriceListId
    order: OrderId


@pytest.fixture(scope="module")
def here(servers: Running, state: Path) -> Iterator[Stage]:
    with stage(new_place(servers, state)) as here:
        here.world = opened(here)
        yield here
        assert here.desk.answered_once()
        assert here.shop.answered_once()


def opened(here: Stage) -> Shop:
    def did(topic: str, **data: Any) -> str:
        answer = here.ask(topic, here.request(**data))
        assert not answer.status, answer.body
        return str(answer.body["id"])

    did("settings.set-place", zone="Europe/Kyiv", country="UA")
    did("settings.list-units", entries=["word"])
    product = did("product.list", number="P-1", name="Pump", unit="word")
    price_list = did("price-list.open", name="Base", priority=1, currency="EUR")
    did("settings.set-base-list", price_list=price_list)
    did("prices.put", price_list=price_list, product=product, price={"unit": "word", "amount": "3.33"})
    line = {"product": product, "quantity": "2.5"}
    order = did("order.draft", customer=here.world.contact, currency="EUR", lines=[line])
    return Shop(
        **asdict(here.world), product=ProductId(product), price_list=PriceListId(price_list), order=OrderId(order)
    )


def refused(here: Stage, topic: str, payload: bytes | dict[str, Any], door: Door | None = None) -> Reply:
    """The refusal, once it is sure that nothing was stored and that the service goes on."""
    facts = here.facts()
    answer = here.ask(topic, payload, door)
    assert answer.status
    assert answer.well_formed()
    assert NEVER_SAID.encode() not in answer.raw + repr(answer.headers).encode()
    assert here.facts() == facts
    assert here.good()
    return answer


def opening(here: Stage, **envelope: Any) -> bytes:
    """A good request to open an area, but for what is given; JSON by hand, so that anything can be said."""
    return json.dumps({**here.request(name="An area"), **envelope}).encode()


def command_id(moment: datetime) -> str:
    """A version 7 of that moment."""
    milliseconds = int(moment.timestamp() * 1000)
    return str(uuid.UUID(int=milliseconds << 80 | 7 << 76 | 2 << 62 | random.getrandbits(60)))


NOT_JSON = {
    "nothing": b"",
    "blank": b"  ",
    "an array": b"[]",
    "a string": b'"' + NEVER_SAID.encode() + b'"',
    "null": b"null",
    "an open brace": b"{",
    "text": NEVER_SAID.encode(),
    "a tail": b'{"id": 1} ' + NEVER_SAID.encode(),
    "invalid UTF-8": b'{"id": "\xff\xfe"}',
    "an overlong encoding": b'{"id": "\xc0\x80"}',
    "UTF-16": json.dumps({"id": NEVER_SAID}).encode("utf-16"),
    "a byte order mark": b"\xef\xbb\xbf{}",
    "NaN": b'{"id": NaN}',
    "infinity": b'{"expected_version": -Infinity}',
    "100,000 brackets": b"[" * 100_000,
    "100,000 balanced brackets": b"[" * 100_000 + b"]" * 100_000,
    "100,000 objects": b'{"data":' * 100_000 + b"1" + b"}" * 100_000,
    "a number of 100,000 digits": b'{"expected_version": ' + b"9" * 100_000 + b"}",
}


@pytest.mark.parametrize("payload", NOT_JSON.values(), ids=NOT_JSON.keys())
def test_what_is_not_a_request_is_malformed(here: Stage, payload: bytes) -> None:
    answer = refused(here, "area.open", payload)
    assert (answer.status, answer.code) == (400, "Malformed")


WRONG: dict[str, dict[str, Any]] = {
    "an unknown field": {NEVER_SAID: 1},
    "an id that is a number": {"id": 7},
    "an id that is no UUID": {"id": NEVER_SAID},
    "an id in upper case": {"id": str(uuid.uuid4()).upper()},
    "an id in braces": {"id": f"{{{uuid.uuid4()}}}"},
    "the nil id": {"id": str(uuid.UUID(int=0))},
    "no actor": {"actor": None},
    "an actor that is a number": {"actor": 1},
    "an actor of another alphabet": {"actor": NEVER_SAID},
    "data that is a list": {"data": []},
    "data that is null": {"data": None},
    "data without its field": {"data": {}},
    "data with an unknown field": {"data": {"name": "An area", NEVER_SAID: NEVER_SAID}},
    "a name that is a number": {"data": {"name": 1}},
    "a name that is null": {"data": {"name": None}},
    "a name that is empty": {"data": {"name": ""}},
    "a name of blanks": {"data": {"name": "   "}},
    "a name of 10,000 characters": {"data": {"name": NEVER_SAID * 400}},
    "a name with a control character": {"data": {"name": f"{NEVER_SAID}\x07"}},
    "a name with NUL": {"data": {"name": f"{NEVER_SAID}\0"}},
    "a name with a line end": {"data": {"name": f"{NEVER_SAID}\n"}},
    "a name with a separator of lines": {"data": {"name": f"{NEVER_SAID}\u2028"}},
    "a name that turns the text around": {"data": {"name": f"\u202e{NEVER_SAID}"}},
    "a name with a right-to-left mark": {"data": {"name": f"\u200f{NEVER_SAID}"}},
    "a name with half a character": {"data": {"name": f"{NEVER_SAID}\ud800"}},
    "a parent that is a list": {"data": {"name": "An area", "parent": [NEVER_SAID]}},
    "a version that is a string": {"expected_version": "1"},
    "a version that is true": {"expected_version": True},
    "a version that is a fraction": {"expected_version": 1.5},
    "a version below zero": {"expected_version": -1},
    "a huge version": {"expected_version": 10**30},
    "a deadline of zero": {"deadline_ms": 0},
    "a deadline below zero": {"deadline_ms": -5},
    "a deadline beyond ten minutes": {"deadline_ms": 600_001},
    "an instant without offset": {"happened_at": "2026-01-01T12:00:00"},
    "an instant that is a number": {"happened_at": 1_767_265_200},
    "an instant that never was": {"happened_at": "2026-02-30T12:00:00Z"},
    "an instant that is prose": {"happened_at": NEVER_SAID},
    "year 1 seen from the east": {"happened_at": "0001-01-01T00:00:00+14:00"},
    "year 9999 seen from the west": {"happened_at": "9999-12-31T23:59:59-14:00"},
    "year 0": {"happened_at": "0000-01-01T00:00:00Z"},
    "year 10000": {"happened_at": "10000-01-01T00:00:00Z"},
    "a correlation with a quote": {"correlation": 'x","y'},
    "a correlation with a brace": {"correlation": "{x}"},
    "a causation of 129 characters": {"causation": "x" * 129},
}


@pytest.mark.parametrize("envelope", WRONG.values(), ids=WRONG.keys())
def test_what_its_schema_does_not_allow_is_malformed_and_the_field_is_named(
    here: Stage, envelope: dict[str, Any]
) -> None:
    answer = refused(here, "area.open", opening(here, **envelope))
    assert (answer.status, answer.code) == (400, "Malformed")
    assert all(error["wrong"] for error in answer.body["errors"])


def test_the_wrong_field_is_named_by_its_path(here: Stage) -> None:
    answer = refused(here, "area.open", opening(here, data={"name": 1}))
    assert [error["field"] for error in answer.body["errors"]] == ["data.name"]


def test_of_a_key_said_twice_the_last_counts(here: Stage) -> None:
    request = here.request(name="An area")
    doubled = b'{"id": "' + NEVER_SAID.encode() + b'", ' + orjson.dumps(request)[1:]
    answer = here.ask("area.open", doubled)
    assert answer.well_formed()
    assert not answer.status


@pytest.mark.parametrize("topic", ["area.close-down", "area", "area.open.now", "AREA.OPEN", "ticket", "a" * 2000])
def test_an_unknown_command_is_not_found(here: Stage, topic: str) -> None:
    answer = refused(here, topic, opening(here))
    assert (answer.status, answer.code) == (404, "CommandUnknown")


def test_a_payload_above_one_mebibyte_is_too_large(here: Stage) -> None:
    padding = b" " * (1024 * 1024)
    answer = refused(here, "area.open", opening(here) + padding)
    assert (answer.status, answer.code) == (413, "TooLarge")


def test_a_payload_of_one_mebibyte_is_not_too_large(here: Stage) -> None:
    good = opening(here)
    answer = here.ask("area.open", good + b" " * (1024 * 1024 - len(good)))
    assert not answer.status


def test_a_payload_above_the_servers_limit_is_the_servers_own_error(here: Stage) -> None:
    facts = here.facts()
    with pytest.raises(nats.errors.MaxPayloadError):
        here.run(here.desk.put("area.open", b" " * (4 * 1024 * 1024 + 1)))
    assert here.facts() == facts
    assert here.good()


UNKNOWN: dict[str, dict[str, Any]] = {
    "ticket.resolve": {"ticket": "nobody-knows-it"},
    "contact.rename": {"contact": "nobody-knows-it", "name": "Somebody"},
    "contact.restrict": {"contact": "nobody-knows-it", "ground": "word"},
    "hold.place": {"person": "worker:nobody-knows-it", "ground": "word"},
    "erasure.request": {"person": "ticket:nobody-knows-it", "reason": "word"},
    "group.rename": {"group": "nobody-knows-it", "name": "Some"},
    "worker.grant-right": {"worker": "nobody-knows-it", "right": "helpdesk"},
    "team.add-member": {"team": "nobody-knows-it", "worker": "nobody-knows-it"},
    "directory.set-right": {"directory": "nobody-knows-it", "holder": "worker:x", "level": "use"},
    "calendar.revise": {"calendar": "nobody-knows-it", "hours": OFFICE.model_dump(mode="json")},
    "contract.revise": {"contract": "nobody-knows-it", "terms": {"calendar": "nobody-knows-it"}},
    "incident-type.retire": {"incident_type": "nobody-knows-it"},
    "area.open": {"name": "Inside", "parent": "nobody-knows-it"},
    "product.rename": {"product": "nobody-knows-it", "name": "Some"},
    "price-list.rank": {"price_list": "nobody-knows-it", "priority": 1},
    "prices.withdraw": {"price_list": "nobody-knows-it", "product": "nobody-knows-it", "unit": "word"},
    "order.draft": {"customer": "nobody-knows-it", "currency": "EUR"},
    "order.place": {"order": "nobody-knows-it"},
}


@pytest.mark.parametrize("topic", UNKNOWN)
def test_what_nobody_knows_is_not_found(here: Stage, topic: str) -> None:
    answer = refused(here, topic, here.request(**UNKNOWN[topic]))
    assert answer.status == 404


NO_NUMBER: dict[str, Any] = {
    "a whole number": 73519,
    "a fraction": 73519.25,
    "a number of fifty digits": 10**49 + 73519,
    "an exponent": "73519e2",
    "a fraction with an exponent": "7.3519E+4",
    "not a number": "NaN",
    "infinity": "Infinity",
    "less than nothing": "-73519.25",
    "less than zero by its sign alone": "-0",
    "a plus": "+73519",
    "a decimal comma": "73519,25",
    "digits in groups": "73_519",
    "digits of another script": "\u0667\u0663\u0665\u0661\u0669",
    "full-width digits": "\uff17\uff13\uff15\uff11\uff19",
    "a superscript": "73519\u00b2",
    "a blank before": " 73519",
    "a line end": "73519\n",
    "a zero before": "073519",
    "no whole part": ".73519",
    "hexadecimal": "0x73519",
    "5,000 digits": "73519" * 1000,
    "too many decimals": "73519.7351973",
    "words": NEVER_SAID,
    "nothing at all": "",
    "true": True,
    "a list": ["73519"],
    "an object": {"73519": "73519"},
}


def wants(here: Stage, field: str, value: Any) -> tuple[str, dict[str, Any], str]:
    """A command with this in the field, and the path by which the field is told."""
    shop = here.world.ids()
    table = {"price_list": shop["price_list"], "product": shop["product"]}
    line = {"product": shop["product"], "quantity": "1"}
    if field == "amount":
        return "prices.put", {**table, "price": {"unit": "word", "amount": value}}, "data.price.amount"
    if field == "limit":
        band = {"above": value}
        price = {"unit": "word", "band": band, "amount": "1"}
        return "prices.replace", {**table, "prices": [price]}, "data.prices.0.band.above"
    if field == "place":
        return "prices.withdraw", {**table, "unit": "word", "above": value}, "data.above"
    if field == "total":
        return "order.confirm", {"order": shop["order"], "total": value}, "data.total"
    if field == "line":
        return "order.set-line", {"order": shop["order"], "line": {**line, "quantity": value}}, "data.line.quantity"
    entered = {"customer": shop["contact"], "currency": "EUR", "lines": [line, {**line, "quantity": value}]}
    return "order.enter", entered, "data.lines.1.quantity"


@pytest.mark.parametrize("value", NO_NUMBER.values(), ids=NO_NUMBER.keys())
def test_what_is_no_exact_decimal_is_refused_by_its_field_and_never_repeated(here: Stage, value: Any) -> None:
    for field in ("amount", "limit", "place", "total", "line", "quantity"):
        topic, data, path = wants(here, field, value)
        with capture_logs() as logged:
            answer = refused(here, topic, json.dumps(here.request(**data)).encode())
        assert (answer.status, answer.code) == (400, "Malformed"), field
        assert [error["field"] for error in answer.body["errors"]] == [path]
        told = (answer.raw.decode() + repr(answer.headers) + repr(logged)).replace("+00:00", "")
        assert "73519" not in told
        assert not isinstance(value, str) or len(value) < 4 or value not in told


@pytest.mark.parametrize("field", ["limit", "line", "quantity"])
def test_a_quantity_is_above_zero(here: Stage, field: str) -> None:
    for value in ("0", "0.0", "0.000000", "0.0000001"):
        topic, data, path = wants(here, field, value)
        answer = refused(here, topic, here.request(**data))
        assert (answer.code, [error["field"] for error in answer.body["errors"]]) == ("Malformed", [path])


@pytest.mark.parametrize("currency", ["eur", "EURO", "XAU", "BTC", "", "E\u00dcR", 978, None])
def test_a_currency_is_one_that_there_is(here: Stage, currency: Any) -> None:
    for topic, data in (
        ("price-list.open", {"name": "Another", "priority": 1}),
        ("order.draft", {"customer": here.world.contact}),
    ):
        answer = refused(here, topic, here.request(**data, currency=currency))
        assert (answer.code, [error["field"] for error in answer.body["errors"]]) == ("Malformed", ["data.currency"])


NO_DAYS: dict[str, dict[str, Any]] = {
    "the wrong way round": {"first": "2026-02-02", "last": "2026-02-01"},
    "a day that never was": {"first": "2026-02-30"},
    "an instant": {"first": "2026-02-02T12:00:00Z"},
    "a number": {"last": 1_767_225_600},
    "a year of five digits": {"last": "10000-01-01"},
    "year 0": {"first": "0000-01-01"},
    "prose": {"last": NEVER_SAID},
}


@pytest.mark.parametrize("days", NO_DAYS.values(), ids=NO_DAYS.keys())
def test_days_are_days_and_in_their_order(here: Stage, days: dict[str, Any]) -> None:
    shop = here.world.ids()
    opening = {"name": "Another", "priority": 1, "currency": "EUR", "days": days}
    price = {"unit": "word", "amount": "1", "days": days}
    putting = {"price_list": shop["price_list"], "product": shop["product"], "price": price}
    for topic, data, path in (
        ("price-list.open", opening, "data.days"),
        ("prices.put", putting, "data.price.days"),
    ):
        answer = refused(here, topic, here.request(**data))
        assert answer.code == "Malformed"
        assert [error["field"] for error in answer.body["errors"]] in ([path], *([f"{path}.{each}"] for each in days))


def test_an_upper_limit_is_above_the_lower_one(here: Stage) -> None:
    shop = here.world.ids()
    for band in ({"above": "7", "up_to": "7"}, {"above": "7.000001", "up_to": "7"}):
        price = {"unit": "word", "amount": "1", "band": band}
        data = {"price_list": shop["price_list"], "product": shop["product"], "price": price}
        answer = refused(here, "prices.put", here.request(**data))
        assert [error["field"] for error in answer.body["errors"]] == ["data.price.band"]


def test_an_order_has_two_hundred_lines_and_not_one_more(here: Stage) -> None:
    shop = here.world.ids()
    lines = [{"product": shop["product"], "quantity": "1"}] * MOST_LINES
    data = {"customer": shop["contact"], "currency": "EUR", "lines": lines}
    for topic in ("order.draft", "order.enter"):
        answer = refused(here, topic, here.request(**data | {"lines": [*lines, lines[0]]}))
        assert [error["field"] for error in answer.body["errors"]] == ["data.lines"]
        full = here.ask(topic, here.request(**data))
        assert not full.status
        one_more = refused(here, "order.set-line", here.request(order=full.body["id"], line=lines[0]))
        assert (one_more.status, one_more.code) == (422, "TooManyLines")


def test_more_decimals_than_the_currency_has_are_a_refusal_with_a_name(here: Stage) -> None:
    shop = here.world.ids()
    data = {"price_list": shop["price_list"], "product": shop["product"]}
    for amount in ("3.333", "0.0001"):
        answer = refused(here, "prices.put", here.request(**data, price={"unit": "word", "amount": amount}))
        assert (answer.status, answer.code) == (422, "AmountNotExact")


def test_the_largest_order_there_can_be_breaks_nothing(here: Stage) -> None:
    shop, most = here.world.ids(), "999999999999.99"
    price = {"unit": "word", "amount": most}
    assert not here.ask(
        "prices.put", here.request(price_list=shop["price_list"], product=shop["product"], price=price)
    ).status
    lines = [{"product": shop["product"], "quantity": "999999999.999999"}] * MOST_LINES
    entered = here.ask("order.enter", here.request(customer=shop["contact"], currency="EUR", lines=lines))
    assert not entered.status
    assert not here.ask("order.confirm", here.request(order=entered.body["id"])).status


NUMBERS = {"amount": TypeAdapter(Amount), "quantity": TypeAdapter(Quantity), "total": TypeAdapter(Total)}


@pytest.mark.parametrize("kind", NUMBERS)
def test_what_the_published_pattern_allows_is_what_is_accepted(here: Stage, kind: str) -> None:
    pattern = {
        "amount": here.schemas["prices.put"]["$defs"]["Price"]["properties"]["amount"],
        "quantity": here.schemas["order.set-line"]["$defs"]["Given"]["properties"]["quantity"],
        "total": here.schemas["order.confirm"]["$defs"]["ConfirmOrder"]["properties"]["total"]["anyOf"][0],
    }[kind]["pattern"]
    near = (
        st.from_regex(pattern, fullmatch=True)
        | st.text("0123456789.", max_size=14)
        | st.text("0.1-+eE\u0663 \n", max_size=6)
    )

    @settings(max_examples=150, deadline=None, database=None)
    @given(near)
    def agrees(text: str) -> None:
        allowed = re.fullmatch(pattern, text) is not None and len(text.partition(".")[2].rstrip("0")) <= 6
        assert accepted(NUMBERS[kind], text) == allowed

    agrees()


def accepted(kind: TypeAdapter[Any], text: str) -> bool:
    try:
        kind.validate_json(json.dumps(text), strict=True)
    except ValidationError:
        return False
    return True


def test_a_stale_version_is_a_conflict(here: Stage) -> None:
    stale = {**here.request(area=here.world.area, holder="worker:x", role="reader"), "expected_version": 1}
    answer = refused(here, "area.give-role", stale)
    assert (answer.status, answer.code) == (409, "VersionMoved")


@pytest.mark.parametrize("digits", [20, 40, 4000, 5000])
def test_a_huge_number_is_answered_and_never_spoils_its_stream(here: Stage, digits: int) -> None:
    request = {**here.request(directory=here.world.directory, name="Many", rank="?"), "actor": SYSTEM}
    answer = here.ask("group.form", json.dumps(request).replace('"?"', "9" * digits).encode())
    assert answer.well_formed()
    assert answer.status in (0, 400, 422)
    if not answer.status:
        name = {**here.request(group=answer.body["id"], name="More"), "actor": SYSTEM}
        assert not here.ask("group.rename", name).status
        handled = asyncio.run(
            handle(here.place, ("group.rename", {"group": answer.body["id"], "name": "Most"}, SYSTEM))
        )
        assert [one.code for one in handled] == [""]
    assert here.good()


def test_what_has_not_happened_yet_is_refused(here: Stage) -> None:
    for moment in (datetime.now(timezone.utc) + timedelta(seconds=90), datetime(9999, 12, 31, tzinfo=timezone.utc)):
        answer = refused(here, "area.open", opening(here, happened_at=moment.isoformat()))
        assert (answer.status, answer.code) == (422, "HappenedInFuture")


def test_what_happened_long_ago_takes_a_right(here: Stage) -> None:
    for moment in (datetime.now(timezone.utc) - timedelta(minutes=6), datetime(1, 1, 1, tzinfo=timezone.utc)):
        answer = refused(here, "area.open", opening(here, happened_at=moment.isoformat()))
        assert (answer.status, answer.code) == (403, "LateFactsNotAllowed")


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00Z", "0001-01-02T00:00:00+14:00", "1582-10-10T00:00:00Z"])
@pytest.mark.parametrize("topic", ["ticket.open", "ticket.log-call", "ticket.hold", "area.open", "membership.join"])
def test_the_beginning_of_time_breaks_nothing(here: Stage, topic: str, moment: str) -> None:
    request = {**here.example(topic), "actor": SYSTEM, "happened_at": moment}
    answer = here.ask(topic, request)
    assert answer.well_formed()
    assert answer.status < 500 or answer.code in ASK_AGAIN
    assert here.good()


def test_a_command_id_of_long_ago_is_no_longer_known(here: Stage) -> None:
    old = command_id(datetime.now(timezone.utc) - timedelta(days=30, minutes=1))
    answer = refused(here, "area.open", opening(here, id=old))
    assert (answer.status, answer.code) == (422, "CommandIdExpired")
    recent = command_id(datetime.now(timezone.utc) - timedelta(days=29, hours=23))
    assert not here.ask("area.open", opening(here, id=recent)).status


@pytest.mark.parametrize("ahead", [timedelta(minutes=2), timedelta(days=365 * 7000)])
def test_a_command_id_of_the_future_is_malformed(here: Stage, ahead: timedelta) -> None:
    answer = refused(here, "area.open", opening(here, id=command_id(datetime.now(timezone.utc) + ahead)))
    assert (answer.status, answer.code) == (400, "Malformed")
    assert [error["field"] for error in answer.body["errors"]] == ["id"]


def test_the_same_command_id_with_another_body_is_a_clash(here: Stage) -> None:
    request = here.request(name="The first")
    first = here.ask("area.open", request)
    for other in (
        {**request, "data": {"name": "The second"}},
        {**request, "actor": SYSTEM},
        {**request, "happened_at": datetime.now(timezone.utc).isoformat()},
        {**request, "expected_version": 0},
    ):
        answer = refused(here, "area.open", other)
        assert (answer.status, answer.code) == (409, "CommandIdClash")
    answer = refused(here, "team.form", request)
    assert (answer.status, answer.code) == (409, "CommandIdClash")
    assert here.ask("area.open", request).body == {**first.body, "repeated": True}


def test_another_callers_subject_is_closed_by_the_server(here: Stage) -> None:
    facts = here.facts()

    async def trespass() -> None:
        here.shop.errors.clear()
        inbox = await here.shop.put("area.open", opening(here), caller="desk")
        await here.shop.until(lambda: any("permissions violation" in error for error in here.shop.errors))
        assert inbox not in here.shop.replies

    here.run(trespass())
    assert here.facts() == facts
    assert here.good()


def test_another_callers_inbox_cannot_be_listened_to(here: Stage) -> None:
    async def eavesdrop() -> None:
        here.shop.errors.clear()
        await here.shop.connection.subscribe("_INBOX.desk.>")
        await here.shop.until(lambda: any("permissions violation" in error for error in here.shop.errors))

    here.run(eavesdrop())


def test_only_its_own_workers_may_be_spoken_for(here: Stage) -> None:
    for actor in (here.world.worker, SYSTEM, "annabel", "*"):
        answer = refused(here, "area.open", opening(here, actor=actor), here.shop)
        assert (answer.status, answer.code) == ((400, "Malformed") if actor == "*" else (403, "ActorNotAllowed"))
    answer = refused(here, "area.open", opening(here, actor="anna"), here.shop)
    assert (answer.status, answer.code) == (403, "RightMissing")


@pytest.mark.parametrize("inbox", ["_INBOX.desk.stolen", "_INBOX.shopping.x", "_INBOX.shop", "kartoteka.v1.evt.x", ""])
def test_an_answer_asked_for_elsewhere_is_not_given(here: Stage, inbox: str) -> None:
    facts, dropped = here.facts(), here.service.commands.statistics.dropped

    async def ask_elsewhere() -> None:
        subject = "kartoteka.v1.cmd.shop.area.open"
        await here.shop.connection.publish(subject, opening(here, actor="anna"), reply=inbox)
        await here.shop.connection.flush()
        await here.shop.ask("area.open", opening(here))  # one that comes after it is answered
        await here.desk.connection.flush()

    here.run(ask_elsewhere())
    assert here.service.commands.statistics.dropped == dropped + 1
    assert inbox not in here.desk.replies
    assert inbox not in here.shop.replies
    assert here.facts() == facts
    assert here.good()


JUNK = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(-(10**40), 10**40),
    st.floats(),
    st.text(max_size=60),
    st.sampled_from(["", "0", "2026-02-30", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "x" * 10_000]),
    st.sampled_from(
        ["worker:", "team:word", "Europe/Rome", "../../etc/passwd", "C:\\", '","', "{}", "NULL", "\0", "\u202e"]
    ),
    st.lists(st.integers(), max_size=3),
    st.dictionaries(st.text(max_size=8), st.integers(), max_size=3),
)


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of everything inside."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, each in inside:
        yield (*path, name)
        yield from places(each, (*path, name))


def changed(request: dict[str, Any], path: tuple[Any, ...], how: str, junk: Any) -> None:
    """One thing inside replaced, left out, or joined by a neighbour."""
    *above, last = path
    holder: Any = request
    for name in above:
        holder = holder[name]
    if how == "replace":
        holder[last] = junk
    elif how == "remove":
        del holder[last]
    elif isinstance(holder, dict):
        holder[str(junk)] = junk
    else:
        holder.append(junk)


@st.composite
def requests(draw: st.DrawFn, here: Stage) -> tuple[str, bytes]:
    """A request that its schema allows, and then up to three things done to it, and perhaps to its bytes."""
    topic = draw(st.sampled_from(sorted(here.schemas)))
    request = here.example(topic, whole=draw(st.booleans()))
    request["actor"] = draw(st.sampled_from([SYSTEM, SYSTEM, here.world.worker, "nobody-knows-it"]))
    ids = [name for name, value in request["data"].items() if value in here.world.ids().values()]
    if ids and draw(st.integers(0, 2)) == 0:
        request["data"][draw(st.sampled_from(ids))] = "nobody-knows-it"
    if draw(st.integers(0, 3)) == 0:
        request["happened_at"] = draw(st.datetimes(timezones=st.just(timezone.utc))).isoformat()
    for _ in range(draw(st.sampled_from([0, 0, 0, 1, 1, 2, 3]))):
        everywhere = sorted(places(request), key=str)
        if everywhere:
            path = draw(st.sampled_from(everywhere))
            changed(request, path, draw(st.sampled_from(["replace", "remove", "join"])), draw(JUNK))
    payload = json.dumps(request).encode()
    if draw(st.integers(0, 4)) == 0:
        at = draw(st.integers(0, max(0, len(payload) - 1)))
        payload = payload[:at] + draw(st.binary(max_size=4)) + payload[at + draw(st.integers(0, 3)) :]
    return topic, payload


def test_any_mutation_of_a_request_has_one_answer_and_breaks_nothing(here: Stage, soak: int) -> None:
    seen: Counter[int] = Counter()

    @settings(max_examples=400 * soak, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(requests(here))
    def one_answer(asked: tuple[str, bytes]) -> None:
        facts = here.facts()
        answer = here.ask(*asked)
        assert answer.well_formed()
        assert answer.status < 500 or answer.code in ASK_AGAIN
        assert not answer.status or here.facts() == facts
        seen[answer.status] += 1

    one_answer()
    assert {0, 400, 403, 404} <= seen.keys()
    assert here.desk.answered_once()
    assert here.good()
