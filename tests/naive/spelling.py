"""What a contact is found by, letter by letter as one would explain it to somebody, sharing no code with ours."""

from __future__ import annotations

import unicodedata

KEPT = "йїў"
WRITTEN = {"ß": "ss", "æ": "ae", "œ": "oe", "ð": "d", "þ": "th", "ı": "i", "ё": "е"}
UMLAUTS = {"ä": "ae", "ö": "oe", "ü": "ue", "ø": "oe", "å": "aa"}
ALIKE = dict(zip("aceikmoptxy", "асеікмортху", strict=True))
APOSTROPHES = "'`´ʹʻʼʽ‘’′"


def letter(sign: str) -> str:
    """A small letter without what is on, under or through it; a blank for what is none."""
    if sign in KEPT:
        return sign
    if sign in WRITTEN:
        return WRITTEN[sign]
    name = unicodedata.name(sign, "")
    if "COMBINING" in name or sign in APOSTROPHES:
        return ""
    if " SMALL LETTER " in name and " WITH " in name:
        return unicodedata.lookup(name.partition(" WITH ")[0])
    return sign if sign.isalnum() else " "


def spelled(text: str) -> list[str]:
    """The words."""
    small = unicodedata.normalize("NFC", text).lower()
    return [whole(word) for word in "".join(map(letter, small)).split()]


def whole(word: str) -> str:
    """In Cyrillic letters alone where one of them is."""
    if any("CYRILLIC" in unicodedata.name(sign, "") for sign in word):
        return "".join(ALIKE.get(sign, sign) for sign in word)
    return word


def with_umlauts_written_out(text: str) -> list[str]:
    small = unicodedata.normalize("NFC", text).lower()
    return spelled("".join(UMLAUTS.get(sign, sign) for sign in small))


def starts(word: str, least: int) -> set[str]:
    return {word[:n] for n in range(least, 17) if n <= len(word)}


def numbers(words: list[str]) -> list[str]:
    """Digits that follow one another are one number, without noughts before it."""
    found, run = [], ""
    for word in [*words, ""]:
        if word.isascii() and word.isdigit():
            run += word
        else:
            found.append(run.lstrip("0"))
            run = ""
    return [number for number in found if len(number) >= 4]


def of_text(text: str) -> set[str]:
    words = spelled(text)
    shorter = []
    for word in words:
        for vowel in "aou":
            word = word.replace(vowel + "e", vowel + "\0")
        shorter.append(word.replace("\0", ""))
    found = [starts(word, 2) for word in (*words, *with_umlauts_written_out(text), *shorter)]
    return set().union(*found, *(starts(number, 4) for number in numbers(words)))


def of_email(address: str) -> set[str]:
    return {address.lower()} | of_text(address)


def of_phone(number: str) -> set[str]:
    digits = [sign for sign in number.partition(";")[0] if sign in "0123456789"]
    return {"".join(digits[-n:]) for n in range(4, len(digits) + 1)}


def one_word(number: str) -> str:
    return "".join(spelled(number))


def of_register_number(number: str) -> set[str]:
    word = one_word(number)
    runs = "".join(sign if sign in "0123456789" else " " for sign in word).split()
    found = [starts(each, 2) for each in (word, *runs)]
    return set().union(*found, *(starts(each, 4) for run in runs for each in numbers([run])))


def alike(name: str) -> set[str]:
    return {" ".join(sorted(words)) for words in (spelled(name), with_umlauts_written_out(name)) if words}
