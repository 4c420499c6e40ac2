"""Printed words -> lines: words that follow each other on one baseline, and lines in rows."""

import re
from collections.abc import Sequence

from ingest.readers.pdf.printed import Line, Word

# All in parts of the font size.
_SAME_BASELINE = 0.35
_WORD_GAP = 1.4  # a wider gap ends a piece of line: justified text stays below it nearly always
MARKER_GAP = 8.0  # between a bullet or number and its text
MARKER = re.compile(r"^([-–—•▪○◦*o>]|\(?\d{1,3}[.)]|\(?[a-zA-Z][.)]|\d{1,2}(\.\d{1,2})+\.?|[IVX]{1,5}\.)$")
_MISREAD = re.compile(r"[e©®¢«*=]_*|[-–]_*|_+")  # what the recogniser makes of a bullet at the start of a line
_GLUED = re.compile(r"([-–e©®]_+|©)([^\W_]\S*)")  # the same, with the first word


def join_words(words: Sequence[Word]) -> list[Line]:
    """Join words, as they come, to pieces of line: they follow each other on one baseline without a wide gap."""
    lines: list[list[Word]] = []
    for word in (word for word in words if word.text):
        if not lines or not _follows(lines[-1], word):
            lines.append([])
        lines[-1].append(word)
    return [Line(own) for own in lines]


def _follows(line: Sequence[Word], word: Word) -> bool:
    last = line[-1]
    size = max(last.size, word.size, 1.0)
    if last.broken or min(abs(last.y - word.y), abs(line[0].y - word.y)) > _SAME_BASELINE * size:
        return False
    gap = word.x0 - last.x1
    is_marker = len(line) == 1 and MARKER.match(last.text) is not None
    return -0.5 * size <= gap <= (MARKER_GAP if is_marker else _WORD_GAP) * size


def top_down(lines: Sequence[Line]) -> list[Line]:
    """Lines from top to bottom; pieces on one baseline from left to right."""
    ordered: list[Line] = []
    for line in sorted(lines, key=lambda line: line.y):
        at = len(ordered)
        while at and _level(ordered[at - 1], line) and ordered[at - 1].x0 > line.x0:
            at -= 1
        ordered.insert(at, line)
    return ordered


def _level(a: Line, b: Line) -> bool:
    return abs(a.y - b.y) <= _SAME_BASELINE * max(a.words[0].size, b.words[0].size)


def rows_of(lines: Sequence[Line]) -> list[list[Line]]:
    """Put pieces on one baseline together, left to right; `lines` are ordered from top to bottom."""
    rows: list[list[Line]] = []
    for line in lines:
        if not rows or not _level(rows[-1][0], line):
            rows.append([])
        rows[-1].append(line)
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
