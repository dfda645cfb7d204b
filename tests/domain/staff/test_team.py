"""A team has members, and a leader from among them or none."""

import pytest
from specification import folded, having

from domain.staff.team import (
    TEAM,
    LeaderNotInTeam,
    Team,
    TeamAlreadyFormed,
    TeamDisbanded,
    TeamFormed,
    TeamLeaderNamed,
    TeamMemberAdded,
    TeamMemberRemoved,
    TeamRenamed,
    TeamUnknown,
    add,
    disband,
    form,
    lead,
    remove,
    rename,
)
from examples import ANNA, BORIS

FORMED = TeamFormed(name="Hotline")
WITH_ANNA = TeamMemberAdded(worker=ANNA)
LED_BY_ANNA = TeamLeaderNamed(worker=ANNA)


def test_a_team_is_formed_once() -> None:
    having(TEAM).deciding(form, "Hotline").then(FORMED)
    having(TEAM, FORMED).deciding(form, "Hotline").refused(TeamAlreadyFormed)


@pytest.mark.parametrize("rule", [add, remove, lead])
def test_what_was_never_formed_has_no_members(rule: object) -> None:
    assert callable(rule)
    having(TEAM).deciding(rule, ANNA).refused(TeamUnknown)


def test_a_member_is_added_once_and_removed_once() -> None:
    having(TEAM, FORMED).deciding(add, ANNA).then(WITH_ANNA)
    having(TEAM, FORMED, WITH_ANNA).deciding(add, ANNA).then()
    having(TEAM, FORMED, WITH_ANNA).deciding(remove, ANNA).then(TeamMemberRemoved(worker=ANNA))
    having(TEAM, FORMED, WITH_ANNA).deciding(remove, BORIS).then()


def test_a_member_leads() -> None:
    having(TEAM, FORMED, WITH_ANNA).deciding(lead, ANNA).then(LED_BY_ANNA)
    having(TEAM, FORMED, WITH_ANNA, LED_BY_ANNA).deciding(lead, ANNA).then()
    having(TEAM, FORMED, WITH_ANNA).deciding(lead, BORIS).refused(LeaderNotInTeam)


def test_a_team_may_be_led_by_nobody() -> None:
    having(TEAM, FORMED, WITH_ANNA, LED_BY_ANNA).deciding(lead, None).then(TeamLeaderNamed(worker=None))
    having(TEAM, FORMED).deciding(lead, None).then()


def test_a_leader_who_leaves_leads_no_longer() -> None:
    with_boris = TeamMemberAdded(worker=BORIS)
    both = (FORMED, WITH_ANNA, with_boris, LED_BY_ANNA)
    assert folded(TEAM, *both) == Team(True, frozenset({ANNA, BORIS}), ANNA, "Hotline")
    assert folded(TEAM, *both, TeamMemberRemoved(worker=BORIS)) == Team(True, frozenset({ANNA}), ANNA, "Hotline")
    assert folded(TEAM, *both, TeamMemberRemoved(worker=ANNA)) == Team(True, frozenset({BORIS}), None, "Hotline")


def test_a_team_is_renamed_to_another_name() -> None:
    renamed = TeamRenamed(name="Helpdesk")
    having(TEAM, FORMED).deciding(rename, "Helpdesk").then(renamed)
    having(TEAM, FORMED).deciding(rename, "Hotline").then()
    having(TEAM, FORMED, renamed).deciding(rename, "Helpdesk").then()
    having(TEAM, FORMED, renamed).deciding(rename, "Hotline").then(TeamRenamed(name="Hotline"))
    having(TEAM).deciding(rename, "Hotline").refused(TeamUnknown)
    assert folded(TEAM, FORMED, WITH_ANNA, LED_BY_ANNA, renamed).leader == ANNA


def test_a_team_that_is_disbanded_has_nobody_and_is_unknown_for_good() -> None:
    with_boris = TeamMemberAdded(worker=BORIS)
    gone = [TeamMemberRemoved(worker=ANNA), TeamMemberRemoved(worker=BORIS), TeamDisbanded()]
    life = (FORMED, with_boris, WITH_ANNA, LED_BY_ANNA)
    having(TEAM, *life).deciding(disband).then(*gone)
    having(TEAM, FORMED).deciding(disband).then(TeamDisbanded())
    having(TEAM).deciding(disband).refused(TeamUnknown)
    after = having(TEAM, *life, *gone)
    after.deciding(disband).then()
    after.deciding(form, "Hotline").refused(TeamAlreadyFormed)
    after.deciding(rename, "Helpdesk").refused(TeamUnknown)
    for rule in (add, remove, lead):
        after.deciding(rule, ANNA).refused(TeamUnknown)
    assert after.state == Team(name="Hotline", disbanded=True)
