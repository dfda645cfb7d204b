"""The narrowest scope that offers a contract wins, of several the strictest; each loser has its reason (D1, D2)."""

from collections.abc import Mapping
from dataclasses import replace

import pytest
from life import book
from specification import folded, on_monday

from domain.clients.contact import CONTACT, Contact, ContactContractSet, ContactKind, ContactOpened
from domain.clients.group import GROUP, Group, GroupContractSet, GroupFormed, GroupKind
from domain.company.settings import SETTINGS, DefaultContractSet
from domain.service.contract import Targets, Terms
from domain.service.incident_type import INCIDENT_TYPE, IncidentType, IncidentTypeContractSet, IncidentTypeListed
from domain.service.promise import Book
from domain.service.selection import Loser, Reason, Scope, Selection, Situation, candidates, select
from domain.values import ContractId, GroupId, IncidentTypeId
from examples import CUSTOMERS, DEFECT, MILL_SUBJECT, OFFICE, OFFICE_HOURS, VIP

NOON = on_monday(12)
MORNING, EVENING = on_monday(8), on_monday(20)
A, B, C = ContractId("a"), ContractId("b"), ContractId("c")


def terms(first_response: int | None = None, resolution: int | None = None) -> Terms:
    """Hours of promise."""
    hours = (None if each is None else each * 3600 for each in (first_response, resolution))
    return Terms(
        calendar=OFFICE,
        general=Targets(**dict(zip(("first_response_seconds", "resolution_seconds"), hours, strict=True))),
    )


def contracts(**texts: Terms) -> Book:
    return book({ContractId(id): text for id, text in texts.items()}, {OFFICE: OFFICE_HOURS})


def customer(*sets: ContactContractSet) -> Contact:
    opened = ContactOpened(directory=CUSTOMERS, subject=MILL_SUBJECT, kind=ContactKind.COMPANY, name="Mill")
    return folded(CONTACT, opened, *((each, MORNING) for each in sets))


def group(*sets: GroupContractSet) -> Group:
    formed = GroupFormed(directory=CUSTOMERS, kind=GroupKind.CUSTOMERS, name="VIP", rank=1)
    return folded(GROUP, formed, *((each, MORNING) for each in sets))


def situation(
    *,
    of_customer: tuple[ContactContractSet, ...] = (),
    groups: Mapping[GroupId, Group] | None = None,
    type_id: IncidentTypeId | None = DEFECT,
    of_type: ContractId | None = None,
    default: ContractId | None = None,
) -> Situation:
    kind = folded(
        INCIDENT_TYPE, IncidentTypeListed(name="Defect"), (IncidentTypeContractSet(contract=of_type), MORNING)
    )
    settings = folded(SETTINGS, (DefaultContractSet(contract=default), MORNING))
    return Situation(
        NOON, (customer(*of_customer),), groups or {}, type_id, kind if type_id else IncidentType(), settings
    )


FOR_ALL, FOR_TYPE = ContactContractSet(contract=A), ContactContractSet(incident_type=DEFECT, contract=A)
GROUP_ALL, GROUP_TYPE = GroupContractSet(contract=A), GroupContractSet(incident_type=DEFECT, contract=A)


@pytest.mark.parametrize(
    ("now", "scope"),
    [
        (situation(of_customer=(FOR_TYPE,)), Scope.CUSTOMER_AND_TYPE),
        (situation(of_customer=(FOR_ALL,)), Scope.CUSTOMER),
        (situation(groups={VIP: group(GROUP_TYPE)}), Scope.GROUP_AND_TYPE),
        (situation(groups={VIP: group(GROUP_ALL)}), Scope.GROUP),
        (situation(of_type=A), Scope.TYPE),
        (situation(default=A), Scope.MODULE),
    ],
)
def test_each_scope_offers_its_own_contract(now: Situation, scope: Scope) -> None:
    assert candidates(now) == {each: (A,) if each is scope else () for each in Scope}
    assert select(candidates(now), contracts(a=terms(1, 8)), NOON) == Selection(contract=A, version=1, scope=scope)


def test_the_scopes_are_asked_in_the_order_of_the_decision() -> None:
    assert [scope.value for scope in Scope] == [
        "customer-and-type",
        "customer",
        "group-and-type",
        "group",
        "type",
        "module",
    ]
    everything = {scope: (ContractId(f"c{n}"),) for n, scope in enumerate(Scope)}
    offered = contracts(**{f"c{n}": terms(1, 8) for n in range(6)})
    for n, scope in enumerate(Scope):
        rest = dict(list(everything.items())[n:])
        found = select(rest, offered, NOON)
        assert (found.contract, found.scope) == (f"c{n}", scope)
        later = [
            Loser(contract=id, scope=each, reason=Reason.LATER_SCOPE)
            for each, (id,) in rest.items()
            if each is not scope
        ]
        assert list(found.losers) == later


