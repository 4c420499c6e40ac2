"""Query -> hits, in small named stages: analyse, candidates, fuse, rerank, order."""

import copy
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from index.arrays import Mask, Rows, Scores
from index.model.embed import Embedder
from index.search.fuse import favour, standardise, weighted_sum
from index.search.glossary import Glossary
from index.search.hit import Analysed, Explanation, Filters, Hit
from index.search.question import share_of_years, years_in, years_of
from index.search.spelling import Speller
from index.store.load import LoadedIndex
from index.terms import pairs, terms, tokens
from ingest.document import Span
from ingest.dutch import sentence_spans

CANDIDATES = 100  # from each of the two arms; fixed, so that a score does not depend on how many hits are asked
RERANKED = 64  # best candidates that are read word by word; at least as many as hits can be asked
# Of standardised scores. The first chosen on a third of the training questions with the untuned model (nDCG@10 78.2 at
# 0.6, 78.0 at 0.7, 76.3 at 0.8), the second on questions of our own that nothing was trained on: 960 over decisions,
# 480 headings for other decisions, 805 over the corpus (sum of nDCG@10 236.2 without pairs, 236.8 with).
SHORTLIST_WEIGHTS = {"dense": 0.7, "lexical": 0.3, "pairs": 0.0}
WEIGHTS = {"dense": 0.1, "lexical": 0.2, "pairs": 0.1, "late": 0.7}
KNOWN_WEIGHT = 0.7  # of known questions; chosen on eval/data/answer_*.jsonl, where 0.5 to 0.7 differ by a point
YEAR_WEIGHT = 0.5  # standard deviations that a passage gains that speaks about all years asked for


@dataclass(frozen=True, slots=True)
class Stages:
    """Which stages of the pipeline run; all of them, but for an ablation."""

    spelling: bool = True
    acronyms: bool = True
    dense: bool = True
    lexical: bool = True
    late: bool = True
    pairs: bool = True
    years: bool = True
    known: bool = True


@dataclass(frozen=True, slots=True)
class Ranking:
    """Passages with their scores.

    Attributes:
        rows: int64 (n,).
        scores: float32 (n,), a weighted sum of z-scores, higher is better.
        stages: score of each stage that ran, float32 (n,).
        standard: those of dense, lexical and pairs that run, standardised among all candidates.
    """

    rows: Rows
    scores: Scores
    stages: Mapping[str, Scores]
    standard: Mapping[str, Scores] = field(default_factory=dict)

    def take(self, places: Rows) -> "Ranking":
        """Return those at the given places, in that order."""
        stages, standard = (
            {name: scores[places] for name, scores in some.items()} for some in (self.stages, self.standard)
        )
        return Ranking(self.rows[places], self.scores[places], stages, standard)


