"""What may be asked about workers, teams and areas themselves in a small company, and who is to be away there."""

from __future__ import annotations

from datetime import timedelta

from clientele import made
from company import OLENA, ZOE
from hypothesis import strategies as st
from specification import Happened, of, on_monday

from commands.staff.area import CloseArea, MoveArea, NameAreaHead, RenameArea, ReopenArea
from commands.staff.team import DisbandTeam, NameTeamLeader, RenameTeam
from commands.staff.worker import EndAbsence, PlanAbsence, RenameWorker
from domain.staff.absence import WorkerAbsencePlanned
from domain.staff.worker import WORKER
from examples import ANNA, BORIS, HOTLINE, LEAVE, OFFICE_FLOOR, WORKSHOP

TEN = on_monday(10)
HOURS = [timedelta(hours=hours) for hours in (-30, 0, 1, 50)]

MORE_STAFF: list[Happened] = of(
    WORKER, ANNA, WorkerAbsencePlanned(absence=LEAVE, since=TEN, until=on_monday(20), substitute=BORIS)
)
workers = st.sampled_from([ANNA, ANNA, BORIS, ZOE, OLENA])
areas = st.sampled_from([WORKSHOP, OFFICE_FLOOR])

ABOUT_STAFF = st.one_of(
    st.builds(RenameWorker, worker=workers, name=st.just("Nobody else")),
    st.builds(
        PlanAbsence,
        worker=workers,
        since=st.sampled_from(HOURS).map(lambda hours: TEN + hours),
        until=st.none() | st.sampled_from(HOURS).map(lambda hours: TEN + 2 * hours),
        substitute=st.none() | workers,
    ),
    st.builds(EndAbsence, worker=st.just(ANNA), absence=st.just(LEAVE)),
    st.builds(EndAbsence, worker=workers, absence=st.integers(0, 9).map(made)),
    st.builds(RenameTeam, team=st.just(HOTLINE), name=st.sampled_from(["Helpdesk", "Others"])),
    st.builds(NameTeamLeader, team=st.just(HOTLINE), worker=st.none() | workers),
    st.builds(DisbandTeam, team=st.just(HOTLINE)),
    st.builds(RenameArea, area=areas, name=st.sampled_from(["Repairs", "Others"])),
    st.builds(NameAreaHead, area=areas, worker=st.none() | workers),
    st.builds(MoveArea, area=areas, parent=st.none() | areas),
    *(st.builds(kind, area=areas) for kind in (CloseArea, ReopenArea)),  # type: ignore[arg-type]
)
