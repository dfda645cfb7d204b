"""`kartoteka prices` and `products` as somebody has them who brings a file: what is printed, refused, left alone."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from helpdesk import ROOT
from terminal import Command, Terminal, terminal

PRODUCTS, PRICES = ROOT / "examples" / "products.csv", ROOT / "examples" / "prices.csv"
WRONG = """number;unit;above;up_to;first;last;amount;per
PUMP-1;piece;;10;;;240,00;1
PUMP-1;piece;;12;2024-01-02;2024-01-01;1.00;
HOSE-13;metre;;50;;;3.30;1
HOSE-13;metre;49.5;;;;3.20;1
FIT-1;day;;;;;48.00;
FIT-1;hour;;;;;48.005;
NONE-1;piece;;;;;1.00;
FIT-1;hour
"""
FAULTS = [
    (2, "amount", "Malformed"),
    (3, "last", "Malformed"),
    (5, "", "PricesOverlap"),
    (6, "unit", "UnitNotListed"),
    (7, "amount", "AmountNotExact"),
    (8, "number", "ProductUnknown"),
    (9, "", "FieldsMissing"),
]


@pytest.fixture(scope="module")
def shop() -> Iterator[Terminal]:
    """A service with three products."""
    with terminal() as beside:
        service = beside.serve()
        answer = send(beside, "settings.list-units", {"entries": ["piece", "metre", "hour"]})
        assert beside.run("query", "code-lists", "--min-position", answer["position"]).code == 0
        assert beside.run("products", "import", str(PRODUCTS)).code == 0
        settled(beside)
        yield beside
        assert service.ended().code == 0


@pytest.fixture
def base(shop: Terminal) -> str:
    """A list of its own that asks nothing yet, by its id; questions know of it."""
    return settled(shop)


def send(shop: Terminal, topic: str, data: dict[str, Any]) -> dict[str, Any]:
    answer: dict[str, Any] = shop.run("send", topic, "--data", json.dumps(data), "--json").said
    return answer


def bring(shop: Terminal, base: str, file: Path, *words: str) -> Command:
    return shop.run("prices", "import", base, str(file), *words)


def counts(command: Command) -> dict[str, Any]:
    told: dict[str, Any] = command.said
    return told


def settled(shop: Terminal) -> str:
    """What was imported is in the read models: the list that comes last is, whose id this gives."""
    last = send(shop, "price-list.open", {"name": "Last", "priority": 1, "currency": "EUR"})
    data = json.dumps({"price_list": last["id"]})
    assert shop.run("query", "prices", "--data", data, "--min-position", last["position"]).code == 0
    return str(last["id"])


def exported(shop: Terminal, base: str) -> str:
    out = shop.run("prices", "export", base)
    assert out.code == 0, out.err
    return out.out.removeprefix("\ufeff").replace("\r\n", "\n")


def test_a_dry_run_tells_every_refused_row_and_changes_nothing(shop: Terminal, base: str, tmp_path: Path) -> None:
    (tmp_path / "wrong.csv").write_text(WRONG, encoding="utf-8")
    before = exported(shop, base)
    told = bring(shop, base, tmp_path / "wrong.csv", "--dry-run", "--json")
    assert told.code == os.EX_DATAERR
    found = counts(told)
    assert [(each["line"], each["column"], each["code"]) for each in found["refused"]] == FAULTS
    assert "line 4" in found["refused"][2]["why"]
    assert not any("240,00" in each["why"] or "48.005" in each["why"] for each in found["refused"])
    settled(shop)
    assert exported(shop, base) == before


def test_what_is_imported_goes_out_as_it_came_and_a_second_time_does_nothing(
    shop: Terminal, base: str, tmp_path: Path
) -> None:
    first = counts(bring(shop, base, PRICES, "--json"))
    assert (first["products"], first["prices_set"], first["done"], first["refused"]) == (3, 5, 3, [])
    settled(shop)
    assert exported(shop, base) == PRICES.read_text(encoding="utf-8")
    again = counts(bring(shop, base, PRICES, "--json"))
    assert (again["unchanged"], again["prices_set"], again["done"]) == (3, 0, 0)
    (tmp_path / "exported.csv").write_text(exported(shop, base), encoding="utf-8-sig")
    assert counts(bring(shop, base, tmp_path / "exported.csv", "--json"))["unchanged"] == 3


def test_a_row_that_is_wrong_holds_back_its_product_and_no_other(shop: Terminal, base: str, tmp_path: Path) -> None:
    assert bring(shop, base, PRICES).code == 0
    settled(shop)
    (tmp_path / "some.csv").write_text("number,amount\nPUMP-1,250.00\nHOSE-13,3.301\n", encoding="utf-8")
    told = bring(shop, base, tmp_path / "some.csv", "--json")
    assert (told.code, counts(told)["done"]) == (os.EX_DATAERR, 1)
    settled(shop)
    assert "PUMP-1,piece,,,,,250.00,1" in exported(shop, base)
    assert exported(shop, base).count("HOSE-13") == 2
    assert exported(shop, base).count("PUMP-1") == 1


def test_a_complete_file_takes_off_the_list_what_it_does_not_name(shop: Terminal, base: str, tmp_path: Path) -> None:
    assert bring(shop, base, PRICES).code == 0
    settled(shop)
    (tmp_path / "one.csv").write_text("number,amount\nFIT-1,50.00\n", encoding="utf-8")
    told = counts(bring(shop, base, tmp_path / "one.csv", "--complete", "--dry-run", "--json"))
    assert told["prices_withdrawn"] >= 3
    assert bring(shop, base, tmp_path / "one.csv", "--complete").code == 0
    settled(shop)
    assert exported(shop, base).splitlines()[1:] == ["FIT-1,hour,,,,,50.00,1"]


def test_products_are_listed_once_renamed_and_told_what_is_wrong(shop: Terminal, tmp_path: Path) -> None:
    file = tmp_path / "products.csv"
    file.write_text("number,name,unit\nFIT-1,Fitting,hour\nFIT-1,Twice,hour\nNEW-1,New,day\nPUMP-1,Pump,hour\n")
    told = shop.run("products", "import", str(file), "--json")
    assert told.code == os.EX_DATAERR
    assert (counts(told)["renamed"], counts(told)["new"]) == (1, 0)
    faults = [(each["line"], each["code"]) for each in counts(told)["refused"]]
    assert faults == [(3, "NumberTwice"), (4, "UnitNotListed"), (5, "UnitOther")]
    settled(shop)
    assert "FIT-1,Fitting,hour" in shop.run("products", "export").out


@pytest.mark.parametrize(
    ("heading", "why"),
    [
        ("number,amount,cost", "no column 'cost'"),
        ("number,number,amount", "twice"),
        ("number,unit", "no column amount"),
    ],
)
def test_a_file_that_is_no_such_table_is_told_by_its_first_line(
    shop: Terminal, base: str, tmp_path: Path, heading: str, why: str
) -> None:
    (tmp_path / "no.csv").write_text(heading + "\n", encoding="utf-8")
    told = bring(shop, base, tmp_path / "no.csv")
    assert told.code == os.EX_DATAERR
    assert why in told.err


def test_a_list_that_is_not_there_is_told_before_anything_is_sent(shop: Terminal) -> None:
    told = shop.run("prices", "import", "None", str(PRICES))
    assert told.code == 1
    assert "There is no such price list." in told.err
