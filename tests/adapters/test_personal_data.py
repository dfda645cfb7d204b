"""A privacy officer is given everything that is held about a person, nobody else's data, and is seen to be given it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from door import new_place
from dossier import EVAS, FILE, OTHERS, Dossier, dossier

from adapters.embedded import Running
from adapters.nats.client import Declined
from adapters.nats.file_client import get_file
from projections.privacy.personal_data import OfPerson
from projections.question import Question

QUESTIONS = sorted(name for name, kind in Question.by_name.items() if issubclass(kind, OfPerson))


@pytest.fixture(scope="module")
def here(servers: Running, state: Path) -> Iterator[Dossier]:
    with dossier(new_place(servers, state)) as here:
        yield here


def held(here: Dossier, person: str, actor: str = "vera") -> list[dict[str, Any]]:
    return here.everything("personal-data", actor, person=person)


def said(rows: list[dict[str, Any]]) -> str:
    return "\n".join([*(row["words"] for row in rows), *(word for row in rows for word in row["fields"].values())])


def test_everything_that_was_entered_about_a_person_is_there(here: Dossier) -> None:
    rows = held(here, here.person("eva"))
    for word in EVAS:
        assert word in said(rows), word
    assert not any(row["destroyed"] for row in rows)
    assert len({row["position"] for row in rows}) == len(rows)


def test_what_is_no_text_is_there_as_well(here: Dossier) -> None:
    rows, company = held(here, here.person("eva")), here.company
    topics = {row["topic"] for row in rows}
    assert {"membership.joined", "order.placed", "ticket.contract-selected", "contact.absorbed"} <= topics
    assert {"contact.price-list-attached", "contact.file-attached", "contact.employed"} <= topics
    streams = {row["stream"] for row in rows}
    things = ("leak", "smoke", "dust")
    assert {f"ticket-{company[name]}" for name in things} | {f"order-{company['basket']}"} <= streams
    assert {f"contact-{company['eva']}", f"contact-{company['efa']}"} <= streams


def test_of_a_thread_that_is_shared_only_ones_own_is_shown(here: Dossier) -> None:
    eva, otto = said(held(here, here.person("eva"))), said(held(here, here.person("otto")))
    for word in OTHERS:
        assert word not in eva, word
        assert word in otto, word
    own = [word for word in EVAS if word not in ("eva.canary@example.org",)]
    assert not [word for word in own if word in otto]
    rows = [row for row in held(here, here.person("eva")) if row["stream"] == f"ticket-{here.company['leak']}"]
    (letter,) = (row for row in rows if row["topic"] == "ticket.message-logged" and not row["fields"])
    assert letter["words"].startswith("Message, incoming, email, automatic: False; (not shown)")


def test_neither_who_works_here_nor_another_contact_is_named(here: Dossier) -> None:
    rows, company = held(here, here.person("eva")), here.company
    told = "\n".join(row["words"] + row["stream"] for row in rows)
    for other in ("otto", "works", "keen", "anna"):
        assert company[other] not in told, other
    (related,) = (row for row in rows if row["topic"] == "contact.related")
    assert (related["stream"], related["words"]) == ("contact", f"Is sister to {company['eva']}")
    (linked,) = (row for row in rows if row["stream"] == f"ticket-{company['dust']}")
    assert linked["words"] == f"Has to do with contact {company['eva']}"
    assert "Joined group Vip" in {row["words"] for row in rows}


def test_whoever_was_merged_is_answered_for_with_the_survivor(here: Dossier) -> None:
    assert held(here, here.person("efa")) == held(here, here.person("eva"))


def test_pages_join_to_what_one_page_would_have_told(here: Dossier) -> None:
    whole = here.reply("personal-data", "vera", data={"person": here.person("eva")}, limit=1000).body
    assert whole["next"] is None
    assert held(here, here.person("eva")) == whole["rows"]
    streams = [row["stream"] for row in whole["rows"] if row["stream"] != "contact"]
    assert streams == sorted(streams)


def test_a_sender_whom_nobody_knows_is_a_person_until_they_are_linked(here: Dossier) -> None:
    rows = held(here, here.person("fog", "ticket"))
    assert "fog-title" in said(rows)
    assert here.refused("personal-data", "vera", person=here.person("smoke", "ticket")) == "TicketUnknown"


def test_a_worker_is_told_what_is_held_about_them_and_nothing_of_those_they_worked_for(here: Dossier) -> None:
    rows = held(here, here.person("keen", "worker"))
    words = {row["words"] for row in rows}
    assert {"Keen works here now", "Given the right helpdesk", "Marked contact (not shown)"} <= words
    assert {row["stream"].partition("-")[0] for row in rows} >= {"worker", "bookmark", "directory", "area"}
    assert not [row for row in rows if here.company["dora"] in row["words"]]
    assert not [word for word in (*EVAS, *OTHERS) if word in said(rows)]


@pytest.mark.parametrize("name", QUESTIONS)
@pytest.mark.parametrize("actor", ["keen", "olga", "anna", "rita", "adam", "zoe", "emil", "nobody"])
def test_nobody_but_a_privacy_officer_is_told(here: Dossier, name: str, actor: str) -> None:
    for person in (here.person("eva"), "contact:none"):
        assert here.refused(name, actor, person=person) == "RightMissing"


@pytest.mark.parametrize("name", QUESTIONS)
@pytest.mark.parametrize(
    ("person", "code"),
    [("contact:none", "ContactUnknown"), ("worker:none", "WorkerUnknown"), ("ticket:none", "TicketUnknown")],
)
def test_of_whom_there_is_none_there_is_nothing_to_tell(here: Dossier, name: str, person: str, code: str) -> None:
    assert here.refused(name, "vera", person=person) == code


def test_every_page_is_kept_as_a_look_by_an_exception(here: Dossier) -> None:
    for name in QUESTIONS:
        for purpose, how in ((None, "opened"), ("access", "exported"), ("portability", "exported")):
            given: dict[str, Any] = {} if purpose is None else {"purpose": purpose}
            for person, contacts, about in (
                (here.person("eva"), {here.company["eva"], here.company["efa"]}, None),
                (here.person("anna", "worker"), set(), f"worker-{here.company['anna']}"),
                (here.person("fog", "ticket"), set(), f"ticket-{here.company['fog']}"),
            ):
                assert not here.reply(name, "vera", data={"person": person}, **given).status
                (look, *_) = here.ask("looks", "olga", worker=here.company["vera"])
                assert (look["question"], look["how"], look["purpose"]) == (name, how, purpose)
                assert (set(look["contacts"]), look["about"]) == (contacts, about)
                assert look["exception"] == "privacy-officer"


def test_looks_are_counted_by_month_and_nobody_is_named(here: Dossier) -> None:
    here.ask("client-file", "keen", contact=here.company["eva"])
    before = here.ask("personal-looks", "vera", person=here.person("eva"))
    here.ask("client-file", "keen", contact=here.company["efa"])
    after = here.ask("personal-looks", "vera", person=here.person("eva"))
    opened = [[row["looks"] for row in rows if row["how"] == "opened"] for rows in (before, after)]
    assert opened[1][0] - opened[0][0] == 2, "of two contacts that count as one each look counts once"
    assert here.company["keen"] not in str(after)
    mine = here.ask("personal-looks", "vera", person=here.person("keen", "worker"))
    assert sum(row["looks"] for row in mine) == len(here.everything("looks", "olga", worker=here.company["keen"]))


def test_an_officer_is_given_the_files_of_any_contact_and_others_only_what_they_may_know(here: Dossier) -> None:
    async def got(actor: str, contact: str) -> bytes:
        parts = get_file(here.desk, here.company[contact], here.file, actor=here.company[actor])
        return b"".join([part.content async for part in parts])

    for contact in ("eva", "efa"):
        assert here.runner.run(got("vera", contact)) == FILE
    (look, *_) = here.ask("looks", "olga", worker=here.company["vera"])
    assert (look["question"], look["how"], look["exception"]) == ("file", "opened", "privacy-officer")
    assert here.runner.run(got("paul", "eva")) == FILE
    (look, *_) = here.ask("looks", "olga", worker=here.company["paul"])
    assert (look["question"], look["exception"]) == ("file", None)
    for actor, code in (("clara", "ContactUnknown"), ("olga", "RightMissing"), ("zoe", "RightMissing")):
        with pytest.raises(Declined) as declined:
            here.runner.run(got(actor, "eva"))
        assert declined.value.code == code
    with pytest.raises(Declined) as declined:
        here.runner.run(got("vera", "otto"))
    assert declined.value.code == "FileUnknown"
