"""What is changed is seen at the position at which it was acknowledged, by those whose it is to see, and no longer."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from door import new_place
from inquirers import HELPDESK, Asker, company_asked

from adapters.embedded import Running
from adapters.postgres.schema import connect
from commands.clients.contact import MoveContact, OpenContact, RenameContact
from commands.clients.directory import SetDirectoryRight
from commands.clients.membership import JoinGroup, LeaveGroup
from commands.service.contract import ConcludeContract
from commands.service.exchange import LogMessage
from commands.service.holding import AssignTicket
from commands.service.joining import MergeTicket
from commands.service.opening import OpenTicket
from commands.service.ticket import ChangeTicketContract, NoteOnTicket, SetTicketCustomer
from commands.staff.area import GiveAreaRole
from commands.staff.team import AddTeamMember, FormTeam, RemoveTeamMember
from commands.staff.worker import DeactivateWorker, GrantRight, HireWorker, WithdrawRight
from commands.work.notice import ReadNotice, WriteNotice
from domain.clients.directory import Level
from domain.service.contract import Targets, Terms
from domain.service.exchange import Direction, Way
from domain.staff.area import Role
from domain.staff.worker import SYSTEM, Right
from domain.values import team_holder, worker_holder
from domain.work.notice import Occasion

instant = datetime.fromisoformat
KILL = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE application_name = 'kartoteka' AND pid <> pg_backend_pid()
"""


@pytest.fixture(scope="module")
def here(servers: Running, state: Path) -> Iterator[Asker]:
    """Everybody who changes something here makes it first."""
    with company_asked(new_place(servers, state)) as here:
        yield here


def customer(here: Asker, name: str, directory: str = "customers") -> Any:
    return here.send(OpenContact(directory=here.company[directory], name=name))


def ticket(here: Asker, of: str, title: str = "It is broken") -> Any:
    return here.send(OpenTicket(customer=of, title=title))


def helper(here: Asker) -> Any:
    """A new worker with the rights of a help desk and no place to use them."""
    worker: Any = here.send(HireWorker(name="Hugo"))
    for right in HELPDESK:
        here.send(GrantRight(worker=worker, right=right))
    return worker


def tickets(here: Asker, actor: str, **data: Any) -> set[str]:
    return {row["ticket"] for row in here.ask("desk", actor, **data)}


def test_an_answer_shows_what_was_acknowledged_before_it(here: Asker) -> None:
    for n in range(20):
        id = customer(here, f"Contact {n}")
        assert here.ask("client-file", "anna", contact=id)["name"] == f"Contact {n}"
        here.send(RenameContact(contact=id, name=f"Renamed {n}"))
        answer = here.reply("client-file", "anna", data={"contact": id})
        assert answer.body["row"]["name"] == f"Renamed {n}"
        assert not here.reply("client-file", "anna", data={"contact": id}, min_position=answer.body["position"]).status


def test_sight_comes_and_goes_with_the_team_it_comes_through(here: Asker) -> None:
    worker, team = helper(here), here.send(FormTeam(name="Second line"))
    here.send(SetDirectoryRight(directory=here.company["customers"], holder=team_holder(team), level=Level.USE))
    here.send(GiveAreaRole(area=here.company["north"], holder=team_holder(team), role=Role.READER))
    assert tickets(here, worker) == set()
    here.send(AddTeamMember(team=team, worker=worker))
    assert tickets(here, worker) == tickets(here, "anna")
    assert here.ask("my-sight", worker)["directories"][0]["team_name"] == "Second line"
    here.send(RemoveTeamMember(team=team, worker=worker))
    assert tickets(here, worker) == set()
    assert here.ask("contacts", worker) == []


