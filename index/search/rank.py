"""Query -> hits: candidates, a row of signals for each of them, one weighted sum."""

import copy
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from index.arrays import Rows, Scores
from index.model.embed import Embedder
from index.search.exact import every_word, narrow, read_operators
from index.search.fuse import ALL, Signal, comparable, place, read_weights, weighted_sum
from index.search.glossary import Glossary
from index.search.hit import Analysed, Explanation, Filters, Hit
from index.search.named import Named, NamedBy, Names, named_strengths
from index.search.question import calm, share_of_years
from index.search.spelling import Speller
from index.store.engine import ANYWHERE, Engine, Place, Where
from index.store.load import LoadedIndex, keeping_all
from index.terms import pairs, terms
from ingest.document import Span
from ingest.dutch import sentence_spans

# Of each arm; fixed, so that a score does not depend on how many hits are asked. On three own sets nDCG@10 is 94.8,
# 93.9 and 83.6 with 50, and 94.5, 93.9 and 83.1 with 100.
CANDIDATES = 50
NAMED = 25  # more of each arm out of the documents that the query names


@dataclass(frozen=True, slots=True)
class Ranking:
    """Passages with their scores, best first.

    Attributes:
        rows: int64 (n,), numbers of passages.
        scores: float32 (n,), a weighted sum of z-scores, higher is better.
        signals: each signal as the index gives it, float32 (n,).
        places: where they stand.
    """

    rows: Rows
    scores: Scores
    signals: Mapping[Signal, Scores]
    places: Sequence[Place] = ()


