"""Answers and citations in forms that can be put in a file: text, Markdown, RIS, CSL-JSON, BibTeX, and a search record.

All functions are pure. What a document says is data: it is escaped for each form, and what a document does not say is
left out or said to be unknown, never guessed.
"""

import datetime
import json
import re
import textwrap
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Self

from api.ask import headed, told_sure, told_unsure, told_writer
from api.ask_schemas import AbstentionOut, AskRequest, AskResponse, CitationOut
from api.bibliography import items_of, write_bibtex, write_ris
from api.errors import ApiError
from api.schemas import HitOut, SearchFilters
from api.text_forms import address, clean, escape_markdown, one_line
from api.web.render import templates
from index.answer.citation import KIND_NAMES, UNKNOWN

NO_DATE = "z.d."
_NO_SOURCES = "Dit antwoord heeft geen bronnen om over te nemen; stel de vraag met andere of meer woorden."
_NOT_IN_NAME = re.compile(r"[^A-Za-z0-9]+")
Facts = Sequence[tuple[str, str]]


class ExportForm(StrEnum):
    """Form of an export, with its media type for HTTP and the extension of its file."""

    media_type: str
    extension: str

    TEXT = "tekst", "text/plain; charset=utf-8", "txt"
    MARKDOWN = "markdown", "text/markdown; charset=utf-8", "md"
    RIS = "ris", "application/x-research-info-systems; charset=utf-8", "ris"
    CSL_JSON = "csl-json", "application/vnd.citationstyles.csl+json; charset=utf-8", "json"
    BIBTEX = "bibtex", "application/x-bibtex; charset=utf-8", "bib"
    WORD = "word", "application/vnd.openxmlformats-officedocument.wordprocessingml.document", "docx"

    def __new__(cls, name: str, media_type: str, extension: str) -> Self:
        """Make a form, of which the name is the value."""
        form = str.__new__(cls, name)
        form._value_, form.media_type, form.extension = name, media_type, extension
        return form

    def file_name(self, title: str) -> str:
        """Return a name to save it under that says what it holds, in letters that every system takes."""
        return f"{file_stem(title)}.{self.extension}"

    @classmethod
    def of_file(cls, path: Path | None) -> Self | None:
        """Return the form that a file's extension says; None where it says none."""
        suffix = path.suffix.lower().lstrip(".") if path else ""
        return next((form for form in cls if form.extension == suffix), None)


class RecordForm(StrEnum):
    """Form of a search record."""

    PAGE = "pagina"
    WORD = "word"


def file_stem(title: str) -> str:
    """Return a title as the name of a file, cut between words.

    >>> file_stem("Hoeveel coöperaties zijn er in 2012?")
    'beleidswijzer-hoeveel-cooperaties-zijn-er-in-2012'
    """
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    words = textwrap.wrap(" ".join(_NOT_IN_NAME.sub(" ", plain).split()), 60)
    return "-".join(["beleidswijzer", *(words[0].split() if words else ())])


def answer_file(response: AskResponse, form: ExportForm, base_url: str = "") -> bytes:
    """Return a whole answer as a file; one for reference managers holds its citations, as of `citations_file`."""
    match form:
        case ExportForm.WORD:
            from api.word import answer_word

            return answer_word(response, base_url)
        case ExportForm.TEXT:
            paragraphs = _paragraphs(response, clean, "", _quoted)
        case ExportForm.MARKDOWN:
            paragraphs = _paragraphs(response, escape_markdown, "## ", lambda one: _markdown(one, base_url))
        case _:
            return citations_file(response.citations, form, base_url)
    return ("\n\n".join(paragraphs) + "\n").encode()


def citations_file(citations: Sequence[CitationOut], form: ExportForm, base_url: str = "") -> bytes:
    """Return citations as a file, in their order; raises ApiError, 422, without any.

    Without `base_url`, the address of the server without slash, no address is written: a path alone leads nowhere.
    """
    if not citations:
        raise ApiError(422, _NO_SOURCES)
    match form:
        case ExportForm.WORD:
            from api.word import quotes_word

            return quotes_word(citations, base_url)
        case ExportForm.CSL_JSON:
            text = json.dumps(items_of(citations, base_url), ensure_ascii=False, indent=2) + "\n"
        case ExportForm.MARKDOWN:
            text = "\n".join(f"> {_markdown(one, base_url)}\n" for one in citations)
        case ExportForm.TEXT:
            text = "\n".join(_quoted(one) + "\n" for one in citations)
        case _:
            write = write_ris if form is ExportForm.RIS else write_bibtex
            text = "\n".join(map(write, items_of(citations, base_url)))
    return text.encode()


def render_record(response: AskResponse, facts: Facts) -> str:
    """Return the search record ("zoekverslag") as an HTML page that prints well, without script or style of its own."""
    searched = told_searched(response.abstention) if response.abstention else None
    page = templates.get_template("record.html")
    told = headed(response)
    return page.render(response=response, facts=facts, searched=searched, day=_day, headed=told, place=told_place)