def test_of_two_rights_the_higher_counts_and_the_other_stays(here: Asker) -> None:
    worker, team = helper(here), here.send(FormTeam(name="Third line"))
    here.send(AddTeamMember(team=team, worker=worker))
    directory = here.company["customers"]
    here.send(SetDirectoryRight(directory=directory, holder=team_holder(team), level=Level.EDIT))
    here.send(SetDirectoryRight(directory=directory, holder=worker_holder(worker), level=Level.USE))
    (mine,) = here.ask("my-sight", worker)["directories"]
    assert (mine["level"], mine["team"]) == ("edit", team)
    here.send(SetDirectoryRight(directory=directory, holder=team_holder(team), level=Level.NONE))
    (mine,) = here.ask("my-sight", worker)["directories"]
    assert (mine["level"], mine["team"]) == ("use", None)
    here.send(SetDirectoryRight(directory=directory, holder=worker_holder(worker), level=Level.NONE))
    assert here.ask("contacts", worker) == []


def test_a_right_withdrawn_or_a_worker_gone_ends_all_answers(here: Asker) -> None:
    worker = helper(here)
    assert here.ask("desk", worker) == []
    here.send(WithdrawRight(worker=worker, right=Right.HELPDESK))
    assert here.refused("desk", worker) == "RightMissing"
    assert here.ask("contacts", worker) == []
    here.send(DeactivateWorker(worker=worker))
    assert {here.refused(name, worker) for name in ("contacts", "my-sight", "notices")} == {"RightMissing"}


def test_a_moved_contact_takes_its_tickets_out_of_sight(here: Asker) -> None:
    known, hidden = customer(here, "Known"), customer(here, "Hidden", "secret")
    theirs, others = ticket(here, known), ticket(here, hidden)
    assert {theirs, others} & tickets(here, "anna") == {theirs}
    here.send(MoveContact(contact=known, directory=here.company["secret"]))
    here.send(MoveContact(contact=hidden, directory=here.company["customers"]))
    assert {theirs, others} & tickets(here, "anna") == {others}
    assert here.refused("ticket", "anna", ticket=theirs) == "TicketUnknown"
    assert here.refused("timeline", "anna", thing="contact", id=known) == "ContactUnknown"
    lines = here.ask("timeline", "anna", thing="contact", id=hidden)
    assert [line["words"] for line in lines] == [
        "Hidden became known, as person, in directory (not shown)",
        "Moved from directory (not shown) to Customers",
    ]


def test_an_auditor_reads_any_timeline_and_no_personal_field_of_a_hidden_directory(here: Asker) -> None:
    for name in ("pump", "oven", "drill"):
        lines = here.ask("timeline", "olga", thing="ticket", id=here.company[name])
        assert lines[0]["words"] == "Reported: (sealed)"
    assert here.ask("timeline", "olga", thing="directory", id=here.company["secret"])
    assert here.refused("timeline", "olga", thing="ticket", id="none") == "TicketUnknown"
    right = {"directory": here.company["customers"], "holder": worker_holder(here.company["olga"])}
    here.send(SetDirectoryRight(**right, level=Level.USE))
    lines = [here.ask("timeline", "olga", thing="ticket", id=here.company[name])[0] for name in ("pump", "oven")]
    assert [line["words"] for line in lines] == ["Reported: The pump", "Reported: (sealed)"]
    here.send(SetDirectoryRight(**right, level=Level.NONE))


