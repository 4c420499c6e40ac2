"""Answers and citations in forms that can be put in a file: text, Markdown, RIS, CSL-JSON, BibTeX, and a search record.

All functions are pure. What a document says is data: it is escaped for each form, and what a document does not say is
left out or said to be unknown, never guessed.
"""

import datetime
import json
import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Self
from urllib.parse import quote

import jinja2

from api.ask_schemas import AbstentionOut, AskRequest, AskResponse, CitationOut
from api.schemas import HitOut, SearchFilters
from index.answer.citation import KIND_NAMES, UNKNOWN
from ingest.document import Kind
from ingest.dutch import join_lines

NO_DATE = "z.d."
_CSL_TYPES = {Kind.SCHRIFTELIJKE_VRAAG: "document", Kind.ANDERE: "document"}  # else "report"
_LIST_SIGN, _LIST_NUMBER = re.compile(r"^([-+=])"), re.compile(r"^(\d+)([.)])")
_NOT_IN_KEY = re.compile(r"[^A-Za-z0-9]+")
_LATEX = {
    **{character: f"\\{character}" for character in "&%$#_"},
    "\\": r"\textbackslash{}",
    "{": r"\textbraceleft{}",  # an escaped brace would still count in BibTeX's matching
    "}": r"\textbraceright{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
}
_LATEX_ESCAPES = str.maketrans(_LATEX)
_MARKDOWN_ESCAPES = str.maketrans({character: f"\\{character}" for character in "\\`*_[]<>|#&~$!"})
_templates = jinja2.Environment(
    loader=jinja2.FileSystemLoader(Path(__file__).parent / "web" / "templates"),
    autoescape=True,
    trim_blocks=True,
    lstrip_blocks=True,
    undefined=jinja2.StrictUndefined,
)


class ExportForm(StrEnum):
    """Form of an export."""

    TEXT = "tekst"
    MARKDOWN = "markdown"
    RIS = "ris"
    CSL_JSON = "csl-json"
    BIBTEX = "bibtex"

    @property
    def media_type(self) -> str:
        """Media type for HTTP."""
        return _MEDIA[self][0]

    @property
    def file_name(self) -> str:
        """Name to save it under."""
        return f"beleidswijzer.{_MEDIA[self][1]}"

    @classmethod
    def of_file(cls, path: Path | None) -> Self | None:
        """Return the form that a file's extension says; None where it says none."""
        suffix = path.suffix.lower().lstrip(".") if path else ""
        return next((form for form in cls if _MEDIA[form][1] == suffix), None)


_MEDIA = {
    ExportForm.TEXT: ("text/plain; charset=utf-8", "txt"),
    ExportForm.MARKDOWN: ("text/markdown; charset=utf-8", "md"),
    ExportForm.RIS: ("application/x-research-info-systems; charset=utf-8", "ris"),
    ExportForm.CSL_JSON: ("application/vnd.citationstyles.csl+json; charset=utf-8", "json"),
    ExportForm.BIBTEX: ("application/x-bibtex; charset=utf-8", "bib"),
}


def export_citations(citations: Sequence[CitationOut], form: ExportForm, base_url: str = "") -> str:
    """Return citations in a form.

    Args:
        citations: the citations, in the order to write them.
        form: the form.
        base_url: address of the server, without slash at the end; without it no address is written, since the path
            alone leads nowhere.

    Returns:
        Text that ends with a line end; an empty list of CSL-JSON or nothing without citations.
    """
    if form is ExportForm.CSL_JSON:
        return json.dumps([_csl(one, base_url) for one in citations], ensure_ascii=False, indent=2) + "\n"
    writers: dict[ExportForm, Callable[[CitationOut, str], str]] = {
        ExportForm.TEXT: lambda one, _: _quoted(one) + "\n",
        ExportForm.MARKDOWN: _markdown,
        ExportForm.RIS: _ris,
        ExportForm.BIBTEX: _bibtex,
    }
    return "\n".join(writers[form](one, base_url) for one in citations)


def export_answer(response: AskResponse, form: ExportForm, base_url: str = "") -> str:
    """Return a whole answer in a form; the three forms of reference managers hold its citations."""
    if form is ExportForm.TEXT:
        return "\n".join(_answer_lines(response, clean, "", _quoted)) + "\n"
    if form is ExportForm.MARKDOWN:
        return (
            "\n".join(_answer_lines(response, escape_markdown, "## ", lambda one: _markdown_quoted(one, base_url)))
            + "\n"
        )
    return export_citations(response.citations, form, base_url)


