"""A file is attached as it was put: for this contact and subject, within its time, by whoever may edit the card."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from company import BAKERY_SUBJECT, COMPANY_SO_FAR, VERA, ZOE
from specification import Given, given, on_monday

from commands.clients.paper import AttachFile, FileNotStored, RemoveFile
from commands.lookup import STORED, Stored
from commands.permission import RightMissing
from domain.clients.contact import ContactUnknown
from domain.clients.paper import ContactFileAttached, ContactFileRemoved
from examples import ANNA, BAKERY, MILL, MILL_SUBJECT, PLAN

TEN = on_monday(10)
PUT = Stored(MILL, MILL_SUBJECT, 20_480, "9f" * 32, TEN + timedelta(minutes=1))
ATTACH = AttachFile(contact=MILL, file=PLAN, name="The yard.pdf", media_type="application/pdf")
ATTACHED = ContactFileAttached(
    file=PLAN,
    subject=MILL_SUBJECT,
    name="The yard.pdf",
    media_type="application/pdf",
    size_bytes=20_480,
    digest="9f" * 32,
)


def having_put(*rows: Stored) -> Given:
    world = given(COMPANY_SO_FAR)
    world.log.found[STORED, PLAN] = rows
    return world


def test_size_and_digest_are_those_of_what_was_put() -> None:
    having_put(PUT).when(ATTACH, at=TEN).then(ATTACHED)


def test_a_file_lies_there_once_until_it_is_taken_away() -> None:
    world = having_put(PUT).when(ATTACH, at=TEN).then(ATTACHED)
    world.when(ATTACH, at=TEN).then()
    world.when(RemoveFile(contact=MILL, file=PLAN), at=TEN).then(ContactFileRemoved(file=PLAN))
    world.when(ATTACH, at=TEN).then(ATTACHED)


@pytest.mark.parametrize(
    "other",
    [{"contact": BAKERY}, {"subject": BAKERY_SUBJECT}, {"until": TEN}],
    ids=["for another contact", "of another subject", "too long ago"],
)
def test_what_was_put_otherwise_is_as_if_it_never_was(other: dict[str, Any]) -> None:
    having_put(PUT._replace(**other)).when(ATTACH, at=TEN).refused(FileNotStored)
    having_put().when(ATTACH, at=TEN).refused(FileNotStored)


def test_its_time_is_counted_by_the_receipt_whatever_the_request_says() -> None:
    late: datetime = TEN - timedelta(minutes=4)
    having_put(PUT._replace(until=TEN)).when(ATTACH, at=TEN, happened=late).refused(FileNotStored)


def test_who_may_not_edit_the_card_is_not_told_of_the_file() -> None:
    for world in (having_put(PUT), having_put()):
        world.when(ATTACH, actor=VERA, at=TEN).refused(ContactUnknown)
        world.when(ATTACH, actor=ZOE, at=TEN).refused(RightMissing)
    having_put(PUT).when(ATTACH, actor=ANNA, at=TEN).then(ATTACHED)
