"""What is not set is missing, not guessed (R-SET-1)."""

from typing import Any

import pytest
from pydantic import ValidationError
from specification import folded, having, on_monday

from domain.company.settings import (
    SETTINGS,
    AfterClosing,
    BaseListSet,
    ClosingRule,
    ClosingRuleHalved,
    ClosingRuleSet,
    DefaultAreaSet,
    DefaultContractSet,
    EntryListedTwice,
    FormRuleSet,
    HelpdeskResponsibleSet,
    LifeCyclesListed,
    PlaceSet,
    RelationsListed,
    SalutationsListed,
    Settings,
    SeveritiesListed,
    SeverityListedTwice,
    UnitsListed,
    list_life_cycles,
    list_relations,
    list_salutations,
    list_severities,
    list_units,
    set_base_list,
    set_closing_rule,
    set_default_area,
    set_default_contract,
    set_form_rule,
    set_helpdesk_responsible,
    set_place,
)
from examples import ANNA, BORIS, GOLD, OFFICE, OFFICE_FLOOR, RETAIL, SILVER, TRADE, WORKSHOP

AREA = DefaultAreaSet(area=WORKSHOP)
GOLDEN, SILVERN = DefaultContractSet(contract=GOLD), DefaultContractSet(contract=SILVER)
ANNAS, BORISES = HelpdeskResponsibleSet(responsible=ANNA), HelpdeskResponsibleSet(responsible=BORIS)
LISTED = SeveritiesListed(severities=("grave", "slight"))


def test_a_company_without_settings_has_none() -> None:
    assert folded(SETTINGS) == Settings()
    assert folded(SETTINGS).default_area is None
    assert folded(SETTINGS).default_contract.at(on_monday(9)) is None
    assert folded(SETTINGS).severities == ()
    assert folded(SETTINGS).helpdesk_responsible.at(on_monday(9)) is None


def test_the_default_area_is_set_where_it_differs() -> None:
    having(SETTINGS).deciding(set_default_area, WORKSHOP).then(AREA)
    having(SETTINGS, AREA).deciding(set_default_area, WORKSHOP).then()
    having(SETTINGS, AREA).deciding(set_default_area, OFFICE_FLOOR).then(DefaultAreaSet(area=OFFICE_FLOOR))


def test_the_default_contract_is_set_where_it_differs_at_that_instant() -> None:
    having(SETTINGS).deciding(set_default_contract, GOLD, on_monday(9)).then(GOLDEN)
    having(SETTINGS, (GOLDEN, on_monday(9))).deciding(set_default_contract, GOLD, on_monday(9)).then()
    having(SETTINGS).deciding(set_default_contract, None, on_monday(9)).then()
    having(SETTINGS, GOLDEN).deciding(set_default_contract, None, on_monday(9)).then(DefaultContractSet(contract=None))


def test_a_default_contract_recorded_late_is_compared_with_its_own_instant() -> None:
    known = having(SETTINGS, (GOLDEN, on_monday(9)), (SILVERN, on_monday(15)))
    known.deciding(set_default_contract, GOLD, on_monday(12)).then()
    known.deciding(set_default_contract, SILVER, on_monday(12)).then(SILVERN)


def test_the_default_contract_holds_from_its_instant_on() -> None:
    settings = folded(SETTINGS, (GOLDEN, on_monday(9)), (SILVERN, on_monday(15)))
    held = [settings.default_contract.at(on_monday(hour)) for hour in (8, 9, 14, 15)]
    assert held == [None, GOLD, GOLD, SILVER]


def test_who_answers_for_the_helpdesk_is_set_where_it_differs_at_that_instant() -> None:
    having(SETTINGS).deciding(set_helpdesk_responsible, ANNA, on_monday(9)).then(ANNAS)
    having(SETTINGS).deciding(set_helpdesk_responsible, None, on_monday(9)).then()
    known = having(SETTINGS, (ANNAS, on_monday(9)), (BORISES, on_monday(15)))
    known.deciding(set_helpdesk_responsible, ANNA, on_monday(12)).then()
    known.deciding(set_helpdesk_responsible, BORIS, on_monday(12)).then(BORISES)
    known.deciding(set_helpdesk_responsible, None, on_monday(16)).then(HelpdeskResponsibleSet(responsible=None))


def test_who_answers_for_the_helpdesk_does_so_from_that_instant_on() -> None:
    settings = folded(SETTINGS, (ANNAS, on_monday(9)), (BORISES, on_monday(15)))
    held = [settings.helpdesk_responsible.at(on_monday(hour)) for hour in (8, 9, 14, 15)]
    assert held == [None, ANNA, ANNA, BORIS]


def test_a_severity_stands_in_the_list_once() -> None:
    having(SETTINGS).deciding(list_severities, ("grave", "grave")).refused(SeverityListedTwice)


def test_the_order_of_severities_matters() -> None:
    having(SETTINGS).deciding(list_severities, ("grave", "slight")).then(LISTED)
    having(SETTINGS, LISTED).deciding(list_severities, ("grave", "slight")).then()
    turned = SeveritiesListed(severities=("slight", "grave"))
    having(SETTINGS, LISTED).deciding(list_severities, ("slight", "grave")).then(turned)


