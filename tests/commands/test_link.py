"""A ticket is linked to what is there and may be known of; all else is like what is not there (R-TCK-7, D16)."""

from __future__ import annotations

import pytest
from company import COMPANY_SO_FAR, OVEN, ticket
from specification import Happened, given, of, on_monday

from commands.permission import RightMissing, RoleMissing
from commands.service.link import LinkTicket, UnlinkTicket
from domain.clients.contact import CONTACT, ContactUnknown
from domain.clients.paper import FileUnknown
from domain.pricing.order import ORDER, OrderOffered, OrderUnknown
from domain.pricing.product import ProductUnknown
from domain.refusal import Unknown
from domain.service.joining import TicketIsMerged, TicketMerged
from domain.service.link import MOST_LINKS, LinkKind, TicketLinked, TicketLinkedToItself, TicketUnlinked, TooManyLinks
from domain.service.ticket import TICKET, TicketClosed, TicketUnknown
from domain.staff.worker import WORKER, Right, WorkerRightGranted, WorkerRightWithdrawn
from examples import (
    ANNA,
    BAKERY,
    BELT,
    BORIS,
    BRAN,
    BREAD,
    CART,
    EVENT,
    FLOUR,
    MILL,
    MILL_SUBJECT,
    PLAN,
    PUMP,
)

TEN = on_monday(10)
THERE: dict[LinkKind, str] = {
    LinkKind.ORDER: CART,
    LinkKind.CONTACT: MILL,
    LinkKind.PRODUCT: FLOUR,
    LinkKind.FILE: PLAN,
    LinkKind.TICKET: BELT,
}
HIDDEN: dict[LinkKind, str] = {
    LinkKind.ORDER: BREAD,
    LinkKind.CONTACT: BAKERY,
    LinkKind.FILE: PLAN,
    LinkKind.TICKET: OVEN,
}
UNKNOWN: dict[LinkKind, type[Unknown]] = {
    LinkKind.ORDER: OrderUnknown,
    LinkKind.CONTACT: ContactUnknown,
    LinkKind.PRODUCT: ProductUnknown,
    LinkKind.FILE: FileUnknown,
    LinkKind.TICKET: TicketUnknown,
}
MORE = [*ticket(BELT, MILL, MILL_SUBJECT), *of(CONTACT, MILL, EVENT["contact.file-attached"])]


@pytest.mark.parametrize(("kind", "thing"), THERE.items())
def test_a_ticket_is_linked_to_a_thing_once_and_unlinked_once(kind: LinkKind, thing: str) -> None:
    world = given(COMPANY_SO_FAR, MORE)
    link, unlink = (request(ticket=PUMP, kind=kind, thing=thing) for request in (LinkTicket, UnlinkTicket))
    world.when(link, actor=ANNA, at=TEN).then(TicketLinked(kind=kind, thing=thing))
    world.when(link, actor=ANNA, at=TEN).then()
    world.when(unlink, actor=ANNA, at=TEN).then(TicketUnlinked(kind=kind, thing=thing))
    world.when(unlink, actor=ANNA, at=TEN).then()


@pytest.mark.parametrize("kind", LinkKind)
def test_what_is_not_there_is_unknown_by_the_name_of_its_kind(kind: LinkKind) -> None:
    for request in (LinkTicket, UnlinkTicket):
        command = request(ticket=PUMP, kind=kind, thing="none")
        given(COMPANY_SO_FAR).when(command, actor=ANNA, at=TEN).refused(UNKNOWN[kind])


@pytest.mark.parametrize(("kind", "thing"), HIDDEN.items())
def test_what_is_hidden_is_refused_like_what_is_not_there_even_where_it_is_linked(kind: LinkKind, thing: str) -> None:
    elsewhere = of(CONTACT, BAKERY, EVENT["contact.file-attached"])
    linked = of(TICKET, PUMP, TicketLinked(kind=kind, thing=thing))
    for request in (LinkTicket, UnlinkTicket):
        command = request(ticket=PUMP, kind=kind, thing=thing)
        given(COMPANY_SO_FAR, elsewhere, linked).when(command, actor=ANNA, at=TEN).refused(UNKNOWN[kind])


def test_a_file_that_was_taken_away_is_unknown() -> None:
    world = given(COMPANY_SO_FAR, MORE, of(CONTACT, MILL, EVENT["contact.file-removed"]))
    world.when(LinkTicket(ticket=PUMP, kind=LinkKind.FILE, thing=PLAN), at=TEN).refused(FileUnknown)


def test_an_offer_is_linked_by_whoever_sells_and_an_order_by_who_has_the_basic_right() -> None:
    link = LinkTicket(ticket=PUMP, kind=LinkKind.ORDER, thing=CART)
    offered = of(ORDER, CART, OrderOffered())
    given(COMPANY_SO_FAR, offered).when(link, actor=ANNA, at=TEN).refused(OrderUnknown)
    sells = of(WORKER, ANNA, WorkerRightGranted(right=Right.SALES))
    given(COMPANY_SO_FAR, offered, sells).when(link, actor=ANNA, at=TEN).then(
        TicketLinked(kind=LinkKind.ORDER, thing=CART)
    )
    helpdesk_alone = of(WORKER, ANNA, WorkerRightWithdrawn(right=Right.BASIC))
    given(COMPANY_SO_FAR, helpdesk_alone).when(link, actor=ANNA, at=TEN).refused(RightMissing)


def test_a_product_that_is_no_longer_sold_may_still_be_what_it_is_about() -> None:
    link = LinkTicket(ticket=PUMP, kind=LinkKind.PRODUCT, thing=BRAN)
    given(COMPANY_SO_FAR).when(link, at=TEN).then(TicketLinked(kind=LinkKind.PRODUCT, thing=BRAN))


def test_links_are_made_by_who_works_on_the_ticket_whether_it_is_open_or_closed() -> None:
    link = LinkTicket(ticket=PUMP, kind=LinkKind.CONTACT, thing=MILL)
    given(COMPANY_SO_FAR).when(link, actor=BORIS, at=TEN).refused(RoleMissing)
    closed = of(TICKET, PUMP, TicketClosed(reason="duplicate"), at=on_monday(9, 30))
    given(COMPANY_SO_FAR, closed).when(link, actor=ANNA, at=TEN).then(TicketLinked(kind=LinkKind.CONTACT, thing=MILL))


def merged() -> list[Happened]:
    return of(TICKET, PUMP, TicketMerged(survivor=BELT), at=on_monday(9, 30))


def test_a_merged_ticket_is_linked_to_nothing_more() -> None:
    link = LinkTicket(ticket=PUMP, kind=LinkKind.CONTACT, thing=MILL)
    given(COMPANY_SO_FAR, MORE, merged()).when(link, at=TEN).refused(TicketIsMerged)


def test_a_ticket_is_not_linked_to_itself_nor_to_more_than_it_can_be() -> None:
    itself = LinkTicket(ticket=PUMP, kind=LinkKind.TICKET, thing=PUMP)
    given(COMPANY_SO_FAR).when(itself, at=TEN).refused(TicketLinkedToItself)
    all_it_can = of(TICKET, PUMP, *(TicketLinked(kind=LinkKind.PRODUCT, thing=f"p-{n}") for n in range(MOST_LINKS)))
    one_more = LinkTicket(ticket=PUMP, kind=LinkKind.CONTACT, thing=MILL)
    given(COMPANY_SO_FAR, all_it_can).when(one_more, at=TEN).refused(TooManyLinks)
