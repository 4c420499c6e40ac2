"""The common ground of PDF and OCR: printed words with their place on a page."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

DRAWN = re.compile(r"[\\{}|°]")  # in recognised text: the lines of a logo, which are no letters
SLIDE_TEXT = 8  # points; smaller print on a slide is that of a picture
LOWEST_CONFIDENCE = 0.6  # of recognised text; what lies below is mostly no language: it is stored but not searched


class Word(NamedTuple):  # made a hundred thousand times a report: a sixth of the time of a dataclass that is frozen
    """One printed word.

    Attributes:
        text: its characters; without the hyphen that breaks it at a line end, see `broken`.
        x0: left edge, in points from the left of the page as it is shown.
        x1: right edge.
        y: baseline, in points from the top of the page.
        size: font size in points.
        font: name of the font; words of one font look alike.
        bold: whether the font is a bold one.
        broken: the word goes on at the start of the next line.
        confidence: 0 to 1 for a word that was recognised in an image; None for one that the file gives as text.
    """

    text: str
    x0: float
    x1: float
    y: float
    size: float
    font: str = ""
    bold: bool = False
    broken: bool = False
    confidence: float | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """A drawn straight line, horizontal or vertical, in points from the top left of the page."""

    x0: float
    y0: float
    x1: float
    y1: float


@dataclass(slots=True)
class Sheet:
    """One page of printed words.

    Attributes:
        number: physical page, 1-based.
        width: points.
        height: points.
        words: in the order of the file, or of the recogniser.
        rules: drawn lines, which may be those of tables.
        label: page label that the file gives, or None.
        is_scan: the page shows an image, or something else, with no or little text that can be read without OCR.
        outline: titles that the file's outline gives to this page.
        aside: text that stands turned on the page, as sheets that are upright.
        pictures: what was recognised in pictures that are a part of the page, which is no running text.
        has_fields: fields of a form stand on the page.
    """

    number: int
    width: float
    height: float
    words: Sequence[Word]
    rules: Sequence[Rule] = ()
    label: str | None = None
    is_scan: bool = False
    outline: list[str] = field(default_factory=list)
    aside: "Sequence[Sheet]" = ()
    pictures: Sequence[Word] = ()
    has_fields: bool = False


def mean_confidence(lines: "Iterable[Line]") -> float | None:
    """Mean confidence of recognised words by their length, or None where the file gives them."""
    known = [(word.confidence, len(word.text)) for line in lines for word in line.words if word.confidence is not None]
    return sum(value * length for value, length in known) / sum(length for _, length in known) if known else None


@dataclass(frozen=True)  # without slots, so that what is asked often is worked out once
class Line:
    """Words on one baseline that belong together, left to right."""

    words: list[Word]

    @cached_property
    def text(self) -> str:
        """The words with a space between them; a hyphen at the end where the last goes on."""
        return " ".join(word.text for word in self.words) + ("-" if self.words[-1].broken else "")

    @property
    def x0(self) -> float:
        """Left edge."""
        return self.words[0].x0

    @property
    def x1(self) -> float:
        """Right edge."""
        return self.words[-1].x1

    @property
    def y(self) -> float:
        """Baseline."""
        return self.words[0].y

    @cached_property
    def size(self) -> float:
        """Font size of most of its characters."""
        return max(self.words, key=lambda word: len(word.text)).size

    @cached_property
    def style(self) -> tuple[float, str]:
        """Size and font of most of its characters; ("", mixed) never equals a plain line's."""
        longest = max(self.words, key=lambda word: len(word.text))
        return round(2 * longest.size) / 2, longest.font

    @cached_property
    def bold(self) -> bool:
        """Whether all its words are bold, a bullet or number aside."""
        return all(word.bold for word in self.words[1:] or self.words)


def text_of(lines: Iterable[Line]) -> str:
    """Return lines as one."""
    return " ".join(line.text for line in lines)