class Searcher:
    """Searches one loaded index.

    Args:
        index: the index.
        embedder: the model that it was built with.
        stages: stages to run.
    """

    def __init__(self, index: LoadedIndex, embedder: Embedder, stages: Stages | None = None) -> None:
        self.index = index
        self.embedder = embedder
        self._stages = stages or Stages()
        self._speller = Speller(_vocabulary(index))
        self.glossary = Glossary(index.documents.values())

    def with_stages(self, stages: Stages) -> "Searcher":
        """Return the same searcher with other stages."""
        other = copy.copy(self)
        other._stages = stages
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
            k: most hits to return, at most RERANKED.
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
        allowed = self._allowed(filters)
        if not self.index.passages or (allowed is not None and not allowed.any()):
            return Ranking(np.empty(0, np.int64), np.empty(0, np.float32), {})
        ranking = self._shortlist(analysed, self._candidates(analysed, allowed))
        for stage in (self._read_closely, self._favour_years, self._favour_known):
            ranking = stage(analysed, ranking)
        passages = self.index.passages
        order = sorted(
            range(len(ranking.rows)), key=lambda i: (-float(ranking.scores[i]), passages[ranking.rows[i]].passage_id)
        )
        return ranking.take(np.array(order, np.int64))

    def analyse(self, query: str) -> Analysed:
        """Return the vectors and terms of a query."""
        forms = self.glossary.forms if self._stages.acronyms else _as_it_is
        encoded = self.embedder.embed_queries(forms(query))  # as typed: the model reads over a typing error
        vector = encoded.vectors.mean(axis=0)
        text = self.correct(query)
        worded = forms(text)
        return Analysed(
            text,
            vector / np.linalg.norm(vector),
            np.concatenate(encoded.tokens),
            [term for form in worded for term in terms(form)],
            [pair for form in worded for pair in pairs(form)],
            years_in(text),
        )

    def correct(self, query: str) -> str:
        """Return a query with words that look like typing errors replaced by words of the corpus."""
        return self._speller.correct_query(query) if self._stages.spelling else query

    def _candidates(self, analysed: Analysed, allowed: Mask | None) -> Rows:
        backend, found = self.index.backend, []
        if self._stages.dense:
            found.append(backend.top_dense(analysed.vector, CANDIDATES, allowed))
        if self._stages.lexical:
            found.append(backend.top_lexical(analysed.terms, CANDIDATES, allowed))
        return np.unique(np.concatenate(found))

    def _shortlist(self, analysed: Analysed, rows: Rows) -> Ranking:
        """Rank candidates by the weighted sum of the standardised scores of the arms that run; keep the best."""
        stages = {
            "dense": self.index.backend.dense_scores(analysed.vector, rows),
            "lexical": self.index.backend.lexical_scores(analysed.terms, rows),
            "pairs": self.index.backend.lexical_scores(analysed.pairs, rows),
        }
        used = {"dense": self._stages.dense, "lexical": self._stages.lexical, "pairs": self._stages.pairs}
        standard = {name: standardise(scores) for name, scores in stages.items() if used[name]}
        ranking = Ranking(rows, weighted_sum(standard, SHORTLIST_WEIGHTS), stages, standard)
        return ranking.take(np.argsort(-ranking.scores, kind="stable")[:RERANKED])

    def _read_closely(self, analysed: Analysed, ranking: Ranking) -> Ranking:
        """Let late interaction weigh in on the best candidates."""
        if not self._stages.late:
            return ranking
        late = self.index.backend.late_scores(analysed.tokens, ranking.rows)
        scores = weighted_sum({**ranking.standard, "late": standardise(late)}, WEIGHTS)
        return replace(ranking, scores=scores, stages={**ranking.stages, "late": late})

    def _favour_years(self, analysed: Analysed, ranking: Ranking) -> Ranking:
        """Raise passages that speak about the years asked for; a query without years leaves all as they are."""
        if not (self._stages.years and analysed.years):
            return ranking
        passages = [self.index.passages[row] for row in ranking.rows]
        held = [years_of(self.index.documents[passage.document_id], passage) for passage in passages]
        shares = np.array([share_of_years(analysed.years, years) for years in held], np.float32)
        return replace(ranking, scores=ranking.scores + YEAR_WEIGHT * shares)

    def _favour_known(self, analysed: Analysed, ranking: Ranking) -> Ranking:
        """Let known questions that are like the query weigh in."""
        if not self._stages.known:
            return ranking
        known, counts = self.index.backend.known_scores(analysed.vector, ranking.rows)
        scores = favour(ranking.scores, ranking.stages["dense"], known, counts, KNOWN_WEIGHT)
        return replace(ranking, scores=scores, stages={**ranking.stages, "known": np.where(counts > 0, known, np.nan)})

    def _hit(self, i: int, ranking: Ranking, analysed: Analysed) -> Hit:
        passage = self.index.passages[ranking.rows[i]]
        document = self.index.documents[passage.document_id]
        stages = {name: float(scores[i]) for name, scores in ranking.stages.items()}
        known = stages.get("known", np.nan)
        explanation = Explanation(
            dense=stages["dense"],
            lexical=stages["lexical"],
            pairs=stages["pairs"],
            late=stages.get("late", 0.0),
            known=None if np.isnan(known) else known,
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

    def _allowed(self, filters: Filters | None) -> Mask | None:
        if filters is None or filters == Filters():
            return None
        documents = self.index.documents
        return np.fromiter(
            (filters.allows(documents[passage.document_id], passage) for passage in self.index.passages),
            np.bool_,
            len(self.index.passages),
        )


def _as_it_is(text: str) -> tuple[str, ...]:
    return (text,)


def _vocabulary(index: LoadedIndex) -> Counter[str]:
    """Return how many passages each folded word occurs in."""
    return Counter(word for p in index.passages for word in {word for word, _, _ in tokens(p.search_text)})
