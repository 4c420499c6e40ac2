"""The search record: a page to print, and the same in Word."""

import datetime
import io

import docx
import docx.oxml.ns

from api.ask_schemas import AskRequest, AskResponse, CitationOut, PairOut, PrecedentOut, Turn
from api.export import ExportForm, Facts, answer_file, record_facts, render_record
from api.schemas import SearchFilters, SpanOut
from api.text_forms import clean
from api.word import record_word
from ingest.document import Kind, Topic
from tests.api.answers import (
    HOSTILE,
    LATER,
    QUOTES,
    SEARCHED,
    UNSURE_ADVICE,
    UNSURE_HEADING,
    abstention,
    answer,
    citation,
    unsure,
)
from tests.api.pages import Page
from tests.conftest import ROOT

BASE = "http://127.0.0.1:8000"
PAIR = PairOut(
    question="Hoeveel?", answer="Veel.", member="An & Co {A}", minister="Freya Van den Bossche", date=None, number=None
)
AT = datetime.datetime(2026, 11, 21, 14, 5, tzinfo=datetime.UTC)


def facts_of(response: AskResponse, request: AskRequest | None = None) -> Facts:
    return record_facts(response, request or AskRequest(question="En nu?"), "c0ffee", 5, "0.2.0", AT)


def record(response: AskResponse, request: AskRequest | None = None) -> tuple[str, Page]:
    html = render_record(response, facts_of(response, request))
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


def test_the_record_of_what_may_not_answer() -> None:
    html, page = record(unsure())
    assert f"{UNSURE_HEADING}. {UNSURE_ADVICE}" in page.text and f"<h2>{UNSURE_HEADING}</h2>" in html
    assert "ntwoord gevonden" not in page.text and "<h2>Gevonden" not in html
    shown = docx.Document(io.BytesIO(record_word(unsure(), facts_of(unsure())))).paragraphs
    assert UNSURE_HEADING in [one.text for one in shown] and UNSURE_ADVICE in [one.text for one in shown]


def test_the_place_is_that_of_the_quote_itself() -> None:
    spans = [SpanOut(page=23, start=140, end=180), SpanOut(page=24, start=0, end=9)]
    response = answer(QUOTES[0])
    response.citations[0] = citation(1, QUOTES[0], spans=spans)
    assert "<code>001:23:140-180 001:24:0-9</code>" in record(response)[0]
    file = docx.Document(io.BytesIO(record_word(response, facts_of(response))))
    assert file.tables[-1].rows[0].cells[0].text == "[1] 001:23:140-180 001:24:0-9"


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
        answer_file(response, form)
    record(response)
    assert response.citations == before


def test_a_record_in_word_tells_what_the_page_tells() -> None:
    response = answer()
    content = record_word(response, facts_of(response), BASE)
    file = docx.Document(io.BytesIO(content))
    facts = {row.cells[0].text: row.cells[1].text for table in file.tables for row in table.rows}
    looks = [look.get(docx.oxml.ns.qn("w:firstRow")) for look in file.element.iter(docx.oxml.ns.qn("w:tblLook"))]
    assert looks == ["0"] * len(file.tables), "the first fact is no header of the others"
    assert facts["Corpus"] == "5 documenten, versie c0ffee" and facts["Filters"] == "geen"
    assert facts[f"[1] {response.citations[0].passage_id}"] == response.citations[0].sha256[0]
    _, page = record(response, AskRequest(question="En nu?"))
    for name, value in facts.items():
        assert name.startswith("[") or (name in page.text and value in page.text)
