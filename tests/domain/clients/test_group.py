"""A group has a name, a rank, contracts and responsibility rows, and may be closed."""

import pytest
from specification import folded, having, on_monday

from domain.clients.group import (
    GROUP,
    NOBODY,
    GroupAlreadyFormed,
    GroupClosed,
    GroupContractSet,
    GroupFormed,
    GroupKind,
    GroupMoved,
    GroupNotOpen,
    GroupPriceListAttached,
    GroupPriceListDetached,
    GroupRanked,
    GroupRenamed,
    GroupReopened,
    GroupResponsibleSet,
    GroupUnknown,
    Responsible,
    attach_price_list,
    close,
    detach_price_list,
    form,
    move,
    needs_open,
    put_rank,
    rename,
    reopen,
    set_contract,
    set_responsible,
)
from domain.spell import present
from domain.values import ProcessAreaId
from examples import ANNA, CUSTOMERS, DEFECT, GOLD, HOTLINE, INVOICING, RETAIL, SILVER, SUPPLIERS, TRADE, WORKSHOP

FORMED = GroupFormed(directory=CUSTOMERS, kind=GroupKind.CUSTOMERS, name="VIP", rank=3)
GOLDEN = GroupContractSet(contract=GOLD)
ATTACHED, DETACHED = GroupPriceListAttached(price_list=TRADE), GroupPriceListDetached(price_list=TRADE)


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
    ("rule", "arguments"),
    [
        (rename, ("x",)),
        (put_rank, (1,)),
        (set_contract, (None, GOLD, on_monday(9))),
        (move, (SUPPLIERS,)),
        (attach_price_list, (TRADE, on_monday(9))),
        (detach_price_list, (TRADE, on_monday(9))),
        (close, (on_monday(9),)),
        (reopen, (on_monday(9),)),
        (set_responsible, (INVOICING, NOBODY, on_monday(9))),
    ],
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


CLOSED, REOPENED = GroupClosed(), GroupReopened()
HERS = GroupResponsibleSet(process_area=INVOICING, person=ANNA, team=None, area=None)
NONE = GroupResponsibleSet(process_area=INVOICING, person=None, team=None, area=None)


def test_a_group_moves_to_another_directory_with_all_it_has() -> None:
    moved = GroupMoved(origin=CUSTOMERS, directory=SUPPLIERS)
    having(GROUP, FORMED).deciding(move, CUSTOMERS).then()
    having(GROUP, FORMED).deciding(move, SUPPLIERS).then(moved)
    having(GROUP, FORMED, moved).deciding(move, CUSTOMERS).then(GroupMoved(origin=SUPPLIERS, directory=CUSTOMERS))
    group = folded(GROUP, FORMED, GOLDEN, moved)
    assert (group.directory, group.name, group.contract(None, on_monday(9))) == (SUPPLIERS, "VIP", GOLD)


def test_a_group_is_closed_and_reopened_where_that_changes_something() -> None:
    having(GROUP, FORMED).deciding(close, on_monday(9)).then(CLOSED)
    having(GROUP, FORMED).deciding(reopen, on_monday(9)).then()
    having(GROUP, FORMED, CLOSED).deciding(close, on_monday(9)).then()
    having(GROUP, FORMED, CLOSED).deciding(reopen, on_monday(9)).then(REOPENED)
    having(GROUP, FORMED, CLOSED, REOPENED).deciding(close, on_monday(9)).then(CLOSED)


def test_nobody_joins_at_an_instant_at_which_the_group_is_closed() -> None:
    closed = having(GROUP, FORMED, (CLOSED, on_monday(10)), (REOPENED, on_monday(12)))
    for hour, refused in ((9, False), (10, True), (11, True), (12, False)):
        if refused:
            with pytest.raises(GroupNotOpen):
                needs_open(closed.state, on_monday(hour))
        else:
            needs_open(closed.state, on_monday(hour))


def test_a_row_is_set_where_it_differs_at_that_instant() -> None:
    having(GROUP, FORMED).deciding(set_responsible, INVOICING, NOBODY, on_monday(9)).then()
    having(GROUP, FORMED).deciding(set_responsible, INVOICING, Responsible(ANNA), on_monday(9)).then(HERS)
    known = having(GROUP, FORMED, (HERS, on_monday(9)), (NONE, on_monday(15)))
    known.deciding(set_responsible, INVOICING, Responsible(ANNA), on_monday(12)).then()
    known.deciding(set_responsible, INVOICING, Responsible(ANNA), on_monday(8)).then(HERS)
    known.deciding(set_responsible, INVOICING, NOBODY, on_monday(16)).then()
    known.deciding(set_responsible, INVOICING, NOBODY, on_monday(14)).then(NONE)


def test_there_is_one_row_for_each_process_area_and_all_empty_is_as_if_there_were_none() -> None:
    theirs = GroupResponsibleSet(process_area=ProcessAreaId("care"), person=None, team=HOTLINE, area=WORKSHOP)
    group = folded(GROUP, FORMED, (HERS, on_monday(9)), (theirs, on_monday(9)), (NONE, on_monday(15)))
    assert group.responsible(INVOICING, on_monday(9)) == Responsible(ANNA)
    assert group.responsible(INVOICING, on_monday(15)) == NOBODY == folded(GROUP, FORMED).responsible(INVOICING, ALL)
    assert group.responsible(ProcessAreaId("care"), on_monday(15)) == Responsible(None, HOTLINE, WORKSHOP)


ALL = on_monday(9)


def test_a_price_list_is_attached_and_detached_where_that_changes_something_at_that_instant() -> None:
    having(GROUP, FORMED).deciding(attach_price_list, TRADE, on_monday(9)).then(ATTACHED)
    having(GROUP, FORMED).deciding(detach_price_list, TRADE, on_monday(9)).then()
    known = having(GROUP, FORMED, (ATTACHED, on_monday(9)), (DETACHED, on_monday(15)))
    known.deciding(attach_price_list, TRADE, on_monday(12)).then()
    known.deciding(attach_price_list, TRADE, on_monday(8)).then(ATTACHED)
    known.deciding(attach_price_list, TRADE, on_monday(15)).then(ATTACHED)
    known.deciding(detach_price_list, TRADE, on_monday(12)).then(DETACHED)
    known.deciding(detach_price_list, TRADE, on_monday(15)).then()
    known.deciding(detach_price_list, RETAIL, on_monday(12)).then()


def test_a_group_has_a_price_list_from_the_instant_on_until_the_other() -> None:
    other = GroupPriceListAttached(price_list=RETAIL)
    lists = folded(
        GROUP, FORMED, (ATTACHED, on_monday(9)), (other, on_monday(12)), (DETACHED, on_monday(15))
    ).price_lists
    assert [present(lists, on_monday(hour)) for hour in (8, 9, 12, 15)] == [(), (TRADE,), (RETAIL, TRADE), (RETAIL,)]
