"""What stands in the way is told all at once, by what it is and which, and never by what anybody is called."""

import pytest
from pydantic import ValidationError

from domain.privacy.obstacle import MOST_TOLD, ErasureObstructed, Obstacle, ObstacleKind, listed, needs_none
from examples import LAWSUIT, PUMP

TICKET = Obstacle(kind=ObstacleKind.OPEN_TICKET, thing=PUMP)
HELD = Obstacle(kind=ObstacleKind.LEGAL_HOLD, ground=LAWSUIT)
UNSET = Obstacle(kind=ObstacleKind.PROOF_RETENTION_UNSET)


def refusal(*obstacles: Obstacle) -> str:
    with pytest.raises(ErasureObstructed) as refused:
        needs_none(obstacles)
    return str(refused.value.about)


def test_where_nothing_is_in_the_way_nothing_is_refused() -> None:
    needs_none(())
    needs_none(iter(()))


def test_all_that_is_in_the_way_is_told_at_once_in_its_order() -> None:
    assert refusal(TICKET) == "open-ticket pump"
    assert refusal(TICKET, HELD, UNSET) == "open-ticket pump\nlegal-hold lawsuit\nproof-retention-unset"


def test_what_was_told_is_read_again_as_what_it_is_and_which() -> None:
    assert listed(refusal(TICKET, HELD, UNSET)) == [
        {"kind": "open-ticket", "about": "pump"},
        {"kind": "legal-hold", "about": "lawsuit"},
        {"kind": "proof-retention-unset", "about": ""},
    ]
    two_words = Obstacle(kind=ObstacleKind.LEGAL_HOLD, ground="the tax office")
    assert listed(refusal(two_words)) == [{"kind": "legal-hold", "about": "the tax office"}]


def test_of_very_many_some_are_told_and_how_many_more_there_are() -> None:
    many = [Obstacle(kind=ObstacleKind.OPEN_TICKET, thing=f"t-{n}") for n in range(MOST_TOLD + 3)]
    told = [{"kind": "open-ticket", "about": f"t-{n}"} for n in range(MOST_TOLD)]
    assert listed(refusal(*many)) == [*told, {"kind": "more", "about": "3"}]
    assert listed(refusal(*many[:MOST_TOLD])) == told


@pytest.mark.parametrize("thing", ["", "Ann Smith", "ann@smith.example", "Pump", "x" * 81])
def test_a_thing_is_an_id_and_nothing_that_anybody_typed(thing: str) -> None:
    with pytest.raises(ValidationError):
        Obstacle(kind=ObstacleKind.OPEN_TICKET, thing=thing)