def render_record(
    response: AskResponse, request: AskRequest, corpus_hash: str, documents: int, version: str, at: datetime.datetime
) -> str:
    """Return the search record ("zoekverslag") as an HTML page that prints well.

    Args:
        response: what came out.
        request: what was asked, with its filters.
        corpus_hash: version of the corpus.
        documents: number of documents in it.
        version: version of the product.
        at: when it was asked, with its time zone.

    Returns:
        HTML without script or style of its own, as the Content-Security-Policy asks.
    """
    return _templates.get_template("record.html").render(
        response=response,
        request=request,
        filters=list(_told_filters(request.filters, request.as_of)),
        searched=_told_searched(response.abstention) if response.abstention else None,
        corpus_hash=corpus_hash,
        documents=documents,
        version=version,
        at=f"{at:%d/%m/%Y, %H.%M uur}" + (f" ({at.tzname()})" if at.tzinfo else ""),
        kind_names=KIND_NAMES,
        unknown=UNKNOWN,
        clean=clean,
        quote=one_line,
        day=_day,
    )


def clean(text: str) -> str:
    r"""Return text on one line without control characters, invisible characters and changes of direction.

    >>> clean("een\n twee\u202e drie\x00")
    'een twee drie'
    """
    spaced = "".join(" " if c.isspace() else c for c in text)
    return " ".join("".join(c for c in spaced if unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co")).split())


def one_line(quote: str) -> str:
    """Return a quote on one line; words that a line end broke are joined, cells of a table are set apart."""
    if "\t" in quote:
        rows = [" | ".join(clean(cell) for cell in row.split("\t")) for row in quote.split("\n") if row.strip()]
        return " / ".join(rows).strip()
    return clean(join_lines(quote))


def escape_markdown(text: str) -> str:
    """Return text that Markdown shows as it is, wherever it stands."""
    escaped = clean(text).translate(_MARKDOWN_ESCAPES)
    escaped = _LIST_SIGN.sub(r"\\\1", escaped)
    return _LIST_NUMBER.sub(r"\1\\\2", escaped)


def escape_latex(text: str) -> str:
    """Return text that LaTeX shows as it is, with matching braces."""
    return clean(text).translate(_LATEX_ESCAPES)


def _quoted(one: CitationOut | HitOut) -> str:
    return f"“{one_line(_text_of(one))}”, {clean(one.reference)}"


def _text_of(one: CitationOut | HitOut) -> str:
    return one.quote if isinstance(one, CitationOut) else one.text


def _day(date: datetime.date | None) -> str:
    return f"{date:%d/%m/%Y}" if date else NO_DATE


def _authors(one: CitationOut) -> list[str]:
    """Who asked and who answered, where the document says it."""
    return [clean(name) for name in (one.pair.member, one.pair.minister) if name] if one.pair else []


def _address(one: CitationOut | HitOut, base_url: str) -> str:
    return quote(base_url + one.url, safe=":/?#=&%[]")


def _key(one: CitationOut) -> str:
    """A key that is unique within an answer: two sentences may come from one passage."""
    return f"{_NOT_IN_KEY.sub('-', one.passage_id).strip('-')}-{one.n}"


def _markdown(one: CitationOut, base_url: str) -> str:
    return f"> {_markdown_quoted(one, base_url)}\n"


def _markdown_quoted(one: CitationOut | HitOut, base_url: str) -> str:
    link = f" ([bron](<{_address(one, base_url)}>))" if base_url else ""
    return f"“{escape_markdown(one_line(_text_of(one)))}”, {escape_markdown(one.reference)}{link}"


def _ris(one: CitationOut, base_url: str) -> str:
    tags = [
        ("TY", "GOVDOC"),
        ("ID", _key(one)),
        *(("AU", name) for name in _authors(one)),
        ("TI", clean(one.title)),
        *((("PY", f"{one.date:%Y}"), ("DA", f"{one.date:%Y/%m/%d}")) if one.date else ()),
        *zip(("SP", "EP"), clean(one.pages or "").split("-") if one.pages else (), strict=False),
        ("M3", KIND_NAMES[one.kind]),
        ("AB", f"“{one_line(one.quote)}”"),
        ("N1", clean(one.reference)),
        *((("UR", _address(one, base_url)),) if base_url else ()),
        ("ER", ""),
    ]
    return "".join(f"{tag}  - {value}\r\n" for tag, value in tags)


def _csl(one: CitationOut, base_url: str) -> dict[str, object]:
    """Return an item of CSL-JSON; without a date a style itself says that there is none ("z.d.")."""
    item: dict[str, object] = {
        "id": _key(one),
        "type": _CSL_TYPES.get(one.kind, "report"),
        "title": clean(one.title),
        "genre": KIND_NAMES[one.kind],
        "abstract": one_line(one.quote),
        "note": clean(one.reference),
    }
    if authors := _authors(one):
        item["author"] = [{"literal": name} for name in authors]
    if one.date:
        item["issued"] = {"date-parts": [[one.date.year, one.date.month, one.date.day]]}
    if one.pages:
        item["page"] = clean(one.pages)
    if base_url:
        item["URL"] = _address(one, base_url)
    return item


def _bibtex(one: CitationOut, base_url: str) -> str:
    fields = {
        "title": f"{{{escape_latex(one.title)}}}",  # braces twice: a style may not change its capitals
        "year": f"{one.date:%Y}" if one.date else NO_DATE,
        "date": f"{one.date:%Y-%m-%d}" if one.date else "",
        "type": KIND_NAMES[one.kind],
        "author": " and ".join(f"{{{escape_latex(name)}}}" for name in _authors(one)),
        "pages": escape_latex(one.pages or "").replace("-", "--"),
        "howpublished": escape_latex(one.reference),
        "note": f"“{escape_latex(one_line(one.quote))}”",
        "url": _address(one, base_url) if base_url else "",
    }
    lines = ",\n".join(f"  {name} = {{{value}}}" for name, value in fields.items() if value)
    return f"@misc{{{_key(one)},\n{lines}\n}}\n"


def _answer_lines(
    response: AskResponse, escape: Callable[[str], str], heading: str, cite: Callable[[CitationOut | HitOut], str]
) -> Iterator[str]:
    """Yield an answer line by line, in text or Markdown."""
    yield f"{heading}Vraag"
    yield ""
    yield escape(response.question)
    if response.standalone_question != response.question:
        yield ""
        yield f"Gezocht als: {escape(response.standalone_question)}"
    yield ""
    if response.answered:
        yield f"{heading}Antwoord"
        yield ""
        for statement in response.statements:
            marks = "".join(escape(f"[{number}]") for number in statement.citations)
            yield f"- {escape(statement.text)} {marks}"
        yield ""
        yield f"{heading}Bewijs"
        yield ""
        for one in response.citations:
            yield f"{escape(f'[{one.n}]')} {cite(one)}"
            if one.later:
                yield f"Nieuwer document over hetzelfde: {escape(one.later.reference)}"
            yield ""
    if response.abstention:
        yield f"{heading}Niet gevonden"
        yield ""
        yield escape(response.abstention.reason)
        yield ""
        yield escape(_told_searched(response.abstention))
        yield ""
        if response.abstention.nearest:
            yield f"{heading}Het dichtst daarbij, maar geen antwoord"
            yield ""
            for hit in response.abstention.nearest:
                yield f"- {cite(hit)}"
            yield ""
    if response.notice:
        yield f"Let op: {escape(response.notice)}"
        yield ""
    yield f"Geschreven door: {escape(_told_writer(response))}."


def _told_writer(response: AskResponse) -> str:
    return "niemand, letterlijke citaten" if response.written_by == "citaten" else f"taalmodel {response.written_by}"


def _told_searched(abstention: AbstentionOut) -> str:
    searched = abstention.searched
    period = f"{_day(searched.period[0])} tot {_day(searched.period[1])}" if searched.period else UNKNOWN
    kinds = ", ".join(KIND_NAMES[kind].lower() for kind in searched.kinds) or UNKNOWN
    return (
        f"Doorzocht: {searched.documents} documenten, {searched.passages} passages; soorten: {kinds}; periode: {period}"
        + (f"; {searched.undated} documenten zonder datum" if searched.undated else "")
        + "."
    )


def _told_filters(filters: SearchFilters, as_of: datetime.date | None) -> Iterator[tuple[str, str]]:
    """Yield each filter that was set: its name and its value."""
    told = (
        ("soort", ", ".join(KIND_NAMES[kind] for kind in filters.kind)),
        ("document", ", ".join(clean(document) for document in filters.document_id)),
        ("onderwerp", ", ".join(topic.value for topic in filters.topic)),
        ("vanaf", _day(filters.date_from) if filters.date_from else ""),
        ("tot en met", _day(filters.date_to) if filters.date_to else ""),
        ("zoals bekend op", _day(as_of) if as_of else ""),
    )
    yield from ((name, value) for name, value in told if value)
