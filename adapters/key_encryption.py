"""Data keys are wrapped by a key outside the database that ends at a stated date: a file, or in a key service."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import NamedTuple, Protocol

KEY_BYTES = 32


class KeyUnavailable(Exception):
    """The key-encryption key cannot be had now; asking again later may help."""


class EndUnknown(KeyUnavailable):
    """Nobody can say when the key ends, or keep to it; asking again does not help."""


class EpochInUse(Exception):
    """The key is the one that new data keys are wrapped with: it is rotated before it is destroyed."""


class Epoch(NamedTuple):
    """The life of one key-encryption key; what it wrapped is inert once it is destroyed."""

    number: int
    made_at: datetime
    destroyed_at: datetime | None = None
    promised_at: datetime | None = None
    """When it ends at the latest, as some receipt says."""


class KeyEncryption(Protocol):
    """What a key service must give. `bound` ties a wrapped key to its name.

    Epochs are numbered upwards and never used again; the highest is in use. An epoch that was destroyed is still told
    of, for ever and outside the database, so that a restored backup is answered with a date and not with a guess.
    """

    epoch: int
    """What new keys are wrapped with, as of the last look."""

    @property
    def epochs(self) -> Mapping[int, Epoch]:
        """All there ever were, the oldest first, also what others made and destroyed since the last look."""
        ...

    def look(self) -> None:
        """Notice what other processes made and destroyed. Called by the thread that wraps, as `epoch` moves by it."""
        ...

    def wrap(self, plain: bytes, bound: bytes, epoch: int | None = None) -> bytes:
        """Wrapped under an epoch, or under the one in use. Raises KeyUnavailable."""
        ...

    def unwrap(self, epoch: int, wrapped: bytes, bound: bytes) -> bytes:
        """Also of an epoch that was made since the last look. Raises KeyUnavailable, with the date where it ended."""
        ...

    def derive(self, use: str) -> bytes:
        """A secret of 32 bytes for one use, the same in every process and in all epochs."""
        ...

    def secret(self, epoch: int, use: str) -> bytes:
        """A secret of 32 bytes for one use that ends with its epoch. Raises KeyUnavailable."""
        ...

    def rotate(self, at: datetime) -> int:
        """Have a new epoch in use; where somebody made one since the last look, that. Gives its number."""
        ...

    def promise(self, epoch: int, ends_at: datetime) -> None:
        """Have it noted, outside the database, that the epoch ends then at the latest; the earliest date stands.

        Raises EndUnknown, also where nothing can be noted.
        """
        ...

    def destroy(self, epoch: int, at: datetime) -> None:
        """So that nobody can unwrap with it ever again; once more is the same as once. Raises EpochInUse."""
        ...


class Lifetimes(NamedTuple):
    """For how long an epoch is used, and for how long after that backups of the database stay restorable.

    What a receipt says goes before: whatever comes late, is set otherwise or stood still meanwhile, no epoch is to end
    later than was planned when it was made, nor than was promised of it, or of one that came after it.
    """

    kek_days: int
    backup_days: int

    def rotates_at(self, epochs: Mapping[int, Epoch], number: int) -> datetime:
        """When the epoch gave way to the next one, or is to."""
        later = min((each for each in epochs if each > number), default=None)
        return self._planned(epochs, number) if later is None else epochs[later].made_at

    def ends_at(self, epochs: Mapping[int, Epoch], number: int) -> datetime:
        """When the epoch was destroyed, or is to be."""
        each = known(epochs, number)
        if each.destroyed_at is not None:
            return each.destroyed_at
        rotates_at = min(self.rotates_at(epochs, number), self._planned(epochs, number))
        return min([rotates_at + timedelta(days=self.backup_days), *_promised(epochs, number)])

    def inert_at(self, epochs: Mapping[int, Epoch], number: int, at: datetime) -> datetime:
        """From when on nobody opens what was wrapped with the epoch, in no backup. Raises EndUnknown.

        Of one that should have been destroyed by now and was not, nothing earlier than now is said.
        """
        return known(epochs, number).destroyed_at or max(self.ends_at(epochs, number), at)

    def _planned(self, epochs: Mapping[int, Epoch], number: int) -> datetime:
        """In time for backups to stay restorable until what was promised."""
        backup = timedelta(days=self.backup_days)
        promised = [ends_at - backup for ends_at in _promised(epochs, number)]
        return min([epochs[number].made_at + timedelta(days=self.kek_days), *promised])

    def promised(self, keys: KeyEncryption, number: int, at: datetime) -> datetime:
        """The same date for a receipt: noted before it is said, so that it holds. Raises EndUnknown."""
        ends_at = self.ends_at(keys.epochs, number)
        if keys.epochs[number].destroyed_at is None:
            keys.promise(number, ends_at)
        return self.inert_at(keys.epochs, number, at)


def _promised(epochs: Mapping[int, Epoch], number: int) -> list[datetime]:
    """What was said of later ones holds for those before, too."""
    return [each.promised_at for each in epochs.values() if each.number >= number and each.promised_at]


def known(epochs: Mapping[int, Epoch], number: int) -> Epoch:
    """Raises EndUnknown for one that never was."""
    if number not in epochs:
        raise EndUnknown(f"there never was a kek-{number} where the keys are kept")
    return epochs[number]
