"""Where the outside world of a process is: servers of our own, or those that the settings name."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from adapters import embedded
from adapters.credentials.seed import seed_path
from adapters.embedded import Running
from adapters.embedded.nats_server import Certified
from adapters.settings import EMBEDDED, Settings, SettingsWrong

if TYPE_CHECKING:
    from adapters.key_encryption import KeyEncryption


@dataclass(frozen=True, slots=True)
class Place:
    """Where the outside world of a process is."""

    settings: Settings
    postgres_url: str
    nats_url: str
    embedded: Running | None = None

    @property
    def keys(self) -> Path:
        return self.settings.keys or self.settings.state / "keys"

    @property
    def anchors(self) -> Path:
        return self.settings.anchors or self.settings.state / "anchors"

    @property
    def erasures(self) -> Path:
        return self.settings.erasures or self.settings.state / "erasures"

    @property
    def callers(self) -> Path:
        return self.settings.callers or self.settings.state / "callers.json"

    def seed(self, caller: str, given: Path | None = None) -> Path:
        """Where it is given, where the settings say that of our own processes is, or else in the state."""
        return given or self.settings.our_seeds.get(caller) or seed_path(self.settings.state, caller)


def keys_of(place: Place) -> KeyEncryption:
    """Whoever keeps the keys, as they are now; whoever begins to work opens them with the log they belong to."""
    from adapters.key_file import keys_in

    return keys_in(place.keys)


def wants_embedded(settings: Settings) -> tuple[bool, bool]:
    """Whether Postgres, and whether NATS, are to be started by us."""
    return settings.postgres_url.get_secret_value() == EMBEDDED, settings.nats_url == EMBEDDED


@contextmanager
def founded(settings: Settings) -> Iterator[Place]:
    """A place with its own embedded servers, as far as the settings ask for them. Raises StateInUse."""
    postgres, nats = wants_embedded(settings)
    if not (postgres or nats):
        yield _external(settings)
        return
    certified = _certified(settings)
    callers = settings.callers and settings.callers.resolve()
    with embedded.running(
        settings.state, postgres=postgres, nats=nats, callers_file=callers, nats_certified=certified
    ) as running:
        yield _with(settings, running)


def found(settings: Settings) -> Place:
    """The place another process has founded, read from its state file. Raises NotRunning."""
    if not any(wants_embedded(settings)):
        return _external(settings)
    return _with(settings, embedded.attach(settings.state))


def _external(settings: Settings) -> Place:
    return Place(settings, settings.postgres_url.get_secret_value(), trusting(settings.nats_url, settings))


def _with(settings: Settings, running: Running) -> Place:
    postgres, nats = wants_embedded(settings)
    return Place(
        settings,
        running.postgres_url if postgres else settings.postgres_url.get_secret_value(),
        trusting(running.nats_url if nats else settings.nats_url, settings),
        running,
    )


def trusting(nats_url: str, settings: Settings) -> str:
    """The URL with whose certificates are trusted there, where the settings say so."""
    if settings.nats_authority is None:
        return nats_url
    return f"{nats_url}?authority={quote(str(settings.nats_authority.resolve()))}"


def _certified(settings: Settings) -> Certified | None:
    """Raises SettingsWrong."""
    if settings.nats_certificate is None and settings.nats_key is None:
        return None
    if settings.nats_certificate is None or settings.nats_key is None:
        raise SettingsWrong("KARTOTEKA_NATS_CERTIFICATE and KARTOTEKA_NATS_KEY are needed both, or none")
    return Certified(settings.nats_certificate, settings.nats_key)
