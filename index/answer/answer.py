"""Question -> answer: the few sentences, rows and items that answer it, each with its place, or an honest refusal."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import lru_cache
from itertools import islice, takewhile

from index.answer.calibration import Calibration, Logistic, read_calibration
from index.answer.evidence import (
    AnswerSignals,
    AskedWords,
    Candidate,
    Rarity,
    ReadHit,
    UnitSignals,
    answer_signals,
    read_hit,
)
from index.answer.newer import Later, NewerPassages
from index.answer.parts import Parts, take_apart
from index.answer.precedent import newest_first
from index.answer.span import answer_span
from index.answer.units import Unit, join_spans
from index.search.followup import standalone_question
from index.search.hit import Analysed, Filters, Hit
from index.search.question import Expected, Question, read_question
from index.search.rank import Searcher
from index.terms import terms
from ingest.document import Document, Passage, Span
from ingest.dutch import join_lines
from ingest.tables import readings

MAX_STATEMENTS = 3
READ = 8  # passages whose units compete
_KEPT = 2000  # passages taken apart that are kept: people ask about the same ones
_MAX_CHARS = 720  # of all statements together, and of a sentence with its list; the first sentence always fits
_MARGIN = 4.0  # log-odds below the best unit's from which a unit is left out
_SAME = 0.8  # share of terms from which two statements say the same
_DEFINED = 0.95  # confidence where a document's own list of acronyms gives the answer
_BARE_DEFINITION = frozenset({"afkort", "bedoel", "betek", "betekenis", "definitie", "staat", "stan", "sta"})


class Look(StrEnum):
    """How an answer may be shown: as an answer, as something that may be about the question, or not at all."""

    SURE = "zeker"
    UNSURE = "misschien"
    NOTHING = "niets"


@dataclass(frozen=True, slots=True)
class Statement:
    """One verbatim piece of evidence.

    Attributes:
        document: where it stands.
        passage: the passage that it is part of.
        spans: its place; heads of a table row first.
        quote: the text at those spans when it was chosen.
        later: a newer passage on the same matter, if the corpus has one.
        own: the place without heads, which is what a reference names; empty where it has none.
        answer_span: [start, end) in `text` of the words that answer, where the form of the question tells which.
    """

    document: Document
    passage: Passage
    spans: tuple[Span, ...]
    quote: str
    later: Later | None = None
    own: tuple[Span, ...] = ()
    answer_span: tuple[int, int] | None = None

    @property
    def text(self) -> str:
        """The quote on one line, words that a line end broke made whole."""
        return join_lines(self.quote)

    @property
    def readings(self) -> tuple[str, ...]:
        """A table row cell by cell, in words beside the quote; empty for a sentence."""
        heads = self.spans[: len(self.spans) - len(self.own)] if self.own else ()
        return readings(self.document, self.own, heads) if heads else ()


@dataclass(frozen=True, slots=True)
class Answer:
    """What is known about a question.

    Attributes:
        question: as asked.
        standalone: the same, to be understood without the questions before it.
        corrected: that with its typing errors corrected, as it was searched.
        confidence: calibrated probability that the statements answer it, in [0, 1].
        look: what that allows; `statements` is empty where it is NOTHING.
        statements: the best first, at most MAX_STATEMENTS.
        hits: the passages found, best first.
        dropped: statements left out because their text was not found back at its place.
        signals: what the confidence was computed from; None where nothing was found.
    """

    question: str
    standalone: str
    corrected: str
    confidence: float
    look: Look
    statements: tuple[Statement, ...] = ()
    hits: tuple[Hit, ...] = ()
    dropped: int = 0
    signals: AnswerSignals | None = None

    @property
    def answered(self) -> bool:
        """Whether there are statements."""
        return self.look is not Look.NOTHING


@dataclass(frozen=True, slots=True)
class Evidence:
    """A question with what was found for it, the best of it read.

    Attributes:
        question: the question.
        words: its words.
        hits: the best READ of what was found, best first; at least one.
        read: the same, read.
    """

    question: Question
    words: AskedWords
    hits: tuple[Hit, ...]
    read: tuple[ReadHit, ...]

    def units(self) -> Iterator[tuple[ReadHit, Unit, UnitSignals]]:
        """Yield all units that were read."""
        return ((read, unit, signals) for read in self.read for unit, signals in read.units)

    def weigh(self, weights: Logistic) -> list[Candidate]:
        """Return the units that were read, the most probable answer first and those that ask something last."""
        candidates = [
            Candidate(weights.log_odds(signals.vector()), signals, read, unit) for read, unit, signals in self.units()
        ]
        return sorted(candidates, key=lambda c: (c.signals.asks, -c.odds, c.read.hit.rank, c.unit.spans))

    def signals(self, best: Candidate) -> AnswerSignals:
        """Return what the confidence is computed from, `best` being the most probable unit."""
        return answer_signals(self.question, self.words, self.hits, self.read, best)


class Reader:
    """Reads what a searcher finds, unit by unit.

    Args:
        searcher: finds the passages.
    """

    def __init__(self, searcher: Searcher) -> None:
        self.searcher = searcher
        self._rarity = Rarity(searcher.index.passages)
        self._parts = lru_cache(_KEPT)(self._take_apart)

    def read(self, question: str, analysed: Analysed, hits: Sequence[Hit]) -> Evidence:
        """Read the best READ hits for a question."""
        asked, words = read_question(question), self._rarity.weigh(analysed.text)
        hits = tuple(hits[:READ])  # no more, so that an answer does not depend on how many hits are asked for
        index = self.searcher.index
        read = []
        for hit in hits:
            row = index.row(hit.passage)
            read.append(read_hit(asked, analysed, hit, self._parts(row), index.backend.token_vectors(row), words))
        return Evidence(asked, words, hits, tuple(read))

    def _take_apart(self, row: int) -> Parts:
        index = self.searcher.index
        passage = index.passages[row]
        offsets = self.searcher.embedder.token_offsets(passage.search_text)[: len(index.backend.token_vectors(row))]
        return take_apart(index.documents[passage.document_id], passage, offsets)


class Answerer:
    """Answers questions from one searcher's index.

    Args:
        searcher: finds the passages.
        calibration: weights of the signals; None takes the shipped ones.
    """

    def __init__(self, searcher: Searcher, calibration: Calibration | None = None) -> None:
        self.searcher = searcher
        self.glossary = searcher.glossary
        self._reader = Reader(searcher)
        self._newer = NewerPassages(searcher.index)
        self._given = calibration

    @property
    def calibration(self) -> Calibration:
        """The weights of the signals; read when first needed, so that others can be fitted where these do not fit."""
        return self._given or read_calibration()

    def answer(self, question: str, history: Sequence[str] = (), filters: Filters | None = None, k: int = 10) -> Answer:
        """Answer a question.

        Args:
            question: a question or words in Dutch.
            history: the questions before it, oldest first.
            filters: which passages may be used.
            k: most hits to return.

        Returns:
            The answer; without statements where the corpus does not seem to hold it.
        """
        standalone = standalone_question(question, history)
        analysed = self.searcher.analyse(standalone)
        hits = tuple(self.searcher.search_analysed(analysed, max(k, READ), filters))
        if not hits:
            return Answer(question, standalone, analysed.text, 0.0, Look.NOTHING)
        evidence = self._reader.read(standalone, analysed, hits)
        asked, candidates = evidence.question, evidence.weigh(self.calibration.unit)
        signals = evidence.signals(candidates[0])
        defined = tuple(self._definitions(asked, filters))
        confidence = self.calibration.answer.probability(signals.vector())
        if defined and self._is_bare_definition(asked):
            confidence = max(confidence, _DEFINED)
        look = self._look(confidence)
        chosen = [] if look is Look.NOTHING else self._choose(asked, candidates, defined)
        kept = [statement for statement in chosen if statement.document.quote(statement.spans) == statement.quote]
        shown = tuple(
            replace(s, later=self._newer.find(s.passage), answer_span=answer_span(asked.text, asked.expected, s.text))
            for s in kept
        )
        dropped = len(chosen) - len(kept)
        return Answer(question, standalone, analysed.text, confidence, look, shown, hits[:k], dropped, signals)

    def _look(self, confidence: float) -> Look:
        if confidence >= self.calibration.sure:
            return Look.SURE
        return Look.UNSURE if confidence >= self.calibration.threshold else Look.NOTHING

    def _choose(
        self, question: Question, candidates: Sequence[Candidate], defined: Sequence[Statement]
    ) -> list[Statement]:
        """Take the best units that say something new; of years that are compared first one each, then only those."""
        chosen = list(defined)[:MAX_STATEMENTS]
        best = [c for c in candidates if c.odds >= candidates[0].odds - _MARGIN]
        if question.compares:
            about = [c for c in best if not _years_of(c).isdisjoint(question.years)]
            rest = about if len(question.years) > 1 and about else best
            best = [*_one_a_year(question, candidates), *rest]
        for candidate in best:
            size = sum(len(statement.text) for statement in chosen)
            if len(chosen) == MAX_STATEMENTS:
                break
            statement = _statement(candidate)
            if not chosen or (size + len(statement.text) <= _MAX_CHARS and _is_new(statement, chosen)):
                chosen.append(statement)
        chosen = _join_neighbours(chosen)
        if question.latest:
            chosen.sort(key=lambda statement: newest_first(statement.document))
        return chosen

    def _definitions(self, question: Question, filters: Filters | None) -> Iterator[Statement]:
        """Yield what an acronym stands for, once for each wording, where the question asks what something is."""
        if question.expected is not Expected.DEFINITION:
            return
        told: set[frozenset[str]] = set()
        for word in question.text.replace("?", " ").split():
            for entry in self.glossary.explain(word.strip("'\"“”‘’.,!:;()")):
                wording = frozenset(terms(entry.full))
                if (filters is None or filters.allows(entry.document, entry.passage)) and not any(
                    wording <= other or other <= wording for other in told
                ):
                    told.add(wording)
                    spans = (entry.span,)
                    yield Statement(entry.document, entry.passage, spans, entry.document.quote(spans))

    def _is_bare_definition(self, question: Question) -> bool:
        """Whether nothing but the acronym is asked ("Waar staat SIFO voor?")."""
        words = question.text.replace("?", " ").split()
        acronyms = {term for word in words if self.glossary.explain(word) for term in terms(word)}
        return set(terms(question.text)) - acronyms <= _BARE_DEFINITION


def _statement(candidate: Candidate) -> Statement:
    hit = candidate.read.hit
    own = _with_list(candidate)
    spans = candidate.unit.heads + own
    return Statement(hit.document, hit.passage, spans, hit.document.quote(spans), own=own)


def _with_list(candidate: Candidate) -> tuple[Span, ...]:
    """Return the place of a unit; one that ends in a colon takes what it announces, as far as that fits."""
    unit, taken = candidate.unit, candidate.unit.own
    if not unit.heads and candidate.quote.rstrip().endswith(":"):
        after = [part.unit for part in candidate.read.parts.units if part.unit.own[0] > unit.own[-1]]
        for other in takewhile(lambda one: not one.heads, after):
            together = join_spans(taken, other.own)
            if sum(span.end - span.start for span in together) > _MAX_CHARS:
                break
            taken = together
    return taken


def _join_neighbours(statements: Sequence[Statement]) -> list[Statement]:
    """Make one statement of sentences that follow each other; it takes the place of the best of them."""
    joined: list[Statement] = []
    for statement in statements:
        for i, other in enumerate(joined):
            first, second = sorted((other, statement), key=lambda one: one.spans)
            if first.passage is second.passage and _follows(first, second):
                left, right = first.spans[0], second.spans[0]
                spans = (Span(left.page, left.start, right.end),)
                joined[i] = replace(other, spans=spans, own=spans, quote=other.document.quote(spans))
                break
        else:
            joined.append(statement)
    return joined


def _follows(first: Statement, second: Statement) -> bool:
    """Whether only white space stands between two statements of one span each, and neither is a table row."""
    if len(first.spans) != 1 or len(second.spans) != 1 or "\t" in first.quote + second.quote:
        return False
    left, right = first.spans[0], second.spans[0]
    between = first.document.pages[left.page - 1].text[left.end : right.start]
    return left.page == right.page and left.end <= right.start and not between.strip()


def _is_new(statement: Statement, others: Sequence[Statement]) -> bool:
    own = frozenset(terms(statement.quote))
    for other in others:
        there = frozenset(terms(other.quote))
        if len(own & there) >= _SAME * max(1, min(len(own), len(there))):
            return False
    return True


def _one_a_year(question: Question, candidates: Sequence[Candidate]) -> Iterator[Candidate]:
    """Yield the best candidate of each year that is asked about."""
    for year in question.years:
        yield from islice((c for c in candidates if year in _years_of(c)), 1)


def _years_of(candidate: Candidate) -> frozenset[int]:
    return candidate.read.parts.years
