"""An auditor at the terminal: what is anchored, what was done to the log, and the log told again, before and after."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from terminal import Terminal, terminal

from adapters.cli.audit import MOST_SPOILED
from adapters.postgres.views.replay import Compared
from projections.catalogue import READ_MODELS

NAME = "Ada Lovelace"
HIRE = ("send", "worker.hire", "--data", json.dumps({"name": NAME}), "--json")


@pytest.fixture(scope="module")
def served() -> Iterator[Terminal]:
    """A terminal beside which a service runs."""
    with terminal() as beside:
        service = beside.serve()
        yield beside
        assert service.ended().code == 0


def served_and_left(new: Terminal, facts: int) -> None:
    service = new.serve()
    for _ in range(facts):
        assert new.run(*HIRE).code == 0
    assert service.ended().code == 0


def anchors(new: Terminal) -> Path:
    (path,) = (new.state / "anchors").iterdir()
    return path


CUT = """
DELETE FROM facts WHERE notification_id > 2;
UPDATE head SET (position, recorded_at, link) =
    (SELECT notification_id, recorded_at, link FROM facts WHERE notification_id = 2)
"""


def test_a_service_that_leaves_anchors_its_log_and_what_is_cut_later_shows() -> None:
    with terminal() as new:
        served_and_left(new, 4)
        service = new.serve()
        whole, told = new.run("audit", "verify", "--json"), new.run("audit", "verify")
        last = whole.said["anchors"]
        assert (whole.code, whole.said["whole"], whole.said["facts"]) == (0, True, 4)
        assert (last["position"], last["spoiled"], last["restored"]) == (4, [], [])
        assert told.out.splitlines()[1] == f"anchored up to 4 at {last['at']}"
        assert new.run("psql", "--write", "-c", CUT).code == 0
        cut, told = new.run("audit", "verify", "--json"), new.run("audit", "verify")
        assert (cut.code, told.code, cut.said["whole"], cut.said["facts"]) == (1, 1, False, 2)
        assert (cut.said["finding"]["position"], cut.said["finding"]["fault"]) == (3, "tail")
        assert f"anchored up to 4 at {last['at']}" in cut.said["finding"]["sentence"]
        assert told.out.startswith("broken at position 3 (tail): ")
        assert service.ended().code == 0
        assert anchors(new).read_bytes().count(b"\n") == last["count"], "nothing is anchored of a log that was cut"


def test_a_log_that_nobody_anchored_and_anchors_that_somebody_changed_are_told() -> None:
    with terminal() as new:
        first = new.start("serve", "--alone", "--json").until("\n}\n")
        assert new.run(*HIRE).code == 0
        bare, told = new.run("audit", "verify", "--json"), new.run("audit", "verify")
        assert (bare.code, bare.said["whole"], bare.said["anchors"]["position"]) == (0, True, None)
        assert told.out.splitlines()[1].startswith("not anchored: ")
        assert first.ended().code == 0
        served_and_left(new, 1)
        alone = new.start("serve", "--alone", "--json").until("\n}\n")
        path = anchors(new)
        count = path.read_bytes().count(b"\n")
        path.write_bytes(path.read_bytes().replace(b'"position":', b'"position":1') + MOST_SPOILED * b"{}\n")
        spoiled, told = new.run("audit", "verify", "--json"), new.run("audit", "verify")
        assert (spoiled.code, spoiled.said["whole"], spoiled.said["finding"]) == (1, False, None)
        found = spoiled.said["anchors"]["spoiled"]
        assert [(each["file"], each["line"]) for each in found] == [
            (path.name, n) for n in range(1, count + MOST_SPOILED + 1)
        ]
        assert f"anchors changed at {path.name}, line 1: " in told.out
        assert told.out.splitlines()[-1] == f"and {count} lines more"
        assert alone.ended().code == 0


def test_where_anchors_are_kept_can_be_set(tmp_path: Path) -> None:
    with terminal() as new:
        folder = new.state.parent / "elsewhere"
        service = new.start("serve", "--json", KARTOTEKA_ANCHORS=str(folder)).until("\n}\n")
        assert new.run(*HIRE).code == 0
        assert service.ended().code == 0
        assert [path.suffix for path in folder.iterdir()] == [".ndjson"]
        assert not (new.state / "anchors").exists()


@pytest.fixture(scope="module")
def told(served: Terminal) -> dict[str, Any]:
    """The log told again, up to its first facts."""
    for _ in range(3):
        assert served.run(*HIRE).code == 0
    found = served.run("audit", "replay", "--until", "3", "--json")
    assert found.code == 0, found.err
    document: dict[str, Any] = found.said
    return document


def test_the_log_is_told_again_with_everything_that_a_later_telling_is_held_against(
    served: Terminal, told: dict[str, Any], tmp_path: Path
) -> None:
    assert (told["until"], told["findings"]) == (3, [])
    assert [each["name"] for each in told["models"]] == list(READ_MODELS)
    names = next(each for each in told["models"] if each["name"] == "names")
    assert names["tables"]["worker_names"]["rows"] == 3
    assert names["personal"] == {"values": 3, "open": 3, "forgotten": 0}
    assert NAME not in json.dumps(told)
    (tmp_path / "before").write_text(json.dumps(told))
    subject = served.run("history", f"worker-{served.run(*HIRE).said['id']}", "--json").said[0]["body"]["subject"]
    assert subject not in json.dumps(told)
    same = served.run("audit", "replay", "--compare", str(tmp_path / "before"), "--json")
    assert (same.code, same.said["until"], same.said["findings"]) == (0, 3, [])
    names["tables"]["worker_names"]["digest"] = "00" * 32
    (tmp_path / "other").write_text(json.dumps(told))
    other = served.run("audit", "replay", "--compare", str(tmp_path / "other"), "--model", "names")
    assert other.code == 1
    assert "differs in names: the rows of worker_names are not those of then" in other.err


def test_to_the_end_it_is_held_against_what_is_served(served: Terminal, told: dict[str, Any]) -> None:
    served.run("projections", "status")
    whole = served.run("audit", "replay", "--json")
    assert (whole.code, whole.said["findings"]) == (0, [])
    assert {each["served"] for each in whole.said["models"]} <= {*Compared}
    assert next(each["served"] for each in whole.said["models"] if each["name"] == "access") == Compared.SAME
    table = served.run("audit", "replay", "--model", "access", "--model", "contact_search")
    lines = [line.split("\t") for line in table.out.splitlines()]
    assert lines[0] == ["model", "rows", "digest", "personal", "open", "forgotten", "served"]
    assert [line[0] for line in lines[1:]] == ["access", "contact_search"]
    assert (lines[1][6], lines[2][2]) == (Compared.SAME, Compared.PERSONAL)
    served.run("psql", "--write", "-c", "DELETE FROM access_workers")
    harmed = served.run("audit", "replay", "--model", "access")
    assert harmed.code == 1
    assert "differs in access: 4 rows of access_workers are not what the log tells" in harmed.err


@pytest.mark.parametrize(
    ("words", "code", "why"),
    [
        (("--model", "nothing"), os.EX_USAGE, "no read model is called nothing"),
        (("--until", "1000000"), os.EX_USAGE, "the log ends at "),
        (("--until", "2", "--compare", "before"), os.EX_USAGE, "tells the log up to 3"),
        (("--compare", "nowhere"), os.EX_NOINPUT, "No such file"),
        (("--compare", "nonsense"), os.EX_DATAERR, "is not what `audit replay --json` gave"),
    ],
)
def test_what_cannot_be_told_is_said(
    served: Terminal, told: dict[str, Any], tmp_path: Path, words: tuple[str, ...], code: int, why: str
) -> None:
    (tmp_path / "before").write_text(json.dumps(told))
    (tmp_path / "nonsense").write_text("nonsense")
    files = {"before", "nowhere", "nonsense"}
    found = served.run("audit", "replay", *(str(tmp_path / word) if word in files else word for word in words))
    assert (found.code, found.out) == (code, "")
    assert why in found.err
