"""PDF -> printed words with their place: what the file says, before any thought about layout."""

import ctypes
import math
import re
import statistics
from collections.abc import Container, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from functools import lru_cache
from itertools import islice, pairwise
from pathlib import Path

import pypdfium2
import pypdfium2.raw as pdfium

from ingest.dutch import dutch_words, foreign_words, is_dutch
from ingest.errors import UnreadableFile
from ingest.readers.pdf.lines import SMALL, join_mark
from ingest.readers.pdf.printed import Rule, Sheet, Word

MAX_PAGES = 5000  # a yearly report of parliament has some 2,000
_MAX_OBJECTS = 4000  # drawn objects looked at for table lines on one page
_HYPHENS = frozenset("\x02\ufffe")  # what PDFium reports for a hyphen that it takes for the end of a line
_RUN = re.compile("[^ \t\r\n\f\v\xa0\u2002\u2003\u2009\u200b\ufeff\x00\x02\ufffe]+")
_THIN = 2.5  # points; a filled box thinner than this is a line
# Bullets of symbol fonts, ligatures, and halves of characters that cannot be stored.
_PLAIN = str.maketrans(
    dict.fromkeys("\uf0b7\uf0a7\uf076\uf0d8\uf0fc\uf0e0\uf02d\u25cf", "•")
    | {"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl"}
    | {"\xad": None}
    | {chr(code): None for code in range(0xD800, 0xE000)}
)
_INNER_DIGIT = re.compile(r"(?<=.)[0-9]")
_SKEWED, _SLANTED = 10, 45  # degrees: print further from upright is slanted; what all of it is said to be turned by
_BAD = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f\ufffd\ufffe\uffff\ue000-\uf8ff]")
_SUBSET = re.compile(r"^[A-Z]{6}\+")  # a font of which the file holds some letters only
_FORCE_BOLD = 1 << 18  # PDF 32000-1, table 123
_BOLD_FONT = re.compile(r"bold|black|heavy|[-,]bd", re.I)
_WORD = re.compile(r"[^\W\d_]{3,}")
# Latin-1 that a program took for that of an old Mac: "coˆperatie".
_MISCODED = re.compile("(?<=[^\\W\\d_])[ˆ¸ÈÎÔËÓÁ˝](?=[^\\W\\d_])")
_CLOSING = ".,;:)"
_GLUED, _GAP = 6, 0.08  # letters of what may be two words; times the size: a gap between them
_FULL_PAGE, _STAMP = 0.9, 100  # an image over this share of a page, with fewer characters than a stamp has, is a scan
_PICTURES = 0.6  # of a page: images that cover less are a part of it
# Text of which more than this share cannot be characters of a language, or of whose words fewer are known, is nonsense.
# Real pages of the corpus and of Flemish reports: at most 0.01 bad, at least 0.75 known; French and English ones 0.5.
_MAX_BAD, _MIN_KNOWN, _MIN_WORDS = 0.1, 0.3, 20
_UNSPACED = re.compile("[\u0e00-\u0e7f\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7af]")  # Thai, Japanese, Chinese, Korean
_WHITE = 250  # of 255: red, green and blue of letters that do not show on paper
_Box = tuple[float, float, float, float]  # left, bottom, right, top in the file's coordinates


def read_sheets(path: Path) -> list[Sheet]:
    """Read the pages of a PDF as words; a page whose text is nonsense has none, like a scan.

    PDFium gives characters with their places (and 370 pages a second), page labels and outline.

    Raises:
        UnreadableFile: no PDF, encrypted, without pages or with too many.
    """
    try:
        document = pypdfium2.PdfDocument(path)
    except pypdfium2.PdfiumError as error:
        if pdfium.FPDF_GetLastError() == pdfium.FPDF_ERR_PASSWORD:
            raise UnreadableFile(f"{path.name} is versleuteld; haal eerst het wachtwoord eraf.") from error
        raise UnreadableFile(
            f"{path.name} is geen leesbare PDF (beschadigd of afgebroken); haal het opnieuw op, of open het en bewaar "
            "het opnieuw."
        ) from error
    with document:
        if not 1 <= len(document) <= MAX_PAGES:
            raise UnreadableFile(
                f"{path.name} heeft {len(document)} bladzijden en meer dan {MAX_PAGES} is te veel; splits het."
            )
        outline: dict[int, list[str]] = {}
        for entry in document.get_toc():
            if (target := entry.get_dest()) and (index := target.get_index()) is not None:
                outline.setdefault(index, []).append(entry.get_title())
        sheets = [_sheet(document, number) for number in range(1, len(document) + 1)]
        for index, sheet in enumerate(sheets):
            sheet.label, sheet.outline = document.get_page_label(index) or None, outline.get(index, [])
        if any(sheet.has_fields for sheet in sheets):
            from ingest.readers.pdf.forms import fill_in  # its pypdf takes a tenth of the time a command needs to start

            fill_in(path, sheets)
        return sheets


