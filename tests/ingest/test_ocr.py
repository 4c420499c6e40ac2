"""Scans, with the real Tesseract where it is installed (.ci/run installs it)."""

from pathlib import Path

import pypdfium2
import pytest
from rapidfuzz.distance import Levenshtein

import ingest.readers.pdf.ocr as ocr
from index.answer.citation import reference
from ingest.document import BlockKind
from ingest.errors import UnreadableFile
from ingest.files import read_document
from ingest.read import read_file
from tests.conftest import ROOT
from tests.pdf import Text, draw_pdf, make_pdf, outline_pdf, scan_pdf

REAL = ROOT.parent / "shared" / "pdf"
needs_tesseract = pytest.mark.skipif(bool(ocr.missing()), reason="Tesseract with Dutch is not installed")
needs_real = pytest.mark.skipif(not REAL.exists(), reason="the real files are not here")
SENTENCES = [
    "Een maatwerkbedrijf dient jaarlijks voor 31 juli een verslag in bij het departement.",
    "De minister kan op basis daarvan beslissen over een verplichte ondersteuning.",
    "Er zijn 5 ondernemingen die een aanvraag voor een label hebben ingediend.",
]


def scan(tmp_path: Path, turn: int = 0, over: list[list[Text]] | None = None, page: bytes = b"") -> Path:
    """A page, else the sentences, printed and scanned at 200 dpi, turned clockwise, with text of its own over it."""
    path = tmp_path / "scan.pdf"
    path.write_bytes(scan_pdf([printed(page or make_pdf([SENTENCES]), turn)] * len(over or [[]]), over or ()))
    return path


def printed(page: bytes, turn: int = 0) -> tuple[int, int, bytes]:
    """Width, height and shades of a page at 200 dpi."""
    bitmap = pypdfium2.PdfDocument(page)[0].render(scale=200 / 72, grayscale=True, rotation=turn)
    step, pixels = bitmap.stride, bytes(bitmap.buffer)
    rows = b"".join(pixels[y * step : y * step + bitmap.width] for y in range(bitmap.height))
    return bitmap.width, bitmap.height, rows


@needs_tesseract
def test_a_scan_is_read_and_says_so_in_its_citation(tmp_path: Path) -> None:
    document = read_document(scan(tmp_path))
    text = " ".join(passage.search_text for passage in document.passages)
    assert all(sentence in text for sentence in SENTENCES)
    for passage in document.passages:
        confidence = document.confidence(passage.own)
        assert confidence is not None and 0.8 < confidence <= 1
        assert reference(document, passage).endswith(f"(OCR, zekerheid {100 * confidence:.0f} %)")


@pytest.mark.slow
@needs_tesseract
def test_a_scan_that_lies_upside_down_is_read_from_its_first_word_to_its_last(tmp_path: Path) -> None:
    document = read_document(scan(tmp_path, 180))
    assert " ".join(SENTENCES) in " ".join(passage.search_text for passage in document.passages)


@needs_tesseract
def test_the_table_of_a_scan_keeps_its_cells(tmp_path: Path) -> None:
    rows = [("Provincie", "2019", "2020"), ("Antwerpen", "61", "48"), ("Limburg", "39", "27"), ("Brabant", "31", "29")]
    xs = (60, 250, 360)
    page = [Text(x, 700 - 24 * i, cell, 11) for i, row in enumerate(rows) for x, cell in zip(xs, row, strict=True)]
    content = read_file(scan(tmp_path, page=draw_pdf([page])))
    assert [block.text for block in content.blocks] == ["\t".join(row) for row in rows]


@pytest.mark.slow
@needs_tesseract
def test_bold_print_in_a_scan_is_a_heading_and_bullets_are_bullets(tmp_path: Path) -> None:
    page: list[Text] = []
    for i, title in enumerate(["1. Opening.", "2. Spreekrecht burgers.", "Rondvraag"]):
        page += [Text(60, 740 - 110 * i, title, 11, bold=True)]
        page += [Text(60, 726 - 110 * i - 14 * k, line, 11) for k, line in enumerate(SENTENCES)]
        page += [Text(70, 670 - 110 * i, f"•  het verslag wordt goedgekeurd in punt {i + 1}", 11)]
    blocks = read_file(scan(tmp_path, page=draw_pdf([page]))).blocks
    assert [block.text for block in blocks if block.kind is BlockKind.HEADING] == [
        "1. Opening.",
        "2. Spreekrecht burgers.",
        "Rondvraag",
    ]
    items = [block.text for block in blocks if block.kind is BlockKind.ITEM]
    assert items == [f"• het verslag wordt goedgekeurd in punt {n}" for n in (1, 2, 3)]


