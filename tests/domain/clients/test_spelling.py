"""However it is spelled and however little of it is typed, it is found; what people tell apart is kept apart."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.clients.spelling import (
    LONGEST,
    TooFewLetters,
    TooManyWords,
    alike_names,
    pieces_of_email,
    pieces_of_phone,
    pieces_of_register_number,
    pieces_of_text,
    register_number,
    sought,
    words,
)

LETTERS = "abeghkmoprstuxyzäöüßéèčďěňřšťůžłøæ абвгґдеєжзиіїйклмнопрстуфхцчшщьюяыэё'’ʼ-.& 0127"
names = st.text(st.sampled_from(LETTERS), max_size=40)


def finds(text: str, pieces: frozenset[str]) -> bool:
    return pieces.issuperset(sought(text))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Олена Дем’яненко", "демяненко"),
        ("Олена Демяненко", "Дем'яненко"),
        ("Олена Демʼяненко", "олена дем`яненко"),
        ("Ґалаґан", "Галаган"),
        ("Галаган", "ґалаґан"),
        ("Нечуй-Левицький", "левиц нечуй"),
        ("Рома́шка", "Ромашка"),
        ("Семёнов", "семен"),
        ("Київ", "Kиїв"),  # a Latin K
        ("ТОВ Мрія", "тoв мрi"),  # a Latin o, a Latin i
        ("Žofie Příhodová", "prihodova zofie"),
        ("Zofie Prihodova", "Žofie Příhodová"),
        ("Jiří Novák", "jiri nov"),
        ("Ďáblice, s. r. o.", "dablice"),
        ("Müller & Söhne GmbH", "mueller soehne"),
        ("Müller & Söhne GmbH", "muller sohne"),
        ("Mueller und Soehne", "Müller Söhne"),
        ("Muller", "Müller"),
        ("Straßenbau Weiß", "strassenbau weiss"),
        ("Strassenbau Weiss", "Straßenbau Weiß"),
        ("STRASSE", "straße"),
        ("O'Neill", "oneill"),
        ("Łódź", "lodz"),
        ("Ⅷ ﬁrma", "firma"),
        ("Firma 2000 plus", "2000"),
        ("Agent 007", "007"),
        ("हिन्दी संघ", "हिन्दी"),
    ],
)
def test_a_spelling_finds_another(name: str, text: str) -> None:
    assert finds(text, pieces_of_text(unicodedata.normalize("NFC", name)))
    assert finds(text, pieces_of_text(unicodedata.normalize("NFD", name)))
    assert finds(unicodedata.normalize("NFD", text), pieces_of_text(name))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Май", "Маи"),
        ("Їжак", "Іжак"),
        ("Єва", "Ева"),
        ("Гриць", "Грицю"),
        ("Nováková", "Novotná"),
        ("Michal", "Michael"),
        ("Мельник", "Melnyk"),
        ("Novák", "ová"),
        ("Praha 12", "Praha 13"),
    ],
)
def test_what_people_tell_apart_is_not_the_same(name: str, text: str) -> None:
    assert not finds(text, pieces_of_text(name))


@pytest.mark.parametrize(
    "text",
    [
        "380441234567",
        "+380 44 123 45 67",
        "(044) 123-45-67",
        "044/123 45 67",
        "00380 44 1234567",
        "4567",
        "123 45 67",
    ],
)
def test_a_telephone_number_is_found_by_its_last_digits_however_they_are_grouped(text: str) -> None:
    assert finds(text, pieces_of_phone("+380441234567"))
    assert finds(text, pieces_of_phone("+380441234567;ext=12"))


@pytest.mark.parametrize("text", ["567 89", "3804412", "+380 44 123 45 68", "12345"])
def test_other_digits_find_no_telephone_number(text: str) -> None:
    assert not finds(text, pieces_of_phone("+380441234567"))


@pytest.mark.parametrize("text", ["ANNA.Nová@example.com", "anna", "nova exam", "<anna.nová@example.com>", "anna@exam"])
def test_an_email_address_is_found_whole_and_by_its_words(text: str) -> None:
    assert finds(text, pieces_of_email("anna.nová@example.com"))


@pytest.mark.parametrize("text", ["anna@example.com", "anna.nová@example.co", "ova@example.com"])
def test_another_whole_address_does_not_find_it(text: str) -> None:
    assert not finds(text, pieces_of_email("anna.nová@example.com"))


@pytest.mark.parametrize("text", ["CZ00006947", "cz 0000 6947", "00006947", "6947", "0000 6947", "CZ 6947"])
def test_a_register_number_is_found_by_its_beginning_with_or_without_its_country(text: str) -> None:
    assert finds(text, pieces_of_register_number("CZ 00006947"))
    assert register_number("cz-0000.6947") == register_number("CZ 00006947")


@pytest.mark.parametrize("text", ["", " ", "a", "a b", ".", "й", "'", "a@b"])
def test_too_few_letters_are_no_search(text: str) -> None:
    with pytest.raises(TooFewLetters):
        sought(text)


def test_too_many_words_are_no_search() -> None:
    assert len(sought(" ".join(f"{letter}word" for letter in "abcdefghijkl"))) == 12
    with pytest.raises(TooManyWords):
        sought(" ".join(f"{letter}word" for letter in "abcdefghijklm"))


def test_the_longest_word_comes_first_and_what_it_implies_does_not_come() -> None:
    assert sought("no Novotná anna Novo") == ("novotna", "anna")
    assert sought("Anna <anna@example.com>") == ("anna@example.com",)


@given(names)
def test_whoever_types_a_whole_name_finds_it(name: str) -> None:
    try:
        assert finds(name, pieces_of_text(name))
    except (TooFewLetters, TooManyWords):
        assert len(words(name)) > 12 or all(len(word) < 2 for word in words(name))


@given(names, st.data())
def test_whoever_types_the_beginnings_of_some_words_finds_it(name: str, data: st.DataObject) -> None:
    spelled = [word for word in words(name) if len(word) > 1 and not word.isdigit()]
    if spelled:
        chosen = data.draw(st.lists(st.sampled_from(spelled), min_size=1, max_size=3))
        text = " ".join(word[: data.draw(st.integers(2, len(word)))] for word in chosen)
        assert finds(text, pieces_of_text(name))


@given(names)
def test_what_is_folded_stays_as_it_is(name: str) -> None:
    folded = " ".join(words(name))
    assert " ".join(words(folded)) == folded
    assert words(name.upper()) == words(name.lower()) or "ß" in name


@given(names)
def test_a_piece_tells_no_more_than_it_has_to(name: str) -> None:
    for piece in pieces_of_text(name):
        assert 2 <= len(piece) <= LONGEST
        assert " " not in piece


@given(names, st.randoms(use_true_random=False))
def test_names_of_the_same_words_are_alike_in_any_order(name: str, random: object) -> None:
    shuffled = name.split()
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert alike_names(name) == alike_names(" ".join(shuffled))
    assert alike_names("Müller") & alike_names("Mueller")
    assert alike_names("Müller") & alike_names("muller")
    assert not alike_names("Michael") & alike_names("Michal")
    assert alike_names("...") == frozenset()
