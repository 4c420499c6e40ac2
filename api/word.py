"""Word files (.docx): an answer, a search record or any quotes, with real headings, footnotes, links and page numbers.

`WordFile` is the pen; `answer_word`, `record_word` and `quotes_word` say what is written. python-docx has no footnotes,
so that their part is written here, as ECMA-376 (Office Open XML), part 1, 17.11 has it.
"""

import datetime
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from lxml import etree

from api.ask import headed, told_sure
from api.ask_schemas import AskResponse, CitationOut
from api.export import Facts, told_place, told_searched
from api.text_forms import address, clean, one_line

if TYPE_CHECKING:
    from docx.opc.part import Part
    from docx.text.paragraph import Paragraph

_W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_NOTES_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.footnotes+xml"
_FONT, _LANGUAGE = "Calibri", "nl-BE"
_MOST_TITLE = 255  # characters of the property; python-docx takes no more
_FOREIGN = ("/extended-properties", "/thumbnail")  # of the template: which program made it, and its picture


class WordFile:
    """A document of A4 in which things are written one after the other."""

    def __init__(self, title: str) -> None:
        from docx import Document as new_document
        from docx.shared import Mm, Pt

        self._document = new_document()
        section = self._document.sections[0]
        section.page_width, section.page_height = Mm(210), Mm(297)
        normal = self._document.styles["Normal"]
        normal.font.name, normal.font.size = _FONT, Pt(11)
        _child(normal.element.get_or_add_rPr(), "lang", val=_LANGUAGE)
        properties = self._document.core_properties
        properties.title, properties.author, properties.comments = clean(title)[:_MOST_TITLE], "Beleidswijzer", ""
        properties.language = _LANGUAGE
        properties.created = properties.modified = datetime.datetime.now(datetime.UTC)
        relations = self._document.part.package.rels
        for name in [name for name, one in relations.items() if one.reltype.endswith(_FOREIGN)]:
            del relations[name]
        self._notes: list[tuple[str, str]] = []
        self._document.add_heading(clean(title), 0)
        footer = section.footer.paragraphs[0]
        footer.alignment = 1  # in the middle
        _child(footer.add_run()._r, "fldChar", fldCharType="begin")
        _child(footer.add_run()._r, "instrText").text = "PAGE"
        _child(footer.add_run()._r, "fldChar", fldCharType="end")

    def heading(self, text: str, level: int = 1) -> None:
        """Write a heading of a level from 1."""
        self._document.add_heading(clean(text), level)

    def paragraph(self, text: str, notes: Sequence[tuple[str, str]] = (), style: str | None = None) -> "Paragraph":
        """Write a paragraph, after it the marks of its footnotes: of each the text and an address or ""."""
        written = self._document.add_paragraph(clean(text), style)
        for note in notes:
            self._notes.append(note)
            run = written.add_run()
            run.font.superscript = True
            _child(run._r, "footnoteReference", id=str(len(self._notes)))
        return written

    def lead(self, text: str) -> None:
        """Write a paragraph in bold print."""
        self.paragraph(text).runs[0].bold = True

    def quote(self, quote: str, reference: str, link: str = "", lead: str = "") -> None:
        """Write a verbatim quote with its reference, which is a link where there is an address."""
        self.paragraph(f"{lead}“{one_line(quote)}”", style="Intense Quote" if not lead else "Quote")
        source = self._document.add_paragraph()
        _link(source._p, clean(reference), self._relate(self._document.part, link))

    def cited(self, quote: str, note: tuple[str, str]) -> None:
        """Write a quote, its paragraphs kept, with its reference as a footnote: the text and an address or ""."""
        parts = [part for part in map(one_line, quote.split("\n\n")) if part]
        for i, part in enumerate(parts, start=1):
            last = i == len(parts)
            written = f"{'“' if i == 1 else ''}{part}{'”' if last else ''}"
            self.paragraph(written, [note] if last else [], "Quote")

    def facts(self, rows: Iterable[tuple[str, str]]) -> None:
        """Write a table of names and values."""
        table = self._document.add_table(0, 2, "Light List Accent 1")
        for name, value in rows:
            cells = table.add_row().cells
            cells[0].text, cells[1].text = clean(name), clean(value)
        look = table._tbl.tblPr.find(f"{{{_W}}}tblLook")
        for name, value in (("firstRow", "0"), ("val", "0480")):  # names head the rows; nothing heads the columns
            look.set(f"{{{_W}}}{name}", value)
        table.autofit = True

    def to_bytes(self) -> bytes:
        """Return the file."""
        from docx.opc.packuri import PackURI
        from docx.opc.part import Part

        if self._notes:
            part = Part(PackURI("/word/footnotes.xml"), _NOTES_TYPE, b"", self._document.part.package)
            part._blob = _footnotes([(text, self._relate(part, link)) for text, link in self._notes])
            self._document.part.relate_to(part, f"{_R}/footnotes")
        file = io.BytesIO()
        self._document.save(file)
        return file.getvalue()

    def _relate(self, part: "Part", link: str) -> str:
        """Return the id of the relation of a part to an address; "" without one."""
        return part.relate_to(link, f"{_R}/hyperlink", is_external=True) if link else ""


