"""Excel -> elements: each sheet a heading with its tables, values as Excel shows them in Dutch."""

import datetime
import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from ingest.document import BlockKind
from ingest.errors import UnreadableFile
from ingest.readers.flow import Element, clean

if TYPE_CHECKING:
    from openpyxl.cell.cell import Cell, MergedCell
    from openpyxl.worksheet.worksheet import Worksheet

_DECIMALS = re.compile(r"\.(0+)")
_MAX_ROWS = 20_000  # of one sheet


def read_workbook(path: Path, data: bytes) -> tuple[list[Element], tuple[str, ...]]:
    """Read a workbook; hidden sheets, rows and columns are left out, as Excel does not show them.

    Raises:
        UnreadableFile: it is no workbook.
    """
    elements: list[Element] = []
    notes: list[str] = []
    for title, rows in sheets_of(path, data):
        elements.append(Element(title, BlockKind.HEADING, 1))
        before = ""
        for number, row in enumerate(rows):
            if number == _MAX_ROWS:
                notes.append(f"{path.name}: van blad '{title}' zijn alleen {_MAX_ROWS} rijen gelezen; splits het op.")
                break
            text = "\t".join(row).rstrip("\t")
            is_row = "\t" in text.strip() or (before and text)
            elements.append(Element(text, BlockKind.ROW if is_row else BlockKind.PARAGRAPH))
            before = text if is_row else ""
    return elements, tuple(notes)


def sheets_of(path: Path, data: bytes) -> Iterator[tuple[str, Iterator[list[str]]]]:
    """Yield the sheets that show: name and rows; a merged cell is given in each row and column that it covers.

    Raises:
        UnreadableFile: it is no workbook.
    """
    try:
        import openpyxl  # with all that draws and plots, so only where there is a workbook

        book = openpyxl.load_workbook(io.BytesIO(data), data_only=True)
    except Exception as error:  # what is raised depends on the part that is damaged
        raise UnreadableFile(f"{path.name} is geen leesbaar Excel-bestand; open het en bewaar het opnieuw.") from error
    for sheet in book.worksheets:
        if sheet.sheet_state == "visible":
            yield clean(sheet.title), _rows(sheet)


def _rows(sheet: "Worksheet") -> Iterator[list[str]]:
    merged = {
        place: sheet.cell(area.min_row, area.min_col)
        for area in sheet.merged_cells.ranges
        if area.size["rows"] * area.size["columns"] <= _MAX_ROWS
        for place in area.cells
    }
    folded = (part for part in sheet.column_dimensions.values() if part.hidden)
    hidden = {number for part in folded for number in range(part.min or 0, (part.max or 0) + 1)}
    for number, row in enumerate(sheet.iter_rows(), start=1):
        if not sheet.row_dimensions[number].hidden:
            shown = (cell for cell in row if cell.column not in hidden)
            yield [_shown(merged.get((cell.row, cell.column), cell)) for cell in shown]


def _shown(cell: "Cell | MergedCell") -> str:
    """A value as Excel shows it in Dutch."""
    value, form = cell.value, str(cell.number_format)
    if isinstance(value, bool):
        return "WAAR" if value else "ONWAAR"
    if isinstance(value, datetime.datetime):
        return f"{value:%d/%m/%Y}" if value.time() == datetime.time() else f"{value:%d/%m/%Y %H:%M}"
    if not isinstance(value, int | float):
        return "" if value is None else clean(str(value))
    decimals = _DECIMALS.search(form)
    share = "%" in form
    digits = f".{len(decimals[1])}f" if decimals else ".15g" if form == "General" else ".0f"
    plain = f"{100 * value if share else value:,{digits}}"
    text = plain.translate(str.maketrans(",.", ".,")) if "," in form else plain.replace(",", "").replace(".", ",")
    return f"{text} %" if share else text
