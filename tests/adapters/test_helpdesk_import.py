"""A log goes in once, row by row, and what comes out is what an independent computation finds."""

from __future__ import annotations

import asyncio
import csv
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
from helpdesk import CALLER, LATER, SETUPS, decided, report, rows, second_opinion, service, steps
from typer.testing import CliRunner

from adapters.cli import app
from adapters.cli.imports import How, send
from adapters.composition import Place, client
from adapters.helpdesk.importer import AnotherImport
from adapters.helpdesk.journal import Journal
from adapters.helpdesk.log import Log, read_log
from adapters.helpdesk.plan import plan
from adapters.helpdesk.sample import COLUMNS, write_sample
from adapters.helpdesk.setup import OFFICE, read_setup
from adapters.postgres.facts import facts
from adapters.postgres.reading import snapshot
from adapters.postgres.schema import connect
from commands.staff.worker import DeactivateWorker
from domain.service.clock import Judgement, Outcome
from domain.service.promise import judge
from domain.service.statement import OutcomeCorrected, OutcomeStated
from domain.service.target import Target
from domain.staff.worker import SYSTEM
from domain.values import WorkerId
from projections.service.sla_report import SlaReport

EXTENDED = next(path for path in SETUPS if path.name != OFFICE.name)
Story = Callable[..., list[str]]


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """A log of the given rows: (case, local time, activity), and by name whatever is not "Value 1"."""

    def write(*steps: tuple[str, str, str], **fields: str) -> Path:
        path = tmp_path / "log.csv"
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, COLUMNS)
            writer.writeheader()
            for case, at, activity in steps:
                told = {"case": case, "completed_at": at, "activity": activity}
                writer.writerow(dict.fromkeys(COLUMNS, "Value 1") | fields | told)
        return path

    return write


@pytest.fixture
def story(write: Callable[..., Path]) -> Story:
    """What is asked for, row after row, when one case's rows say these things a minute apart."""

    def story(*activities: str) -> list[str]:
        path = write(*(("Case 1", f"2012-10-08 09:{minute:02}:00", each) for minute, each in enumerate(activities)))
        (chain,) = plan(read_log(path), read_setup(), CALLER)[-1].chains
        return [step.command.topic.removeprefix("ticket.") for step in chain]

    return story


def test_the_first_row_opens_the_ticket_and_the_first_taking_is_an_answered_call(story: Story) -> None:
    assert story("Insert ticket") == ["open"]
    assert story("Take in charge ticket", "Take in charge ticket") == ["open", "take", "log-call", "take"]


def test_a_wait_lasts_until_the_next_row_that_is_none(story: Story) -> None:
    assert story("Wait", "Wait", "Assign seriousness") == ["open", "hold", "hold", "resume", "assess"]
    assert story("Wait", "VERIFIED") == ["open", "hold", "resume", "note"]


def test_a_resolution_needs_no_resuming_before_it(story: Story) -> None:
    assert story("Wait", "Resolve ticket") == ["open", "hold", "resolve"]
    assert story("Wait", "Closed") == ["open", "hold", "resolve", "close"]
    assert story("Wait", "INVALID") == ["open", "hold", "close"]


def test_a_report_of_work_takes_a_ticket_that_nobody_has_taken(story: Story) -> None:
    assert story("Require upgrade", "Create SW anomaly") == ["open", "take", "note", "note"]
    assert story("Wait", "Require upgrade") == ["open", "hold", "resume", "note"]


@pytest.mark.parametrize("ended", [["Resolve ticket"], ["Closed"], ["INVALID"], ["Resolve ticket", "DUPLICATE"]])
@pytest.mark.parametrize(
    "row", ["Wait", "Take in charge ticket", "Assign seriousness", "Insert ticket", "Schedule intervention"]
)
def test_any_row_of_work_opens_again_what_was_over(story: Story, ended: list[str], row: str) -> None:
    assert story(*ended, row)[len(story(*ended)) :][0] == "reopen"


