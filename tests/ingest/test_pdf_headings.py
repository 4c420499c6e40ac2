"""Headings of PDFs and what is none, each on a small PDF drawn for it."""

from pathlib import Path

import pytest

from ingest.document import BlockKind
from ingest.read import read_file
from tests.ingest.test_pdf import column, read
from tests.ingest.test_pdf_kinds import PROSE, kinds
from tests.pdf import Stroke, Text, draw_pdf


def small_capitals(y: float, text: str) -> list[Text | Stroke]:
    """Each word with its first letter in 14 points and the others in 9.8, as word processors print small capitals."""
    items: list[Text | Stroke] = []
    for i, word in enumerate(text.split()):
        items.append(Text(60 + 90 * i, y, word, 13.98 if word[0].isupper() else 9.8, bold=True))
    return items


def test_headings_in_small_capitals_stand_on_one_level(tmp_path: Path) -> None:
    items: list[Text | Stroke] = []
    titles = ["AANWEZIGEN", "AGENDA", "CONCLUSIE"]
    for i, title in enumerate(titles):
        items += [*small_capitals(700 - 100 * i, title), *column(60, 680 - 100 * i, PROSE)]
    items += [Text(60, 380, "V", 13.98, bold=True), Text(70.5, 380, "OLGENDE STAPPEN EN AFSPRAKEN", 9.8, bold=True)]
    items += column(60, 360, PROSE)
    found = [(level, text.replace(" ", "")) for kind, level, text in kinds(tmp_path, items) if kind == "heading"]
    assert found == [(1, title) for title in [*titles, "VOLGENDESTAPPENENAFSPRAKEN"]]


@pytest.mark.parametrize("caption", ["Figuur 3: scenario 2 - twee fasen", "Tabel 2. Middelen", "Grafiek 1 – Instroom"])
def test_a_caption_is_no_heading(tmp_path: Path, caption: str) -> None:
    items = [*column(60, 700, PROSE), Text(60, 650, caption, 13, bold=True), *column(60, 620, PROSE)]
    assert [kind for kind, _, _ in kinds(tmp_path, items)] == ["paragraph", "caption", "paragraph"]


def test_questions_in_bold_are_headings_and_numbered_ones_stay_questions(tmp_path: Path) -> None:
    items: list[Text | Stroke] = [Text(60, 740, "Veelgestelde vragen", 18)]
    for i, question in enumerate(["Wie komt in aanmerking?", "Hoeveel bedraagt de premie?", "1. Wie controleert dat?"]):
        items += [Text(60, 700 - 80 * i, question, bold=True), *column(60, 680 - 80 * i, PROSE)]
    found = kinds(tmp_path, items)
    assert [text for kind, level, text in found if (kind, level) == ("heading", 2)] == [
        "Wie komt in aanmerking?",
        "Hoeveel bedraagt de premie?",
    ]
    assert ("numbered", 1, "1. Wie controleert dat?") in found


def test_a_sentence_below_the_number_of_its_section_is_its_heading(tmp_path: Path) -> None:
    title = [
        "2.2.1.",
        "We voeren een integraal beleid om de concurrentiekracht en",
        "de groei van onze economie te versterken.",
    ]
    items = [Text(60, 720 - 17 * i, line, 14) for i, line in enumerate(title)]
    found = kinds(tmp_path, [*items, *column(60, 640, PROSE)])
    assert [text.replace("\n", " ") for kind, _, text in found if kind == "heading"] == [" ".join(title)]


def test_a_light_heading_stands_below_a_bold_one_of_its_size(tmp_path: Path) -> None:
    items: list[Text | Stroke] = []
    for i, (title, bold) in enumerate([("Werk", True), ("Unizo", False), ("Voka", False), ("Milieu", True)]):
        items += [Text(60, 740 - 90 * i, title, 13, bold=bold), *column(60, 722 - 90 * i, PROSE)]
    assert [level for kind, level, _ in kinds(tmp_path, items) if kind == "heading"] == [1, 2, 2, 1]


def test_the_text_of_a_slide_is_no_heading_for_being_larger_than_that_of_other_pages(tmp_path: Path) -> None:
    path = tmp_path / "dia.pdf"
    slide = [
        Text(60, 400, "Doel van de sessie", 32),
        *(Text(60, 340 - 30 * i, line, 18) for i, line in enumerate(PROSE)),
    ]
    path.write_bytes(draw_pdf([[*column(60, 400, PROSE * 6)], slide]).replace(b"595 842", b"842 595"))
    headings = [block.text for block in read_file(path).blocks if block.kind is BlockKind.HEADING]
    assert headings == ["Doel van de sessie"]


def test_a_number_or_an_amount_in_large_letters_is_no_heading(tmp_path: Path) -> None:
    items = [*column(60, 700, PROSE), Text(60, 640, "14", 16), *column(60, 600, PROSE), Text(60, 540, "38,5 %", 16)]
    assert "heading" not in [kind for kind, _, _ in kinds(tmp_path, items)]


def test_the_title_on_a_cover_goes_on_below_a_smaller_line(tmp_path: Path) -> None:
    cover: list[Text | Stroke] = [
        Text(340, 750, "1328 (2017-2018) - Nr. 1", 16),
        Text(60, 560, "Beleidsbrief", 22),
        Text(60, 540, "ingediend door minister Lieve Hombeek", 10),
        Text(60, 510, "Sociale Economie", 18, bold=True),
        Text(60, 486, "2017-2018", 18, bold=True),
    ]
    inside = [Text(60, 740, "1. Inleiding", 14, bold=True), *column(60, 700, PROSE * 8)]
    assert read(tmp_path, [cover, inside]).title == "Beleidsbrief Sociale Economie 2017-2018"
    assert read(tmp_path, [[*cover, *column(60, 400, PROSE * 8)]]).title == "Beleidsbrief"


def test_slides_stand_beside_each_other(tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    pages = [[Text(60, 500, title, size), *column(60, 400, [text])] for title, size, text in SLIDES]
    path.write_bytes(draw_pdf(pages).replace(b"[0 0 595 842]", b"[0 0 842 595]"))
    headings = [(block.level, block.text) for block in read_file(path).blocks if block.kind is BlockKind.HEADING]
    assert headings == [(1, title) for title, _, _ in SLIDES]


SLIDES = [
    ("Maatwerk vandaag", 28, "Wat er is gebeurd in het voorjaar met alle partners samen."),
    ("Planning", 24, "De evaluatie start in maart en duurt tot het einde van het jaar."),
    ("Vragen", 20, "Stel ze aan het departement, dat binnen de maand antwoordt."),
]
