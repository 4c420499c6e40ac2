from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.answer.citation import reference
from index.answer.precedent import group_pairs
from index.answer.statement import citation_of
from index.answer.units import cut_units
from index.search.rank import Searcher
from ingest.document import Document, Kind, Metadata, Page, Pair, Passage, Span
from ingest.files import read_document
from ingest.read import split_pages
from ingest.readers.text import read_blocks
from ingest.split import split_document
from tests.records import bare_document, plain_passage
from tests.timing import growth


def _document(text: str) -> tuple[Document, Passage]:
    bare = Document("d", "d.txt", "0" * 64, Metadata("d"), split_pages(text))
    document = split_document(bare, read_blocks(bare.pages))
    return document, document.passages[0]


@given(st.text(alphabet=st.sampled_from("aB1.?!-•\t\n é"), min_size=1, max_size=300).filter(str.strip))
def test_units_lie_in_their_passage_and_never_overlap(text: str) -> None:
    bare = Document("d", "d.txt", "0" * 64, Metadata("d"), split_pages(text))
    document = split_document(bare, read_blocks(bare.pages))
    for passage in document.passages:
        units = cut_units(document, passage)
        assert units
        position = Span(0, 0, 0)
        for span in (span for unit in units for span in unit.own):
            assert (position.page, position.end) <= (span.page, span.start) < (span.page, span.end)
            assert any(own.page == span.page and own.start <= span.start <= span.end <= own.end for own in passage.own)
            position = span


def test_blank_lines_cost_their_length() -> None:
    """Twice the blank lines took four times as long: 162 s for 100,000."""

    def cut(blank: str) -> None:
        assert cut_units(*_document(f"Een zin van een document dat verder leeg is.{blank}"))

    assert growth(cut, "\n" * 1500) < 10


def test_a_row_carries_the_rows_that_head_it() -> None:
    document, passage = _document("Programma\tJaar\tAantal\nWerkplaatsen\t2009\t12\n\t2010\t15\nDiensten\t2010\t8\n")
    quotes = [document.quote(unit.spans).splitlines() for unit in cut_units(document, passage)]
    rows = [[line.strip() for line in quote if line] for quote in quotes]
    assert rows == [
        ["Programma\tJaar\tAantal", "Werkplaatsen\t2009\t12"],
        ["Programma\tJaar\tAantal", "Werkplaatsen\t2009\t12", "2010\t15"],
        ["Programma\tJaar\tAantal", "Diensten\t2010\t8"],
    ]


@pytest.mark.parametrize(
    "units",
    [
        ["De eerste zin is lang genoeg.", "De tweede zin ook, op twee\nregels.", "- een punt dat genoeg zegt"],
        ["Nee, dat hoeft niet. Wie te laat landt, betaalt 15 euro.", "De piloot meldt elke vlucht vooraf."],
        ["Ja, dat kan.\n\nEen hangar huurt u aan het loket.", "De piloot meldt elke vlucht vooraf."],
        ["De piloot meldt elke vlucht vooraf. In 2020 was dat 38 %.", "Een hangar huurt u aan het loket."],
        ["In 2019 vlogen er 47 schepen uit. In 2018 waren het er nog 31 en in 2017 12.", "Elke vlucht wordt gemeld."],
        ["In 2019 vlogen er 47 schepen uit. In 2020 daalde het aantal tot 31 door storm.", "Elke vlucht wordt gemeld."],
        ["De vloot groeide als volgt:\n- 2018: 31 schepen\n- 2019: 47 schepen", "De piloot meldt elke vlucht vooraf."],
        ["De piloot meldt elke vlucht vooraf.", "- 2018: 31 schepen\n- 2019: 47 schepen"],
    ],
)
def test_sentences_and_items_are_units_and_short_ones_go_with_another(units: list[str]) -> None:
    document, passage = _document("\n\n".join(units))
    assert [document.quote(unit.spans) for unit in cut_units(document, passage)] == units


