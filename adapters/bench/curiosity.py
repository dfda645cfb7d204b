"""What workers of a big company ask about contacts: questions without end, each with a worker who may ask it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import count, cycle, islice

from adapters.bench.crowd import Crowd, Sees, contact_id, worker_id
from adapters.bench.people import Somebody
from domain.values import WorkerId
from projections.clients.access_check import AccessCheck
from projections.clients.contact import Contacts
from projections.clients.search import ContactSearch
from projections.question import Question

Asked = Iterator[tuple[WorkerId, Question]]
Remembered = Callable[[Somebody], str | None]

MIXED = 2654435761
"""Neighbours go far apart by it, so that one contact after the other lies somewhere else."""

TRIES = 1000
"""In so many contacts there is one whose address is known."""


def known(crowd: Crowd, sees: Sees) -> Iterator[tuple[WorkerId, int]]:
    """Workers who see so much, in turn, each with the number of a contact that they see."""
    workers = [(worker_id(worker), crowd.seen_by(worker)) for worker in crowd.workers_who_see(sees)]
    for nth, (worker, directories) in zip(count(), cycle(workers), strict=False):
        mixed = nth * MIXED % 2**32
        contacts = crowd.lying_in(directories[mixed % len(directories)])
        yield worker, contacts[mixed // len(directories) % len(contacts)]


def checks(crowd: Crowd, sees: Sees) -> Asked:
    """How far they may go with one contact."""
    return ((worker, AccessCheck(contact=contact_id(contact))) for worker, contact in known(crowd, sees))


def pages(crowd: Crowd, sees: Sees) -> Asked:
    """The first page of all that they see."""
    return ((worker, Contacts()) for worker, _ in known(crowd, sees))


MIX: Mapping[str, Remembered] = {
    "a given name or a trade": lambda them: them.words[0],
    "a family's name": lambda them: them.words[1],
    "both": lambda them: f"{them.words[1]} {them.words[0]}",
    "two letters": lambda them: them.words[1][:2],
    "four letters": lambda them: them.words[1][:4],
    "three letters of each": lambda them: f"{them.words[0][:3]} {them.words[1][:3]}",
    "an e-mail address": lambda them: them.email,
    "seven digits of a telephone number": lambda them: them.phone and them.phone[-7:],
}
"""What is searched for, in turn, of somebody whom the asker sees."""


def searches(crowd: Crowd, sees: Sees) -> Asked:
    """Everything of the mix in turn."""
    those = known(crowd, sees)
    for remembered in cycle(MIX.values()):
        tried = ((worker, remembered(crowd.who(contact))) for worker, contact in islice(those, TRIES))
        yield next((worker, ContactSearch(text=text)) for worker, text in tried if text)


def asked(question: str, crowd: Crowd, sees: Sees) -> Asked:
    """The questions of this name."""
    return {"access-check": checks, "contacts": pages, "contact-search": searches}[question](crowd, sees)
