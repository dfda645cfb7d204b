"""However somebody spells it, it is found: letters are folded to what nobody tells apart, words to their beginnings.

What is searched for is a few pieces, and all of them must be among the pieces of what is found.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from domain.refusal import Refused, require

SHORTEST, LONGEST = 2, 16
"""Letters of a beginning; nobody looks at what comes behind the longest."""

SHORTEST_NUMBER = 4
"""Digits of a number that make a piece."""

MOST_WORDS = 12

OWN_LETTERS = frozenset({"и\u0306", "у\u0306", "і\u0308"})
"""The mark of й, ў and ї is no ornament: they are letters of their alphabets."""

MARKED = re.compile("(.?)([\u0300-\u036f]+)", re.DOTALL)
SAME = str.maketrans(
    {"ґ": "г", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i", "ħ": "h", "ŧ": "t"}
)
"""Letters without a mark to take off, as they write them who have no such key."""

SPELLED_OUT = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ø": "oe", "å": "aa"})
CONTRACTED = re.compile("([aou])e")
LOOKALIKES = str.maketrans("aceikmoptxy", "асеікмортху")
CYRILLIC, LATIN = re.compile("[\u0400-\u04ff]"), re.compile("[a-z]")
SILENT = re.compile("['`´ʹʻʼʽˈ‘’′＇\u00ad\u200b-\u200f\u2060]")
EMAIL = re.compile(r"[^\s<>(),;:\"@]+@[^\s<>(),;:\"@]+\.[^\s<>(),;:\"@.]{2,}")
NUMBER = re.compile("[0-9]+")
WORD, UNUSUAL = re.compile(r"[^\W_]+"), re.compile(r"[^\w\x00-\x7f]")


class TooFewLetters(Refused):
    """A search takes a word of two letters or digits at least."""


class TooManyWords(Refused):
    """A search takes twelve words at most."""


def words(text: str) -> tuple[str, ...]:
    """The words of a text as they are compared, in their order."""
    return _words(_known(text))


def spelled_out(text: str) -> tuple[str, ...]:
    """The same with each umlaut written as two letters; nothing where there is none."""
    known = _known(text)
    written = known.translate(SPELLED_OUT)
    return () if written == known else _words(written)


def _known(text: str) -> str:
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


def _words(known: str) -> tuple[str, ...]:
    plain = SILENT.sub("", known)
    if not plain.isascii():
        plain = unicodedata.normalize("NFD", plain)
        plain = unicodedata.normalize("NFC", MARKED.sub(_unmarked, plain)).translate(SAME)
    if UNUSUAL.search(plain):
        found = "".join(letter if _spells(letter) else " " for letter in plain).split()
    else:
        found = WORD.findall(plain)
    return tuple(_in_one_script(word) for word in found)


def _unmarked(match: re.Match[str]) -> str:
    letter, marks = match.groups()
    return letter + "".join(mark for mark in marks if letter + mark in OWN_LETTERS)


def _spells(letter: str) -> bool:
    """A letter, a digit, or a sign without which a script cannot be read."""
    return letter.isalnum() or unicodedata.category(letter).startswith("M")


def _in_one_script(word: str) -> str:
    """A Latin letter in a Cyrillic word is a slip of the keyboard that nobody sees."""
    return word.translate(LOOKALIKES) if LATIN.search(word) and CYRILLIC.search(word) else word


def beginnings(word: str, shortest: int = SHORTEST) -> Iterator[str]:
    """What somebody has typed who means the word."""
    return (word[:length] for length in range(shortest, min(len(word), LONGEST) + 1))


def _numbers(found: Iterable[str]) -> Iterator[tuple[Sequence[str], str]]:
    """Digits in groups are one number, and noughts before it are how somebody dials; other words with no number."""
    for digits, run in groupby(found, key=lambda word: NUMBER.fullmatch(word) is not None):
        group = list(run)
        number = "".join(group).lstrip("0") if digits else ""
        yield group, number if len(number) >= SHORTEST_NUMBER else ""


def pieces_of_text(text: str) -> frozenset[str]:
    """What a name is found by, or an e-mail address in part."""
    own = words(text)
    found = {*own, *spelled_out(text), *(CONTRACTED.sub(r"\1", word) for word in own)}
    numbers = (piece for _, number in _numbers(own) for piece in beginnings(number, SHORTEST_NUMBER))
    return frozenset(piece for word in found for piece in beginnings(word)).union(numbers)


def email(address: str) -> str:
    """An address as it is compared: small letters in one way of writing them (D25)."""
    return unicodedata.normalize("NFC", address).lower()


def pieces_of_email(address: str) -> frozenset[str]:
    """The whole address, and the words of both its parts."""
    return pieces_of_text(address) | {email(address)}


def pieces_of_phone(number: str) -> frozenset[str]:
    """Of a number in its normal form: its last digits, four or more; an extension finds nothing."""
    digits = "".join(NUMBER.findall(number.partition(";")[0]))
    return frozenset(digits[start:] for start in range(len(digits) - SHORTEST_NUMBER + 1))


def register_number(number: str) -> str:
    """A company or VAT number as it is compared: letters and digits alone."""
    return "".join(words(number))


def pieces_of_register_number(number: str) -> frozenset[str]:
    """Its beginnings, with and without the letters of its country."""
    whole = register_number(number)
    digits = NUMBER.findall(whole)
    bare = (piece for _, each in _numbers(digits) for piece in beginnings(each, SHORTEST_NUMBER))
    return frozenset(piece for word in (whole, *digits) for piece in beginnings(word)).union(bare)


def alike_names(name: str) -> frozenset[str]:
    """Names that have one of these in common may be the same: their words, in no order."""
    return frozenset(" ".join(sorted(found)) for found in (words(name), spelled_out(name)) if found)


def sought(text: str) -> tuple[str, ...]:
    """The pieces of what somebody looks for, the longest first. Raises TooFewLetters, TooManyWords."""
    found = {email(address) for address in EMAIL.findall(text)}
    for group, number in _numbers(words(EMAIL.sub(" ", text))):
        found |= {number[:LONGEST]} if number else {word[:LONGEST] for word in group if len(word) >= SHORTEST}
    needed = [piece for piece in found if not _implied(piece, found)]
    require(bool(needed), otherwise=TooFewLetters)
    require(len(needed) <= MOST_WORDS, otherwise=TooManyWords)
    return tuple(sorted(needed, key=lambda piece: (-len(piece), piece)))


def _implied(piece: str, found: Iterable[str]) -> bool:
    """Whoever has a word has its beginnings; of numbers the last digits are looked for, too."""
    return not NUMBER.fullmatch(piece) and any(other != piece and other.startswith(piece) for other in found)