def test_a_list_of_short_and_long_items_is_quoted_whole() -> None:
    text = "De raad telt deze leden:\n- An Maes\n- Bo Claes\n- de voorzitter van de vereniging van piloten"
    assert _cited(text) == text


def test_a_list_that_ends_in_the_next_passage_is_quoted_whole() -> None:
    items = [f"- de voorzitter van de vereniging van piloten en hun helpers uit streek {n};\n" for n in range(14)]
    text = "De raad telt deze leden:\n" + "".join(items) + "- de griffier."
    document, first = _document(f"{text}\n\nDe raad zetelt in Mol.")
    assert len(document.passages) == 2 and "griffier" not in document.quote(first.spans)
    assert _cited(f"{text}\n\nDe raad zetelt in Mol.") == text


def test_items_of_a_list_bring_those_that_follow() -> None:
    items = [f"- de voorzitter van de vereniging van piloten uit streek {n};" for n in range(4)]
    text = "\n".join(["De raad telt deze leden:", *items, "- de griffier van deze raad."])
    assert _cited(text, slice(1, 3)) == "\n".join([*items[1:], "- de griffier van deze raad."])
    assert _cited(text, slice(1, 2)) == items[1]  # one alone may answer


def _cited(text: str, which: slice = slice(1)) -> str:
    document, passage = _document(text)
    read = SimpleNamespace(hit=SimpleNamespace(document=document, passage=passage))
    parts = [SimpleNamespace(unit=one, text=document.quote(one.spans)) for one in cut_units(document, passage)[which]]
    together: Any = [SimpleNamespace(read=read, words="", part=part) for part in parts]
    return citation_of(together, together[0]).quote


def test_question_and_answer_are_told_apart(searcher: Searcher) -> None:
    pairs = 0
    for document in searcher.index.documents.values():
        for passage in document.passages:
            pair = document.pair_of(passage)
            if pair and passage.section[-1].startswith("Vraag en antwoord"):
                pairs += 1
                assert "?" in document.quote(pair.question)
                assert all(set(unit.own) & set(_inside(pair.answer, unit.own)) for unit in cut_units(document, passage))
    assert pairs >= 8


def test_a_long_answer_is_shown_whole_and_once(searcher: Searcher) -> None:
    document = next(d for i, d in searcher.index.documents.items() if i.startswith("000"))
    parts = [p for p in document.passages if p.section == ("Vraag en antwoord 3",)]
    assert len(parts) == 2
    wholes = [document.pair_of(part) for part in parts]
    assert wholes[0] == wholes[1]
    assert wholes[0] is not None
    assert "negenjaarlijkse" in document.quote(wholes[0].answer)
    assert "klantgerichtheid" in document.quote(wholes[0].answer)
    assert len(group_pairs((document, part) for part in parts)) == 1


def test_a_common_answer_goes_with_its_questions(searcher: Searcher) -> None:
    document = next(d for i, d in searcher.index.documents.items() if i.startswith("002"))
    by_heading = {passage.section[-1]: passage for passage in document.passages if passage.section}
    together = next(passage for heading, passage in by_heading.items() if heading.startswith("Antwoord op vragen"))
    one, every = document.pair_of(by_heading["Vraag 2"]), document.pair_of(together)
    assert one is not None and every is not None and one.answer == every.answer
    assert document.quote(one.question).startswith("2. Op welke manier") and set(one.question) < set(every.question)
    assert document.quote(one.answer).split(maxsplit=3)[1:3] == ["In", "bijlage"]
    ((precedent,),) = group_pairs((document, by_heading[f"Vraag {n}"]) for n in (2, 1, 3))
    assert precedent.pair == one and precedent.passage.section == together.section  # what is cited is the answer