@pytest.mark.parametrize("row", ["VERIFIED", "Resolve ticket", "RESOLVED", "Closed", "INVALID"])
def test_a_note_a_second_resolution_and_a_closing_open_nothing(story: Story, row: str) -> None:
    assert "reopen" not in story("Resolve ticket", row)
    assert "reopen" not in story("Closed", row)


def test_a_resolution_after_giving_up_is_the_first_and_opens_again(story: Story) -> None:
    assert story("DUPLICATE", "Resolve ticket") == ["open", "close", "reopen", "resolve"]
    assert story("Resolve ticket", "INVALID", "Resolve ticket") == ["open", "resolve", "close"]


def test_a_skipped_local_time_moves_on_and_a_doubled_one_is_its_first(write: Callable[..., Path]) -> None:
    path = write(("Case 1", "2012-03-25 02:30:00", "Wait"), ("Case 1", "2012-10-28 02:30:00", "Wait"))
    skipped, doubled = (row.completed_at for row in read_log(path).rows())
    assert skipped == datetime(2012, 3, 25, 1, 30, tzinfo=timezone.utc)
    assert doubled == datetime(2012, 10, 28, 0, 30, tzinfo=timezone.utc)


def test_a_limit_leaves_out_tickets_and_nothing_they_rest_on(tmp_path: Path) -> None:
    log, setup = sample(tmp_path, cases=40), read_setup()
    whole, part = plan(log, setup, CALLER), plan(log, setup, CALLER, limit=7)
    assert part[:-1] == whole[:-1]
    assert part[-1].chains == whole[-1].chains[:7]


def test_every_command_has_an_id_of_its_own_that_never_changes(tmp_path: Path) -> None:
    log = sample(tmp_path, cases=40)
    ids = [step.id for step in steps(plan(log, read_setup(), CALLER))]
    assert len(ids) == len(set(ids))
    assert ids == [step.id for step in steps(plan(log, read_setup(), CALLER))]


def sample(folder: Path, *, seed: int = 1, cases: int) -> Log:
    write_sample(folder / "log.csv", seed=seed, cases=cases)
    return read_log(folder / "log.csv")


@pytest.mark.parametrize("setup", SETUPS, ids=lambda path: str(path.stem))
@pytest.mark.parametrize("seed", range(1, 4))
def test_logs_full_of_quirks_are_judged_as_the_second_opinion_judges_them(
    tmp_path: Path, seed: int, setup: Path
) -> None:
    phases = plan(sample(tmp_path, seed=seed, cases=300), read_setup(setup), CALLER)
    found = SlaReport()
    for fact in asyncio.run(decided(phases)).facts:
        found.take(fact)
    assert rows(found) == second_opinion(tmp_path / "log.csv", setup)


@pytest.mark.soak
@pytest.mark.parametrize("setup", SETUPS, ids=lambda path: str(path.stem))
def test_the_whole_real_log_is_judged_as_the_second_opinion_judges_it(data: Path, place: Place, setup: Path) -> None:
    log = data / "helpdesk_log.csv"
    phases = plan(read_log(log), read_setup(setup), CALLER)
    with service(place):
        tally = asyncio.run(send(place, phases, How()))
    assert (tally.done, tally.repeated, tally.refused) == (sum(1 for _ in steps(phases)), 0, [])
    found = report(place)
    assert rows(found) == second_opinion(log, setup)
    assert stated(place) == judged(found)


def stated(place: Place) -> dict[tuple[str, Target], tuple[Any, ...]]:
    """The last statement in every ticket's own stream."""

    async def read() -> dict[tuple[str, Target], tuple[Any, ...]]:
        async with snapshot(place.postgres_url, place.settings.schema_name) as log:
            told = facts(log, {OutcomeStated.topic, OutcomeCorrected.topic})
            return {(fact.stream, fact.event.target): essence(fact.event) async for fact in told}

    return asyncio.run(read())


def judged(found: SlaReport) -> dict[tuple[str, Target], tuple[Any, ...]]:
    """What the report, judging anew, finds decided."""
    tickets = {stream: found.states[stream] for stream in found.told}
    return {
        (stream, target): essence(one)
        for stream, ticket in tickets.items()
        for target, one in judge(ticket.moments, found.book(ticket), LATER).items()
        if one.outcome is not Outcome.NONE
    }


