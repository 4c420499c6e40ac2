"""Excel, mail and RTF: what a person sees in them, in order."""

import datetime
from email.message import EmailMessage
from pathlib import Path

import openpyxl
import pytest

from ingest.document import BlockKind
from ingest.files import read_document
from ingest.read import read_file

ROWS = [("Maatregel", "2022", "2023"), ("Maatwerk", "410.000", "425.000"), ("LDE", "38.000,50", "12,5 %")]


def write_workbook(path: Path) -> Path:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.title = "Middelen"
    sheet.append(["Uitgaven in euro"])
    sheet.append([])
    sheet.append(["Maatregel", 2022, 2023])
    sheet.append(["Maatwerk", 410000, 425000])
    sheet.append(["LDE", 38000.5, 0.125])
    sheet.append(["Begin", datetime.datetime(2023, 9, 15), True])
    sheet["B4"].number_format = sheet["C4"].number_format = "#,##0"
    sheet["B5"].number_format, sheet["C5"].number_format = "#,##0.00", "0.0%"
    sheet.append(["Verborgen"])
    sheet.row_dimensions[7].hidden = True
    other = book.create_sheet("Bijlage")
    other["A1"] = "Samen"
    other["C1"] = "Einde"
    other.merge_cells("A1:B1")
    book.create_sheet("Geheim").sheet_state = "hidden"
    book["Geheim"]["A1"] = "niet tonen"
    book.save(path)
    return path


def test_a_workbook_is_read_as_excel_shows_it(tmp_path: Path) -> None:
    blocks = read_file(write_workbook(tmp_path / "a.xlsx")).blocks
    assert [(block.kind, block.text) for block in blocks] == [
        (BlockKind.HEADING, "Middelen"),
        (BlockKind.PARAGRAPH, "Uitgaven in euro"),
        (BlockKind.ROW, "Maatregel\t2022\t2023"),
        (BlockKind.ROW, "Maatwerk\t410.000\t425.000"),
        (BlockKind.ROW, "LDE\t38.000,50\t12,5 %"),
        (BlockKind.ROW, "Begin\t15/09/2023\tWAAR"),
        (BlockKind.HEADING, "Bijlage"),
        (BlockKind.ROW, "Samen\tSamen\tEinde"),
    ]
    rows = [piece for p in read_document(tmp_path / "a.xlsx").passages for piece in p.pieces if piece.heads]
    assert len(rows) == 3, "the years head the rows below them"


@pytest.mark.parametrize("kind", ["plain", "html"])
def test_a_mail_says_who_when_and_what(tmp_path: Path, kind: str) -> None:
    mail = EmailMessage()
    mail["Subject"], mail["From"], mail["To"] = (
        "Premie maatwerk",
        "An Peeters <an@voorbeeld.be>",
        "Jan <jan@voorbeeld.be>",
    )
    mail["Date"] = datetime.datetime(2021, 10, 4, 9, 30)
    text = "De premie bedraagt 500 euro per jaar voor wie coördineert.\n\nMet vriendelijke groeten"
    mail.set_content(text)
    if kind == "html":
        mail.set_content(f"<p>{text.replace(chr(10) * 2, '</p><p>')}</p>", subtype="html")
    mail.add_attachment(b"x", maintype="application", subtype="pdf", filename="nota.pdf")
    path = tmp_path / "a.eml"
    path.write_bytes(mail.as_bytes())
    document = read_document(path)
    assert (document.metadata.title, document.metadata.date) == ("Premie maatwerk", datetime.date(2021, 10, 4))
    text = document.pages[0].text
    assert "Van: An Peeters <an@voorbeeld.be>" in text and "Datum: 04/10/2021 09:30" in text
    assert "De premie bedraagt 500 euro per jaar voor wie coördineert." in text.split("\n\n")
    assert document.notes == ("a.eml: bijlage 'nota.pdf' is niet gelezen; bewaar ze apart in de map.",)


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252"])
def test_a_mail_in_an_encoding_that_does_not_exist_is_read_as_a_file(tmp_path: Path, encoding: str) -> None:
    head = "Subject: Premie\nContent-Type: text/plain; charset=onbekend-8\nContent-Transfer-Encoding: 8bit\n\n"
    path = tmp_path / "a.eml"
    path.write_bytes((head + "De premie voor wie coördineert bedraagt 500 euro.\n").encode(encoding))
    document = read_document(path)
    assert "wie coördineert bedraagt" in document.pages[0].text
    assert ["Windows-1252" in note for note in document.notes] == [True] * (encoding == "cp1252")


def test_rich_text_is_read_with_its_tables(tmp_path: Path) -> None:
    table = "".join(r"\trowd " + "".join(rf"{cell}\cell " for cell in row) + r"\row " for row in ROWS)
    path = tmp_path / "a.rtf"
    path.write_bytes(
        rb"{\rtf1\ansi\ansicpg1252 De co\'f6rdinatie kost \u8364? 500.\par Nog een zin.\par " + table.encode() + b"}"
    )
    blocks = read_file(path).blocks
    assert [block.text for block in blocks] == [
        "De coördinatie kost € 500.",
        "Nog een zin.",
        *("\t".join(row) for row in ROWS),
    ]
    assert [block.kind for block in blocks] == [BlockKind.PARAGRAPH] * 2 + [BlockKind.ROW] * 3
