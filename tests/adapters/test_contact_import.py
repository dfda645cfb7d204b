"""A file of contacts goes in once, whatever happens on the way, and what is refused is told by line, column and why."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from conftest import CALLERS, KEPT
from door import new_place
from hypothesis import HealthCheck, Phase, given, settings
from people import books
from register import FORMATS, Register, essence, register

from adapters import embedded
from adapters.composition import now
from adapters.contacts.check import entry
from adapters.contacts.company import PAGE, Company, Unplaced
from adapters.contacts.table import read_table
from adapters.embedded import Running
from adapters.helpdesk.importer import Importer
from adapters.helpdesk.step import Names
from adapters.nats.client import new_command_id
from adapters.postgres.schema import connect
from commands.clients.address import AddAddress, RemoveAddress
from commands.clients.contact import MoveContact, OpenContact, RenameContact
from commands.clients.directory import CloseDirectory
from commands.clients.merge import MergeContact
from commands.clients.paper import NoteOnContact
from domain.clients.address import AddressKind
from domain.clients.contact import ContactKind
from domain.clients.directory import Level
from domain.values import ContactId, DirectoryId, GroupId
from projections.clients.card import NOTES_CARRIED

COUNT = "SELECT count(*) FROM facts"
SMALL = """reference,kind,name,employer,part_of,company_number,vat_number,life_cycle,salutation,email,phone_private,note
M1,company,Mlýn s.r.o.,,,27082440,CZ27082440,lead,,info@mill.example,,
P1,person,Ґанна Їжак,M1,,,,lead,Шановна пані,hanna@mill.example,603 123 456,"Volat
ráno"
S1,part,Sklad,,M1,,,,,,,
"""


@pytest.fixture(scope="module")
def book(servers: Running, state: Path) -> Iterator[Register]:
    with register(new_place(servers, state)) as found:
        yield found


@pytest.fixture(scope="module")
def empty() -> Iterator[Register]:
    """Another company, on servers of its own: one deployment serves one."""
    state = Path(tempfile.mkdtemp(prefix="kartoteka-test-"))
    state.chmod(0o711)
    with ExitStack() as stack:
        running = stack.enter_context(embedded.running(state, fsync=False, postgres_settings=KEPT, callers=CALLERS))
        yield stack.enter_context(register(new_place(running, state)))
    embedded.erase(state)
    shutil.rmtree(state, ignore_errors=True)


@pytest.fixture
def directory(book: Register) -> DirectoryId:
    return book.directory()


@pytest.fixture
def file(tmp_path: Path) -> Callable[..., Path]:
    def file(text: str, name: str = "contacts.csv") -> Path:
        (tmp_path / name).write_text(text, encoding="utf-8")
        return tmp_path / name

    return file


def facts(book: Register) -> int:
    with connect(book.here.place.postgres_url, book.here.place.settings.schema_name) as connection:
        row = connection.execute(COUNT).fetchone()
    assert row is not None
    return int(row[0])


def faults(book: Register, file: Path, directory: str, actor: str = "") -> list[tuple[int, str, str]]:
    return [(each.line, each.column, each.code) for each in book.plan(file, directory, actor).faults]


def test_a_file_goes_in_with_everything_it_says(
    book: Register, directory: DirectoryId, file: Callable[..., Path]
) -> None:
    tally = book.bring(file(SMALL), directory)
    assert (tally.repeated, tally.left, tally.refused) == (0, 0, [])
    found = {row["reference"]: row for row in book.taken_out(directory)}
    person = found["P1"]
    assert (person["name"], person["kind"], person["life_cycle"]) == ("Ґанна Їжак", "person", "lead")
    assert person["employer"]["reference"] == found["S1"]["whole"]["reference"] == "M1"
    assert (found["M1"]["company_number"], found["M1"]["vat_number"]) == ("27082440", "CZ27082440")
    assert person["notes"] == ["Volat\nráno"]
    assert {(way["kind"], way["use"], way["normal"]) for way in person["addresses"]} == {
        ("email", "work", "hanna@mill.example"),
        ("phone", "private", "+420603123456"),
    }


def test_the_same_file_again_does_nothing_and_one_that_grew_only_adds(
    book: Register, directory: DirectoryId, file: Callable[..., Path]
) -> None:
    book.bring(file(SMALL), directory)
    stood, rows = facts(book), essence(book.taken_out(directory))
    assert book.plan(file(SMALL), directory).commands == 0
    assert book.bring(file(SMALL), directory).done == 0
    assert facts(book) == stood + 1  # the worker whom the test waits for
    assert essence(book.taken_out(directory)) == rows
    grown = SMALL.replace(
        "S1,part,Sklad,,M1,,,,,,,", "S1,part,Sklad,,M1,,CZ1,,,sklad@mill.example,,\nP2,,Bo,M1,,,,,,,,"
    )
    assert book.bring(file(grown), directory).done == 4
    added = {row["reference"]: row for row in book.taken_out(directory)}
    assert (added["S1"]["vat_number"], len(added["S1"]["addresses"])) == ("CZ1", 1)
    assert added["P2"]["employer"]["reference"] == "M1"


def test_what_read_models_do_not_show_yet_is_not_done_twice(
    book: Register, directory: DirectoryId, file: Callable[..., Path]
) -> None:
    """A plan made before anything was there is sent twice: that is a run begun again at once."""
    plan = book.plan(file(SMALL), directory)
    assert plan.new == 3
    book.bring(file(SMALL), directory)
    tally = book.here.runner.run(Importer(book.here.desk, 8).run(plan.phases))
    assert (tally.done, tally.repeated) == (0, plan.commands)


def test_what_was_taken_away_by_hand_does_not_come_back(
    book: Register, directory: DirectoryId, file: Callable[..., Path]
) -> None:
    book.bring(file(SMALL), directory)
    person = next(row for row in book.taken_out(directory) if row["reference"] == "P1")
    whole = book.here.ask("client-file", contact=person["contact"])
    for address in whole["addresses"]:
        book.here.send(RemoveAddress(contact=person["contact"], address=address["address"]))
    book.settle()
    assert book.bring(file(SMALL), directory).done == 0
    assert [row["addresses"] for row in book.taken_out(directory) if row["reference"] == "P1"] == [[]]


def test_another_worker_goes_on_with_the_same_file(
    book: Register, directory: DirectoryId, file: Callable[..., Path]
) -> None:
    book.right(directory, "anna", Level.EDIT)
    book.bring(file("\n".join(SMALL.splitlines()[:2]) + "\n"), directory)
    book.bring(file(SMALL), directory, "anna")
    assert [row["reference"] for row in sorted(book.taken_out(directory), key=lambda row: row["reference"])] == [
        "M1",
        "P1",
        "S1",
    ]


@pytest.mark.parametrize("form", FORMATS)
def test_an_export_brought_in_where_it_came_from_does_nothing(
    book: Register, directory: DirectoryId, file: Callable[..., Path], tmp_path: Path, form: str
) -> None:
    book.bring(
        file(
            SMALL.replace("S1,part", ",part").replace("name,employer", "name,employer").replace("\n,part", "\nX9,part")
        ),
        directory,
    )
    nameless = OpenContact(directory=directory, kind=ContactKind.COMPANY, name="Without a reference")
    contact = ContactId(book.here.send(nameless))
    book.here.send(AddAddress(contact=contact, kind=AddressKind.EMAIL, typed="Some@Where.example"))
    for n in range(NOTES_CARRIED + 2):
        book.here.send(NoteOnContact(contact=contact, text=f"Note {n}"))
    book.settle()
    out = book.written(tmp_path / f"out.{form}", book.taken_out(directory))
    plan = book.plan(out, directory)
    assert (plan.commands, plan.faults, len(plan.entries)) == (0, [], 4)


@pytest.mark.parametrize("form", FORMATS)
@given(rows=books(8))
@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck), phases=(Phase.generate,))
def test_what_goes_out_of_one_company_comes_into_an_empty_one_as_it_was(
    book: Register, empty: Register, tmp_path_factory: pytest.TempPathFactory, form: str, rows: list[Any]
) -> None:
    base = tmp_path_factory.getbasetemp()
    here, there = book.directory(), empty.directory()
    assert book.bring(book.written(base / f"in.{form}", rows), here).refused == []
    found = book.taken_out(here)
    assert essence(found) == essence(rows)
    assert empty.bring(book.written(base / f"out.{form}", found), there).refused == []
    assert essence(empty.taken_out(there)) == essence(found)


REFUSED = {
    "A1,,,,,,,,,,,": [("name", "NameMissing")],
    "A1,,Anna,,,,,,,no address,,": [("email", "EmailNotValid")],
    "A1,,Anna,,,,,,,,12,": [("phone_private", "PhoneNotValid")],
    "A1,,Anna,,,,,boss,,,,": [("life_cycle", "LifeCycleNotListed")],
    "A1,,Anna,,,,,,Hey,,,": [("salutation", "SalutationNotListed")],
    "A1,,Anna,M9,,,,,,,,": [("employer", "ContactUnknown")],
    "A1,,Anna,A1,,,,,,,,": [("employer", "NotAnOrganisation")],
    "A1,,Anna,P1,,,,,,,,": [("employer", "NotAnOrganisation")],
    "A1,company,Anna,M1,,,,,,,,": [("employer", "OnlyPersonsAreEmployed")],
    "A1,,Anna,,M1,,,,,,,": [("part_of", "OnlyPartsHaveAWhole")],
    "A1,part,Anna,,A1,,,,,,,": [("part_of", "LinkedWithItself")],
    "P1,,Anna,,,,,,,,,": [("reference", "ToldTwice")],
    ",,Anna,,,,,,,,,": [("reference", "ReferenceMissing")],
    "Č1,,Anna,,,,,,,,,": [("reference", "NotAReference")],
    "A1,robot,Anna,,,,,,,,,": [("kind", "KindUnknown")],
    f"A1,,{'ї' * 201},,,,,,,,,": [("name", "TooLong")],
    f"A1,,Anna,,,,,,,,,{'x' * 20_001}": [("note", "TooLong")],
    'A1,,"An\nna",,,,,,,,,': [("name", "NotText")],
    "A1,,Anna,,,,,,,,,a\x07b": [("note", "NotText")],
    "A1,,An\u202ena,,,,,,,,,": [("name", "NotText")],
    f"A1,,Anna,,,,,,,{'a' * 64}@{'b' * 60}.{'c' * 60}.{'d' * 50}.example,,": [("email", "EmailNotValid")],
    "A1,,Anna,,,,,boss,,no address,12,": [
        ("email", "EmailNotValid"),
        ("life_cycle", "LifeCycleNotListed"),
        ("phone_private", "PhoneNotValid"),
    ],
    "A1,,": [("", "FieldsMissing")],
}


@pytest.mark.parametrize("row", REFUSED, ids=range(len(REFUSED)))
def test_a_refused_row_is_told_by_line_column_and_why_and_the_others_go_in(
    book: Register, directory: DirectoryId, file: Callable[..., Path], row: str
) -> None:
    plan = book.plan(file(f"{SMALL}{row}\n"), directory)
    assert [(each.line, each.column, each.code) for each in plan.faults] == [(6, *one) for one in REFUSED[row]]
    assert [each.card.key for each in plan.entries] == ["M1", "P1", "S1"]
    assert all(each.why and not each.why.startswith("String") for each in plan.faults)


def test_who_names_a_refused_row_is_refused_too(
    book: Register, directory: DirectoryId, file: Callable[..., Path]
) -> None:
    wrong = SMALL.replace("info@mill.example", "nothing").replace("S1,part,Sklad,,M1", "S1,part,Sklad,,S2")
    told = faults(book, file(f"{wrong}S2,part,Dvůr,,M1,,,,,,,\n"), directory)
    assert told == [
        (2, "email", "EmailNotValid"),
        (3, "employer", "OtherRefused"),
        (5, "part_of", "OtherRefused"),
        (6, "part_of", "OtherRefused"),
    ]


def test_a_number_without_its_country_needs_the_country_of_the_company(file: Callable[..., Path]) -> None:
    (card,) = read_table(file("reference,name,phone,phone_2\n1,Anna,603 123 456,+420 603 123 456\n")).cards
    found = entry(card, "contact", Company(DirectoryId("directory")))
    assert [(fault.line, fault.column, fault.code) for fault in found.faults] == [(2, "phone", "PhoneWithoutCountry")]


def test_an_employer_may_be_a_contact_that_is_known_and_one_that_is_hidden_is_none(
    book: Register, directory: DirectoryId, file: Callable[..., Path]
) -> None:
    book.right(directory, "anna", Level.EDIT)
    hidden = book.directory()
    for where, reference in ((directory, "OPEN-1"), (hidden, "HIDDEN-1")):
        book.here.send(OpenContact(directory=where, kind=ContactKind.COMPANY, name="Firm", reference=reference))
    book.settle()
    head = "reference,name,employer\n"
    known, secret, none = (f"{head}{n},Anna,{firm}\n" for n, firm in enumerate(("OPEN-1", "HIDDEN-1", "NEVER-1")))
    assert book.bring(file(known), directory, "anna").refused == []
    assert [row["employer"]["name"] for row in book.taken_out(directory, "anna") if row["reference"] == "0"] == ["Firm"]
    assert faults(book, file(secret), directory, "anna") == [(2, "employer", "ContactUnknown")]
    assert book.plan(file(secret), directory, "anna").faults == book.plan(file(none), directory, "anna").faults
    assert book.plan(file(secret), directory).faults == []


def test_a_reference_that_is_hidden_behaves_as_one_that_is_missing(
    book: Register, directory: DirectoryId, file: Callable[..., Path]
) -> None:
    """Also where it came in by the same file, asked for by somebody else, and was hidden since."""
    for worker in ("anna", "dora"):
        book.right(directory, worker, Level.EDIT)
    text = "reference,name,email\nR-1,Anna,anna@example.org\n"
    book.bring(file(text), directory, "dora")
    (row,) = book.taken_out(directory)
    hidden = book.directory()
    book.here.send(MoveContact(contact=row["contact"], directory=hidden))
    book.settle()
    assert book.plan(file(text), directory, "anna").new == 1
    assert book.bring(file(text), directory, "anna").refused == []
    (another,) = book.taken_out(directory, "anna")
    assert another["contact"] != row["contact"]
    assert another["addresses"] == row["addresses"]


def test_a_contact_that_was_merged_is_added_to_as_its_survivor(
    book: Register, directory: DirectoryId, file: Callable[..., Path]
) -> None:
    book.bring(file("reference,name,email\nR-1,Anna,a@example.org\nR-2,Ann,b@example.org\n"), directory)
    ids = {row["reference"]: ContactId(row["contact"]) for row in book.taken_out(directory)}
    book.here.send(MergeContact(contact=ids["R-2"], survivor=ids["R-1"]))
    book.settle()
    again = file("reference,name,email,email_2\nR-1,Anna,a@example.org,\nR-2,Ann,b@example.org,c@example.org\n")
    tally = book.bring(again, directory)
    assert (tally.done, tally.refused) == (1, [])
    (row,) = book.taken_out(directory)
    assert {way["typed"] for way in row["addresses"]} == {"a@example.org", "b@example.org", "c@example.org"}


def test_what_a_file_says_otherwise_of_a_contact_that_is_there_is_left(
    book: Register, directory: DirectoryId, file: Callable[..., Path]
) -> None:
    book.bring(file(SMALL), directory)
    (mill,) = (row for row in book.taken_out(directory) if row["reference"] == "M1")
    book.here.send(RenameContact(contact=mill["contact"], name="Mlýn a.s."))
    book.settle()
    assert book.plan(file(SMALL.replace("27082440", "1")), directory).commands == 0


def test_all_join_the_group_and_one_who_may_not_put_them_there_is_told_before(
    book: Register, file: Callable[..., Path]
) -> None:
    company = book.here.company
    desk = book.desk("dora")
    assert book.here.runner.run(desk.group("Vip")) == company["vip"]
    for worker, group in (("anna", "vip"), ("dora", "regulars"), ("dora", "no such group")):
        with pytest.raises(Unplaced):
            book.here.runner.run(book.desk(worker).group(group))
    before = book.here.ask("groups")
    tally = book.bring(file(SMALL), company["customers"], "dora", [GroupId(company["vip"])])
    assert tally.refused == []
    members = {row["group"]: row["members"] for row in book.here.ask("groups")}
    assert members[company["vip"]] == next(row["members"] for row in before if row["name"] == "Vip") + 3


def test_one_who_may_not_put_contacts_there_is_told_before(book: Register, directory: DirectoryId) -> None:
    company, run = book.here.company, book.here.runner.run
    assert run(book.desk("dora").room("Customers")) == company["customers"]
    for worker, named in (("anna", "Customers"), ("dora", "Secret"), ("dora", company["secret"]), ("dora", "Never")):
        with pytest.raises(Unplaced) as told:
            run(book.desk(worker).room(named))
        if worker == "dora":
            assert str(told.value) == f"{named}: There is no such directory."
    book.here.send(CloseDirectory(directory=directory))
    book.settle()
    with pytest.raises(Unplaced, match="closed"):
        run(book.desk().room(directory))


def test_a_row_that_the_service_refuses_holds_up_no_other(
    book: Register, directory: DirectoryId, file: Callable[..., Path]
) -> None:
    """What changed between the look and the sending is the service's to say; what rests on it is not sent."""
    plan = book.plan(file(SMALL), directory)
    book.here.send(CloseDirectory(directory=directory))
    tally = book.here.runner.run(Importer(book.here.desk, 8).run(plan.phases))
    assert {refusal.code for refusal in tally.refused} == {"DirectoryNotOpen"}
    assert (tally.done, len(tally.refused), tally.left) == (0, 3, plan.commands - 3)
    assert [plan.places[refusal.about].line for refusal in tally.refused] == [2, 3, 5]


