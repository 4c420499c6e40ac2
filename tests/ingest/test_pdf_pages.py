"""Kinds of fault in the order and the parts of a PDF page, each on a small PDF drawn for it."""

from pathlib import Path

import pytest

from ingest.document import BlockKind
from ingest.files import read_document
from tests.ingest.test_pdf import column, read
from tests.pdf import Stroke, Text, draw_pdf


def rows(tmp_path: Path, items: list[Text | Stroke]) -> list[list[str]]:
    return [block.text.split("\t") for block in read(tmp_path, [items]).blocks if block.kind is BlockKind.ROW]


@pytest.mark.parametrize("step", [16, 20])
def test_a_label_that_goes_on_in_small_letters_is_one_cell_in_open_rows(tmp_path: Path, step: int) -> None:
    lines = ["Regio\tPlaatsen\tBudget", "Antwerpen\t96\t1.204", "Brabant (zonder\t71\t1.310", "de hoofdstad)"]
    lines += ["Limburg\t14\t980"]
    items: list[Text | Stroke] = [
        Text(x, 700 - step * i, cell)
        for i, line in enumerate(lines)
        for x, cell in zip((60, 250, 350), line.split("\t"), strict=False)
    ]
    found = rows(tmp_path, items)
    assert found[2:] == [["Brabant (zonder de hoofdstad)", "71", "1.310"], ["Limburg", "14", "980"]]


def test_a_label_over_two_lines_does_not_split_a_table_without_lines(tmp_path: Path) -> None:
    items: list[Text | Stroke] = []
    y = 700
    for label, *cells in (
        ["Provincie", "Plaatsen", "Budget"],
        ["Antwerpen", "96", "1.204"],
        ["Vlaams-Brabant (zonder|de hoofdstad)", "71", "1.310"],
        ["Limburg|Noord", "14", "980"],
        ["West-Vlaanderen", "58", "870"],
    ):
        items += [Text(x, y, cell) for x, cell in zip((250, 350), cells, strict=True)]
        for line in label.split("|"):
            items.append(Text(60, y, line))
            y -= 12
        y -= 8
    assert rows(tmp_path, items) == [
        ["Provincie", "Plaatsen", "Budget"],
        ["Antwerpen", "96", "1.204"],
        ["Vlaams-Brabant (zonder de hoofdstad)", "71", "1.310"],
        ["Limburg Noord", "14", "980"],
        ["West-Vlaanderen", "58", "870"],
    ]


LEFT = ["De sector telde vorig jaar in totaal 812", "plaatsen, en dat waren er veertig meer", "dan het jaar voordien."]
RIGHT = ["Het budget voor werkkledij werd volledig", "besteed in het eerste kwartaal."]


@pytest.mark.parametrize("lines", [1, 2])
def test_a_last_column_of_few_lines_is_not_read_across(tmp_path: Path, lines: int) -> None:
    heading = [Text(60, 760, "Bericht over plaatsen", 15, bold=True)]
    end = [
        Text(60, 700 - 12 * (len(LEFT) + i), line)
        for i, line in enumerate(["Volgend jaar groeit zij weer met", "tien."])
    ]
    right = RIGHT if lines == 2 else ["Het budget werd besteed."]
    items = [*heading, *column(60, 700, LEFT), *end, *column(320, 700, right)]
    texts = [block.text for block in read(tmp_path, [items]).blocks if block.kind is BlockKind.PARAGRAPH]
    assert " ".join(texts) == " ".join([*LEFT, "Volgend jaar groeit zij weer met tien.", *right])


def test_labels_with_long_values_are_read_across(tmp_path: Path) -> None:
    labels = ["Naam van de instelling", "Adres van de zetel", "Naam van de voorzitter", "Aantal leden van de raad"]
    values = ["Koepel van de werkplaatsen vzw", "Lange Nieuwstraat 12 in Gent"]
    items = [*column(60, 700, labels), *column(320, 700, values)]
    text = " ".join(block.text for block in read(tmp_path, [items]).blocks)
    assert f"{labels[0]} {values[0]}" in text.replace("\t", " ")


@pytest.mark.parametrize("ink", ["3 Tr", "1 g", "1 1 1 rg", "0 0 0 0 k"])
def test_text_that_nobody_sees_is_left_out(tmp_path: Path, ink: str) -> None:
    items = [*column(60, 700, LEFT), Text(60, 600, "Dit ziet niemand op het blad.", ink=ink)]
    assert [block.text for block in read(tmp_path, [items]).blocks] == [" ".join(LEFT)]


@pytest.mark.parametrize("ink", ["0 0 1 rg", "0.9 g", "1 g 1 Tr", "1 g 2 Tr"])
def test_text_in_a_colour_or_in_outline_is_seen(tmp_path: Path, ink: str) -> None:
    items = [*column(60, 700, LEFT), Text(60, 600, "Dit ziet iedereen op het blad.", ink=ink)]
    assert read(tmp_path, [items]).blocks[-1].text == "Dit ziet iedereen op het blad."


def test_white_text_on_a_surface_is_seen(tmp_path: Path) -> None:
    items = [Stroke(60, 600, 300, 600), *column(60, 700, LEFT), Text(60, 600, "Dit staat wit op blauw.", ink="1 g")]
    assert read(tmp_path, [items]).blocks[-1].text == "Dit staat wit op blauw."


@pytest.mark.parametrize("number", ["", "1 "])
def test_what_a_cover_says_heads_no_later_page(tmp_path: Path, number: str) -> None:
    cover = [Text(60, 600, "Doorstroom naar werk", 22, bold=True), Text(60, 560, "In opdracht van de koepel", 14)]
    inside = [Text(60, 760, f"{number}Inleiding", 13, bold=True), *column(60, 730, [*LEFT, *RIGHT] * 3)]
    inside += [Text(60, 480, f"{number and '1.1 '}Werkwijze", 12, bold=True), *column(60, 460, LEFT)]
    (tmp_path / "studie.pdf").write_bytes(draw_pdf([cover, inside]))
    document = read_document(tmp_path / "studie.pdf")
    assert document.metadata.title == "Doorstroom naar werk"
    last = document.passages[-1].section
    assert last == (f"{number}Inleiding", f"{number and '1.1 '}Werkwijze")
