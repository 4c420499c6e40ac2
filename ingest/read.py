"""Read files: whatever the format, a reader gives pages and the blocks on them."""

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from types import MappingProxyType

from ingest.document import Block, BlockKind, Page, Span
from ingest.errors import UnreadableFile
from ingest.readers.running import RUNNING_HEADER
from ingest.readers.text import read_blocks

# Text extractors that put a space where the form feed was leave a page start as a line with one leading space.
_SOFT_BREAK = re.compile(r"(?<=\n) (?=\S)")
_MAX_BYTES = 500_000_000  # a yearly report with photographs has some 50 MB
_MAX_TEXT_BYTES = 20_000_000  # of a format that is text itself: some 10,000 pages
_FEW_CHARS = 25  # a page on average; a title page has more
_LOW_CONFIDENCE = 0.75  # of recognised words on average; below it about one word in ten is wrong
# Documents that people have and that are not read, with what to do.
REFUSED: Mapping[str, str] = MappingProxyType(
    {
        ".zip": "pak het uit en geef de bestanden erin",
        ".doc": "open het in Word of LibreOffice en bewaar het als .docx",
        ".odt": "open het in LibreOffice en bewaar het als .docx",
        ".rtf": "open het in Word of LibreOffice en bewaar het als .docx",
    }
)
_SIGNATURES = {
    b"%PDF-": (".pdf",),
    b"PK\x03\x04": (".docx", ".zip"),
    b"\xd0\xcf\x11\xe0": (".doc",),
    b"{\\rtf": (".rtf",),
}


@dataclass(frozen=True, slots=True)
class Content:
    """What a file holds.

    Attributes:
        sha256: of the file, hexadecimal.
        pages: its pages.
        blocks: its body in reading order, as spans of the pages.
        title: what stands as title on it, or None.
        confidence: of text recognised in images, 0 to 1, by span; empty where the file gives its text itself.
        notes: what the user should know about how it was read, one sentence each, in Dutch.
    """

    sha256: str
    pages: tuple[Page, ...]
    blocks: list[Block]
    title: str | None = None
    confidence: dict[Span, float] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def read_file(path: Path) -> Content:
    """Read one file.

    Args:
        path: a file of one of the types in `READERS`.

    Returns:
        Its content.

    Raises:
        UnreadableFile: the file cannot be read, is of another type, or holds no text.
    """
    suffix = path.suffix.lower()
    if suffix in REFUSED:
        raise UnreadableFile(f"{path.name} wordt niet gelezen; {REFUSED[suffix]}.")
    if suffix not in READERS:
        raise UnreadableFile(f"{path.name} is geen {', '.join(sorted(READERS))}; zet het eerst om.")
    try:
        if path.stat().st_size > (_MAX_BYTES if suffix in (".pdf", ".docx") else _MAX_TEXT_BYTES):
            raise UnreadableFile(f"{path.name} is te groot ({path.stat().st_size / 1e6:.0f} MB); splits het op.")
        data = path.read_bytes()
    except OSError as error:
        raise UnreadableFile(f"{path.name} kan niet gelezen worden ({error.strerror}); kijk het bestand na.") from error
    if not data:
        raise UnreadableFile(f"{path.name} is leeg (0 bytes); haal het opnieuw op.")
    for signature, suffixes in _SIGNATURES.items():
        if data.startswith(signature) and suffix not in suffixes:
            raise UnreadableFile(
                f"{path.name} is van binnen een {suffixes[0]}-bestand en geen {suffix}; geef het de juiste extensie."
            )
    pages, blocks, title, confidence, notes = READERS[suffix](path, data)
    if not any(page.text.strip() for page in pages):
        raise UnreadableFile(f"{path.name} bevat geen tekst; kijk na of het het juiste bestand is.")
    if not blocks:
        raise UnreadableFile(
            f"{path.name} bevat alleen kop- en voetteksten of een inhoudstafel; kijk na of het het juiste bestand is."
        )
    letters = sum(len("".join(page.text.split())) for page in pages)
    if suffix == ".pdf" and letters < _FEW_CHARS * len(pages):
        counted = f"{len(pages)} bladzijde" + ("n" if len(pages) > 1 else "")
        notes += (f"{path.name} is bijna leeg: {letters} tekens op {counted}; kijk na of het volledig is.",)
    return Content(hashlib.sha256(data).hexdigest(), pages, blocks, title, confidence, notes)


