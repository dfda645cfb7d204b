"""Other contacts in a client's file: by their names to whoever may know them, and else left out without trace (D16).

Of contacts that were merged it is always the survivor that is named.
"""

from __future__ import annotations

from projections.sight import open_contact

OURS = "IN (SELECT contact FROM same_contact)"
"""One of all that count as one with the client."""

FIRST = "ORDER BY own.contact = c.contact DESC, own.contact LIMIT 1"
"""What is told of the client itself goes before what is told of those that it absorbed."""

CALLED = "oc.contact, oc.kind, ocn.name AS sealed_name"


def called(contact: str) -> str:
    """The names that go with `CALLED`."""
    return f"JOIN contacts oc ON oc.contact = {contact} LEFT JOIN contact_names ocn ON ocn.contact = oc.contact"


def survivor(contact: str) -> str:
    """The contact under whose name that one goes."""
    return f"coalesce((SELECT gone.survivor FROM access_merged gone WHERE gone.contact = {contact}), {contact})"


def another(contact: str) -> str:
    """Whether it is not the client itself, and the asker may know of it."""
    return f"NOT {contact} {OURS} AND {open_contact(contact)}"


def above(column: str) -> str:
    """The contact that the client works for, or is a part of."""
    other = f"own.{column}"
    return f"""
        SELECT to_json(linked) FROM (
            SELECT {CALLED} FROM contact_standings own {called(survivor(other))}
            WHERE own.contact {OURS} AND {another(other)} {FIRST}
        ) linked"""


def below(column: str, most: int) -> str:
    """Those that work for the client, or are parts of it."""
    return f"""
        SELECT contact, row_number() OVER (ORDER BY contact) AS place FROM (
            SELECT DISTINCT {survivor("found.contact")} AS contact FROM (
                SELECT st.contact FROM contact_standings st
                WHERE st.{column} {OURS} AND {another("st.contact")} ORDER BY st.contact LIMIT {most}
            ) found
        ) linked"""


def around(most: int) -> str:
    """What the client is to others, and others to the client."""
    return f"""
        SELECT relation, contact, inward, row_number() OVER (ORDER BY inward, relation, contact) AS place FROM (
            SELECT DISTINCT r.relation, {survivor("r.other")} AS contact, false AS inward
            FROM contact_relations r WHERE r.contact {OURS} AND {another("r.other")}
            UNION
            SELECT DISTINCT found.relation, {survivor("found.contact")}, true FROM (
                SELECT r.relation, r.contact FROM contact_relations r
                WHERE r.other {OURS} AND {another("r.contact")} ORDER BY r.contact, r.relation LIMIT {most}
            ) found
        ) linked ORDER BY place LIMIT {most}"""
