"""Scans -> printed words, by Tesseract: every word with its place and the recogniser's confidence."""

import csv
import io
import os
import shutil
import statistics
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

import pypdfium2

from ingest.errors import UnreadableFile
from ingest.readers.pdf.printed import Sheet, Word

PACKAGES = "tesseract-ocr tesseract-ocr-nld"
PAGE_SECONDS = 90  # for one page; a full A4 page takes 3 to 10 on one core
_LANGUAGE = "nld"
_DPI = 300  # https://tesseract-ocr.github.io/tessdoc/ImproveQuality.html
_MAX_PIXELS = 40_000_000  # an A3 page at 300 dpi has 17 million
_TURNED = 0.5  # mean confidence below which a page may lie on its side
_LINE_TO_SIZE = 0.75  # the box of a line of capitals, tails included, is about 4/3 of the font's size
listeners: list[Callable[[int], None]] = []  # told how many pages will be recognised, which takes time


def recognise(path: Path, sheets: Sequence[Sheet]) -> tuple[list[Sheet], tuple[str, ...]]:
    """Give the pages that are scans their words.

    Args:
        path: the PDF.
        sheets: all its pages; those with `is_scan` have no words.

    Returns:
        All pages, and a sentence for each page that could not be recognised in time.

    Raises:
        UnreadableFile: there is a scan among them, and Tesseract or its Dutch is not installed.
    """
    scans = [sheet.number for sheet in sheets if sheet.is_scan]
    if not scans:
        return list(sheets), ()
    if problem := missing():
        pages = "een scan" if len(scans) == len(sheets) else f"op {len(scans)} van {len(sheets)} bladzijden een scan"
        raise UnreadableFile(
            f"{path.name} is {pages} zonder leesbare tekst, en {problem}; installeer de Debian-pakketten {PACKAGES} "
            f"('sudo apt-get install {PACKAGES}') en geef het bestand opnieuw."
        )
    for listener in listeners:
        listener(len(scans))
    done, notes = list(sheets), []
    for number in scans:
        try:
            done[number - 1] = _recognise_page(path, done[number - 1])
        except (subprocess.SubprocessError, OSError, pypdfium2.PdfiumError, MemoryError) as error:
            notes.append(
                f"{path.name}: bladzijde {number} is een scan die niet herkend kon worden ({type(error).__name__}); "
                "maak een betere scan van die bladzijde."
            )
    return done, tuple(notes)


@cache
def missing() -> str:
    """Return what is missing for OCR, as part of a Dutch sentence; "" where all is there."""
    if shutil.which("tesseract") is None:
        return "Tesseract is niet geïnstalleerd"
    listed = subprocess.run(["tesseract", "--list-langs"], capture_output=True, text=True, timeout=30, check=False)
    return "" if _LANGUAGE in listed.stdout.split() else "Tesseract kent hier geen Nederlands"


def _recognise_page(path: Path, sheet: Sheet) -> Sheet:
    scale = min(_DPI / 72, (_MAX_PIXELS / max(sheet.width * sheet.height, 1)) ** 0.5)
    document = pypdfium2.PdfDocument(path)
    try:
        bitmap = document[sheet.number - 1].render(scale=scale, grayscale=True)
        rows = memoryview(bitmap.buffer).cast("B")
        step, width = bitmap.stride, bitmap.width
        pixels = b"".join(bytes(rows[y * step : y * step + width]) for y in range(bitmap.height))
        image = b"P5\n%d %d\n255\n" % (width, bitmap.height) + pixels
    finally:
        document.close()
    words = _tesseract(image, scale)
    if words and statistics.fmean(word.confidence or 0 for word in words) < _TURNED:
        words = max(words, _tesseract(image, scale, "--psm", "1"), key=_certainty)
    return replace(sheet, words=words, rules=(), is_scan=False)


def _certainty(words: Sequence[Word]) -> float:
    return sum((word.confidence or 0) * len(word.text) for word in words)


def _tesseract(image: bytes, scale: float, *options: str) -> list[Word]:
    """Words in the order in which Tesseract reads the page, its columns one after the other."""
    done = subprocess.run(
        ["tesseract", "stdin", "stdout", "-l", _LANGUAGE, "--dpi", str(round(72 * scale)), *options, "tsv"],
        input=image,
        capture_output=True,
        timeout=PAGE_SECONDS,
        check=True,
        env={**os.environ, "OMP_THREAD_LIMIT": "1"},  # more threads for one page cost more than they bring
    )
    table = csv.DictReader(io.StringIO(done.stdout.decode("utf-8", "replace")), delimiter="\t", quoting=csv.QUOTE_NONE)
    rows = [{name: value or "" for name, value in row.items() if name} for row in table]
    lines = {_line(row): row for row in rows if row["level"] == "4"}
    heights: dict[tuple[str, ...], list[float]] = {}
    for key, row in lines.items():
        heights.setdefault(key[:3], []).append(float(row["height"]))
    words = []
    for row in rows:
        if row["level"] != "5" or not row["text"].strip():
            continue
        line = lines[_line(row)]
        size = _LINE_TO_SIZE * statistics.median(heights[_line(row)[:3]]) / scale
        left, width = float(row["left"]) / scale, float(row["width"]) / scale
        baseline = (float(line["top"]) + 0.8 * float(line["height"])) / scale
        confidence = max(0.0, float(row["conf"])) / 100
        words.append(Word(row["text"].strip(), left, left + width, baseline, round(size), confidence=confidence))
    return words


def _line(row: dict[str, str]) -> tuple[str, str, str, str]:
    return row["page_num"], row["block_num"], row["par_num"], row["line_num"]
