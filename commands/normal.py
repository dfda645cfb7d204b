"""What somebody typed as an address, in the one form in which addresses are compared (D25).

The libraries that know are large, and imported by those alone who ask them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from domain.clients.address import AddressKind
from domain.refusal import Refused, require

if TYPE_CHECKING:
    from phonenumbers import PhoneNumber

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
    from email_validator import EmailNotValidError, validate_email

    try:
        found = validate_email(typed, check_deliverability=False).normalized.lower()
    except EmailNotValidError:
        raise EmailNotValid from None
    require(len(found) <= MOST_LETTERS, otherwise=EmailNotValid)
    return found


def phone(typed: str, country: str | None) -> str:
    """ "+", country and number, an extension behind ";ext=". Raises PhoneNotValid, PhoneWithoutCountry."""
    from phonenumbers import PhoneNumberFormat, format_number, is_possible_number

    require("\n" not in typed, otherwise=PhoneNotValid)
    number = _parsed(typed, country)
    require(is_possible_number(number), otherwise=PhoneNotValid)
    whole = format_number(number, PhoneNumberFormat.E164)
    return f"{whole};ext={number.extension}" if number.extension else whole


def _parsed(typed: str, country: str | None) -> PhoneNumber:
    from phonenumbers import NumberParseException, parse

    try:
        return parse(typed, country)
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
