"""DOCX -> elements, by a walk over its XML in which every wrapper that is not known is looked through."""

import re
import zlib
from collections.abc import Iterable, Iterator, Sequence
from io import BytesIO
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from zipfile import BadZipFile, ZipFile

from lxml import etree
from lxml.etree import _Element as Node

from ingest.document import BlockKind
from ingest.errors import UnreadableFile
from ingest.readers.flow import Cell, Element, clean, loss_note, number, part_lines, read_table
from ingest.readers.text import LOOSE_LEVEL, SWALLOWED, kind_of
from ingest.readers.word_parts import MATH, OFF, WORD, Notes, Numbering, Package, Styles, local, plain, sign, value

_NOT_OFFICE = (BadZipFile, zlib.error, etree.LxmlError, KeyError, ValueError, StopIteration, RuntimeError, OSError)
# What Word shows in no place: what a tracked change took away, the instruction of a field, the text over a ruby.
_GONE = frozenset(
    "del moveFrom delText delInstrText instrText rt pPr rPr tblPr tcPr trPr sdtPr sdtEndPr sectPr".split()
)
_SHOWN_AS = {"noBreakHyphen": "-"} | dict.fromkeys("tab ptab".split(), " ") | dict.fromkeys("br cr".split(), "\v")
_TOLD = (MATH + "t", *(WORD + name for name in ("t", *_SHOWN_AS)))
_HEX = re.compile(r"[0-9a-fA-F]{1,4}")
_RAISED = "superscript"  # vertAlign of a run
_CONTENTS = ("toc ", "table of figures")  # styles of the lists that Word makes of headings and captions
_MAX_HEADING = 120  # characters of a bold paragraph that is taken as a heading
_MAX_BOLD_RUN = 2  # more short bold paragraphs after each other are an address or a list of names


def read_word(path: Path, data: bytes) -> tuple[list[Element], tuple[str, ...]]:
    """Read a DOCX file: its elements, notes last of the section that they belong to, and what the user should know.

    Raises:
        UnreadableFile: it is no Word document.
    """
    try:
        package = Package(ZipFile(BytesIO(data)))
        reader = _Reader(package)
        elements = _in_sections(reader.blocks(package.main))
    except _NOT_OFFICE as error:
        raise UnreadableFile(
            f"{path.name} is geen leesbaar Word-document; open het in Word en bewaar het opnieuw als .docx."
        ) from error
    drawn = (clean(" ".join(part.itertext("{*}t"))) for part in package.parts("diagramData"))
    where = "staat in een vorm die niet gelezen wordt; bewaar het ook als PDF"
    notes = loss_note(path.name, [*reader.told(package.main), *drawn], elements, where)
    if package.main.find(f".//{WORD}altChunk") is not None:
        notes += (f"{path.name} bevat een ingevoegd bestand dat niet gelezen is; bewaar het in Word opnieuw.",)
    if next(package.parts("chart"), None) is not None:
        notes += (f"{path.name} bevat een grafiek waarvan de cijfers niet gelezen zijn; kijk ze na in het document.",)
    return elements, notes


