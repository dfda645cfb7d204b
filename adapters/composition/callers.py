"""Who asks the service from outside, and of which files processes are made."""

from __future__ import annotations

from pkgutil import walk_packages
from typing import TYPE_CHECKING

from adapters import nats, postgres
from adapters.composition.place import Place

if TYPE_CHECKING:
    from adapters.nats.client import Client


def client(place: Place, *, patience_seconds: float = 60.0) -> Client:
    """The command line's own caller."""
    from adapters.nats.client import Client

    settings = place.settings
    seed = place.seed(settings.caller, settings.seed)
    return Client(place.nats_url, settings.caller, str(seed), patience_seconds=patience_seconds)


def handler_client(place: Place, handler: str, *, patience_seconds: float) -> Client:
    """A handler's own caller, for what is asked again in its name."""
    from adapters.nats.client import Client

    return Client(place.nats_url, handler, str(place.seed(handler, None)), patience_seconds=patience_seconds)


def parts() -> list[str]:
    """The names of all files of which processes are made: who forks many imports them once."""
    return [each.name for room in (nats, postgres) for each in walk_packages(room.__path__, f"{room.__name__}.")]
