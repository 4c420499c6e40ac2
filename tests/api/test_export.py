import datetime
import json
import re
from html.parser import HTMLParser
from typing import Any

import pytest
import rispy
from bibtexparser.entrypoint import parse_string
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from pylatexenc.latex2text import LatexNodes2Text

from api.ask_schemas import AskRequest, AskResponse, CitationOut, PairOut, PrecedentOut, Turn
from api.export import ExportForm, clean, escape_markdown, export_answer, export_citations, one_line, render_record
from api.schemas import SearchFilters
from ingest.document import Kind, Topic
from tests.api.answers import LATER, QUOTES, SEARCHED, abstention, answer, citation
from tests.conftest import ROOT

BASE = "http://127.0.0.1:8000"
HOSTILE = (
    '50% & {meer} $ #1 \\input{/etc/passwd} <script>alert(1)</script> \u202e_x_ ~ ^ [a](javascript:1) `b` "c" | @d'
    "\nER  - \nTY  - BOOK\n\n@book{x, title={y}}\n# kop\n- punt"
)
PAIR = PairOut(
    question="Hoeveel?", answer="Veel.", member="An & Co {A}", minister="Freya Van den Bossche", date=None, number=None
)
AT = datetime.datetime(2026, 11, 21, 14, 5, tzinfo=datetime.UTC)


def read_bibtex(text: str) -> list[dict[str, str]]:
    """Entries as bibtexparser and pylatexenc read them; the latter does not know the words for braces."""
    library = parse_string(text)
    assert not library.failed_blocks and not library.comments and not library.preambles
    entries = []
    for entry in library.entries:
        fields = {"key": entry.key}
        for name, field in entry.fields_dict.items():
            latex = str(field.value).replace(r"\textbraceleft{}", r"\{").replace(r"\textbraceright{}", r"\}")
            fields[name] = latex if name == "url" else LatexNodes2Text().latex_to_text(latex).replace("ˆ", "^")
        entries.append(fields)
    return entries


