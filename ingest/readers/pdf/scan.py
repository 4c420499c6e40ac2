"""What the image of a page says beside the words that were recognised: drawn lines, strokes, gaps, what was missed."""

import re
import statistics
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ingest.dutch import dutch_words, is_dutch
from ingest.readers.pdf.printed import LOWEST_CONFIDENCE, Rule

_DARK, _GREY = 128, 215  # of 255 shades: ink; ink of a drawn line, which may be pale
_SURE = 75  # percent; what one way of reading adds to another is at least as sure
_WHOLE = 0.7  # of the letters of what it replaces
_WHOLE_WORD = 6  # letters; what is left of a drawing is seldom read as so many, and seldom twice
_SIGNS = re.compile(r"[\W_]+")
_THIN = 2.0  # points; a drawn line is thinner
_WIDE, _HIGH = 24.0, 16.0  # points; a line across is longer, and one down: letters are not
_SHARED = 0.3  # of the smaller box
_GAP = 1.3  # times the usual gap between two letters of a word: the gap between two words
_FAR_WIDER, _TWICE = 1.25, 1.5  # times the next widest gap, and the usual one: no letters of a word part so
_SPACE = 0.33  # times the height of a word: a gap that no word has within it
_CLEAR_SPACE = 0.3  # the same, of what stands in no word list
_RARE = 5e-7  # of all words: what is rarer may be none ("iser")
_PARTICLES = frozenset({"De", "Van"})  # with which names begin: "Vanlaere"
_LONG = 3  # letters; more than a short word has
_ENDING_SPACE = 0.25  # the same, before what may also be an ending: "reconstrueer"
_NEAR = 0.15  # of a word's width between the gap in its image and the place where its letters part
# Short words that the recogniser glues to others where print is narrow.
_SMALL = frozenset("de het een en van in is te of op om die dat aan voor met tot als er ook wordt worden".split())
_ENDINGS = frozenset({"de", "en", "er", "te"})
# Words that make no compound: what is no word, and two of these, is those two, whatever the white between them.
_FUNCTION = _SMALL | frozenset("zonder over alle bij door naar onder tegen tussen na per uit deze dit elk".split())
_SMALLS = re.compile(f"(?:{'|'.join(sorted(_SMALL))}){{1,3}}")
_MIXED = (
    (re.compile(r"#(?=/-)"), "+"),
    (re.compile(r"(?<=\d)[oO](?=\d|[a-z]{1,3}\b|\W|$)"), "0"),
    (re.compile(r"(?<=\d)[lI](?=\d|u\d)"), "1"),
    (re.compile(r"(?<=[A-Z])l(?=[A-Z\d])"), "I"),
)
_ACCENTS = str.maketrans("ÍÌÎ", "III")  # a speck above the letter
_OFTEN = 100  # times as frequent as the word that was read
_LETTER_FIRST = re.compile(r"\W*l")
Pixels = NDArray[np.uint8]  # (height, width), 0 is black


class Row(NamedTuple):
    """A word, or a line of words, of the table that Tesseract writes; its box is in pixels from the top left."""

    is_word: bool  # else a line
    place: tuple[str, ...]  # page, block, paragraph and line of Tesseract
    left: int
    top: int
    width: int
    height: int
    conf: float  # percent
    text: str


def cut_out(pixels: Pixels, boxes: Iterable[tuple[float, float, float, float]], scale: float) -> tuple[Pixels, Pixels]:
    """The image with only these boxes (left, top, right, bottom in points), and without them; the rest is white."""
    inside, outside = np.full_like(pixels, 255), pixels.copy()
    for box in boxes:
        left, top, right, bottom = (max(0, round(edge * scale)) for edge in box)
        inside[top:bottom, left:right] = pixels[top:bottom, left:right]
        outside[top:bottom, left:right] = 255
    return inside, outside


