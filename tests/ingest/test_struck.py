"""What is struck out was deleted, whatever the format: it is not read, and it is not missed."""

from pathlib import Path

import openpyxl
import pytest
from openpyxl.styles import Font

from ingest.read import read_file
from tests.ingest.test_word import cell, par, run, table, texts, write_word

STYLES = (
    "<w:style w:type='character' w:styleId='Weg'><w:rPr><w:strike/></w:rPr></w:style>"
    "<w:style w:type='paragraph' w:styleId='Oud'><w:rPr><w:dstrike/></w:rPr></w:style>"
)


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("a.html", "De bijdrage is <del>31</del> <ins>47</ins> euro, <s>per maand</s> <b>per jaar</b>.", None),
        ("a.html",
         "De bijdrage is <strike>31</strike> 47 euro, <u style='text-decoration: line-through'>x</u>per jaar.",
         None),
        ("a.md", "De bijdrage is ~~31~~ 47 euro, <del>per maand</del> per jaar.", None),
        ("a.md", "- ~~31 euro~~\n- 47 euro\n\n~~~\n~~ in code ~~\n~~~\n", ["• 47 euro", "~~ in code ~~"]),
        ("a.md", "1. 47 euro\n2. ~~31 euro~~\n\nPer jaar.", ["1. 47 euro", "Per jaar."]),
        ("a.rtf", r"{\rtf1 De bijdrage is {\strike 31} 47 euro, \striked1 per maand\striked0  per jaar.}", None),
    ],
)  # fmt: skip
def test_what_is_struck_out_is_left_out(tmp_path: Path, name: str, text: str, expected: list[str] | None) -> None:
    path = tmp_path / name
    path.write_text(text)
    content = read_file(path)
    assert [line.replace(" ,", ",") for line in texts(content)] == (expected or ["De bijdrage is 47 euro, per jaar."])
    assert not content.notes


@pytest.mark.parametrize("struck", ["<w:strike/>", "<w:dstrike/>", "<w:rStyle w:val='Weg'/>"])
def test_what_is_struck_out_in_word_is_left_out(tmp_path: Path, struck: str) -> None:
    body = par("De bijdrage is ", run("31", struck), run("47", "<w:strike w:val='0'/>"), " euro.")
    body += par("Alles van vroeger.", properties="<w:pStyle w:val='Oud'/>")
    content = read_file(write_word(tmp_path / "a.docx", body, styles=STYLES))
    assert texts(content) == ["De bijdrage is 47 euro."] and not content.notes


def test_a_row_that_a_tracked_change_took_away_is_not_missed(tmp_path: Path) -> None:
    rows = table(["Halte", "Kost"], ["Kerkplein", "12"], [cell("Oude vaart"), "9"])
    before, row, after = rows.rpartition("<w:trPr>")
    content = read_file(write_word(tmp_path / "a.docx", f"{before}{row}<w:del/>{after}"))
    assert texts(content) == ["Halte\tKost", "Kerkplein\t12"] and not content.notes


def test_a_cell_that_is_struck_out_is_left_out(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for row in (["Jaar", "Bijdrage"], ["2022", 31], ["2023", 47]):
        book.worksheets[0].append(row)
    book.worksheets[0]["B2"].font = Font(strike=True)
    book.save(tmp_path / "a.xlsx")
    assert texts(read_file(tmp_path / "a.xlsx"))[1:] == ["Jaar\tBijdrage", "2022", "2023\t47"]
