"""The second opinion is itself right: small cases reckoned by hand, and made-up logs it can read."""

import csv
import importlib.util
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from adapters.helpdesk.sample import COLUMNS, write_sample

HERE = Path(__file__).parent
EXAMPLES = sorted((HERE.parent.parent / "examples" / "helpdesk").glob("*.toml"))

OFFICE = """
zone = "Europe/Rome"
holidays = [2012-10-10]
[week]
monday = ["09:00-13:00", "14:00-18:00"]
tuesday = ["09:00-13:00", "14:00-18:00"]
wednesday = ["09:00-13:00", "14:00-18:00"]
thursday = ["09:00-13:00", "14:00-18:00"]
friday = ["09:00-13:00", "14:00-18:00"]
[levels.gold]
not-assessed = { first_response = "4h", resolution = "40h" }
minor = { first_response = "2h", resolution = "8h" }
major = { first_response = "1h", resolution = "2h" }
silent = { resolution = "8h" }
general = { first_response = "30m", resolution = "1h30m" }
"""


def load(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


naive = load(HERE / "helpdesk_sla.py")

Step = tuple[str, str] | tuple[str, str, str]
Judge = Callable[..., Any]


@pytest.fixture
def judge(tmp_path: Path) -> Judge:
    """The row of one case whose steps are (local time, activity, seriousness); a bare time is 8 October 2012."""

    def judge(*steps: Step, setup: str = OFFICE, level: str = "gold") -> Any:
        log, settings = tmp_path / "log.csv", tmp_path / "setup.toml"
        settings.write_text(setup, encoding="utf-8")
        with log.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, COLUMNS)
            writer.writeheader()
            for time, activity, *rest in steps:
                at = time if len(time) > len("HH:MM:SS") else f"2012-10-08 {time}"
                row = dict.fromkeys(COLUMNS, "Value 1") | {"case": "Case 1", "activity": activity, "completed_at": at}
                writer.writerow(row | {"seriousness": rest[0] if rest else "minor", "service_level": level})
        return naive.report(log, settings)["Case 1"]

    return judge


def one_interval(day: str, hours: str, target: str) -> str:
    return f"""
zone = "Europe/Rome"
[week]
{day} = {hours}
[levels.gold]
general = {{ resolution = "{target}" }}
"""


RECEIVED: Step = ("09:00:00", "Assign seriousness", "minor")
RECEIVED_MAJOR: Step = ("09:00:00", "Assign seriousness", "major")
TAKEN: Step = ("09:30:00", "Take in charge ticket")


def test_a_target_used_up_to_the_second_is_met(judge: Judge) -> None:
    row = judge(RECEIVED, TAKEN, ("18:00:00", "Resolve ticket"), ("2012-10-25 09:00:00", "Closed"))
    assert row.resolution_outcome == "met"
    assert row.resolution_seconds == 8 * 3600
    assert row.resolution_due == "2012-10-08T16:00:00+00:00"
    assert row.first_response_outcome == "met"
    assert row.first_response_seconds == 1800
    assert row.first_response_due == "2012-10-08T09:00:00+00:00"


def test_a_target_used_up_at_closing_is_due_at_closing_though_no_business_time_passed_since(judge: Judge) -> None:
    row = judge(RECEIVED, ("18:00:01", "Resolve ticket"))
    assert row.resolution_outcome == "missed"
    assert row.resolution_seconds == 8 * 3600


def test_waiting_is_cut_out_of_the_resolution(judge: Judge) -> None:
    steps = (
        ("10:00:00", "Assign seriousness", "minor"),
        ("11:00:00", "Take in charge ticket"),
        ("12:00:00", "Wait"),
        ("2012-10-09 09:30:00", "Wait"),  # repeated: changes nothing
        ("2012-10-09 10:00:00", "Take in charge ticket"),
    )
    met = judge(*steps, ("2012-10-09 17:00:00", "Resolve ticket"))
    assert (met.resolution_outcome, met.resolution_seconds) == ("met", 8 * 3600)
    assert met.resolution_due == "2012-10-09T15:00:00+00:00"
    missed = judge(*steps, ("2012-10-09 17:00:01", "Resolve ticket"))
    assert (missed.resolution_outcome, missed.resolution_seconds) == ("missed", 8 * 3600 + 1)


