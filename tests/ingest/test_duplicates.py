"""A copy is the same text: the same words and numbers in the same order, however they are laid out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.document import Document, Metadata, Page, Span
from ingest.duplicates import fingerprint
from tests.records import plain_passage

WORDS = st.lists(
    st.sampled_from("de premie bedraagt 2,5 1.000 -3 12 % euro niet geen wel per plaats maatwerk-bedrijf".split()),
    min_size=1,
    max_size=60,
)
SPACE = st.sampled_from([" ", "  ", "\n", "\n\n", "\t", "\u00a0", " \u2028"])


def document(*texts: str, section: tuple[str, ...] = ()) -> Document:
    """A document of pages that are each a passage."""
    pages = tuple(Page(number, None, text) for number, text in enumerate(texts, start=1))
    passages = tuple(
        plain_passage(
            f"a:{page.number}:0-{len(page.text)}", section, (Span(page.number, 0, len(page.text)),), page.text
        )
        for page in pages
    )
    return Document("a", "a.txt", "", Metadata("a"), pages, passages)


@given(WORDS, st.data())
def test_layout_does_not_count(words: list[str], data: st.DataObject) -> None:
    spaced = words[0] + "".join(data.draw(SPACE) + word for word in words[1:])
    cut = data.draw(st.integers(0, len(words)))
    pages = [page for page in (" ".join(words[:cut]), "\n".join(words[cut:])) if page]
    plain = fingerprint(document(" ".join(words)))
    assert fingerprint(document(spaced)) == plain
    assert fingerprint(document(*pages)) == plain


@given(WORDS, WORDS)
def test_other_words_numbers_or_another_order_are_another_text(one: list[str], other: list[str]) -> None:
    same = fingerprint(document(" ".join(one))) == fingerprint(document(" ".join(other)))
    assert same == (one == other)


@given(WORDS, st.data())
def test_a_word_more_is_another_text(words: list[str], data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(words)))
    longer = [*words[:place], data.draw(st.sampled_from(["niet", "geen", "nooit", "5", "€"])), *words[place:]]
    repeated = 20 * [*words]
    assert fingerprint(document(" ".join(words))) != fingerprint(document(" ".join(longer)))
    assert fingerprint(document(" ".join([*repeated, *words]))) != fingerprint(document(" ".join([*repeated, *longer])))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("de minister-\npresident", "de minister-president"),
        ("de maat\u00adwerkers", "de maatwerkers"),
        ("de beleids-\nbrief", "de beleidsbrief"),
        ("‘De’ premie…", "'De' premie ..."),
        ("• een plaats", "- een plaats"),
        ("VRAAG", "Vraag"),
        ("e\ufb03ciënt", "efficie\u0308nt"),
    ],
)
def test_what_formats_write_in_other_ways_is_the_same(one: str, other: str) -> None:
    assert fingerprint(document(one)) == fingerprint(document(other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("een groei van 5 %", "een groei van -5 %"),
        ("2,5 euro", "25 euro"),
        ("1 2 plaatsen", "12 plaatsen"),
        ("5 %", "5 ‰"),
        ("< 5 jaar", "> 5 jaar"),
        ("≤ 5 jaar", "≥ 5 jaar"),
        ("☑ verlengd", "☐ verlengd"),
        ("de vraag ↑", "de vraag ↓"),
        ("de stad en het gewest", "het gewest en de stad"),
    ],
)
def test_another_meaning_is_another_text(one: str, other: str) -> None:
    assert fingerprint(document(one)) != fingerprint(document(other))


def test_a_heading_counts() -> None:
    with_premium = document("Per plaats.", section=("Wat mag",))
    assert fingerprint(with_premium) != fingerprint(document("Per plaats.", section=("Wat niet mag",)))
