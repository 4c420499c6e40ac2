"""What people filled in on a PDF form: PDFium does not give it as text, so pypdf reads it and it joins the words."""

import logging
from collections.abc import Sequence
from pathlib import Path

import pypdf
from pypdf.generic import DictionaryObject, RectangleObject

from ingest.readers.pdf.printed import Sheet, Word

# In parts of the font size: the mean width of a character, a space, and the distance between lines.
_WIDTH, _SPACE, _LEADING = 0.5, 0.3, 1.2
_CHOSEN, _OPEN = "☒", "☐"


def fill_in(path: Path, sheets: Sequence[Sheet]) -> None:
    """Add the values of form fields to the words of the pages, where they stand on it.

    A value stands behind the label to its left; without one, the name of the field goes before it. A page that is
    shown turned is left as it is.
    """
    logging.getLogger("pypdf").setLevel(logging.ERROR)  # its remarks on sloppy files help no user
    try:
        for sheet, page in zip(sheets, pypdf.PdfReader(path).pages, strict=False):
            for annotation in (page.annotations or ()) if sheet.has_fields and not page.rotation else ():
                item = annotation.get_object()
                if isinstance(item, DictionaryObject) and item.get("/Subtype") == "/Widget" and (text := _value(item)):
                    _fill_in_field(item, text, page, sheet)
    except Exception:  # whatever pypdf trips over in a broken form: the pages themselves have been read
        return


def _value(field: DictionaryObject) -> str:
    kind, value = field.get_inherited("/FT"), field.get_inherited("/V")
    if kind == "/Btn":
        state = field.get("/AS", value)
        return "" if state is None else _OPEN if state == "/Off" else _CHOSEN
    if kind not in ("/Tx", "/Ch") or value is None:
        return ""  # a signature, or nothing filled in
    return ("\n".join(map(str, value)) if isinstance(value, list) else str(value)).strip()


def _fill_in_field(field: DictionaryObject, text: str, page: pypdf.PageObject, sheet: Sheet) -> None:
    left, bottom, _, top = RectangleObject(field["/Rect"])  # type: ignore[arg-type]  # an array of four numbers
    x, y = float(left) - float(page.mediabox.left), float(page.mediabox.top) - float(bottom)
    height, words, is_button = abs(float(top) - float(bottom)), list(sheet.words), text in (_CHOSEN, _OPEN)
    beside = [word for word in words if -height < word.y - y < 2 and (is_button or word.x1 <= x + 2)]
    label = min(beside, key=lambda word: abs(word.x1 - x), default=None)
    lines = text.splitlines()
    if label is None and not is_button:
        lines[0] = f"{field.get_inherited('/TU') or field.get_inherited('/T') or 'veld'}: {lines[0]}"
    like = label or (words[0] if words else Word("", 0, 0, 0, min(10.0, 0.75 * height)))
    first = label.y if label else y - 0.25 * height - _LEADING * like.size * (len(lines) - 1)
    filled: list[Word] = []
    for i, line in enumerate(lines):
        at = label.x1 + _SPACE * like.size if label and not is_button else x
        for part in line.split():
            end = at + _WIDTH * like.size * len(part)
            down = first + _LEADING * like.size * i
            filled.append(like._replace(text=part, x0=at, x1=end, y=down, broken=False))
            at = end + _SPACE * like.size
    place = words.index(label) + 1 if label and not is_button else len(words)
    sheet.words = [*words[:place], *filled, *words[place:]]
