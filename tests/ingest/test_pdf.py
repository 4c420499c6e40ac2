"""PDF layout: on small PDFs drawn for the purpose, by laws on generated pages, and on the real files where they are."""

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.document import BlockKind, Document, Metadata, Span
from ingest.files import read_document
from ingest.read import Content, read_file
from ingest.readers.pdf.chars import is_nonsense
from ingest.readers.pdf.compose import compose
from ingest.readers.pdf.printed import Sheet, Word
from ingest.split import split_document
from tests.conftest import ROOT
from tests.pdf import Stroke, Text, draw_pdf

REAL = ROOT.parent / "shared" / "pdf"
AGREEMENT = REAL / "01_Regeerakkoord20192024.pdf"
needs_real = pytest.mark.skipif(not AGREEMENT.exists(), reason="the real files are not here")


def read(tmp_path: Path, pages: list[list[Text | Stroke]], catalogue: str = "") -> Content:
    path = tmp_path / "a.pdf"
    path.write_bytes(draw_pdf(pages, catalogue))
    return read_file(path)


def column(x: float, top: float, lines: list[str], size: float = 10) -> list[Text | Stroke]:
    return [Text(x, top - 12 * i, line, size) for i, line in enumerate(lines)]


LEFT = [
    "De minister heeft in het voorjaar met de",
    "sector overlegd over de plaatsen, de onder-",
    "steuning en het administratief-",
    "technisch comité dat de KMO-",
    "portefeuille opvolgt, zoals in de beheers-",
    "en beleidscyclus is afgesproken met alle",
]
RIGHT = [
    "partners die daar in het voorjaar om vroegen.",
    "Het tweede deel van de tekst staat rechts en",
    "gaat verder over de werknemers die bij een",
    "maatwerkbedrijf werken en daar begeleiding",
    "krijgen zolang zij die nodig hebben, ook als",
    "zij later naar een ander bedrijf doorstromen.",
]


@pytest.mark.parametrize("interleaved", [False, True])
def test_two_columns_are_read_one_after_the_other_and_words_made_whole(tmp_path: Path, interleaved: bool) -> None:
    left, right = column(60, 700, LEFT), column(320, 700, RIGHT)
    page = [item for pair in zip(left, right, strict=True) for item in pair] if interleaved else [*left, *right]
    content = read(tmp_path, [page])
    assert [block.text for block in content.blocks] == [
        "De minister heeft in het voorjaar met de sector overlegd over de plaatsen, de ondersteuning en het "
        "administratief-technisch comité dat de KMO-portefeuille opvolgt, zoals in de beheers- en beleidscyclus is "
        "afgesproken met alle partners die daar in het voorjaar om vroegen. Het tweede deel van de tekst staat rechts "
        "en gaat verder over de werknemers die bij een maatwerkbedrijf werken en daar begeleiding krijgen zolang zij "
        "die nodig hebben, ook als zij later naar een ander bedrijf doorstromen."
    ]


def furnished(number: int, body: list[Text | Stroke]) -> list[Text | Stroke]:
    chapter = "Onderwijs" if number < 5 else "Justitie"  # a chapter of one page has its own running title
    return [Text(60, 805, chapter, 9), *body, Text(520, 40, str(number + 10), 9)]


def test_running_titles_and_page_numbers_are_left_out_and_become_labels(tmp_path: Path) -> None:
    texts = ["werk", "zorg", "bouw", "kunst", "recht"]
    pages = [
        furnished(i, column(60, 700, [f"Deze bladzijde gaat over {text} en over niets anders.", "Echt."]))
        for i, text in enumerate(texts, start=1)
    ]
    content = read(tmp_path, pages)
    assert [page.label for page in content.pages] == ["11", "12", "13", "14", "15"]
    body = " ".join(block.text for block in content.blocks)
    assert "Onderwijs" not in body and "Justitie" not in body and "11" not in body
    assert all(text in body for text in texts)
    assert all(page.text.startswith(("Onderwijs", "Justitie")) for page in content.pages), "the page keeps all it shows"


def test_page_labels_of_the_file_are_kept(tmp_path: Path) -> None:
    pages: list[list[Text | Stroke]] = [column(60, 700, [f"Bladzijde over zaak {word}."]) for word in ("een", "twee")]
    content = read(tmp_path, pages, "/PageLabels << /Nums [0 << /S /r /St 4 >>] >>")
    assert [page.label for page in content.pages] == ["iv", "v"]


