"""Excel -> elements: each sheet a heading with its tables, values as Excel shows them in Dutch."""

import datetime
import io
import re
import zipfile
from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal, localcontext
from pathlib import Path
from typing import TYPE_CHECKING

from ingest.dates import MONTHS
from ingest.document import BlockKind
from ingest.errors import UnreadableFile
from ingest.readers.flow import Element, clean

if TYPE_CHECKING:
    from openpyxl.cell.cell import Cell, MergedCell
    from openpyxl.worksheet.worksheet import Worksheet

# Text in a number format: quoted, escaped, a currency; and what only colours or fills.
_TEXT = re.compile(r'"([^"]*)"|\\(.)|\[\$([^\]-]{0,40})[^\]]{0,40}\]|[_*].|\[[a-z]+\d*\]', re.I)
_PARTS = re.compile(r'("[^"]*"?)|;')  # one between quotes parts nothing
_CODE = re.compile(r"((?<=h:)mm|mm(?=:s))|([a-z])\2{0,9}")  # of a date or time: mm where it is minutes, or one letter
_FOREIGN = re.compile("[my][^d]{0,40}d")  # a day after its month: not as people read it here
_AROUND = r"([\0\s%€$£()+-]{0,60})"  # \0 stands for a text
_FORMAT = re.compile(rf"{_AROUND}([#0?,]{{0,40}})(?:\.([#0?]{{0,40}}))?(,{{0,9}}){_AROUND}")
# A formula that no program has reckoned yet; one that gives an empty text is marked as text.
_UNRECKONED = re.compile(
    rb"<(?:\w+:)?c\b(?![^<>]*\st=.str)[^<>]*>\s*<(?:\w+:)?f\b(?:[^<>]*/>|[^<]*</[\w:]+>)"
    rb"\s*(?:<(?:\w+:)?v\s*(?:/>|></[\w:]+>)\s*)?</"
)
_MAX_ROWS = 20_000  # of one sheet
_UNNAMED = re.compile(r"(?:blad|tabel|sheet|table|feuil|tabelle)\s?\d{1,4}", re.I)  # what Excel itself calls a sheet
_MAX_TITLE = 120  # characters


def read_workbook(path: Path, data: bytes) -> tuple[list[Element], tuple[str, ...]]:
    """Read a workbook; hidden sheets, rows and columns are left out, as Excel does not show them.

    A sheet that nobody has named is headed by the title above its table.

    Raises:
        UnreadableFile: it is no workbook.
    """
    elements: list[Element] = []
    notes: list[str] = []
    for title, rows, unreckoned in sheets_of(path, data):
        if unreckoned:
            found = f"{unreckoned} formule{'s' * (unreckoned > 1)} zonder waarde in blad '{title}'"
            notes.append(f"{path.name}: {found}; open het bestand in Excel en bewaar het opnieuw.")
        told: list[Element] = []
        before = ""
        for number, row in enumerate(rows):
            if number == _MAX_ROWS:
                notes.append(f"{path.name}: van blad '{title}' zijn alleen {_MAX_ROWS} rijen gelezen; splits het op.")
                break
            text = "\t".join(row).rstrip("\t")
            is_row = "\t" in text.strip() or (before and text)
            told.append(Element(text, BlockKind.ROW if is_row else BlockKind.PARAGRAPH))
            before = text if is_row else ""
        first = next((item for item in told if item.text), Element(""))
        above = first.kind is BlockKind.PARAGRAPH and any(item.kind is BlockKind.ROW for item in told)
        if _UNNAMED.fullmatch(title) and above and len(first.text) <= _MAX_TITLE:
            title = first.text.strip()
            told.remove(first)
        elements += [Element(title, BlockKind.HEADING, 1), *told]
    return elements, tuple(notes)


def sheets_of(path: Path, data: bytes, *, as_shown: bool = True) -> Iterator[tuple[str, Iterator[list[str]], int]]:
    """Yield the sheets that show: name, rows and how many formulas hold no value.

    A merged cell is given in each row and column that it covers, but a title over all columns once. Without `as_shown`
    also hidden rows and columns are given, and a date is one whatever its format.

    Raises:
        UnreadableFile: it is no workbook.
    """
    try:
        from openpyxl.reader.excel import ExcelReader  # with all that draws and plots, so only for a workbook

        reader = ExcelReader(io.BytesIO(data), data_only=True)
        reader.read()
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            unreckoned = {
                sheet.name: len(_UNRECKONED.findall(archive.read(place.target)))
                for sheet, place in reader.parser.find_sheets()
                if place.target in reader.valid_files
            }
    except Exception as error:  # what is raised depends on the part that is damaged
        raise UnreadableFile(f"{path.name} is geen leesbaar Excel-bestand; open het en bewaar het opnieuw.") from error
    for sheet in reader.wb.worksheets:
        if sheet.sheet_state == "visible":
            yield clean(sheet.title), _rows(sheet, as_shown=as_shown), unreckoned.get(sheet.title, 0)