def _sheet(document: pypdfium2.PdfDocument, number: int) -> Sheet:
    try:
        page = document[number - 1]
    except pypdfium2.PdfiumError:  # one damaged page: the others are read
        return Sheet(number, 595, 842, ())
    with closing(page):
        rotation = page.get_rotation()
        turned: dict[int, list[Word]] = {rotation: []}
        boxes, covered = _drawn(page)
        for way, word in _words(page, only_seen=not covered):
            turned.setdefault(way, []).append(word)
        slanted = turned.pop(_SLANTED, [])
        text = " ".join(word.text for words in turned.values() for word in words)
        if is_nonsense(text):
            return replace(_upright(number, [], boxes, rotation, page), is_scan=True)
        is_scan = (covered > _FULL_PAGE and len(text) < _STAMP) or (not text and covered > 0)
        own, *aside = [_upright(number, words, boxes, way, page) for way, words in turned.items()]
        own.is_scan, own.aside, own.slanted, own.has_fields = is_scan, aside, slanted, _has_fields(page)
        return own


def _has_fields(page: pypdfium2.PdfPage) -> bool:
    found = False
    for i in range(pdfium.FPDFPage_GetAnnotCount(page.raw)):
        note = pdfium.FPDFPage_GetAnnot(page.raw, i)
        found |= pdfium.FPDFAnnot_GetSubtype(note) == pdfium.FPDF_ANNOT_WIDGET
        pdfium.FPDFPage_CloseAnnot(note)
    return found


def _upright(number: int, words: list[Word], boxes: Sequence[_Box], way: int, page: pypdfium2.PdfPage) -> Sheet:
    """The words of a page that stand upright when it is shown turned by `way` degrees."""
    width, height = _shown_size(page, way)
    return Sheet(number, width, height, words, list(_rules(boxes, way, width, height)))


def _shown_size(page: pypdfium2.PdfPage, way: int) -> tuple[float, float]:
    """Width and height of a page that is shown turned by `way` degrees."""
    width, height = page.get_size()
    return (width, height) if (way - page.get_rotation()) % 180 == 0 else (height, width)


def is_nonsense(text: str) -> bool:
    r"""Return whether a text layer cannot be read: control characters, or words of no language.

    >>> is_nonsense("De minister antwoordt."), is_nonsense("\x01\x04\x01\x05\x06\x07")
    (False, True)
    """
    solid = "".join(text.split())
    if not solid:
        return False
    if len(_BAD.findall(solid)) > _MAX_BAD * len(solid):
        return True
    words = _WORD.findall(text.lower())
    letters = sum(map(len, words))
    if len(words) < _MIN_WORDS or letters <= 0.3 * len(solid) or _share(words, dutch_words()) >= _MIN_KNOWN:
        return False
    if len(_UNSPACED.findall(solid)) > 0.3 * len(solid):
        return False  # their words cannot be looked up, and a broken text layer does not look like them
    return all(_share(words, known) < _MIN_KNOWN for known in foreign_words())


@lru_cache(100_000)
def _two_words(text: str) -> tuple[int, ...]:
    """Where what is no word may be two words, or a word and a number."""
    core, known = text.lower().rstrip(_CLOSING), dutch_words()
    if len(core) < _GLUED or not core.isalnum() or core in known or core.isdigit():
        return ()
    parts = ((i, core[:i], core[i:]) for i in range(2, len(core) - 1))
    return tuple(i for i, a, b in parts if (a in known or a.isdigit()) and (b in known or b.isdigit()))


def _share(words: Sequence[str], known: Container[str]) -> float:
    return sum(word in known for word in words) / len(words)


