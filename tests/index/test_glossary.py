import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.search.glossary import Glossary
from index.search.rank import Searcher
from index.store.acronyms import bracketed, long_form
from index.store.engine import Acronym, Digest
from ingest.document import Metadata
from tests.timing import growth


@pytest.mark.parametrize(
    ("before", "acronym", "full"),
    [
        ("volgens de lokale diensteneconomie ", "LDE", "lokale diensteneconomie"),
        ("met het Europees Sociaal Fonds ", "ESF", "Europees Sociaal Fonds"),
        ("de Vlaamse Dienst voor Arbeidsbemiddeling en Beroepsopleiding ", "VDAB", None),
        ("de Vlaamse Vereniging voor Ouders en Kinderen ", "VVOK", "Vlaamse Vereniging voor Ouders en Kinderen"),
        ("bij de Raad van Toezicht ", "RVT", "Raad van Toezicht"),
        ("dat is niet zo ", "XYZ", None),
        ("ZIE BIJLAGE ", "ZB", None),
    ],
)
def test_the_full_form_before_brackets(before: str, acronym: str, full: str | None) -> None:
    start = long_form(before, acronym)
    if full is None:
        assert start is None or "Vlaamse Dienst" in before[start:]
    else:
        assert start is not None
        assert before[start:].strip() == full


def plain_brackets(text: str, start: int = 0) -> list[tuple[int, int, int, str]]:
    """The same as one pattern, which tries every place."""
    plain = re.compile(r"([^()\n]{4,120}(?:\n[^()\n]{0,80})?)\(\s*([A-Z][\w&.-]{1,9})\s*\)")
    return [(m.start(), m.end(1), m.end(), m[2]) for m in plain.finditer(text, start)]


@given(st.text(alphabet="abAB&. ()\n", max_size=300), st.data())
def test_brackets_are_those_of_the_plain_pattern(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    assert list(bracketed(text, start, len(text))) == plain_brackets(text, start)


@pytest.mark.parametrize("lead", ["w" * 119, "w" * 121, "w" * 119 + "\n" + "x" * 80, "w" * 121 + "\n" + "x" * 81, "\n"])
def test_brackets_after_long_words_are_those_of_the_plain_pattern(lead: str) -> None:
    text = f"{lead} (AB){lead}(CD) {lead}"
    assert list(bracketed(text, 0, len(text))) == plain_brackets(text)


@pytest.mark.parametrize("piece", ["w", "w\n", "(", "( ", "w (AB) "])
def test_finding_brackets_takes_time_in_proportion_to_length(piece: str) -> None:
    assert growth(lambda text: list(bracketed(text, 0, len(text))), piece * 20_000) < 8


def test_every_entry_stands_where_it_says(searcher: Searcher) -> None:
    entries = list(Glossary(searcher.index.engine.digests().values(), searcher.index.documents))
    assert len(entries) > 60
    for entry in entries:
        text = " ".join(entry.document.quote([entry.span]).replace("*", "").split())
        assert entry.acronym in text
        assert entry.full in text


def test_acronyms_of_both_lists_are_explained(searcher: Searcher) -> None:
    glossary = Glossary(searcher.index.engine.digests().values(), searcher.index.documents)
    assert {entry.document.document_id[:3] for entry in glossary.explain("esf")} == {"001", "003"}
    assert [entry.full for entry in glossary.explain("SERV")] == ["Sociaal-Economische Raad van Vlaanderen"]
    assert glossary.explain("onbestaand") == ()


def test_an_acronym_and_its_full_form_bring_each_other(searcher: Searcher) -> None:
    forms = searcher.glossary.forms
    assert forms("een ESF-oproep") == ("een ESF-oproep", "een Europees Sociaal Fonds-oproep")
    assert forms("het europees sociaal fonds?") == ("het ESF?", "het europees sociaal fonds?")
    assert forms("ESF en lokale diensteneconomie") == (
        "ESF en LDE",
        "Europees Sociaal Fonds en lokale diensteneconomie",
    )
    assert forms("esf is het Europees Sociaal Fonds") == ("esf is het Europees Sociaal Fonds",)
    assert forms("een oproep") == ("een oproep",)
    assert Glossary([], {}).forms("ESF") == ("ESF",)


@pytest.mark.slow
def test_acronym_and_full_form_find_the_same(searcher: Searcher) -> None:
    forms: dict[str, str] = {}
    for entry in searcher.glossary:
        if " " in entry.full and " " not in entry.acronym:
            forms.setdefault(entry.acronym.lower(), entry.full)
    shared = []
    for acronym, full in forms.items():
        one, other = (
            [hit.passage.passage_id for hit in searcher.search(f"Wat doet Vlaanderen rond {words}?", 10)]
            for words in (acronym, full)
        )
        shared.append(len(set(one) & set(other)))
    assert sum(shared) >= 8.5 * len(shared), shared  # capitals differ, and the model sees them
    assert min(shared) >= 5


def test_a_common_word_is_no_acronym_unless_it_is_in_capitals() -> None:
    told = (Acronym("OP", "Operationeel Programma", 0, (1, 0, 22)), Acronym("WIJ", "Werk In Jeugd", 0, (1, 0, 13)))
    forms = Glossary([Digest("a", "", Metadata(title="A"), 1, 1, told)], {}).forms
    assert forms("Op welke steun kunnen wij rekenen?") == ("Op welke steun kunnen wij rekenen?",)
    assert forms("Wat kost het OP?") == ("Wat kost het OP?", "Wat kost het Operationeel Programma?")
    assert forms("Hoeveel op het operationeel programma?")[0] == "Hoeveel op het OP?"
