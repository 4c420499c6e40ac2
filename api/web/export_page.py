"""An answer of the search page as a file or a search record, at an address of its own."""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from api import routes
from api.export import ExportForm, RecordForm
from api.routes import AnswererDep, SearcherDep, base_url
from api.web.feed import Followed, find_entries, write_atom
from api.web.state import read_state

router = APIRouter()


@router.get("/export")
def export(request: Request, answerer: AnswererDep, form: ExportForm = ExportForm.TEXT) -> Response:
    """Give the answer to the question in the address, as `POST /api/ask/export` does."""
    return routes.export(request, read_state(request).to_ask(), answerer, form)


@router.get("/feed", response_class=Response)
def feed(request: Request, searcher: SearcherDep) -> Response:
    """Give what is new on the question, filters and people in the address, as an Atom feed."""
    followed = Followed.of(request.query_params.multi_items())
    address = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    content = write_atom(followed, find_entries(searcher, followed), base_url(request), address)
    return Response(content, media_type="application/atom+xml; charset=utf-8")


@router.get("/zoekverslag")
def record(request: Request, answerer: AnswererDep, form: RecordForm = RecordForm.PAGE) -> Response:
    """Give the search record of the question in the address, as `POST /api/ask/record` does."""
    return routes.record(request, read_state(request).to_ask(), answerer, form)
