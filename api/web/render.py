"""What all pages share: the templates, texts cut where something is marked, and text that cannot do harm."""

import hashlib
import math
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

from fastapi.templating import Jinja2Templates

from api.access.door import visitor
from api.text_forms import clean, one_line, visible
from api.web.flow import flowed
from api.web.terms import explained
from index.answer.citation import KIND_NAMES, UNKNOWN, applies
from ingest.document import Metadata, Topic
from ingest.read import READERS

STATIC = Path(__file__).parent / "static"
TOPIC_NAMES = {
    Topic.MAATWERK: "Maatwerk",
    Topic.LDE: "Lokale diensteneconomie",
    Topic.MVO: "Maatschappelijk verantwoord ondernemen",
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


templates = Jinja2Templates(directory=Path(__file__).parent / "templates")
templates.env.globals.update(
    accepted=",".join(sorted(READERS)),
    applies=applies,
    kind_names=KIND_NAMES,
    unknown=UNKNOWN,
    amount=amount,
    asset=asset,
    visitor=visitor,
)
templates.env.filters.update(clean=clean, one_line=one_line, visible=visible, explained=explained, flowed=flowed)
templates.env.trim_blocks = templates.env.lstrip_blocks = True
