"""Which row of a table is tied to which header, whatever the file type."""

from pathlib import Path

import openpyxl
import pytest

from ingest.files import read_document
from ingest.tables import read_cells
from tests.ingest.test_word import table, write_word

COUNTED = [["Provincie", "2022", "2023"], ["Gent", "10", "20"]]
PLAIN = [["Erkenning", "WSE"], ["Sector", "groen"]]


def read_rows(path: Path) -> list[tuple[str, ...]]:
    """What is cited of each row below a header."""
    document = read_document(path)
    pieces = [piece for passage in document.passages for piece in passage.pieces if piece.heads]
    return [tuple(map(str, read_cells(document, piece.spans, piece.heads))) for piece in pieces]


def html_table(rows: list[list[str]]) -> str:
    lines = ("".join(f"<td>{text}</td>" for text in row) for row in rows)
    return f"<table>{''.join(f'<tr>{line}</tr>' for line in lines)}</table>"


@pytest.mark.parametrize("first", [COUNTED, [["Jan Maes", "Kringraad", "Gent"]]])
def test_a_table_without_header_does_not_take_that_of_the_table_before_it(
    tmp_path: Path, first: list[list[str]]
) -> None:
    write_word(tmp_path / "a.docx", table(*first) + table(*PLAIN))
    (tmp_path / "a.html").write_text(f"<h1>Fiche</h1>{html_table(first)}{html_table(PLAIN)}", encoding="utf-8")
    expected = [("Gent × 2022 = 10", "Gent × 2023 = 20")] if first is COUNTED else []
    assert read_rows(tmp_path / "a.docx") == read_rows(tmp_path / "a.html") == expected


def test_a_table_with_header_does_not_go_on_with_one_of_a_single_row(tmp_path: Path) -> None:
    body = table(["Jan Maes", "Kringraad", "Gent"]) + table(*COUNTED, header=1)
    assert read_rows(write_word(tmp_path / "a.docx", body)) == [("Gent × 2022 = 10", "Gent × 2023 = 20")]


def test_tables_on_one_sheet_each_have_their_own_header(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    rows: list[list[str | int]] = [["Provincie", 2022], ["Gent", 10], [], ["Totaal", 10], [], ["Aalst", "n.v.t."]]
    rows += [[], ["Sector", "Aantal"], ["Groen", 5]]
    for row in rows:
        book.worksheets[0].append(row)
    book.save(tmp_path / "a.xlsx")
    found = [row[0] for row in read_rows(tmp_path / "a.xlsx")]
    assert found[:3] == ["Gent × 2022 = 10", "Totaal × 2022 = 10", "Aalst × 2022 = n.v.t."], "a gap parts no table"
    assert found[-1] == "Groen × Aantal = 5"


def test_a_first_row_that_comes_back_heads_a_table_of_words(tmp_path: Path) -> None:
    head = ["Actie", "Trekker"]
    body = table(head, ["Begeleiding", "WSE"], ["Premie", "VDAB"], head, ["Opleiding", "Syntra"])
    assert read_rows(write_word(tmp_path / "a.docx", body)) == [
        ("Begeleiding × Trekker = WSE",),
        ("Premie × Trekker = VDAB",),
        ("Opleiding × Trekker = Syntra",),
    ]