def test_waiting_is_not_cut_out_of_the_first_response(judge: Judge) -> None:
    row = judge(RECEIVED, ("09:30:00", "Wait"), ("12:00:00", "Take in charge ticket"))
    assert (row.first_response_outcome, row.first_response_seconds) == ("missed", 3 * 3600)


def test_any_other_row_ends_waiting_even_a_note(judge: Judge) -> None:
    row = judge(RECEIVED, TAKEN, ("10:00:00", "Wait"), ("12:00:00", "VERIFIED"), ("16:00:00", "Resolve ticket"))
    assert row.resolution_seconds == (1 + 1 + 2) * 3600


def test_a_waiting_ticket_has_no_resolution_due(judge: Judge) -> None:
    row = judge(RECEIVED, ("09:30:00", "Wait"))
    assert (row.resolution_outcome, row.resolution_due) == ("open", None)
    assert (row.first_response_outcome, row.first_response_due) == ("open", "2012-10-08T09:00:00+00:00")


def test_an_open_ticket_shows_its_due_and_no_seconds(judge: Judge) -> None:
    row = judge(RECEIVED, TAKEN)
    assert (row.resolution_outcome, row.resolution_seconds) == ("open", None)
    assert row.resolution_due == "2012-10-08T16:00:00+00:00"


def test_the_time_between_resolved_and_reopened_is_cut_out(judge: Judge) -> None:
    steps = (RECEIVED, TAKEN, ("13:00:00", "Resolve ticket"), ("2012-10-09 10:00:00", "Take in charge ticket"))
    open_again = judge(*steps)
    assert (open_again.resolution_outcome, open_again.resolution_seconds) == ("open", 4 * 3600)
    met = judge(*steps, ("2012-10-09 15:00:00", "Resolve ticket"))
    assert (met.resolution_outcome, met.resolution_seconds) == ("met", 8 * 3600)
    assert met.resolution_due == "2012-10-09T13:00:00+00:00"


def test_a_reopening_wait_cuts_on(judge: Judge) -> None:
    row = judge(
        RECEIVED,
        TAKEN,
        ("12:00:00", "Resolve ticket"),
        ("15:00:00", "Wait"),
        ("16:00:00", "Insert ticket"),
        ("17:00:00", "Closed"),
    )
    assert (row.resolution_outcome, row.resolution_seconds) == ("met", (3 + 1) * 3600)


def test_missed_once_is_missed_for_ever(judge: Judge) -> None:
    steps = (RECEIVED_MAJOR, TAKEN, ("12:00:00", "Resolve ticket"), ("12:30:00", "Assign seriousness", "minor"))
    for row, hours in (judge(*steps), 3), (judge(*steps, ("15:00:00", "Resolve ticket")), 4.5):
        assert (row.severity, row.resolution_outcome) == ("minor", "missed")
        assert row.resolution_due == "2012-10-08T09:00:00+00:00"
        assert row.resolution_seconds == hours * 3600


def test_a_second_resolution_a_note_and_a_closing_change_nothing(judge: Judge) -> None:
    row = judge(
        RECEIVED,
        TAKEN,
        ("11:00:00", "Resolve ticket"),
        ("12:00:00", "RESOLVED"),
        ("15:00:00", "VERIFIED"),
        ("2012-10-25 10:00:00", "Closed"),
        ("2012-10-26 10:00:00", "Closed"),
    )
    assert (row.resolution_outcome, row.resolution_seconds) == ("met", 2 * 3600)


def test_closed_resolves_what_was_not_and_reopens_like_it(judge: Judge) -> None:
    row = judge(RECEIVED, ("10:00:00", "Closed"), ("12:00:00", "Take in charge ticket"), ("13:00:00", "Closed"))
    assert (row.resolution_outcome, row.resolution_seconds) == ("met", 2 * 3600)
    assert (row.first_response_outcome, row.first_response_seconds) == ("met", 3600)


