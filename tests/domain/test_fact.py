"""Every fact has a name for ever, belongs to one noun, and marks what is somebody's own."""

import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import pytest
from pydantic import AwareDatetime, BaseModel, TypeAdapter, ValidationError
from specification import MONDAY, finished, request

from commands.catalogue import COMMANDS, NOUNS
from commands.command import Command
from domain.clients.bookmark import BOOKMARK
from domain.clients.contact import CONTACT
from domain.clients.directory import DIRECTORY
from domain.clients.group import GROUP
from domain.clients.membership import MEMBERSHIP
from domain.clients.paper import MediaType
from domain.company.country import Country
from domain.company.process_area import PROCESS_AREA
from domain.company.responsibility import RESPONSIBILITY
from domain.company.settings import SETTINGS
from domain.decider import Decider
from domain.fact import Event, Fact, personal_fields
from domain.personal import Forgotten, Masked, Personal, Purpose, Sealed
from domain.pricing.money import Currency
from domain.pricing.order import ORDER
from domain.pricing.price import PRICES
from domain.pricing.price_list import PRICE_LIST
from domain.pricing.product import PRODUCT
from domain.privacy.erasure import ERASURE, SubjectForgotten
from domain.privacy.erasure import Kind as Counted
from domain.privacy.hold import HOLD
from domain.privacy.obstacle import Thing
from domain.privacy.receipt import RECEIPT, Signature, Signer
from domain.service.calendar import CALENDAR
from domain.service.contract import CONTRACT
from domain.service.incident_type import INCIDENT_TYPE
from domain.service.statement import OutcomeCorrected, OutcomeStated
from domain.service.ticket import TICKET
from domain.staff.area import AREA
from domain.staff.team import TEAM
from domain.staff.worker import WORKER
from domain.talk.gateway import GATEWAY
from domain.values import Code, Digest, Id, Label, Line, Reference, SubjectId, Text, Unit, Zone
from domain.work.notice import NOTICE
from examples import EVENT, EVENTS, REQUEST, REQUESTS

DECIDERS: tuple[Decider[Any, Any], ...] = (
    WORKER, TEAM, AREA, DIRECTORY, CONTACT, BOOKMARK, GROUP, MEMBERSHIP, SETTINGS, PROCESS_AREA, RESPONSIBILITY,
    PRODUCT, PRICE_LIST, PRICES, ORDER, CALENDAR, CONTRACT, INCIDENT_TYPE, TICKET, GATEWAY, NOTICE,
    HOLD, ERASURE, RECEIPT,
)  # fmt: skip
FACTS = sorted(Event.by_topic.values(), key=lambda fact: fact.topic)
TOPIC = re.compile(r"[a-z]+(-[a-z]+)*\.[a-z]+(-[a-z]+)*")
OPEN_TYPES = (
    *(Code, Country, Currency, Digest, Label, MediaType, Reference, Unit, Zone),
    *(Counted, Signature, Signer, Thing),
)
"""Words of the company or of its code lists, of what a file is, and of what is counted and signed: nobody's data."""

OTHERWISE: Mapping[str, tuple[str, set[type[Event]]]] = {
    "ticket": ("outcome", {OutcomeStated, OutcomeCorrected}),
    "erasure": ("subject", {SubjectForgotten}),
}
"""What is called after something else than the noun in whose life it lies: whoever hears of it knows it by that."""

PAST = {"begun", "found", "held", "kept", "left", "set", "split", "withdrawn", "withheld"}
"""Past tenses that do not end in -ed or -en."""


