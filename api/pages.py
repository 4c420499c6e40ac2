"""The web page: a search box, its hits, and a document with the cited passage marked."""

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse
from fastapi.templating import Jinja2Templates
from pydantic import ValidationError

from api.errors import ApiError, translate
from api.routes import DocumentId, SearcherDep, find_document, get_searcher, run_search
from api.schemas import DocumentSummary, HitOut, SearchRequest, document_url
from index.cite import KIND_NAMES, UNKNOWN
from ingest.document import Document, Passage
from ingest.references import find_references, resolve

pages_router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
_templates = Jinja2Templates(directory=Path(__file__).parent / "templates")
_templates.env.globals.update(kind_names=KIND_NAMES, unknown=UNKNOWN)
_templates.env.trim_blocks = _templates.env.lstrip_blocks = True


@pages_router.get("/")
def home(request: Request, q: Annotated[str | None, Query(description="vraag")] = None) -> HTMLResponse:
    """Show the search box and, if something was asked, what was found."""
    context: dict[str, object] = {"q": q or "", "hits": None, "error": None}
    status = 200
    try:
        searcher = get_searcher(request)
        context["documents"] = len(searcher.index.documents)
        if q is not None:
            wanted = SearchRequest(query=q)
            response = run_search(request, searcher, wanted)
            context["hits"] = [_marked(hit) for hit in response.hits]
            context["corrected"] = response.corrected_query
    except ValidationError as error:
        status, context["error"] = 422, translate(dict(error.errors()[0]))
    except ApiError as error:
        status, context["error"] = error.status, error.message
    return _templates.TemplateResponse(request, "home.html", context, status_code=status)


@pages_router.get("/documents/{document_id}")
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
    return _templates.TemplateResponse(request, "document.html", context)


def _resolved(document: Document, corpus: Collection[Document]) -> list[tuple[str, str]]:
    """Other documents of the corpus that the text refers to: how it names each, and its address; each once."""
    found = {
        reference.normal: target
        for page in document.pages
        for reference in find_references(page.text)
        if (target := resolve(reference, corpus)) and target != document.document_id
    }
    return [(normal, document_url(target)) for normal, target in found.items()]


def _marked(hit: HitOut) -> dict[str, object]:
    """A hit with its text cut into (text, is it a word of the question)."""
    return {"hit": hit, "pieces": list(_cut(hit.text, hit.highlights))}


def _marked_pages(document: Document, passage: Passage | None) -> Iterator[tuple[str | None, list[tuple[str, bool]]]]:
    for page in document.pages:
        spans = [span for span in (passage.spans if passage else ()) if span.page == page.number]
        yield page.label, list(_cut(page.text, sorted((span.start, span.end) for span in spans)))


def _cut(text: str, ranges: list[tuple[int, int]]) -> Iterator[tuple[str, bool]]:
    """Cut a text into pieces inside and outside sorted, disjoint ranges."""
    position = 0
    for start, end in ranges:
        if start > position:
            yield text[position:start], False
        yield text[start:end], True
        position = end
    if position < len(text):
        yield text[position:], False
