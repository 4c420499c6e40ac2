"""Documents that come in, go out and are corrected in the page, for who may; it works without JavaScript.

A form starts a change (`api.intake`) and leads to /inlezen, which shows how far it is and then what came of each page.
"""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from pydantic import BaseModel, Field

from api.access.door import visitor
from api.errors import ApiError
from api.fields import Day
from api.intake import Change, documents_at
from api.removed import KEPT, NOTHING_LEFT, removed_by
from api.routes import SearcherDep, checked, find_document
from api.schemas import DocumentSummary
from api.text_forms import clean, one_line
from api.web.own_page import FormWithFiles, OwnForm, own_form_with_files
from api.web.render import cut, templates
from index.errors import RetrievalError
from ingest.document import Document, Kind
from ingest.groups import NOBODY, read_groups

router = APIRouter()
PLACE = "/inlezen"
MOST_FILES = 10  # in one form
_REFRESH_S = 2
_NOTHING = "Er is geen bestand meegestuurd; kies een of meer bestanden."
_TOO_MANY = f"Het formulier is niet leesbaar of heeft te veel bestanden; stuur er hoogstens {MOST_FILES} tegelijk."
_NO_GROUP = "Dit zijn geen namen van groepen; schrijf ze zonder spaties, met komma's ertussen."
_SHORT = 600  # characters of what is left out of a page that are shown


class Correction(BaseModel):
    """What a person says of a document; what is empty is left to the document and the catalogue."""

    title: Annotated[str | None, Field(max_length=500)] = None
    date: Day | None = None
    kind: Kind | None = None


@router.get(PLACE)
def holdings_page(
    request: Request, vanzelf: Annotated[bool, Query(description="of de pagina zichzelf ververst")] = True
) -> HTMLResponse:
    """Show the form, and how far this visitor's last change is or what came of it."""
    service, changes = request.app.state.service, request.app.state.changes
    documents: Mapping[str, Document] = {}
    with suppress(RetrievalError):  # there is none yet: the first document makes it
        documents = service.answerer().searcher.index.documents
    last = next(iter(changes.of(visitor())), None)
    behind = service.problem() if last and last.is_done else None
    busy = bool(changes.running or behind)
    refreshes = busy and vanzelf
    context = {
        "last": last,
        "running": changes.running,
        "behind": behind,
        "taken": list(_taken(request, last, documents)) if last and not busy else [],
        "removals": removed_by(request.app.state.settings, visitor().name),
        "kept": KEPT,
        "refreshes": refreshes,
        "short": _SHORT,
    }
    headers = {"Refresh": str(_REFRESH_S)} if refreshes else None
    return templates.TemplateResponse(request, "holdings.html", context, headers=headers)


async def _sent(request: Request) -> FormWithFiles:
    return await own_form_with_files(request, files=MOST_FILES, part_bytes=10_000, unreadable=_TOO_MANY)


@router.post(PLACE)
def add(request: Request, sent: Annotated[FormWithFiles, Depends(_sent)]) -> RedirectResponse:
    """Take files in."""
    fields, files = sent
    if not files:
        raise ApiError(422, _NOTHING)
    names = [name.strip() for name in fields.get("groups", "").replace(";", ",").split(",")]
    groups = read_groups(told) if (told := list(filter(None, names))) else ()
    if NOBODY in groups:
        raise ApiError(422, _NO_GROUP)
    request.app.state.changes.add(visitor(), files, groups)
    return RedirectResponse(PLACE, status_code=303)


@router.post(f"{PLACE}/verwijderen")
def remove(request: Request, fields: OwnForm, searcher: SearcherDep) -> Response:
    """Take a document out that this visitor may read, and that is not the last of those."""
    document = find_document(searcher, fields.get("document_id", ""))
    if len(searcher.index.documents) == 1:
        raise ApiError(422, NOTHING_LEFT)
    request.app.state.changes.remove(visitor(), document.document_id)
    return RedirectResponse(PLACE, status_code=303)


@router.post(f"{PLACE}/terugzetten")
def put_back(request: Request, fields: OwnForm) -> Response:
    """Undo a removal of this visitor."""
    request.app.state.changes.put_back(visitor(), fields.get("undo", "-"))
    return RedirectResponse(PLACE, status_code=303)


@router.post(f"{PLACE}/verbeteren")
def correct(request: Request, fields: OwnForm, searcher: SearcherDep) -> Response:
    """Say another title, date or kind of a document; what is the same as before is not said again."""
    document = find_document(searcher, fields.get("document_id", ""))
    given = checked(Correction, **{name: clean(value) or None for name, value in fields.items()})
    values = {name: value for name, value in given if name in fields and value != getattr(document.metadata, name)}
    if values:
        request.app.state.changes.correct(visitor(), document.document_id, values)
    return RedirectResponse(PLACE if values else DocumentSummary.from_document(document).url, status_code=303)


def _taken(request: Request, last: Change, documents: Mapping[str, Document]) -> Iterator[dict[str, Any]]:
    """Yield each file that came in: its document where this visitor may read it, page by page."""
    files = last.outcome.files if last.outcome else ()
    places = documents_at(request.app.state.settings, files) if files else {}
    for file in files:
        name, is_copy = places.get(file, ("", False))
        document = documents.get(name)
        yield {
            "file_name": file.name,
            "document": DocumentSummary.from_document(document) if document else None,
            "is_copy": is_copy,
            "pages": list(_pages(document)) if document and not is_copy else [],
        }


def _pages(document: Document) -> Iterator[dict[str, Any]]:
    """Yield what came of each page: its headings, how many passages begin on it, and the text that is in none."""
    for page in document.pages:
        yield {
            "number": page.number,
            "label": page.label,
            "headings": [one.title for one in document.headings if one.place.page == page.number],
            "passages": sum(passage.own[0].page == page.number for passage in document.passages),
            "left_out": left_out(document, page.number),
        }


def left_out(document: Document, number: int) -> str:
    """Return the text of a page that is in no passage and no heading: running titles, page numbers, contents."""
    own = [span for passage in document.passages for span in passage.own] + [one.place for one in document.headings]
    spans = sorted((span.start, span.end) for span in own if span.page == number)
    pieces = cut(document.pages[number - 1].text, spans)
    return " … ".join(filter(None, (one_line(piece) for piece, is_read in pieces if not is_read)))
