"""However an address is typed, it is compared in one form; what is no address is refused (D25)."""

from __future__ import annotations

import socket
from typing import Any

import phonenumbers
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commands.normal import EmailNotValid, PhoneNotValid, PhoneWithoutCountry, normal
from domain.clients.address import AddressKind
from domain.refusal import Refused

EMAIL, PHONE, POSTAL = AddressKind
locals_ = st.from_regex(r"[A-Za-z0-9]([A-Za-z0-9_+-]{0,10}[A-Za-z0-9])?", fullmatch=True)
names = st.from_regex(r"[A-Za-z]([A-Za-z0-9]{0,10}[A-Za-z0-9])?", fullmatch=True)
COUNTRIES = ("CZ", "UA", "DE", "AT", "SK", "PL", "IT", "US", "GB")
numbers = st.sampled_from(COUNTRIES).map(lambda country: (country, phonenumbers.example_number(country)))
FORMATS = st.sampled_from(
    [
        phonenumbers.PhoneNumberFormat.E164,
        phonenumbers.PhoneNumberFormat.INTERNATIONAL,
        phonenumbers.PhoneNumberFormat.NATIONAL,
    ]
)


@settings(max_examples=100, deadline=None)
@given(locals_, names, st.sampled_from(["cz", "COM", "Example.Org", "com.UA"]), st.data())
def test_capitals_make_no_other_address_and_what_is_normal_stays(local: str, name: str, end: str, data: Any) -> None:
    typed = f"{local}@{name}.{end}"
    found = normal(EMAIL, typed, None)
    assert found == typed.lower() == normal(EMAIL, typed.upper(), None)
    assert found is not None and normal(EMAIL, found, None) == found


@settings(max_examples=100, deadline=None)
@given(numbers, FORMATS)
def test_a_number_is_the_same_however_it_is_written(known: tuple[str, Any], form: int) -> None:
    country, number = known
    assert number is not None
    found = normal(PHONE, phonenumbers.format_number(number, form), country)
    assert found == phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    assert found is not None and normal(PHONE, found, None) == found


@pytest.mark.parametrize(
    ("kind", "typed", "country", "found"),
    [
        (EMAIL, "Jörg@Bücher.DE", None, "jörg@bücher.de"),
        (EMAIL, "O'Brien+post@Example.com", "CZ", "o'brien+post@example.com"),
        (PHONE, "+420 777 123 456", "UA", "+420777123456"),
        (PHONE, "777 123 456", "CZ", "+420777123456"),
        (PHONE, "044 123-45-67 ext. 12", "UA", "+380441234567;ext=12"),
        (POSTAL, "High Street 7\nOldtown", None, None),
        (EMAIL, "nobody", None, EmailNotValid),
        (EMAIL, "Anna <anna@b.cz>", None, EmailNotValid),
        (EMAIL, "anna@b.cz\nboris@b.cz", None, EmailNotValid),
        (EMAIL, "anna@localhost", None, EmailNotValid),
        (EMAIL, f"{'a' * 60}@{'b' * 60}.{'c' * 60}.{'d' * 20}.cz", None, EmailNotValid),
        (PHONE, "777 123 456", None, PhoneWithoutCountry),
        (PHONE, "hello", "CZ", PhoneNotValid),
        (PHONE, "hello", None, PhoneNotValid),
        (PHONE, "+999 123 456 789", None, PhoneNotValid),
        (PHONE, "112", "CZ", PhoneNotValid),
        (PHONE, "777 123 456\n", "CZ", PhoneNotValid),
        (PHONE, "1" * 300, "CZ", PhoneNotValid),
    ],
)
def test_what_is_typed(kind: AddressKind, typed: str, country: str | None, found: str | type[Refused] | None) -> None:
    if isinstance(found, type):
        with pytest.raises(found):
            normal(kind, typed, country)
        return
    assert normal(kind, typed, country) == found


def test_nobody_is_asked_over_the_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def asked(*_: Any, **__: Any) -> None:
        raise AssertionError("somebody was asked")

    monkeypatch.setattr(socket, "getaddrinfo", asked)
    monkeypatch.setattr(socket, "socket", asked)
    assert normal(EMAIL, "anna@there.is.no.such.place.example", None) == "anna@there.is.no.such.place.example"
