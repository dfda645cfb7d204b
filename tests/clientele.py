"""What may be asked about contacts in a small company, in any order, and whom there is besides to ask it of."""

from __future__ import annotations

from company import BAKERY_SUBJECT, contact
from hypothesis import strategies as st
from specification import Happened, of, request

from commands.clients.address import AddAddress, ChangeAddress, RemoveAddress
from commands.clients.bookmark import ClearBookmark, PutBookmark
from commands.clients.contact import ClassifyContact, SetContactNumbers, SetContactResponsible
from commands.clients.membership import JoinGroup
from commands.clients.merge import MergeContact, SeparateContact
from commands.clients.paper import NoteOnContact, RemoveContactNote, RemoveFile
from commands.clients.relation import EmployContact, RelateContact, SetContactPart, UnrelateContact
from commands.service.opening import OpenTicket
from commands.service.ticket import ReopenTicket
from domain.clients.address import AddressKind, AddressUse
from domain.clients.contact import CONTACT, ContactKind
from domain.company.settings import COMPANY, SETTINGS, LifeCyclesListed, RelationsListed, SalutationsListed
from domain.values import team_holder, worker_holder
from examples import (
    ANNA,
    BAKERY,
    BORIS,
    CUSTOMERS,
    EVENT,
    HOTLINE,
    MILL,
    MILL_SHOP,
    MILLER,
    PLAN,
    PUMP,
    REGULARS,
    VIP,
)


def made(n: int) -> str:
    """The id of what the n-th request of a history makes."""
    return request(ReopenTicket(ticket=PUMP), id=f"command-{n}").new_id


MORE_CLIENTS: list[Happened] = [
    *contact(MILLER, BAKERY_SUBJECT, CUSTOMERS, ContactKind.PERSON),
    *contact(MILL_SHOP, BAKERY_SUBJECT, CUSTOMERS, ContactKind.PART),
    *of(SETTINGS, COMPANY, LifeCyclesListed(entries=("lead", "customer")), SalutationsListed(entries=("Dear Sir",))),
    *of(SETTINGS, COMPANY, RelationsListed(entries=("supplier", "rival"))),
    *of(CONTACT, MILL, EVENT["contact.file-attached"]),
]
clients = st.sampled_from([MILL, MILL, BAKERY, MILLER, MILL_SHOP])
organisations = st.none() | st.sampled_from([MILL, BAKERY])
holders = st.none() | st.sampled_from([worker_holder(ANNA), team_holder(HOTLINE)])
with_papers, earlier = st.sampled_from([MILL, MILL, BAKERY]), st.integers(0, 9).map(made)
relations = st.sampled_from(["supplier", "rival"])

ABOUT_CLIENTS = st.one_of(
    st.builds(MergeContact, contact=clients, survivor=clients),
    st.builds(MergeContact, contact=clients, survivor=clients),
    *[st.builds(SeparateContact, contact=clients)] * 3,
    st.builds(
        AddAddress,
        contact=with_papers,
        kind=st.just(AddressKind.EMAIL),
        use=st.sampled_from(AddressUse),
        typed=st.just("Desk@Mill.example"),
    ),
    st.builds(
        AddAddress, contact=with_papers, kind=st.just(AddressKind.POSTAL), typed=st.just("High Street 7\nOldtown")
    ),
    st.builds(ChangeAddress, contact=with_papers, address=earlier, typed=st.just("office@mill.example")),
    st.builds(NoteOnContact, contact=with_papers, text=st.just("Ring twice")),
    st.builds(RemoveAddress, contact=with_papers, address=earlier),
    st.builds(RemoveContactNote, contact=with_papers, note=earlier),
    st.builds(RemoveFile, contact=with_papers, file=st.just(PLAN)),
    st.builds(SetContactNumbers, contact=clients, company_number=st.none() | st.just("27082440")),
    st.builds(
        ClassifyContact,
        contact=clients,
        life_cycle=st.sampled_from([None, "lead", "customer"]),
        salutation=st.sampled_from([None, "Dear Sir"]),
    ),
    st.builds(SetContactResponsible, contact=clients, responsible=holders),
    st.builds(EmployContact, contact=st.just(MILLER), employer=organisations),
    st.builds(SetContactPart, contact=st.just(MILL_SHOP), whole=organisations),
    *(
        st.builds(kind, contact=clients, other=clients, relation=relations)
        for kind in (RelateContact, RelateContact, UnrelateContact)
    ),
    *(st.builds(kind, worker=st.sampled_from([ANNA, BORIS]), contact=clients) for kind in (PutBookmark, ClearBookmark)),
    st.builds(OpenTicket, customer=clients, title=st.just("It is broken")),
    st.builds(JoinGroup, contact=clients, group=st.sampled_from([VIP, REGULARS])),
)