def test_notices_are_ones_own_and_only_of_what_one_may_see(here: Asker) -> None:
    whose = customer(here, "Somebody")
    about = ticket(here, whose)
    here.send(AssignTicket(ticket=about, assignee=here.company["anna"]))
    told = {"ticket": about, "occasion": Occasion.ASSIGNED, "doer": SYSTEM}
    notice: Any = here.send(WriteNotice(recipient=here.company["anna"], **told))
    (row,) = here.ask("notices", "anna")
    assert (row["notice"], row["title"], row["occasion"], row["seen_at"]) == (notice, "It is broken", "assigned", None)
    assert here.ask("notices", "boris") == []
    here.send(ReadNotice(notice=notice), "anna")
    assert here.ask("notices", "anna", seen=False) == []
    assert here.ask("notices", "anna", seen=True)[0]["seen_at"] is not None
    lines = here.ask("timeline", "anna", thing="notice", id=notice)
    assert [line["words"] for line in lines][1:] == ["Seen by the one who was told"]
    assert [each["notice"] for each in here.ask("why-notice", "anna", ticket=about)["notices"]] == [notice]
    here.send(MoveContact(contact=whose, directory=here.company["secret"]))
    withheld: Any = here.send(WriteNotice(recipient=here.company["anna"], **told))
    reasons = here.ask("why-notice", "olga", ticket=about, worker=here.company["anna"])["notices"]
    assert [(each["notice"], each["withheld"]) for each in reasons] == [(notice, None), (withheld, "unseen")]
    assert here.refused("why-notice", "anna", ticket=about) == "TicketUnknown"
    assert here.refused("timeline", "anna", thing="notice", id=withheld) == "NoticeUnknown"
    assert here.ask("notices", "anna") == []
    assert here.refused("timeline", "anna", thing="notice", id=notice) == "NoticeUnknown"


def test_what_is_forgotten_is_masked_and_a_lost_key_is_no_mask(here: Asker) -> None:
    contact = customer(here, "Somebody")
    with connect(here.place.postgres_url, here.place.settings.schema_name) as database:
        assert here.ask("client-file", "dora", contact=contact)["name"] == "Somebody"
        found = database.execute("SELECT subject FROM contact_names WHERE contact = %s", (contact,)).fetchone()
        assert found is not None
        database.execute("DELETE FROM subject_keys WHERE subject = %s", found)
        for nothing in (True, False):  # whatever it had is dropped
            here.service.queries.answers.keyring.keep(nothing=nothing)
        assert here.refused("client-file", "dora", contact=contact) == "Broken"
        database.execute("INSERT INTO subject_fences VALUES (%s)", found)
    mask = f"forgotten #{found[0][:8]}"
    assert here.ask("client-file", "dora", contact=contact)["name"] == mask
    lines = here.ask("timeline", "dora", thing="contact", id=contact)
    assert lines[0]["words"] == f"{mask} became known, as person, in directory Customers"


def test_what_is_withheld_is_shown_to_a_privacy_officer_alone(here: Asker) -> None:
    contact, officer = customer(here, "Somebody"), here.company["dora"]
    with connect(here.place.postgres_url, here.place.settings.schema_name) as database:
        assert here.ask("client-file", "dora", contact=contact)["name"] == "Somebody"  # the read models know them
        found = database.execute("SELECT subject FROM contact_names WHERE contact = %s", (contact,)).fetchone()
        assert found is not None
        database.execute("INSERT INTO access_withheld (subject, stream) VALUES (%s, 'x')", found)
        assert here.ask("client-file", "dora", contact=contact)["name"] == "(restricted)"
        here.send(GrantRight(worker=officer, right=Right.PRIVACY_OFFICER))
        assert here.ask("client-file", "dora", contact=contact)["name"] == "Somebody"
        here.send(WithdrawRight(worker=officer, right=Right.PRIVACY_OFFICER))
        database.execute("DELETE FROM access_withheld")
    assert here.ask("client-file", "dora", contact=contact)["name"] == "Somebody"


def test_a_page_ends_before_it_is_too_large_to_send(here: Asker) -> None:
    data = {"thing": "ticket", "id": ticket(here, customer(here, "Somebody"))}
    for _ in range(30):
        here.send(NoteOnTicket(ticket=data["id"], text="ї" * 20_000))
    page = here.reply("timeline", "anna", data=data, limit=1000)
    assert len(page.raw) < 1_200_000
    assert 3 < len(page.body["rows"]) < 32
    rest = here.reply("timeline", "anna", data=data, limit=1000, cursor=page.body["next"])
    assert len(page.body["rows"]) + len(rest.body["rows"]) == 32


