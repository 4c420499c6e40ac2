"""All places where words stand: every passage that has them, by date, year and document, on pages and as a file."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from api.export import file_stem
from api.routes import SearcherDep, attached, base_url, check_documents
from api.schemas import place_of
from api.text_forms import clean, one_line
from api.web.facets import by_year
from api.web.flow import flowed
from api.web.render import by_day, cut, day_of, paged, templates
from api.web.state import PageState, Sort, read_state
from index.answer.citation import KIND_NAMES
from index.search.exact import every_word, read_operators
from index.search.hit import highlight
from index.search.rank import Searcher
from ingest.document import Document, Passage

router = APIRouter()
PATH = "/vindplaatsen"
_PAGE_SIZE = 25
_FIRST, _MOST = 10, 100  # documents in sight, and behind "meer"; a longer list is in the file
_AROUND = 160  # characters shown before and after the first word that is found
_COLUMNS = (
    "titel", "soort", "datum", "parlementair jaar", "nummer", "minister", "bladzijde", "onderdeel", "passage",
    "verwijzing", "adres",
)  # fmt: skip
_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet would compute

Found = tuple[Document, Passage]
Place = tuple[str, int]  # id of a document, which of its passages


@router.get(PATH)
def occurrences(request: Request, searcher: SearcherDep) -> HTMLResponse:
    """List every passage that has the words of the question."""
    state = read_state(request)
    query, found, counts = _find(state, searcher)
    wanted = int(state.page) if state.page.isdecimal() and len(state.page) < 9 else 1
    place, rows = paged(len(found), _PAGE_SIZE, wanted)
    oldest = state.sort == Sort.OLDEST
    years, undated = by_year(searcher.index.engine, counts)
    digests = searcher.index.engine.digests()
    most = sorted(counts.items(), key=lambda one: -one[1])[:_MOST]
    context = {
        "state": state,
        "total": len(found),
        "hits": [
            (place_of(*one), day_of(one[0].metadata), list(snippet(one, query))) for one in _read(searcher, found[rows])
        ],
        **place,
        "page_url": lambda n: state.with_(page=str(n)).url(PATH),
        "years": [(year, count, state.in_year(year).url(PATH)) for year, count in sorted(years.items(), reverse=True)],
        "undated": undated,
        "documents": [(digests[name], n, state.with_(document=(name,)).url(PATH)) for name, n in most],
        "total_documents": len(counts),
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
    _, places, _ = _find(state, searcher)
    content = to_csv(_read(searcher, places), base_url(request))
    return attached(content, "text/csv; charset=utf-8", f"{file_stem(f'vindplaatsen {state.q}')}.csv")


def _find(state: PageState, searcher: Searcher) -> tuple[str, list[Place], Mapping[str, int]]:
    """Find every passage that has all words of the question and obeys its operators, with the errors of `to_ask`.

    Returns:
        The question; where they stand, by day and in reading order, undated ones last; how many each document has.
    """
    wanted, oldest = state.to_ask(), state.sort == Sort.OLDEST
    check_documents(searcher, wanted.filters)
    engine = searcher.index.engine
    where = searcher.holding(wanted.question, wanted.filters.to_filters().where)
    numbers = engine.sample(max(1, engine.count(where)[0]), where)
    found, digests = [(place.document_id, place.ordinal) for place in engine.places(numbers)], engine.digests()
    found.sort(key=lambda place: (by_day(digests[place[0]], oldest=oldest), place))
    return wanted.question, found, engine.facet("document", where)


def _read(searcher: Searcher, places: Sequence[Place]) -> list[Found]:
    found = ((searcher.index.documents[name], ordinal) for name, ordinal in places)
    return [(document, document.passages[ordinal]) for document, ordinal in found]


def snippet(found: Found, query: str) -> Iterator[tuple[str, bool]]:
    """Yield what stands around the first word that is found, in pieces of (text, is such a word)."""
    document, passage = found
    exact = every_word(read_operators(query))
    words = " ".join(word for group in exact.wanted for phrase in group for word in phrase)
    text = flowed(document.quote(passage.spans))
    marked = highlight(text, words)
    first = marked[0][0] if marked else 0
    start = text.rfind(" ", 0, max(0, first - _AROUND)) + 1
    end = text.find(" ", min(len(text), first + _AROUND))
    end = len(text) if end < 0 else end
    if start:
        yield "… ", False
    yield from cut(text, marked, start, end)
    if end < len(text):
        yield " …", False


def to_csv(found: Sequence[Found], base_url: str) -> str:
    """Return passages as CSV that opens in a Flemish spreadsheet: semicolons, UTF-8 with its mark."""
    written = io.StringIO()
    writer = csv.writer(written, delimiter=";", lineterminator="\r\n")
    writer.writerow(_COLUMNS)
    for document, passage in found:
        metadata, place = document.metadata, place_of(document, passage)
        row = (
            metadata.title,
            KIND_NAMES[metadata.kind],
            day_of(metadata),
            metadata.session or "",
            metadata.number or "",
            metadata.minister or "",
            place["pages"] or "",
            " › ".join(passage.section),
            one_line(document.quote(passage.spans)),
            place["reference"],
            base_url + place["url"],
        )
        writer.writerow([_plain(clean(value)) for value in row])
    return "\ufeff" + written.getvalue()


def _plain(value: str) -> str:
    return f"'{value}" if value.startswith(_FORMULA) else value
