"""Scans -> printed words, by Tesseract: every word with its place and the recogniser's confidence."""

import os
import re
import shutil
import statistics
import subprocess
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pypdfium2

import ingest.readers.pdf.scan as scan
from ingest.document import Span
from ingest.dutch import is_dutch
from ingest.errors import UnreadableFile
from ingest.readers.pdf.chars import pictures_of
from ingest.readers.pdf.lines import join_words, with_bullet
from ingest.readers.pdf.printed import DRAWN, LOWEST_CONFIDENCE, SLIDE_TEXT, Line, Sheet, Word

PACKAGES = "tesseract-ocr tesseract-ocr-nld"
_RUN_SECONDS = 90  # for one reading of a page; a full A4 page takes 3 to 10 on one core
_LANGUAGE = "nld"
_DPI = 300  # https://tesseract-ocr.github.io/tessdoc/ImproveQuality.html
_MAX_PIXELS = 40_000_000  # an A3 page at 300 dpi has 17 million
# Other ways to tell ink from paper, Sauvola and Otsu by tile: they see grey print, and print on grey.
_METHODS = ("2", "1")
PAGE_SECONDS = _RUN_SECONDS * (1 + len(_METHODS))
_ALSO = "also "  # before the page number of lines that another way has found
_TURNED = 0.7  # mean confidence below which a page may lie on its side or upside down
_ROTATE = re.compile(rb"^Rotate: (90|180|270)$", re.M)
_PARTED, _LONG = 0.4, 8  # times the size: a gap within a word; letters of a word that may have one
_SECTION = re.compile(r"\d(?:\.?\d){2,4}")
_DOUBTFUL = 0.75  # mean confidence below which about one word in ten is wrong
# A page that has text of its own is a scan with a stamp, and no picture behind text, if the recogniser reads more than
# this many times its letters, and this many letters more.
_TIMES, _MORE = 3, 150
# Height of letters in parts of the font's size, and what capitals, stems and tails add to it.
_X_HEIGHT, _STEM, _TAIL = 0.52, 0.2, 0.21
_SAME_SIZE = 0.15  # a line that differs less from its paragraph is as large: heights in pixels are rough
_BOLD = 1.3  # times the usual width of a stroke for its size
_Place = tuple[str, ...]  # of a line, see scan.Row
listeners: list[Callable[[int], None]] = []  # told how many pages will be recognised, which takes time


def recognise(path: Path, sheets: Sequence[Sheet]) -> tuple[list[Sheet], tuple[str, ...]]:
    """Give the pages that are scans their words; each that could not be recognised gets a sentence on it.

    Raises:
        UnreadableFile: no page has words, and Tesseract or its Dutch is not installed.
    """
    scans = [sheet.number for sheet in sheets if sheet.is_scan]
    if not scans:
        return list(sheets), ()
    if problem := missing():
        unread = [sheet.number for sheet in sheets if sheet.is_scan and not sheet.words]
        what = f"een scan zonder leesbare tekst, en {problem}; installeer de Debian-pakketten {PACKAGES} "
        do = f"('sudo apt-get install {PACKAGES}') en geef het bestand opnieuw."
        if not any(sheet.words for sheet in sheets):
            raise UnreadableFile(f"{path.name} is {what}{do}")
        return list(sheets), (f"{path.name}, {_in_words(unread)}: {what}{do}",) if unread else ()
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
    _put_dots(done)
    _join_parted(done)
    return done, tuple(notes)


def _put_dots(sheets: Sequence[Sheet]) -> None:
    """Give the number of a section, alone on its line, the dots that the recogniser lost, where another has them."""
    lines = [(sheet, line.words) for sheet in sheets for line in join_words(sheet.words)]
    alone = [(sheet, words[0]) for sheet, words in lines if len(words) == 1]
    read = [(sheet, word) for sheet, word in alone if word.confidence is not None and _SECTION.fullmatch(word.text)]
    known = {word.text.rpartition(".")[0] for _, word in read if word.text.count(".") > 1}
    for sheet, word in read:
        whole = ".".join(word.text.replace(".", ""))
        if whole.rpartition(".")[0] in known:
            sheet.words = [word._replace(text=whole) if other is word else other for other in sheet.words]


def _join_parted(sheets: Sequence[Sheet]) -> None:
    """Make a word whole that the recogniser parted in two, no words, where the document has it whole elsewhere."""
    known = {scan.letters(word.text.lower()) for sheet in sheets for word in sheet.words}
    for sheet in sheets:
        words: list[Word] = []
        for word in sheet.words:
            if words and word.confidence is not None and _is_rest(words[-1], word, known):
                before = words.pop()
                word = before._replace(text=before.text + word.text, x1=word.x1)
            words.append(word)
        sheet.words = words


