import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from index.terms import fold, split_compound, terms, tokens, word_terms


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("maatwerkbedrijf", "maatwerk bedrijven"),
        ("duurzaamheidsverslagen", "verslag over duurzaamheid"),
        ("lokalediensteneconomie", "lokale diensteneconomie"),
        ("Coöperaties", "cooperatie"),
        ("begeleider", "begeleiders"),
        (unicodedata.normalize("NFD", "Coöperaties"), "coöperatie"),
        ("drem\u00adpel", "drempels"),
        ("om\u200bge\u2060ving\ufeff", "omgeving"),
        ("31555000 euro", "31.555.000"),
        ("art.12", "12"),
        ("1472", "1.472 scholen"),
    ],
)
def test_forms_of_one_word_share_terms(one: str, other: str) -> None:
    shared = set(terms(one)) & set(terms(other))
    assert shared
    assert len(shared) >= len(split_compound(fold(one))) - 1


@pytest.mark.parametrize("word", ["minister", "economie", "vlaanderen", "ondersteuning", "lde", "2017"])
def test_words_that_are_no_compound_stay_whole(word: str) -> None:
    assert split_compound(word) == (word,)


def test_figures_stay_whole() -> None:
    assert terms("2.018 en 12.345,5 en 12.34") == ["2.018", "12345,5", "12.34"]
    assert terms("2.715.000 euro in 2012, 3,6 mio") == ["2715000", *terms("euro"), "2012", "3,6", *terms("mio")]


def test_stop_words_are_no_terms() -> None:
    assert terms("de het een van") == []


@given(st.text())
def test_token_offsets_point_at_the_word(text: str) -> None:
    for word, start, end in tokens(text):
        assert fold(text[start:end]) == word


@given(st.text(min_size=1).filter(str.isalnum))
@example("\uff9e")  # an accent to Unicode
def test_every_word_has_a_term(word: str) -> None:
    for folded, _, _ in tokens(word):
        assert all(word_terms(folded))
