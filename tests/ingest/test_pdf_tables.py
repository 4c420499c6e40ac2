"""Tables of PDFs: cells over more columns, and rows that a page end cuts within their label."""

from itertools import pairwise
from pathlib import Path

from ingest.files import read_document
from ingest.tables import read_cells
from tests.pdf import Stroke, Text, draw_pdf

XS = (50.0, 150.0, 230.0, 310.0, 390.0, 470.0)
HEADS = [("Provincie", "Mannen", "", "Vrouwen", ""), ("", "2022", "2023", "2022", "2023")]
ROWS = [("Limburg", "10", "11", "12", "13"), ("Antwerpen", "20", "21", "n.v.t.", "")]


def drawn(rows: list[tuple[str, ...]], top: float, merged: dict[int, tuple[int, ...]]) -> list[Text | Stroke]:
    """A table with lines around each cell; of a row that is merged some of the upright ones are not there."""
    ys = [top - 20 * i for i in range(len(rows) + 1)]
    items: list[Text | Stroke] = [Stroke(XS[0], y, XS[-1], y) for y in ys]
    for i, ((high, low), row) in enumerate(zip(pairwise(ys), rows, strict=True)):
        items += [Stroke(x, low, x, high) for k, x in enumerate(XS) if k not in merged.get(i, ())]
        items += [Text(x + 4, low + 6, cell, 10) for x, cell in zip(XS, row, strict=False) if cell]
    return items


def read_rows(path: Path, pages: list[list[Text | Stroke]]) -> list[tuple[str, ...]]:
    path.write_bytes(draw_pdf(pages))
    document = read_document(path)
    pieces = [piece for passage in document.passages for piece in passage.pieces if piece.heads]
    return [tuple(map(str, read_cells(document, piece.spans, piece.heads))) for piece in pieces]


def test_a_cell_over_more_columns_is_given_in_each(tmp_path: Path) -> None:
    table = drawn([*HEADS, *ROWS], 780, {0: (2, 4), 3: (4,)})
    limburg, antwerpen = read_rows(tmp_path / "a.pdf", [table])
    columns = ("Mannen 2022", "Mannen 2023", "Vrouwen 2022", "Vrouwen 2023")
    assert limburg == tuple(f"Limburg × {head} = {n}" for head, n in zip(columns, ROWS[0][1:], strict=True))
    assert antwerpen[2:] == ("Antwerpen × Vrouwen 2022 = n.v.t.", "Antwerpen × Vrouwen 2023 = n.v.t.")


def test_a_label_over_a_page_end_is_one(tmp_path: Path) -> None:
    first = drawn([("Bedrijf", "A", "B", "C", "D"), ROWS[0], ("Werkplaats", "1", "2", "3", "4")], 160, {})
    rest = drawn([("uit Gent", "", "", "", ""), ROWS[1]], 780, {})
    labels = [row[0].partition(" × ")[0] for row in read_rows(tmp_path / "a.pdf", [first, rest])]
    assert labels == ["Limburg", "Werkplaats uit Gent", "Antwerpen"]


def test_letters_that_are_drawn_one_by_one_are_words(tmp_path: Path) -> None:
    """A browser prints so; PDFium takes a page with little but a table for upright writing."""
    rows = [("pand", "2022", "2023"), *((f"gebaande{k}", f"{k}1.000", f"{k}2.500") for k in range(10, 30))]
    items: list[Text | Stroke] = []
    for i, row in enumerate(rows):
        for x, word in zip((60.0, 250.0, 400.0), row, strict=True):
            for letter in word:
                items.append(Text(x, 700 - 20 * i, letter))
                x += 2.78 if letter == "." else 5.56  # as wide as Helvetica has them
    assert read_rows(tmp_path / "a.pdf", [items])[3] == ("gebaande13 × 2022 = 131.000", "gebaande13 × 2023 = 132.500")
