"""Contacts found by what somebody remembers of them, and those that may be the same as one (R-CON-1, D16).

What an answer costs depends on its page and on how many directories the asker may use, and on nothing that is hidden.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import ClassVar

from domain.clients import spelling
from domain.clients.contact import ContactKind, ContactUnknown
from domain.refusal import Unknown
from domain.staff.worker import Right
from domain.values import ContactId, DirectoryId, Line
from projections.access import ACCESS
from projections.clients.client_file import CLIENT_FILE
from projections.clients.contact import CALLED_WHAT, SHOWN, ContactRow
from projections.clients.contact_search import CONTACT_SEARCH
from projections.looking import How
from projections.names import CALLED
from projections.question import Keyed, Leg, Listing
from projections.sight import LOOKED_UP_BY, officers_exception, open_contact, open_directory, withheld

FEW = (3, 50)
"""Of several words one is looked for in a directory that so many have there at most, and then the others of those."""

LIES_THERE = """
    (SELECT true FROM access_contacts ac JOIN contacts c ON c.contact = ac.contact
     WHERE ac.contact = t.contact AND ac.directory = t.directory{narrowed} LIMIT 1) IS NOT NULL"""
"""Nobody is shown where they do not lie at this moment, whatever the tokens say; nor who goes under another's name."""

NAMED = "SELECT directory FROM looked_up WHERE directory = %(directory)s"
UNDER_OWN_NAME = "(SELECT true FROM access_merged am WHERE am.contact = t.contact LIMIT 1) IS NULL"
SHOWN_TO_ALL = f"NOT {withheld('t.contact')}"
"""To be found tells what somebody is called, and where they can be reached: nobody is whose data is withheld."""

JOINS = f"""
    LEFT JOIN contacts c ON c.contact = page.contact
    LEFT JOIN access_contacts ac ON ac.contact = c.contact {CALLED_WHAT}"""


class ContactSearch(
    Listing[ContactRow],
    name="contact-search",
    rests_on=(ACCESS, CONTACT_SEARCH, CLIENT_FILE, CALLED),
    rights=LOOKED_UP_BY,
):
    """The contacts of my directories that have every word of a text; a privacy officer finds any contact.

    Of the words of a name or an e-mail address the beginning is enough, of a telephone number the last four digits, of
    a company or VAT number the first.
    """

    text: Line
    directory: DirectoryId | None = None
    kind: ContactKind | None = None

    narrowing: ClassVar = {"directory": "ac.directory = %(directory)s", "kind": "c.kind = %(kind)s"}
    looks = How.FOUND
    of = ("contact",)
    shows = f"{SHOWN}, {officers_exception(open_directory('ac.directory'))}"
    joins = JOINS

    @cached_property
    def pieces(self) -> tuple[str, ...]:
        """Raises TooFewLetters, TooManyWords."""
        return spelling.sought(self.text)

    def parameters(self, keyed: Keyed) -> Mapping[str, str]:
        return {f"token_{n}": keyed(piece) for n, piece in enumerate(self.pieces)}

    def legs(self) -> Sequence[Leg]:
        tokens = [f"%(token_{n})s" for n in range(len(self.pieces))]
        rows = f"""
            FROM (SELECT DISTINCT s.found AS contact FROM contact_tokens s
                  WHERE s.token = {_rarest(tokens)} AND s.directory = m.directory) t WHERE true"""
        tests = [
            *(_has(token) for token in tokens[len(tokens) == 1 :]),
            UNDER_OWN_NAME,
            self._lies_there(),
            SHOWN_TO_ALL,
        ]
        return [
            Leg(
                rows,
                {"m.directory": "text", "t.contact": "text"},
                each="looked_up m" if self.directory is None else f"({NAMED}) m",
                by_member=True,
                test=" AND ".join(tests),
            )
        ]

    def _lies_there(self) -> str:
        return LIES_THERE.format(narrowed=self.given())


def _has(token: str) -> str:
    """Whether the contact has the token; the limit keeps Postgres from gathering all who have it."""
    where = f"o.token = {token} AND o.directory = t.directory AND o.found = t.contact"
    return f"(SELECT true FROM contact_tokens o WHERE {where} LIMIT 1) IS NOT NULL"


def _rarest(tokens: Sequence[str]) -> str:
    """A token that few have in the directory, if there is one; else the first, which is of the longest word."""
    if len(tokens) == 1:
        return tokens[0]
    tried = " ".join(f"WHEN {_few(token, number)} THEN {token}" for number in FEW for token in tokens)
    return f"CASE {tried} ELSE {tokens[0]} END"


def _few(token: str, number: int) -> str:
    where = f"o.token = {token} AND o.directory = m.directory"
    return f"(SELECT true FROM contact_tokens o WHERE {where} OFFSET {number} LIMIT 1) IS NULL"


class Alike(ContactRow):
    """A contact that may be the same, and what the two have in common: name, e-mail, telephone or register number."""

    alike: tuple[str, ...]


ITSELF = "coalesce((SELECT am.survivor FROM access_merged am WHERE am.contact = %(contact)s), %(contact)s)"
OWN = f"""
    ARRAY(SELECT l.likeness FROM contact_likenesses l
          WHERE l.found = {ITSELF} AND l.directory IN (SELECT directory FROM my_directories)
          AND NOT {withheld(ITSELF)})"""
IN_COMMON = f"""
    ARRAY(SELECT DISTINCT l.by FROM contact_likenesses l
          WHERE l.found = page.contact AND l.likeness = ANY ({OWN}) ORDER BY l.by) AS alike"""


class Duplicates(
    Listing[Alike],
    name="duplicates",
    rests_on=(ACCESS, CONTACT_SEARCH, CLIENT_FILE, CALLED),
    rights=[Right.BASIC],
):
    """Contacts that I may know and that may be the same as one, by name, e-mail, telephone or register number."""

    contact: ContactId

    looks = How.FOUND
    of = ("contact",)
    shows = f"{SHOWN}, {IN_COMMON}"
    joins = JOINS

    def unknown(self) -> type[Unknown]:
        return ContactUnknown

    def known(self) -> str:
        return open_contact("%(contact)s")

    def legs(self) -> Sequence[Leg]:
        rows = f"""
            FROM (SELECT DISTINCT l.found AS contact FROM contact_likenesses l
                  WHERE l.likeness = ANY ({OWN}) AND l.directory = m.directory AND l.found <> {ITSELF}) t
            WHERE true"""
        return [
            Leg(
                rows,
                {"m.directory": "text", "t.contact": "text"},
                each="my_directories m",
                by_member=True,
                test=f"{UNDER_OWN_NAME} AND {LIES_THERE.format(narrowed='')} AND {SHOWN_TO_ALL}",
            )
        ]