def _words(page: pypdfium2.PdfPage, *, only_seen: bool) -> Iterator[tuple[int, Word]]:
    """Words in the order of the file (runs of characters between spaces, line ends and jumps).

    With `only_seen` those are left out that nobody sees on white paper; below a scan or on a surface they may be all.
    Each comes with how many degrees the page must be turned to read it, a multiple of 90.
    """
    text_page = page.get_textpage()
    count = text_page.count_chars()
    text = text_page.get_text_range() if count else ""
    if len(text) != count:  # characters that PDFium leaves out, or beyond the first plane: ask for them one by one
        text = "".join([chr(pdfium.FPDFText_GetUnicode(text_page.raw, i)) for i in range(count)])
    last, has_mark, last_way, last_end = None, False, 0, 0
    place = _Places(text_page, {way: _shown_size(page, way) for way in (0, _SLANTED, 90, 180, 270)})
    for match in _RUN.finditer(text):
        start, end = match.span()
        if only_seen and place.is_hidden(start):
            continue
        cut = place.gap(match[0], start) if _two_words(match[0]) else 0
        for a, b in pairwise([start, *([cut] if cut else place.marks(match[0], start)), end]):
            way, word = place.word(text[a:b], a, b, broken=b == end and text[end : end + 1] in _HYPHENS)
            follows = last_way == way and not text[last_end:a].strip("\r\n")
            joined = join_mark(last, word, has_mark=has_mark, is_cut=a > last_end) if last and follows else None
            if last and not joined:
                yield last_way, last
            last, has_mark, last_way, last_end = joined or word, joined is not None, way, b
    if last:
        yield last_way, last
    text_page.close()


class _Places:
    """Where characters stand; keeps the buffers that PDFium fills."""

    def __init__(self, page: pypdfium2.PdfTextPage, sizes: dict[int, tuple[float, float]]) -> None:
        self._page, self._raw, self._sizes = page, page.raw, sizes
        self._matrix = pdfium.FS_MATRIX()
        self._x, self._y = ctypes.c_double(), ctypes.c_double()
        self._name, self._flags = ctypes.create_string_buffer(128), ctypes.c_int()
        self._styles: dict[int, tuple[float, str, bool, int]] = {}  # of each text object, by its address

    def word(self, text: str, start: int, end: int, *, broken: bool) -> tuple[int, Word]:
        left, bottom, *_ = self._page.get_charbox(start, loose=True)
        *_, right, top = self._page.get_charbox(end - 1, loose=True)
        size, font, bold, way = self._style(start)
        broken = broken or text.endswith("\xad")  # a soft hyphen shows only at a line end
        pdfium.FPDFText_GetCharOrigin(self._raw, start, self._x, self._y)
        x0, x1, y = self._shown(left, right, bottom, top, way)
        if not text.isascii():
            text = _recoded(text.translate(_PLAIN))
        return way, Word(text, x0, x1, y, size, font, bold, broken)

    def marks(self, text: str, start: int) -> list[int]:
        """Where numbers start in a word that are printed smaller than what stands before them."""
        digits = () if text.isalpha() else _INNER_DIGIT.finditer(text)  # for speed
        places = (start + digit.start() for digit in digits)
        return [at for at in places if self._style(at)[0] <= SMALL * self._style(at - 1)[0]]

    def gap(self, text: str, start: int) -> int:
        """Where a word is two that the file gives no space, or 0: words beside a gap that no other letters have."""
        places, size = _two_words(text), _GAP * self._style(start)[0]
        if not any(self._between(start + i) > size for i in places):  # one letter pair, not all: this takes time
            return 0
        gaps = [self._between(start + i) for i in range(1, len(text.rstrip(_CLOSING)))]
        wide = [i for i, gap in enumerate(gaps, start=1) if gap > statistics.median(gaps) + size]
        return start + wide[0] if len(wide) == 1 and wide[0] in places else 0

    def _between(self, i: int) -> float:
        """White between a character and the one before it, in points."""
        left, *_ = self._page.get_charbox(i, loose=True)
        _, _, right, _ = self._page.get_charbox(i - 1, loose=True)
        return float(left - right)

    def is_hidden(self, i: int) -> bool:
        """Whether a character is drawn without ink, or in white."""
        mode = pdfium.FPDFTextObj_GetTextRenderMode(pdfium.FPDFText_GetTextObject(self._raw, i))
        ink = [ctypes.c_uint() for _ in range(4)]  # red, green, blue, and how far it covers
        known = mode == pdfium.FPDF_TEXTRENDERMODE_FILL and pdfium.FPDFText_GetFillColor(self._raw, i, *ink)
        is_white = known and min(part.value for part in ink[:3]) >= _WHITE
        return bool(mode == pdfium.FPDF_TEXTRENDERMODE_INVISIBLE or is_white)

    def _style(self, i: int) -> tuple[float, str, bool, int]:
        """Size, font, boldness and turn of a character; asked once per text object, which is what takes the time."""
        drawn = pdfium.FPDFText_GetTextObject(self._raw, i)  # none for a space that PDFium adds
        item = ctypes.addressof(drawn.contents) if drawn else 0
        if item not in self._styles:
            pdfium.FPDFText_GetMatrix(self._raw, i, self._matrix)
            scale = math.hypot(self._matrix.b, self._matrix.d) or 1.0
            size = abs(pdfium.FPDFText_GetFontSize(self._raw, i) * scale)
            pdfium.FPDFText_GetFontInfo(self._raw, i, self._name, 128, self._flags)
            font = _SUBSET.sub("", self._name.value.decode("utf-8", "replace"))
            bold = bool(_BOLD_FONT.search(font) or self._flags.value & _FORCE_BOLD)
            angle = math.degrees(math.atan2(self._matrix.b, self._matrix.a))
            way = round(angle / 90) * 90
            self._styles[item] = size, font, bold, way % 360 if abs(angle - way) < _SKEWED else _SLANTED
        return self._styles[item]

    def _shown(self, left: float, right: float, bottom: float, top: float, way: int) -> tuple[float, float, float]:
        """Left, right and baseline on the page as it is turned for the reader."""
        width, height = self._sizes[way]
        if way == 0 and left <= right:
            return left, right, height - self._y.value
        x, y = _turn(self._x.value, self._y.value, way, width, height)
        a, _ = _turn(left, bottom, way, width, height)
        b, _ = _turn(right, top, way, width, height)
        return (a, b, y) if way == 180 and a <= b else (min(a, b, x), max(a, b), y)


