"""How far everybody's forgetting has come, the receipts as they were signed, and who must not be forgotten."""

from __future__ import annotations

import pytest
from company import STEPS, come_to
from rows import Rows, shown
from specification import LONG_AGO, of

from domain.clients.contact import CONTACT
from domain.privacy.erasure import ERASURE
from domain.privacy.hold import HOLD, HoldLifted, HoldPlaced
from domain.privacy.receipt import BOOK, RECEIPT, canonical
from examples import EVENT, LAWSUIT, MILL, MILL_SUBJECT, PROVEN_UNTIL, THE_MILL, THEIR_WISH
from examples import RECEIPT as THEIRS

STATED = {"proof-lapsed": "fenced"}
"""What is said to have been stated last, where it is called otherwise."""


@pytest.mark.parametrize("step", STEPS)
def test_an_erasure_shows_how_far_it_has_come(step: str) -> None:
    assert shown(come_to(step))["erasures"] == {
        (THE_MILL,): {
            "step": STATED.get(step, step),
            "reason": THEIR_WISH,
            "officer": "system",
            "requested_at": LONG_AGO,
            "proof_until": PROVEN_UNTIL,
            "keeps_proof": step == "completed",
            "under_way": step != "completed",
            "receipts": int(step in ("completed", "proof-lapsed")),
            "obstacles": None,
        }
    }


def test_one_that_was_refused_says_what_came_in_between_until_it_is_asked_for_again() -> None:
    row = shown(come_to("refused"))["erasures"][THE_MILL,]
    told = "\n".join(map(str, EVENT["erasure.refused"].obstacles))
    assert (row["step"], row["under_way"], row["obstacles"]) == ("refused", False, told)
    again = of(ERASURE, THE_MILL, EVENT["erasure.requested"])
    assert shown(come_to("refused"), again)["erasures"] == shown(come_to("requested"))["erasures"]


def test_a_receipt_is_shown_byte_for_byte_as_it_was_signed_and_in_its_place() -> None:
    (key,), row = next(iter(shown(of(RECEIPT, BOOK, EVENT["receipt.issued"]))["receipts"].items()))
    assert (key, row["person"], row["issued_at"]) == ("000000001", THE_MILL, LONG_AGO)
    assert row["receipt"].encode() == canonical(THEIRS)


def test_a_hold_shows_until_it_is_lifted_also_past_its_end() -> None:
    ended = HoldPlaced(ground=LAWSUIT, until=LONG_AGO)
    tax = HoldPlaced(ground="tax")
    held = shown(of(HOLD, THE_MILL, ended, tax))["holds"]
    assert held == {(THE_MILL, LAWSUIT): {"until": LONG_AGO}, (THE_MILL, "tax"): {"until": None}}
    assert shown(of(HOLD, THE_MILL, ended, tax, HoldLifted(ground="tax")))["holds"].keys() == {(THE_MILL, LAWSUIT)}


BY_ERASURE, BY_RESTRICTION = (MILL_SUBJECT, ERASURE.stream(THE_MILL)), (MILL_SUBJECT, CONTACT.stream(MILL))


def withheld(rows: Rows) -> set[tuple[str, ...]]:
    return {*rows["access_withheld"]}


@pytest.mark.parametrize("step", STEPS)
def test_from_the_asking_on_data_is_withheld_and_what_is_kept_as_proof_stays_so(step: str) -> None:
    assert withheld(shown(come_to(step))) == {BY_ERASURE}


def test_refused_it_is_withheld_no_longer() -> None:
    assert withheld(shown(come_to("refused"))) == set()


def test_what_is_withheld_on_two_grounds_stays_so_until_both_are_gone() -> None:
    restricted = come_to("requested") + of(CONTACT, MILL, EVENT["contact.restricted"])
    assert withheld(shown(restricted)) == {BY_ERASURE, BY_RESTRICTION}
    kept = of(ERASURE, THE_MILL, EVENT["erasure.refused"])
    assert withheld(shown(restricted, kept)) == {BY_RESTRICTION}
    assert withheld(shown(restricted, kept, of(CONTACT, MILL, EVENT["contact.restriction-lifted"]))) == set()
