"""A document with its headings, its pages and the cited passage marked; and the file that it was read from."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Query, Request
from fastapi.responses import FileResponse, HTMLResponse, Response

from api.errors import ApiError
from api.routes import DocumentId, SearcherDep, attached, find_document
from api.schemas import MAX_ID_CHARS, MAX_QUERY_CHARS, DocumentOut, document_url, place_of
from api.web.flow import flowed
from api.web.render import cut, templates
from index.search.hit import highlight
from index.store.manifest import file_sha256
from ingest.document import Document, Heading, Page, Passage, Span, touch
from ingest.errors import UnreadableFile
from ingest.question_lines import is_line, line_sha256, read_line

router = APIRouter()
# Shown in the browser; every other type is handed over as a file to keep, so that none is ever run as a page.
_SHOWN = {".pdf": "application/pdf", ".txt": "text/plain; charset=utf-8", ".md": "text/plain; charset=utf-8"}
# Chromium shows a PDF in a viewer with a style of its own, which the policy of our pages would forbid; a PDF runs no
# script of ours or of anyone, and `nosniff` keeps it from being read as anything else.
_PDF_POLICY = {"Content-Security-Policy": "frame-ancestors 'none'"}
_GONE = (
    "Het bestand '{}' staat niet meer op zijn plaats of is gewijzigd; de beheerder moet 'beleidswijzer ingest' draaien."
)
Anchored = tuple[str, Heading]  # a heading and its anchor


@dataclass(frozen=True, slots=True)
class Block:
    """A stretch of a page."""

    heading: Anchored | None  # the heading that it is
    anchors: tuple[str, ...]  # of headings without text of their own that point here
    passage: Passage | None  # that starts here
    cited: bool  # whether the passage that is asked for is read from here on
    # (text, is it quoted, is it a word that is asked for); joined, the texts are the page's own, place by place, with
    # their line ends flowing.
    pieces: tuple[tuple[str, bool, bool], ...]


@dataclass(frozen=True, slots=True)
class ShownPage:
    """A page of the document: its anchor, its printed number where it has one, and its text."""

    number: int
    label: str | None
    anchor: str
    blocks: tuple[Block, ...]


@router.get("/documents/{document_id}")
def document_page(
    request: Request,
    document_id: DocumentId,
    searcher: SearcherDep,
    passage: Annotated[str | None, Query(max_length=MAX_ID_CHARS, description="passage_id")] = None,
    p: Annotated[str, Query(max_length=20, description="bladzijde, zoals gedrukt of anders in het bestand")] = "",
    q: Annotated[str, Query(max_length=MAX_QUERY_CHARS, description="woorden om te markeren")] = "",
) -> HTMLResponse:
    """Show a document's text, with a passage, a page or words marked."""
    document = find_document(searcher, document_id)
    cited = next((one for one in document.passages if one.passage_id == passage), None)
    page = page_named(document, p) if p else None
    out = DocumentOut.from_document(document, searcher.index.documents.digests.values())
    found = ((one.normal, one.document_id) for one in out.references)
    others = {normal: document_url(target) for normal, target in found if target and target != document_id}
    pages = list(shown_pages(document, cited, q))
    marked = sum(is_word for page in pages for block in page.blocks for _, _, is_word in block.pieces)
    context = {
        "document": out.metadata,
        "file_name": document.file_name,
        "is_pdf": document.file_name.lower().endswith(".pdf"),
        "headings": _anchored(document),
        "pages": pages,
        "cited": cited and place_of(document, cited) | {"quote": document.quote(cited.spans), "spans": cited.spans},
        "file_page": _begins(document, cited).page if cited else page.number if page else None,
        "missing": passage is not None and cited is None,
        "page": page,
        "page_anchor": pages[page.number - 1].anchor if page else None,
        "no_page": p if p and page is None else None,
        "p": p,
        "q": q,
        "marked": marked if q.strip() else None,
        "references": list(others.items()),
    }
    return templates.TemplateResponse(request, "document.html", context)


def _anchored(document: Document) -> list[Anchored]:
    return [(f"kop-{n}", heading) for n, heading in enumerate(document.headings, start=1)]


def page_anchors(document: Document) -> dict[int, str]:
    """Return the anchor of each page: its printed number, or its place in the file where it has none of its own."""
    anchors: dict[int, str] = {}
    for page in document.pages:
        printed = f"p-{page.label}" if page.label and page.label.isalnum() else ""
        anchors[page.number] = printed if printed and printed not in anchors.values() else f"blad-{page.number}"
    return anchors