class _Reader:
    """Walks over the elements of one document; lists are counted on the way."""

    def __init__(self, package: Package) -> None:
        self._styles = Styles(package)
        self._numbering = Numbering(package, self._styles)
        self._notes = Notes(package)
        self._carried = ""  # text of a paragraph whose end was taken away by a tracked change

    def blocks(self, node: Node) -> list[Element]:
        """Paragraphs and tables in a node, in order, and after each the notes that are marked in it."""
        found: list[Element] = []
        read = {"p": self._paragraph, "tbl": self._table}
        for part in _seen(node):
            found += read.get(local(part), self.blocks)(part)
        return found

    def _paragraph(self, node: Node) -> list[Element]:
        properties = node.find(WORD + "pPr")
        style = value(properties, "pStyle")
        if self._styles.name(style).startswith(_CONTENTS):
            return []
        runs = _Runs(self._styles, style)
        runs.walk(node, None)
        given, self._carried = self._carried + _joined(runs.texts), ""
        after = [element for box in runs.boxes for element in self.blocks(box)]
        after += [note for mark in runs.marks for note in self._note(mark)]
        if node.find(f"{WORD}pPr/{WORD}rPr/{WORD}del") is not None:
            self._carried = given
            return after
        shown = self._numbering.next(properties, style)
        if not clean(given):
            return after
        element = self._element(clean(f"{shown} {given}"), properties, style, runs)
        is_plain = element == Element(element.text)  # else it is one, whatever breaks its lines
        return [*(map(Element, part_lines(f"{shown} {given}")) if is_plain else [element]), *after]

    def _note(self, mark: Node) -> Iterator[Element]:
        number, note = self._notes.next(mark)
        if note is not None and (text := " ".join(element.text for element in self.blocks(note))):
            yield Element(f"{number} {text}".strip(), BlockKind.NOTE)

    def _element(self, text: str, properties: Node | None, style: str, runs: "_Runs") -> Element:
        if self._styles.name(style) == "caption":
            return Element(text, BlockKind.CAPTION)
        own = value(properties, "outlineLvl")
        level = (number(own, 9) + 1) % 10 if own else self._styles.outline(style)
        if level:
            return Element(text, BlockKind.HEADING, level)
        return Element(text, look=(runs.size, text.isupper()) if runs.bold else None)

    def _table(self, node: Node) -> list[Element]:
        rows, headers = [], 0
        notes: list[Element] = []
        for row in _nearest(node, "tr"):
            before = number(value(row.find(WORD + "trPr"), "gridBefore"))
            rows.append([*[Cell(())] * before, *(self._cell(cell, notes) for cell in _nearest(row, "tc"))])
            marked = row.find(f"{WORD}trPr/{WORD}tblHeader")
            shown = [element for cell in rows[-1] for element in cell.content or ()]
            is_bold = len(rows[-1]) > 1 and shown and all(element.look for element in shown)
            is_header = bool(is_bold) or (marked is not None and value(marked) not in OFF)
            headers += is_header and headers == len(rows) - 1
        return [*read_table(rows, headers), *notes]

    def _cell(self, node: Node, notes: list[Element]) -> Cell:
        merged = node.find(f"{WORD}tcPr/{WORD}vMerge")
        found = self.blocks(node)
        content = [element for element in found if element.kind is not BlockKind.NOTE]
        notes += [element for element in found if element.kind is BlockKind.NOTE]
        goes_on = merged is not None and value(merged) != "restart" and not content
        return Cell(None if goes_on else content, number(value(node.find(WORD + "tcPr"), "gridSpan"), 1) or 1)

    def told(self, root: Node) -> Iterator[str]:
        """Texts that a reader of the document sees, paragraph by paragraph, found without the walk."""
        for paragraph in root.iter(WORD + "p"):
            style = value(paragraph.find(WORD + "pPr"), "pStyle")
            parts: list[tuple[str, bool]] = []
            if self._styles.name(style).startswith(_CONTENTS):
                continue
            for item in paragraph.iter(*_TOLD):
                above = list(item.iterancestors())
                run = next((node.find(WORD + "rPr") for node in above if node.tag == WORD + "r"), None)
                own = next(item.iterancestors(WORD + "p")) is paragraph
                gone = any(_is_gone(node) or local(node) == "Fallback" for node in above)
                if own and not gone and not self._styles.hides(run, style):
                    text = item.text or ""
                    told = plain(text, run) if item.tag == WORD + "t" else f" {text} "
                    parts.append((told, self._styles.shown(run, style, "vertAlign") == _RAISED))
            yield _joined(parts)


class _Runs:
    """The text of one paragraph."""

    def __init__(self, styles: Styles, style: str) -> None:
        self._styles, self._style = styles, style
        self._fields: list[bool] = []  # open fields; True in the instruction of one, whose text is not shown
        self.texts: list[tuple[str, bool]] = []  # its pieces, in order, and whether each is a superscript
        self.boxes: list[Node] = []  # text boxes that are anchored in it
        self.marks: list[Node] = []  # those of the footnotes and endnotes in it
        self.bold, self.size = True, 0  # whether all of its letters are bold; of the first of them, in half points

    def walk(self, node: Node, run: Node | None) -> None:
        """Take what stands below a node; `run` is the w:rPr that holds there."""
        for child in _seen(node):
            name = local(child)
            if name == "txbxContent":
                self.boxes.append(child)
            elif name == "t":
                self._add(plain(child.text or "", run), run)
            elif name in _SHOWN_AS:
                self._add(_SHOWN_AS[name], run)
            elif name == "sym" and (code := _HEX.fullmatch(child.get(WORD + "char", ""))):
                self._add(sign(int(code[0], 16), child.get(WORD + "font", "")), run)
            elif name in ("footnoteReference", "endnoteReference"):
                self.marks.append(child)
            elif name == "fldChar":
                self._field(child, run)
            elif child.tag == MATH + "oMath":
                self._add(_formula(child), run)
            elif child.tag == WORD + "r":
                own = child.find(WORD + "rPr")
                if not self._styles.hides(own, self._style):
                    self.walk(child, own)
            else:
                self.walk(child, run)

    def _add(self, text: str, run: Node | None) -> None:
        if any(self._fields):
            return
        self.texts.append((text, self._styles.shown(run, self._style, "vertAlign") == _RAISED))
        if text.strip() and self.bold:
            self.bold = self._styles.is_on(run, self._style, "b")
            self.size = self.size or number(self._styles.shown(run, self._style, "sz"))

    def _field(self, node: Node, run: Node | None) -> None:
        """Follow a field; a box to tick and a list to choose from hold their value in its first mark."""
        kind = node.get(WORD + "fldCharType")
        if kind == "begin":
            if (box := node.find(f".//{WORD}checkBox")) is not None:
                state = box.find(WORD + "checked")
                state = state if state is not None else box.find(WORD + "default")
                self._add("☒" if state is not None and value(state) not in OFF else "☐", run)
            if (choice := node.find(f".//{WORD}ddList")) is not None:
                entries = [value(entry) for entry in choice.iterfind(WORD + "listEntry")]
                self._add("".join(entries[number(value(choice, "result")) :][:1]), run)
            self._fields.append(True)
        elif self._fields:
            self._fields.pop()
            if kind == "separate":
                self._fields.append(False)


