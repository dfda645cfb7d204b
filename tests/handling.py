"""What may be asked about tickets that pass from hand to hand, are of others than was thought, or belong together."""

from __future__ import annotations

from clientele import made
from company import OLENA, OVEN, ZOE, ticket
from hypothesis import strategies as st
from specification import Happened

from commands.command import Command
from commands.service.exchange import LogMessage
from commands.service.holding import AssignTicket, ClaimTicket, GiveTicketBack, HandOverTicket
from commands.service.joining import MergeTicket, RejoinTicket, SeparateTicket, SplitTicket
from commands.service.link import LinkTicket, UnlinkTicket
from commands.service.routing import RouteTicketAgain
from commands.service.ticket import RetypeTicket, SetTicketCustomer, WithdrawAssessment
from domain.service.exchange import Direction, Way
from domain.service.link import LinkKind
from domain.values import TicketId, team_holder, worker_holder
from examples import ANNA, BAKERY, BORIS, DEFECT, HOTLINE, MILL, MILL_SUBJECT, PUMP

FAN = TicketId("fan")
MORE_TICKETS: list[Happened] = ticket(FAN, MILL, MILL_SUBJECT)
tickets = st.sampled_from([PUMP, PUMP, FAN, FAN, OVEN, *map(made, range(3))])
workers = st.sampled_from([ANNA, BORIS, ZOE, OLENA])
contacts = st.sampled_from([MILL, BAKERY])

HANDED: st.SearchStrategy[Command] = st.one_of(
    st.builds(AssignTicket, ticket=tickets, assignee=workers, team=st.none() | st.just(HOTLINE)),
    st.builds(AssignTicket, ticket=tickets, team=st.just(HOTLINE)),
    st.builds(
        HandOverTicket,
        ticket=tickets,
        to=workers.map(worker_holder) | st.just(team_holder(HOTLINE)),
        note=st.none() | st.just("They know the pump"),
    ),
    *(st.builds(kind, ticket=tickets) for kind in (ClaimTicket, GiveTicketBack, RouteTicketAgain)),
)
JOINED: st.SearchStrategy[Command] = st.one_of(
    st.builds(MergeTicket, ticket=tickets, survivor=tickets),
    st.builds(MergeTicket, ticket=tickets, survivor=st.just(FAN)),
    st.builds(SplitTicket, origin=tickets, title=st.just("The other half")),
    *(st.builds(kind, ticket=tickets) for kind in (SeparateTicket, RejoinTicket)),
)
ABOUT_HANDLING: st.SearchStrategy[Command] = st.one_of(
    *(HANDED, HANDED, JOINED, JOINED),
    st.builds(
        LogMessage,
        ticket=tickets,
        direction=st.sampled_from(Direction),
        way=st.sampled_from(Way),
        automatic=st.booleans(),
    ),
    st.builds(SetTicketCustomer, ticket=tickets, reporter=st.none() | contacts, customer=st.none() | contacts),
    st.builds(RetypeTicket, ticket=tickets, incident_type=st.none() | st.just(DEFECT)),
    st.builds(WithdrawAssessment, ticket=tickets),
    *(
        st.builds(kind, ticket=tickets, kind=st.just(LinkKind.CONTACT), thing=contacts)
        for kind in (LinkTicket, LinkTicket, UnlinkTicket)
    ),
)
