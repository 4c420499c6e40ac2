"""What a question and the units read for it have in common: plain numbers, each with a meaning."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from itertools import pairwise
from math import log

import numpy as np

from index.answer.span import fit_of_span
from index.answer.units import Part, Parts
from index.arrays import Vectors
from index.search.hit import Analysed, Hit
from index.search.question import Expected, Question, defines, holds_expected, share_of_years, subject
from index.store.engine import Engine
from index.store.years import reached, years_in
from index.terms import STOPWORDS, pairs, word_terms, words_of

_TYPES = (Expected.DATE, Expected.NUMBER, Expected.NAME, Expected.REASON, Expected.DEFINITION)


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
        """Return the weighted share of the words among terms, in [0, 1]."""
        return float(self.held(held) @ self.shares)

    def held(self, held: frozenset[str]) -> Vectors:
        """Return how far each word is among terms, in [0, 1], float32 (max(1, n_words),): a compound by its parts."""
        forms = [some[:1] if some[0] in held else some[1:] for some in self.forms]
        return np.array([sum(one in held for one in some) / max(1, len(some)) for some in forms] or [1], np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class ReadHit:
    """A hit, taken apart.

    Attributes:
        parts: what of its passage no question changes.
        vectors: of its passage's tokens, float32 (n_passage, dimension).
        similarity: cosines of the question's tokens with those, float32 (n_question, n_passage).
        known: highest cosine of the question with a known question of it, None where it has none.
    """

    hit: Hit
    parts: Parts
    vectors: Vectors
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


def unit_signals(
    question: Question, analysed: Analysed, words: AskedWords, read: Sequence[ReadHit]
) -> dict[str, Vectors]:
    """Return the signals of each unit of some hits, float32 (n_units,) each, in the order of the hits.

    Cosines in [-1, 1], shares in [0, 1]. By late interaction, a token of the question counting by its best cosine with
    a token of the unit, read in its passage:
    "late" their mean; "late_rare" weighed by how little such a token is met in the other units; "late_best" weighed by
    how far its best unit stands out; "margin" of "late_rare" over the best other unit of the passage; "leads" share of
    the question for which the unit is the best of all, weighed likewise; "unique" and "lost" what no other unit of the
    passage holds, and what another holds better; "before" and "beside" "late_rare" of the unit before, and of the
    better neighbour; "dense" cosine of the question with the mean of the unit's tokens.
    By words: "coverage" share of the question's words, rare ones weighing more; "rarest" whether it holds the rarest;
    "missed" share that another unit holds and it does not; "pairs" pairs of words in a row that it shares; "context"
    coverage of the passage with its headings and title.
    Of the passage: "passage" late interaction; "rank" 1 / rank; "behind" score below the best one's; "known" cosine
    with a known question, NaN where it has none; "place" of the unit in it.
    By form: "expected" whether the kind of answer that is asked for is there (of a definition, whether the unit gives
    it), and the same for each kind alone; "fit"
    how well the words fit that `answer_span` would mark, "marks" whether there are any; "year" share of the years asked
    for that the passage speaks of, "own_year" that the unit names, "other_year" whether it names none but others;
    "length" logarithm of its characters; "row" whether it is one of a table, "announces" ends in a colon, "digits".
    """
    units = [(one, part) for one in read for part in one.parts.units]
    best = np.array([one.nearness(part) for one, part in units], np.float32)  # (n_units, n_question_tokens)
    usual, top = np.sort(best, axis=0)[: max(1, len(best) // 2)].mean(axis=0), best.max(axis=0)
    rare, stands_out = np.clip(1 - usual, 0.02, 1), np.clip(top - usual, 0, 1) + 1e-3
    rare, stands_out = rare / rare.sum(), stands_out / stands_out.sum()
    late_rare = best @ rare
    first = np.cumsum([0, *(len(one.parts.units) for one in read)])
    held = np.array([words.held(part.terms) for _, part in units], np.float32)
    around = zip(*(_around(best[a:b], late_rare[a:b]) for a, b in pairwise(first)), strict=True)
    scores = np.array([one.hit.score for one in read])
    of = np.repeat(np.arange(len(read)), np.diff(first))
    in_row = frozenset(pairs(analysed.plain))
    gives = partial(holds_expected, question.expected)
    if question.expected is Expected.DEFINITION:
        gives = partial(defines, [subject(analysed.plain)])
    expected = np.array([gives(part.text) for _, part in units], np.float32)
    fit = [fit_of_span(question.text, question.expected, part.text) for _, part in units]
    years = [frozenset(years_in(part.text)) | reached(part.text, question.years) for _, part in units]
    signals = {
        "late": best.mean(axis=1),
        "late_rare": late_rare,
        "late_best": best @ stands_out,
        "leads": (best >= top - 1e-6) @ stands_out,
        **dict(zip(("margin", "unique", "lost", "before", "beside"), map(np.concatenate, around), strict=True)),
        "dense": [_dense(analysed, one, part) for one, part in units],
        "coverage": held @ words.shares,
        "rarest": held[:, int(np.argmax(words.shares))],
        "missed": (held.max(axis=0) - held) @ words.shares,
        "pairs": [len(in_row.intersection(pairs(part.text))) / (len(in_row) + 1) for _, part in units],
        "context": np.array([words.coverage(one.parts.terms) for one in read])[of],
        "passage": np.array([float(one.similarity.max(axis=1).mean()) for one in read])[of],
        "rank": np.array([1 / one.hit.rank for one in read])[of],
        "behind": (scores - scores.max())[of],
        "known": np.array([one.known for one in read], np.float32)[of],
        "place": np.concatenate([np.linspace(0, 1, len(one.parts.units)) for one in read]),
        "expected": expected,
        **{f"expected {kind}": expected * (question.expected is kind) for kind in _TYPES},
        "fit": np.array([one or 0.0 for one in fit]),
        "marks": np.array([one is not None for one in fit]),
        "year": np.array([share_of_years(question.years, one.years_among(question.years)) for one in read])[of],
        "own_year": [share_of_years(question.years, own) if question.years else 0.0 for own in years],
        "other_year": [bool(question.years and own and own.isdisjoint(question.years)) for own in years],
        "length": [log(len(part.text)) for _, part in units],
        "row": ["\t" in part.text for _, part in units],
        "announces": [part.text.rstrip().endswith(":") for _, part in units],
        "digits": [any(character.isdigit() for character in part.text) for _, part in units],
    }  # fmt: skip
    return {name: np.asarray(values, np.float32) for name, values in signals.items()}


def _dense(analysed: Analysed, one: ReadHit, part: Part) -> float:
    mean = one.vectors[list(part.tokens)].mean(axis=0) if part.tokens else np.zeros_like(analysed.vector)
    return float(analysed.vector @ mean / max(float(np.linalg.norm(mean)), 1e-9))


def _around(best: Vectors, late: Vectors) -> tuple[Vectors, ...]:
    """Return margin, unique, lost, before and beside of the units of one passage."""
    margin, unique, lost, before, beside = (np.zeros(len(late), np.float32) for _ in range(5))
    for i, own in enumerate(best):
        others = [j for j in range(len(late)) if j != i]
        rest = best[others].max(axis=0) if others else np.zeros_like(own)
        margin[i] = late[i] - (late[others].max() if others else 0.2)
        unique[i] = np.maximum(own - rest, 0).mean()
        lost[i] = np.maximum(rest - own, 0).mean()
        before[i] = late[i - 1] if i else 0
        beside[i] = max((late[j] for j in (i - 1, i + 1) if j in others), default=0)
    return margin, unique, lost, before, beside
