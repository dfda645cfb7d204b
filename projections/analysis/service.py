"""What analysts are shown of tickets and how promises were kept."""

from __future__ import annotations

from domain.service.link import LinkKind
from domain.staff.worker import Right
from projections.access import ACCESS
from projections.analysis.pricing import ORDERS_SEEN
from projections.analysis.view import FLAG, INSTANT, NUMBER, WORD, Shown, View
from projections.clients.client_papers import CLIENT_PAPERS
from projections.clients.group_members import MEMBERSHIPS
from projections.model import ReadModel
from projections.pricing.orders import ORDERED
from projections.pricing.products import ASSORTMENT
from projections.service.desk import other
from projections.service.links import LINKED
from projections.service.outcome import outcome
from projections.service.promised import AT_RISK, OUTCOME
from projections.service.service_levels import SERVICE_LEVELS
from projections.service.sla_report import NOT_ASSESSED
from projections.service.tickets import DESK
from projections.sight import MY_TICKETS, holds, open_directory


def where_there(ticket: str) -> str:
    """Another ticket, where the asker may know of it; looked for only where there is one, which is seldom."""
    return f"CASE WHEN {ticket} IS NOT NULL THEN {other(ticket)} END"


TICKET = Shown("ticket", WORD, "The ticket.", "t.ticket")
MINE = "JOIN my_tickets mt ON mt.ticket = {row}.ticket"
DUE_COLUMNS = (
    Shown("contract", WORD, "By which contract it was promised.", "d.contract"),
    Shown("due", INSTANT, "When it is or was due; empty while it is paused, and where nothing is promised.", "d.due"),
    Shown("consumed_seconds", NUMBER, "Business seconds up to the last stop.", "d.consumed_seconds"),
    Shown("target_seconds", NUMBER, "Business seconds that were promised.", "d.target_seconds"),
    Shown("corrected", FLAG, "Whether a fact recorded late has turned it.", "d.corrected"),
)
RESTS_ON_TICKETS: tuple[ReadModel, ...] = (ACCESS, DESK)
"""What sight of tickets rests on."""

THINGS_SEEN = f"""
    LEFT JOIN (SELECT o.order_id {ORDERS_SEEN} AND {holds(Right.BASIC)}) lo ON l.kind = '{LinkKind.ORDER}'
        AND lo.order_id = l.thing
    LEFT JOIN my_contacts lc ON l.kind = '{LinkKind.CONTACT}' AND lc.contact = l.thing
    LEFT JOIN products lp ON l.kind = '{LinkKind.PRODUCT}' AND lp.product = l.thing
    LEFT JOIN (SELECT DISTINCT f.file FROM contact_files f JOIN my_contacts k ON k.contact = f.contact) lf
        ON l.kind = '{LinkKind.FILE}' AND lf.file = l.thing
    LEFT JOIN my_tickets lt ON l.kind = '{LinkKind.TICKET}' AND lt.ticket = l.thing"""
"""Each thing that a link may be to, where the asker may know of it, as `link.OPEN` says."""

