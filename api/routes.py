"""The JSON API."""

import datetime
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Depends, Path, Query, Request
from fastapi.responses import HTMLResponse, Response
from fastapi.routing import APIRoute
from pydantic import BaseModel, Field, ValidationError
from starlette.datastructures import Headers
from starlette.routing import Match
from starlette.types import Scope

from api.ask import ask
from api.ask_schemas import AskRequest, AskResponse, CitationOut
from api.dossier import DossierOut, DossierRequest, build
from api.errors import EVERYWHERE, ApiError, documented, no_index, translate
from api.export import ExportForm, RecordForm, answer_file, citations_file, record_facts, render_record
from api.incoming import IncomingDep
from api.schemas import (
    MAX_ID_CHARS,
    MAX_K,
    MAX_QUERY_CHARS,
    DocumentList,
    DocumentOut,
    DocumentSummary,
    SearchFilters,
    SearchRequest,
    SearchResponse,
)
from api.service import SearchService, answer
from api.word import record_word
from api.writer.language_model import rewrite
from index.answer.answer import Answerer
from index.answer.citation import Citation
from index.errors import RetrievalError
from index.search.rank import Searcher
from ingest.document import Document

Model = TypeVar("Model", bound=BaseModel)
_NO_DOCUMENT = "Het document '{}' bestaat niet; kijk in de lijst van documenten welke er zijn."
api_router = APIRouter(prefix="/api", responses=EVERYWHERE)
_FORMS: dict[int | str, dict[str, Any]] = {200: {"content": {form.media_type.split(";")[0]: {} for form in ExportForm}}}
_DOSSIER_FORM = {
    "schema": {
        "type": "object",
        "properties": {
            "text": {"type": "string", "description": "de hele vraag"},
            "file": {"type": "string", "format": "binary", "description": "of een PDF of Word-bestand"},
        },
    }
}


def get_answerer(request: Request) -> Answerer:
    """Return what answers questions, or answer 503 while there is no usable index."""
    service: SearchService = request.app.state.service
    try:
        return service.answerer()
    except RetrievalError as error:
        raise no_index(error) from error


def get_searcher(request: Request) -> Searcher:
    """Return the searcher, or answer 503 while there is no usable index."""
    return get_answerer(request).searcher


SearcherDep = Annotated[Searcher, Depends(get_searcher)]
AnswererDep = Annotated[Answerer, Depends(get_answerer)]
PassageId = Annotated[str, Path(min_length=1, max_length=MAX_ID_CHARS, description="passage_id")]
DocumentId = Annotated[str, Path(min_length=1, max_length=MAX_ID_CHARS, description="document_id")]


def run_ask(request: Request, answerer: Answerer, wanted: AskRequest) -> AskResponse:
    """Answer, after checking that the documents in the filter exist; what is found is noted for the log."""
    check_documents(answerer.searcher, wanted.filters)
    response = rewrite(ask(answerer, wanted), request.app.state.settings)
    request.state.query = wanted.question
    request.state.hit_ids = [hit.passage_id for hit in response.related]
    return response


def check_documents(searcher: Searcher, filters: SearchFilters) -> None:
    """Answer 422 where a document in the filter does not exist."""
    for unknown in (name for name in filters.document_id if name not in searcher.index.documents):
        raise ApiError(422, _NO_DOCUMENT.format(unknown))


def find_document(searcher: Searcher, document_id: str) -> Document:
    """Return a document, or answer 404."""
    document = searcher.index.documents.get(document_id)
    if document is None:
        raise ApiError(404, _NO_DOCUMENT.format(document_id))
    return document


class SearchAddress(SearchFilters):
    """Een zoekopdracht in een adres."""

    query: str = Field(description="vraag of zoekwoorden in het Nederlands", max_length=MAX_QUERY_CHARS)
    k: int = Field(default=10, ge=1, le=MAX_K, description="hoogste aantal passages")
    start: int = Field(default=0, ge=0, le=MAX_K, description="hoeveel passages er overgeslagen worden")
    explain: bool = Field(default=False, description="zeg bij elke passage waarom ze gevonden is")


def checked(model: type[Model], /, **fields: object) -> Model:
    """Return a request made of loose values, whatever their names; raises ApiError, 422, where something is wrong."""
    try:
        return model.model_validate(fields)
    except ValidationError as error:
        raise ApiError(422, translate(dict(error.errors()[0]))) from error


@api_router.get("/search", summary="Zoek passages, met de vraag in het adres")
def search_by_address(
    request: Request, searcher: SearcherDep, wanted: Annotated[SearchAddress, Query()]
) -> SearchResponse:
    """Hetzelfde als met POST; elke lijst mag meermaals in het adres staan."""
    fields = wanted.model_dump(exclude_none=True)
    own = {name: fields.pop(name) for name in ("query", "k", "start", "explain")}
    return search(request, checked(SearchRequest, **own, filters=fields), searcher)


@api_router.post("/search", summary="Zoek passages")
def search(request: Request, wanted: SearchRequest, searcher: SearcherDep) -> SearchResponse:
    """Vind de passages die een vraag beantwoorden, met hun verwijzing."""
    check_documents(searcher, wanted.filters)
    response = answer(searcher, wanted)
    request.state.query = wanted.query
    request.state.hit_ids = [hit.passage_id for hit in response.hits]
    return response


