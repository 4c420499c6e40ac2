"""What a question and the units read for it have in common: plain numbers, each with a meaning."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import log

import numpy as np

from index.answer.span import fit_of_span
from index.answer.units import Part, Parts
from index.arrays import Vectors
from index.search.hit import Hit
from index.search.question import Question, share_of_years
from index.store.engine import Engine
from index.store.years import reached
from index.terms import STOPWORDS, word_terms, words_of


class Rarity:
    """How rare the index terms of a corpus are, by the passages in which the engine counts them."""

    def __init__(self, engine: Engine, passages: int) -> None:
        self._count = lru_cache(10_000)(engine.term_count)
        self._passages = passages

    def weight(self, term: str) -> float:
        """Return the inverse document frequency of a term, more than 0."""
        return log(1 + self._passages / (self._count(term) + 0.5))

    def weigh(self, question: str) -> "AskedWords":
        """Return the words of a question that are no stop words, with their weight."""
        words = dict.fromkeys(word for word in words_of(question) if word not in STOPWORDS)
        forms = [word_terms(word) for word in words]
        of_each = [max(map(self.weight, some[:1] if self._count(some[0]) else some)) for some in forms]
        weights = np.array(of_each or [1], np.float32)
        return AskedWords(tuple(forms), weights / max(float(weights.sum()), 1e-9))


@dataclass(frozen=True, slots=True)
class AskedWords:
    """The words of a question that are no stop words; of one that has none all is held.

    Attributes:
        forms: index terms of each: its stem, then those of its parts.
        shares: their weights, which add up to 1, float32 (max(1, n_words),).
    """

    forms: tuple[tuple[str, ...], ...]
    shares: Vectors

    def coverage(self, held: frozenset[str]) -> float:
        """Return the weighted share of the words among terms, in [0, 1]; of a compound that of its parts counts."""
        forms = [some[:1] if some[0] in held else some[1:] for some in self.forms]
        there = [sum(one in held for one in some) / max(1, len(some)) for some in forms]
        return float(np.array(there or [1], np.float32) @ self.shares)


@dataclass(frozen=True, slots=True, eq=False)
class ReadHit:
    """A hit, taken apart.

    Attributes:
        parts: what of its passage no question changes.
        similarity: cosines of the question's tokens with those of its passage, float32 (n_question, n_passage).
        known: highest cosine of the question with a known question of it, None where it has none.
    """

    hit: Hit
    parts: Parts
    similarity: Vectors
    known: float | None

    @property
    def place(self) -> str:
        """Title and heading that its passage stands under."""
        return ". ".join((self.hit.document.metadata.title, *self.hit.passage.section[-1:]))

    def nearness(self, part: Part) -> Vectors:
        """Return the best cosine of each token of the question with one of a unit, float32 (n_question,)."""
        own = list(part.tokens)
        return self.similarity[:, own].max(axis=1) if own else np.zeros(len(self.similarity), np.float32)

    def years_among(self, asked: Sequence[int]) -> frozenset[int]:
        """Return those of some years that its passage speaks of, by name or in a period."""
        return self.parts.years.intersection(asked) | reached(self.hit.passage.search_text, asked)


def unit_signals(question: Question, words: AskedWords, read: Sequence[ReadHit]) -> dict[str, Vectors]:
    """Return the signals of each unit of some hits, float32 (n_units,) each, in the order of the hits.

    Few, since what reads a unit with the question says most: 36 of them found the right unit no more often (ADR 7).
    Of the unit: "late" mean of the best cosine of each token of the question with one of it, as read in its passage;
    "leads" share of the question for which it is the best of all, a token weighing by how far its best unit stands out;
    "fit" how well the words fit that `answer_span` would mark, 0 where there are none. Of its passage: "context" share
    of the question's words that it holds with headings and title, rare ones weighing more; "known" cosine with a known
    question, NaN where it has none; "year" share of the years asked for that it speaks of.
    """
    units = [(one, part) for one in read for part in one.parts.units]
    of = np.repeat(np.arange(len(read)), [len(one.parts.units) for one in read])
    best = np.array([one.nearness(part) for one, part in units], np.float32)  # (n_units, n_question_tokens)
    usual, top = np.sort(best, axis=0)[: max(1, len(best) // 2)].mean(axis=0), best.max(axis=0)
    stands_out = np.clip(top - usual, 0, 1) + 1e-3
    years = question.years
    signals = {
        "late": best.mean(axis=1),
        "leads": (best >= top - 1e-6) @ (stands_out / stands_out.sum()),
        "fit": [fit_of_span(question.text, question.expected, part.text) for _, part in units],
        "context": np.array([words.coverage(one.parts.terms) for one in read])[of],
        "known": np.array([one.known for one in read], np.float32)[of],
        "year": np.array([share_of_years(years, one.years_among(years)) for one in read])[of],
    }
    return {name: np.asarray(values, np.float32) for name, values in signals.items()}
