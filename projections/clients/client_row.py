"""The shape of a client's file: what is told of one client under one cover (R-TCK-10, R-ISP-1)."""

from __future__ import annotations

from datetime import datetime

from domain.clients.address import AddressKind, AddressUse
from domain.clients.contact import ContactKind
from domain.clients.directory import Level
from projections.clients.contact import ContactRow
from projections.clients.paper import FileRow, NoteRow
from projections.question import Answer


class DecidedBy(Answer):
    """The right through which the file is open: whose it is, to which directory, how far it reaches, and until when."""

    directory: str
    holder: str
    team_name: str | None
    level: Level
    until: datetime | None


class Linked(Answer):
    """Another contact, by its name."""

    contact: str
    kind: ContactKind
    name: str


class Related(Linked):
    """What the client is to another contact; or, where `inward`, what that one is to the client."""

    relation: str
    inward: bool


class Absorbed(Linked):
    """A contact that goes under the client's name."""

    reference: str | None


class AddressShown(Answer):
    """Where the client can be reached, as it was typed and as it is compared; and of which contact that was told."""

    address: str
    contact: str
    kind: AddressKind
    use: AddressUse
    typed: str
    normal: str | None


class Belonging(Answer):
    """A time that the contact is or was in a group: [joined, left)."""

    group: str
    name: str
    joined_at: datetime
    left_at: datetime | None


class OwnTerms(Answer):
    """A contract of the contact's own; without an incident type it holds for all."""

    incident_type: str | None
    incident_type_name: str | None
    contract: str | None
    contract_name: str | None


class FiledTicket(Answer):
    """A ticket that the contact reported or is the customer of."""

    ticket: str
    reference: str | None
    title: str
    opened_at: datetime
    status: str
    severity: str | None
    assignee: str | None
    assignee_name: str | None
    over: bool
    due: datetime | None
    missed: bool
    at_risk: bool
    paused: bool


class ClientFileRow(ContactRow):
    """Everything about one client that the asker may know; where there may be much of something, some of it."""

    decided_by: DecidedBy | None
    bookmarked: bool
    life_cycle: str | None
    salutation: str | None
    company_number: str | None
    vat_number: str | None
    responsible: str | None
    responsible_name: str | None
    employer: Linked | None
    whole: Linked | None
    absorbed: tuple[Absorbed, ...]
    addresses: tuple[AddressShown, ...]
    employees: tuple[Linked, ...]
    more_employees: bool
    parts: tuple[Linked, ...]
    more_parts: bool
    relations: tuple[Related, ...]
    more_relations: bool
    notes: tuple[NoteRow, ...]
    more_notes: bool
    files: tuple[FileRow, ...]
    more_files: bool
    groups: tuple[Belonging, ...]
    terms: tuple[OwnTerms, ...]
    tickets: tuple[FiledTicket, ...]
    more_tickets: bool