def read_csl(text: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = json.loads(text)
    return items


class Page(HTMLParser):
    """What a browser would see: tags with their attributes, and text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


# --- citations


def test_text_is_ready_to_paste() -> None:
    assert export_citations([citation(1, QUOTES[0])], ExportForm.TEXT) == (
        "“Het budget 2018 voor het beleidsveld sociale economie bedraagt 486 miljoen euro, ongeveer 1% van de totale "
        "Vlaamse begroting.”, Beleidsbrief Sociale Economie 2017-2018, Parl.St. Vl.Parl. 2017-18, nr. 1328/1, 23\n"
    )


def test_a_broken_word_is_joined_and_a_table_keeps_its_cells() -> None:
    assert one_line("met onder-\nsteuning van") == "met ondersteuning van"
    assert one_line("\tJuni 2010\nPmah\t29.376") == "| Juni 2010 / Pmah | 29.376"


def test_ris_is_read_back() -> None:
    one = citation(1, QUOTES[0], pages="23-24").model_copy(update={"pair": PAIR})
    text = export_citations(
        [one, citation(2, QUOTES[1], date=None, page=None, page_label=None, pages=None)], ExportForm.RIS, BASE
    )
    first, second = rispy.loads(text)
    assert first["type_of_reference"] == "GOVDOC" and first["title"] == one.title
    assert (
        first["year"] == "2017"
        and first["date"] == "2017/10/25"
        and (first["start_page"], first["end_page"]) == ("23", "24")
    )
    assert first["abstract"] == f"“{QUOTES[0]}”" and first["notes"] == [one.reference]
    assert first["authors"] == ["An & Co {A}", "Freya Van den Bossche"]
    assert first["urls"] == [BASE + one.url]
    assert not {"year", "date", "start_page", "authors"} & set(second), "what is unknown is left out"


def test_csl_json_is_what_a_reference_manager_expects() -> None:
    one = citation(1, QUOTES[0])
    first, second = read_csl(
        export_citations([one, citation(2, QUOTES[1], date=None, kind=Kind.SCHRIFTELIJKE_VRAAG)], ExportForm.CSL_JSON)
    )
    assert first["issued"] == {"date-parts": [[2017, 10, 25]]} and first["type"] == "report" and first["page"] == "23"
    assert first["abstract"] == QUOTES[0] and first["note"] == one.reference
    assert "issued" not in second and second["type"] == "document"
    assert "URL" not in first and first["id"] != second["id"]


def test_bibtex_is_read_back() -> None:
    one = citation(1, QUOTES[0]).model_copy(update={"pair": PAIR})
    first, second = read_bibtex(export_citations([one, citation(2, "Citaat.", date=None)], ExportForm.BIBTEX, BASE))
    assert first["title"].strip("{}") == one.title and first["year"] == "2017" and first["date"] == "2017-10-25"
    assert first["note"] == f"“{QUOTES[0]}”" and first["howpublished"] == one.reference
    assert "Freya Van den Bossche" in first["author"] and first["url"] == BASE + one.url
    assert second["year"] == "z.d." and "date" not in second
    assert first["key"] != second["key"] and re.fullmatch(r"[A-Za-z0-9-]+", first["key"])


@pytest.mark.parametrize("form", ExportForm)
def test_nothing_to_export(form: ExportForm) -> None:
    assert export_citations([], form) == ("[]\n" if form is ExportForm.CSL_JSON else "")


@pytest.mark.parametrize("form", ExportForm)
def test_each_form_has_a_media_type_and_a_file_name(form: ExportForm) -> None:
    assert re.fullmatch(r"[a-z]+/[a-z.+-]+; charset=utf-8", form.media_type)
    assert re.fullmatch(r"beleidswijzer\.[a-z]+", form.file_name)


# --- hostile text


@pytest.mark.parametrize("where", ["title", "quote", "reference"])
def test_hostile_text_stays_text_in_every_form(where: str) -> None:
    one = citation(1, QUOTES[0], **{where: HOSTILE}) if where != "quote" else citation(1, HOSTILE)
    flat = clean(HOSTILE)
    field = {"title": "title", "quote": "note", "reference": "howpublished"}[where]
    (entry,) = read_bibtex(export_citations([one], ExportForm.BIBTEX))
    assert entry[field].strip("{}“” ").replace(" ", "") == flat.strip("{}“” ").replace(" ", "")
    source = export_citations([one], ExportForm.BIBTEX)
    assert r"\input" not in source and source.count("{") == source.count("}")
    (record,) = rispy.loads(export_citations([one], ExportForm.RIS))
    value = record[{"title": "title", "quote": "abstract", "reference": "notes"}[where]]
    assert flat in (value[0] if isinstance(value, list) else value)
    (item,) = read_csl(export_citations([one], ExportForm.CSL_JSON))
    assert item[{"title": "title", "quote": "abstract", "reference": "note"}[where]] == flat
    if where != "title":
        html = MarkdownIt().render(export_citations([one], ExportForm.MARKDOWN))
        assert flat in Page(html).text
        assert {tag for tag, _ in Page(html).tags} == {"blockquote", "p"}
    for form in ExportForm:
        assert not re.search(r"[\u202a-\u202e\x00-\x09\x0b\x0c\x0e-\x1f]", export_citations([one], form))


texts = st.text(st.characters(codec="utf-8"), max_size=80)


@given(texts, texts)
@settings(max_examples=150, deadline=None)
def test_any_text_is_read_back(title: str, quote: str) -> None:
    one = citation(1, quote, title="x" + title, reference="r " + quote)
    (record,) = rispy.loads(export_citations([one], ExportForm.RIS))
    assert record["title"] == clean("x" + title)
    (item,) = read_csl(export_citations([one], ExportForm.CSL_JSON))
    assert item["title"] == clean("x" + title) and item["abstract"] == one_line(quote)
    source = export_citations([one], ExportForm.BIBTEX)
    library = parse_string(source)
    assert len(library.entries) == 1 and not library.failed_blocks
    depth = 0
    for character in source:
        depth += {"{": 1, "}": -1}.get(character, 0)
        assert depth >= 0
    assert depth == 0


@given(texts)
@settings(max_examples=200, deadline=None)
def test_markdown_shows_any_text_as_it_is(text: str) -> None:
    page = Page(MarkdownIt().render(escape_markdown(text)))
    assert " ".join(page.text.split()) == clean(text)
    assert {tag for tag, _ in page.tags} <= {"p"}


# --- answers


def test_an_answer_as_text_and_markdown() -> None:
    response = answer(notice="Let goed op.")
    response.citations[0].later = LATER
    text = export_answer(response, ExportForm.TEXT)
    for statement in response.statements:
        assert f"- {statement.text} [{statement.citations[0]}]" in text
    for one in response.citations:
        assert f"[{one.n}] “{one.quote}”, {one.reference}" in text
    assert f"Nieuwer document over hetzelfde: {LATER.reference}" in text and "Let op: Let goed op." in text
    assert "Geschreven door: niemand, letterlijke citaten." in text
    page = Page(MarkdownIt().render(export_answer(response, ExportForm.MARKDOWN, BASE)))
    assert [tag for tag, _ in page.tags].count("h2") == 3
    assert [a["href"] for tag, a in page.tags if tag == "a"] == [BASE + one.url for one in response.citations]
    assert all(one.quote in page.text and one.reference in page.text for one in response.citations)


def test_not_found_is_exported_as_such() -> None:
    for form in (ExportForm.TEXT, ExportForm.MARKDOWN):
        text = export_answer(abstention(), form)
        assert "Niet gevonden" in text and "zeppelins" in text and "geen antwoord" in text
        assert "5 documenten, 812 passages" in text and "25/10/2011 tot 27/09/2018" in text
        assert "28,1 miljoen" in text and "Bewijs" not in text


@pytest.mark.parametrize("form", [ExportForm.RIS, ExportForm.CSL_JSON, ExportForm.BIBTEX])
def test_a_reference_manager_gets_the_citations(form: ExportForm) -> None:
    response = answer()
    assert export_answer(response, form, BASE) == export_citations(response.citations, form, BASE)


# --- the search record


def record(response: AskResponse, request: AskRequest | None = None) -> tuple[str, Page]:
    html = render_record(response, request or AskRequest(question="En nu?"), "c0ffee", 5, "0.2.0", AT)
    return html, Page(html)


def test_the_record_of_an_answer() -> None:
    request = AskRequest(
        question="En nu?",
        history=[Turn(question="Wat was het in 2017?")],
        filters=SearchFilters(kind=[Kind.BELEIDSBRIEF], topic=[Topic.LDE], date_to=datetime.date(2018, 1, 31)),
        as_of=datetime.date(2018, 2, 1),
    )
    response = answer(notice="Er is iets nieuwer.").model_copy(update={"question": "En nu?"})
    response.citations[1] = citation(
        2, QUOTES[1], date=None, page=None, page_label=None, pages=None, later=LATER, pair=PAIR
    )
    html, page = record(response, request)
    for told in (
        "En nu?",
        response.standalone_question,
        "Wat was het in 2017?",
        "Beleidsbrief",
        "lde",
        "31/01/2018",
        "01/02/2018",
        "c0ffee",
        "5 documenten",
        "Beleidswijzer 0.2.0",
        "21/11/2026, 14.05 uur (UTC)",
        "antwoord gevonden",
        "Er is iets nieuwer.",
        "letterlijke citaten, geen taalmodel",
        LATER.reference,
        "onbekend",
        "Freya Van den Bossche",
        *(statement.text for statement in response.statements),
        *(one.reference for one in response.citations),
        *(one.sha256[0] for one in response.citations),
    ):
        assert told in page.text, told
    assert {a["id"] for tag, a in page.tags if tag == "section"} == {"bewijs-1", "bewijs-2", "bewijs-3"}
    assert {a["href"] for tag, a in page.tags if tag == "a"} == {"#bewijs-1", "#bewijs-2", "#bewijs-3"}
    assert '<html lang="nl">' in html


def test_the_record_of_nothing_found() -> None:
    _, page = record(abstention())
    for told in ("niet gevonden", "zeppelins", "812 passages", "maar geen antwoord", QUOTES[1], "Filters", "geen"):
        assert told in page.text, told
    unknown = abstention()
    assert unknown.abstention is not None
    unknown.abstention.searched = SEARCHED.model_copy(update={"period": None})
    assert "periode: onbekend" in record(unknown)[1].text


def test_the_record_has_no_script_or_style_of_its_own() -> None:
    response = answer(HOSTILE).model_copy(
        update={"question": HOSTILE, "standalone_question": HOSTILE, "notice": HOSTILE}
    )
    response.citations[0] = citation(1, HOSTILE, title=HOSTILE, reference=HOSTILE, section=[HOSTILE])
    request = AskRequest(question="x", filters=SearchFilters(document_id=[HOSTILE]), history=[Turn(question=HOSTILE)])
    html, page = record(response, request)
    assert not {"script", "style", "img", "iframe"} & {tag for tag, _ in page.tags}
    assert not any(name.startswith("on") or name == "style" for _, attributes in page.tags for name in attributes)
    assert "\u202e" not in html and "&lt;script&gt;" in html and clean(HOSTILE) in page.text
    (sheet,) = [attributes["href"] for tag, attributes in page.tags if tag == "link"]
    assert sheet and "@media print" in (ROOT / "api" / "web" / sheet.lstrip("/")).read_text(encoding="utf-8")


def test_the_record_shows_precedents() -> None:
    precedent = PrecedentOut(question="Hoeveel\nkost het?", answers=[citation(1, QUOTES[1], date=None)])
    _, page = record(answer().model_copy(update={"precedents": [precedent]}))
    assert "Hoeveel kost het?" in page.text and f"z.d.: “{QUOTES[1]}”, " in page.text


def test_the_record_names_the_model_that_wrote() -> None:
    assert "taalmodel testmodel" in record(answer().model_copy(update={"written_by": "testmodel"}))[1].text


def test_a_citation_of_the_answer_is_unchanged_by_its_export() -> None:
    response = answer()
    before: list[CitationOut] = [one.model_copy(deep=True) for one in response.citations]
    for form in ExportForm:
        export_answer(response, form)
    record(response)
    assert response.citations == before
