import re
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ingest.document import BlockKind, Document, Metadata, Span
from ingest.dutch import join_lines
from ingest.errors import SpanError
from ingest.files import read_document
from ingest.pieces import MAX_CHARS
from ingest.read import split_pages
from ingest.readers.text import read_blocks
from ingest.split import split_document
from ingest.tables import read_cells
from tests.conftest import CORPUS

DOCUMENTS = {path.stem[:3]: read_document(path) for path in CORPUS.glob("*.txt")}
LINES = st.lists(
    st.sampled_from(
        [
            "1. Hoeveel is het?",
            "2. Waarom?",
            "1. Tien.",
            "2. Daarom.",
            "- een punt",
            "- nog een punt; met meer",
            "Tabel 1: iets",
            "\t2009\t2010",
            "Totaal\t9,4\t10,7",
            "",
            "  ",
            "1.1. OD Een doel",
            "Realisaties:",
            "III. HOOFDSTUK",
            "Een gewone zin die doorloopt tot op",
            "de volgende regel. En nog een zin.",
            " een regel met één spatie",
            "BIJLAGEN",
            "Bijlage 1: Begroting",
            "# Titel",
            "1328 (2017-2018) – Nr. 1 15",
            "Vlaams Parlement",
            "ß𝒜😀 ﬁ combi\u0301natie",
            "woord " * 260,
        ]
    )
    | st.text(max_size=40),
    max_size=40,
)


def build(text: str, document_id: str = "d") -> Document:
    document = Document(document_id, f"{document_id}.txt", "", Metadata(document_id), split_pages(text))
    return split_document(document, read_blocks(document.pages))


@given(LINES)
@example(["", "x", "", "- a:", "- b"])
@settings(max_examples=300)
def test_every_body_character_stands_in_one_passage_or_heading(lines: list[str]) -> None:
    document = build("\n".join(lines))
    blocks = read_blocks(document.pages)
    body: Counter[tuple[int, int]] = Counter()
    for block in blocks:
        for span in block.spans:
            for offset in range(span.start, span.end):
                body[span.page, offset] += 1
    assert all(count == 1 for count in body.values()), "a character stands in two blocks"
    covered = {
        (span.page, offset)
        for passage in document.passages
        for span in passage.spans
        for offset in range(span.start, span.end)
    }
    titles = {part for passage in document.passages for part in passage.section}
    headings = {
        (span.page, offset)
        for block in blocks
        for span in block.spans
        if join_lines(block.text).strip("#*_: ") in titles
        for offset in range(span.start, span.end)
    }
    pages = document.pages
    lost = {place for place in set(body) - covered - headings if not pages[place[0] - 1].text[place[1]].isspace()}
    assert not lost


@given(LINES)
@settings(max_examples=200)
def test_passages_can_be_quoted_and_have_distinct_ids(lines: list[str]) -> None:
    document = build("\n".join(lines))
    ids = [passage.passage_id for passage in document.passages]
    assert len(set(ids)) == len(ids)
    for passage in document.passages:
        text = document.quote(passage.spans)
        assert join_lines(text) == passage.search_text
        for piece in text.split("\n\n"):
            assert "".join(piece.split()) in "".join("".join(page.text for page in document.pages).split())
    assert build("\n".join(lines)).passages == document.passages


@pytest.mark.parametrize("document", DOCUMENTS.values(), ids=DOCUMENTS.keys())
def test_passages_of_the_corpus_are_readable_units(document: Document) -> None:
    for passage in document.passages:
        text = document.quote(passage.spans)
        assert not re.search(r"\d+ \(\d{4}-\d{4}\) – Nr\.\s\d+\W+\d+$", text, re.M), "running header"
        assert len(text) <= 2.2 * MAX_CHARS, "context and own text together stay readable"
    assert document.passages


def test_a_sentence_that_crosses_a_page_is_one_passage_without_the_header() -> None:
    document = DOCUMENTS["001"]
    passage = next(p for p in document.passages if "willen nadenken om nieuwe" in p.search_text)
    assert "nadenken om nieuwe dienstverlening of producten te ontwikkelen" in passage.search_text
    assert {span.page for span in passage.spans} == {1, 2}


def test_a_table_row_never_loses_its_header() -> None:
    document = DOCUMENTS["003"]
    rows = [passage for passage in document.passages if "2010*\t1513\t282" in document.quote(passage.spans)]
    assert len(rows) == 1
    text = document.quote(rows[0].spans)
    assert text.startswith("Tabel 8 : Uitstroom naar Werk (2006-2010)\n\nProgramma\tJaar\tA\tB1**")
    assert "Uitgestr. (aantal)" in text and "\nArbeidszorg\t2010" in text


