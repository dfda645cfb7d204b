"""Who may know of what, as SQL over the access model: a join at read time that says what `commands/sight.py` says.

The parameters are `actor`, `received`, by which rights are judged, `everything`, true of the installation alone, and
`exported`, whether the answer is taken out.
"""

from __future__ import annotations

from collections.abc import Mapping

from domain.staff.worker import Right
from projections.looking import EXCEPTION

MY_TICKETS = """
    tickets t JOIN ticket_standings s ON s.ticket = t.ticket
    LEFT JOIN my_contacts r ON r.contact = s.reporter
    LEFT JOIN my_contacts c ON c.contact = nullif(s.customer, s.reporter)
    WHERE (t.area IN (SELECT area FROM my_areas)) IS TRUE
    AND (s.team IS NULL OR s.assignee = %(actor)s OR s.team IN (SELECT team FROM my_teams) OR %(everything)s)
    AND (s.reporter IS NULL OR r.contact IS NOT NULL)
    AND (nullif(s.customer, s.reporter) IS NULL OR c.contact IS NOT NULL)"""
"""All tickets `t` that lie open, as they stand `s`: what `open_ticket` says of one, said of the whole table at once.

Areas are few: IS TRUE has them looked up as the table is read, before anything is joined.
"""

PARTS: Mapping[str, str] = {
    "my_teams(team)": "SELECT team FROM access_members WHERE worker = %(actor)s",
    "my_holders(holder)": """
        SELECT 'worker:' || %(actor)s::text UNION ALL SELECT 'team:' || team FROM my_teams""",
    "every_directory(directory)": """
        (SELECT directory FROM access_contacts WHERE %(everything)s ORDER BY directory LIMIT 1) UNION ALL
        SELECT (SELECT c.directory FROM access_contacts c WHERE c.directory > e.directory ORDER BY c.directory LIMIT 1)
        FROM every_directory e WHERE e.directory IS NOT NULL""",
    "every_area(area)": """
        (SELECT area FROM tickets WHERE %(everything)s ORDER BY area LIMIT 1) UNION ALL
        SELECT (SELECT t.area FROM tickets t WHERE t.area > e.area ORDER BY t.area LIMIT 1)
        FROM every_area e WHERE e.area IS NOT NULL""",
    "my_directories(directory)": """
        SELECT directory FROM access_directories JOIN my_holders USING (holder)
        WHERE level >= 1 AND (until IS NULL OR until > %(received)s) UNION
        SELECT directory FROM every_directory WHERE directory IS NOT NULL""",
    "every_officers_directory(directory)": """
        (SELECT directory FROM access_contacts WHERE EXISTS (
            SELECT FROM access_rights WHERE worker = %(actor)s AND right_name = 'privacy-officer'
            AND (until IS NULL OR until > %(received)s)
        ) ORDER BY directory LIMIT 1) UNION ALL
        SELECT (SELECT c.directory FROM access_contacts c WHERE c.directory > e.directory ORDER BY c.directory LIMIT 1)
        FROM every_officers_directory e WHERE e.directory IS NOT NULL""",
    "looked_up(directory)": """
        SELECT directory FROM my_directories WHERE %(everything)s OR EXISTS (
            SELECT FROM access_rights WHERE worker = %(actor)s AND right_name = 'basic'
            AND (until IS NULL OR until > %(received)s)
        ) UNION SELECT directory FROM every_officers_directory WHERE directory IS NOT NULL""",
    "my_areas(area)": """
        SELECT area FROM access_roles JOIN my_holders USING (holder)
        WHERE role IN ('member', 'reader') AND (until IS NULL OR until > %(received)s) UNION
        SELECT area FROM every_area WHERE area IS NOT NULL""",
    "my_contacts(contact)": """
        SELECT c.contact FROM access_contacts c
        LEFT JOIN access_merged m ON m.contact = c.contact LEFT JOIN access_contacts l ON l.contact = m.survivor
        WHERE CASE WHEN m.contact IS NULL THEN c.directory ELSE l.directory END IN (
            SELECT directory FROM my_directories)""",
    "my_tickets(ticket)": f"SELECT t.ticket FROM {MY_TICKETS}",
    "withheld_contacts(contact)": """
        SELECT kept.contact FROM access_withheld w JOIN contact_names kept ON kept.subject = w.subject
        WHERE %(exported)s AND NOT %(everything)s AND NOT EXISTS (
            SELECT FROM access_rights WHERE worker = %(actor)s AND right_name = 'privacy-officer'
            AND (until IS NULL OR until > %(received)s))""",
    "same_contact(contact, survivor)": """
        SELECT c.contact, s.survivor FROM (SELECT coalesce(
            (SELECT survivor FROM access_merged WHERE contact = %(contact)s), %(contact)s::text)) s(survivor)
        CROSS JOIN LATERAL (
            SELECT s.survivor UNION ALL SELECT m.contact FROM access_merged m WHERE m.survivor = s.survivor
        ) c(contact)""",
}
"""Small sets, made once for each answer; of everything only what holds something, found by leaps along an index.

`my_contacts`, `my_tickets` and `withheld_contacts` may be large, and are for whoever reads a whole table: they say at
once of all what `open_contact`, `open_ticket` and `left_out` say of each.
"""


