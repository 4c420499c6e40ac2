"""Answers and quotes as Word files, read by another reader of the format."""

import datetime
import io
import zipfile

import docx
import docx.oxml.ns
import pytest
from lxml import etree

from api.export import ExportForm, answer_file, citations_file
from api.text_forms import one_line
from tests.api.answers import HOSTILE, UNSURE_ADVICE, UNSURE_HEADING, abstention, answer, citation, unsure

BASE = "http://127.0.0.1:8000"


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
    assert paragraphs[0] == ("Title", response.question) and ("Heading 1", "Bronnen") in paragraphs
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


def test_what_may_not_answer_is_headed_so() -> None:
    paragraphs, *_ = read_docx(answer_file(unsure(), ExportForm.WORD))
    at = paragraphs.index(("Heading 1", UNSURE_HEADING))
    assert paragraphs[at + 1][1] == UNSURE_ADVICE
    assert not any(text.startswith(("Antwoord", "Zekerheid")) for _, text in paragraphs)


@pytest.mark.parametrize("question", ["Wat is SIFO?", "Wat is SIFO? " * 70])
def test_the_properties_are_of_this_file(question: str) -> None:
    content = answer_file(answer().model_copy(update={"question": question}), ExportForm.WORD)
    assert read_docx(content)[0][0] == ("Title", question.strip()), "the text itself is whole"
    properties = docx.Document(io.BytesIO(content)).core_properties
    assert question.startswith(properties.title) and len(properties.title) == min(255, len(question.strip()))
    age = datetime.datetime.now(datetime.UTC) - properties.modified.replace(tzinfo=datetime.UTC)
    assert properties.created == properties.modified and datetime.timedelta() <= age < datetime.timedelta(minutes=5)
    assert (properties.author, properties.comments) == ("Beleidswijzer", "")
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        assert {name for name in parts.namelist() if name.startswith("docProps/")} == {"docProps/core.xml"}


def test_hostile_text_in_word_is_text() -> None:
    one = citation(1, HOSTILE, title=HOSTILE, reference=HOSTILE)
    paragraphs, _, _, _ = read_docx(citations_file([one], ExportForm.WORD, BASE))
    assert any(one_line(HOSTILE) in text for _, text in paragraphs)
