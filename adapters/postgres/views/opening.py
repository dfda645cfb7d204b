"""Personal fields for the read models that must know them: opened while a page is taken, their keys kept no longer."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from adapters.key_encryption import KeyEncryption
from adapters.keyed_word import KeyedWords
from adapters.postgres.keys import opener_of
from adapters.postgres.views.registry import Line
from adapters.sealing import Enclosed, KeyName, Opener, leave_sealed, marked
from domain.fact import Event, Fact


class Opening:
    """`ahead` is told of a page and looks for its keys at once; `opened` looks for others when they are met."""

    def __init__(self, connection: Line, keys: KeyEncryption) -> None:
        self._connection, self._encryption = connection, keys
        self._names: set[KeyName] = set()
        self._opener: Opener = leave_sealed

    def ahead(self, facts: Iterable[Fact[Any]]) -> None:
        """These come next; nothing is known of the keys of those before any more."""
        self._names = {_name(value) for fact in facts for _, value in _enclosed(fact)}
        # What is withheld for now comes back, and is found again then: only what is fenced is gone.
        self._opener = opener_of(self._connection, self._encryption, self._names, withheld_too=True)

    def forget(self) -> None:
        """Nothing is known of any key."""
        self._names, self._opener = set(), leave_sealed

    def opened(self, fact: Fact[Any]) -> Fact[Any]:
        """Raises KeyMissing, KeyUnavailable: the fact is parked, and its stream waits in the model."""
        fields = list(_enclosed(fact))
        if not fields:
            return fact
        if not self._names.issuperset(_name(value) for _, value in fields):
            self.ahead([fact])
        plain = {name: self._opener(dict(each.envelope), each.place, each.path) for name, each in fields}
        return fact._replace(event=fact.event.model_copy(update=plain))

    def epoch(self) -> int:
        """That of the key in use by now."""
        self._encryption.look()
        return self._encryption.epoch

    def under(self, epoch: int | None) -> Under:
        """The same for a version whose tokens were made with the secret of an epoch."""
        return Under(self, self._encryption, epoch)


@dataclass(frozen=True)
class Under:
    """What is opened for one version, for a page: the secret is kept no longer."""

    opening: Opening
    encryption: KeyEncryption
    epoch: int | None

    def opened(self, fact: Fact[Any]) -> Fact[Any]:
        return self.opening.opened(fact)

    def keyed(self, word: str) -> str:
        """Raises KeyUnavailable: as `opened`."""
        return self._words(word)

    @cached_property
    def _words(self) -> KeyedWords:
        return KeyedWords(self.encryption, self.epoch)


def _enclosed(fact: Fact[Any]) -> Iterable[tuple[str, Enclosed]]:
    """The personal fields of a fact that hold something."""
    event: Event = fact.event
    for name, *_ in marked(type(event)):
        value = getattr(event, name)
        if isinstance(value, Enclosed):
            yield name, value


def _name(value: Enclosed) -> KeyName:
    return KeyName(value.subject, value.purpose)
