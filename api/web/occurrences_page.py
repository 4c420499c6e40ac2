"""All places where words stand, by date, on pages and as a file."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from api.export import file_stem
from api.routes import SearcherDep, attached, base_url, check_documents
from api.schemas import place_of
from api.web.facets import by_year
from api.web.occurrences import Occurrences, find_occurrences, snippet, to_csv
from api.web.render import day_of, paged, templates
from api.web.state import PageState, Sort, read_state
from index.search.rank import Searcher

router = APIRouter()
PATH = "/vindplaatsen"
_PAGE_SIZE = 25
_FIRST, _MOST = 10, 100  # documents in sight, and behind "meer"; a longer list is in the file


@router.get(PATH)
def occurrences(request: Request, searcher: SearcherDep) -> HTMLResponse:
    """List every passage that has the words of the question."""
    state = read_state(request)
    found = _find(state, searcher)
    wanted = int(state.page) if state.page.isdecimal() and len(state.page) < 9 else 1
    place, rows = paged(len(found.places), _PAGE_SIZE, wanted)
    shown = found.read(rows)
    oldest = state.sort == Sort.OLDEST
    years, undated = by_year(searcher.index.engine, found.counts)
    context = {
        "state": state,
        "found": found,
        "hits": [(place_of(*one), day_of(one[0].metadata), list(snippet(one, found.query))) for one in shown],
        **place,
        "page_url": lambda n: state.with_(page=str(n)).url(PATH),
        "years": [(year, count, state.in_year(year).url(PATH)) for year, count in sorted(years.items(), reverse=True)],
        "undated": undated,
        "documents": [(d, n, state.with_(document=(d.document_id,)).url(PATH)) for d, n in found.documents[:_MOST]],
        "total_documents": len(found.documents),
        "first_documents": _FIRST,
        "orders": [
            ("nieuwste eerst", state.with_(sort="").url(PATH), not oldest),
            ("oudste eerst", state.with_(sort=Sort.OLDEST.value).url(PATH), oldest),
        ],
        "csv_url": state.url(f"{PATH}.csv"),
        "all_url": state.without_filters().url(PATH),
    }
    return templates.TemplateResponse(request, "occurrences.html", context)


@router.get(f"{PATH}.csv")
def occurrences_csv(request: Request, searcher: SearcherDep) -> Response:
    """Give all of them as a file for a spreadsheet."""
    state = read_state(request)
    csv = to_csv(_find(state, searcher).read(slice(None)), base_url(request))
    return attached(csv, "text/csv; charset=utf-8", f"{file_stem(f'vindplaatsen {state.q}')}.csv")


def _find(state: PageState, searcher: Searcher) -> Occurrences:
    """Find what the address asks for.

    Raises:
        ApiError: 422, there is no question, or a filter is none.
    """
    wanted = state.to_ask()
    check_documents(searcher, wanted.filters, "de lijst van documenten")
    oldest = state.sort == Sort.OLDEST
    return find_occurrences(searcher, wanted.question, wanted.filters.to_filters(), oldest=oldest)
