"""A document with its headings, its pages and the cited passage marked."""

from collections.abc import Collection
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from api.routes import DocumentId, SearcherDep, find_document
from api.schemas import MAX_ID_CHARS, MAX_QUERY_CHARS, DocumentSummary, document_url, place_of
from api.web.document_text import DocumentText, page_named
from api.web.render import templates
from ingest.document import Document
from ingest.references import Described, find_references, resolve

router = APIRouter()


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
    text = DocumentText(document, cited.spans if cited else (), cited, q)
    pages = list(text.pages())
    marked = sum(is_word for page in pages for block in page.blocks for _, _, is_word in block.pieces)
    context = {
        "document": DocumentSummary.from_document(document),
        "file_name": document.file_name,
        "is_pdf": document.file_name.lower().endswith(".pdf"),
        "headings": text.headings,
        "pages": pages,
        "cited": place_of(document, cited)
        | {"quote": document.quote(cited.spans), "spans": cited.spans, "file_page": cited.own[0].page}
        if cited
        else None,
        "missing": passage is not None and cited is None,
        "page": page,
        "page_anchor": pages[page.number - 1].anchor if page else None,
        "no_page": p if p and page is None else None,
        "p": p,
        "q": q,
        "marked": marked if q.strip() else None,
        "references": _resolved(document, searcher.index.documents.digests.values()),
    }
    return templates.TemplateResponse(request, "document.html", context)


def _resolved(document: Document, corpus: Collection[Described]) -> list[tuple[str, str]]:
    """Other documents of the corpus that the text refers to: how it names each, and its address; each once."""
    found = {
        reference.normal: target
        for page in document.pages
        for reference in find_references(page.text)
        if (target := resolve(reference, corpus)) and target != document.document_id
    }
    return [(normal, document_url(target)) for normal, target in found.items()]
