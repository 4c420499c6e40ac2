"""The first page: ask, answer, evidence and what was found, also as a file, a record or a feed; all are addresses."""

from collections.abc import Iterable, Iterator
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from api import routes
from api.ask import EXTRACTIVE, VERDICT_TOLD, confidence_words, told_unsure
from api.ask_schemas import AskResponse, CitationOut
from api.errors import ApiError
from api.export import ExportForm, RecordForm
from api.routes import AnswererDep, SearcherDep, base_url, get_answerer, run_ask
from api.schemas import MAX_K, HitOut, document_url
from api.web.facets import Narrowing
from api.web.feed import Followed, find_entries, write_atom
from api.web.flow import flowed
from api.web.render import by_day, cut, day_of, paged, templates
from api.web.state import PAGE_SIZE, Listing, PageState, Sort, read_state
from index.answer.answer import Answerer
from index.search.exact import read_operators
from index.search.named import NamedBy
from index.search.question import one_year_each
from index.search.rank import Searcher

router = APIRouter()

EXAMPLES = {
    "Ambtenaar": "Tegen welke datum moet een maatwerkbedrijf zijn duurzaamheidsverslag indienen?",
    "Sectororganisatie": "Moet een maatwerkbedrijf enclavewerking vooraf melden?",
    "Evaluator": "Hoeveel is in 2012 voorzien voor de financiering van de activiteitencoöperaties in Vlaanderen?",
}
_CONFIDENCE_TOLD = {
    "hoog": "de citaten beantwoorden deze vraag vrijwel zeker",
    "redelijk": "de citaten beantwoorden deze vraag waarschijnlijk; kijk na of ze echt over uw vraag gaan",
    "laag": "de citaten raken aan deze vraag; lees ze in hun bron voor u erop steunt",
}
# Score, in standard deviations above the mean of the candidates, from which a passage is shown. Of the 155 questions of
# eval/data/answer_fit.jsonl with an answer none has it below 0.5; on average 35 of 50 passages are left.
_CLOSE = 0.5
_CALLED, _MOST_CALLED = (NamedBy.NUMBER, NamedBy.TITLE), 3  # by what a question means one document, and at most so many
_EXPORT_NAMES = {ExportForm.WORD: "Word", ExportForm.TEXT: "Tekst", ExportForm.MARKDOWN: "Markdown"}
_SOURCES_NAMES = {  # of sources alone
    ExportForm.RIS: "RIS (Zotero, EndNote)",
    ExportForm.CSL_JSON: "CSL-JSON",
    ExportForm.BIBTEX: "BibTeX",
}


@router.get("/")
def home(request: Request) -> HTMLResponse:
    """Show the search box and, if something was asked, the answer and what was found."""
    state = read_state(request)
    context: dict[str, Any] = {"state": state, "error": None, "response": None}
    template, fill = ("home.html", _holdings) if state.q is None else ("results.html", _found)
    status = 200
    try:
        context |= fill(request, get_answerer(request), state)
    except ApiError as error:
        status, context["error"] = error.status, error.message
    return templates.TemplateResponse(request, template, context, status_code=status)


@router.get("/export")
def export(request: Request, answerer: AnswererDep, form: ExportForm = ExportForm.TEXT) -> Response:
    """Give the answer to the question in the address, as `POST /api/ask/export` does."""
    return routes.export(request, read_state(request).to_ask(), answerer, form)


@router.get("/feed", response_class=Response)
def feed(request: Request, searcher: SearcherDep) -> Response:
    """Give what is new on the question, filters and people in the address, as an Atom feed."""
    followed = Followed.of(request.query_params.multi_items())
    address = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    changed = request.app.state.service.updated()
    content = write_atom(followed, find_entries(searcher, followed), base_url(request), address, changed)
    return Response(content, media_type="application/atom+xml; charset=utf-8")


@router.get("/zoekverslag")
def record(request: Request, answerer: AnswererDep, form: RecordForm = RecordForm.PAGE) -> Response:
    """Give the search record of the question in the address, as `POST /api/ask/record` does."""
    return routes.record(request, read_state(request).to_ask(), answerer, form)


def _holdings(request: Request, answerer: Answerer, _: PageState) -> dict[str, Any]:
    """What there is to search."""
    index = answerer.searcher.index
    documents = index.documents.digests
    periods = [digest.metadata.period for digest in documents.values() if digest.metadata.period]
    return {
        "examples": EXAMPLES,
        "documents": len(documents),
        "passages": len(index.passages),
        "years": (min(first for first, _ in periods).year, max(last for _, last in periods).year) if periods else None,
        "updated": request.app.state.service.updated(),
    }


