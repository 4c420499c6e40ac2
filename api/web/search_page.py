"""The first page: a search box and what was found."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse
from pydantic import ValidationError

from api.errors import ApiError, translate
from api.routes import get_searcher, run_search
from api.schemas import HitOut, SearchRequest
from api.web.render import cut, templates

router = APIRouter()


@router.get("/")
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
    return templates.TemplateResponse(request, "home.html", context, status_code=status)


def _marked(hit: HitOut) -> dict[str, object]:
    """A hit with its text cut into (text, is it a word of the question)."""
    return {"hit": hit, "pieces": list(cut(hit.text, hit.highlights))}
