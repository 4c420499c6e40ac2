"""The JSON API."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request

from api.errors import ApiError, no_index
from api.schemas import (
    DocumentList,
    DocumentOut,
    DocumentSummary,
    ErrorOut,
    Health,
    PageOut,
    SearchRequest,
    SearchResponse,
)
from api.service import answer
from index.errors import RetrievalError
from index.search import Searcher
from ingest.document import Document

_ERRORS: dict[int | str, dict[str, object]] = {
    422: {"model": ErrorOut, "description": "verkeerde invoer"},
    503: {"model": ErrorOut, "description": "er is nog geen index"},
}
api_router = APIRouter(prefix="/api", responses=_ERRORS)


def get_searcher(request: Request) -> Searcher:
    """Return the searcher, or answer 503 while there is no usable index."""
    try:
        searcher: Searcher = request.app.state.service.searcher()
    except RetrievalError as error:
        raise no_index(error) from error
    return searcher


SearcherDep = Annotated[Searcher, Depends(get_searcher)]
DocumentId = Annotated[str, Path(min_length=1, max_length=200, description="document_id")]


def run_search(request: Request, searcher: Searcher, wanted: SearchRequest) -> SearchResponse:
    """Search, after checking that the documents in the filter exist; what is found is noted for the log."""
    unknown = [name for name in wanted.filters.document_id if name not in searcher.index.documents]
    if unknown:
        raise ApiError(422, f"Het document '{unknown[0]}' bestaat niet; kies er een uit /api/documents.")
    response = answer(searcher, wanted)
    request.state.query = wanted.query
    request.state.hit_ids = [hit.passage_id for hit in response.hits]
    return response


def find_document(searcher: Searcher, document_id: str) -> Document:
    """Return a document, or answer 404."""
    document = searcher.index.documents.get(document_id)
    if document is None:
        raise ApiError(404, f"Het document '{document_id}' bestaat niet; kijk in /api/documents welke er zijn.")
    return document


@api_router.post("/search", summary="Zoek passages")
def search(request: Request, wanted: SearchRequest, searcher: SearcherDep) -> SearchResponse:
    """Vind de passages die een vraag beantwoorden, met hun verwijzing."""
    return run_search(request, searcher, wanted)


@api_router.get("/health", summary="Toestand van de dienst")
def health(request: Request, searcher: SearcherDep) -> Health:
    """Zeg of er gezocht kan worden, en waarin."""
    manifest = searcher.index.manifest
    return Health(
        ok=True,
        version=request.app.version,
        model=manifest.model,
        corpus_hash=manifest.corpus_hash,
        documents=len(searcher.index.documents),
        passages=len(searcher.index.passages),
    )


@api_router.get("/documents", summary="Alle documenten")
def documents(searcher: SearcherDep) -> DocumentList:
    """Som de documenten op, met wat ze over zichzelf zeggen."""
    return DocumentList(documents=[DocumentSummary.from_document(d) for d in searcher.index.documents.values()])


@api_router.get(
    "/documents/{document_id}",
    summary="Een document",
    responses={404: {"model": ErrorOut, "description": "onbekend document"}},
)
def document(document_id: DocumentId, searcher: SearcherDep) -> DocumentOut:
    """Geef een heel document: gegevens, bladzijden en tekst."""
    found = find_document(searcher, document_id)
    return DocumentOut(
        metadata=DocumentSummary.from_document(found),
        pages=[PageOut(page=p.number, label=p.label, text=p.text, sha256=p.sha256) for p in found.pages],
        text="".join(page.text for page in found.pages),
    )
