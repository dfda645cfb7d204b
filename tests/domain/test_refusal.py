"""A refusal is its class: the name is the code, the docstring the sentence."""

import pytest

import commands.catalogue  # noqa: F401 - so that every refusal is known
from domain.refusal import NotAllowed, Refused, Unknown, require

REFUSALS: list[type[Refused]] = [kind for _, kind in sorted(Refused.by_code.items())]


@pytest.mark.parametrize("refusal", REFUSALS)
def test_a_refusal_says_in_one_sentence_what_is_not_so(refusal: type[Refused]) -> None:
    found = refusal()
    assert found.code == refusal.__name__
    assert found.sentence.endswith(".")
    assert "\n" not in found.sentence
    assert found.sentence == (refusal.__doc__ or "").splitlines()[0]


def test_a_refusal_is_found_by_its_code() -> None:
    assert Refused.by_code["Unknown"] is Unknown
    assert Refused.by_code["NotAllowed"] is NotAllowed


def test_a_refusal_without_a_sentence_or_with_anothers_name_is_refused_itself() -> None:
    with pytest.raises(TypeError, match="Silent has no sentence"):
        type("Silent", (Refused,), {})
    with pytest.raises(TypeError, match="two refusals are called Unknown"):
        type("Unknown", (Refused,), {"__doc__": "Another one."})


def test_what_holds_is_not_refused() -> None:
    require(True, otherwise=Unknown)
    with pytest.raises(Unknown):
        require(False, otherwise=Unknown)


def test_a_new_refusal_is_known_by_its_name() -> None:
    refusal = type("OnlyHere", (Refused,), {"__doc__": "For this sentence alone.\n\nMore."})
    try:
        assert Refused.by_code["OnlyHere"] is refusal
        assert refusal().sentence == "For this sentence alone."
    finally:
        del Refused.by_code["OnlyHere"]
