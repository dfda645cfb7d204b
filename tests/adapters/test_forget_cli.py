"""`kartoteka forget` at a terminal: asked for, looked after, proven; and what is tampered with afterwards is found."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from psycopg import Connection
from terminal import Command, Terminal, terminal

from adapters import embedded
from adapters.postgres.schema import connect

WISH, LAWSUIT = "Their wish", "A lawsuit"
BY = ("--actor", "system")
"""Whoever asks says who they are."""

MISSING = "contact:00000000-0000-0000-0000-000000000000"


class Desk:
    """A service with read models and events, and somebody who has bought nothing and complained once."""

    def __init__(self, beside: Terminal) -> None:
        self.beside, self.ids = beside, dict[str, str]()
        self.did("settings.list-severities", severities=["high"])
        self.did("settings.list-erasure-reasons", entries=[WISH])
        self.did("settings.list-hold-grounds", entries=[LAWSUIT])
        self.did("area", "area.open", name="Helpdesk")
        self.did("settings.set-default-area", area=self["area"])
        hours = {"zone": "UTC", "week": [[[0, 1440]]] * 7, "holidays": []}
        self.did("calendar", "calendar.define", name="Always", hours=hours)
        general = {"first_response_seconds": 3600, "resolution_seconds": 7200}
        terms = {"calendar": self["calendar"], "general": general}
        self.did("usual", "contract.conclude", name="Usual", terms=terms)
        self.did("settings.set-default-contract", contract=self["usual"])
        self.did("home", "directory.open", name="Customers")

    def __getitem__(self, name: str) -> str:
        return self.ids[name]

    def did(self, *words: str, **data: Any) -> None:
        *names, topic = words
        sent = self.beside.run("send", topic, "--data", json.dumps(data), "--json")
        assert sent.code == 0, sent.err
        for name in names:
            self.ids[name] = sent.said["id"]

    def somebody(self, name: str) -> str:
        """A contact with a ticket that is open."""
        self.did(name, "contact.open", directory=self["home"], name=f"Dora {name}")
        self.did(f"{name}'s", "ticket.open", reporter=self[name], title=f"Of {name}")
        self.did("ticket.log-message", ticket=self[f"{name}'s"], direction="outgoing", way="email", text="We care")
        return f"contact:{self[name]}"

    def close(self, name: str) -> None:
        self.did("ticket.resolve", ticket=self[f"{name}'s"])
        self.did("ticket.close", ticket=self[f"{name}'s"])

    def forget(self, *words: str) -> Command:
        return self.beside.run("forget", *words)

    def forgotten(self, name: str) -> str:
        """Somebody who is no more."""
        whom = self.somebody(name)
        self.close(name)
        asked = self.forget("request", whom, "--reason", WISH, *BY, "--wait", "--json")
        assert asked.code == 0, asked.err
        assert asked.said["erasure"]["step"] == "completed"
        return whom

    def database(self) -> Connection[Any]:
        return connect(embedded.attach(self.beside.state).postgres_url, "kartoteka")


@pytest.fixture(scope="module")
def desk() -> Iterator[Desk]:
    with terminal() as beside:
        service = beside.serve()
        desk = Desk(beside)
        refused = desk.forget("request", desk.somebody("early"), "--reason", WISH, *BY)
        assert "proof-retention-unset" in refused.err
        desk.did("settings.set-proof-retention", days=90)
        yield desk
        service.ended()


def test_all_that_stands_in_the_way_is_said_and_nothing_happens(desk: Desk) -> None:
    whom = desk.somebody("boris")
    assert desk.forget("hold", whom, "--ground", LAWSUIT, "--json").said[0]["version"] == 1
    asked = desk.forget("request", whom, "--reason", WISH, *BY)
    ticket = desk["boris's"]
    assert asked.code == 1
    assert asked.err.splitlines()[:2] == [f"  open-ticket {ticket}", f"  legal-hold {LAWSUIT}"]
    assert "ErasureObstructed" in asked.err
    told = desk.forget("request", whom, "--reason", WISH, *BY, "--json").said
    assert [each["kind"] for each in told["obstacles"]] == ["open-ticket", "legal-hold"]
    found = desk.forget("obstacles", whom, "--json")
    assert (found.code, [each["kind"] for each in found.said["obstacles"]]) == (1, ["open-ticket", "legal-hold"])
    assert desk.forget("status", whom, "--json").said == []
    assert [each["ground"] for each in desk.forget("holds", whom, "--json").said] == [LAWSUIT]
    assert desk.forget("lift-hold", whom, "--ground", LAWSUIT).code == 0
    assert desk.forget("holds", whom, "--json").said == []
    desk.close("boris")
    found = desk.forget("obstacles", whom)
    assert (found.code, found.out, "stands for 1 contacts and 1 subjects" in found.err) == (0, "", True)


def test_whoever_is_unknown_or_named_wrongly_or_for_no_listed_reason_is_refused(desk: Desk) -> None:
    assert desk.forget("request", "dora", "--reason", WISH, *BY).code == os.EX_DATAERR
    assert "ContactUnknown" in desk.forget("request", MISSING, "--reason", WISH, *BY).err
    whom = desk.somebody("clara")
    desk.close("clara")
    assert "ErasureReasonNotListed" in desk.forget("request", whom, "--reason", "For fun", *BY).err
    assert "HoldGroundNotListed" in desk.forget("hold", whom, "--ground", "For fun").err
    assert desk.forget("receipt", whom).code == 1


def test_asked_for_it_is_done_and_asked_again_the_receipt_is_given(desk: Desk, tmp_path: Path) -> None:
    whom = desk.forgotten("dora")
    (row,) = desk.forget("status", whom, "--json").said
    assert (row["step"], row["under_way"], row["keeps_proof"], row["receipts"]) == ("completed", False, True, 1)
    again = desk.forget("request", whom, "--reason", WISH, *BY, "--json").said
    (shown,) = again["receipts"]
    assert shown["receipt"]["person"] == whom
    told = desk.forget("request", whom, "--reason", WISH, *BY)
    assert "kept\tticket.message-logged sent\t1\tproof" in told.out
    assert "destroyed\tcontact.opened name\t1\t" in told.out
    assert told.out.splitlines()[-1] == "keys\tdata-keys\t2\t"
    assert desk.forget("receipt", whom, "--json").said == shown
    assert "Dora" not in told.out + json.dumps(shown)


def test_all_receipts_are_whole_before_anybody_touches_them(desk: Desk) -> None:
    found = desk.forget("verify", "--all")
    assert (found.code, found.out[:7]) == (0, "whole: "), found.out


def test_a_receipt_in_a_file_verifies_and_one_that_was_touched_does_not(desk: Desk, tmp_path: Path) -> None:
    whom, file = desk.forgotten("emil"), tmp_path / "receipt.json"
    assert desk.forget("receipt", whom, "--out", str(file)).code == 0
    found = desk.forget("verify", str(file), "--json")
    assert (found.code, found.said) == (0, {"whole": True, "receipts": 1, "findings": []}), found.err
    whole = file.read_bytes()
    for place in range(0, len(whole), len(whole) // 7):
        file.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        touched = desk.forget("verify", str(file), "--json")
        assert touched.code == 1, place
        assert {each["what"] for each in touched.said["findings"]} & {"document", "signature"}, place
    assert desk.forget("verify").code == os.EX_USAGE
    assert desk.forget("verify", str(file), "--all").code == os.EX_USAGE


Tamper = Callable[[Desk, str], None]


def run(*statements: str) -> Tamper:
    """Done to the database behind the service's back."""

    def tamper(desk: Desk, subject: str) -> None:
        with desk.database() as line:
            line.execute("SET session_replication_role = replica")  # no trigger keeps whoever tampers
            for statement in statements:
                assert line.execute(statement.encode(), {"subject": subject}).rowcount == 1, statement

    return tamper


