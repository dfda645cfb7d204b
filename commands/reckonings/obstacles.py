"""What stands in the way of forgetting a person, before it is asked for: the same rules, and nothing stored (D23)."""

from __future__ import annotations

from commands.permission import needs
from commands.privacy.person import obstacles, party
from commands.reckoning import Reckoned, Reckoning, Told
from commands.retrospect import Present
from domain.privacy.obstacle import Obstacle
from domain.staff.worker import Right
from domain.values import ContactId, Person


class ObstaclesRow(Told):
    """Whom the person stands for, and all that is in the way; nothing, where they can be forgotten."""

    person: Person
    contacts: tuple[ContactId, ...]
    subjects: int
    obstacles: tuple[Obstacle, ...]


class Obstacles(
    Reckoning[ObstaclesRow], name="erasure-obstacles", asked_by="a privacy officer, of anybody, as an exception"
):
    """What keeps a person from being forgotten (D23, R-GDP-2)."""

    person: Person

    def reckon(self, asked: Present) -> Reckoned:
        needs(asked, Right.PRIVACY_OFFICER)
        them = party(asked, self.person)
        found = obstacles(asked, them)
        row = ObstaclesRow(person=self.person, contacts=them.contacts, subjects=len(them.subjects), obstacles=found)
        return Reckoned(row, exception=Right.PRIVACY_OFFICER)