def _rows(sheet: "Worksheet", *, as_shown: bool) -> Iterator[list[str]]:
    merged = {
        place: sheet.cell(area.min_row, area.min_col)
        for area in sheet.merged_cells.ranges
        if area.size["rows"] * area.size["columns"] <= _MAX_ROWS
        for place in area.cells
    }
    folded = (part for part in sheet.column_dimensions.values() if as_shown and part.hidden)
    hidden = {number for part in folded for number in range(part.min or 0, (part.max or 0) + 1)}
    for number, row in enumerate(sheet.iter_rows(), start=1):
        if not (as_shown and sheet.row_dimensions[number].hidden):
            cells = [merged.get((cell.row, cell.column), cell) for cell in row if cell.column not in hidden]
            if {cell for cell in cells if cell.value is not None} == set(cells[:1]):
                cells = [cell for cell in cells[:1] if cell.row == number]
            yield [_shown(cell, as_shown=as_shown) for cell in cells]


def _shown(cell: "Cell | MergedCell", *, as_shown: bool) -> str:
    """A value as Excel shows it in Dutch, or of a date not `as_shown` the day."""
    value, form = cell.value, str(cell.number_format)
    if value is None or (as_shown and cell.font.strike):
        return ""
    if isinstance(value, datetime.datetime) and not as_shown:
        return f"{value:%Y-%m-%d}"
    if isinstance(value, bool):
        return "WAAR" if value else "ONWAAR"
    if isinstance(value, datetime.datetime | datetime.time) and (shown := _moment(value, form.split(";")[0])):
        return shown
    if isinstance(value, datetime.datetime):
        return f"{value:%d/%m/%Y}" if value.time() == datetime.time() else f"{value:%d/%m/%Y %H:%M}"
    if isinstance(value, datetime.timedelta):
        seconds = round(abs(value).total_seconds())
        sign, last = "-" * (value < datetime.timedelta()), f":{seconds % 60:02}" * ("s" in form.lower())
        return f"{sign}{seconds // 3600}:{seconds // 60 % 60:02}{last}"
    if not isinstance(value, int | float):
        return clean(str(value))
    return _number(value, form)


def _moment(value: datetime.datetime | datetime.time, section: str) -> str | None:
    """A date or time in its format, or None where that is none of the usual ones here."""
    codes, month = _TEXT.sub("\0", section).lower(), list(MONTHS)[int(f"{value:%m}") - 1]
    known = dict(zip("dd mm yy yyyy hh ss minutes".split(), f"{value:%d %m %y %Y %H %S %M}".split(), strict=True))
    known |= {code[0]: str(int(known[code])) for code in ("dd", "mm", "hh")}
    known |= {"mmm": "mrt" if month == "maart" else month[:3], "mmmm": month}
    try:
        shown = _CODE.sub(lambda code: known["minutes" if code[1] else code[0]], codes)
    except KeyError:
        return None
    return None if _FOREIGN.search(codes) else _with_texts(shown, section)


def _number(value: float, form: str) -> str:
    """A number as Excel shows it; in full where the format is more than digits with text around them."""
    sections = _PARTS.sub(lambda part: part[1] or "\0", form).split("\0")
    with localcontext(prec=15, rounding=ROUND_HALF_UP):  # as Excel reckons
        number = +Decimal(str(value))
        place = 1 if number < 0 and sections[1:] else 2 if not number and sections[2:] else 0
        shown = _formatted(abs(number), sections[place])
        if shown is None:
            return f"{number.normalize():f}".replace(".", ",")
        # Where nothing but a colour would tell that it is below zero, a minus does.
        bare = number < 0 and (not place or shown == _formatted(abs(number), sections[0]))
    return f"-{shown}" if bare else shown


def _formatted(number: Decimal, section: str) -> str | None:
    """A number in one section of a format, or None where that is none of the usual ones."""
    form = _FORMAT.fullmatch(_TEXT.sub("\0", section))
    if not form:
        return None
    before, whole, decimals, scale, after = (part or "" for part in form.groups())
    shown = ""
    if whole or decimals:
        grouped, places, zeros = "," in whole.strip(","), len(decimals), whole.count("0") or 1
        scale += whole[len(whole.rstrip(",")) :]
        width = zeros + grouped * ((zeros - 1) // 3) + bool(places) + places
        number = number.scaleb(2 * (before + after).count("%") - 3 * len(scale))
        shown = f"{number:0{width}{',' * grouped}.{places}f}".translate(str.maketrans(",.", ".,"))
        kept = len(shown) - len(decimals) + len(decimals.rstrip("#?"))
        shown = (shown[:kept] + shown[kept:].rstrip("0")).rstrip(",")
        shown = shown if "0" in whole or places or number else ""  # as in '"-"??', where Excel shows nought as a dash
    return _with_texts(f"{before}{shown}{after}".replace("%", " %"), section)


def _with_texts(shown: str, section: str) -> str:
    """What is shown, with the texts of its format where those stand."""
    texts = (found[1] or found[2] or found[3] or " " for found in _TEXT.finditer(section))
    start, *rest = shown.split("\0")
    return clean(start + "".join(text + part for text, part in zip(texts, rest, strict=True)))
