"""A contact may be reached at addresses, each kept as it was typed and as it is compared."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from domain.fact import Event
from domain.personal import Masked, Personal, Purpose
from domain.refusal import Refused, Unknown, require
from domain.values import AddressId, Line, SubjectId, Text

MOST_ADDRESSES = 100
"""Of one contact."""


class AddressKind(StrEnum):
    """By what way it reaches the contact."""

    EMAIL = "email"
    PHONE = "phone"
    POSTAL = "postal"


class AddressUse(StrEnum):
    """What the contact wants to be reached there for."""

    WORK = "work"
    PRIVATE = "private"
    BILLING = "billing"
    DELIVERY = "delivery"
    OTHER = "other"


class AddressAdded(Event, topic="contact.address-added"):
    """The contact can be reached here."""

    address: AddressId
    kind: AddressKind
    use: AddressUse
    subject: SubjectId
    typed: Annotated[Text | Masked, Personal("subject", Purpose.PROFILE)]
    normal: Annotated[Line | Masked | None, Personal("subject", Purpose.PROFILE)] = None


class AddressChanged(Event, topic="contact.address-changed"):
    """The address reads otherwise."""

    address: AddressId
    subject: SubjectId
    typed: Annotated[Text | Masked, Personal("subject", Purpose.PROFILE)]
    normal: Annotated[Line | Masked | None, Personal("subject", Purpose.PROFILE)] = None


class AddressRemoved(Event, topic="contact.address-removed"):
    """The contact cannot be reached there any more."""

    address: AddressId


AddressEvent = AddressAdded | AddressChanged | AddressRemoved


class AddressUnknown(Unknown):
    """The contact has no such address."""


class TooManyAddresses(Refused):
    """A contact has a hundred addresses at most."""


@dataclass(frozen=True, slots=True)
class Address:
    kind: AddressKind
    use: AddressUse


Addresses = Mapping[AddressId, Address]


def add(
    addresses: Addresses,
    id: AddressId,
    kind: AddressKind,
    use: AddressUse,
    typed: str,
    normal: str | None,
    of: SubjectId,
) -> Iterator[AddressEvent]:
    require(len(addresses) < MOST_ADDRESSES, otherwise=TooManyAddresses)
    yield AddressAdded(address=id, kind=kind, use=use, subject=of, typed=typed, normal=normal)


def change(
    addresses: Addresses, id: AddressId, typed: str, normal: str | None, of: SubjectId
) -> Iterator[AddressEvent]:
    """Always a fact: how it read before is sealed, so that nobody can tell here whether it was the same."""
    require(id in addresses, otherwise=AddressUnknown)
    yield AddressChanged(address=id, subject=of, typed=typed, normal=normal)


def remove(addresses: Addresses, id: AddressId) -> Iterator[AddressEvent]:
    """An address that is not there is none to remove."""
    if id in addresses:
        yield AddressRemoved(address=id)


def evolve(addresses: Addresses, event: AddressEvent) -> Addresses:
    match event:
        case AddressAdded(address=id, kind=kind, use=use):
            return {**addresses, id: Address(kind, use)}
        case AddressChanged():
            return addresses
        case AddressRemoved(address=id):
            return {other: address for other, address in addresses.items() if other != id}