def leaves(hint: Any, marked: bool = False) -> Iterator[tuple[Any, bool]]:
    """Every type a value can have, taken apart, and whether it stands under a personal mark."""
    if hint in OPEN_TYPES:
        yield hint, marked
    elif get_origin(hint) is Annotated:
        inner, *marks = get_args(hint)
        yield from leaves(inner, marked or any(isinstance(mark, Personal) for mark in marks))
    elif get_origin(hint) is Literal:
        return
    elif get_origin(hint) in (Union, UnionType, tuple, Mapping, frozenset) or hasattr(get_origin(hint), "__mro__"):
        for part in get_args(hint):
            if part is not ...:
                yield from leaves(part, marked)
    elif isinstance(hint, type) and issubclass(hint, BaseModel):
        for part in get_type_hints(hint, include_extras=True).values():
            yield from leaves(part, marked)
    else:
        yield hint, marked


def bare_text(fact: type[BaseModel]) -> set[str]:
    """The fields in which anything could be written and that are not marked as somebody's data."""
    hints = get_type_hints(fact, include_extras=True)
    return {
        name for name in fact.model_fields for leaf, marked in leaves(hints[name]) if not marked and not _harmless(leaf)
    }


def _harmless(leaf: Any) -> bool:
    if leaf in OPEN_TYPES:
        return True
    return (
        isinstance(leaf, type)
        and issubclass(leaf, Id | Enum | int | float | Decimal | datetime | date | NoneType | Masked)
    ) or leaf is AwareDatetime


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: fact.topic)
def test_every_field_in_which_anything_can_be_written_is_marked_personal(fact: type[Event]) -> None:
    assert bare_text(fact) == set()


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: fact.topic)
def test_a_mark_names_a_field_that_says_whose_data_it_is_and_the_type_admits_the_mask(fact: type[Event]) -> None:
    hints = get_type_hints(fact, include_extras=True)
    for name, mark in personal_fields(fact).items():
        assert hints[mark.subject] is SubjectId
        assert Masked in [leaf for leaf, _ in leaves(hints[name])]


def test_personal_fields_are_found_with_their_subject_and_purpose() -> None:
    content = Personal("subject", Purpose.CONTENT)
    assert personal_fields(type(EVENT["ticket.opened"])) == {"title": content, "description": content}
    assert personal_fields(type(EVENT["contact.renamed"])) == {"name": Personal("subject", Purpose.PROFILE)}
    assert personal_fields(type(EVENT["ticket.started"])) == {}
    # what another value says about the field is no mark
    assert personal_fields(type(EVENT["calendar.defined"])) == {}


def test_free_text_without_a_mark_would_be_found() -> None:
    class Letter(BaseModel):
        subject: SubjectId
        lines: tuple[Line, ...] | None
        body: Annotated[Text | Masked, Personal("subject", Purpose.CONTENT)]
        number: str

    assert bare_text(Letter) == {"lines", "number"}


@pytest.mark.parametrize("name", [*Event.by_topic, *COMMANDS])
def test_a_wire_name_is_a_noun_and_a_verb(name: str) -> None:
    assert TOPIC.fullmatch(name)


def test_facts_are_in_the_past_and_requests_are_not() -> None:
    def words(topic: str) -> list[str]:
        return topic.partition(".")[2].split("-")

    assert [
        topic
        for topic in Event.by_topic
        if not any(word in PAST or word.endswith(("ed", "en")) for word in words(topic))
    ] == []
    assert [topic for topic in COMMANDS if words(topic)[0].endswith("ed")] == []


def test_no_name_is_both_a_fact_and_a_request() -> None:
    assert not Event.by_topic.keys() & COMMANDS.keys()


def test_two_facts_of_one_name_are_refused_and_so_are_two_requests() -> None:
    with pytest.raises(TypeError, match=r"two facts are called worker\.hired"):
        type("Other", (Event,), {"__module__": __name__}, topic="worker.hired")
    with pytest.raises(TypeError, match=r"two requests are called worker\.hire"):
        type("Asked", (Command,), {"__module__": __name__}, topic="worker.hire", of=WORKER)


def test_every_fact_belongs_to_exactly_one_noun() -> None:
    belongs = [fact for decider in DECIDERS for fact in decider.facts]
    assert len(belongs) == len(set(belongs))
    assert set(belongs) == set(FACTS)


