"""The list of documents: searched on title, number, kind and people, sorted, narrowed and paged by its address."""

from collections import Counter
from enum import StrEnum
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from api.routes import SearcherDep
from api.schemas import MAX_QUERY_CHARS
from api.web.render import by_day, paged, templates
from index.answer.citation import KIND_NAMES
from index.store.engine import Digest
from index.terms import words_of
from ingest.document import Kind

router = APIRouter()
_PAGE_SIZE = 50
Name = Annotated[str, Query(max_length=200)]


class Order(StrEnum):
    """Order of the list."""

    NEWEST = "nieuwste"
    OLDEST = "oudste"
    TITLE = "titel"


_ORDER_NAMES = {Order.NEWEST: "Nieuwste eerst", Order.OLDEST: "Oudste eerst", Order.TITLE: "Op titel"}


@router.get("/documents")
def document_list(
    request: Request,
    searcher: SearcherDep,
    q: Annotated[str, Query(max_length=MAX_QUERY_CHARS, description="woorden van titel, nummer, soort of naam")] = "",
    sort: Annotated[Order, Query(description="volgorde")] = Order.NEWEST,
    kind: Annotated[Kind | None, Query(description="soort")] = None,
    minister: Name = "",
    lid: Name = "",
    jaar: Annotated[str, Query(max_length=9, description="parlementair jaar")] = "",
    page: Annotated[int, Query(ge=1, le=100_000, description="bladzijde van de lijst")] = 1,
) -> HTMLResponse:
    """List the documents that fit, a page at a time; where words are searched, those that they name best come first."""
    documents = searcher.index.engine.digests().values()
    chosen = {"minister": minister, "lid": lid, "jaar": jaar}
    of_people = [d for d in documents if all(value in _values(d, name) for name, value in chosen.items() if value)]
    scores = {d.document_id: _score(d, q) for d in of_people} if q.strip() else {}
    found = [d for d in of_people if not scores or scores[d.document_id]]
    of_kind = [d for d in found if kind in (None, d.metadata.kind)]
    shown = sorted(of_kind, key=lambda d: (-scores.get(d.document_id, 0), *_place(d, sort)))
    place, rows = paged(len(shown), _PAGE_SIZE, page)
    state = {"q": q, "sort": sort if sort is not Order.NEWEST else "", "kind": kind or "", **chosen}

    def url(**changes: object) -> str:
        query = urlencode({name: value for name, value in {**state, **changes}.items() if value})
        return f"/documents?{query}" if query else "/documents"

    counts = Counter(d.metadata.kind for d in found)
    context = {
        "documents": shown[rows],
        "total": len(shown),
        "q": q,
        "hidden": [(name, value) for name, value in state.items() if value and name != "q"],
        "kinds": [("Alle", url(kind=""), len(found), kind is None)]
        + [(KIND_NAMES[one], url(kind=one), count, kind is one) for one, count in sorted(counts.items())],
        "orders": [(_ORDER_NAMES[one], url(sort=one), one is sort) for one in Order],
        "chosen": [(value, url(**{name: ""})) for name, value in chosen.items() if value],
        **place,
        "page_url": lambda n: url(page=n),
    }
    return templates.TemplateResponse(request, "documents.html", context)


@router.get("/lijsten")
def lists(request: Request, searcher: SearcherDep) -> HTMLResponse:
    """List ministers, members and parliamentary years, each with the way to its documents."""
    documents = searcher.index.engine.digests().values()
    shown = []
    for name, title in (("minister", "Ministers"), ("lid", "Vraagstellers"), ("jaar", "Parlementaire jaren")):
        counts = Counter(value for d in documents for value in _values(d, name))
        order = sorted(counts, reverse=True) if name == "jaar" else sorted(counts, key=_surname_first)
        rows = [(value, f"/documents?{urlencode({name: value})}", counts[value]) for value in order]
        shown.append((title, rows))
    return templates.TemplateResponse(request, "lists.html", {"lists": shown})


def _surname_first(name: str) -> tuple[list[str], str]:
    return name.split()[1:] or name.split(), name


def _values(document: Digest, name: str) -> list[str]:
    """What a document may be narrowed on: its ministers, its member or its parliamentary year."""
    metadata = document.metadata
    if name == "minister":
        return metadata.minister.split(", ") if metadata.minister else []
    return list(filter(None, [metadata.member if name == "lid" else metadata.session]))


def _score(document: Digest, query: str) -> int:
    """Return how well words name a document: 0 where one of them is nowhere in what it says about itself.

    A word counts where it begins one of the document's: for four in its number, for two in title or kind, else for one.
    """
    metadata = document.metadata
    rest = f"{metadata.minister or ''} {metadata.member or ''} {metadata.session or ''} {metadata.date or ''}"
    texts = {4: metadata.number or "", 2: f"{metadata.title} {KIND_NAMES[metadata.kind]}", 1: rest}
    held = [(weight, words_of(text)) for weight, text in texts.items()]
    scores = [
        max((weight for weight, words in held if any(word.startswith(asked) for word in words)), default=0)
        for asked in words_of(query)
    ]
    return sum(scores) if all(scores) else 0


def _place(document: Digest, order: Order) -> tuple[Any, ...]:
    """Key that sorts by title or by day; of one day by title."""
    day = () if order is Order.TITLE else by_day(document, oldest=order is Order.OLDEST)
    return (*day, document.metadata.title.casefold(), document.document_id)
