"""Excel: each figure as it stands in the cell, and a word where there is none."""

import datetime
import zipfile
from pathlib import Path

import openpyxl
import pytest

from ingest.read import read_file

ACCOUNTS = r'_ "€"\ * #,##0.00_ ;_ "€"\ * \-#,##0.00_ ;_ "€"\ * "-"??_ ;_ @_ '  # as Dutch Excel writes it


@pytest.mark.parametrize(
    ("value", "form", "shown"),
    [
        (12.75, "#,##0.##", "12,75"),
        (14.5, "#,##0.##", "14,5"),
        (14, "#,##0.##", "14"),
        (1.0425, "0.####", "1,0425"),
        (0.5, "0.##", "0,5"),
        (0.125, "0.#%", "12,5 %"),
        (12.5, '0.0" %"', "12,5 %"),
        (104.25, "#,##0.0", "104,3"),
        (2.5, "0", "3"),
        (1.005, "0.00", "1,01"),
        (12500000, "#,##0,", "12.500"),
        (2500000, '0.0,,"M";0', "2,5M"),
        (42, "00000", "00042"),
        (1042, "#,###", "1.042"),
        (1e-7, "General", "0,0000001"),
        (0.1 + 0.2, "General", "0,3"),
        (38, '0 "uur"', "38 uur"),
        (38, '0 "uur; of meer"', "38 uur; of meer"),
        (450.5, '"€" #,##0.00', "€ 450,50"),
        (450.5, "[$€-413] #,##0.00", "€ 450,50"),
        (1250.5, ACCOUNTS, "€ 1.250,50"),
        (-1250.5, ACCOUNTS, "€ -1.250,50"),
        (0, ACCOUNTS, "€ -"),
        (-5, "0;(0)", "(5)"),
        (-5, "0;[Red]0", "-5"),
        (-5, "€ 0", "-€ 5"),
        (datetime.timedelta(hours=37, minutes=30), "[h]:mm", "37:30"),
        (datetime.timedelta(hours=37, seconds=5), "[h]:mm:ss", "37:00:05"),
        (datetime.time(14, 30), "h:mm", "14:30"),
        (datetime.time(9, 5, 7), "hh:mm:ss", "09:05:07"),
        (datetime.datetime(2023, 5, 1), "mmm\\-yy;@", "mei-23"),
        (datetime.datetime(2023, 3, 1), "[$-813]mmm yyyy", "mrt 2023"),
        (datetime.datetime(2023, 5, 1), "mmmm yyyy", "mei 2023"),
        (datetime.datetime(2023, 5, 1, 14, 30), 'd/mm/yyyy "om" h:mm', "1/05/2023 om 14:30"),
        # As no format in Dutch says it.
        (datetime.datetime(2023, 5, 1), "mm-dd-yy", "01/05/2023"),
        (datetime.datetime(2023, 5, 1, 14, 30), "h:mm AM/PM", "01/05/2023 14:30"),
        # More than digits with text around them: in full.
        (0.5, "# ?/?", "0,5"),
        (12.5, "@", "12,5"),
        (1234567, "0.00E+00", "1234567"),
        (1.25, "[>=1]0;0.0", "1,25"),
        (1234.56, "#.##0,0", "1234,56"),
    ],
)
def test_a_figure_is_not_changed(tmp_path: Path, value: object, form: str, shown: str) -> None:
    book = openpyxl.Workbook()
    book.worksheets[0].append(["Bedrag", value])
    book.worksheets[0]["B1"].number_format = form
    book.save(tmp_path / "a.xlsx")
    assert read_file(tmp_path / "a.xlsx").blocks[-1].text == f"Bedrag\t{shown}"


def test_formulas_without_a_value_are_told(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.title = "Uren"
    for row in (["Gent", 3], ["Genk", 4], ["Samen", "=SUM(B1:B2)"], ["Dubbel", "=2*B3"]):
        sheet.append(row)
    book.create_sheet("Leeg").append(["Aalst", None])
    book.create_sheet("Eén").append(["Aalst", "=1"])
    book.save(tmp_path / "a.xlsx")
    assert read_file(tmp_path / "a.xlsx").notes == (
        "a.xlsx: 2 formules zonder waarde in blad 'Uren'; open het bestand in Excel en bewaar het opnieuw.",
        "a.xlsx: 1 formule zonder waarde in blad 'Eén'; open het bestand in Excel en bewaar het opnieuw.",
    )


def test_formulas_with_a_value_are_not_told(tmp_path: Path) -> None:
    cells = '<c r="A1"><f>1+1</f><v>2</v></c><c r="B1" t="str"><f>""</f><v></v></c><c r="C1"/><c r="D1"><v>5</v></c>'
    book = openpyxl.Workbook()
    book.worksheets[0]["A1"] = "=1+1"
    book.save(tmp_path / "leeg.xlsx")
    with zipfile.ZipFile(tmp_path / "leeg.xlsx") as old, zipfile.ZipFile(tmp_path / "a.xlsx", "w") as new:
        for name in old.namelist():
            head, _, tail = old.read(name).decode().partition("<sheetData>")
            kept = f"{head}<sheetData><row r='1'>{cells}</row></sheetData>{tail.partition('</sheetData>')[2]}"
            new.writestr(name, kept if "worksheets/" in name else head)
    content = read_file(tmp_path / "a.xlsx")
    assert content.blocks[-1].text == "2\t\t\t5" and content.notes == ()


def test_a_merged_row_is_given_once_and_a_merged_cell_in_each_column(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    for row in (["Premies"], [], ["Plaats", "Bedragen"], ["", 2022, 2023], ["Gent", 3, 4]):
        sheet.append(row)
    for area in ("A1:C2", "B3:C3", "A3:A4"):
        sheet.merge_cells(area)
    book.save(tmp_path / "a.xlsx")
    assert [block.text for block in read_file(tmp_path / "a.xlsx").blocks[1:]] == [
        "Premies",
        "Plaats\tBedragen\tBedragen",
        "Plaats\t2022\t2023",
        "Gent\t3\t4",
    ]


@pytest.mark.parametrize(
    ("name", "rows", "heading", "below"),
    [
        ("Blad1", [[], ["Ritten per halte"], [], ["Halte", 2022], ["Gent", 3]], "Ritten per halte", "Halte\t2022"),
        ("Sheet12", [["Ritten"], ["Bron: de dienst"], ["Gent", 3]], "Ritten", "Bron: de dienst"),
        ("Ritten", [["Ritten per halte"], ["Gent", 3]], "Ritten", "Ritten per halte"),
        ("Blad1", [["Halte", 2022], ["Gent", 3]], "Blad1", "Halte\t2022"),
        ("Blad1", [["Halte"], ["Gent"]], "Blad1", "Halte"),
        ("Tabel", [["Halte"], ["Gent", 3]], "Tabel", "Halte"),
    ],
)
def test_the_title_above_the_table_heads_a_sheet_that_has_no_name(
    tmp_path: Path, name: str, rows: list[list[object]], heading: str, below: str
) -> None:
    book = openpyxl.Workbook()
    book.worksheets[0].title = name
    for row in rows:
        book.worksheets[0].append(row)
    book.save(tmp_path / "a.xlsx")
    content = read_file(tmp_path / "a.xlsx")
    assert [content.title, *(block.text for block in content.blocks[:2])] == [heading, heading, below]