def test_no_contract_anywhere_is_an_explicit_no_sla() -> None:
    assert select(candidates(situation()), contracts(), NOON) == Selection(
        contract=None, version=0, scope=None, losers=()
    )


def test_a_report_without_a_type_asks_no_scope_with_a_type() -> None:
    now = situation(of_customer=(FOR_TYPE,), groups={VIP: group(GROUP_TYPE)}, type_id=None)
    assert candidates(now) == dict.fromkeys(Scope, ())


def test_what_was_not_yet_in_force_at_receipt_does_not_count() -> None:
    late = (
        folded(CONTACT, (FOR_ALL, EVENING)),
        folded(GROUP, (GROUP_ALL, EVENING)),
        folded(SETTINGS, (DefaultContractSet(contract=A), EVENING)),
    )
    kind = folded(INCIDENT_TYPE, (IncidentTypeContractSet(contract=A), EVENING))
    now = Situation(NOON, (late[0],), {VIP: late[1]}, DEFECT, kind, late[2])
    assert candidates(now) == dict.fromkeys(Scope, ())


def several(**texts: Terms) -> Selection:
    groups = {GroupId(f"g-{id}"): group(GroupContractSet(contract=ContractId(id))) for id in texts}
    return select(candidates(situation(groups=groups)), contracts(**texts), NOON)


def test_of_several_groups_the_earliest_resolution_due_wins() -> None:
    found = several(a=terms(1, 9), b=terms(2, 8), c=terms(1, 10))
    assert found.contract == B
    assert found.losers == tuple(Loser(contract=id, scope=Scope.GROUP, reason=Reason.LESS_STRICT) for id in (A, C))


def test_of_equal_resolutions_the_earliest_first_response_wins() -> None:
    assert several(a=terms(2, 8), b=terms(1, 8)).contract == B


def test_of_equal_dues_the_smallest_id_wins() -> None:
    assert several(b=terms(1, 8), a=terms(1, 8)).contract == A


def test_a_missing_target_counts_as_latest() -> None:
    assert several(a=terms(1, None), b=terms(1, 40)).contract == B
    assert several(a=terms(None, 8), b=terms(7, 8)).contract == B


def test_a_target_that_is_never_reached_counts_as_latest() -> None:
    assert several(a=terms(1, 80_000), b=terms(2, 40)).contract == B


def test_dues_are_compared_not_hours() -> None:
    closed_on_mondays = OFFICE_HOURS.model_copy(update={"week": ((), *OFFICE_HOURS.week[1:])})
    other = ContractId("b")
    slow = Terms(calendar="mondays-off", general=Targets(resolution_seconds=3600))
    found = book({A: terms(1, 2), other: slow}, {OFFICE: OFFICE_HOURS, slow.calendar: closed_on_mondays})
    assert select({Scope.GROUP: (A, other)}, found, NOON).contract == A


def test_the_targets_of_a_ticket_not_yet_assessed_are_compared() -> None:
    eager = Terms(
        calendar=OFFICE, general=Targets(resolution_seconds=3600), not_assessed=Targets(resolution_seconds=36_000)
    )
    assert several(a=eager, b=terms(1, 8)).contract == B


def test_the_same_contract_of_two_groups_is_one_candidate() -> None:
    groups = {GroupId(id): group(GROUP_ALL) for id in ("x", "y")}
    assert candidates(situation(groups=groups))[Scope.GROUP] == (A,)


def test_the_winner_is_named_with_the_version_in_force() -> None:
    versions = book(
        {A: [(MORNING, terms(1, 8)), (on_monday(11), terms(1, 7)), (EVENING, terms(1, 6))]}, {OFFICE: OFFICE_HOURS}
    )
    assert select({Scope.TYPE: (A,)}, versions, NOON).version == 2


def test_a_contract_that_wins_in_one_scope_still_loses_in_the_others() -> None:
    found = select(candidates(situation(of_type=A, default=A)), contracts(a=terms(1, 8)), NOON)
    assert found.losers == (Loser(contract=A, scope=Scope.MODULE, reason=Reason.LATER_SCOPE),)


def test_those_merged_into_one_bring_the_terms_of_each() -> None:
    now = situation(of_customer=(FOR_ALL,))
    other = ContactContractSet(contract=ContractId("b")), ContactContractSet(incident_type=DEFECT, contract=A)
    merged = replace(now, customers=(*now.customers, customer(*other), customer()))
    assert candidates(merged)[Scope.CUSTOMER] == (A, "b")
    assert candidates(merged)[Scope.CUSTOMER_AND_TYPE] == (A,)
    assert candidates(replace(now, customers=())) == dict.fromkeys(Scope, ())