@api_router.post("/ask", summary="Beantwoord een vraag")
def ask_question(request: Request, wanted: AskRequest, answerer: AnswererDep) -> AskResponse:
    """Geef de zinnen die een vraag beantwoorden, elk met haar bron, of zeg eerlijk dat het er niet staat."""
    return run_ask(request, answerer, wanted)


@api_router.post("/ask/export", summary="Neem een antwoord over", response_class=Response, responses=_FORMS)
def export(request: Request, wanted: AskRequest, answerer: AnswererDep, form: ExportForm = ExportForm.TEXT) -> Response:
    """Geef een antwoord met zijn bronnen als Word, tekst, Markdown, RIS, CSL-JSON of BibTeX."""
    content = answer_file(run_ask(request, answerer, wanted), form, base_url(request))
    return _file(form, wanted.question, content)


@api_router.post(
    "/ask/record",
    summary="Maak een zoekverslag",
    response_class=Response,
    responses={200: {"content": {"text/html": {}, ExportForm.WORD.media_type: {}}}},
)
def record(request: Request, wanted: AskRequest, answerer: AnswererDep, form: RecordForm = RecordForm.PAGE) -> Response:
    """Geef een pagina of een Wordbestand om te bewaren: vraag, filters, versie van het corpus, wat gevonden is."""
    index = answerer.searcher.index
    response = run_ask(request, answerer, wanted)
    now = datetime.datetime.now().astimezone()
    facts = record_facts(response, wanted, index.manifest.corpus_hash, len(index.documents), request.app.version, now)
    if form is RecordForm.PAGE:
        return HTMLResponse(render_record(response, facts))
    content = record_word(response, facts, base_url(request))
    return _file(ExportForm.WORD, f"zoekverslag {wanted.question}", content)


@api_router.get(
    "/passages/{passage_id}/citation",
    summary="Neem een passage over",
    response_class=Response,
    responses=_FORMS | documented(e404="onbekende passage"),
)
def citation(
    request: Request, passage_id: PassageId, searcher: SearcherDep, form: ExportForm = ExportForm.TEXT
) -> Response:
    """Geef een hele passage met haar verwijzing in een vorm om over te nemen."""
    passage = searcher.index.passage(passage_id)
    if passage is None:
        raise ApiError(404, f"De passage '{passage_id}' bestaat niet; zoek ze opnieuw.")
    document = searcher.index.documents[passage.document_id]
    cited = [CitationOut.of(1, Citation.whole(document, passage))]
    return _file(form, document.document_id, citations_file(cited, form, base_url(request)))


def _file(form: ExportForm, title: str, content: bytes) -> Response:
    return attached(content, form.media_type, form.file_name(title))


def attached(content: bytes | str, media_type: str, name: str) -> Response:
    """Return a file to save under a name."""
    return Response(content, media_type=media_type, headers={"Content-Disposition": f'attachment; filename="{name}"'})


def base_url(request: Request) -> str:
    """Return the address of the site as its users see it, with which links begin that leave."""
    return request.app.state.settings.site() or str(request.base_url).rstrip("/")


@api_router.get("/documents", summary="Alle documenten")
def documents(
    searcher: SearcherDep,
    start: Annotated[int, Query(ge=0, description="hoeveel er overgeslagen worden")] = 0,
    limit: Annotated[int | None, Query(ge=1, description="hoeveel er hoogstens komen; niets: alle")] = None,
) -> DocumentList:
    """Som de documenten op, met wat ze over zichzelf zeggen."""
    names = list(searcher.index.documents)
    found = [DocumentSummary.from_document(searcher.index.documents[name]) for name in names[start:][:limit]]
    return DocumentList(documents=found, total=len(names))


@api_router.get("/documents/{document_id}", summary="Een document", responses=documented(e404="onbekend document"))
def document(document_id: DocumentId, searcher: SearcherDep) -> DocumentOut:
    """Geef een heel document: gegevens, bladzijden en tekst."""
    found = find_document(searcher, document_id)
    return DocumentOut.from_document(found, searcher.index.documents.digests.values())


class _FormRoute(APIRoute):
    """A route that only takes forms; another at the same address takes JSON."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        found, child = super().matches(scope)
        is_form = Headers(scope=scope).get("content-type", "").startswith("multipart/form-data")
        return (found, child) if is_form else (Match.NONE, {})


def _form(answerer: AnswererDep, incoming: IncomingDep) -> DossierOut:
    return build(answerer, incoming)


api_router.add_api_route("/dossier", _form, methods=["POST"], include_in_schema=False, route_class_override=_FormRoute)


@api_router.post(
    "/dossier",
    summary="Zoek op wat er al op een schriftelijke vraag geantwoord is",
    openapi_extra={"requestBody": {"content": {"multipart/form-data": _DOSSIER_FORM}}},
)
def dossier(wanted: DossierRequest, answerer: AnswererDep) -> DossierOut:
    """Splits een schriftelijke vraag; geef per deelvraag eerdere antwoorden, passages, wat nieuwer is en ontbreekt."""
    check_documents(answerer.searcher, wanted.filters)
    return build(answerer, wanted.text, wanted.filters)