def _is_rest(before: Word, word: Word, known: Collection[str]) -> bool:
    left, right = before.text.lower(), scan.letters(word.text.lower())
    near = abs(before.y - word.y) < 1 and 0 <= word.x0 - before.x1 < _PARTED * word.size
    halves = near and left.isalpha() and right.isalpha() and not (is_dutch(left) and is_dutch(right))
    return halves and len(left + right) >= _LONG and left + right in known


@cache
def missing() -> str:
    """Return what is missing for OCR, as part of a Dutch sentence; "" where all is there."""
    if shutil.which("tesseract") is None:
        return "Tesseract is niet geïnstalleerd"
    listed = subprocess.run(["tesseract", "--list-langs"], capture_output=True, text=True, timeout=30, check=False)
    return "" if _LANGUAGE in listed.stdout.split() else "Tesseract kent hier geen Nederlands"


def doubts(name: str, confidence: Mapping[Span, float], unread: Iterable[int]) -> Iterator[str]:
    """Say in Dutch of which pages recognised text is doubtful (0 to 1 by span), and of which a part is not searched."""
    pages: dict[int, list[float]] = {}
    for span, sure in confidence.items():
        pages.setdefault(span.page, []).append(sure)
    bad = set(unread)
    doubtful = [page for page, sure in pages.items() if page not in bad and statistics.fmean(sure) < _DOUBTFUL]
    if bad:
        yield (
            f"{name}, {_in_words(bad)}: wat de OCR met minder dan {100 * LOWEST_CONFIDENCE:.0f} % zekerheid leest en "
            "geen woorden zijn, wordt bewaard maar niet doorzocht; zoek een betere scan."
        )
    if doubtful:
        yield f"{name}, {_in_words(doubtful)}: moeilijk leesbare scan; kijk een citaat na op de bladzijde zelf."


def _in_words(pages: Collection[int]) -> str:
    return f"bladzijde{'n' if len(pages) > 1 else ''} {', '.join(map(str, sorted(pages)))}"


def _recognise_page(path: Path, sheet: Sheet) -> Sheet:
    scale = min(_DPI / 72, (_MAX_PIXELS / max(sheet.width * sheet.height, 1)) ** 0.5)
    image = _image(path, sheet.number, scale)
    pictures, blank = _parted_pictures(path, sheet.number, image, scale)
    words, turn = _tesseract(blank, scale), 0
    if not words and pictures:
        pictures, words, blank = [], _tesseract(image, scale), image
    if words and statistics.fmean(word.confidence or 0 for word in words) < _TURNED and (way := _turned(image)):
        upright = _image(path, sheet.number, scale, way)
        again = _tesseract(upright, scale)
        if _certainty(again) > _certainty(words):
            words, turn, blank, pictures = again, way, upright, []
    own = sum(len(word.text) for word in sheet.words)
    sure = sum(len(word.text) for word in words if (word.confidence or 0) >= LOWEST_CONFIDENCE)
    if own and sure < _TIMES * own + _MORE:
        return replace(sheet, is_scan=False)
    wide, high = (sheet.height, sheet.width) if turn in (90, 270) else (sheet.width, sheet.height)
    rules = scan.drawn_lines(blank, scale)  # those of the file may be a part of them
    return replace(sheet, width=wide, height=high, words=words, rules=rules, pictures=pictures, is_scan=False, aside=())


def _parted_pictures(path: Path, number: int, image: scan.Pixels, scale: float) -> tuple[list[Word], scan.Pixels]:
    """What pictures on a page of drawn text say, and the image without them; a picture of running text stays in it.

    A logo, or a screenshot in small print, is read with many faults, and mixes with the lines beside it.
    """
    boxes = pictures_of(path, number)
    if not boxes:
        return [], image
    inside, outside = scan.cut_out(image, boxes, scale)
    words = _tesseract(inside, scale, ())
    letters = sum(len(word.text) for word in words if word.size >= SLIDE_TEXT)
    return ([], image) if letters > _MORE else (words, outside)


def _image(path: Path, number: int, scale: float, turn: int = 0) -> scan.Pixels:
    """A page in shades of grey, turned clockwise by this many degrees."""
    with pypdfium2.PdfDocument(path) as document:
        return np.array(document[number - 1].render(scale=scale, grayscale=True, rotation=turn).to_numpy())


def _turned(image: scan.Pixels) -> int:
    """Degrees by which the image must be turned clockwise to stand upright; 0 where Tesseract cannot tell."""
    found = _ROTATE.search(_run(image, "--psm", "0", "-l", "osd", check=False).stdout)
    return int(found[1]) if found else 0


def _certainty(words: Sequence[Word]) -> float:
    return sum((word.confidence or 0) * len(word.text) for word in words)


