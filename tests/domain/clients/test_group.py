"""A group has a name, a rank and contracts."""

import pytest
from specification import folded, having, on_monday

from domain.clients.group import (
    GROUP,
    GroupAlreadyFormed,
    GroupContractSet,
    GroupFormed,
    GroupKind,
    GroupRanked,
    GroupRenamed,
    GroupUnknown,
    form,
    put_rank,
    rename,
    set_contract,
)
from examples import CUSTOMERS, DEFECT, GOLD, SILVER

FORMED = GroupFormed(directory=CUSTOMERS, kind=GroupKind.CUSTOMERS, name="VIP", rank=3)
GOLDEN = GroupContractSet(contract=GOLD)


def test_a_group_is_formed_once() -> None:
    having(GROUP).deciding(form, CUSTOMERS, GroupKind.CUSTOMERS, "VIP", 3).then(FORMED)
    having(GROUP, FORMED).deciding(form, CUSTOMERS, GroupKind.CUSTOMERS, "VIP", 3).refused(GroupAlreadyFormed)
    assert folded(GROUP, FORMED).directory == CUSTOMERS


def test_a_group_is_renamed_and_ranked_where_that_changes_something() -> None:
    having(GROUP, FORMED).deciding(rename, "VIP").then()
    having(GROUP, FORMED).deciding(rename, "Best").then(GroupRenamed(name="Best"))
    having(GROUP, FORMED, GroupRenamed(name="Best")).deciding(rename, "Best").then()
    having(GROUP, FORMED).deciding(put_rank, 3).then()
    having(GROUP, FORMED).deciding(put_rank, 4).then(GroupRanked(rank=4))
    having(GROUP, FORMED, GroupRanked(rank=4)).deciding(put_rank, 4).then()


@pytest.mark.parametrize(
    ("rule", "arguments"), [(rename, ("x",)), (put_rank, (1,)), (set_contract, (None, GOLD, on_monday(9)))]
)
def test_what_was_never_formed_is_unknown(rule: object, arguments: tuple[object, ...]) -> None:
    assert callable(rule)
    having(GROUP).deciding(rule, *arguments).refused(GroupUnknown)


def test_a_contract_holds_for_its_type_and_from_its_instant_on() -> None:
    having(GROUP, FORMED).deciding(set_contract, None, GOLD, on_monday(9)).then(GOLDEN)
    having(GROUP, FORMED, (GOLDEN, on_monday(9))).deciding(set_contract, None, GOLD, on_monday(9)).then()
    having(GROUP, FORMED, (GOLDEN, on_monday(9))).deciding(set_contract, None, GOLD, on_monday(8)).then(GOLDEN)
    having(GROUP, FORMED).deciding(set_contract, None, None, on_monday(9)).then()
    for_defects = GroupContractSet(incident_type=DEFECT, contract=SILVER)
    having(GROUP, FORMED, GOLDEN).deciding(set_contract, DEFECT, SILVER, on_monday(9)).then(for_defects)
    group = folded(GROUP, FORMED, (GOLDEN, on_monday(9)), (for_defects, on_monday(10)))
    assert (group.contract(None, on_monday(10)), group.contract(DEFECT, on_monday(10))) == (GOLD, SILVER)
    assert (group.contract(None, on_monday(8)), group.contract(DEFECT, on_monday(9))) == (None, None)
    assert (group.directory, group.name, group.rank) == (CUSTOMERS, "VIP", 3)


def test_what_all_have_may_be_said_for_one_type_too() -> None:
    for_defects = GroupContractSet(incident_type=DEFECT, contract=GOLD)
    having(GROUP, FORMED, GOLDEN).deciding(set_contract, DEFECT, GOLD, on_monday(9)).then(for_defects)
    having(GROUP, FORMED, for_defects).deciding(set_contract, DEFECT, GOLD, on_monday(9)).then()