def test_what_people_type_is_shown_as_it_was_typed(here: Asker) -> None:
    whose = customer(here, "Somebody")
    about = ticket(here, whose, title=f"{{text}} {whose} 100% {{}} 'x' \\ %(actor)s")
    here.send(NoteOnTicket(ticket=about, text="{title}"))
    assert here.ask("ticket", "anna", ticket=about)["title"] == f"{{text}} {whose} 100% {{}} 'x' \\ %(actor)s"
    lines = [line["words"] for line in here.ask("timeline", "anna", thing="ticket", id=about)]
    assert lines[0] == f"Reported: {{text}} {whose} 100% {{}} 'x' \\ %(actor)s"
    assert lines[-1] == "Note: {title}"


def test_a_ticket_that_is_handed_over_is_found_under_its_new_assignee(here: Asker) -> None:
    about = ticket(here, customer(here, "Somebody"))
    assert here.ask("desk", "anna")[0]["ticket"] == about
    here.send(AssignTicket(ticket=about, assignee=here.company["boris"]))
    assert about in tickets(here, "anna", assignee=here.company["boris"])
    here.send(AssignTicket(ticket=about, assignee=here.company["clara"]))
    assert about not in tickets(here, "anna", assignee=here.company["boris"])
    assert about in tickets(here, "anna", assignee=here.company["clara"])
    assert tickets(here, "clara", assignee=here.company["clara"]) == set()  # hers, and not for her to know of


def test_a_ticket_given_to_a_team_is_open_to_its_members_and_to_whoever_has_it(here: Asker) -> None:
    about, team = ticket(here, customer(here, "Somebody")), {"team": here.company["hotline"]}
    here.send(AssignTicket(ticket=about, **team))
    assert tickets(here, "anna", **team) == set()
    hidden, missing = (here.reply("ticket", "anna", data={"ticket": each}) for each in (about, "nowhere"))
    assert (hidden.raw, hidden.headers, hidden.code) == (missing.raw, missing.headers, "TicketUnknown")
    assert here.refused("timeline", "anna", thing="ticket", id=about) == "TicketUnknown"
    (row,) = here.ask("desk", "boris", **team, unassigned=True)
    assert (row["ticket"], row["assignee"], row["team_name"], row["status"]) == (about, None, "Hotline", "assigned")
    assert here.ask("desk", "boris")[0]["ticket"] == about  # it waits for somebody
    assert about in {row["ticket"] for row in here.ask("deadlines", "boris", **team)}
    here.send(AssignTicket(ticket=about, assignee=here.company["anna"], **team))
    for actor in ("anna", "boris"):
        assert here.ask("ticket", actor, ticket=about)["assignee_name"] == "Anna"
        assert tickets(here, actor, **team, unassigned=False) == {about}
    here.send(AssignTicket(ticket=about, assignee=here.company["boris"], **team))
    assert about not in tickets(here, "anna")
    here.send(RemoveTeamMember(**team, worker=here.company["boris"]))
    assert tickets(here, "boris", **team) == set()  # excused from the team, and without the rights that it gave
    here.send(AddTeamMember(**team, worker=here.company["boris"]))
    assert tickets(here, "boris", **team) == {about}


