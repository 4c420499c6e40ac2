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
    """One printed word, in points from the top left of the page as it is shown."""

    text: str  # without the hyphen that breaks it at a line end, see `broken`
    x0: float  # left edge
    x1: float  # right edge
    y: float  # baseline
    size: float  # of the font, in points
    font: str = ""  # its name; words of one font look alike
    bold: bool = False  # whether the font is a bold one
    broken: bool = False  # it goes on at the start of the next line
    confidence: float | None = None  # 0 to 1 for a word recognised in an image; None for one that the file gives


@dataclass(frozen=True, slots=True)
class Rule:
    """A drawn straight line, horizontal or vertical, in points from the top left of the page."""

    x0: float
    y0: float
    x1: float
    y1: float


@dataclass(slots=True)
class Sheet:
    """One page of printed words."""

    number: int  # physical page, 1-based
    width: float  # points
    height: float  # points
    words: Sequence[Word]  # in the order of the file, or of the recogniser
    rules: Sequence[Rule] = ()  # drawn lines, which may be those of tables
    label: str | None = None  # page label that the file gives
    is_scan: bool = False  # it shows an image, or something else, with no or little text that can be read without OCR
    outline: list[str] = field(default_factory=list)  # titles that the file's outline gives to this page
    aside: "Sequence[Sheet]" = ()  # text that stands turned on the page, as sheets that are upright
    pictures: Sequence[Word] = ()  # recognised in pictures that are a part of the page: no running text
    slanted: Sequence[Word] = ()  # a stamp or watermark across the page
    has_fields: bool = False  # of a form


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
        """Baseline; the number of a footnote in front stands higher."""
        return max(word.y for word in self.words[:2])

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