class Searcher:
    """Searches one loaded index.

    Args:
        index: the index.
        embedder: the model that it was built with.
        signals: those that weigh in; all of them, but for an ablation.
        weights: of the signals; None takes the shipped ones.
    """

    @keeping_all()
    def __init__(
        self,
        index: LoadedIndex,
        embedder: Embedder,
        signals: Set[Signal] = ALL,
        weights: Mapping[Signal, float] | None = None,
    ) -> None:
        self.index = index
        self.embedder = embedder
        self._signals = signals
        self._weights = read_weights() if weights is None else weights
        digests = index.engine.digests()
        self._speller = Speller(_Words(index.engine))
        self._names = Names(digests.values())
        self.glossary = Glossary(digests.values(), index.documents)

    def with_signals(self, signals: Set[Signal], weights: Mapping[Signal, float] | None = None) -> "Searcher":
        """Return the same searcher with other signals, and with other weights where they are given."""
        other = copy.copy(self)
        other._signals, other._weights = signals, weights or self._weights
        return other

    def with_embedder(self, embedder: Embedder) -> "Searcher":
        """Return the same searcher with another way to run the model that the index was built with."""
        other = copy.copy(self)
        other.embedder = embedder
        return other

    def search(self, query: str, k: int = 10, filters: Filters | None = None) -> list[Hit]:
        """Find the passages that answer a query, k of the CANDIDATES at most.

        Returns:
            At most k hits, best first; ties in order of passage_id, so that they fall alike on every machine.
        """
        return self.search_analysed(self.analyse(query), k, filters) if query.strip() else []

    def search_analysed(self, analysed: Analysed, k: int = 10, filters: Filters | None = None) -> list[Hit]:
        """Do as `search` for a query that has been analysed already."""
        return self.hits(self.rank(analysed, filters), analysed, range(k))

    def hits(self, ranking: Ranking, analysed: Analysed, places: range) -> list[Hit]:
        """Return the hits at some places of a ranking, from 0; only their documents are read."""
        return [self._hit(i, ranking, analysed) for i in places if i < len(ranking.rows)]

    def rank(self, analysed: Analysed, filters: Filters | None = None) -> Ranking:
        """Rank passages for a query, without what a reader needs of them."""
        engine, named = self.index.engine, analysed.named_with(filters)
        strengths = named_strengths(named) if Signal.NAMED in self._signals else {}
        where = self.where(analysed, filters)
        if analysed.exact.asks and not engine.count(where)[0]:  # nothing holds what it quotes
            where = replace(where, wanted=())
        rows = self._candidates(analysed, strengths, where) if self.index.passages else np.empty(0, np.int64)
        if not len(rows):
            return Ranking(rows, np.empty(0, np.float32), {})
        places = engine.places(rows)
        signals = self._weigh(analysed, named, strengths, rows, places)
        used = self._signals & {*signals} - {Signal.KNOWN}
        scores = weighted_sum({name: comparable(name, signals[name]) for name in used}, self._weights)
        if strengths:
            scores = _numbered_first(named, places, scores)
        ids = [one.passage_id for one in places]
        known = signals[Signal.KNOWN] if Signal.KNOWN in self._signals else np.full_like(scores, np.nan)
        order, scores = place(scores, known, self._weights.get(Signal.KNOWN, 0), ids)
        found = {name: signal[order] for name, signal in signals.items()}
        return Ranking(rows[order], scores, found, [places[i] for i in order.tolist()])

    def analyse(self, query: str) -> Analysed:
        """Return the vectors and terms of a query."""
        exact = read_operators(query)
        forms = self.glossary.forms if Signal.ACRONYMS in self._signals else lambda text: (text,)
        encoded = self.embedder.embed_queries(forms(calm(exact.plain)))  # the model reads over a typing error
        vector = encoded.vectors.mean(axis=0)
        text = exact.plain
        if Signal.SPELLING in self._signals and not exact:  # who uses operators means what is typed
            text = self._speller.correct_query(text)
        worded = forms(text)
        return Analysed(
            query if exact else text,
            vector / np.linalg.norm(vector),
            np.concatenate(encoded.tokens),
            [term for form in worded for term in terms(form)],
            [pair for form in worded for pair in pairs(form)],
            self._names.find(text),
            exact,
        )

    def where(self, analysed: Analysed, filters: Filters | None) -> Where:
        """Return which passages filters and operators let be found."""
        where = filters.where if filters else ANYWHERE
        return narrow(where, analysed.exact, self.index.engine.digests()) if analysed.exact else where

    def holding(self, query: str, where: Where = ANYWHERE) -> Where:
        """Return a filter that lets through only passages with every word of a query, as typed, and its operators."""
        return narrow(where, every_word(read_operators(query)), self.index.engine.digests())

    def named(self, query: str) -> tuple[Named, ...]:
        """Return what a query names."""
        return self._names.find(read_operators(query).plain)

    def count(self, analysed: Analysed, filters: Filters | None) -> tuple[int, int]:
        """Return how many passages, of how many documents, filters and operators let be found."""
        return self.index.engine.count(self.where(analysed, filters))

    def _candidates(self, analysed: Analysed, strengths: Mapping[str, float], where: Where) -> Rows:
        """Return the best of each arm, and of each arm the best in the documents that are most what is named."""
        found = list(self._arms(analysed, CANDIDATES, where))
        if strengths:
            most = max(strengths.values())
            own = frozenset(name for name, strength in strengths.items() if strength == most)
            among = own if where.documents is None else own & where.documents
            found += self._arms(analysed, NAMED, replace(where, documents=among))
        return np.unique(np.concatenate([np.empty(0, np.int64), *found]))

    def _arms(self, analysed: Analysed, depth: int, where: Where) -> Iterator[Rows]:
        if Signal.DENSE in self._signals:
            yield self.index.engine.nearest(analysed.vector, depth, where)
        if Signal.LEXICAL in self._signals:
            yield self.index.engine.worded(analysed.terms, depth, where)

    def _weigh(
        self,
        analysed: Analysed,
        named: Sequence[Named],
        strengths: Mapping[str, float],
        rows: Rows,
        places: Sequence[Place],
    ) -> dict[Signal, Scores]:
        """Return the signals of candidates: the one place where a signal is added."""
        scored = self.index.engine.scores(analysed.asked, rows)
        years = [int(one.text) for one in named if one.by is NamedBy.YEAR]
        held = [share_of_years(years, one.years) if years else 0 for one in places]
        return {
            Signal.DENSE: scored.dense,
            Signal.LEXICAL: scored.lexical,
            Signal.PAIRS: scored.pairs,
            Signal.LATE: scored.late,
            Signal.YEARS: np.array(held, np.float32),
            Signal.KNOWN: scored.known,
            Signal.NAMED: np.array([strengths.get(one.document_id, 0) for one in places], np.float32),
        }

    def _hit(self, i: int, ranking: Ranking, analysed: Analysed) -> Hit:
        document = self.index.documents[ranking.places[i].document_id]
        passage = document.passages[ranking.places[i].ordinal]
        why = {name: float(scores[i]) for name, scores in ranking.signals.items()}
        explanation = Explanation(
            dense=why[Signal.DENSE],
            lexical=why[Signal.LEXICAL],
            pairs=why[Signal.PAIRS],
            late=why[Signal.LATE],
            known=None if np.isnan(why[Signal.KNOWN]) else why[Signal.KNOWN],
            named=why[Signal.NAMED],
        )
        return Hit(i + 1, float(ranking.scores[i]), passage, document, analysed, explanation)

    def nearest_sentence(self, analysed: Analysed, hit: Hit) -> Span:
        """Return the sentence of a hit that is nearest to a query, by vector."""
        spans = [
            Span(span.page, start, end)
            for span in hit.passage.spans
            for start, end in sentence_spans(hit.document.pages[span.page - 1].text, span.start, span.end)
        ]
        vectors = self.embedder.embed_passages([hit.document.quote([span]) for span in spans]).vectors
        return spans[int(np.argmax(vectors @ analysed.vector))]


class _Words(Mapping[str, int]):
    """How many passages each folded word occurs in, as the engine counts them."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._count = lru_cache(10_000)(lambda word: int(engine.word_counts([word])[0]))

    def __getitem__(self, word: str) -> int:
        if count := self._count(word):
            return count
        raise KeyError(word)

    def __iter__(self) -> Iterator[str]:
        return iter(self._engine.vocabulary())

    def __len__(self) -> int:
        return len(self._engine.vocabulary())


def _numbered_first(named: Sequence[Named], places: Sequence[Place], scores: Scores) -> Scores:
    """Return scores in which the documents that a query names by number are before all others.

    A title or a name may be what a question is about; who gives a number means that document.
    """
    numbered = frozenset[str]().union(*(one.documents for one in named if one.by is NamedBy.NUMBER))
    meant = np.array([one.document_id in numbered for one in places], np.float32)
    return scores + meant * np.float32(np.ptp(scores) + 1)