def clause(body: str) -> str:
    """The body with whatever it names of the sets above before it."""
    named, wanted = body, list[str]()
    for head in reversed(tuple(PARTS)):
        if head.partition("(")[0] in named:
            wanted.insert(0, head)
            named += PARTS[head]
    parts = [f"{head} AS {'' if head.startswith('every') else 'MATERIALIZED '}({PARTS[head]})" for head in wanted]
    return f"WITH RECURSIVE {', '.join([*parts, body])}"


def holds(*rights: Right) -> str:
    """Whether the asker holds one of these system rights; that they are active is asked of every question."""
    listed = ", ".join(f"'{right}'" for right in rights)
    held = f"r.worker = %(actor)s AND r.right_name IN ({listed}) AND {lasts('r')}"
    return f"(%(everything)s OR EXISTS (SELECT FROM access_rights r WHERE {held}))"


def lasts(row: str) -> str:
    """Whether a right holds at the instant of the answer."""
    return f"({row}.until IS NULL OR {row}.until > %(received)s)"


def furthest_first(right: str, own: str) -> str:
    """In which order rights to a directory decide: as far as they reach, in person before through a team (R-DIR-2)."""
    return f"{right}.level DESC, {right}.holder = {own} DESC, {right}.holder, {right}.lasting"


def home(contact: str) -> str:
    """The directory whose rights decide who may know of the contact: of a merged one, that of its survivor."""
    survivor = f"(SELECT under.survivor FROM access_merged under WHERE under.contact = {contact})"
    return f"(SELECT lies.directory FROM access_contacts lies WHERE lies.contact = coalesce({survivor}, {contact}))"


def open_directory(directory: str) -> str:
    """At least "use", in person or through a team (R-DIR-2)."""
    return f"(%(everything)s OR {directory} IN (SELECT directory FROM my_directories))"


def open_contact(contact: str) -> str:
    """Whether the contact lies in an open directory (R-DIR-3)."""
    return open_directory(home(contact))


def withheld(contact: str) -> str:
    """Whether the contact's data is shown to privacy officers alone, and not to the asker (R-GDP-1)."""
    kept = f"JOIN access_withheld w ON w.subject = kept.subject WHERE kept.contact = {contact}"
    found = f"(SELECT true FROM contact_names kept {kept} LIMIT 1) IS NOT NULL"
    return f"(NOT {holds(Right.PRIVACY_OFFICER)} AND {found})"


def left_out(contact: str) -> str:
    """Whether an export goes without the contact: what is withheld from the asker is taken nowhere."""
    return f"(%(exported)s AND {withheld(contact)})"


LOOKED_UP_BY = (Right.BASIC, Right.PRIVACY_OFFICER)
"""Who may ask where a privacy officer may look up any contact; where sets are searched, those of `looked_up`."""


def open_to_officer(opened: str) -> str:
    """What is open to whoever holds the basic right, and to a privacy officer all there is."""
    return f"({holds(Right.BASIC)} AND {opened} OR {holds(Right.PRIVACY_OFFICER)})"


def officers_exception(opened: str) -> str:
    """The column that tells which rows were shown to a privacy officer alone: each such use is kept (R-AUD-1)."""
    return f"CASE WHEN NOT ({holds(Right.BASIC)} AND {opened}) THEN '{Right.PRIVACY_OFFICER}' END AS {EXCEPTION}"


STANDING = "JOIN ticket_standings s ON s.ticket = t.ticket"
"""How a ticket `t` stands: whose it is decides who may know of it, and may change."""


def open_contacts(standing: str) -> str:
    """Sight of everybody the ticket is linked to."""
    reporter, customer = f"{standing}.reporter", f"{standing}.customer"
    return (
        f"({reporter} IS NULL OR {open_contact(reporter)})"
        f" AND ({customer} IS NULL OR {customer} = {reporter} OR {open_contact(customer)})"
    )


def open_area(area: str) -> str:
    """Member or reader; a manager does not see."""
    return f"(%(everything)s OR {area} IN (SELECT area FROM my_areas))"


def open_team(standing: str) -> str:
    """In the team that the ticket was given to, or the one who has it; where there is no team, everybody (R-COM-8)."""
    mine = f"{standing}.assignee = %(actor)s OR {standing}.team IN (SELECT team FROM my_teams)"
    return f"(%(everything)s OR {standing}.team IS NULL OR {mine})"


def known_area(area: str) -> str:
    """Whether the asker may know of the area: any role in it is enough, and the area administrator knows of all."""
    role = f"r.area = {area} AND {lasts('r')} AND r.holder IN (SELECT holder FROM my_holders)"
    return f"({holds(Right.AREA_ADMINISTRATOR)} OR EXISTS (SELECT FROM access_roles r WHERE {role}))"


def open_ticket(ticket: str = "t", standing: str = "s") -> str:
    """A look into the ticket's area, its team, and sight of its contacts (D34)."""
    return f"{open_area(f'{ticket}.area')} AND {open_standing(standing)}"


def open_standing(standing: str) -> str:
    """What of that changes with whose the ticket is."""
    return f"{open_team(standing)} AND {open_contacts(standing)}"
