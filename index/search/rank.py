"""Query -> hits: candidates, a row of signals for each of them, one weighted sum."""

import copy
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace

import numpy as np

from index.arrays import Mask, Rows, Scores
from index.model.embed import Embedder
from index.search.exact import ExactMatcher, read_operators
from index.search.fuse import ALL, Signal, comparable, place, read_weights, weighted_sum
from index.search.glossary import Glossary
from index.search.hit import Analysed, Explanation, Filters, Hit
from index.search.named import Named, NamedBy, Names, named_strengths
from index.search.question import share_of_years, years_of
from index.search.spelling import Speller
from index.store.load import LoadedIndex
from index.terms import pairs, terms, tokens
from ingest.document import Span
from ingest.dutch import sentence_spans

CANDIDATES = 100  # of each arm; fixed, so that a score does not depend on how many hits are asked
NAMED = 25  # more of each arm out of the documents that the query names


@dataclass(frozen=True, slots=True)
class Ranking:
    """Passages with their scores, best first.

    Attributes:
        rows: int64 (n,).
        scores: float32 (n,), a weighted sum of z-scores, higher is better.
        signals: each signal as the index gives it, float32 (n,).
    """

    rows: Rows
    scores: Scores
    signals: Mapping[Signal, Scores]


class Searcher:
    """Searches one loaded index.

    Args:
        index: the index.
        embedder: the model that it was built with.
        signals: those that weigh in; all of them, but for an ablation.
        weights: of the signals; None takes the shipped ones.
    """

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
        self._speller = Speller(_vocabulary(index))
        self._names = Names(index.documents.values())
        self._exact = ExactMatcher(index.passages, index.documents)
        self.glossary = Glossary(index.documents.values())

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
        """Find the passages that answer a query.

        Args:
            query: a question or words in Dutch.
            k: most hits to return, at most CANDIDATES.
            filters: which passages may be found.

        Returns:
            At most k hits, best first; ties in order of passage_id, so that they fall alike on every machine.
        """
        return self.search_analysed(self.analyse(query), k, filters) if query.strip() else []

    def search_analysed(self, analysed: Analysed, k: int = 10, filters: Filters | None = None) -> list[Hit]:
        """Do as `search` for a query that has been analysed already."""
        ranking = self.rank(analysed, filters)
        return [self._hit(i, ranking, analysed) for i in range(min(k, len(ranking.rows)))]

    def rank(self, analysed: Analysed, filters: Filters | None = None) -> Ranking:
        """Rank passages for a query, without what a reader needs of them."""
        named = analysed.named_with(filters)
        strengths = named_strengths(named) if Signal.NAMED in self._signals else {}
        allowed = self.allowed(analysed, filters)
        if allowed is not None and analysed.exact.asks and not allowed.any():  # nothing holds what it quotes
            allowed = self.allowed(replace(analysed, exact=replace(analysed.exact, wanted=())), filters)
        rows = self._candidates(analysed, strengths, allowed) if self.index.passages else np.empty(0, np.int64)
        if not len(rows):
            return Ranking(rows, np.empty(0, np.float32), {})
        signals = self._weigh(analysed, named, strengths, rows)
        used = self._signals & {*signals} - {Signal.KNOWN}
        scores = weighted_sum({name: comparable(name, signals[name]) for name in used}, self._weights)
        ids = [self.index.passages[row].passage_id for row in rows]
        known = signals[Signal.KNOWN] if Signal.KNOWN in self._signals else np.full_like(scores, np.nan)
        order, scores = place(scores, known, self._weights.get(Signal.KNOWN, 0), ids)
        return Ranking(rows[order], scores, {name: found[order] for name, found in signals.items()})

    def analyse(self, query: str) -> Analysed:
        """Return the vectors and terms of a query."""
        exact = read_operators(query)
        forms = self.glossary.forms if Signal.ACRONYMS in self._signals else _as_it_is
        encoded = self.embedder.embed_queries(forms(exact.plain))  # as typed: the model reads over a typing error
        vector = encoded.vectors.mean(axis=0)
        text = exact.plain if exact else self.correct(query)  # who uses operators means what is typed
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

    def correct(self, query: str) -> str:
        """Return a query with words that look like typing errors replaced by words of the corpus."""
        return self._speller.correct_query(query) if Signal.SPELLING in self._signals else query

    def allowed(self, analysed: Analysed, filters: Filters | None) -> Mask | None:
        """Return for each passage whether filters and operators let it be found; None where all may be."""
        mask = self._exact.allowed(analysed.exact) if analysed.exact else None
        if filters is None or filters == Filters():
            return mask
        documents, passages = self.index.documents, self.index.passages
        fitting = np.fromiter((filters.allows(documents[p.document_id], p) for p in passages), np.bool_, len(passages))
        return fitting if mask is None else mask & fitting

    def count(self, analysed: Analysed, filters: Filters | None) -> tuple[int, int]:
        """Return how many passages, of how many documents, filters and operators let be found."""
        mask = self.allowed(analysed, filters)
        found = [p.document_id for i, p in enumerate(self.index.passages) if mask is None or mask[i]]
        return len(found), len(set(found))

    def _candidates(self, analysed: Analysed, strengths: Mapping[str, float], allowed: Mask | None) -> Rows:
        """Return the best of each arm, and of each arm the best in the documents that are most what is named."""
        found = list(self._arms(analysed, CANDIDATES, allowed))
        if strengths:
            own = {name for name, strength in strengths.items() if strength == max(strengths.values())}
            passages = self.index.passages
            among = np.fromiter((passage.document_id in own for passage in passages), np.bool_, len(passages))
            found += self._arms(analysed, NAMED, among if allowed is None else among & allowed)
        return np.unique(np.concatenate([np.empty(0, np.int64), *found]))

    def _arms(self, analysed: Analysed, depth: int, allowed: Mask | None) -> Iterator[Rows]:
        if Signal.DENSE in self._signals:
            yield self.index.backend.top_dense(analysed.vector, depth, allowed)
        if Signal.LEXICAL in self._signals:
            yield self.index.backend.top_lexical(analysed.terms, depth, allowed)

    def _weigh(
        self, analysed: Analysed, named: Sequence[Named], strengths: Mapping[str, float], rows: Rows
    ) -> dict[Signal, Scores]:
        """Return the signals of candidates: the one place where a signal is added."""
        backend, documents = self.index.backend, self.index.documents
        passages = [self.index.passages[row] for row in rows]
        known, counts = backend.known_scores(analysed.vector, rows)
        years = [int(one.text) for one in named if one.by is NamedBy.YEAR]
        held = [share_of_years(years, years_of(documents[p.document_id], p)) if years else 0 for p in passages]
        return {
            Signal.DENSE: backend.dense_scores(analysed.vector, rows),
            Signal.LEXICAL: backend.lexical_scores(analysed.terms, rows),
            Signal.PAIRS: backend.lexical_scores(analysed.pairs, rows),
            Signal.LATE: backend.late_scores(analysed.tokens, rows),
            Signal.YEARS: np.array(held, np.float32),
            Signal.KNOWN: np.where(counts > 0, known, np.nan).astype(np.float32),
            Signal.NAMED: np.array([strengths.get(p.document_id, 0) for p in passages], np.float32),
        }

    def _hit(self, i: int, ranking: Ranking, analysed: Analysed) -> Hit:
        passage = self.index.passages[ranking.rows[i]]
        document = self.index.documents[passage.document_id]
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


def _as_it_is(text: str) -> tuple[str, ...]:
    return (text,)


def _vocabulary(index: LoadedIndex) -> Counter[str]:
    """Return how many passages each folded word occurs in."""
    return Counter(word for p in index.passages for word in {word for word, _, _ in tokens(p.search_text)})
