"""DOCX -> elements, by python-docx: headings by style, lists with the numbers that Word would print, tables, notes."""

import zlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from zipfile import BadZipFile

import docx
from docx.document import Document as WordDocument
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.opc.exceptions import OpcError
from docx.oxml.ns import qn
from docx.table import Table
from docx.text.paragraph import Paragraph
from lxml import etree

from ingest.document import BlockKind
from ingest.errors import UnreadableFile
from ingest.readers.flow import Element

_ROMAN = (("x", 10), ("ix", 9), ("v", 5), ("iv", 4), ("i", 1))


def read_word(path: Path) -> Iterator[Element]:
    """Read a DOCX file.

    Args:
        path: the file.

    Yields:
        Its elements in order; footnotes and endnotes last.

    Raises:
        UnreadableFile: it is no Word document.
    """
    try:
        document = docx.Document(str(path))
    except (OpcError, etree.LxmlError, BadZipFile, zlib.error, KeyError, ValueError, OSError, AttributeError) as error:
        raise UnreadableFile(
            f"{path.name} is geen leesbaar Word-document ({type(error).__name__}); bewaar het opnieuw als .docx."
        ) from error
    numbering = _Numbering(document)
    for item in document.iter_inner_content():
        if isinstance(item, Table):
            yield from _rows(item)
        else:
            yield _element(item, numbering)
    yield from _notes(document)


def _element(paragraph: Paragraph, numbering: "_Numbering") -> Element:
    text = " ".join(paragraph.text.split())
    if not text:
        return Element("")
    number = numbering.next(paragraph)
    text = f"{number} {text}" if number else text
    level = _outline_level(paragraph)
    return Element(text, BlockKind.HEADING, level) if level else Element(text)


def _outline_level(paragraph: Paragraph) -> int:
    """Depth of a heading by the outline level of its style, 0 for running text; the style "Title" is the outermost."""
    style = paragraph.style
    while style is not None:
        if style.name in ("Title", "Titel"):
            return 1
        found = style.element.find(f".//{qn('w:outlineLvl')}")
        if found is not None:
            level = int(found.get(qn("w:val"), "9"))
            return level + 1 if level < 9 else 0
        if style.name and style.name.lower().startswith(("heading ", "kop ")) and style.name[-1].isdigit():
            return int(style.name[-1])
        style = style.base_style
    return 0


def _rows(table: Table) -> Iterator[Element]:
    for row in table.rows:
        cells, last = [], None
        for cell in row.cells:
            if cell._tc is not last:  # a merged cell is given once for each column that it covers
                cells.append(" ".join(cell.text.split()))
            last = cell._tc
        yield Element("\t".join(cells).rstrip("\t"), BlockKind.ROW)


def _notes(document: WordDocument) -> Iterator[Element]:
    for kind in (RELATIONSHIP_TYPE.FOOTNOTES, RELATIONSHIP_TYPE.ENDNOTES):
        try:
            root = etree.fromstring(document.part.part_related_by(kind).blob)
        except (KeyError, etree.LxmlError):
            continue
        for number, note in enumerate((n for n in root if not n.get(qn("w:type"))), start=1):
            text = " ".join("".join(note.itertext(qn("w:t"))).split())
            yield Element(f"{number} {text}" if text else "", BlockKind.NOTE)


class _Numbering:
    """Counts list paragraphs as Word does when it shows them."""

    def __init__(self, document: WordDocument) -> None:
        self._formats: dict[tuple[str, str], tuple[str, str]] = {}
        self._counts: Counter[tuple[str, int]] = Counter()
        try:
            root = document.part.numbering_part.element
        except (KeyError, NotImplementedError):
            return
        abstract = {item.get(qn("w:abstractNumId")): item for item in root.iter(qn("w:abstractNum"))}
        for number in root.iter(qn("w:num")):
            link = number.find(qn("w:abstractNumId"))
            found = abstract.get(link.get(qn("w:val"))) if link is not None else None
            for level in found.iter(qn("w:lvl")) if found is not None else ():
                kind, text = level.find(qn("w:numFmt")), level.find(qn("w:lvlText"))
                if kind is not None and text is not None:
                    key = str(number.get(qn("w:numId"))), str(level.get(qn("w:ilvl")))
                    self._formats[key] = str(kind.get(qn("w:val"))), str(text.get(qn("w:val")))

    def next(self, paragraph: Paragraph) -> str:
        """Number or bullet of the next paragraph, "" where it is in no list."""
        properties = paragraph._p.find(f".//{qn('w:numPr')}")
        if properties is None and paragraph.style is not None:
            properties = paragraph.style.element.find(f".//{qn('w:numPr')}")
        if properties is None:
            return ""
        identity, depth = properties.find(qn("w:numId")), properties.find(qn("w:ilvl"))
        number = str(identity.get(qn("w:val"))) if identity is not None else "0"
        level = int(depth.get(qn("w:val"))) if depth is not None else 0
        kind, pattern = self._formats.get((number, str(level)), ("", ""))
        if not kind or number == "0":
            return ""
        self._counts[number, level] += 1
        for deeper in range(level + 1, 10):
            self._counts[number, deeper] = 0
        if kind == "bullet":
            return "•"
        for i in range(level + 1):
            shown = self._formats.get((number, str(i)), ("decimal", ""))[0]
            pattern = pattern.replace(f"%{i + 1}", _shown(max(self._counts[number, i], 1), shown))
        return pattern


def _shown(count: int, kind: str) -> str:
    if kind.endswith("Letter"):
        letters = "abcdefghijklmnopqrstuvwxyz"[(count - 1) % 26] * (1 + (count - 1) // 26)
        return letters.upper() if kind.startswith("upper") else letters
    if kind.endswith("Roman"):
        roman, rest = "", count
        for sign, value in _ROMAN:
            roman, rest = roman + sign * (rest // value), rest % value
        return roman.upper() if kind.startswith("upper") else roman
    return str(count)
