"""The map of a reader: citations kept in the browser's own storage, which come here only to be made into a file.

The browser sends where each quote stands and what was noted beside it. The quote itself is cut out of the document
again, and nothing is kept or logged.
"""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, Response
from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from api.ask_schemas import CitationOut
from api.bibliography import items_of, write_ris
from api.errors import ApiError, translate
from api.export import ExportForm
from api.routes import SearcherDep, attached, base_url
from api.schemas import MAX_ID_CHARS
from api.text_forms import one_line
from api.web.own_page import own_form_with_files
from api.web.render import templates
from api.word import quotes_word
from index.answer.citation import Citation
from index.search.rank import Searcher
from ingest.document import Span
from ingest.errors import SpanError

router = APIRouter()
MOST = 500  # citations in a file
_MAX_CHARS = 20_000  # of a quote
_MAX_BYTES = 4_000_000  # of all of them
_EMPTY = "Uw map is leeg; bewaar eerst een citaat."
_CHANGED = "De bron van citaat {} is intussen gewijzigd of weg; haal het uit uw map en zoek het opnieuw."


class Kept(BaseModel):
    """A citation as a browser keeps it: where it stands, what stood there, and what was noted; the rest is ignored."""

    passage: Annotated[str, Field(max_length=MAX_ID_CHARS)]
    spans: Annotated[list[tuple[int, int, int]], Field(min_length=1, max_length=1000)]
    quote: Annotated[str, Field(max_length=_MAX_CHARS)]
    note: Annotated[str, Field(max_length=5_000)] = ""


Wanted = tuple[list[Kept], ExportForm]
_KEPT = TypeAdapter(Annotated[list[Kept], Field(max_length=MOST)])


@router.get("/map")
def collection(request: Request) -> HTMLResponse:
    """Show the page, which the browser fills."""
    return templates.TemplateResponse(request, "collection.html", {"most": MOST})


async def _sent(request: Request) -> Wanted:
    fields, _ = await own_form_with_files(request, files=0, part_bytes=_MAX_BYTES)
    try:
        form = ExportForm.RIS if fields.get("form") == ExportForm.RIS else ExportForm.WORD
        return _KEPT.validate_json(fields.get("items", "[]")), form
    except ValidationError as error:
        raise ApiError(422, translate(dict(error.errors()[0]))) from error


@router.post("/map")
def export(request: Request, sent: Annotated[Wanted, Depends(_sent)], searcher: SearcherDep) -> Response:
    """Give citations with their notes, in their order, as a file for Word or for a reference manager."""
    kept, form = sent
    if not kept:
        raise ApiError(422, _EMPTY)
    citations = [_citation(searcher, n, one) for n, one in enumerate(kept, start=1)]
    noted = {n: one.note for n, one in enumerate(kept, start=1)}
    if form is ExportForm.RIS:
        content = "\n".join(map(write_ris, items_of(citations, base_url(request), noted))).encode()
    else:
        content = quotes_word(citations, base_url(request), noted, "Map met citaten")
    return attached(content, form.media_type, form.file_name("map"))


def _citation(searcher: Searcher, n: int, kept: Kept) -> CitationOut:
    """Return a citation that says today what it said when it was kept."""
    passage = searcher.index.passage(kept.passage)
    document = passage and searcher.index.documents.get(passage.document_id)
    spans = tuple(Span(*place) for place in kept.spans)
    try:
        quote = document.quote(spans) if document else ""
    except SpanError:
        quote = ""
    if not (passage and document and quote and one_line(quote) == kept.quote):
        raise ApiError(422, _CHANGED.format(n))
    own = tuple(
        span
        for span in spans
        if any(one.page == span.page and one.start <= span.start and span.end <= one.end for one in passage.own)
    )
    return CitationOut.of(n, Citation(document, passage, spans, quote, own or spans))
