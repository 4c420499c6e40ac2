"""Blocks -> pieces: a block whole, or the parts of one that is longer than a passage may be."""

from collections.abc import Iterable, Iterator

from ingest.document import Block, Document, Piece, Span
from ingest.dutch import block_sentences, trimmed

MAX_CHARS = 900  # of a passage's own text; chosen on questions of our own (ADR 4)


def size_of(spans: Iterable[Span]) -> int:
    """Number of characters of spans."""
    return sum(span.end - span.start for span in spans)


def pieces_of(document: Document, block: Block) -> Iterator[Piece]:
    """Yield a block whole, or cut at sentence ends (else at line ends) where it is longer than a passage may be."""
    if size_of(block.spans) <= MAX_CHARS:
        yield Piece(block.kind, block.spans)
        return
    for sentence in block_sentences(document, block.spans):
        if size_of(sentence) <= MAX_CHARS:
            yield Piece(block.kind, sentence)
            continue
        for span in sentence:
            for left, right in _cut_long(document.pages[span.page - 1].text, span.start, span.end):
                yield Piece(block.kind, (Span(span.page, left, right),))


def _cut_long(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Cut a "sentence" that is longer than a passage (a list without full stops) at a line end or a space."""
    while end - start > MAX_CHARS:
        window = text[start : start + MAX_CHARS]
        cut = max(window.rfind("\n"), 0) or max(window.rfind(" "), 0) or MAX_CHARS
        yield from trimmed(text, start, start + cut)
        start = end - len(text[start + cut : end].lstrip())
    if start < end:
        yield start, end