def journal_without_its_last_line(desk: Desk, _: str) -> None:
    (path,) = (desk.beside.state / "erasures").glob("*.ndjson")
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:-1]))


def journal_with_another_reason(desk: Desk, _: str) -> None:
    (path,) = (desk.beside.state / "erasures").glob("*.ndjson")
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([*lines[:-2], lines[-2].replace(b"Their wish", b"A mistake"), lines[-1]]))


KEY = """
INSERT INTO subject_keys (subject, purpose, epoch, kek_epoch, wrapped) VALUES (%(subject)s, 'profile', 9, 1, 'x')
"""
FILLED = """
UPDATE timeline SET details = replace(details, '"box":""', '"box":"AAAA"')
WHERE subject = %(subject)s AND topic = 'contact.opened'
"""
NO_FENCE = "DELETE FROM subject_fences WHERE subject = %(subject)s"
NO_SUCH_KEY = "DELETE FROM destroyed_keys WHERE subject = %(subject)s AND purpose = 'profile'"
FILE = "INSERT INTO stored_files (file, contact, subject, touched_at) VALUES ('f', 'c', %(subject)s, now())"
OTHER_SIGNATURE = """
UPDATE facts SET state = convert_to(regexp_replace(convert_from(state, 'UTF8'), '"signature":"..', '"signature":"00'),
    'UTF8')
WHERE originator_id = 'receipt-book' AND originator_version = (
    SELECT max(originator_version) FROM facts WHERE originator_id = 'receipt-book')
"""