def test_cards_name_firms_of_the_file_and_others_are_unknown(
    book: Register, directory: DirectoryId, file: Callable[..., Path]
) -> None:
    cards = "".join(
        f"BEGIN:VCARD\nVERSION:3.0\nUID:u-{name}\n{kind}FN:{name}\nORG:{firm}\nEND:VCARD\n"
        for name, kind, firm in (("Mill", "KIND:org\n", "Mill"), ("Jana", "", "Mill"), ("Petr", "", "Other"))
    )
    path = file(cards, "book.vcard")
    assert faults(book, path, directory) == [(18, "ORG", "ContactUnknown")]
    assert book.bring(path, directory).refused == []
    found = {row["name"]: row for row in book.taken_out(directory)}
    assert found.keys() == {"Mill", "Jana"}
    assert (found["Jana"]["employer"]["name"], found["Jana"]["reference"]) == ("Mill", "u-Jana")
    assert book.bring(path, directory).done == 0


def test_a_worker_takes_out_what_they_see_page_by_page_and_each_is_recorded_as_exported(
    book: Register, directory: DirectoryId, file: Callable[..., Path]
) -> None:
    book.right(directory, "anna", Level.USE)
    head, since = "reference,name,email\n", now()
    many = head + "".join(f"N-{n},Name {n},n{n}@example.org\n" for n in range(PAGE + 3))
    book.bring(file(many), directory)
    (first, *_) = book.taken_out(directory)
    texts = [f"Note {n}" for n in range(25)]
    for text in texts:
        book.here.send(NoteOnContact(contact=first["contact"], text=text))
    book.settle()
    rows = book.taken_out(directory, "anna")
    assert len({row["contact"] for row in rows}) == PAGE + 3
    assert next(row["notes"] for row in rows if row["contact"] == first["contact"]) == texts
    assert book.taken_out(book.directory(), "anna") == []
    looks = book.here.ask("looks", "olga", worker=book.here.company["anna"], since=since.isoformat())
    seen = {contact for look in looks if look["how"] == "exported" for contact in look["contacts"]}
    assert seen == {row["contact"] for row in rows}
    assert {look["question"] for look in looks} == {"contact-cards", "contact-notes"}


def test_ids_that_follow_from_nothing_would_do_everything_twice(
    book: Register, directory: DirectoryId, file: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The planted bug: without ids that follow from the file, a run begun again at once is a second one."""
    monkeypatch.setattr(Names, "command", lambda *_: new_command_id())
    plans = [book.plan(file(SMALL), directory) for _ in range(2)]
    tallies = [book.here.runner.run(Importer(book.here.desk, 8).run(plan.phases[:1])) for plan in plans]
    assert [tally.repeated for tally in tallies] == [0, 0]
    book.settle()
    assert len(book.taken_out(directory)) == 6
