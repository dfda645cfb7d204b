"""A contract's text is versioned; targets may depend on the severity."""

import pytest
from pydantic import ValidationError
from specification import LONG_AGO, folded, having, on_monday

from domain.service.contract import (
    CONTRACT,
    ContractAlreadyConcluded,
    ContractConcluded,
    ContractRevised,
    ContractUnknown,
    Targets,
    Terms,
    conclude,
    revise,
)
from examples import GOLD_TERMS, GRAVE, OFFICE, SILVER_TERMS, SLIGHT

CONCLUDED = ContractConcluded(name="Gold", terms=GOLD_TERMS)
REVISED = ContractRevised(terms=SILVER_TERMS)


def test_a_contract_is_concluded_once_and_revised_where_it_differs() -> None:
    having(CONTRACT).deciding(conclude, "Gold", GOLD_TERMS).then(CONCLUDED)
    having(CONTRACT, CONCLUDED).deciding(conclude, "Gold", GOLD_TERMS).refused(ContractAlreadyConcluded)
    having(CONTRACT, CONCLUDED).deciding(revise, SILVER_TERMS).then(REVISED)
    having(CONTRACT, CONCLUDED).deciding(revise, GOLD_TERMS).then()
    having(CONTRACT, CONCLUDED, REVISED).deciding(revise, GOLD_TERMS).then(ContractRevised(terms=GOLD_TERMS))
    having(CONTRACT).deciding(revise, GOLD_TERMS).refused(ContractUnknown)


def test_the_version_of_an_instant_is_the_one_recorded_last() -> None:
    contract = folded(
        CONTRACT,
        (CONCLUDED, on_monday(9)),
        (REVISED, on_monday(11)),
        (ContractRevised(terms=GOLD_TERMS), on_monday(13)),
    )
    assert contract.name == "Gold"
    asked = (LONG_AGO, on_monday(9), on_monday(10), on_monday(11), on_monday(12), on_monday(13), on_monday(20))
    assert [contract.as_of(at).number for at in asked] == [1, 1, 1, 2, 2, 3, 3]
    assert contract.as_of(on_monday(12)).terms == SILVER_TERMS
    assert contract.as_of(on_monday(12)).recorded_at == on_monday(11)


def test_a_severity_has_its_own_targets_or_the_general_ones() -> None:
    assert GOLD_TERMS.targets(GRAVE) == GOLD_TERMS.by_severity[GRAVE]
    assert GOLD_TERMS.targets(SLIGHT) == GOLD_TERMS.general
    assert GOLD_TERMS.targets(None) == GOLD_TERMS.not_assessed
    assert SILVER_TERMS.targets(None) == SILVER_TERMS.general
    assert Terms(calendar=OFFICE).targets(None) == Targets()


@pytest.mark.parametrize("seconds", [0, -1, 315_360_001])
def test_a_target_is_a_second_at_least_and_ten_years_at_most(seconds: int) -> None:
    with pytest.raises(ValidationError):
        Targets(resolution_seconds=seconds)
