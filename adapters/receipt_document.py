"""A receipt as a file: one canonical document with its signature, of which no byte can be another."""

from __future__ import annotations

import json
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict, ValidationError

from adapters.signature import Signature
from domain.privacy import receipt as rule
from domain.privacy.receipt import Receipt


class NotAReceipt(Exception):
    """The file is not a receipt, or not in the one form that a receipt has."""


class Signed(NamedTuple):
    """A receipt and what signed it."""

    receipt: Receipt
    signature: Signature


class _Document(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    receipt: Receipt
    signature: rule.Signature
    signer: rule.Signer


def encoded(signed: Signed) -> bytes:
    """The document, byte for byte."""
    receipt, (signer, value) = rule.canonical(signed.receipt).decode(), signed.signature
    return f'{{"receipt":{receipt},"signature":"{value}","signer":"{signer}"}}\n'.encode()


def decoded(data: bytes) -> Signed:
    """What the bytes say. Raises NotAReceipt where they are not exactly the document of what they say."""
    try:
        document = _Document.model_validate(json.loads(data))
    except (ValueError, ValidationError) as error:
        raise NotAReceipt(f"the file is not a receipt ({type(error).__name__})") from None
    signed = Signed(document.receipt, Signature(document.signer, document.signature))
    if encoded(signed) != data:
        raise NotAReceipt("the file says a receipt, but not in the bytes in which it was written")
    return signed