def stroke_width(rows: Sequence[Row], pixels: Pixels) -> float:
    """Mean width in pixels of the strokes of a line: how far its ink goes on from left to right."""
    ink = starts = 0
    for row in rows:
        box = _ink(row, pixels)
        ink += int(box.sum())
        starts += int(box[:, 0].sum() + (box[:, 1:] > box[:, :-1]).sum())
    return ink / max(starts, 1)


def _ink(row: Row, pixels: Pixels) -> NDArray[np.bool_]:
    down, across = slice(row.top, row.top + max(row.height, 1)), slice(row.left, row.left + max(row.width, 1))
    dark = pixels[down, across] < _DARK
    return ~dark if 2 * dark.sum() > dark.size else dark


def tight(row: Row, pixels: Pixels) -> Row:
    """The same word in a box that is no higher than its ink: where print stands on grey, the grey may count as ink."""
    high = np.flatnonzero(_ink(row, pixels).any(axis=1)).tolist() if row.is_word else []
    return row._replace(top=row.top + high[0], height=high[-1] - high[0] + 1) if high else row


def drawn_lines(pixels: Pixels, scale: float) -> list[Rule]:
    """Straight lines across and down an image, in points of `scale` pixels: thin runs of ink that no letters have."""
    dark = pixels < _GREY
    across = [Rule(x0 / scale, y / scale, x1 / scale, y / scale) for y, x0, x1 in _runs(dark, scale, _WIDE)]
    down = [Rule(x / scale, y0 / scale, x / scale, y1 / scale) for x, y0, y1 in _runs(dark.T, scale, _HIGH)]
    return across + down


def _runs(dark: NDArray[np.bool_], scale: float, length: float) -> Iterator[tuple[int, int, int]]:
    """Row, first and last column of each thin run of ink that is long enough; of one line, its first row."""
    thin, least = round(_THIN * scale), round(length * scale)
    if dark.shape[0] <= 2 * thin or dark.shape[1] <= least:
        return
    edge = dark.copy()
    edge[thin:-thin] &= ~(dark[: -2 * thin] & dark[2 * thin :])
    sums = np.zeros((edge.shape[0], edge.shape[1] + 1), np.int32)
    np.cumsum(edge, axis=1, out=sums[:, 1:])
    full = sums[:, least:] - sums[:, :-least] == least
    open_ones: list[tuple[int, int, int]] = []
    for y in np.flatnonzero(full.any(axis=1)):
        open_ones = [one for one in open_ones if y - one[0] <= 2 * thin]
        for start, last in _stretches(full[y]):
            run = int(y), start, last + least
            if not any(one[1] < run[2] and run[1] < one[2] for one in open_ones):
                open_ones.append(run)
                yield run


def _stretches(flags: NDArray[np.bool_]) -> Iterator[tuple[int, int]]:
    """Where each run of true flags starts and ends."""
    turns = np.flatnonzero(np.diff(flags.astype(np.int8), prepend=0, append=0)).tolist()
    return zip(turns[::2], turns[1::2], strict=True)


def more_words(rows: list[Row], others: Sequence[Row], prefix: str) -> None:
    """Add what another way of reading the same image is sure of: where nothing right was read."""
    words, found = ([row for row in read if row.is_word and row.text] for read in (rows, others))
    there = {id(other): [word for word in words if _overlap(word, other)] for other in found}
    for old in [word for word in words if not _is_dutch(word)]:
        new = [other for other in found if any(word is old for word in there[id(other)])]
        alone = all(len(there[id(other)]) == 1 and _is_word(other) for other in new)
        unsure = old.conf < 100 * LOWEST_CONFIDENCE
        glued = len(new) > 1 and letters("".join(row.text for row in new)) == letters(old.text)
        if alone and (glued or (unsure and sum(len(other.text) for other in new) >= _WHOLE * len(old.text))):
            rows[:] = [row for row in rows if row is not old] + [other._replace(place=old.place) for other in new]
    for line in (row for row in others if not row.is_word):
        own = [row for row in found if row.place == line.place]
        fresh = [row for row in own if not there[id(row)]]
        sure = [row for row in fresh if row.conf >= _SURE]
        known = sum(_is_word(row) for row in sure)
        if known and 2 * known >= sum(any(map(str.isalnum, row.text)) for row in fresh):
            kept = fresh if len(fresh) == len(own) else sure
            rows += [row._replace(place=(prefix, *row.place[1:])) for row in (line, *kept)]


