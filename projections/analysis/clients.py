"""What analysts are shown of contacts, without a name: groups, directories, which kinds of addresses."""

from __future__ import annotations

from domain.staff.worker import Right
from projections.access import ACCESS
from projections.analysis.view import FLAG, INSTANT, NUMBER, WORD, Shown, View
from projections.clients.client_file import CLIENT_FILE
from projections.clients.client_links import CLIENT_LINKS
from projections.clients.client_papers import CLIENT_PAPERS
from projections.clients.directories import SHELVES
from projections.clients.group_members import MEMBERSHIPS
from projections.sight import holds, open_directory


def taken_out(contact: str) -> str:
    """Whether it may be taken out: what is withheld from the asker is taken nowhere (R-GDP-1)."""
    return f"NOT EXISTS (SELECT FROM withheld_contacts w WHERE w.contact = {contact})"


CONTACT = Shown("contact", WORD, "Whom it is about: of those that were merged the one whose name they go under.")
SURVIVOR = "LEFT JOIN access_merged am ON am.contact = {row}.contact"
GOES_UNDER = "coalesce(am.survivor, {row}.contact)"


def _merged(row: str) -> Shown:
    """The contact of a row that goes under the name of its survivor."""
    return Shown(CONTACT.name, CONTACT.kind, CONTACT.about, GOES_UNDER.format(row=row))


def _of_contacts(row: str) -> str:
    """What must hold of a row about a contact."""
    seen = f"EXISTS (SELECT FROM my_contacts k WHERE k.contact = {row}.contact)"
    return f"{seen} AND {taken_out(f'{row}.contact')}"


LIFE_CYCLE_OF_ABSORBED = """(
    SELECT DISTINCT ON (am.survivor) am.survivor, gone.life_cycle
    FROM access_merged am JOIN contact_standings gone ON gone.contact = am.contact
    WHERE gone.life_cycle IS NOT NULL ORDER BY am.survivor, am.contact)"""

VIEWS = (
    View(
        name="contacts",
        about="Whom the company knows, without names; those that were merged into another are not among them.",
        key=("contact",),
        columns=(
            Shown("contact", WORD, "The contact.", "c.contact"),
            Shown("kind", WORD, "A person, a company, or a part of one.", "c.kind"),
            Shown("directory", WORD, "In which directory it lies.", "ac.directory"),
            Shown(
                "life_cycle",
                WORD,
                "What it is to the company, by the company's list.",
                "coalesce(st.life_cycle, gone.life_cycle)",
            ),
            Shown("opened_at", INSTANT, "When it was entered.", "c.opened_at"),
        ),
        rows=f"""
            FROM access_contacts ac JOIN contacts c ON c.contact = ac.contact
            LEFT JOIN contact_standings st ON st.contact = c.contact
            LEFT JOIN {LIFE_CYCLE_OF_ABSORBED} gone ON gone.survivor = c.contact
            WHERE ac.directory IN (SELECT directory FROM my_directories) AND {taken_out("c.contact")}
            AND NOT EXISTS (SELECT FROM access_merged am WHERE am.contact = c.contact)""",
        rests_on=(ACCESS, CLIENT_FILE, CLIENT_LINKS),
        rights=(Right.BASIC,),
        contact="contact",
    ),
    View(
        name="addresses",
        about="Of which kinds contacts have addresses, without the addresses.",
        key=("contact", "address"),
        columns=(
            _merged("a"),
            Shown("address", WORD, "The id of the address.", "a.address"),
            Shown("kind", WORD, "E-mail, phone, postal and so on.", "a.kind"),
            Shown("used_for", WORD, "Work, home or other.", "a.used_for"),
        ),
        rows=f"FROM contact_addresses a {SURVIVOR.format(row='a')} WHERE {_of_contacts('a')}",
        rests_on=(ACCESS, CLIENT_FILE, CLIENT_PAPERS),
        rights=(Right.BASIC,),
        contact="contact",
    ),
    View(
        name="contact_contracts",
        about="The contracts that contacts have of their own, before those of their groups.",
        key=("contact", "incident_type", "contract"),
        columns=(
            Shown("contact", WORD, CONTACT.about, "ct.contact"),
            Shown("incident_type", WORD, "For which type of incident; the empty word for all.", "ct.incident_type"),
            Shown("contract", WORD, "The contract.", "ct.contract"),
        ),
        rows=f"""
            FROM (
                SELECT DISTINCT {GOES_UNDER.format(row="o")} AS contact, o.incident_type, o.contract
                FROM contact_terms o {SURVIVOR.format(row="o")}
                WHERE o.contract IS NOT NULL AND {_of_contacts("o")}
            ) ct WHERE true""",
        rests_on=(ACCESS, CLIENT_FILE),
        rights=(Right.BASIC,),
        contact="contact",
    ),
    View(
        name="groups",
        about="Groups of customers in directories that the analyst may use.",
        key=("group_id",),
        columns=(
            Shown("group_id", WORD, "The group.", "g.group_id"),
            Shown("name", WORD, "What it is called.", "g.name"),
            Shown("kind", WORD, "Of whom it consists.", "g.kind"),
            Shown("rank", NUMBER, "Smaller goes first.", "g.rank"),
            Shown("directory", WORD, "In which directory it lies.", "g.directory"),
            Shown("contract", WORD, "The contract its members are promised by default.", "g.contract"),
            Shown("closed", FLAG, "Whether nobody joins it any more.", "g.closed"),
        ),
        rows=f"FROM groups g WHERE {open_directory('g.directory')}",
        rests_on=(ACCESS, MEMBERSHIPS),
        rights=(Right.BASIC,),
    ),
    View(
        name="memberships",
        about="From when until when contacts were in groups: [joined, left). Times that touch are one.",
        key=("contact", "group_id", "joined_at"),
        columns=(
            Shown("contact", WORD, CONTACT.about, "m.contact"),
            Shown("group_id", WORD, "The group.", "m.group_id"),
            Shown("joined_at", INSTANT, "From when on.", "lower(m.spell)"),
            Shown("left_at", INSTANT, "Until when; empty while it is in the group.", "upper(m.spell)"),
        ),
        rows=f"""
            FROM (
                SELECT {GOES_UNDER.format(row="m")} AS contact, m.group_id,
                       unnest(range_agg(tstzrange(m.joined_at, m.left_at))) AS spell
                FROM group_members m {SURVIVOR.format(row="m")}
                JOIN groups g ON g.group_id = m.group_id AND {open_directory("g.directory")}
                WHERE {_of_contacts("m")} GROUP BY 1, 2
            ) m WHERE true""",
        rests_on=(ACCESS, CLIENT_FILE, MEMBERSHIPS),
        rights=(Right.BASIC,),
        contact="contact",
    ),
    View(
        name="directories",
        about="Directories that the analyst may use; an area administrator knows of all.",
        key=("directory",),
        columns=(
            Shown("directory", WORD, "The directory.", "d.directory"),
            Shown("name", WORD, "What it is called.", "d.name"),
            Shown("closed", FLAG, "Whether it takes nothing new.", "d.closed"),
        ),
        rows=f"""
            FROM listed_directories d
            WHERE ({open_directory("d.directory")} OR {holds(Right.AREA_ADMINISTRATOR)})""",
        rests_on=(ACCESS, SHELVES),
        rights=(Right.BASIC, Right.AREA_ADMINISTRATOR, Right.CRM_ADMINISTRATOR),
    ),
)
