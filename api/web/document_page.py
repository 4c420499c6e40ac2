"""A document's page, with the cited passage marked."""

from collections.abc import Collection, Iterator
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from api.routes import DocumentId, SearcherDep, find_document
from api.schemas import DocumentSummary, document_url
from api.web.render import cut, templates
from ingest.document import Document, Passage
from ingest.references import find_references, resolve

router = APIRouter()


@router.get("/documents/{document_id}")
def document_page(
    request: Request,
    document_id: DocumentId,
    searcher: SearcherDep,
    passage: Annotated[str | None, Query(max_length=300, description="passage_id")] = None,
) -> HTMLResponse:
    """Show a document's text, with a passage marked."""
    document = find_document(searcher, document_id)
    found = next((p for p in document.passages if p.passage_id == passage), None)
    context = {
        "document": DocumentSummary.from_document(document),
        "pages": list(_marked_pages(document, found)),
        "missing": passage is not None and found is None,
        "references": _resolved(document, searcher.index.documents.values()),
    }
    return templates.TemplateResponse(request, "document.html", context)


def _resolved(document: Document, corpus: Collection[Document]) -> list[tuple[str, str]]:
    """Other documents of the corpus that the text refers to: how it names each, and its address; each once."""
    found = {
        reference.normal: target
        for page in document.pages
        for reference in find_references(page.text)
        if (target := resolve(reference, corpus)) and target != document.document_id
    }
    return [(normal, document_url(target)) for normal, target in found.items()]


def _marked_pages(document: Document, passage: Passage | None) -> Iterator[tuple[str | None, list[tuple[str, bool]]]]:
    for page in document.pages:
        spans = [span for span in (passage.spans if passage else ()) if span.page == page.number]
        yield page.label, list(cut(page.text, sorted((span.start, span.end) for span in spans)))
