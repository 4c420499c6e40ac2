"""Question and answer of a parliamentary question, as two parts of one passage, and pairs that ask the same."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from index.terms import terms
from ingest.document import Document, Passage, Span

_SAME = 0.7  # share of the shorter question's terms from which two questions ask the same
_PAIR = re.compile(r"^(?:Vraag|Vragen) en antwoord (?P<number>\d+)")
_UNANSWERED = re.compile(r"^Vraag \d+$")  # where the answers do not say which question they answer...
_TOGETHER = re.compile(r"^Antwoord op vragen \d+ tot \d+ ")  # ...they stand together under this heading
_UP_TO = r"(?:\s*(?:[-–,&]|en|tot|t/m)\s*\d+)*"  # "1-2." answers two questions


@dataclass(frozen=True, slots=True)
class Pair:
    """A question and its answer, or what a passage holds of them."""

    question: tuple[Span, ...]
    answer: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Precedent:
    """A parliamentary question that was answered before; `passage` holds (the start of) the answer."""

    document: Document
    passage: Passage
    pair: Pair


def split_pair(document: Document, passage: Passage) -> Pair | None:
    """Tell question and answer apart, or return None where a passage is no pair.

    Both carry the same number in their documents; the answer starts at the second span that starts with it.
    """
    match = _PAIR.match(passage.section[-1]) if passage.section else None
    if match is None or len(passage.spans) < 2:
        return None
    marked = re.compile(rf"\s*{match['number']}{_UP_TO}\s*[.)]")
    starts = [i for i, span in enumerate(passage.spans) if marked.match(document.quote([span]))]
    cut = starts[1] if len(starts) > 1 else _after_question(document, passage)
    return Pair(passage.spans[:cut], passage.spans[cut:])


def _after_question(document: Document, passage: Passage) -> int:
    """Index of the first span after the one that ends in a question mark; the first at least is the question."""
    ends = [i for i, span in enumerate(passage.spans[:-1]) if document.quote([span]).rstrip().endswith("?")]
    return 1 + ends[0] if ends else 1


def whole_pair(document: Document, passage: Passage) -> Pair | None:
    """Return the whole sub-question with its whole answer, of which a passage may hold a part.

    Where one answer serves several questions, a question goes with that answer, and that answer with all of them.
    """
    if split_pair(document, passage) is not None:
        parts = [split_pair(document, other) for other in document.passages if other.section == passage.section]
        known = [part for part in parts if part is not None]
        return Pair(known[0].question, tuple(_distinct(span for part in known for span in part.answer)))
    if _is_under(passage, _UNANSWERED):
        question = _spans_under(document, re.compile(f"^{re.escape(passage.section[-1])}$"))
    elif _is_under(passage, _TOGETHER):
        question = _spans_under(document, _UNANSWERED)
    else:
        return None
    answer = _spans_under(document, _TOGETHER)
    return Pair(question, answer) if question and answer else None


def _is_under(passage: Passage, heading: re.Pattern[str]) -> bool:
    return bool(passage.section and heading.match(passage.section[-1]))


def _spans_under(document: Document, heading: re.Pattern[str]) -> tuple[Span, ...]:
    under = (passage for passage in document.passages if _is_under(passage, heading))
    return tuple(_distinct(span for passage in under for span in passage.spans))


def group_pairs(found: Iterable[tuple[Document, Passage]]) -> list[list[Precedent]]:
    """Group the question/answer pairs among passages by what they ask, each group newest first, undated ones last.

    Args:
        found: documents and passages, best first.

    Returns:
        Groups in the order of their best passage; a pair of which several passages were found counts once.
    """
    groups: list[list[Precedent]] = []
    seen: set[tuple[str, tuple[Span, ...]]] = set()
    for document, passage in found:
        pair = whole_pair(document, passage)
        if pair is None or (document.document_id, pair.answer) in seen:
            continue
        seen.add((document.document_id, pair.answer))
        answering = (other for other in (passage, *document.passages) if set(other.spans) & set(pair.answer))
        one = Precedent(document, next(answering), pair)
        same = next((group for group in groups if _asks_same(group[0], one)), None)
        if same is None:
            groups.append([one])
        else:
            same.append(one)
    for group in groups:
        group.sort(key=lambda one: newest_first(one.document))
    return groups


def newest_first(document: Document) -> tuple[bool, int]:
    """Key that sorts documents newest first, those of unknown date last."""
    period = document.metadata.period
    return (period is None, -period[1].toordinal() if period else 0)


def _asks_same(one: Precedent, other: Precedent) -> bool:
    if one.document.document_id == other.document.document_id:
        return False
    a, b = (_question_terms(precedent) for precedent in (one, other))
    return len(a & b) >= _SAME * max(1, min(len(a), len(b)))


def _question_terms(one: Precedent) -> frozenset[str]:
    return frozenset(terms(one.document.quote(one.pair.question)))


def _distinct(spans: Iterable[Span]) -> Iterable[Span]:
    return dict.fromkeys(spans)
