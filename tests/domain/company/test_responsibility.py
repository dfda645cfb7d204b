"""Of whoever answers and cannot one is told once, and once when it is mended (R-DIR-4)."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from specification import facts, folded, having

from domain.company.responsibility import (
    RESPONSIBILITY,
    Kind,
    LackFound,
    Lacking,
    Lacks,
    LackSettled,
    ResponsibilityEvent,
    Row,
    check,
)
from domain.values import Id
from examples import ANNA, BORIS, INVOICING, VIP

HERS = Row(Kind.GROUP, VIP, INVOICING, ANNA)
NOBODYS = HERS._replace(worker=None)
BLIND, AWAY = (Lacking.DIRECTORY,), (Lacking.ACTIVE, Lacking.DIRECTORY)


def found(row: Row, lacks: tuple[Lacking, ...]) -> LackFound:
    return LackFound(**row._asdict(), lacks=lacks)


def settled(row: Row) -> LackSettled:
    return LackSettled(**row._asdict())


def test_what_is_found_is_told_once() -> None:
    having(RESPONSIBILITY).deciding(check, {}).then()
    having(RESPONSIBILITY).deciding(check, {HERS: BLIND}).then(found(HERS, BLIND))
    having(RESPONSIBILITY, found(HERS, BLIND)).deciding(check, {HERS: BLIND}).then()


def test_who_lacks_something_else_is_told_of_again() -> None:
    having(RESPONSIBILITY, found(HERS, BLIND)).deciding(check, {HERS: AWAY}).then(found(HERS, AWAY))
    having(RESPONSIBILITY, found(HERS, BLIND), found(HERS, AWAY)).deciding(check, {HERS: AWAY}).then()


def test_what_is_mended_is_told_once_and_what_comes_back_again() -> None:
    having(RESPONSIBILITY, found(HERS, BLIND)).deciding(check, {}).then(settled(HERS))
    over = found(HERS, BLIND), settled(HERS)
    having(RESPONSIBILITY, *over).deciding(check, {}).then()
    having(RESPONSIBILITY, *over).deciding(check, {HERS: BLIND}).then(found(HERS, BLIND))


def test_each_row_stands_for_itself() -> None:
    others = [
        HERS._replace(worker=BORIS),
        HERS._replace(process_area=None),
        HERS._replace(thing=Id("regulars")),
        HERS._replace(kind=Kind.PROCESS_AREA),
        NOBODYS,
    ]
    for other in others:
        having(RESPONSIBILITY, found(HERS, BLIND)).deciding(check, {other: BLIND}).then(
            settled(HERS), found(other, BLIND)
        )


rows = st.builds(
    Row,
    st.sampled_from(Kind),
    st.sampled_from([Id("vip"), Id("regulars")]),
    st.none() | st.just(INVOICING),
    st.none() | st.sampled_from([ANNA, BORIS]),
)
lacks = st.dictionaries(rows, st.sampled_from([BLIND, AWAY]), max_size=5)


@given(st.lists(lacks, max_size=5))
def test_after_every_check_that_is_open_which_was_found_and_asking_again_tells_nothing(
    seen: list[Lacks],
) -> None:
    told: list[ResponsibilityEvent] = []
    for each in seen:
        told += check(RESPONSIBILITY.fold(facts(RESPONSIBILITY, *told)), each)
        state = folded(RESPONSIBILITY, *told)
        assert state.open == each
        assert [*check(state, each)] == []


@given(lacks, lacks)
def test_what_is_told_does_not_hang_on_the_order_in_which_it_was_found(before: Lacks, after: Lacks) -> None:
    state = folded(RESPONSIBILITY, *check(folded(RESPONSIBILITY), before))
    turned = dict(reversed(list(after.items())))
    assert [*check(state, after)] == [*check(state, turned)]