def agreed(row: Row, readings: Sequence[Sequence[Row]]) -> Row:
    """A word as sure as the surest way that reads the same; a long one that each way reads alike is no nonsense."""
    read = letters(row.text)
    if not row.is_word or not read or row.conf >= _SURE:
        return row
    alike = [[o for o in own if letters(o.text) == read and _overlap(row, o)] for own in readings]
    sure = max(other.conf for other in (row, *(other for own in alike for other in own)))
    least = 100 * LOWEST_CONFIDENCE if alike and all(alike) and len(read) >= _WHOLE_WORD else 0.0
    return row._replace(conf=max(sure, least))


def letters(text: str) -> str:
    """A word without the signs around and in it."""
    return _SIGNS.sub("", text)


def _is_word(row: Row) -> bool:
    """Whether it is Dutch, or a number, whatever the signs around it."""
    return any(map(str.isdigit, row.text)) or _is_dutch(row)


def _is_dutch(row: Row) -> bool:
    text = letters(row.text.lower())
    return len(text) > 1 and is_dutch(text)


def _overlap(a: Row, b: Row) -> bool:
    w = min(a.left + a.width, b.left + b.width) - max(a.left, b.left)
    h = min(a.top + a.height, b.top + b.height) - max(a.top, b.top)
    return w > 0 and h > 0 and w * h > _SHARED * min(a.width * a.height, b.width * b.height)


def apart(rows: Sequence[Row]) -> list[Row]:
    """The words of a line from left to right, each in a box that ends where the next begins."""
    ordered = sorted(rows, key=lambda row: row.left)
    for i, (row, after) in enumerate(pairwise(ordered)):
        width = min(row.width, after.left - row.left)
        ordered[i] = row._replace(width=width) if width > 0 else row
    return ordered


