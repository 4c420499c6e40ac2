"""Read files: whatever the format, a reader gives pages and the blocks on them."""

import datetime
import hashlib
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path

from ingest.dates import find_date
from ingest.document import Block, BlockKind, Page, Span
from ingest.errors import UnreadableFile
from ingest.readers.encoding import decode
from ingest.readers.flow import Element, lay_out
from ingest.readers.mail import read_mail
from ingest.readers.markup import read_html
from ingest.readers.pdf.chars import read_sheets
from ingest.readers.pdf.compose import compose
from ingest.readers.pdf.furniture import UNREADABLE
from ingest.readers.pdf.ocr import doubts, recognise
from ingest.readers.rich_text import read_rich_text
from ingest.readers.text import RUNNING_HEADER, read_blocks
from ingest.readers.word import read_word
from ingest.readers.workbook import read_workbook

# Text extractors that put a space where the form feed was leave a page start as a line with one leading space.
_SOFT_BREAK = re.compile(r"(?<=\n) (?=\S)")
_MAX_BYTES = 500_000_000  # a yearly report with photographs has some 50 MB
_PACKED = frozenset({".pdf", ".docx", ".docm", ".xlsx", ".xlsm", ".eml"})
_MAX_TEXT_BYTES = 20_000_000  # of a format that is text itself: some 10,000 pages
_FEW_CHARS = 25  # a page on average; a title page has more
# Documents that people have and that are not read, with what to do.
_TO_PDF = "open het in PowerPoint of LibreOffice en bewaar het als PDF"
REFUSED: Mapping[str, str] = {
    ".zip": "pak het uit en geef de bestanden erin",
    **dict.fromkeys((".doc", ".dot", ".odt", ".wps"), "open het in Word of LibreOffice en bewaar het als .docx"),
    **dict.fromkeys((".pages", ".wpd"), "bewaar het in het programma waarmee het gemaakt is als .docx of PDF"),
    **dict.fromkeys((".xls", ".ods"), "open het in Excel of LibreOffice en bewaar het als .xlsx"),
    **dict.fromkeys((".ppt", ".pptx", ".pps", ".ppsx", ".odp"), _TO_PDF),
    ".msg": "open het in uw mailprogramma en bewaar het als .eml, bijlagen apart",
    **dict.fromkeys((".mht", ".mhtml"), "open het in een browser en bewaar het als .html"),
}
_OLE = b"\xd0\xcf\x11\xe0"
_SIGNATURES = {
    b"%PDF-": (".pdf",),
    b"PK\x03\x04": (".docx", ".docm", ".xlsx", ".xlsm", ".zip"),
    _OLE: (".doc",),
    b"{\\rtf": (".rtf",),
}
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")  # the entry of an OLE file that holds a protected Office file


@dataclass(frozen=True, slots=True)
class Content:
    """What a file holds.

    Attributes:
        sha256: of the file, hexadecimal.
        blocks: its body in reading order, as spans of the pages.
        title: what stands as title on it, or None.
        confidence: of text recognised in images, 0 to 1, by span; empty where the file gives its text itself.
        notes: what the user should know about how it was read, one sentence each, in Dutch.
        date: what its front matter gives as its date, or None.
    """

    sha256: str
    pages: tuple[Page, ...]
    blocks: list[Block]
    title: str | None = None
    confidence: dict[Span, float] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    date: datetime.date | None = None


def read_file(path: Path) -> Content:
    """Read one file.

    Raises:
        UnreadableFile: the file cannot be read, is of another type, or holds no text.
    """
    suffix = path.suffix.lower()
    data = _load(path, suffix)
    try:
        content = READERS[suffix](path, data)
    except RecursionError as error:
        raise UnreadableFile(f"{path.name} is te diep genest; bewaar het opnieuw in een andere vorm.") from error
    if not any(page.text.strip() for page in content.pages):
        raise UnreadableFile(f"{path.name} bevat geen tekst; kijk na of het het juiste bestand is.")
    if not content.blocks:
        raise UnreadableFile(
            f"{path.name} bevat alleen kop- en voetteksten of een inhoudstafel; kijk na of het het juiste bestand is."
        )
    notes = content.notes
    letters = sum(len("".join(page.text.split())) for page in content.pages)
    if suffix == ".pdf" and letters < _FEW_CHARS * len(content.pages):
        counted = f"{len(content.pages)} bladzijde" + ("n" if len(content.pages) > 1 else "")
        notes += (f"{path.name} is bijna leeg: {letters} tekens op {counted}; kijk na of het volledig is.",)
    return replace(content, sha256=hashlib.sha256(data).hexdigest(), notes=notes)


