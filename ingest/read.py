"""Read files into pages: plain text, Markdown-like text, and PDF at page level."""

import hashlib
import re
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pypdf
from pypdf.errors import PyPdfError

from ingest.document import Page
from ingest.errors import UnreadableFile

# The running header of a parliamentary document: "1328 (2017-2018) – Nr. 1  15", where 15 is the page.
RUNNING_HEADER = re.compile(
    r"^[^\w\n]*\d+ \(\d{4}-\d{4}\) [–-] Nr\.[^\w\n]?\d+(?:[^\w\n]+(?P<page>\d+))?[^\w\n]*$", re.MULTILINE
)
# Text extractors that put a space where the form feed was leave a page start as a line with one leading space.
_SOFT_BREAK = re.compile(r"(?<=\n) (?=\S)")


def read_file(path: Path) -> tuple[str, tuple[Page, ...]]:
    """Read one file.

    Args:
        path: a .txt, .md or .pdf file.

    Returns:
        The SHA-256 of the file, hexadecimal, and its pages.

    Raises:
        UnreadableFile: the file cannot be read, is of another type, or holds no text.
    """
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        raise UnreadableFile(f"{path.name} is not one of {', '.join(sorted(READERS))}; convert it first.")
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UnreadableFile(f"{path.name} cannot be read ({error.strerror}); check the file.") from error
    pages = reader(path, data)
    if not any(page.text.strip() for page in pages):
        raise UnreadableFile(f"{path.name} holds no text; if it is a scan, run OCR on it first.")
    return hashlib.sha256(data).hexdigest(), pages


def _read_text(path: Path, data: bytes) -> tuple[Page, ...]:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnreadableFile(f"{path.name} is not UTF-8 text (byte {error.start}); save it as UTF-8.") from error
    return split_pages(text)


def _read_pdf(path: Path, data: bytes) -> tuple[Page, ...]:
    del data  # pypdf reads lazily from the file, which keeps large files out of memory
    try:
        reader = pypdf.PdfReader(path)
        if reader.is_encrypted and not reader.decrypt(""):
            raise UnreadableFile(f"{path.name} is encrypted; remove the password first.")
        labels = reader.page_labels
        return tuple(
            Page(number, labels[number - 1] or None, _clean(page.extract_text()))
            for number, page in enumerate(reader.pages, start=1)
        )
    except (PyPdfError, OSError, ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError) as error:
        raise UnreadableFile(f"{path.name} is not a readable PDF ({error}); open and save it again.") from error


def _clean(text: str) -> str:
    """Replace what cannot be stored or shown: lone surrogates from broken fonts."""
    return text.encode("utf-8", "replace").decode("utf-8")


READERS: dict[str, Callable[[Path, bytes], tuple[Page, ...]]] = {
    ".txt": _read_text,
    ".md": _read_text,
    ".pdf": _read_pdf,
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