def test_a_ticket_follows_whoever_it_is_found_to_be_of(here: Asker) -> None:
    whose, hidden = customer(here, "Somebody"), customer(here, "Hidden", "secret")
    about = here.send(OpenTicket(title="It is broken"))
    assert about in tickets(here, "clara")
    here.send(SetTicketCustomer(ticket=about, reporter=hidden, customer=hidden))
    assert about not in tickets(here, "anna")
    here.send(SetTicketCustomer(ticket=about, reporter=None, customer=whose))
    assert about not in tickets(here, "clara")
    assert tickets(here, "anna", contact=whose) == {about}
    assert [each["ticket"] for each in here.ask("client-file", "anna", contact=whose)["tickets"]] == [about]
    assert here.ask("client-file", contact=hidden)["tickets"] == []
    lines, whole = (here.ask("timeline", actor, thing="ticket", id=about) for actor in ("anna", SYSTEM))
    assert [each["words"] for each in lines if each["topic"] == "ticket.customer-set"] == [
        "Reported by contact Somebody, on the terms of contact Somebody"
    ]
    assert [each["topic"] for each in whole].count("ticket.customer-set") == 2
    assert {each["version"] for each in lines} == {None}  # a gap would tell that something is hidden


def test_what_a_ticket_was_merged_into_is_told_to_who_may_know_of_it(here: Asker) -> None:
    whose, team = customer(here, "Somebody"), here.company["hotline"]
    about, other = ticket(here, whose), ticket(here, whose)
    here.send(MergeTicket(ticket=about, survivor=other))
    row = here.ask("ticket", "anna", ticket=about)
    assert (row["status"], row["over"], row["survivor"]) == ("merged", True, other)
    assert {each["outcome"] for each in row["deadlines"]} == {"merged"}
    topics = {each["topic"] for each in here.ask("timeline", "anna", thing="ticket", id=about)}
    assert "ticket.merged" in topics
    here.send(AssignTicket(ticket=other, team=team))
    assert here.ask("ticket", "anna", ticket=about)["survivor"] is None
    assert here.ask("ticket", "boris", ticket=about)["survivor"] == other
    left = {each["topic"] for each in here.ask("timeline", "anna", thing="ticket", id=about)}
    assert topics - left == {"ticket.merged"}


def test_what_a_customer_asks_once_more_is_owed_an_answer_by_then(here: Asker) -> None:
    promise = Targets(next_response_seconds=600, resolution_seconds=8 * 3600)
    terms = Terms(calendar=here.company["calendar"], general=promise)
    about = ticket(here, customer(here, "Somebody"))
    contract = here.send(ConcludeContract(name="Quick", terms=terms))
    here.send(ChangeTicketContract(ticket=about, contract=contract, reason="Agreed"))
    here.send(LogMessage(ticket=about, direction=Direction.OUTGOING, way=Way.EMAIL))
    (before,) = [row for row in here.ask("desk", "anna") if row["ticket"] == about]
    here.send(LogMessage(ticket=about, direction=Direction.INCOMING, way=Way.EMAIL))
    (row,) = [row for row in here.ask("desk", "anna", sort="due") if row["ticket"] == about]
    told = here.ask("ticket", "anna", ticket=about)["deadlines"]
    owed = {each["target"]: instant(each["due"]) for each in told if each["due"] is not None}
    assert instant(row["due"]) == owed["next-response"] < instant(before["due"]) == owed["resolution"]
    assert about in {each["ticket"] for each in here.ask("deadlines", "anna", target="next-response")}


def test_whoever_left_a_group_is_in_it_before_and_not_at_that_instant(here: Asker) -> None:
    contact = customer(here, "Somebody")
    group = {"group": here.company["all"]}
    here.send(JoinGroup(contact=contact, **group), minutes_ago=9)
    here.send(LeaveGroup(contact=contact, **group), minutes_ago=4)
    (spell,) = here.ask("client-file", "anna", contact=contact)["groups"]
    for at, inside in ((spell["joined_at"], True), (spell["left_at"], False)):
        members = here.ask("group-members", "anna", **group, at=at)
        assert (contact in {row["contact"] for row in members}) is inside


def test_a_broken_connection_is_opened_again(here: Asker) -> None:
    with connect(here.place.postgres_url, here.place.settings.schema_name) as database:
        for _ in range(3):
            assert here.ask("directories", "anna")
            database.execute(KILL)
            assert here.ask("directories", "anna")