def answer_word(response: AskResponse, base_url: str = "") -> bytes:
    """Return a whole answer: each statement with a footnote, then the quotes, or what was searched."""
    file = WordFile(response.question)
    if response.standalone_question != response.question:
        file.paragraph(f"Gezocht als: {response.standalone_question}")
    _write_answer(file, response, base_url)
    file.paragraph(told_sure(response))
    return file.to_bytes()


def _write_answer(file: WordFile, response: AskResponse, base_url: str) -> None:
    by_number = {one.n: one for one in response.citations}
    if response.answered:
        title, below = headed(response)
        file.heading(title)
        for line in below:
            file.paragraph(line)
        for statement in response.statements:
            cited = [by_number[n] for n in statement.citations]
            notes = [(one.reference, address(one, base_url)) for one in cited]
            file.paragraph(statement.text, notes, "List Bullet")
        file.heading("Bronnen")
        for one in response.citations:
            _write_quote(file, one, base_url, f"[{one.n}] ")
    if response.abstention:
        file.heading("Niet gevonden")
        file.paragraph(response.abstention.reason)
        file.paragraph(told_searched(response.abstention))
        if response.abstention.nearest:
            file.heading("Het dichtst daarbij, maar geen antwoord")
            for hit in response.abstention.nearest:
                file.quote(hit.text, hit.reference, address(hit, base_url))
    if response.precedents:
        file.heading("Eerdere parlementaire vragen hierover")
        for precedent in response.precedents:
            file.heading(one_line(precedent.question), 2)
            for one in precedent.answers:
                _write_quote(file, one, base_url)
    if response.notice:
        file.paragraph(f"Let op: {response.notice}")


def _write_quote(file: WordFile, one: CitationOut, base_url: str, lead: str = "") -> None:
    file.quote(one.quote, one.reference, address(one, base_url), lead)
    if one.later:
        file.paragraph(f"Nieuwer document over hetzelfde: {one.later.reference}")


def quotes_word(
    citations: Sequence[CitationOut], base_url: str = "", noted: Mapping[int, str] | None = None, title: str = "Citaten"
) -> bytes:
    """Return quotes with their references; `noted` is what a reader noted below one, by its number."""
    file = WordFile(title)
    for one in citations:
        _write_quote(file, one, base_url, f"[{one.n}] ")
        for line in (noted or {}).get(one.n, "").splitlines():
            file.paragraph(line)
    return file.to_bytes()


def record_word(response: AskResponse, facts: Facts, base_url: str = "") -> bytes:
    """Return the search record, with what `render_record` tells."""
    file = WordFile("Zoekverslag")
    file.facts(facts)
    _write_answer(file, response, base_url)
    if response.citations:
        file.heading("Plaats en hash van elke bron")
        file.facts((f"[{one.n}] {told_place(one)}", " ".join(one.sha256)) for one in response.citations)
    return file.to_bytes()


def _child(parent: etree._Element, name: str, **attributes: str) -> etree._Element:
    child = etree.SubElement(parent, f"{{{_W}}}{name}")
    for key, value in attributes.items():
        child.set(f"{{{_W}}}{key}", value)
    return child


def _link(paragraph: etree._Element, text: str, relation: str) -> None:
    """Write a text that is a link; without a relation it is only a text."""
    run = _child(_child(paragraph, "hyperlink") if relation else paragraph, "r")
    if relation:
        run.getparent().set(f"{{{_R}}}id", relation)
        properties = _child(run, "rPr")
        _child(properties, "color", val="0B5394")
        _child(properties, "u", val="single")
    _child(run, "t").text = text


def _footnotes(notes: Sequence[tuple[str, str]]) -> bytes:
    """Return the part with the footnotes: of each the text and the relation of its link or ""."""
    root = etree.Element(f"{{{_W}}}footnotes", nsmap={"w": _W, "r": _R})
    for number, kind in ((-1, "separator"), (0, "continuationSeparator")):  # lines that Word draws above notes
        note = _child(root, "footnote", type=kind, id=str(number))
        _child(_child(_child(note, "p"), "r"), kind)
    for number, (text, relation) in enumerate(notes, start=1):
        paragraph = _child(_child(root, "footnote", id=str(number)), "p")
        mark = _child(paragraph, "r")
        _child(_child(mark, "rPr"), "vertAlign", val="superscript")
        _child(mark, "footnoteRef")
        space = _child(_child(paragraph, "r"), "t")
        space.text = " "
        space.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
        _link(paragraph, clean(text), relation)
    written: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)
    return written