def parted(row: Row, pixels: Pixels) -> list[Row]:
    """The words of what was read as one: where its image has a gap, and words stand on both sides of it."""
    text, width = row.text, row.width
    places = [i for i in range(1, len(text)) if _are_words(text[:i], text[i:])]
    places = [i for i in places if text[:i] not in _PARTICLES or dutch_words().get(_core(text[i:]), 0.0) > 2 * _RARE]
    known = bool(places) and not is_dutch(_core(text))
    cuts = range(1, len(text)) if text.islower() and _core(text) not in dutch_words() else ()
    plain = [i for i in cuts if {_core(text[:i]), _core(text[i:])} <= _FUNCTION]
    places = plain or places or [i for i in range(2, len(text) - 1) if _may_be_words(text[:i], text[i:])]
    if not places or _core(text) in _SMALL:
        return [row]
    ink = _ink(row, pixels)
    blank = _stretches(np.logical_not(ink.any(axis=0)))  # columns without ink, those at the edges aside
    gaps = [(end - start, (start + end) // 2) for start, end in blank if 0 < start and end < ink.shape[1]]
    i, (wide, middle), far = _cut(text, places, gaps, width)
    if text[:i].isdigit() or i in plain:
        wide, middle = 0, max(width * i // len(text), 1)
    else:
        widths = sorted(gap for gap, _ in gaps)
        parts = _is_gap(text, i, wide, widths, row.height) if known else _is_clear(text, wide, widths, row.height)
        if not (parts or _is_far_wider(text, wide, widths)) or far > (_NEAR if known else _NEAR / 2):
            return [row]
    first = row._replace(text=text[:i], width=middle - wide // 2)
    start = middle + wide // 2
    rest = row._replace(text=text[i:], left=row.left + start, width=width - start)
    return [*parted(first, pixels), *parted(rest, pixels)]


def _cut(
    text: str, places: Sequence[int], gaps: Sequence[tuple[int, int]], width: int
) -> tuple[int, tuple[int, int], float]:
    """Where words part, the gap there, and how far it may lie from that place, in parts of the width."""
    if len(gaps) == len(text) - 1:  # each letter stands apart from the next
        i = max(places, key=lambda i: gaps[i - 1][0])
        return i, gaps[i - 1], 0.0
    widest = max(gaps, default=(0, 0))
    far, i = min((abs(i / len(text) - widest[1] / width), i) for i in places)
    return i, widest, far


def _is_gap(text: str, i: int, wide: int, gaps: Sequence[int], height: int) -> bool:
    """Whether a gap (of some, the widest last) parts what are two words, and is no word as a whole."""
    enough = len(gaps) >= 3 and wide >= _GAP * statistics.median(gaps[:-1])
    return enough and not (_core(text[i:]) in _ENDINGS and wide < _ENDING_SPACE * height)


def _is_clear(text: str, wide: int, gaps: Sequence[int], height: int) -> bool:
    """Whether a gap parts what may be a word as a whole, or two that are long."""
    is_word = dutch_words().get(_core(text), 0.0) > _RARE
    if is_word and len(gaps) == len(text) - 1 and wide < _FAR_WIDER * max(gaps[-2:-1], default=0):
        return False
    return wide >= (_SPACE if is_word else _CLEAR_SPACE) * height


def _is_far_wider(text: str, wide: int, gaps: Sequence[int]) -> bool:
    """Whether each letter of what is no word stands apart from the next, and a gap is far wider than any other."""
    if len(gaps) != len(text) - 1 or len(gaps) < 3 or _core(text) in dutch_words():
        return False
    return wide >= _FAR_WIDER * gaps[-2] and wide >= _TWICE * statistics.median(gaps)


def _are_words(left: str, right: str) -> bool:
    """Whether a short word stands beside another word, or beside more words; "2de" is one."""
    first, last = _core(left), _core(right)
    short = first in _SMALL or last in _SMALL
    return short and _is_text(first) and _is_text(last) and not (first.isdigit() and last in _ENDINGS - {"en"})


def _is_text(text: str) -> bool:
    """Whether it is a word or a number, with short words glued to it or not."""
    if is_dutch(text) or text.isdigit() or _SMALLS.fullmatch(text):
        return True
    starts = (text[len(word) :] for word in _SMALL if text.startswith(word))
    ends = (text[: -len(word)] for word in _SMALL if text.endswith(word))
    return any(len(rest) > 1 and _is_text(rest) for rest in (*starts, *ends))


def _may_be_words(left: str, right: str) -> bool:
    """Whether there may be words on both sides: two long ones, an unknown and a short one, or a new sentence."""
    first, last, known = _core(left), _core(right), dutch_words()
    if left[-1] in ".:;,!?" and right[0].isalpha():
        return True
    if min(len(first), len(last)) > _LONG and first in known and last in known:
        return True
    return last in _SMALL and len(first) > _LONG and first.isalpha()


def _core(text: str) -> str:
    return text.lower().strip("(“‘'\".,;:)?”’")


def correct(text: str) -> str:
    """A recognised word without letters that can only be figures, or the other way round.

    >>> correct("(5Omin)"), correct("1lu05"), correct("Al15.02"), correct("lk"), correct("lijst"), correct("Ís")
    ('(50min)', '11u05', 'AI15.02', 'Ik', 'lijst', 'Is')
    """
    for pattern, right in _MIXED:
        text = pattern.sub(right, text)
    if text == "—":
        return "–"  # print of governments has the shorter one, which the recogniser lengthens
    word = text.strip("“‘\"'(.,;:”’)").lower()
    known = dutch_words()
    plain = text.translate(_ACCENTS)
    if plain != text and is_dutch(letters(plain.lower())):
        return plain
    if _LETTER_FIRST.match(text) and known.get(f"i{word[1:]}", 0.0) > _OFTEN * known.get(word, 0.0):
        return text.replace("l", "I", 1)
    return text