VIEWS = (
    View(
        name="tickets",
        about="Every ticket that is open to the analyst as it stands, without what was said.",
        key=("ticket",),
        columns=(
            TICKET,
            Shown("reference", WORD, "Its number.", "t.reference"),
            Shown("opened_at", INSTANT, "When it was received.", "t.opened_at"),
            Shown("area", WORD, "The area it lies in.", "t.area"),
            Shown("product", WORD, "What it is about.", "t.product"),
            *(
                Shown(name, WORD, about, f"s.{name}")
                for name, about in {
                    "status": "Where it is in its life.",
                    "severity": "How severe it is; empty where nobody has assessed it.",
                    "assignee": "The worker who has it.",
                    "team": "The team that it was given to.",
                    "contract": "By which contract it is promised now.",
                    "reporter": "The contact who reported it.",
                    "customer": "The contact for whom it was reported.",
                    "incident_type": "Of which type it is.",
                    "process_area": "For which kind of care it is.",
                    "gateway": "Through which gateway it came.",
                }.items()
            ),
            Shown("survivor", WORD, "The ticket it was merged into, where that is open.", where_there("s.survivor")),
            Shown("origin", WORD, "The ticket it was split off from, where that is open.", where_there("s.origin")),
            Shown("over", FLAG, "Whether nobody need do anything.", "s.over"),
            Shown("changed_at", INSTANT, "When status, severity, contract or assignee last changed.", "s.changed_at"),
        ),
        rows=f"FROM {MY_TICKETS}",
        rests_on=RESTS_ON_TICKETS,
    ),
    View(
        name="promises",
        about="What each ticket is promised and how it was kept; what is open and past its due is missed.",
        key=("ticket", "target"),
        columns=(
            Shown("ticket", WORD, "The ticket.", "d.ticket"),
            Shown("target", WORD, "First response, next response (the last one promised) or resolution.", "d.target"),
            Shown("outcome", WORD, "Open, met, missed, none, cancelled or merged.", OUTCOME),
            *DUE_COLUMNS,
            Shown("contract_version", NUMBER, "Which version of the contract.", "d.contract_version"),
            Shown("at_risk", FLAG, "Whether three quarters of the target are used up.", f"coalesce({AT_RISK}, false)"),
            Shown("paused", FLAG, "Whether its clock stands.", "d.paused"),
            Shown("judged_at", INSTANT, "When it was decided.", "d.judged_at"),
        ),
        rows=f"FROM deadlines d {MINE.format(row='d')} WHERE true",
        rests_on=(*RESTS_ON_TICKETS, SERVICE_LEVELS),
    ),
    View(
        name="earlier_responses",
        about="The next responses promised before the last one, each by itself.",
        key=("ticket", "since"),
        columns=(
            Shown("ticket", WORD, "The ticket.", "d.ticket"),
            Shown("since", INSTANT, "When the customer wrote.", "d.since::timestamptz"),
            Shown("outcome", WORD, "Met, missed, cancelled or merged.", "d.outcome"),
            *DUE_COLUMNS,
        ),
        rows=f"FROM earlier_responses d {MINE.format(row='d')} WHERE true",
        rests_on=(*RESTS_ON_TICKETS, SERVICE_LEVELS),
    ),
    View(
        name="outcomes",
        about="One row for each ticket, as the report of service levels has it.",
        key=("ticket",),
        columns=(
            Shown("ticket", WORD, "The ticket.", "o.ticket"),
            Shown("received_at", INSTANT, "When it was received.", "o.received_at"),
            Shown("group_id", WORD, "The group that brought the contract, where it is open.", "g.group_id"),
            Shown("severity", WORD, "How severe it is.", f"coalesce(o.severity, '{NOT_ASSESSED}')"),
            Shown("first_response_seconds", NUMBER, "Business seconds to the first response."),
            Shown("resolution_seconds", NUMBER, "Business seconds to the resolution."),
            Shown("first_response_due", INSTANT, "When the first response was due."),
            Shown("resolution_due", INSTANT, "When the resolution was due."),
            *(
                Shown(f"{target}_outcome", WORD, about, outcome(target).rpartition(" AS ")[0])
                for target, about in (
                    ("first_response", "How the first response was kept."),
                    ("resolution", "How the resolution was kept."),
                )
            ),
        ),
        rows=f"""
            FROM sla_outcomes o {MINE.format(row="o")} LEFT JOIN sla_groups sg ON sg.ticket = o.ticket
            LEFT JOIN groups g ON g.group_id = sg.group_id AND {open_directory("g.directory")} WHERE true""",
        rests_on=(*RESTS_ON_TICKETS, SERVICE_LEVELS, MEMBERSHIPS),
    ),
    View(
        name="ticket_links",
        about="Which orders, contacts, products, files and other tickets a ticket has to do with, where both are open.",
        key=("ticket", "kind", "thing"),
        columns=(
            Shown("ticket", WORD, "The ticket.", "l.ticket"),
            Shown("kind", WORD, "Of which kind the other thing is.", "l.kind"),
            Shown("thing", WORD, "Its id.", "l.thing"),
            Shown("linked_at", INSTANT, "Since when.", "l.linked_at"),
        ),
        rows=f"""
            FROM ticket_links l {MINE.format(row="l")} {THINGS_SEEN}
            WHERE coalesce(lo.order_id, lc.contact, lp.product, lf.file, lt.ticket) IS NOT NULL""",
        rests_on=(*RESTS_ON_TICKETS, LINKED, ORDERED, ASSORTMENT, CLIENT_PAPERS),
        rights=(Right.BASIC, Right.HELPDESK),
    ),
)