def _run(image: scan.Pixels, *options: str, check: bool = True) -> subprocess.CompletedProcess[bytes]:
    height, width = image.shape
    return subprocess.run(
        ["tesseract", "stdin", "stdout", *options],
        input=b"P5\n%d %d\n255\n%b" % (width, height, image.tobytes()),  # a PGM
        capture_output=True,
        timeout=_RUN_SECONDS,
        check=check,
        env={**os.environ, "OMP_THREAD_LIMIT": "1"},  # more threads for one page cost more than they bring
    )


def _tesseract(pixels: scan.Pixels, scale: float, methods: Sequence[str] = _METHODS) -> list[Word]:
    """Words in the order in which Tesseract reads the page, its columns one after the other."""
    rows = _read_rows(pixels, scale)
    readings = []
    for method in methods:
        others = [scan.tight(row, pixels) for row in _read_rows(pixels, scale, "-c", f"thresholding_method={method}")]
        scan.more_words(rows, others, prefix=_ALSO + method)
        readings.append(others)
    rows = [scan.agreed(row, readings) for row in rows]
    lines = {row.place: row for row in rows if not row.is_word}
    words: dict[_Place, list[scan.Row]] = {}
    for row in rows:
        if row.is_word and not _is_drawn(row):
            words.setdefault(row.place, []).append(row)
    words = {key: [part for row in scan.apart(own) for part in scan.parted(row, pixels)] for key, own in words.items()}
    sizes = _sizes(words, scale)
    usual = statistics.median(
        [size for key, size in sizes.items() if not key[0].startswith(_ALSO)] or sizes.values() or [0.0]
    )
    sizes |= {key: min(sizes[key], usual) for key in sizes if key[0].startswith(_ALSO)}
    strokes = {key: scan.stroke_width(own, pixels) for key, own in words.items()}
    usual = statistics.median([strokes[key] / sizes[key] for key in words for _ in words[key]]) if words else 0.0
    return [
        word
        for key, own in words.items()
        for word in with_bullet(
            Line([_word(row, lines[key], scale, sizes[key], strokes[key] > _BOLD * usual * sizes[key]) for row in own])
        ).words
    ]


def _is_drawn(row: scan.Row) -> bool:
    """Whether it is no text but the line beside a cell, or an icon."""
    text = row.text.strip(" |")
    return not text or (
        row.conf < 100 * LOWEST_CONFIDENCE and not any(map(str.isalnum, text)) and bool(DRAWN.search(text))
    )


def _read_rows(image: scan.Pixels, scale: float, *options: str) -> list[scan.Row]:
    done = _run(image, "-l", _LANGUAGE, "--dpi", str(round(72 * scale)), *options, "tsv")
    rows: list[scan.Row] = []
    for line in done.stdout.decode("utf-8", "replace").split("\n")[1:-1]:  # below the head of the table
        level, *place, _, left, top, width, height, conf, text = line.split("\t", 11)
        if level in ("4", "5"):
            box = int(left), int(top), int(width), int(height)
            rows.append(scan.Row(level == "5", tuple(place), *box, float(conf), text.strip()))
    return rows


def _word(row: scan.Row, line: scan.Row, scale: float, size: float, bold: bool) -> Word:
    left, baseline = row.left / scale, (line.top + 0.8 * line.height) / scale
    text, confidence = scan.correct(row.text), max(0.0, row.conf) / 100
    return Word(text, left, left + row.width / scale, baseline, round(size), bold=bold, confidence=confidence)


def _sizes(words: Mapping[_Place, Sequence[scan.Row]], scale: float) -> dict[_Place, float]:
    """Font size of each line, by the height of its words and which letters they have."""
    found: dict[_Place, list[float]] = {}
    paragraphs: dict[_Place, list[float]] = {}
    for key, rows in words.items():
        letters = [row for row in rows if any(map(str.isalnum, row.text))] or rows
        found[key] = [_size(row.text, row.height) / scale for row in letters]
        paragraphs.setdefault(key[:3], []).extend(found[key])
    sizes = {}
    for key, own in found.items():
        line, whole = statistics.median(own), statistics.median(paragraphs[key[:3]])
        goes_on = words[key][0].text[:1].islower() and len(own) > 1  # in the sentence above it
        sizes[key] = whole if goes_on or abs(line - whole) <= _SAME_SIZE * whole else line
    return sizes


def _size(text: str, height: float) -> float:
    """Font size of a word of this height.

    >>> round(_size("ronde", 72)), round(_size("hypo", 93)), round(_size("som", 52))
    (100, 100, 100)
    """
    tall = any(character.isupper() or character.isdigit() or character in "bdfhklt" for character in text)
    return height / (_X_HEIGHT + _STEM * tall + _TAIL * (not set("gjpqyQ,;").isdisjoint(text)))
