"""Teams with their leaders, areas with their heads and parents, and absences, as they stand after everything."""

from __future__ import annotations

from datetime import timedelta

from company import COMPANY_SO_FAR
from rows import shown
from specification import of, on_monday

from domain.staff.absence import WorkerAbsenceEnded, WorkerAbsencePlanned
from domain.staff.area import AREA, AreaClosed, AreaHeadNamed, AreaMoved, AreaRenamed, AreaReopened
from domain.staff.team import TEAM, TeamDisbanded, TeamLeaderNamed, TeamMemberRemoved, TeamRenamed
from domain.staff.worker import WORKER, WorkerRenamed
from domain.values import AbsenceId
from examples import ANNA, ANNA_SUBJECT, BORIS, HOTLINE, LEAVE, OFFICE_FLOOR, WORKSHOP

TEN, NOON = on_monday(10), on_monday(12)
LEADS = of(TEAM, HOTLINE, TeamLeaderNamed(worker=BORIS))
AWAY = of(WORKER, ANNA, WorkerAbsencePlanned(absence=LEAVE, since=TEN, until=NOON, substitute=BORIS))


def test_a_team_is_shown_with_its_leader() -> None:
    assert shown(COMPANY_SO_FAR)["teams"][HOTLINE,] == {"name": "Hotline", "leader": None, "disbanded": False}
    renamed = of(TEAM, HOTLINE, TeamRenamed(name="Helpdesk"))
    found = shown(COMPANY_SO_FAR, LEADS, renamed)
    assert found["teams"][HOTLINE,] == {"name": "Helpdesk", "leader": BORIS, "disbanded": False}
    assert found["names"]["team", HOTLINE] == {"name": "Helpdesk"}


def test_who_leaves_a_team_does_not_lead_it() -> None:
    left = of(TEAM, HOTLINE, TeamMemberRemoved(worker=BORIS))
    assert shown(COMPANY_SO_FAR, LEADS, left)["teams"][HOTLINE,]["leader"] is None
    assert shown(COMPANY_SO_FAR, LEADS, of(TEAM, HOTLINE, TeamMemberRemoved(worker=ANNA)))["teams"][HOTLINE,]["leader"]


def test_a_disbanded_team_stays_to_be_called_by_its_name() -> None:
    found = shown(COMPANY_SO_FAR, of(TEAM, HOTLINE, TeamMemberRemoved(worker=BORIS), TeamDisbanded()))
    assert found["teams"][HOTLINE,] == {"name": "Hotline", "leader": None, "disbanded": True}
    assert found["access_members"] == {}


def test_an_area_is_shown_with_its_head_and_where_it_lies() -> None:
    changed = of(
        AREA, WORKSHOP, AreaRenamed(name="Repairs"), AreaHeadNamed(worker=ANNA), AreaMoved(parent=OFFICE_FLOOR)
    )
    found = shown(COMPANY_SO_FAR, changed)
    assert found["areas"][WORKSHOP,] == {"name": "Repairs", "parent": OFFICE_FLOOR, "head": ANNA, "closed": False}
    assert found["areas"][OFFICE_FLOOR,] == {"name": "Office floor", "parent": None, "head": None, "closed": False}
    assert found["names"]["area", WORKSHOP] == {"name": "Repairs"}


def test_what_happened_last_tells_whether_an_area_is_closed_not_what_was_told_last() -> None:
    closed, reopened = of(AREA, WORKSHOP, AreaClosed(), at=TEN), of(AREA, WORKSHOP, AreaReopened(), at=NOON)
    assert shown(COMPANY_SO_FAR, closed)["areas"][WORKSHOP,]["closed"] is True
    assert shown(COMPANY_SO_FAR, closed, reopened)["areas"][WORKSHOP,]["closed"] is False
    assert shown(COMPANY_SO_FAR, reopened, closed)["areas"][WORKSHOP,]["closed"] is False


def test_an_absence_that_ends_early_ends_there_and_one_taken_back_is_none() -> None:
    assert shown(COMPANY_SO_FAR, AWAY)["absences"] == {
        (ANNA, LEAVE): {"since": TEN, "until": NOON, "substitute": BORIS}
    }
    for at, until in ((TEN + timedelta(hours=1), TEN + timedelta(hours=1)), (NOON + timedelta(hours=1), NOON)):
        ended = of(WORKER, ANNA, WorkerAbsenceEnded(absence=LEAVE), at=at)
        assert shown(COMPANY_SO_FAR, AWAY, ended, page=1)["absences"][ANNA, LEAVE]["until"] == until
    cure = of(WORKER, ANNA, WorkerAbsencePlanned(absence=AbsenceId("cure"), since=TEN, until=None, substitute=None))
    back = of(WORKER, ANNA, WorkerAbsenceEnded(absence=LEAVE), at=TEN)
    for page in (1, 1000):
        assert shown(COMPANY_SO_FAR, AWAY, cure, back, page=page)["absences"].keys() == {(ANNA, "cure")}


def test_a_renamed_worker_is_called_by_the_last_name() -> None:
    renamed = of(WORKER, ANNA, WorkerRenamed(subject=ANNA_SUBJECT, name="Anna Shevchenko"))
    row = shown(COMPANY_SO_FAR, renamed)["worker_names"][ANNA,]
    assert row["subject"] == ANNA_SUBJECT
    assert row["name"][:4] == ["worker.renamed", "worker-anna", 4, "name"]