@pytest.mark.parametrize("decider", DECIDERS, ids=lambda decider: decider.kind)
def test_the_facts_of_a_noun_are_called_after_it(decider: Decider[Any, Any]) -> None:
    called, others = OTHERWISE.get(decider.kind, (decider.kind, set()))
    assert {fact.topic.partition(".")[0] for fact in decider.facts if fact not in others} == {decider.kind}
    assert {fact.topic.partition(".")[0] for fact in others} <= {called}
    assert others <= {*decider.facts}


@pytest.mark.parametrize("decider", DECIDERS, ids=lambda decider: decider.kind)
def test_a_stream_is_called_after_its_noun_and_its_id(decider: Decider[Any, Any]) -> None:
    assert decider.stream("x-1") == f"{decider.kind}-x-1"


def test_every_noun_has_its_file_of_requests() -> None:
    assert {command.of.kind for command in COMMANDS.values()} == {decider.kind for decider in DECIDERS}
    assert len(NOUNS) == len(DECIDERS)


def test_there_is_one_good_example_of_everything() -> None:
    assert set(EVENT) == set(Event.by_topic)
    assert len(EVENTS) == len(EVENT)
    assert set(REQUEST) == set(COMMANDS)
    assert len(REQUESTS) == len(REQUEST)


def test_only_what_rests_on_recorded_instants_is_dated() -> None:
    assert {decider.kind for decider in DECIDERS if decider.dated} == {"calendar", "contract"}


def test_a_mask_tells_no_more_than_it_must() -> None:
    assert str(Sealed("5b1f0c", "profile")) == "(sealed)"
    assert str(Forgotten("0123456789abcdef")) == "forgotten #01234567"


def test_a_masked_field_is_accepted_and_written_as_its_mask() -> None:
    renamed = type(EVENT["contact.renamed"])(subject="5b1f0c", name=Forgotten("5b1f0c00ff"))
    assert renamed.model_dump(mode="json")["name"] == "forgotten #5b1f0c00"


def test_an_unstored_fact_knows_only_what_was_decided() -> None:
    fact = Fact("worker-a", 1, EVENT["worker.hired"], MONDAY, MONDAY, "system")
    assert (fact.position, fact.event_id, fact.caller, fact.command_id, fact.correlation, fact.causation) == (
        0,
        "",
        "",
        "",
        "",
        "",
    )


def test_the_tests_log_never_waits() -> None:
    async def answer() -> int:
        return 1

    assert finished(answer()) == 1
    assert request(REQUEST["ticket.take"], id="x").new_id == request(REQUEST["ticket.hold"], id="x").new_id


def test_a_new_fact_is_known_by_its_name_and_its_marks_are_found_wherever_they_stand() -> None:
    class Thing(Event, topic="test.happened"):
        """For this sentence alone."""

        subject: SubjectId
        first: Annotated[Line | Masked, "a remark", Personal("subject", Purpose.PROOF)]
        second: Annotated[Text | Masked, Personal("subject", Purpose.CONTENT)] | None = None
        third: Annotated[Line, "a remark alone"] = "open"

    try:
        assert Thing.topic == "test.happened"
        assert Event.by_topic["test.happened"] is Thing
        personal_fields.cache_clear()
        found = {"first": Personal("subject", Purpose.PROOF), "second": Personal("subject", Purpose.CONTENT)}
        assert personal_fields(Thing) == found
    finally:
        del Event.by_topic["test.happened"]


def test_a_mask_is_written_as_it_reads_and_is_made_of_nothing_else() -> None:
    masks: TypeAdapter[Masked] = TypeAdapter(Masked)
    assert masks.dump_python(Sealed("5b1f0c", "profile")) == "(sealed)"
    assert masks.dump_json(Sealed("5b1f0c", "profile")) == b'"(sealed)"'
    with pytest.raises(ValidationError):
        masks.validate_python("(sealed)")
