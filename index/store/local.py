"""The engine of one machine: segments in memory-mapped files, and which of their documents count."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from itertools import compress
from math import log
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from index.arrays import Mask, Rows, Scores, Vectors
from index.store.engine import ANYWHERE, Asked, Digest, Field, Place, Scored, Where
from index.store.known import KnownVectors
from index.store.postings import among
from index.store.segment import FIRST_YEAR, KINDS, TOPICS, Segment
from index.store.token_vectors import Codes, late_interaction
from ingest.groups import may_read

K1, B = 1.5, 0.75  # Robertson et al. (1994), in Lucene's form
_ANY = 1e-30  # a score that is not 0
_FEW = 1 / 100  # of the rows; of fewer each is scored
_MASKS = 16  # filters whose passages are kept
_SPREAD = 16  # postings for each row that is looked up, below which laying them all out is quicker than looking


def term_weights(terms: Sequence[str], size: int, count: Callable[[str], int]) -> dict[str, float]:
    """Return the weight of each term that some of `size` passages have: its rarity, as often as it is asked."""
    held = {term: (times, count(term)) for term, times in Counter(terms).items()}
    return {term: times * log(1 + (size - n + 0.5) / (n + 0.5)) for term, (times, n) in held.items() if n}


@dataclass(frozen=True, eq=False)
class Part:
    """A segment with which of its documents count, bool (documents,)."""

    segment: Segment
    counts: Mask

    @cached_property
    def live(self) -> Mask | None:
        """Which of its rows count; None where all do."""
        return None if self.counts.all() else self.counts[self.segment.columns.documents]

    @cached_property
    def size(self) -> int:
        """How many rows count."""
        return self.segment.size if self.live is None else int(np.count_nonzero(self.live))

    @property
    def digests(self) -> Iterator[Digest]:
        """Those of its documents that count."""
        return compress(self.segment.digests, self.counts)

    def mask(self, where: Where) -> Mask | None:
        """Return which rows may be found; None where all may."""
        if where == ANYWHERE:
            return self.live
        segment, columns = self.segment, self.segment.columns
        mask = self._documents(where)[columns.documents]
        if where.topics:
            mask &= (columns.topics & sum(1 << TOPICS.index(topic) for topic in where.topics)) > 0
        for group in where.wanted:
            mask &= np.any([segment.words.holding(phrase, segment.size) for phrase in group], axis=0)
        for phrase in where.unwanted:
            mask &= ~segment.words.holding(phrase, segment.size)
        return mask

    def _documents(self, where: Where) -> Mask:
        """Return which documents fit."""
        segment, fits = self.segment, self.counts.copy()
        if where.kinds:
            fits &= np.isin(segment.kinds, [KINDS.index(kind) for kind in where.kinds])
        if where.documents is not None:
            named = [segment.by_id[name] for name in where.documents if name in segment.by_id]
            fits &= np.isin(np.arange(len(fits)), named)
        first, last = segment.periods.T
        if where.date_from:
            fits &= last >= where.date_from.toordinal()
        if where.date_to:
            fits &= (first > 0) & (first <= where.date_to.toordinal())
        if where.begins:
            fits &= first >= where.begins.toordinal()
        return fits


class LocalEngine:
    """See Engine; of the segments each document counts in one at most."""

    def __init__(self, parts: Sequence[Part], known: KnownVectors) -> None:
        self.parts = tuple(parts)
        self._known = known
        self.size = sum(part.size for part in self.parts)
        total = sum(int(_of(part.segment.columns.lengths, part.live).sum()) for part in self.parts)
        mean = max(total / max(self.size, 1), 1e-9)
        lengths = {part: part.segment.columns.lengths for part in self.parts}
        self._norms = {part: (K1 * (1 - B + B * one / mean)).astype(np.float32) for part, one in lengths.items()}
        self._masked = lru_cache(_MASKS)(lambda where: [(part, part.mask(where)) for part in self.parts])
        self.digests = cache(self._list)
        self.term_count = lru_cache(100_000)(self._count_term)
        self._most = lru_cache(100_000)(self._highest)

    def __reduce__(self) -> tuple[Any, ...]:
        """Go to another process as the folders of its segments, which that maps too."""
        return LocalEngine, (self.parts, self._known)

    def _list(self) -> Mapping[str, Digest]:
        counting = (digest for part in self.parts for digest in part.digests)
        return {digest.document_id: digest for digest in sorted(counting, key=lambda one: one.document_id)}

    def count(self, where: Where = ANYWHERE) -> tuple[int, int]:
        """See Engine."""
        found = [_of(part.segment.columns.documents, mask) for part, mask in self._masked(where)]
        return sum(map(len, found)), sum(len(np.unique(documents)) for documents in found)

    def facet(self, field: Field, where: Where = ANYWHERE) -> Mapping[str, int]:
        """See Engine."""
        counts: Counter[str] = Counter()
        for part, mask in self._masked(where):
            columns, digests = part.segment.columns, part.segment.digests
            if field == "topic":
                found = _of(columns.topics, mask)
                counts.update({topic: int(np.count_nonzero(found & (1 << i))) for i, topic in enumerate(TOPICS)})
            elif field == "year":
                years = np.unpackbits(_of(columns.years, mask), axis=1).sum(axis=0)
                counts.update({str(FIRST_YEAR + year): int(years[year]) for year in np.flatnonzero(years).tolist()})
            else:
                held = np.bincount(_of(columns.documents, mask), minlength=len(digests))
                for i in np.flatnonzero(held).tolist():
                    name = digests[i].document_id if field == "document" else digests[i].metadata.kind.value
                    counts[name] += int(held[i])
        return +counts

    def nearest(self, vector: Vectors, depth: int, where: Where = ANYWHERE) -> Rows:
        """See Engine."""

        def found(part: Part, mask: Mask | None) -> tuple[Rows, Scores]:
            rows = part.segment.dense.nearest(vector, depth, mask)
            return rows, part.segment.dense.vectors(rows) @ vector

        return self._best(found, depth, where)

    def worded(self, terms: Sequence[str], depth: int, where: Where = ANYWHERE) -> Rows:
        """See Engine."""
        # Rare terms first. Once the most that the others can add brings no passage that has none of the first among the
        # best, they are looked up only for passages that have: the same outcome (MaxScore, Turtle and Flood 1995,
        # https://doi.org/10.1016/0306-4573(95)00020-H).
        weights = sorted(term_weights(terms, self.size, self.term_count).items(), key=lambda one: -one[1])
        least = 0.0  # score of the worst of `depth` passages

        def found(part: Part, mask: Mask | None) -> tuple[Rows, Scores]:
            nonlocal least
            if mask is not None and np.count_nonzero(mask) < _FEW * part.segment.size:
                rows: Rows = np.flatnonzero(mask)
                scores = self._bm25(part, rows, weights)
                return rows[scores > 0], scores[scores > 0]
            most = [weight * self._most(part, term) for term, weight in weights]
            rest = [sum(most[i:]) for i in range(len(most) + 1)]
            scores = np.zeros(part.segment.size, np.float32)
            first = 0
            while first < len(weights) and rest[first] > least:
                term, weight = weights[first]
                holding, counts = part.segment.terms.of(term)
                scores[holding] += weight * self._saturated(part, holding, counts)
                least = max(least, _worst(scores[among(holding, mask)], depth))
                first += 1
            enough = scores >= max(least - rest[first], _ANY)
            rows = np.flatnonzero(enough if mask is None else enough & mask)
            scores = scores[rows]
            for i in range(first, len(weights)):
                scores += self._bm25(part, rows, weights[i : i + 1])
                least = max(least, _worst(scores, depth))
                enough = scores >= least - rest[i + 1]
                rows, scores = rows[enough], scores[enough]
            return rows, scores

        return self._best(found, depth, where) if weights and depth else np.empty(0, np.int64)

    def sample(self, size: int, where: Where = ANYWHERE) -> Rows:
        """See Engine."""
        held = (_of(part.segment.columns.numbers, mask) for part, mask in self._masked(where))
        found = np.concatenate([np.empty(0, np.int64), *held])
        return found if len(found) <= size else np.sort(found)[np.linspace(0, len(found) - 1, size).astype(np.int64)]

    def scores(self, asked: Asked, numbers: Rows) -> Scored:
        """See Engine."""
        dense, lexical, pairs, late = (np.zeros(len(numbers), np.float32) for _ in range(4))
        codes: dict[int, Codes] = {}  # tokens, by place
        weights = [term_weights(one, self.size, self.term_count).items() for one in (asked.terms, asked.pairs)]
        for part, places, rows in self._locate(numbers):
            dense[places] = part.segment.dense.vectors(rows) @ asked.vector
            lexical[places], pairs[places] = (self._bm25(part, rows, one) for one in weights)
            tokens = part.segment.tokens
            codes |= zip(places.tolist(), map(tokens.codes_of, rows.tolist()), strict=True)
        if codes:
            there, passages = list(codes), list(codes.values())
            late[there] = late_interaction(tokens.book, passages, asked.tokens, dense[there], lexical[there])
        return Scored(dense, lexical, pairs, late, self._known.best(asked.vector, numbers))

    def vectors(self, numbers: Rows) -> Vectors:
        """See Engine."""
        found = np.zeros((len(numbers), self._known.vectors.shape[1]), np.float32)
        for part, places, rows in self._locate(numbers):
            found[places] = part.segment.dense.vectors(rows)
        return found

    def token_vectors(self, number: int) -> Vectors:
        """See Engine."""
        ((part, _, rows),) = self._locate(np.array([number], np.int64))
        return part.segment.tokens.vectors(int(rows[0]))

    def places(self, numbers: Iterable[int]) -> list[Place]:
        """See Engine."""
        wanted = np.fromiter(numbers, np.int64)
        found: dict[int, Place] = {}
        for part, places, rows in self._locate(wanted):
            ids, ordinals = part.segment.ids(rows), part.segment.columns.ordinals[rows].tolist()
            years = np.unpackbits(part.segment.columns.years[rows], axis=1)
            for place, names, ordinal, held in zip(places.tolist(), ids, ordinals, years, strict=True):
                found[place] = Place(*names, ordinal, frozenset((FIRST_YEAR + np.flatnonzero(held)).tolist()))
        return [found[place] for place in range(len(wanted))]

    def word_count(self, word: str) -> int:
        """See Engine."""
        found = (among(part.segment.words.of(word)[0], part.live) for part in self.parts)
        return sum(int(np.count_nonzero(np.diff(rows, prepend=-1))) for rows in found)  # a row as often as it has it

    def vocabulary(self) -> Collection[str]:
        """See Engine."""
        return {word for part in self.parts for word in part.segment.vocabulary}

    def of(self, groups: Collection[str]) -> "LocalEngine":
        """See Engine."""
        return self.keeping(lambda digest: may_read(digest.metadata.groups, groups))

    def keeping(self, stays: Callable[[Digest], bool]) -> "LocalEngine":
        """Return the engine with some of its documents."""
        parts = [
            Part(part.segment, part.counts & np.fromiter(map(stays, part.segment.digests), np.bool_, len(part.counts)))
            for part in self.parts
        ]
        return LocalEngine(parts, self._known)

    def with_known(self, known: KnownVectors) -> "LocalEngine":
        """See Engine."""
        return LocalEngine(self.parts, known)

    def _best(self, find: Callable[[Part, Mask | None], tuple[Rows, Scores]], depth: int, where: Where) -> Rows:
        """Return the numbers of the best rows of all parts; ties in order of number."""
        numbers, scores = [np.empty(0, np.int64)], [np.empty(0, np.float32)]
        for part, mask in self._masked(where):
            rows, found = find(part, mask)
            numbers.append(part.segment.columns.numbers[rows])
            scores.append(found)
        joined = np.concatenate(numbers)
        return joined[np.lexsort((joined, -np.concatenate(scores)))[:depth]]

    def _locate(self, numbers: Rows) -> Iterator[tuple[Part, Rows, Rows]]:
        """Yield each part that has some of the passages, their places among `numbers`, and their rows."""
        for part in self.parts:
            segment = part.segment
            if not segment.size:
                continue
            at = np.searchsorted(segment.columns.numbers, numbers, sorter=segment.order)
            rows = segment.order[np.minimum(at, segment.size - 1)]
            there = segment.columns.numbers[rows] == numbers
            if part.live is not None:
                there &= part.live[rows]
            if there.any():
                yield part, np.flatnonzero(there), rows[there]

    def _count_term(self, term: str) -> int:
        return sum(len(among(part.segment.terms.of(term)[0], part.live)) for part in self.parts)

    def _highest(self, part: Part, term: str) -> float:
        """Return a bound of what a term adds to the score of any row, for a weight of 1, above any rounding."""
        found = self._saturated(part, *part.segment.terms.of(term))
        return 1.0001 * float(found.max(initial=0))

    def _saturated(self, part: Part, rows: npt.NDArray[np.integer[Any]], counts: npt.NDArray[np.uint16]) -> Scores:
        frequency = counts.astype(np.float32)
        scores: Scores = frequency / (frequency + self._norms[part][rows])
        return scores

    def _bm25(self, part: Part, rows: Rows, weights: Iterable[tuple[str, float]]) -> Scores:
        scores, norms = np.zeros(len(rows), np.float32), self._norms[part][rows]
        for term, weight in weights:
            holding, counts = part.segment.terms.of(term)
            if not len(holding):
                continue
            if len(holding) <= _SPREAD * len(rows):
                frequency = np.zeros(part.segment.size, np.float32)
                frequency[holding] = counts
                frequency = frequency[rows]
            else:
                at = np.minimum(np.searchsorted(holding, rows), len(holding) - 1)
                frequency = np.where(holding[at] == rows, counts[at], 0).astype(np.float32)
            scores += weight * (frequency / (frequency + norms))
        return scores


_Items = TypeVar("_Items", bound=np.generic)


def _of(array: npt.NDArray[_Items], mask: Mask | None) -> npt.NDArray[_Items]:
    return array if mask is None else array[mask]


def _worst(scores: Scores, depth: int) -> float:
    """Return the score of the worst of the best `depth`; 0 where there are fewer."""
    return float(np.partition(scores, -depth)[-depth]) if len(scores) >= depth else 0.0
