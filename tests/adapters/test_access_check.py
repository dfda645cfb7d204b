"""How far one may go with a contact is told with the right that decides, and of others to whoever answers for them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from door import new_place
from inquirers import Asker, company_asked

from adapters.composition import now
from adapters.embedded import Running
from commands.clients.directory import SetDirectoryRight
from commands.staff.worker import GrantRight
from domain.clients.directory import Level
from domain.staff.worker import Right
from domain.values import team_holder, worker_holder


@pytest.fixture
def here(servers: Running, state: Path) -> Iterator[Asker]:
    with company_asked(new_place(servers, state)) as here:
        yield here


def checked(here: Asker, actor: str, contact: str = "mill", **worker: str) -> dict[str, Any]:
    """The answer, everything by what it is called here."""
    of = {field: here.company[name] for field, name in worker.items()}
    row: dict[str, Any] = here.ask("access-check", actor, contact=here.company[contact], **of)
    kind, _, holder = (row["holder"] or ":").partition(":")
    return row | {"directory": here.company.names[row["directory"]], "holder": here.company.names.get(holder, kind)}


def given(here: Asker, holder: str, level: Level, **until: Any) -> None:
    id = here.company[holder]
    whose = team_holder(id) if holder == "hotline" else worker_holder(id)
    here.send(SetDirectoryRight(directory=here.company["customers"], holder=whose, level=level, **until))


def test_it_is_told_how_far_one_may_go_and_by_which_right(here: Asker) -> None:
    for actor, level, holder in (("anna", "use", "anna"), ("boris", "use", "hotline"), ("dora", "edit", "dora")):
        found = checked(here, actor)
        assert (found["worker"], found["contact"]) == (here.company[actor], here.company["mill"])
        assert (found["directory"], found["level"], found["holder"], found["until"]) == (
            "customers",
            level,
            holder,
            None,
        )
    assert checked(here, "")["level"] == "administer"


def test_in_person_goes_before_a_team_and_a_higher_right_before_both(here: Asker) -> None:
    given(here, "boris", Level.USE)
    assert checked(here, "boris")["holder"] == "boris"
    given(here, "hotline", Level.EDIT)
    assert (checked(here, "boris")["level"], checked(here, "boris")["holder"]) == ("edit", "hotline")
    until = now() + timedelta(hours=1)
    given(here, "boris", Level.ADMINISTER, until=until)
    found = checked(here, "boris")
    assert (found["level"], found["holder"], found["until"]) == ("administer", "boris", until.isoformat())


def test_a_right_withdrawn_is_gone_with_the_answer_that_says_so(here: Asker) -> None:
    given(here, "anna", Level.NONE)
    assert here.refused("access-check", "anna", contact=here.company["mill"]) == "ContactUnknown"


def test_a_contact_that_one_does_not_see_is_answered_like_none(here: Asker) -> None:
    for actor, data in (("clara", {}), ("clara", {"worker": here.company["anna"]}), ("anna", {})):
        hidden = here.company["bakery" if actor == "anna" else "mill"]
        replies = [
            here.reply("access-check", actor, data={"contact": id, **data}) for id in (hidden, "no-such-contact")
        ]
        assert replies[0].raw == replies[1].raw
        assert replies[0].code == "ContactUnknown"


def test_of_others_it_is_told_to_who_administers_the_directory(here: Asker) -> None:
    mill = here.company["mill"]
    assert here.refused("access-check", "dora", contact=mill, worker=here.company["anna"]) == "AskedOfOthers"
    assert here.refused("access-check", "dora", contact=mill, worker="nobody") == "AskedOfOthers"
    given(here, "dora", Level.ADMINISTER)
    assert (checked(here, "dora", worker="boris")["level"], checked(here, "dora", worker="boris")["holder"]) == (
        "use",
        "hotline",
    )
    for without in ("clara", "emil", "rita", "zoe"):  # no right, not active, no system right
        found = checked(here, "dora", worker=without)
        assert (found["worker"], found["level"], found["holder"]) == (here.company[without], "none", "")
    assert here.ask("access-check", "dora", contact=mill, worker="nobody")["level"] == "none"


def test_of_others_it_is_told_to_an_auditor_who_sees_the_contact(here: Asker) -> None:
    mill, anna = here.company["mill"], here.company["anna"]
    assert here.refused("access-check", "olga", contact=mill, worker=anna) == "RightMissing"
    here.send(GrantRight(worker=here.company["olga"], right=Right.BASIC))
    assert here.refused("access-check", "olga", contact=mill, worker=anna) == "ContactUnknown"
    given(here, "olga", Level.USE)
    assert checked(here, "olga", worker="anna")["level"] == "use"


def test_of_oneself_anybody_may_ask_by_name(here: Asker) -> None:
    assert checked(here, "anna", worker="anna") == checked(here, "anna")


def test_who_is_not_active_may_not_even_ask_of_what_is_not_there(here: Asker) -> None:
    for contact in (here.company["mill"], "no-such-contact"):
        assert here.refused("access-check", "emil", contact=contact) == "RightMissing"
