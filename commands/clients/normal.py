"""What somebody typed as an address, in the one form in which addresses are compared (D25)."""

from __future__ import annotations

import phonenumbers
from email_validator import EmailNotValidError, validate_email
from phonenumbers import NumberParseException, PhoneNumber, PhoneNumberFormat

from domain.clients.address import AddressKind
from domain.refusal import Refused, require

MOST_LETTERS = 200
"""Of what is compared: one line."""


class EmailNotValid(Refused):
    """This is no e-mail address."""


class PhoneNotValid(Refused):
    """This is no telephone number."""


class PhoneWithoutCountry(Refused):
    """A number without its country is understood only when the company has said in which it is (R-SET-1)."""


def email(typed: str) -> str:
    """In small letters throughout; whether anybody is there is not asked of the network. Raises EmailNotValid."""
    try:
        found = validate_email(typed, check_deliverability=False).normalized.lower()
    except EmailNotValidError:
        raise EmailNotValid from None
    require(len(found) <= MOST_LETTERS, otherwise=EmailNotValid)
    return found


def phone(typed: str, country: str | None) -> str:
    """ "+", country and number, an extension behind ";ext=". Raises PhoneNotValid, PhoneWithoutCountry."""
    require("\n" not in typed, otherwise=PhoneNotValid)
    number = _parsed(typed, country)
    require(phonenumbers.is_possible_number(number), otherwise=PhoneNotValid)
    whole = phonenumbers.format_number(number, PhoneNumberFormat.E164)
    return f"{whole};ext={number.extension}" if number.extension else whole


def _parsed(typed: str, country: str | None) -> PhoneNumber:
    try:
        return phonenumbers.parse(typed, country)
    except NumberParseException as error:
        unplaced = error.error_type == NumberParseException.INVALID_COUNTRY_CODE and "+" not in typed
        raise (PhoneWithoutCountry if unplaced else PhoneNotValid) from None


def normal(kind: AddressKind, typed: str, country: str | None) -> str | None:
    """How an address is compared; `country` is that of numbers without one (ISO 3166). A postal one is not."""
    match kind:
        case AddressKind.EMAIL:
            return email(typed)
        case AddressKind.PHONE:
            return phone(typed, country)
        case AddressKind.POSTAL:
            return None
