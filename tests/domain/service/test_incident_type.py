"""An incident type is listed, may carry a contract, and may be retired."""

import pytest
from specification import folded, having, on_monday

from domain.service.incident_type import (
    INCIDENT_TYPE,
    IncidentTypeAlreadyListed,
    IncidentTypeContractSet,
    IncidentTypeListed,
    IncidentTypeRetired,
    IncidentTypeUnknown,
    enter,
    retire,
    set_contract,
)
from examples import GOLD

LISTED, RETIRED, GOLDEN = (
    IncidentTypeListed(name="Defect"),
    IncidentTypeRetired(),
    IncidentTypeContractSet(contract=GOLD),
)


def test_a_type_is_listed_once_and_retired_once() -> None:
    having(INCIDENT_TYPE).deciding(enter, "Defect").then(LISTED)
    having(INCIDENT_TYPE, LISTED).deciding(enter, "Defect").refused(IncidentTypeAlreadyListed)
    having(INCIDENT_TYPE, LISTED).deciding(retire).then(RETIRED)
    having(INCIDENT_TYPE, LISTED, RETIRED).deciding(retire).then()


@pytest.mark.parametrize(("rule", "arguments"), [(retire, ()), (set_contract, (GOLD, on_monday(9)))])
def test_what_was_never_listed_is_unknown(rule: object, arguments: tuple[object, ...]) -> None:
    assert callable(rule)
    having(INCIDENT_TYPE).deciding(rule, *arguments).refused(IncidentTypeUnknown)


def test_a_contract_is_set_where_it_differs_at_that_instant() -> None:
    having(INCIDENT_TYPE, LISTED).deciding(set_contract, GOLD, on_monday(9)).then(GOLDEN)
    having(INCIDENT_TYPE, LISTED, (GOLDEN, on_monday(9))).deciding(set_contract, GOLD, on_monday(9)).then()
    having(INCIDENT_TYPE, LISTED, (GOLDEN, on_monday(9))).deciding(set_contract, GOLD, on_monday(8)).then(GOLDEN)
    having(INCIDENT_TYPE, LISTED).deciding(set_contract, None, on_monday(9)).then()


def test_a_retired_type_stays_listed_and_keeps_its_contract() -> None:
    found = folded(INCIDENT_TYPE, LISTED, (GOLDEN, on_monday(9)), RETIRED)
    assert (found.listed, found.retired, found.contract.at(on_monday(9))) == (True, True, GOLD)
    assert not folded(INCIDENT_TYPE, LISTED).retired
    assert found.contract.at(on_monday(8)) is None
