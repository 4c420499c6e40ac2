"""Word, HTML and Markdown: the same structure comes out whatever the format, and navigation stays out."""

import zipfile
from pathlib import Path

import docx
import pytest
from docx.oxml import OxmlElement
from hypothesis import given
from hypothesis import strategies as st

from ingest.document import BlockKind
from ingest.duplicates import fingerprint
from ingest.errors import UnreadableFile
from ingest.files import read_document
from ingest.read import read_file
from ingest.readers.flow import HEADER_ROW
from ingest.readers.markdown import read_markdown

HEADING, SUB = "Beleidsbrief Sociale Economie", "Maatwerk bij collectieve inschakeling"
PLAIN = "In 2016 kregen 120 bedrijven een erkenning van het departement Werk en Sociale Economie."
ITEMS = ["meer plaatsen in het maatwerk", "betere begeleiding op de werkvloer"]
ROWS = [["Programma", "2015", "2016"], ["Arbeidszorg", "282", "301"]]
AFTER = "De middelen voor de begeleiding van de werknemers blijven ook in het volgende jaar dezelfde."


def write_docx(path: Path) -> None:
    document = docx.Document()
    document.sections[0].header.paragraphs[0].text = "Vlaams Parlement"
    document.add_heading(HEADING, 1)
    document.add_heading(SUB, 2)
    document.add_paragraph(PLAIN)
    for item in ITEMS:
        document.add_paragraph(item, style="List Bullet")
    table = document.add_table(rows=0, cols=3)
    for row in ROWS:
        for cell, text in zip(table.add_row().cells, row, strict=True):
            cell.text = text
    table.rows[0]._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))
    document.add_paragraph(AFTER)
    document.save(str(path))


def write_html(path: Path) -> None:
    items = "".join(f"<li>{item}</li>" for item in ITEMS)
    rows = "".join(
        "<tr>" + "".join(f"<{tag}>{cell}</{tag}>" for cell in row) + "</tr>"
        for tag, row in zip(("th", "td"), ROWS, strict=True)
    )
    path.write_text(
        f"<!doctype html><html><head><title>x</title><style>p{{}}</style></head><body><nav><a href='/'>Start</a></nav>"
        f"<header>Vlaams Parlement</header><main><h1>{HEADING}</h1><h2>{SUB}</h2><p>{PLAIN}</p><ul>{items}</ul>"
        f"<table>{rows}</table><p>{AFTER}</p></main><footer>Cookies</footer><script>var x = 1</script></body></html>",
        encoding="utf-8",
    )


def write_markdown(path: Path) -> None:
    items = "\n".join(f"- {item}" for item in ITEMS)
    rows = "\n".join("| " + " | ".join(row) + " |" for row in (ROWS[0], ["---"] * 3, *ROWS[1:]))
    path.write_text(f"# {HEADING}\n\n## {SUB}\n\n{PLAIN}\n\n{items}\n\n{rows}\n\n{AFTER}\n", encoding="utf-8")


WRITERS = {".docx": write_docx, ".html": write_html, ".md": write_markdown}


@pytest.mark.parametrize("suffix", WRITERS)
def test_structure(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    WRITERS[suffix](path)
    content = read_file(path)
    assert [(block.kind, block.level, block.text) for block in content.blocks] == [
        (BlockKind.HEADING, 1, HEADING),
        (BlockKind.HEADING, 2, SUB),
        (BlockKind.PARAGRAPH, 0, PLAIN),
        *((BlockKind.ITEM, 0, f"• {item}") for item in ITEMS),
        *((BlockKind.ROW, level, "\t".join(row)) for level, row in zip((HEADER_ROW, 0), ROWS, strict=True)),
        (BlockKind.PARAGRAPH, 0, AFTER),
    ]
    document = read_document(path)
    assert document.metadata.title == HEADING and all(p.section[:2] == (HEADING, SUB) for p in document.passages)


def test_the_same_text_in_three_formats_is_known_as_the_same(tmp_path: Path) -> None:
    prints = set()
    for suffix, write in WRITERS.items():
        write(tmp_path / f"a{suffix}")
        prints.add(fingerprint(read_document(tmp_path / f"a{suffix}")))
    assert len(prints) == 1


def test_numbers_that_word_makes_are_read(tmp_path: Path) -> None:
    document = docx.Document()
    document.add_paragraph("Over maatwerkbedrijven in Vlaanderen")
    for text in ("Hoeveel zijn er?", "Wat kosten ze?"):
        document.add_paragraph(text, style="List Number")
    document.add_paragraph("1. Er zijn er honderd.")
    document.add_paragraph("2. Ze kosten een miljoen.")
    path = tmp_path / "vraag.docx"
    document.save(str(path))
    sections = [passage.section for passage in read_document(path).passages]
    assert ("Vraag en antwoord 1",) in sections and ("Vraag en antwoord 2",) in sections


@given(st.text())
def test_any_markdown_is_read(text: str) -> None:
    words = "".join("".join(element.text.split()) for element in read_markdown(text)[0])
    assert "\x00" not in words


def test_a_zip_and_a_damaged_word_file_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.docx"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("word/document.xml", "<kapot")
    with pytest.raises(UnreadableFile, match="geen leesbaar Word-document"):
        read_file(path)


def test_a_list_inside_another_has_its_own_bullet(tmp_path: Path) -> None:
    document = docx.Document()
    for style in ("List Bullet", "List Bullet 2", "List Bullet"):
        document.add_paragraph("een punt", style=style)
    document.save(str(tmp_path / "lijst.docx"))
    text = read_document(tmp_path / "lijst.docx").pages[0].text
    assert [line[0] for line in text.splitlines() if line] == ["•", "◦", "•"]
