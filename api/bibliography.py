"""Citations as reference managers want them: one item a document, with its quotes as notes; RIS, CSL-JSON and BibTeX.

V&A references stay the strings of `index.answer.citation`: no published CSL style is that of V&A, and a style cannot
say that a page is that of the pdf or that a text was recognised, so that one of our own would be longer and say less.
"""

import datetime
import hashlib
import re
from collections.abc import Mapping, Sequence
from typing import Any

from api.ask_schemas import CitationOut
from api.text_forms import address, clean, escape_latex, one_line
from index.answer.citation import KIND_NAMES

_NOT_IN_KEY = re.compile(r"[^A-Za-z0-9]+")
_BETWEEN_NAMES = re.compile(r"[,;]|\sen\s")
Item = dict[str, Any]  # a document that is cited, in CSL-JSON


def items_of(citations: Sequence[CitationOut], base_url: str, noted: Mapping[int, str] | None = None) -> list[Item]:
    """Return the documents of citations in CSL-JSON, in order of first mention.

    `noted` is what a reader noted, by number. The `id` of each is unique among them; what a document does not say, such
    as its date, is not there.
    """
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
    people = _BETWEEN_NAMES.split(f"{one.member or ''};{one.minister or ''}")  # who asked and who answered or wrote
    fields = {
        "id": key,
        "type": "report",
        "title": clean(one.title),
        "genre": KIND_NAMES[one.kind],
        "author": [_name(clean(name)) for name in people if name.strip()],
        "number": number,
        "collection-title": one.session and f"Zitting {one.session}",
        "publisher": number and one.session and "Vlaams Parlement",
        "issued": one.date and {"date-parts": [[one.date.year, one.date.month, one.date.day]]},
        "page": ", ".join(dict.fromkeys(clean(quote.pages) for quote in group if quote.pages)),
        "language": one.language,
        "note": "\n".join(notes),  # of one line each
        "URL": address(one, base_url),
    }
    return {name: value for name, value in fields.items() if value}


def _name(name: str) -> dict[str, str]:
    given, _, family = name.partition(" ")
    return {"family": family, "given": given} if family else {"literal": name}


def _issued(item: Item) -> datetime.date | None:
    return datetime.date(*item["issued"]["date-parts"][0]) if "issued" in item else None


def write_ris(item: Item) -> str:
    """Return an item of `items_of` in RIS, as Zotero reads a report."""
    date = _issued(item)
    tags = [
        ("TY", "RPRT"),
        ("ID", item["id"]),
        *(("AU", ", ".join(name.values())) for name in item.get("author", ())),  # Van den Bossche, Freya
        ("TI", item.get("title")),
        *((("PY", f"{date:%Y}"), ("DA", f"{date:%Y/%m/%d}")) if date else ()),
        ("M3", item["genre"]),
        ("SN", item.get("number")),
        ("T3", item.get("collection-title")),
        ("PB", item.get("publisher")),
        ("SP", item.get("page")),
        ("LA", item.get("language")),
        *(("N1", note) for note in item["note"].split("\n")),
        ("UR", item.get("URL")),
    ]
    return "".join(f"{tag}  - {value}\r\n" for tag, value in tags if value) + "ER  - \r\n"


def write_bibtex(item: Item) -> str:
    """Return an item of `items_of` in BibTeX."""
    date = _issued(item)
    names = [" ".join(reversed(name.values())) for name in item.get("author", ())]
    fields = {
        "title": f"{{{escape_latex(item.get('title', ''))}}}",  # braces twice: a style may not change its capitals
        "author": " and ".join(f"{{{escape_latex(name)}}}" for name in names),
        "year": f"{date:%Y}" if date else "",
        "date": f"{date:%Y-%m-%d}" if date else "",
        "type": item["genre"],
        "number": escape_latex(item.get("number", "")),
        "series": item.get("collection-title"),
        "institution": item.get("publisher"),
        "pages": escape_latex(item.get("page", "")).replace("-", "--"),
        "note": " ".join(f"{escape_latex(note)}." for note in item["note"].split("\n")),
        "url": item.get("URL"),
    }
    lines = ",\n".join(f"  {name} = {{{value}}}" for name, value in fields.items() if value)
    return f"@techreport{{{item['id']},\n{lines}\n}}\n"
