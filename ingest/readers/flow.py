"""Formats that name their own structure (Word, HTML, Markdown): elements in order -> one page and its blocks."""

from collections.abc import Iterable
from dataclasses import dataclass

from ingest.document import Block, BlockKind, Page, Span
from ingest.readers.text import kind_of, without_contents


@dataclass(frozen=True, slots=True)
class Element:
    """One heading, paragraph, list item or table row as the file gives it.

    Attributes:
        text: its text on one line; cells of a row are separated by tabs.
        kind: what it is.
        level: depth of a heading, 1 is outermost.
    """

    text: str
    kind: BlockKind = BlockKind.PARAGRAPH
    level: int = 0


def lay_out(elements: Iterable[Element]) -> tuple[tuple[Page, ...], list[Block]]:
    """Write elements below each other.

    Returns:
        One page, since these formats have no fixed pages, and the blocks on it.
    """
    text = ""
    blocks: list[Block] = []
    for element in elements:
        if not element.text.strip():
            continue
        is_row = element.kind is BlockKind.ROW
        after_row = bool(blocks) and blocks[-1].kind is BlockKind.ROW
        text += "" if not text else ("\n" if is_row and after_row else "\n\n")
        solid = element.text.strip()
        start = len(text) + element.text.index(solid)
        text += element.text.rstrip()
        kind, level = element.kind, element.level
        if kind is BlockKind.PARAGRAPH:
            kind, level = kind_of(solid)
        blocks.append(Block(kind, (Span(1, start, start + len(solid)),), solid, level))
    return (Page(1, None, text),), list(without_contents(blocks))