def test_without_an_answer_the_resolution_is_the_first_response(judge: Judge) -> None:
    row = judge(RECEIVED, ("12:00:00", "Resolve ticket"), ("12:10:00", "Take in charge ticket"))
    assert (row.first_response_outcome, row.first_response_seconds) == ("missed", 3 * 3600)
    assert row.first_response_due == "2012-10-08T09:00:00+00:00"


def test_a_target_missed_before_the_severity_fell_stays_missed_by_the_old_terms(judge: Judge) -> None:
    row = judge(RECEIVED_MAJOR, ("12:00:00", "Assign seriousness", "minor"), ("12:10:00", "Resolve ticket"))
    assert (row.severity, row.resolution_outcome, row.resolution_due) == (
        "minor",
        "missed",
        "2012-10-08T09:00:00+00:00",
    )
    assert (row.first_response_outcome, row.first_response_due) == ("missed", "2012-10-08T08:00:00+00:00")


def test_a_severity_that_rose_too_late_is_missed_with_the_true_due(judge: Judge) -> None:
    row = judge(RECEIVED, ("12:00:00", "Assign seriousness", "major"), ("12:00:00", "Assign seriousness", "minor"))
    assert (row.resolution_outcome, row.resolution_due) == ("missed", "2012-10-08T09:00:00+00:00")


def test_terms_that_change_at_the_very_due_miss_nothing(judge: Judge) -> None:
    row = judge(RECEIVED_MAJOR, TAKEN, ("11:00:00", "Assign seriousness", "minor"), ("17:00:00", "Resolve ticket"))
    assert (row.resolution_outcome, row.resolution_due) == ("met", "2012-10-08T16:00:00+00:00")


def test_new_terms_count_from_receipt_with_the_pauses_kept(judge: Judge) -> None:
    row = judge(
        RECEIVED,
        ("09:10:00", "Take in charge ticket"),
        ("09:30:00", "Wait"),
        ("12:00:00", "Assign seriousness", "major"),
        ("14:30:00", "Resolve ticket"),
    )
    assert (row.resolution_outcome, row.resolution_due) == ("met", "2012-10-08T12:30:00+00:00")
    assert (row.first_response_outcome, row.first_response_due) == ("met", "2012-10-08T09:00:00+00:00")


def test_only_an_assessment_sets_the_severity(judge: Judge) -> None:
    row = judge(
        ("09:00:00", "Insert ticket", "major"),
        ("12:00:00", "Take in charge ticket", "major"),
        ("13:00:00", "Closed", "major"),
    )
    assert (row.severity, row.first_response_outcome, row.resolution_outcome) == ("not-assessed", "met", "met")


def test_receipt_outside_opening_hours_and_a_holiday(judge: Judge) -> None:
    row = judge(("2012-10-09 20:00:00", "Assign seriousness", "minor"), ("2012-10-11 11:00:00", "Resolve ticket"))
    assert (row.first_response_outcome, row.first_response_seconds) == ("met", 2 * 3600)
    assert row.first_response_due == "2012-10-11T09:00:00+00:00"


def test_an_unlisted_severity_gets_the_general_target(judge: Judge) -> None:
    row = judge(("09:00:00", "Assign seriousness", "odd"), ("10:30:00", "Resolve ticket"))
    assert (row.first_response_outcome, row.resolution_outcome) == ("missed", "met")


def test_without_a_target_there_is_no_outcome_but_there_are_seconds(judge: Judge) -> None:
    row = judge(
        ("09:00:00", "Assign seriousness", "silent"),
        ("10:00:00", "Take in charge ticket"),
        ("11:00:00", "Resolve ticket"),
    )
    assert (row.first_response_outcome, row.first_response_due, row.first_response_seconds) == ("none", None, 3600)
    row = judge(RECEIVED, ("11:00:00", "Resolve ticket"), level="unknown")
    assert (row.resolution_outcome, row.resolution_due, row.resolution_seconds) == ("none", None, 7200)
    assert judge(RECEIVED, level="unknown").resolution_outcome == "none"


