"""Key-encryption keys are files in one folder, and what became of each stands beside them for ever."""

from __future__ import annotations

import hmac
import os
import re
from base64 import b64decode, b64encode
from collections.abc import Mapping
from datetime import datetime, timezone
from pathlib import Path
from types import MappingProxyType

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF, HKDFExpand

from adapters import durable_file
from adapters.clock import now
from adapters.key_encryption import KEY_BYTES, EndUnknown, Epoch, EpochInUse, KeyEncryption, KeyUnavailable, known

NAME = re.compile(r"kek-([1-9][0-9]*)")
NONCE_BYTES = 12
ROOT, EPOCHS = "root", "epochs"
ENDS_WITH_ITS_EPOCH = b"kartoteka:epoch"
"""Salt of what an epoch's key alone gives: what is derived without it follows from the root, which stays for ever."""


def keys_in(folder: Path, *, first_start: bool | None = None) -> KeyEncryption:
    """Whoever keeps the keys of a log: files in the folder. Another key service takes its place here, and nowhere else.

    `first_start` is None for those who take them as they are: they make and complete nothing. Raises KeyUnavailable.
    """
    return KeyFile(folder) if first_start is None else KeyFile.opened(folder, first_start=first_start)


class KeyFile:
    """Keys as files `kek-<epoch>` in one folder, readable by the owner alone.

    `root` is what `derive` rests on: made of the first key once, one way, so that the first can be destroyed. `epochs`
    has a line for each key there ever was.
    """

    _seen: tuple[int, int, int] | None = None
    _epochs: Mapping[int, Epoch] = MappingProxyType({})

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._keys: dict[int, bytes] = {}
        self.epoch = 0
        self.look()
        self._root = self._rooted()

    @classmethod
    def opened(cls, folder: Path, *, first_start: bool) -> KeyFile:
        """The keys of the folder. The first start makes the first one; later a missing key is never replaced."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if first_start:
            _make_first(folder)
        keys = cls(folder)
        if os.access(folder, os.W_OK):  # a folder that is mounted to be read alone serves, and is never rotated
            keys._complete()
        return keys

    @property
    def epochs(self) -> Mapping[int, Epoch]:
        self._glance()
        return self._epochs

    def look(self) -> None:
        self._load()
        self.epoch = max(self._keys)

    def wrap(self, plain: bytes, bound: bytes, epoch: int | None = None) -> bytes:
        nonce = os.urandom(NONCE_BYTES)
        return nonce + AESGCM(self._key(self.epoch if epoch is None else epoch)).encrypt(nonce, plain, bound)

    def unwrap(self, epoch: int, wrapped: bytes, bound: bytes) -> bytes:
        key = self._key(epoch)
        try:
            return AESGCM(key).decrypt(wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], bound)
        except InvalidTag:
            raise KeyUnavailable(f"kek-{epoch} in {self._folder} is not the key that this was wrapped with") from None

    def derive(self, use: str) -> bytes:
        return HKDFExpand(SHA256(), KEY_BYTES, info=f"kartoteka:{use}".encode()).derive(self._root)

    def secret(self, epoch: int, use: str) -> bytes:
        hkdf = HKDF(SHA256(), KEY_BYTES, salt=ENDS_WITH_ITS_EPOCH, info=f"kartoteka:{use}".encode())
        return hkdf.derive(self._key(epoch))

    def rotate(self, at: datetime) -> int:
        with durable_file.alone(self._folder):
            before = self.epoch
            self.look()
            if self.epoch == before:
                number = max(self._epochs) + 1
                durable_file.create(self._folder / f"kek-{number}", _made())
                self._note({**self._epochs, number: Epoch(number, at)})
            self.look()
        return self.epoch

    def promise(self, epoch: int, ends_at: datetime) -> None:
        before = known(self.epochs, epoch).promised_at
        if before is not None and before <= ends_at:
            return
        if not os.access(self._folder, os.W_OK):
            raise EndUnknown(f"{self._folder} can only be read: no date can be promised")
        with durable_file.alone(self._folder):
            self._load()
            life = known(self._epochs, epoch)
            if life.promised_at is None or ends_at < life.promised_at:
                self._note({**self._epochs, epoch: life._replace(promised_at=ends_at)})
            self._load()

    def destroy(self, epoch: int, at: datetime) -> None:
        """Noted before it is done: what a crash leaves of the key goes at the next start."""
        with durable_file.alone(self._folder):
            self.look()
            if epoch == self.epoch:
                raise EpochInUse(f"kek-{epoch} is in use")
            life = known(self._epochs, epoch)
            self._keep_root()
            if life.destroyed_at is None:
                self._note({**self._epochs, epoch: life._replace(destroyed_at=at)})
            durable_file.destroy(self._folder / f"kek-{epoch}")
            self.look()

    def _complete(self) -> None:
        """Write down what is not written yet, and end what a crash left half destroyed."""
        with durable_file.alone(self._folder):
            self.look()
            self._keep_root()
            if self._epochs != _noted(self._folder):
                self._note(self._epochs)
            for each in self._epochs.values():
                if each.destroyed_at is not None:
                    durable_file.destroy(self._folder / f"kek-{each.number}")
            self.look()

    def _load(self) -> None:
        """What was noted while the folder was read is read again: a key may have been destroyed under our eyes."""
        while True:
            seen = _stamp(self._folder)
            try:
                self._take()
            except KeyUnavailable:
                if _stamp(self._folder) == seen:
                    raise
                continue
            self._seen = seen
            return

    def _take(self) -> None:
        """Another thread has what was before, or all that is now; a file that is only missing takes no key from us."""
        noted = _noted(self._folder)
        named = {path: NAME.fullmatch(path.name) for path in self._folder.glob("kek-*")}
        there = {int(name[1]): path for path, name in named.items() if name}
        made = {number: Epoch(number, _written_at(path)) for number, path in there.items() if number not in noted}
        epochs = dict(sorted({**self._epochs, **made, **noted}.items()))
        alive = [number for number, each in epochs.items() if each.destroyed_at is None]
        keys = {n: self._keys.get(n) or _read(there[n]) for n in alive if n in there or n in self._keys}
        if not keys:
            raise KeyUnavailable(f"no key-encryption key in {self._folder}")
        self._keys, self._epochs = keys, epochs

    def _glance(self) -> None:
        """Notice what was noted since; what is in use stays so until we are told to look, unless it is gone."""
        if _stamp(self._folder) != self._seen:
            self._load()
            if self.epoch not in self._keys:
                self.epoch = max(self._keys)

    def _key(self, epoch: int) -> bytes:
        self._glance()
        key = self._keys.get(epoch)
        if key is not None:
            return key
        ended = self._epochs[epoch].destroyed_at if epoch in self._epochs else None
        if ended is None:
            raise KeyUnavailable(f"key-encryption key {epoch} is not in {self._folder}")
        raise KeyUnavailable(f"kek-{epoch} was destroyed on {ended:%Y-%m-%d}; what it wrapped is inert")

    def _rooted(self) -> bytes:
        """What `derive` rests on. Raises KeyUnavailable rather than derive anything else."""
        first = min(self._epochs)
        extracted = _extracted(self._keys[first]) if first in self._keys else None
        path = self._folder / ROOT
        if not path.exists():
            if extracted is None:
                raise KeyUnavailable(f"{path} is not there, and kek-{first}, which it was made of, is gone")
            return extracted
        root = _read(path)
        if extracted is not None and root != extracted:
            raise KeyUnavailable(f"{path} was not made of kek-{first}")
        return root

    def _keep_root(self) -> None:
        if not (self._folder / ROOT).exists():
            durable_file.create(self._folder / ROOT, _text(self._root))

    def _note(self, epochs: Mapping[int, Epoch]) -> None:
        lines = [orjson.dumps(_line(each)).decode() + "\n" for each in epochs.values()]
        durable_file.replace(self._folder / EPOCHS, "".join(lines))


def _line(epoch: Epoch) -> dict[str, object]:
    return {
        "epoch": epoch.number,
        "made_at": epoch.made_at,
        "destroyed_at": epoch.destroyed_at,
        "promised_at": epoch.promised_at,
    }


def _noted(folder: Path) -> dict[int, Epoch]:
    """What is written down of keys that were made and destroyed. Raises KeyUnavailable."""
    path = folder / EPOCHS
    try:
        return {each.number: each for each in map(_parsed, path.read_text().splitlines())}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise KeyUnavailable(f"{path} cannot be read as the lives of keys") from error


def _parsed(line: str) -> Epoch:
    found = orjson.loads(line)
    made_at, ended, promised = found["made_at"], found["destroyed_at"], found.get("promised_at")
    return Epoch(
        int(found["epoch"]),
        datetime.fromisoformat(made_at),
        ended and datetime.fromisoformat(ended),
        promised and datetime.fromisoformat(promised),
    )


def _stamp(folder: Path) -> tuple[int, int, int] | None:
    """Another one where any process noted something; it is replaced whole each time."""
    try:
        found = (folder / EPOCHS).stat()
    except FileNotFoundError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size


def _written_at(path: Path) -> datetime:
    """Of a key that was made before keys were written down."""
    try:
        return datetime.fromtimestamp(path.stat().st_mtime, timezone.utc)
    except FileNotFoundError:
        return now()


def _extracted(key: bytes) -> bytes:
    """The first half of HKDF without salt (RFC 5869): it tells nothing of the key, and all that was derived follows."""
    return hmac.digest(bytes(KEY_BYTES), key, "sha256")


def _make_first(folder: Path) -> None:
    """Alone, or a process that saw no key yet would count on from the one that another has just made and noted."""
    with durable_file.alone(folder):
        if not any(folder.glob("kek-*")):
            durable_file.create(folder / f"kek-{max(_noted(folder), default=0) + 1}", _made())


def _made() -> str:
    return _text(os.urandom(KEY_BYTES))


def _text(key: bytes) -> str:
    return b64encode(key).decode("ascii") + "\n"


def _read(path: Path) -> bytes:
    try:
        key = b64decode(path.read_text().strip(), validate=True)
    except (OSError, ValueError) as error:
        raise KeyUnavailable(f"{path} cannot be read as a key") from error
    if len(key) != KEY_BYTES:
        raise KeyUnavailable(f"{path} does not hold {KEY_BYTES} bytes")
    return key
