"""Pairs of question and answer that were found: those that ask the same together, the newest first."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from index.answer.citation import Citation
from index.answer.newer import Later
from index.store.engine import Digest
from index.terms import terms
from ingest.document import Document, Pair, Passage, Span, touch

_SAME = 0.7  # share of the shorter question's terms from which two questions ask the same


@dataclass(frozen=True, slots=True)
class Precedent:
    """A parliamentary question that was answered before; `passage` holds (the start of) the answer."""

    document: Document
    passage: Passage
    pair: Pair

    def cite(self, later: Later | None = None) -> Citation:
        """Return the whole answer as a citation."""
        return replace(Citation.of(self.document, self.passage, self.pair.answer), later=later)


def group_pairs(found: Iterable[tuple[Document, Passage]]) -> tuple[tuple[Precedent, ...], ...]:
    """Group the answered questions among passages by what they ask, each group newest first, undated ones last.

    Groups stand in the order of their best passage.
    """
    groups: list[list[Precedent]] = []
    seen: set[tuple[str, tuple[Span, ...]]] = set()
    for document, passage in found:
        pair = document.pair_of(passage)
        if pair is None or not pair.answer or (document.document_id, pair.answer) in seen:
            continue
        seen.add((document.document_id, pair.answer))
        own = (passage, *document.passages)
        answering = (other for other in own for piece in other.pieces if touch(piece.spans, pair.answer))
        one = Precedent(document, next(answering, passage), pair)
        alike = next((group for group in groups if _asks_same(group[0], one)), None)
        if alike is None:
            groups.append(alike := [])
        alike.append(one)
    return tuple(tuple(sorted(group, key=lambda one: newest_first(one.document))) for group in groups)


def newest_first(document: Document | Digest) -> tuple[bool, int]:
    """Key that sorts documents newest first, those of unknown date last."""
    period = document.metadata.period
    return (period is None, -period[1].toordinal() if period else 0)


def _asks_same(one: Precedent, other: Precedent) -> bool:
    if one.document.document_id == other.document.document_id:
        return False
    a, b = (set(terms(each.document.quote(each.pair.question))) for each in (one, other))
    return len(a & b) >= _SAME * max(1, min(len(a), len(b)))
