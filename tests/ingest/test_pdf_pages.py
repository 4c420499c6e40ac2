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


@pytest.mark.parametrize("note", [("", 0, 0), (" Over de sector.", 8, 3), (" Over de sector.", 8, -14)])
@pytest.mark.parametrize("mark", [5, 8])
def test_the_number_of_a_footnote_is_no_page_number(tmp_path: Path, mark: int, note: tuple[str, int, int]) -> None:
    text, size, rise = note
    pages: list[list[Text | Stroke]] = []
    for n, word in enumerate(("werk", "zorg", "kunst", "sport"), start=1):
        notes = [Text(60, 60, str(n - 1), mark), Text(66, 60 - rise, text, size)] if n > 1 else []
        body = column(60, 700, [f"Dit blad gaat over {word} en meer."])
        pages.append([*body, *notes, Text(250, 40, f"Blz. {n}/4", 8)])
    assert [page.label for page in read(tmp_path, pages).pages] == ["1", "2", "3", "4"]


def test_a_footnote_with_a_raised_number_is_one(tmp_path: Path) -> None:
    lines = ["Bron: eigen telling van de sector, die elk jaar", "aangevuld wordt tot het einde."]
    items = [*column(60, 700, [*LEFT, *RIGHT]), Text(60, 104, "1", 5)]
    items += [Text(66, 100 - 10 * i, line, 8) for i, line in enumerate(lines)]
    notes = [block.text for block in read(tmp_path, [items]).blocks if block.kind is BlockKind.NOTE]
    assert notes == [f"1 {' '.join(lines)}"]


def test_a_page_number_beside_a_larger_title_is_one(tmp_path: Path) -> None:
    pages = [[*column(60, 700, LEFT), Text(60, 40, "Nota", 12), Text(500, 40, str(n), 9)] for n in range(7, 12)]
    assert [page.label for page in read(tmp_path, pages).pages] == ["7", "8", "9", "10", "11"]


def test_a_line_at_the_top_within_a_sentence_of_one_column_is_text(tmp_path: Path) -> None:
    items = [*column(60, 810, ["Deze nota gaat over de jaren"]), Text(60, 790, "Tweeduizend Twintig en later", 13)]
    items += [Text(60, 770, "en over elke streek.", 10), *column(60, 700, LEFT)]
    assert "Twintig" in " ".join(block.text for block in read(tmp_path, [items]).blocks)


def test_a_stamp_across_the_page_is_left_out_and_told(tmp_path: Path) -> None:
    stamp = Text(0, 0, "VOORLOPIG", 60, ink="0.7 0.7 -0.7 0.7 150 250 cm 0.8 g")
    content = read(tmp_path, [[stamp, *column(60, 700, LEFT)]] * 2)
    assert content.title is None and not any("VOORLOPIG" in block.text for block in content.blocks)
    assert any("2 regels schuine tekst" in note for note in content.notes)


def test_a_row_of_which_two_cells_go_on_is_one_row(tmp_path: Path) -> None:
    items: list[Text | Stroke] = []
    lines = ["Taak\tDienst\tJaar", "Fietsen\tStad\t2022", "Een nieuwe telling van\tStad en provincie\t2023"]
    for y, line in [*zip((700, 680, 660), lines, strict=True), (648, "alle wegen\tsamen"), (628, "Slot\tStad\t2024")]:
        items += [Text(x, y, cell) for x, cell in zip((60, 250, 400), line.split("\t"), strict=False)]
    assert rows(tmp_path, items)[2:] == [
        ["Een nieuwe telling van alle wegen", "Stad en provincie samen", "2023"],
        ["Slot", "Stad", "2024"],
    ]


@pytest.mark.parametrize(("label", "given"), [("Kust", 4), ("Kust " * 30, 1)])
def test_a_first_cell_over_more_rows_labels_each(tmp_path: Path, label: str, given: int) -> None:
    items: list[Text | Stroke] = [Stroke(60, 700 - 20 * i, 560, 700 - 20 * i) for i in (0, 1, 5)]
    items += [Stroke(500, 700 - 20 * i, 560, 700 - 20 * i) for i in (2, 3, 4)]
    items += [Stroke(x, 600, x, 700) for x in (60, 500, 530, 560)]
    texts = [("Streek", 686), (label[:75], 646), (label[75:], 636)]
    items += [Text(64, y, text, 8) for text, y in texts if text]
    items += [Text(504, 686 - 20 * i, text, 8) for i, text in enumerate(("Aantal", "12", "15", "18", "22"))]
    found = rows(tmp_path, items)
    assert [cells[-1] for cells in found] == ["Aantal", "12", "15", "18", "22"]
    assert [cells[0] for cells in found[1 : given + 1]] == [label.strip()] * given