def essence(said: OutcomeStated | Judgement) -> tuple[Any, ...]:
    return said.outcome, said.due, said.contract, said.judged_at


@pytest.fixture
def small(tmp_path: Path) -> Path:
    write_sample(tmp_path / "log.csv", seed=5, cases=25)
    return tmp_path / "log.csv"


def test_importing_again_changes_nothing_and_says_so(small: Path, place: Place, tmp_path: Path) -> None:
    phases, journal = plan(read_log(small), read_setup(), CALLER), tmp_path / "journal"
    everything = sum(1 for _ in steps(phases))
    with service(place):
        first = asyncio.run(send(place, phases, How(journal=journal)))
        before = stored(place)
        again = asyncio.run(send(place, phases, How(in_flight=16, journal=journal)))
    assert (first.done, first.repeated, first.refused) == (everything, 0, [])
    assert (again.done, again.repeated, again.refused) == (0, everything, [])
    assert stored(place) == before
    lines = journal.read_text().splitlines()
    assert sorted(lines[:everything]) == sorted(f"{step.id} done" for step in steps(phases))
    assert sorted(lines[everything:]) == sorted(f"{step.id} again" for step in steps(phases))


def stored(place: Place) -> tuple[int, int]:
    """How many facts, and how many answered commands."""
    with connect(place.postgres_url, place.settings.schema_name) as connection:
        row = connection.execute("SELECT (SELECT count(*) FROM facts), (SELECT count(*) FROM command_log)").fetchone()
        assert row is not None
        return int(row[0]), int(row[1])


def test_a_store_takes_no_second_log_and_no_second_setup(small: Path, place: Place, tmp_path: Path) -> None:
    write_sample(tmp_path / "other.csv", seed=6, cases=10)
    with service(place):
        asyncio.run(send(place, plan(read_log(small), read_setup(), CALLER), How()))
        before = stored(place)
        for log, setup in ((small, EXTENDED), (tmp_path / "other.csv", OFFICE)):
            with pytest.raises(AnotherImport):
                asyncio.run(send(place, plan(read_log(log), read_setup(setup), CALLER), How()))
    assert stored(place) == before


def test_what_is_refused_is_listed_and_everything_else_goes_on(small: Path, place: Place) -> None:
    log = read_log(small)
    phases = plan(log, read_setup(), CALLER)
    name = phases[-1].chains[0][0].actor
    with service(place):
        asyncio.run(send(place, phases[:-1], How()))
        asyncio.run(deactivate(place, WorkerId(name)))
        tally = asyncio.run(send(place, phases, How()))
    affected = {step.about for step in steps(phases[-1:]) if step.actor == name}
    refused = [one for one in tally.refused if one.code == "RightMissing" or one.code == "LateFactsNotAllowed"]
    assert {one.about for one in refused} == affected
    assert all(one.about.startswith("Case ") for one in tally.refused)
    assert tally.done + tally.repeated + len(tally.refused) == sum(1 for _ in steps(phases))
    assert tally.done > 0


async def deactivate(place: Place, worker: WorkerId) -> None:
    async with client(place) as operator:
        await operator.send(DeactivateWorker(worker=worker, forced=True), actor=SYSTEM)


WRONG_LOGS = {
    "no column": (lambda text: text.replace("seriousness", "gravity"), "line 1: no column seriousness"),
    "no rows": (lambda text: text.partition("\n")[0], "no rows"),
    "a time that is none": (
        lambda text: text.replace("2012-10-08 09:01", "2012-13-08 09:01"),
        "line 3, column completed_at",
    ),
    "a time with an offset": (lambda text: text.replace("09:01:00", "09:01:00+02:00"), "line 3, column completed_at"),
    "a case out of order": (
        lambda text: text.replace("09:01:00", "08:01:00"),
        "line 3, column completed_at: before line 2",
    ),
    "an unknown activity": (lambda text: text.replace("Wait", "Sleep"), "line 3, column activity: 'Sleep'"),
    "an empty customer": (
        lambda text: text.replace(
            "Wait,Value 1,2012-10-08 09:01:00,Value 1,Value 1", "Wait,Value 1,2012-10-08 09:01:00,Value 1,"
        ),
        "line 3, column customer",
    ),
    "a field too many": (lambda text: text.replace("Wait", "Wait,Wait"), "line 3: 13 fields under 12 columns"),
    "a quote left open": (lambda text: text.replace("Wait", '"Wait'), "line "),
    "Latin-1": (lambda text: text.replace("Wait", "Wa\u00eft").encode("latin-1"), "line 3, byte 10: not UTF-8"),
}