def _turn(x: float, y: float, rotation: int, width: float, height: float) -> tuple[float, float]:
    """From the file's coordinates to points from the top left of a page of this shown width and height."""
    turned = {90: (y, x), 180: (width - x, y), 270: (width - y, height - x)}
    return turned.get(rotation, (x, height - y))


def _recoded(text: str) -> str:
    """A word with the letter that it is printed with, where the file names that of another encoding.

    >>> _recoded("coˆperatie"), _recoded("Ôn"), _recoded("BELGIË")
    ('coöperatie', 'Ôn', 'BELGIË')
    """
    if not _MISCODED.search(text):
        return text
    right = text.encode("mac_roman", "replace").decode("latin-1")
    return right if is_dutch(right.strip("(.,;:)").lower()) and not is_dutch(text.lower()) else text


def _drawn(page: pypdfium2.PdfPage) -> tuple[list[_Box], float]:
    """Boxes of what is drawn, and the share of the page that images cover; any drawing counts for more than 0."""
    boxes: list[_Box] = []
    covered = 0.0
    width, height = page.get_size()
    kinds = [pdfium.FPDF_PAGEOBJ_PATH, pdfium.FPDF_PAGEOBJ_IMAGE, pdfium.FPDF_PAGEOBJ_SHADING]
    for item in islice(page.get_objects(filter=kinds, max_depth=3), _MAX_OBJECTS):
        try:
            left, bottom, right, top = item.get_bounds()
        except pypdfium2.PdfiumError:
            continue
        covered += 1e-6
        if item.type == pdfium.FPDF_PAGEOBJ_IMAGE:
            covered += max(0.0, right - left) * max(0.0, top - bottom) / (width * height)
        else:
            boxes.append((left, bottom, right, top))
    return boxes, covered


def pictures_of(path: Path, number: int) -> list[_Box]:
    """Images that are a part of a page on which more is drawn: left, top, right, bottom in points from its top left.

    Images over most of a page are the page itself, in one piece or in strips.
    """
    with pypdfium2.PdfDocument(path) as document:
        page = document[number - 1]
        drawn, covered = _drawn(page)
        height = page.get_height()
        if not drawn or not 1e-3 < covered < _PICTURES or page.get_rotation():
            return []
        images = islice(page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_IMAGE], max_depth=3), _MAX_OBJECTS)
        return [(x0, height - y1, x1, height - y0) for x0, y0, x1, y1 in (image.get_bounds() for image in images)]


def _rules(boxes: Sequence[_Box], way: int, width: float, height: float) -> Iterator[Rule]:
    """The boxes that are thin enough for a straight line."""
    for left, bottom, right, top in boxes:
        ends = _turn(left, bottom, way, width, height), _turn(right, top, way, width, height)
        (x0, x1), (y0, y1) = (sorted(pair) for pair in zip(*ends, strict=True))
        if y1 - y0 <= _THIN < x1 - x0:
            yield Rule(x0, (y0 + y1) / 2, x1, (y0 + y1) / 2)
        elif x1 - x0 <= _THIN < y1 - y0:
            yield Rule((x0 + x1) / 2, y0, (x0 + x1) / 2, y1)