@pytest.mark.parametrize(("first", "labels"), [(37, [None, "37", "38", "39"]), (2, ["1", "2", "3", "4"])])
def test_labels_that_only_count_the_pages_give_way_to_other_numbers_on_them(
    tmp_path: Path, first: int, labels: list[str | None]
) -> None:
    pages: list[list[Text | Stroke]] = [[Text(60, 700, f"Zaak {word}.")] for word in ("een", "twee", "drie", "vier")]
    for number, page in enumerate(pages[1:], start=first):
        page.append(Text(290, 30, str(number)))
    content = read(tmp_path, pages, "/PageLabels << /Nums [0 << /S /D >>] >>")
    assert [page.label for page in content.pages] == labels


def test_headings_bullets_footnotes_and_a_sentence_over_the_page_end(tmp_path: Path) -> None:
    filler = ["De sociale economie biedt werk aan mensen die elders moeilijk aan de slag raken, en dat", "blijft zo."]
    first: list[Text | Stroke] = [
        Text(60, 720, "Beleidsnota Werk", 20),
        Text(60, 680, "1.1", 13),
        Text(60, 665, "Meer plaatsen voor iedereen", 13),
        *column(60, 640, filler),
        Text(60, 600, "Maatwerk bij collectieve inschakeling", 10, bold=True),
        *column(60, 580, ["- eerste punt van een lijst", "- tweede punt van een lijst"]),
        *column(60, 540, ["De inspectie gaat na of de begeleiding van de werknemers in elk van de bedrijven aan de"]),
        Text(60, 90, "1 Een voetnoot over de inspectie.", 7),
    ]
    second: list[Text | Stroke] = [*column(60, 740, ["voorwaarden voldoet.", "", "Een andere alinea sluit af."])]
    content = read(tmp_path, [first, second])
    found = [(block.kind, block.text) for block in content.blocks]
    assert content.title == "Beleidsnota Werk"
    assert (BlockKind.HEADING, "1.1 Meer plaatsen voor iedereen") in found
    assert (BlockKind.HEADING, "Maatwerk bij collectieve inschakeling") in found
    assert [text for kind, text in found if kind is BlockKind.ITEM] == [
        "- eerste punt van een lijst",
        "- tweede punt van een lijst",
    ]
    assert (BlockKind.NOTE, "1 Een voetnoot over de inspectie.") in found
    crossing = next(block for block in content.blocks if block.text.startswith("De inspectie"))
    assert crossing.text.endswith("aan de\nvoorwaarden voldoet.") and [s.page for s in crossing.spans] == [1, 2]


ROWS = [["Programma", "2015", "2016"], ["Arbeidszorg", "282", "301"], ["Lokale diensten", "1.513", "1.600"]]


@pytest.mark.parametrize("ruled", [True, False])
def test_tables_become_rows_of_cells(tmp_path: Path, ruled: bool) -> None:
    xs = [60, 200, 300]
    items: list[Text | Stroke] = [
        Text(x + 4, 690 - 20 * i, cell) for i, row in enumerate(ROWS) for x, cell in zip(xs, row, strict=True)
    ]
    if ruled:
        items += [Stroke(60, 704 - 20 * i, 400, 704 - 20 * i) for i in range(4)]
        items += [Stroke(x, 644, x, 704) for x in (60, 200, 300, 400)]
    items += column(60, 600, ["Na de tabel staat een gewone zin."])
    content = read(tmp_path, [items])
    rows = [block.text for block in content.blocks if block.kind is BlockKind.ROW]
    assert rows == ["\t".join(row) for row in ROWS]


def test_nonsense_is_seen_and_languages_are_not_taken_for_it() -> None:
    assert is_nonsense("\x01\x02\x03 \x05\x06")
    assert is_nonsense(
        " ".join(["Gh plqlvwhu dqwzrrugw gdw khw ehohlg qlhw yhudqghuw"] * 4)
    )  # letters shifted by three
    for text in (
        "De minister antwoordt dat het beleid niet verandert en dat de middelen dezelfde blijven als vorig jaar.",
        "Le ministre répond que la politique ne change pas et que les moyens restent les mêmes que l'année passée.",
        "The minister answers that the policy does not change and that the means stay the same as in the past year.",
        "12 34 56 78",
        "",
    ):
        assert not is_nonsense(text)


words = st.lists(
    st.builds(
        Word,
        text=st.text(st.characters(exclude_categories=("Cs", "Cc", "Zs", "Zl", "Zp")), min_size=1, max_size=6),
        x0=st.integers(40, 500).map(float),
        x1=st.just(0.0),
        y=st.integers(30, 800).map(float),
        size=st.sampled_from([7.0, 10.0, 16.0]),
        font=st.sampled_from(["A", "B-Bold"]),
        broken=st.booleans(),
    ),
    max_size=25,
)


