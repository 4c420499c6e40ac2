"""Citations as reference managers want them: one item a document, with its quotes as notes; RIS, CSL-JSON and BibTeX.

V&A references stay the strings of `index.answer.citation`: no published CSL style is that of V&A, and a style cannot
say that a page is that of the pdf or that a text was recognised, so that one of our own would be longer and say less.
"""

import datetime
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from api.ask_schemas import CitationOut
from api.text_forms import address, clean, escape_latex, one_line
from index.answer.citation import KIND_NAMES

_NOT_IN_KEY = re.compile(r"[^A-Za-z0-9]+")
_BETWEEN_NAMES = re.compile(r"[,;]|\sen\s")


@dataclass(frozen=True, slots=True)
class Item:
    """A document that is cited."""

    key: str  # unique among the items
    title: str
    genre: str  # kind of document, in Dutch
    authors: tuple[str, ...]  # who asked and who answered, or whose letter it is, where the document says it
    number: str | None  # in parliament
    session: str | None  # parliamentary year
    date: datetime.date | None
    pages: str  # of all quotes ("15, 23-24"), or ""
    notes: tuple[str, ...]  # each quote on one line with its reference, and after it what its reader noted
    url: str  # of the first quote; "" where the site has none
    publisher: str  # who publishes what has a number in a session; else ""
    language: str | None  # ISO 639-1


def items_of(
    citations: Sequence[CitationOut], base_url: str = "", noted: Mapping[int, str] | None = None
) -> list[Item]:
    """Return the documents of citations, in order of first mention; `noted` is what a reader noted, by number."""
    grouped: dict[str, list[CitationOut]] = {}
    for one in citations:
        grouped.setdefault(one.document_id, []).append(one)
    return [_item(group, base_url, noted or {}) for group in grouped.values()]


def _item(group: Sequence[CitationOut], base_url: str, noted: Mapping[int, str]) -> Item:
    one, notes = group[0], []
    for quote in group:
        notes.append(f"“{one_line(quote.quote)}”, {clean(quote.reference)}")
        if said := clean(noted.get(quote.n, "")):
            notes.append(f"Nota: {said}")
    key = _NOT_IN_KEY.sub("-", one.document_id).strip("-")
    if key != one.document_id:  # as another may be; a digest stays the same whatever is exported with it
        key = f"{key}-{hashlib.sha256(one.document_id.encode()).hexdigest()[:8]}".lstrip("-")
    number = clean(one.number) if one.number else None
    people = _BETWEEN_NAMES.split(f"{one.member or ''};{one.minister or ''}")
    return Item(
        key=key,
        title=clean(one.title),
        genre=KIND_NAMES[one.kind],
        authors=tuple(clean(name) for name in people if name.strip()),
        number=number,
        session=one.session,
        date=one.date,
        pages=", ".join(dict.fromkeys(clean(quote.pages) for quote in group if quote.pages)),
        notes=tuple(notes),
        url=address(one, base_url),
        publisher="Vlaams Parlement" if number and one.session else "",
        language=one.language,
    )


def write_ris(item: Item) -> str:
    """Return an item in RIS, as Zotero reads a report."""
    tags = [
        ("TY", "RPRT"),
        ("ID", item.key),
        *(("AU", _turned(name)) for name in item.authors),
        ("TI", item.title),
        *((("PY", f"{item.date:%Y}"), ("DA", f"{item.date:%Y/%m/%d}")) if item.date else ()),
        ("M3", item.genre),
        ("SN", item.number),
        ("T3", item.session and f"Zitting {item.session}"),
        ("PB", item.publisher),
        ("SP", item.pages),
        ("LA", item.language),
        *(("N1", note) for note in item.notes),
        ("UR", item.url),
    ]
    return "".join(f"{tag}  - {value}\r\n" for tag, value in tags if value) + "ER  - \r\n"


def write_csl(items: Sequence[Item]) -> str:
    """Return items in CSL-JSON; without a date a style itself says that there is none."""
    return json.dumps([_csl(item) for item in items], ensure_ascii=False, indent=2) + "\n"


def _csl(item: Item) -> dict[str, object]:
    fields: dict[str, object] = {
        "id": item.key,
        "type": "report",
        "title": item.title,
        "genre": item.genre,
        "author": [_csl_name(name) for name in item.authors],
        "number": item.number,
        "collection-title": item.session and f"Zitting {item.session}",
        "publisher": item.publisher,
        "issued": item.date and {"date-parts": [[item.date.year, item.date.month, item.date.day]]},
        "page": item.pages,
        "language": item.language,
        "note": "\n".join(item.notes),
        "URL": item.url,
    }
    return {name: value for name, value in fields.items() if value}


def _csl_name(name: str) -> dict[str, str]:
    given, _, family = name.partition(" ")
    return {"family": family, "given": given} if family else {"literal": name}


def _turned(name: str) -> str:
    """Return a name as RIS has it.

    >>> _turned("Freya Van den Bossche")
    'Van den Bossche, Freya'
    """
    given, _, family = name.partition(" ")
    return f"{family}, {given}" if family else name


def write_bibtex(item: Item) -> str:
    """Return an item in BibTeX."""
    fields = {
        "title": f"{{{escape_latex(item.title)}}}",  # braces twice: a style may not change its capitals
        "author": " and ".join(f"{{{escape_latex(name)}}}" for name in item.authors),
        "year": f"{item.date:%Y}" if item.date else "",
        "date": f"{item.date:%Y-%m-%d}" if item.date else "",
        "type": item.genre,
        "number": escape_latex(item.number or ""),
        "series": f"Zitting {item.session}" if item.session else "",
        "institution": item.publisher,
        "pages": escape_latex(item.pages).replace("-", "--"),
        "note": " ".join(f"{escape_latex(note)}." for note in item.notes),
        "url": item.url,
    }
    lines = ",\n".join(f"  {name} = {{{value}}}" for name, value in fields.items() if value)
    return f"@techreport{{{item.key},\n{lines}\n}}\n"
