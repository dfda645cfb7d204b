"""Who may know of what, as SQL over the access model: a join at read time that says what `commands/permission.py` says.

The parameters are `actor`, and `everything`, which is true of the installation itself alone.
"""

from __future__ import annotations

from collections.abc import Mapping

from domain.staff.worker import Right

PARTS: Mapping[str, str] = {
    "my_holders(holder)": """
        SELECT 'worker:' || %(actor)s::text UNION ALL
        SELECT 'team:' || team FROM access_members WHERE worker = %(actor)s""",
    "every_directory(directory)": """
        (SELECT directory FROM access_contacts WHERE %(everything)s ORDER BY directory LIMIT 1) UNION ALL
        SELECT (SELECT c.directory FROM access_contacts c WHERE c.directory > e.directory ORDER BY c.directory LIMIT 1)
        FROM every_directory e WHERE e.directory IS NOT NULL""",
    "every_area(area)": """
        (SELECT area FROM tickets WHERE %(everything)s ORDER BY area LIMIT 1) UNION ALL
        SELECT (SELECT t.area FROM tickets t WHERE t.area > e.area ORDER BY t.area LIMIT 1)
        FROM every_area e WHERE e.area IS NOT NULL""",
    "my_directories(directory)": """
        SELECT directory FROM access_directories JOIN my_holders USING (holder) WHERE level >= 1 UNION
        SELECT directory FROM every_directory WHERE directory IS NOT NULL""",
    "my_areas(area)": """
        SELECT area FROM access_roles JOIN my_holders USING (holder) WHERE role IN ('member', 'reader') UNION
        SELECT area FROM every_area WHERE area IS NOT NULL""",
}
"""Small sets, made once for each answer; of everything only what holds something, found by leaps along an index."""


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
    held = f"EXISTS (SELECT FROM access_rights r WHERE r.worker = %(actor)s AND r.right_name IN ({listed}))"
    return f"(%(everything)s OR {held})"


def open_directory(directory: str) -> str:
    """At least "use", in person or through a team (R-DIR-2)."""
    return f"(%(everything)s OR {directory} IN (SELECT directory FROM my_directories))"


def open_contact(contact: str) -> str:
    """Whether the contact lies in an open directory (R-DIR-3)."""
    return open_directory(f"(SELECT lies.directory FROM access_contacts lies WHERE lies.contact = {contact})")


def open_contacts(ticket: str) -> str:
    """Sight of everybody the ticket is linked to."""
    reporter, customer = f"{ticket}.reporter", f"{ticket}.customer"
    return (
        f"({reporter} IS NULL OR {open_contact(reporter)})"
        f" AND ({customer} IS NULL OR {customer} = {reporter} OR {open_contact(customer)})"
    )


def open_area(area: str) -> str:
    """Member or reader; a manager does not see."""
    return f"(%(everything)s OR {area} IN (SELECT area FROM my_areas))"


def open_ticket(ticket: str) -> str:
    """A look into the ticket's area, and sight of its contacts (D34)."""
    return f"{open_area(f'{ticket}.area')} AND {open_contacts(ticket)}"