@settings(max_examples=150)
@given(st.lists(words, min_size=1, max_size=4))
def test_no_character_is_lost_or_doubled(pages: list[list[Word]]) -> None:
    """Whatever stands wherever on a page, each word stands once in the page's text and blocks lie where they say."""
    sheets = [
        Sheet(number, 595, 842, [Word(w.text, w.x0, w.x0 + 5 * len(w.text), w.y, w.size, w.font) for w in own])
        for number, own in enumerate(pages, start=1)
    ]
    composed = compose(sheets)
    for page, own in zip(composed.pages, pages, strict=True):
        printed = Counter("".join(word.text for word in own if word.text))
        stored = Counter("".join(page.text.split()))
        assert {c: n for c, n in printed.items() if c != "-"} == {c: n for c, n in stored.items() if c != "-"}
    taken: set[tuple[int, int]] = set()
    for block in composed.blocks:
        for span in block.spans:
            places = {(span.page, i) for i in range(span.start, span.end)}
            assert not places & taken, "two blocks share text"
            taken |= places
        text = "\n".join(composed.pages[s.page - 1].text[s.start : s.end] for s in block.spans)
        assert text == block.text
    left_out = {(span.page, i) for span in composed.left_out for i in range(span.start, span.end)}
    printed_places = {(p.number, i) for p in composed.pages for i, c in enumerate(p.text) if not c.isspace()}
    assert not left_out & taken and printed_places <= left_out | taken, "body, or left out for a reason that is given"
    assert all(composed.left_out.values())
    document = Document("d", "d.pdf", "", Metadata("d"), composed.pages)
    for passage in split_document(document, composed.blocks).passages:
        assert document.quote(passage.spans)


def test_confidence_of_a_passage_is_that_of_its_words() -> None:
    sure = [Word("zeker", 50 + 40 * i, 80 + 40 * i, 100, 10, confidence=0.9) for i in range(5)]
    composed = compose([Sheet(1, 595, 842, sure)])
    assert composed.confidence == {Span(1, 0, 29): pytest.approx(0.9)}
    recognised = tuple(composed.confidence.items())
    document = Document("d", "d.pdf", "", Metadata("d"), composed.pages, recognised=recognised)
    assert document.confidence(split_document(document, composed.blocks).passages[0].own) == pytest.approx(0.9)


@needs_real
@pytest.mark.slow
def test_the_coalition_agreement() -> None:
    document = read_document(AGREEMENT)
    text = {page.number: page.text for page in document.pages}
    assert "voor heroriëntatie staan als gevolg van nakende grote disrupties" in text[58]
    assert "loopbaan- en transitiefondsen" in text[58]
    labels = [page.label for page in document.pages]
    assert all(label == str(number) for number, label in enumerate(labels, start=1) if label)
    titles = {"Vlaanderen schittert", "Vlaanderen is sociaal en rechtvaardig", "Vlaanderen koestert onze natuur"}
    for passage in document.passages:
        lines = document.quote(passage.spans).splitlines()
        assert not titles.intersection(lines) and not any(line.strip().isdigit() for line in lines)
    wanted = "rendementsverlies en begeleidingsnood te werk te stellen"
    maatwerk = next(p for p in document.passages if wanted in p.search_text)
    assert maatwerk.section[-1] == "Uitrol individueel maatwerk" and maatwerk.spans[0].page == 57
    assert any(section.startswith("3.2.1.3") for section in maatwerk.section)


@needs_real
def test_a_nearly_empty_file_is_said_to_be_so() -> None:
    (note,) = read_document(REAL / "56_Open_scholen_decreet_2.pdf").notes
    assert note.startswith("56_Open_scholen_decreet_2.pdf is bijna leeg: 19 tekens op 1 bladzijde")


@pytest.mark.parametrize(
    ("words", "gap", "read_as"),
    [
        (["verwerken", "van"], 1.5, "verwerken van"),
        (["februari", "2020"], 1.5, "februari 2020"),
        (["verwerken", "van"], 0.0, "verwerkenvan"),
        (["werk", "plaats"], 1.5, "werkplaats"),  # a word itself
        (["v", "e", "r", "w", "e", "r", "k", "e", "n", "v", "a", "n"], 1.5, "verwerkenvan"),  # spaced out
    ],
)
def test_words_without_a_space_are_parted_where_the_print_shows_a_gap(
    tmp_path: Path, words: list[str], gap: float, read_as: str
) -> None:
    """The file moves on between two words by a number, as programs do that fill out lines."""
    parts = " ".join(f"({word}) {-1000 * gap / 12:.0f}" for word in words)
    drawn = draw_pdf([[Text(60, 700, "@", 12)]]).replace(b"(@) Tj", b"[%s] TJ" % parts.encode())
    path = tmp_path / "a.pdf"
    path.write_bytes(drawn)
    assert read_file(path).pages[0].text.strip() == read_as
