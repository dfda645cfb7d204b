"""What a decision may ask of the read models: no guard stands for it, so only what an alert would catch anyway."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

from domain.refusal import Refused
from domain.values import ContactId, NoticeId, SubjectId, TeamId, TicketId, WorkerId

F = TypeVar("F")


LOOKUPS: dict[str, Lookup[Any]] = {}
"""Every lookup there is, by its name."""


@dataclass(frozen=True, slots=True, eq=False)
class Lookup(Generic[F]):
    """One thing to look up: its name, and the shape of a row, whose fields are the columns in order."""

    name: str
    row: type[F]

    def __post_init__(self) -> None:
        if LOOKUPS.setdefault(self.name, self) is not self:
            raise TypeError(f"two lookups are called {self.name}")


Wanted = tuple[Lookup[Any], str]
"""A lookup with its key."""


class NotReady(Refused):
    """What this rests on is being made for the first time; ask again."""


class Finder(Protocol):
    """The read models as a decision needs them."""

    async def find(self, wanted: Iterable[Wanted]) -> Mapping[Wanted, tuple[Any, ...]]:
        """The rows under each key, in the order in which they are to be told; nothing of what is not there yet."""
        ...


class Charge(NamedTuple):
    """What a worker answers for: an open ticket, a row, a contact, a process area, a gateway, a contract, helpdesk."""

    kind: str
    thing: str
    process_area: str | None


class Held(NamedTuple):
    """A directory or an area that a worker or a team has a right to, or a role in; an open ticket of a team."""

    kind: str
    thing: str


class Lack(NamedTuple):
    """Somebody who is responsible without being able to be (R-DIR-4)."""

    kind: str
    thing: str
    process_area: str | None
    worker: WorkerId | None
    """Nobody, where a team that answers has nobody in it."""
    lacks: list[str]


class Ended(NamedTuple):
    """A ticket that is over, when it was received, and its life as `domain/service/life.py` writes it."""

    ticket: TicketId
    received_at: datetime
    life: str


class Received(NamedTuple):
    """A ticket, and when it was received."""

    ticket: TicketId
    received_at: datetime


class Stored(NamedTuple):
    """The whole contents of a file that was put: for whom, whose data it is, and until when it may be attached."""

    contact: ContactId
    subject: SubjectId
    size_bytes: int
    digest: str
    until: datetime


class Membership(NamedTuple):
    """A team that a worker is in."""

    team: TeamId


class Noticed(NamedTuple):
    """A notice that was written to somebody, or withheld from them."""

    notice: NoticeId


class Stood(NamedTuple):
    """A subject that a person stands for, and a stream by which it stands for them, or for anybody else."""

    subject: SubjectId
    through: str


class Unfinished(NamedTuple):
    """A ticket that is not closed, or an order neither settled nor cancelled."""

    id: str


CHARGES = Lookup("charges", Charge)
"""By the worker (R-STF-2)."""

HELD = Lookup("held", Held)
"""By the holder; of a team, its open tickets as well."""

REACHED = Lookup("reached", Held)
"""By the holder: of a worker, also through teams."""

DUTIES = Lookup("duties", Charge)
"""By the holder: responsibility rows alone, of a worker also through teams."""

OPEN_TICKETS = Lookup("open-tickets", Charge)
"""Of everybody, those with a contract: the key is how many at most."""

ENDED = Lookup("ended", Ended)
"""Of those that the asker may know of: the key says who asks and which are meant (`commands/reckonings/what_if.py`)."""

RECEIVED = Lookup("received", Received)
"""Of those that the asker may know of: the key says who asks, and which are meant, as that of `ENDED`."""

LACKING = Lookup("lacking", Lack)
"""Of everybody: the key is the instant by which rights are judged, in ISO 8601."""

TEAMS_OF = Lookup("teams-of", Membership)
"""By the worker."""

STORED = Lookup("stored", Stored)
"""By the file; what may no longer be attached may be gone before it is."""

NOTICED = Lookup("noticed", Noticed)
"""By a ticket and a worker, with a stroke between them (N-9)."""

SUBJECTS_OF = Lookup("subjects-of", Stood)
"""By the person: of senders whose reports were linked to them later, too; by every report of theirs, and its parts."""

TICKETS_NOT_CLOSED = Lookup("tickets-not-closed", Unfinished)
"""By the contact, reporter or customer, and parts of their reports that nobody linked to them; a ticket that goes under
another one is told, too."""

SUBJECTS_TICKETS_NOT_CLOSED = Lookup("subjects-tickets-not-closed", Unfinished)
"""By the subject."""

ORDERS_UNFINISHED = Lookup("orders-unfinished", Unfinished)
"""By the customer."""
