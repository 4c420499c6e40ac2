"""How well a unit of a passage answers a question, and how sure we are: plain numbers, each with a meaning."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import astuple, dataclass, fields
from math import log, nan

import numpy as np

from index.answer.parts import Parts
from index.answer.units import Unit
from index.arrays import Vectors
from index.search.hit import Analysed, Hit
from index.search.question import Question, holds_expected, share_of_years
from index.terms import STOPWORDS, terms, tokens, word_terms
from ingest.document import Passage


@dataclass(frozen=True, slots=True)
class UnitSignals:
    """Signals of one unit; cosines in [-1, 1], shares in [0, 1].

    Attributes:
        late: mean over the question's tokens of their best cosine with a token of the unit, read in its passage.
        dense: cosine of the question with the mean of the unit's tokens.
        coverage: share of the question's words in the unit, rare words weighing more.
        context: the same with the rest of the passage, its headings and title.
        passage: late-interaction score of the whole passage.
        rank: 1 / rank of the passage.
        expected: whether the unit holds the kind of answer that is asked for.
        year: share of the years asked for that its passage, title or document's period holds; 1 without years.
        length: logarithm of the number of characters.
        asks: whether the unit is itself a question, or stands in that of a member of parliament.
    """

    late: float
    dense: float
    coverage: float
    context: float
    passage: float
    rank: float
    expected: float
    year: float
    length: float
    asks: float

    def vector(self) -> Vectors:
        """Return the signals in their order, float32 (n,)."""
        return np.array(astuple(self), np.float32)


@dataclass(frozen=True, slots=True)
class AnswerSignals:
    """Signals of the best answer as a whole.

    Attributes:
        late: late-interaction score of the best passage.
        dense: highest cosine of question and passage.
        weakest: mean of the lowest fifth of the best cosines of the question's tokens with the best passage.
        coverage: highest share of the question's words in one of the passages with its headings, rare ones weigh more.
        top_coverage: the same in the passage of the best unit.
        unit_coverage: the same in the best unit alone.
        unknown: share of the question's words that the corpus does not have.
        unit: log-odds of the best unit.
        unit_late: its late-interaction score.
        expected: whether it holds the kind of answer that is asked for.
        year: share of the years asked for that its passage, title or document's period holds.
        names: share of the question's names and figures that stand in the best passage; 1 without any.
        gap: late-interaction score of the best passage less the mean of the next four.
        agreement: whether the best passage of word search is among the first five.
        known: highest cosine with a known question of the passages found; NaN where the best unit's has none.
    """

    late: float
    dense: float
    weakest: float
    coverage: float
    top_coverage: float
    unit_coverage: float
    unknown: float
    unit: float
    unit_late: float
    expected: float
    year: float
    names: float
    gap: float
    agreement: float
    known: float

    def vector(self) -> Vectors:
        """Return the signals in their order, float32 (n,)."""
        return np.array(astuple(self), np.float32)


_COVERING = 5  # best passages of which the one that covers the question most counts
UNIT_SIGNALS = tuple(field.name for field in fields(UnitSignals))
ANSWER_SIGNALS = tuple(field.name for field in fields(AnswerSignals))


class Rarity:
    """How rare the index terms of a corpus are."""

    def __init__(self, passages: Iterable[Passage]) -> None:
        self._count: Counter[str] = Counter()
        self._passages = 0
        for passage in passages:
            self._count.update(set(terms(" ".join((*passage.section, passage.search_text)))))
            self._passages += 1

    def weight(self, term: str) -> float:
        """Return the inverse document frequency of a term, more than 0."""
        return log(1 + self._passages / (self._count[term] + 0.5))

    def knows(self, term: str) -> bool:
        """Whether the corpus has a term."""
        return term in self._count

    def weigh(self, question: str) -> "AskedWords":
        """Return the words of a question that are no stop words, with their weight."""
        words = dict.fromkeys(word for word, _, _ in tokens(question) if word not in STOPWORDS)
        forms = [word_terms(word) for word in words]
        known = [any(self.knows(form) for form in some) for some in forms]
        weights = [
            self.weight(some[0]) if self.knows(some[0]) else max(self.weight(form) for form in some) for some in forms
        ]
        return AskedWords(tuple(zip(forms, weights, strict=True)), 1 - sum(known) / len(known) if known else 0.0)


@dataclass(frozen=True, slots=True)
class AskedWords:
    """The words of a question that are no stop words.

    Attributes:
        weighted: for each its index terms (its stem, then those of its parts) and its weight.
        unknown: share of them that the corpus does not have, in [0, 1].
    """

    weighted: tuple[tuple[tuple[str, ...], float], ...]
    unknown: float

    def coverage(self, held: frozenset[str]) -> float:
        """Return the weighted share of the words among terms, in [0, 1]; 1 for a question of stop words only.

        A compound of which only parts are there counts partly.
        """
        total = sum(weight for _, weight in self.weighted)
        found = sum(weight * (1.0 if forms[0] in held else _share(forms[1:], held)) for forms, weight in self.weighted)
        return found / total if total else 1.0


def _share(parts: Sequence[str], held: frozenset[str]) -> float:
    return sum(part in held for part in parts) / len(parts) if parts else 0.0


@dataclass(frozen=True, slots=True)
class ReadHit:
    """A hit read unit by unit.

    Attributes:
        hit: the hit.
        units: the units of its passage with their signals.
        parts: what of its passage no question changes.
        coverage: share of the question's words among the index terms of its text, headings and title.
        weakest: mean of the lowest fifth of the best cosines of the question's tokens with its passage.
    """

    hit: Hit
    units: tuple[tuple[Unit, UnitSignals], ...]
    parts: Parts
    coverage: float
    weakest: float


@dataclass(frozen=True, slots=True)
class Candidate:
    """A unit that may become a statement; `odds` are the log-odds that it answers the question."""

    odds: float
    signals: UnitSignals
    read: ReadHit
    unit: Unit

    @property
    def quote(self) -> str:
        """The verbatim text of the unit."""
        return self.read.hit.document.quote(self.unit.spans)


def read_hit(
    question: Question, analysed: Analysed, hit: Hit, parts: Parts, vectors: Vectors, words: AskedWords
) -> ReadHit:
    """Compute the signals of each unit of a hit.

    Args:
        question: the question.
        analysed: the same as the search needs it.
        hit: the hit.
        parts: of its passage.
        vectors: of the passage's tokens, float32 (n_passage_tokens, dimension).
        words: of the question.
    """
    coverage = words.coverage(parts.terms)
    similarity = analysed.tokens @ vectors.T  # (n_question_tokens, n_passage_tokens)
    units = []
    for part in parts.units:
        own = list(part.tokens)
        mean = vectors[own].mean(axis=0) if own else np.zeros_like(analysed.vector)
        signals = UnitSignals(
            late=float(similarity[:, own].max(axis=1).mean()) if own else 0.0,
            dense=float(analysed.vector @ mean / max(float(np.linalg.norm(mean)), 1e-9)),
            coverage=words.coverage(part.terms),
            context=coverage,
            passage=hit.explanation.late,
            rank=1 / hit.rank,
            expected=float(holds_expected(question.expected, part.text)),
            year=share_of_years(question.years, parts.years),
            length=log(len(part.text)),
            asks=float(part.asks),
        )
        units.append((part.unit, signals))
    best = np.sort(similarity.max(axis=1))
    return ReadHit(hit, tuple(units), parts, coverage, float(best[: max(1, len(best) // 5)].mean()))


def answer_signals(
    question: Question, words: AskedWords, hits: Sequence[Hit], read: Sequence[ReadHit], best: Candidate
) -> AnswerSignals:
    """Return the signals of an answer.

    Args:
        question: the question.
        words: of the question.
        hits: what was found, best first; at least one.
        read: the best of those, read.
        best: the most probable unit.
    """
    late = [hit.explanation.late for hit in hits]
    lexical = max(hits, key=lambda hit: hit.explanation.lexical)
    wanted = list(_names(question.text))
    held = best.read.parts.terms
    return AnswerSignals(
        late=late[0],
        dense=max(hit.explanation.dense for hit in hits),
        weakest=read[0].weakest,
        coverage=max(one.coverage for one in read[:_COVERING]),
        top_coverage=best.signals.context,
        unit_coverage=best.signals.coverage,
        unknown=words.unknown,
        unit=best.odds,
        unit_late=best.signals.late,
        expected=best.signals.expected,
        year=best.signals.year,
        names=sum(not held.isdisjoint(forms) for forms in wanted) / len(wanted) if wanted else 1.0,
        gap=late[0] - float(np.mean(late[1:5])) if len(late) > 1 else 0.0,
        agreement=float(lexical.rank <= 5),
        known=nan if best.read.hit.explanation.known is None else max(hit.explanation.known or -1 for hit in hits),
    )


def _names(text: str) -> Iterator[tuple[str, ...]]:
    """Yield the terms of each word of a question that looks like a name or figure: a capital or digit inside it."""
    for i, (word, start, _) in enumerate(tokens(text)):
        if (text[start].isupper() and i > 0) or text[start].isdigit():
            yield word_terms(word)
