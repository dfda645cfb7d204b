"""A price list goes in as its file says and out as it stands, however often, and nothing in a cell is guessed."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from door import new_place
from hypothesis import given
from hypothesis import strategies as st
from inquirers import Asker, company_asked

from adapters.contacts.company import PAGE, Desk
from adapters.embedded import Running
from adapters.helpdesk.importer import Importer, Tally
from adapters.helpdesk.step import Names, Phase
from adapters.nats.client import Declined
from adapters.postgres.schema import connect
from adapters.prices import price_plan, product_plan
from adapters.prices.price_plan import Plan
from adapters.prices.shop import Shop, products, shop, units
from adapters.prices.table import PRICES, PRODUCTS, Sheet, read_sheet, write_sheet
from commands.company.settings import ListUnits
from commands.pricing.price import ReplacePrices
from commands.pricing.price_list import OpenPriceList
from commands.pricing.product import ListProduct, RetireProduct
from domain.pricing.days import Days
from domain.pricing.price import Band, Price
from domain.staff.worker import SYSTEM
from domain.values import PriceListId
from projections.pricing.price_list import Prices

UNITS = frozenset({"pcs", "m"})
KNOWN = {
    "A-1": [{"product": "a", "number": "A-1", "unit": "pcs"}],
    "B-1": [{"product": "b", "number": "B-1", "unit": "m"}],
    "TWO": [{"product": each, "number": "TWO", "unit": "pcs"} for each in "cd"],
}
GOODS = "number,name,unit\nA-1,Anvil,pcs\nB-1,Belt,m\nC-1,Café cup,pcs\n"
HEADING = "number,unit,above,up_to,first,last,amount,per\n"
ASKED = f"""{HEADING}A-1,m,,,,,0.00,1
A-1,pcs,,2.5,,2024-02-29,3.30,100
A-1,pcs,,2.5,2024-03-01,,3.40,100
A-1,pcs,2.5,,,,2.00,1
B-1,m,,,,,999999999999.99,1000000
C-1,pcs,,,,,12.50,1
"""


def sheet(tmp_path: Path, text: str, columns: Any = PRICES) -> Sheet:
    (tmp_path / "table.csv").write_bytes(text.encode())
    return read_sheet(tmp_path / "table.csv", columns)


def a_shop(asked: Mapping[str, Iterable[Price]] | None = None, known: Any = KNOWN) -> Shop:
    prices = {product: dict.fromkeys(each) for product, each in (asked or {}).items()}
    return Shop(PriceListId("list"), "EUR", UNITS, known, prices)


def wanted(plan: Plan) -> dict[str, set[Price]]:
    """What the commands of a plan ask, by product."""
    steps = [step.command for phase in plan.phases for chain in phase.chains for step in chain]
    assert all(isinstance(step, ReplacePrices) for step in steps)
    return {step.product: {*step.prices} for step in steps if isinstance(step, ReplacePrices)}


# What is read, without anybody to ask

NOT_GUESSED = {
    "12,50": "amount",
    "1 200.00": "amount",
    "1.200,00": "amount",
    "1e3": "amount",
    "-1.00": "amount",
    "€5": "amount",
    "٣": "amount",
    "0.00001": "amount",
    "1.2.2024": "first",
    "2024-02-30": "first",
    "45292": "last",
    "1,5": "per",
    "0": "per",
    "1000001": "per",
    "1_000": "per",
    "+5": "per",
    "1.0": "per",
    "86400": "first",
    "20240102": "last",
    "2024-01-02T00:00:00Z": "first",
}


@pytest.mark.parametrize("cell", NOT_GUESSED)
def test_what_a_spreadsheet_writes_otherwise_is_refused_where_it_stands_and_not_quoted(
    tmp_path: Path, cell: str
) -> None:
    column = NOT_GUESSED[cell]
    row = {"number": "A-1", "amount": "1.00"} | {column: cell}
    text = "\ufeff" + ";".join(row) + "\r\nB-1;1.00" + ";" * (len(row) - 2) + "\r\n" + ";".join(row.values()) + "\r\n"
    plan = price_plan.planned(a_shop(), sheet(tmp_path, text), SYSTEM, complete=False)
    assert [(each.line, each.column, each.code) for each in plan.faults] == [(3, column, "Malformed")]
    assert cell not in plan.faults[0].why or cell == "0"
    assert ("comma" in plan.faults[0].why) == (cell in ("12,50", "1,5"))
    assert wanted(plan) == {"b": {Price(unit="m", amount=Decimal("1.00"))}}


def test_a_number_that_means_no_product_or_two_is_refused(tmp_path: Path) -> None:
    text = "number,amount\nNONE,1.00\nTWO,1.00\n,1.00\na-1,1.00\n"
    plan = price_plan.planned(a_shop(), sheet(tmp_path, text), SYSTEM, complete=False)
    codes = ["ProductUnknown", "ProductAmbiguous", "ProductUnknown", "ProductUnknown"]
    assert [(each.line, each.column, each.code) for each in plan.faults] == [
        (line, "number", code) for line, code in enumerate(codes, 2)
    ]
    assert wanted(plan) == {}


def test_a_line_is_counted_as_the_file_has_it_whatever_stands_in_its_cells(tmp_path: Path) -> None:
    text = 'number,name,unit\n\nA-2,"Two\nlines",pcs\n\nA-3,Three,furlong\n'
    plan = product_plan.planned({}, UNITS, sheet(tmp_path, text, PRODUCTS), Names("operator"), SYSTEM)
    assert [(each.line, each.column) for each in plan.faults] == [(3, "name"), (6, "unit")]


def test_only_products_asked_for_otherwise_are_sent_and_others_stay_unless_the_file_is_complete(
    tmp_path: Path,
) -> None:
    same, other = Price(unit="pcs", amount=Decimal("1.00")), Price(unit="pcs", amount=Decimal("2.00"))
    here = a_shop({"a": [same], "b": [other], "gone": [other]})
    text = "number,unit,amount\nA-1,pcs,1\nB-1,pcs,1\n"
    some, all_ = (price_plan.planned(here, sheet(tmp_path, text), SYSTEM, complete=each) for each in (False, True))
    assert wanted(some) == {"b": {same}}
    assert wanted(all_) == {"b": {same}, "gone": set()}
    assert (some.counts["unchanged"], some.counts["prices_set"]) == (1, 1)
    assert all_.counts["prices_withdrawn"] == some.counts["prices_withdrawn"] + 1


def test_a_complete_file_takes_nothing_off_while_it_is_not_known_what_it_names(tmp_path: Path) -> None:
    """The number that is wrong may be meant for the product that is missing."""
    here = a_shop({"b": [Price(unit="m", amount=Decimal("1.00"))]})
    for row in ("B-I,1.00", "B-1", ",1.00"):
        plan = price_plan.planned(here, sheet(tmp_path, f"number,amount\n{row}\n"), SYSTEM, complete=True)
        assert (len(plan.faults), wanted(plan)) == (1, {})


def test_a_unit_that_is_listed_no_longer_may_stay_where_it_stands_and_not_come_anew(tmp_path: Path) -> None:
    here = a_shop({"a": [Price(unit="box", amount=Decimal("1.00"))]})
    text = "number,unit,amount\nA-1,box,1.00\nB-1,box,1.00\n"
    plan = price_plan.planned(here, sheet(tmp_path, text), SYSTEM, complete=False)
    assert [(each.line, each.code) for each in plan.faults] == [(3, "UnitNotListed")]
    known = {"A-1": [{"product": "a", "number": "A-1", "name": "Anvil", "unit": "box"}]}
    goods = sheet(tmp_path, "number,name,unit\nA-1,Anvil,box\nA-2,Awl,box\n", PRODUCTS)
    told = product_plan.planned(known, UNITS, goods, Names("operator"), SYSTEM)
    assert ([(each.line, each.code) for each in told.faults], told.counts["unchanged"]) == ([(3, "UnitNotListed")], 1)


def test_no_two_products_get_one_id_whatever_their_numbers_and_units(tmp_path: Path) -> None:
    goods = sheet(tmp_path, "number,name,unit\nA/kg,One,m\nA,Two,kg/m\n", PRODUCTS)
    plan = product_plan.planned({}, frozenset({"m", "kg/m"}), goods, Names("operator"), SYSTEM)
    (phase,) = plan.phases
    assert len({step.id for (step,) in phase.chains}) == 2


_days = st.integers(0, 20_000).map(lambda n: date(2000, 1, 1) + timedelta(n))
_limits = st.decimals(Decimal("0.000001"), Decimal("999999999"), places=6, allow_nan=False)
_amounts = st.decimals(Decimal(0), Decimal("999999999999.99"), places=2, allow_nan=False)


def _between(ends: list[Any], *, begins: bool) -> list[tuple[Any, Any]]:
    """Stretches side by side, the last of them open, and the first unless nothing begins it."""
    found = [*zip([None, *ends], [*ends, None], strict=True)]
    return found if begins else found[1:]


@st.composite
def _tables(draw: st.DrawFn) -> list[Price]:
    """Legal prices of one product: by unit bands side by side, in each of them days side by side, some left out."""
    found = []
    for unit in draw(st.lists(st.sampled_from(sorted(UNITS)), unique=True)):
        limits = sorted(draw(st.lists(_limits, max_size=3, unique=True)))
        for above, up_to in _between(limits, begins=draw(st.booleans())):
            days = sorted(draw(st.lists(_days, max_size=2, unique=True)))
            for first, end in _between(days, begins=draw(st.booleans())):
                last = end and end - timedelta(1)
                told = {"amount": draw(_amounts), "per": draw(st.integers(1, 1_000_000))}
                band, valid = Band(above=above, up_to=up_to), Days(first=first, last=last)
                found.append(Price(unit=unit, band=band, days=valid, **told))
    return found


def _rows(asked: Mapping[str, Iterable[Price]], numbers: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """As the question `prices` answers."""
    for product, prices in asked.items():
        for each in prices:
            told = each.model_dump(mode="json")
            yield {"number": numbers[product], **told, **told["band"], **told["days"]}


@given(st.dictionaries(st.sampled_from("ab"), _tables().filter(bool)))
def test_any_legal_prices_survive_the_way_out_and_in(
    tmp_path_factory: pytest.TempPathFactory, asked: dict[str, list[Price]]
) -> None:
    written = io.StringIO()
    write_sheet(written, PRICES, _rows(asked, {"a": "A-1", "b": "B-1"}))
    read = sheet(tmp_path_factory.getbasetemp(), written.getvalue())
    again = price_plan.planned(a_shop(asked), read, SYSTEM, complete=True)
    assert (again.faults, wanted(again), again.counts["unchanged"]) == ([], {}, len(asked))
    elsewhere = price_plan.planned(a_shop(), read, SYSTEM, complete=True)
    assert (elsewhere.faults, wanted(elsewhere)) == ([], {product: {*prices} for product, prices in asked.items()})


# What is sent, to a service


class Market:
    """A company with units and goods, and what is done with files there."""

    def __init__(self, here: Asker, folder: Path) -> None:
        self.here, self.folder = here, folder

    def list(self) -> str:
        """A new one, that questions know of."""
        opened = self.here.send(OpenPriceList(name="List", priority=1, currency="EUR"))
        assert self.here.ask("prices", price_list=opened) == []
        for question in ("price-lists", "products"):
            self.here.ask(question)
        return opened

    def desk(self, actor: str = SYSTEM) -> Desk:
        return Desk(self.here.desk, actor)

    def goods(self, text: str) -> Plan:
        async def plan() -> Plan:
            read = sheet(self.folder, text, PRODUCTS)
            return product_plan.planned(
                await products(self.desk()), await units(self.desk()), read, Names("operator"), SYSTEM
            )

        return self.here.runner.run(plan())

    def prices(self, text: str, price_list: str, actor: str = SYSTEM) -> Plan:
        async def plan() -> Plan:
            found = await shop(self.desk(actor), price_list)
            return price_plan.planned(found, sheet(self.folder, text), actor, complete=False)

        return self.here.runner.run(plan())

    def send(self, *phases: Phase) -> Tally:
        tally = self.here.runner.run(Importer(self.here.desk, 64).run(phases))
        self.list()  # behind all that was sent, and known to the same questions
        return tally

    def taken_out(self, price_list: str) -> str:
        async def rows() -> list[Any]:
            return [row async for row in self.desk().rows(Prices(price_list=PriceListId(price_list)))]

        written = io.StringIO()
        write_sheet(written, PRICES, sorted(self.here.runner.run(rows()), key=lambda row: str(row["number"])))
        return written.getvalue().removeprefix("\ufeff").replace("\r\n", "\n")

    def facts(self) -> int:
        """How many facts about prices there are."""
        place = self.here.place
        with connect(place.postgres_url, place.settings.schema_name) as connection:
            row = connection.execute("SELECT count(*) FROM facts WHERE topic LIKE 'prices.%'").fetchone()
        assert row is not None
        return int(row[0])


@pytest.fixture(scope="module")
def market(servers: Running, state: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Market]:
    with company_asked(new_place(servers, state)) as here:
        here.send(ListUnits(entries=("pcs", "m")))
        assert here.ask("code-lists")  # goods are planned by units that can be seen
        found = Market(here, tmp_path_factory.mktemp("market"))
        found.send(*found.goods(GOODS).phases)
        yield found


def test_what_goes_in_comes_out_and_goes_into_another_list_the_same(market: Market) -> None:
    one, other = market.list(), market.list()
    assert market.send(*market.prices(ASKED, one).phases).done == 3
    assert market.taken_out(one) == ASKED
    market.send(*market.prices(market.taken_out(one), other).phases)
    assert market.taken_out(other) == ASKED


def test_what_read_models_do_not_show_yet_is_not_done_twice(market: Market) -> None:
    """Plans made before anything was there are sent twice: that is a run begun again at once."""
    goods, once_more = (market.goods("number,name,unit\nE-1,Eel,m\nE-2,Egg,pcs\n") for _ in range(2))
    price_list = market.list()
    prices = market.prices(ASKED, price_list)
    assert (market.send(*goods.phases).done, market.send(*prices.phases).done) == (2, 3)
    stood, shown = market.facts(), market.taken_out(price_list)
    again = market.send(*once_more.phases)
    assert (again.done, again.repeated, again.refused) == (0, 2, [])
    assert len(market.here.ask("products", number="E-1")) == 1
    market.send(*market.prices(ASKED, price_list).phases, *prices.phases)
    assert (market.facts(), market.taken_out(price_list)) == (stood, shown)


def test_an_import_that_was_cut_off_is_finished_by_another(market: Market) -> None:
    price_list = market.list()
    (phase,) = market.prices(ASKED, price_list).phases
    market.send(phase._replace(chains=phase.chains[:1]))
    rest = market.prices(ASKED, price_list)
    assert rest.counts["unchanged"] == 1
    assert market.send(*rest.phases).done == 2
    assert market.taken_out(price_list) == ASKED


def test_bands_that_move_past_each_other_move_at_once(market: Market) -> None:
    price_list = market.list()
    for few, many in (("10", "20"), ("5", "15"), ("15", "20"), ("20", "30")):
        text = f"{HEADING}A-1,pcs,,{few},,,3.00,1\nA-1,pcs,{few},{many},,,2.00,1\n"
        assert market.send(*market.prices(text, price_list).phases).refused == []
        assert market.taken_out(price_list) == text


def test_products_on_a_second_page_are_found_by_number_and_a_number_of_two_by_none(market: Market) -> None:
    many = [f"N-{n}" for n in range(PAGE + 3)]
    market.send(*market.goods("number,name,unit\n" + "".join(f"{each},Nail {each},pcs\n" for each in many)).phases)
    twice = market.here.send(ListProduct(number="N-7", name="Another nail", unit="pcs"))
    market.here.send(RetireProduct(product=twice))
    market.here.ask("products", number="N-7")
    plan = market.prices("number,amount\n" + "".join(f"{each},1.00\n" for each in many), market.list())
    assert [(each.line, each.code) for each in plan.faults] == [(9, "ProductAmbiguous")]
    assert len(wanted(plan)) == len(many) - 1


def test_who_may_not_sell_is_told_before_anything_is_read(market: Market) -> None:
    with pytest.raises(Declined) as told:
        market.prices(ASKED, market.list(), market.here.company["anna"])
    assert told.value.code == "RightMissing"
