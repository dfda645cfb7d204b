"""`kartoteka why`, `what-if` and `report overview` as somebody has them at a terminal: tables, JSON, refusals."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from terminal import PATIENCE_SECONDS, Terminal, terminal

ALWAYS = [[[0, 1440]]] * 7
EVER = {"since": "2020-01-01T00:00:00Z", "until": "2100-01-01T00:00:00Z"}


class Company:
    """A help desk with one worker, a contract, and a ticket that was held, answered and resolved."""

    def __init__(self, beside: Terminal) -> None:
        self.beside, self.ids, self.position = beside, dict[str, str](), ""
        self.began = datetime.now(UTC) - timedelta(minutes=100)
        self.did("settings.set-place", zone="Asia/Tokyo", country="JP")
        self.did("anna", "worker.hire", name="Anna")
        for right in ("basic", "helpdesk"):
            self.did("worker.grant-right", worker=self["anna"], right=right)
        self.did("area", "area.open", name="Workshop")
        self.did("area.give-role", area=self["area"], holder=f"worker:{self['anna']}", role="member")
        self.did("settings.set-default-area", area=self["area"])
        self.did("settings.set-helpdesk-responsible", responsible=self["anna"], minutes=-10)
        hours = {"zone": "Asia/Tokyo", "week": ALWAYS, "holidays": []}
        self.did("calendar", "calendar.define", name="Always", hours=hours)
        terms = {
            "calendar": self["calendar"],
            "general": {"first_response_seconds": 3600, "resolution_seconds": 7200},
            "levels": [{"target": "resolution", "percent": 1, "recipients": ["assignee"]}],
        }
        self.did("gold", "contract.conclude", name="Gold", terms=terms)
        self.did("settings.set-default-contract", contract=self["gold"], minutes=-10)
        self.did("pump", "ticket.open", title="The pump", minutes=0)
        self._until(lambda: self._said("assignee", self["pump"]).get("routings"))
        told = ("notice", self["pump"], "--worker", self["anna"], "--occasion", "escalated")
        self._until(lambda: self._said(*told).get("notices"))
        self.did("ticket.hold", ticket=self["pump"], minutes=10)
        self.did("ticket.resume", ticket=self["pump"], minutes=40)
        self.did("ticket.resolve", ticket=self["pump"], minutes=70)
        assert beside.run("query", "desk", "--min-position", self.position).code == 0

    def __getitem__(self, name: str) -> str:
        return self.ids[name]

    def did(self, *words: str, minutes: int | None = None, **data: Any) -> None:
        *names, topic = words
        late = [] if minutes is None else ["--happened-at", (self.began + timedelta(minutes=minutes)).isoformat()]
        sent = self.beside.run("send", topic, "--data", json.dumps(data), "--json", *late)
        assert sent.code == 0, sent.err
        self.position = sent.said["position"]
        for name in names:
            self.ids[name] = sent.said["id"]

    def _said(self, *why: str) -> Any:
        return self.beside.run("why", *why, "--json").said

    def _until(self, so: Callable[[], Any]) -> None:
        """The chain runs by itself, and so does the timer."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not so():
            assert time.monotonic() < deadline

    def asked(self, *words: str) -> list[list[str]]:
        """The lines of a table, in a pipe."""
        command = self.beside.run(*words)
        assert command.code == 0, command.err
        return [line.split("\t") for line in command.out.splitlines()]


@pytest.fixture(scope="module")
def company() -> Iterator[Company]:
    with terminal() as beside:
        service = beside.serve()
        yield Company(beside)
        assert service.ended().code == 0


def local(company: Company, minutes: int) -> str:
    """In Tokyo."""
    return f"{company.began + timedelta(minutes=minutes) + timedelta(hours=9):%a %Y-%m-%d %H:%M:%S}"