def test_a_list_item_keeps_its_lead_in() -> None:
    document = DOCUMENTS["001"]
    passage = next(p for p in document.passages if "eenmalige tussenkomst voor loonkostfinanciering" in p.search_text)
    assert document.quote(passage.spans).startswith("In 2017 werd uitvoering gegeven aan dit principeakkoord:")


def test_an_item_of_an_item_keeps_that_too_and_the_next_item_does_not() -> None:
    exceptions = "".join(
        f"◦ bedrijven met een zetel in gemeente {i:02}, voor zover ze er al lang zijn;\n" for i in range(16)
    )
    text = f"De regering schrapt deze premies:\n\n• de startpremie, behalve voor:\n{exceptions}"
    more = "".join(f"• premie {i:02}, die niemand nog vroeg na de vorige hervorming;\n" for i in range(20))
    passages = [passage.search_text for passage in build(text + more).passages]
    for passage in passages:
        assert passage.startswith("De regering schrapt deze premies:")
        assert ("behalve voor:" in passage) == ("◦" in passage)
    assert len(passages) > 2


def test_sections_are_the_headings_above() -> None:
    passage = next(p for p in DOCUMENTS["003"].passages if "2.715.000 euro beschikbaar" in p.search_text)
    assert passage.section == (
        "4. STRATEGISCHE EN OPERATIONELE DOELSTELLINGEN",
        "4.2. SD 2: Minder maatschappelijke noden door meer maatschappelijke diensten te koppelen aan de inschakeling "
        "van kansengroepen",
        "ARBEIDSZORG",
        "4.2.8. Budget",
    )


def test_the_first_item_of_a_list_is_no_heading() -> None:
    listed = "1. Overzicht van de loodsen\n2. Kaart van de loodsen"
    document = build(f"BIJLAGEN\n\n{listed}\n\nBijlage 1: Overzicht van de loodsen\n\nEr zijn er 12.\n")
    assert [heading.title for heading in document.headings] == ["BIJLAGEN", "Bijlage 1: Overzicht van de loodsen"]
    assert document.quote(document.passages[0].own) == listed
    assert build("1. Loodsen\n1. Een grote.\n2. Een kleine.\n").headings[0].title == "1. Loodsen"


def test_the_table_of_contents_is_no_passage() -> None:
    assert not any("....." in passage.search_text for passage in DOCUMENTS["003"].passages)


def test_ids_do_not_change_when_another_document_is_added(tmp_path: Path) -> None:
    one = tmp_path / "een.txt"
    one.write_text("Een tekst over maatwerk.\n\nEn nog een alinea.", encoding="utf-8")
    before = read_document(one).passages
    (tmp_path / "twee.txt").write_text("Iets anders.", encoding="utf-8")
    assert read_document(one).passages == before
    assert before[0].passage_id == "een:1:0-44"


@pytest.mark.parametrize("span", [Span(2, 0, 1), Span(0, 0, 1), Span(1, 0, 99), Span(1, 3, 3), Span(1, -1, 2)])
def test_a_span_outside_its_page_is_refused(span: Span) -> None:
    with pytest.raises(SpanError):
        build("korte tekst").quote([span])


def table_rows() -> list[tuple[str, str, str]]:
    """Of every row of every table of the letter of 2011-2012 with columns: row label, column header, the row."""
    document = DOCUMENTS["003"]
    tables: list[list[str]] = [[]]
    before = BlockKind.PARAGRAPH
    for block in read_blocks(document.pages):
        if block.kind is BlockKind.ROW:
            if before is not BlockKind.ROW:
                tables.append([])
            tables[-1].append(block.text)
        before = block.kind
    found = []
    for table in tables:
        if not any(character.isdigit() for row in table for character in row):
            continue  # a list of abbreviations has no column headers
        header = [cell.strip("* ") for cell in table[0].split("\t")] if table else []
        for row in table[1:]:
            label = row.split("\t")[0].strip("* ")
            if len(header) > 1 and "\t" in row:
                found.append((label, header[-1], row))
    return found


def test_every_table_row_stands_with_its_label_and_its_column_header() -> None:
    document = DOCUMENTS["003"]
    rows = table_rows()
    assert len(rows) > 90
    texts = [document.quote(passage.spans) for passage in document.passages]
    for label, header, row in rows:
        assert any(row in text and label in text and header in text for text in texts), row