def page_named(document: Document, name: str) -> Page | None:
    """Return the page with a printed number, else the page of the file with that number, or None."""
    by_label = next((page for page in document.pages if page.label and page.label.lower() == name.lower()), None)
    if by_label is None and name.isdecimal() and len(name) < 7 and 1 <= int(name) <= len(document.pages):
        return document.pages[int(name) - 1]
    return by_label


def shown_pages(document: Document, cited: Passage | None = None, words: str = "") -> Iterator[ShownPage]:
    """Yield the pages of a document, with the passage that is asked for marked, and words wherever they occur."""
    anchors, headings, at = page_anchors(document), _anchored(document), cited and _begins(document, cited)
    passages: dict[int, dict[int, Passage]] = defaultdict(dict)
    for passage in document.passages:
        passages[passage.own[0].page][passage.own[0].start] = passage
    for page in document.pages:
        here = [(anchor, heading) for anchor, heading in headings if heading.place.page == page.number]
        start = at.start if at and at.page == page.number else None
        blocks = tuple(_blocks(page, here, passages[page.number], cited, start, words))
        yield ShownPage(page.number, page.label, anchors[page.number], blocks)


def _begins(document: Document, passage: Passage) -> Span:
    """Return where to begin to read a passage: at its answer, of which the question may be pages before it."""
    pair = document.pair_of(passage)
    return next((span for span in passage.own if pair and touch([span], pair.answer)), passage.own[0])


def _blocks(
    page: Page,
    here: Sequence[Anchored],
    passages: Mapping[int, Passage],
    cited: Passage | None,
    begins: int | None,
    words: str,
) -> Iterator[Block]:
    """Yield a page in blocks, given the headings that are on it and the passages that start there, by their place.

    `begins` is where to begin to read the cited one; None where that is on another page.
    """
    headings = {one.place.start: (anchor, one) for anchor, one in here if one.place.end > one.place.start}
    bare = [(anchor, one.place.start) for anchor, one in here if one.place.end <= one.place.start]
    cuts = {0, len(page.text), *passages, *headings, *(heading.place.end for _, heading in headings.values())}
    if begins is not None:
        cuts.add(begins)
    for _, heading in headings.values():  # nothing is cut inside a heading
        cuts -= {place for place in cuts if heading.place.start < place < heading.place.end}
    quoted = sorted((span.start, span.end) for span in (cited.spans if cited else ()) if span.page == page.number)
    marked = highlight(page.text, words) if words else ()
    shown = flowed(page.text)
    for start, end in pairwise(sorted(cuts)):
        yield Block(
            heading=headings.get(start),
            anchors=tuple(anchor for anchor, place in bare if start <= place < end),
            passage=passages.get(start),
            cited=start == begins,
            pieces=tuple(_pieces(shown, start, end, quoted, marked)),
        )


def _pieces(
    text: str, start: int, end: int, quoted: Sequence[tuple[int, int]], words: Sequence[tuple[int, int]]
) -> Iterator[tuple[str, bool, bool]]:
    for piece, is_quoted in cut(text, quoted, start, end):
        stop = start + len(piece)
        yield from ((part, is_quoted, is_word) for part, is_word in cut(text, words, start, stop))
        start = stop


@router.get("/documents/{document_id}/bestand")
def original_file(request: Request, document_id: DocumentId, searcher: SearcherDep) -> Response:
    """Give the original file of a document as it lies on disk; only one of the index, and only unchanged."""
    document = find_document(searcher, document_id)
    try:
        with request.app.state.settings.open_records() as store:
            path = Path(store.recipes()[document_id][1])
        if is_line(path):  # alone: who may read it need not read the others
            line = read_line(path)
            unchanged = line_sha256(path) == document.sha256
        else:
            line, status = None, path.stat()
            unchanged = _sha256(path, status.st_mtime_ns, status.st_size) == document.sha256
    except (KeyError, OSError, UnreadableFile):  # an ingest removed the document a moment ago; the file is gone
        unchanged = False
    if not unchanged:
        raise ApiError(404, _GONE.format(document.file_name))
    if line is not None:
        return attached(line, "application/octet-stream", quote(path.parent.name))
    media_type = _SHOWN.get(path.suffix.lower())
    return FileResponse(
        path,
        headers=_PDF_POLICY if media_type == _SHOWN[".pdf"] else None,
        media_type=media_type or "application/octet-stream",
        filename=document.file_name,
        content_disposition_type="inline" if media_type else "attachment",
    )


@lru_cache(maxsize=256)
def _sha256(path: Path, _mtime_ns: int, _size: int) -> str:
    """Return the hash of a file, remembered as long as its time and size stay: a PDF is asked for in many parts."""
    return file_sha256(path)