def test_a_target_out_of_reach_is_met_without_due(judge: Judge) -> None:
    row = judge(RECEIVED, ("2013-10-08 12:00:00", "Resolve ticket"), setup=one_interval("sunday", "[]", "1h"))
    assert (row.resolution_outcome, row.resolution_due, row.resolution_seconds) == ("met", None, 0)


def test_closed_without_resolution_cancels_what_is_open(judge: Judge) -> None:
    row = judge(RECEIVED, ("10:00:00", "INVALID"), ("12:00:00", "VERIFIED"), ("2012-10-25 10:00:00", "Closed"))
    assert (row.first_response_outcome, row.first_response_due, row.first_response_seconds) == ("cancelled", None, None)
    assert (row.resolution_outcome, row.resolution_due, row.resolution_seconds) == ("cancelled", None, None)


def test_what_was_missed_is_not_cancelled(judge: Judge) -> None:
    row = judge(RECEIVED, ("12:00:00", "DUPLICATE"))
    assert (row.first_response_outcome, row.first_response_due) == ("missed", "2012-10-08T09:00:00+00:00")
    assert row.resolution_outcome == "cancelled"


def test_a_resolution_stands_when_the_ticket_is_closed_as_invalid_after_it(judge: Judge) -> None:
    steps = (RECEIVED, TAKEN, ("11:00:00", "Resolve ticket"), ("12:00:00", "INVALID"))
    for row in judge(*steps), judge(*steps, ("2012-10-09 18:00:00", "Resolve ticket")):
        assert (row.resolution_outcome, row.resolution_seconds, row.resolution_due) == (
            "met",
            7200,
            "2012-10-08T16:00:00+00:00",
        )


def test_a_resolution_after_a_closing_without_one_is_the_first(judge: Judge) -> None:
    row = judge(RECEIVED, TAKEN, ("11:00:00", "DUPLICATE"), ("2012-10-09 11:00:00", "Resolve ticket"))
    assert (row.resolution_outcome, row.resolution_seconds) == ("met", 7200)
    assert row.resolution_due == "2012-10-09T16:00:00+00:00"


def test_reopened_after_a_closing_without_resolution_the_response_is_judged_uncut(judge: Judge) -> None:
    row = judge(RECEIVED, ("09:10:00", "INVALID"), ("10:00:00", "Take in charge ticket"))
    assert (row.first_response_outcome, row.first_response_seconds, row.resolution_outcome) == ("met", 3600, "open")


@pytest.mark.parametrize(
    ("received", "hours", "target", "due"),
    [
        ("2012-03-24 12:00:00", '["00:00-06:00"]', "5h", "2012-03-25T04:00:00+00:00"),  # the short night has five hours
        ("2012-10-27 12:00:00", '["00:00-06:00"]', "7h", "2012-10-28T05:00:00+00:00"),  # the long one seven
        ("2012-03-24 12:00:00", '["00:00-02:30"]', "2h30m", "2012-03-25T01:30:00+00:00"),  # skipped: moved to 03:30
        ("2012-10-27 12:00:00", '["00:00-02:30"]', "2h30m", "2012-10-28T00:30:00+00:00"),  # twice: the first
        ("2012-10-27 12:00:00", '["00:00-02:30"]', "2h30m1s", "2012-11-03T23:00:01+00:00"),
        (
            "2012-03-24 12:00:00",
            '["01:00-02:30", "03:00-05:00"]',
            "3h",
            "2012-03-25T03:00:00+00:00",
        ),  # never counted twice
        (
            "2012-10-28 02:30:00",
            '["00:00-06:00"]',
            "1h",
            "2012-10-28T01:30:00+00:00",
        ),  # read as the first half past two
    ],
)
def test_clock_changes(judge: Judge, received: str, hours: str, target: str, due: str) -> None:
    assert judge((received, "Insert ticket"), setup=one_interval("sunday", hours, target)).resolution_due == due


