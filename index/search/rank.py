"""Query -> hits: what is asked read and analysed, ranked, and of the best what a reader needs."""

import copy
from collections.abc import Callable, Mapping, Set
from dataclasses import replace

import numpy as np

from index.model.embed import Embedder
from index.search.exact import every_word, narrow, read_operators
from index.search.fuse import ALL, Signal, read_weights
from index.search.glossary import Glossary
from index.search.hit import Analysed, Explanation, Filters, Hit
from index.search.named import Named, Names
from index.search.question import calm
from index.search.ranker import Ranker, Ranking
from index.search.spelling import Speller
from index.store.engine import ANYWHERE, Where
from index.store.load import LoadedIndex, keeping_all
from index.terms import pairs, terms
from ingest.document import Span
from ingest.dutch import sentence_spans

Rank = Callable[[Ranker, Analysed, Filters | None], Ranking]


class Searcher:
    """Searches one loaded index, with the model that it was built with.

    All signals weigh in, but for an ablation, by the shipped weights where none are given. `rank` does the ranking:
    here, or where there are more processors than this process can use.
    """

    @keeping_all()
    def __init__(
        self,
        index: LoadedIndex,
        embedder: Embedder,
        signals: Set[Signal] = ALL,
        weights: Mapping[Signal, float] | None = None,
        rank: Rank = Ranker.rank,
    ) -> None:
        self.index = index
        self.embedder = embedder
        self.ranker = Ranker(index.engine, signals, read_weights() if weights is None else weights)
        self._rank = rank
        digests = index.engine.digests()
        self._speller = Speller(index.engine.word_count, index.engine.vocabulary)
        self._names = Names(digests.values())
        self.glossary = Glossary(digests.values(), index.documents)

    def with_signals(self, signals: Set[Signal], weights: Mapping[Signal, float] | None = None) -> "Searcher":
        """Return the same searcher with other signals, and with other weights where they are given."""
        other = copy.copy(self)
        other.ranker = replace(self.ranker, signals=signals, weights=weights or self.ranker.weights)
        return other

    def with_embedder(self, embedder: Embedder) -> "Searcher":
        """Return the same searcher with another way to run the model that the index was built with."""
        other = copy.copy(self)
        other.embedder = embedder
        return other

    def over(self, index: LoadedIndex) -> "Searcher":
        """Return the same searcher over another index of the same model."""
        return Searcher(index, self.embedder, self.ranker.signals, self.ranker.weights, self._rank)

    def search(self, query: str, k: int = 10, filters: Filters | None = None) -> list[Hit]:
        """Find the passages that answer a query, k of the CANDIDATES at most, best first.

        Ties fall in order of passage_id, alike on every machine.
        """
        return self.search_analysed(self.analyse(query), k, filters) if query.strip() else []

    def search_analysed(self, analysed: Analysed, k: int = 10, filters: Filters | None = None) -> list[Hit]:
        """Do as `search` for a query that has been analysed already."""
        return self.hits(self.rank(analysed, filters), analysed, range(k))

    def hits(self, ranking: Ranking, analysed: Analysed, places: range) -> list[Hit]:
        """Return the hits at some places of a ranking, from 0; only their documents are read."""
        there = [(i, ranking.places[i]) for i in places if i < len(ranking.rows)]
        documents = self.index.documents.some({one.document_id for _, one in there})
        hits = []
        for i, place in there:
            why = {str(name): float(some[i]) for name, some in ranking.signals.items() if name is not Signal.YEARS}
            known = why.pop(Signal.KNOWN)
            explanation = Explanation(**why, known=None if np.isnan(known) else known)
            document, score = documents[place.document_id], float(ranking.scores[i])
            hits.append(Hit(i + 1, score, document.passages[place.ordinal], document, analysed, explanation))
        return hits

    def rank(self, analysed: Analysed, filters: Filters | None = None) -> Ranking:
        """Rank passages for a query, without what a reader needs of them."""
        return self._rank(self.ranker, analysed, filters)

    def analyse(self, query: str) -> Analysed:
        """Return the vectors and terms of a query."""
        exact = read_operators(query)
        forms = self.glossary.forms if Signal.ACRONYMS in self.ranker.signals else lambda text: (text,)
        encoded = self.embedder.embed_queries(forms(calm(exact.plain)))  # the model reads over a typing error
        vector = encoded.vectors.mean(axis=0)
        text = exact.plain
        if Signal.SPELLING in self.ranker.signals and not exact:  # who uses operators means what is typed
            text = self._speller.correct_query(text)
        worded = forms(text)
        return Analysed(
            vector / np.linalg.norm(vector),
            np.concatenate(encoded.tokens),
            [term for form in worded for term in terms(form)],
            [pair for form in worded for pair in pairs(form)],
            query if exact else text,
            self._names.find(text),
            exact,
        )

    def holding(self, query: str, where: Where = ANYWHERE) -> Where:
        """Return a filter that lets through only passages with every word of a query, as typed, and its operators.

        A passage below a heading that is quoted has it only where something else is wanted too, which it then shows.
        """
        exact = read_operators(query)
        where, wanted = narrow(where, exact, self.index.engine.digests()), every_word(exact).wanted
        below = where.wanted + wanted[len(exact.wanted) :]
        return replace(where, wanted=below if len(wanted) > 1 else wanted)

    def named(self, query: str) -> tuple[Named, ...]:
        """Return what a query names."""
        return self._names.find(read_operators(query).plain)

    def count(self, analysed: Analysed, filters: Filters | None) -> tuple[int, int]:
        """Return how many passages, of how many documents, filters and operators let be found."""
        return self.index.engine.count(self.ranker.where(analysed, filters))

    def nearest_sentence(self, analysed: Analysed, hit: Hit) -> Span:
        """Return the sentence of a hit that is nearest to a query, by vector."""
        spans = [
            Span(span.page, start, end)
            for span in hit.passage.spans
            for start, end in sentence_spans(hit.document.pages[span.page - 1].text, span.start, span.end)
        ]
        vectors = self.embedder.embed_passages([hit.document.quote([span]) for span in spans]).vectors
        return spans[int(np.argmax(vectors @ analysed.vector))]