def _load(path: Path, suffix: str) -> bytes:
    """Bytes of a file that is what its name says."""
    if suffix in REFUSED:
        raise UnreadableFile(f"{path.name} wordt niet gelezen; {REFUSED[suffix]}.")
    if suffix not in READERS:
        raise UnreadableFile(f"{path.name} is geen {', '.join(sorted(READERS))}; zet het eerst om.")
    try:
        if path.stat().st_size > (_MAX_BYTES if suffix in _PACKED else _MAX_TEXT_BYTES):
            raise UnreadableFile(f"{path.name} is te groot ({path.stat().st_size / 1e6:.0f} MB); splits het op.")
        data = path.read_bytes()
    except OSError as error:
        raise UnreadableFile(f"{path.name} kan niet gelezen worden; kijk na of u het bestand mag lezen.") from error
    if not data:
        raise UnreadableFile(f"{path.name} is leeg (0 bytes); haal het opnieuw op.")
    if data.startswith(_OLE) and _ENCRYPTED in data:
        raise UnreadableFile(f"{path.name} is beveiligd met een wachtwoord; bewaar het zonder wachtwoord.")
    for signature, suffixes in _SIGNATURES.items():
        if data.startswith(signature) and suffix not in suffixes:
            raise UnreadableFile(
                f"{path.name} is van binnen een {suffixes[0]}-bestand en geen {suffix}; geef het de juiste extensie."
            )
    return data


def _read_text(path: Path, data: bytes) -> Content:
    text, notes = decode(path, data)
    pages = split_pages(text)
    return Content("", pages, read_blocks(pages), notes=notes)


def _read_markdown(path: Path, data: bytes) -> Content:
    from ingest.readers.markdown import read_markdown  # takes a tenth of the time in which a command starts

    text, notes = decode(path, data)
    elements, stated = read_markdown(text)
    content = _laid_out(elements, notes)
    date = find_date(stated.get("date", stated.get("datum", "")))
    return replace(content, title=stated.get("title", stated.get("titel", content.title)), date=date)


def _read_html(path: Path, data: bytes) -> Content:
    text, notes = decode(path, data, declares=True)
    elements, more = read_html(path, text)
    return _laid_out(elements, notes + more)


def _read_mail(path: Path, data: bytes) -> Content:
    elements, notes, sent = read_mail(path, data)
    return replace(_laid_out(elements, notes), date=sent)


def _laid_out(elements: Iterable[Element], notes: tuple[str, ...] = ()) -> Content:
    pages, blocks = lay_out(elements)
    headings = [block for block in blocks if block.kind is BlockKind.HEADING]
    title = min(headings, key=lambda block: block.level).text if headings else None
    return Content("", pages, blocks, title, notes=notes)


def _read_pdf(path: Path, data: bytes) -> Content:
    del data  # PDFium reads from the file, which keeps large files out of memory
    sheets, notes = recognise(path, read_sheets(path))
    composed = compose(sheets)
    unread = [span.page for span, reason in composed.left_out.items() if reason == UNREADABLE]
    notes += tuple(doubts(path.name, composed.confidence, unread))
    if left_out := Counter(reason for reason in composed.left_out.values() if reason != UNREADABLE):
        counted = ", ".join(f"{count} {reason}" for reason, count in sorted(left_out.items()))
        notes += (f"{path.name}: niet doorzocht, want geen lopende tekst: {counted}; de bladzijden tonen ze wel.",)
    return Content("", composed.pages, composed.blocks, composed.title, composed.confidence, notes)


READERS: dict[str, Callable[[Path, bytes], Content]] = {
    **dict.fromkeys((".docm", ".docx"), lambda path, data: _laid_out(*read_word(path, data))),
    ".eml": _read_mail,
    **dict.fromkeys((".htm", ".html"), _read_html),
    ".md": _read_markdown,
    ".pdf": _read_pdf,
    ".rtf": lambda _, data: _laid_out(read_rich_text(data)),
    ".txt": _read_text,
    **dict.fromkeys((".xlsm", ".xlsx"), lambda path, data: _laid_out(*read_workbook(path, data))),
}


def split_pages(text: str) -> tuple[Page, ...]:
    """Split plain text where it shows its own page boundaries; the texts of the pages together are `text` again.

    A boundary is a form feed or a running header that gives its page number. Where two running headers n and m
    pages apart enclose exactly m - n - 1 soft breaks (a line with one leading space), those are boundaries too.
    A page gets a label only if a running header vouches for it; the others have none, since a guessed page number
    must never reach a citation.
    """
    headers = [(match.start(), int(match["page"])) for match in RUNNING_HEADER.finditer(text) if match["page"]]
    labels = {offset: str(number) for offset, number in headers}  # offset of a boundary -> printed page number
    cuts = labels.keys() | {at + 1 for at, char in enumerate(text) if char == "\f"}
    soft = [match.start() for match in _SOFT_BREAK.finditer(text)]
    for (left, first), (right, last) in pairwise(headers):
        between = [offset for offset in soft if left < offset < right]
        if last - first - 1 == len(between):
            cuts.update(between)
            labels.update({offset: str(first + i) for i, offset in enumerate(between, start=1)})
            if right == headers[-1][0]:  # the rule held here, so the next soft break ends the last page
                cuts.update(offset for offset in soft if offset > right)
    starts = sorted({0, *cuts} - {len(text)}) or [0]
    parts = enumerate(pairwise([*starts, len(text)]), start=1)
    return tuple(Page(number, labels.get(start), text[start:end]) for number, (start, end) in parts)