@needs_tesseract
def test_lines_in_a_scan_that_differ_by_their_letters_alone_are_of_one_size(tmp_path: Path) -> None:
    lines = ["Maatwerkbedrijven", "zoeken vacatures", "som van ronde sommen", "Jaarlijkse hypotheek, gewijzigd"]
    page = [Text(60, 740 - 40 * i, line, 11) for i, line in enumerate(lines * 3)]
    assert not [b for b in read_file(scan(tmp_path, page=draw_pdf([page]))).blocks if b.kind is BlockKind.HEADING]


SMALL = [Text(60 + 200 * (i % 3), 800 - 13 * (i // 3), f"gegevens {i} van de aanvraag", 10) for i in range(150)]
LARGE = [Text(20, 780 - 40 * i, SENTENCES[i % 3][:60], 20) for i in range(18)]


@pytest.mark.slow
@needs_tesseract
@pytest.mark.parametrize("picture", [SMALL, LARGE])
def test_small_print_in_a_picture_beside_drawn_text_is_kept_but_not_searched(
    tmp_path: Path, picture: list[Text]
) -> None:
    lines = [Text(60, 1120 - 20 * i, f"De premie telt {i} keer mee.", 12) for i in range(20, 32)]
    path = tmp_path / "dia.pdf"
    path.write_bytes(outline_pdf(printed(draw_pdf([lines])), printed(draw_pdf([picture])), (300, 420, 240, 340)))
    content = read_file(path)
    if picture is LARGE:
        assert any("daarvan beslissen" in block.text for block in content.blocks), "print that can be read"
        return
    assert " ".join(block.text for block in content.blocks) == " ".join(line.text for line in lines)
    assert "gegevens" in content.pages[0].text
    assert any("regels in afbeeldingen" in note for note in content.notes)


PICTURE = draw_pdf([[Text(60 + 37 * (i % 12), 60 + 29 * (i // 12), "/|", 8 + i % 7) for i in range(240)]])


@pytest.mark.slow
@pytest.mark.parametrize("installed", [pytest.param(True, marks=needs_tesseract), False])
def test_a_picture_behind_text_does_not_make_the_page_a_scan(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, installed: bool
) -> None:
    path = scan(tmp_path, over=[[Text(60, 500, "Volgende stappen maatwerkdecreet", 24)]], page=PICTURE)
    if not installed:
        monkeypatch.setenv("PATH", str(tmp_path))
    ocr.missing.cache_clear()
    content = read_file(path)
    ocr.missing.cache_clear()
    assert [block.text for block in content.blocks] == ["Volgende stappen maatwerkdecreet"]
    assert not content.confidence and not content.notes


@needs_tesseract
def test_a_stamp_on_a_scan_does_not_hide_what_is_scanned(tmp_path: Path) -> None:
    document = read_document(scan(tmp_path, over=[[Text(60, 40, "Gedownload op 3 mei", 9)]]))
    assert SENTENCES[0] in " ".join(passage.search_text for passage in document.passages)


@needs_tesseract
@pytest.mark.slow
def test_what_the_recogniser_cannot_read_is_kept_but_not_searched(tmp_path: Path) -> None:
    content = read_file(scan(tmp_path, page=PICTURE, over=[[], [Text(60, 500, "Deze zin staat er echt.", 24)]]))
    assert content.pages[0].text.strip() and "echt" in content.blocks[0].text
    assert [note for note in content.notes if "bladzijde 1: " in note and "minder dan 60 %" in note]
    assert all(block.spans[0].page == 2 for block in content.blocks)


def test_without_tesseract_the_pages_that_can_be_read_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = scan(tmp_path, over=[[], [Text(60, 500, "Deze zin staat er echt.", 24)]])
    monkeypatch.setenv("PATH", str(tmp_path))
    ocr.missing.cache_clear()
    try:
        content = read_file(path)
    finally:
        ocr.missing.cache_clear()
    assert [block.text for block in content.blocks] == ["Deze zin staat er echt."]
    assert any("bladzijde 1: een scan zonder leesbare tekst" in note for note in content.notes)


def test_without_tesseract_a_scan_is_refused_with_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = scan(tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    ocr.missing.cache_clear()
    try:
        with pytest.raises(UnreadableFile, match="sudo apt-get install tesseract-ocr tesseract-ocr-nld"):
            read_document(path)
    finally:
        ocr.missing.cache_clear()


@needs_tesseract
@needs_real
@pytest.mark.slow
def test_word_accuracy_on_a_real_scan() -> None:
    """The scan holds pages 56 to 58 of the coalition agreement, whose text layer is the truth."""
    truth, scanned = (
        read_document(REAL / name)
        for name in ("01_Regeerakkoord20192024.pdf", "58_scan_regeerakkoord_sociale_economie.pdf")
    )
    expected = " ".join(truth.pages[i].text for i in (55, 56, 57)).split()
    found = " ".join(page.text for page in scanned.pages).split()
    assert 1 - Levenshtein.distance(expected, found) / len(expected) >= 0.95
    assert [page.label for page in scanned.pages] == ["56", "57", "58"]
