"""A process area is listed, renamed, retired, and has somebody who answers in it."""

import pytest
from specification import folded, having, on_monday

from domain.company.process_area import (
    PROCESS_AREA,
    ProcessAreaAlreadyListed,
    ProcessAreaListed,
    ProcessAreaNotOffered,
    ProcessAreaRenamed,
    ProcessAreaResponsibleSet,
    ProcessAreaRetired,
    ProcessAreaUnknown,
    enter,
    needs_offered,
    rename,
    retire,
    set_responsible,
)
from domain.values import team_holder, worker_holder
from examples import ANNA, HOTLINE

LISTED, RETIRED = ProcessAreaListed(name="Invoicing"), ProcessAreaRetired()
HER, THEM = worker_holder(ANNA), team_holder(HOTLINE)
HERS, THEIRS = ProcessAreaResponsibleSet(responsible=HER), ProcessAreaResponsibleSet(responsible=THEM)


def test_a_process_area_is_listed_once_and_retired_once() -> None:
    having(PROCESS_AREA).deciding(enter, "Invoicing").then(LISTED)
    having(PROCESS_AREA, LISTED).deciding(enter, "Invoicing").refused(ProcessAreaAlreadyListed)
    having(PROCESS_AREA, LISTED).deciding(retire).then(RETIRED)
    having(PROCESS_AREA, LISTED, RETIRED).deciding(retire).then()


def test_it_is_renamed_where_that_changes_something() -> None:
    bills = ProcessAreaRenamed(name="Bills")
    having(PROCESS_AREA, LISTED).deciding(rename, "Invoicing").then()
    having(PROCESS_AREA, LISTED).deciding(rename, "Bills").then(bills)
    having(PROCESS_AREA, LISTED, bills).deciding(rename, "Bills").then()


@pytest.mark.parametrize(
    ("rule", "arguments"), [(rename, ("x",)), (retire, ()), (set_responsible, (HER, on_monday(9)))]
)
def test_what_was_never_listed_is_unknown(rule: object, arguments: tuple[object, ...]) -> None:
    assert callable(rule)
    having(PROCESS_AREA).deciding(rule, *arguments).refused(ProcessAreaUnknown)


def test_who_answers_is_set_where_it_differs_at_that_instant() -> None:
    having(PROCESS_AREA, LISTED).deciding(set_responsible, HER, on_monday(9)).then(HERS)
    having(PROCESS_AREA, LISTED).deciding(set_responsible, None, on_monday(9)).then()
    known = having(PROCESS_AREA, LISTED, (HERS, on_monday(9)), (THEIRS, on_monday(15)))
    known.deciding(set_responsible, HER, on_monday(12)).then()
    known.deciding(set_responsible, THEM, on_monday(12)).then(THEIRS)
    known.deciding(set_responsible, None, on_monday(16)).then(ProcessAreaResponsibleSet(responsible=None))


def test_a_retired_one_is_no_longer_offered_and_keeps_who_answers() -> None:
    retired = folded(PROCESS_AREA, LISTED, HERS, RETIRED)
    assert (retired.listed, retired.retired, retired.responsible.last) == (True, True, HER)
    with pytest.raises(ProcessAreaNotOffered):
        needs_offered(retired)
    with pytest.raises(ProcessAreaUnknown):
        needs_offered(folded(PROCESS_AREA))
    needs_offered(folded(PROCESS_AREA, LISTED))