def test_one_setting_leaves_the_others_alone() -> None:
    settings = folded(SETTINGS, AREA, (GOLDEN, on_monday(9)), LISTED, ANNAS)
    assert settings.default_area == WORKSHOP
    assert settings.default_contract.last == GOLD
    assert settings.severities == ("grave", "slight")
    assert settings.helpdesk_responsible.last == ANNA


HERE = PlaceSet(zone="Europe/Kyiv", country="UA")


def test_the_place_is_set_where_it_differs() -> None:
    having(SETTINGS).deciding(set_place, "Europe/Kyiv", "UA").then(HERE)
    having(SETTINGS, HERE).deciding(set_place, "Europe/Kyiv", "UA").then()
    having(SETTINGS, HERE).deciding(set_place, "Europe/Kyiv", "CZ").then(PlaceSet(zone="Europe/Kyiv", country="CZ"))
    having(SETTINGS, HERE).deciding(set_place, "UTC", "UA").then(PlaceSet(zone="UTC", country="UA"))
    assert (folded(SETTINGS, HERE).zone, folded(SETTINGS, HERE).country) == ("Europe/Kyiv", "UA")


@pytest.mark.parametrize(("zone", "country"), [("Europe/Atlantis", "UA"), ("UTC", "ua"), ("UTC", "XX"), ("UTC", "UKR")])
def test_a_place_is_one_that_there_is(zone: str, country: str) -> None:
    with pytest.raises(ValidationError):
        PlaceSet(zone=zone, country=country)


@pytest.mark.parametrize(
    ("rule", "fact", "name"),
    [
        (list_life_cycles, LifeCyclesListed, "life_cycles"),
        (list_salutations, SalutationsListed, "salutations"),
        (list_relations, RelationsListed, "relations"),
        (list_units, UnitsListed, "units"),
    ],
)
def test_a_code_list_has_each_entry_once_and_an_order(rule: Any, fact: Any, name: str) -> None:
    listed = fact(entries=("one", "other"))
    having(SETTINGS).deciding(rule, ()).then()
    having(SETTINGS).deciding(rule, ("one", "other")).then(listed)
    having(SETTINGS, listed).deciding(rule, ("one", "other")).then()
    having(SETTINGS, listed).deciding(rule, ("other", "one")).then(fact(entries=("other", "one")))
    having(SETTINGS).deciding(rule, ("one", "one")).refused(EntryListedTwice)
    assert getattr(folded(SETTINGS, listed), name) == ("one", "other")


def test_what_becomes_of_an_answer_after_closing_is_set_where_it_differs() -> None:
    anew = FormRuleSet(reopens=AfterClosing.NEW_TICKET)
    having(SETTINGS).deciding(set_form_rule, AfterClosing.NEW_TICKET).then(anew)
    having(SETTINGS, anew).deciding(set_form_rule, AfterClosing.NEW_TICKET).then()
    having(SETTINGS, anew).deciding(set_form_rule, AfterClosing.REOPEN).then(FormRuleSet(reopens=AfterClosing.REOPEN))
    assert folded(SETTINGS).after_closing is None


def test_when_what_is_resolved_closes_by_itself_is_set_where_it_differs_at_that_instant() -> None:
    day, never = (
        ClosingRuleSet(after_seconds=86_400, calendar=OFFICE),
        ClosingRuleSet(after_seconds=None, calendar=None),
    )
    having(SETTINGS).deciding(set_closing_rule, 86_400, OFFICE, on_monday(9)).then(day)
    having(SETTINGS).deciding(set_closing_rule, None, None, on_monday(9)).then()
    known = having(SETTINGS, (day, on_monday(9)), (never, on_monday(15)))
    known.deciding(set_closing_rule, 86_400, OFFICE, on_monday(12)).then()
    known.deciding(set_closing_rule, None, None, on_monday(12)).then(never)
    rule = folded(SETTINGS, (day, on_monday(9)), (never, on_monday(15))).closing_rule
    assert [rule.at(on_monday(hour)) for hour in (8, 9, 15)] == [None, ClosingRule(86_400, OFFICE), None]


@pytest.mark.parametrize("halved", [(86_400, None), (None, OFFICE)])
def test_a_time_to_wait_takes_a_calendar_and_a_calendar_a_time(halved: tuple[Any, ...]) -> None:
    having(SETTINGS).deciding(set_closing_rule, *halved, on_monday(9)).refused(ClosingRuleHalved)


def test_the_base_list_is_set_where_it_differs_at_that_instant() -> None:
    retail, trade = BaseListSet(price_list=RETAIL), BaseListSet(price_list=TRADE)
    having(SETTINGS).deciding(set_base_list, RETAIL, on_monday(9)).then(retail)
    having(SETTINGS).deciding(set_base_list, None, on_monday(9)).then()
    known = having(SETTINGS, (retail, on_monday(9)), (trade, on_monday(15)))
    known.deciding(set_base_list, RETAIL, on_monday(12)).then()
    known.deciding(set_base_list, TRADE, on_monday(12)).then(trade)
    known.deciding(set_base_list, None, on_monday(12)).then(BaseListSet(price_list=None))
    base = folded(SETTINGS, (retail, on_monday(9)), (trade, on_monday(15))).base_list
    assert [base.at(on_monday(hour)) for hour in (8, 9, 14, 15)] == [None, RETAIL, RETAIL, TRADE]
