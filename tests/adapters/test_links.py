"""Links are told from both ends, and of no end that the asker may not know of (R-TCK-7, D16)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from door import new_place
from inquirers import Asker, company_asked, open_shop

from adapters.embedded import Running
from commands.clients.merge import MergeContact, SeparateContact
from commands.service.link import LinkTicket, UnlinkTicket
from domain.service.link import LinkKind

LINKS: dict[str, list[tuple[LinkKind, str]]] = {
    "noise": [
        (LinkKind.CONTACT, "mill"),
        (LinkKind.CONTACT, "bakery"),
        (LinkKind.ORDER, "cart"),
        (LinkKind.PRODUCT, "cup"),
        (LinkKind.TICKET, "pump"),
        (LinkKind.TICKET, "drill"),
    ],
    "oven": [(LinkKind.PRODUCT, "cup"), (LinkKind.TICKET, "noise")],
    "pump": [(LinkKind.PRODUCT, "cup"), (LinkKind.TICKET, "noise"), (LinkKind.CONTACT, "farm")],
}


@pytest.fixture(scope="module")
def here(servers: Running, state: Path) -> Iterator[Asker]:
    with company_asked(new_place(servers, state)) as here:
        open_shop(here)
        for name, links in LINKS.items():
            for kind, thing in links:
                here.send(LinkTicket(ticket=here.company[name], kind=kind, thing=here.company[thing]))
        yield here


def linked(here: Asker, actor: str, ticket: str) -> set[tuple[str, str | None]]:
    rows = here.ask("ticket-links", actor, ticket=here.company[ticket])
    return {(here.company.names[row["thing"]], row["name"]) for row in rows}


@pytest.mark.parametrize(
    ("actor", "seen"),
    [
        ("", {"mill", "bakery", "cart", "cup", "pump", "drill"}),
        ("anna", {"mill", "cart", "cup", "pump"}),
        ("clara", {"cup"}),
    ],
)
def test_what_a_ticket_has_to_do_with_is_told_as_far_as_one_may_know(here: Asker, actor: str, seen: set[str]) -> None:
    called = {"mill": "The mill", "bakery": "The bakery", "cup": "Cup", "pump": "The pump", "drill": "The drill"}
    assert linked(here, actor, "noise") == {(name, called.get(name)) for name in seen}


def test_the_links_of_a_hidden_ticket_are_like_those_of_none(here: Asker) -> None:
    for ticket in (here.company["oven"], "none"):
        assert here.refused("ticket-links", "anna", ticket=ticket) == "TicketUnknown"


@pytest.mark.parametrize(
    ("actor", "kind", "thing", "seen"),
    [
        ("", LinkKind.PRODUCT, "cup", {"noise", "oven", "pump"}),
        ("anna", LinkKind.PRODUCT, "cup", {"noise", "pump"}),
        ("clara", LinkKind.PRODUCT, "cup", {"noise"}),
        ("anna", LinkKind.TICKET, "noise", {"pump"}),
        ("clara", LinkKind.TICKET, "noise", set()),
        ("anna", LinkKind.CONTACT, "mill", {"noise"}),
        ("anna", LinkKind.ORDER, "cart", {"noise"}),
    ],
)
def test_which_tickets_have_to_do_with_a_thing(
    here: Asker, actor: str, kind: LinkKind, thing: str, seen: set[str]
) -> None:
    rows = here.ask("linked-tickets", actor, kind=kind, thing=here.company[thing])
    assert here.company.called(*(row["ticket"] for row in rows)) == seen
    assert {row["title"] for row in rows} == {f"The {name}" for name in seen}


@pytest.mark.parametrize(
    ("actor", "kind", "thing", "refusal"),
    [
        ("clara", LinkKind.ORDER, "cart", "OrderUnknown"),
        ("clara", LinkKind.CONTACT, "mill", "ContactUnknown"),
        ("anna", LinkKind.CONTACT, "bakery", "ContactUnknown"),
        ("anna", LinkKind.TICKET, "drill", "TicketUnknown"),
        ("anna", LinkKind.PRODUCT, "none", "ProductUnknown"),
        ("anna", LinkKind.FILE, "none", "FileUnknown"),
    ],
)
def test_a_thing_that_may_not_be_known_is_like_one_that_is_not_there(
    here: Asker, actor: str, kind: LinkKind, thing: str, refusal: str
) -> None:
    for each in (here.company.ids.get(thing, thing), "none"):
        assert here.refused("linked-tickets", actor, kind=kind, thing=each) == refusal


def test_of_contacts_that_count_as_one_all_tickets_are_told(here: Asker) -> None:
    farm, mill = here.company["farm"], here.company["mill"]
    here.send(MergeContact(contact=farm, survivor=mill))
    for thing in (farm, mill):
        rows: list[dict[str, Any]] = here.ask("linked-tickets", "anna", kind=LinkKind.CONTACT, thing=thing)
        assert here.company.called(*(row["ticket"] for row in rows)) == {"noise", "pump"}
    here.send(SeparateContact(contact=farm))


def test_what_was_unlinked_is_told_no_longer(here: Asker) -> None:
    here.send(UnlinkTicket(ticket=here.company["oven"], kind=LinkKind.PRODUCT, thing=here.company["cup"]))
    assert linked(here, "", "oven") == {("noise", "The noise")}