def _found(request: Request, answerer: Answerer, state: PageState) -> dict[str, Any]:
    """Everything that the page with an answer shows."""
    listing, wanted = state.to_listing(), state.to_ask(MAX_K)
    response = run_ask(request, answerer, wanted)
    searcher = answerer.searcher
    documents = searcher.index.documents
    narrowing = Narrowing(searcher, response.standalone_question, wanted)
    level = confidence_words(response.confidence)
    better = response.corrected_question or ""
    alone = state.with_(q=response.standalone_question, standalone="", history=())
    forms = {**_EXPORT_NAMES, **_SOURCES_NAMES} if response.citations else _EXPORT_NAMES
    again = {"standalone": better} if state.history else {"q": better, "standalone": ""}
    return {
        "response": response,
        "level": level,
        "level_told": _CONFIDENCE_TOLD[level],
        "unsure": told_unsure(response),
        "verdict_told": VERDICT_TOLD,
        "rewritten": response.written_by != EXTRACTIVE,
        "corrected": better and (better, state.with_(**again).url()),
        "by_year": [
            (year, state.with_(q=question, standalone="", history=()).url())
            for year, question in one_year_each(response.standalone_question)
        ],
        "exports": [
            *((name, state.url("/export", form=form.value)) for form, name in forms.items()),
            ("Volg deze vraag (feed)", alone.url("/feed")),
        ],
        "words_url": alone.url("/vindplaatsen"),
        "facets": list(narrowing.facets(state)),
        "chosen": list(narrowing.chosen(state)),
        "named": [
            (f"{one.by.value}: {one.text}", state.with_(ignore=(*state.ignore, one.key)).url())
            for one in response.named
        ],
        "called": [
            (documents[name].metadata.title, document_url(name))
            for one in narrowing.named
            if one.by in _CALLED and one.key not in state.ignore and len(one.documents) <= _MOST_CALLED
            for name in sorted(one.documents)
        ],
        "timeline": narrowing.timeline(state),
        "by_words": narrowing.by_words,
        "holding": narrowing.holding,
        "day": lambda document_id: day_of(documents[document_id].metadata),
        "parts_of": parts_of,
        "passage_of": lambda citation: passage_of(citation, response.related),
        **_listed(searcher, response, state, listing),
    }


def _listed(searcher: Searcher, response: AskResponse, state: PageState, listing: Listing) -> dict[str, Any]:
    """The best hits that are shown, those of one page, and the addresses of the others."""
    if read_operators(response.standalone_question):
        hits = response.related
    else:
        best = max((hit.score for hit in response.related), default=_CLOSE)  # of like passages none stands out
        hits = [hit for hit in response.related if hit.score >= min(_CLOSE, best)]
    if listing.sort is not Sort.RELEVANCE:
        documents = searcher.index.documents
        oldest = listing.sort is Sort.OLDEST
        hits = sorted(hits, key=lambda hit: (by_day(documents[hit.document_id], oldest=oldest), hit.rank))
    place, rows = paged(len(hits), PAGE_SIZE, listing.page)
    return {
        "total": len(hits),
        "hits": hits[rows],
        **place,
        "page_url": lambda n: state.with_(page="" if n == 1 else str(n)).url() + "#passages",
        "sorts": [
            (sort.value, state.with_(sort=sort.value).url() + "#passages", sort is listing.sort) for sort in Sort
        ],
    }


def parts_of(hit: HitOut) -> Iterator[tuple[str, list[tuple[str, bool]]]]:
    """Yield a hit's text in pieces of (text, is a word of the question), each part of a pair below its label."""
    text, middle = flowed(hit.text), hit.answer_start
    if not middle:
        yield "", list(cut(text, hit.highlights))
        return
    for label, start, end in (("Vraag", 0, middle), ("Antwoord", middle, len(text))):
        own = text[start:end]
        start += len(own) - len(own.lstrip("\n"))
        yield label, list(cut(text, hit.highlights, start, start + len(own.strip("\n"))))


def passage_of(citation: CitationOut, hits: Iterable[HitOut]) -> list[tuple[str, bool]]:
    """Return the passage of a citation in pieces of (text, is cited), or the quote alone where it was not found."""
    text = next((hit.text for hit in hits if hit.passage_id == citation.passage_id), citation.quote)
    return list(cut(flowed(text), list(_places(text, citation.quote))))


def _places(text: str, quote: str) -> Iterator[tuple[int, int]]:
    """Yield where a quote stands; one of several spans, such as a table row and its header, piece by piece."""
    after = 0
    for piece in [quote] if quote in text else quote.split("\n\n"):
        start = text.find(piece, after)
        if start >= 0:
            after = start + len(piece)
            yield start, after