@pytest.mark.parametrize(
    ("tamper", "what"),
    [
        (run(KEY), "key"),
        pytest.param(run(NO_SUCH_KEY), "key", marks=pytest.mark.soak),
        pytest.param(run(NO_FENCE), "fence", marks=pytest.mark.soak),
        pytest.param(run(FILLED), "read-model", marks=pytest.mark.soak),
        (run(FILE), "file"),
        pytest.param(run(OTHER_SIGNATURE), "signature", marks=pytest.mark.soak),
        pytest.param(journal_without_its_last_line, "journal", marks=pytest.mark.soak),
        pytest.param(journal_with_another_reason, "journal", marks=pytest.mark.soak),
    ],
    ids=["a key", "a key's record", "no fence", "a box filled", "a file", "a signature", "cut journal", "journal"],
)
def test_what_is_not_as_a_receipt_says_is_found(desk: Desk, tamper: Tamper, what: str) -> None:
    whom = desk.forgotten("frank")
    (receipt,) = [
        each["receipt"] for each in desk.forget("request", whom, "--reason", WISH, *BY, "--json").said["receipts"]
    ]
    before = said_of(desk, receipt["number"])
    tamper(desk, receipt["subjects"][0])
    assert (before, what in said_of(desk, receipt["number"])) == (set(), True)


def test_a_receipt_that_cannot_be_read_is_found_as_well(desk: Desk) -> None:
    desk.forgotten("gina")
    changed = "UPDATE facts SET state = convert_to(replace(convert_from(state, 'UTF8'), %s, %s), 'UTF8') {where}"
    changed = changed.format(where="WHERE originator_id = 'receipt-book' AND originator_version = 1")
    readable, unreadable = '"number":1,', '"number":"one",'
    with desk.database() as line:
        assert line.execute(changed.encode(), (readable, unreadable)).rowcount == 1
        found = desk.forget("verify", "--all", "--json")
        line.execute(changed.encode(), (unreadable, readable))
    assert (found.code, [each["what"] for each in found.said["findings"]]) == (1, ["log"])


def said_of(desk: Desk, number: int) -> set[str]:
    """What is found about a receipt; what is wrong with others stays so."""
    found = desk.forget("verify", "--all", "--json")
    assert found.code == (not found.said["whole"])
    return {each["what"] for each in found.said["findings"] if each["number"] == number}