def test_a_deadline_is_told_line_by_line_in_the_company_s_zone_and_adds_up(company: Company) -> None:
    head, *lines = company.asked("why", "deadline", company["pump"])
    assert head == ["from", "to", "length", "sum", "what"]
    told = [(line[0], line[2], line[3], line[4]) for line in lines if line[4] != "left"]
    assert told[0] == (local(company, 0), "", "", "Gold, version 1, not assessed: 2:00:00")
    assert (local(company, 10), "0:30:00", "", "cut out: waiting-for-customer") in told
    assert sum(_seconds(line[2]) for line in lines if line[4] in ("used", "left")) == 7200
    assert sum(_seconds(line[2]) for line in lines if line[4] == "used") == 2400
    command = company.beside.run("why", "deadline", company["pump"])
    assert f"due {local(company, 150)}: met" in command.err
    assert "used 0:40:00 + left 1:20:00 = 2:00:00, as promised; beyond it 0:00:00" in command.err


def _seconds(length: str) -> int:
    hours, minutes, seconds = map(int, length.split(":"))
    return hours * 3600 + minutes * 60 + seconds


def test_what_has_no_due_says_why_and_what_is_left(company: Company) -> None:
    known = (company.began + timedelta(days=1)).isoformat()
    assert "InstantAhead" in str(
        company.beside.run("why", "deadline", company["pump"], "--known-at", known, "--json").said
    )
    command = company.beside.run("why", "deadline", company["pump"], "--target", "next-response")
    assert (command.code, command.out) == (1, "")
    assert "never owed" in command.err


def test_the_chain_and_whoever_had_the_ticket_are_told_by_name(company: Company) -> None:
    lines = company.asked("why", "assignee", company["pump"])
    assert ["helpdesk", "", "Anna", "", "", "chosen", ""] in lines
    assert lines[-1][1:] == ["routed", "routing", "Anna", ""]
    found = company.beside.run("why", "assignee", company["pump"], "--json").said
    assert (found["assignee_name"], found["team_name"], found["same"]) == ("Anna", None, True)


def test_notices_are_told_with_why_and_why_not(company: Company) -> None:
    head, *lines = company.asked("why", "notice", company["pump"], "--worker", company["anna"])
    assert head == ["told", "occasion", "of", "channel", "why", "why not", "seen", "delivered"]
    assert all(line[1] for line in lines)
    assert any(line[5] for line in lines)
    assert {(line[1], line[2]) for line in lines if line[2]} == {("escalated", "1 % of resolution")}


def test_what_would_flip_is_told_and_a_staff_is_told_from_contracts(company: Company, tmp_path: Path) -> None:
    terms = {"calendar": company["calendar"], "general": {"resolution_seconds": 60}}
    (tmp_path / "contract.json").write_text(json.dumps({**EVER, "contracts": [{"terms": terms}]}))
    staff = {"absent": [{"worker": company["anna"]}]}
    (tmp_path / "staff.json").write_text(json.dumps({**EVER, "staff": staff}))
    lines = company.asked("what-if", str(tmp_path / "contract.json"))
    assert ["target", "outcome", "before", "after"] in lines
    assert [company["pump"], "resolution", "", "met"] in [line[:4] for line in lines]
    lines = company.asked("what-if", str(tmp_path / "staff.json"))
    assert lines[:3] == [["whom", "before", "after"], ["nobody", "0", "1"], ["Anna", "1", "0"]]
    assert lines[-1][2:] == ["Anna", "helpdesk", "nobody", "", "absent"]
    assert company.beside.run("what-if", str(tmp_path / "staff.json"), "--json").said["moved"] == 1
    wrong = company.beside.run("what-if", "-", told=json.dumps({**EVER, "until": "never"}))
    assert (wrong.code, "until" in wrong.err) == (os.EX_DATAERR, True)


def test_the_overview_is_told_by_whatever_it_is_counted(company: Company) -> None:
    lines = company.asked("report", "overview", "--by", "contract,month", "--target", "resolution")
    assert lines[0][:5] == ["contract", "month", "target", "promises", "met"]
    assert lines[1][:5] == ["Gold", f"{company.began + timedelta(hours=9):%Y-%m}", "resolution", "1", "1"]
    rows = company.beside.run("report", "overview", "--by", "", "--json").said
    assert {row["target"]: row["promises"] for row in rows} == {"first-response": 1, "resolution": 1}
    assert len(rows[0]["shares"]) == 8
    wrong = company.beside.run("report", "overview", "--by", "moon")
    assert (wrong.code, wrong.out) == (os.EX_DATAERR, "")