_Read = tuple[tuple[Page, ...], list[Block], str | None, dict[Span, float], tuple[str, ...]]


def _read_text(path: Path, data: bytes) -> _Read:
    pages = split_pages(_decode(path, data))
    return pages, read_blocks(pages), None, {}, ()


def _decode(path: Path, data: bytes) -> str:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnreadableFile(f"{path.name} is geen UTF-8-tekst (byte {error.start}); bewaar het als UTF-8.") from error
    if "\0" in text:
        raise UnreadableFile(f"{path.name} is geen tekst maar een binair bestand; geef het de juiste extensie.")
    return text


def _read_markdown(path: Path, data: bytes) -> _Read:
    from ingest.readers.flow import lay_out
    from ingest.readers.markup import read_markdown

    pages, blocks = lay_out(read_markdown(_decode(path, data)))
    return pages, blocks, _top_heading(blocks), {}, ()


def _read_html(path: Path, data: bytes) -> _Read:
    from ingest.readers.flow import lay_out
    from ingest.readers.markup import read_html

    pages, blocks = lay_out(read_html(path, data))
    return pages, blocks, _top_heading(blocks), {}, ()


def _read_word(path: Path, data: bytes) -> _Read:
    del data
    from ingest.readers.flow import lay_out
    from ingest.readers.word import read_word

    pages, blocks = lay_out(read_word(path))
    return pages, blocks, _top_heading(blocks), {}, ()


def _read_pdf(path: Path, data: bytes) -> _Read:
    del data  # PDFium reads from the file, which keeps large files out of memory
    from ingest.readers.pdf.chars import read_sheets
    from ingest.readers.pdf.compose import compose
    from ingest.readers.pdf.ocr import recognise

    sheets, notes = recognise(path, read_sheets(path))
    composed = compose(sheets)
    known = composed.confidence.values()
    if known and (mean := sum(known) / len(known)) < _LOW_CONFIDENCE:
        notes += (f"{path.name} is moeilijk leesbaar: zekerheid van de OCR {mean:.0%}; zoek een betere scan.",)
    return composed.pages, composed.blocks, composed.title, composed.confidence, notes


def _top_heading(blocks: list[Block]) -> str | None:
    headings = [block for block in blocks if block.kind is BlockKind.HEADING]
    return min(headings, key=lambda block: block.level).text if headings else None


READERS: dict[str, Callable[[Path, bytes], _Read]] = {
    ".docx": _read_word,
    ".htm": _read_html,
    ".html": _read_html,
    ".md": _read_markdown,
    ".pdf": _read_pdf,
    ".txt": _read_text,
}


def split_pages(text: str) -> tuple[Page, ...]:
    """Split plain text where it shows its own page boundaries.

    A boundary is a form feed or a running header that gives its page number. Where two running headers n and m
    pages apart enclose exactly m - n - 1 soft breaks (a line with one leading space), those are boundaries too.
    A page gets a label only if a running header vouches for it; the others have none, since a guessed page number
    must never reach a citation.

    Args:
        text: the whole text.

    Returns:
        The pages; joined, their texts are `text` again.
    """
    labels: dict[int, str] = {}  # offset of a boundary -> printed page number
    cuts = {match.end() for match in re.finditer("\f", text)}
    headers = [(match.start(), int(match["page"])) for match in RUNNING_HEADER.finditer(text) if match["page"]]
    for offset, number in headers:
        cuts.add(offset)
        labels[offset] = str(number)
    soft = [match.start() for match in _SOFT_BREAK.finditer(text)]
    for (left, first), (right, last) in pairwise(headers):
        between = [offset for offset in soft if left < offset < right]
        if last - first - 1 == len(between):
            cuts.update(between)
            labels.update({offset: str(first + i) for i, offset in enumerate(between, start=1)})
            if right == headers[-1][0]:  # the rule held here, so the next soft break ends the last page
                cuts.update(offset for offset in soft if offset > right)
    starts = sorted({0, *cuts} - {len(text)}) or [0]
    return tuple(
        Page(number, labels.get(start), text[start:end])
        for number, (start, end) in enumerate(zip(starts, [*starts[1:], len(text)], strict=True), start=1)
    )
