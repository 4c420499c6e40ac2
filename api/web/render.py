"""What all pages share: the templates, and texts cut where something is marked."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from fastapi.templating import Jinja2Templates

from index.cite import KIND_NAMES, UNKNOWN

STATIC = Path(__file__).parent / "static"
templates = Jinja2Templates(directory=Path(__file__).parent / "templates")
templates.env.globals.update(kind_names=KIND_NAMES, unknown=UNKNOWN)
templates.env.trim_blocks = templates.env.lstrip_blocks = True


def cut(text: str, ranges: Sequence[tuple[int, int]]) -> Iterator[tuple[str, bool]]:
    """Cut a text into pieces inside and outside sorted, disjoint ranges: (piece, is inside)."""
    position = 0
    for start, end in ranges:
        if start > position:
            yield text[position:start], False
        yield text[start:end], True
        position = end
    if position < len(text):
        yield text[position:], False