def _joined(pieces: Iterable[tuple[str, bool]]) -> str:
    """Join texts; a superscript that a number before it would swallow is set apart, as in formulas: 10^6 is not 106."""
    parts, before = [], ""
    for raised, group in groupby(pieces, itemgetter(1)):  # Word may cut one superscript in several runs
        text = "".join(text for text, _ in group)
        parts.append("^" + text if raised and SWALLOWED.search(f"{before[-2:]}\v{text}") else text)
        before = text
    return "".join(parts)


def _seen(node: Node) -> Iterator[Node]:
    """Children that Word shows; of two ways to draw the same, the first."""
    for child in node:
        name = local(child)
        if name == "AlternateContent":
            yield from child[:1]
        elif name and not _is_gone(child):
            yield child


def _is_gone(node: Node) -> bool:
    return local(node) in _GONE or (node.tag == WORD + "tr" and node.find(f"{WORD}trPr/{WORD}del") is not None)


def _nearest(node: Node, name: str) -> Iterator[Node]:
    """Rows of a table or cells of a row, through whatever wraps them."""
    for child in _seen(node):
        if local(child) == name:
            yield child
        elif local(child) != "tbl":
            yield from _nearest(child, name)


def _formula(node: Node) -> str:
    """Write a formula on one line: a fraction as (a)/(b), powers with ^, indices with _."""
    name = local(node)
    if name == "t":
        return node.text or ""
    pieces = [(local(child), _formula(child)) for child in node if local(child) not in _GONE]
    parts, inner = dict(pieces), "".join(text for _, text in pieces)
    if name == "f":
        return f" {_in_brackets(parts.get('num', ''))}/{_in_brackets(parts.get('den', ''))} "
    if name == "rad":
        return f" {parts.get('deg', '').strip()}√{_in_brackets(parts.get('e', ''))} "
    if name in ("sSup", "sSub", "sSubSup"):
        below = f"_{_in_brackets(parts['sub'])}" if "sub" in parts else ""
        above = f"^{_in_brackets(parts['sup'])}" if "sup" in parts else ""
        return f" {parts.get('e', '').strip()}{below}{above} "
    return f"({inner})" if name == "d" else inner


def _in_brackets(text: str) -> str:
    return text.strip() if text.strip().isalnum() else f"({text.strip()})"


def _in_sections(elements: Sequence[Element]) -> list[Element]:
    """Find the headings, and put notes below the section that they belong to, where they cut no list or row."""
    body = iter(_with_headings([element for element in elements if element.kind is not BlockKind.NOTE]))
    found: list[Element] = []
    notes: list[Element] = []
    for element in elements:
        if element.kind is BlockKind.NOTE:
            notes.append(element)
            continue
        if (shown := next(body)).kind is BlockKind.HEADING:
            found += notes
            notes.clear()
        found.append(shown)
    return found + notes


def _with_headings(elements: Sequence[Element]) -> list[Element]:
    """Take bold paragraphs as headings where one or two of them stand above text; a larger one is further out."""
    bold = [element for element in elements if element.look]
    if 2 * sum(len(element.text) for element in bold) > sum(len(element.text) for element in elements):
        return list(elements)
    looks = sorted({element.look for element in bold if element.look}, reverse=True)
    found: list[Element] = []
    for is_bold, group in groupby(elements, key=_may_head):
        run = list(group)
        above_text = len(found) + len(run) < len(elements)
        if is_bold and above_text and len(run) <= _MAX_BOLD_RUN:
            run = [_heading(element, looks) for element in run]
        found += run
    return found


def _may_head(element: Element) -> bool:
    return bool(element.look) and len(element.text) <= _MAX_HEADING and not element.text.endswith((".", ",", ";"))


def _heading(element: Element, looks: Sequence[tuple[int, bool]]) -> Element:
    kind, _ = kind_of(element.text)
    if kind in (BlockKind.ITEM, BlockKind.CAPTION) or (kind is BlockKind.NUMBERED and element.text.endswith("?")):
        return element  # an answer is looked for by the number of its question
    first = element.text.split()[0].rstrip(".")
    depth = first.count(".") if first.replace(".", "").isdigit() else 0
    return Element(element.text, BlockKind.HEADING, LOOSE_LEVEL + looks.index(element.look or (0, False)) + depth)