@pytest.mark.parametrize("what", WRONG_LOGS)
def test_a_bad_log_is_refused_with_the_place_before_anything_is_sent(write: Callable[..., Path], what: str) -> None:
    spoil, where = WRONG_LOGS[what]
    path = write(("Case 1", "2012-10-08 09:00:00", "Insert ticket"), ("Case 1", "2012-10-08 09:01:00", "Wait"))
    spoiled: str | bytes = spoil(path.read_text(encoding="utf-8"))
    path.write_bytes(spoiled if isinstance(spoiled, bytes) else spoiled.encode())
    result = CliRunner().invoke(app, ["import", "helpdesk-log", str(path)])
    assert result.exit_code == 65
    assert f"log.csv, {where}" in result.stderr or f"log.csv: {where}" in result.stderr


WRONG_SETUPS = {
    'zone = "Europe/Rom"': "line 1, zone",
    'zone = "Europe/Rome"\n[week]\nmonday = ["9-13"]': "line 3, week.monday.0",
    'zone = "Europe/Rome"\n[week]\nmonday = ["13:00-09:00"]': "week.monday.0",
    'zone = "Europe/Rome"\n[week]\nmoonday = ["09:00-13:00"]': "line 3, week.moonday",
    'zone = "Europe/Rome"\n[levels."Value 1"]\ngeneral = { first_respons = "1h" }': "first_respons",
    'zone = "Europe/Rome"\n[levels."Value 1"]\ngeneral = { resolution = "1 hour" }': "line 3, levels.Value 1.general",
    'zone = "Europe/Rome"\n[levels."Value 1"]\ngeneral = { resolution = "0h" }': "levels.Value 1.general.resolution",
    'zone = "Europe/Rome"\n[levels."Value 2"]\ngeneral = { resolution = "1h" }': "service level 'Value 1'",
    'zone = "Europe/Rome"\nholidays = ["2012-01-01"]': "line 2, holidays.0",
    "zone = ": "setup.toml: ",
}


@pytest.mark.parametrize("text", WRONG_SETUPS)
def test_a_bad_setup_is_refused_with_the_place(write: Callable[..., Path], tmp_path: Path, text: str) -> None:
    (tmp_path / "setup.toml").write_text(text, encoding="utf-8")
    path = write(("Case 1", "2012-10-08 09:00:00", "Insert ticket"))
    result = CliRunner().invoke(app, ["import", "helpdesk-log", str(path), "--setup", str(tmp_path / "setup.toml")])
    assert result.exit_code == 65
    assert WRONG_SETUPS[text] in result.stderr


def test_a_log_is_read_with_a_byte_order_mark_and_without_a_last_line_end(write: Callable[..., Path]) -> None:
    path = write(("Case 1", "2012-10-08 09:00:00", "Insert ticket"))
    plain = read_log(path)
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().rstrip())
    assert read_log(path) == plain


def test_what_a_killed_process_left_half_written_was_not_acknowledged(tmp_path: Path) -> None:
    async def note() -> None:
        with Journal(tmp_path / "journal") as journal:
            await asyncio.gather(*(journal.write(f"id-{n}", repeated=n == 2) for n in range(3)))

    (tmp_path / "journal").write_text("id-9 done\nid-8 do")
    asyncio.run(note())
    assert (tmp_path / "journal").read_text().splitlines() == ["id-9 done", "id-0 done", "id-1 done", "id-2 again"]
