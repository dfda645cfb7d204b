"""Money and quantities are exact decimals, in JSON strings: no float ever, and rounded to the currency's own exponent.

Rounding is half up, as an invoice does it: at exactly half the larger amount.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Any

from pydantic import AfterValidator, Field
from pydantic_core import CoreSchema, core_schema

from domain.refusal import Refused, require

_EXPONENTS = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    2: (
        "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE"
        " CHF CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL"
        " HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR"
        " MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK"
        " SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XCD"
        " XCG YER ZAR ZMW ZWG"
    ),
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}
EXPONENTS = {code: exponent for exponent, codes in _EXPONENTS.items() for code in codes.split()}
"""How many decimals the smallest unit of each currency has, by ISO 4217."""


class AmountNotExact(Refused):
    """The amount has more decimals than its currency has."""


def _known_currency(code: str) -> str:
    if code not in EXPONENTS:
        raise ValueError("not the ISO 4217 code of a currency")
    return code


Currency = Annotated[str, AfterValidator(_known_currency), Field(json_schema_extra={"enum": sorted(EXPONENTS)})]

_AMOUNT = r"^(0|[1-9][0-9]{0,11})(\.[0-9]{1,4})?$"
_BELOW_ONE = "[1-9][0-9]{0,5}|0[1-9][0-9]{0,4}|00[1-9][0-9]{0,3}|000[1-9][0-9]{0,2}|0000[1-9][0-9]?|00000[1-9]"
_QUANTITY = rf"^(0\.({_BELOW_ONE})|[1-9][0-9]{{0,8}}(\.[0-9]{{1,6}})?)$"
_TOTAL = r"^(0|[1-9][0-9]{0,23})(\.[0-9]{1,6})?$"


def plain(number: Decimal) -> str:
    """The number as people write it: never with an exponent."""
    return f"{number:f}"


@dataclass(frozen=True, slots=True)
class _Exact:
    """A decimal from a string of that pattern, or from a decimal that is written like that; never from a JSON number.

    Strings of JSON that match are read without a detour through Python, for facts by the million are read so.
    """

    pattern: str
    otherwise: str
    example: str
    shape: Callable[[Decimal], Decimal] | None = None

    def __get_pydantic_core_schema__(self, _: Any, __: Any) -> CoreSchema:
        straight = core_schema.chain_schema(
            [core_schema.str_schema(pattern=self.pattern), core_schema.no_info_plain_validator_function(self._shaped)]
        )
        found = core_schema.json_or_python_schema(straight, core_schema.no_info_plain_validator_function(self._read))
        told = core_schema.plain_serializer_function_ser_schema(plain, return_schema=core_schema.str_schema())
        message = f'{self.otherwise} is a string such as "{self.example}"'
        return core_schema.custom_error_schema(found, "not_exact", custom_error_message=message, serialization=told)

    def __get_pydantic_json_schema__(self, _: Any, __: Any) -> dict[str, Any]:
        return {"type": "string", "pattern": self.pattern, "examples": [self.example]}

    @property
    def _shaped(self) -> Callable[[Any], Decimal]:
        return Decimal if self.shape is None else _after(self.shape)

    def _read(self, value: Any) -> Decimal:
        text = plain(value) if isinstance(value, Decimal) and value.is_finite() else value
        if not isinstance(text, str) or not re.fullmatch(self.pattern, text):
            raise ValueError(self.otherwise)
        return self._shaped(text)


def _after(shape: Callable[[Decimal], Decimal]) -> Callable[[str], Decimal]:
    return lambda text: shape(Decimal(text))


def _shortest(number: Decimal) -> Decimal:
    """Without zeros at its end, so that one quantity is written in one way."""
    return Decimal(plain(number.normalize()))


Amount = Annotated[Decimal, _Exact(_AMOUNT, "an amount, zero or more,", "12.50")]
"""Of money, zero included; its currency stands beside it."""

Total = Annotated[Decimal, _Exact(_TOTAL, "a total, zero or more,", "1250.00")]
"""Amounts times quantities, and sums of these: as large as they can become."""

Quantity = Annotated[Decimal, _Exact(_QUANTITY, "a quantity above zero with six decimals at most", "2.5", _shortest)]
"""Above zero, with six decimals at most; its unit stands beside it (R-PRC-4)."""


def exact(amount: Decimal, currency: str) -> Decimal:
    """The amount with all decimals of its currency. Raises AmountNotExact where it has more."""
    smallest = Decimal(1).scaleb(-EXPONENTS[currency])
    written = amount.quantize(smallest)
    require(written == amount, otherwise=AmountNotExact)
    return written


def rounded(amount: Fraction, currency: str) -> Decimal:
    """The amount in the currency's smallest units, half up."""
    exponent = EXPONENTS[currency]
    units = (2 * amount * 10**exponent + 1) // 2
    return Decimal(int(units)).scaleb(-exponent)