def test_all_of_an_answer_too_long_for_a_passage_is_units(tmp_path: Path) -> None:
    """Only the pieces that were whole paragraphs were: of an answer of one paragraph the rest was never quoted."""
    said = [
        f"In gemeente nummer {n} werken {100 + n} mensen in een maatwerkbedrijf of een werkwinkel." for n in range(30)
    ]
    text = f"1. Hoeveel mensen werken er per gemeente?\n\nANTWOORD\n\n1. Een overzicht.\n\n{' '.join(said)}\n"
    (tmp_path / "vraag.txt").write_text(text)
    document = read_document(tmp_path / "vraag.txt")
    quotes = [document.quote(unit.own) for passage in document.passages for unit in cut_units(document, passage)]
    assert document.pairs and len(document.passages) > 2
    first = f"1. Een overzicht.\n\n{said[0]}"
    assert [quote for quote in quotes if "gemeente nummer" in quote] == [first, *said[1:]]


def test_one_answer_to_two_questions_is_a_pair(tmp_path: Path) -> None:
    questions = "1. Hoeveel enclaves zijn er?\n\n2. Hoeveel waren er vorig jaar?\n\n3. Wie telt ze?\n\n"
    (tmp_path / "vraag.txt").write_text(f"{questions}ANTWOORD\n\n1-2. Er zijn er tien.\n\n3. Het departement.\n")
    document = read_document(tmp_path / "vraag.txt")
    told = [(document.quote(pair.question), document.quote(pair.answer)) for pair in document.pairs]
    assert [("vorig jaar" in question, "tien" in answer) for question, answer in told] == [(True, True), (False, False)]


def _inside(parts: tuple[Span, ...], spans: tuple[Span, ...]) -> list[Span]:
    return [s for s in spans if any(p.page == s.page and p.start <= s.start and s.end <= p.end for p in parts)]


def test_a_sentence_over_a_page_end_is_one_unit_on_both_pages() -> None:
    pages = (
        Page(1, "4", "De premie bedraagt in het jaar 2022 in totaal"),
        Page(2, "5", "18.000 euro voor elk bedrijf."),
    )
    document = split_document(Document("d", "d.pdf", "", Metadata("d"), pages), read_blocks(pages))
    (unit,) = cut_units(document, document.passages[0])
    assert [span.page for span in unit.own] == [1, 2]
    assert reference(document, document.passages[0], unit.own).endswith("p. 4-5")


def test_a_first_row_of_figures_heads_nothing() -> None:
    document, passage = _document("Sociale werkplaatsen\t3490\t3690\nBeschutte werkplaatsen\t14.820\t15.000\n")
    assert [unit.heads for unit in cut_units(document, passage)] == [(), ()]


def test_two_rows_of_heads_and_the_unit_they_count_in_go_with_each_row() -> None:
    lines = ["De kredieten in duizend euro:", "Maatregel\tBegroting\t", "Maatregel\t2022\t2023", "LDE\t38.000\t39.500"]
    document, _ = _document("\n".join([lines[0], "", *lines[1:], "SINE\t10.000\t9.500"]))
    last = next(p for p in document.passages if "SINE" in p.search_text)
    quotes = [document.quote(unit.spans) for unit in cut_units(document, last)]
    assert all(head in quote for quote in quotes for head in ("duizend euro", "Begroting", "2022\t2023"))


def test_a_list_of_frequent_questions_is_no_parliamentary_question(tmp_path: Path) -> None:
    rows = "\n".join(f"| Gemeente {number} | {number} |" for number in range(25))
    text = f"# Veelgestelde vragen\n\n## Vraag en antwoord 1\n\n| Gemeente | Plaatsen |\n| --- | --- |\n{rows}\n"
    (tmp_path / "faq.md").write_text(text, encoding="utf-8")
    document = read_document(tmp_path / "faq.md")
    assert document.passages and document.pairs == () and document.metadata.kind is Kind.ANDERE
    assert group_pairs((document, passage) for passage in document.passages) == ()
    assert not any("vraag en antwoord" in reference(document, passage) for passage in document.passages)


def test_a_question_without_an_answer_is_no_precedent() -> None:
    spans = (Span(1, 0, 5),)
    document = replace(bare_document((Page(1, None, "Hoe?!"),)), pairs=(Pair(spans, ()),))
    assert group_pairs([(document, plain_passage("d:1:0-5", (), spans, "Hoe?!", pair=0))]) == ()