@pytest.mark.parametrize("after", ["## Doel\n\nDe premie stijgt.\n", "## Doel\n\nJaar\tVTE\n2019\t10\n2020\t12\n"])
def test_a_heading_with_nothing_below_it_goes_with_what_follows(after: str) -> None:
    document = build(f"# Nota\n\n## Leeg\n\n{after}\n# Bijlage\n\n# Slot\n")
    first, last = document.passages
    assert first.section == ("Nota", "Doel") and document.quote(first.own).startswith("## Leeg")
    assert document.quote(last.own) == "# Bijlage\n\n# Slot", "at the end nothing follows"


def test_a_cover_is_a_passage_of_its_own() -> None:
    document = build("# Vlaamse overheid\n\n# Conceptnota\n\n\f# Doel\n\nDe premie stijgt.\n")
    cover, body = document.passages
    assert document.quote(cover.own) == "# Vlaamse overheid\n\n# Conceptnota" and cover.section == ()
    assert document.quote(body.own) == "De premie stijgt." and body.section == ("Doel",)


@pytest.mark.parametrize("opening", ["De raad besluit unaniem:", "Hoeveel plaatsen zijn er dan nog vrij?"])
def test_what_opens_the_next_paragraph_stands_in_one_passage_with_it(opening: str) -> None:
    long = "De Vlaamse overheid ondersteunt de maatwerkbedrijven bij de begeleiding van hun werknemers. " * 8
    document = build(f"{long}\n\n{opening}\n\n{long}")
    texts = [document.quote(passage.own) for passage in document.passages]
    assert [opening in text for text in texts] == [False, True] and texts[1].startswith(opening)


def test_rows_above_those_that_are_numbered_head_the_table() -> None:
    document = build("Standaard:\tProces\tkort\nNr\tAfwijking\tOorzaak\n1\ttermen\tomvang\n2\tdomein\tkeuze\n")
    rows = [piece for passage in document.passages for piece in passage.pieces if piece.kind is BlockKind.ROW]
    assert [document.quote(row.spans)[:1] for row in rows] == ["1", "2"]
    assert all(document.quote(row.heads).endswith("Nr\tAfwijking\tOorzaak") for row in rows)


def test_a_row_is_read_as_row_and_column_with_value_and_unit() -> None:
    first = "Jaar\tKrediet\tAandeel\n2019\t38.200\t12 %\n2020\tgeen\t38.450"
    second = "Maatregel\tBegroting (in keuro)\tAantal VTE\nMaatwerk\t410.000\t96\n\t425.000\t97"
    third = "Los\t1.000\t2.000\nVast\t3.000\t4.000\n"
    text = f"De uitgaven in duizend euro waren de volgende:\n\n{first}\n\nEn.\n\n{second}\n\nOok.\n\n{third}"
    document = build(text)
    rows = [piece for passage in document.passages for piece in passage.pieces if piece.kind is BlockKind.ROW]
    assert [tuple(map(str, read_cells(document, row.spans, row.heads))) for row in rows] == [
        ("2019 × Krediet = 38.200, duizend euro", "2019 × Aandeel = 12 %"),
        ("2020 × Krediet = geen", "2020 × Aandeel = 38.450, duizend euro"),
        ("Maatwerk × Begroting (in keuro) = 410.000, keuro", "Maatwerk × Aantal VTE = 96"),
        ("Maatwerk × Begroting (in keuro) = 425.000, keuro", "Maatwerk × Aantal VTE = 97"),
        (),
        (),
    ]


@pytest.mark.parametrize(
    ("said", "unit"),
    [
        *((f"(in {unit})", unit) for unit in ("€", "k€", "VTE", "%", "mio euro", "miljoen euro", "duizenden euro")),
        ("(in % van het referteloon)", "% van het referteloon"),
        ("in % van het referteloon", ""),
        ("(in %, 2021)", "%"),
        ("in personen, en in VTE (tabel 2)", ""),
        ("(x 1.000 euro)", "x 1.000 euro"),
        ("(× 1 000)", "× 1 000"),
        ("in euro (x 1.000)", "euro (x 1.000)"),
        ("(in € mln.)", "€ mln."),
        ("in 2021", ""),
        ("in europees verband", ""),
    ],
)
def test_a_caption_gives_each_row_its_unit(said: str, unit: str) -> None:
    document = build(f"# Cijfers\n\nTabel 1: Kredieten {said}\n\nProfiel\tJaar 1\tJaar\nLicht\t21\t3\nZwaar\t40\t5\n")
    rows = [piece for passage in document.passages for piece in passage.pieces if piece.kind is BlockKind.ROW]
    assert [str(read_cells(document, row.spans, row.heads)[0]) for row in rows] == [
        f"{label} × Jaar 1 = {value}" + (f", {unit}" if unit else "") for label, value in (("Licht", 21), ("Zwaar", 40))
    ]
    assert not any(read_cells(document, row.spans, row.heads)[1].unit for row in rows)