@pytest.mark.parametrize(
    ("target", "due"), [("3h", "2012-10-12T22:00:00+00:00"), ("4h30m", "2012-10-12T23:30:00+00:00")]
)
def test_an_interval_may_end_at_midnight(judge: Judge, target: str, due: str) -> None:
    week = one_interval("friday", '["20:00-24:00"]\nsaturday = ["00:00-02:00"]', target)
    assert judge(("2012-10-12 21:00:00", "Insert ticket"), setup=week).resolution_due == due


def test_the_calendar_has_its_own_zone_the_log_is_read_in_rome(judge: Judge) -> None:
    london = one_interval("monday", '["09:00-18:00"]', "1h").replace("Europe/Rome", "Europe/London")
    assert judge(("09:30:00", "Insert ticket"), setup=london).resolution_due == "2012-10-08T09:00:00+00:00"


def test_the_parts_of_an_explanation_add_up(judge: Judge, tmp_path: Path) -> None:
    row = judge(
        RECEIVED, TAKEN, ("10:00:00", "Wait"), ("12:00:00", "Take in charge ticket"), ("16:00:00", "Resolve ticket")
    )
    lines = list(naive.explain(tmp_path / "log.csv", tmp_path / "setup.toml", "Case 1"))
    assert "cut out 2012-10-08T08:00:00+00:00 .. 2012-10-08T10:00:00+00:00: 7200 s" in lines
    assert lines[-2].endswith(f"{row.resolution_seconds} s so far")


def test_the_report_is_printed_as_csv(judge: Judge, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    judge(RECEIVED, TAKEN)
    naive.main([str(tmp_path / "log.csv"), str(tmp_path / "setup.toml")])
    header, row = csv.reader(capsys.readouterr().out.splitlines())
    assert tuple(header) == naive.Row._fields
    assert row == [
        "Case 1",
        "gold",
        "minor",
        "1800",
        "",
        "2012-10-08T09:00:00+00:00",
        "2012-10-08T16:00:00+00:00",
        "met",
        "open",
    ]


def test_a_sample_is_the_same_for_a_seed_and_another_for_another(tmp_path: Path) -> None:
    first, again, other = (tmp_path / name for name in ("first", "again", "other"))
    write_sample(first, seed=7, cases=200)
    write_sample(again, seed=7, cases=200)
    write_sample(other, seed=8, cases=200)
    assert first.read_bytes() == again.read_bytes()
    assert first.read_bytes() != other.read_bytes()


def test_a_sample_has_the_habits_of_the_real_log(tmp_path: Path) -> None:
    write_sample(tmp_path / "log.csv")
    with (tmp_path / "log.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    cases: dict[str, list[dict[str, str]]] = {}
    for row in rows:
        cases.setdefault(row["case"], []).append(row)
    assert tuple(rows[0]) == COLUMNS
    assert len(cases) == 4_479
    assert 20_000 < len(rows) < 22_000
    assert len({row["activity"] for row in rows}) == 14
    assert [len({row[name] for row in rows}) for name in ("service_level", "seriousness", "resource")] == [4, 4, 22]
    assert all(steps == sorted(steps, key=lambda row: row["completed_at"]) for steps in cases.values())
    received = Counter((steps[0]["customer"], steps[0]["completed_at"]) for steps in cases.values())
    assert max(received.values()) == 1  # or a customer could be in two levels at one instant


@pytest.mark.parametrize("setup", EXAMPLES, ids=lambda path: path.stem)
def test_a_sample_is_judged_under_both_example_setups(setup: Path, tmp_path: Path) -> None:
    write_sample(tmp_path / "log.csv", cases=600)
    report = naive.report(tmp_path / "log.csv", setup)
    assert len(report) == 600
    assert {row.group for row in report.values()} <= {f"Value {number}" for number in range(1, 5)}
    outcomes = Counter(row.resolution_outcome for row in report.values())
    assert outcomes["met"] > 100
    assert outcomes["missed"] > 100


def test_there_are_two_example_setups() -> None:
    assert [path.stem for path in EXAMPLES] == ["extended", "office"]
