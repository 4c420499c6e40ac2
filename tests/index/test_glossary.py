import pytest

from index.glossary import Glossary, long_form
from index.search import Searcher


@pytest.mark.parametrize(
    ("before", "acronym", "full"),
    [
        ("volgens de lokale diensteneconomie ", "LDE", "lokale diensteneconomie"),
        ("met het Europees Sociaal Fonds ", "ESF", "Europees Sociaal Fonds"),
        ("de Vlaamse Dienst voor Arbeidsbemiddeling en Beroepsopleiding ", "VDAB", None),
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


def test_every_entry_stands_where_it_says(searcher: Searcher) -> None:
    entries = list(Glossary(searcher.index.documents.values()))
    assert len(entries) > 60
    for entry in entries:
        text = " ".join(entry.document.quote([entry.span]).replace("*", "").split())
        assert entry.acronym in text
        assert entry.full in text


def test_acronyms_of_both_lists_are_explained(searcher: Searcher) -> None:
    glossary = Glossary(searcher.index.documents.values())
    assert {entry.document.document_id[:3] for entry in glossary.explain("esf")} == {"001", "003"}
    assert [entry.full for entry in glossary.explain("SERV")] == ["Sociaal-Economische Raad van Vlaanderen"]
    assert glossary.explain("onbestaand") == ()


def test_an_acronym_and_its_full_form_bring_each_other(searcher: Searcher) -> None:
    spell_out = searcher.glossary.spell_out
    assert spell_out("een ESF-oproep") == "een ESF (Europees Sociaal Fonds)-oproep"
    assert spell_out("het europees sociaal fonds?") == "het europees sociaal fonds (ESF)?"
    assert spell_out("esf is het Europees Sociaal Fonds") == "esf is het Europees Sociaal Fonds"
    assert spell_out("een oproep") == "een oproep"
    assert Glossary([]).spell_out("ESF") == "ESF"


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
    assert sum(shared) >= 8 * len(shared), shared
    assert min(shared) >= 3
