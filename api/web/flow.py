"""How the text of a source is shown: its line ends flow with the window, its Markdown marks are not seen.

What is copied is the text as it stands. What is shown has as many characters, so that every offset holds for both.
"""

import re
from itertools import pairwise

from ingest.dutch import LINE_HYPHEN, join_lines

GONE = "\x00"  # `render.visible` leaves it out
_GOES_ON = re.compile(r"\s{0,20}(?!(?:\d{1,3}|[a-z])[.)]\s)[^\W_]|\s{0,20}[(\"'‘’“”«]")  # the start of no item
_HEADING = re.compile(r"^#{1,6}\s", re.M)
_MARK = re.compile(
    r"(?P<double>\*{2,3}|__)(?=[^\s*_])[^*\n\t]{1,300}(?<=[^\s*_])(?P=double)"
    r"|(?<![\w*])(?P<single>\*)(?=[^\s*])[^*\n\t]{1,300}(?<=[^\s*])\*(?![\w*])"
)


def flowed(text: str) -> str:
    r"""Return a text of the same length without line ends inside a paragraph and without Markdown marks.

    Rows of a table and items keep their lines.

    >>> flowed("de **onder-\nsteuning** van\nbedrijven\n\n# Nieuw").replace(GONE, "")
    'de ondersteuning van bedrijven\n\nNieuw'
    """
    lines = LINE_HYPHEN.sub(_joined, text).split("\n")
    ends = [" " if _flows(before, line) else "\n" for before, line in pairwise(lines)]
    flowing = "".join(line + end for line, end in zip(lines, [*ends, ""], strict=True))
    return _MARK.sub(_unmarked, _HEADING.sub(lambda match: GONE * len(match[0]), flowing))


def _joined(match: re.Match[str]) -> str:
    left, right = match["left"], match["right"]
    if match[0].count("\n") > 1:
        return match[0]
    between = join_lines(match[0])[len(left) : -len(right)]
    return left + between.ljust(len(match[0]) - len(left) - len(right), GONE) + right


def _flows(before: str, line: str) -> bool:
    return bool(before.strip()) and "\t" not in before + line and before[0] != "#" and bool(_GOES_ON.match(line))


def _unmarked(match: re.Match[str]) -> str:
    size = len(match["double"] or match["single"])
    return GONE * size + match[0][size:-size] + GONE * size