def record_facts(
    response: AskResponse, request: AskRequest, corpus_hash: str, documents: int, version: str, at: datetime.datetime
) -> Facts:
    """Return what a search record tells of the search itself, name by name."""
    found = f"{'antwoord' if response.answered else 'niet'} gevonden (zekerheid {100 * response.confidence:.0f}%)"
    unsure = told_unsure(response)
    return [
        ("Vraag", response.question),
        *(("Vraag ervoor", turn.question) for turn in request.history),
        ("Gezocht als", response.standalone_question),
        *(_told_filters(request.filters, request.as_of) or [("Filters", "geen")]),
        ("Datum en uur", f"{at:%d/%m/%Y, %H.%M uur}" + (f" ({at.tzname()})" if at.tzinfo else "")),
        ("Corpus", f"{documents} documenten, versie {corpus_hash}"),
        ("Programma", f"Beleidswijzer {version}"),
        ("Resultaat", ". ".join(unsure) if unsure else found),
        ("Tekst", told_writer(response)),
    ]


def _quoted(one: CitationOut | HitOut) -> str:
    return f"“{_line_of(one)}”, {clean(one.reference)}"


def _line_of(one: CitationOut | HitOut) -> str:
    return one_line(one.quote if isinstance(one, CitationOut) else one.text)


def _day(date: datetime.date | None) -> str:
    return f"{date:%d/%m/%Y}" if date else NO_DATE


def _markdown(one: CitationOut | HitOut, base_url: str) -> str:
    link = f" ([bron](<{address(one, base_url)}>))" if base_url else ""
    return f"“{escape_markdown(_line_of(one))}”, {escape_markdown(one.reference)}{link}"


def _paragraphs(
    response: AskResponse, escape: Callable[[str], str], heading: str, cite: Callable[[CitationOut | HitOut], str]
) -> Iterator[str]:
    """Yield an answer paragraph by paragraph, in text or Markdown."""
    yield f"{heading}Vraag"
    yield escape(response.question)
    if response.standalone_question != response.question:
        yield f"Gezocht als: {escape(response.standalone_question)}"
    if response.answered:
        title, below = headed(response)
        yield f"{heading}{title}"
        yield from map(escape, below)
        marked = ((one.text, "".join(f"[{n}]" for n in one.citations)) for one in response.statements)
        yield "\n".join(f"- {escape(text)} {escape(marks)}" for text, marks in marked)
        yield f"{heading}Bronnen"
        for source in response.citations:
            newer = f"\nNieuwer document over hetzelfde: {escape(source.later.reference)}" if source.later else ""
            yield f"{escape(f'[{source.n}]')} {cite(source)}{newer}"
    if response.abstention:
        yield f"{heading}Niet gevonden"
        yield escape(response.abstention.reason)
        yield escape(told_searched(response.abstention))
        if response.abstention.nearest:
            yield f"{heading}Het dichtst daarbij, maar geen antwoord"
            yield "\n".join(f"- {cite(hit)}" for hit in response.abstention.nearest)
    if response.notice:
        yield f"Let op: {escape(response.notice)}"
    yield escape(told_sure(response))


def told_place(citation: CitationOut) -> str:
    """Return where a quote itself stands, each piece written as an id of a passage is."""
    return " ".join(f"{citation.document_id}:{span.page}:{span.start}-{span.end}" for span in citation.spans)


def told_searched(abstention: AbstentionOut) -> str:
    """Return what was searched in vain, as a sentence."""
    searched = abstention.searched
    period = f"{_day(searched.period[0])} tot {_day(searched.period[1])}" if searched.period else UNKNOWN
    kinds = ", ".join(KIND_NAMES[kind].lower() for kind in searched.kinds) or UNKNOWN
    return (
        f"Doorzocht: {searched.documents} documenten, {searched.passages} passages; soorten: {kinds}; periode: {period}"
        + (f"; {searched.undated} documenten zonder datum" if searched.undated else "")
        + "."
    )


def _told_filters(filters: SearchFilters, as_of: datetime.date | None) -> list[tuple[str, str]]:
    """Return each filter that was set: its name and its value."""
    told = (
        ("soort", ", ".join(KIND_NAMES[kind] for kind in filters.kind)),
        ("document", ", ".join(clean(document) for document in filters.document_id)),
        ("onderwerp", ", ".join(topic.value for topic in filters.topic)),
        ("vanaf", _day(filters.date_from) if filters.date_from else ""),
        ("tot en met", _day(filters.date_to) if filters.date_to else ""),
        ("zoals bekend op", _day(as_of) if as_of else ""),
    )
    return [(f"Filter: {name}", value) for name, value in told if value]
