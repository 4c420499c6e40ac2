"""What all pages share: the templates, texts cut where something is marked, and text that cannot do harm."""

import hashlib
import math
import re
from collections.abc import Iterator, Sequence
from functools import cache
from html import escape
from pathlib import Path

from fastapi import Request
from fastapi.responses import Response
from fastapi.templating import Jinja2Templates
from jinja2 import pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from api.access.door import visitor
from api.schemas import document_url
from api.text_forms import cells_apart, clean, one_line, visible
from api.web.flow import flowed
from index.answer.citation import KIND_NAMES, UNKNOWN, applies
from index.answer.precedent import newest_first
from index.search.glossary import Glossary
from index.store.engine import Digest
from index.terms import fold
from ingest.document import Document, Metadata, Topic
from ingest.read import READERS

STATIC = Path(__file__).parent / "static"
TOPIC_NAMES = {
    Topic.MAATWERK: "Maatwerk",
    Topic.LDE: "Lokale diensteneconomie",
    Topic.MVO: "Maatschappelijk verantwoord ondernemen",
}
_ACRONYM = re.compile(r"(?<![\w&.-])[A-Z][\w&-]{1,9}(?![\w&-])")
_MOST_MEANINGS = 3  # in one tooltip
_TITLES = {
    401: "Meld u eerst aan",
    403: "Dat mag niet",
    404: "Niet gevonden",
    405: "Dat kan hier niet",
    409: "Even wachten",
    422: "Dat klopt niet helemaal",
    429: "Even wachten",
    503: "Dat kan nu niet",
}


def cut(
    text: str, ranges: Sequence[tuple[int, int]], start: int = 0, end: int | None = None
) -> Iterator[tuple[str, bool]]:
    """Cut a text, or [start, end) of it, into pieces inside and outside sorted ranges: (piece, is inside)."""
    end = len(text) if end is None else end
    for left, right in ranges:
        left, right = max(left, start), min(right, end)
        if left < right:
            if start < left:
                yield text[start:left], False
            yield text[left:right], True
            start = right
    if start < end:
        yield text[start:end], False


def paged(total: int, size: int, wanted: int) -> tuple[dict[str, int], slice]:
    """Return what a template says of the page of a list that is wanted, or the nearest one, and its rows."""
    pages = max(1, math.ceil(total / size))
    page = min(max(1, wanted), pages)
    first = size * (page - 1)
    return {"page": page, "pages": pages, "first": first + 1}, slice(first, first + size)


def by_day(document: Digest | Document, *, oldest: bool) -> tuple[bool, int]:
    """Key that sorts documents by day, those of unknown date last."""
    undated, day = newest_first(document)
    return undated, -day if oldest else day


def day_of(metadata: Metadata) -> str:
    """Return the day of a document, or as much of it as the document says."""
    if metadata.date:
        return f"{metadata.date:%d/%m/%Y}"
    return f"parlementair jaar {metadata.session}" if metadata.session else "zonder datum"


def amount(number: int, one: str, more: str) -> str:
    """Return a number with its noun.

    >>> amount(1, "passage", "passages"), amount(1200, "passage", "passages")
    ('1 passage', '1.200 passages')
    """
    return f"{number:,} {one if number == 1 else more}".replace(",", ".")


@cache
def asset(name: str) -> str:
    """Return the address of a static file; another content has another address, so that a browser may keep it."""
    return f"/static/{name}?v={hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]}"


@pass_context
def _explained(context: Context, text: str) -> Markup:
    return explain(text, context["request"].app.state.service.answerer().glossary)


def explain(text: str, glossary: Glossary) -> Markup:
    """Return a text as HTML with `<abbr title>` around the first of each acronym of a glossary."""
    pieces, position = list[str](), 0
    seen = set[str]()
    for match in _ACRONYM.finditer(text):
        word = match[0]
        meanings = {fold(entry.full): entry.full for entry in glossary.explain(word) if entry.acronym == word}
        if meanings and word not in seen:
            seen.add(word)
            title = escape("; of: ".join(list(meanings.values())[:_MOST_MEANINGS]))
            pieces += [escape(text[position : match.start()]), f'<abbr title="{title}">{escape(word)}</abbr>']
            position = match.end()
    return Markup("".join([*pieces, escape(text[position:])]))  # noqa: S704 - each piece is escaped


templates = Jinja2Templates(directory=Path(__file__).parent / "templates")
templates.env.globals.update(
    accepted=",".join(sorted(READERS)),
    applies=applies,
    kind_names=KIND_NAMES,
    unknown=UNKNOWN,
    amount=amount,
    asset=asset,
    document_url=document_url,
    visitor=visitor,
)
templates.env.filters.update(
    cells_apart=cells_apart, clean=clean, one_line=one_line, visible=visible, explained=_explained, flowed=flowed
)
templates.env.trim_blocks = templates.env.lstrip_blocks = True


def error_page(request: Request, status: int, messages: Sequence[str]) -> Response:
    """Return the page that says what went wrong and what to do."""
    context = {"title": _TITLES.get(status, "Er ging iets mis"), "messages": messages}
    return templates.TemplateResponse(request, "error.html", context, status_code=status)
