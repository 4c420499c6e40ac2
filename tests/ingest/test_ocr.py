"""Scans, with the real Tesseract where it is installed (.ci/run installs it)."""

from pathlib import Path

import pypdfium2
import pytest
from rapidfuzz.distance import Levenshtein

import ingest.readers.pdf.ocr as ocr
from index.answer.citation import reference
from ingest.errors import UnreadableFile
from ingest.files import read_document
from tests.conftest import ROOT
from tests.pdf import make_pdf, scan_pdf

REAL = ROOT.parent / "shared" / "pdf"
needs_tesseract = pytest.mark.skipif(bool(ocr.missing()), reason="Tesseract with Dutch is not installed")
needs_real = pytest.mark.skipif(not REAL.exists(), reason="the real files are not here")
SENTENCES = [
    "Een maatwerkbedrijf dient jaarlijks voor 31 juli een verslag in bij het departement.",
    "De minister kan op basis daarvan beslissen over een verplichte ondersteuning.",
    "Er zijn 5 ondernemingen die een aanvraag voor een label hebben ingediend.",
]


def scan(tmp_path: Path) -> Path:
    """The sentences, printed and scanned at 200 dpi."""
    page = pypdfium2.PdfDocument(make_pdf([SENTENCES]))[0]
    bitmap = page.render(scale=200 / 72, grayscale=True)
    step, pixels = bitmap.stride, bytes(bitmap.buffer)
    rows = b"".join(pixels[y * step : y * step + bitmap.width] for y in range(bitmap.height))
    path = tmp_path / "scan.pdf"
    path.write_bytes(scan_pdf([(bitmap.width, bitmap.height, rows)]))
    return path


@needs_tesseract
def test_a_scan_is_read_and_says_so_in_its_citation(tmp_path: Path) -> None:
    document = read_document(scan(tmp_path))
    text = " ".join(passage.search_text for passage in document.passages)
    assert all(sentence in text for sentence in SENTENCES)
    for passage in document.passages:
        confidence = document.confidence(passage.own)
        assert confidence is not None and 0.8 < confidence <= 1
        assert reference(document, passage).endswith(f"(OCR, zekerheid {100 * confidence:.0f} %)")


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
