"""Printed words -> lines: words that follow each other on one baseline, and lines in rows."""

import re
from collections.abc import Sequence

from ingest.readers.pdf.printed import Line, Word
from ingest.readers.text import SWALLOWED, runs

# All in parts of the font size.
_SAME_BASELINE = 0.35
SMALL, _RAISED = 0.85, 0.55  # print this small may stand higher
_LOW, _HIGH, _TOO_HIGH, _TOUCH = -0.5, 0.15, 0.8, 0.1  # rise of a mark, and the white before it
_CUT = 0.05  # of rise and white, between two letters of a word that PDFium cuts, there is less
_WORD_GAP = 1.4  # a wider gap ends a piece of line: justified text stays below it nearly always
MARKER_GAP = 8.0  # between a bullet or number and its text
MARKER = re.compile(r"^([-–—•▪○◦*o>]|\(?\d{1,3}[.)]|\(?[a-zA-Z][.)]|\d{1,2}(\.\d{1,2})+\.?|[IVX]{1,5}\.)$")
_MISREAD = re.compile(r"[e©®¢«*=]_*|[-–]_*|_+")  # what the recogniser makes of a bullet at the start of a line
_GLUED = re.compile(r"([-–e©®]_+|©)([^\W_]\S*)")  # the same, with the first word
_LEADING_DIGITS = re.compile(r"^[0-9]+")
_SUPERSCRIPT = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


def join_mark(before: Word, word: Word, *, has_mark: bool, is_cut: bool) -> Word | None:
    """Return one word of two without a space between them, where the second is a small mark or comes after one.

    A raised number is set apart from a number that would swallow it, 10^6, or written as raised, m²; a lowered one
    is not, CO2. Where the two do not belong together there is none. With `is_cut` PDFium puts a line end between them:
    of a page that is little but a table it thinks that it is written downwards, and ends the line after each letter.
    """
    size = before.size or 1.0
    gap, rise = (word.x0 - before.x1) / size, (before.y - word.y) / size
    text, is_small = word.text, word.size <= SMALL * size
    if before.broken or not text or not -0.5 <= gap <= _TOUCH:
        return None
    if is_small and _HIGH <= rise <= _TOO_HIGH:
        if SWALLOWED.search(f"{before.text[-2:]}\v{text}"):
            text = f"^{text}"
        else:
            text = _LEADING_DIGITS.sub(lambda digits: digits[0].translate(_SUPERSCRIPT), text)
    elif not (_LOW <= rise < _HIGH and (is_small or has_mark or (is_cut and max(abs(rise), gap) < _CUT))):
        return None
    return before._replace(text=before.text + text, x1=word.x1, broken=word.broken)


def join_words(words: Sequence[Word]) -> list[Line]:
    """Join words, as they come, to pieces of line: they follow each other on one baseline without a wide gap."""
    return [Line(own) for own in runs((word for word in words if word.text), _is_apart)]


def _is_apart(line: Sequence[Word], word: Word) -> bool:
    last = line[-1]
    size = max(last.size, word.size, 1.0)
    if last.broken or not (_level(last, word) or _level(line[0], word)):
        return True
    is_marker = len(line) == 1 and MARKER.match(last.text) is not None
    return not -0.5 * size <= word.x0 - last.x1 <= (MARKER_GAP if is_marker else _WORD_GAP) * size


def top_down(lines: Sequence[Line]) -> list[Line]:
    """Lines from top to bottom; pieces on one baseline from left to right."""
    ordered: list[Line] = []
    for line in sorted(lines, key=lambda line: line.y):
        at = len(ordered)
        while at and _level(ordered[at - 1].words[0], line.words[0]) and ordered[at - 1].x0 > line.x0:
            at -= 1
        ordered.insert(at, line)
    return ordered


def _level(a: Word, b: Word) -> bool:
    high, low = (a, b) if a.y < b.y else (b, a)
    is_mark = high.size <= SMALL * low.size
    return low.y - high.y <= (_RAISED if is_mark else _SAME_BASELINE) * max(high.size, low.size, 1.0)


def rows_of(lines: Sequence[Line]) -> list[list[Line]]:
    """Put pieces on one baseline together, left to right; `lines` are ordered from top to bottom."""
    rows = runs(lines, lambda row, line: not _level(row[0].words[0], line.words[0]))
    return [sorted(row, key=lambda line: line.x0) for row in rows]


def with_bullet(line: Line) -> Line:
    """A recognised line of which the first word is a bullet again, where it was taken for a letter or a stroke."""
    first = line.words[0]
    glued = _GLUED.fullmatch(first.text)
    if first.confidence is None or not (glued or (len(line.words) > 1 and _MISREAD.fullmatch(first.text))):
        return line
    rest = [first._replace(text=glued[2])] if glued else []
    rest += [word._replace(text=word.text.lstrip("_")) for word in line.words[1:2]] + line.words[2:]
    sure = next((word.confidence for word in rest), first.confidence)
    bullet = first._replace(text="-" if first.text[0] in "-–" else "•", confidence=sure)
    return Line([bullet, *(word for word in rest if word.text)])
